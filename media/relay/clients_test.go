package relay

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// eventually waits for a condition, for ten seconds at most.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	end := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(end) {
			t.Fatalf("did not happen within 10 s: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// events collects what the relay tells.
type events struct {
	mu  sync.Mutex
	all []Event
}

func (e *events) add(ev Event) { e.mu.Lock(); defer e.mu.Unlock(); e.all = append(e.all, ev) }

func (e *events) has(k Kind, id string) bool { return e.count(k, id) > 0 }

func (e *events) count(k Kind, id string) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range e.all {
		if ev.Kind == k && ev.ID == id {
			n++
		}
	}
	return n
}

func newRelay(t *testing.T, cfg Config) (*Relay, *events) {
	t.Helper()
	seen := &events{}
	cfg.UDPAddr, cfg.Addresses, cfg.OnEvent = "127.0.0.1:0", []string{"127.0.0.1"}, seen.add
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r, seen
}

func clientAPI(t *testing.T, tune func(*webrtc.SettingEngine)) *webrtc.API {
	t.Helper()
	se := webrtc.SettingEngine{LoggerFactory: muteFactory{}}
	se.SetIncludeLoopbackCandidate(true)
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	if tune != nil {
		tune(&se)
	}
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	return webrtc.NewAPI(webrtc.WithSettingEngine(se), webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
}

// testPublisher sends a VP8 key frame, then small other frames, and Opus silence, at a brisk pace.
type testPublisher struct {
	pc           *webrtc.PeerConnection
	id           string
	video, audio *webrtc.TrackLocalStaticRTP
	answer       string
	offer        string
	plis         atomic.Int64
	frame        atomic.Pointer[[]byte]
	quiet        atomic.Bool
	shape        func(*rtp.Packet) // changes each packet before it goes out
	stop         chan struct{}
	done         sync.WaitGroup
}

const (
	plantedSSRC   = 0x5EC2E701
	plantedAudio  = 0x5EC2E702
	plantedStream = "PlantedStreamOfTheRoom"
	plantedTrack  = "PlantedTrackOfTheRoom"
)

func readFrame(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type publishOptions struct {
	masked bool
	frame  string
	api    *webrtc.API
	shape  func(*rtp.Packet)
}

func publish(t *testing.T, r *Relay, label string, o publishOptions) *testPublisher {
	t.Helper()
	return publishVia(t, r, label, o, func(answer string) string { return answer })
}

// publishVia publishes with an answer that leads elsewhere.
func publishVia(t *testing.T, r *Relay, label string, o publishOptions, via func(string) string) *testPublisher {
	t.Helper()
	if o.api == nil {
		o.api = clientAPI(t, nil)
	}
	if o.frame == "" {
		o.frame = "black.vp8"
	}
	pc, err := o.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	p := &testPublisher{pc: pc, stop: make(chan struct{}), shape: o.shape}
	frame := readFrame(t, o.frame)
	p.frame.Store(&frame)
	p.video = p.addTrack(t, webrtc.MimeTypeVP8, 90000, plantedSSRC)
	p.audio = p.addTrack(t, webrtc.MimeTypeOpus, 48000, plantedAudio)
	p.offer = offerOf(t, pc)
	p.answer, p.id, err = r.Publish(context.Background(), label, o.masked, p.offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: via(p.answer)}); err != nil {
		t.Fatal(err)
	}
	p.done.Add(1)
	go p.send()
	t.Cleanup(p.close)
	return p
}

func (p *testPublisher) addTrack(t *testing.T, mime string, clock uint32, ssrc webrtc.SSRC) *webrtc.TrackLocalStaticRTP {
	t.Helper()
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime, ClockRate: clock}, plantedTrack, plantedStream)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := p.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{
		Direction:     webrtc.RTPTransceiverDirectionSendonly,
		SendEncodings: []webrtc.RTPEncodingParameters{{RTPCodingParameters: webrtc.RTPCodingParameters{SSRC: ssrc}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.done.Add(1)
	go func() {
		defer p.done.Done()
		for {
			packets, _, err := tr.Sender().ReadRTCP()
			if err != nil {
				return
			}
			for _, pk := range packets {
				if _, ok := pk.(*rtcp.PictureLossIndication); ok {
					p.plis.Add(1)
				}
			}
		}
	}()
	return track
}

func offerOf(t *testing.T, pc *webrtc.PeerConnection) string {
	t.Helper()
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	return pc.LocalDescription().SDP
}

// send sends a key frame after each key-frame request, and another frame else, every 10 ms.
func (p *testPublisher) send() {
	defer p.done.Done()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var vseq, aseq uint16 = 0x5EC2, 0x5EC2
	var ts uint32 = 0x5EC2E703
	asked := int64(-1)
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
		}
		if p.quiet.Load() {
			continue
		}
		ts += 900
		frame := []byte{0x31, 0x01, 0x02, 0x03}
		if n := p.plis.Load(); n != asked {
			asked, frame = n, *p.frame.Load()
		}
		// A descriptor with everything in it: X, then I L T K, 15 bit picture id, TL0PICIDX, TID and KEYIDX.
		payload := append([]byte{0x90, 0xF0, 0xDE, 0xC2, 0xA7, 0x2B}, frame...)
		vseq++
		aseq++
		v := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: vseq, Timestamp: ts, Marker: true}, Payload: payload}
		a := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: aseq, Timestamp: ts, Marker: aseq%7 == 0}, Payload: []byte{0xF8, 0xFF, 0xFE}}
		if p.shape != nil {
			p.shape(v)
			p.shape(a)
		}
		_ = p.video.WriteRTP(v) // before the connection is up there is nowhere to write to
		_ = p.audio.WriteRTP(a)
	}
}

func (p *testPublisher) close() {
	select {
	case <-p.stop:
		return
	default:
	}
	close(p.stop)
	_ = p.pc.GracefulClose()
	p.done.Wait()
}

// testSubscriber counts and keeps what comes in each section.
type testSubscriber struct {
	pc     *webrtc.PeerConnection
	id     string
	answer string
	mu     sync.Mutex
	raw    map[string][][]byte // by mid
	rtcp   [][]byte
	done   sync.WaitGroup
}

func subscribe(t *testing.T, r *Relay, viewer string, slots []Sink, api *webrtc.API) *testSubscriber {
	t.Helper()
	return subscribeVia(t, r, viewer, slots, api, func(answer string) string { return answer })
}

// subscribeVia subscribes with an answer that leads elsewhere.
func subscribeVia(t *testing.T, r *Relay, viewer string, slots []Sink, api *webrtc.API, via func(string) string) *testSubscriber {
	t.Helper()
	if api == nil {
		api = clientAPI(t, nil)
	}
	var id, answer string
	s := join(t, api, slots, func(offer string) string {
		var err error
		if answer, id, err = r.Subscribe(context.Background(), viewer, slots, offer); err != nil {
			t.Fatal(err)
		}
		return via(answer)
	})
	s.id, s.answer = id, answer
	return s
}

// join makes a subscriber of an offer that ask answers.
func join(t *testing.T, api *webrtc.API, slots []Sink, ask func(offer string) string) *testSubscriber {
	t.Helper()
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	s := &testSubscriber{pc: pc, raw: map[string][][]byte{}}
	for _, sink := range slots {
		if _, err := pc.AddTransceiverFromKind(kindOf(sink.Media), webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, rc *webrtc.RTPReceiver) {
		s.done.Add(2)
		mid := rc.RTPTransceiver().Mid()
		go func() {
			defer s.done.Done()
			buf := make([]byte, 1600)
			for {
				n, _, err := rc.Read(buf)
				if err != nil {
					return
				}
				s.mu.Lock()
				s.rtcp = append(s.rtcp, append([]byte(nil), buf[:n]...))
				s.mu.Unlock()
			}
		}()
		defer s.done.Done()
		buf := make([]byte, 1600)
		for {
			n, _, err := track.Read(buf)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.raw[mid] = append(s.raw[mid], append([]byte(nil), buf[:n]...))
			s.mu.Unlock()
		}
	})
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: ask(offerOf(t, pc))}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func (s *testSubscriber) close() {
	_ = s.pc.GracefulClose()
	s.done.Wait()
}

// count is how many packets came in the section of a slot.
func (s *testSubscriber) count(slot int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.raw[fmt.Sprint(slot)])
}

func (s *testSubscriber) packets(t *testing.T, slot int) []*rtp.Packet {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*rtp.Packet
	for _, b := range s.raw[fmt.Sprint(slot)] {
		p := &rtp.Packet{}
		if err := p.Unmarshal(append([]byte(nil), b...)); err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

func pair(viewer, slot string) []Sink {
	return []Sink{{viewer, slot, Video}, {viewer, slot, Audio}}
}

// allow makes routes of a label into a viewer's slot, both media.
func allow(routes map[Sink]Source, viewer, slot, label string) map[Sink]Source {
	for _, s := range pair(viewer, slot) {
		routes[s] = Source{label, s.Media}
	}
	return routes
}
