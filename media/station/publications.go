package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"parda/media/publish"
)

// publication is an outlet with a life of its own: what media/publish makes.
type publication interface {
	outlet
	Done() <-chan struct{}
	Close() error
}

const (
	publishWithin = 15 * time.Second
	publishMost   = 4 * time.Second
)

// keepPublished starts a keeper for each rendering that the order names and ends those that it does not. Called with room.mu held.
func (r *room) keepPublished(ok bool) {
	run := r.running
	var want []string
	if ok {
		want = r.order.keys()
	}
	for key, stop := range run.keys {
		if !slices.Contains(want, key) {
			stop()
			delete(run.keys, key)
		}
	}
	for _, key := range want {
		if run.keys[key] != nil {
			continue
		}
		ctx, stop := context.WithCancel(r.ctx)
		run.keys[key] = stop
		r.workers.Go(func() { r.keep(ctx, run, key) })
	}
}

// keep publishes one rendering again and again until ctx ends or the testimony does.
func (r *room) keep(ctx context.Context, run *runningTestimony, key string) {
	wait := backoffFirst
	for ctx.Err() == nil {
		select {
		case <-run.done:
			return
		default:
		}
		began := time.Now()
		err := r.publishOnce(ctx, run, key)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > publishMost {
			wait = backoffFirst
		}
		r.log.Warn("a publication ended; making it anew", "rendering", key, "why", publicationCause(err))
		select {
		case <-ctx.Done():
		case <-run.done:
		case <-time.After(wait):
		}
		wait = min(2*wait, publishMost)
	}
}

func (r *room) publishOnce(ctx context.Context, run *runningTestimony, key string) error {
	opening, cancel := context.WithTimeout(ctx, publishWithin)
	pub, err := r.publish(opening, key)
	cancel()
	if err != nil {
		return err
	}
	defer pub.Close()
	laneCtx, endLane := context.WithCancel(ctx)
	defer endLane()
	l := newLane(laneCtx, key, pub)
	r.lane(run, l, true)
	defer r.lane(run, l, false)
	if s, ok := pub.(signed); ok {
		r.workers.Go(func() { r.keepSigned(laneCtx, key, s) })
	}
	r.log.Info("publishing", "rendering", key)
	select {
	case <-ctx.Done():
	case <-run.done:
	case <-pub.Done():
	case <-l.over:
	}
	return nil
}

// lane adds a lane to, or takes it from, what the clocks send to.
func (r *room) lane(run *runningTestimony, l *lane, add bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	run.lanes = slices.DeleteFunc(slices.Clone(run.lanes), func(o *lane) bool { return o == l })
	if add {
		run.lanes = append(run.lanes, l)
	}
	lanes := run.lanes
	run.outlets.Store(&lanes)
}

// publicationCause is a publication's end in words without an address.
func publicationCause(err error) string {
	switch {
	case err == nil:
		return "ended"
	case errors.Is(err, publish.ErrToken):
		return "the gateway does not accept the token"
	case errors.Is(err, publish.ErrHearing):
		return "the gateway knows no such hearing"
	case errors.Is(err, publish.ErrRefused):
		return "the gateway refused it"
	}
	return plainCause(err)
}
