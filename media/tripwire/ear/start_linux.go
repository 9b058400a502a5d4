package ear

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// endWithGateway makes the kernel end the program when the gateway dies, even when it is killed.
func endWithGateway(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// thread is the one that starts programs: the kernel sends Pdeathsig when the *thread* that started a program ends, and Go ends threads that it does not
// need (golang.org/issue/27505), so this one is locked and kept.
var thread = sync.OnceValue(func() chan func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
})

func startOnOwnThread(cmd *exec.Cmd) error {
	done := make(chan error, 1)
	thread() <- func() { done <- cmd.Start() }
	return <-done
}
