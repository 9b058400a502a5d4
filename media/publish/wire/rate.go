package wire

import "time"

// rateControl moves the video's bit rate with the loss that the gateway reports (RFC 3550 section 6.4.2, fraction lost): down by
// 15 % when more than one packet in ten is lost, up by 5 % when fewer than one in fifty, at most once a second. Sound is left
// alone: its rate is constant by rule.
type rateControl struct {
	most, now, floor int
	changed          time.Time
}

func newRateControl(most int) *rateControl {
	return &rateControl{most: most, now: most, floor: max(most/5, 30_000)}
}

// target returns the rate to use from now on and whether it differs from before. loss is 0..1, negative if no report has come.
func (r *rateControl) target(loss float64, at time.Time) (int, bool) {
	if loss < 0 || at.Sub(r.changed) < time.Second {
		return r.now, false
	}
	next := r.now
	switch {
	case loss > 0.10:
		next = max(r.now*85/100, r.floor)
	case loss < 0.02:
		next = min(r.now*105/100, r.most)
	}
	if next == r.now {
		return r.now, false
	}
	r.now, r.changed = next, at
	return next, true
}
