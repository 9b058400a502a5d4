package relay

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

func TestAViewerGetsOnlyWhatTheSnapshotAllows(t *testing.T) {
	r, seen := newRelay(t, Config{})
	w := publish(t, r, "witness", publishOptions{})
	publish(t, r, "bench", publishOptions{})
	judge := subscribe(t, r, "judge", append(pair("judge", "witness"), pair("judge", "bench")...), nil)
	gallery := subscribe(t, r, "gallery", append(pair("gallery", "witness"), pair("gallery", "bench")...), nil)
	eventually(t, "all are up", func() bool {
		return seen.has(Published, w.id) && seen.has(Subscribed, judge.id) && seen.has(Subscribed, gallery.id)
	})
	routes := allow(allow(map[Sink]Source{}, "judge", "witness", "witness"), "judge", "bench", "bench")
	routes[Sink{"gallery", "bench", Audio}] = Source{"bench", Audio}
	routes[Sink{"gallery", "bench", Video}] = Source{"bench", Audio} // of the other medium: denied
	routes[Sink{"gallery", "witness", Audio}] = Source{"witness", Video}
	r.Swap(NewSnapshot(routes))
	eventually(t, "the judge sees and hears all, the gallery hears the bench", func() bool {
		return judge.count(0) > 20 && judge.count(1) > 20 && judge.count(2) > 20 && judge.count(3) > 20 && gallery.count(3) > 20
	})
	for slot := range 3 {
		if n := gallery.count(slot); n != 0 {
			t.Errorf("the gallery got %d packets in slot %d, which nothing allows", n, slot)
		}
	}
	if got := r.Stats(); got.Publications != 2 || got.Subscriptions != 2 || got.Forwarded < 100 {
		t.Errorf("%+v", got)
	}
	r.Swap(nil)
	r.Unsubscribe(judge.id)
	eventually(t, "the judge's subscription is told gone", func() bool { return seen.has(Unsubscribed, judge.id) })
}

func TestAPictureBeginsAtAKeyFrameThatTheRelayAskedFor(t *testing.T) {
	r, seen := newRelay(t, Config{})
	p := publish(t, r, "witness", publishOptions{})
	eventually(t, "the publication is up", func() bool { return seen.has(Published, p.id) })
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "witness", "witness")))
	before := p.plis.Load()
	s := subscribe(t, r, "judge", pair("judge", "witness"), nil)
	eventually(t, "the judge sees", func() bool { return s.count(0) > 10 })
	if p.plis.Load() == before {
		t.Error("no key frame was asked for")
	}
	if first := s.packets(t, 0)[0].Payload; first[0] != 0x10 || first[1]&1 != 0 {
		t.Errorf("the first packet is no key frame under a plain descriptor: %x", first[:2])
	}
}

func TestNothingOfThePublisherReachesASubscriber(t *testing.T) {
	r, seen := newRelay(t, Config{})
	p := publish(t, r, "witness", publishOptions{shape: func(p *rtp.Packet) {
		p.CSRC = []uint32{plantedSSRC}
		if err := p.SetExtension(5, []byte("PLANTED-EXT")); err != nil {
			panic(err)
		}
		p.Padding, p.PaddingSize = true, 9
	}})
	s := subscribe(t, r, "judge", pair("judge", "witness"), nil)
	eventually(t, "both are up", func() bool { return seen.has(Published, p.id) && seen.has(Subscribed, s.id) })
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "witness", "witness")))
	eventually(t, "reports and packets come", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.rtcp) > 1 && len(s.raw["0"]) > 50 && len(s.raw["1"]) > 50
	})
	for _, planted := range append([]string{plantedStream, plantedTrack, fmt.Sprint(uint32(plantedSSRC)), fmt.Sprint(uint32(plantedAudio))}, lines(p.offer, "a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "o=")...) {
		if strings.Contains(s.answer, planted) {
			t.Errorf("the subscriber's SDP holds %q of the publisher", planted)
		}
	}
	for slot, ssrc := range []uint32{plantedSSRC, plantedAudio} {
		for i, got := range s.packets(t, slot) {
			if got.Extension || len(got.CSRC) > 0 || got.Padding || got.SSRC == ssrc {
				t.Fatalf("slot %d, packet %d: header %+v", slot, i, got.Header)
			}
			if slot == 1 && got.Marker {
				t.Fatal("the marker bit of sound varies")
			}
			if int16(got.SequenceNumber-0x5EC2) < 200 && int16(got.SequenceNumber-0x5EC2) >= 0 && int32(got.Timestamp-0x5EC2E703) >= 0 && int32(got.Timestamp-0x5EC2E703) < 1<<20 {
				t.Fatal("number and time are the publisher's own")
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	needles := [][]byte{[]byte("PLANTED"), binary.BigEndian.AppendUint32(nil, plantedSSRC), binary.BigEndian.AppendUint32(nil, plantedAudio), {0xDE, 0xC2, 0xA7, 0x2B}}
	for _, group := range [][][]byte{s.raw["0"], s.raw["1"], s.rtcp} {
		for _, b := range group {
			for _, n := range needles {
				if bytes.Contains(b, n) {
					t.Fatalf("a packet holds %x of the publisher", n)
				}
			}
		}
	}
}

// lines returns what follows the prefixes in the lines of an SDP.
func lines(sdp string, prefixes ...string) (out []string) {
	for _, l := range strings.Split(sdp, "\r\n") {
		for _, p := range prefixes {
			if rest, ok := strings.CutPrefix(l, p); ok {
				out = append(out, rest)
			}
		}
	}
	return out
}

func TestAnswersHoldTheConfiguredAddressesOnly(t *testing.T) {
	seen := &events{}
	r, err := New(Config{UDPAddr: "0.0.0.0:0", TCPAddr: "0.0.0.0:0", Addresses: []string{"192.0.2.7", "2001:db8::7"}, OnEvent: seen.add})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	pc, err := clientAPI(t, nil).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	answer, _, err := r.Subscribe(context.Background(), "v", []Sink{{"v", "s", Audio}}, offerOf(t, pc))
	if err != nil {
		t.Fatal(err)
	}
	got := lines(answer, "a=candidate:")
	if len(got) != 4 {
		t.Fatalf("%d candidates, want UDP and TCP for two addresses: %q", len(got), got)
	}
	for _, c := range got {
		if f := strings.Fields(c); f[4] != "192.0.2.7" && f[4] != "2001:db8::7" {
			t.Errorf("candidate of an address that is not configured: %s", c)
		}
	}
	if !strings.Contains(answer, "a=ice-lite") || strings.Contains(answer, "a=extmap:") {
		t.Error("the answer is not ICE-lite, or negotiates a header extension")
	}
}

func TestOverTCPToo(t *testing.T) {
	seen := &events{}
	r, err := New(Config{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0", Addresses: []string{"127.0.0.1"}, OnEvent: seen.add})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "witness", "witness")))
	publish(t, r, "witness", publishOptions{})
	api := clientAPI(t, func(se *webrtc.SettingEngine) { se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4}) })
	s := subscribe(t, r, "judge", pair("judge", "witness"), api)
	eventually(t, "the judge sees and hears over TCP", func() bool { return s.count(0) > 10 && s.count(1) > 10 })
}

func TestAPublicationThatComesBackReplacesTheOld(t *testing.T) {
	r, seen := newRelay(t, Config{})
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "witness", "witness")))
	s := subscribe(t, r, "judge", pair("judge", "witness"), nil)
	first := publish(t, r, "witness", publishOptions{})
	eventually(t, "the first is seen", func() bool { return s.count(0) > 10 })
	second := publish(t, r, "witness", publishOptions{})
	eventually(t, "the second is up and the first is gone", func() bool { return seen.has(Published, second.id) && seen.has(Unpublished, first.id) })
	n := s.count(0)
	eventually(t, "the second is seen in the same slot", func() bool { return s.count(0) > n+20 })
	got := s.packets(t, 0)
	for i := 1; i < len(got); i++ {
		if d := int16(got[i].SequenceNumber - got[i-1].SequenceNumber); d != 1 {
			t.Fatalf("packet %d: the number goes on by %d", i, d)
		}
		if d := int32(got[i].Timestamp - got[i-1].Timestamp); d <= 0 || d > 10*90000 {
			t.Fatalf("packet %d: the time goes on by %d", i, d)
		}
	}
	if seen.has(Unpublished, second.id) {
		t.Error("the second is gone too")
	}
}

func TestAPublicationThatFallsSilentIsToldStalledAndThenResumed(t *testing.T) {
	r, seen := newRelay(t, Config{})
	p := publish(t, r, "witness", publishOptions{})
	eventually(t, "it is up", func() bool { return seen.has(Published, p.id) })
	p.quiet.Store(true)
	began := time.Now()
	eventually(t, "it is told stalled", func() bool { return seen.has(Stalled, p.id) })
	if d := time.Since(began); d > 1500*time.Millisecond {
		t.Errorf("told after %v", d)
	}
	p.quiet.Store(false)
	eventually(t, "it is told resumed", func() bool { return seen.has(Resumed, p.id) })
}

func TestAPublisherWhoseLinkIsCutIsUnpublished(t *testing.T) {
	r, seen := newRelay(t, Config{})
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: conn, Logger: mute{}})
	defer mux.Close()
	p := publish(t, r, "witness", publishOptions{api: clientAPI(t, func(se *webrtc.SettingEngine) { se.SetICEUDPMux(mux) })})
	eventually(t, "it is up", func() bool { return seen.has(Published, p.id) })
	began := time.Now()
	conn.Close() // not a goodbye: the cable
	eventually(t, "it is unpublished", func() bool { return seen.has(Unpublished, p.id) })
	if d := time.Since(began); d > 7*time.Second {
		t.Errorf("unpublished after %v", d)
	}
}

func TestTheRecordersTapIsUnderTheSnapshotToo(t *testing.T) {
	r, _ := newRelay(t, Config{})
	tap := &countingTap{}
	cancel := r.Tap("witness", Video, tap)
	p := publish(t, r, "witness", publishOptions{})
	other := subscribe(t, r, "judge", pair("judge", "witness"), nil)
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "witness", "witness")))
	eventually(t, "the judge sees", func() bool { return other.count(0) > 20 })
	if n := tap.n.Load(); n != 0 || tap.on.Load() {
		t.Fatalf("the tap got %d packets that nothing allows", n)
	}
	r.Swap(NewSnapshot(map[Sink]Source{{TapViewer, "witness", Video}: {"witness", Video}}))
	eventually(t, "the tap gets packets and a key frame", func() bool { return tap.n.Load() > 20 && tap.keys.Load() > 0 && tap.on.Load() })
	cancel()
	n := tap.n.Load()
	time.Sleep(50 * time.Millisecond)
	if tap.n.Load() != n || tap.on.Load() {
		t.Error("the tap got packets after cancel returned")
	}
	r.Unpublish(p.id)
}
