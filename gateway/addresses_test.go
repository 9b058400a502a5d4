package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"
	"github.com/pion/turn/v5"
	"github.com/pion/webrtc/v4"
)

// theRoom is where the station of these tests calls from: an address that nothing else here has, so that it can be looked for.
const theRoom = "127.0.0.99"

// fromTheRoom is an HTTP client at that address.
func fromTheRoom(t *testing.T) *http.Client {
	t.Helper()
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(theRoom)}}
	c := &http.Client{Transport: &http.Transport{DialContext: from.DialContext}}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// spellings are the ways in which an address can stand in text or bytes.
func spellings(address string) [][]byte {
	a := netip.MustParseAddr(address)
	four, six := a.As4(), netip.AddrFrom16(a.As16())
	_ = four // four bytes alone come about by chance in packets and hashes; in text forms they do not
	return [][]byte{[]byte(address), []byte(six.String()), []byte(strings.ReplaceAll(address, ".", "-")), []byte("7f000063"), []byte("127%2E0%2E0%2E99")}
}

// provoke makes every part of the gateway that could say something of its client say it, at the address of the room.
func provoke(t *testing.T, c *cast) {
	t.Helper()
	client := fromTheRoom(t)
	post := func(path, kind, body string, header map[string]string) {
		req, err := http.NewRequest(http.MethodPost, c.app.URL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		for k, v := range header {
			req.Header.Set(k, v)
		}
		if res, err := client.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
	}
	token := map[string]string{"Authorization": "Bearer " + c.app.Token("demo", "witness"), "X-Forwarded-For": theRoom}
	post("/whip/demo?rendering=x", "application/sdp", "v=0\r\no=- 1 1 IN IP4 "+theRoom+"\r\n", token)
	post("/whip/demo", "application/sdp", "v=0", map[string]string{"Authorization": "Bearer nonsense"})
	post("/api/demo/seats/judge/enter", "application/json", `{"code":"WRONG"}`, nil)
	post("/whip/demo", "application/sdp", strings.Repeat("x", 1<<20), token)

	// The station's own conversation, broken off in the middle.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, c.app.URL()+"/ws/demo", &websocket.DialOptions{HTTPClient: client, HTTPHeader: http.Header{"Authorization": {token["Authorization"]}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{`{"type":"hello","lang":"az"}`, `{"type":"rtc.offer","sdp":"c=IN IP4 ` + theRoom + `"}`, `{"type":"` + theRoom + `"}`} {
		if err := conn.Write(ctx, websocket.MessageText, []byte(said)); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := conn.Read(ctx); err != nil {
		t.Fatal(err)
	}
	conn.CloseNow()

	// Raw connections that are no HTTP, and one that stops within a body.
	for _, said := range []string{"\x16\x03\x01 not HTTP", "POST /whip/demo HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nContent-Length: 100\r\n\r\nv=0"} {
		raw, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(theRoom)}}).Dial("tcp", c.app.local.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = raw.Write([]byte(said))
		_ = raw.(*net.TCPConn).CloseWrite()
		_ = raw.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.Copy(io.Discard, raw)
		raw.Close()
	}

	// One that is torn off within a body: the cause of that error names both ends.
	torn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(theRoom)}}).Dial("tcp", c.app.local.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = torn.Write([]byte("POST /whip/demo HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nContent-Length: 100\r\n\r\nv=0"))
	time.Sleep(200 * time.Millisecond) // until it is read
	_ = torn.(*net.TCPConn).SetLinger(0)
	torn.Close()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(c.app.logged(), "connection reset by peer"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the control: an error that names its connection reached no log, so this test would find nothing there")
		}
	}

	// The media port and TURN: noise, a real allocation, a wrong password.
	media, _ := c.app.relay.Addresses()
	server, _ := c.app.turn.Addresses()
	for _, at := range []string{media, server} {
		raw, err := (&net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(theRoom)}}).Dial("udp", at)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range []string{"noise", "\x00\x01\x00\x00\x21\x12\xa4\x42 no more", "\x16\xfe\xfd"} {
			_, _ = raw.Write([]byte(b))
		}
		raw.Close()
	}
	good, _ := passDesk{c.app.App, "demo"}.Servers("witness", "station")
	for _, password := range []string{good[0].Credential, "wrong"} {
		sock, err := net.ListenPacket("udp4", theRoom+":0")
		if err != nil {
			t.Fatal(err)
		}
		tc, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: server, TURNServerAddr: server, Conn: sock, Username: good[0].Username, Password: password, Realm: "parda"})
		if err != nil {
			t.Fatal(err)
		}
		if err := tc.Listen(); err != nil {
			t.Fatal(err)
		}
		if relayed, err := tc.Allocate(); err == nil {
			_ = tc.CreatePermission(&net.UDPAddr{IP: net.ParseIP("10.9.8.7"), Port: 1})
			_, _ = relayed.WriteTo([]byte("x"), &net.UDPAddr{IP: net.ParseIP("10.9.8.7"), Port: 1})
			relayed.Close()
		}
		tc.Close()
		sock.Close()
	}
}

// publishFromTheRoom sends a court camera's media from the room's address: its candidates name it, its packets come from it.
func publishFromTheRoom(t *testing.T, c *cast) {
	t.Helper()
	sock, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(theRoom)})
	if err != nil {
		t.Fatal(err)
	}
	se := webrtc.SettingEngine{}
	mux := webrtc.NewICEUDPMux(nil, sock)
	t.Cleanup(func() { mux.Close() })
	se.SetICEUDPMux(mux)
	pc, err := tunedAPI(t, webrtc.MimeTypeVP8, se).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	offer := offerBy(t, pc, webrtc.MimeTypeVP8)
	if !strings.Contains(offer, theRoom) {
		t.Fatal("the control: the offer does not name the room, so this test would find nothing")
	}
	frame, err := os.ReadFile("../media/relay/testdata/black.vp8")
	if err != nil {
		t.Fatal(err)
	}
	publishBy(t, c.app.App, c.app.Token("demo", "court/bench"), "", pc, offer, frame)
}

func TestTheAddressOfARoomStandsInNoLogMetricMessageProtocolOrStore(t *testing.T) {
	dir := t.TempDir()
	c := assemble(t, dir)
	publishFromTheRoom(t, c)
	provoke(t, c)
	seen := c.clerk.watch()
	grows(t, "the camera in the room at the clerk", seen["bench video"])
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	c.judge.must("testimony.release", nil)
	bundle := c.closeAndTake(t, dir)

	said := map[string][]byte{"the log": []byte(c.app.logged())}
	res, err := http.Get(c.app.URL() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	said["the metrics"], err = io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*page{c.judge, c.clerk, c.defence, c.prosecutor, c.gallery, c.room} {
		p.mu.Lock()
		said["the state of "+p.seat] = bytes.Clone(p.raw)
		p.mu.Unlock()
	}
	c.app.end()
	said["the log of the end"] = []byte(c.app.logged())
	files := 0
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		said[path], err = os.ReadFile(path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if files < 5 || len(said["the log"]) == 0 {
		t.Fatalf("%d files and a log of %d bytes were looked at", files, len(said["the log"]))
	}
	for where, b := range said {
		for _, form := range spellings(theRoom) {
			if bytes.Contains(b, form) {
				t.Errorf("%s names the room as %q", where, form)
			}
		}
	}
	if _, err := os.Stat(bundle); err != nil {
		t.Fatal(err)
	}
}

func TestAPanicTellsNoAddress(t *testing.T) {
	var b lockedWriter
	a := &App{log: quiet(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug})))}
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(a.recover)
	cause := &net.OpError{Op: "write", Net: "udp", Addr: &net.UDPAddr{IP: net.ParseIP(theRoom), Port: 5}, Err: errors.New("broken")}
	r.GET("/a", func(*gin.Context) { panic(cause) })
	r.GET("/b", func(*gin.Context) { panic("of " + theRoom + ":5") })
	r.GET("/c", func(*gin.Context) { panic(http.ErrAbortHandler) })
	s := httptest.NewUnstartedServer(r)
	s.Config.ErrorLog = quietLog(a.log)
	s.Start()
	defer s.Close()
	client := fromTheRoom(t)
	for _, path := range []string{"/a", "/b", "/c"} {
		res, err := client.Get(s.URL + path)
		if err != nil {
			continue // /c hangs up
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != http.StatusInternalServerError || bytes.Contains(body, []byte("broken")) {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
	}
	if all := b.String(); strings.Contains(all, theRoom) || !strings.Contains(all, "a request panicked") {
		t.Errorf("the log says %s", all)
	}
}
