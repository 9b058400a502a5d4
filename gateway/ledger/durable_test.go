package ledger_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"parda/gateway/ledger"
	"parda/gateway/store"
)

// fault fails one step until it is lifted.
type fault struct {
	mu   sync.Mutex
	step string
}

var errDisk = errors.New("no space left on device")

func (f *fault) Before(step string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if step == f.step {
		return errDisk
	}
	return nil
}

func (f *fault) fail(step string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.step = step
}

func TestFailedWriteIsNotAcknowledgedAndLeavesNothing(t *testing.T) {
	p := newPlace(t)
	f := &fault{}
	p.store.SetFault(f)
	p.add("h1", 1)
	for _, step := range []string{store.StepBegin, store.StepWrite, store.StepCommit} {
		f.fail(step)
		if _, err := p.AppendAnswered(t.Context(), "h1", ledger.Answer{Seat: "s", ID: step}, ledger.Draft{Code: "a.b", Actor: "s"}); !errors.Is(err, ledger.ErrNotDurable) || !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", step, err)
		}
		if p.Healthy() == nil || p.HealthyHearing("h1") == nil {
			t.Errorf("%s: healthy after a write that failed", step)
		}
		if _, _, ok, _ := p.Answered(t.Context(), "h1", "s", step); ok {
			t.Errorf("%s: an answer was kept", step)
		}
	}
	f.fail("")
	if e := p.add("h1", 1); e[0].Index != 2 {
		t.Errorf("index after the disk came back: %d", e[0].Index)
	}
	if err := p.Healthy(); err != nil {
		t.Errorf("not healthy again: %v", err)
	}
	p.covered("h1")
}

func TestCancelledCallerLeavesNoDoubt(t *testing.T) {
	p := newPlace(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Append(ctx, "h1", ledger.Draft{Code: "a.b", Actor: "s"}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if e := p.add("h1", 1); e[0].Index != 1 {
		t.Errorf("index %d", e[0].Index)
	}
}

func TestLogThatDisagreesWithTheStoreIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*place){
		"the log holds what the store does not": func(p *place) { p.edit("DROP TRIGGER events_no_delete; DELETE FROM events WHERE idx = 3") },
		"an event was edited": func(p *place) {
			p.edit("DROP TRIGGER events_no_update; UPDATE events SET salt = zeroblob(16) WHERE idx = 2")
		},
		"the checkpoint is forged": func(p *place) {
			path := filepath.Join(p.dir, "ledger", "logs", "h1", "checkpoint")
			b, err := os.ReadFile(path)
			if err != nil {
				p.t.Fatal(err)
			}
			b[len("parda/h1\n3\n")] ^= 1
			if err := os.WriteFile(path, b, 0o600); err != nil {
				p.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.add("h1", 3)
			p.covered("h1")
			p.add("h2", 1)
			p.close()
			spoil(p)
			p.open()
			if err := p.Healthy(); !errors.Is(err, ledger.ErrUnhealthy) {
				t.Errorf("healthy: %v", err)
			}
			if _, err := p.Append(t.Context(), "h1", ledger.Draft{Code: "a.b", Actor: "s"}); !errors.Is(err, ledger.ErrUnhealthy) {
				t.Errorf("append: %v", err)
			}
			if _, err := p.Checkpoint(t.Context(), "h1"); !errors.Is(err, ledger.ErrUnhealthy) {
				t.Errorf("checkpoint: %v", err)
			}
			p.add("h2", 1) // another hearing goes on
			p.covered("h2")
		})
	}
}

// edit does to the closed store what somebody with its disk could do.
func (p *place) edit(statements string) {
	p.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(p.dir, "store", "parda.db"))
	if err != nil {
		p.t.Fatal(err)
	}
	_, err = db.Exec(statements)
	if err = errors.Join(err, db.Close()); err != nil {
		p.t.Fatal(err)
	}
}

func TestStoreRefusesToEditEvents(t *testing.T) {
	p := newPlace(t)
	p.add("h1", 2)
	p.close()
	db, err := sql.Open("sqlite", filepath.Join(p.dir, "store", "parda.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, s := range []string{"UPDATE events SET salt = zeroblob(16)", "DELETE FROM events",
		"INSERT INTO events VALUES ('h1', 4, x'00', zeroblob(16))", "INSERT INTO events VALUES ('h2', 2, x'00', zeroblob(16))"} {
		if _, err := db.Exec(s); err == nil {
			t.Errorf("done: %s", s)
		}
	}
}

func TestKeyThatOthersCanReadIsRefused(t *testing.T) {
	p := newPlace(t)
	key := p.PublicKey()
	p.close()
	path := filepath.Join(p.dir, "ledger", "court.key")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("key file: %v %v", info.Mode(), err)
	}
	p.open()
	if !bytes.Equal(key, p.PublicKey()) {
		t.Error("another key after a new start")
	}
	p.close()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(filepath.Join(p.dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, err := ledger.Open(ledger.Config{Dir: filepath.Join(p.dir, "ledger"), Store: s}); err == nil {
		t.Error("a key that others can read is used")
	}
}
