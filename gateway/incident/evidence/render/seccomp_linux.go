package render

import (
	"os"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// refused are the system calls that reach a file, a socket, another process or other rights. They fail with EPERM; everything else stays, because a list
// of what Go's runtime and a C library need would break at their next version.
var refused = []uint32{
	unix.SYS_SOCKET, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_SOCKETPAIR,
	// files, by a path or by what was inherited
	unix.SYS_OPENAT, unix.SYS_OPENAT2, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_NAME_TO_HANDLE_AT, unix.SYS_MKDIRAT, unix.SYS_UNLINKAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2,
	unix.SYS_LINKAT, unix.SYS_SYMLINKAT, unix.SYS_READLINKAT, unix.SYS_MKNODAT, unix.SYS_TRUNCATE, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE,
	unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHMODAT2, unix.SYS_FCHOWN, unix.SYS_FCHOWNAT, unix.SYS_UTIMENSAT, unix.SYS_FACCESSAT, unix.SYS_FACCESSAT2, unix.SYS_STATX,
	unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_FSETXATTR, unix.SYS_REMOVEXATTR, unix.SYS_LREMOVEXATTR, unix.SYS_FREMOVEXATTR, unix.SYS_GETXATTR, unix.SYS_LGETXATTR,
	unix.SYS_CHDIR, unix.SYS_FCHDIR, unix.SYS_CHROOT, unix.SYS_PIVOT_ROOT, unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_OPEN_TREE, unix.SYS_MOVE_MOUNT, unix.SYS_FSOPEN,
	unix.SYS_FSMOUNT, unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR, unix.SYS_INOTIFY_INIT1, unix.SYS_INOTIFY_ADD_WATCH, unix.SYS_FANOTIFY_INIT, unix.SYS_IOCTL, unix.SYS_QUOTACTL,
	unix.SYS_SYNC, unix.SYS_SYNCFS, unix.SYS_MEMFD_CREATE,
	// other processes: their memory, their files, their limits, their turn, signals to them
	unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PROCESS_MADVISE, unix.SYS_PROCESS_MRELEASE,
	unix.SYS_KCMP, unix.SYS_KILL, unix.SYS_TKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO, unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_GETFD, unix.SYS_PIDFD_SEND_SIGNAL,
	unix.SYS_PRLIMIT64, unix.SYS_SETPRIORITY, unix.SYS_IOPRIO_SET, unix.SYS_SCHED_SETAFFINITY, unix.SYS_SCHED_SETSCHEDULER, unix.SYS_SCHED_SETPARAM, unix.SYS_SCHED_SETATTR,
	unix.SYS_MIGRATE_PAGES, unix.SYS_MOVE_PAGES, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_SETPGID, unix.SYS_SETSID,
	unix.SYS_SHMGET, unix.SYS_SHMAT, unix.SYS_MSGGET, unix.SYS_SEMGET, unix.SYS_MQ_OPEN, unix.SYS_MQ_UNLINK,
	// other rights
	unix.SYS_SETUID, unix.SYS_SETGID, unix.SYS_SETREUID, unix.SYS_SETREGID, unix.SYS_SETRESUID, unix.SYS_SETRESGID, unix.SYS_SETFSUID, unix.SYS_SETFSGID, unix.SYS_SETGROUPS,
	unix.SYS_CAPSET, unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_BPF, unix.SYS_IO_URING_SETUP, unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_PERSONALITY,
}

// older are the calls that only the oldest architecture still has: open, stat, lstat, access, fork, vfork, rename, mkdir, rmdir, creat, link, unlink, symlink, readlink,
// chmod, chown, lchown, utime, mknod, uselib, utimes, inotify_init, futimesat.
var older = map[string][]uint32{"amd64": {2, 4, 6, 21, 57, 58, 82, 83, 84, 85, 86, 87, 88, 89, 90, 92, 94, 132, 133, 134, 235, 253, 261}}

// owning are the commands of fcntl(2) by which a file tells another process something by a signal: F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY.
var owning = []uint32{8, 10, 15, 1024, 1026}

const (
	denied = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	absent = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
)

// Offsets in struct seccomp_data; both processors that there is a list for have the low half of an argument first.
const (
	number       = 0
	architecture = 4
)

func argument(n uint32) uint32 { return 16 + 8*n }

func load(at uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
}

func jump(test uint16, k uint32, yes, no int) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, Jt: uint8(yes), Jf: uint8(no), K: k}
}

func end(k uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k}
}

// where is the fate of a call that depends on one of its arguments.
func where(call, arg uint32, test uint16, k, yes, no uint32) []unix.SockFilter {
	return []unix.SockFilter{jump(unix.BPF_JEQ, call, 0, 4), load(argument(arg)), jump(test, k, 0, 1), end(yes), end(no)}
}

// filter is the program that the kernel asks at each system call of this process.
func filter(arch uint32) []unix.SockFilter {
	prog := []unix.SockFilter{load(architecture), jump(unix.BPF_JEQ, arch, 1, 0), end(unix.SECCOMP_RET_KILL_PROCESS), load(number)}
	if runtime.GOARCH == "amd64" { // the x32 calls are the same ones by other numbers
		prog = append(prog, jump(unix.BPF_JGE, 0x40000000, 0, 1), end(unix.SECCOMP_RET_KILL_PROCESS))
	}
	// A thread more is Go's runtime; anything else that is born is a process. clone3 keeps its flags in memory, where a filter does not see them: who gets ENOSYS uses clone.
	prog = append(prog, where(unix.SYS_CLONE, 0, unix.BPF_JSET, unix.CLONE_THREAD, unix.SECCOMP_RET_ALLOW, denied)...)
	prog = append(prog, jump(unix.BPF_JEQ, unix.SYS_CLONE3, 0, 1), end(absent))
	// A signal to itself is how the runtime interrupts a thread.
	prog = append(prog, where(unix.SYS_TGKILL, 0, unix.BPF_JEQ, uint32(os.Getpid()), unix.SECCOMP_RET_ALLOW, denied)...)
	prog = append(prog, jump(unix.BPF_JEQ, unix.SYS_FCNTL, 0, len(owning)+3), load(argument(1)))
	for i, c := range owning {
		prog = append(prog, jump(unix.BPF_JEQ, c, len(owning)-i, 0))
	}
	prog = append(prog, end(unix.SECCOMP_RET_ALLOW), end(denied))
	calls := slices.Concat(refused, older[runtime.GOARCH])
	for i, c := range calls { // fewer than 255: a jump has one byte
		prog = append(prog, jump(unix.BPF_JEQ, c, len(calls)-i, 0))
	}
	return append(prog, end(unix.SECCOMP_RET_ALLOW), end(denied))
}

// forbid puts a filter of system calls (seccomp(2)) on all threads of this process, those that the runtime has started already included (TSYNC). On a
// processor that it has no list for, the limits above must do.
func forbid() error {
	arch, ok := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	if !ok {
		return nil
	}
	prog := filter(arch)
	f := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&f))); errno != 0 {
		return errno
	}
	return nil
}
