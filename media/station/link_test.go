package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// fakeGateway holds the station's door of a gateway: the WebSocket, and what the test wants of WHIP.
type fakeGateway struct {
	*httptest.Server
	token string
	got   chan message // what the station sent
	conns chan *gatewayConn
	whip  http.HandlerFunc
}

type gatewayConn struct {
	*websocket.Conn
	t *testing.T
}

type message struct {
	Type string          `json:"type"`
	ID   string          `json:"id"`
	Name string          `json:"name"`
	Args json.RawMessage `json:"args"`
	At   string          `json:"at"`
	SDP  string          `json:"sdp"`
}

func newFakeGateway(t *testing.T) *fakeGateway {
	t.Helper()
	g := &fakeGateway{token: "T", got: make(chan message, 256), conns: make(chan *gatewayConn, 16)}
	ctx, stop := context.WithCancel(context.Background())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws/{hearing}", func(w http.ResponseWriter, req *http.Request) {
		switch {
		case req.PathValue("hearing") != "demo":
			refuseHTTP(w, http.StatusNotFound, "hearing_unknown", "There is no such hearing.")
			return
		case req.Header.Get("Authorization") != "Bearer "+g.token:
			refuseHTTP(w, http.StatusUnauthorized, "token_wrong", "The token is wrong.")
			return
		}
		conn, err := websocket.Accept(w, req, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		g.conns <- &gatewayConn{conn, t}
		for {
			_, b, err := conn.Read(ctx)
			if err != nil {
				return
			}
			var m message
			if err := json.Unmarshal(b, &m); err != nil {
				t.Errorf("the station sent %q", b)
			}
			if m.Type != "ping" {
				g.got <- m
			}
		}
	})
	mux.HandleFunc("/whip/", func(w http.ResponseWriter, req *http.Request) {
		if g.whip == nil {
			refuseHTTP(w, http.StatusServiceUnavailable, "media_refused", "Not now.")
			return
		}
		g.whip(w, req)
	})
	g.Server = httptest.NewServer(mux)
	t.Cleanup(func() { stop(); g.Server.CloseClientConnections(); g.Server.Close() })
	return g
}

// next waits for a message of the station that is not a ping.
func (g *fakeGateway) next(t *testing.T) message {
	t.Helper()
	select {
	case m := <-g.got:
		return m
	case <-time.After(5 * time.Second):
		t.Fatal("the station sent nothing")
		return message{}
	}
}

func (g *fakeGateway) conn(t *testing.T) *gatewayConn {
	t.Helper()
	select {
	case c := <-g.conns:
		if m := g.next(t); m.Type != "hello" {
			t.Fatalf("first came %+v", m)
		}
		return c
	case <-time.After(8 * time.Second):
		t.Fatal("the station did not connect")
		return nil
	}
}

func (c *gatewayConn) send(v any) {
	c.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.Write(context.Background(), websocket.MessageText, b); err != nil {
		c.t.Error(err)
	}
}

// linkLog records the link's events.
type linkLog struct {
	mu     sync.Mutex
	events []string
	states []stateMessage
}

func (l *linkLog) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, s)
}
func (l *linkLog) linkUp()         { l.add("up") }
func (l *linkLog) linkDown(string) { l.add("down") }
func (l *linkLog) linkState(_ []byte, st stateMessage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.states = append(l.states, st)
}
func (l *linkLog) linkReply(id string, _ []byte, refused string) { l.add("reply " + refused) }
func (l *linkLog) linkPass(raw []byte)                           { l.add("pass") }

func (l *linkLog) has(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if e == s {
			return true
		}
	}
	return false
}

func startLink(t *testing.T, g *fakeGateway, hearing, token string, events linkEvents) (*link, <-chan error) {
	t.Helper()
	u, err := url.Parse(g.URL)
	if err != nil {
		t.Fatal(err)
	}
	l := newLink(u, hearing, token, gatewayClient(nil), events, quiet)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	ended := make(chan struct{})
	go func() { defer close(ended); done <- l.run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	return l, done
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(8 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain for " + what)
		}
	}
}

func TestACommandIsSentAgainUnderItsIDUntilItIsAcknowledged(t *testing.T) {
	g, log := newFakeGateway(t), &linkLog{}
	l, _ := startLink(t, g, "demo", "T", log)
	first := g.conn(t)
	at := time.Date(2026, 11, 22, 14, 30, 15, 123_000_000, time.UTC)
	id := l.command("witness.afraid", noArgs{}, at, false)
	if m := g.next(t); m.ID != id || m.Name != "witness.afraid" || m.At != "2026-11-22T14:30:15.123Z" {
		t.Fatalf("got %+v", m)
	}
	first.CloseNow() // before the acknowledgement
	later := l.command("testimony.pause", map[string]string{"why": "break"}, at, false)
	second := g.conn(t)
	for _, want := range []string{id, later} {
		if m := g.next(t); m.ID != want {
			t.Fatalf("got %+v, want %s", m, want)
		}
	}
	second.send(map[string]any{"type": "ack", "id": id, "index": 7})
	second.send(map[string]any{"type": "error", "id": later, "code": "wrong_phase", "message": "No."})
	waitFor(t, "the answers", func() bool { return l.unanswered() == 0 && log.has("reply ") && log.has("reply wrong_phase") })
	second.CloseNow()
	g.conn(t)
	select {
	case m := <-g.got:
		t.Errorf("an answered command was sent again: %+v", m)
	case <-time.After(100 * time.Millisecond):
	}
}

func TestACommandIsKeptWhenTheGatewayCannotStoreIt(t *testing.T) {
	g := newFakeGateway(t)
	l, _ := startLink(t, g, "demo", "T", &linkLog{})
	c := g.conn(t)
	id := l.command("witness.afraid", noArgs{}, time.Now(), false)
	g.next(t)
	c.send(map[string]any{"type": "error", "id": id, "code": "not_durable", "message": "The disk is full."})
	if m := g.next(t); m.ID != id {
		t.Fatalf("got %+v", m)
	}
	c.send(map[string]any{"type": "ack", "id": id, "index": 1})
	waitFor(t, "the acknowledgement", func() bool { return l.unanswered() == 0 })
}

func TestOnlyTheNewestMaskStatusIsKept(t *testing.T) {
	u, _ := url.Parse("http://127.0.0.1:1")
	l := newLink(u, "demo", "T", gatewayClient(nil), &linkLog{}, quiet)
	l.command("mask.status", maskStatus{Picture: "card"}, time.Now(), true)
	l.command("witness.afraid", noArgs{}, time.Now(), false)
	l.command("mask.status", maskStatus{Picture: "ok"}, time.Now(), true)
	if n := l.unanswered(); n != 2 {
		t.Errorf("%d commands are kept", n)
	}
}

func TestARefusalThatNoWaitingHealsEndsTheLinkWithASentence(t *testing.T) {
	for name, c := range map[string]struct {
		hearing, token string
		want           error
	}{
		"wrong token":     {"demo", "X", errTokenWrong},
		"unknown hearing": {"other", "T", errHearingUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			_, done := startLink(t, newFakeGateway(t), c.hearing, c.token, &linkLog{})
			select {
			case err := <-done:
				if !errors.Is(err, c.want) {
					t.Errorf("got %v", err)
				}
			case <-time.After(5 * time.Second):
				t.Error("it keeps trying")
			}
		})
	}
}

func TestAnUnknownCertificateIsNamedAndNotTrusted(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	defer srv.Close()
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	_, done := startLink(t, &fakeGateway{Server: srv}, "demo", "T", &linkLog{})
	select {
	case err := <-done:
		if !errors.Is(err, errGatewayIdentity) {
			t.Errorf("got %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("it keeps trying")
	}
}

func TestAGatewayThatIsNotThereIsTriedAgain(t *testing.T) {
	log := &linkLog{}
	l, done := startLink(t, &fakeGateway{Server: &httptest.Server{URL: "http://127.0.0.1:1"}}, "demo", "T", log)
	select {
	case err := <-done:
		t.Fatalf("it gave up: %v", err)
	case <-time.After(600 * time.Millisecond):
	}
	if l.isUp() || l.pass(sdpMessage{Type: "rtc.offer", SDP: "v=0"}) {
		t.Error("a link that is down takes messages")
	}
}

func TestMessagesForTheKioskPassAndStatesAreRead(t *testing.T) {
	g, log := newFakeGateway(t), &linkLog{}
	l, _ := startLink(t, g, "demo", "T", log)
	c := g.conn(t)
	c.send(map[string]any{"type": "rtc.answer", "sdp": "v=0"})
	c.send(map[string]any{"type": "state", "rev": 3, "hearing": map[string]any{"phase": "open"}, "testimony": map[string]any{"phase": "live"}})
	c.send(map[string]any{"type": "pong", "t": 1})
	waitFor(t, "the state", func() bool {
		log.mu.Lock()
		defer log.mu.Unlock()
		return len(log.states) == 1 && log.states[0].Testimony.Phase == phaseLive
	})
	if !log.has("pass") {
		t.Error("the answer did not pass")
	}
	if !l.pass(sdpMessage{Type: "rtc.offer", SDP: "v=0"}) {
		t.Fatal("the offer was not taken")
	}
	if m := g.next(t); m.Type != "rtc.offer" || m.SDP != "v=0" {
		t.Errorf("got %+v", m)
	}
}

func TestAStateThatCannotBeReadLetsNothingFlow(t *testing.T) {
	log := &linkLog{}
	u, _ := url.Parse("http://127.0.0.1:1")
	l := newLink(u, "demo", "T", gatewayClient(nil), log, quiet)
	l.dispatch([]byte(`{"type":"state","testimony":{"phase":7},"order":{"bytes":"x"}}`))
	if len(log.states) != 1 || log.states[0].Testimony.Phase != "" || log.states[0].Order != nil {
		t.Errorf("got %+v", log.states)
	}
}

// FuzzDispatch: no message of a gateway makes the station panic.
func FuzzDispatch(f *testing.F) {
	f.Add([]byte(`{"type":"state","rev":1,"order":null,"testimony":{"phase":"live","tightened":{"picture":"card"}}}`))
	f.Add([]byte(`{"type":"ack","id":"x","index":1}`))
	f.Add([]byte(`{"type":"error","id":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		u, _ := url.Parse("http://127.0.0.1:1")
		newLink(u, "demo", "T", nil, &linkLog{}, quiet).dispatch(b)
	})
}

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}
