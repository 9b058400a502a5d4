package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

// wireRig is a link over a pipe in a bubble, so that every byte and its moment can be written down.
type wireRig struct {
	*link
	mu      sync.Mutex
	frames  []string // "moment: bytes" of what the station wrote on the connection, as an observer of the encrypted line sees records
	got     []message
	mute    bool // the gateway acknowledges nothing
	offline bool
}

// pipeListener hands out the far ends of net.Pipe.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *pipeListener) Close() error   { return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

type countedConn struct {
	net.Conn
	wrote func(int)
}

func (c countedConn) Write(b []byte) (int, error) { c.wrote(len(b)); return c.Conn.Write(b) }

// overWire runs a link against a gateway that acknowledges, and gives the frames of the time in which test ran.
func overWire(t *testing.T, test func(w *wireRig)) (frames []string, got []message) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &wireRig{}
		began := time.Now()
		listener := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
		ctx, stop := context.WithCancel(context.Background())
		srv := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
			conn, err := websocket.Accept(rw, req, nil)
			if err != nil {
				return
			}
			defer conn.CloseNow()
			for {
				_, b, err := conn.Read(ctx)
				if err != nil {
					return
				}
				var m message
				if json.Unmarshal(b, &m) != nil {
					t.Errorf("the station sent %q", b)
				}
				w.mu.Lock()
				w.got = append(w.got, m)
				mute := w.mute
				w.mu.Unlock()
				answer := `{"type":"pong","t":1}`
				if m.Type == "command" && !mute {
					answer = fmt.Sprintf(`{"type":"ack","id":%q,"index":1}`, m.ID)
				}
				if conn.Write(ctx, websocket.MessageText, []byte(answer)) != nil {
					return
				}
			}
		})}
		served := make(chan struct{})
		go func() { defer close(served); _ = srv.Serve(listener) }()
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			w.mu.Lock()
			offline := w.offline
			w.mu.Unlock()
			if offline {
				return nil, net.ErrClosed
			}
			here, there := net.Pipe()
			select {
			case listener.conns <- there:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			return countedConn{here, func(n int) {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.frames = append(w.frames, fmt.Sprintf("%d: %d", time.Since(began).Milliseconds(), n))
			}}, nil
		}}}
		w.link = newLink(mustURL("http://127.0.0.1:1"), "demo", "T", client, &linkLog{}, quiet)
		done := make(chan struct{})
		go func() { defer close(done); _ = w.run(ctx) }()
		test(w)
		w.mu.Lock()
		frames, got = slices.Clone(w.frames), slices.Clone(w.got)
		w.mu.Unlock()
		stop()
		<-done
		close(listener.done)
		srv.Close()
		<-served
	})
	return frames, got
}

// TestDuressIsOnTheWireAsAPingIs: the same number of records, of the same sizes, at the same moments.
func TestDuressIsOnTheWireAsAPingIs(t *testing.T) {
	duress := func(w *wireRig) {
		w.sign(keptSign{ID: newID(), Name: "duress.raise", Args: []byte(`{"means":"key"}`), At: time.Now().UTC().Format(wireTime), Quiet: true})
	}
	without, got := overWire(t, func(*wireRig) { time.Sleep(21 * time.Second) })
	pings := count(got, "ping")
	if pings != 10 {
		t.Fatalf("%d pings in 21 s", pings)
	}
	with, got := overWire(t, func(w *wireRig) {
		time.Sleep(5300 * time.Millisecond)
		duress(w)
		time.Sleep(4400 * time.Millisecond)
		duress(w)
		duress(w)
		time.Sleep(11300 * time.Millisecond)
	})
	if n := count(got, "command"); n != 3 || count(got, "ping") != pings-3 {
		t.Errorf("%d commands and %d pings", n, count(got, "ping"))
	}
	if !slices.Equal(with, without) {
		t.Errorf("with duress the wire shows\n%v\nand without\n%v", with, without)
	}
}

// TestOtherSignsDoNotWaitForABeat, so that the one before can fail: a flag is on the wire at once and is seen there.
func TestOtherSignsDoNotWaitForABeat(t *testing.T) {
	sent := time.Duration(0)
	with, got := overWire(t, func(w *wireRig) {
		time.Sleep(5300 * time.Millisecond)
		began := time.Now()
		w.sign(keptSign{ID: newID(), Name: "flag.raise", Args: []byte(`{"discreet":true}`), At: wireTime})
		for {
			w.mu.Lock()
			there := count(w.got, "command") == 1
			w.mu.Unlock()
			if there {
				break
			}
			time.Sleep(time.Millisecond)
		}
		sent = time.Since(began)
		time.Sleep(2 * time.Second)
	})
	without, _ := overWire(t, func(*wireRig) { time.Sleep(7300 * time.Millisecond) })
	if sent > 10*time.Millisecond || slices.Equal(with, without) || count(got, "command") != 1 {
		t.Errorf("after %v; %d commands", sent, count(got, "command"))
	}
}

// TestAQuietSignIsSentAgainAfterALostLinkWithItsTime and under its id, still in the place of a ping.
func TestAQuietSignIsSentAgainAfterALostLinkWithItsTime(t *testing.T) {
	at := "2026-11-22T14:30:15.123Z"
	_, got := overWire(t, func(w *wireRig) {
		w.mu.Lock()
		w.mute, w.offline = true, true
		w.mu.Unlock()
		w.sign(keptSign{ID: "sduress", Name: "duress.raise", Args: []byte(`{"means":"key"}`), At: at, Quiet: true})
		time.Sleep(30 * time.Second)
		w.mu.Lock()
		w.offline = false
		w.mu.Unlock()
		time.Sleep(20 * time.Second) // taken, and not acknowledged
		w.begin()                    // as a new connection does
		w.mu.Lock()
		w.mute = false
		w.mu.Unlock()
		time.Sleep(10 * time.Second)
	})
	times := 0
	for _, m := range got {
		if m.Type == "command" {
			times++
			if m.ID != "sduress" || m.Name != "duress.raise" || m.At != at {
				t.Errorf("%+v", m)
			}
		}
	}
	if times != 2 {
		t.Errorf("sent %d times", times)
	}
}

func count(list []message, kind string) (n int) {
	for _, m := range list {
		if m.Type == kind {
			n++
		}
	}
	return n
}

func TestEverySignThatTakesAPingsPlaceFitsIntoIt(t *testing.T) {
	l := newLink(mustURL("http://127.0.0.1:1"), "demo", "T", nil, &linkLog{}, quiet)
	ping := l.beat(time.Now())
	l.sign(keptSign{ID: newID(), Name: "duress.raise", Args: []byte(`{"means":"key"}`), At: time.Now().UTC().Format(wireTime), Quiet: true})
	sign := l.beat(time.Now())
	var m message
	if err := json.Unmarshal(sign, &m); err != nil || m.Name != "duress.raise" || len(sign) != len(ping) || len(ping) != pingBytes {
		t.Errorf("%v, %q, %q", err, sign, ping)
	}
}
