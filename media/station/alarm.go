package main

import (
	"context"
	"log/slog"
	"os/exec"
	"sync"

	"parda/media/capture"
)

// siren is the alarm of the room: by the machine's own loudspeaker, or by a program of the court's that switches a lamp or a bell. The kiosk's page rings as well, by the browser
// that plays the court, so a room whose station may not use the loudspeaker is heard too. A nil siren makes no sound.
type siren struct {
	ring func(ctx context.Context) error // rings until ctx ends
	log  *slog.Logger

	mu   sync.Mutex
	stop context.CancelFunc
	done sync.WaitGroup
}

// Ways of the alarm beside a program's path.
const (
	alarmSound = "sound"
	alarmNone  = "none"
)

func newSiren(how string, log *slog.Logger) *siren {
	switch how {
	case alarmNone, "":
		return nil
	case alarmSound:
		return &siren{ring: capture.Ring, log: log}
	}
	// It is started when the alarm begins and killed when it ends.
	return &siren{ring: func(ctx context.Context) error { return exec.CommandContext(ctx, how).Run() }, log: log}
}

// set begins or ends the alarm. It does not wait for a device.
func (s *siren) set(on bool) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case on && s.stop == nil:
		ctx, stop := context.WithCancel(context.Background())
		s.stop = stop
		s.done.Go(func() {
			if err := s.ring(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("the alarm cannot ring from here; the kiosk's page rings")
			}
		})
	case !on && s.stop != nil:
		s.stop()
		s.stop = nil
	}
}

// close ends the alarm and waits for it.
func (s *siren) close() {
	if s == nil {
		return
	}
	s.set(false)
	s.done.Wait()
}
