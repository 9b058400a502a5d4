package main

import (
	"parda/media/mask"
	"parda/media/mask/face"
)

// Is it still the same person? A masked picture and a masked voice would hide another one in her chair. The masks' own readers compare voice and face with the beginning of the testimony,
// here, in memory; what comes out of them is one of four words for each (mask.Likeness has no more), and that is all that the station tells. It informs the bench and decides
// nothing: card, silence and permit know nothing of it.
//
// The beginning is the first rehearsal: she alone sits there then, and she has not yet agreed. A later rehearsal is compared with it, for the break is when persons change. A station
// that was started anew in the middle of a testimony has nothing to compare with, by design, and begins when testimony goes live again; the room officer has certified by then.

const (
	noticePersonChanged = "person_changed"
	noticePersonUnsure  = "person_unsure"
)

// personStatus is what is told of the comparison: same, unsure, different, or "" while not enough was heard or seen.
type personStatus struct {
	Voice string `json:"voice,omitempty"`
	Face  string `json:"face,omitempty"`
}

// likeness is who is in the chair, as far as a machine can tell. Called with mu held.
type likeness struct{ voice, face mask.Likeness }

func (r *room) likeness() (l likeness) {
	if r.running == nil || !r.begun {
		return likeness{}
	}
	l.face = r.sitter.Likeness()
	if c := r.chairs[r.running.hears]; c != nil {
		l.voice = c.seat.Likeness()
	}
	return l
}

// notice is the code that goes with it. One that says different against one that says same is a doubt and no change: a person who weeps sounds like another, and one who hides her face looks like one.
func (l likeness) notice() string {
	different := l.voice == mask.Different || l.face == mask.Different
	unsure := l.voice == mask.Unsure || l.face == mask.Unsure
	same := l.voice == mask.Same || l.face == mask.Same
	switch {
	case different && !same:
		return noticePersonChanged
	case different, unsure && !same:
		return noticePersonUnsure
	}
	return ""
}

// with adds the comparison to the masks' status. While respeak is ordered the voice is the sworn speaker's.
func (s maskStatus) with(l likeness) maskStatus {
	s.Person = personStatus{l.voice.String(), l.face.String()}
	if code := l.notice(); code != "" {
		s.Notices = s.Notices.and(code)
	}
	return s
}

// begins starts the comparison, where the phase is one that starts it. Called with mu held, at each state of the gateway.
func (r *room) begins(entersRehearsal, live bool) {
	if !live && !entersRehearsal || r.begun && (live || r.wasLive) {
		r.wasLive = r.wasLive || live
		return
	}
	r.begun, r.wasLive = true, live
	r.sitter.Begin()
	for _, c := range r.chairs {
		c.seat.Begin()
	}
}

// forgetPerson wipes what was learnt of voice and face. Called with mu held, after the hot path was told to end.
func (r *room) forgetPerson() {
	r.begun, r.wasLive = false, false
	r.sitter.Forget()
	for _, c := range r.chairs {
		r.workers.Go(func() {
			if c.left != nil {
				<-c.left // its goroutine owns the seat until then
			}
			c.seat.Forget()
		})
	}
}

// watches lets the sitter see what the figure reads.
func (m *masks) watches(s *face.Sitter) {
	if f, ok := m.figure.(interface{ Knows(*face.Sitter) }); ok {
		f.Knows(s)
	}
}
