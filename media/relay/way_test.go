package relay

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// simulated is a network that a way sends over, on a clock of the test's own: a queue before a bottleneck, then loss and jitter, and a receiver that
// reports each 100 ms by pion's recorder.
type simulated struct {
	w        *way
	now      time.Time
	rng      *rand.Rand
	receiver *twcc.Recorder
	flying   []flying
	free     time.Time // when the bottleneck is free again

	bits   float64 // a second; 0: no bottleneck
	loss   float64
	jitter time.Duration
	down   bool
}

type flying struct {
	number uint16
	at     time.Time
}

func newSimulated() *simulated {
	at := time.Unix(1_700_000_000, 0)
	return &simulated{w: newWay(at), now: at, rng: rand.New(rand.NewPCG(3, 4)), receiver: twcc.NewRecorder(1)}
}

// run sends pictures of 6 packets of 1,000 bytes 25 times a second (1.2 Mbit/s), for so long.
func (s *simulated) run(lasts time.Duration) {
	for until := s.now.Add(lasts); s.now.Before(until); s.now = s.now.Add(40 * time.Millisecond) {
		for range 6 {
			s.send(1000)
		}
		if s.now.UnixMilli()%120 == 0 {
			s.report()
		}
		s.w.carries(s.now)
	}
}

func (s *simulated) send(size int) {
	n := s.w.number(size, s.now)
	if s.free.Before(s.now) {
		s.free = s.now
	}
	if s.down || s.rng.Float64() < s.loss || s.free.Sub(s.now) > time.Second { // its queue holds a second
		return
	}
	if s.bits > 0 {
		s.free = s.free.Add(time.Duration(float64(8*size) / s.bits * float64(time.Second)))
	}
	s.flying = append(s.flying, flying{n, s.free.Add(30*time.Millisecond + time.Duration(s.rng.Float64()*float64(s.jitter)))})
}

func (s *simulated) report() {
	kept := s.flying[:0]
	for _, f := range s.flying {
		if f.at.After(s.now) {
			kept = append(kept, f)
			continue
		}
		s.receiver.Record(2, f.number, f.at.UnixMicro())
	}
	s.flying = kept
	if s.down {
		return
	}
	for _, p := range s.receiver.BuildFeedbackPacket() {
		if f, ok := p.(*rtcp.TransportLayerCC); ok {
			s.w.feedback(f, s.now)
		}
	}
}

func TestTheEstimateTellsANetworkThatIsTooNarrowFromOneThatIsBad(t *testing.T) {
	for name, c := range map[string]struct {
		play     func(s *simulated)
		overuse  bool
		from, to float64 // the estimate, bit/s
	}{
		"a good one":                 {func(s *simulated) { s.run(20 * time.Second) }, false, 1e6, 1e9},
		"100 ms of jitter, 5 % lost": {func(s *simulated) { s.jitter, s.loss = 100*time.Millisecond, 0.05; s.run(60 * time.Second) }, false, 1e6, 1e9},
		"an outage of 10 s": {func(s *simulated) {
			s.run(5 * time.Second)
			s.down = true
			s.run(10 * time.Second)
			s.down = false
			s.run(10 * time.Second)
		}, false, 1e6, 1e9},
		"half a second of nothing": {func(s *simulated) {
			s.run(5 * time.Second)
			s.loss = 1
			s.run(500 * time.Millisecond)
			s.loss = 0
			s.run(5 * time.Second)
		}, false, 1e6, 1e9},
		"half as wide as is needed":      {func(s *simulated) { s.bits = 600e3; s.run(4 * time.Second) }, true, 300e3, 620e3},
		"as wide, but a quarter is lost": {func(s *simulated) { s.loss = 0.25; s.run(6 * time.Second) }, true, 300e3, 1.3e6},
		"wide enough, just":              {func(s *simulated) { s.bits = 1.4e6; s.run(30 * time.Second) }, false, 1e6, 1e9},
		"narrow, then as wide as ever was": {func(s *simulated) {
			s.bits = 600e3
			s.run(4 * time.Second)
			s.bits = 0
			s.w.eased()
			s.run(15 * time.Second)
		}, true, 900e3, 1e9},
	} {
		s := newSimulated()
		c.play(s)
		estimate, overuses := s.w.carries(s.now)
		if overuses > 0 != c.overuse || estimate < c.from || estimate > c.to {
			t.Errorf("%s: %d overuses, %.0f kbit/s", name, overuses, estimate/1000)
		}
	}
}

func TestAReportThatLiesCostsNothingAndBreaksNothing(t *testing.T) {
	s := newSimulated()
	s.run(time.Second)
	rng := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		f := &rtcp.TransportLayerCC{BaseSequenceNumber: uint16(rng.Uint32()), PacketStatusCount: uint16(rng.Uint32()), ReferenceTime: rng.Uint32() & 0xffffff}
		for range rng.IntN(4) {
			f.PacketChunks = append(f.PacketChunks, &rtcp.RunLengthChunk{PacketStatusSymbol: uint16(rng.IntN(4)), RunLength: uint16(rng.Uint32())})
			f.PacketChunks = append(f.PacketChunks, &rtcp.StatusVectorChunk{SymbolList: []uint16{uint16(rng.IntN(4)), uint16(rng.IntN(4))}})
		}
		for range rng.IntN(20) {
			f.RecvDeltas = append(f.RecvDeltas, &rtcp.RecvDelta{Delta: rng.Int64N(1 << 20)})
		}
		s.w.feedback(f, s.now)
	}
	if estimate, _ := s.w.carries(s.now); estimate < 0 || estimate > estimateMost {
		t.Errorf("the estimate is %f", estimate)
	}
	if n := testing.AllocsPerRun(1000, func() { s.w.number(1000, s.now) }); n > 0 {
		t.Errorf("a number costs %v allocations", n)
	}
}

// pressed is a subscription without a connection, with the pictures of several publications.
func pressed(t *testing.T, bits ...uint64) (*subscription, time.Time) {
	t.Helper()
	now := time.Unix(1_700_000_000, 0)
	sub := &subscription{way: newWay(now)}
	for i, b := range bits {
		in := newIngest(nil, Video, nil, nil)
		in.pace.bits.Store(b)
		s := newSlot(Sink{"judge", string(rune('a' + i)), Video})
		s.source.Store(in)
		sub.slots = append(sub.slots, s)
	}
	return sub, now
}

func heldSlots(sub *subscription) (names string) {
	for _, s := range sub.slots {
		if s.held.Load() {
			names += s.name.Slot
		}
	}
	return names
}

func TestANarrowNetworkLosesTheLastPicturesFirstAndGetsThemBackOneByOne(t *testing.T) {
	sub, now := pressed(t, 500e3, 300e3, 300e3)
	if sub.press(now); heldSlots(sub) != "" {
		t.Fatalf("%q held on a good network", heldSlots(sub))
	}
	overuse := func(estimate float64) { sub.way.estimate = estimate; sub.way.overuses++; sub.press(now) }
	overuse(850e3)
	if heldSlots(sub) != "c" {
		t.Fatalf("held %q with room for two of three", heldSlots(sub))
	}
	now = now.Add(holdFirst / 2)
	sub.way.estimate = 5e6
	if sub.press(now); heldSlots(sub) != "c" {
		t.Error("a picture that was held came back at once")
	}
	now = now.Add(holdFirst)
	if sub.press(now); heldSlots(sub) != "" {
		t.Error("the picture did not come back")
	}
	now = now.Add(time.Second)
	overuse(100e3)
	if heldSlots(sub) != "abc" {
		t.Fatalf("held %q with room for none", heldSlots(sub))
	}
	sub.way.estimate = 5e6
	now = now.Add(holdFirst + time.Second)
	if sub.press(now); heldSlots(sub) != "abc" {
		t.Error("the second try came as soon as the first")
	}
	now = now.Add(holdFirst)
	if sub.press(now); heldSlots(sub) != "bc" {
		t.Errorf("held %q: the first slot comes back first, and alone", heldSlots(sub))
	}
	for range 3 {
		now = now.Add(openEvery)
		sub.press(now)
	}
	if heldSlots(sub) != "" {
		t.Errorf("held %q in the end", heldSlots(sub))
	}
}

func TestAHeldPictureAsksNobodyForAKeyFrame(t *testing.T) {
	sub, now := pressed(t, 500e3)
	s := sub.slots[0]
	if !s.waits() {
		t.Fatal("a slot that has not begun does not wait for a key frame")
	}
	sub.way.estimate, sub.way.overuses = 100e3, 1
	sub.press(now)
	if s.waits() {
		t.Error("a held picture waits for a key frame")
	}
	s.writer.Store(&binding{stream: &spyWriter{}, ssrc: 7, payload: 96})
	if s.write(picture(1, 1, true, 0)) {
		t.Error("a held picture was written")
	}
}

func TestWhoIsSentPacketsAndSaysNothingIsDeaf(t *testing.T) {
	sub, now := pressed(t)
	at := func(d time.Duration) time.Time { return now.Add(d) }
	for _, step := range []struct {
		after                 time.Duration
		wrote, counted, heard bool
		deaf                  bool
	}{
		{0, true, true, true, false},
		{2 * time.Second, true, true, false, false},
		{3 * time.Second, true, true, false, true},
		{4 * time.Second, true, true, true, false},
		{8 * time.Second, false, false, false, false}, // nothing was sent for a while: nothing can be said
		{20 * time.Second, true, true, false, false},  // it flows again
		{22 * time.Second, true, true, false, false},  // who listens answers by now
		{23 * time.Second, true, true, false, true},   // and who does not is deaf
		{24 * time.Second, false, false, false, true}, // still: what was sent was not heard
		{30 * time.Second, true, true, true, false},
		{36 * time.Second, true, false, false, false}, // sound alone, without numbers: reports are rare
		{37 * time.Second, true, false, false, false},
		{39 * time.Second, true, false, false, true},
	} {
		if step.wrote {
			sub.way.wrote.Store(at(step.after).UnixNano())
		}
		if step.counted {
			sub.way.counted.Store(at(step.after).UnixNano())
		}
		if step.heard {
			sub.way.heard.Store(at(step.after).UnixNano())
		}
		if deaf, _, _ := sub.listens(at(step.after)); deaf != step.deaf {
			t.Errorf("after %v: deaf %v", step.after, deaf)
		}
	}
}

// numberedAPI is a client as browsers are: it knows transport-wide numbers and reports on them each 100 ms.
func numberedAPI(t *testing.T) *webrtc.API {
	t.Helper()
	se := webrtc.SettingEngine{LoggerFactory: muteFactory{}}
	se.SetIncludeLoopbackCandidate(true)
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	se.SetICETimeouts(20*time.Second, 40*time.Second, 500*time.Millisecond)
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	chain := &interceptor.Registry{}
	if err := webrtc.RegisterDefaultInterceptors(m, chain); err != nil {
		t.Fatal(err)
	}
	return webrtc.NewAPI(webrtc.WithSettingEngine(se), webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(chain))
}

// One subscriber's network is too narrow: its picture is held and its sound goes on, it is told, and nobody else loses anything or is told.
func TestANarrowNetworkHoldsItsOwnPictureAndNobodyElses(t *testing.T) {
	r, seen := newRelay(t, Config{})
	network := newBadNetwork(t, r, 0, 0, 0)
	network.narrow(400e3, 300*time.Millisecond)
	r.Swap(NewSnapshot(allow(allow(map[Sink]Source{}, "judge", "witness", "witness"), "gallery", "witness", "witness")))
	filler := make([]byte, 1000)
	publish(t, r, "witness", publishOptions{shape: func(p *rtp.Packet) {
		if len(p.Payload) > 4 { // a picture: 100 a second, 800 kbit/s
			p.Payload = append(append([]byte(nil), p.Payload...), filler...)
		}
	}})
	judge := subscribe(t, r, "judge", pair("judge", "witness"), numberedAPI(t))
	gallery := network.subscribe(t, r, "gallery", pair("gallery", "witness"), numberedAPI(t))
	if n := len(lines(gallery.answer, "a=extmap:")); n != 2 {
		t.Fatalf("%d header extensions were agreed on, want one for each slot", n)
	}
	eventually(t, "the gallery's picture is held", func() bool { return seen.has(PictureHeld, gallery.id) })
	before, sound, judges := gallery.count(0), gallery.count(1), judge.count(0)
	time.Sleep(time.Second)
	if n := gallery.count(0) - before; n > 50 { // what was in the queue
		t.Errorf("%d packets of the picture came after it was held", n)
	}
	if n := gallery.count(1) - sound; n < 30 {
		t.Errorf("%d packets of sound came while the picture was held", n)
	}
	if n := judge.count(0) - judges; n < 30 || seen.has(PictureHeld, judge.id) {
		t.Errorf("the judge's network is good: %d packets came", n)
	}
	if span, came := judge.span(t, 0); came < span-5 {
		t.Errorf("the judge lost %d packets", span-came)
	}
	checkNumbers(t, judge)
}

// checkNumbers: the one extension that a subscriber gets counts its own packets, one by one.
func checkNumbers(t *testing.T, s *testSubscriber) {
	t.Helper()
	for slot := range 2 {
		var last uint16
		for i, p := range s.packets(t, slot) {
			ids := p.GetExtensionIDs()
			if len(ids) != 1 {
				t.Fatalf("slot %d, packet %d has %d extensions", slot, i, len(ids))
			}
			var n rtp.TransportCCExtension
			if err := n.Unmarshal(p.GetExtension(ids[0])); err != nil {
				t.Fatal(err)
			}
			if d := n.TransportSequence - last; i > 0 && d > 20 && d < 0xffec {
				t.Fatalf("slot %d, packet %d: number %d after %d", slot, i, n.TransportSequence, last)
			}
			last = n.TransportSequence
		}
	}
}
