package voice

import "math"

// The mask works at 16 kHz inside. Both filters are linear-phase Kaiser designs of odd length, so their delay is a whole number of
// samples at 48 kHz: (taps-1)/2.
const (
	ratio    = 3
	downTaps = 121 // passes 7 kHz, stops 9 kHz: what folds back lies above the last band that is analysed
	upTaps   = 201 // passes 7.4 kHz, stops 8.6 kHz: the first image of a signal that ends at 7.4 kHz
	narrow   = 320 // samples of a block at 16 kHz
)

// kaiser designs a low-pass filter of n taps with the given cutoff (as a part of the sampling rate) and unit gain at DC.
func kaiser(n int, cutoff, beta float64) []float64 {
	h, mid, sum := make([]float64, n), float64(n-1)/2, 0.0
	for i := range h {
		t := float64(i) - mid
		s := 2 * cutoff
		if t != 0 {
			s = math.Sin(2*math.Pi*cutoff*t) / (math.Pi * t)
		}
		r := t / mid
		h[i] = s * bessel0(beta*math.Sqrt(max(0, 1-r*r))) / bessel0(beta)
		sum += h[i]
	}
	for i := range h {
		h[i] /= sum
	}
	return h
}

// bessel0 is the modified Bessel function of the first kind, order zero, by its power series.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; k < 60; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}

// decimator takes 48 kHz to 16 kHz. Of the polyphase branches only the kept output phase is ever computed.
type decimator struct {
	taps []float64
	hist [downTaps - 1 + ratio*narrow]float64
}

func newDecimator() *decimator {
	return &decimator{taps: kaiser(downTaps, 8000.0/48000, 8)}
}

func (d *decimator) reset() { clear(d.hist[:]) }

// block filters 960 samples to 320. in is bounded to +-4 of full scale first, so that no later sum can overflow.
func (d *decimator) block(in *[ratio * narrow]float32, out *[narrow]float64) {
	copy(d.hist[:], d.hist[ratio*narrow:])
	for i, v := range in {
		d.hist[downTaps-1+i] = float64(min(4, max(-4, v)))
	}
	for i := range out {
		at, sum := d.hist[i*ratio:i*ratio+downTaps], 0.0
		for k, t := range d.taps {
			sum += t * at[k]
		}
		out[i] = sum
	}
}

// interpolator takes 16 kHz to 48 kHz by three polyphase branches.
type interpolator struct {
	branch [ratio][]float64
	hist   [upTaps/ratio + narrow]float64
}

func newInterpolator() *interpolator {
	u, h := &interpolator{}, kaiser(upTaps, 8000.0/48000, 8)
	for p := range u.branch {
		for k := p; k < upTaps; k += ratio {
			u.branch[p] = append(u.branch[p], h[k]*ratio)
		}
	}
	return u
}

func (u *interpolator) reset() { clear(u.hist[:]) }

func (u *interpolator) block(in *[narrow]float64, out *[ratio * narrow]float64) {
	const past = upTaps / ratio
	copy(u.hist[:past], u.hist[narrow:])
	copy(u.hist[past:], in[:])
	for i := range narrow {
		for p, taps := range u.branch {
			sum := 0.0
			for k, t := range taps {
				sum += t * u.hist[past+i-k]
			}
			out[i*ratio+p] = sum
		}
	}
}
