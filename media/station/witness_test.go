package main

import (
	"encoding/json"
	"testing"
	"time"
)

func TestWhatTightensActsHereWithin100msAndIsToldAfterwards(t *testing.T) {
	for name, c := range map[string]struct {
		do              func(g *roomRig)
		command         string
		figures, voices bool // may go on
	}{
		"break":                    {func(g *roomRig) { g.fromKiosk([]byte(`{"type":"break"}`)) }, "testimony.pause", false, false},
		"afraid":                   {func(g *roomRig) { g.fromKiosk([]byte(`{"type":"afraid"}`)) }, "witness.afraid", false, false},
		"refuse":                   {func(g *roomRig) { g.fromKiosk([]byte(`{"type":"refuse"}`)) }, "witness.refuse", false, false},
		"tighten picture":          {func(g *roomRig) { g.fromKiosk([]byte(`{"type":"tighten","picture":"card"}`)) }, "witness.tighten", false, true},
		"tighten voice":            {func(g *roomRig) { g.fromKiosk([]byte(`{"type":"tighten","voice":"silence"}`)) }, "witness.tighten", true, false},
		"link lost":                {func(g *roomRig) { g.linkDown("lost") }, "", false, false},
		"break with the link down": {func(g *roomRig) { g.linkDown("lost"); g.fromKiosk([]byte(`{"type":"break"}`)) }, "testimony.pause", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			inRoom(t, func(t *testing.T, g *roomRig) {
				g.state(phaseLive, g.sign(t))
				time.Sleep(2 * time.Second)
				c.do(g)
				time.Sleep(lateAfter)
				began := time.Now()
				time.Sleep(time.Second)
				figures, voices := g.flowing(time.Since(began))
				if figures > 0 != c.figures || voices > 0 != c.voices {
					t.Errorf("%d figures and %d voiced blocks", figures, voices)
				}
				if got := g.commands(); got != c.command {
					t.Errorf("commands %q", got)
				}
			})
		})
	}
}

func TestOnlySheLiftsHerOwnBreak(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		order := g.sign(t)
		g.state(phaseLive, order)
		g.fromKiosk([]byte(`{"type":"break"}`))
		g.state(phasePaused, order)
		g.state(phaseLive, order) // the judge goes on without her
		time.Sleep(2 * time.Second)
		if figures, voices := g.flowing(time.Second); figures+voices > 0 {
			t.Errorf("%d figures and %d voiced blocks during her break", figures, voices)
		}
		g.fromKiosk([]byte(`{"type":"continue"}`))
		time.Sleep(2 * time.Second)
		if figures, voices := g.flowing(time.Second); figures == 0 || voices == 0 {
			t.Errorf("%d figures and %d voiced blocks after it", figures, voices)
		}
	})
}

// Her break is on its way and the gateway still says live: taking it back, or agreeing anew, must not put her live again without the judge.
func TestABreakThatIsTakenBackAtOnceDoesNotGoLiveByItself(t *testing.T) {
	for _, back := range []string{`{"type":"continue"}`, `{"type":"consent","language":"az"}`} {
		inRoom(t, func(t *testing.T, g *roomRig) {
			order := g.sign(t)
			g.state(phaseLive, order)
			g.fromKiosk([]byte(`{"type":"break"}`))
			g.fromKiosk([]byte(back))
			g.state(phaseLive, order) // sent before the gateway heard of the break
			time.Sleep(2 * time.Second)
			if figures, voices := g.flowing(time.Second); figures+voices > 0 {
				t.Errorf("%s: %d figures and %d voiced blocks", back, figures, voices)
			}
			g.state(phasePaused, order)
			g.state(phaseLive, order)
			time.Sleep(2 * time.Second)
			if figures, voices := g.flowing(time.Second); figures == 0 || voices == 0 {
				t.Errorf("%s: %d figures and %d voiced blocks after the judge resumed", back, figures, voices)
			}
		})
	}
}

func TestTheCourtsTighteningHoldsWhateverSheLoosens(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		var st stateMessage
		if err := json.Unmarshal([]byte(`{"hearing":{"phase":"open"},"testimony":{"phase":"live","tightened":{"picture":"card"}}}`), &st); err != nil {
			t.Fatal(err)
		}
		st.Order = g.sign(t)
		g.linkState(nil, st)
		g.fromKiosk([]byte(`{"type":"tighten","picture":""}`))
		time.Sleep(2 * time.Second)
		if figures, voices := g.flowing(time.Second); figures > 0 || voices == 0 {
			t.Errorf("%d figures and %d voiced blocks", figures, voices)
		}
	})
}

func TestTheKiosksMessagesAreCheckedAndMapped(t *testing.T) {
	for message, want := range map[string]struct{ refused, command string }{
		`{"type":"consent","language":"az","interpreter":true}`: {"", "witness.consent"},
		`{"type":"consent"}`:                        {"bad_argument", ""},
		`{"type":"tighten"}`:                        {"bad_argument", ""},
		`{"type":"tighten","picture":"natural"}`:    {"bad_argument", ""},
		`{"type":"tighten","picture":""}`:           {"", "witness.tighten"},
		`{"type":"far"}`:                            {"bad_argument", ""},
		`{"type":"far","db":-32.5}`:                 {"", ""},
		`{"type":"rtc.offer"}`:                      {"sdp_invalid", ""},
		`{"type":"rtc.offer","sdp":"v=0"}`:          {"station_missing", ""},
		`{"type":"order.sign"}`:                     {"unknown_command", ""},
		`{"type":"command","name":"hearing.close"}`: {"unknown_command", ""},
		`[]`: {"bad_message", ""},
		`{`:  {"bad_message", ""},
	} {
		inRoom(t, func(t *testing.T, g *roomRig) {
			if refused := g.fromKiosk([]byte(message)); refused != want.refused || g.commands() != want.command {
				t.Errorf("%s: %q, commands %q", message, refused, g.commands())
			}
		})
	}
}

func TestARefusedCommandOfHersReachesTheKioskVerbatim(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		g.fromKiosk([]byte(`{"type":"rehearse"}`))
		id := g.link.pending[0].ID
		refusal := []byte(`{"type":"error","id":"` + id + `","code":"wrong_phase","ref":"e-1"}`)
		g.linkReply(id, refusal, "wrong_phase")
		g.linkReply("mask-status", []byte(`{"type":"error"}`), "internal") // not hers
		if len(g.kiosk.got) != 1 || g.kiosk.got[0] != string(refusal) {
			t.Errorf("the kiosk got %q", g.kiosk.got)
		}
	})
}
