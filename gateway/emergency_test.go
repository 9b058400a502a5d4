package main

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parda/gateway/hearing"
	"parda/gateway/ledger/verify"
	"parda/gateway/proceeding"
	"parda/gateway/visibility"
)

// In an emergency the real relay sends no packet of the witness to anybody, the page that rings at the bench knows whom to call, and she comes back only by a new certificate and a new call.
func TestInAnEmergencyNobodyGetsAPacketOfTheWitness(t *testing.T) {
	config := testConfig(t.TempDir())
	config.Emergency = EmergencyConfig{Telephone: "+994 12 000 00 00", Body: "Xidmət"}
	config.Hearings[0].Room = "NR-12"
	c := assembleAt(t, config)
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	seen := map[string]map[string]*atomic.Int64{}
	for _, p := range []*page{c.judge, c.clerk, c.defence, c.prosecutor, c.gallery} {
		seen[p.seat] = p.watch()
		grows(t, "the witness at "+p.seat, seen[p.seat]["witness video"])
	}
	c.room.must("emergency.raise", map[string]any{"by": "officer", "unknown": 7})
	for seat, counts := range seen {
		still(t, "her picture in an emergency at "+seat, counts["witness video"])
		still(t, "her sound in an emergency at "+seat, counts["witness audio"])
	}
	v := c.judge.until("is told of the emergency", func(v visibility.View) bool { return v.Emergency != nil })
	if v.Emergency.By != "officer" || v.Card == nil || *v.Card != (visibility.CardView{Room: "NR-12", Telephone: "+994 12 000 00 00", Body: "Xidmət"}) || v.Testimony.PauseCode != "emergency" {
		t.Errorf("%+v %+v %+v", v.Emergency, v.Card, v.Testimony)
	}
	if v := c.clerk.until("is told of a break", func(v visibility.View) bool { return v.Testimony.Phase == hearing.Paused }); v.Testimony.PauseCode != "break" || v.Card != nil {
		t.Errorf("the clerk is told %+v", v.Testimony)
	}
	if _, refusal := c.judge.ask("testimony.call", map[string]any{"reason": "r", "confirm": true, "without_certificate": true}); refusal != "wrong_phase" {
		t.Errorf("called in an emergency: %q", refusal)
	}
	c.judge.must("emergency.end", map[string]any{"reason": "The police are there."})
	if _, refusal := c.judge.ask("testimony.call", map[string]any{"reason": "r", "confirm": true, "without_certificate": true}); refusal != "room_not_certified" {
		t.Errorf("called over the missing certificate: %q", refusal)
	}
	still(t, "her picture after its end", seen["defence"]["witness video"])
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	grows(t, "the witness after a new certificate and a new call", seen["defence"]["witness video"])
}

// A ruling on a flag shows its effect on the wire: the dock's microphone goes off for everybody, its picture stays with the bench alone, and the debt is paid once the accused was heard.
func TestARulingTakesTheDocksMicrophoneAndItsPicture(t *testing.T) {
	c := assemble(t, t.TempDir())
	publishAt(t, c.app.App, c.app.Token("demo", "court/dock"), "")
	seen := map[string]map[string]*atomic.Int64{}
	for _, p := range []*page{c.judge, c.defence, c.prosecutor} {
		seen[p.seat] = p.watch()
		grows(t, "the dock at "+p.seat, seen[p.seat]["dock audio"])
	}
	c.prosecutor.must("flag.raise", map[string]any{"kind": "words", "concerns": "dock"})
	c.judge.must("flag.rule", map[string]any{"flag": "f1", "ruling": "mute"})
	c.judge.must("flag.rule", map[string]any{"flag": "f1", "ruling": "hide"})
	for seat, counts := range seen {
		still(t, "the dock's sound at "+seat, counts["dock audio"])
		if seat != "judge" {
			still(t, "the dock's picture at "+seat, counts["dock video"])
		}
	}
	grows(t, "the dock's picture at the bench", seen["judge"]["dock video"])
	v := c.prosecutor.until("sees the effect", func(v visibility.View) bool { return len(v.Views) == 1 && v.Views[0].Hidden && len(v.Pending) == 2 })
	if v.Views[0] != (visibility.CourtView{View: "dock", Muted: true, Hidden: true}) || len(v.Flags) != 1 || len(v.Flags[0].Rulings) != 2 || !v.Flags[0].Rulings[0].Provisional {
		t.Errorf("%+v %+v", v.Views, v.Flags)
	}
	give := map[string]string{"id": v.Pending[0].ID, "reason": "r", "positions": "p"}
	if _, refusal := c.judge.ask("ruling.give", give); refusal != "not_heard" {
		t.Errorf("final before the accused was heard: %q", refusal)
	}
	c.judge.must("flag.heard", map[string]any{"flag": "f1", "seat": "dock", "how": "orally", "positions": "I said nothing."})
	c.judge.must("ruling.give", give)
	c.judge.must("seat.unmute", map[string]string{"seat": "dock"})
	grows(t, "the dock's sound again", seen["defence"]["dock audio"])
}

// At the real gateway: at a sign of duress nothing stops, nobody but the bench is sent a byte, and the operator's log does not know of it; after closing the sealed record has it, and holds.
func TestASignOfDuressStopsNothingIsToldToTheBenchAloneAndStandsInTheSealedRecord(t *testing.T) {
	dir := t.TempDir()
	c := assemble(t, dir)
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	seen := c.defence.watch()
	grows(t, "the witness at the defence", seen["witness video"])
	others := []*page{c.room, c.clerk, c.defence, c.prosecutor, c.gallery}
	c.clerk.until("is told that testimony is live", func(v visibility.View) bool { return v.Testimony.Phase == hearing.Live })
	resting(t, others)
	before := map[string]int{}
	for _, p := range others {
		before[p.seat] = len(p.everything())
	}
	ack := c.room.must("duress.raise", map[string]any{"means": "key"})
	if len(ack["result"]) > 0 {
		t.Errorf("its acknowledgement says %s", ack["result"])
	}
	c.judge.until("is told", func(v visibility.View) bool { return v.Duress != nil })
	grows(t, "the witness, on and on", seen["witness video"])
	for _, p := range others {
		news := p.everything()[before[p.seat]:]
		if p == c.room { // its own acknowledgement and no more
			_, news, _ = bytes.Cut(news, []byte("\n"))
		}
		if strings.TrimSpace(string(news)) != "" {
			t.Errorf("%s was sent %s", p.seat, news)
		}
	}
	c.judge.must("duress.answer", map[string]any{"do": "clear_room"})
	if v := c.room.until("is told that the room is cleared", func(v visibility.View) bool { return v.Testimony.PauseCode == "clear_room" }); v.Testimony.PausedBy != "" {
		t.Errorf("%+v", v.Testimony)
	}
	still(t, "the witness", seen["witness video"])
	c.judge.must("testimony.release", nil)
	if log := c.app.logged(); strings.Contains(log, "duress") || strings.Contains(log, proceeding.SealedBook("")) {
		t.Error("the operator's log tells of it")
	}
	report, err := verify.Verify(c.closeAndTake(t, dir), "")
	if err != nil || !report.Valid {
		t.Fatalf("the sealed record: %v %+v", err, report.Problems)
	}
	events, err := c.app.ledger.Load(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, e := range events {
		if e.Code == string(hearing.DuressRaised) || e.Code == string(hearing.DuressAnswered) {
			found++
		}
	}
	if found != 2 {
		t.Errorf("%d of 2 stand in the record", found)
	}
}

// resting waits until no page is sent anything any more: recordings begin by themselves.
func resting(t *testing.T, pages []*page) {
	t.Helper()
	last, quiet := 0, 0
	for end := time.Now().Add(20 * time.Second); quiet < 15; time.Sleep(100 * time.Millisecond) {
		n := 0
		for _, p := range pages {
			n += len(p.everything())
		}
		if quiet++; n != last {
			last, quiet = n, 0
		}
		if time.Now().After(end) {
			t.Fatal("the hearing does not come to rest")
		}
	}
}

func TestTheEmergencyCardIsACodeAndANumberAndNeverAPlace(t *testing.T) {
	for name, c := range map[string]struct {
		room, telephone string
		ok              bool
	}{
		"none": {"", "", true}, "a code": {"AB-12", "+994 12 404-00-00", true}, "three digits": {"NR-123", "102", true},
		"a place": {"Nizami 5", "", false}, "small letters": {"ab-12", "", false}, "too long": {"AB-1234", "", false}, "a word for a number": {"", "call me", false},
	} {
		config := testConfig(t.TempDir())
		config.Emergency.Telephone, config.Hearings[0].Room = c.telephone, c.room
		if err := config.check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	config := testConfig(t.TempDir())
	config.Hearings[0].ID = proceeding.SealedBook("h1")
	if config.check() == nil {
		t.Error("a hearing is called as a sealed book")
	}
}
