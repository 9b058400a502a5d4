package main

import "math"

// Rates that the offline command takes, in Hz.
const (
	minRate = 4000
	maxRate = 384000
)

// zeroCrossings is the half length of the filter in crossings of its sinc; beta its Kaiser window's (about 80 dB).
const (
	zeroCrossings = 16
	kaiserBeta    = 8.0
)

// resample takes a whole clip from one rate to another by a polyphase windowed sinc without any delay. It is for files only:
// live sound is at 48 kHz from the start.
func resample(in []float32, from, to int) []float32 {
	if from == to || len(in) == 0 {
		return in
	}
	g := gcd(from, to)
	up, down := to/g, from/g
	out := make([]float32, (len(in)*up+down-1)/down)
	cutoff := min(1, float64(to)/float64(from)) * 0.97 // of the input's Nyquist rate; the rest is the filter's slope
	half := int(math.Ceil(zeroCrossings / cutoff))
	phases := make([][]float32, up)
	for i := range out {
		at := i * down
		whole, phase := at/up, at%up
		if phases[phase] == nil {
			phases[phase] = sincTaps(float64(phase)/float64(up), cutoff, half)
		}
		taps, first := phases[phase], whole-half+1
		sum := float32(0)
		lo, hi := max(0, -first), min(len(taps), len(in)-first)
		for k := lo; k < hi; k++ {
			sum += taps[k] * in[first+k]
		}
		out[i] = sum
	}
	return out
}

// sincTaps are the weights of the 2*half input samples around a point that lies frac of a sample after the middle one.
func sincTaps(frac, cutoff float64, half int) []float32 {
	taps, sum := make([]float64, 2*half), 0.0
	for k := range taps {
		t := float64(k-half+1) - frac
		s := cutoff
		if t != 0 {
			s = math.Sin(math.Pi*cutoff*t) / (math.Pi * t)
		}
		r := t / float64(half)
		taps[k] = s * bessel0(kaiserBeta*math.Sqrt(max(0, 1-r*r))) / bessel0(kaiserBeta)
		sum += taps[k]
	}
	out := make([]float32, len(taps))
	for k := range taps {
		out[k] = float32(taps[k] / sum)
	}
	return out
}

// bessel0 is the modified Bessel function of the first kind, order zero, by its power series.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; k < 50; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
