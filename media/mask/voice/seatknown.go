package voice

import (
	_ "embed"
	"encoding/binary"
	"math"
)

// Sounds of speakers at large and the weights of the evidence. words/seat/fit.py makes seat.bin and says how and of what: CMU AN4 ((c) Carnegie
// Mellon University, BSD-style licence) and speechocean762 (Zhang et al. 2021, CC BY 4.0).
//
//go:embed seat.bin
var seatFile []byte

var seatWorld = readSeat(seatFile)

const (
	seatMix   = 32
	seatTerms = 12

	seatFirst  = 200.0   // frames of speech after which her mean is good enough to learn her sounds about it
	seatEnough = 400.0   // frames of speech after which another voice can be told from hers
	seatMemory = 12000.0 // frames that are remembered: two minutes of speech, so that she may tire or lean back
	seatPrior  = 16.0    // frames that each sound of the world counts as
	seatRecall = 100     // frames of speech between two readings of the tallies
)

// seatTables are the parts of seat.bin: logarithms of the mixture's constants, means, inverse variances; the same with the variances of other
// speakers' means added; the weights.
type seatTables struct {
	about, widely [seatMix]float64
	mean          [seatMix][seatCeps]float64
	inv, invWide  [seatMix][seatCeps]float64
	weight        [seatTerms]float64
}

const seatFileLen = 4 * (2*seatMix + 3*seatMix*seatCeps + seatTerms)

func readSeat(file []byte) *seatTables {
	t := &seatTables{}
	if len(file) != seatFileLen {
		panic("voice: seat.bin has another length")
	}
	take := func(to []float64) {
		for i := range to {
			to[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(file[4*i:])))
		}
		file = file[4*len(to):]
	}
	rows := func(to *[seatMix][seatCeps]float64) {
		for i := range to {
			take(to[i][:])
		}
	}
	take(t.about[:])
	rows(&t.mean)
	rows(&t.inv)
	take(t.widely[:])
	rows(&t.invWide)
	take(t.weight[:])
	return t
}

// tally is a histogram of forgetful counts over an even scale.
type tally struct {
	low, step float64
	count     [64]float64
	sum       float64
}

func (t *tally) add(x float64) {
	i := min(len(t.count)-1, max(0, int((x-t.low)/t.step)))
	t.count[i]++
	t.sum++
}

func (t *tally) fade(by float64) {
	for i := range t.count {
		t.count[i] *= by
	}
	t.sum *= by
}

// at is the value below which the given share lies.
func (t *tally) at(share float64) float64 {
	left := share * t.sum
	for i, c := range t.count {
		if c > 0 && left <= c {
			return t.low + t.step*(float64(i)+left/c)
		}
		left -= c
	}
	return t.low + t.step*float64(len(t.count))
}

// known is what is remembered of the seated speaker: how loud she is, how dry (reverberation cannot fall fast), how high, and a coarse picture of
// her sounds at this microphone. No sound can be made of it, and it is in memory only.
type known struct {
	frames             float64
	mean               [seatCeps]float64
	share              [seatMix]float64
	sum                [seatMix][seatCeps]float64
	sound              [seatMix][seatCeps]float64 // means of her sounds about her mean
	level, fall, pitch tally
	loud, dry          float64 // dBFS of three quarters of her frames, dB of her fast falls
	high, spread       float64 // octaves above 55 Hz
	since              int
	about, away        [seatMix]float64 // scratch
}

func (k *known) reset() {
	*k = known{sound: seatWorld.mean, loud: -28, dry: 7, high: 1.6, spread: 0.4}
	k.level.low, k.level.step = -72, 1.2
	k.fall.low, k.fall.step = 0, 0.3
	k.pitch.low, k.pitch.step = 0, 0.05
	k.read()
}

func (k *known) ready() bool { return k.frames >= seatEnough }

// voice is how much likelier the frame is as hers than as anybody's, and so the pitch; both in nepers, bounded.
func (k *known) voice(h *heardFrame) (sound, pitch float64) {
	hers, theirs := math.Inf(-1), math.Inf(-1)
	for j := range k.sound {
		a, b := seatWorld.about[j], seatWorld.widely[j]
		for i, c := range h.cep {
			c -= k.mean[i]
			d, e := c-k.sound[j][i], c-seatWorld.mean[j][i]
			a -= 0.5 * d * d * seatWorld.inv[j][i]
			b -= 0.5 * e * e * seatWorld.invWide[j][i]
		}
		k.about[j], k.away[j] = a, b
		hers, theirs = max(hers, a), max(theirs, b)
	}
	sound = hers + logOfSum(&k.about, hers) - theirs - logOfSum(&k.away, theirs)
	if h.voiced > seatVoiced {
		z := (h.pitch - k.high) / k.spread
		pitch = math.Log(0.9*math.Exp(-0.5*z*z)/(k.spread*2.5066)+0.1/2.5) + math.Log(2.5)
	}
	return min(6, max(-6, sound)), min(2, max(-2, pitch))
}

func logOfSum(x *[seatMix]float64, top float64) float64 {
	sum := 0.0
	for _, v := range x {
		if v > top-12 {
			sum += math.Exp(v - top)
		}
	}
	return math.Log(sum)
}

// learn takes in one frame of hers.
func (k *known) learn(h *heardFrame) {
	if h.power < k.loud-25 {
		return
	}
	k.frames++
	if k.frames > seatMemory {
		k.forgetSome(0.75)
	}
	slow := 1 / k.frames
	for i, c := range h.cep {
		k.mean[i] += slow * (c - k.mean[i])
	}
	k.level.add(h.power)
	k.fall.add(h.fall)
	if h.voiced > seatVoiced {
		k.pitch.add(h.pitch)
	}
	if k.frames > seatFirst {
		k.place(h)
	}
	if k.since++; k.since >= seatRecall {
		k.since = 0
		k.read()
	}
}

// place counts the frame to the sounds of the world that it is like.
func (k *known) place(h *heardFrame) {
	top := math.Inf(-1)
	for j := range k.about {
		a := seatWorld.about[j]
		for i, c := range h.cep {
			d := c - k.mean[i] - seatWorld.mean[j][i]
			a -= 0.5 * d * d * seatWorld.inv[j][i]
		}
		k.about[j], top = a, max(top, a)
	}
	total := top + logOfSum(&k.about, top)
	for j, a := range k.about {
		if p := math.Exp(a - total); p > 1e-4 {
			k.share[j] += p
			for i, c := range h.cep {
				k.sum[j][i] += p * (c - k.mean[i])
			}
		}
	}
}

// forgetSome makes room: everything counts for less, but stands as it is.
func (k *known) forgetSome(by float64) {
	k.frames *= by
	for j := range k.share {
		k.share[j] *= by
		for i := range k.sum[j] {
			k.sum[j][i] *= by
		}
	}
	k.level.fade(by)
	k.fall.fade(by)
	k.pitch.fade(by)
}

// read takes from the tallies what is compared with.
func (k *known) read() {
	for j := range k.sound {
		for i := range k.sound[j] {
			k.sound[j][i] = (k.sum[j][i] + seatPrior*seatWorld.mean[j][i]) / (k.share[j] + seatPrior)
		}
	}
	if k.level.sum < seatRecall/2 {
		return
	}
	k.loud, k.dry = k.level.at(0.75), max(3, k.fall.at(0.95))
	if k.pitch.sum > 30 {
		k.high = k.pitch.at(0.5)
		k.spread = max(0.12, 0.74*(k.pitch.at(0.75)-k.pitch.at(0.25)))
	}
}
