package likeness

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"
)

const (
	memory  = 50 // frames of speech that a look is taken at: 1 s
	every   = 5  // frames of speech between two looks
	voiced  = .6 // periodicity from which a frame has a pitch
	looks   = 8  // running looks whose mean decides: with the first one's second, 1.7 s of speech
	squares = 12 // the first measures also count squared: they are too high or too low
	inputs  = 18 + 2*cepstra
)

// Weights make one number of the measures: the logarithm of the odds that the mask did not make the sound. weigh_test.go makes the table.
type Weights struct {
	Mean   []float64 `json:"mean"`   // of each measure, in the speech that they were fitted on
	Spread []float64 `json:"spread"` // its standard deviation
	Linear []float64 `json:"linear"`
	Square []float64 `json:"square"` // of the first measures
	Bias   float64   `json:"bias"`
	Cut    float64   `json:"cut"` // from which mean of the last looks on a voice is cut
}

//go:embed weights.json
var weightsFile []byte

var weights = sync.OnceValues(func() (*Weights, error) {
	w := &Weights{}
	if err := json.Unmarshal(weightsFile, w); err != nil {
		return nil, fmt.Errorf("likeness: the table of weights cannot be read: %w", err)
	}
	if len(w.Mean) != inputs || len(w.Spread) != inputs || len(w.Linear) != inputs || len(w.Square) != squares {
		return nil, fmt.Errorf("likeness: the table of weights is not of these measures")
	}
	return w, nil
})

// Judge listens to one voice. It is used by one goroutine at a time.
type Judge struct {
	w      *Weights
	meter  *meter
	frames [memory]frame
	n      uint64 // frames of speech
	scores [looks]float64
	seen   uint64 // looks
	sorted []float64
}

// NewJudge makes one that has heard nothing yet.
func NewJudge() (*Judge, error) {
	w, err := weights()
	if err != nil {
		return nil, err
	}
	return newJudge(w), nil
}

func newJudge(w *Weights) *Judge {
	return &Judge{w: w, meter: newMeter(), sorted: make([]float64, 0, memory)}
}

// Hear takes 20 ms of sound at Rate. It says true when the voice was, over the last looks, one that the mask does not make.
func (j *Judge) Hear(pcm []int16) (unmasked bool) {
	var x [inputs]float64
	if !j.hear(pcm, &x) {
		return false
	}
	j.scores[j.seen%looks] = j.w.score(&x)
	j.seen++
	return j.seen >= looks && j.Score() >= j.w.Cut
}

// Score is the mean of the last looks, 0 before there were so many.
func (j *Judge) Score() float64 {
	if j.seen < looks {
		return 0
	}
	sum := 0.0
	for _, s := range j.scores {
		sum += s
	}
	return sum / looks
}

// hear takes 20 ms of sound, and at each look the measures of the last second of speech.
func (j *Judge) hear(pcm []int16, x *[inputs]float64) (look bool) {
	if !j.meter.take(pcm, &j.frames[j.n%memory]) {
		return false
	}
	j.n++
	if j.n < memory || j.n%every != 0 {
		return false
	}
	j.measure(x)
	return true
}

func (w *Weights) score(x *[inputs]float64) float64 {
	sum := w.Bias
	for i, v := range x {
		z := w.standard(i, v)
		sum += w.Linear[i] * z
		if i < squares {
			sum += w.Square[i] * z * z
		}
	}
	most := limit // no single look decides
	if x[2] < enoughVoiced {
		most = 0
	}
	return max(-limit, min(most, sum))
}

const (
	limit        = 12.0
	enoughVoiced = .3 // of the frames of a look that must have a pitch, or it tells a voice from a mask no better than a click
)

// standard is a measure about its mean, in spreads, and no further out than the fit has seen any.
func (w *Weights) standard(i int, v float64) float64 {
	return max(-4, min(4, (v-w.Mean[i])/w.Spread[i]))
}

// measure makes the measures of the last second of speech.
func (j *Judge) measure(x *[inputs]float64) {
	*x = [inputs]float64{}
	at := func(i int) *frame { return &j.frames[(j.n+uint64(i))%memory] } // oldest first
	of := func(get func(f *frame) (float64, bool)) []float64 {
		j.sorted = j.sorted[:0]
		for i := range j.frames {
			if v, ok := get(&j.frames[i]); ok {
				j.sorted = append(j.sorted, v)
			}
		}
		slices.Sort(j.sorted)
		return j.sorted
	}
	part := func(s []float64, p float64) float64 {
		if len(s) == 0 {
			return 0
		}
		return s[int(p*float64(len(s)-1)+.5)]
	}
	pitch := of(func(f *frame) (float64, bool) { return f.pitch, f.periodic > voiced })
	x[0] = part(pitch, .5)
	x[1] = part(pitch, .9) - part(pitch, .1)
	x[2] = float64(len(pitch)) / memory
	outside, steps, last := 0.0, 0.0, 0
	x[3] = 0
	for i := 1; i < memory; i++ {
		if a, b := at(i-1), at(i); a.periodic > voiced && b.periodic > voiced {
			last++
			steps += min(.5, math.Abs(a.pitch-b.pitch))
		}
	}
	for _, p := range pitch {
		if p < math.Log2(97./110) || p > math.Log2(148./110) {
			outside++
		}
	}
	if last > 0 {
		x[3] = math.Log(steps/float64(last) + 1e-3)
	}
	if len(pitch) > 0 {
		x[4] = outside / float64(len(pitch))
	}
	skew := of(func(f *frame) (float64, bool) { return f.skew, f.periodic > voiced })
	x[5], x[6] = part(skew, .5), part(skew, .25)
	slope := of(func(f *frame) (float64, bool) { return f.slope, f.periodic > voiced })
	x[7], x[8], x[9] = part(slope, .5), part(slope, .1), part(slope, .9)
	x[10] = part(of(func(f *frame) (float64, bool) { return f.peak, f.periodic > voiced }), .5)
	x[11] = part(of(func(f *frame) (float64, bool) { return f.over, true }), .5)
	x[12] = part(of(func(f *frame) (float64, bool) { return f.over, true }), .9)
	x[13] = part(of(func(f *frame) (float64, bool) { return f.under, true }), .5)
	x[14] = part(of(func(f *frame) (float64, bool) { return f.under, true }), .9)
	periodic := of(func(f *frame) (float64, bool) { return f.periodic, true })
	x[15], x[16] = part(periodic, .5), part(periodic, .9)
	x[17] = part(of(func(f *frame) (float64, bool) { return f.peak, true }), .5)
	for k := range cepstra {
		var sum, sq float64
		for i := range j.frames {
			v := j.frames[i].cep[k]
			sum, sq = sum+v, sq+v*v
		}
		mean := sum / memory
		x[18+k] = mean
		x[18+cepstra+k] = math.Log(sq/memory - mean*mean + 1e-3)
	}
}
