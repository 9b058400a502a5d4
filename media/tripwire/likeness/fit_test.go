package likeness

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hraban/opus"

	"parda/media/mask"
	"parda/media/mask/voice"
	"parda/media/publish/wire"
)

// The weights are fitted here, on the training speakers of the voice kit (../shared/attack/voice/train: CMU AN4 and speechocean762), in clear and masked, and
// measured on its ten evaluation readers, whom no fit has seen. Everything goes through the station's own Opus encoder and back, as it does live.
//
//	go test -tags training -run TestFit -v ./media/tripwire/likeness            writes weights.json (some ten minutes; weigh_test.go)
//	PARDA_TRIPWIRE=full go test -run TestVoices -v -timeout 60m ./media/tripwire/likeness   an hour of masked speech
//
// PARDA_TRIPWIRE_KEEP names a folder that keeps the encoded speech between runs.

// voiceKit is where the speech of real people lies, outside this repository.
func voiceKit(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "..", "shared", "attack", "voice")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("SKIPPED: the speech of real people (../shared/attack/voice) is not here, so nothing is proved about real voices")
	}
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED: ffmpeg is not here, which reads the speech")
	}
	return dir
}

// treatment is what becomes of a voice: the mask's mode and strength, or nothing.
type treatment struct {
	mode     voice.Mode
	strength voice.Strength
}

func (m treatment) String() string {
	if m.mode == "" {
		return "clear"
	}
	return string(m.mode) + "+" + string(m.strength)
}

var treatments = []treatment{
	{voice.Neutral, voice.Standard}, {voice.Synthetic, voice.Standard}, {voice.Neutral, voice.Gentle},
	{voice.Synthetic, voice.Gentle}, {voice.Neutral, voice.Strong}, {voice.Synthetic, voice.Strong},
}

// heard is speech as a listener of the court would hear it: masked or not, encoded, decoded. seed draws the session and the level of the microphone.
func heard(t *testing.T, files []string, m treatment, seed uint64) []int16 {
	t.Helper()
	keep := ""
	if dir := os.Getenv("PARDA_TRIPWIRE_KEEP"); dir != "" {
		keep = filepath.Join(dir, strings.NewReplacer("/", "_").Replace(fmt.Sprintf("%s-%d-%s-%d.s16", filepath.Base(filepath.Dir(files[0]))+filepath.Base(files[0]), len(files), m, seed)))
		if b, err := os.ReadFile(keep); err == nil {
			return samples(b)
		}
	}
	r := rand.New(rand.NewPCG(seed, 5))
	gain := math.Pow(10, (r.Float64()*24-18)/20)
	var k *voice.Mask
	if m.mode != "" {
		var err error
		c := voice.Config{Mode: m.mode, Strength: m.strength}
		for i := range c.Session {
			c.Session[i] = byte(r.Uint32())
		}
		if k, err = voice.New(c); err != nil {
			t.Fatal(err)
		}
	}
	enc, err := wire.NewOpus(wire.DefaultAudioBitrate)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := opus.NewDecoder(Rate, 1)
	if err != nil {
		t.Fatal(err)
	}
	var out, block []int16
	var raw mask.RawSound
	var masked voice.Masked
	for _, f := range files {
		b, err := exec.Command("ffmpeg", "-v", "error", "-i", f, "-f", "s16le", "-ac", "1", "-ar", "48000", "pipe:1").Output()
		if err != nil {
			t.Fatal(err)
		}
		for pcm := samples(b); len(pcm) >= mask.BlockSamples; pcm = pcm[mask.BlockSamples:] {
			for i, v := range pcm[:mask.BlockSamples] {
				raw.Samples[i] = float32(gain * float64(v) / 32768)
			}
			if k != nil {
				_ = k.Next(&raw, &masked) // a block that fails is silence, as it is live
				block = masked.AppendPCM(block[:0])
			} else {
				block = block[:0]
				for _, v := range raw.Samples {
					block = append(block, int16(max(-32768, min(32767, v*32768))))
				}
			}
			packet, err := enc.Encode(block)
			if err != nil {
				t.Fatal(err)
			}
			var back [FrameSamples]int16
			if _, err := dec.Decode(packet, back[:]); err != nil {
				t.Fatal(err)
			}
			out = append(out, back[:]...)
		}
	}
	if keep != "" {
		b := make([]byte, 0, 2*len(out))
		for _, v := range out {
			b = append(b, byte(v), byte(uint16(v)>>8))
		}
		if err := os.WriteFile(keep, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func samples(b []byte) []int16 {
	out := make([]int16, len(b)/2)
	for i := range out {
		out[i] = int16(uint16(b[2*i]) | uint16(b[2*i+1])<<8)
	}
	return out
}

// speakers reads a corpus's table: speaker to files.
func speakers(t *testing.T, table string) (names []string, files map[string][]string) {
	t.Helper()
	f, err := os.Open(table)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatal("no speech: ", err)
	}
	files = map[string][]string{}
	for _, row := range rows[1:] {
		who := row[slices.Index(rows[0], "spk")]
		if len(files[who]) == 0 {
			names = append(names, who)
		}
		files[who] = append(files[who], filepath.Join(filepath.Dir(table), row[slices.Index(rows[0], "file")]))
	}
	return names, files
}
