package relay

import (
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// fullWriter is a connection that takes so many more packets.
type fullWriter struct {
	spyWriter
	room int
}

func (w *fullWriter) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	if w.room == 0 {
		return 0, nil // what pion's ICE says of a full TCP buffer
	}
	w.room--
	return w.spyWriter.WriteRTP(h, payload)
}

func TestAConnectionThatTakesNoMoreGoesOnAtTheNextKeyFrameAndAsksForNone(t *testing.T) {
	s := newSlot(Sink{"gallery", "witness", Video})
	w := &fullWriter{room: 3}
	w.keep = true
	s.writer.Store(&binding{stream: w, ssrc: 7, payload: 96})
	in := newIngest(nil, Video, nil, nil)
	s.attach(in)
	seq := uint16(0)
	send := func(key bool) bool { seq++; return s.write(picture(seq, uint32(seq)*3600, key, byte(seq))) }
	if !send(true) || !send(false) || !send(false) {
		t.Fatal("the connection had room for three")
	}
	if send(false) {
		t.Fatal("a fourth was taken")
	}
	if s.waits() {
		t.Error("a connection that takes nothing makes the publisher send a key frame")
	}
	w.room = 10
	if send(false) {
		t.Error("the picture went on in the middle")
	}
	if !send(true) || !send(false) {
		t.Error("the picture did not go on at the next key frame")
	}
	for i := 1; i < len(w.headers); i++ {
		if w.headers[i].SequenceNumber != w.headers[i-1].SequenceNumber+1 {
			t.Errorf("number %d after %d: what was never sent is no loss", w.headers[i].SequenceNumber, w.headers[i-1].SequenceNumber)
		}
	}
	s.chokedAt = time.Now().Add(-chokedFor - time.Second)
	s.started = false
	if !s.waits() {
		t.Error("after a while a key frame is asked for again")
	}
}

// lazyTCP passes TCP on to the relay until it is stuck: then it reads nothing more of what the relay sends.
type lazyTCP struct {
	listener net.Listener
	stuck    atomic.Bool
	mu       sync.Mutex
	conns    []net.Conn
	done     sync.WaitGroup
}

func newLazyTCP(t *testing.T, r *Relay) *lazyTCP {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	z := &lazyTCP{listener: l}
	_, relay := r.Addresses()
	z.done.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp4", relay)
			if err != nil {
				client.Close()
				return
			}
			_ = server.(*net.TCPConn).SetReadBuffer(4096)
			z.mu.Lock()
			z.conns = append(z.conns, client, server)
			z.mu.Unlock()
			z.done.Go(func() { _, _ = io.Copy(server, client) })
			z.done.Go(func() {
				buf := make([]byte, 4096)
				for !z.stuck.Load() {
					n, err := server.Read(buf)
					if err != nil {
						return
					}
					if _, err := client.Write(buf[:n]); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		z.mu.Lock()
		for _, c := range z.conns {
			c.Close()
		}
		z.mu.Unlock()
		z.done.Wait()
	})
	return z
}

func (z *lazyTCP) through(t *testing.T, r *Relay) func(string) string {
	_, relay := r.Addresses()
	_, from, _ := net.SplitHostPort(relay)
	_, to, _ := net.SplitHostPort(z.listener.Addr().String())
	return func(answer string) string {
		if !strings.Contains(answer, " "+from+" typ host tcptype passive") {
			t.Error("the answer names no TCP port")
		}
		return strings.ReplaceAll(answer, " "+from+" typ host tcptype", " "+to+" typ host tcptype")
	}
}

func TestASubscriberThatStopsReadingTakesNothingFromTheOthers(t *testing.T) {
	seen := &events{}
	r, err := New(Config{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0", Addresses: []string{"127.0.0.1"}, OnEvent: seen.add})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	routes := map[Sink]Source{}
	for _, viewer := range []string{"judge", "counsel", "gallery"} {
		allow(routes, viewer, "witness", "witness")
	}
	r.Swap(NewSnapshot(routes))
	filler := make([]byte, 1100)
	publish(t, r, "witness", publishOptions{shape: func(p *rtp.Packet) {
		if len(p.Payload) > 4 {
			p.Payload = append(append([]byte(nil), p.Payload...), filler...)
		}
	}})
	lazy := newLazyTCP(t, r)
	overTCP := func(se *webrtc.SettingEngine) { se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4}) }
	stuck := subscribeVia(t, r, "gallery", pair("gallery", "witness"), clientAPI(t, overTCP), lazy.through(t, r))
	healthy := map[string]*testSubscriber{
		"over TCP": subscribe(t, r, "judge", pair("judge", "witness"), clientAPI(t, overTCP)),
		"over UDP": subscribe(t, r, "counsel", pair("counsel", "witness"), nil),
	}
	eventually(t, "all see", func() bool {
		return stuck.count(0) > 10 && healthy["over TCP"].count(0) > 10 && healthy["over UDP"].count(0) > 10
	})
	lazy.stuck.Store(true)
	time.Sleep(4 * time.Second)
	at := stuck.count(0)
	for name, s := range healthy {
		for slot := range 2 {
			span, came := s.span(t, slot)
			if came < span-2 || came < 150 { // the last may be on their way
				t.Errorf("a healthy subscriber %s got %d of %d packets", name, came, span)
			}
		}
	}
	if n := stuck.count(0) - at; n > 0 {
		t.Errorf("the stuck subscriber is not stuck: %d packets", n)
	}
}
