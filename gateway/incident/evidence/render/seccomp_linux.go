package render

import (
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// refused are the system calls that reach a file, a socket, another process or other rights. They fail with EPERM; everything else stays, because a list
// of what Go's runtime and a C library need would break at their next version.
var refused = []uint32{
	unix.SYS_SOCKET, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_SOCKETPAIR,
	unix.SYS_OPENAT, unix.SYS_OPENAT2, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_MKDIRAT, unix.SYS_UNLINKAT, unix.SYS_RENAMEAT2, unix.SYS_LINKAT, unix.SYS_SYMLINKAT,
	unix.SYS_MOUNT, unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
	unix.SYS_SETUID, unix.SYS_SETGID, unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_BPF, unix.SYS_IO_URING_SETUP, unix.SYS_MEMFD_CREATE, unix.SYS_KEYCTL,
}

// older are the calls that only the oldest architecture still has: open, fork, vfork, rename, mkdir, creat, unlink.
var older = map[string][]uint32{"amd64": {2, 57, 58, 82, 83, 85, 87}}

// forbid puts a filter of system calls (seccomp(2)) on all threads of this process, those that the runtime has started already included (TSYNC). On a
// processor that it has no list for, the limits above must do.
func forbid() error {
	arch, ok := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	if !ok {
		return nil
	}
	calls := slices.Concat(refused, older[runtime.GOARCH])
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	equal := func(k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: yes, Jf: no, K: k}
	}
	end := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	const number, architecture = 0, 4 // offsets in struct seccomp_data
	prog := []unix.SockFilter{load(architecture), equal(arch, 1, 0), end(unix.SECCOMP_RET_KILL_PROCESS), load(number)}
	if runtime.GOARCH == "amd64" { // the x32 calls are the same ones by other numbers
		prog = append(prog, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, Jt: 0, Jf: 1, K: 0x40000000}, end(unix.SECCOMP_RET_KILL_PROCESS))
	}
	for i, c := range calls {
		prog = append(prog, equal(c, uint8(len(calls)-i), 0))
	}
	prog = append(prog, end(unix.SECCOMP_RET_ALLOW), end(unix.SECCOMP_RET_ERRNO|uint32(unix.EPERM)))
	f := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&f))); errno != 0 {
		return errno
	}
	return nil
}
