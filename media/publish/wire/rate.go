package wire

import "time"

// rateControl moves the video's bit rate with what the network carries: few coarse steps, the most and its half, third, quarter and fifth, and seldom from
// one to another, because the rate is seen by everybody on the way and what is seen shall tell of the network alone. (Steady pictures come less often
// instead: in every n-th tick.) Sound is left alone: its rate is constant by rule (RFC 6562).
//
// Down when the estimate (network.go) stays below what is sent, or more than a tenth is lost (RFC 3550 section 6.4.2, fraction lost): to the step that the
// estimate has room for. An estimate above what is sent says nothing more, since no more was tried; so up one step after a while without trouble, and
// after a longer one when the last try failed.
type rateControl struct {
	most, now int
	network   func() (carries, sent int) // bit/s, 0 for not known; nil: not known

	step    int       // now is a step-th part of most, rounded up
	narrow  time.Time // since when the estimate is below what is sent; zero: it is not
	changed time.Time
	raised  time.Time
	wait    time.Duration
}

const (
	slowest    = 5 // steps
	leastRate  = 30_000
	stepEvery  = 2 * time.Second // what a step changed must be seen first
	narrowFor  = 1500 * time.Millisecond
	raiseFirst = 6 * time.Second
	raiseMost  = 2 * time.Minute
	raiseFails = 12 * time.Second // trouble so soon after a step up is of that step
	belowSent  = 0.9              // an estimate under this part of what is sent is trouble: within it, it is measurement
)

func newRateControl(most int) *rateControl {
	return &rateControl{most: most, now: most, step: 1, wait: raiseFirst}
}

// target returns the rate to use from now on and whether it differs from before. loss is 0..1, negative if no report has come.
func (r *rateControl) target(loss float64, at time.Time) (int, bool) {
	var carries, sent int
	if r.network != nil {
		carries, sent = r.network()
	}
	if carries == 0 || float64(carries) >= belowSent*float64(sent) {
		r.narrow = time.Time{}
	} else if r.narrow.IsZero() {
		r.narrow = at
	}
	if at.Sub(r.changed) < stepEvery {
		return r.now, false
	}
	narrow := !r.narrow.IsZero() && at.Sub(r.narrow) >= narrowFor
	step := r.step
	switch {
	case narrow || loss > 0.10:
		step++
		for narrow && step < slowest && r.most/step > carries {
			step++
		}
		if at.Sub(r.raised) < raiseFails {
			r.wait = min(2*r.wait, raiseMost)
		} else if !r.raised.IsZero() {
			r.wait = raiseFirst
		}
	case loss >= 0 && step > 1 && at.Sub(r.changed) >= r.wait:
		step--
		r.raised = at
	}
	step = min(step, slowest, max(1, r.most/leastRate))
	if step == r.step {
		return r.now, false
	}
	r.step, r.now, r.changed, r.narrow = step, (r.most+step-1)/step, at, time.Time{}
	return r.now, true
}
