package voice

import (
	"crypto/hkdf"
	"crypto/sha256"
	"math"
	"math/rand/v2"
)

// session holds what is drawn for one hearing. Two hearings of one witness differ in all of it, so that what a listener learns of
// the mask in one does not fit the other. Each part lies where attackers look: random in one place only, it would be learnt to be ignored.
type session struct {
	recipe recipe
	warp   float64          // scale of the mel axis (of the frequency axis alone, the same range hides far less: MEASURED.md)
	bend   [2]float64       // pulls parts of the mel axis apart, in parts of it
	pitch  float64          // Hz
	wander float64          // how far the pitch wanders, about 1
	tilt   [3]float64       // slow shape added to the spectrum, in nepers of power
	voice  [voices]float64  // coordinates of a speaker who does not exist
	gain   [fineDim]float64 // of each cepstrum
	sharp  [fineDim]float64 // part of each cepstrum's change since the last frame that is added (below 0: taken off)
	colour [fineDim]float64 // added to each cepstrum
	press  float64          // added to the compression of the level
	hard   float64          // added to the share of speech that counts as voiced
	noise  *rand.ChaCha8    // excitation noise
	drift  *rand.ChaCha8    // pitch contour and tempo
	key    [2][32]byte      // seeds of the two, for a reset
}

// recipe says how far each draw may go. All ranges are to both sides.
type recipe struct {
	warp, bend, arch, tilt float64
	voice                  float64 // spread of the drawn speakers, in spreads of real ones
	undo                   float64 // part of the speaker's own coordinates that is taken off
	pull                   float64 // how far each frame is drawn to the average speaker's nearest sounds
	gain, sharp, colour    float64 // nepers, parts, parts of the usual spread of each cepstrum
	press, hard, wander    float64
}

// recipes are the points of the frontier between protection and words that can be ordered (MEASURED.md).
var recipes = map[Strength]recipe{
	Gentle:   {warp: 0.05, bend: 0.02, arch: 0.03, tilt: 0.5, voice: 2, undo: 0.8, pull: 0.2, gain: 0.15, sharp: 0.3, colour: 0.15, press: 0.12, hard: 0.08, wander: 0.5},
	Standard: {warp: 0.07, bend: 0.02, arch: 0.03, tilt: 0.5, voice: 2, undo: 1, pull: 0.3, gain: 0.2, sharp: 0.4, colour: 0.2, press: 0.12, hard: 0.08, wander: 0.5},
	Strong:   {warp: 0.09, bend: 0.02, arch: 0.03, tilt: 0.5, voice: 2.5, undo: 1, pull: 0.35, gain: 0.22, sharp: 0.4, colour: 0.25, press: 0.15, hard: 0.1, wander: 0.5},
}

const (
	pitchLow   = 105.0
	pitchRange = 1.30 // highest over lowest
)

// drawSession expands the session key (RFC 5869, HKDF with SHA-256) to the parameters and to the keys of the two ChaCha8 streams.
// Each use has its own label, so none tells anything of another.
func drawSession(key [32]byte, strength recipe) (*session, error) {
	draw := func(label string) (out [32]byte, err error) {
		b, err := hkdf.Key(sha256.New, key[:], nil, "parda voice "+label, 32)
		copy(out[:], b)
		return out, err
	}
	var keys [4][32]byte
	for i, label := range []string{"parameters", "excitation", "contour", "speaker"} {
		k, err := draw(label)
		if err != nil {
			return nil, err
		}
		keys[i] = k
	}
	s := &session{recipe: strength, key: [2][32]byte{keys[1], keys[2]}}
	s.drawVocoder(rand.New(rand.NewChaCha8(keys[0])))
	s.drawSpeaker(rand.New(rand.NewChaCha8(keys[3])))
	s.noise, s.drift = rand.NewChaCha8(s.key[0]), rand.NewChaCha8(s.key[1])
	return s, nil
}

// swing draws evenly from -half to half.
func swing(r *rand.Rand, half float64) float64 { return half * (2*r.Float64() - 1) }

func (s *session) drawVocoder(r *rand.Rand) {
	s.warp = 1 + swing(r, s.recipe.warp)
	s.bend = [2]float64{swing(r, s.recipe.bend), swing(r, s.recipe.arch)}
	s.pitch = pitchLow * math.Pow(pitchRange, r.Float64())
	for i := range s.tilt {
		s.tilt[i] = swing(r, s.recipe.tilt)
	}
	s.press, s.hard = swing(r, s.recipe.press), swing(r, s.recipe.hard)
	s.wander = math.Exp(swing(r, s.recipe.wander))
}

func (s *session) drawSpeaker(r *rand.Rand) {
	for i := range s.voice {
		s.voice[i] = s.recipe.voice * min(2.5, max(-2.5, r.NormFloat64()))
	}
	all := swing(r, 0.3)
	for k := range s.gain {
		s.gain[k] = math.Exp(s.recipe.gain * (swing(r, 0.7) + all))
		s.sharp[k] = swing(r, s.recipe.sharp)
		s.colour[k] = swing(r, s.recipe.colour) * neutral.size[k+1]
	}
}
