package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The station reads pictures, sound and messages that others made. Should one of them break a decoder, what the broken process could still reach is bounded
// by the kernel itself (Landlock, landlock(7)): the camera, the microphone, the folder of its state, and what every program reads to run. Not the home folders,
// not other rooms' data, no other device, and no signal to another program. It holds for the programs that it starts (ffmpeg), and for good.
//
// Landlock confines a thread and what comes of it. Go has started several by now, and with cgo the kernel cannot be asked about them all; so one thread
// confines itself and starts the program anew in its own place: all threads of that are born confined.

// confinedMark keeps a program that could not be confined from starting itself for ever.
const confinedMark = "PARDA_CONFINED"

var errNotConfined = errors.New("the kernel cannot confine this program here (Landlock, Linux 6.2 or newer), and -require-confined is set")

// enoughABI is Landlock's with truncation (Linux 6.2): below it a confined program could still empty files that it may not write to.
const enoughABI = 3

// confineTestify starts testify anew, confined, where the kernel can; it returns where it cannot, or where this is the confined one.
func confineTestify(args []string) {
	var c testifyConfig
	if len(args) == 0 || args[0] != "testify" || parseFlags(testifyFlags(&c, io.Discard), args[1:]) != nil || os.Getenv(confinedMark) != "" {
		os.Unsetenv(confinedMark)
		return
	}
	_ = restart(c.needs()) // where it fails the program goes on, and says so (checkConfined)
}

// confined says whether this program is: it may not list the root folder.
func confined() bool {
	_, err := os.ReadDir("/")
	return errors.Is(err, os.ErrPermission)
}

// checkConfined warns, or refuses where the operator asked for it.
func checkConfined(log *slog.Logger, required bool) error {
	switch {
	case confined():
		return nil
	case required:
		return errNotConfined
	}
	log.Warn("this program is not confined to its devices and its state: Linux 6.2 or newer can")
	return nil
}

// reach is what a confined program may do with a path and what is below it.
type reach uint64

const (
	reads  reach = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	runs   reach = reads | unix.LANDLOCK_ACCESS_FS_EXECUTE
	device reach = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV | unix.LANDLOCK_ACCESS_FS_READ_DIR
	heard  reach = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV // a key: its events, and taking it for oneself
	owns   reach = reads | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_DIR |
		unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR
)

// ofFiles are the rights that make sense for what is no folder; the kernel refuses the others there.
const ofFiles reach = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV

// Every path that is not there is left out: what appears later is not reached.
var (
	systems = []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"}
	// What libraries read of the system's settings. /etc as a whole is not among them: it holds the keys of other services.
	settings = []string{"/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services",
		"/etc/localtime", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alsa", "/etc/asound.conf", "/etc/pulse", "/etc/passwd", "/etc/group", "/etc/machine-id",
		"/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/asound", "/proc/sys/kernel", "/proc/sys/vm", "/sys/devices", "/sys/class", "/sys/dev", "/sys/fs/cgroup", "/sys/kernel/mm"}
	always = []string{"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/shm", "/dev/snd", tpmOfRoom}
)

const tpmOfRoom = "/dev/tpmrm0"

// needs is what the command line says that this station uses.
func (c *testifyConfig) needs() map[string]reach {
	n := map[string]reach{}
	add := func(r reach, paths ...string) {
		for _, p := range paths {
			if p != "" {
				n[p] |= r
			}
		}
	}
	add(runs, systems...)
	add(reads, settings...)
	add(device, always...)
	if cams, err := filepath.Glob("/dev/video*"); err == nil && strings.HasPrefix(c.camera, "/dev/") {
		add(device, cams...) // another number after the cable was pulled and put back
		add(device, c.camera, "/dev/v4l")
	}
	for _, source := range []string{c.camera, c.microphone, c.speaker, c.gatewayCert} {
		if filepath.IsAbs(source) || exists(source) {
			add(reads, source)
		}
	}
	if run := os.Getenv("XDG_RUNTIME_DIR"); run != "" {
		add(owns, filepath.Join(run, "pulse"))
	}
	if home, err := os.UserHomeDir(); err == nil {
		add(reads, filepath.Join(home, ".config", "pulse"), filepath.Join(home, ".asoundrc"))
	}
	add(reads, os.Getenv("CREDENTIALS_DIRECTORY"))
	if filepath.IsAbs(c.alarm) {
		add(runs, c.alarm)
	}
	for path, r := range c.keysReach("/dev/input") {
		add(r, path)
	}
	if c.state != "" {
		if os.MkdirAll(c.state, 0o700) == nil {
			add(owns, c.state)
		}
	}
	return n
}

// keysReach is the bound keys' devices and no other: another keyboard's keys (the officer's code is typed on one) are never read. A rule is about the node that is there
// now; a device that is pulled and put back has a new one. So where the system's own rights leave this account no other device in the folder (deploy/udev gives it the
// key alone), the folder is the rule, and such a device is found again; where they do not, it is lost until the program is started anew, and the bench is told.
func (c *testifyConfig) keysReach(folder string) map[string]reach {
	bound, err := c.keys()
	if err != nil || len(bound) == 0 {
		return nil
	}
	n := map[string]reach{}
	var nodes []string
	for _, k := range bound {
		n[k.device] = heard
		if info, err := os.Stat(k.device); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
			n[k.device] |= unix.LANDLOCK_ACCESS_FS_WRITE_FILE
		}
		if node, err := filepath.EvalSymlinks(k.device); err == nil {
			nodes = append(nodes, node)
		}
	}
	if reachesNoOther(folder, nodes) {
		n[folder] = heard
	}
	return n
}

// reachesNoOther says that the system lets this account open no device in the folder but the bound ones, now or when one is plugged in.
func reachesNoOther(folder string, bound []string) bool {
	if os.Geteuid() == 0 {
		return false
	}
	if g, err := user.LookupGroup("input"); err == nil { // the group that udev gives new devices to
		mine, err := os.Getgroups()
		if gid, bad := strconv.Atoi(g.Gid); err != nil || bad != nil || gid == os.Getegid() || slices.Contains(mine, gid) {
			return false
		}
	}
	all, err := filepath.Glob(filepath.Join(folder, "event*"))
	if err != nil {
		return false
	}
	return !slices.ContainsFunc(all, func(node string) bool {
		return !slices.Contains(bound, node) && unix.Faccessat(unix.AT_FDCWD, node, unix.R_OK, unix.AT_EACCESS) == nil
	})
}

func exists(path string) bool {
	if path == "" {
		return false
	}
	_, err := os.Stat(path)
	return err == nil
}

// restart confines this thread and starts the program anew in its place. It returns only when that failed.
func restart(needs map[string]reach) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	needs[self] |= runs
	runtime.LockOSThread() // and it is never unlocked: a thread that is confined in part serves nobody else
	if err := confineThread(needs); err != nil {
		return err
	}
	return syscall.Exec(self, os.Args, append(os.Environ(), confinedMark+"=1"))
}

// confineThread gives this thread, and all that comes of it, no other files than needs and no signal to others. There is no way back.
func confineThread(needs map[string]reach) error {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 || abi < enoughABI {
		return fmt.Errorf("landlock: version %d: %w", abi, errors.Join(errNotConfined, errno))
	}
	// All that can be forbidden is; a rule gives back.
	all := owns | runs | unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_SYM | unix.LANDLOCK_ACCESS_FS_REFER
	attr := struct{ fs, net, scoped uint64 }{}
	size := unsafe.Sizeof(attr.fs)
	if abi >= 5 {
		all |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	if abi >= 6 {
		attr.scoped, size = unix.LANDLOCK_SCOPE_SIGNAL, unsafe.Sizeof(attr)
	}
	attr.fs = uint64(all)
	rules, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), size, 0)
	if errno != 0 {
		return fmt.Errorf("landlock: %w", errno)
	}
	defer unix.Close(int(rules))
	for path, r := range needs {
		if err := allow(int(rules), path, r&all); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, rules, 0, 0); errno != 0 {
		return fmt.Errorf("landlock: %w", errno)
	}
	return nil
}

// allow adds a rule for a path that is there.
func allow(rules int, path string, r reach) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil // it is not there, or not for this user
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		r &= ofFiles
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: uint64(r), Parent_fd: int32(fd)}
	if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0); errno != 0 {
		return fmt.Errorf("landlock: a rule: %w", errno)
	}
	return nil
}
