// Package incident folds a hearing's events into its flags: what was pressed, when, what was said of it and how the bench
// ruled. Who may see which flag is here too, because it depends on the flag more than on the hearing. Raising and ruling are
// commands of gateway/hearing.
package incident

import (
	"slices"
	"time"

	"parda/gateway/hearing"
)

// Flag is one act of intimidation as it was reported.
type Flag struct {
	ID         string
	Seat       string
	Role       hearing.Role
	PressedAt  time.Time // by the clock of who pressed, never after ReceivedAt
	ReceivedAt time.Time // by the gateway's
	Discreet   bool      // bench and raiser only, for ever
	Detail     hearing.FlagDetail
	Detailed   int // how often the detail was changed
	Ruling     *Ruling
}

// Ruling is the bench's answer to a flag.
type Ruling struct {
	Ruling  string
	Reason  string
	Removed string // seat, where the ruling is remove
	By      hearing.Role
	At      time.Time
}

// Register holds the flags of one hearing, in order of arrival. The zero value is empty and ready; one goroutine owns it.
type Register struct {
	flags []Flag
	roles map[string]hearing.Role // seat -> role
}

// Apply folds one event; events that are no business of a flag are passed over. The error is a payload that cannot be read.
func (r *Register) Apply(e hearing.Event) error {
	switch e.Code {
	case hearing.HearingCreated:
		p, err := hearing.Payload[hearing.HearingCreatedPayload](e)
		if err != nil {
			return err
		}
		r.roles = map[string]hearing.Role{}
		for _, seat := range p.Seats {
			r.roles[seat.ID] = seat.Role
		}
	case hearing.FlagRaised:
		p, err := hearing.Payload[hearing.FlagRaisedPayload](e)
		if err != nil {
			return err
		}
		r.flags = append(r.flags, Flag{ID: p.ID, Seat: p.Seat, Role: p.Role, PressedAt: p.PressedAt, ReceivedAt: e.Time,
			Discreet: p.Discreet, Detail: p.FlagDetail})
	case hearing.FlagDetailed:
		p, err := hearing.Payload[hearing.FlagDetailedPayload](e)
		if err != nil {
			return err
		}
		r.change(p.ID, func(f *Flag) { f.Detail, f.Detailed = p.FlagDetail, f.Detailed+1 })
	case hearing.FlagRuled:
		p, err := hearing.Payload[hearing.FlagRuledPayload](e)
		if err != nil {
			return err
		}
		by := r.roles[e.Actor]
		r.change(p.ID, func(f *Flag) {
			f.Ruling = &Ruling{Ruling: p.Ruling, Reason: p.Reason, Removed: p.Removed, By: by, At: e.Time}
		})
	}
	return nil
}

func (r *Register) change(id string, do func(*Flag)) {
	if i := slices.IndexFunc(r.flags, func(f Flag) bool { return f.ID == id }); i >= 0 {
		r.flags = slices.Clone(r.flags) // a snapshot that was handed out stays as it was
		do(&r.flags[i])
	}
}

// Flags returns every flag, oldest first. It is for export; a seat gets SeenBy.
func (r *Register) Flags() []Flag { return slices.Clone(r.flags) }

// Entered says whether the ruling puts the flag into the protocol that the parties read: every ruling but a dismissal, and never
// a discreet flag.
func (f Flag) Entered() bool {
	return !f.Discreet && f.Ruling != nil && f.Ruling.Ruling != "dismiss"
}

// MaySee says whether a seat may know a flag. The bench sees all; who raised one sees it, even from outside; the clerk sees what
// is not discreet; the parties see what the bench has entered. Nobody else, and nobody who does not take part.
func MaySee(f Flag, seat string, role hearing.Role, attends bool) bool {
	switch {
	case f.Seat == seat && f.Role == role:
		return true
	case !attends:
		return false
	case role.Bench():
		return true
	case role == hearing.CourtClerk:
		return !f.Discreet
	case role.Party():
		return f.Entered()
	}
	return false
}

// SeenBy returns the flags that a seat may know, oldest first. attends says whether it takes part now. A nil register has none.
func (r *Register) SeenBy(seat string, role hearing.Role, attends bool) []Flag {
	if r == nil {
		return nil
	}
	var seen []Flag
	for _, f := range r.flags {
		if MaySee(f, seat, role, attends) {
			seen = append(seen, f)
		}
	}
	return seen
}
