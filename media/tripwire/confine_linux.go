package main

import "golang.org/x/sys/unix"

// confines says why this system confines nothing; "" where it does.
const confines = ""

// confine takes from this process what it does not need, before it reads the first byte: the right to open a file or a socket, to write to disk, to start
// or read another process, to gain rights, to leave a core dump. What a broken decoder could still do is to use the processor and to say something wrong
// on its one pipe: a wrong word costs the witness's sound, or the watch over it, and tells nobody anything.
func confine() error {
	for _, l := range []struct {
		what int
		most uint64
	}{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_FSIZE, 0},
		{unix.RLIMIT_NOFILE, 8},   // what the runtime has open already
		{unix.RLIMIT_AS, 4 << 30}, // Go reserves address space that it never uses
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
