package ear

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain looks for goroutines that were left behind. The thread that starts programs stays by design.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "parda-ear-")
	if err != nil {
		panic(err)
	}
	folder = dir
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { os.RemoveAll(dir); os.Exit(code) }), goleak.IgnoreAnyFunction("parda/media/tripwire/ear.init.func1.1"), goleak.IgnoreAnyFunction("parda/media/tripwire/ear.init.0.func1.1"),
		goleak.IgnoreAnyFunction("parda/media/tripwire/ear.glob..func1.1"))
}

// program builds the real one, once.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(folder, "tripwire")
	out, err := exec.Command("go", "build", "-o", path, "parda/media/tripwire").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

var folder string

func started(t *testing.T) *Ear {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("did not happen within 30 s: %s", what)
		}
	}
}

// silent is an Opus packet of 20 ms of silence.
var silent = []byte{0xf8, 0xff, 0xfe}

func TestTheProgramAnswersIsStartedAgainWhenItDiesAndSaysNothingMeanwhile(t *testing.T) {
	e := started(t)
	var fine, foul atomic.Int64
	s := e.Open("neutral", func(ok bool) {
		if ok {
			fine.Add(1)
		} else {
			foul.Add(1)
		}
	})
	give := func() bool { s.Packet(silent); return fine.Load() > 0 }
	eventually(t, "it answers", give)
	for range 3 {
		e.mu.Lock()
		pid := e.process
		e.mu.Unlock()
		if err := pid.Kill(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "its end is noticed", func() bool { e.mu.Lock(); defer e.mu.Unlock(); return e.process != pid })
		fine.Store(0)
		eventually(t, "another one answers for the stream that was open", give)
	}
	if foul.Load() != 0 {
		t.Error("silence was called unmasked")
	}
	s.Close()
	s.Close()
	s.Packet(silent)
}

func TestWhatIsNoOpusIsFoul(t *testing.T) {
	e := started(t)
	var foul atomic.Bool
	s := e.Open("neutral", func(ok bool) { foul.Store(foul.Load() || !ok) })
	eventually(t, "it is said", func() bool { s.Packet([]byte{0xff, 0xff, 0xff}); return foul.Load() })
}

func TestAProgramThatIsNotThereIsSaidAtTheStart(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "nothing"), t.TempDir(), "/etc/passwd"} {
		if e, err := New(path, slog.New(slog.DiscardHandler)); err == nil {
			e.Close()
			t.Errorf("%q was started", path)
		}
	}
}

func TestAProgramThatEndsAtOnceIsNotStartedWithoutEnd(t *testing.T) {
	e, err := New("/bin/true", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Skip("SKIPPED: no /bin/true here: ", err)
	}
	defer e.Close()
	said := atomic.Bool{}
	s := e.Open("neutral", func(bool) { said.Store(true) })
	for range 200 {
		s.Packet(silent)
		time.Sleep(5 * time.Millisecond)
	}
	e.mu.Lock()
	lives := e.lives
	e.mu.Unlock()
	if lives < 2 || lives > 4 || said.Load() {
		t.Errorf("%d lives in a second, said something: %v", lives, said.Load())
	}
}

func TestFramesComeBackAsTheyWereAndNothingElseDoes(t *testing.T) {
	var b bytes.Buffer
	all := []Frame{{Open, 1, []byte("synthetic+strong")}, {Packet, 1 << 31, bytes.Repeat([]byte{7}, MaxBody)}, {Close, 0, nil}, {Fine, 3, []byte{}}}
	for _, f := range all {
		if _, err := f.Write(&b, nil); err != nil {
			t.Fatal(err)
		}
	}
	var scratch []byte
	for _, want := range all {
		f, grown, err := Read(&b, scratch)
		if err != nil || f.Kind != want.Kind || f.Stream != want.Stream || !bytes.Equal(f.Body, want.Body) {
			t.Errorf("%v became %v, %v", want.Kind, f.Kind, err)
		}
		scratch = grown
	}
	if _, _, err := Read(&b, nil); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if _, err := (Frame{Packet, 1, make([]byte, MaxBody+1)}).Write(io.Discard, nil); !errors.Is(err, ErrFrame) {
		t.Error("too long a body was written")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte{0, 5, 1, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		for scratch := []byte(nil); ; {
			frame, grown, err := Read(r, scratch)
			if err != nil {
				return
			}
			if scratch = grown; len(frame.Body) > MaxBody {
				t.Fatal("a body beyond its bound")
			}
		}
	})
}
