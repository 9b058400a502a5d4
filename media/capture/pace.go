package capture

import (
	"context"
	"io"
	"time"

	"parda/media/mask"
)

// pace holds a made or filed source to real time: beat n is due at start + n periods. A reader that comes late gets what it
// missed at once, up to lag behind; beyond that the clock starts anew, so that a stalled machine is not answered with a burst.
type pace struct {
	ctx    context.Context
	cancel context.CancelFunc
	period time.Duration
	lag    time.Duration
	start  time.Time
	n      int64
	timer  *time.Timer
}

func newPace(ctx context.Context, period, lag time.Duration) *pace {
	ctx, cancel := context.WithCancel(ctx)
	return &pace{ctx: ctx, cancel: cancel, period: period, lag: lag}
}

// wait blocks until the next beat and returns its time, or io.EOF when the source was closed.
func (p *pace) wait() (time.Time, error) {
	if p.ctx.Err() != nil {
		return time.Time{}, io.EOF
	}
	now := time.Now()
	if p.start.IsZero() {
		p.start = now
	}
	due := p.start.Add(time.Duration(p.n) * p.period)
	if now.Sub(due) > p.lag {
		p.start, p.n, due = now, 0, now
	}
	p.n++
	if due.After(now) {
		if p.timer == nil {
			p.timer = time.NewTimer(due.Sub(now))
		} else {
			p.timer.Reset(due.Sub(now))
		}
		select {
		case <-p.timer.C:
		case <-p.ctx.Done():
			p.timer.Stop()
			return time.Time{}, io.EOF
		}
	}
	return due, nil
}

func (p *pace) close() { p.cancel() }

// noCamera is the absence of a camera.
type noCamera struct {
	ctx    context.Context
	cancel context.CancelFunc
}

func newNoCamera(ctx context.Context) *noCamera {
	ctx, cancel := context.WithCancel(ctx)
	return &noCamera{ctx: ctx, cancel: cancel}
}

func (c *noCamera) Read(*mask.RawPicture) error {
	<-c.ctx.Done()
	return io.EOF
}

func (c *noCamera) Close() error {
	c.cancel()
	return nil
}

// noMicrophone is the absence of a microphone: silence in time.
type noMicrophone struct{ pace *pace }

func newNoMicrophone(ctx context.Context) *noMicrophone {
	return &noMicrophone{pace: newPace(ctx, soundPeriod, soundLag)}
}

func (m *noMicrophone) Read(sound *mask.RawSound) error {
	at, err := m.pace.wait()
	if err != nil {
		return err
	}
	clear(sound.Samples[:])
	sound.Captured = at
	return nil
}

func (m *noMicrophone) Close() error {
	m.pace.close()
	return nil
}

const (
	soundPeriod = 20 * time.Millisecond
	soundLag    = 200 * time.Millisecond
	pictureLag  = 80 * time.Millisecond
)
