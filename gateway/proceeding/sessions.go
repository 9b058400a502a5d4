package proceeding

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"parda/gateway/access"
	"parda/gateway/hearing"
	"parda/gateway/minutes"
	"parda/gateway/visibility"
	"parda/signaling"
)

// linkGrace is how long a seat may be without a page before its link counts as lost: a reload takes less.
const linkGrace = 2 * time.Second

// Attach implements signaling.Room.
func (p *Proceeding) Attach(ctx context.Context, s *signaling.Session, h signaling.Hello) error {
	var failure error
	err := p.do(ctx, func() {
		seat, ok := p.state.Seat(s.Seat)
		if !ok {
			failure = public(access.ErrSeatUnknown)
			return
		}
		p.sessions[s] = &attendee{since: h.Since}
		here := p.presenceOf(seat.ID)
		here.sessions++
		here.lostAt = time.Time{}
		s.SendICE(p.cfg.ICE())
		if seat.LinkLost {
			p.enter(hearing.LinkBack(p.state, seat.ID, p.cfg.Now()))
			return
		}
		p.changed()
	})
	if err != nil {
		return err
	}
	return failure
}

// Detach implements signaling.Room.
func (p *Proceeding) Detach(s *signaling.Session) {
	p.post(func() {
		a := p.sessions[s]
		if a == nil {
			return
		}
		delete(p.sessions, s)
		p.cfg.Media.Unsubscribe(a.subscription)
		here := p.presenceOf(s.Seat)
		if here.sessions--; here.sessions == 0 {
			here.lostAt = p.cfg.Now()
		}
		seat, _ := p.state.Seat(s.Seat)
		if seat.Role == hearing.ProtectedWitness && here.sessions == 0 {
			p.stationLost()
		}
		p.changed()
	})
}

func (p *Proceeding) presenceOf(seat string) *presence {
	here := p.present[seat]
	if here == nil {
		here = &presence{}
		p.present[seat] = here
	}
	return here
}

// Entered enters that somebody took a seat with its code.
func (p *Proceeding) Entered(ctx context.Context, seat string) error {
	return p.do(ctx, func() { p.enter(hearing.SeatTaken(p.state, seat, p.cfg.Now())) })
}

// tell sends each session its state, and the entries that it has not had and may read.
func (p *Proceeding) tell() {
	p.rev++
	states := map[string][]byte{}
	extras := p.extras()
	for s, a := range p.sessions {
		b, ok := states[s.Seat]
		if !ok {
			b = p.view(s.Seat, extras)
			states[s.Seat] = b
		}
		p.tellEntries(s, a)
		s.SendState(b)
	}
}

func (p *Proceeding) view(seat string, x visibility.Extras) []byte {
	b, err := json.Marshal(visibility.BuildView(p.state, p.flags, seat, x))
	if err != nil {
		p.cfg.Log.Error("a state cannot be encoded", "err", err)
		return nil
	}
	return b
}

// entriesAtOnce bounds one message, so that a page that comes back late to a long hearing is filled in steps.
const entriesAtOnce = 200

func (p *Proceeding) tellEntries(s *signaling.Session, a *attendee) {
	seat, ok := p.state.Seat(s.Seat)
	if !ok {
		return
	}
	r := minutes.Reader{Seat: seat.ID, Role: seat.Role, Attends: p.state.Attends(seat.ID), Undertaking: seat.Undertaking == "signed"}
	entries := p.protocol.SeenBy(r, int64(a.since))
	for len(entries) > 0 {
		n := min(len(entries), entriesAtOnce)
		s.Send(entriesMessage{Type: "entries", Entries: entries[:n]})
		a.since = entries[n-1].Index
		entries = entries[n:]
	}
}

type entriesMessage struct {
	Type    string          `json:"type"`
	Entries []minutes.Entry `json:"entries"`
}

func (p *Proceeding) extras() visibility.Extras {
	x := visibility.Extras{
		Now: p.cfg.Now(), Rev: p.rev, Present: map[string]bool{}, Publishing: map[string]visibility.PublishingView{},
		Published: maps.Clone(p.tracks), Recording: p.record.health(), Bundle: p.bundle,
	}
	for seat, here := range p.present {
		x.Present[seat] = here.sessions > 0
	}
	for label := range p.tracks {
		if pub, ok := visibility.PublicationOf(label, visibility.Audio); ok && pub.Source == visibility.FromSeat {
			x.Publishing[pub.Name] = visibility.PublishingView{Sound: p.offered[label][visibility.Audio], Picture: p.offered[label][visibility.Video]}
		}
	}
	x.Checkpoint = p.checkpoint
	for _, a := range p.alarms {
		x.Alarms = append(x.Alarms, a)
	}
	if !p.failed.IsZero() {
		x.Alarms = append(x.Alarms, visibility.AlarmView{Code: "ledger_failed", Since: visibility.Moment(p.failed)})
	}
	return x
}
