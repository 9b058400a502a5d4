package main

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"

	"parda/media/mask"
	"parda/media/mask/face"
	"parda/media/mask/voice"
)

// figure draws what stands for the witness; Observe and Draw run on two goroutines.
type figure interface {
	Observe(*mask.RawPicture) face.Notice
	Draw(mouth float32) face.Masked
}

// voiceMask masks block after block; one goroutine owns it.
type voiceMask interface {
	Next(*mask.RawSound, *voice.Masked) error
}

// session holds the parameters that key the masks of one testimony, so that an attacker never gets two masks of one voice from one testimony. It is
// kept over a crash by the vault (vault.go) and nowhere else. Who holds it could undo the voice's warp, so wipe ends it.
type session struct{ seed [32]byte }

// newSession draws the parameters of a live testimony from the operating system's generator. There is no other way to make a live one.
func newSession() *session {
	var s session
	rand.Read(s.seed[:]) // never fails: crypto/rand ends the process instead
	return &s
}

// offlineSession keys the offline command by what its user typed, so that the same clip gives the same bytes.
func offlineSession(typed string) *session {
	return &session{seed: sha256.Sum256([]byte("parda station mask session\x00" + typed))}
}

// key expands the seed for one use (RFC 5869), so that the picture's key tells nothing of the voice's.
func (s *session) key(use string) (out [32]byte, err error) {
	b, err := hkdf.Key(sha256.New, s.seed[:], nil, "parda station "+use, len(out))
	copy(out[:], b)
	return out, err
}

func (s *session) wipe() { clear(s.seed[:]) }

// masks are what masks one testimony, the very same for the live path and for the offline command: one figure, which reads the camera, and one voice
// for each mode and strength in use.
type masks struct {
	figure figure
	shows  face.Mode // what the figure's own Draw gives
	plain  bool      // some audience gets the figure without expression beside the puppet
	voices []voiceLine
	voice  voiceMask // of voices[0]: what a clip is masked with
	card   face.Masked

	pictureDelay, soundDelay delay
}

// voiceLine is one voice in use, by the name that the lanes know: "neutral", "neutral+strong", "respeak".
type voiceLine struct {
	key  string
	mask voiceMask
}

// delay is a mask's own: in its own units (pictures, or samples at 48 kHz) and in milliseconds.
type delay struct {
	units int
	ms    float64
}

// maskConfig says what masks are made of. It can be compared.
type maskConfig struct {
	Width, Height int
	Face          face.Mode // the figure that shows most
	Plain         bool      // and the plain one beside it
	Voices        string    // the voices in use as voiceLine names them, parted by spaces, the one that shows most first
	Pseudonym     string
}

// newMasks makes the masks. A voice that cannot be made costs its own renderings, which are silent and alarmed; a figure or card that cannot be
// made is an error.
func newMasks(cfg maskConfig, s *session) (*masks, error) {
	pictureKey, err := s.key("picture")
	if err != nil {
		return nil, err
	}
	defer clear(pictureKey[:])
	f, err := face.New(face.Config{Mode: cfg.Face, Width: cfg.Width, Height: cfg.Height, Pseudonym: cfg.Pseudonym, Session: pictureKey})
	if err != nil {
		return nil, fmt.Errorf("the picture's mask: %w", err)
	}
	card, err := face.NewCard(cfg.Width, cfg.Height, cfg.Pseudonym)
	if err != nil {
		return nil, fmt.Errorf("the card: %w", err)
	}
	m := &masks{figure: f, shows: cfg.Face, plain: cfg.Plain, card: card}
	lag := f.Latency()
	m.pictureDelay = delay{units: int((lag.Seconds() * mask.FrameRate) + 0.5), ms: lag.Seconds() * 1000}
	for i, key := range strings.Fields(cfg.Voices) {
		v, samples := newVoice(key, s)
		m.voices = append(m.voices, voiceLine{key, v})
		if i == 0 {
			m.voice, m.soundDelay = v, delay{units: samples, ms: float64(samples) * 1000 / mask.SampleRate}
		}
	}
	return m, nil
}

// newVoice makes the mask of one voice and says by how many samples at 48 kHz it trails. The sworn speaker's is the neutral one, keyed apart, so that
// what the speaker's mask may tell does not fit the witness's.
func newVoice(key string, s *session) (voiceMask, int) {
	mode, strength, _ := strings.Cut(key, "+")
	use := "voice" // one key for all her voices: two strengths of one mode must not be two draws of its parameters
	if mode == modeRespeak {
		mode, use = modeNeutral, "voice "+modeRespeak
	}
	k, err := s.key(use)
	if err != nil {
		return brokenVoice{err}, 0
	}
	defer clear(k[:])
	v, err := voice.New(voice.Config{Mode: voice.Mode(mode), Strength: voice.Strength(strength), Session: k})
	if err != nil {
		return brokenVoice{err}, 0
	}
	return v, v.LatencySamples()
}

// does says what the figure is drawn doing, "" where it cannot say.
func (m *masks) does() string {
	if f, ok := m.figure.(interface{ State() face.State }); ok {
		return string(f.State())
	}
	return ""
}

// raise lets the drawn hand go up or down, because she asked for it: the camera never does.
func (m *masks) raise(up bool) {
	if f, ok := m.figure.(interface{ Hand(up bool) }); ok {
		f.Hand(up)
	}
}

// brokenVoice stands for a mask that could not be made: silence, and a fault at each block.
type brokenVoice struct{ why error }

func (b brokenVoice) Next(_ *mask.RawSound, out *voice.Masked) error {
	voice.Silence(out)
	return b.why
}

// drawn is what one tick of the picture's clock can show: the card where there is nothing else.
type drawn struct{ puppet, blob, card face.Masked }

// drawWish is what one tick asks the figure for.
type drawWish struct {
	mouth float32 // level of the masked voice, 0 to 1
	plain bool    // the figure without expression is wanted too
}

// draw draws the figure once, and from the same pose the plain one where it is wanted. ok is false where the figure failed.
func (m *masks) draw(w drawWish) (d drawn, ok bool) {
	d = drawn{m.card, m.card, m.card}
	first := m.figure.Draw(w.mouth)
	if first.Width() == 0 {
		return d, false
	}
	again, both := m.figure.(interface{ Again(face.Mode) face.Masked })
	switch m.shows {
	case modePuppet:
		d.puppet = first
		if w.plain && both {
			d.blob = again.Again(modeBlob)
		}
	case modeBlob:
		d.blob = first
	}
	return d, d.blob.Width() > 0
}

// of picks what a rendering shows; what is no figure is the card.
func (d drawn) of(mode string) face.Masked {
	switch mode {
	case modePuppet:
		return d.puppet
	case modeBlob:
		return d.blob
	}
	return d.card
}

// tightened is what is left when the witness asks for less.
func (d drawn) tightened(to string) drawn {
	switch to {
	case "":
		return d
	case modeBlob:
		return drawn{d.blob, d.blob, d.card}
	}
	return drawn{d.card, d.card, d.card}
}
