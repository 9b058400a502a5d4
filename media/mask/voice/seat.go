package voice

import (
	"slices"
	"sync/atomic"

	"parda/media/mask"
)

// SeatNotice says why the seat makes a block silence.
type SeatNotice uint8

const (
	// SeatClear: the block passes, or only the gate shut it.
	SeatClear SeatNotice = iota
	// SeatFarVoice: a voice that is clearly not that of the person in the seat: a prompter, an interpreter or a companion beside her.
	SeatFarVoice
	// SeatNotSpeech: no speech from the seat: a telephone, typing, an announcement or a call to prayer from far away.
	SeatNotSpeech
)

// String is the code of mask.status: "", "far_voice" or "not_speech".
func (n SeatNotice) String() string {
	switch n {
	case SeatFarVoice:
		return "far_voice"
	case SeatNotSpeech:
		return "not_speech"
	}
	return ""
}

const (
	seatVoiced = 0.6 // autocorrelation above which a frame has a pitch
	seatPlain  = 6   // frames of sound that are enough when nothing of it is hers
	seatSoon   = 12  // frames of sound before anything is decided
	seatWhole  = 60  // frames that the evidence is gathered over
	seatPause  = 30  // quiet frames after which what comes next may be somebody else
	seatHold   = 50  // blocks that a notice stays up: one second

	seatShut  = -2.5 // weight of evidence (logarithm of the odds that it is she) under which a sound is silenced
	seatEarly = -4.0 // the same, while less than half of the evidence is there
	seatNever = -9.0 // the same, when it takes seatPlain frames only
	seatOpen  = -1.0 // above which it passes again
	seatSure  = 3.0  // above which it is learnt from

	seatDoubt = 1.2   // how much less likely it is she right after somebody else was heard, if it is weaker than she by
	weaker    = 8.0   // dB
	overtop   = 6.0   // dB above the loudest of what goes on: another sound
	farther   = 14.0  // dB under her level: what stays below may swell as it will
	doubtLast = 0.996 // of it, a hop: forgotten by half in 1.7 s

	nearLevel = -3.0 // dB about her level, and
	nearFall  = 0.8  // of her fast falls, above which nobody but she can speak: she may shout or weep, and then nothing else is like her

	hallFall  = 2.6  // dB: falls of a sound in a hall stay under it; those of a voice in the same room were not seen under 3.4
	lineShare = 0.93 // of the power in three lines: a tone
	lineHops  = 40   // hops that a tone's line must stand still
	lineLow   = 49   // bins of 7.8 Hz, 380 Hz: a tone lies above it

	clickHops = 6    // of the three blocks that are known when the first of them goes out
	clickFall = 10.0 // dB by which a click is over at their end
	clickRise = 15.0
	clickAway = 25 // hops since anything with a pitch: what ends a word is no click
)

// Seat keeps other people and other sounds of the shielded room out of the witness's track. It learns who sits there while she rehearses,
// and slowly on from what is surely hers; then it makes silence of what surely is not. What it cannot tell passes: everything
// that passes is masked, and a soft answer must never be lost. While she speaks, what others say beneath her passes too, masked.
//
// It judges by level, by how fast the sound falls (near speech is dry), by pitch, and by a coarse picture of her sounds (a mixture adapted by MAP:
// Reynolds, Quatieri, Dunn 2000), added up by logistic regression. It uses the 40 ms that the Gate holds sound back to look ahead, and has no
// latency of its own.
//
// Rehearse, Ready and Notice may be called from any goroutine; Apply and Forget belong to the one that owns the mask.
type Seat struct {
	gate      *Gate
	rehearsal atomic.Bool
	ready     atomic.Bool
	shown     atomic.Uint32

	down  *decimator
	ear   *seatEar
	in    [narrow]float64
	frame heardFrame
	known known
	like  *likeness
	now   gathered
	click clicks
	doubt float64 // falls from 1 after somebody else was heard
	why   SeatNotice
	held  int
	gain  float32
}

// gathered is the evidence on the sound that is going on: means over the last frames that stood out of the noise.
type gathered struct {
	frames              float64
	voice, pitch, share float64
	top, fall           float64
	quiet               int
	line, still         int
}

// clicks holds what is needed to know a key's stroke: short, without pitch, and nothing after it.
type clicks struct {
	power   [clickHops + 1]float64 // dBFS
	pitched [clickHops]float64     // the same, of frames with pitch; others have -200
	since   int                    // hops since a frame with pitch
	ago     int                    // hops since a stroke
}

// NewSeat makes a seat in front of a gate. It knows nobody yet.
func NewSeat(g *Gate) *Seat {
	s := &Seat{gate: g, down: newDecimator(), ear: newSeatEar(), like: newLikeness(), gain: 1}
	s.forget()
	return s
}

// Rehearse says whether the witness rehearses: she alone speaks, everything is learnt from and nothing but tones and halls is silenced.
func (s *Seat) Rehearse(on bool) { s.rehearsal.Store(on) }

// Ready says whether enough was learnt (4 s of speech) for another voice to be told from hers.
func (s *Seat) Ready() bool { return s.ready.Load() }

// Notice is what was silenced last, for a second after.
func (s *Seat) Notice() SeatNotice { return SeatNotice(s.shown.Load()) }

// Begin makes what is heard from now on the beginning that Likeness compares with. It may be called from any goroutine.
func (s *Seat) Begin() { s.like.begin.Store(true) }

// Likeness says whether the voice that passes the seat now is that of the beginning, at most once in ten seconds of speech. Another voice that the seat makes silence of
// is not compared: that one has its own notice. It may be called from any goroutine.
func (s *Seat) Likeness() mask.Likeness { return mask.Likeness(s.like.told.Load()) }

// Forget wipes everything learnt of the speaker and the room.
func (s *Seat) Forget() { s.forget() }

func (s *Seat) forget() {
	s.down.reset()
	s.ear.reset()
	s.known.reset()
	s.like.forget()
	clear(s.in[:])
	s.frame, s.now = heardFrame{}, gathered{top: -90}
	s.click = clicks{since: clickAway, ago: seatWhole}
	s.why, s.held, s.doubt = SeatClear, 0, 0
	s.ready.Store(false)
	s.shown.Store(0)
}

// LatencySamples is that of the gate behind it.
func (s *Seat) LatencySamples() int { return s.gate.LatencySamples() }

// Apply hears the fresh block, then does the gate's work on it (so that raw is the block of 40 ms before, see Gate.Apply), and makes it silence if it
// is clearly not hers. It returns why. A block with a value that is not a number is not listened to; the gate makes those samples zero.
func (s *Seat) Apply(raw *mask.RawSound) SeatNotice {
	open := s.gate.Open(captured(raw))
	if finite(&raw.Samples) {
		s.down.block(&raw.Samples, &s.in)
		for at := 0; at < narrow; at += hop {
			s.ear.next(s.in[at:at+hop], &s.frame)
			s.hear(open)
		}
	} else {
		s.down.reset()
		s.ear.reset()
		s.now = gathered{top: -90}
	}
	s.gate.Apply(raw)
	why := s.why
	if open && s.click.struck() {
		s.click.ago = 0
		if why == SeatClear {
			why = SeatNotSpeech
		}
	}
	s.shape(raw, why)
	s.show(why)
	return why
}

func finite(x *[mask.BlockSamples]float32) bool {
	for _, v := range x {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// hear takes in one frame. While the court speaks, what the microphone hears is the loudspeaker: nothing is learnt or judged.
func (s *Seat) hear(open bool) {
	h := &s.frame
	s.click.next(h)
	if !open {
		s.now = gathered{top: -90}
		s.why = SeatClear
		s.like.hear(h, &s.ear.log, false)
		return
	}
	sound, pitch := 0.0, 0.0
	if h.active {
		sound, pitch = s.known.voice(h)
	}
	if h.power > s.now.top+overtop && h.power > s.known.loud-farther {
		s.now = gathered{top: -90, fall: s.now.fall} // somebody begins over what was going on
	}
	s.now.add(h, sound, pitch)
	odds := s.now.odds(&s.known)
	if s.now.top < s.known.loud-weaker {
		odds -= seatDoubt * s.doubt
	}
	s.doubt *= doubtLast
	rehearsal := s.rehearsal.Load()
	s.why = s.judge(odds, rehearsal)
	s.like.hear(h, &s.ear.log, s.why == SeatClear)
	if s.why != SeatClear && s.now.quiet == 0 {
		s.doubt = 1
	}
	if h.active && s.why == SeatClear && (rehearsal || s.surely(odds)) {
		s.known.learn(h)
		s.ready.Store(s.known.ready())
	}
}

// surely says whether what goes on after the rehearsal is so surely hers that it may be learnt from. When the rehearsal was too short, that is what is as
// loud and as dry as she was.
func (s *Seat) surely(odds float64) bool {
	if s.Ready() {
		return odds > seatSure && s.now.frames >= seatPause
	}
	return s.known.frames >= seatFirst && s.now.top > s.known.loud+nearLevel && s.now.fall > nearFall*s.known.dry
}

// add gathers one frame.
func (g *gathered) add(h *heardFrame, sound, pitch float64) {
	if !h.active {
		if g.quiet++; g.quiet == seatPause {
			*g = gathered{top: -90, quiet: seatPause}
		}
	} else {
		g.quiet = 0
		g.frames = min(seatWhole, g.frames+1)
		k := 1 / g.frames
		g.voice += k * (sound - g.voice)
		g.pitch += k * (pitch - g.pitch)
		is := 0.0
		if h.voiced > seatVoiced {
			is = 1
		}
		g.share += k * (is - g.share)
		g.top = max(g.top-0.15, h.power)
	}
	g.fall = max(0.993*g.fall, h.fall)
	if h.active && h.tonal > lineShare && h.line >= lineLow && h.line >= g.line-1 && h.line <= g.line+1 {
		g.still++
	} else {
		g.still = 0
	}
	g.line = h.line
}

// odds is the weight of the evidence that it is she: the logarithm of the odds. words/seat/fit.py fits the weights.
func (g *gathered) odds(k *known) float64 {
	f := [...]float64{1, g.voice, g.pitch, max(-30, min(6, g.top-k.loud)), min(1.5, g.fall/k.dry), g.share}
	sum, u := 0.0, g.frames/seatWhole
	for i, v := range f {
		sum += v * (seatWorld.weight[i] + u*seatWorld.weight[len(f)+i])
	}
	return sum
}

// judge says what becomes of the sound that goes on.
func (s *Seat) judge(odds float64, rehearsal bool) SeatNotice {
	g := &s.now
	tone, hall := g.still >= lineHops, g.frames >= 45 && g.fall < hallFall
	switch {
	case tone || hall:
		return SeatNotSpeech
	case rehearsal, !s.Ready(), g.frames < seatPlain, g.frames < seatSoon && odds > seatNever:
		return SeatClear
	case odds < seatEarly, odds < seatShut && g.frames >= seatPause, odds < seatOpen && s.why != SeatClear:
		if g.fall < 0.4*s.known.dry || g.share < 0.05 || g.voice < -3.5 || s.click.ago < seatWhole {
			return SeatNotSpeech
		}
		if g.share > 0.2 && g.top > s.known.loud+nearLevel && g.fall > nearFall*s.known.dry {
			return SeatClear
		}
		return SeatFarVoice
	}
	return SeatClear
}

func (c *clicks) next(h *heardFrame) {
	copy(c.power[:], c.power[1:])
	copy(c.pitched[:], c.pitched[1:])
	c.power[clickHops] = h.power
	c.pitched[clickHops-1] = -200
	if h.voiced > 0.5 && h.active {
		c.pitched[clickHops-1] = h.power
	}
	c.ago++
	if c.since++; c.pitched[0] > slices.Max(c.power[:])-clickRise {
		c.since = 0
	}
}

// struck says whether the oldest of the known blocks holds a key's stroke. What has a pitch but is far weaker is the ringing after it.
func (c *clicks) struck() bool {
	peak := max(c.power[1], c.power[2], c.power[3])
	for _, p := range c.pitched {
		if p > peak-clickRise {
			return false
		}
	}
	return c.since > clickAway && peak > c.power[0]+clickRise && c.power[clickHops] < peak-clickFall
}

// shape makes the block silence, or lets it through again, without a click.
func (s *Seat) shape(raw *mask.RawSound, why SeatNotice) {
	goal := float32(1)
	if why != SeatClear {
		goal = 0
	}
	for i := range raw.Samples {
		if s.gain < goal {
			s.gain = min(goal, s.gain+1.0/gateRamp)
		} else if s.gain > goal {
			s.gain = max(goal, s.gain-1.0/gateRamp)
		}
		raw.Samples[i] *= s.gain
	}
}

// show keeps a notice up for a second.
func (s *Seat) show(why SeatNotice) {
	if why != SeatClear {
		s.held = seatHold
		s.shown.Store(uint32(why))
	} else if s.held > 0 {
		if s.held--; s.held == 0 {
			s.shown.Store(uint32(SeatClear))
		}
	}
}
