package ledger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parda/gateway/ledger"
	"parda/gateway/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// place is a ledger on disk that a test opens, closes and opens again.
type place struct {
	t     testing.TB
	dir   string
	now   atomic.Int64 // Unix nanoseconds; the ledger's own goroutine reads it too
	store *store.Store
	*ledger.Ledger
}

func newPlace(t testing.TB) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir()}
	p.now.Store(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).UnixNano())
	p.open()
	t.Cleanup(p.close)
	return p
}

func (p *place) open() {
	p.t.Helper()
	var err error
	if p.store, err = store.Open(filepath.Join(p.dir, "store")); err != nil {
		p.t.Fatal(err)
	}
	if p.Ledger, err = ledger.Open(ledger.Config{Dir: filepath.Join(p.dir, "ledger"), Store: p.store, Now: func() time.Time { return time.Unix(0, p.now.Load()) }}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) close() {
	p.t.Helper()
	if p.Ledger == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := errors.Join(p.Close(ctx), p.store.Close()); err != nil {
		p.t.Error(err)
	}
	p.Ledger = nil
}

func (p *place) add(hearing string, n int) []ledger.Event {
	p.t.Helper()
	var all []ledger.Event
	for i := range n {
		e, err := p.Append(p.t.Context(), hearing, ledger.Draft{Code: "entry.added", Actor: "clerk", Payload: map[string]any{"n": i, "text": "ə<&>\u2028"}})
		if err != nil {
			p.t.Fatal(err)
		}
		all = append(all, e...)
	}
	return all
}

func (p *place) covered(hearing string) ledger.Checkpoint {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	c, err := p.Checkpoint(ctx, hearing)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func TestWhatIsAppendedIsLoadedAfterANewStart(t *testing.T) {
	p := newPlace(t)
	want := p.add("h1", 5)
	c := p.covered("h1")
	p.close()
	p.open()
	got, err := p.Load(t.Context(), "h1")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("loaded %v, appended %v", got, want)
	}
	if again := p.covered("h1"); again.Size != 5 || again.Root != c.Root {
		t.Errorf("checkpoint after a new start: %+v", again)
	}
	if next := p.add("h1", 1); next[0].Index != 6 {
		t.Errorf("index goes on at %d", next[0].Index)
	}
}

func same(a, b ledger.Event) bool {
	x, errX := a.CanonicalBytes()
	y, errY := b.CanonicalBytes()
	return errX == nil && errY == nil && bytes.Equal(x, y) && bytes.Equal(a.Salt, b.Salt)
}

func TestIndexIsContiguousAndTimeNeverGoesBack(t *testing.T) {
	p := newPlace(t)
	var last ledger.Event
	for i, step := range []time.Duration{0, time.Hour, -2 * time.Hour, time.Microsecond, time.Second} {
		p.now.Add(int64(step))
		e, err := p.Append(t.Context(), "h1", ledger.Draft{Code: "a.b", Actor: "system"}, ledger.Draft{Code: "a.c", Actor: "system"})
		if err != nil {
			t.Fatal(err)
		}
		if e[0].Index != uint64(2*i+1) || e[1].Index != uint64(2*i+2) || e[0].Time.Before(last.Time) || e[1].Time.Before(e[0].Time) {
			t.Errorf("events %+v after %+v", e, last)
		}
		last = e[1]
	}
}

func TestHearingsAreApart(t *testing.T) {
	p := newPlace(t)
	p.add("h1", 3)
	p.add("h2", 2)
	if c := p.covered("h1"); c.Size != 3 || !strings.HasPrefix(string(c.Note), "parda/h1\n3\n") {
		t.Errorf("h1: %s", c.Note)
	}
	if c := p.covered("h2"); c.Size != 2 {
		t.Errorf("h2: %s", c.Note)
	}
	if p.VerifierKey("h1") == p.VerifierKey("h2") {
		t.Error("one key name for two logs")
	}
}

func TestDraftThatIsNoEventIsRefused(t *testing.T) {
	p := newPlace(t)
	for name, d := range map[string]ledger.Draft{
		"code":         {Code: "Bad Code", Actor: "clerk"},
		"no actor":     {Code: "a.b"},
		"array":        {Code: "a.b", Actor: "clerk", Payload: []int{1}},
		"not JSON":     {Code: "a.b", Actor: "clerk", Payload: func() {}},
		"huge integer": {Code: "a.b", Actor: "clerk", Payload: map[string]any{"n": uint64(1) << 60}},
		"named twice":  {Code: "a.b", Actor: "clerk", Payload: json.RawMessage(`{"a":1,"a":2}`)},
	} {
		if _, err := p.Append(t.Context(), "h1", ledger.Draft{Code: "good", Actor: "clerk"}, d); !errors.Is(err, ledger.ErrDraft) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.Append(t.Context(), "../h", ledger.Draft{Code: "a.b", Actor: "clerk"}); !errors.Is(err, ledger.ErrDraft) {
		t.Errorf("hearing id: %v", err)
	}
	if e, err := p.Load(t.Context(), "h1"); err != nil || len(e) != 0 {
		t.Errorf("a part of a refused append was kept: %v %v", e, err)
	}
}

func TestCommandIsAnsweredOnce(t *testing.T) {
	p := newPlace(t)
	a := ledger.Answer{Seat: "judge", ID: "c1", Result: json.RawMessage(`{"link":"x"}`)}
	d := ledger.Draft{Code: "a.b", Actor: "judge"}
	if _, err := p.AppendAnswered(t.Context(), "h1", a, d, d); err != nil {
		t.Fatal(err)
	}
	if _, err := p.AppendAnswered(t.Context(), "h1", a, d); !errors.Is(err, ledger.ErrAnswered) {
		t.Errorf("the same command again: %v", err)
	}
	p.close()
	p.open()
	index, result, ok, err := p.Answered(t.Context(), "h1", "judge", "c1")
	if err != nil || !ok || index != 1 || string(result) != `{"link":"x"}` {
		t.Errorf("answer: %d %s %v %v", index, result, ok, err)
	}
	if _, _, ok, _ := p.Answered(t.Context(), "h1", "clerk", "c1"); ok {
		t.Error("another seat's id is taken for this one")
	}
	if e, _ := p.Load(t.Context(), "h1"); len(e) != 2 {
		t.Errorf("%d events", len(e))
	}
}

func TestWatchGivesTheNewestCheckpoint(t *testing.T) {
	p := newPlace(t)
	newer, cancel, err := p.Watch("h1")
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	p.add("h1", 4)
	for c := range newer {
		if c.Size == 4 {
			break
		}
	}
	if c, ok := p.Latest("h1"); !ok || c.Size != 4 {
		t.Errorf("latest: %+v", c)
	}
	p.close()
	for range newer { // ends: the channel is closed with the ledger
	}
}

func TestManyBatchesKeepTheirOrder(t *testing.T) {
	p := newPlace(t)
	var drafts []ledger.Draft
	for i := range 700 { // more than two of tessera's bundles
		drafts = append(drafts, ledger.Draft{Code: "a.b", Actor: "s", Payload: map[string]int{"n": i}})
	}
	if _, err := p.Append(t.Context(), "h1", drafts...); err != nil {
		t.Fatal(err)
	}
	if c := p.covered("h1"); c.Size != 700 {
		t.Errorf("%d", c.Size)
	}
	p.close()
	p.open() // compares every leaf
	if err := p.Healthy(); err != nil {
		t.Error(err)
	}
}

func TestAppendAndCheckpointAreQuick(t *testing.T) {
	p := newPlace(t)
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	for h := range 4 {
		p.add(fmt.Sprintf("h%d", h), 1) // opens the log
		wg.Go(func() {
			for range 60 {
				start := time.Now()
				if _, err := p.Append(t.Context(), fmt.Sprintf("h%d", h), ledger.Draft{Code: "a.b", Actor: "s"}); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				took = append(took, time.Since(start))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(took)
	start := time.Now()
	p.add("h1", 1)
	p.covered("h1")
	waited := time.Since(start)
	p99 := took[len(took)*99/100]
	t.Logf("append with four hearings at once: median %v, p99 %v; checkpoint after %v", took[len(took)/2], p99, waited)
	// The goals are 150 ms and 1 s on a machine of its own; the bounds here only
	// catch a change of kind on a shared one.
	if p99 > 1500*time.Millisecond || waited > 5*time.Second {
		t.Errorf("too slow: p99 %v, checkpoint %v", p99, waited)
	}
}

// What is read back must be what would be written: any other bytes are refused.
func FuzzEventHasOneSpelling(f *testing.F) {
	e := ledger.Event{Hearing: "h1", Index: 1, Time: time.Unix(0, 0), Code: "a.b", Actor: "s", Payload: json.RawMessage(`{"a":[1,2.5,"ə"]}`), Salt: make([]byte, 16)}
	good, err := e.CanonicalBytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{}`))
	f.Add(bytes.Replace(good, []byte(`:`), []byte(`: `), 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ledger.ParseEvent(b, make([]byte, 16))
		if err != nil {
			return
		}
		again, err := e.CanonicalBytes()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%q is read as %q: %v", b, again, err)
		}
	})
}
