package recording

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"parda/media/relay"
)

// brittleFile fails as told.
type brittleFile struct {
	file
	left int           // bytes that still fit; -1: no limit
	hang chan struct{} // Sync waits for it
}

func (f *brittleFile) Write(b []byte) (int, error) {
	if f.left >= 0 && len(b) > f.left {
		n, _ := f.file.Write(b[:f.left])
		f.left = 0
		return n, syscall.ENOSPC
	}
	if f.left >= 0 {
		f.left -= len(b)
	}
	return f.file.Write(b)
}

func (f *brittleFile) Sync() error {
	if f.hang != nil {
		<-f.hang
	}
	return f.file.Sync()
}

func TestARecorderThatCannotWriteSaysSoInTime(t *testing.T) {
	for name, c := range map[string]struct {
		left int
		hang bool
		want int // segments in the end
	}{"disk full at once": {0, false, 0}, "disk full later": {20_000, false, 1}, "a disk that hangs": {-1, true, 1}} {
		t.Run(name, func(t *testing.T) {
			r, k := newRecorder(t, t.TempDir())
			hang := make(chan struct{})
			release := sync.OnceFunc(func() { close(hang) })
			defer release()
			r.open = func(path string) (file, error) {
				f, err := create(path)
				b := &brittleFile{file: f, left: c.left}
				if c.hang {
					b.hang = hang
				}
				return b, err
			}
			src := &testSource{}
			if err := r.Start(src, testLabel); err != nil {
				t.Fatal(err)
			}
			if r.State() != On {
				t.Errorf("state %s before anything happened", r.State())
			}
			began := time.Now()
			src.feed(newFeeder(), time.Now(), 100)
			eventually(t, StopAlarm, "it says that it stopped", func() bool { return len(k.stopped()) > 0 })
			t.Logf("told after %v", time.Since(began))
			var stopped *StoppedError
			if err := k.stopped()[0]; !errors.Is(err, ErrDisk) || !errors.As(err, &stopped) || stopped.Label != testLabel || r.State() != Failed {
				t.Errorf("told %v, state %s", err, r.State())
			}
			release()
			if err := r.Stop(); err != nil {
				t.Error(err)
			}
			if len(k.segments) != c.want || len(k.stopped()) != 1 {
				t.Errorf("%d segments, told %d times", len(k.segments), len(k.stopped()))
			}
		})
	}
}

func TestAFolderThatCannotBeWrittenIsToldAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Dir: path}); err == nil {
		t.Error("a file was taken for a folder")
	}
	r, _ := newRecorder(t, t.TempDir())
	r.open = func(string) (file, error) { return nil, syscall.EROFS }
	if err := r.Start(&testSource{}, testLabel); !errors.Is(err, ErrDisk) || r.State() != Off {
		t.Errorf("%v, state %s", err, r.State())
	}
}

func TestARecorderToWhichNothingComesSaysSoAndGoesOnWhenItDoes(t *testing.T) {
	r, k := newRecorder(t, t.TempDir())
	src := &testSource{}
	if err := r.Start(src, testLabel); err != nil {
		t.Fatal(err)
	}
	if err := r.Start(src, testLabel); err == nil {
		t.Error("a label was started twice")
	}
	eventually(t, StopAlarm, "it says that nothing comes", func() bool { return len(k.stopped()) > 0 })
	if !errors.Is(k.stopped()[0], ErrNothingComes) || r.State() != Failed {
		t.Errorf("told %v, state %s", k.stopped()[0], r.State())
	}
	src.feed(newFeeder(), time.Now(), 50)
	eventually(t, time.Second, "it goes on", func() bool { return r.State() == On })
	src.taps[relay.Video].Flow(false)
	src.taps[relay.Audio].Flow(false)
	time.Sleep(StopAlarm)
	if n := len(k.stopped()); n != 1 || r.State() != On {
		t.Errorf("told %d times, state %s, though nothing should come", n, r.State())
	}
}
