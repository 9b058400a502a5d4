package voice

import (
	"math"

	"parda/media/mask"
)

// The live check that the mask masks. Masked and raw sound share no phase, so they are unlike at every delay; raw sound that slipped
// through, late or at another level, is alike at one of them.
const (
	checkStep  = 3 // masked sound is compared at 16 kHz, against raw sound at each of the three phases
	checkBlock = mask.BlockSamples / checkStep
	checkBack  = 2400 // samples of 48 kHz: delays looked at are 0 to 50 ms
	checkFloor = 1e-6 // mean square under which a block is no sound to compare
	checkMaybe = 0.5  // a rough correlation that is worth a finer look
)

// similarity holds the last raw sound, as the slope of its mean over three samples, so that the strong low partials, which any two
// voices share, count less, and what lies above 8 kHz does not count at all.
type similarity struct {
	raw    [checkBack + mask.BlockSamples]float64
	masked [checkBlock]float64
	pastR  [2 * checkStep]float64
	pastM  [2 * checkStep]float64
}

func (s *similarity) reset() { *s = similarity{} }

// measure returns how far the masked block is a scaled, delayed copy of the raw sound: the greatest normalised cross-correlation at
// any delay, 0 to 1. Every third delay and every other sample are enough to see where it may lie; only there is it taken in full.
func (s *similarity) measure(raw *[mask.BlockSamples]float32, masked *[mask.BlockSamples]float64) float64 {
	own := s.take(raw, masked)
	if own < checkFloor*checkBlock {
		return 0
	}
	best := 0.0
	for at := 2; at < checkBack; at += checkStep {
		sum, theirs, old := 0.0, 0.0, s.raw[at:at+mask.BlockSamples]
		for i := 0; i < checkBlock; i += 2 {
			r := old[i*checkStep]
			sum += s.masked[i] * r
			theirs += r * r
		}
		if sum*sum*2 > checkMaybe*checkMaybe*own*theirs {
			best = max(best, s.at(at-1, own), s.at(at, own), s.at(at+1, own))
		}
	}
	return best
}

// at is the correlation with the raw sound that begins at the given place of the past.
func (s *similarity) at(place int, own float64) float64 {
	sum, theirs, old := 0.0, 0.0, s.raw[place:place+mask.BlockSamples]
	for i, m := range s.masked {
		r := old[i*checkStep]
		sum += m * r
		theirs += r * r
	}
	if theirs < checkFloor*checkBlock {
		return 0
	}
	return math.Abs(sum) / math.Sqrt(own*theirs)
}

// take adds a block to what is compared, and returns the energy of the masked one.
func (s *similarity) take(raw *[mask.BlockSamples]float32, masked *[mask.BlockSamples]float64) (own float64) {
	copy(s.raw[:], s.raw[mask.BlockSamples:])
	fresh := s.raw[checkBack:]
	for i := range fresh {
		fresh[i] = slope(&s.pastR, float64(min(4, max(-4, raw[i]))))
		if m := slope(&s.pastM, masked[i]); i%checkStep == 0 {
			s.masked[i/checkStep] = m
			own += m * m
		}
	}
	return own
}

// slope takes the next sample and returns the sum of the last three less that of the three before.
func slope(past *[2 * checkStep]float64, next float64) float64 {
	copy(past[:], past[1:])
	past[2*checkStep-1] = next
	return past[3] + past[4] + past[5] - past[0] - past[1] - past[2]
}
