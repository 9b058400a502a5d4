package minutes

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"parda/gateway/hearing"
	"parda/gateway/ledger"
)

// DocumentFormat names the form of protocol.json. protocol.schema.json
// describes it.
const DocumentFormat = "parda-protocol/1"

// DocumentSchema is the JSON schema of protocol.json (draft 2020-12).
//
//go:embed protocol.schema.json
var DocumentSchema []byte

// Document is the protocol of one hearing as it is signed: what protocol.json
// holds, and what the PDF says in a language. All times are TimeLayout in UTC.
// It holds what the parties may read: of an entry that only the bench may
// read, it says that there is one and no more.
type Document struct {
	Format     string         `json:"format"`
	Hearing    string         `json:"hearing"`
	CaseNo     string         `json:"case_no"`
	Court      string         `json:"court"` // one of hearing.Courts
	Opened     string         `json:"opened,omitempty"`
	Closed     string         `json:"closed,omitempty"`
	Kind       hearing.Kind   `json:"kind"` // of the session when it ended
	Pseudonym  string         `json:"pseudonym,omitempty"`
	Orders     []OrderSummary `json:"orders"`
	People     []Person       `json:"people"`
	Entries    []Line         `json:"entries"`
	Recordings []Recording    `json:"recordings"`
	Checkpoint CheckpointRef  `json:"checkpoint"`
	Signers    []Signer       `json:"signers"` // who is to sign

	seats []hearing.SeatSpec // of the hearing, so that one of several judges can be told from the others
}

// Signer is a role that is to sign, with the code of the key it enrolled.
type Signer struct {
	Role    hearing.Role `json:"role"`
	KeyCode string       `json:"key_code,omitempty"`
}

// OrderSummary is what the protocol says of an order of protective measures.
type OrderSummary struct {
	Version    int                `json:"version"`
	SignedBy   hearing.Role       `json:"signed_by"`
	SignedAt   string             `json:"signed_at"`
	KeyCode    string             `json:"key_code"`
	Template   string             `json:"template"`
	Session    hearing.Kind       `json:"session"`
	ValidUntil string             `json:"valid_until"`
	Renderings hearing.Renderings `json:"renderings"`
	Respeaker  *hearing.Respeaker `json:"respeaker,omitempty"`
}

// Person is a seat that somebody took.
type Person struct {
	Seat        string       `json:"seat"`
	Role        hearing.Role `json:"role"`
	Joined      string       `json:"joined"`                // first time
	Removed     string       `json:"removed,omitempty"`     // last time, if the seat was not admitted again
	Undertaking string       `json:"undertaking,omitempty"` // signed, refused
}

// Line is an entry with its place in the recordings and what amends it. Struck says whether it is struck out at the end; History tells
// each strike and each restoring, in order.
type Line struct {
	Entry
	Mark       *Mark    `json:"mark,omitempty"`
	Amendments []Line   `json:"amendments,omitempty"`
	Struck     bool     `json:"struck,omitempty"`
	History    []Strike `json:"history,omitempty"`
}

// Strike says who struck a line out or restored it, when and why.
type Strike struct {
	Index  uint64       `json:"index"` // of the entry that says so
	Struck bool         `json:"struck"`
	By     hearing.Role `json:"by"`
	BySeat string       `json:"by_seat,omitempty"`
	At     string       `json:"at"`
	Reason string       `json:"reason"`
}

// Mark says where in a recording an entry stands.
type Mark struct {
	File     string `json:"file"`
	OffsetMS int64  `json:"offset_ms"`
}

// Recording is one file of the recording.
type Recording struct {
	File       string `json:"file"`
	Label      string `json:"label"`
	SHA256     string `json:"sha256"`
	Start      string `json:"start"`
	DurationMS int64  `json:"duration_ms"`
	Gaps       []Gap  `json:"gaps,omitempty"` // of this label, before the next file
}

// Gap is a hole of over two seconds.
type Gap struct {
	Start      string `json:"start"`
	DurationMS int64  `json:"duration_ms"`
}

// CheckpointRef is the signed state of the ledger that the protocol was
// rendered from.
type CheckpointRef struct {
	Size uint64 `json:"size"`
	Root string `json:"root"` // hexadecimal
}

// NewDocument folds the events and the entries of a hearing into its protocol.
// signers are the roles that are to sign.
func NewDocument(events []hearing.Event, entries []Entry, c ledger.Checkpoint, signers []hearing.Role) (Document, error) {
	d := Document{
		Format: DocumentFormat, Orders: []OrderSummary{}, People: []Person{}, Entries: []Line{}, Recordings: []Recording{},
		Checkpoint: CheckpointRef{c.Size, fmt.Sprintf("%x", c.Root)}, Signers: []Signer{}, Kind: hearing.Public,
	}
	for _, role := range signers {
		d.Signers = append(d.Signers, Signer{Role: role})
	}
	for _, e := range events {
		if err := d.apply(e); err != nil {
			return Document{}, err
		}
	}
	d.addEntries(entries)
	return d, nil
}

// JSON is protocol.json: canonical (RFC 8785), so that the same protocol has
// the same bytes, with a line end.
func (d Document) JSON() ([]byte, error) {
	b, err := ledger.Canonical(d)
	if err != nil {
		return nil, fmt.Errorf("minutes: %w", err)
	}
	return append(b, '\n'), nil
}

// apply takes up one event. Codes that are not named here say nothing beyond
// their entry.
func (d *Document) apply(e hearing.Event) error {
	switch e.Code {
	case hearing.HearingCreated:
		p, err := hearing.Payload[hearing.HearingCreatedPayload](e)
		d.Hearing, d.CaseNo, d.Court, d.seats = p.Hearing, p.CaseNo, p.Court, p.Seats
		return err
	case hearing.HearingOpened:
		d.Opened = moment(e.Time)
	case hearing.HearingClosed:
		d.Closed = moment(e.Time)
	case hearing.SessionKind:
		p, err := hearing.Payload[hearing.SessionKindPayload](e)
		d.Kind = p.Kind
		return err
	case hearing.OrderSigned:
		return d.order(e)
	case hearing.KeyEnrolled:
		p, err := hearing.Payload[hearing.KeyEnrolledPayload](e)
		for i := range d.Signers {
			if d.Signers[i].Role == p.Role {
				d.Signers[i].KeyCode = p.KeyCode
			}
		}
		return err
	case hearing.SeatEntered, hearing.SeatRemoved, hearing.SeatAdmitted, hearing.UndertakingSigned, hearing.UndertakingRefused:
		p, err := hearing.Payload[hearing.SeatPayload](e)
		d.seat(e, p)
		return err
	case hearing.RecordingSegment:
		p, err := hearing.Payload[hearing.RecordingSegmentPayload](e)
		d.Recordings = append(d.Recordings, Recording{File: p.File, Label: p.Label, SHA256: p.SHA256, Start: moment(p.Start), DurationMS: p.DurationMS})
		return err
	case hearing.RecordingGap:
		p, err := hearing.Payload[hearing.RecordingGapPayload](e)
		d.gap(p)
		return err
	}
	return nil
}

func (d *Document) order(e hearing.Event) error {
	p, err := hearing.Payload[hearing.OrderSignedPayload](e)
	if err != nil {
		return err
	}
	var o hearing.Order
	if err := json.Unmarshal(p.Bytes, &o); err != nil {
		return fmt.Errorf("minutes: order at %d: %w", e.Index, err)
	}
	d.Pseudonym = o.Pseudonym
	if len(d.Orders) == 0 {
		d.Kind = o.Session // later changes have events of their own
	}
	d.Orders = append(d.Orders, OrderSummary{
		Version: p.Version, SignedBy: p.By, SignedAt: moment(e.Time), KeyCode: p.KeyCode,
		Template: o.Template, Session: o.Session, ValidUntil: o.ValidUntil, Renderings: o.Renderings, Respeaker: o.Respeaker,
	})
	return nil
}

func (d *Document) seat(e hearing.Event, p hearing.SeatPayload) {
	seat, role := p.Seat, p.Role
	if seat == "" {
		seat = e.Actor
	}
	var person *Person
	for i := range d.People {
		if d.People[i].Seat == seat {
			person = &d.People[i]
		}
	}
	if person == nil {
		if e.Code != hearing.SeatEntered || role.Passive() {
			return
		}
		d.People = append(d.People, Person{Seat: seat, Role: role, Joined: moment(e.Time)})
		return
	}
	switch e.Code {
	case hearing.SeatRemoved:
		person.Removed = moment(e.Time)
	case hearing.SeatAdmitted:
		person.Removed = ""
	case hearing.UndertakingSigned:
		person.Undertaking = "signed"
	case hearing.UndertakingRefused:
		person.Undertaking = "refused"
	}
}

// gap notes a hole with the last file of its label that began before it.
func (d *Document) gap(p hearing.RecordingGapPayload) {
	if p.DurationMS <= 2000 {
		return
	}
	for i := len(d.Recordings) - 1; i >= 0; i-- {
		if r := &d.Recordings[i]; r.Label == p.Label {
			r.Gaps = append(r.Gaps, Gap{moment(p.Start), p.DurationMS})
			return
		}
	}
}

// addEntries puts each amendment and each strike beside what it is about, and marks every entry
// in the recordings. What only the bench may read stands as a sealed line;
// the system's own entries of that kind are left out.
func (d *Document) addEntries(entries []Entry) {
	place := make(map[uint64]*Line) // by index: the line itself, also where it stands below another
	head := make(map[uint64]*Line)  // by index: the first line of the chain of amendments
	var order []*Line
	below := make(map[*Line][]*Line)
	for _, e := range entries {
		if e.Level == hearing.LevelBench || e.Level == hearing.LevelJudges || e.Level == hearing.LevelLawyer {
			if e.System != nil && e.Kind == "system" {
				continue
			}
			e = Entry{Index: e.Index, ID: e.ID, Kind: "note", By: e.By, At: e.At, Amends: e.Amends, Sealed: "bench"}
		}
		if target := place[e.about()]; target != nil {
			target.mark(e)
		}
		line := &Line{Entry: e, Mark: d.mark(e.At)}
		place[e.Index] = line
		if e.Amends != nil && head[*e.Amends] != nil {
			first := head[*e.Amends]
			line.Mark = nil
			below[first] = append(below[first], line)
			head[e.Index] = first // an amendment of an amendment stands beside the first entry
			continue
		}
		head[e.Index] = line
		order = append(order, line)
	}
	for _, line := range order {
		for _, a := range below[line] {
			line.Amendments = append(line.Amendments, *a)
		}
		d.Entries = append(d.Entries, *line)
	}
}

// about is the entry that this one strikes or restores; 0 for any other.
func (e Entry) about() uint64 {
	switch {
	case e.Strikes != nil:
		return *e.Strikes
	case e.Restores != nil:
		return *e.Restores
	}
	return 0
}

func (l *Line) mark(e Entry) {
	var reason string
	if e.System != nil {
		_ = json.Unmarshal(e.System.Params["reason"], &reason) // Apply has read it as a text
	}
	l.Struck = e.Strikes != nil
	l.History = append(l.History, Strike{Index: e.Index, Struck: l.Struck, By: e.By, BySeat: e.BySeat, At: e.At, Reason: reason})
}

// mark finds the first recording that runs at the moment.
func (d *Document) mark(at string) *Mark {
	t, err := time.Parse(hearing.TimeLayout, at)
	if err != nil {
		return nil
	}
	for _, r := range d.Recordings {
		start, err := time.Parse(hearing.TimeLayout, r.Start)
		if err != nil {
			continue
		}
		if offset := t.Sub(start).Milliseconds(); offset >= 0 && offset < r.DurationMS {
			return &Mark{r.File, offset}
		}
	}
	return nil
}
