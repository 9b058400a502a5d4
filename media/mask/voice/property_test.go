package voice

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"parda/media/mask"
)

// strengths are all that New builds in mode Neutral.
var strengths = []Strength{Gentle, Standard, Strong}

func strengthMask(t testing.TB, s Strength, session byte) *Mask {
	t.Helper()
	m, err := New(Config{Mode: Neutral, Strength: s, Session: key(session)})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// reading is sound that never repeats: a voice of the given pitch whose words, level, room noise and microphone change by a generator.
type reading struct {
	r     *rand.Rand
	block int
	words []float64
}

func (s *reading) next(raw *mask.RawSound) {
	const n = mask.BlockSamples
	if at := s.block * n; at+n > len(s.words) {
		who := speaker{pitch: 90 + 150*s.r.Float64(), tract: 0.9 + 0.25*s.r.Float64(), level: 0.05 + 0.5*s.r.Float64(), seed: s.r.Uint64()}
		s.words, s.block = who.say(4+4*s.r.Float64()), 0
	}
	for i := range raw.Samples {
		raw.Samples[i] = float32(s.words[s.block*n+i] + 3e-4*s.r.NormFloat64())
	}
	s.block++
}

// TestHoursWithoutDrift masks speech far faster than it is spoken, and looks every minute whether the last is as the first was: level, blocks that
// were refused, what was learnt. In a short form always; PARDA_SOAK=3h is what make soak asks for.
func TestHoursWithoutDrift(t *testing.T) {
	long := 2 * time.Minute
	if s := os.Getenv("PARDA_SOAK"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			t.Fatalf("PARDA_SOAK: %v", err)
		}
		long = d
	}
	m, in := newMask(t, 3), &reading{r: rand.New(rand.NewPCG(8, 9))}
	const minute = 60 * 50
	var raw mask.RawSound
	var out Masked
	first, worst, started := 0.0, 0.0, time.Now()
	for m1 := range int(long / time.Minute) {
		sum := 0.0
		for range minute {
			in.next(&raw)
			if err := m.Next(&raw, &out); err != nil {
				t.Fatalf("minute %d: %v", m1, err)
			}
			for _, v := range out.pcm {
				sum += float64(v) * float64(v)
			}
		}
		level := 10 * math.Log10(sum/(minute*mask.BlockSamples)/32768/32768)
		if m1 == 0 {
			first = level
		}
		worst = max(worst, math.Abs(level-first))
		for k, v := range m.voc.norm.voice.own {
			if !(math.Abs(v) < 8) {
				t.Fatalf("minute %d: the speaker's coordinate %d is %v", m1, k, v)
			}
		}
		for i, v := range m.voc.norm.mean {
			if !(math.Abs(v-m.voc.norm.prior[i]) < 25) {
				t.Fatalf("minute %d: the mean of band %d is %v", m1, i, v)
			}
		}
	}
	spent := time.Since(started)
	t.Logf("%v of speech in %v, level %.1f dBFS, at most %.1f dB off", long, spent.Round(time.Second), first, worst)
	if worst > 1.5 {
		t.Errorf("level wandered by %.1f dB", worst)
	}
	if spent > long {
		t.Errorf("%v of speech took %v", long, spent)
	}
}

func TestEveryStrengthMasks(t *testing.T) {
	in := speaker{140, 1, 0.5, 9}.say(3)
	var level []float64
	for _, s := range strengths {
		y := masked(t, strengthMask(t, s, 1), in)
		level = append(level, decibels(y))
	}
	if slices.Max(level)-slices.Min(level) > 3 {
		t.Errorf("levels of the strengths: %.1f dBFS", level)
	}
	if _, err := New(Config{Mode: Neutral, Strength: "weak"}); !errors.Is(err, ErrMode) {
		t.Errorf("strength weak: %v, want ErrMode", err)
	}
	a, err := New(Config{Mode: Neutral, Strength: "standard", Session: key(1)})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(masked(t, a, in), masked(t, newMask(t, 1), in)) {
		t.Error("standard is not the default")
	}
}

func TestSessionsSpreadWide(t *testing.T) {
	// What is drawn must differ from session to session in every part, and lie about nothing (so that it tells nothing of a mean).
	const n = 200
	var sum, square [voices]float64
	for i := range n {
		s, err := drawSession([32]byte{byte(i), 7}, recipes[Standard])
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range s.voice {
			sum[k] += v / n
			square[k] += v * v / n
		}
	}
	want := recipes[Standard].voice
	for k := range sum {
		if spread := math.Sqrt(square[k]); spread < 0.8*want || spread > 1.15*want || math.Abs(sum[k]) > 0.3*want {
			t.Errorf("direction %d: mean %.2f, spread %.2f, want 0 and %.2f", k, sum[k], spread, want)
		}
	}
}

// TestSpeakersOwnSoundsAreTakenOff says frames of a speaker of known coordinates and looks whether they are found.
func TestSpeakersOwnSoundsAreTakenOff(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	f := &neutral.fine
	var weights []float64
	for k := range f.weight { // of the Gaussian itself, its constant taken off
		w := f.weight[k]
		for d := range fineDim {
			w += 0.5 * math.Log(2*math.Pi/f.inverse[k*fineDim+d])
		}
		weights = append(weights, math.Exp(w))
	}
	var who, none [voices]float64
	for i := range who {
		who[i] = r.NormFloat64()
	}
	p := newPseudo(&none)
	var before, after float64
	var cep [fineDim]float64
	for i := range 3000 {
		u, k := r.Float64(), 0
		for ; k < fineMix-1 && u > weights[k]; k++ {
			u -= weights[k]
		}
		var offset [fineDim]float64
		for d := range cep {
			offset[d] = f.along(k, d, &who)
			cep[d] = f.mean[k*fineDim+d] + offset[d] + 0.7*f.spread[k*fineDim+d]*r.NormFloat64()
		}
		p.find(&cep)
		p.learn(&cep)
		if i < 1500 {
			continue
		}
		left := cep
		p.remove(&left, 1)
		for d := range cep {
			s := f.spread[k*fineDim+d]
			before += offset[d] * offset[d] / s / s
			gone := cep[d] - left[d]
			after += (offset[d] - gone) * (offset[d] - gone) / s / s
		}
	}
	if after > 0.6*before {
		t.Errorf("of the speaker's offsets %.0f %% of the energy is left", 100*after/before)
	}
}

func TestDrawnSpeakerIsAdded(t *testing.T) {
	var w [voices]float64
	for i := range w {
		w[i] = 1.5 * float64(i%3-1)
	}
	p := newPseudo(&w)
	var plain, band [bands]float64
	for i := range band {
		for k := 1; k < order; k++ {
			band[i] += cosines[k][i] * neutral.mean[k]
		}
	}
	plain = band
	p.next(&band)
	moved := 0.0
	for i := range band {
		moved += (band[i] - plain[i]) * (band[i] - plain[i])
	}
	if moved = math.Sqrt(moved / bands); moved < 0.05 || moved > 3 {
		t.Errorf("the drawn speaker moves an envelope by %.2f nepers", moved)
	}
	p.wipe()
	band = plain
	p.next(&band)
	if band != plain {
		t.Error("a wiped speaker still moves it")
	}
}

// TestShareOfVoicedSpeechIsTheSameForAll says frames of two speakers, one of whom is breathier, and counts what comes out as voice.
func TestShareOfVoicedSpeechIsTheSameForAll(t *testing.T) {
	const most = 12000
	share := func(breath float64) (before, after float64) {
		r := rand.New(rand.NewPCG(2, 3))
		v := voicing{share: voicedShare}
		v.reset()
		for i := range most {
			p := min(1, max(0, 0.85-breath+0.2*r.NormFloat64()))
			out := v.next(p, true)
			if i < most/2 {
				continue
			}
			if p > voicedStart+voicedWidth/2 {
				before += 2.0 / most
			}
			if out > 0.5 {
				after += 2.0 / most
			}
		}
		return before, after
	}
	clearBefore, clearAfter := share(0)
	breathyBefore, breathyAfter := share(0.12)
	if clearBefore-breathyBefore < 0.1 {
		t.Fatalf("the test's own speakers are voiced in %.2f and %.2f of their speech", clearBefore, breathyBefore)
	}
	if math.Abs(clearAfter-breathyAfter) > 0.02 {
		t.Errorf("voiced in %.2f and %.2f of their speech, before %.2f and %.2f", clearAfter, breathyAfter, clearBefore, breathyBefore)
	}
}

func TestTempoStaysWithinItsLag(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var p tempo
	low, high, f := 1.0, 0.0, frame{}
	for range 5000 {
		power := 0.0
		p.next(&f, &power, r)
		low, high = min(low, p.lag), max(high, p.lag)
	}
	if low < 0 || high > tempoMost || high-low < 0.7*tempoMost {
		t.Errorf("lag from %.2f to %.2f frames", low, high)
	}
}

// golden is the spectrum that mode neutral gave of one made-up speaker in session 1, in dB about its mean over sixteen bands. It is coarse: a change that
// a listener hears shows here, another processor's rounding does not.
var golden = map[Strength][]float64{
	Gentle:   {9.6, 7.8, 7.0, 5.0, 3.2, 3.5, 2.6, 2.4, 1.3, -2.3, -2.8, -1.8, -5.3, -8.6, -10.5, -11.2},
	Standard: {9.4, 7.5, 6.5, 4.7, 3.3, 3.7, 2.6, 2.4, 1.1, -2.3, -2.8, -1.8, -5.2, -8.5, -10.3, -10.4},
	Strong:   {9.2, 6.9, 5.6, 4.1, 3.4, 4.1, 3.0, 2.8, 1.1, -2.5, -2.7, -1.9, -5.3, -8.5, -10.1, -9.4},
}

func TestGoldenSpectra(t *testing.T) {
	for _, s := range strengths {
		got := profile(masked(t, strengthMask(t, s, 1), speaker{140, 1, 0.5, 9}.say(8))[2*mask.SampleRate:])
		if len(golden[s]) != len(got) {
			line := ""
			for _, v := range got {
				line += strconv.FormatFloat(v, 'f', 1, 64) + ", "
			}
			t.Fatalf("strength %q has no golden spectrum; measured {%s}", s, line)
		}
		for i, v := range got {
			if math.Abs(v-golden[s][i]) > 2 {
				t.Errorf("strength %q, band %d: %.1f dB, was %.1f", s, i, v, golden[s][i])
			}
		}
	}
}

func TestAnyLengthOfSound(t *testing.T) {
	// Blocks are all the same length; a stream may hold any number of them, and begin anywhere in a word.
	in := speaker{140, 1, 0.5, 9}.say(1)
	for _, n := range []int{1, 2, 3, 7, 40} {
		m := newMask(t, 1)
		y := masked(t, m, in[500:500+n*mask.BlockSamples])
		if len(y) != n*mask.BlockSamples {
			t.Errorf("%d blocks in, %d samples out", n, len(y))
		}
	}
}

// TestEveryBlockIsAsMuchWork compares the time of loud speech with that of silence: what takes longer would show on the network.
func TestEveryBlockIsAsMuchWork(t *testing.T) {
	speech, silence := speaker{140, 1, 0.5, 9}.say(4), make([]float64, 4*mask.SampleRate)
	best := func(in []float64) float64 {
		least := math.Inf(1)
		for range 5 {
			m := newMask(t, 1)
			masked(t, m, speech) // speech or not, something is known
			at := time.Now()
			masked(t, m, in)
			least = min(least, float64(time.Since(at)))
		}
		return least
	}
	if a, b := best(speech), best(silence); a > 1.6*b || b > 1.6*a {
		t.Errorf("speech takes %.2f times as long as silence", a/b)
	}
}
