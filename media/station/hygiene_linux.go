package main

import (
	"errors"
	"log/slog"

	"golang.org/x/sys/unix"
)

// keepMemoryPrivate makes the process leave nothing of the witness on a disk: no core dump when it dies, no reading of its memory by
// another process of the same user, and, where the system allows it, no page in the swap. A higher priority keeps the mask in time.
//
// With locked set, memory that cannot be locked is an error: for a room whose swap is not encrypted.
func keepMemoryPrivate(log *slog.Logger, locked bool) error {
	if err := noCoreDump(); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return err
	}
	// Without the right to lock memory the limit is low, and a process at its limit could not allocate any more: then do not lock at all.
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit) == nil && limit.Cur == unix.RLIM_INFINITY {
		if err := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT); err != nil {
			if locked {
				return errNotLocked
			}
			log.Warn("memory could not be locked: it may reach the swap")
		}
	} else if locked {
		return errNotLocked
	} else {
		log.Warn("memory is not locked: raise the limit on locked memory, or encrypt the swap")
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, -5); err != nil {
		log.Info("running without a raised priority")
	}
	return nil
}

var errNotLocked = errors.New("memory cannot be locked here, and -require-locked is set: raise the limit on locked memory (LimitMEMLOCK=infinity)")

// noCoreDump holds for this process and for those that it starts: a crash of a decoder would leave raw pictures on the disk as well.
func noCoreDump() error { return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }
