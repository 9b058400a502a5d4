package hearing

import "encoding/json"

// A command that signs, or that loosens what protects, needs a fresh touch of the giver's own passkey (a step-up): a page that was left open, a script that
// was altered, or somebody who holds the seat's cookie must not be able to give it (A4, A6). What stops, pauses, tightens or reports never does: the one who protects
// must not be asked for anything first (I8), and an incident is not lost over a key that lies at home (I6).

// NeedsStepUp says whether the command needs that touch now. It is pure, like Decide, and asks nothing of the actor's rights: what Decide refuses is refused
// without a touch. A command that the table below does not name needs one, until somebody has said in it why not.
func NeedsStepUp(s *State, a Actor, c Command) bool {
	if a.Role == ProtectedWitness { // nothing that she may do loosens, and her seat has no account
		return false
	}
	touch, ok := touches[c.Name]
	return !ok || touch(s, c)
}

type touch func(*State, Command) bool

func always(*State, Command) bool { return true }
func never(*State, Command) bool  { return false }

// touches has a line for every command, in the order of the rules.
var touches = map[string]touch{
	"key.enrol":          never, // a key signs nothing by itself: each signature needs its own touch
	"order.draft":        never, // nothing of it holds before it is signed
	"order.sign":         always,
	"hearing.open":       never,
	"hearing.suspend":    never,
	"hearing.resume":     never,
	"identity.verified":  never,
	"testimony.rehearse": never,
	"testimony.call":     passesOver,
	"testimony.pause":    never,
	"officer.issue":      never, // the code opens nothing but the officer's form, in the room, and who gave it out is entered
	"room.certify":       never, // her seat's, by the officer's own code
	"testimony.release":  never,
	"witness.consent":    never,
	"witness.refuse":     never,
	"witness.afraid":     never,
	"witness.tighten":    never,
	"mask.status":        never,
	"floor.give":         never,
	"session.kind":       wider,
	"seat.mute":          never,
	"seat.remove":        never,
	"seat.show":          never,  // as unmuting
	"seat.take_stop":     always, // who holds the judge's page for a minute must not leave her without anybody who can stop
	"seat.give_stop":     never,
	"seat.unmute":        never, // it gives a party its voice back; what the order hides stays hidden
	"seat.admit":         takesBack,
	"ruling.give":        never, // it confirms a restriction
	"seat.reissue":       never, // the seat sees no more than before; where seats are persons', it stays the same person's
	"undertaking.sign":   never, // a duty that one takes on; a party without a key must not be locked out by it
	"entry.add":          never,
	"entry.amend":        never,
	"entry.strike":       never,
	"entry.restore":      never,
	"objection.raise":    never,
	"question.request":   never,
	"remark.add":         never,
	"request.done":       never,
	"flag.raise":         never,
	"flag.detail":        never,
	"flag.put":           never, // in the form that the rules allow
	"flag.answer":        never,
	"flag.heard":         never,
	"flag.rule":          dismisses,
	"flag.request":       never,
	"duress.raise":       never,
	"duress.answer":      never, // its proof would stand where everybody's numbers come from, and tell of the duress; a reason is asked for
	"emergency.raise":    never,
	"emergency.end":      always,
	"hearing.close":      never,
	"protocol.sign":      always,
}

// said are the arguments that touches look at. They are read into fields as the commands read theirs: a reader of another kind would take {"kind":"closed","KIND":"public"} for
// the stricter and the command for the wider (A4).
type said struct {
	Kind   *Kind   `json:"kind"`
	Seat   *string `json:"seat"`
	Ruling *string `json:"ruling"`
}

// read gives the arguments; where they cannot be read they say nothing, the command is refused for it, and the touch is asked for in case it is not.
func read(c Command) (a said) {
	if json.Unmarshal(c.Args, &a) != nil {
		return said{}
	}
	return a
}

// wider: a less strict kind of session shows the hearing to more people.
func wider(s *State, c Command) bool {
	a := read(c)
	return a.Kind == nil || a.Kind.Rank() < s.Kind.Rank()
}

// passesOver: the call goes on without the defence's link (I9), without the room officer's certificate, or over a stop that she made out of fear.
func passesOver(s *State, c Command) bool {
	return PassesOverRoom(c.Args) || s.defenceLost() || s.Testimony.Discreet == "afraid" || s.Testimony.PauseCode == "afraid"
}

// takesBack: a seat that was removed comes back in.
func takesBack(s *State, c Command) bool {
	a := read(c)
	if a.Seat == nil {
		return true
	}
	seat := s.seat(*a.Seat)
	return seat != nil && !seat.Admitted
}

// dismisses: the bench finds that a flag of intimidation was none.
func dismisses(_ *State, c Command) bool {
	a := read(c)
	return a.Ruling == nil || *a.Ruling == "dismiss"
}
