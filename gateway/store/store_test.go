package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"

	"parda/gateway/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func event(i uint64) store.Event {
	return store.Event{Index: i, Canonical: []byte(`{"n":1}`), Salt: make([]byte, 16)}
}

func count(t testing.TB, s *store.Store, hearing string) uint64 {
	t.Helper()
	n, err := s.Count(t.Context(), hearing)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestIndexMustFollow(t *testing.T) {
	s := open(t, t.TempDir())
	for name, events := range map[string][]store.Event{
		"from zero": {event(0)},
		"from two":  {event(2)},
		"gap":       {event(1), event(3)},
		"twice":     {event(1), event(1)},
	} {
		if err := s.Append(t.Context(), "h", events); !errors.Is(err, store.ErrNotContiguous) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := count(t, s, "h"); n != 0 {
		t.Errorf("%d events of refused appends were kept", n)
	}
	if err := s.Append(t.Context(), "h", []store.Event{event(1), event(2)}); err != nil {
		t.Error(err)
	}
	if err := s.Append(t.Context(), "other", []store.Event{event(1)}); err != nil {
		t.Error(err)
	}
}

func TestAnswerGoesWithItsEventsOrNotAtAll(t *testing.T) {
	s := open(t, t.TempDir())
	a := store.Answer{Seat: "judge", ID: "c1", Index: 1, Result: []byte("r")}
	if err := s.Append(t.Context(), "h", []store.Event{event(1)}, a); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), "h", []store.Event{event(2)}, a); !errors.Is(err, store.ErrExists) {
		t.Errorf("answered twice: %v", err)
	}
	if n := count(t, s, "h"); n != 1 {
		t.Errorf("the second append left %d events", n)
	}
	got, ok, err := s.Answered(t.Context(), "h", "judge", "c1")
	if err != nil || !ok || got.Index != 1 || string(got.Result) != "r" {
		t.Errorf("%+v %v %v", got, ok, err)
	}
	if _, ok, err := s.Answered(t.Context(), "h2", "judge", "c1"); ok || err != nil {
		t.Errorf("another hearing's command: %v %v", ok, err)
	}
}

type fault struct{ step string }

var errDisk = errors.New("input/output error")

func (f fault) Before(step string) error {
	if step == f.step {
		return errDisk
	}
	return nil
}

func TestFailedStepIsNotDurableAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for _, step := range []string{store.StepBegin, store.StepWrite, store.StepCommit} {
		s.SetFault(fault{step})
		for name, err := range map[string]error{
			"append":  s.Append(t.Context(), "h", []store.Event{event(1)}, store.Answer{Seat: "s", ID: "i"}),
			"hearing": s.PutHearing(t.Context(), "h", []byte("{}")),
			"meta":    s.SetMeta(t.Context(), "m", []byte("v")),
			"token":   s.PutToken(t.Context(), "h", "l", store.Hash{}),
		} {
			if !errors.Is(err, store.ErrNotDurable) || !errors.Is(err, errDisk) {
				t.Errorf("%s at %s: %v", name, step, err)
			}
		}
	}
	s.SetFault(nil)
	if n := count(t, s, "h"); n != 0 {
		t.Errorf("%d events", n)
	}
	if _, err := s.Hearing(t.Context(), "h"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("hearing: %v", err)
	}
	for _, step := range []string{store.StepBlobWrite, store.StepBlobSync, store.StepBlobRename, store.StepBlobFolder} {
		s.SetFault(fault{step})
		if err := s.PutBlob("b", strings.NewReader("x")); !errors.Is(err, store.ErrNotDurable) {
			t.Errorf("blob at %s: %v", step, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "blobs", ".tmp-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestBlobIsWholeOrAsBefore(t *testing.T) {
	s := open(t, t.TempDir())
	if err := s.PutBlob("a.zip", strings.NewReader("old")); err != nil {
		t.Fatal(err)
	}
	if err := s.PutBlob("a.zip", io.MultiReader(strings.NewReader("ne"), iotest.ErrReader(errDisk))); !errors.Is(err, store.ErrNotDurable) {
		t.Errorf("%v", err)
	}
	read := func() string {
		f, err := s.Blob("a.zip")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		b, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if read() != "old" {
		t.Errorf("after a failed write: %q", read())
	}
	if err := s.PutBlob("a.zip", strings.NewReader("new")); err != nil || read() != "new" {
		t.Errorf("%v %q", err, read())
	}
	for _, name := range []string{"", "../x", "a/b", ".hidden", "/etc/x", strings.Repeat("a", 200)} {
		if err := s.PutBlob(name, bytes.NewReader(nil)); !errors.Is(err, store.ErrName) {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := s.Blob(name); !errors.Is(err, store.ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := s.Blob("none"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("%v", err)
	}
}

func TestSeatAdmitsItsCapacityAndNoMore(t *testing.T) {
	s := open(t, t.TempDir())
	g, err := s.PutSeat(t.Context(), "h", "gallery", store.Hash{1}, 3)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	admitted := 0
	for i := range 10 {
		wg.Go(func() {
			err := s.AddCookie(context.Background(), "h", "gallery", g, store.Hash{byte(i)})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				admitted++
			} else if !errors.Is(err, store.ErrExists) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if admitted != 3 {
		t.Errorf("%d browsers were admitted", admitted)
	}
}

func TestNewGenerationVoidsTheOldOne(t *testing.T) {
	s := open(t, t.TempDir())
	g1, _ := s.PutSeat(t.Context(), "h", "judge", store.Hash{1}, 1)
	if err := s.AddCookie(t.Context(), "h", "judge", g1, store.Hash{9}); err != nil {
		t.Fatal(err)
	}
	g2, err := s.PutSeat(t.Context(), "h", "judge", store.Hash{2}, 1)
	if err != nil || g2 != g1+1 {
		t.Fatalf("%d %v", g2, err)
	}
	if c, err := s.Cookies(t.Context(), "h", "judge"); err != nil || len(c) != 0 {
		t.Errorf("cookies of before: %v %v", c, err)
	}
	if err := s.AddCookie(t.Context(), "h", "judge", g1, store.Hash{8}); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("old generation: %v", err)
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store with space?#%")
	s := open(t, dir)
	if err := s.PutBlob("b", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"parda.db", filepath.Join("blobs", "b")} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v", name, info.Mode())
		}
	}
}

func TestDatabaseOfAnotherVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	setVersion(t, filepath.Join(dir, "parda.db"), 99)
	if s, err := store.Open(dir); err == nil {
		_ = s.Close()
		t.Error("opened")
	}
}

func TestAnInvitationThatEndedMeanwhileIsNotRenewed(t *testing.T) {
	for rule, end := range map[string]func(*store.Store) error{
		"revoked": func(s *store.Store) error { return s.RevokeSeat(t.Context(), "demo", "judge2") },
		"somebody else's": func(s *store.Store) error {
			return s.PutInvitation(t.Context(), invitationOf("p-other"), store.Hash{2})
		},
		"a place by a link": func(s *store.Store) error {
			_, err := s.PutSeat(t.Context(), "demo", "judge2", store.Hash{2}, 1)
			return err
		},
	} {
		s := open(t, t.TempDir())
		if err := s.PutInvitation(t.Context(), invitationOf("p-judge"), store.Hash{1}); err != nil {
			t.Fatal(err)
		}
		read, err := s.Invitation(t.Context(), "demo", "judge2")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.PutInvitation(t.Context(), read, store.Hash{3}); err != nil {
			t.Fatalf("renewed: %v", err)
		}
		if read, err = s.Invitation(t.Context(), "demo", "judge2"); err != nil || read.Person != "p-judge" {
			t.Fatal(read.Person, err)
		}
		if err := end(s); err != nil {
			t.Fatal(err)
		}
		if err := s.PutInvitation(t.Context(), read, store.Hash{4}); !errors.Is(err, store.ErrUnknown) {
			t.Errorf("%s, and renewed: %v", rule, err)
		}
	}
}

func invitationOf(person string) store.Invitation {
	return store.Invitation{Hearing: "demo", Seat: "judge2", Person: person, By: "p-clerk", From: time.Now(), Until: time.Now().Add(time.Hour)}
}
