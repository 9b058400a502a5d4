package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// child is one program of the demonstration that runs beside the gateway: the station or a courtroom camera. One that dies is started
// again, as a service manager would; all end with the gateway, even when it is killed.
type child struct {
	name   string
	path   string
	args   []string
	token  string       // handed over in the environment: a command line can be read by every user of the machine
	onLine func(string) // each line of its standard output; may be nil

	mu  sync.Mutex
	pid int
}

const (
	restartFirst = 500 * time.Millisecond
	restartMost  = 10 * time.Second
	stopWithin   = 5 * time.Second
)

// run keeps the program going until ctx ends, then asks it to stop and, after stopWithin, ends it.
func (c *child) run(ctx context.Context, log *slog.Logger, errOut io.Writer) {
	wait := restartFirst
	for ctx.Err() == nil {
		began := time.Now()
		err := c.once(ctx, errOut)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > restartMost {
			wait = restartFirst
		}
		log.Warn("program ended; starting it again", "program", c.name, "err", err, "in", wait)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(wait*2, restartMost)
	}
}

func (c *child) once(ctx context.Context, errOut io.Writer) error {
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	cmd.Env = append(os.Environ(), "PARDA_TOKEN="+c.token)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopWithin
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = &prefixed{name: c.name, to: errOut}
	if err := startOnOwnThread(cmd); err != nil {
		return err
	}
	c.mu.Lock()
	c.pid = cmd.Process.Pid
	c.mu.Unlock()
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if c.onLine != nil {
			c.onLine(lines.Text())
		}
	}
	return cmd.Wait()
}

func (c *child) process() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pid
}

// prefixed puts the program's name before each line of its standard error.
type prefixed struct {
	name string
	to   io.Writer
	mu   sync.Mutex
	part []byte
}

func (p *prefixed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ch := range b {
		p.part = append(p.part, ch)
		if ch == '\n' {
			if _, err := p.to.Write(append([]byte("["+p.name+"] "), p.part...)); err != nil {
				return 0, err
			}
			p.part = p.part[:0]
		}
	}
	return len(b), nil
}

// threads holds the one thread that starts all children: the kernel sends Pdeathsig when the *thread* that started a child ends, and Go
// ends threads that it does not need (golang.org/issue/27505), so this one is locked and kept.
var threads = sync.OnceValue(func() chan func() {
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
	threads() <- func() { done <- cmd.Start() }
	return <-done
}
