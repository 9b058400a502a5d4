package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parda/media/mask"
	"parda/media/mask/face"
	"parda/media/mask/voice"
)

// clipConfig is the command line of mask.
type clipConfig struct {
	in, out     string
	voice, face string
	strength    string
	session     string
	seeded      bool
}

// clipReport is the one line of JSON on stdout. Frames are pictures of a clip with pictures, blocks of 20 ms of one with sound alone.
// Dropped counts those that did not come out, Faults those that came out as the card or as silence because something failed. Times in ms;
// Latency is the mask's own delay, which has been cut from the clip.
type clipReport struct {
	Frames     int     `json:"frames"`
	Dropped    int     `json:"dropped"`
	Faults     int     `json:"faults"`
	MsPerFrame float64 `json:"ms_per_frame"`
	LatencyMs  float64 `json:"latency_ms"`
	Kind       string  `json:"kind"`
	Voice      string  `json:"voice,omitempty"`
	Face       string  `json:"face,omitempty"`
	Sound      string  `json:"sound,omitempty"` // of a clip with pictures: masked, none
	VoiceMs    float64 `json:"voice_latency_ms,omitempty"`

	spent time.Duration
}

// clipKind masks one kind of file from in to out. out is a temporary file with the right ending.
type clipKind struct {
	name string
	mask func(ctx context.Context, c *clipConfig, s *session, out string) (*clipReport, error)
}

var clipKinds = map[string]clipKind{
	".wav":  {"wav", maskWAV},
	".y4m":  {"y4m", maskY4M},
	".png":  {"png", maskPNG},
	".mp4":  {"mp4", maskVideo},
	".webm": {"webm", maskVideo},
}

func maskFlags(c *clipConfig, stderr io.Writer) *flag.FlagSet {
	fs := flagSet("mask", stderr)
	fs.StringVar(&c.in, "in", "", "`CLIP` to mask: .wav, .y4m, .mp4, .webm or .png")
	fs.StringVar(&c.out, "out", "", "`CLIP` to write, of the same kind")
	fs.StringVar(&c.voice, "voice", string(voice.Neutral), "`MODE` of the voice: neutral, synthetic or silence")
	fs.StringVar(&c.strength, "strength", "standard", "`STRENGTH` of the voice's mask: gentle, standard or strong")
	fs.StringVar(&c.face, "face", string(face.Puppet), "`MODE` of the picture: puppet, blob or card")
	fs.StringVar(&c.session, "session", "", "`SEED` of the session: the same clip and seed give the same bytes; without it, a fresh one")
	return fs
}

// maskClip is the offline command: the masks of the live path, block by block, on a file.
func maskClip(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var c clipConfig
	fs := maskFlags(&c, stderr)
	if err := parseFlags(fs, args); err != nil {
		return err
	}
	if noCoreDump() != nil {
		return errors.New("core dumps could not be switched off, so nothing is masked")
	}
	fs.Visit(func(f *flag.Flag) { c.seeded = c.seeded || f.Name == "session" })
	report, err := c.run(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(report)
}

func (c *clipConfig) run(ctx context.Context) (*clipReport, error) {
	kind, err := c.check()
	if err != nil {
		return nil, err
	}
	s := newSession()
	if c.seeded {
		s = offlineSession(c.session)
	}
	defer s.wipe()
	ext := filepath.Ext(c.out)
	tmp, err := os.CreateTemp(filepath.Dir(c.out), ".parda-*"+strings.ToLower(ext))
	if err != nil {
		return nil, errors.New("nothing can be written where -out points")
	}
	tmp.Close()
	defer os.Remove(tmp.Name()) // nothing is left behind unless it was renamed
	report, err := kind.mask(ctx, c, s, tmp.Name())
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.Chmod(tmp.Name(), 0o644), os.Rename(tmp.Name(), c.out)); err != nil {
		return nil, errors.New("the masked clip could not be put where -out points")
	}
	report.Kind = kind.name
	if report.Frames > 0 {
		report.MsPerFrame = float64(report.spent.Microseconds()) / 1000 / float64(report.Frames)
	}
	return report, nil
}

func (c *clipConfig) check() (clipKind, error) {
	var none clipKind
	if c.in == "" || c.out == "" {
		return none, fmt.Errorf("%w: -in and -out are needed", errUsage)
	}
	in, out := strings.ToLower(filepath.Ext(c.in)), strings.ToLower(filepath.Ext(c.out))
	kind, ok := clipKinds[in]
	if !ok {
		return none, fmt.Errorf("%q is not a kind of clip that can be masked: use .wav, .y4m, .mp4, .webm or .png", in)
	}
	if in != out {
		return none, fmt.Errorf("-out must be of the same kind as -in, %s", in)
	}
	if !slices.Contains([]string{modeNeutral, modeSynthetic, modeSilence}, c.voice) {
		return none, fmt.Errorf("%q is no mode of the voice: use neutral, synthetic or silence", c.voice)
	}
	if !slices.Contains([]string{strengthGentle, "standard", strengthStrong}, c.strength) {
		return none, fmt.Errorf("%q is no strength: use gentle, standard or strong", c.strength)
	}
	if !slices.Contains([]string{modePuppet, modeBlob, modeCard}, c.face) {
		return none, fmt.Errorf("%q is no mode of the picture: use puppet, blob or card", c.face)
	}
	info, err := os.Stat(c.in)
	if err != nil || !info.Mode().IsRegular() {
		return none, errors.New("-in is no file that can be read")
	}
	return kind, nil
}

// masks makes the two masks for a clip of this size. What the live path would make silent and alarm is an error here: a silent clip would be taken
// for a masked one.
func (c *clipConfig) masks(s *session, width, height int) (*masks, error) {
	key := c.voice
	if c.strength != "standard" && key != modeSilence {
		key += "+" + c.strength
	}
	m, err := newMasks(maskConfig{Width: width, Height: height, Face: face.Mode(c.face), Voices: key}, s)
	if err != nil {
		return nil, err
	}
	if b, broken := m.voice.(brokenVoice); broken {
		return nil, fmt.Errorf("the voice's mask: %w", b.why)
	}
	return m, nil
}

// clipMinSide is the size that the masks of a clip without pictures are made for: the figure is not drawn then.
const clipMinSide = 64

// maskedSound is the sound of a clip after masking: 48 kHz mono, as long as it was, own delay cut.
type maskedSound struct {
	pcm    []int16
	levels []float32 // of each block, for the figure's mouth
	faults int
	blocks int
	spent  time.Duration
}

// maskSamples masks sound at 48 kHz block by block, as the sound's clock does.
func maskSamples(v voiceMask, lag int, in []float32) *maskedSound {
	out := &maskedSound{}
	var raw mask.RawSound
	var masked voice.Masked
	for at := 0; at < len(in)+lag; at += mask.BlockSamples {
		n := 0
		if at < len(in) {
			n = copy(raw.Samples[:], in[at:])
		}
		clear(raw.Samples[n:])
		began := time.Now()
		if err := v.Next(&raw, &masked); err != nil {
			voice.Silence(&masked)
			out.faults++
		}
		out.spent += time.Since(began)
		out.blocks++
		out.levels = append(out.levels, masked.Level())
		out.pcm = masked.AppendPCM(out.pcm)
	}
	out.pcm = out.pcm[min(lag, len(out.pcm)):]
	if len(out.pcm) > len(in) {
		out.pcm = out.pcm[:len(in)]
	}
	return out
}

// mouthAt is the level of the masked voice at a picture's time, given the voice's own delay.
func (m *maskedSound) mouthAt(seconds float64, lag int) float32 {
	if m == nil {
		return 0
	}
	i := int(seconds*mask.SampleRate+float64(lag)) / mask.BlockSamples
	if i < 0 || i >= len(m.levels) {
		return 0
	}
	return m.levels[i]
}
