package capture

import (
	"math"

	"parda/media/mask"
)

// resampler brings sound of any rate to 48 kHz by a windowed sinc (Kaiser), cut below the lower of the two rates' halves, so that
// nothing folds back. It streams: the output is delayed by nothing (the first half of the kernel looks at silence), and
// n samples in become ceil(n*48000/rate) out after flush.
type resampler struct {
	rate    int
	half    int       // taps on each side, in input samples
	table   []float32 // kernel from its middle outwards, kernelPhases entries for each input sample
	history []float32 // input not yet passed; history[0] is input sample first
	first   int64
	in      int64 // input samples taken so far
	out     int64 // output samples given so far
}

const (
	kernelPhases = 512
	kernelZeros  = 16 // zero crossings on each side
	kaiserBeta   = 8.0
)

func newResampler(rate int) *resampler {
	r := &resampler{rate: rate}
	if rate == mask.SampleRate {
		return r
	}
	// cut is the pass band's edge as a share of the input's Nyquist rate, with 5 % for the slope.
	cut := 0.95 * min(1, float64(mask.SampleRate)/float64(rate))
	r.half = int(math.Ceil(kernelZeros / cut))
	r.table = make([]float32, r.half*kernelPhases+2)
	norm := bessel0(kaiserBeta)
	for i := range r.table {
		t := float64(i) / kernelPhases
		u := t / float64(r.half)
		if u >= 1 {
			continue
		}
		window := bessel0(kaiserBeta*math.Sqrt(1-u*u)) / norm
		r.table[i] = float32(cut * sinc(cut*t) * window)
	}
	r.history = make([]float32, r.half) // silence before the first sample
	r.first = -int64(r.half)
	return r
}

// write takes samples and appends what can be said of the output to dst.
func (r *resampler) write(dst, samples []float32) []float32 {
	if r.table == nil {
		return append(dst, samples...)
	}
	r.in += int64(len(samples))
	r.history = append(r.history, samples...)
	return r.produce(dst, math.MaxInt64)
}

// flush appends the rest: the kernel's second half then looks at silence.
func (r *resampler) flush(dst []float32) []float32 {
	if r.table == nil {
		return dst
	}
	total := (r.in*mask.SampleRate + int64(r.rate) - 1) / int64(r.rate)
	r.history = append(r.history, make([]float32, r.half+1)...)
	return r.produce(dst, total)
}

func (r *resampler) produce(dst []float32, total int64) []float32 {
	for r.out < total {
		// Output sample n lies at n*rate/48000 of the input.
		num := r.out * int64(r.rate)
		at, frac := num/mask.SampleRate, float64(num%mask.SampleRate)/mask.SampleRate
		if at+int64(r.half) >= r.first+int64(len(r.history)) {
			break
		}
		dst = append(dst, r.convolve(int(at-r.first), frac))
		r.out++
	}
	// Forget what no later sample needs.
	if gone := int(r.out*int64(r.rate)/mask.SampleRate-r.first) - r.half; gone > 4096 {
		gone = min(gone, len(r.history))
		r.history = r.history[:copy(r.history, r.history[gone:])]
		r.first += int64(gone)
	}
	return dst
}

func (r *resampler) convolve(at int, frac float64) float32 {
	var sum float32
	for i := max(at-r.half+1, 0); i <= at+r.half && i < len(r.history); i++ {
		distance := math.Abs(float64(i-at)-frac) * kernelPhases
		j := int(distance)
		if j+1 >= len(r.table) {
			continue
		}
		w := float32(distance - float64(j))
		sum += r.history[i] * (r.table[j]*(1-w) + r.table[j+1]*w)
	}
	return sum
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bessel0 is the modified Bessel function of order zero, by its series.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= (x / (2 * k)) * (x / (2 * k))
		sum += term
	}
	return sum
}
