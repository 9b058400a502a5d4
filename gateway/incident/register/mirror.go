package register

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"parda/gateway/ledger"
)

// What a hearing enters about its flags is mirrored into the register of its court. The hearing's ledger is the source: the mirror reads it from where the book says that it came to,
// so that a gateway that died between the two books misses nothing, and mirroring again enters nothing. Clips and attachments are entered in both books by their own room.

// mirror is how far the ledger of one hearing was looked through in this run, and what a flag needs of what stood before it.
type mirror struct {
	next      uint64 // index after the last that was looked at
	caseNo    string
	pseudonym string
	roles     map[string]string // seat -> role
	raisers   map[string]string // flag -> the account that raised it; "" by link
}

// flagEvent is what the mirror reads of a hearing's event: the fields of all of them together, each in its own sense (gateway/hearing, events_incident.go).
type flagEvent struct {
	ID          string    `json:"id"`
	Flag        string    `json:"flag"`
	Seat        string    `json:"seat"`
	Role        string    `json:"role"`
	Person      string    `json:"person"`
	PressedAt   time.Time `json:"pressed_at"`
	Discreet    bool      `json:"discreet"`
	Kind        string    `json:"kind"`
	Target      string    `json:"target"`
	Source      string    `json:"source"`
	Note        string    `json:"note"`
	Concerns    string    `json:"concerns"`
	Ruling      string    `json:"ruling"`
	Reason      string    `json:"reason"`
	Removed     string    `json:"removed"`
	Against     string    `json:"against"`
	Provisional bool      `json:"provisional"`
	Measures    []string  `json:"measures"`
	OwnMotion   bool      `json:"own_motion"`
}

// pending is an event of the register before its words are kept.
type pending struct {
	words []string
	build func(said []Said) []Payload
}

// Seated says which account holds a seat of a hearing now; "" where none does.
type Seated func(hearing, seat string) string

// liveWithin is how old, of all but a flag and its details, which say whose they are, an event may be, by the ledger's own clock, for its seat to be said to be of who sits there now. What is mirrored later, after a crash, says the seat alone.
const liveWithin = 30 * time.Second

// Mirror brings the register of a court up to what stands in the ledger of its hearing. It is idempotent and may be called at any time; one call for a hearing at a time.
func (r *Register) Mirror(ctx context.Context, court, hearing string, seated Seated) error {
	r.mirroring.Lock()
	defer r.mirroring.Unlock()
	m := r.mirrors[hearing]
	if m == nil {
		m = &mirror{next: 1, roles: map[string]string{}, raisers: map[string]string{}}
		r.mirrors[hearing] = m
	}
	last, err := r.cfg.Ledger.Count(ctx, hearing)
	if err != nil || last < m.next {
		return err
	}
	events, err := r.cfg.Ledger.Part(ctx, hearing, m.next-1, last)
	if err != nil {
		return err
	}
	r.mu.Lock()
	b := r.books[court]
	var done uint64
	if b != nil {
		done = b.mirrored[hearing]
	}
	r.mu.Unlock()
	if b == nil {
		return fmt.Errorf("register: %s has no book", court)
	}
	var all []pending
	after := *m // what was read is forgotten again where it cannot be entered
	for _, e := range events {
		if err := after.look(e); err != nil {
			return err
		}
		if e.Index <= done {
			continue
		}
		p, err := r.mirrored(&after, hearing, e, seated)
		if err != nil {
			return err
		}
		if p != nil {
			all = append(all, *p)
		}
	}
	if err := r.enterPending(ctx, court, all); err != nil {
		return err
	}
	after.next = last + 1
	*m = after
	return nil
}

func (r *Register) enterPending(ctx context.Context, court string, all []pending) error {
	if len(all) == 0 {
		return nil
	}
	var words []string
	for _, p := range all {
		words = append(words, p.words...)
	}
	said, err := r.Keep(ctx, court, words...)
	if err != nil {
		return err
	}
	var payloads []Payload
	for _, p := range all {
		payloads = append(payloads, p.build(said[:len(p.words)])...)
		said = said[len(p.words):]
	}
	_, err = r.Enter(ctx, court, payloads...)
	return err
}

// look takes what a later flag needs of an event.
func (m *mirror) look(e ledger.Event) error {
	switch e.Code {
	case "hearing.created":
		var p struct {
			CaseNo string `json:"case_no"`
			Seats  []struct{ ID, Role string }
		}
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			return fmt.Errorf("register: event %d of a hearing: %w", e.Index, err)
		}
		m.caseNo = p.CaseNo
		for _, s := range p.Seats {
			m.roles[s.ID] = s.Role
		}
	case "flag.raised":
		var p struct{ ID, Person string }
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			return fmt.Errorf("register: event %d of a hearing: %w", e.Index, err)
		}
		m.raisers[p.ID] = p.Person
	case "order.signed":
		var p struct {
			Bytes []byte `json:"bytes"`
		}
		var order struct {
			Pseudonym string `json:"pseudonym"`
		}
		if json.Unmarshal(e.Payload, &p) == nil && json.Unmarshal(p.Bytes, &order) == nil {
			m.pseudonym = order.Pseudonym
		}
	}
	return nil
}

// mirrored is what an event of a hearing means for the register; nil for nothing.
func (r *Register) mirrored(m *mirror, hearing string, e ledger.Event, seated Seated) (*pending, error) {
	switch e.Code {
	case "flag.raised", "flag.detailed", "flag.ruled", "flag.put", "flag.answered", "flag.heard", "protection.requested":
	default:
		return nil, nil
	}
	var f flagEvent
	if err := json.Unmarshal(e.Payload, &f); err != nil {
		return nil, fmt.Errorf("register: event %d of a hearing: %w", e.Index, err)
	}
	by := Who{Role: m.roles[e.Actor], Hearing: hearing, Seat: e.Actor}
	if by.Role == "" {
		by = System()
	} else if e.Code == "flag.raised" || e.Code == "flag.detailed" { // the hearing says whose it is, however late it is mirrored
		by.Person = m.raisers[f.ID]
	} else if age := time.Since(e.Time); seated != nil && age < liveWithin && age > -liveWithin {
		by.Person = seated(hearing, e.Actor)
	}
	from := Place{hearing, e.Index}
	about := func(flag string) About { return About{Incident: IncidentOf(hearing, flag), At: e.Time, By: by} }
	detail := func(said []Said) Detail { return Detail{f.Kind, said[0], said[1], said[2], f.Concerns} }
	if f.Flag == "" {
		f.Flag = f.ID
	}
	switch e.Code {
	case "flag.raised":
		return &pending{[]string{f.Target, f.Source, f.Note, m.caseNo, m.pseudonym}, func(said []Said) []Payload {
			return []Payload{&IncidentFlaggedPayload{About: about(f.ID), From: from, Flag: f.ID, CaseNo: said[3], Pseudonym: said[4], PressedAt: stamped(f.PressedAt), Discreet: f.Discreet, Detail: detail(said)}}
		}}, nil
	case "flag.detailed":
		return &pending{[]string{f.Target, f.Source, f.Note}, func(said []Said) []Payload {
			return []Payload{&IncidentDetailedPayload{About: about(f.ID), From: from, Discreet: f.Discreet, Detail: detail(said)}}
		}}, nil
	case "protection.requested":
		return &pending{append([]string{f.Note}, f.Measures...), func(said []Said) []Payload {
			request := derived("r-", hearing, fmt.Sprint(e.Index))
			all := []Payload{&RequestFiledPayload{About: about(f.Flag), Request: request, From: &from, Measures: said[1:], Note: said[0], OwnMotion: f.OwnMotion}}
			if f.OwnMotion {
				all = append(all, &RequestReceivedPayload{about(f.Flag), request, e.Time})
			}
			return all
		}}, nil
	}
	seat := f.Seat
	if e.Code == "flag.ruled" { // there the seat is the raiser's
		if seat = f.Against; seat == "" {
			seat = f.Removed
		}
	}
	return &pending{[]string{f.Reason}, func(said []Said) []Payload {
		return []Payload{&IncidentStepPayload{About: about(f.Flag), From: from, Step: e.Code, Seat: seat, Ruling: f.Ruling, Reason: said[0], Provisional: f.Provisional}}
	}}, nil
}
