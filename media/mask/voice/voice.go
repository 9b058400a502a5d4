// Package voice is the voice mask of the shielded room: it takes raw sound and gives back a masked one, in blocks of 20 ms at
// 48 kHz. Only this package can build a Masked value, and everything that sends sound takes nothing else.
//
// The mode Neutral is an analysis and resynthesis vocoder. Of the witness it keeps what words need: a coarse spectral envelope
// every 10 ms and how voiced it is. It throws away the natural excitation, the phase, the pitch, the level, the long-term spectrum and everything
// above 7.4 kHz. From what is left it takes what it has learnt of the speaker in the hearing so far, and adds what was drawn for the session: a speaker who does not
// exist, a warp, spreads and pace of the envelope. It does not change what is said, nor, but for a few milliseconds, how fast: accent,
// choice of words and pace stay, and a recogniser trained on this very mask still does better than chance (MEASURED.md).
//
// The mode Synthetic says the normalised frames anew: a causal network hears them, and of each only a code of 20 digits, three to nine levels each,
// passes to its other half, which says them in the average speaker's voice. It hears 30 ms ahead.
//
// Also here: Gate, which keeps the court's loudspeaker out of the witness's microphone. Not here: capture, encoding, the network,
// any I/O. No code of this package logs or keeps sound beyond the few frames that it works on.
package voice

import (
	"errors"
	"fmt"
	"math"

	"parda/media/mask"
)

// Mode names what becomes of the witness's voice, in the words of the order.
type Mode string

const (
	// Neutral resynthesises the words in a neutral voice.
	Neutral Mode = "neutral"
	// Synthetic says the words anew: of each frame only a code of 20 digits, of a few levels each, reaches the vocoder.
	Synthetic Mode = "synthetic"
	// Quiet gives silence, whatever goes in ("silence" in the order).
	Quiet Mode = "silence"
)

// Strength says how strongly a voice is masked. The zero value is Standard.
type Strength string

// The strengths.
const (
	Gentle   Strength = "gentle"
	Standard Strength = ""
	Strong   Strength = "strong"
)

var (
	// ErrMode says that a mode is none of those above.
	ErrMode = errors.New("voice: unknown mode")
	// ErrBadInput says that a block held a value that is not a number, or an infinite one. The block is silence.
	ErrBadInput = errors.New("voice: input is not sound")
	// ErrTooSimilar says that a masked block was too like the raw one: the mask does not mask. The block is silence.
	ErrTooSimilar = errors.New("voice: masked sound too like the raw one")
	// ErrFault says that the mask itself failed. The block is silence.
	ErrFault = errors.New("voice: mask failed")
)

// tooSimilar is the bound of the live check. Raw sound that slips through is above it in any block that has sound; masked speech was
// not seen above 0.89 in 156,000 blocks (MEASURED.md).
const tooSimilar = 0.94

// Config says how a mask is made. Session keys every random choice of the mask; it must come from a cryptographic generator in live
// use, be new for each hearing, and be destroyed after it: who holds it can undo the warp.
type Config struct {
	Mode     Mode
	Strength Strength
	Session  [32]byte
}

// Masked is one block of masked sound: 20 ms, mono, 48 kHz. Its zero value is silence. It cannot be built from samples outside
// this package.
type Masked struct {
	pcm   [mask.BlockSamples]int16
	level float32
}

// PCM returns the block's 960 samples, as a copy: nobody outside can write a sample into a masked block.
func (m *Masked) PCM() []int16 { return m.AppendPCM(make([]int16, 0, mask.BlockSamples)) }

// AppendPCM appends the block's 960 samples to to, and allocates nothing if there is room.
func (m *Masked) AppendPCM(to []int16) []int16 { return append(to, m.pcm[:]...) }

// Level is how loud the masked block is, 0 (silence) to 1 (full voice), for the mouth of the puppet. It is taken from the masked
// samples, so it tells nothing that they do not.
func (m *Masked) Level() float32 { return m.level }

// Silence makes out a block of silence.
func Silence(out *Masked) { *out = Masked{} }

// Mask is one witness's voice mask. It is not safe for concurrent use: one goroutine owns it.
type Mask struct {
	mode  Mode
	voc   *vocoder
	check similarity
	wide  [mask.BlockSamples]float64
	fault func(out []float64) // set by tests only, to break the mask on purpose
}

// New makes a mask. The same Config and the same blocks give the same masked bytes.
func New(c Config) (*Mask, error) {
	if c.Strength == "standard" {
		c.Strength = Standard
	}
	strength, ok := recipes[c.Strength]
	if !ok {
		return nil, fmt.Errorf("%w: %q of strength %q", ErrMode, string(c.Mode), string(c.Strength))
	}
	switch c.Mode {
	case Quiet:
		return &Mask{mode: Quiet}, nil
	case Neutral:
		p, err := drawSession(c.Session, strength)
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrFault, err)
		}
		return &Mask{mode: Neutral, voc: newVocoder(p)}, nil
	case Synthetic:
		p, err := drawSession(c.Session, strength)
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrFault, err)
		}
		voc := newVocoder(p)
		if voc.mind, err = newContent(c.Strength); err != nil {
			return nil, fmt.Errorf("%w: %v", ErrFault, err)
		}
		return &Mask{mode: Synthetic, voc: voc}, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrMode, string(c.Mode))
}

// LatencySamples is the delay between a sound in the stream of raw blocks and the same sound in the stream of masked ones, in
// samples at 48 kHz. The 20 ms that a block takes to be spoken are not in it.
func (m *Mask) LatencySamples() int {
	if m.mode == Quiet {
		return 0
	}
	if m.mode == Synthetic {
		return syntheticLatency
	}
	return vocoderLatency
}

// Forget wipes what was drawn for the session and what was learnt of the speaker; call it when the witness is released. The mask gives silence from
// then on.
func (m *Mask) Forget() {
	if m.voc != nil {
		m.voc.reset()
		m.voc.norm.voice.wipe()
		*m.voc.mouth.s = session{}
	}
	m.mode, m.voc = Quiet, nil
	m.check.reset()
	clear(m.wide[:])
}

// Next masks one block. Whatever happens, out holds no raw sample: on an error, and after a panic inside, it is silence.
func (m *Mask) Next(raw *mask.RawSound, out *Masked) (err error) {
	Silence(out)
	if m.mode == Quiet {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			m.voc.reset()
			m.check.reset()
			Silence(out)
			err = ErrFault
		}
	}()
	for _, v := range raw.Samples {
		if v != v || v > math.MaxFloat32 || v < -math.MaxFloat32 {
			m.voc.reset()
			m.check.reset()
			return ErrBadInput
		}
	}
	m.voc.block(&raw.Samples, &m.wide)
	if m.fault != nil {
		m.fault(m.wide[:])
	}
	if m.check.measure(&raw.Samples, &m.wide) > tooSimilar {
		return ErrTooSimilar
	}
	return out.fill(&m.wide)
}

// fill sets the block from the vocoder's output. It refuses a value that is not finite.
func (m *Masked) fill(wide *[mask.BlockSamples]float64) error {
	sum := 0.0
	for i, v := range wide {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			Silence(m)
			return ErrFault
		}
		v = min(0.98, max(-0.98, v))
		sum += v * v
		m.pcm[i] = int16(math.Round(v * 32767))
	}
	m.level = mouthLevel(sum / mask.BlockSamples)
	return nil
}

// mouthLevel maps a mean square to 0..1: -48 dBFS and less is shut, -18 dBFS is wide open.
func mouthLevel(ms float64) float32 {
	db := 10 * math.Log10(ms+1e-12)
	return float32(min(1, max(0, (db+48)/30)))
}
