package ledger

import "errors"

// What the worker, the appenders and the watchers of one hearing share.

func (h *hearingLog) poke() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func (h *hearingLog) brokenErr() error {
	h.state.Lock()
	defer h.state.Unlock()
	return h.broken
}

func (h *hearingLog) healthy() error {
	h.state.Lock()
	defer h.state.Unlock()
	if h.broken != nil {
		return h.broken
	}
	return errors.Join(h.failed[:]...)
}

// announce wakes everyone who waits for a change; h.state is held.
func (h *hearingLog) announce() {
	close(h.changed)
	h.changed = make(chan struct{})
}

func (h *hearingLog) setBroken(err error) {
	h.state.Lock()
	defer h.state.Unlock()
	h.broken = err
	h.announce()
}

// What may fail and recover, each for itself: an append that succeeds says
// nothing of the log.
const (
	ofAppend = iota
	ofLog
)

func (h *hearingLog) setFailed(what int, err error) {
	h.state.Lock()
	defer h.state.Unlock()
	if h.failed[what] == nil && err == nil {
		return
	}
	h.failed[what] = err
	h.announce()
}

func (h *hearingLog) setNewest(c Checkpoint) {
	h.state.Lock()
	defer h.state.Unlock()
	h.newest = c
	h.announce()
	for w := range h.watchers {
		offer(w, c)
	}
}

// offer puts c in the channel of one place, in place of an older one that was
// not read. Only the holder of h.state sends, so the second send cannot block.
func offer(w chan Checkpoint, c Checkpoint) {
	select {
	case <-w:
	default:
	}
	w <- c
}

func (h *hearingLog) latest() (Checkpoint, bool) {
	h.state.Lock()
	defer h.state.Unlock()
	return h.newest, h.newest.Note != nil
}

func (h *hearingLog) watch() (<-chan Checkpoint, func()) {
	w := make(chan Checkpoint, 1)
	h.state.Lock()
	defer h.state.Unlock()
	if h.watchers == nil {
		close(w)
		return w, func() {}
	}
	h.watchers[w] = struct{}{}
	if h.newest.Note != nil {
		offer(w, h.newest)
	}
	return w, func() {
		h.state.Lock()
		defer h.state.Unlock()
		delete(h.watchers, w)
	}
}
