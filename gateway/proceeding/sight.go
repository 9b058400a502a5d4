package proceeding

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"parda/gateway/hearing"
	"parda/gateway/visibility"
	"parda/signaling"
)

// Whether a seat sees and hears is not said by its page's WebSocket: it is what the relay finds of the seat's connections. A seat may have
// several (a second browser is a spare path), and it is cut off when each of them is.

// Sight is what the relay found of one connection for receiving.
type Sight string

// The findings.
const (
	Deaf        Sight = "deaf"         // packets go there and nothing comes back
	Hears       Sight = "hears"        // not any more
	PictureHeld Sight = "picture_held" // its network does not carry a slot's picture
	PictureBack Sight = "picture_back" // not any more
)

// sights is what is known of all connections of a hearing.
type sights struct {
	paths map[string]*path                 // by subscription; those of which nothing bad was said are not in it
	ended map[*signaling.Session]time.Time // pages whose connection ended: until they make another they receive nothing
	broke map[string][]time.Time           // by seat: when its link broke, of the last unsteadyWithin
	told  map[*signaling.Session]string    // the held slots that a page was told of
}

// path is one connection that is not as it should be.
type path struct {
	deaf time.Time            // since when; zero: not
	held map[string]time.Time // by slot
}

// A seat whose link broke unsteadyMost times within unsteadyWithin is shown to the bench as unsteady.
const (
	unsteadyMost   = 3
	unsteadyWithin = 30 * time.Minute
)

// witnessSlot is the slot whose picture is the sight of the testimony.
const witnessSlot = "witness"

func newSights() *sights {
	return &sights{paths: map[string]*path{}, ended: map[*signaling.Session]time.Time{}, broke: map[string][]time.Time{}, told: map[*signaling.Session]string{}}
}

// note takes a finding; at is when it began.
func (x *sights) note(found Sight, id, slot string, at time.Time) {
	p := x.paths[id]
	if p == nil {
		p = &path{held: map[string]time.Time{}}
		x.paths[id] = p
	}
	switch found {
	case Deaf:
		p.deaf = at
	case Hears:
		p.deaf = time.Time{}
	case PictureHeld:
		p.held[slot] = at
	case PictureBack:
		delete(p.held, slot)
	}
	if p.deaf.IsZero() && len(p.held) == 0 {
		delete(x.paths, id)
	}
}

// out says since when a connection does not bring the testimony's picture and sound; zero: it does.
func (x *sights) out(id string) time.Time {
	p := x.paths[id]
	if p == nil {
		return time.Time{}
	}
	return earlier(p.deaf, p.held[witnessSlot])
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// cutOff says since when each seat that has pages receives on none of them. paths are a seat's: since when each is out, zero for one that is not.
func cutOff(paths map[string][]time.Time) map[string]time.Time {
	lost := map[string]time.Time{}
	for seat, of := range paths {
		if !slices.ContainsFunc(of, time.Time.IsZero) {
			lost[seat] = slices.MaxFunc(of, time.Time.Compare)
		}
	}
	return lost
}

// cutOff is cutOff of this hearing.
func (p *Proceeding) cutOff() map[string]time.Time {
	paths := map[string][]time.Time{}
	for s, a := range p.sessions {
		since := p.sights.out(a.subscription)
		if a.subscription == "" {
			since = p.sights.ended[s]
		}
		paths[s.Seat] = append(paths[s.Seat], since)
	}
	for id, w := range p.watching {
		paths[w.seat] = append(paths[w.seat], p.sights.out(id))
	}
	return cutOff(paths)
}

// Saw takes a finding of the relay's about the connection with that id, and when it began. It does not wait.
func (p *Proceeding) Saw(found Sight, id, slot string, since time.Time) {
	p.post(func() {
		if since.IsZero() {
			since = p.cfg.Now()
		}
		p.sights.note(found, id, slot, since)
		p.tellHeld()
	})
}

// tellHeld tells each page which of its pictures its network does not carry.
func (p *Proceeding) tellHeld() {
	for s, a := range p.sessions {
		slots := []string{}
		if x := p.sights.paths[a.subscription]; x != nil {
			for slot := range x.held {
				slots = append(slots, slot)
			}
		}
		slices.Sort(slots)
		if now := fmt.Sprint(slots); now != p.sights.told[s] && (len(slots) > 0 || p.sights.told[s] != "") {
			p.sights.told[s] = now
			s.SendThin(slots)
		}
	}
}

// ended forgets a connection and notes the pages that are without one.
func (p *Proceeding) pathEnded(id string) {
	delete(p.sights.paths, id)
	for s, a := range p.sessions {
		if a.subscription == id {
			p.sights.ended[s] = p.cfg.Now()
		}
	}
	for s := range p.sights.ended {
		if p.sessions[s] == nil {
			delete(p.sights.ended, s)
		}
	}
	for s := range p.sights.told {
		if p.sessions[s] == nil {
			delete(p.sights.told, s)
		}
	}
}

// noteBroken counts how often a seat's link broke, from the record: a restart of the gateway forgets nothing.
func (x *sights) noteBroken(e hearing.Event) {
	var of hearing.SeatPayload
	if e.Code == hearing.SeatLinkLost && json.Unmarshal(e.Payload, &of) == nil {
		x.broke[of.Seat] = append(x.broke[of.Seat], e.Time)
	}
}

// tickSights enters what the connections mean for the seats: a link that is broken though the page is there, and one that is back.
func (p *Proceeding) tickSights(now time.Time) {
	cut := p.cutOff()
	for id, here := range p.present {
		seat, ok := p.state.Seat(id)
		if !ok || here.sessions == 0 || seat.Role.Passive() || seat.Role == hearing.ProtectedWitness {
			continue
		}
		switch since, out := cut[id]; {
		case out && seat.Entered && !seat.LinkLost && now.Sub(since) > hearing.DefenceOutage:
			p.enter(hearing.LinkLost(p.state, id, since))
		case !out && seat.LinkLost:
			p.enter(hearing.LinkBack(p.state, id, now))
		}
	}
	if p.sights.unsteady(p.alarms, now) {
		p.tell()
	}
}

// unsteady keeps the alarms about seats whose links break again and again.
func (x *sights) unsteady(alarms map[string]visibility.AlarmView, now time.Time) (changed bool) {
	for seat, times := range x.broke {
		times = slices.DeleteFunc(times, func(t time.Time) bool { return now.Sub(t) > unsteadyWithin })
		x.broke[seat] = times
		key := "link_unsteady " + seat
		was, is := alarms[key], visibility.AlarmView{}
		if len(times) >= unsteadyMost {
			is = visibility.AlarmView{Code: "link_unsteady", Since: visibility.Moment(times[0]), Detail: fmt.Sprintf("%s %d", seat, len(times))}
			alarms[key] = is
		} else {
			delete(alarms, key)
		}
		changed = changed || was != is
	}
	return changed
}
