package main

import (
	"context"
	"time"

	"parda/media/mask"
	"sync"
)

// cadence is a clock of fixed steps from its start, so that it does not drift. Steps that were missed by more than five are skipped, not
// caught up in a burst: a burst would tell the network that the room was busy.
type cadence struct {
	step time.Duration
	due  time.Time
	lag  time.Duration
}

func newCadence(step time.Duration) *cadence { return &cadence{step: step, due: time.Now()} }

// next waits for the next step; false when ctx has ended.
func (c *cadence) next(ctx context.Context) bool {
	c.due = c.due.Add(c.step)
	if wait := time.Until(c.due); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
		}
	}
	c.lag = max(0, time.Since(c.due))
	if c.lag > 5*c.step {
		c.due = c.due.Add(c.lag.Truncate(c.step))
	}
	return ctx.Err() == nil
}

// late says by how much the present step began too late.
func (c *cadence) late() time.Duration { return c.lag }

// blockRing holds the few raw blocks between the microphone's pace and the sound's clock: at least one tick of slack, at most three blocks (60 ms).
// The oldest goes when a microphone runs fast; silence is masked when it runs slow.
type blockRing struct {
	mu     sync.Mutex
	blocks [ringBlocks]mask.RawSound
	first  int
	n      int
	primed bool
}

const ringBlocks = 3

func (r *blockRing) put(b *mask.RawSound) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n == ringBlocks {
		r.first, r.n = (r.first+1)%ringBlocks, r.n-1
	}
	r.blocks[(r.first+r.n)%ringBlocks] = *b
	r.n++
	r.primed = r.primed || r.n >= 2
}

// take fills b with the oldest block, or with silence when there is none, and wipes what it gave.
func (r *blockRing) take(b *mask.RawSound) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n == 0 || !r.primed {
		*b, r.primed = mask.RawSound{}, false
		return
	}
	*b = r.blocks[r.first]
	r.blocks[r.first] = mask.RawSound{}
	r.first, r.n = (r.first+1)%ringBlocks, r.n-1
}
