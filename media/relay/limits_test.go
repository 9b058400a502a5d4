package relay

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"
)

// court is a relay with a witness and a judge who sees and hears her, whatever else comes to its doors.
type court struct {
	*Relay
	t     *testing.T
	judge *testSubscriber
	heap  uint64
	tasks int
}

func newCourt(t *testing.T, cfg Config) *court {
	t.Helper()
	r, _ := newRelay(t, cfg)
	routes := allow(map[Sink]Source{}, "judge", "witness", "witness")
	r.Swap(NewSnapshot(allow(routes, "judge", "hostile", "hostile")))
	publish(t, r, "witness", publishOptions{})
	c := &court{Relay: r, t: t, judge: subscribe(t, r, "judge", append(pair("judge", "witness"), pair("judge", "hostile")...), nil)}
	c.goesOn("before")
	c.heap, c.tasks = used(), runtime.NumGoroutine()
	return c
}

// goesOn says that the judge's picture and sound come while whatever was begun is under way.
func (c *court) goesOn(when string) {
	c.t.Helper()
	picture, sound := c.judge.count(0), c.judge.count(1)
	eventually(c.t, "the judge sees and hears the witness "+when, func() bool {
		return c.judge.count(0) > picture+5 && c.judge.count(1) > sound+5
	})
}

// used is the heap that lives on, in bytes.
func used() uint64 {
	runtime.GC()
	runtime.GC() // what the first one let finalizers free
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// asBefore says that heap and goroutines come back to where they were: the heap within half as much again and mib MiB, for what the test itself
// keeps of packets, the goroutines within some that come and go.
func (c *court) asBefore(mib uint64) {
	c.t.Helper()
	c.goesOn("after")
	eventually(c.t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= c.tasks+20 })
	var now uint64
	eventually(c.t, "the heap is as before", func() bool { now = used(); return now < c.heap*3/2+mib<<20 })
	c.t.Logf("heap %d KiB before, %d KiB after; goroutines %d, %d", c.heap>>10, now>>10, c.tasks, runtime.NumGoroutine())
}

func watchingOffer(t *testing.T) string {
	t.Helper()
	pc, err := clientAPI(t, nil).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pc.GracefulClose() }()
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	return offerOf(t, pc)
}

// A thousand offers that are answered and never followed by anything: by four viewers, because one cannot have so many.
func TestAThousandHalfOpenSessionsAreBoundedAndGoAway(t *testing.T) {
	c := newCourt(t, Config{})
	offer := watchingOffer(t)
	sinks := map[string][]Sink{}
	taken, refused := 0, 0
	for _, viewer := range []string{"gallery", "screen", "a", "b"} {
		sinks[viewer] = []Sink{{viewer, "witness", Audio}}
		for range 260 {
			switch _, _, err := c.Subscribe(context.Background(), viewer, sinks[viewer], offer); {
			case err == nil:
				taken++
			case errors.Is(err, ErrTooMany):
				refused++
			default:
				t.Fatal(err)
			}
		}
	}
	if taken < 1000 || refused == 0 {
		t.Errorf("%d were answered and %d refused; want a thousand answered, and a bound", taken, refused)
	}
	if n := c.SubscriptionsOf(func(v string) bool { return v == "gallery" }); n != maxPerViewer {
		t.Errorf("one viewer holds %d", n)
	}
	full := used()
	c.goesOn("with a thousand sessions half open")
	c.endHalfOpen(time.Now().Add(connectWithin + time.Second))
	if n := c.SubscriptionsOf(func(v string) bool { return v != "judge" }); n != 0 {
		t.Errorf("%d are still there after %v", n, connectWithin)
	}
	t.Logf("%d half open: %d KiB each", taken, (full-min(full, c.heap))/uint64(taken)>>10)
	c.asBefore(12)
}

func TestHalfOpenPublicationsOfOneLabelLeaveRoomForTheOthers(t *testing.T) {
	c := newCourt(t, Config{})
	pc, err := clientAPI(t, nil).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pc.GracefulClose() }()
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	offer := offerOf(t, pc)
	var newest string
	for range maxPublications + 1 {
		if _, newest, err = c.Publish(context.Background(), "camera", false, offer); err != nil {
			t.Fatalf("the newest of a label is refused for the sake of older ones that never came: %v", err)
		}
	}
	c.Relay.mu.Lock()
	n, there := 0, c.publications[newest] != nil
	for _, pub := range c.publications {
		if pub.label == "camera" {
			n++
		}
	}
	c.Relay.mu.Unlock()
	if n != halfOpenOfLabel || !there {
		t.Errorf("%d half-open publications of one label are kept, the newest among them: %v", n, there)
	}
	publish(t, c.Relay, "hostile", publishOptions{})
	eventually(t, "another label is published and seen", func() bool { return c.judge.count(2) > 0 })
}

// bindingRequest makes a STUN binding request with a user name, as ICE does, signed with a password.
func bindingRequest(t testing.TB, user, password string) []byte {
	t.Helper()
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(user), stun.NewShortTermIntegrity(password), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

// credentials reads the relay's ICE user fragment and password out of an answer.
func credentials(t testing.TB, answer string) (ufrag, password string) {
	t.Helper()
	for line := range strings.Lines(answer) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "a=ice-ufrag:"); ok {
			ufrag = v
		}
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "a=ice-pwd:"); ok {
			password = v
		}
	}
	if ufrag == "" || password == "" {
		t.Fatal("the answer names no ICE credentials")
	}
	return ufrag, password
}

// TestAFloodAtTheUDPDoorReachesNobody: unknown user fragments, known ones with a wrong password, DTLS, RTP and noise from strangers.
func TestAFloodAtTheUDPDoorReachesNobody(t *testing.T) {
	c := newCourt(t, Config{})
	at, _ := c.Addresses()
	ufrag, _ := credentials(t, c.judge.answer)
	hello := append([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50}, make([]byte, 50)...)
	noise := make([]byte, 1200)
	_, _ = rand.Read(noise)
	flood := [][]byte{bindingRequest(t, "unknown:x", "wrong"), bindingRequest(t, ufrag+":x", "wrong"), hello, append([]byte{0x80, 96}, noise[:100]...), append([]byte{0x80, 200}, noise[:100]...),
		noise, {}, {0}, {0x80}, bindingRequest(t, ufrag+":x", "wrong")[:20], bindingRequest(t, strings.Repeat("u", 500), "wrong")}
	for range 4 {
		conn, err := net.Dial("udp", at)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5000 {
			b := flood[i%len(flood)]
			if len(b) > 20 && b[0] == 0 { // another transaction each time
				b = append([]byte(nil), b...)
				binary.BigEndian.PutUint32(b[8:], uint32(i))
			}
			_, _ = conn.Write(b)
		}
		conn.Close()
		c.goesOn("in a flood")
	}
	c.asBefore(12)
}

func TestHalfOpenTCPIsBoundedAndEnds(t *testing.T) {
	first, idle := tcpFirst, tcpIdle
	tcpFirst, tcpIdle = time.Second, time.Second
	t.Cleanup(func() { tcpFirst, tcpIdle = first, idle }) // after the relay is closed
	c := newCourt(t, Config{TCPAddr: "127.0.0.1:0"})
	_, at := c.Addresses()
	ufrag, _ := credentials(t, c.judge.answer)
	framed := func(b []byte) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...) }
	var all []net.Conn
	for i := range tcpOfOne + 50 {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			continue // refused
		}
		all = append(all, conn)
		switch i % 4 {
		case 1:
			_, _ = conn.Write(framed(bindingRequest(t, "unknown:x", "wrong")))
		case 2:
			_, _ = conn.Write([]byte{0xff, 0xff, 1, 2, 3}) // a frame that never ends
		case 3:
			_, _ = conn.Write(framed(bindingRequest(t, ufrag+":x", "wrong"))) // of a session that is over UDP
		}
	}
	c.goesOn("with TCP half open")
	for i, conn := range all {
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, err := conn.Read(make([]byte, 1))
		var late net.Error
		if errors.As(err, &late) && late.Timeout() {
			t.Fatalf("connection %d of %d is still there", i, len(all))
		}
		conn.Close()
	}
	c.asBefore(12)
}

// intruder is somebody who was let in as a viewer and speaks ICE as he should, and whatever he likes after.
func (c *court) intruder(viewer string) *ice.Conn {
	c.t.Helper()
	agent, err := ice.NewAgentWithOptions(ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4}), ice.WithIncludeLoopback(), ice.WithLoggerFactory(muteFactory{}))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = agent.GracefulClose() })
	ufrag, password, err := agent.GetLocalUserCredentials()
	if err != nil {
		c.t.Fatal(err)
	}
	gathered := make(chan struct{})
	if err := agent.OnCandidate(func(one ice.Candidate) {
		if one == nil {
			close(gathered)
		}
	}); err != nil {
		c.t.Fatal(err)
	}
	if err := agent.GatherCandidates(); err != nil {
		c.t.Fatal(err)
	}
	<-gathered
	var offer sdp.SessionDescription
	if err := offer.UnmarshalString(watchingOffer(c.t)); err != nil {
		c.t.Fatal(err)
	}
	replace := func(in []sdp.Attribute) {
		for i := range in {
			switch in[i].Key {
			case "ice-ufrag":
				in[i].Value = ufrag
			case "ice-pwd":
				in[i].Value = password
			case "setup":
				in[i].Value = "active" // the relay waits for his ClientHello
			}
		}
	}
	replace(offer.Attributes)
	for _, m := range offer.MediaDescriptions {
		replace(m.Attributes)
	}
	text, err := offer.Marshal()
	if err != nil {
		c.t.Fatal(err)
	}
	answer, _, err := c.Subscribe(context.Background(), viewer, []Sink{{viewer, "witness", Audio}}, string(text))
	if err != nil {
		c.t.Fatal(err)
	}
	at, _ := c.Addresses()
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		c.t.Fatal(err)
	}
	door, err := ice.UnmarshalCandidate("1 1 udp 2130706431 " + host + " " + port + " typ host")
	if err != nil {
		c.t.Fatal(err)
	}
	if err := agent.AddRemoteCandidate(door); err != nil {
		c.t.Fatal(err)
	}
	theirUfrag, theirPassword := credentials(c.t, answer)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := agent.Dial(ctx, theirUfrag, theirPassword)
	if err != nil {
		c.t.Fatalf("the intruder does not come in: %v", err)
	}
	return conn
}

func TestDTLSGarbageAndClientHelloFloodsOfAViewerWhoWasLetInHurtNobody(t *testing.T) {
	c := newCourt(t, Config{})
	conn := c.intruder("hostile")
	for i := range 12000 {
		b := make([]byte, 120)
		_, _ = rand.Read(b)
		switch i % 4 {
		case 0: // a fragment of a ClientHello that never comes whole, each of another message
			copy(b, []byte{22, 254, 253, 0, 0, 0, 0, 0, 0, byte(i >> 8), byte(i), 0, 107, 1, 0, 255, 255, byte(i >> 8), byte(i), 0, 0, 0, 0, 0, 95})
		case 1: // a whole one of random content
			copy(b, []byte{22, 254, 253, 0, 0, 0, 0, 0, 0, byte(i >> 8), byte(i), 0, 107, 1, 0, 0, 95, 0, 0, 0, 0, 0, 0, 0, 95, 254, 253})
		case 2: // application data before there is a key
			copy(b, []byte{23, 254, 253, 0, 1, 0, 0, 0, 0, byte(i >> 8), byte(i), 0, 107})
		case 3: // RTP and RTCP before there is a key
			b[0], b[1] = 0x80, byte(96+i%110)
		}
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	c.goesOn("beside an intruder")
	c.endHalfOpen(time.Now().Add(connectWithin + time.Second))
	_ = conn.Close()
	c.asBefore(12)
}

// TestAPublisherWhoSendsMalformedRTPAndRTCPHurtsNobody sends under real keys what a broken or hostile encoder could.
func TestAPublisherWhoSendsMalformedRTPAndRTCPHurtsNobody(t *testing.T) {
	c := newCourt(t, Config{})
	n := 0
	p := publish(t, c.Relay, "hostile", publishOptions{shape: func(p *rtp.Packet) {
		n++
		junk := make([]byte, n%1200)
		_, _ = rand.Read(junk)
		switch n % 7 {
		case 0:
			p.Payload = nil
		case 1:
			p.Payload = junk
		case 2: // more padding than there is packet
			p.Padding, p.Payload = true, append(junk, 255)
		case 3: // a VP8 descriptor that ends in the middle of itself
			p.Payload = []byte{0xff, 0xff, 0xff}[:1+n%3]
		case 4: // a key frame of nothing
			p.Payload = append([]byte{0x10, 0x00, 0x9d, 0x01, 0x2a, 0xff, 0xff, 0xff, 0xff}, junk...)
		case 5: // contributors and an extension of a profile that nobody knows
			p.CSRC = []uint32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
			p.Extension, p.ExtensionProfile = true, 0x4711
			_ = p.SetExtension(0, make([]byte, 64))
		case 6:
			p.SequenceNumber, p.Timestamp = uint16(n*7919), uint32(n)*2654435761
		}
	}})
	eventually(t, "he is connected", func() bool { return p.pc.ConnectionState() == webrtc.PeerConnectionStateConnected })
	for i := range 3000 {
		b := make([]byte, 4*(1+i%40))
		_, _ = rand.Read(b)
		b[0], b[1] = 0x80|b[0]&0x3f, byte(192+i%20)
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1+i%3)) // some are longer than they are
		raw := rtcp.RawPacket(b)
		_ = p.pc.WriteRTCP([]rtcp.Packet{&raw})
	}
	c.goesOn("beside a hostile publisher")
	p.close()
	c.asBefore(12)
}
