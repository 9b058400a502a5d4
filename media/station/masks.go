package main

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

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

// session holds the parameters that key the masks of one testimony. It lives in memory only: a mask survives a lost link within a run, and an
// attacker never gets two masks of one voice from one testimony. Who holds it could undo the voice's warp, so wipe ends it.
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

// masks are the two masks of one testimony, the very same for the live path and for the offline command.
type masks struct {
	figure figure
	voice  voiceMask
	card   face.Masked

	pictureDelay, soundDelay delay
}

// delay is a mask's own: in its own units (pictures, or samples at 48 kHz) and in milliseconds.
type delay struct {
	units int
	ms    float64
}

type maskConfig struct {
	Width, Height int
	Face          face.Mode
	Voice         voice.Mode
	Pseudonym     string
}

func newMasks(cfg maskConfig, s *session) (*masks, error) {
	pictureKey, err := s.key("picture")
	if err != nil {
		return nil, err
	}
	voiceKey, err := s.key("voice")
	if err != nil {
		return nil, err
	}
	defer func() { clear(pictureKey[:]); clear(voiceKey[:]) }()
	f, err := face.New(face.Config{Mode: cfg.Face, Width: cfg.Width, Height: cfg.Height, Pseudonym: cfg.Pseudonym, Session: pictureKey})
	if err != nil {
		return nil, fmt.Errorf("the picture's mask: %w", err)
	}
	v, err := voice.New(voice.Config{Mode: cfg.Voice, Session: voiceKey})
	if err != nil {
		return nil, fmt.Errorf("the voice's mask: %w", err)
	}
	card, err := face.NewCard(cfg.Width, cfg.Height, cfg.Pseudonym)
	if err != nil {
		return nil, fmt.Errorf("the card: %w", err)
	}
	m := &masks{figure: f, voice: v, card: card}
	lag, samples := f.Latency(), v.LatencySamples()
	m.pictureDelay = delay{units: int((lag.Seconds() * mask.FrameRate) + 0.5), ms: lag.Seconds() * 1000}
	m.soundDelay = delay{units: samples, ms: float64(samples) * 1000 / mask.SampleRate}
	return m, nil
}
