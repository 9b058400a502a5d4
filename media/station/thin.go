package main

import "time"

const (
	settledAfter = 1200 * time.Millisecond // longer than calmFor, so that one hiccup is never told
	thinBurst    = 4
	thinEvery    = 10 * time.Second
)

// thinner decides which changes of the masks' status the court is told, because each is a durable entry of the ledger for ever. A status is told when
// it has held for settledAfter, at most thinBurst at once and then one in thinEvery; the newest is always told in the end. The kiosk shows every change at
// once, and what goes out does not wait for this. The zero thinner has told that all is well.
type thinner struct {
	told  maskStatus
	next  maskStatus
	since time.Time
	left  float64
	at    time.Time
}

// begin says what the court was told last.
func (t *thinner) begin(told maskStatus, now time.Time) {
	if t.at.IsZero() {
		t.left, t.at = thinBurst, now
	}
	t.told = told
}

// due says whether the status is to be told now. One that is sure, because no device and no clock can take it back, need not hold first.
func (t *thinner) due(s maskStatus, sure bool, now time.Time) bool {
	if t.at.IsZero() {
		t.begin(allWell, now)
	}
	t.left = min(thinBurst, t.left+float64(now.Sub(t.at))/float64(thinEvery))
	t.at = now
	if s != t.next || t.since.IsZero() {
		t.next, t.since = s, now
	}
	if s == t.told || !sure && now.Sub(t.since) < settledAfter || t.left < 1 {
		return false
	}
	t.told = s
	t.left--
	return true
}

// allWell is what the gateway takes for granted.
var allWell = maskStatus{Picture: "ok", Voice: "ok"}
