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
	r     *rand.Rand
	flags bool // the bench tends to its flags
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
	case "seat.show", "seat.give_stop":
		for _, seat := range p.s.Seats {
			if seat.Hidden && name == "seat.show" || seat.NoStop && name == "seat.give_stop" {
				return m{"seat": seat.ID}
			}
		}
		return m{"seat": "dock"}
	case "floor.give", "seat.mute", "seat.unmute", "seat.remove", "seat.admit", "seat.reissue":
		return m{"seat": pick(r, p.seatID(), p.seatID(), "dock")}
	case "ruling.give":
		for _, d := range p.s.Pending {
			if d.Flag != "" && p.s.Flags[d.Flag].heard(d.Seat) {
				return m{"id": d.ID, "reason": "r", "positions": "p"}
			}
		}
		if len(p.s.Pending) > 0 {
			return m{"id": p.s.Pending[r.IntN(len(p.s.Pending))].ID, "reason": reason, "positions": "p"}
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
	case "flag.raise":
		return m{"concerns": pick(r, "", "support", "dock", "witness"), "discreet": yes}
	case "flag.rule":
		return m{"flag": pick(r, "f1", "f2", "f3"), "ruling": pick(r, FlagRulings()...), "seat": pick(r, p.seatID(), "dock", ""), "reason": reason}
	case "flag.put":
		return m{"flag": pick(r, "f1", "f2"), "seat": pick(r, p.seatID(), "dock", "support"), "form": pick(r, FormWhole, FormOrally)}
	case "flag.heard":
		for _, d := range p.s.Pending {
			if d.Flag != "" && yes {
				return m{"flag": d.Flag, "seat": d.Seat, "how": "orally"}
			}
		}
		return m{"flag": pick(r, "f1", "f2"), "seat": pick(r, p.seatID(), "dock"), "how": pick(r, "orally", "absent")}
	case "flag.answer":
		return m{"flag": pick(r, "f1", "f2"), "text": "No."}
	case "flag.request":
		return m{"flag": pick(r, "f1", "f2"), "note": reason}
	case "flag.detail":
		return m{"flag": pick(r, "f1", "f2"), "kind": "look", "discreet": yes}
	case "duress.answer":
		return m{"do": pick(r, DoPause, DoClearRoom, DoStandDown), "reason": reason}
	case "emergency.end":
		return m{"reason": reason}
	case "seat.take_stop":
		return m{"seat": p.seatID(), "reason": reason}
	case "testimony.pause":
		return pick(r, nil, m{"why": "break"}, m{"why": 3}, m{"why": PauseClearRoom})
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
	case "testimony.pause", "witness.refuse", "witness.afraid", "hearing.suspend", "seat.mute", "seat.remove", "flag.raise", "flag.detail", "flag.rule",
		"duress.raise", "duress.answer", "emergency.raise":
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
	if a.InEmergency() && !b.InEmergency() || a.Testimony.Room.Must != "" && b.Testimony.Room.Must == "" {
		return "the emergency"
	}
	for view, took := range a.Views {
		if left := b.Views[view]; took.Muted && !left.Muted || took.Hidden && !left.Hidden {
			return "the view " + view
		}
	}
	for _, seat := range a.Seats {
		after, _ := b.Seat(seat.ID)
		if !a.Attends(seat.ID) && b.Attends(seat.ID) {
			return seat.ID + " came in"
		}
		if seat.Muted && !after.Muted {
			return seat.ID + " was unmuted"
		}
		if seat.Hidden && !after.Hidden {
			return seat.ID + " is shown"
		}
		if seat.Stops() && !after.Stops() {
			return "nobody stops at " + seat.ID
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
		if s.InEmergency() || s.Testimony.Room.Must != "" {
			p.t.Fatalf("live in an emergency, or before what it demanded: %+v %q", s.Emergency, s.Testimony.Room.Must)
		}
	}
	if w, _ := s.Seat("witness"); !w.Admitted || w.Muted || w.Hidden || !w.Stops() {
		p.t.Fatalf("something was taken from the one who is protected: %+v", w)
	}
	if e := p.paid(); e != "" {
		p.t.Fatal(e)
	}
	if s.Order != nil && CheckSignature(s.Order.Key, s.Order.Bytes, s.Order.Signature) != nil {
		p.t.Fatal("an order is in force that nobody signed")
	}
}

// paid says of which ruling on a flag the debt was paid though the person was never heard on it.
func (p *player) paid() string {
	for _, e := range p.events {
		if e.Code != RulingGiven {
			continue
		}
		if given, err := Payload[RulingGivenPayload](e); err == nil && given.Flag != "" && !p.s.Flags[given.Flag].heard(given.Seat) {
			return "a ruling became final over " + given.Flag + ", and nobody heard " + given.Seat
		}
	}
	return ""
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
	if p.flags && len(p.s.Flags) > 0 && p.r.IntN(3) == 0 { // what hangs together seldom meets by chance
		for _, id := range slices.Sorted(maps.Keys(p.s.Flags)) {
			for _, put := range p.s.Flags[id].Puts {
				if p.r.IntN(3) == 0 {
					return put.Seat, "flag.answer"
				}
			}
		}
		return "judge", pick(p.r, "flag.put", "flag.rule", "flag.rule", "flag.heard", "ruling.give", "ruling.give", "seat.show", "seat.take_stop", "seat.give_stop")
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
	lives, closed, seen := 0, 0, map[Code]int{}
	for seed := range uint64(90) {
		p := &player{court: newCourt(t), r: rand.New(rand.NewPCG(seed, 2026)), flags: seed%2 == 1}
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
		for _, e := range p.events {
			if seen[e.Code]++; e.Code != RulingGiven {
				continue
			}
			if given, err := Payload[RulingGivenPayload](e); err == nil && given.Flag != "" {
				seen["a debt of a flag"]++
			}
		}
	}
	for _, code := range []Code{FlagPut, FlagAnswered, FlagHeard, FlagRuled, ProtectionRequested, SeatHidden, SeatShown, SeatStopTaken, SeatStopGiven, DuressRaised, DuressAnswered,
		EmergencyRaised, EmergencyEnded, "a debt of a flag"} {
		if seen[code] == 0 {
			t.Errorf("%s never came about: the walks prove nothing of it", code)
		}
	}
	if t.Logf("live %d, closed %d, %v", lives, closed, seen); lives < 50 || closed == 0 {
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
