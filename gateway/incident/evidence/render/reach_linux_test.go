package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// attempt is one call of a broken decoder, at a file that is there or at the process that started it.
type attempt struct {
	name string
	try  func() error
}

func call(number, a, b, c, d uintptr) error {
	if _, _, errno := unix.RawSyscall6(number, a, b, c, d, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// attempts are what the confined program tries, in a folder that holds one file, old.
func attempts(dir string) []attempt {
	old, fresh, parent := filepath.Join(dir, "old"), filepath.Join(dir, "new"), os.Getppid()
	at := func(p string) uintptr { b, _ := unix.BytePtrFromString(p); return uintptr(unsafe.Pointer(b)) }
	const here = ^uintptr(99) // AT_FDCWD
	now := unix.Rlimit{Cur: 64, Max: 64}
	return []attempt{
		{"truncate", func() error { return unix.Truncate(old, 0) }},
		{"ftruncate", func() error { return unix.Ftruncate(1, 0) }},
		{"rename", func() error { return unix.Rename(old, fresh) }},
		{"renameat", func() error { return call(unix.SYS_RENAMEAT, here, at(old), here, at(fresh)) }},
		{"renameat2", func() error { return unix.Renameat2(unix.AT_FDCWD, old, unix.AT_FDCWD, fresh, 0) }},
		{"chmod", func() error { return unix.Chmod(old, 0o777) }},
		{"fchmodat", func() error { return unix.Fchmodat(unix.AT_FDCWD, old, 0o777, 0) }},
		{"fchmodat2", func() error { return call(unix.SYS_FCHMODAT2, here, at(old), 0o777, 0) }},
		{"chown", func() error { return unix.Chown(old, os.Getuid(), os.Getgid()) }},
		{"fchownat", func() error { return unix.Fchownat(unix.AT_FDCWD, old, os.Getuid(), os.Getgid(), 0) }},
		{"link", func() error { return unix.Link(old, fresh) }},
		{"symlink", func() error { return unix.Symlink(old, fresh) }},
		{"mknodat", func() error { return unix.Mknodat(unix.AT_FDCWD, fresh, unix.S_IFREG|0o600, 0) }},
		{"mkfifo", func() error { return unix.Mkfifo(fresh, 0o600) }},
		{"mkdir", func() error { return unix.Mkdir(fresh, 0o700) }},
		{"rmdir", func() error { return unix.Rmdir(filepath.Join(dir, "empty")) }},
		{"unlink", func() error { return unix.Unlink(old) }},
		{"utimes", func() error { return unix.Utimes(old, make([]unix.Timeval, 2)) }},
		{"setxattr", func() error { return unix.Setxattr(old, "user.x", []byte("x"), 0) }},
		{"stat", func() error { return call(unix.SYS_STATX, here, at(old), 0, 0) }},
		{"readlink", func() error { _, err := unix.Readlink("/proc/self/exe", make([]byte, 99)); return err }},
		{"chdir", func() error { return unix.Chdir(dir) }},
		{"open", func() error { _, err := unix.Open(old, unix.O_RDONLY, 0); return err }},
		{"kill of the parent", func() error { return unix.Kill(parent, 0) }},
		{"tgkill of the parent", func() error { return unix.Tgkill(parent, parent, 0) }},
		{"tkill of the parent", func() error { return call(unix.SYS_TKILL, uintptr(parent), 0, 0, 0) }},
		{"a queued signal", func() error { return call(unix.SYS_RT_SIGQUEUEINFO, uintptr(parent), 0, 0, 0) }},
		{"the parent as a pipe's owner", func() error { return call(unix.SYS_FCNTL, 0, unix.F_SETOWN, uintptr(parent), 0) }},
		{"prlimit of the parent", func() error { return unix.Prlimit(parent, unix.RLIMIT_NOFILE, nil, &now) }},
		{"priority of the parent", func() error { return unix.Setpriority(unix.PRIO_PROCESS, parent, 19) }},
		{"the parent's processors", func() error { var s unix.CPUSet; s.Set(0); return unix.SchedSetaffinity(parent, &s) }},
		{"pidfd_open", func() error { _, err := unix.PidfdOpen(parent, 0); return err }},
		{"pidfd_getfd", func() error { _, err := unix.PidfdGetfd(0, 0, 0); return err }},
		{"another process", func() error { return call(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0) }},
		{"ioctl", func() error { return call(unix.SYS_IOCTL, 0, 0x541b, at(old), 0) }},
		{"other rights", func() error { return unix.Setresuid(os.Getuid(), os.Getuid(), os.Getuid()) }},
	}
}

// try prints which of them did not fail with EPERM, after the program has confined itself.
func try(dir string) {
	all := attempts(dir)
	if err := confine(); err != nil {
		fmt.Print("not confined: ", err)
		return
	}
	for _, a := range all {
		if err := a.try(); !errors.Is(err, unix.EPERM) {
			fmt.Printf("%s: %v\n", a.name, err)
		}
	}
	var clone3 [11]uint64
	if err := call(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&clone3)), unsafe.Sizeof(clone3), 0, 0); !errors.Is(err, unix.ENOSYS) {
		fmt.Printf("clone3: %v\n", err)
	}
	if err := unix.Tgkill(os.Getpid(), unix.Gettid(), 0); err != nil { // the runtime needs this one
		fmt.Printf("a signal to itself: %v\n", err)
	}
	done := make(chan bool) // and threads
	for range 4 {
		go func() { runtime.LockOSThread(); done <- true }()
		<-done
	}
	fmt.Print("tried all")
}

func inConfinement(t *testing.T, mode string) string {
	t.Helper()
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "old"), []byte("evidence"), 0o600), os.Mkdir(filepath.Join(dir, "empty"), 0o700)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PARDA_RENDER="+mode, "PARDA_RENDER_DIR="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "old")); err != nil || string(b) != "evidence" {
		t.Errorf("the file is %q, %v", b, err)
	}
	return string(out)
}

func TestTheProgramChangesNoFileAndReachesNoProcess(t *testing.T) {
	if out := inConfinement(t, "try"); out != "tried all" {
		t.Errorf("%s", out)
	}
}

// Landlock holds where the list of system calls would lack one: it is asked alone here.
func TestWithoutAnyFilterOfCallsThereIsStillNoFile(t *testing.T) {
	out := inConfinement(t, "landlock")
	if strings.HasPrefix(out, "no landlock") {
		t.Skip("SKIPPED: this build has cgo, or this kernel no Landlock: CGO_ENABLED=0 go test ./gateway/incident/evidence/render")
	}
	if out != "none" {
		t.Errorf("%s", out)
	}
}

func tryLandlock(dir string) {
	switch done, err := withoutFiles(); {
	case err != nil:
		fmt.Print(err)
		return
	case !done:
		fmt.Print("no landlock")
		return
	}
	for name, err := range map[string]error{
		"truncate": unix.Truncate(filepath.Join(dir, "old"), 0), "rename": unix.Rename(filepath.Join(dir, "old"), filepath.Join(dir, "new")),
		"rmdir": unix.Rmdir(filepath.Join(dir, "empty")), "link": unix.Link(filepath.Join(dir, "old"), filepath.Join(dir, "new")),
	} {
		if !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EXDEV) {
			fmt.Printf("%s: %v\n", name, err)
		}
	}
	if _, err := os.ReadFile(filepath.Join(dir, "old")); !errors.Is(err, unix.EACCES) {
		fmt.Printf("read: %v\n", err)
	}
	fmt.Print("none")
}

// What is ended is the program and what it started.
func TestTheWholeGroupEndsWithTheProgram(t *testing.T) {
	said := filepath.Join(t.TempDir(), "pid")
	p := NewProgram("/bin/sh", "-c", "sleep 60 & echo $! > "+said+"; wait")
	p.Env = []string{"PATH=/usr/bin:/bin"}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if b, err := os.ReadFile(said); err == nil && bytes.HasSuffix(b, []byte("\n")) {
				cancel()
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	if r, err := p.Render(ctx, strings.NewReader("x")); err != nil || r.Why != TooSlow {
		t.Errorf("%+v %v", r, err)
	}
	b, err := os.ReadFile(said)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(b), &pid); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || err != nil || bytes.Contains(stat, []byte(") Z ")) {
			return
		}
		if time.Now().After(until) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("what the program started goes on")
		}
	}
}
