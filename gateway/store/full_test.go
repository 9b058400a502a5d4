package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"parda/gateway/store"
)

func setVersion(t *testing.T, path string, version int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(fmt.Sprintf("PRAGMA user_version = %d", version))
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// A full disk as SQLite itself sees it: the file may not grow any more.
func TestFullDatabaseIsNotDurableAndComesBack(t *testing.T) {
	s := open(t, t.TempDir())
	if err := s.Append(t.Context(), "h", []store.Event{event(1)}); err != nil {
		t.Fatal(err)
	}
	store.LimitPages(t, s, true)
	big := event(2)
	big.Canonical = make([]byte, 1<<20)
	if err := s.Append(t.Context(), "h", []store.Event{big}, store.Answer{Seat: "s", ID: "i"}); !errors.Is(err, store.ErrNotDurable) {
		t.Fatalf("full: %v", err)
	}
	if n := count(t, s, "h"); n != 1 {
		t.Errorf("%d events", n)
	}
	if _, ok, _ := s.Answered(t.Context(), "h", "s", "i"); ok {
		t.Error("an answer was kept")
	}
	store.LimitPages(t, s, false)
	if err := s.Append(t.Context(), "h", []store.Event{big}); err != nil {
		t.Errorf("after room was made: %v", err)
	}
}
