package proceeding

import (
	"context"
	"crypto/rand"
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

// stationPage is the station's name for TURN, the same in each of its sessions: its publications are no part of one, and go on over TURN when the link
// of its conversation breaks.
const stationPage = "station"

// A seat is held by one browser, which may have a few pages open while it reloads; the gallery's link admits many.
const (
	sessionsOfSeat    = 16
	sessionsOfGallery = 256
)

// Crowded tells whether a seat's link admits many: the gallery's does.
func (p *Proceeding) Crowded(seat string) bool {
	crowded := false
	_ = p.do(context.Background(), func() { // of a hearing that is gone nothing is said
		s, _ := p.state.Seat(seat)
		crowded = s.Role == hearing.Gallery
	})
	return crowded
}

// Attach implements signaling.Room.
func (p *Proceeding) Attach(ctx context.Context, s *signaling.Session, h signaling.Hello) error {
	return p.AttachIf(ctx, s, h, Hold{Check: func() error { return nil }})
}

// AttachIf is Attach for a session whose right to the seat is asked once more in the hearing's own goroutine: a seat that was taken back between
// the request and the hello is not let in by its old cookie.
func (p *Proceeding) AttachIf(ctx context.Context, s *signaling.Session, h signaling.Hello, hold Hold) error {
	var failure error
	err := p.do(ctx, func() {
		seat, ok := p.state.Seat(s.Seat)
		here := p.presenceOf(s.Seat)
		most := sessionsOfSeat
		if seat.Role == hearing.Gallery {
			most = sessionsOfGallery
		}
		switch err := hold.Check(); {
		case !ok:
			failure = public(access.ErrSeatUnknown)
		case err != nil:
			failure = public(err)
		case here.sessions >= most:
			failure = public(access.ErrTooMany)
		}
		if failure != nil {
			return
		}
		p.sessions[s] = &attendee{since: h.Since, page: rand.Text(), hold: hold}
		if seat.Role == hearing.ProtectedWitness {
			p.sessions[s].page = stationPage
		}
		p.sitters.count(sitter{hold.Holder.Person, s.Seat}, 1)
		here.sessions++
		here.lostAt = time.Time{}
		p.sendICE(s, p.sessions[s])
		p.enter(hearing.LinkBack(p.state, seat.ID, p.cfg.Now()))
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
		if a := p.sessions[s]; a != nil {
			p.part(s, a)
			p.changed()
		}
	})
}

// part takes a session out: what it received and what it sent ends with it.
func (p *Proceeding) part(s *signaling.Session, a *attendee) {
	delete(p.sessions, s)
	p.sitters.count(sitter{a.hold.Holder.Person, s.Seat}, -1)
	p.cfg.Media.Unsubscribe(a.subscription)
	p.cfg.Media.Unpublish(a.publication)
	if a.page != stationPage {
		p.cfg.TURN.End(s.Seat, a.page)
	}
	here := p.presenceOf(s.Seat)
	if here.sessions--; here.sessions > 0 {
		return
	}
	here.lostAt = p.cfg.Now()
	if heard := s.LastHeard(); heard.Before(here.lostAt) {
		here.lostAt = heard // an outage begins with the last sign of life, not when it was noticed
	}
	if seat, _ := p.state.Seat(s.Seat); seat.Role == hearing.ProtectedWitness {
		p.figure = ""
		p.stationLost()
		p.enter(hearing.RoomLeft(p.state))
	}
}

// figureEvery bounds how often the seats are told of the drawn figure: each state is a whole one.
const figureEvery = 500 * time.Millisecond

// Figure implements signaling.Room. What the figure does is told to who sees it, and entered nowhere: a gesture stands in the protocol only when
// somebody has put it into words.
func (p *Proceeding) Figure(s *signaling.Session, state string) error {
	if !visibility.FigureState(state) {
		return signaling.Refuse("bad_message", "There is no such state of the figure.", nil)
	}
	p.post(func() {
		if seat, _ := p.state.Seat(s.Seat); p.sessions[s] == nil || seat.Role != hearing.ProtectedWitness {
			return
		}
		p.figure = state
		p.tellFigure(p.cfg.Now())
	})
	return nil
}

// tellFigure tells the seats, now or with a later tick.
func (p *Proceeding) tellFigure(now time.Time) {
	if p.figureDue = now.Sub(p.figureTold) < figureEvery && !p.figureTold.After(now); p.figureDue {
		return
	}
	p.figureTold = now
	p.tell()
}

// drop takes a seat from whoever holds it, by session and by WHEP alike. When it returns nothing more is sent to them or taken from them.
func (p *Proceeding) drop(seat, why string) {
	for s, a := range p.sessions {
		if s.Seat == seat {
			p.part(s, a)
			s.Close(signaling.CloseSeatLost, why)
		}
	}
	for id, w := range p.watching {
		if w.seat == seat {
			p.unwatch(id)
		}
	}
	p.cfg.TURN.EndSeat(seat)
}

// sendICE tells a page its TURN servers. A seat that was removed has none: its page stays, and shows that it was.
func (p *Proceeding) sendICE(s *signaling.Session, a *attendee) {
	a.renewICE = time.Time{}
	if seat, ok := p.state.Seat(s.Seat); !ok || !seat.Admitted {
		s.SendICE(nil)
		return
	}
	servers, until := p.cfg.TURN.Servers(s.Seat, a.page)
	if now := p.cfg.Now(); until.After(now) {
		a.renewICE = now.Add(until.Sub(now) / 2)
	}
	s.SendICE(servers)
}

// tendICE renews TURN credentials before they end, and takes them from a seat that was removed.
func (p *Proceeding) tendICE(now time.Time) {
	turned := map[string]bool{} // seats that were removed or admitted again since the last look
	for _, seat := range p.state.Seats {
		if p.barred[seat.ID] == seat.Admitted {
			p.barred[seat.ID], turned[seat.ID] = !seat.Admitted, true
			if !seat.Admitted {
				p.cfg.TURN.EndSeat(seat.ID)
			}
		}
	}
	for s, a := range p.sessions {
		if turned[s.Seat] || !a.renewICE.IsZero() && !now.Before(a.renewICE) {
			p.sendICE(s, a)
		}
	}
}

// Servers gives a player of a seat, which has no session, its TURN servers.
func (p *Proceeding) Servers(ctx context.Context, seat, page string) (servers []signaling.ICEServer) {
	_ = p.do(ctx, func() { // a hearing that is gone has none
		if s, ok := p.state.Seat(seat); ok && s.Admitted {
			servers, _ = p.cfg.TURN.Servers(seat, page)
		}
	})
	return servers
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

// tell sends each session its state, if anything in it changed that the seat may know, and the entries that it has not had and may read. A seat
// that may not know of a change must not see that there was one, so revisions are counted for each session.
func (p *Proceeding) tell() {
	views := map[sitter]visibility.View{}
	known := map[sitter]string{}
	extras := p.extras()
	for s, a := range p.sessions {
		who := sitter{a.hold.Holder.Person, s.Seat}
		v, ok := views[who]
		if !ok {
			extras.Person = who.person
			v = visibility.BuildView(p.state, p.flags, s.Seat, extras)
			views[who], known[who] = v, p.encode(timeless(v))
		}
		p.tellEntries(s, a)
		if a.told == known[who] {
			continue
		}
		a.told = known[who]
		a.rev++
		v.Rev = a.rev
		s.SendState([]byte(p.encode(v)))
	}
}

// timeless is a view without what changes by itself.
func timeless(v visibility.View) visibility.View {
	v.Rev, v.Now = 0, ""
	return v
}

func (p *Proceeding) encode(v visibility.View) string {
	b, err := json.Marshal(v)
	if err != nil {
		p.cfg.Log.Error("a state cannot be encoded", "err", err)
	}
	return string(b)
}

// entriesAtOnce bounds one message, so that a page that comes back late to a long hearing is filled in steps.
const entriesAtOnce = 200

func (p *Proceeding) tellEntries(s *signaling.Session, a *attendee) {
	seat, ok := p.state.Seat(s.Seat)
	if !ok {
		return
	}
	r := minutes.Reader{Seat: seat.ID, Role: seat.Role, Person: a.hold.Holder.Person, Attends: p.state.Attends(seat.ID), Undertaking: seat.Undertaking == "signed"}
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
		Now: p.cfg.Now(), Halted: p.halted(), Present: map[string]bool{}, Publishing: map[string]visibility.PublishingView{},
		Published: maps.Clone(p.tracks), Recording: p.record.health(), Bundle: p.bundle, Accounts: p.cfg.StepUp != nil,
	}
	for seat, here := range p.present {
		x.Present[seat] = here.sessions > 0
	}
	for label := range p.tracks {
		if pub, ok := visibility.PublicationOf(label, visibility.Audio); ok && pub.Source == visibility.FromSeat {
			x.Publishing[pub.Name] = visibility.PublishingView{Sound: p.offered[label][visibility.Audio], Picture: p.offered[label][visibility.Video]}
		}
	}
	x.Checkpoint, x.Figure = p.checkpoint, p.figure
	p.outside(&x)
	for _, a := range p.alarms {
		x.Alarms = append(x.Alarms, a)
	}
	return x
}
