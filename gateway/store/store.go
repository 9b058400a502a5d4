// Package store keeps what the gateway may never lose: the events of every
// hearing, the answers already given to commands, the seats' code and cookie
// hashes, and blobs as files.
//
// It knows nothing of what an event means and holds no secret in clear: codes,
// cookies and tokens arrive here as SHA-256 hashes. Nothing that identifies a
// protected person belongs here.
//
// The rule of the house is "nil means durable": a method that writes returns
// nil only after SQLite has synced its write-ahead log (synchronous=FULL) or,
// for a blob, after the file and its folder have been synced.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	_ "modernc.org/sqlite" // the driver is pure Go, so that the gateway needs no cgo
)

// ErrNotDurable is wrapped by every error of a write that did not reach the
// disk: the caller must acknowledge nothing.
var ErrNotDurable = errors.New("store: not durable")

// ErrUnknown is returned when the named hearing, seat, token or blob is not in
// the store.
var ErrUnknown = errors.New("store: unknown")

// ErrExists is returned when the named thing is there already.
var ErrExists = errors.New("store: exists already")

// Fault lets a test fail a write at a named step. In production it is nil.
// The steps are the Step constants; a non-nil error stands for the system
// call's own error at that step.
type Fault interface {
	Before(step string) error
}

// The steps at which a Fault is asked.
const (
	StepBegin      = "begin"        // opening the write transaction
	StepWrite      = "write"        // each statement of it
	StepCommit     = "commit"       // the synced commit
	StepBlobWrite  = "blob.write"   // writing the temporary file
	StepBlobSync   = "blob.sync"    // fsync of the temporary file
	StepBlobRename = "blob.rename"  // rename to the final name
	StepBlobFolder = "blob.syncdir" // fsync of the folder
)

// Store is one folder on disk: parda.db and blobs/. It is safe for use by many
// goroutines; writes are taken one at a time.
type Store struct {
	dir   string
	write *sql.DB // exactly one connection: SQLite has one writer
	read  *sql.DB

	mu    sync.Mutex // held for the length of a write transaction
	fault Fault
}

// Open opens the store in dir and makes it if it is not there. The folder is
// readable by its owner only.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(dir, "blobs"), 0o700); err != nil {
		return nil, fmt.Errorf("store: folder: %w", err)
	}
	path := filepath.Join(dir, "parda.db")
	write, err := openDB(path, "&_txlock=immediate", 1)
	if err != nil {
		return nil, err
	}
	if err := migrate(write); err != nil {
		_ = write.Close()
		return nil, err
	}
	// The database file is new in its folder: without this a power cut may
	// lose the name although the content was synced.
	if err := errors.Join(os.Chmod(path, 0o600), syncFolder(dir)); err != nil {
		_ = write.Close()
		return nil, fmt.Errorf("store: folder: %w", err)
	}
	read, err := openDB(path, "&_pragma=query_only(1)", 4)
	if err != nil {
		_ = write.Close()
		return nil, err
	}
	return &Store{dir: dir, write: write, read: read}, nil
}

// openDB opens the SQLite file with the pragmas that durability rests on.
func openDB(path, extra string, connections int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)&_pragma=secure_delete(1)"+extra)
	if err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	db.SetMaxOpenConns(connections)
	if err := db.Ping(); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("store: open: %w", err)
	}
	return db, nil
}

// SetFault installs the fault injection of a test.
func (s *Store) SetFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Close ends the store. What was acknowledged is on disk already.
func (s *Store) Close() error {
	return errors.Join(s.read.Close(), s.write.Close())
}

// before asks the fault injection; s.mu is held.
func (s *Store) before(step string) error {
	if s.fault == nil {
		return nil
	}
	return s.fault.Before(step)
}

// writer is a write transaction that asks the fault injection before each
// statement.
type writer struct {
	s   *Store
	tx  *sql.Tx
	ctx context.Context
}

func (w writer) exec(query string, args ...any) (sql.Result, error) {
	if err := w.s.before(StepWrite); err != nil {
		return nil, err
	}
	return w.tx.ExecContext(w.ctx, query, args...)
}

// refusal marks an error of the rules (unknown, exists, not contiguous), as
// apart from one of the disk.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// update runs f in one transaction. It returns nil only after a synced commit;
// an error of the disk wraps ErrNotDurable, a refusal by f does not.
func (s *Store) update(ctx context.Context, f func(writer) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.before(StepBegin); err != nil {
		return notDurable(err)
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return notDurable(err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit this does nothing
	if err := f(writer{s, tx, ctx}); err != nil {
		var r refusal
		if errors.As(err, &r) {
			return r.error
		}
		return notDurable(err)
	}
	if err := s.before(StepCommit); err != nil {
		return notDurable(err)
	}
	if err := tx.Commit(); err != nil {
		return notDurable(err)
	}
	return nil
}

func notDurable(err error) error {
	return fmt.Errorf("%w: %w", ErrNotDurable, err)
}
