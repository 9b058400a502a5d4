package visibility

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parda/gateway/hearing"
	"parda/gateway/incident"
)

// enterAside folds drafts as the gateway does: what stands aside goes to the state alone and takes no index.
func (p *play) enterAside(drafts []hearing.Draft) {
	p.t.Helper()
	var rest []hearing.Draft
	for _, d := range drafts {
		if !d.Aside {
			rest = append(rest, d)
			continue
		}
		raw, err := json.Marshal(d.Payload)
		if err != nil {
			p.t.Fatal(err)
		}
		if err := p.s.Apply(hearing.Event{Time: p.now, Code: d.Code, Actor: d.Actor, Payload: raw}); err != nil {
			p.t.Fatal(err)
		}
	}
	p.enter(rest)
}

func (p *play) decide(seat, name string, args m) []hearing.Draft {
	p.t.Helper()
	raw, _ := json.Marshal(args)
	own, _ := p.s.Seat(seat)
	drafts, _, err := hearing.Decide(p.s, hearing.Actor{Seat: seat, Role: own.Role}, hearing.Command{Name: name, Args: raw, Officer: "code"}, p.now)
	if err != nil {
		p.t.Fatalf("%s by %s: %v", name, seat, err)
	}
	return drafts
}

// Two runs of one hearing, one with a sign of duress: every other seat's state is the same, byte for byte, after the sign, after each answer of the bench against the pause that it
// could have given anyway, and to the end of the hearing.
func TestASignOfDuressChangesNoByteForAnybodyButTheBench(t *testing.T) {
	for _, answer := range []struct {
		do    string
		plain m // what the bench sends for the same without any duress; nil: F8
	}{{"pause", nil}, {"clear_room", m{"why": "clear_room"}}} {
		with, plain := full(t), full(t)
		both := func(seat, name string, args m) {
			t.Helper()
			with.enterAside(with.decide(seat, name, args))
			plain.enterAside(plain.decide(seat, name, args))
		}
		same := func(when string) {
			t.Helper()
			for _, spec := range hearing.DefaultSeats() {
				_, a := with.view(spec.ID, Extras{Card: &CardView{Room: "NR-12"}})
				_, b := plain.view(spec.ID, Extras{Card: &CardView{Room: "NR-12"}})
				if bench := spec.Role.Bench(); bench && strings.Contains(when, "duress") != (a != b) || !bench && a != b {
					t.Errorf("%s, %s, %s:\n%s\n%s", answer.do, when, spec.ID, a, b)
				}
			}
		}
		both("judge", "seat.unmute", m{"seat": "lawyer"})
		both("witness", "room.certify", m{"same": true, "free": true, "with": []string{"legal_representative"}})
		both("judge", "testimony.call", nil)
		same("live")
		with.enterAside(with.decide("witness", "duress.raise", m{"means": "key"}))
		plain.now = with.now
		same("duress")
		with.enterAside(with.decide("judge", "duress.answer", m{"do": answer.do}))
		plain.enterAside(plain.decide("judge", "testimony.pause", answer.plain))
		same("duress, answered")
		both("witness", "room.certify", m{"same": true, "free": true, "with": []string{"interpreter"}})
		both("support", "flag.raise", m{"kind": "words"})
		same("duress, and the hearing goes on")
		with.enterAside(with.decide("judge", "duress.answer", m{"do": "stand_down", "reason": "r"}))
		plain.now = with.now
		both("witness", "room.certify", m{"same": true, "free": true, "with": []string{}})
		both("judge", "testimony.call", nil)
		same("over")
	}
}

func TestNobodyButTheBenchLearnsOfDuressAndNobodyButBenchAndRoomOfAnEmergency(t *testing.T) {
	p := full(t)
	p.do("judge", "seat.unmute", m{"seat": "lawyer"})
	p.do("witness", "room.certify", m{"same": true, "free": true, "with": []string{}})
	p.do("judge", "testimony.call", nil)
	p.enterAside(p.decide("witness", "duress.raise", nil))
	p.do("witness", "emergency.raise", m{"by": "officer"})
	for _, spec := range hearing.DefaultSeats() {
		v, raw := p.view(spec.ID, Extras{Card: &CardView{Room: "NR-12", Telephone: "THE-NUMBER"}})
		bench, room := spec.Role.Bench(), spec.Role == hearing.ProtectedWitness
		raw = strings.ReplaceAll(strings.ReplaceAll(raw, `"duress.raise"`, ""), `"emergency.raise"`, "") // what she and the presiding judge may always press
		if (v.Duress != nil) != bench || strings.Contains(raw, "duress.answer") != (spec.ID == "judge") {
			t.Errorf("%s knows of duress: %+v", spec.ID, v.Duress)
		}
		if raw = strings.ReplaceAll(strings.ReplaceAll(raw, `"duress":`, ""), "duress.answer", ""); strings.Contains(raw, "duress") {
			t.Errorf("%s: the word stands in its state: %s", spec.ID, raw)
		}
		if (v.Emergency != nil) != (bench || room) || strings.Contains(raw, "emergency") != (bench || room) || (v.Card != nil) != (bench || room) || strings.Contains(raw, "THE-NUMBER") != (bench || room) {
			t.Errorf("%s knows of the emergency: %+v %+v", spec.ID, v.Emergency, v.Card)
		}
		alarm := slices.ContainsFunc(v.Alarms, func(a AlarmView) bool { return a.Code == "emergency" })
		if alarm != bench {
			t.Errorf("%s: the alarm stands: %v", spec.ID, alarm)
		}
		want := ""
		switch {
		case bench || room:
			want = "emergency"
		case spec.Role == hearing.CourtClerk || spec.Role.Party():
			want = "break"
		}
		if v.Testimony.PauseCode != want {
			t.Errorf("%s is told %q, want %q", spec.ID, v.Testimony.PauseCode, want)
		}
	}
}

func TestTheRoomIsToldOfAnothersPauseOnlyWhatAsksSomethingOfIt(t *testing.T) {
	for why, want := range map[string]string{"technical": "technical", "clear_room": "clear_room", "judge": "", "break": "", "": ""} {
		p := full(t)
		p.do("judge", "testimony.pause", m{"why": why})
		v, _ := p.view("witness", Extras{})
		if v.Testimony.PauseCode != want || v.Testimony.PausedBy != "" || v.Testimony.PausedSeat != "" {
			t.Errorf("%q: %+v", why, v.Testimony)
		}
		for _, spec := range hearing.DefaultSeats() {
			v, _ := p.view(spec.ID, Extras{})
			if (v.Testimony.PausedSeat == "judge") != spec.Role.Bench() {
				t.Errorf("%s is told who pressed: %q", spec.ID, v.Testimony.PausedSeat)
			}
			if clerk := spec.Role == hearing.CourtClerk || spec.Role.Party(); clerk && why == "clear_room" && v.Testimony.PauseCode != "judge" {
				t.Errorf("%s is told %q", spec.ID, v.Testimony.PauseCode)
			}
		}
	}
}

// In an emergency no packet of the witness goes to anybody, the recording included, whatever else a hearing is at that moment.
func TestInAnEmergencyTheWitnessIsShownToNobodyInAnyScene(t *testing.T) {
	flowed := 0
	everyScene(func(sc Scene) {
		calm := sc
		calm.Emergency, sc.Emergency = false, true
		for _, p := range publications() {
			if p.Source != FromWitness {
				continue
			}
			for _, r := range hearing.Roles() {
				if Decide(viewer(r), p, calm).Allow {
					flowed++
				}
				if Decide(viewer(r), p, sc).Allow {
					t.Fatalf("%s gets %v in %+v", r, p, sc)
				}
			}
			if DecideRecorder(p, sc).Allow {
				t.Fatalf("the recorder gets %v", p)
			}
		}
	})
	if flowed == 0 {
		t.Error("nothing flows without an emergency either")
	}
	p := full(t)
	p.do("judge", "seat.unmute", m{"seat": "lawyer"})
	p.do("witness", "room.certify", m{"same": true, "free": true, "with": []string{}})
	p.do("judge", "testimony.call", nil)
	p.do("witness", "emergency.raise", nil)
	for sink, pub := range Route(SceneOf(p.s, p.now), p.s.Seats) {
		if pub.Source == FromWitness {
			t.Errorf("%v carries %v", sink, pub)
		}
	}
}

// Hiding takes pictures from everybody but the bench, and no sound; muting a view takes its sound from everybody; the recording keeps both. Every seat that can be named, every viewer, every publication.
func TestWhatIsHiddenGoesToTheBenchAloneAndKeepsItsSound(t *testing.T) {
	views := map[hearing.Role]string{hearing.Prosecutor: "counsel", hearing.DefenceCounsel: "counsel", hearing.VictimsLawyer: "counsel", hearing.CourtroomScreen: "dock", hearing.Gallery: "hall"}
	for _, spec := range hearing.DefaultSeats() {
		if spec.Role.Bench() || spec.Role == hearing.CourtClerk || spec.Role == hearing.ProtectedWitness {
			continue
		}
		p := full(t)
		p.do("judge", "flag.raise", nil)
		p.do("judge", "flag.rule", m{"flag": "f5", "ruling": "hide", "seat": spec.ID})
		p.do("judge", "seat.mute", m{"seat": "dock"})
		before, after := SceneOf(full(t).s, p.now), SceneOf(p.s, p.now)
		for _, r := range hearing.Roles() {
			for _, pub := range publications() {
				was, is := Decide(viewer(r), pub, before).Allow, Decide(viewer(r), pub, after).Allow
				hidden := pub.Media == Video && (pub.Label() == "seat/"+spec.ID || views[spec.Role] != "" && pub.Label() == "court/"+views[spec.Role]) && !r.Bench()
				muted := pub.Media == Audio && pub.Label() == "court/dock"
				if want := was && !hidden && !muted; is != want {
					t.Errorf("%s hidden: %v to %s: %v, want %v", spec.ID, pub, r, is, want)
				}
			}
		}
		for _, pub := range publications() {
			if pub.Source == FromCourt && DecideRecorder(pub, before) != DecideRecorder(pub, after) {
				t.Errorf("the recording loses %v", pub)
			}
		}
		if v, _ := p.view("defence", Extras{}); !slices.ContainsFunc(v.Views, func(c CourtView) bool { return c.View == "dock" && c.Muted }) {
			t.Errorf("the effect is not shown: %+v", v.Views)
		}
	}
}

// Exhaustively: every role, flags of every kind and standing, every field of a flag. The oracle is written anew and shares nothing with the rules.
func TestEveryRoleSeesOfEveryFlagWhatIsWritten(t *testing.T) {
	raisers := []string{"judge", "clerk", "prosecutor", "defence", "lawyer", "interpreter", "support", "guardian", "witness"}
	standings := []struct {
		name     string
		rulings  []m
		put      bool
		discreet bool
	}{
		{"raised", nil, false, false}, {"raised and put", nil, true, false},
		{"entered", []m{{"ruling": "enter"}}, true, false}, {"warned", []m{{"ruling": "warn", "seat": "interpreter"}}, true, false},
		{"dismissed", []m{{"ruling": "dismiss", "reason": "r"}}, true, false},
		{"entered, then dismissed", []m{{"ruling": "enter"}, {"ruling": "dismiss", "reason": "r"}}, true, false},
		{"discreet", nil, false, true}, {"discreet and put", nil, true, true}, {"discreet and entered", []m{{"ruling": "enter"}}, true, true},
	}
	cells, seen := 0, 0
	for _, raiser := range raisers {
		for _, st := range standings {
			p := newPlay(t)
			p.do(raiser, "flag.raise", m{"kind": "gesture", "source": "THE-SOURCE", "target": "THE-TARGET", "note": "THE-NOTE", "discreet": st.discreet})
			if st.put {
				p.do("judge", "flag.put", m{"flag": "f1", "seat": "interpreter", "form": "gist", "gist": "THE-GIST"})
				p.do("interpreter", "flag.answer", m{"flag": "f1", "text": "THE-ANSWER"})
			}
			for _, r := range st.rulings {
				r["flag"] = "f1"
				p.do("judge", "flag.rule", r)
			}
			entered := st.name == "entered" || st.name == "warned" || st.name == "entered, then dismissed"
			for _, spec := range hearing.DefaultSeats() {
				what := fmt.Sprintf("%s by %s at %s", st.name, raiser, spec.ID)
				_, raw := p.view(spec.ID, Extras{})
				bench, clerk := spec.Role.Bench(), spec.ID == "clerk"
				party := spec.ID == "prosecutor" || spec.ID == "defence" || spec.ID == "lawyer"
				others := bench || clerk && !st.discreet || party && entered
				flag, asked := others || spec.ID == raiser && raiser != "witness", st.put && spec.ID == "interpreter"
				whole := flag && !(st.put && party && spec.ID != raiser) // a party reads no more than the gist that was put
				for word, want := range map[string]bool{"THE-SOURCE": whole, "THE-TARGET": whole, "THE-NOTE": whole,
					"THE-GIST": st.put && others || asked, "THE-ANSWER": st.put && others} {
					if cells++; want {
						seen++
					}
					if strings.Contains(raw, word) != want {
						t.Errorf("%s: %s is there: %v", what, word, !want)
					}
				}
				if asked && !flag && (strings.Contains(raw, `"role":"`+string(roleOf(raiser))+`","pressed_at"`) || strings.Contains(raw, `"flags"`)) {
					t.Errorf("%s: to whom it was put learns who raised it: %s", what, raw)
				}
			}
		}
	}
	if cells < 5000 || seen < 1000 {
		t.Errorf("%d cells, %d seen", cells, seen)
	}
}

func roleOf(seat string) hearing.Role {
	for _, spec := range hearing.DefaultSeats() {
		if spec.ID == seat {
			return spec.Role
		}
	}
	return ""
}

func TestWhatIsPutWholeIsKindSourceAndNoteAndNothingElse(t *testing.T) {
	for _, outside := range []bool{false, true} {
		p := newPlay(t)
		p.do("clerk", "flag.raise", m{"kind": "gesture", "source": "THE-SOURCE", "target": "THE-TARGET", "note": "THE-NOTE"})
		p.do("judge", "flag.put", m{"flag": "f1", "seat": "guardian", "form": "whole"})
		if outside {
			p.do("judge", "flag.rule", m{"flag": "f1", "ruling": "remove", "seat": "guardian"})
		}
		v, raw := p.view("guardian", Extras{})
		if len(v.Put) != 1 || v.Put[0].Source != "THE-SOURCE" || v.Put[0].Note != "THE-NOTE" || v.Put[0].Kind != "gesture" || strings.Contains(raw, "THE-TARGET") || v.Flags != nil {
			t.Errorf("removed %v: %s", outside, raw)
		}
	}
}

func TestADiscreetDebtIsTheBenchsToTrace(t *testing.T) {
	p := full(t)
	for _, ruling := range []string{"warn", "hide", "mute", "remove"} {
		p.do("judge", "flag.rule", m{"flag": "f2", "ruling": ruling, "seat": "guardian"})
	}
	for _, spec := range hearing.DefaultSeats() {
		v, raw := p.view(spec.ID, Extras{})
		n, flag := 0, 0
		for _, d := range v.Pending {
			if d.Seat == "guardian" {
				n++
			}
			if d.Flag != "" {
				flag++
			}
		}
		if want := map[bool]int{true: 4}[spec.Role.Bench()]; n != want || flag != want {
			t.Errorf("%s: %d debts, %d on a flag, want %d: %s", spec.ID, n, flag, want, raw)
		}
	}
}

// What the station says of the keys for signs is for the bench: whoever sits beside her, or with the clerk, learns not even that there is one.
func TestANoticeAboutTheKeysForSignsIsTheBenchsAlone(t *testing.T) {
	p := full(t)
	p.do("witness", "mask.status", m{"picture": "ok", "voice": "ok", "notices": []string{"key_lost", "kept_unread", "far_voice"}})
	for _, spec := range hearing.DefaultSeats() {
		v, raw := p.view(spec.ID, Extras{})
		if bench := spec.Role.Bench(); strings.Contains(raw, "key_lost") != bench || strings.Contains(raw, "kept_unread") != bench {
			t.Errorf("%s is told: %s", spec.ID, raw)
		}
		if v.Testimony.Mask != nil && !slices.Contains(v.Testimony.Mask.Notices, "far_voice") {
			t.Errorf("%s loses what is its to know: %+v", spec.ID, v.Testimony.Mask)
		}
	}
}

// The kiosk's state is the same, byte for byte, whether or not she gave a signal, and whatever is ruled on it.
func TestTheWitnesssStateTellsNothingOfHerSignal(t *testing.T) {
	for _, discreet := range []bool{true, false} {
		with, plain := newPlay(t), newPlay(t)
		same := func(when string) {
			t.Helper()
			plain.now = with.now
			_, a := with.view("witness", Extras{})
			if _, b := plain.view("witness", Extras{}); a != b {
				t.Errorf("discreet %v, %s:\n%s\n%s", discreet, when, a, b)
			}
		}
		with.do("witness", "flag.raise", m{"discreet": discreet, "kind": "words"})
		same("raised")
		with.do("judge", "flag.rule", m{"flag": "f1", "ruling": "warn", "seat": "guardian", "reason": "THE-RULING"})
		same("ruled")
		with.do("judge", "flag.put", m{"flag": "f1", "seat": "guardian", "form": "gist", "gist": "g"})
		with.do("guardian", "flag.answer", m{"flag": "f1", "text": "t"})
		same("answered")
	}
}

func TestTheMostPressingFlagsComeFirstAndAFloodIsBounded(t *testing.T) {
	p := newPlay(t)
	for i := range 250 {
		p.do("defence", "flag.raise", m{"kind": "look", "note": fmt.Sprint("n", i)})
	}
	p.do("judge", "flag.rule", m{"flag": "f250", "ruling": "dismiss", "reason": "r"})
	p.do("judge", "flag.rule", m{"flag": "f249", "ruling": "warn", "seat": "gallery"})
	p.do("support", "flag.raise", m{"kind": "look"})
	p.do("prosecutor", "flag.raise", nil)
	v, raw := p.view("judge", Extras{})
	if len(v.Flags) != flagsAtOnce || v.FlagsMore != 252-flagsAtOnce || len(raw) > 64<<10 {
		t.Errorf("%d flags, %d more, %d bytes", len(v.Flags), v.FlagsMore, len(raw))
	}
	for i, want := range []string{"f252", "f251", "f249", "f248"} {
		if v.Flags[i].ID != want {
			t.Errorf("place %d: %s, want %s", i, v.Flags[i].ID, want)
		}
	}
	if u := []incident.Urgency{v.Flags[0].Urgency, v.Flags[2].Urgency, v.Flags[99].Urgency}; u[0] != incident.Now || u[1] != incident.Soon || u[2] != incident.Soon || !v.Flags[2].Rulings[0].Provisional {
		t.Errorf("%v %+v", u, v.Flags[2])
	}
	p.do("judge", "flag.heard", m{"flag": "f249", "seat": "gallery", "how": "orally"})
	p.do("judge", "ruling.give", m{"id": "r1", "reason": "r", "positions": "p"})
	v, _ = p.view("judge", Extras{})
	if slices.ContainsFunc(v.Flags, func(f FlagView) bool { return f.ID == "f249" }) {
		t.Error("what is done stands before what is not")
	}
}

func TestARequestOfADiscreetIncidentIsNotTheClerks(t *testing.T) {
	p := full(t)
	x := Extras{Protection: []ProtectionView{{Incident: "i-1", Phase: "overdue", Alarm: "protection_overrun", Due: Moment(noon), Discreet: true, Marks: []MarkView{{"overrun", Moment(noon)}}}, {Incident: "i-2", Phase: "received", Alarm: "protection_due", Marks: []MarkView{{"warn", Moment(noon)}}}}}
	for _, spec := range hearing.DefaultSeats() {
		v, raw := p.view(spec.ID, x)
		bench, clerk := spec.Role.Bench(), spec.ID == "clerk"
		if want := map[bool]int{true: 2}[bench] + map[bool]int{true: 1}[clerk]; len(v.Protection) != want {
			t.Errorf("%s: %+v", spec.ID, v.Protection)
		}
		if strings.Contains(raw, "i-1") != bench || strings.Contains(raw, "protection_overrun") != bench || strings.Contains(raw, "protection_due") != (bench || clerk) {
			t.Errorf("%s: %s", spec.ID, raw)
		}
	}
}
