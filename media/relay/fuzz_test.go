package relay

import (
	"context"
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// What comes from outside is fuzzed at the relay's own places: offers and single packets in offer_test.go, here what follows on them, the doors and
// the names at the TURN server. pion's own parsers stand before some of it; that they do is no reason to trust what they let through.

// pieces cuts fuzzed bytes into packets: a length of two bytes, then so many.
func pieces(b []byte) (out [][]byte) {
	for len(b) >= 2 {
		n := min(int(binary.BigEndian.Uint16(b))%receiveMTU, len(b)-2)
		out, b = append(out, b[2:2+n]), b[2+n:]
	}
	return out
}

func framed(packets ...[]byte) (b []byte) {
	for _, p := range packets {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(p))), p...)
	}
	return b
}

// FuzzFeedback: whatever a subscriber says, a slot sends again only what it has and no more than its budget, and asks for key frames no more often than it may.
func FuzzFeedback(f *testing.F) {
	add := func(packets ...rtcp.Packet) {
		b, err := rtcp.Marshal(packets)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(framed(b))
	}
	add(&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: 7}, &rtcp.FullIntraRequest{SenderSSRC: 1, MediaSSRC: 7, FIR: []rtcp.FIREntry{{SSRC: 7, SequenceNumber: 1}}})
	add(&rtcp.TransportLayerNack{SenderSSRC: 1, MediaSSRC: 7, Nacks: []rtcp.NackPair{{PacketID: 3, LostPackets: 0xffff}, {PacketID: 0xfff0, LostPackets: 0xffff}}})
	add(&rtcp.TransportLayerCC{Header: rtcp.Header{Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback, Length: 5}, SenderSSRC: 1, MediaSSRC: 7, BaseSequenceNumber: 1, PacketStatusCount: 1,
		PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{PacketStatusSymbol: rtcp.TypeTCCPacketReceivedSmallDelta, RunLength: 1}}, RecvDeltas: []*rtcp.RecvDelta{{Type: rtcp.TypeTCCPacketReceivedSmallDelta, Delta: 250}}})
	f.Add(framed([]byte{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 7, 0, 1, 0xff, 0xff, 0x80, 0, 0, 0, 0x3f, 0xff, 0x3f, 0xff}))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := newSlot(Sink{"gallery", "witness", Video})
		s.way = newWay(time.Now())
		w := &spyWriter{}
		s.writer.Store(&binding{stream: w, ssrc: 7, payload: 96})
		in := newIngest(nil, Video, nil, nil)
		asked := 0
		in.ask = func() { asked++ }
		s.attach(in)
		in.outlets = []outlet{s}
		for seq := range uint16(20) {
			p := picture(seq, uint32(seq)*3600, seq == 0, byte(seq))
			p.arrived = time.Now()
			in.forward(p)
		}
		sent := s.packets
		for _, one := range pieces(b) {
			s.told(one, time.Now())
		}
		if n := s.packets - sent; n > againMost*uint32(1+time.Minute/time.Second) {
			t.Fatalf("%d packets were sent again", n)
		}
		if asked > len(b)/2+1 {
			t.Fatalf("%d key frames were asked for", asked)
		}
	})
}

// headers keeps what a slot writes.
type headers struct{ all []rtp.Header }

func (h *headers) WriteRTP(one *rtp.Header, payload []byte) (int, error) {
	h.all = append(h.all, *one)
	return max(1, len(payload)), nil
}
func (h *headers) Write([]byte) (int, error) { panic("a whole packet was written") }

// FuzzPublisher: whatever sequence of packets a publisher sends, what goes on to a subscriber and to the tripwire's collector is whole.
func FuzzPublisher(f *testing.F) {
	head := func(seq, marker byte, payload ...byte) []byte {
		return append([]byte{0x80, 96 | marker, 0, seq, 0, 0, 0, 1, 0, 0, 0, 7}, payload...)
	}
	f.Add(framed(head(1, 0, 0x10, 0x00, 0x9d, 0x01, 0x2a), head(2, 0x80, 0x00, 1, 2, 3)), true)
	f.Add(framed(head(1, 0x80, 0x90, 0xf0, 0xde, 0xc2, 0xa7, 0x2b, 0), head(9, 0x80, 0x10, 0), head(2, 0x80), head(3, 0)), true)
	f.Add(framed(head(1, 0, 0xfb, 0xff, 0xfe), head(2, 0x80, 0xfb, 0x43, 0xff)), false)
	f.Fuzz(func(t *testing.T, b []byte, video bool) {
		m := Audio
		if video {
			m = Video
		}
		s := newSlot(Sink{"gallery", "witness", m})
		w := &headers{}
		s.writer.Store(&binding{stream: w, ssrc: 7, payload: 96})
		in := newIngest(nil, m, nil, nil)
		if video {
			in.watch = newWatch(func([]byte, int, int, int) int { return 0 }, in, func() {})
		}
		s.attach(in)
		in.outlets = []outlet{s}
		var p packet
		for i, one := range pieces(b) {
			if !p.parse(append([]byte(nil), one...), m) {
				continue
			}
			p.arrived = time.Now()
			if in.watch != nil && i%2 == 0 {
				in.mu.Lock()
				in.watch.clean = p.arrived // half of the time the gate is open
				in.mu.Unlock()
			}
			in.forward(&p)
			if in.watch != nil && len(in.watch.frame) > maxFrameBytes+receiveMTU {
				t.Fatalf("a frame of %d bytes is collected", len(in.watch.frame))
			}
		}
		for _, h := range w.all {
			if h.Padding || h.Extension || len(h.CSRC) > 0 || h.SSRC != 7 || m == Audio && h.Marker {
				t.Fatalf("a header that is not the relay's own: %+v", h)
			}
		}
		if in.watch != nil {
			in.watch.stop()
		}
	})
}

// FuzzDoors: whatever comes to the UDP and the TCP port from a stranger, nobody is let in and the doors stay open.
func FuzzDoors(f *testing.F) {
	r, err := New(Config{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0", Addresses: []string{"127.0.0.1"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(r.Close)
	udp, tcp := r.Addresses()
	f.Add(framed(bindingRequest(f, "unknown:x", "wrong"), []byte{22, 254, 253, 0, 0}, []byte{0x80, 96, 0, 1}))
	f.Add(framed(bindingRequest(f, "unknown:x", "wrong")[:21], []byte{}, []byte{0}))
	f.Fuzz(func(t *testing.T, b []byte) {
		stranger, err := net.Dial("udp", udp)
		if err != nil {
			t.Fatal(err)
		}
		defer stranger.Close()
		for _, one := range pieces(b) {
			if _, err := stranger.Write(one); err != nil {
				t.Fatal(err)
			}
		}
		stream, err := net.Dial("tcp", tcp)
		if err != nil {
			return // the door's own limit: the last ones are still half open
		}
		defer stream.Close()
		_, _ = stream.Write(b)
		if n := r.SubscriptionsOf(func(string) bool { return true }); n != 0 {
			t.Fatalf("%d strangers were let in", n)
		}
		if r.doors.udpMux.IsClosed() {
			t.Fatal("the UDP door is shut")
		}
	})
}

// FuzzTURNUsername: nothing but what was handed out opens anything.
func FuzzTURNUsername(f *testing.F) {
	passes, err := NewPasses(turnSecret, time.Minute)
	if err != nil {
		f.Fatal(err)
	}
	given := passes.Issue(Holder{"seat", "page"})
	for _, seed := range []string{"", ":", given.Username[10:], "99999999999:" + given.Username[11:], "-1" + given.Username[10:], given.Username + " ", "0x7fffffff" + given.Username[10:], "+" + given.Username} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if handle, ok := passes.good(name, false); ok && name != given.Username && handle != given.Username[11:] {
			t.Fatalf("%q opens allocations", name)
		}
		if _, ok := passes.good(name, true); ok && (len(name) < 11 || name[len(name)-32:] != given.Username[11:]) {
			t.Fatalf("%q keeps something up", name)
		}
	})
}

// FuzzOfferIsAnswered takes an offer through pion as a publisher's and a subscriber's: it is answered or refused, and nothing of it is left.
func FuzzOfferIsAnswered(f *testing.F) {
	r, err := New(Config{UDPAddr: "127.0.0.1:0", Addresses: []string{"127.0.0.1"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(r.Close)
	whole := offerHead + section("video", "0", "recvonly", "VP8/90000")
	for _, seed := range []string{whole, offerHead + section("audio", "0", "sendonly", "opus/48000/2"), "v=0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, offer string) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if _, id, err := r.Subscribe(ctx, "gallery", pair("gallery", "witness"), offer); err == nil {
			r.Unsubscribe(id)
		}
		if _, id, err := r.Publish(ctx, "camera", false, offer); err == nil {
			r.Unpublish(id)
		}
		r.mu.Lock()
		n := len(r.subscriptions) + len(r.publications)
		r.mu.Unlock()
		if n != 0 {
			t.Fatalf("%d connections are left", n)
		}
	})
}
