package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// says lets the gateway say a phase with the order in force, and of an emergency what change sets.
func (g *roomRig) says(phase string, order *signedOrder, change func(*stateMessage)) {
	var st stateMessage
	st.Hearing.Phase, st.Testimony.Phase, st.Order = "open", phase, order
	change(&st)
	raw, _ := json.Marshal(map[string]any{"type": "state", "phase": phase})
	g.linkState(raw, st)
}

// acknowledges answers the waiting command of a name.
func (g *roomRig) acknowledges(t *testing.T, name, refused string) {
	t.Helper()
	g.link.mu.Lock()
	id := ""
	for _, c := range g.link.pending {
		if c.Name == name {
			id = c.ID
		}
	}
	g.link.mu.Unlock()
	if id == "" {
		t.Fatalf("no %s waits", name)
	}
	kind := "ack"
	if refused != "" {
		kind = "error"
	}
	b, _ := json.Marshal(map[string]any{"type": kind, "id": id, "code": refused})
	g.link.dispatch(b)
}

func inEmergency(since, ended string) func(*stateMessage) {
	return func(st *stateMessage) { st.Emergency = &courtEmergency{Since: since, Ended: ended} }
}

// dark says that nothing of hers goes out, in the second that follows.
func (g *roomRig) dark(t *testing.T, when string) {
	t.Helper()
	time.Sleep(pictureTick + sendWithin)
	began := time.Now()
	time.Sleep(time.Second)
	if figures, voices := g.flowing(time.Since(began)); figures+voices > 0 || len(g.open()) > 0 {
		t.Errorf("%s: %d figures, %d voiced blocks, publications %v", when, figures, voices, g.open())
	}
}

var emergencies = map[string]func(*roomRig){
	"her button":           func(g *roomRig) { g.fromKiosk([]byte(`{"type":"emergency","id":"k1-aaaaaaaa","by":"witness"}`)) },
	"the officer's button": func(g *roomRig) { g.fromKiosk([]byte(`{"type":"emergency","by":"officer"}`)) },
	"nonsense in it":       func(g *roomRig) { g.fromKiosk([]byte(`{"type":"emergency","by":"x","id":"?","at":"never"}`)) },
	"the key":              func(g *roomRig) { g.keyPressed(signEmergency, time.Now()) },
}

func TestAnEmergencyEndsWhatTheRoomSendsAtOnceWithTheGatewayAndWithoutIt(t *testing.T) {
	for name, press := range emergencies {
		for _, linked := range []bool{true, false} {
			inRoom(t, func(t *testing.T, g *roomRig) {
				g.state(phaseLive, g.sign(t))
				time.Sleep(2 * time.Second)
				if figures, voices := g.flowing(time.Second); figures < 20 || voices < 40 {
					t.Fatalf("live: %d figures and %d voiced blocks", figures, voices)
				}
				if !linked {
					g.linkDown("lost")
				}
				pressed := time.Now()
				press(g)
				g.dark(t, name)
				if !strings.Contains(g.commands(), "emergency.raise") {
					t.Errorf("%s: the court is told %q", name, g.commands())
				}
				if figures, voices := g.flowing(time.Since(pressed.Add(pictureTick + sendWithin))); figures+voices > 0 {
					t.Errorf("%s: %d figures and %d voiced blocks after a tick", name, figures, voices)
				}
				station, _, _ := g.view()
				if station.Emergency == nil || station.Emergency.Sent || !station.Emergency.Alarm {
					t.Errorf("%s: the kiosk is told %+v", name, station.Emergency)
				}
			})
		}
	}
}

// TestAnEmergencyWaitsForNoLock: a disk or a gateway that holds the room's lock does not hold the cut up. In two halves, because a bubble's time stands still while somebody waits for a
// lock: the press marks the cut although the lock is held, and the clocks obey the mark alone.
func TestAnEmergencyWaitsForNoLock(t *testing.T) {
	g := newRoomRig(t)
	g.room.mu.Lock()
	pressed := make(chan struct{})
	go func() { defer close(pressed); g.keyPressed(signEmergency, time.Now()) }()
	waitFor(t, "the cut", g.room.cut.Load)
	select {
	case <-pressed:
		t.Error("the press did not have to wait: this proves nothing")
	default:
	}
	g.room.mu.Unlock()
	<-pressed
	g.end()

	inRoom(t, func(t *testing.T, g *roomRig) {
		g.state(phaseLive, g.sign(t))
		time.Sleep(2 * time.Second)
		if figures, voices := g.flowing(time.Second); figures < 20 || voices < 40 {
			t.Fatalf("live: %d figures and %d voiced blocks", figures, voices)
		}
		g.room.cut.Store(true)
		time.Sleep(pictureTick + sendWithin)
		began := time.Now()
		time.Sleep(time.Second)
		if figures, voices := g.flowing(time.Since(began)); figures+voices > 0 || !g.running.permit.Load().live {
			t.Errorf("%d figures and %d voiced blocks, and the permit says live: %v", figures, voices, g.running.permit.Load().live)
		}
	})
}

func TestOnlyTheBenchsWordEndsAnEmergencyAndThePictureWaitsForACallAndACertificate(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		order := g.sign(t)
		g.state(phaseLive, order)
		time.Sleep(time.Second)
		began := time.Now()
		at := func(d time.Duration) string { return began.Add(d).UTC().Format(wireTime) }
		certified := func(when string, more func(*stateMessage)) func(*stateMessage) {
			return func(st *stateMessage) {
				st.Testimony.Room = &struct {
					Certified bool   `json:"certified"`
					At        string `json:"at"`
				}{true, when}
				if more != nil {
					more(st)
				}
			}
		}
		g.keyPressed(signEmergency, time.Now())
		for _, message := range []string{`{"type":"continue"}`, `{"type":"alarm.quiet"}`, `{"type":"tighten","picture":""}`, `{"type":"rehearse"}`} {
			g.fromKiosk([]byte(message))
		}
		g.says(phaseLive, order, certified(at(time.Hour), nil)) // the court does not know of it yet
		g.dark(t, "not told")
		g.acknowledges(t, "emergency.raise", "")
		g.says(phasePaused, order, inEmergency(at(0), ""))
		g.linkDown("lost")
		g.linkUp()
		g.says(phaseLive, order, certified(at(time.Hour), inEmergency(at(0), "")))
		g.dark(t, "open")
		ended := inEmergency(at(0), at(time.Minute))
		g.says(phasePaused, order, ended)
		if station, _, _ := g.view(); station.Emergency != nil {
			t.Error("the kiosk still says an emergency after the bench has ended it")
		}
		g.says(phaseLive, order, ended)
		time.Sleep(time.Second)
		if figures, voices := g.flowing(time.Second / 2); figures+voices > 0 {
			t.Error("her picture is back without a certificate")
		}
		g.says(phaseLive, order, certified(at(30*time.Second), ended))
		time.Sleep(time.Second)
		if figures, voices := g.flowing(time.Second / 2); figures+voices > 0 {
			t.Error("her picture is back by a certificate from before the end")
		}
		g.says(phaseLive, order, certified(at(2*time.Minute), ended))
		time.Sleep(2 * time.Second)
		if figures, voices := g.flowing(time.Second); figures < 20 || voices < 40 {
			t.Errorf("after a new certificate and a call: %d figures and %d voiced blocks", figures, voices)
		}
	})
}

func TestTheEndOfAnEmergencyWhileLiveIsNoCall(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		order := g.sign(t)
		g.state(phaseLive, order)
		time.Sleep(time.Second)
		g.keyPressed(signEmergency, time.Now())
		g.acknowledges(t, "emergency.raise", "")
		since := time.Now().UTC().Format(wireTime)
		g.says(phaseLive, order, inEmergency(since, ""))
		time.Sleep(time.Second)
		g.says(phaseLive, order, func(st *stateMessage) { // a gateway that never paused, and says a certificate from the future
			inEmergency(since, time.Now().UTC().Format(wireTime))(st)
			st.Testimony.Room = &struct {
				Certified bool   `json:"certified"`
				At        string `json:"at"`
			}{true, "2999-01-01T00:00:00.000Z"}
		})
		time.Sleep(time.Second)
		if figures, voices := g.flowing(time.Second / 2); figures+voices > 0 {
			t.Errorf("%d figures and %d voiced blocks", figures, voices)
		}
	})
}

func TestAnOlderEmergencyThatWasEndedEndsNoNewOne(t *testing.T) {
	for name, c := range map[string]struct {
		known   bool // the state before the press showed the older one
		refused string
		phase   string
		ends    bool
	}{
		"that the station knew of":              {known: true},
		"that it did not know of":               {},
		"and a refusal ends none":               {known: true, refused: "wrong_phase"},
		"but a hearing that is over has no end": {known: true, refused: "wrong_phase", phase: "sealed", ends: true},
	} {
		inRoom(t, func(t *testing.T, g *roomRig) {
			old := inEmergency(time.Now().Add(-time.Hour).UTC().Format(wireTime), time.Now().Add(-time.Minute).UTC().Format(wireTime))
			if c.known {
				g.says(phaseReady, nil, old)
			}
			g.keyPressed(signEmergency, time.Now())
			g.says(phaseReady, nil, old)
			g.acknowledges(t, "emergency.raise", c.refused)
			g.says(phaseReady, nil, func(st *stateMessage) {
				old(st)
				if c.phase != "" {
					st.Hearing.Phase = c.phase
				}
			})
			if station, _, _ := g.view(); (station.Emergency == nil) != c.ends {
				t.Errorf("%s: %+v", name, station.Emergency)
			}
		})
	}
}

func TestAnEmergencyThatEndedWhileTheLinkWasDownIsOver(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		g.keyPressed(signEmergency, time.Now())
		time.Sleep(time.Minute)
		ended := inEmergency(time.Now().Add(-50*time.Second).UTC().Format(wireTime), time.Now().UTC().Format(wireTime))
		g.says(phasePaused, nil, ended) // the acknowledgement was lost; the command is sent again
		if station, _, _ := g.view(); station.Emergency == nil {
			t.Fatal("over before the court has said that it took this one")
		}
		g.acknowledges(t, "emergency.raise", "")
		g.says(phasePaused, nil, ended)
		if station, _, _ := g.view(); station.Emergency != nil {
			t.Errorf("%+v", station.Emergency)
		}
	})
}

func TestTheBenchsEmergencyHoldsHereTooAndOutlivesALostLink(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		order := g.sign(t)
		g.state(phaseLive, order)
		time.Sleep(time.Second)
		g.says(phasePaused, order, inEmergency(time.Now().UTC().Format(wireTime), ""))
		g.linkDown("lost")
		g.dark(t, "the bench's")
		station, _, _ := g.view()
		if station.Emergency == nil || !station.Emergency.Sent || !station.Emergency.Alarm {
			t.Errorf("the kiosk is told %+v", station.Emergency)
		}
		if strings.Contains(g.commands(), "emergency.raise") {
			t.Error("the station raises what the bench has raised")
		}
	})
}

func TestTheCardIsTheCourtsLastWordAndElseTheStationsOwn(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		own := emergencyCard{Room: "AB-12", Telephone: "102"}
		g.room.ownCard = own
		g.keyPressed(signEmergency, time.Now())
		if station, _, _ := g.view(); station.Emergency.Card != own || *station.Card != own {
			t.Errorf("before the court said anything: %+v", station.Emergency.Card)
		}
		courts := emergencyCard{Room: "AB-12", Telephone: "012 555 01 02", Body: "İAQMİ"}
		g.says(phaseReady, nil, func(st *stateMessage) { st.EmergencyCard = &courts })
		g.linkDown("lost")
		g.linkUp()
		g.says(phaseReady, nil, func(st *stateMessage) { st.EmergencyCard = &emergencyCard{} }) // an empty one is no word
		if station, _, _ := g.view(); station.Emergency.Card != courts {
			t.Errorf("then: %+v", station.Emergency.Card)
		}
		g.says(phaseReady, nil, func(st *stateMessage) { st.EmergencyCard = &emergencyCard{Room: "CD-345"} })
		if station, _, _ := g.view(); station.Emergency.Card != (emergencyCard{Room: "CD-345", Telephone: "102"}) {
			t.Errorf("of a court that names no number: %+v", station.Emergency.Card)
		}
	})
}

func TestTheAlarmRingsForATimeAndCanBeQuieted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRoomRig(t)
		defer g.end()
		rings := make(chan bool, 8)
		g.room.siren = &siren{log: quiet, ring: func(ctx context.Context) error { rings <- true; <-ctx.Done(); rings <- false; return nil }}
		heard := func() (list []bool) {
			synctest.Wait()
			for len(rings) > 0 {
				list = append(list, <-rings)
			}
			return list
		}
		g.keyPressed(signEmergency, time.Now())
		if got := heard(); len(got) != 1 || !got[0] {
			t.Errorf("pressed: %v", got)
		}
		time.Sleep(alarmFor - time.Second)
		g.keyPressed(signEmergency, time.Now()) // again: it is one emergency
		if got := heard(); len(got) != 0 {
			t.Errorf("before its time: %v", got)
		}
		time.Sleep(2 * time.Second)
		if got := heard(); len(got) != 1 || got[0] {
			t.Errorf("after its time: %v", got)
		}
		if got := strings.Count(g.commands(), "emergency.raise"); got != 1 {
			t.Errorf("%d commands", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		g := newRoomRig(t)
		defer g.end()
		on := false
		g.room.siren = &siren{log: quiet, ring: func(ctx context.Context) error { on = true; <-ctx.Done(); on = false; return nil }}
		g.keyPressed(signEmergency, time.Now())
		synctest.Wait()
		g.fromKiosk([]byte(`{"type":"alarm.quiet"}`))
		synctest.Wait()
		if station, _, _ := g.view(); on || station.Emergency == nil || station.Emergency.Alarm {
			t.Errorf("quieted: rings %v, the kiosk is told %+v", on, station.Emergency)
		}
	})
}
