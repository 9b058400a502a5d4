package hearing

import (
	"encoding/json"
	"time"
)

// Actor is who gives a command.
type Actor struct {
	Seat   string
	Role   Role
	Person string // the account that holds the seat (p-...), never a name; "" where seats are held by link, and for the station
}

// Command is what a seat asks for. At is when the person did it, by the seat's clock, zero if unknown; it is kept beside the
// gateway's time and never decides anything.
type Command struct {
	Name string
	Args json.RawMessage
	ID   string
	At   time.Time
	// Officer says how the owner of the hearing knew the room officer who gave this command: "code" or "account"; "" where nobody checked.
	Officer string
}

// Draft is an event that is not durable yet. Its owner appends it to the ledger, and applies the event that comes back.
type Draft struct {
	Code    Code
	Actor   string // seat id, or "system"
	Payload any    // the payload type that events.go gives the code
	// Aside: it belongs into the hearing's sealed book and not into its ledger, because nobody may count it there (IntoRecord). Its event has no
	// index among the hearing's, and is folded into the state alone.
	Aside bool
}

// Result is what an acknowledgement carries besides the index, for example {"flag":"f1"}. It may be nil.
type Result map[string]any

// Decide answers a command of an actor at a moment: the events to append, all or none of them, and what the
// acknowledgement carries. It changes nothing. Every error is an *Error. A command that asks for what holds already may
// answer with no drafts: it is acknowledged, and there is nothing to write.
func Decide(s *State, a Actor, c Command, now time.Time) ([]Draft, Result, error) {
	return decide(s, a, c, now)
}

// CanAs lists the commands that whoever sits in a seat could give now with the right arguments, in the order of PROTOCOL.md's table.
func CanAs(s *State, a Actor, now time.Time) []string { return can(s, a, now) }

// Can is CanAs for a seat that is held by link.
func Can(s *State, r Role, seat string, now time.Time) []string {
	return can(s, Actor{Seat: seat, Role: r}, now)
}
