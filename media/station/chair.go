package main

import "parda/media/mask/voice"

// chair is the seat of one microphone: what is learnt of the person who sits there lasts a whole testimony, over varied orders, and is written nowhere.
// The sworn speaker's microphone has one of its own.
type chair struct {
	gate *voice.Gate
	seat *voice.Seat
	left chan struct{} // closed when the hot path that used it last has let go of it; nil: none has
}

func newChair() *chair {
	gate := voice.NewGate()
	return &chair{gate: gate, seat: voice.NewSeat(gate)}
}

// take hands the chair to the next hot path, which waits for the one before it.
func (c *chair) take() (before <-chan struct{}, left chan struct{}) {
	if c.left != nil {
		before = c.left
	}
	c.left = make(chan struct{})
	return before, c.left
}

// chairOf is the chair of a microphone. Called with mu held.
func (r *room) chairOf(which string) *chair {
	if r.chairs == nil {
		r.chairs = map[string]*chair{}
	}
	if r.chairs[which] == nil {
		r.chairs[which] = newChair()
		if r.begun {
			r.chairs[which].seat.Begin()
		}
	}
	return r.chairs[which]
}

// rehearses lets the seat learn quickly while she rehearses, because she alone speaks then. Called with mu held.
func (r *room) rehearses() {
	on := r.state.Testimony.Phase == phaseRehearsal && r.rec.status() == rehearsalRecording
	for _, c := range r.chairs {
		c.seat.Rehearse(on)
	}
}
