package hearing

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// player gives random commands to a hearing, good and bad ones.
type player struct {
	*court
	r *rand.Rand
}

func pick[T any](r *rand.Rand, options ...T) T { return options[r.IntN(len(options))] }

func (p *player) seatID() string { return p.s.Seats[p.r.IntN(len(p.s.Seats))].ID }

// args makes arguments that are often right: a walk of refusals proves nothing.
func (p *player) args(name, seat string) m {
	r, yes := p.r, p.r.IntN(2) == 0
	reason := pick(r, "", "because")
	switch name {
	case "key.enrol":
		return m{"key": pick(r, p.judge.spki, p.clerk.spki)}
	case "order.draft":
		a := m{"template": pick(r, "no_confrontation", "identity_hidden", "anonymous_to_defence"), "reason": "r"}
		if yes {
			a["session"] = pick(r, Public, Private, Closed)
			a["renderings"] = m{"public": pick[any](r, nil, m{"picture": "puppet", "voice": "neutral", "delay_s": r.IntN(2)})}
			a["valid_until"] = p.now.Add(time.Duration(r.IntN(600)) * time.Second).Format(time.RFC3339)
		}
		return a
	case "order.sign":
		key := p.judge
		if r.IntN(8) == 0 {
			key = p.clerk
		}
		return m{"bytes": p.s.Draft, "signature": key.sign(p.t, p.s.Draft), "reason": reason, "confirm": yes}
	case "session.kind":
		return m{"kind": pick(r, Public, Private, Closed), "reason": reason, "confirm": yes}
	case "testimony.call":
		return m{"reason": reason, "confirm": yes, "without_certificate": r.IntN(3) == 0}
	case "room.certify":
		return m{"same": r.IntN(4) > 0, "free": r.IntN(4) > 0, "with": pick(r, []string{}, []string{"interpreter"}, []string{"nobody"})}
	case "identity.verified":
		return m{"how": pick(r, "", "passport")}
	case "witness.consent":
		return m{"language": "az", "interpreter": yes}
	case "witness.tighten":
		return m{"picture": pick(r, "", "card", "natural"), "voice": pick(r, "", "silence")}
	case "mask.status":
		return m{"picture": pick(r, "ok", "card"), "voice": "ok"}
	case "floor.give", "seat.mute", "seat.unmute", "seat.remove", "seat.admit", "seat.reissue":
		return m{"seat": p.seatID()}
	case "ruling.give":
		if len(p.s.Pending) > 0 {
			return m{"id": p.s.Pending[0].ID, "reason": reason, "positions": "p"}
		}
	case "undertaking.sign":
		return m{"agree": yes}
	case "entry.add":
		a := m{"kind": pick(r, "note", "ruling", "exhibit", KindRemark), "text": "x", "number": pick(r, "", "", "1", "7")}
		if yes {
			a["interpreted"] = m{"text": pick(r, "y", ""), "lang": pick(r, "ru", "?")}
		}
		return a
	case "entry.amend", "entry.strike", "entry.restore":
		for _, index := range slices.Sorted(maps.Keys(p.s.Entries)) {
			return m{"entry": index, "reason": reason, "text": "z"}
		}
	case "remark.add", "question.request":
		return m{"text": pick(r, "x", "")}
	case "flag.rule":
		return m{"flag": pick(r, "f1", "f2", "f3"), "ruling": pick(r, "enter", "remove", "pause", "private", "dismiss"), "seat": p.seatID(), "reason": reason}
	case "testimony.pause":
		return pick(r, nil, m{"why": "break"}, m{"why": 3})
	}
	return nil
}

// system lets something happen that no person did.
func (p *player) system() []Draft {
	switch p.r.IntN(11) {
	case 0:
		return LinkLost(p.s, p.seatID(), p.now)
	case 1, 2:
		return LinkBack(p.s, p.seatID(), p.now)
	case 3:
		return Restarted(p.s, p.now)
	case 4:
		return Tripwire(p.s, "witness/puppet+neutral", p.now)
	case 5:
		return LedgerBackAgain(p.s, p.now, p.now)
	case 6:
		return DefenceLost(p.s, nil, p.now)
	case 7:
		p.s.Facts.StationUp = true
	case 8:
		p.s.Facts.StationUp = p.r.IntN(3) > 0
	case 9:
		return PersonsChanged(p.s, p.now)
	case 10:
		return pick(p.r, CodeRefused(p.s, p.now), KeyOfStation(p.s, "k"+pick(p.r, "1", "2")), RoomLeft(p.s), OfficerDrew(p.s, "account"))
	}
	return nil
}

// protects says whether a command only tightens.
func protects(r Role, name string, args m, before *State) bool {
	switch name {
	case "testimony.pause", "witness.refuse", "witness.afraid", "hearing.suspend", "seat.mute", "seat.remove", "flag.raise":
		return true
	case "witness.tighten":
		return args["picture"] == "card" && args["voice"] == "silence"
	case "session.kind":
		return args["kind"].(Kind).Rank() >= before.Kind.Rank()
	}
	return false
}

// looser says in what the new state shows more than the old one; "" for nothing.
func looserState(a, b *State) string {
	if b.Testimony.Phase == Live && a.Testimony.Phase != Live {
		return "testimony went live"
	}
	if b.Kind.Rank() < a.Kind.Rank() {
		return "the session"
	}
	if a.Order != b.Order && (a.Order == nil || !reflect.DeepEqual(a.Order.Bytes, b.Order.Bytes)) {
		return "the order"
	}
	if (a.Testimony.Tightened.Picture != "" && b.Testimony.Tightened.Picture == "") ||
		(a.Testimony.Tightened.Voice != "" && b.Testimony.Tightened.Voice == "") {
		return "the witness's own wish"
	}
	for _, seat := range a.Seats {
		after, _ := b.Seat(seat.ID)
		if !a.Attends(seat.ID) && b.Attends(seat.ID) {
			return seat.ID + " came in"
		}
		if seat.Muted && !after.Muted {
			return seat.ID + " was unmuted"
		}
	}
	return ""
}

// sound checks what must hold in every state.
func (p *player) sound() {
	p.t.Helper()
	s := p.s
	if s.Testimony.Phase == Live {
		if s.Phase != Open || s.Order == nil || s.Order.Expired || s.Testimony.Consent == nil || !s.Testimony.Identity || len(s.FaceFound) > 0 {
			p.t.Fatalf("live with phase %s, order %v, %+v", s.Phase, s.Order != nil, s.Testimony)
		}
		if r := s.Testimony.Room; !r.Passed && (r.Last == nil || !r.Last.Same || !r.Last.Free) {
			p.t.Fatalf("live without a certificate that says yes, and nobody ruled on it: %+v", r)
		}
		if err := s.defenceHeard(); err != nil {
			p.t.Fatalf("live: %v", err)
		}
	}
	if s.Order != nil && CheckSignature(s.Order.Key, s.Order.Bytes, s.Order.Signature) != nil {
		p.t.Fatal("an order is in force that nobody signed")
	}
}

// move chooses who gives which command; now and then the one that brings testimony on, and rarely the one that ends it.
func (p *player) move() (seat, name string) {
	next := map[TestimonyPhase]string{Waiting: "testimony.rehearse", Rehearsal: "witness.consent", Ready: pick(p.r, "testimony.call", "room.certify"), Paused: pick(p.r, "testimony.call", "room.certify")}
	if on, ok := next[p.s.Testimony.Phase]; ok && p.r.IntN(4) == 0 {
		if on == "witness.consent" || on == "room.certify" {
			return "witness", on
		}
		return "judge", on
	}
	seat, name = pick(p.r, p.seatID(), "judge", "witness"), CommandNames()[p.r.IntN(len(CommandNames()))]
	if (name == "hearing.close" || name == "testimony.release") && p.r.IntN(3) > 0 {
		name = "testimony.call"
	}
	return seat, name
}

// TestRandomHearingsKeepTheRules plays many hearings at random. Live is reached only over order, consent and identity, and only by
// the presiding judge; nothing that protects makes any state looser; the fold of the events is the state.
func TestRandomHearingsKeepTheRules(t *testing.T) {
	lives, closed := 0, 0
	for seed := range uint64(90) {
		p := &player{court: newCourt(t), r: rand.New(rand.NewPCG(seed, 2026))}
		if seed%3 > 0 {
			p.ready() // else the walk spends itself at the door
		}
		for range 150 {
			before := p.s.Clone()
			if p.r.IntN(6) == 0 {
				p.enter(p.system())
				p.enter(Overdue(p.s, p.now))
				if before.Testimony.Phase != Live && p.s.Testimony.Phase == Live {
					t.Fatal("the system resumed by itself")
				}
				p.sound()
				continue
			}
			seat, name := p.move()
			args := p.args(name, seat)
			_, _, err := p.try(seat, name, args)
			actor, _ := p.s.Seat(seat)
			if err == nil && protects(actor.Role, name, args, before) {
				if what := looserState(before, p.s); what != "" {
					t.Fatalf("seed %d: %s by %s with %v loosened: %s", seed, name, seat, args, what)
				}
			}
			if before.Testimony.Phase != Live && p.s.Testimony.Phase == Live {
				if lives++; name != "testimony.call" || seat != "judge" {
					t.Fatalf("%s by %s went live", name, seat)
				}
			}
			p.enter(Overdue(p.s, p.now))
			p.sound()
		}
		if p.s.Phase == Concluded {
			closed++
		}
		p.refold()
	}
	if t.Logf("live %d, closed %d", lives, closed); lives < 50 || closed == 0 {
		t.Errorf("the walks went live %d times and closed %d hearings: they prove nothing", lives, closed)
	}
}

// refold applies all events to a fresh state.
func (p *player) refold() {
	p.t.Helper()
	s := New()
	for _, e := range p.events {
		if err := s.Apply(e); err != nil {
			p.t.Fatal(err)
		}
	}
	s.Facts = p.s.Facts
	a, _ := json.Marshal(s)
	b, _ := json.Marshal(p.s)
	if string(a) != string(b) {
		p.t.Fatalf("the fold differs:\n%s\n%s", a, b)
	}
}
