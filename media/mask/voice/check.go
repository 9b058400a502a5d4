package voice

import (
	"math"

	"parda/media/mask"
)

// The live check that the mask masks. Masked and raw sound share no phase, so they are unlike at every delay; raw sound that slipped
// through, late or at another level, is alike at one of them.
const (
	checkStep  = 6 // the check runs at 8 kHz
	checkBlock = mask.BlockSamples / checkStep
	checkBack  = 400 // lags looked at: 0 to 50 ms
	checkBound = 0.9
	checkFloor = 1e-7 // mean square under which a block is no sound to compare
)

// similarity holds the last raw sound, with its slope taken so that the strong low partials, which any two voices share, count less.
type similarity struct {
	raw    [checkBack + checkBlock]float64
	masked [checkBlock]float64
	lastR  float64
	lastM  float64
}

func (s *similarity) reset() { *s = similarity{} }

// tooSimilar reports whether the masked block is a scaled, delayed copy of the raw sound: normalised cross-correlation over checkBound.
func (s *similarity) tooSimilar(raw *[mask.BlockSamples]float32, masked *[mask.BlockSamples]float64) bool {
	copy(s.raw[:], s.raw[checkBlock:])
	fresh := s.raw[checkBack:]
	own := 0.0
	for i := range checkBlock {
		var r, m float64
		for k := range checkStep {
			r += float64(raw[i*checkStep+k])
			m += masked[i*checkStep+k]
		}
		fresh[i], s.masked[i] = r-s.lastR, m-s.lastM
		s.lastR, s.lastM = r, m
		own += s.masked[i] * s.masked[i]
	}
	if own < checkFloor*checkBlock*checkStep {
		return false
	}
	theirs := 0.0
	for _, v := range s.raw[:checkBlock] {
		theirs += v * v
	}
	for lag := 0; ; lag++ {
		at, sum := s.raw[lag:lag+checkBlock], 0.0
		for i, m := range s.masked {
			sum += m * at[i]
		}
		if theirs > checkFloor*checkBlock && math.Abs(sum) > checkBound*math.Sqrt(own*theirs) {
			return true
		}
		if lag == checkBack {
			return false
		}
		in, out := s.raw[lag+checkBlock], s.raw[lag]
		theirs += in*in - out*out
	}
}
