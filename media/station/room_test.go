package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parda/media/mask/face"
	"parda/media/mask/voice"
)

// fakeKiosk records what is passed to the page.
type fakeKiosk struct {
	mu  sync.Mutex
	got []string
}

func (k *fakeKiosk) toKiosk(raw []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.got = append(k.got, string(raw))
}
func (k *fakeKiosk) changed() {}

type fakePublication struct {
	*fakeOutlet
	key  string
	done chan struct{}
	once sync.Once
}

func (p *fakePublication) Done() <-chan struct{} { return p.done }
func (p *fakePublication) Close() error          { p.once.Do(func() { close(p.done) }); return nil }

type fakeEncoder struct{}

func (fakeEncoder) Picture(face.Masked) ([]byte, bool, error) { return []byte{0}, true, nil }
func (fakeEncoder) Sound(*voice.Masked) ([]byte, error)       { return []byte{1}, nil }
func (fakeEncoder) Close()                                    {}

// roomRig is a room on fakes, in a bubble. Its link is never up: commands stay in its queue, where a test reads them.
type roomRig struct {
	*room
	judge  *judge
	inject *injection
	kiosk  *fakeKiosk
	mu     sync.Mutex
	pubs   []*fakePublication
	end    func()
}

func newRoomRig(t *testing.T) *roomRig {
	t.Helper()
	inject := &injection{hang: make(chan struct{})}
	g := &roomRig{judge: newJudge(t), inject: inject, kiosk: &fakeKiosk{}}
	ctx, stop := context.WithCancel(context.Background())
	r := &room{hearing: "demo", log: quiet, health: newHealth(), camera: fakeCamera{inject}, microphone: fakeMicrophone{inject, nil}, ctx: ctx,
		kiosk: g.kiosk, self: func(face.Masked) {}, pending: map[string]bool{}, trust: orderTrust{hearing: "demo"}, width: 640, height: 480}
	r.rec = &rehearsal{lasts: rehearsalLasts, changed: func() {}, newEncoder: func() (maskedEncoder, error) { return fakeEncoder{}, nil }}
	r.make = func(maskConfig, *session) (*masks, error) {
		figure, _ := face.NewCard(figureWidth, figureWidth, "")
		card, _ := face.NewCard(cardWidth, cardWidth, "")
		return &masks{figure: fakeFigure{inject, figure}, shows: face.Puppet, voices: []voiceLine{{modeNeutral, fakeVoice{inject, nil}}}, card: card}, nil
	}
	r.publish = func(_ context.Context, key string) (publication, error) {
		p := &fakePublication{fakeOutlet: &fakeOutlet{injection: inject}, key: key, done: make(chan struct{})}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.pubs = append(g.pubs, p)
		return p, nil
	}
	r.kept = newKept("", "demo", &mapKeyring{keys: map[string][]byte{}}, quiet)
	r.link = newLink(mustURL("http://127.0.0.1:1"), "demo", "T", nil, r, quiet)
	r.workers.Go(func() { r.watch(ctx) })
	g.room = r
	g.end = func() {
		stop()
		close(inject.hang)
		r.close()
	}
	return g
}

// state lets the gateway say a phase, with an order that is in force, or with none.
func (g *roomRig) state(phase string, order *signedOrder) {
	var st stateMessage
	st.Hearing.Phase, st.Testimony.Phase, st.Order = "open", phase, order
	raw, _ := json.Marshal(map[string]any{"type": "state", "phase": phase})
	g.linkState(raw, st)
}

func (g *roomRig) sign(t *testing.T, changes ...func(map[string]any)) *signedOrder {
	t.Helper()
	now := time.Now().UTC()
	inForce := func(o map[string]any) {
		lasts := time.Hour
		if o["valid_until"] == "soon" {
			lasts = 5 * time.Second
		}
		o["valid_from"], o["valid_until"] = now.Add(-time.Minute).Format(wireTime), now.Add(lasts).Format(wireTime)
	}
	s := g.judge.sign(t, testOrder(t, append(changes, inForce)...))
	return &s
}

// commands are the names of the commands that wait for the gateway.
func (g *roomRig) commands() string {
	g.link.mu.Lock()
	defer g.link.mu.Unlock()
	var names []string
	for _, c := range g.link.pending {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

// flowing says what went to the court in the second before now.
func (g *roomRig) flowing(since time.Duration) (figures, voices int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.pubs {
		_, f, _, v := p.counts(time.Now().Add(-since), time.Now())
		figures, voices = figures+f, voices+v
	}
	return
}

func (g *roomRig) open() (keys []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.pubs {
		select {
		case <-p.done:
		default:
			keys = append(keys, p.key)
		}
	}
	return
}

func inRoom(t *testing.T, test func(t *testing.T, g *roomRig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := newRoomRig(t)
		defer g.end()
		g.linkUp()
		test(t, g)
	})
}

func TestNothingIsPublishedBeforeTheJudgeHasSigned(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		g.state(phaseWaiting, nil)
		time.Sleep(time.Second)
		if keys := g.open(); len(keys) > 0 {
			t.Errorf("published %v", keys)
		}
		g.state(phaseWaiting, g.sign(t))
		time.Sleep(time.Second)
		if keys := g.open(); len(keys) != 2 {
			t.Errorf("published %v", keys)
		}
		if figures, voices := g.flowing(time.Second); figures+voices > 0 {
			t.Errorf("%d figures and %d voiced blocks while waiting", figures, voices)
		}
	})
}

func TestMaskedOutputFlowsInPhaseLiveOnly(t *testing.T) {
	for phase, flows := range map[string]bool{phaseWaiting: false, phaseRehearsal: false, phaseReady: false, phaseLive: true, phasePaused: false, phaseReleased: false, "": false, "LIVE": false} {
		inRoom(t, func(t *testing.T, g *roomRig) {
			order := g.sign(t)
			g.state(phaseLive, order)
			time.Sleep(2 * time.Second)
			if figures, voices := g.flowing(time.Second); figures < 20 || voices < 40 {
				t.Fatalf("live: %d figures and %d voiced blocks", figures, voices)
			}
			g.state(phase, order)
			time.Sleep(lateAfter)
			began := time.Now()
			time.Sleep(time.Second)
			if figures, voices := g.flowing(time.Since(began)); (figures+voices > 0) != flows {
				t.Errorf("phase %q: %d figures and %d voiced blocks", phase, figures, voices)
			}
		})
	}
}

func TestARefusedOrderStopsEverythingAndRaisesAnAlarm(t *testing.T) {
	for name, order := range map[string]func(t *testing.T, g *roomRig) *signedOrder{
		"another key": func(t *testing.T, g *roomRig) *signedOrder {
			g.judge = newJudge(t)
			return g.sign(t, set("version", 2))
		},
		"natural": func(t *testing.T, g *roomRig) *signedOrder {
			return g.sign(t, set("version", 2), rendered("bench", map[string]any{"picture": "natural", "voice": "neutral", "delay_s": 0}))
		},
		"another hearing": func(t *testing.T, g *roomRig) *signedOrder {
			return g.sign(t, set("version", 2), set("hearing", "other"))
		},
		"forged": func(t *testing.T, g *roomRig) *signedOrder {
			s := g.sign(t, set("version", 2))
			s.Signature = base64.StdEncoding.EncodeToString(make([]byte, 64))
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			inRoom(t, func(t *testing.T, g *roomRig) {
				g.state(phaseLive, g.sign(t))
				time.Sleep(time.Second)
				g.state(phaseLive, order(t, g))
				time.Sleep(lateAfter)
				began := time.Now()
				time.Sleep(time.Second)
				if figures, voices := g.flowing(time.Since(began)); figures+voices > 0 || len(g.open()) > 0 {
					t.Errorf("%d figures, %d voiced blocks, publications %v", figures, voices, g.open())
				}
				station, _, _ := g.view()
				if station.OrderOK || station.Refused == "" || g.commands() != "mask.status" {
					t.Errorf("the kiosk is told %+v, the gateway %q", station, g.commands())
				}
			})
		})
	}
}

func TestAnOrderThatRunsOutStopsEverything(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		g.state(phaseLive, g.sign(t, set("valid_until", "soon")))
		time.Sleep(5*time.Second + lateAfter)
		began := time.Now()
		time.Sleep(2 * time.Second)
		if figures, voices := g.flowing(time.Since(began)); figures+voices > 0 || len(g.open()) > 0 {
			t.Errorf("%d figures, %d voiced blocks, publications %v", figures, voices, g.open())
		}
	})
}

func TestTheSessionOutlivesALostLinkAndANewOrderAndIsWipedAtRelease(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		g.state(phaseLive, g.sign(t))
		first := g.session
		seed := first.seed
		g.linkDown("lost")
		g.linkUp()
		g.state(phaseReady, g.sign(t, set("version", 2), set("pseudonym", "Nərgiz")))
		time.Sleep(time.Second)
		if g.session != first || first.seed != seed {
			t.Error("the masks' parameters changed within one testimony")
		}
		g.state(phaseReleased, g.sign(t, set("version", 2), set("pseudonym", "Nərgiz")))
		if first.seed != [32]byte{} || g.session != nil {
			t.Error("the masks' parameters were not wiped")
		}
		time.Sleep(time.Second)
		if keys := g.open(); len(keys) > 0 {
			t.Errorf("still published: %v", keys)
		}
	})
}

func TestAPublicationThatEndsIsMadeAnew(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		g.state(phaseLive, g.sign(t))
		time.Sleep(time.Second)
		g.mu.Lock()
		ended := g.pubs[0]
		g.mu.Unlock()
		ended.Close()
		time.Sleep(2 * time.Second)
		if keys := g.open(); len(keys) != 2 {
			t.Errorf("published %v", keys)
		}
	})
}

func TestAMaskFaultIsToldToTheGatewayOnceAndItsEndToo(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		g.state(phaseLive, g.sign(t))
		time.Sleep(2 * time.Second)
		if got := g.commands(); got != "" {
			t.Fatalf("all is well, and yet %q", got)
		}
		told := func() maskStatus {
			g.link.mu.Lock()
			defer g.link.mu.Unlock()
			if len(g.link.pending) != 1 || g.link.pending[0].Name != "mask.status" {
				t.Fatalf("commands %+v", g.link.pending)
			}
			return g.link.pending[0].Args.(maskStatus)
		}
		g.inject.set("camera unplugged")
		time.Sleep(3 * time.Second)
		if s := told(); s != (maskStatus{Picture: "card", Voice: "ok", Notice: "camera_lost"}) {
			t.Errorf("told %+v", s)
		}
		g.inject.set("")
		time.Sleep(3 * time.Second)
		if s := told(); s != (allWell) {
			t.Errorf("told %+v", s)
		}
	})
}

func TestARehearsalThatIsBrokenOffLeavesNothing(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		order := g.sign(t)
		g.state(phaseRehearsal, order)
		time.Sleep(2 * time.Second)
		g.state(phaseWaiting, order)
		if s := g.rec.status(); s != rehearsalNone {
			t.Error(s)
		}
	})
}

func TestRehearsalIsRecordedWhenItBeginsAndForgottenWhenLive(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		order := g.sign(t)
		g.state(phaseWaiting, order)
		if code := g.fromKiosk([]byte(`{"type":"rehearse"}`)); code != "" || g.commands() != "testimony.rehearse" {
			t.Fatalf("%q, %q", code, g.commands())
		}
		g.state(phaseRehearsal, order)
		if s := g.rec.status(); s != rehearsalRecording {
			t.Fatal(s)
		}
		time.Sleep(rehearsalLasts + time.Second)
		if s := g.rec.status(); s != rehearsalReady || len(g.rec.webm()) == 0 {
			t.Fatal(s)
		}
		if figures, voices := g.flowing(rehearsalLasts); figures+voices > 0 {
			t.Errorf("the court got %d figures and %d voiced blocks of a rehearsal", figures, voices)
		}
		g.state(phaseLive, order)
		if s := g.rec.status(); s != rehearsalNone || g.rec.webm() != nil {
			t.Error(s)
		}
	})
}

// FuzzFromKiosk: no message of a page makes the station panic.
func FuzzFromKiosk(f *testing.F) {
	f.Add([]byte(`{"type":"tighten","picture":"card"}`))
	f.Add([]byte(`{"type":"far","db":1e400}`))
	f.Add([]byte(`{"type":"consent","language":"az","interpreter":false}`))
	f.Add([]byte(`{"type":"remark","id":"k1","text":"\u0000","language":"az"}`))
	f.Add([]byte(`{"type":"signal","id":"k1-aaaaaaaa","pause":true,"at":"2026-11-22T14:30:15.123Z"}`))
	f.Add([]byte(`{"type":"emergency","id":"k1-aaaaaaaa","by":"officer","at":"9999-99-99"}`))
	f.Add([]byte(`{"type":"alarm.quiet"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &room{log: quiet, health: newHealth(), kiosk: &fakeKiosk{}, pending: map[string]bool{}, rec: &rehearsal{}, ctx: t.Context()}
		r.kept = newKept("", "demo", &mapKeyring{keys: map[string][]byte{}}, quiet)
		r.link = newLink(mustURL("http://127.0.0.1:1"), "demo", "T", nil, r, quiet)
		r.fromKiosk(b)
	})
}

// A station that was killed while the card stood must not leave the court with an alarm that is over.
func TestWhatAKilledStationSaidLastIsSetRight(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		var st stateMessage
		st.Hearing.Phase, st.Testimony.Phase, st.Order = "open", phaseLive, g.sign(t)
		st.Testimony.Mask = &maskStatus{Picture: modeCard, Voice: modeSilence, Notice: faultOverload}
		g.linkState([]byte(`{}`), st)
		time.Sleep(5 * time.Second)
		g.link.mu.Lock()
		defer g.link.mu.Unlock()
		var told []maskStatus
		for _, c := range g.link.pending {
			if c.Name == "mask.status" {
				told = append(told, c.Args.(maskStatus))
			}
		}
		if len(told) != 1 || told[0] != allWell {
			t.Errorf("told %+v", told)
		}
	})
}
