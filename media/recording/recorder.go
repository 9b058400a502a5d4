package recording

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"parda/media/relay"
)

// Why recording stopped, to be told apart with errors.Is.
var (
	// ErrNothingComes: the relay forwards the rendering and no packet comes. Recording goes on by itself when packets do.
	ErrNothingComes = errors.New("recording: nothing comes")
	// ErrDisk: nothing can be written, or it takes too long. The rendering stays unrecorded until StopLabel and Start.
	ErrDisk = errors.New("recording: nothing can be written")
)

// StoppedError is what OnStopped is told.
type StoppedError struct {
	Label string
	Err   error
}

// Error implements error. It does not say the label: errors find their way into logs.
func (e *StoppedError) Error() string { return e.Err.Error() }

// Unwrap returns ErrNothingComes or an ErrDisk.
func (e *StoppedError) Unwrap() error { return e.Err }

// Recorder records renderings into one folder. Its methods may be called from any goroutine.
type Recorder struct {
	cfg  Config
	log  *slog.Logger
	open func(path string) (file, error) // of the disk; tests put a failing one here
	now  func() time.Time

	mu    sync.Mutex
	takes map[string]*take
	last  int // highest file number used
	quit  chan struct{}
	wg    sync.WaitGroup
}

// file is what a take writes to.
type file interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
}

// New makes a recorder. It records nothing before Start.
func New(cfg Config) (*Recorder, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("recording: no folder: %w", err)
	}
	r := &Recorder{cfg: cfg, log: cfg.Log, open: create, now: time.Now, takes: map[string]*take{}}
	if r.log == nil {
		r.log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	for _, suffix := range []string{doneSuffix, partSuffix} {
		names, err := list(cfg.Dir, suffix)
		if err != nil {
			return nil, fmt.Errorf("recording: no folder: %w", err)
		}
		for _, base := range names {
			r.last = max(r.last, number(base))
		}
	}
	return r, nil
}

// create makes a new file, and syncs its name.
func create(path string) (file, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

// Start begins a segment for a label: from the next packet of sound and the next key frame of picture, as far as the relay's snapshot allows the
// recorder that label. Until packets come, the file is empty and there is no segment. Errors: the label is being recorded already, or nothing
// can be written (an ErrDisk).
func (r *Recorder) Start(src Source, label string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.takes[label] != nil {
		return errors.New("recording: this rendering is being recorded already")
	}
	r.last++
	t, err := newTake(r, label, fmt.Sprintf("%04d", r.last), func() { src.RequestKeyFrame(label) })
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	if len(r.takes) == 0 {
		r.quit = make(chan struct{})
		r.wg.Add(1)
		go r.watch(r.quit)
	}
	r.takes[label] = t
	go t.run()
	t.cancels = []func(){src.Tap(label, relay.Video, &t.video), src.Tap(label, relay.Audio, &t.audio)}
	return nil
}

// Stop ends all segments; see StopLabel. It may be called again, and Start after it.
func (r *Recorder) Stop() error {
	r.mu.Lock()
	labels := make([]string, 0, len(r.takes))
	for label := range r.takes {
		labels = append(labels, label)
	}
	r.mu.Unlock()
	slices.Sort(labels)
	var failed error
	for _, label := range labels {
		failed = errors.Join(failed, r.StopLabel(label))
	}
	r.wg.Wait()
	return failed
}

// StopLabel ends one segment: what came is written, the file is finished (duration, cues), and OnSegment is told before this returns. On an error
// the part stays, for Recover. A label that is not being recorded is no error.
func (r *Recorder) StopLabel(label string) error {
	r.mu.Lock()
	t := r.takes[label]
	delete(r.takes, label)
	if t != nil && len(r.takes) == 0 {
		close(r.quit)
	}
	r.mu.Unlock()
	if t == nil {
		return nil
	}
	if err := t.end(); err != nil {
		return err
	}
	s, err := remux(r.cfg.Dir, t.base)
	if errors.Is(err, errEmpty) || errors.Is(err, ErrNotOurs) {
		return os.Remove(t.path)
	}
	if err != nil {
		return fmt.Errorf("%w: the segment is not finished: %w", ErrDisk, err)
	}
	if r.cfg.OnSegment != nil {
		r.cfg.OnSegment(s)
	}
	return nil
}

// State is the health of all that was started: Failed when any of it is not being recorded at this moment, Off when nothing was started.
func (r *Recorder) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.takes) == 0 {
		return Off
	}
	for _, t := range r.takes {
		if t.failing() {
			return Failed
		}
	}
	return On
}

// watch looks after the takes from outside, because a take that hangs in a write cannot.
func (r *Recorder) watch(quit chan struct{}) {
	defer r.wg.Done()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-quit:
			return
		case <-tick.C:
		}
		r.mu.Lock()
		takes := make([]*take, 0, len(r.takes))
		for _, t := range r.takes {
			takes = append(takes, t)
		}
		r.mu.Unlock()
		for _, t := range takes {
			if err := t.check(r.now()); err != nil {
				r.stopped(t, err)
			}
		}
	}
}

func (r *Recorder) stopped(t *take, err error) {
	r.log.Error("recording: stopped", "nothing_comes", errors.Is(err, ErrNothingComes))
	if r.cfg.OnStopped != nil {
		r.cfg.OnStopped(&StoppedError{Label: t.label, Err: err})
	}
}
