package proceeding

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"parda/gateway/access"
	"parda/gateway/hearing"
	"parda/signaling"
)

// Hold is by what somebody holds a seat or a publication. What is lasting is asked again while it is open: a session that was ended, an invitation, a role or a
// device that was revoked ends its connections too, however it came to that and whether or not anybody told (A4, A5, A6).
type Hold struct {
	Check   func() error // nil while it holds
	Lasting bool
	Holder  Holder // whose it is; zero for what is held by a link or a token alone
	Page    string // the holder's name for TURN, where it has no session
}

// Holder is a person in a seat.
type Holder struct {
	Person  string
	Session string // of her account
}

// lost is what a connection that must end is ended by.
type lost struct {
	check func() error
	end   func(why string) // in the hearing's goroutine
}

// Recheck asks every lasting hold again and ends what does not hold any more: WebSocket, WHEP, WHIP and TURN. The asking is done outside of the hearing's goroutine,
// because it reads the store. An error that is no refusal (a disk that cannot be read) ends nothing: it must not throw a court out of its hearing, and every door that is
// opened anew is refused by it.
func (p *Proceeding) Recheck(ctx context.Context) error {
	var all []lost
	if err := p.do(ctx, func() { all = p.lasting() }); err != nil {
		return err
	}
	for _, l := range all {
		if err := l.check(); ends(err) {
			why := signaling.AsError(public(err)).Code
			if err := p.do(ctx, func() { l.end(why); p.changed() }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Proceeding) lasting() (all []lost) {
	for s, a := range p.sessions {
		if a.hold.Lasting {
			all = append(all, lost{a.hold.Check, func(why string) { p.dismiss(s, why) }})
		}
	}
	for id, w := range p.watching {
		if w.hold.Lasting {
			all = append(all, lost{w.hold.Check, func(string) { p.unwatch(id) }})
		}
	}
	for label, g := range p.given {
		if g.hold.Lasting {
			all = append(all, lost{g.hold.Check, func(string) { p.withdraw(label, g.id) }})
		}
	}
	return all
}

// ends says whether an answer is a refusal, as apart from a trouble that passes.
func ends(err error) bool {
	return err != nil && !slices.Contains([]string{"internal", "not_durable", "ledger_failed", "too_many"}, signaling.AsError(public(err)).Code)
}

// dismiss ends one session of a seat, if it is there still.
func (p *Proceeding) dismiss(s *signaling.Session, why string) {
	if a := p.sessions[s]; a != nil {
		p.part(s, a)
		if a.page == stationPage { // its credential outlives a broken link, and not its device
			p.cfg.TURN.EndSeat(s.Seat)
		}
		s.Close(signaling.CloseSeatLost, why)
	}
}

// watcher is a player of a passive seat (WHEP).
type watcher struct {
	seat string
	hold Hold
}

func (p *Proceeding) unwatch(id string) {
	w, ok := p.watching[id]
	if !ok {
		return
	}
	delete(p.watching, id)
	p.cfg.Media.Unsubscribe(id)
	if w.hold.Page != "" {
		p.cfg.TURN.End(w.seat, w.hold.Page)
	}
}

// given is a publication that came by WHIP.
type given struct {
	id   string
	hold Hold
}

// took keeps by what a publication is held. The hold is asked once more, so that what was revoked while the connection was made does not stay.
func (p *Proceeding) took(ctx context.Context, label, id string, hold Hold) error {
	var failure error
	err := p.do(context.WithoutCancel(ctx), func() {
		if hold.Check != nil {
			failure = hold.Check()
		}
		if failure == nil {
			p.given[label] = given{id, hold}
		}
	})
	if err := errors.Join(err, failure); err != nil {
		p.cfg.Media.Unpublish(id)
		return public(err)
	}
	return nil
}

// withdraw ends a publication, and the TURN of whoever made it.
func (p *Proceeding) withdraw(label, id string) {
	if p.given[label].id == id {
		delete(p.given, label)
	}
	p.cfg.Media.Unpublish(id)
	place, _, _ := strings.Cut(label, "/")
	if place != "witness" { // her station's token is called so, whatever it renders; a camera's has its label
		place = label
	}
	p.cfg.TURN.EndSeat("token " + place)
}

// stands is what others may ask of the hearing without waiting for its goroutine.
type stands struct {
	court  string
	caseNo string
	phase  hearing.Phase
	since  time.Time
	roles  map[string]hearing.Role
	here   map[string]bool // seats that attend (hearing.State.Attends)
	seats  []hearing.SeatSpec
}

func (p *Proceeding) publishStand() {
	s := &stands{court: p.state.Court, caseNo: p.state.CaseNo, phase: p.state.Phase, since: p.state.PhaseAt, roles: map[string]hearing.Role{}, here: map[string]bool{}}
	for _, seat := range p.state.Seats {
		s.roles[seat.ID], s.here[seat.ID] = seat.Role, p.state.Attends(seat.ID)
		s.seats = append(s.seats, hearing.SeatSpec{ID: seat.ID, Role: seat.Role})
	}
	p.stands.Store(s)
}

// Court is whose hearing it is, CaseNo its number, Phase where it stands, Seats its seats.
func (p *Proceeding) Court() string { return p.stands.Load().court }

// CaseNo is the number of the case.
func (p *Proceeding) CaseNo() string { return p.stands.Load().caseNo }

// Phase is where the hearing stands.
func (p *Proceeding) Phase() hearing.Phase { return p.stands.Load().phase }

// Seats lists the hearing's seats, in order. They are the caller's.
func (p *Proceeding) Seats() []hearing.SeatSpec { return slices.Clone(p.stands.Load().seats) }

// RoleOf is the role of a seat; ok is false where there is no such seat.
func (p *Proceeding) RoleOf(seat string) (role hearing.Role, ok bool) {
	role, ok = p.stands.Load().roles[seat]
	return role, ok
}

// Attends says whether a seat takes part now (hearing.State.Attends): not one that was removed, nor one that is bound by nothing in a closed session.
func (p *Proceeding) Attends(seat string) bool { return p.stands.Load().here[seat] }

// GoesOn says whether the hearing needs whoever sits in a seat, now (hearing.GoesOn).
func (p *Proceeding) GoesOn(seat string) bool {
	s := p.stands.Load()
	return hearing.GoesOn(s.phase, s.since, s.roles[seat], p.cfg.Now())
}

// sitters counts the pages of each person at each seat. It is asked by who must not wait for the hearing's goroutine: that goroutine asks it, too.
type sitters struct {
	mu sync.Mutex
	of map[sitter]int
}

type sitter struct{ person, seat string }

func (s *sitters) count(who sitter, by int) {
	if who.person == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[sitter]int{}
	}
	if s.of[who] += by; s.of[who] <= 0 {
		delete(s.of, who)
	}
}

// Sits says whether this person has a page open at a seat of this hearing, and the hearing needs her there: her session does not end by idleness then.
func (p *Proceeding) Sits(person string) bool {
	p.sitters.mu.Lock()
	defer p.sitters.mu.Unlock()
	for who := range p.sitters.of {
		if who.person == person && p.GoesOn(who.seat) {
			return true
		}
	}
	return false
}

// Lost takes a seat from whoever holds it, because it was given to somebody else or taken back: what it signed with, and its undertaking, were the old one's. When it returns
// nothing more is sent to them or taken from them.
func (p *Proceeding) Lost(ctx context.Context, seat string) error {
	return p.do(ctx, func() {
		p.drop(seat, access.ErrRemoved.Code)
		p.enter(hearing.SeatGiven(p.state, seat))
		p.changed()
	})
}
