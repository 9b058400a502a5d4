package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sys/unix"

	"parda/gateway/visibility"
)

// cuttable is the line between the room and the court: a test cuts it and mends it.
type cuttable struct {
	net.Listener
	to string

	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

func newCuttable(t *testing.T, to string) *cuttable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cuttable{Listener: l, to: to}
	t.Cleanup(func() { l.Close(); c.set(true) })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			c.mu.Lock()
			far, err := net.Dial("tcp", c.to)
			if c.cut || err != nil {
				near.Close()
				c.mu.Unlock()
				continue
			}
			c.conns = append(c.conns, near, far)
			c.mu.Unlock()
			for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
				go func() { _, _ = io.Copy(way[0], way[1]); way[0].Close() }()
			}
		}
	}()
	return c
}

func (c *cuttable) set(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut = cut; cut {
		for _, conn := range c.conns {
			conn.Close()
		}
		c.conns = nil
	}
}

// shieldedRoom is the real station with its three keys as pipes, which speak the kernel's bytes: this kernel has no uinput. It has neither camera nor microphone.
type shieldedRoom struct {
	t             *testing.T
	program, keys string
	args          []string
	cmd           *exec.Cmd
	stderr        lockedWriter
	kiosk         string
}

const (
	keySignal, keyDuress, keyEmergency = 30, 48, 46
)

func newShieldedRoom(t *testing.T, gateway, token string) *shieldedRoom {
	t.Helper()
	if out, err := exec.Command("pkg-config", "--exists", "vpx", "opus").CombinedOutput(); err != nil {
		t.Skipf("the codecs' libraries are not here (Debian: libvpx-dev libopus-dev pkg-config), so that the two programs are not tested together: %v %s", err, out)
	}
	dir := t.TempDir()
	r := &shieldedRoom{t: t, program: filepath.Join(dir, "station"), keys: filepath.Join(dir, "keys")}
	if out, err := exec.Command("go", "build", "-o", r.program, "parda/media/station").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := syscall.Mkfifo(r.keys, 0o600); err != nil {
		t.Fatal(err)
	}
	r.args = []string{"testify", "-gateway", gateway, "-hearing", "demo", "-token", token, "-state", filepath.Join(dir, "state"), "-kiosk", "127.0.0.1:0", "-json", "-alarm", "none",
		"-signal-key", r.keys + ":30", "-duress-key", r.keys + ":48", "-emergency-key", r.keys + ":46"}
	return r
}

func (r *shieldedRoom) start() {
	r.t.Helper()
	r.cmd = exec.Command(r.program, r.args...)
	r.cmd.Stderr = &r.stderr
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	cmd := r.cmd
	r.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var said struct{ Kiosk string }
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &said) != nil {
		r.t.Fatalf("%v\n%s", err, &r.stderr)
	}
	r.kiosk = said.Kiosk
}

// kill ends the program as a crash does.
func (r *shieldedRoom) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

// press is a key that goes down and up, in the kernel's own bytes (struct input_event).
func (r *shieldedRoom) press(code uint16) {
	r.t.Helper()
	f, err := os.OpenFile(r.keys, os.O_WRONLY, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	for _, value := range []uint32{1, 0} {
		b := make([]byte, 24)
		binary.NativeEndian.PutUint16(b[16:], 1)
		binary.NativeEndian.PutUint16(b[18:], code)
		binary.NativeEndian.PutUint32(b[20:], value)
		if _, err := f.Write(b); err != nil {
			r.t.Fatal(err)
		}
	}
}

// page enters the kiosk and gives what the station says to it, all of it and the newest of itself.
func (r *shieldedRoom) page() (all func() string, station func(what string, ok func(map[string]any) bool)) {
	r.t.Helper()
	base, code, _ := strings.Cut(r.kiosk, "/#code=")
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	req, err := http.NewRequest(http.MethodPost, base+"/local/enter", strings.NewReader(`{"code":"`+code+`"}`))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Origin", base)
	if res, err := client.Do(req); err != nil || res.Body.Close() != nil || res.StatusCode != http.StatusNoContent {
		r.t.Fatalf("the kiosk: %v %v", res, err)
	}
	conn, _, err := websocket.Dial(r.t.Context(), "ws"+strings.TrimPrefix(base, "http")+"/local/ws", &websocket.DialOptions{HTTPClient: client, HTTPHeader: http.Header{"Origin": {base}}})
	if err != nil {
		r.t.Fatal(err)
	}
	conn.SetReadLimit(4 << 20)
	r.t.Cleanup(func() { conn.CloseNow() })
	var mu sync.Mutex
	var said bytes.Buffer
	newest := map[string]any{}
	go func() {
		for {
			_, b, err := conn.Read(r.t.Context())
			if err != nil {
				return
			}
			var m map[string]any
			_ = json.Unmarshal(b, &m)
			mu.Lock()
			said.Write(b)
			if m["type"] == "station" {
				newest = m
			}
			mu.Unlock()
		}
	}()
	all = func() string { mu.Lock(); defer mu.Unlock(); return said.String() }
	return all, func(what string, ok func(map[string]any) bool) {
		r.t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			mu.Lock()
			m := newest
			mu.Unlock()
			if m["type"] == "station" && ok(m) {
				return
			}
			if time.Now().After(end) {
				r.t.Fatalf("the kiosk never %s: %v\n%s", what, m, &r.stderr)
			}
		}
	}
}

func flagsOfTheRoom(v visibility.View) (list []visibility.FlagView) {
	for _, f := range v.Flags {
		if f.Seat == "witness" {
			list = append(list, f)
		}
	}
	return list
}

// TestTheSignsOfTheRealStationReachTheBenchAndWhatIsPressedWithoutALinkOutlivesACrash: the two programs, keys as pipes, the line cut, the station killed.
func TestTheSignsOfTheRealStationReachTheBenchAndWhatIsPressedWithoutALinkOutlivesACrash(t *testing.T) {
	config := testConfig(t.TempDir())
	config.Emergency = EmergencyConfig{Telephone: "012 555 01 02", Body: "İAQMİ"}
	config.Hearings[0].Room = "AB-12"
	app := runApp(t, config)
	judge, clerk := sit(t, app.App, "judge"), sit(t, app.App, "clerk")
	u, err := url.Parse(app.URL())
	if err != nil {
		t.Fatal(err)
	}
	line := newCuttable(t, u.Host)
	room := newShieldedRoom(t, "http://"+line.Addr().String(), app.Token("demo", "witness"))
	room.start()
	all, station := room.page()
	station("is linked", func(m map[string]any) bool { return m["link"] == "up" })
	station("knows whom to call", func(m map[string]any) bool {
		c, _ := m["card"].(map[string]any)
		return c["telephone"] == "012 555 01 02" && c["room"] == "AB-12"
	})

	room.press(keySignal)
	first := judge.until("has her flag", func(v visibility.View) bool { return len(flagsOfTheRoom(v)) == 1 })
	if f := flagsOfTheRoom(first)[0]; !f.Discreet {
		t.Errorf("%+v", f)
	}
	room.press(keyDuress)
	judge.until("has the sign of duress", func(v visibility.View) bool { return v.Duress != nil && v.Duress.Means == "key" })
	judge.must("flag.raise", nil) // something that the others see, so that what came before has come
	clerk.until("sees the judge's flag", func(v visibility.View) bool { return len(v.Flags) == 1 && v.Flags[0].Seat == "judge" })
	for who, said := range map[string]string{"the kiosk": all(), "the station's log": room.stderr.String(), "the clerk": string(clerk.everything())} {
		if strings.Contains(strings.ReplaceAll(said, `"duress.raise"`, ""), "duress") { // "can" names what a seat may do at any time
			t.Errorf("%s is told of duress", who)
		}
	}

	line.set(true)
	station("knows that the link is lost", func(m map[string]any) bool { return m["link"] == "down" })
	before := time.Now()
	room.press(keySignal)
	room.press(keyEmergency)
	station("fills the screen without a gateway", func(m map[string]any) bool {
		e, _ := m["emergency"].(map[string]any)
		return e != nil && e["sent"] == false && e["alarm"] == true
	})
	pressed := time.Now()
	kept(t, room)
	room.kill()
	room.start()
	_, station = room.page()
	station("is in the emergency still, after a crash", func(m map[string]any) bool {
		e, _ := m["emergency"].(map[string]any)
		return e != nil && e["sent"] == false
	})
	mended := time.Now()
	line.set(false)
	station("says that the court knows", func(m map[string]any) bool {
		e, _ := m["emergency"].(map[string]any)
		return e != nil && e["sent"] == true
	})
	v := judge.until("has both", func(v visibility.View) bool {
		return len(flagsOfTheRoom(v)) == 2 && v.Emergency != nil && v.Emergency.Ended == ""
	})
	at := ""
	for _, f := range flagsOfTheRoom(v) {
		if f.ID != flagsOfTheRoom(first)[0].ID {
			at = f.PressedAt
		}
	}
	if when, err := time.Parse(time.RFC3339Nano, at); err != nil || when.Before(before.Add(-time.Millisecond)) || when.After(pressed) || !when.Before(mended) {
		t.Errorf("the flag is said to be of %s; it was pressed between %v and %v, and the link was back at %v", at, before, pressed, mended)
	}
	judge.must("emergency.end", map[string]string{"reason": "the officer is with her"})
	station("leaves the emergency by the bench's word", func(m map[string]any) bool { return m["emergency"] == nil })
}

// kept waits until the station has written what it keeps: a press without a link is on the disk within moments, and a crash in those moments is not what is tested.
func kept(t *testing.T, room *shieldedRoom) {
	t.Helper()
	files := filepath.Join(filepath.Dir(room.program), "state", "kept-*.sealed")
	var last time.Time
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(300 * time.Millisecond) {
		found, _ := filepath.Glob(files)
		if len(found) == 1 {
			info, err := os.Stat(found[0])
			if err == nil && info.ModTime().Equal(last) {
				return
			}
			if err == nil {
				last = info.ModTime()
			}
		}
		if time.Now().After(end) {
			if _, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_USER_KEYRING, true); err != nil {
				t.Skipf("this kernel has no keyring (%v): that what was pressed outlives a crash is not tested here", err)
			}
			t.Fatalf("nothing is kept: %v\n%s", found, &room.stderr)
		}
	}
}

// everything is each message that the page was sent.
func (p *page) everything() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.all)
}
