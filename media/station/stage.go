package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var (
	errLate  = errors.New("late")
	errPanic = errors.New("panic")
)

// stage runs one step of the hot path (a mask's, an encoder's) on a goroutine of its own, one call at a time. So a step that hangs
// or panics never holds up the clock that asks: the clock gets errLate or errPanic in time, and sends the card or silence.
//
// ask, give, await and stuck belong to one goroutine, the clock's.
type stage[In, Out any] struct {
	step func(In) (Out, error)
	in   chan In
	out  chan answer[Out]
	busy bool
	from time.Time // when the unanswered call began
	wait *time.Timer
}

type answer[Out any] struct {
	v   Out
	err error
}

// newStage starts the goroutine, which does last what is given as last; it ends with ctx, or, where a step hangs, when that step returns.
func newStage[In, Out any](ctx context.Context, step func(In) (Out, error), last ...func()) *stage[In, Out] {
	s := &stage[In, Out]{step: step, in: make(chan In, 1), out: make(chan answer[Out], 1)}
	s.wait = time.NewTimer(time.Hour)
	s.wait.Stop()
	go func() {
		for {
			select {
			case <-ctx.Done():
				for _, f := range last {
					f()
				}
				return
			case v := <-s.in:
				out, err := s.guarded(v)
				s.out <- answer[Out]{out, err}
			}
		}
	}()
	return s
}

func (s *stage[In, Out]) guarded(v In) (out Out, err error) {
	defer func() {
		if r := recover(); r != nil {
			var none Out
			out, err = none, fmt.Errorf("%w: %T", errPanic, r) // the value itself might hold a sample
		}
	}()
	return s.step(v)
}

// ask runs one step and waits for it at most so long. A step that is still running from an earlier call gives errLate at once, and its
// answer, when it comes, is thrown away: it is old.
func (s *stage[In, Out]) ask(v In, within time.Duration) (Out, error) {
	if !s.give(v) {
		var none Out
		return none, errLate
	}
	return s.await(within)
}

// give starts a step and does not wait; false, and nothing is started, while an earlier one runs.
func (s *stage[In, Out]) give(v In) bool {
	if !s.idle() {
		return false
	}
	s.in <- v // holds one: the goroutine takes it when it has handed over its last answer, or has ended
	s.busy, s.from = true, time.Now()
	return true
}

// await waits for the step that was given.
func (s *stage[In, Out]) await(within time.Duration) (Out, error) {
	var none Out
	if !s.busy {
		return none, errLate
	}
	select {
	case a := <-s.out: // what is there is taken, even where another step has used up the time
		s.busy = false
		return a.v, a.err
	default:
	}
	s.wait.Reset(max(0, within))
	defer s.wait.Stop()
	select {
	case a := <-s.out:
		s.busy = false
		return a.v, a.err
	case <-s.wait.C:
		return none, errLate
	}
}

// stuck says how long the running step has been running, 0 when none is.
func (s *stage[In, Out]) stuck(now time.Time) time.Duration {
	if !s.busy {
		return 0
	}
	return now.Sub(s.from)
}

// idle says that no step is running, and takes the answer of one that came too late: what that step read is then free again.
func (s *stage[In, Out]) idle() bool {
	if s.busy {
		select {
		case <-s.out:
			s.busy = false
		default:
		}
	}
	return !s.busy
}
