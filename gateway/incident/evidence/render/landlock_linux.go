package render

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// allFiles are the rights to files of Landlock's first version; each later one (2: moving, 3: emptying, 5: ioctl of a device) adds one.
const allFiles = 1<<13 - 1

// withoutFiles takes from all threads every right to any file by its path (landlock(7)), where the kernel has Landlock: a second wall, should the list of system
// calls lack one. It says whether that is done. With cgo Go cannot ask all threads, and the filter of system calls stands alone; the gateway is built without it.
func withoutFiles() (done bool, err error) {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return false, nil
	}
	rights := uint64(allFiles)
	for _, more := range []struct {
		since uintptr
		right uint64
	}{{2, unix.LANDLOCK_ACCESS_FS_REFER}, {3, unix.LANDLOCK_ACCESS_FS_TRUNCATE}, {5, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV}} {
		if abi >= more.since {
			rights |= more.right
		}
	}
	rules, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&rights)), unsafe.Sizeof(rights), 0)
	if errno != 0 {
		return false, errno
	}
	defer unix.Close(int(rules))
	_, _, errno = syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	if errno == 0 {
		_, _, errno = syscall.AllThreadsSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, rules, 0, 0)
	}
	switch errno {
	case 0:
		return true, nil
	case syscall.ENOTSUP:
		return false, nil
	}
	return false, errno
}
