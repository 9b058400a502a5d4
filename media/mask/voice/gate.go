package voice

import (
	"math"
	"sync"
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
	farRecent = 6                      // reports, 240 ms, of which the loudest is what rings
	gateRamp  = 240                    // samples, 5 ms: opening and closing without a click

	ringSlot  = 20 * time.Millisecond
	ringSlots = int(farHang / ringSlot)
	ringStops = 6     // times that the room must have been heard to ring before it is trusted
	ringOver  = 9.0   // dB above all that the room ever rang, which only near speech can be
	ringRise  = 6.0   // dB by which what rings cannot grow
	ringFade  = 0.3   // dB, a stop: a room that was louder once is forgotten slowly
	ringQuiet = -60.0 // dBFS, under which nothing near is speech
)

// Gate keeps the court's voice, which the shielded room's loudspeaker plays, out of the witness's track: half duplex, before the mask. While
// the far end speaks, and for the time that the room rings, what it lets through is silence; else it lets everything through, 40 ms later. The
// witness cannot speak over the court; the court can always speak over the witness.
//
// So that the first syllable of an answer is not lost, the gate learns at each stop of the court how loud this room rings after it, and opens
// before the hangover is over when the microphone is clearly louder than it ever rang: then she speaks. What rings on beneath her passes.
//
// Far may be called from any goroutine; Apply belongs to the one that owns the mask.
type Gate struct {
	mu  sync.Mutex
	far farEnd

	ring ringing // from here on Apply's
	held [gateLatency][mask.BlockSamples]float32
	next int
	gain float32
}

// farEnd is what was last reported of the far end.
type farEnd struct {
	loudAt time.Time // last report of sound, with its monotonic reading: a clock that is set back must not keep her silent
	loud   bool      // what the last report of any kind said
	recent [farRecent]float32
	at     int
}

// ringing is how the room rings after the court stopped: the most that was heard, 20 ms by 20 ms, in dB about what the loudspeaker was given.
type ringing struct {
	most  [ringSlots]float64
	heard [ringSlots]bool
	stops int

	now   [ringSlots]float64 // after this stop
	upTo  int                // slots of now that hold only what rings
	since time.Time          // the stop
	low   float64
	near  bool // she speaks: open until the court speaks again
}

// NewGate makes a gate that is open: without reports there is no far end.
func NewGate() *Gate { return &Gate{gain: 1} }

// LatencySamples is how late the gate's sound is, in samples at 48 kHz.
func (g *Gate) LatencySamples() int { return gateLatency * mask.BlockSamples }

// Far reports the level of what the loudspeaker is given at the time at, in dBFS (the loudest of the last 40 ms). A level that is not a
// number counts as loud. The kiosk sends one every 40 ms; at is on the clock of RawSound.Captured.
func (g *Gate) Far(db float32, at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.far.loud = !(db < farSilent)
	if g.far.loud {
		if db != db || db > 0 {
			db = 0
		}
		g.far.loudAt = at
		g.far.recent[g.far.at] = db
		g.far.at = (g.far.at + 1) % farRecent
	}
}

func (g *Gate) farNow() farEnd {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.far
}

// Open says whether near speech passes at the time now, whatever it is.
func (g *Gate) Open(now time.Time) bool { f := g.farNow(); return f.open(now) }

func (f *farEnd) open(now time.Time) bool {
	if f.loudAt.IsZero() {
		return true
	}
	end := f.loudAt
	if f.loud { // no report of silence yet: loud until the reports are overdue
		end = end.Add(farLost)
	}
	return !now.Before(end.Add(farHang))
}

func (f *farEnd) peak() float64 {
	top := f.recent[0]
	for _, v := range f.recent {
		top = max(top, v)
	}
	return float64(top)
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
	now, f := captured(raw), g.farNow()
	goal := float32(0)
	if f.open(now) || g.ring.answered(&f, now, blockLevel(&raw.Samples)) {
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

// blockLevel in dBFS. What is no number is no sound.
func blockLevel(x *[mask.BlockSamples]float32) float64 {
	sum := 1e-12
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return -120
	}
	return 10 * math.Log10(sum/mask.BlockSamples)
}

// answered hears a block of the given level within the hangover, and says whether she speaks. It learns from what only falls.
func (r *ringing) answered(f *farEnd, now time.Time, level float64) bool {
	if !r.since.Equal(f.loudAt) { // the court spoke again
		r.settle()
		r.since, r.upTo, r.low, r.near = f.loudAt, 0, math.Inf(1), false
	}
	slot := int(now.Sub(f.loudAt) / ringSlot)
	if f.loud || slot < 0 || slot >= ringSlots {
		return false
	}
	about := level - f.peak()
	if !r.near && r.stops >= ringStops && r.heard[slot] && level > ringQuiet && about > r.most[slot]+ringOver {
		r.near = true
	}
	if r.near {
		return true
	}
	if about > r.low+ringRise {
		r.upTo = -1 // something began: not what rings, and nothing after it is
	}
	if r.upTo >= 0 {
		r.low = min(r.low, about)
		for i := r.upTo; i <= slot; i++ {
			r.now[i] = about
		}
		r.upTo = slot + 1
	}
	return false
}

// settle takes what was heard after the last stop into what is known of the room.
func (r *ringing) settle() {
	if r.upTo < 2 {
		return
	}
	for i, v := range r.now[:r.upTo] {
		if !r.heard[i] {
			r.most[i], r.heard[i] = v, true
		}
		r.most[i] = max(v, r.most[i]-ringFade)
	}
	if r.upTo > ringSlots/2 {
		r.stops++
	}
}
