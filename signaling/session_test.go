package signaling

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeRoom remembers what reached it; it stands for a proceeding, which has tests of its own.
type fakeRoom struct {
	mu       sync.Mutex
	sessions []*Session
	detached int
	commands []Command
	answer   func(Command) (Ack, error)
	refuses  error // what Attach answers
}

func (f *fakeRoom) Attach(_ context.Context, s *Session, h Hello) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuses != nil {
		return f.refuses
	}
	f.sessions = append(f.sessions, s)
	s.SendICE(nil)
	s.SendState([]byte(`{"type":"state","rev":1}`))
	return nil
}
func (f *fakeRoom) Figure(*Session, string) error           { return nil }
func (f *fakeRoom) ModeKey(*Session, []byte) error          { return nil }
func (f *fakeRoom) ModeSegment(*Session, ModeSegment) error { return nil }
func (f *fakeRoom) Detach(*Session)                         { f.mu.Lock(); f.detached++; f.mu.Unlock() }
func (f *fakeRoom) left() int                               { f.mu.Lock(); defer f.mu.Unlock(); return f.detached }
func (f *fakeRoom) Command(_ context.Context, _ *Session, c Command) (Ack, error) {
	f.mu.Lock()
	f.commands = append(f.commands, c)
	f.mu.Unlock()
	return f.answer(c)
}
func (f *fakeRoom) Receive(context.Context, *Session, string) (string, error) {
	return "", Refuse("sdp_invalid", "The offer cannot be read.", errors.New("secret detail"))
}
func (f *fakeRoom) Send(context.Context, *Session, string) (string, error) { return "answer", nil }
func (f *fakeRoom) StopSending(*Session)                                   {}

func serve(t *testing.T, room *fakeRoom) *websocket.Conn {
	t.Helper()
	return servePulse(t, room, usualPulse)
}

func servePulse(t *testing.T, room *fakeRoom, life pulse) *websocket.Conn {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		serveAt(context.WithoutCancel(r.Context()), life, c, log, "demo", "judge", room, room)
	}))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	conn, _, err := websocket.Dial(ctx, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { conn.CloseNow(); cancel(); srv.Close() })
	return conn
}

func say(t *testing.T, c *websocket.Conn, msg string) {
	t.Helper()
	if err := c.Write(context.Background(), websocket.MessageText, []byte(msg)); err != nil {
		t.Fatal(err)
	}
}

// hear reads until a message of the kind comes, or the connection ends.
func hear(t *testing.T, c *websocket.Conn, kind string) (map[string]any, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		_, b, err := c.Read(ctx)
		if err != nil {
			return nil, err
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		if m["type"] == kind {
			return m, nil
		}
	}
}

func TestACommandIsAnsweredByAckOrErrorWithItsID(t *testing.T) {
	room := &fakeRoom{answer: func(c Command) (Ack, error) {
		if c.Name == "testimony.pause" {
			return Ack{Index: 42}, nil
		}
		return Ack{}, errors.New("disk /secret/path is full")
	}}
	c := serve(t, room)
	say(t, c, `{"type":"hello","lang":"az"}`)
	say(t, c, `{"type":"command","id":"a1","name":"testimony.pause","at":"2026-11-22T10:00:00Z"}`)
	if m, err := hear(t, c, "ack"); err != nil || m["id"] != "a1" || m["index"] != 42.0 {
		t.Fatalf("ack = %v, %v", m, err)
	}
	say(t, c, `{"type":"command","id":"a2","name":"other"}`)
	m, err := hear(t, c, "error")
	if err != nil || m["id"] != "a2" || m["code"] != "internal" {
		t.Fatalf("error = %v, %v", m, err)
	}
	if b, _ := json.Marshal(m); strings.Contains(string(b), "secret") {
		t.Errorf("the cause reached the page: %s", b)
	}
}

func TestBadMessagesAreRefusedOrCloseTheConnection(t *testing.T) {
	for _, tc := range []struct {
		rule, first, second string
		code                websocket.StatusCode
		refusal             string
	}{
		{"hello comes first", `{"type":"command","id":"x","name":"y"}`, "", websocket.StatusPolicyViolation, ""},
		{"what is not JSON closes", `{"type":"hello"}`, `nonsense`, websocket.StatusPolicyViolation, ""},
		{"a message of 10 MB closes with 1009", `{"type":"hello"}`, `{"type":"command","id":"` + strings.Repeat("x", 10<<20) + `"}`, websocket.StatusMessageTooBig, ""},
		{"an unknown type is answered", `{"type":"hello"}`, `{"type":"whatever","id":"q"}`, 0, "bad_message"},
		{"a command without id is answered", `{"type":"hello"}`, `{"type":"command","name":"x"}`, 0, "bad_message"},
		{"a ping with more than a number is answered", `{"type":"hello"}`, `{"type":"ping","t":"` + strings.Repeat("x", 100<<10) + `"}`, 0, "bad_message"},
		{"a malformed offer is answered", `{"type":"hello"}`, `{"type":"rtc.offer","sdp":"v=nonsense"}`, 0, "sdp_invalid"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			c := serve(t, &fakeRoom{answer: func(Command) (Ack, error) { return Ack{}, nil }})
			say(t, c, tc.first)
			if tc.second != "" {
				c.Write(context.Background(), websocket.MessageText, []byte(tc.second)) // the far side may close while it is written
			}
			m, err := hear(t, c, "error")
			if tc.refusal != "" {
				if err != nil || m["code"] != tc.refusal {
					t.Fatalf("answer = %v, %v; want %s", m, err, tc.refusal)
				}
				return
			}
			if got := websocket.CloseStatus(err); got != tc.code {
				t.Fatalf("closed with %v (%v), want %v", got, err, tc.code)
			}
		})
	}
}

func TestASessionThatIsClosedSaysWhatWasQueuedAndWhy(t *testing.T) {
	room := &fakeRoom{answer: func(Command) (Ack, error) { return Ack{}, nil }}
	c := serve(t, room)
	say(t, c, `{"type":"hello"}`)
	if _, err := hear(t, c, "state"); err != nil {
		t.Fatal(err)
	}
	room.mu.Lock()
	s := room.sessions[0]
	room.mu.Unlock()
	s.SendState([]byte(`{"type":"last"}`))
	s.Close(CloseSeatLost, "removed")
	if _, err := hear(t, c, "last"); err != nil {
		t.Fatalf("what was queued before the close is lost: %v", err)
	}
	if _, err := hear(t, c, "never"); websocket.CloseStatus(err) != CloseSeatLost {
		t.Fatalf("closed with %v", err)
	}
}

func TestAPageThatDoesNotReadIsClosedAndNotWaitedFor(t *testing.T) {
	room := &fakeRoom{answer: func(Command) (Ack, error) { return Ack{}, nil }}
	c := serve(t, room)
	say(t, c, `{"type":"hello"}`)
	if _, err := hear(t, c, "state"); err != nil {
		t.Fatal(err)
	}
	room.mu.Lock()
	s := room.sessions[0]
	room.mu.Unlock()
	big := strings.Repeat("x", 64<<10)
	for range queueLimit * 4 {
		s.Send(map[string]string{"type": "entries", "text": big})
	}
	// A page that begins to read in time sees 1013; one that is still behind after closeWithin is cut off without a word. It is never waited for.
	_, err := hear(t, c, "never")
	if status := websocket.CloseStatus(err); status != websocket.StatusTryAgainLater && (status != -1 || errors.Is(err, context.DeadlineExceeded)) {
		t.Fatalf("closed with %v", err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		room.mu.Lock()
		told := room.detached
		room.mu.Unlock()
		if told == 1 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the room was not told that the page is gone")
		}
	}
}

// attached says hello and returns the session as the room has it.
func attached(t *testing.T, room *fakeRoom, c *websocket.Conn) *Session {
	t.Helper()
	say(t, c, `{"type":"hello"}`)
	if _, err := hear(t, c, "state"); err != nil {
		t.Fatal(err)
	}
	room.mu.Lock()
	defer room.mu.Unlock()
	return room.sessions[0]
}

// Who lost the seat must not keep it by not reading: no command is taken after Close, and the room is told within seconds.
func TestASeatThatWasLostCannotBeHeldByReadingSlowly(t *testing.T) {
	room := &fakeRoom{answer: func(Command) (Ack, error) { return Ack{}, nil }}
	c := serve(t, room)
	s := attached(t, room, c)
	big := strings.Repeat("x", 64<<10)
	for range 200 { // more than the socket takes: the writer stands still in the middle of it
		s.Send(map[string]string{"type": "entries", "text": big})
	}
	s.Close(CloseSeatLost, "code_used")
	say(t, c, `{"type":"command","id":"late","name":"testimony.call"}`)
	gone := time.Now().Add(closeWithin + 3*time.Second)
	for room.left() == 0 {
		if time.Now().After(gone) {
			t.Fatal("the session is still attached")
		}
		time.Sleep(10 * time.Millisecond)
	}
	room.mu.Lock()
	defer room.mu.Unlock()
	if len(room.commands) != 0 {
		t.Errorf("a command was taken after the seat was lost: %v", room.commands)
	}
}

// A page gives up on 4001 and comes back after 1013, so a gateway that goes down must not say that the seat is lost.
func TestOnlyALostSeatIsCalledLost(t *testing.T) {
	for _, tc := range []struct {
		refuses error
		code    websocket.StatusCode
	}{
		{Refuse("removed", "This seat was taken back by the court.", nil), CloseSeatLost},
		{Refuse("seat_unknown", "There is no such seat.", nil), CloseSeatLost},
		{errors.New("the hearing does not run any more"), websocket.StatusTryAgainLater},
		{Refuse("too_many", "Too many at once.", nil), websocket.StatusTryAgainLater},
		{Refuse("ledger_failed", "The ledger cannot be written.", nil), websocket.StatusTryAgainLater},
	} {
		room := &fakeRoom{refuses: tc.refuses}
		c := serve(t, room)
		say(t, c, `{"type":"hello"}`)
		if _, err := hear(t, c, "never"); websocket.CloseStatus(err) != tc.code {
			t.Errorf("%v: closed with %v, want %d", tc.refuses, err, tc.code)
		}
		if room.left() != 0 {
			t.Errorf("%v: detached what was never attached", tc.refuses)
		}
	}
}

func TestASignOfLifeIsKept(t *testing.T) {
	room := &fakeRoom{answer: func(Command) (Ack, error) { return Ack{}, nil }}
	c := serve(t, room)
	s := attached(t, room, c)
	before := s.LastHeard()
	if age := time.Since(before); age < 0 || age > time.Minute {
		t.Fatalf("last heard %v ago", age)
	}
	say(t, c, `{"type":"ping","t":7}`)
	if m, err := hear(t, c, "pong"); err != nil || m["t"] != 7.0 {
		t.Fatalf("pong = %v, %v", m, err)
	}
	if !s.LastHeard().After(before) {
		t.Error("a message is no sign of life")
	}
}

// Three pages: one is silent, one speaks and never answers a ping (nobody reads there: a socket full of what was sent before the line broke looks the same), one answers.
func TestAPageThatIsHeardIsNotCutForALatePongButNoMessagesStandForPongsForEver(t *testing.T) {
	life := pulse{20 * time.Millisecond, 400 * time.Millisecond, 3 * time.Second}
	var rooms [3]*fakeRoom
	var pages [3]*websocket.Conn
	for n := range rooms {
		rooms[n] = &fakeRoom{answer: func(Command) (Ack, error) { return Ack{}, nil }}
		pages[n] = servePulse(t, rooms[n], life)
		attached(t, rooms[n], pages[n])
	}
	silent, speaks, answers := rooms[0], rooms[1], rooms[2]
	ctx, stop := context.WithCancel(context.Background())
	var pace sync.WaitGroup
	defer pace.Wait()
	defer stop()
	pace.Go(func() { // reading answers the pings
		for {
			if _, _, err := pages[2].Read(ctx); err != nil {
				return
			}
		}
	})
	pace.Go(func() {
		for ctx.Err() == nil && pages[1].Write(ctx, websocket.MessageText, []byte(`{"type":"ping","t":1}`)) == nil {
			time.Sleep(25 * time.Millisecond)
		}
	})
	cut := func(room *fakeRoom, what string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); room.left() == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s is never missed", what)
			}
		}
	}
	cut(silent, "a page that is silent")
	if speaks.left() != 0 {
		t.Error("a page whose messages are read was cut with the one that is silent")
	}
	cut(speaks, "a page that speaks and answers no ping")
	if answers.left() != 0 {
		t.Error("a page that answers was cut")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"type":"hello","lang":"az","since":3}`, `{"type":"command","id":"a","name":"b","args":{"x":1},"at":"2026-11-22T10:00:00.123Z"}`, `[]`, `{"type":5}`, `{"type":"ping","t":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b)
		if err == nil && m.Type == "" {
			t.Fatal("a message without a type was accepted")
		}
	})
}
