package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// said is an event as the kernel writes it.
func eventOf(kind, code uint16, value int32) []byte {
	b := make([]byte, eventBytes)
	binary.NativeEndian.PutUint64(b, 0xfeedfacecafebeef) // the time, which nothing here reads
	binary.NativeEndian.PutUint16(b[timeBytes:], kind)
	binary.NativeEndian.PutUint16(b[timeBytes+2:], code)
	binary.NativeEndian.PutUint32(b[timeBytes+4:], uint32(value))
	return b
}

func pressOf(code uint16) []byte {
	return bytes.Join([][]byte{eventOf(eventKey, code, keyDown), eventOf(eventSync, 0, 0), eventOf(eventKey, code, keyUp), eventOf(eventSync, 0, 0)}, nil)
}

func TestAKeyIsNamedByItsDeviceAndItsCode(t *testing.T) {
	for set, want := range map[string]boundKey{
		"/dev/input/by-id/usb-PCsensor-event-kbd:48":                  {"/dev/input/by-id/usb-PCsensor-event-kbd", 48, signDuress},
		"/dev/input/by-path/pci-0000:00:14.0-usb-0:1:1.0-event-kbd:1": {"/dev/input/by-path/pci-0000:00:14.0-usb-0:1:1.0-event-kbd", 1, signDuress},
		"/dev/input/../input/event3:767":                              {"/dev/input/event3", 767, signDuress},
	} {
		if got, err := parseKey(signDuress, set); err != nil || got != want {
			t.Errorf("%s: %+v, %v", set, got, err)
		}
	}
	for _, set := range []string{":48", "/dev/input/event3", "/dev/input/event3:", "/dev/input/event3:0", "/dev/input/event3:768", "/dev/input/event3:-1", "/dev/input/event3:KEY_B", "event3:48"} {
		if got, err := parseKey(signDuress, set); !errors.Is(err, errUsage) {
			t.Errorf("%s: %+v, %v", set, got, err)
		}
	}
	c := testifyConfig{signalKey: "/dev/input/event3:30", duressKey: "/dev/input/event3:48"}
	if bound, err := c.keys(); err != nil || len(bound) != 2 {
		t.Errorf("two keys of one device: %v, %v", bound, err)
	}
	c.emergencyKey = c.duressKey
	if _, err := c.keys(); !errors.Is(err, errUsage) {
		t.Error("one key gives two signs")
	}
}

// fakeKeys is a device in this process.
type fakeKeys struct {
	events chan inputEvent
	gone   chan struct{}
	once   sync.Once
	isDown map[uint16]bool
}

func (d *fakeKeys) next() (inputEvent, error) {
	select {
	case e := <-d.events:
		return e, nil
	case <-d.gone:
		return inputEvent{}, syscall.ENODEV
	}
}
func (d *fakeKeys) down(code uint16) bool { return d.isDown[code] }
func (d *fakeKeys) Close() error          { d.once.Do(func() { close(d.gone) }); return nil }

// watched is a watch over one fake device with all three signs: signal 30, duress 48, emergency 46.
type watched struct {
	*keyWatch
	dev   *fakeKeys
	there bool
	mu    sync.Mutex
	got   []string
	at    []time.Time
}

func inWatch(t *testing.T, test func(t *testing.T, w *watched)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &watched{there: true}
		note := func(s string, at time.Time) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.got, w.at = append(w.got, s), append(w.at, at)
		}
		w.keyWatch = &keyWatch{keys: []boundKey{{"/k", 30, signSignal}, {"/k", 48, signDuress}, {"/k", 46, signEmergency}},
			pressed: func(s string, at time.Time) { note(s, at) },
			held:    func(s string) { note("held "+s, time.Now()) },
			lost: func(_ string, err error) {
				if err != nil {
					note("lost", time.Now())
				} else {
					note("there", time.Now())
				}
			},
			open: func(_ string, codes []uint16) (keyDevice, error) {
				w.mu.Lock()
				defer w.mu.Unlock()
				if len(codes) != 3 || !w.there {
					return nil, os.ErrNotExist
				}
				w.dev = &fakeKeys{events: make(chan inputEvent), gone: make(chan struct{}), isDown: map[uint16]bool{}}
				return w.dev, nil
			}}
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); w.run(ctx) }()
		synctest.Wait()
		test(t, w)
		stop()
		<-done
	})
}

func (w *watched) tell(code uint16, value int32) {
	w.device().events <- inputEvent{eventKey, code, value}
	synctest.Wait()
}

func (w *watched) device() *fakeKeys {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dev
}

func (w *watched) told() string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.got, ", ")
}

func TestAPressIsOneSignAtTheMomentOfThePress(t *testing.T) {
	inWatch(t, func(t *testing.T, w *watched) {
		began := time.Now()
		time.Sleep(700 * time.Millisecond)
		for _, value := range []int32{keyDown, 2, 2, 2, keyUp} { // a key that is held repeats
			w.tell(48, value)
			time.Sleep(100 * time.Millisecond)
		}
		w.tell(49, keyDown)
		w.device().events <- inputEvent{2, 48, keyDown} // another type
		if got := w.told(); got != "there, duress" {
			t.Errorf("%s", got)
		}
		if at := w.at[1].Sub(began); at != 700*time.Millisecond {
			t.Errorf("at %v", at)
		}
	})
}

func TestATremblingFootIsOnePressAndASecondPressIsASecondSign(t *testing.T) {
	inWatch(t, func(t *testing.T, w *watched) {
		for range 3 {
			w.tell(46, keyDown)
			w.tell(46, keyUp)
			time.Sleep(keyBounces / 4)
		}
		time.Sleep(keyBounces)
		w.tell(46, keyDown)
		if got := w.told(); got != "there, emergency, emergency" {
			t.Errorf("%s", got)
		}
	})
}

func TestTheSignalsKeyThatIsHeldAsksForABreakAndNoOtherDoes(t *testing.T) {
	for code, want := range map[uint16]string{30: "there, signal, held signal", 48: "there, duress", 46: "there, emergency"} {
		inWatch(t, func(t *testing.T, w *watched) {
			w.tell(code, keyDown)
			time.Sleep(keyHeldFor + time.Millisecond)
			w.tell(code, keyUp)
			if got := w.told(); got != want {
				t.Errorf("held: %s", got)
			}
		})
	}
	inWatch(t, func(t *testing.T, w *watched) {
		w.tell(30, keyDown)
		time.Sleep(keyHeldFor - time.Millisecond)
		w.tell(30, keyUp)
		time.Sleep(time.Minute)
		if got := w.told(); got != "there, signal" {
			t.Errorf("let go: %s", got)
		}
	})
}

func TestAKeyThatIsPulledIsToldAndFoundAgainByItself(t *testing.T) {
	inWatch(t, func(t *testing.T, w *watched) {
		w.mu.Lock()
		w.there = false
		w.mu.Unlock()
		w.device().Close()
		time.Sleep(10 * keyAgain)
		if got := w.told(); got != "there, lost"+strings.Repeat(", lost", strings.Count(got, "lost")-1) || !strings.Contains(got, "lost") {
			t.Errorf("%s", got)
		}
		w.mu.Lock()
		w.there, w.got = true, nil
		w.mu.Unlock()
		time.Sleep(2 * keyAgain)
		w.tell(48, keyDown)
		if got := strings.TrimPrefix(w.told(), "lost, "); got != "there, duress" {
			t.Errorf("%s", got)
		}
	})
}

func TestAPressInAnOverrunOfTheKernelsQueueIsFoundByTheKeysState(t *testing.T) {
	inWatch(t, func(t *testing.T, w *watched) {
		w.device().isDown[48] = true
		w.device().events <- inputEvent{eventSync, syncDropped, 0}
		w.device().events <- inputEvent{eventSync, syncDropped, 0}
		if got := w.told(); got != "there, duress" {
			t.Errorf("%s", got)
		}
	})
}

func TestAfterAnOverrunTheNextPressIsAPress(t *testing.T) {
	for name, up := range map[string]func(w *watched){
		"the key's state says that it is up": func(w *watched) { w.device().events <- inputEvent{eventSync, syncDropped, 0} },
		"nothing said that it went up":       func(*watched) {},
	} {
		inWatch(t, func(t *testing.T, w *watched) {
			w.tell(48, keyDown)
			time.Sleep(2 * keyBounces)
			up(w) // the release was lost in the overrun
			w.tell(48, keyDown)
			if got := w.told(); got != "there, duress, duress" {
				t.Errorf("%s: %s", name, got)
			}
		})
	}
}

func TestASignalsKeyWhoseReleaseWasLostAsksForNoBreak(t *testing.T) {
	inWatch(t, func(t *testing.T, w *watched) {
		w.tell(30, keyDown)
		w.device().events <- inputEvent{eventSync, syncDropped, 0}
		time.Sleep(2 * keyHeldFor)
		if got := w.told(); got != "there, signal" {
			t.Errorf("%s", got)
		}
	})
}

// TestAPipeThatSpeaksAsTheKernelIsRead: no device here, but a named pipe with the kernel's own bytes, in pieces as a pipe may give them.
func TestAPipeThatSpeaksAsTheKernelIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 8)
	w := &keyWatch{keys: []boundKey{{path, 48, signDuress}, {path, 30, signSignal}}, open: openEvdev, pressed: func(s string, _ time.Time) { got <- s }, held: func(string) {}, lost: func(string, error) {}}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.run(ctx) }()
	next := func() string {
		select {
		case s := <-got:
			return s
		case <-time.After(5 * time.Second):
			t.Fatal("no sign")
			return ""
		}
	}
	for _, c := range []struct {
		code uint16
		sign string
	}{{48, signDuress}, {30, signSignal}} { // a writer that comes and goes
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		b := pressOf(c.code)
		for _, part := range [][]byte{b[:5], b[5 : eventBytes+1], b[eventBytes+1:]} {
			if _, err := f.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		f.Close()
		if s := next(); s != c.sign {
			t.Errorf("%d gives %s", c.code, s)
		}
	}
	stop()
	<-done
}

func TestWhatIsNoDeviceOfKeysIsNotTakenForOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, pressOf(48), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, "/dev/null", path + "x"} {
		if d, err := openEvdev(p, []uint16{48}); err == nil {
			d.Close()
			t.Errorf("%s is read as a device of keys", p)
		}
	}
}

// FuzzEvents: whatever bytes come, the reader and the watch give no sign but for the whole events that say so, and never panic.
func FuzzEvents(f *testing.F) {
	f.Add(pressOf(48))
	f.Add(bytes.Join([][]byte{eventOf(eventSync, syncDropped, 0), pressOf(30)[3:]}, nil))
	f.Add(bytes.Repeat([]byte{0xff}, 3*eventBytes+1))
	f.Fuzz(func(t *testing.T, b []byte) {
		want := 0
		for at := 0; at+eventBytes <= len(b); at += eventBytes {
			e := b[at+timeBytes:]
			if binary.NativeEndian.Uint16(e) == eventKey && binary.NativeEndian.Uint16(e[2:]) == 48 && int32(binary.NativeEndian.Uint32(e[4:])) == keyDown {
				want++
			}
		}
		got := 0
		w := &keyWatch{pressed: func(string, time.Time) { got++ }, held: func(string) {}}
		err := w.read(&pipeKeys{bytes.NewReader(b)}, []boundKey{{"/k", 48, signDuress}})
		if got > want || want > 0 && got == 0 {
			t.Errorf("%d signs of %d presses", got, want)
		}
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
	})
}

type pipeKeys struct{ io.Reader }

func (p *pipeKeys) next() (inputEvent, error) { return readEvent(p.Reader) }
func (p *pipeKeys) down(uint16) bool          { return false }
func (p *pipeKeys) Close() error              { return nil }
