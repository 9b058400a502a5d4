package relay

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

type countingTap struct {
	n, keys atomic.Int64
	on      atomic.Bool
}

func (c *countingTap) Packet(p Packet) {
	c.n.Add(1)
	if p.Key {
		c.keys.Add(1)
	}
}
func (c *countingTap) Flow(on bool) { c.on.Store(on) }

// spyWriter is where a slot writes in tests without a network.
type spyWriter struct {
	allowed atomic.Bool
	leaked  atomic.Int64
	n       atomic.Int64
	keep    bool
	headers []rtp.Header
	first   []byte
	mouth   *mouth // when set, what is written waits in its bursts, and is counted when it leaves
	at      netip.AddrPort
}

func (w *spyWriter) count() {
	w.n.Add(1)
	if !w.allowed.Load() {
		w.leaked.Add(1)
	}
}

func (w *spyWriter) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	if w.mouth != nil {
		return w.mouth.WriteToAddrPort(append([]byte{0x80, 96}, payload...), w.at)
	}
	w.count()
	if w.keep {
		w.headers = append(w.headers, *h)
		w.first = append(w.first, payload[len(payload)-1])
	}
	return len(payload), nil
}
func (w *spyWriter) Write([]byte) (int, error) { panic("a whole packet was written") }

// spyCarrier stands for the network: it tells each spy of what leaves.
type spyCarrier map[netip.AddrPort]*spyWriter

func (c spyCarrier) carry(trains []train) {
	for _, t := range trains {
		for range t.packets {
			c[t.to].count()
		}
	}
}

// bareRelay has publications and subscriptions without connections.
func bareRelay(labels ...string) (*Relay, map[string]*publication) {
	r := &Relay{herald: newHerald(nil), publications: map[string]*publication{}, live: map[string]*publication{}, subscriptions: map[string]*subscription{}, taps: map[*tapSink]struct{}{}}
	pubs := map[string]*publication{}
	for _, l := range labels {
		pub := &publication{id: l, label: l, up: true, tracks: map[Media]*ingest{}}
		for _, m := range []Media{Video, Audio} {
			pub.tracks[m] = newIngest(pub, m, nil, nil)
		}
		r.publications[l], r.live[l], pubs[l] = pub, pub, pub
	}
	return r, pubs
}

func (r *Relay) bareViewer(sinks ...Sink) ([]*slot, []*spyWriter) {
	sub := &subscription{up: true}
	var spies []*spyWriter
	for _, s := range sinks {
		slot, spy := newSlot(s), &spyWriter{}
		slot.writer.Store(&binding{stream: spy, ssrc: 7, payload: 96})
		sub.slots, spies = append(sub.slots, slot), append(spies, spy)
	}
	r.subscriptions[sinks[0].Viewer] = sub
	return sub.slots, spies
}

func picture(seq uint16, ts uint32, key bool, tag byte) *packet {
	payload := []byte{0x10, 0x01, tag}
	if key {
		payload[1] = 0
	}
	return &packet{seq: seq, ts: ts, marker: true, key: key, payload: payload, arrived: time.Now()}
}

func TestAfterSwapReturnsNoPacketOfADeniedTrackIsWritten(t *testing.T) {
	r, pubs := bareRelay("witness", "bench")
	defer r.herald.close()
	const viewers = 8
	var slots []*slot
	var spies []*spyWriter
	for v := range viewers {
		name := string(rune('a' + v))
		sl, sp := r.bareViewer(pair(name, "witness")...)
		slots, spies = append(slots, sl...), append(spies, sp...)
	}
	network := spyCarrier{}
	out := newMouth(nil, network)
	for i, spy := range spies {
		spy.mouth, spy.at = out, netip.AddrPortFrom(netip.IPv6Loopback(), uint16(1000+i))
		network[spy.at] = spy
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for _, pub := range pubs {
		for m, in := range pub.tracks {
			in.mouth = out
			wg.Add(1)
			go func() {
				defer wg.Done()
				for seq := uint16(0); ; seq++ {
					select {
					case <-stop:
						return
					default:
					}
					p := picture(seq, uint32(seq), seq%4 == 0, 0)
					p.marker = m == Video && seq%3 == 0 // others wait for the rest of their picture
					in.forward(p)
					runtime.Gosched() // or the packet loops would keep the locks for themselves
				}
			}()
		}
	}
	wg.Add(1)
	go func() { // subscribers who ask for old packets all the time
		defer wg.Done()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			s := slots[i%len(slots)]
			s.again(&rtcp.TransportLayerNack{Nacks: []rtcp.NackPair{{PacketID: uint16(rand.Uint32()), LostPackets: 0xffff}}})
			runtime.Gosched()
		}
	}()
	switches := 10_000
	if testing.Short() {
		switches = 1_000
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range switches {
		routes := map[Sink]Source{}
		for i, s := range slots {
			if rng.IntN(2) == 0 {
				spies[i].allowed.Store(true) // before the Swap that allows it
				routes[s.name] = Source{[]string{"witness", "bench"}[rng.IntN(2)], s.name.Media}
			}
		}
		r.Swap(NewSnapshot(routes))
		for i, s := range slots {
			if _, ok := routes[s.name]; !ok {
				spies[i].allowed.Store(false) // after the Swap that denies it: from now on each write is a leak
			}
		}
	}
	close(stop)
	wg.Wait()
	var written int64
	for i, spy := range spies {
		written += spy.n.Load()
		if n := spy.leaked.Load(); n > 0 {
			t.Errorf("slot %d: %d packets after the Swap that denied it", i, n)
		}
	}
	if written < int64(switches) {
		t.Errorf("only %d packets were written in all: the test saw nothing", written)
	}
	t.Logf("%d switches, %d packets written", switches, written)
}

func TestASlotThatChangesItsSourceGoesOnInNumberAndTimeAndFromAKeyFrame(t *testing.T) {
	r, pubs := bareRelay("witness", "bench")
	defer r.herald.close()
	_, spies := r.bareViewer(pair("judge", "floor")...)
	spy := spies[0]
	spy.keep = true
	to := func(label string) { r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "floor", label))) }
	a, b := pubs["witness"].tracks[Video], pubs["bench"].tracks[Video]
	to("witness")
	a.forward(picture(65534, 1<<32-5, true, 'a'))
	a.forward(picture(65535, 0, false, 'a'))
	a.forward(picture(0, 3000, false, 'a'))
	to("bench")
	a.forward(picture(1, 6000, true, 'a')) // no more
	b.forward(picture(500, 77, false, 'b'))
	b.forward(picture(502, 3077, true, 'b'))
	b.forward(picture(501, 77, false, 'b')) // from before the key frame: its number would be one that is taken
	b.forward(picture(504, 9077, false, 'b'))
	b.forward(picture(503, 6077, false, 'b')) // late, and still good
	if got := string(spy.first); got != "aaabbb" {
		t.Fatalf("forwarded %q, want aaabbb", got)
	}
	base := spy.headers[0].SequenceNumber
	for i, want := range []uint16{0, 1, 2, 3, 5, 4} {
		if got := spy.headers[i].SequenceNumber - base; got != want {
			t.Errorf("packet %d has number %d, want %d", i, got, want)
		}
	}
	if d := int32(spy.headers[3].Timestamp - spy.headers[2].Timestamp); d < 1 || d > 90000 {
		t.Errorf("the time jumps by %d at the switch", d)
	}
	if d := spy.headers[5].Timestamp - spy.headers[3].Timestamp; d != 3000 {
		t.Errorf("the time of the new source goes on by %d, want 3000", d)
	}
}

func TestAPacketIsSentAgainOnlyWhileItsSourceIsAllowed(t *testing.T) {
	r, pubs := bareRelay("witness", "bench")
	defer r.herald.close()
	slots, spies := r.bareViewer(pair("judge", "witness")...)
	s, spy := slots[0], spies[0]
	spy.keep = true
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "witness", "witness")))
	in := pubs["witness"].tracks[Video]
	in.forward(picture(9, 0, false, 'x')) // before the key frame: never sent, so never sent again
	for i := range uint16(5) {
		in.forward(picture(10+i, uint32(i), i == 0, byte('0'+i)))
	}
	ask := func(seq uint16) {
		s.again(&rtcp.TransportLayerNack{Nacks: []rtcp.NackPair{{PacketID: seq}}})
	}
	base := spy.headers[0].SequenceNumber
	ask(base + 3)
	ask(base - 1)
	ask(base + 5)
	if got := string(spy.first); got != "012343" {
		t.Fatalf("sent %q, want 012343", got)
	}
	if spy.headers[5].SequenceNumber != spy.headers[3].SequenceNumber || spy.headers[5].Timestamp != spy.headers[3].Timestamp {
		t.Error("what is sent again is not what was sent")
	}
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "witness", "bench")))
	ask(base + 3)
	r.Swap(nil)
	ask(base + 3)
	if len(spy.first) != 6 {
		t.Error("a packet of a denied track was sent again")
	}
	if s.report(time.Now()) != nil {
		t.Error("a denied slot still reports")
	}
}

func TestARequestThatWaitsWhileItsSourceIsTakenAwayIsNotAnswered(t *testing.T) {
	r, pubs := bareRelay("witness", "bench")
	defer r.herald.close()
	slots, spies := r.bareViewer(pair("judge", "witness")...)
	s, spy := slots[0], spies[0]
	spy.keep = true
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "witness", "witness")))
	in, other := pubs["witness"].tracks[Video], pubs["bench"].tracks[Video]
	in.forward(picture(10, 0, true, 'w'))
	base := spy.headers[0].SequenceNumber
	in.mu.Lock() // what expel and admit do, with the request in between
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		s.again(&rtcp.TransportLayerNack{Nacks: []rtcp.NackPair{{PacketID: base}, {PacketID: base + 1}}})
	}()
	for range 1000 {
		runtime.Gosched() // so that it has come to the lock
	}
	s.attach(other)
	other.outlets = []outlet{s}
	other.forward(picture(10, 0, true, 'b'))
	in.mu.Unlock()
	<-asked
	if got := string(spy.first); got != "wb" {
		t.Errorf("sent %q, want wb: the witness's packet went out after she was taken away", got)
	}
}

// A NACK names up to 17 packets in four bytes; a page that asks for all of them for ever must not hold the packet loop.
func TestASubscriberCannotAskForMoreAgainThanTheCacheHoldsInASecond(t *testing.T) {
	r, pubs := bareRelay("witness")
	defer r.herald.close()
	slots, spies := r.bareViewer(pair("gallery", "witness")...)
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "gallery", "witness", "witness")))
	in := pubs["witness"].tracks[Video]
	spies[0].keep = true
	for i := range uint16(40) {
		in.forward(picture(i, uint32(i), i == 0, 'x'))
	}
	base, sent := spies[0].headers[0].SequenceNumber, spies[0].n.Load()
	began := time.Now()
	flood := &rtcp.TransportLayerNack{}
	for range 300 {
		flood.Nacks = append(flood.Nacks, rtcp.NackPair{PacketID: base, LostPackets: 0xffff})
	}
	slots[0].again(flood)
	most := int64(againMost) * int64(2+time.Since(began)/time.Second)
	if got := spies[0].n.Load() - sent; got < 40 || got > most {
		t.Errorf("%d packets were sent again, want no more than %d", got, most)
	}
	for _, waited := range []time.Duration{0, time.Second} {
		b := budget{left: 0, at: began}
		if got := b.take(began.Add(waited)); got != (waited > 0) {
			t.Errorf("after %v of a spent budget: %v", waited, got)
		}
	}
}

func TestOneViewerCannotTakeThePlacesOfAll(t *testing.T) {
	r, _ := bareRelay()
	defer r.herald.close()
	add := func(viewer string) error { return r.addSubscription(&subscription{id: randomID(), viewer: viewer}) }
	for range maxPerViewer {
		if err := add("gallery"); err != nil {
			t.Fatal(err)
		}
	}
	if err := add("gallery"); !errors.Is(err, ErrTooMany) {
		t.Errorf("one more of the gallery: %v", err)
	}
	if err := add("defence"); err != nil {
		t.Errorf("the defence does not come in: %v", err)
	}
}

// A viewer who asks for a connection and never makes it must not leave an id behind at whoever keeps a list.
func TestASubscriptionThatNeverCameUpIsToldGone(t *testing.T) {
	seen := &events{}
	r, err := New(Config{UDPAddr: "127.0.0.1:0", Addresses: []string{"127.0.0.1"}, OnEvent: seen.add})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	pc, err := clientAPI(t, nil).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.GracefulClose()
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	_, id, err := r.Subscribe(t.Context(), "gallery", pair("gallery", "witness"), offerOf(t, pc))
	if err != nil {
		t.Fatal(err)
	}
	r.Unsubscribe(id)
	eventually(t, "the end of the subscription is told", func() bool { return seen.has(Unsubscribed, id) })
}

func BenchmarkForward(b *testing.B) {
	for _, n := range []int{1, 10, 40, 80} {
		b.Run(map[int]string{1: "1", 10: "10", 40: "40", 80: "80"}[n], func(b *testing.B) {
			r, pubs := bareRelay("witness")
			defer r.herald.close()
			routes := map[Sink]Source{}
			for i := range n {
				name := string(rune('a' + i))
				r.bareViewer(pair(name, "witness")...)
				allow(routes, name, "witness", "witness")
			}
			r.Swap(NewSnapshot(routes))
			in := pubs["witness"].tracks[Video]
			raw := make([]byte, 1200)
			raw[0], raw[12] = 0x80, 0x10
			var p packet
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				raw[2], raw[3] = byte(i>>8), byte(i)
				if !p.parse(raw, Video) {
					b.Fatal("not parsed")
				}
				p.arrived = time.Now()
				in.forward(&p)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/packet")
		})
	}
}
