package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"
)

// runImpatient is a gateway that waits for nobody, so that a test need not wait for it.
func runImpatient(t *testing.T, c Config) running {
	t.Helper()
	short := 700 * time.Millisecond
	return runAppAs(t, c, func(a *App) { a.patience = patience{header: short, body: 2 * short, write: 2 * short, idle: short} })
}

// slowly writes to a connection a little at a time until the other side has closed, for ten seconds at most.
func slowly(t *testing.T, at, request string) (closed bool) {
	t.Helper()
	conn, err := net.Dial("tcp", at)
	if err != nil {
		return true
	}
	defer conn.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, conn)
	}()
	for i := 0; ; i++ {
		select {
		case <-ended:
			return true
		case <-time.After(100 * time.Millisecond):
		}
		if i > 100 {
			return false
		}
		if i < len(request) {
			_, _ = conn.Write([]byte(request[i : i+1]))
		}
	}
}

// Slow-loris: many connections that begin a request and never end it, at each place where one can be slow.
func TestSlowClientsAreCutOffAndPagesAreServedMeanwhile(t *testing.T) {
	app := runImpatient(t, testConfig(t.TempDir()))
	judge := sit(t, app.App, "judge")
	at := app.local.Addr().String()
	before := runtime.NumGoroutine()
	var all sync.WaitGroup
	for i := range 120 {
		request := []string{
			"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + strings.Repeat("a", 200),
			"",
			"POST /api/demo/seats/clerk/enter HTTP/1.1\r\n",
		}[i%3]
		all.Go(func() {
			if !slowly(t, at, request) {
				t.Errorf("a slow client is still served: %.30q", request)
			}
		})
	}
	for path, kind := range map[string]string{"POST /api/demo/seats/clerk/enter": "application/json", "POST /whip/demo": "application/sdp",
		"PATCH /whip/demo/x": "application/trickle-ice-sdpfrag"} { // the header at once, the body never
		all.Go(func() {
			conn, err := net.Dial("tcp", at)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nIf-Match: *\r\nContent-Length: 1000\r\n\r\n{", path, kind)
			_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			if _, err := io.Copy(io.Discard, conn); err != nil {
				t.Errorf("%s: a body that does not come is waited for: %v", path, err)
			}
		})
	}
	for range 5 {
		res, err := http.Get(app.URL() + "/healthz")
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("beside slow clients: %v %v", res, err)
		} else {
			res.Body.Close()
		}
		time.Sleep(100 * time.Millisecond)
	}
	all.Wait()
	judge.must("key.enrol", map[string]string{"key": newSigner(t).spki()}) // a WebSocket is older than all these times and goes on
	http.DefaultClient.CloseIdleConnections()
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+20; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

// A page that is asked for and not taken holds its connection no longer than an answer may take; one that is taken slowly comes whole.
func TestAnAnswerThatNobodyTakesIsGivenUp(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	part, size := 500*time.Millisecond, 64<<20
	gone := make(chan error, 2)
	r := gin.New()
	r.GET("/", func(c *gin.Context) {
		_, err := io.Copy(unhurried{c.Writer, http.NewResponseController(c.Writer), part}, io.LimitReader(zeros{}, int64(size)))
		gone <- err
	})
	s := httptest.NewUnstartedServer(r)
	s.Config.WriteTimeout = part
	s.Start()
	defer s.Close()
	ask := func() net.Conn {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, "GET / HTTP/1.0\r\n\r\n")
		return conn
	}
	still := ask()
	defer still.Close()
	select {
	case err := <-gone:
		if err == nil {
			t.Error("a whole answer went to a client that takes nothing")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the answer is not given up")
	}
	slow := ask()
	defer slow.Close()
	in, got := bufio.NewReaderSize(slow, 1<<20), 0
	for b, began := make([]byte, 1<<20), time.Now(); ; {
		n, err := in.Read(b)
		if got += n; err != nil {
			break
		}
		if time.Since(began) < 3*part { // longer in all than the server's own time for an answer
			time.Sleep(20 * time.Millisecond)
		}
	}
	if err := <-gone; err != nil || got < size {
		t.Errorf("a slow client got %d bytes of %d: %v", got, size, err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestWebSocketsOfOneSeatAreBoundedBeforeTheySayHello(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	judge, clerk := sit(t, app.App, "judge"), sit(t, app.App, "clerk")
	header := http.Header{"Cookie": {judge.cookie.Name + "=" + judge.cookie.Value}}
	open, refused := 0, 0
	for range socketsOfSeat + 10 {
		conn, res, err := websocket.Dial(context.Background(), app.URL()+"/ws/demo?seat=judge", &websocket.DialOptions{HTTPHeader: header})
		switch {
		case err == nil:
			t.Cleanup(func() { conn.CloseNow() })
			open++
		case res != nil && res.StatusCode == http.StatusTooManyRequests:
			refused++
		default:
			t.Fatal(err)
		}
	}
	if open != socketsOfSeat-1 || refused == 0 { // the judge's own page is one
		t.Errorf("%d silent sockets of one seat, %d refused", open, refused)
	}
	openAt(t, app.App, "clerk", clerk.cookie, "") // another seat does not pay for it
}

func TestRatesHoldForOneHolderOneHearingAndOneAddress(t *testing.T) {
	now := time.Now()
	a := &App{turnstiles: newTurnstiles(), log: slog.New(slog.DiscardHandler)}
	a.turnstiles.now = func() time.Time { return now }
	offers := func(hearing, holder string, n int) (taken int) {
		for range n {
			if a.mayOffer(hearing, holder) == nil {
				taken++
			}
		}
		return taken
	}
	if n := offers("one", "hostile", 1000); n != offersAtOnce {
		t.Errorf("one browser made %d offers at once", n)
	}
	if n := offers("one", "judge", 1); n != 1 {
		t.Error("another browser pays for it")
	}
	now = now.Add(5 * time.Second)
	if n := offers("one", "hostile", 1000); n != 5*offersOfHolder {
		t.Errorf("%d offers after five seconds", n)
	}
	all := 0
	for i := range 1000 {
		all += offers("one", fmt.Sprint("browser ", i), 1)
	}
	if all > hearingAtOnce {
		t.Errorf("%d offers of one hearing at once", all)
	}
	if n := offers("another", "browser", 1); n != 1 {
		t.Error("another hearing pays for it")
	}
	now = now.Add(3 * quietFor)
	offers("third", "x", 1)
	if n := len(a.turnstiles.of); n > 2 {
		t.Errorf("%d keys are kept of those who are long gone", n)
	}

	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.GET("/", a.ofAddress, func(c *gin.Context) { c.Status(http.StatusNoContent) })
	ask := func(from string) int {
		req := httptest.NewRequest("GET", "/", nil)
		req.RemoteAddr = from
		req.Header.Set("X-Forwarded-For", fmt.Sprint("192.0.2.", now.Nanosecond()%200)) // what a client says of itself is not believed
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w.Code
	}
	passed := 0
	for i := range 1000 {
		if ask(fmt.Sprintf("[2001:db8::%x]:%d", i, 1024+i)) == http.StatusNoContent { // one household's addresses
			passed++
		}
	}
	if passed != requestsAtOnce {
		t.Errorf("%d requests of one network at once", passed)
	}
	if code := ask("[2001:db8:0:1::1]:1024"); code != http.StatusNoContent {
		t.Errorf("another network pays for it: %d", code)
	}
}

func TestAPageThatOffersWithoutEndIsRefusedAndKeepsItsSeat(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	judge := sit(t, app.App, "judge")
	refused := make(chan struct{}, 64)
	judge.mu.Lock()
	judge.onError = func(code string) {
		if code == "too_many" {
			refused <- struct{}{}
		}
	}
	judge.mu.Unlock()
	for range 30 {
		judge.send(map[string]any{"type": "rtc.offer", "sdp": "v=0 nonsense"})
	}
	select {
	case <-refused:
	case <-time.After(10 * time.Second):
		t.Fatal("thirty offers at once were looked at")
	}
	judge.must("key.enrol", map[string]string{"key": newSigner(t).spki()})
}

// quietLog is what net/http says through: it must stay whole for what it is not about.
func TestWhatThePagesServerSaysHoldsNoAddress(t *testing.T) {
	var b bytes.Buffer
	l := quietLog(slog.New(slog.NewTextHandler(&b, nil)))
	for _, said := range []string{
		"http: TLS handshake error from 203.0.113.77:51234: EOF", "http: TLS handshake error from [2001:db8::77]:51234: tls: client offered only unsupported versions",
		"http: Accept error: accept tcp [::]:8443: accept4: too many open files; retrying in 5ms", "http2: server: error reading preface from client 203.0.113.77:51234: EOF",
		"http: superfluous response.WriteHeader call from parda/gateway.x (routes.go:77)", "http: panic serving ::ffff:203.0.113.77: boom",
	} {
		l.Print(said)
	}
	for _, word := range []string{"203.0.113", "51234", "2001:db8", "::77"} {
		if strings.Contains(b.String(), word) {
			t.Errorf("%q is in the log:\n%s", word, b.String())
		}
	}
}
