package voice

import (
	"math"
	"sync/atomic"
	"time"

	"parda/media/mask"
)

const (
	// gateLatency is how long the gate holds sound back, in blocks: the time between two reports of the far end, so that the
	// first syllable of the court is known of before it would be let through.
	gateLatency = 2

	farSilent = -55.0                  // dBFS: less than this from the far end makes no echo worth keeping out
	farHang   = 360 * time.Millisecond // how long the room may ring, sound card's delay included, after the far end went silent
	farLost   = 200 * time.Millisecond // without a report, the far end is taken to have fallen silent after this
	gateRamp  = 240                    // samples, 5 ms: opening and closing without a click
)

// Gate keeps the court's voice, which the shielded room's loudspeaker plays, out of the witness's track: half duplex, before the mask. While
// the far end speaks, and for the time that the room rings, what it lets through is silence; else it lets everything through, 40 ms later. The
// witness cannot speak over the court; the court can always speak over the witness.
//
// Far may be called from any goroutine; Apply belongs to the one that owns the mask.
type Gate struct {
	loudAt atomic.Pointer[time.Time] // last report of sound at the far end, with its monotonic reading: a clock that is set back must not keep her silent
	loud   atomic.Bool               // what the last report of any kind said
	held   [gateLatency][mask.BlockSamples]float32
	next   int
	gain   float32
}

// NewGate makes a gate that is open: without reports there is no far end.
func NewGate() *Gate { return &Gate{gain: 1} }

// LatencySamples is how late the gate's sound is, in samples at 48 kHz.
func (g *Gate) LatencySamples() int { return gateLatency * mask.BlockSamples }

// Far reports the level of what the loudspeaker is given at the time at, in dBFS (the loudest of the last 40 ms). A level that is not a
// number counts as loud. The kiosk sends one every 40 ms; at is on the clock of RawSound.Captured.
func (g *Gate) Far(db float32, at time.Time) {
	loud := !(db < farSilent)
	if loud {
		g.loudAt.Store(&at)
	}
	g.loud.Store(loud)
}

// Open says whether near speech passes at the time now.
func (g *Gate) Open(now time.Time) bool {
	last := g.loudAt.Load()
	if last == nil {
		return true
	}
	end := *last
	if g.loud.Load() { // no report of silence yet: loud until the reports are overdue
		end = end.Add(farLost)
	}
	return !now.Before(end.Add(farHang))
}

// captured is the block's time: one without a capture time is taken to be captured now.
func captured(raw *mask.RawSound) time.Time {
	if raw.Captured.IsZero() {
		return time.Now()
	}
	return raw.Captured
}

// Apply replaces the block by the one of gateLatency blocks before, gated by what is known now, and moves Captured back by as much.
func (g *Gate) Apply(raw *mask.RawSound) {
	goal := float32(0)
	if g.Open(captured(raw)) {
		goal = 1
	}
	old := &g.held[g.next]
	*old, raw.Samples = raw.Samples, *old
	g.next = (g.next + 1) % gateLatency
	for i := range raw.Samples {
		if g.gain < goal {
			g.gain = min(goal, g.gain+1.0/gateRamp)
		} else if g.gain > goal {
			g.gain = max(goal, g.gain-1.0/gateRamp)
		}
		if g.gain == 0 || math.IsNaN(float64(raw.Samples[i])) {
			raw.Samples[i] = 0
			continue
		}
		raw.Samples[i] *= g.gain
	}
	if !raw.Captured.IsZero() {
		raw.Captured = raw.Captured.Add(-gateLatency * 20 * time.Millisecond)
	}
}
