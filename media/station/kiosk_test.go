package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coder/websocket"

	"parda/media/mask/face"
)

type fakeRoom struct {
	mu      sync.Mutex
	got     []string
	refuse  string
	station stationMessage
	state   []byte
}

func (r *fakeRoom) fromKiosk(raw []byte) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, string(raw))
	return r.refuse
}

func (r *fakeRoom) view() (stationMessage, []byte, []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.station, r.state, nil
}

type openDoor struct {
	*door
	room *fakeRoom
	self *selfView
	clip []byte
	base string
	code string
}

func newTestDoor(t *testing.T) *openDoor {
	t.Helper()
	o := &openDoor{room: &fakeRoom{station: stationMessage{Type: "station", Link: "down"}}, self: newSelfView()}
	pages := fstest.MapFS{"kiosk.html": {Data: []byte("<!doctype html>kiosk")}, "assets/a.js": {Data: []byte("1")}}
	d, err := newDoor("127.0.0.1:0", pages, o.self, func() []byte { return o.clip }, quiet)
	if err != nil {
		t.Fatal(err)
	}
	o.door, o.base = d, "http://localhost:"+d.port
	_, o.code, _ = strings.Cut(d.link(), "#code=")
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.serve(ctx, o.room) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return o
}

// browser is a client with its own cookies.
func browser(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Transport: &http.Transport{}}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func (o *openDoor) do(t *testing.T, c *http.Client, method, path, body string, edit ...func(*http.Request)) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequest(method, o.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Origin", o.base)
	}
	for _, e := range edit {
		e(req)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), resp.Header
}

func (o *openDoor) enter(t *testing.T, c *http.Client, code string) (int, string) {
	status, body, _ := o.do(t, c, http.MethodPost, "/local/enter", `{"code":"`+code+`"}`)
	return status, body
}

func TestTheDoorOpensOnThisMachineOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "[::]:0", "kiosk.example:0", "127.0.0.1"} {
		if d, err := newDoor(address, nil, nil, nil, quiet); !errors.Is(err, errNotLoopback) {
			t.Errorf("%s: %v", address, err)
			if d != nil {
				d.listener.Close()
			}
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := newDoor(taken.Addr().String(), nil, nil, nil, quiet); err == nil || !strings.Contains(err.Error(), "taken") {
		t.Errorf("a taken port: %v", err)
	}
}

func TestTheFirstBrowserGetsTheKioskAndNoSecond(t *testing.T) {
	o := newTestDoor(t)
	first, second := browser(t), browser(t)
	for _, code := range []string{"", "wrong", o.code + "x"} {
		if status, body := o.enter(t, first, code); status != http.StatusForbidden || !strings.Contains(body, `"code_wrong"`) {
			t.Errorf("code %q: %d %s", code, status, body)
		}
	}
	if status, body := o.enter(t, first, o.code); status != http.StatusNoContent {
		t.Fatalf("the right code: %d %s", status, body)
	}
	if status, body := o.enter(t, second, o.code); status != http.StatusGone || !strings.Contains(body, `"code_used"`) {
		t.Errorf("a second browser: %d %s", status, body)
	}
	o.clip = []byte("clip")
	for client, want := range map[*http.Client]int{first: http.StatusOK, second: http.StatusForbidden} {
		if status, _, _ := o.do(t, client, http.MethodGet, "/local/rehearsal.webm", ""); status != want {
			t.Errorf("got %d, want %d", status, want)
		}
	}
}

func TestTheCookieIsStrictAndThePageLocked(t *testing.T) {
	o := newTestDoor(t)
	_, _, h := o.do(t, browser(t), http.MethodPost, "/local/enter", `{"code":"`+o.code+`"}`)
	if c := h.Get("Set-Cookie"); !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Strict") || !strings.Contains(c, "Path=/") {
		t.Errorf("cookie %q", c)
	}
	status, body, h := o.do(t, browser(t), http.MethodGet, "/", "")
	if status != http.StatusOK || !strings.Contains(body, "kiosk") {
		t.Errorf("page: %d %q", status, body)
	}
	csp := h.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("policy %q lacks %q", csp, part)
		}
	}
	if strings.Contains(csp, "unsafe") || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", h)
	}
	for name, want := range map[string]string{"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff"} {
		if h.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, h.Get(name), want)
		}
	}
	if p := h.Get("Permissions-Policy"); !strings.Contains(p, "camera=()") || !strings.Contains(p, "publickey-credentials-get=()") {
		t.Errorf("powers %q", p)
	}
	if status, _, _ := o.do(t, browser(t), http.MethodGet, "/../../etc/passwd", ""); status != http.StatusNotFound {
		t.Errorf("a path outside: %d", status)
	}
}

func TestAForeignPageIsRefused(t *testing.T) {
	o := newTestDoor(t)
	c := browser(t)
	if status, _ := o.enter(t, c, o.code); status != http.StatusNoContent {
		t.Fatal(status)
	}
	for name, r := range map[string]struct {
		method, path string
		edit         func(*http.Request)
	}{
		"foreign Host (DNS rebinding)": {http.MethodGet, "/", func(r *http.Request) { r.Host = "evil.example:" + o.port }},
		"Host with another port":       {http.MethodGet, "/", func(r *http.Request) { r.Host = "localhost:1" }},
		"Host without a port":          {http.MethodGet, "/", func(r *http.Request) { r.Host = "localhost" }},
		"foreign Origin on enter":      {http.MethodPost, "/local/enter", func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }},
		"null Origin on enter":         {http.MethodPost, "/local/enter", func(r *http.Request) { r.Header.Set("Origin", "null") }},
		"no Origin on enter":           {http.MethodPost, "/local/enter", func(r *http.Request) { r.Header.Del("Origin") }},
		"foreign Origin on a picture":  {http.MethodGet, "/local/rehearsal.webm", func(r *http.Request) { r.Header.Set("Origin", "http://localhost:1") }},
		"WebSocket without Origin":     {http.MethodGet, "/local/ws", func(r *http.Request) { r.Header.Set("Upgrade", "websocket") }},
	} {
		t.Run(name, func(t *testing.T) {
			if status, body, _ := o.do(t, c, r.method, r.path, "{}", r.edit); status != http.StatusMisdirectedRequest {
				t.Errorf("%d %s", status, body)
			}
		})
	}
}

func (o *openDoor) converse(t *testing.T, c *http.Client) (*websocket.Conn, error) {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(o.base, "http", "ws", 1)+"/local/ws", &websocket.DialOptions{HTTPClient: c, HTTPHeader: http.Header{"Origin": {o.base}}})
	if err == nil {
		t.Cleanup(func() { conn.CloseNow() })
	}
	return conn, err
}

func readText(t *testing.T, c *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, b, err := c.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheConversationPassesBothWaysForTheSeatedBrowserOnly(t *testing.T) {
	o := newTestDoor(t)
	o.room.state = []byte(`{"type":"state","rev":1,"unknown":"kept"}`)
	c := browser(t)
	if _, err := o.converse(t, c); err == nil {
		t.Fatal("a browser that has not entered converses")
	}
	o.enter(t, c, o.code)
	conn, err := o.converse(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if m := readText(t, conn); !strings.Contains(m, `"type":"station"`) {
		t.Errorf("first %s", m)
	}
	if m := readText(t, conn); m != string(o.room.state) {
		t.Errorf("the state came as %s", m)
	}
	conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"break"}`))
	waitFor(t, "the message", func() bool {
		o.room.mu.Lock()
		defer o.room.mu.Unlock()
		return len(o.room.got) == 1 && o.room.got[0] == `{"type":"break"}`
	})
	o.toKiosk([]byte(`{"type":"rtc.answer","sdp":"v=0"}`))
	if m := readText(t, conn); m != `{"type":"rtc.answer","sdp":"v=0"}` {
		t.Errorf("the answer came as %s", m)
	}
	o.room.mu.Lock()
	o.room.refuse = "bad_argument"
	o.room.mu.Unlock()
	conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"tighten"}`))
	if m := readText(t, conn); !strings.Contains(m, `"code":"bad_argument"`) {
		t.Errorf("the refusal came as %s", m)
	}
	again, err := o.converse(t, c) // a reload takes the place of the page before
	if err != nil {
		t.Fatal(err)
	}
	readText(t, again)
	if _, _, err := conn.Read(t.Context()); err == nil {
		t.Error("the older page still converses")
	}
}

func TestTheSelfViewShowsMaskedPicturesAtMostTwelveTimesASecond(t *testing.T) {
	o := newTestDoor(t)
	c := browser(t)
	o.enter(t, c, o.code)
	card, err := face.NewCard(160, 120, "Lalə")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Get(o.base + "/local/self.mjpeg")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	stop := make(chan struct{})
	var clock sync.WaitGroup
	clock.Go(func() {
		tick := time.NewTicker(pictureTick)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				o.self.show(card)
			}
		}
	})
	parts := multipart.NewReader(bufio.NewReader(resp.Body), "pardaframe")
	began := time.Now()
	for range 6 {
		part, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(part)
		img, err := jpeg.Decode(bytes.NewReader(b))
		if err != nil || img.Bounds().Dx() != 160 {
			t.Fatalf("no picture: %v", err)
		}
	}
	if took := time.Since(began); took < 5*time.Second/(selfFPS+3) {
		t.Errorf("six pictures in %v", took)
	}
	close(stop)
	clock.Wait()
}
