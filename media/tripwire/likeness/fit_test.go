package likeness

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
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
//	PARDA_TRIPWIRE=fit  go test -run TestFit -v ./media/tripwire/likeness        writes weights.json (some ten minutes)
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

// looksAt gives the measures of each look at a sound.
func looksAt(pcm []int16) (all [][inputs]float64) {
	j := newJudge(&Weights{})
	var x [inputs]float64
	for ; len(pcm) >= FrameSamples; pcm = pcm[FrameSamples:] {
		if j.hear(pcm[:FrameSamples], &x) {
			all = append(all, x)
		}
	}
	return all
}

func TestFit(t *testing.T) {
	if os.Getenv("PARDA_TRIPWIRE") != "fit" {
		t.Skip("SKIPPED: the weights are fitted by PARDA_TRIPWIRE=fit alone")
	}
	dir := voiceKit(t)
	most, _ := strconv.Atoi(os.Getenv("PARDA_TRIPWIRE_SPEAKERS"))
	var clear, masked [][][inputs]float64 // by speaker
	for _, corpus := range []string{"an4", "so762"} {
		names, files := speakers(t, filepath.Join(dir, "train", corpus+".tsv"))
		for i, who := range names {
			if most > 0 && i >= most {
				break
			}
			said := files[who][:min(2, len(files[who]))]
			clear = append(clear, looksAt(heard(t, said, treatment{}, uint64(i))))
			masked = append(masked, looksAt(heard(t, said, treatments[i%len(treatments)], uint64(i))))
		}
	}
	w := fit(clear, masked)
	// The bound is set on the fourth part of the speakers, whom the fit left out: half way between the two kinds of voice's worst.
	var low, high []float64
	for i := range clear {
		if i%4 == 3 {
			low, high = append(low, means(w, masked[i])...), append(high, means(w, clear[i])...)
		}
	}
	slices.Sort(low)
	slices.Sort(high)
	w.Cut = math.Round(10*(max(low[len(low)-1], 0)+2)) / 10
	above, _ := slices.BinarySearch(high, w.Cut)
	t.Logf("%d speakers; left out: %d looks masked, p50 %.1f p99 %.1f most %.1f; %d in clear, least %.1f p1 %.1f p5 %.1f p50 %.1f; cut %.1f, under it %d", len(clear),
		len(low), low[len(low)/2], low[len(low)*99/100], low[len(low)-1], len(high), high[0], high[len(high)/100], high[len(high)/20], high[len(high)/2], w.Cut, above)
	b, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("weights.json", append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// means are the running decisions over the looks of one speaker.
func means(w *Weights, all [][inputs]float64) (out []float64) {
	for i := looks; i <= len(all); i++ {
		sum := 0.0
		for _, x := range all[i-looks : i] {
			sum += w.score(&x)
		}
		out = append(out, sum/looks)
	}
	return out
}

// fit is logistic regression by Newton's method, with a prior that draws the weights to 0; both kinds weigh the same. Every fourth speaker is left out.
func fit(clear, masked [][][inputs]float64) *Weights {
	w := &Weights{Mean: make([]float64, inputs), Spread: make([]float64, inputs), Linear: make([]float64, inputs), Square: make([]float64, squares)}
	type example struct {
		x    [inputs]float64
		y, n float64
	}
	var all []example
	count := [2]float64{}
	for y, kind := range [][][][inputs]float64{masked, clear} {
		for i, speaker := range kind {
			if i%4 == 3 {
				continue
			}
			for _, x := range speaker {
				all = append(all, example{x: x, y: float64(y)})
				count[y]++
			}
		}
	}
	for i := range all {
		all[i].n = float64(len(all)) / 2 / count[int(all[i].y)]
	}
	for i := range inputs {
		for _, e := range all {
			w.Mean[i] += e.x[i] / float64(len(all))
		}
		for _, e := range all {
			w.Spread[i] += (e.x[i] - w.Mean[i]) * (e.x[i] - w.Mean[i]) / float64(len(all))
		}
		w.Spread[i] = math.Sqrt(w.Spread[i] + 1e-9)
	}
	const dim = inputs + squares + 1
	terms := func(x *[inputs]float64) (z [dim]float64) {
		for i, v := range x {
			z[i] = w.standard(i, v)
			if i < squares {
				z[inputs+i] = z[i] * z[i]
			}
		}
		z[dim-1] = 1
		return z
	}
	var beta [dim]float64
	const prior = 30.0
	for range 25 {
		var h [dim][dim + 1]float64
		for i := range dim - 1 {
			h[i][i], h[i][dim] = prior, -prior*beta[i]
		}
		for _, e := range all {
			z := terms(&e.x)
			s := 0.0
			for i, v := range z {
				s += beta[i] * v
			}
			p := 1 / (1 + math.Exp(-s))
			g, c := e.n*(e.y-p), e.n*p*(1-p)
			for i, v := range z {
				h[i][dim] += g * v
				for k := i; k < dim; k++ {
					h[i][k] += c * v * z[k]
				}
			}
		}
		for i := range dim {
			for k := range i {
				h[i][k] = h[k][i]
			}
			h[i][i] += 1e-6
		}
		for i := range dim { // Gauss and Jordan: the matrix is positive definite
			for k := range dim {
				if k == i {
					continue
				}
				q := h[k][i] / h[i][i]
				for l := i; l <= dim; l++ {
					h[k][l] -= q * h[i][l]
				}
			}
		}
		for i := range dim {
			beta[i] += h[i][dim] / h[i][i]
		}
	}
	copy(w.Linear, beta[:inputs])
	copy(w.Square, beta[inputs:inputs+squares])
	w.Bias = beta[dim-1]
	for _, s := range [][]float64{w.Mean, w.Spread, w.Linear, w.Square} {
		for i := range s {
			s[i] = math.Round(s[i]*1e5) / 1e5
		}
	}
	w.Bias = math.Round(w.Bias*1e5) / 1e5
	return w
}
