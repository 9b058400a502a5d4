package render

import (
	"errors"
	"os"
	"os/exec"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"
)

// confines says why this system confines nothing; "" where it does.
const confines = ""

// The memory and the processor time of one file.
const (
	mostMemory = 768 << 20 // bytes
	mostTime   = 15        // seconds
	mostTasks  = 4096      // threads of the gateway's account, its own among them: the kernel counts by account, and not at all for root
)

// confine takes from this process what it does not need, before it reads the first byte: the right to open a file or a socket, to write to disk, to start or read another
// process, to gain rights, to leave a core dump; and it bounds memory and time.
func confine() error {
	debug.SetMemoryLimit(mostMemory * 3 / 4)
	if _, err := withoutFiles(); err != nil {
		return err
	}
	for _, l := range []struct {
		what int
		most uint64
	}{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_FSIZE, 0},
		{unix.RLIMIT_NOFILE, 8}, // what the runtime has open already
		{unix.RLIMIT_DATA, mostMemory},
		{unix.RLIMIT_AS, 4 << 30}, // Go reserves address space that it never uses
		{unix.RLIMIT_CPU, mostTime},
		{unix.RLIMIT_NPROC, mostTasks},
	} {
		if err := unix.Setrlimit(l.what, &unix.Rlimit{Cur: l.most, Max: l.most}); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return err
	}
	return forbid()
}

// alone puts the program in a group of its own, so that nothing that is meant for the gateway reaches it; the whole group is what is ended, whatever the program started
// before it confined itself.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
}
