package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// These hold the kernel's own keys, made by its uinput. Where it has none the bytes of keys_test.go come from a pipe, and that a device is taken alone is not tested.

// ioctl requests of linux/uinput.h.
const (
	uiSetEventBit = 0x40045564
	uiSetKeyBit   = 0x40045565
	uiSetup       = 0x405c5503
	uiCreate      = 0x5501
	uiDestroy     = 0x5502
	uiSysName     = 0x8040552c // 64 bytes
)

// keyboard is a device of keys that this test plugs in, presses and pulls.
type keyboard struct {
	t    *testing.T
	file *os.File
	node string // /dev/input/eventN
}

func plugIn(t *testing.T, codes ...uint16) *keyboard {
	t.Helper()
	f, err := os.OpenFile("/dev/uinput", os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("this kernel makes no devices of keys (%v): the kernel's own keys are not tested here, only their bytes from a pipe", err)
	}
	t.Cleanup(func() { f.Close() })
	k := &keyboard{t: t, file: f}
	k.control(uiSetEventBit, eventKey)
	for _, c := range codes {
		k.control(uiSetKeyBit, uintptr(c))
	}
	setup := struct {
		bus, vendor, product, version uint16
		name                          [80]byte
		effects                       uint32
	}{bus: 3, vendor: 0x1d50, product: 0x0001}
	copy(setup.name[:], "parda test key")
	k.ioctl(uiSetup, unsafe.Pointer(&setup))
	k.control(uiCreate, 0)
	var name [64]byte
	k.ioctl(uiSysName, unsafe.Pointer(&name))
	sys := "/sys/devices/virtual/input/" + string(name[:slices.Index(name[:], 0)])
	waitFor(t, "the device's node", func() bool {
		found, _ := filepath.Glob(filepath.Join(sys, "event*"))
		if len(found) == 1 {
			k.node = filepath.Join("/dev/input", filepath.Base(found[0]))
		}
		_, err := os.Stat(k.node)
		return k.node != "" && err == nil
	})
	return k
}

func (k *keyboard) control(request, arg uintptr) {
	k.t.Helper()
	raw, err := k.file.SyscallConn()
	if err != nil {
		k.t.Fatal(err)
	}
	_ = raw.Control(func(fd uintptr) {
		if err := unix.IoctlSetInt(int(fd), uint(request), int(arg)); err != nil {
			k.t.Fatalf("%x: %v", request, err)
		}
	})
}

func (k *keyboard) ioctl(request uintptr, arg unsafe.Pointer) {
	k.t.Helper()
	raw, err := k.file.SyscallConn()
	if err != nil {
		k.t.Fatal(err)
	}
	_ = raw.Control(func(fd uintptr) {
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(arg)); errno != 0 {
			k.t.Fatalf("%x: %v", request, errno)
		}
	})
}

func (k *keyboard) tell(code uint16, value int32) {
	k.t.Helper()
	for _, b := range [][]byte{eventOf(eventKey, code, value), eventOf(eventSync, 0, 0)} {
		if _, err := k.file.Write(b); err != nil {
			k.t.Fatal(err)
		}
	}
}

func (k *keyboard) pull() { k.control(uiDestroy, 0) }

// heardBy says how many bytes another program that has the device open gets at this moment.
func heardBy(t *testing.T, fd int) int {
	t.Helper()
	b := make([]byte, 64*eventBytes)
	n, err := unix.Read(fd, b)
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		t.Fatal(err)
	}
	return max(0, n)
}

func nextKey(t *testing.T, d keyDevice) inputEvent {
	t.Helper()
	for {
		e, err := d.next()
		if err != nil {
			t.Fatal(err)
		}
		if e.Type == eventKey {
			return e
		}
	}
}

func TestAKeysDeviceIsTakenAloneSoThatNoPressReachesTheKiosksBrowser(t *testing.T) {
	k := plugIn(t, 30, 48)
	browser, err := unix.Open(k.node, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(browser)
	k.tell(48, keyDown)
	k.tell(48, keyUp)
	if heardBy(t, browser) == 0 {
		t.Fatal("the browser does not hear a key that nobody has taken: this proves nothing")
	}
	if d, err := openEvdev(k.node, []uint16{48, 49}); !errors.Is(err, errNoSuchKey) {
		t.Errorf("a key that the device does not have: %v, %v", d, err)
	}
	d, err := openEvdev(k.node, []uint16{48, 30})
	if err != nil {
		t.Fatal(err)
	}
	k.tell(48, keyDown)
	if e := nextKey(t, d); e != (inputEvent{eventKey, 48, keyDown}) || !d.down(48) || d.down(30) {
		t.Errorf("%+v, down %v and %v", e, d.down(48), d.down(30))
	}
	k.tell(48, keyUp)
	if e := nextKey(t, d); e != (inputEvent{eventKey, 48, keyUp}) || d.down(48) {
		t.Errorf("%+v", e)
	}
	if n := heardBy(t, browser); n != 0 {
		t.Errorf("the browser reads %d bytes of it", n)
	}
	if other, err := openEvdev(k.node, []uint16{48}); !errors.Is(err, errNotGrabbed) {
		t.Errorf("a second program takes it: %v, %v", other, err)
	}
	waits := make(chan error, 1)
	go func() {
		for {
			if _, err := d.next(); err != nil {
				waits <- err
				return
			}
		}
	}()
	d.Close()
	select {
	case <-waits:
	case <-time.After(5 * time.Second):
		t.Fatal("a closed device is waited for")
	}
	k.tell(30, keyDown)
	if heardBy(t, browser) == 0 {
		t.Error("a device that was given back is deaf")
	}
}

func TestAKeyThatIsPulledAndPutBackIsFoundAgainByItself(t *testing.T) {
	k := plugIn(t, 48)
	link := filepath.Join(t.TempDir(), "by-id") // as udev's, which follows the device to its new number
	if err := os.Symlink(k.node, link); err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 64)
	w := &keyWatch{keys: []boundKey{{link, 48, signDuress}}, open: openEvdev, pressed: func(s string, _ time.Time) { got <- s }, held: func(string) {}, lost: func(_ string, err error) {
		if err == nil {
			got <- "there"
		} else {
			got <- "lost"
		}
	}}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.run(ctx) }()
	next := func() string {
		select {
		case s := <-got:
			return s
		case <-time.After(10 * time.Second):
			return "nothing"
		}
	}
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() {}, "there"}, {func() { k.tell(48, keyDown) }, signDuress}, {func() { k.tell(48, keyUp); k.pull() }, "lost"},
		{func() {
			k = plugIn(t, 48)
			if err := errors.Join(os.Remove(link), os.Symlink(k.node, link)); err != nil {
				t.Fatal(err)
			}
		}, "there"},
		{func() { time.Sleep(keyBounces); k.tell(48, keyDown) }, signDuress},
	} {
		step.do()
		s := next()
		for s == "lost" && step.want != "lost" { // it is looked for once a second
			s = next()
		}
		if s != step.want {
			t.Fatalf("%s, want %s", s, step.want)
		}
	}
	stop()
	<-done
}
