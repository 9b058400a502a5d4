package ledger

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"parda/gateway/store"
)

// hearingLog is one hearing: its place in the store and its Merkle log. append
// runs under mu in the caller's goroutine; one worker goroutine carries what
// is durable into the log.
type hearingLog struct {
	hearing string
	cfg     Config
	tree    *tree

	mu   sync.Mutex
	next uint64    // index of the next event
	last time.Time // time of the last event

	state    sync.Mutex
	broken   error    // store and log disagree, or it is unknown what was kept: final
	failed   [2]error // the last append, the last work on the log: may recover
	newest   Checkpoint
	changed  chan struct{} // closed and renewed when newest, broken or failed change
	watchers map[chan Checkpoint]struct{}

	wake chan struct{}
	stop chan struct{}
	done chan struct{}
}

// openLog opens the log of one hearing, compares it with the store and starts
// carrying over what a crash left pending.
func openLog(cfg Config, key ed25519.PrivateKey, hearing string) (*hearingLog, error) {
	ctx := context.Background()
	count, err := cfg.Store.Count(ctx, hearing)
	if err != nil {
		return nil, err
	}
	h := &hearingLog{
		hearing: hearing, cfg: cfg, next: count + 1,
		changed: make(chan struct{}), watchers: make(map[chan Checkpoint]struct{}),
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	if count > 0 {
		err := cfg.Store.Events(ctx, hearing, count-1, func(r store.Event) error {
			e, err := ParseEvent(r.Canonical, r.Salt)
			h.last = e.Time
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if h.tree, err = openTree(cfg.Dir, hearing, key); err != nil {
		return nil, err
	}
	if err := h.tree.compare(ctx, cfg.Store, count); err != nil {
		h.broken = fmt.Errorf("%w: %w", ErrUnhealthy, err)
		cfg.Log.Error("the ledger's log disagrees with the store; appends are refused", slog.String("hearing", hearing), slog.Any("err", err))
	}
	go h.work()
	h.poke()
	return h, nil
}

// append makes the drafts durable. Cancelling ctx while the store writes would
// leave it unknown what was kept, so the write itself cannot be cancelled.
func (h *hearingLog) append(ctx context.Context, a *Answer, drafts []Draft) ([]Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.brokenErr(); err != nil {
		return nil, err
	}
	events, rows, err := h.prepare(drafts)
	if err != nil {
		return nil, err
	}
	var answers []store.Answer
	if a != nil {
		index := h.next - 1
		if len(events) > 0 {
			index = events[0].Index
		}
		answers = []store.Answer{{Seat: a.Seat, ID: a.ID, Index: index, Result: a.Result}}
	}
	err = h.cfg.Store.Append(context.WithoutCancel(ctx), h.hearing, rows, answers...)
	switch {
	case errors.Is(err, store.ErrExists):
		return nil, ErrAnswered
	case err != nil:
		h.afterFailure(err)
		return nil, err
	}
	if len(events) > 0 {
		h.next += uint64(len(events))
		h.last = events[len(events)-1].Time
		h.poke()
	}
	h.setFailed(ofAppend, nil)
	return events, nil
}

// prepare gives drafts their index, time and salt; h.mu is held. A clock that
// was set back does not take the record with it.
func (h *hearingLog) prepare(drafts []Draft) ([]Event, []store.Event, error) {
	now := h.cfg.Now().UTC().Truncate(time.Millisecond)
	if now.Before(h.last) {
		now = h.last
	}
	events := make([]Event, 0, len(drafts))
	rows := make([]store.Event, 0, len(drafts))
	for i, d := range drafts {
		e, err := newEvent(h.hearing, h.next+uint64(i), now, d)
		if err != nil {
			return nil, nil, err
		}
		canonical, err := e.CanonicalBytes()
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %s: %w", ErrDraft, d.Code, err)
		}
		events = append(events, e)
		rows = append(rows, store.Event{Index: e.Index, Canonical: canonical, Salt: e.Salt})
	}
	return events, rows, nil
}

// afterFailure decides what a failed append left behind; h.mu is held. If the
// store holds what it held before, the next append may try anew. Otherwise the
// disk kept what was reported as not kept: only a new start may go on.
func (h *hearingLog) afterFailure(err error) {
	count, countErr := h.cfg.Store.Count(context.Background(), h.hearing)
	if countErr != nil || count != h.next-1 {
		h.setBroken(fmt.Errorf("%w: it is unknown whether the last append was kept: %w", ErrUnhealthy, err))
		return
	}
	h.setFailed(ofAppend, err)
}

// work carries durable events into the Merkle log until stop. Events are read
// back from the store, so that the normal way and recovery after a crash are
// one path.
func (h *hearingLog) work() {
	defer close(h.done)
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-h.stop:
			return
		case <-h.wake:
		case <-retry.C:
		}
		if h.brokenErr() != nil {
			continue
		}
		again, err := h.carry()
		switch {
		case errors.Is(err, ErrUnhealthy):
			h.setBroken(err)
			h.cfg.Log.Error("the ledger's log is not what the store holds", slog.String("hearing", h.hearing), slog.Any("err", err))
		case err != nil:
			h.setFailed(ofLog, err)
			h.cfg.Log.Error("the ledger's log could not be written; trying again", slog.String("hearing", h.hearing), slog.Any("err", err))
			retry.Reset(500 * time.Millisecond)
		default:
			h.setFailed(ofLog, nil)
			if again {
				retry.Reset(checkpointPoll)
			}
		}
	}
}

// carry appends what is pending to the log and takes up a newer checkpoint.
// again says that the log holds more than is signed.
func (h *hearingLog) carry() (again bool, err error) {
	ctx := context.Background()
	for added := batchSize; added > 0; {
		if added, err = h.tree.add(ctx, h.cfg.Store); err != nil {
			return false, err
		}
	}
	c, newer, err := h.tree.checkpoint(ctx)
	if err != nil {
		return false, err
	}
	if newer {
		c.At = h.cfg.Now().UTC().Truncate(time.Millisecond)
		h.setNewest(c)
	}
	return c.Size < h.tree.size, nil
}

// await waits for a checkpoint that covers all that is durable now.
func (h *hearingLog) await(ctx context.Context) (Checkpoint, error) {
	h.mu.Lock()
	want := h.next - 1
	h.mu.Unlock()
	for {
		h.state.Lock()
		c, broken, changed := h.newest, h.broken, h.changed
		h.state.Unlock()
		switch {
		case broken != nil:
			return Checkpoint{}, broken
		case c.Note != nil && c.Size >= want:
			return c, nil
		}
		select {
		case <-ctx.Done():
			return Checkpoint{}, fmt.Errorf("ledger: no checkpoint yet: %w", errors.Join(ctx.Err(), h.healthy()))
		case <-h.done:
			return Checkpoint{}, ErrClosed
		case <-changed:
		}
	}
}

// close lets the worker finish what is pending, within ctx, and ends the log.
func (h *hearingLog) close(ctx context.Context) error {
	var pending error
	if h.brokenErr() == nil {
		_, pending = h.await(ctx)
	}
	close(h.stop)
	<-h.done
	h.state.Lock()
	for w := range h.watchers {
		close(w)
	}
	h.watchers = nil
	h.state.Unlock()
	return errors.Join(pending, h.tree.close(ctx))
}
