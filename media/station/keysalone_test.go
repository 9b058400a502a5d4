package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// nodes are files that stand for devices, by name, mode and owner.
func nodes(t *testing.T, modes map[string]os.FileMode, owner int) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range modes {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		if mode&0o400 != 0 && owner >= 0 {
			if err := os.Chown(path, owner, owner); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// asAnother does something on a thread of another account, which ends with it.
func asAnother(t *testing.T, uid int, do func()) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("these tests do not run as root: what another account may reach is not tested here")
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked
		for _, call := range []uintptr{unix.SYS_SETRESGID, unix.SYS_SETRESUID} {
			if _, _, errno := unix.RawSyscall(call, uintptr(uid), uintptr(uid), uintptr(uid)); errno != 0 {
				done <- errno
				return
			}
		}
		do()
		done <- nil
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

const another = 64999 // an account that nobody has

func TestAConfinedStationReachesTheBoundKeysAndNoOtherKeyboard(t *testing.T) {
	for name, c := range map[string]struct {
		others map[string]os.FileMode // 0o4xx: the account's own
		folder bool
	}{
		"nothing else is there":               {nil, true},
		"others that it may not open":         {map[string]os.FileMode{"event4": 0o060, "event5": 0o000}, true},
		"another that is its own":             {map[string]os.FileMode{"event4": 0o600}, false},
		"another that everybody may read":     {map[string]os.FileMode{"event4": 0o004}, false},
		"a mouse, which is no event's device": {map[string]os.FileMode{"mouse0": 0o004}, true},
	} {
		modes := map[string]os.FileMode{"event3": 0o600}
		for n, m := range c.others {
			modes[n] = m
		}
		folder := nodes(t, modes, another)
		link := filepath.Join(folder, "by-id")
		if err := os.Symlink(filepath.Join(folder, "event3"), link); err != nil {
			t.Fatal(err)
		}
		for _, device := range []string{filepath.Join(folder, "event3"), link} {
			conf := testifyConfig{duressKey: device + ":48", signalKey: device + ":30"}
			var got map[string]reach
			asAnother(t, another, func() { got = conf.keysReach(folder) })
			if got[device] != heard || got[folder] != 0 && got[folder] != heard || (got[folder] == heard) != c.folder || len(got) > 2 {
				t.Errorf("%s, by %s: %v", name, filepath.Base(device), got)
			}
			if root := conf.keysReach(folder); os.Getuid() == 0 && (len(root) != 1 || root[device] != heard) {
				t.Errorf("%s: root, who may open every keyboard, is given the folder: %v", name, root)
			}
		}
	}
	if got := (&testifyConfig{}).keysReach("/dev/input"); len(got) != 0 {
		t.Errorf("without keys: %v", got)
	}
	if heard&(unix.LANDLOCK_ACCESS_FS_WRITE_FILE|unix.LANDLOCK_ACCESS_FS_READ_DIR) != 0 {
		t.Error("a key's device may be written to, or the folder be listed")
	}
	needs := (&testifyConfig{duressKey: "/dev/input/event3:48", alarm: "/usr/local/bin/ring", state: t.TempDir()}).needs()
	if needs["/dev/input/event3"] != heard || needs["/usr/local/bin/ring"] != runs {
		t.Errorf("%v", needs)
	}
}

func TestARoomThatAsksForItTakesNoKeyThatOthersMayOpenOrPress(t *testing.T) {
	own := uint32(os.Getuid())
	dir := nodes(t, map[string]os.FileMode{"file": 0o600}, -1)
	pipe := filepath.Join(dir, "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "file"), pipe, "/dev/null"} { // the last is everybody's
		if err := keyAlone(path, own); !errors.Is(err, errShared) {
			t.Errorf("%s: %v", path, err)
		}
		c := testifyConfig{duressKey: fmt.Sprint(path, ":48")}
		if err := c.checkKeysExclusive(); !errors.Is(err, errShared) {
			t.Errorf("%s: %v", path, err)
		}
	}
	alone := filepath.Join(dir, "event3")
	if err := unix.Mknod(alone, unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))); err != nil {
		t.Skip("no device can be made here: that a key of its own is taken is not tested here")
	}
	c := testifyConfig{duressKey: alone + ":48", signalKey: filepath.Join(dir, "pulled") + ":30"}
	if err := c.checkKeysExclusive(); err != nil { // one that is away is looked for, and looked at when it comes
		t.Errorf("its own: %v", err)
	}
	if err := keyAlone(alone, own+1); !errors.Is(err, errShared) {
		t.Errorf("another account's: %v", err)
	}
	if err := os.Chmod(alone, 0o660); err != nil {
		t.Fatal(err)
	}
	if err := c.checkKeysExclusive(); !errors.Is(err, errShared) {
		t.Errorf("a group's: %v", err)
	}
}

func TestTheRoomsSettingsAreCheckedBeforeAnythingStarts(t *testing.T) {
	for name, c := range map[string]testifyConfig{
		"a code that is a place": {roomCode: "Bakı 12"},
		"a small code":           {roomCode: "ab-12"},
		"a key without a code":   {duressKey: "/dev/input/event3"},
		"an alarm of no kind":    {alarm: "siren"},
		"a long number":          {telephone: string(slices.Repeat([]byte("1"), 41))},
	} {
		if err := c.checkRoom(); !errors.Is(err, errUsage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := testifyConfig{roomCode: "AB-123", telephone: "+994 12 555 01 02", body: "İAQMİ", alarm: "/usr/local/bin/ring", signalKey: "/dev/input/event3:30"}
	if err := good.checkRoom(); err != nil {
		t.Error(err)
	}
}
