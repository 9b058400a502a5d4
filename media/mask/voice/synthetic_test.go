package voice

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"parda/media/mask"
)

func newSynthetic(t testing.TB, session byte) *Mask {
	t.Helper()
	m, err := New(Config{Mode: Synthetic, Session: key(session)})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// vectors are inputs of the network and what each stage of the training code makes of them (training/golden.py).
type vectors struct{ in, digits, out [][]float32 }

func readVectors(t *testing.T) (v vectors) {
	t.Helper()
	file, err := os.ReadFile("testdata/synthetic.golden")
	if err != nil {
		t.Fatal(err)
	}
	r := bytes.NewReader(file)
	var n [4]uint32
	read := func(v any) {
		if err := binary.Read(r, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	read(&n)
	for i, to := range []*[][]float32{&v.in, &v.digits, &v.out} {
		for range n[0] {
			row := make([]float32, n[i+1])
			read(row)
			*to = append(*to, row)
		}
	}
	return v
}

func TestNetworkIsThatOfTheTraining(t *testing.T) {
	v := readVectors(t)
	c, err := newContent(Standard)
	if err != nil {
		t.Fatal(err)
	}
	digits, flipped, worst := 0, 0, 0.0
	for i, in := range v.in {
		c.net.next((*[netIn]float32)(in), &c.out)
		for k, d := range c.net.digits {
			digits++
			if d != v.digits[i][k] {
				flipped++
			}
		}
		for k, o := range c.out {
			worst = max(worst, math.Abs(float64(o-v.out[i][k])))
		}
	}
	t.Logf("%d of %d digits differ, output off by at most %.2g", flipped, digits, worst)
	if flipped*500 > digits {
		t.Errorf("%d of %d digits of the code differ", flipped, digits)
	}
	if flipped == 0 && worst > 1e-3 {
		t.Errorf("output differs from the training's by %v", worst)
	}
}

func TestDamagedWeightsAreRefused(t *testing.T) {
	if _, err := readWeights(syntheticFile); err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, 9, 30, len(syntheticFile) / 2, len(syntheticFile) - 1} {
		bad := bytes.Clone(syntheticFile)
		bad[at] ^= 4
		if _, err := readWeights(bad); err == nil {
			t.Errorf("a bit turned at %d was not noticed", at)
		}
	}
	for _, n := range []int{0, 7, 63, len(syntheticFile) - 2} {
		if _, err := readWeights(syntheticFile[:n]); err == nil {
			t.Errorf("a file cut at %d was not noticed", n)
		}
	}
	if len(syntheticFile) > 12<<20 {
		t.Errorf("weights of %d bytes", len(syntheticFile))
	}
}

func TestHalfPrecision(t *testing.T) {
	for bits, want := range map[uint16]float32{0: 0, 0x3c00: 1, 0xc000: -2, 0x3555: 0.33325195, 1: 1.0 / (1 << 24), 0x83ff: -1023.0 / (1 << 24), 0x7bff: 65504} {
		if got := half(bits); got != want {
			t.Errorf("%04x: %v, want %v", bits, got, want)
		}
	}
}

func TestConvolutionIsCausalAndDilated(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const in, out, taps, apart, n = 5, 6, 3, 4, 40
	d := &dense{in: in, out: out, taps: taps, apart: apart, frames: (taps-1)*apart + 1}
	d.past = make([]float32, d.frames*in)
	for range in * out * taps {
		d.weight = append(d.weight, float32(r.NormFloat64()))
	}
	for range out {
		d.bias = append(d.bias, float32(r.NormFloat64()))
	}
	var x [n][in]float32
	got := make([]float32, out)
	for i := range x {
		for k := range x[i] {
			x[i][k] = float32(r.NormFloat64())
		}
		d.next(x[i][:], got)
		for o := range got {
			want := d.bias[o]
			for k := range taps {
				if j := i - (taps-1-k)*apart; j >= 0 {
					for c := range in {
						want += d.weight[(o*taps+k)*in+c] * x[j][c]
					}
				}
			}
			if math.Abs(float64(got[o]-want)) > 1e-4 {
				t.Fatalf("frame %d, output %d: %v, want %v", i, o, got[o], want)
			}
		}
	}
}

func TestSyntheticSameSessionSameBytes(t *testing.T) {
	in := speaker{140, 1, 0.5, 9}.say(2)
	a, b, c := masked(t, newSynthetic(t, 1), in), masked(t, newSynthetic(t, 1), in), masked(t, newSynthetic(t, 2), in)
	same, differ := true, false
	for i := range a {
		same = same && a[i] == b[i]
		differ = differ || a[i] != c[i]
	}
	if !same || !differ {
		t.Errorf("same session same bytes: %v; other session other bytes: %v", same, differ)
	}
}

func TestSyntheticTakesAnyInput(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	noise := func(level float64) []float64 {
		x := make([]float64, 2*mask.SampleRate)
		for i := range x {
			x[i] = level * r.NormFloat64()
		}
		return x
	}
	for name, in := range map[string][]float64{"silence": make([]float64, 2*mask.SampleRate), "noise": noise(0.1), "loud noise": noise(10), "beyond float16": noise(1e30), "denormal": noise(1e-40), "tone": tone(440, 1, 2)} {
		m := newSynthetic(t, 1)
		for i, v := range masked(t, m, in) {
			if math.Abs(v) > 0.99 {
				t.Fatalf("%s, sample %d: %v", name, i, v)
			}
		}
		if got := decibels(masked(t, m, speaker{120, 1, 1, 3}.say(4))); got < -40 {
			t.Errorf("speech after %s comes out at %.0f dBFS", name, got)
		}
	}
}

func TestSyntheticSilenceIsTheRoomsSilence(t *testing.T) {
	for name, level := range map[string]float64{"digital silence": 0, "a room at -70 dBFS": 3e-4, "a room at -50 dBFS": 3e-3} {
		r := rand.New(rand.NewPCG(1, 2))
		x := make([]float64, 8*mask.SampleRate)
		for i := range x {
			x[i] = level * r.NormFloat64()
		}
		if got := decibels(masked(t, newSynthetic(t, 1), x)[4*mask.SampleRate:]); got > -48 {
			t.Errorf("%s comes out at %.0f dBFS", name, got)
		}
	}
}

func TestSyntheticAllocatesNothingPerBlock(t *testing.T) {
	m, in := newSynthetic(t, 1), speaker{140, 1, 0.5, 9}.say(2)
	var raw mask.RawSound
	var out Masked
	at := 0
	if n := testing.AllocsPerRun(90, func() {
		for i := range raw.Samples {
			raw.Samples[i] = float32(in[at+i])
		}
		at += mask.BlockSamples
		if err := m.Next(&raw, &out); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations in a block", n)
	}
}

// The code alone passes: two sounds of one code sequence come out the same, whatever else differs.
func TestOnlyTheCodeReachesTheVoice(t *testing.T) {
	w, err := syntheticWeights()
	if err != nil {
		t.Fatal(err)
	}
	n, err := newNetwork(w)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	var in [netIn]float32
	var out [netOut]float32
	for range 200 {
		for i := range in {
			in[i] = float32(r.NormFloat64())
		}
		n.next(&in, &out)
		for i, v := range n.digits {
			steps := float64(w.levels[i]-1) / 2
			if level := float64(v) * steps; math.Abs(level-math.Round(level)) > 1e-6 || math.Abs(level) > steps {
				t.Fatalf("digit %d of the code is %v, which is none of %d levels", i, v, w.levels[i])
			}
		}
	}
}

func TestSyntheticLatencyIsWhatItSays(t *testing.T) {
	m := newSynthetic(t, 1)
	masked(t, m, speaker{140, 1, 0.5, 9}.say(3)) // level known
	const bursts, period = 20, 9600 * 2
	in := make([]float64, bursts*period)
	r := rand.New(rand.NewPCG(3, 4))
	for b := range bursts {
		for i := range 2400 {
			in[b*period+4800+i+137*b] = 0.3 * r.NormFloat64()
		}
	}
	x, y := energy(in), energy(masked(t, m, in))
	best, lag := 0.0, 0
	for d := range 600 { // 0 to 75 ms in steps of 6 samples
		sum := 0.0
		for i := d; i < len(y); i++ {
			sum += y[i] * x[i-d]
		}
		if sum > best {
			best, lag = sum, d*6
		}
	}
	t.Logf("measured %d samples, stated %d", lag, m.LatencySamples())
	if diff := lag - m.LatencySamples(); diff < -300 || diff > 300 {
		t.Errorf("measured %d samples, stated %d", lag, m.LatencySamples())
	}
	if ms := float64(m.LatencySamples()+mask.BlockSamples) / 48; ms > 80 {
		t.Errorf("with a block %.1f ms, more than 80", ms)
	}
}

func BenchmarkSynthetic(b *testing.B) {
	m, in := newSynthetic(b, 1), speaker{140, 1, 0.5, 9}.say(4)
	var raw mask.RawSound
	var out Masked
	at := 0
	for b.Loop() {
		for i := range raw.Samples {
			raw.Samples[i] = float32(in[at+i])
		}
		if at += mask.BlockSamples; at+mask.BlockSamples > len(in) {
			at = 0
		}
		if err := m.Next(&raw, &out); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/2e7*100, "%-of-real-time")
}
