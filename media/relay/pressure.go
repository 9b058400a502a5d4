package relay

import (
	"sync/atomic"
	"time"
)

// What the relay does when a subscriber's network carries less than all its pictures. There is one encoding, made for the court, and nobody's slow network
// may make it worse for the others: the publisher is told nothing. So pictures are held back from that subscriber, the last slot first, and
// the sound flows on; a held picture begins again at a key frame, once the network carries it. The viewer is told by an event.
//
// Beside it stands whether the subscriber is there at all: who is sent packets and says nothing (RTCP) neither sees nor hears. Reports on numbered packets
// come many times a second; where nothing that flows is numbered (a browser that does not number sound, and pictures that are held) there are the
// reports of RFC 3550 section 6.2 alone, one in five seconds and as much again by chance.
const (
	holdFirst  = 5 * time.Second  // how long a picture is held at least
	holdMost   = time.Minute      // and at most, when each try fails
	failWithin = 10 * time.Second // a picture that must be held again so soon waits twice as long
	openEvery  = 2 * time.Second  // one picture after the other

	deafAfter  = 2500 * time.Millisecond
	deafPlain  = 8 * time.Second // where nothing is numbered
	flowsUntil = time.Second     // after the last packet something still counts as flowing
)

// pressure is the state of one subscription; of the beat's goroutine alone.
type pressure struct {
	overuses int
	hold     time.Duration
	opened   time.Time
	retry    time.Time

	flows time.Time // since when packets go; zero: none do
	deaf  bool
}

// press holds and lets go of pictures. It returns the slots that changed.
func (sub *subscription) press(now time.Time) (changed []*slot) {
	carries, overuses := sub.way.carries(now)
	var open, held []*slot
	var need float64
	for _, s := range sub.slots {
		in := s.source.Load()
		switch {
		case s.name.Media != Video:
			need += in.rate()
		case in == nil:
			if s.held.Swap(false) {
				changed = append(changed, s)
			}
		case s.held.Load():
			held = append(held, s)
		default:
			open = append(open, s)
			need += in.rate()
		}
	}
	p := &sub.pressure // need begins with the sound: it flows in any case
	if overuses != p.overuses {
		p.overuses = overuses
		p.again(now)
		sub.way.eased()
		for first := true; len(open) > 0 && (first || need > carries); first = false {
			s := open[len(open)-1]
			open, need = open[:len(open)-1], need-s.source.Load().rate()
			s.held.Store(true)
			changed = append(changed, s)
		}
		return changed
	}
	if len(held) > 0 && !now.Before(p.retry) && need+held[0].source.Load().rate() <= carries {
		held[0].held.Store(false)
		p.opened, p.retry = now, now.Add(openEvery)
		changed = append(changed, held[0])
	}
	return changed
}

// again sets when the next try is.
func (p *pressure) again(now time.Time) {
	if p.hold == 0 || now.Sub(p.opened) > failWithin {
		p.hold = holdFirst
	} else {
		p.hold = min(2*p.hold, holdMost)
	}
	p.retry = now.Add(p.hold)
}

// listens tells whether the subscriber is there, and since when it is not; changed tells that this is news.
func (sub *subscription) listens(now time.Time) (deaf, changed bool, since time.Time) {
	p := &sub.pressure
	if now.Sub(time.Unix(0, sub.way.wrote.Load())) > flowsUntil {
		p.flows = time.Time{}
	} else if p.flows.IsZero() {
		p.flows = now
	}
	since = time.Unix(0, sub.way.heard.Load())
	if since.Before(p.flows) {
		since = p.flows
	}
	if p.flows.IsZero() { // nothing is sent: nobody can be found deaf, but who was may be heard of
		was := p.deaf
		p.deaf = was && now.Sub(since) > flowsUntil
		return p.deaf, p.deaf != was, since
	}
	was, limit := p.deaf, deafAfter
	if now.Sub(time.Unix(0, sub.way.counted.Load())) > flowsUntil {
		limit = deafPlain
	}
	p.deaf = now.Sub(since) > limit
	return p.deaf, p.deaf != was, since
}

// beatSubscriptions looks at every network once in a beat.
func (r *Relay) beatSubscriptions(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, sub := range r.subscriptions {
		if !sub.up {
			continue
		}
		for _, s := range sub.press(now) {
			kind := PictureBack
			if s.held.Load() {
				kind = PictureHeld
			}
			r.herald.say(Event{Kind: kind, Viewer: sub.viewer, ID: sub.id, Slot: s.name.Slot})
		}
		if deaf, changed, since := sub.listens(now); changed {
			kind := Hears
			if deaf {
				kind = Deaf
			}
			r.herald.say(Event{Kind: kind, Viewer: sub.viewer, ID: sub.id, Since: since})
		}
	}
}

// pace counts what an ingest brings, so that it is known what a held picture would take. The beat writes it.
type pace struct {
	octets uint64
	at     time.Time
	bits   atomic.Uint64 // a second
}

const paceOver = 2 * time.Second

func (in *ingest) beatPace(now time.Time) {
	if now.Sub(in.pace.at) < paceOver {
		return
	}
	in.mu.Lock()
	octets := in.octets
	in.mu.Unlock()
	if !in.pace.at.IsZero() {
		in.pace.bits.Store(uint64(float64(8*(octets-in.pace.octets)) / now.Sub(in.pace.at).Seconds()))
	}
	in.pace.octets, in.pace.at = octets, now
}

// rate is what the ingest brought in the last seconds, in bit/s; 0 for nil, and before it was counted.
func (in *ingest) rate() float64 {
	if in == nil {
		return 0
	}
	return float64(in.pace.bits.Load())
}
