package ear

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"time"
)

const (
	restartFirst = 250 * time.Millisecond
	restartMost  = 5 * time.Second
	steadyAfter  = 10 * time.Second // a program that ran so long starts again at once
	queued       = 256              // frames that wait for the program: about a second of four witnesses
	endWithin    = 2 * time.Second
)

// Ear keeps one program running and talks to it. Its methods may be called from any goroutine.
type Ear struct {
	path string
	log  *slog.Logger
	stop context.CancelFunc
	done chan struct{}

	mu      sync.Mutex
	streams map[uint32]*Stream
	next    uint32
	out     chan []byte // nil while no program runs
	process *os.Process // nil then too
	lives   int         // how often it was started
	spare   chan []byte
}

// Stream is the sound of one publication.
type Stream struct {
	ear   *Ear
	id    uint32
	voice string
	say   func(fine bool)
}

// New starts the program of that path and keeps it running until Close. It fails where there is no such program.
func New(path string, log *slog.Logger) (*Ear, error) {
	if info, err := os.Stat(path); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
		return nil, fmt.Errorf("the audio tripwire's program %s is not there, or may not be run; `make build` makes it", path)
	}
	ctx, stop := context.WithCancel(context.Background())
	e := &Ear{path: path, log: log, stop: stop, done: make(chan struct{}), streams: map[uint32]*Stream{}, spare: make(chan []byte, queued)}
	go e.run(ctx)
	return e, nil
}

// Close ends the program. What was open hears nothing more.
func (e *Ear) Close() {
	e.stop()
	<-e.done
}

// Open begins to listen to one voice, named as in the rendering ("neutral", "synthetic+strong"). say is told about every 200 ms of sound whether it was
// fine, from a goroutine of the Ear's with no lock held; it must not wait, and may be called once more after Close. While the program is not there,
// nothing is said: who asks must take silence for "not heard".
func (e *Ear) Open(voice string, say func(fine bool)) *Stream {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.next++
	s := &Stream{ear: e, id: e.next, voice: voice, say: say}
	e.streams[s.id] = s
	e.put(Frame{Kind: Open, Stream: s.id, Body: []byte(voice)})
	return s
}

// Packet gives one Opus packet. It copies it, never waits, and drops it when the program is behind.
func (s *Stream) Packet(opus []byte) {
	s.ear.mu.Lock()
	defer s.ear.mu.Unlock()
	s.ear.put(Frame{Kind: Packet, Stream: s.id, Body: opus})
}

// Close ends listening.
func (s *Stream) Close() {
	s.ear.mu.Lock()
	defer s.ear.mu.Unlock()
	if s.ear.streams[s.id] == s {
		delete(s.ear.streams, s.id)
		s.ear.put(Frame{Kind: Close, Stream: s.id})
	}
}

// put queues a frame for the program that runs, if any. The caller holds e.mu.
func (e *Ear) put(f Frame) {
	if e.out == nil || len(f.Body) > MaxBody {
		return
	}
	var b []byte
	select {
	case b = <-e.spare:
	default:
	}
	var line appender
	line.b = b[:0]
	if _, err := f.Write(&line, nil); err != nil {
		return
	}
	select {
	case e.out <- line.b:
	default: // it is behind: it says nothing, and so nothing is let through
	}
}

type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) { a.b = append(a.b, p...); return len(p), nil }

// run keeps the program running.
func (e *Ear) run(ctx context.Context) {
	defer close(e.done)
	wait := restartFirst
	for ctx.Err() == nil {
		began := time.Now()
		err := e.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > steadyAfter {
			wait = restartFirst
		}
		e.log.Error("the audio tripwire ended; masked sound is held until it is back", "err", err, "in", wait)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, restartMost)
	}
}

// once is one life of the program. It gets the two pipes, nothing of the environment, and an empty folder's worth of rights (it takes the rest off itself).
func (e *Ear) once(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, e.path)
	cmd.Env = []string{"GOMAXPROCS=1", "GOTRACEBACK=none"}
	cmd.Dir = "/"
	cmd.WaitDelay = endWithin
	endWithGateway(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := startOnOwnThread(cmd); err != nil {
		return err
	}
	lines := e.begin(cmd.Process)
	var both sync.WaitGroup
	both.Go(func() { e.speak(in, lines); in.Close() })
	err = e.listen(out)
	e.mu.Lock()
	e.out, e.process = nil, nil
	close(lines)
	e.mu.Unlock()
	cmd.Cancel()
	both.Wait()
	if waited := cmd.Wait(); err == nil || err == io.EOF {
		err = waited
	}
	return err
}

// begin opens everything that is open in a program that has just started.
func (e *Ear) begin(p *os.Process) chan []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.out, e.process = make(chan []byte, queued), p
	e.lives++
	for _, s := range e.streams {
		e.put(Frame{Kind: Open, Stream: s.id, Body: []byte(s.voice)})
	}
	return e.out
}

func (e *Ear) speak(in io.Writer, lines <-chan []byte) {
	w := bufio.NewWriterSize(in, 16<<10)
	broken := false
	for b := range lines {
		if !broken {
			if _, err := w.Write(b); err != nil || len(lines) == 0 && w.Flush() != nil {
				broken = true // listen hears of its end
			}
		}
		select {
		case e.spare <- b:
		default:
		}
	}
}

func (e *Ear) listen(out io.Reader) error {
	r := bufio.NewReader(out)
	var scratch []byte
	for {
		f, grown, err := Read(r, scratch)
		if err != nil {
			return err
		}
		scratch = grown
		e.mu.Lock()
		s := e.streams[f.Stream]
		e.mu.Unlock()
		if s == nil {
			continue
		}
		switch f.Kind {
		case Fine:
			s.say(true)
		case Unmasked, Unreadable:
			s.say(false)
		default:
			return fmt.Errorf("%w: kind %d from the program", ErrFrame, f.Kind)
		}
	}
}
