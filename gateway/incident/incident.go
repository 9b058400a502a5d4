// Package incident folds a hearing's events into its flags: what was pressed, when, what was said of it and how the bench
// ruled. Who may see which flag is here too, because it depends on the flag more than on the hearing. Raising and ruling are
// commands of gateway/hearing.
package incident

import (
	"time"

	"parda/gateway/hearing"
)

// Flag is one act of intimidation as it was reported.
type Flag struct {
	ID         string
	Seat       string
	Role       hearing.Role
	PressedAt  time.Time // by the clock of who pressed
	ReceivedAt time.Time // by the gateway's
	Discreet   bool
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

// Register holds the flags of one hearing, in order of arrival. The zero value is empty and ready.
type Register struct {
	flags []Flag
	roles map[string]hearing.Role
}

// Apply folds one event; events that are no business of a flag are passed over.
func (r *Register) Apply(e hearing.Event) error { return nil }

// Flags returns every flag, oldest first.
func (r *Register) Flags() []Flag { return r.flags }

// SeenBy returns the flags that a seat may know.
func (r *Register) SeenBy(seat string, role hearing.Role) []Flag { return nil }
