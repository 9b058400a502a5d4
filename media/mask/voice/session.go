package voice

import (
	"crypto/hkdf"
	"crypto/sha256"
	"math"
	"math/rand/v2"
)

// session holds what is drawn for one hearing. Two hearings of one witness differ in all of it, so that what a listener learns of
// the mask in one does not fit the other.
type session struct {
	warp  float64       // scale of the mel axis (of the frequency axis alone, the same range hides far less: MEASURED.md)
	bend  float64       // pulls the lower and the upper half of the mel axis apart, in parts of it
	pitch float64       // Hz
	tilt  [3]float64    // slow shape added to the spectrum, in nepers of power
	noise *rand.ChaCha8 // excitation noise
	drift *rand.ChaCha8 // pitch contour
	key   [2][32]byte   // seeds of the two, for a reset
}

const (
	warpRange  = 0.12
	bendRange  = 0.02
	tiltRange  = 0.5
	pitchLow   = 105.0
	pitchRange = 1.30 // highest over lowest
)

// drawSession expands the session key (RFC 5869, HKDF with SHA-256) to the parameters and to the keys of the two ChaCha8 streams.
// Each use has its own label, so none tells anything of another.
func drawSession(key [32]byte) (*session, error) {
	draw := func(label string) (out [32]byte, err error) {
		b, err := hkdf.Key(sha256.New, key[:], nil, "parda voice "+label, 32)
		copy(out[:], b)
		return out, err
	}
	var keys [3][32]byte
	for i, label := range []string{"parameters", "excitation", "contour"} {
		k, err := draw(label)
		if err != nil {
			return nil, err
		}
		keys[i] = k
	}
	r := rand.New(rand.NewChaCha8(keys[0]))
	swing := func(half float64) float64 { return half * (2*r.Float64() - 1) }
	s := &session{key: [2][32]byte{keys[1], keys[2]}}
	s.warp = 1 + swing(warpRange)
	s.bend = swing(bendRange)
	s.pitch = pitchLow * math.Pow(pitchRange, r.Float64())
	for i := range s.tilt {
		s.tilt[i] = swing(tiltRange)
	}
	s.noise, s.drift = rand.NewChaCha8(s.key[0]), rand.NewChaCha8(s.key[1])
	return s, nil
}
