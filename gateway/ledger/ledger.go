// Package ledger makes a hearing's events durable and covers them with signed
// checkpoints of a Merkle log, so that nobody, the court's own operator
// included, can change the record unseen.
//
// An event goes to SQLite first and is synced; only then is its salted hash
// queued for the hearing's log (tessera, POSIX driver, one folder a hearing).
// Contents never enter the log. FORMAT.md in this folder fixes every byte.
//
// What does not live here: what an event means (gateway/hearing), the export
// (gateway/bundle) and the verifier (gateway/ledger/verify), which shares no
// code with this package.
package ledger

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"parda/gateway/store"
)

// ErrUnhealthy is wrapped when a hearing's log and its store disagree, or when
// the disk left it unknown whether an append was kept. Nothing is appended to
// that hearing until the gateway has been started again and found both whole.
var ErrUnhealthy = errors.New("ledger: unhealthy")

// ErrNotDurable is store.ErrNotDurable: the append is not on disk and must not
// be acknowledged.
var ErrNotDurable = store.ErrNotDurable

// ErrAnswered is returned by AppendAnswered when this command was answered
// before: look the answer up with Answered.
var ErrAnswered = errors.New("ledger: answered already")

// ErrClosed is returned after Close.
var ErrClosed = errors.New("ledger: closed")

// Config is what a ledger needs.
type Config struct {
	Dir   string           // court.key and logs/{hearing}/ live here
	Store *store.Store     // holds the events; owned and closed by the caller, after the ledger
	Log   *slog.Logger     // nil: silent
	Now   func() time.Time // nil: time.Now; the court's clock
}

// Answer makes a command idempotent: it is kept in the same transaction as the
// events that the command made.
type Answer struct {
	Seat   string
	ID     string
	Result json.RawMessage // what the command answers with beside its index; may be nil
}

// Ledger serves all hearings of one gateway. It is safe for concurrent use;
// appends to one hearing are taken one at a time.
type Ledger struct {
	cfg Config
	key ed25519.PrivateKey

	mu     sync.Mutex
	logs   map[string]*opening
	closed bool
}

// opening is a hearing's log that is open or on its way to it. Opening syncs
// files, and must not hold up the other hearings.
type opening struct {
	ready chan struct{} // closed when log or err is set
	log   *hearingLog
	err   error
}

// Open opens the ledger in cfg.Dir, makes the court's key at the first start,
// and opens the log of every hearing that has events, so that what a crash
// left pending is appended now. A hearing whose log disagrees with the store
// does not fail Open: Healthy tells of it, and its appends are refused.
func Open(cfg Config) (*Ledger, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if err := os.MkdirAll(filepath.Join(cfg.Dir, "logs"), 0o700); err != nil {
		return nil, fmt.Errorf("ledger: folder: %w", err)
	}
	key, err := loadKey(cfg.Dir)
	if err != nil {
		return nil, err
	}
	l := &Ledger{cfg: cfg, key: key, logs: make(map[string]*opening)}
	folders, err := os.ReadDir(filepath.Join(cfg.Dir, "logs"))
	if err != nil {
		return nil, fmt.Errorf("ledger: folder: %w", err)
	}
	for _, f := range folders {
		if _, err := l.log(f.Name()); err != nil {
			return nil, errors.Join(err, l.Close(context.Background()))
		}
	}
	return l, nil
}

// log gives the log of a hearing and opens it if need be.
func (l *Ledger) log(hearing string) (*hearingLog, error) {
	if !hearingPattern.MatchString(hearing) {
		return nil, fmt.Errorf("%w: hearing id", ErrDraft)
	}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil, ErrClosed
	}
	o, known := l.logs[hearing]
	if !known {
		o = &opening{ready: make(chan struct{})}
		l.logs[hearing] = o
	}
	l.mu.Unlock()
	if known {
		<-o.ready
		return o.log, o.err
	}
	o.log, o.err = openLog(l.cfg, l.key, hearing)
	if o.err != nil { // the next call tries anew
		l.mu.Lock()
		delete(l.logs, hearing)
		l.mu.Unlock()
	}
	close(o.ready)
	return o.log, o.err
}

// opened gives the log of a hearing if it is open, nil otherwise.
func (l *Ledger) opened(hearing string) *hearingLog {
	l.mu.Lock()
	o := l.logs[hearing]
	l.mu.Unlock()
	if o == nil {
		return nil
	}
	<-o.ready
	return o.log
}

// all gives every open log.
func (l *Ledger) all() []*hearingLog {
	l.mu.Lock()
	hearings := slices.Sorted(maps.Keys(l.logs))
	l.mu.Unlock()
	var logs []*hearingLog
	for _, hearing := range hearings {
		if h := l.opened(hearing); h != nil {
			logs = append(logs, h)
		}
	}
	return logs
}

// Append makes the drafts events of the hearing, in order, all or none. nil
// means durable: written and synced. The signed checkpoint follows within a
// second; Checkpoint waits for it.
func (l *Ledger) Append(ctx context.Context, hearing string, drafts ...Draft) ([]Event, error) {
	h, err := l.log(hearing)
	if err != nil {
		return nil, err
	}
	return h.append(ctx, nil, drafts)
}

// AppendAnswered is Append that also keeps the answer to the command which
// made the drafts, in the same transaction. The answer's index is that of the
// first event or, without drafts, of the last event there is.
func (l *Ledger) AppendAnswered(ctx context.Context, hearing string, a Answer, drafts ...Draft) ([]Event, error) {
	h, err := l.log(hearing)
	if err != nil {
		return nil, err
	}
	return h.append(ctx, &a, drafts)
}

// Answered looks up the answer to a command; ok is false when there is none.
func (l *Ledger) Answered(ctx context.Context, hearing, seat, id string) (index uint64, result json.RawMessage, ok bool, err error) {
	a, ok, err := l.cfg.Store.Answered(ctx, hearing, seat, id)
	return a.Index, a.Result, ok, err
}

// Load gives all events of a hearing in order; none for an unknown hearing.
func (l *Ledger) Load(ctx context.Context, hearing string) ([]Event, error) {
	var events []Event
	err := l.cfg.Store.Events(ctx, hearing, 0, func(r store.Event) error {
		e, err := ParseEvent(r.Canonical, r.Salt)
		if err != nil {
			return err
		}
		if e.Hearing != hearing || e.Index != r.Index {
			return fmt.Errorf("ledger: event %d is filed in the wrong place", r.Index)
		}
		events = append(events, e)
		return nil
	})
	return events, err
}

// Count is the number of events of a hearing, which is the index of the last one.
func (l *Ledger) Count(ctx context.Context, hearing string) (uint64, error) {
	return l.cfg.Store.Count(ctx, hearing)
}

// Part gives the events of a hearing with after < index <= last, in order.
func (l *Ledger) Part(ctx context.Context, hearing string, after, last uint64) ([]Event, error) {
	var events []Event
	err := l.cfg.Store.Events(ctx, hearing, after, func(r store.Event) error {
		if r.Index > last {
			return errEnough
		}
		e, err := ParseEvent(r.Canonical, r.Salt)
		if err == nil && (e.Hearing != hearing || e.Index != r.Index) {
			err = fmt.Errorf("ledger: event %d is filed in the wrong place", r.Index)
		}
		if err == nil {
			events = append(events, e)
		}
		return err
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return events, err
}

var errEnough = errors.New("ledger: enough")

// Checkpoint waits until a signed checkpoint covers every event appended
// before the call, and gives it. It takes a second at most on a healthy disk;
// bound it with ctx.
func (l *Ledger) Checkpoint(ctx context.Context, hearing string) (Checkpoint, error) {
	h, err := l.log(hearing)
	if err != nil {
		return Checkpoint{}, err
	}
	return h.await(ctx)
}

// Latest is the newest signed checkpoint of the hearing; ok is false while
// there is none.
func (l *Ledger) Latest(hearing string) (c Checkpoint, ok bool) {
	h := l.opened(hearing)
	if h == nil {
		return Checkpoint{}, false
	}
	return h.latest()
}

// Watch gives a channel on which the newest checkpoint arrives whenever there
// is a newer one; a slow reader misses older ones. Call cancel when done. The
// channel is closed when the ledger closes.
func (l *Ledger) Watch(hearing string) (newer <-chan Checkpoint, cancel func(), err error) {
	h, err := l.log(hearing)
	if err != nil {
		return nil, nil, err
	}
	newer, cancel = h.watch()
	return newer, cancel, nil
}

// Healthy is nil while every hearing's log can be appended to and agrees with
// the store. An append that failed makes it an error until one succeeds.
func (l *Ledger) Healthy() error {
	var all []error
	for _, h := range l.all() {
		all = append(all, h.healthy())
	}
	return errors.Join(all...)
}

// HealthyHearing is Healthy for one hearing.
func (l *Ledger) HealthyHearing(hearing string) error {
	h := l.opened(hearing)
	if h == nil {
		return nil
	}
	return h.healthy()
}

// PublicKey is the court's key that signs all checkpoints.
func (l *Ledger) PublicKey() ed25519.PublicKey { return l.key.Public().(ed25519.PublicKey) }

// VerifierKey is the key of a hearing's log in the form of C2SP signed-note,
// as golang.org/x/mod/sumdb/note reads it.
func (l *Ledger) VerifierKey(hearing string) string {
	return encodedKey(Origin(hearing), l.PublicKey(), l.PublicKey())
}

// Close ends all logs after what is pending has been covered by a checkpoint,
// or ctx ends. Events are durable without it.
func (l *Ledger) Close(ctx context.Context) error {
	l.mu.Lock()
	again := l.closed
	l.closed = true
	l.mu.Unlock()
	if again {
		return nil
	}
	var all []error
	for _, h := range l.all() {
		all = append(all, h.close(ctx))
	}
	return errors.Join(all...)
}
