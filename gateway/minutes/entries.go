// Package minutes folds a hearing's events into its protocol: entries with time and speaker, amendments as new entries, and
// who may read which. The export (PDF, JSON) is in export*.go and pdf*.go. What is entered is decided in gateway/hearing; this
// package writes no sentence of its own: a system entry carries its code and parameters, and the page and the PDF say it in
// the reader's language.
package minutes

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"parda/gateway/hearing"
)

// Entry is a line of the protocol, as PROTOCOL.md gives it. Times are RFC 3339 in UTC with milliseconds.
type Entry struct {
	Index       uint64               `json:"index"` // of its event in the ledger
	ID          string               `json:"id"`
	Kind        string               `json:"kind"`
	Speaker     string               `json:"speaker,omitempty"` // a role, "witness" (shown as the pseudonym) or "accused"
	By          hearing.Role         `json:"by"`                // the role that wrote or did it, or "system"
	BySeat      string               `json:"by_seat,omitempty"` // the seat of that role: which judge made a ruling; "" for the system
	Text        string               `json:"text,omitempty"`
	Lang        string               `json:"lang,omitempty"`
	Interpreted *hearing.Interpreted `json:"interpreted,omitempty"` // the interpreter's rendering of the text, beside it
	Number      string               `json:"number,omitempty"`      // of an exhibit
	At          string               `json:"at"`                    // when it was said or pressed
	WrittenAt   string               `json:"written_at,omitempty"`  // when it was entered, where that differs
	Amends      *uint64              `json:"amends,omitempty"`      // index of the entry that this one amends
	Strikes     *uint64              `json:"strikes,omitempty"`     // index of the entry that this one strikes out
	Restores    *uint64              `json:"restores,omitempty"`    // index of the struck entry that this one restores
	Sealed      string               `json:"sealed,omitempty"`      // "", parties, bench
	System      *SystemText          `json:"system,omitempty"`

	Level  hearing.Level `json:"-"` // who may read it
	Seat   string        `json:"-"` // who caused it
	Person *string       `json:"-"` // the account that caused it, "" by link; nil: not known, the seat alone counts
	Own    bool          `json:"-"` // the causer may read it, though the level says no
	Shut   bool          `json:"-"` // entered in a closed session: never for who is not bound
	Time   time.Time     `json:"-"` // of the event
}

// SystemText is what a system entry says: the code that the locale files translate (event.{code}), and its parameters.
type SystemText struct {
	Code   hearing.Code               `json:"code"`
	Params map[string]json.RawMessage `json:"params"`
}

// Protocol holds the entries of one hearing. The zero value is empty and ready; one goroutine owns it.
type Protocol struct {
	entries []Entry
	kind    hearing.Kind
	roles   map[string]hearing.Role // seat -> role
	raised  map[string]raiser       // by flag
	written map[uint64]Entry        // by index: what a person wrote, which later entries amend and strike
}

// raiser is who raised a flag: the account, "" by link, beside the seat.
type raiser struct{ seat, person string }

// Apply folds one event and returns the entry that it made, nil if it made none. The error is an event that cannot be read.
func (p *Protocol) Apply(e hearing.Event) (*Entry, error) {
	d, ok := hearing.Describe(e.Code)
	if !ok {
		return nil, fmt.Errorf("event %d has the unknown code %q", e.Index, e.Code)
	}
	if err := p.learn(e); err != nil {
		return nil, err
	}
	if d.Level == hearing.LevelNone {
		return nil, nil
	}
	entry := Entry{Index: e.Index, ID: "s" + strconv.FormatUint(e.Index, 10), Kind: d.Kind, By: p.role(e.Actor), Level: d.Level,
		Seat: e.Actor, Time: e.Time, At: moment(e.Time), Shut: p.kind == hearing.Closed}
	if _, seated := p.roles[e.Actor]; seated {
		entry.BySeat = e.Actor
	}
	var err error
	switch e.Code {
	case hearing.EntryAdded:
		err = p.added(e, &entry)
	case hearing.EntryAmended:
		err = p.amended(e, &entry)
	case hearing.EntryStruck, hearing.EntryRestored:
		err = p.marked(e, d, &entry)
	case hearing.ObjectionRaised:
		err = objection(e, &entry)
	case hearing.FlagRaised, hearing.FlagDetailed, hearing.FlagRuled, hearing.FlagPut, hearing.FlagAnswered, hearing.FlagHeard, hearing.ProtectionRequested:
		err = p.flag(e, d, &entry)
	case hearing.VaultOpeningOrdered, hearing.VaultShareReleased, hearing.VaultOpened, hearing.VaultOpeningEnded:
		err = opening(e, d, &entry)
	case hearing.RulingOwed, hearing.RulingGiven, hearing.RulingOverdue:
		err = debt(e, d, &entry)
	default:
		entry.System, err = systemText(e, d)
	}
	if err != nil {
		return nil, err
	}
	entry.Sealed = sealOf(entry.Level)
	if p.written != nil && (e.Code == hearing.EntryAdded || e.Code == hearing.EntryAmended) {
		p.written[e.Index] = entry
	}
	p.entries = append(p.entries, entry)
	return &entry, nil
}

// learn keeps what later entries need: who sits where, and how public the session is.
func (p *Protocol) learn(e hearing.Event) error {
	switch e.Code {
	case hearing.HearingCreated:
		created, err := hearing.Payload[hearing.HearingCreatedPayload](e)
		if err != nil {
			return err
		}
		p.roles, p.raised, p.written = map[string]hearing.Role{}, map[string]raiser{}, map[uint64]Entry{}
		for _, seat := range created.Seats {
			p.roles[seat.ID] = seat.Role
		}
	case hearing.SessionKind:
		kind, err := hearing.Payload[hearing.SessionKindPayload](e)
		if err != nil {
			return err
		}
		p.kind = kind.Kind
	}
	return nil
}

func (p *Protocol) role(actor string) hearing.Role {
	if r, ok := p.roles[actor]; ok {
		return r
	}
	return hearing.System
}

func (p *Protocol) added(e hearing.Event, entry *Entry) error {
	a, err := hearing.Payload[hearing.EntryAddedPayload](e)
	if err != nil {
		return err
	}
	entry.ID, entry.Kind, entry.Text, entry.Speaker, entry.Lang, entry.By = a.ID, a.Kind, a.Text, a.Speaker, a.Lang, a.By
	entry.Interpreted, entry.Number, entry.Level = a.Interpreted, a.Number, levelOf(a.Sealed)
	if a.At != nil {
		entry.said(*a.At)
	}
	return nil
}

// amended makes a new entry of the same kind, speaker and language; the older one stays as it is.
func (p *Protocol) amended(e hearing.Event, entry *Entry) error {
	a, err := hearing.Payload[hearing.EntryAmendedPayload](e)
	if err != nil {
		return err
	}
	old := p.written[a.Entry]
	entry.ID, entry.Text, entry.Interpreted, entry.By, entry.Amends, entry.Level = a.ID, a.Text, a.Interpreted, a.By, &a.Entry, levelOf(a.Sealed)
	entry.Kind, entry.Speaker, entry.Lang, entry.Number = old.Kind, old.Speaker, old.Lang, old.Number
	if a.At != nil {
		entry.said(*a.At)
	}
	entry.Shut = entry.Shut || old.Shut // what was said in a closed session is not told by its amendment in an open one
	if entry.Kind == "" {
		entry.Kind = "note"
	}
	if a.Reason != "" {
		raw, err := json.Marshal(a.Reason)
		if err != nil {
			return err
		}
		entry.System = &SystemText{Code: e.Code, Params: map[string]json.RawMessage{"reason": raw}}
	}
	return nil
}

// marked makes the entry that strikes out another or restores it, for those who may read that one.
func (p *Protocol) marked(e hearing.Event, d hearing.Description, entry *Entry) error {
	a, err := hearing.Payload[hearing.EntryMarkedPayload](e)
	if err != nil {
		return err
	}
	entry.Level, entry.By = levelOf(a.Sealed), a.By
	if a.At != nil {
		entry.said(*a.At)
	}
	entry.Shut = entry.Shut || p.written[a.Entry].Shut
	if entry.Strikes = &a.Entry; e.Code == hearing.EntryRestored {
		entry.Strikes, entry.Restores = nil, &a.Entry
	}
	entry.System, err = systemText(e, d)
	return err
}

func objection(e hearing.Event, entry *Entry) error {
	a, err := hearing.Payload[hearing.RequestPayload](e)
	entry.ID, entry.Speaker, entry.Text = a.ID, string(a.Role), a.Text
	return err
}

// flag makes the entries of a flag. Until the bench has ruled, bench, clerk and raiser read of it; the ruling enters it for the
// parties, a dismissal and a referral do not, and what is said on a flag that stands there stands there too; a discreet flag stays with the bench and the raiser. That a flag was put to
// somebody, and what was put, that person reads on the own page alone.
func (p *Protocol) flag(e hearing.Event, d hearing.Description, entry *Entry) error {
	var a struct {
		ID        string    `json:"id"`
		Flag      string    `json:"flag"`
		Seat      string    `json:"seat"`
		Person    string    `json:"person"`
		PressedAt time.Time `json:"pressed_at"`
		Ruling    string    `json:"ruling"`
		Discreet  bool      `json:"discreet"`
		Entered   bool      `json:"entered"`
	}
	if err := json.Unmarshal(e.Payload, &a); err != nil {
		return fmt.Errorf("payload of %s at %d: %w", e.Code, e.Index, err)
	}
	if entry.Own = e.Code != hearing.FlagPut && e.Code != hearing.FlagHeard; entry.Own && a.Seat != "" {
		entry.Seat = a.Seat
	}
	if e.Code == hearing.FlagRaised && p.raised != nil {
		p.raised[a.ID] = raiser{entry.Seat, a.Person}
	}
	if by, ok := p.raised[cmp.Or(a.Flag, a.ID)]; ok && by.seat == entry.Seat { // whoever sits there next raised nothing
		entry.Person = &by.person
	}
	switch {
	case a.Discreet:
		entry.Level = hearing.LevelJudges
	case a.Ruling == hearing.RulingRefer, e.Code == hearing.ProtectionRequested: // whom it is about would be warned
		entry.Level = hearing.LevelBench
	case a.Entered:
		entry.Level = hearing.LevelParties
	case a.Ruling == hearing.RulingDismiss:
		entry.Level = hearing.LevelBench
	}
	if e.Code == hearing.FlagRaised {
		entry.said(a.PressedAt)
	}
	var err error
	entry.System, err = systemText(e, d)
	return err
}

// debt makes the entry of a ruling that is owed: of a discreet flag, and so whom it is against, the bench alone reads.
func debt(e hearing.Event, d hearing.Description, entry *Entry) error {
	var a struct {
		Discreet bool `json:"discreet"`
	}
	if err := json.Unmarshal(e.Payload, &a); err != nil {
		return fmt.Errorf("payload of %s at %d: %w", e.Code, e.Index, err)
	}
	if a.Discreet {
		entry.Level = hearing.LevelJudges
	}
	var err error
	entry.System, err = systemText(e, d)
	return err
}

// opening makes the entry of a step of the vault: for bench and clerk, and for the victim's lawyer where the judge's order says that he is told.
func opening(e hearing.Event, d hearing.Description, entry *Entry) error {
	a, err := hearing.Payload[hearing.VaultPayload](e)
	if err != nil {
		return err
	}
	if a.TellLawyer {
		entry.Level = hearing.LevelLawyer
	}
	entry.System, err = systemText(e, d)
	return err
}

// said keeps both times where they differ: when it was said or pressed, and when it was entered.
func (e *Entry) said(at time.Time) {
	if at.IsZero() || moment(at) == moment(e.Time) {
		return
	}
	e.At, e.WrittenAt = moment(at), moment(e.Time)
}

// systemText takes the fields that the register names, and no other.
func systemText(e hearing.Event, d hearing.Description) (*SystemText, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(e.Payload, &all); err != nil {
		return nil, fmt.Errorf("payload of %s at %d: %w", e.Code, e.Index, err)
	}
	s := &SystemText{Code: e.Code, Params: map[string]json.RawMessage{}}
	for _, name := range d.Params {
		if v, ok := all[name]; ok {
			s.Params[name] = v
		}
	}
	return s, nil
}

func levelOf(sealed string) hearing.Level {
	switch sealed {
	case "":
		return hearing.LevelOpen
	case "parties":
		return hearing.LevelParties
	}
	return hearing.LevelBench // bench, and whatever this version does not know
}

func sealOf(l hearing.Level) string {
	switch l {
	case hearing.LevelParties:
		return "parties"
	case hearing.LevelBench, hearing.LevelJudges, hearing.LevelLawyer: // in print, as in the bundle, none but the bench reads it
		return "bench"
	}
	return ""
}

func moment(t time.Time) string { return t.UTC().Format(hearing.TimeLayout) }

// Entries returns all entries in order of index, for export. The slice is the caller's.
func (p *Protocol) Entries() []Entry { return slices.Clone(p.entries) }
