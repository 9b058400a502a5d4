package voice

import (
	"math"
	"math/rand/v2"
	"testing"

	"parda/media/mask"
)

// vowels are the first three formants, in Hz, of vowels of Azerbaijani.
var vowels = map[rune][3]float64{
	'a': {750, 1250, 2500}, 'e': {450, 2100, 2700}, 'ə': {680, 1750, 2500}, 'i': {300, 2300, 3000}, 'ı': {350, 1500, 2400},
	'o': {480, 850, 2400}, 'ö': {430, 1550, 2300}, 'u': {330, 750, 2300}, 'ü': {300, 1800, 2300},
}

// speaker makes speech-like sound: vowels of 120 to 260 ms with pauses and hisses between.
type speaker struct {
	pitch, tract, level float64 // Hz, scale of the formants, linear
	seed                uint64
}

// resonator is a two-pole filter at f Hz of bandwidth b, at 48 kHz.
type resonator struct{ a, b, c, y1, y2 float64 }

func newResonator(f, b float64) resonator {
	r := math.Exp(-math.Pi * b / mask.SampleRate)
	c := -r * r
	bb := 2 * r * math.Cos(2*math.Pi*f/mask.SampleRate)
	return resonator{a: 1 - bb - c, b: bb, c: c}
}

func (r *resonator) next(x float64) float64 {
	y := r.a*x + r.b*r.y1 + r.c*r.y2
	r.y2, r.y1 = r.y1, y
	return y
}

func (s speaker) say(seconds float64) []float64 {
	r := rand.New(rand.NewPCG(s.seed, 7))
	out := make([]float64, 0, int(seconds*mask.SampleRate))
	names := []rune("aeəiıoöuü")
	phase := 0.0
	for len(out) < cap(out) {
		n := int((0.12 + 0.14*r.Float64()) * mask.SampleRate)
		formants := vowels[names[r.IntN(len(names))]]
		var f [3]resonator
		for i := range f {
			f[i] = newResonator(formants[i]*s.tract, 60+40*float64(i))
		}
		for i := 0; i < n && len(out) < cap(out); i++ {
			phase += s.pitch * (1 + 0.1*math.Sin(float64(len(out))/9000)) / mask.SampleRate
			x := 0.0
			if phase >= 1 {
				phase--
				x = 30
			}
			y := 0.0
			for k := range f {
				y += f[k].next(x) / float64(k+1)
			}
			rise := min(1, float64(min(i, n-i))/1200)
			out = append(out, y*rise*s.level)
		}
		hiss := newResonator(5000, 1500)
		for i := 0; i < mask.SampleRate/12 && len(out) < cap(out); i++ {
			out = append(out, hiss.next(r.NormFloat64())*0.1*s.level)
		}
		for i := 0; i < mask.SampleRate/15 && len(out) < cap(out); i++ {
			out = append(out, 1e-5*r.NormFloat64())
		}
	}
	return out
}

func key(b byte) (k [32]byte) {
	for i := range k {
		k[i] = b + byte(i)
	}
	return k
}

func newMask(t testing.TB, session byte) *Mask {
	t.Helper()
	m, err := New(Config{Mode: Neutral, Session: key(session)})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// masked runs sound through the mask, block by block, and fails on any error.
func masked(t testing.TB, m *Mask, in []float64) []float64 {
	t.Helper()
	var raw mask.RawSound
	var block Masked
	out := make([]float64, 0, len(in))
	for at := 0; at+mask.BlockSamples <= len(in); at += mask.BlockSamples {
		for i := range raw.Samples {
			raw.Samples[i] = float32(in[at+i])
		}
		if err := m.Next(&raw, &block); err != nil {
			t.Fatalf("block %d: %v", at/mask.BlockSamples, err)
		}
		for _, v := range block.PCM() {
			out = append(out, float64(v)/32768)
		}
	}
	return out
}

func decibels(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return 10 * math.Log10(sum/float64(len(x))+1e-20)
}

// tone makes a sine of the given level (linear peak).
func tone(hz, peak, seconds float64) []float64 {
	x := make([]float64, int(seconds*mask.SampleRate))
	for i := range x {
		x[i] = peak * math.Sin(2*math.Pi*hz*float64(i)/mask.SampleRate)
	}
	return x
}

// spectrum is the mean power in each of 2048 bins (23.4 Hz each) of x at 48 kHz.
func spectrum(x []float64) []float64 {
	const n = 2048
	f, w, s := newFFT(n), make([]float64, n), make([]complex128, n)
	for i := range w { // Blackman-Harris: sidelobes under -92 dB
		p := 2 * math.Pi * float64(i) / n
		w[i] = 0.35875 - 0.48829*math.Cos(p) + 0.14128*math.Cos(2*p) - 0.01168*math.Cos(3*p)
	}
	out := make([]float64, n/2+1)
	for at := 0; at+n <= len(x); at += n / 2 {
		for i := range s {
			s[i] = complex(x[at+i]*w[i], 0)
		}
		f.forward(s)
		for k := range out {
			out[k] += real(s[k])*real(s[k]) + imag(s[k])*imag(s[k])
		}
	}
	return out
}

// between is the power, in dB, of a spectrum between two frequencies in Hz.
func between(s []float64, low, high float64) float64 {
	sum := 1e-30
	for k := int(low / 23.4375); k <= int(high/23.4375) && k < len(s); k++ {
		sum += s[k]
	}
	return 10 * math.Log10(sum)
}
