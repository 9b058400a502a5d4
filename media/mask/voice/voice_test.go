package voice

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"parda/media/mask"
)

func TestModes(t *testing.T) {
	if _, err := New(Config{Mode: "natural"}); !errors.Is(err, ErrMode) {
		t.Errorf("natural: %v, want ErrMode", err)
	}
	if _, err := New(Config{}); !errors.Is(err, ErrMode) {
		t.Errorf("no mode: %v, want ErrMode", err)
	}
	m, err := New(Config{Mode: Quiet})
	if err != nil {
		t.Fatal(err)
	}
	if got := decibels(masked(t, m, tone(440, 0.5, 1))); got > -190 {
		t.Errorf("mode silence lets %.0f dB through", got)
	}
}

func TestAnyInputGivesBoundedSound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	noise := func(level float64) []float64 {
		x := make([]float64, 3*mask.SampleRate)
		for i := range x {
			x[i] = level * r.NormFloat64()
		}
		return x
	}
	square := tone(130, 1, 3)
	for i, v := range square {
		square[i] = math.Copysign(1, v)
	}
	constant := make([]float64, 2*mask.SampleRate)
	for i := range constant {
		constant[i] = 1
	}
	impulse := make([]float64, mask.SampleRate)
	impulse[7000] = 1
	for name, in := range map[string][]float64{
		"silence": make([]float64, 2*mask.SampleRate), "DC": constant, "clipped": square, "impulse": impulse,
		"noise": noise(0.1), "loud noise": noise(10), "beyond float16": noise(1e30), "denormal": noise(1e-40),
		"nyquist": tone(24000, 1, 1), "20 kHz": tone(20000, 1, 1), "deep tone": tone(20, 1, 2), "speech": speaker{120, 1, 1, 3}.say(5),
	} {
		t.Run(name, func(t *testing.T) {
			m := newMask(t, 1)
			for round := range 2 { // again from the state that it left behind
				for i, v := range masked(t, m, in) {
					if math.Abs(v) > 0.99 {
						t.Fatalf("round %d, sample %d: %v", round, i, v)
					}
				}
			}
			if got := decibels(masked(t, m, speaker{120, 1, 1, 3}.say(3))); got < -40 {
				t.Errorf("speech after it comes out at %.0f dBFS", got)
			}
		})
	}
}

func TestNotANumberIsSilenceAndAnError(t *testing.T) {
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		m := newMask(t, 1)
		masked(t, m, speaker{120, 1, 1, 3}.say(1))
		var raw mask.RawSound
		var out Masked
		out.pcm[5], out.level = 99, 1
		raw.Samples[500] = bad
		if err := m.Next(&raw, &out); !errors.Is(err, ErrBadInput) {
			t.Errorf("%v: error %v", bad, err)
		}
		if out != (Masked{}) {
			t.Errorf("%v: not silence", bad)
		}
		if got := decibels(masked(t, m, speaker{120, 1, 1, 3}.say(2))); got < -40 {
			t.Errorf("%v: speech after it comes out at %.0f dBFS", bad, got)
		}
	}
}

func TestAPanicIsSilenceAndAnError(t *testing.T) {
	m := newMask(t, 1)
	m.fault = func([]float64) { panic("broken") }
	var raw mask.RawSound
	out := Masked{level: 1}
	out.pcm[0] = 1
	if err := m.Next(&raw, &out); !errors.Is(err, ErrFault) {
		t.Errorf("error %v", err)
	}
	if out != (Masked{}) {
		t.Error("not silence")
	}
	m.fault = func(out []float64) { out[3] = math.NaN() }
	if err := m.Next(&raw, &out); !errors.Is(err, ErrFault) || out != (Masked{}) {
		t.Errorf("not a number inside: error %v", err)
	}
}

func TestRawSoundThatSlipsThroughIsFound(t *testing.T) {
	in := speaker{140, 1, 0.5, 9}.say(4)
	for _, slip := range []struct {
		delay int // samples
		gain  float64
	}{{0, 1}, {0, -0.2}, {960, 0.5}, {vocoderLatency, 1}, {2000, 2}} {
		t.Run(fmt.Sprint(slip), func(t *testing.T) {
			m, at := newMask(t, 1), 0
			m.fault = func(out []float64) {
				for i := range out {
					if k := at + i - slip.delay; k >= 0 {
						out[i] = slip.gain * in[k]
					}
				}
			}
			loud, leaked := 0, 0
			var raw mask.RawSound
			var out Masked
			for ; at+mask.BlockSamples <= len(in); at += mask.BlockSamples {
				for i := range raw.Samples {
					raw.Samples[i] = float32(in[at+i])
				}
				err := m.Next(&raw, &out)
				if err == nil && out != (Masked{}) && out.Level() > 0.2 {
					leaked++
				}
				if errors.Is(err, ErrTooSimilar) {
					loud++
					if out != (Masked{}) {
						t.Fatal("too similar, and not silence")
					}
				}
			}
			if leaked > 2 || loud < 50 {
				t.Errorf("%d raw blocks passed, %d were stopped", leaked, loud)
			}
		})
	}
}

func TestNobodyElseWritesIntoAMaskedBlock(t *testing.T) {
	var m Masked
	m.PCM()[0], m.AppendPCM(nil)[1] = 1, 1
	if m != (Masked{}) {
		t.Error("a caller wrote into the block")
	}
}

func TestAfterForgetThereIsSilence(t *testing.T) {
	m, in := newMask(t, 1), speaker{140, 1, 0.5, 9}.say(1)
	masked(t, m, in)
	s := m.voc.mouth.s
	m.Forget()
	if *s != (session{}) || m.voc != nil {
		t.Error("the session's parameters are still there")
	}
	if got := decibels(masked(t, m, in)); got > -190 {
		t.Errorf("%.0f dBFS after Forget", got)
	}
	m.Forget()
}

func TestSameSessionSameBytesOtherSessionOtherVoice(t *testing.T) {
	in := speaker{140, 1, 0.5, 9}.say(2)
	a, b, c := masked(t, newMask(t, 1), in), masked(t, newMask(t, 1), in), masked(t, newMask(t, 2), in)
	same, differ := true, false
	for i := range a {
		same = same && a[i] == b[i]
		differ = differ || a[i] != c[i]
	}
	if !same {
		t.Error("one session gave two sounds")
	}
	if !differ {
		t.Error("two sessions gave one sound")
	}
}

func TestNoAllocationPerBlock(t *testing.T) {
	m := newMask(t, 1)
	in := speaker{140, 1, 0.5, 9}.say(2)
	masked(t, m, in)
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

func TestLatencyIsWhatItSays(t *testing.T) {
	m := newMask(t, 1)
	masked(t, m, speaker{140, 1, 0.5, 9}.say(3)) // level known
	const bursts, period = 20, 9600 * 2
	in := make([]float64, bursts*period)
	r := rand.New(rand.NewPCG(3, 4))
	for b := range bursts {
		for i := range 2400 {
			in[b*period+4800+i+137*b] = 0.3 * r.NormFloat64()
		}
	}
	out := masked(t, m, in)
	best, lag := 0.0, 0
	x, y := energy(in), energy(out)
	for d := range 400 { // 0 to 50 ms in steps of 6 samples
		sum := 0.0
		for i := d; i < len(y); i++ {
			sum += y[i] * x[i-d]
		}
		if sum > best {
			best, lag = sum, d*6
		}
	}
	t.Logf("measured %d samples, stated %d", lag, m.LatencySamples())
	if diff := lag - m.LatencySamples(); diff < -120 || diff > 120 {
		t.Errorf("measured %d samples, stated %d", lag, m.LatencySamples())
	}
	if ms := time.Duration(m.LatencySamples()+mask.BlockSamples) * time.Second / mask.SampleRate; ms > 45*time.Millisecond {
		t.Errorf("with a block %v, more than 45 ms", ms)
	}
}

// energy is the envelope of x in steps of 6 samples, smoothed over 5 ms.
func energy(x []float64) []float64 {
	out, s := make([]float64, len(x)/6), 0.0
	fwd := make([]float64, len(x)/6)
	for i := range out {
		for _, v := range x[6*i : 6*i+6] {
			s += (v*v - s) / 240
		}
		fwd[i] = s
	}
	s = 0
	for i := len(fwd) - 1; i >= 0; i-- { // both ways, so that smoothing moves nothing
		s += (fwd[i] - s) / 40
		out[i] = math.Sqrt(s)
	}
	return out
}

func TestLevelIsOfTheMaskedSound(t *testing.T) {
	m := newMask(t, 1)
	var raw mask.RawSound
	var out Masked
	if err := m.Next(&raw, &out); err != nil || out.Level() > 0.05 {
		t.Errorf("silence: level %v, %v", out.Level(), err)
	}
	in, high := speaker{140, 1, 0.5, 9}.say(3), float32(0)
	for at := 0; at+mask.BlockSamples <= len(in); at += mask.BlockSamples {
		for i := range raw.Samples {
			raw.Samples[i] = float32(in[at+i])
		}
		if err := m.Next(&raw, &out); err != nil {
			t.Fatal(err)
		}
		if out.Level() < 0 || out.Level() > 1 {
			t.Fatalf("level %v", out.Level())
		}
		high = max(high, out.Level())
	}
	if high < 0.6 {
		t.Errorf("speech opens the mouth to %v only", high)
	}
	Silence(&out)
	if out.Level() != 0 {
		t.Error("silence has a level")
	}
}

func FuzzNext(f *testing.F) {
	f.Add([]byte{0}, byte(1))
	f.Add([]byte{255, 127, 0, 128}, byte(0))
	f.Add([]byte("şahid"), byte(200))
	m := newMask(f, 1)
	f.Fuzz(func(t *testing.T, data []byte, shift byte) {
		if len(data) == 0 {
			return
		}
		var raw mask.RawSound
		var out Masked
		for b := range 3 {
			for i := range raw.Samples {
				v := uint32(data[(i*3+b)%len(data)])<<24 | uint32(data[(i+1)%len(data)])<<16 | uint32(data[(i/2)%len(data)])<<8
				raw.Samples[i] = math.Float32frombits(v ^ uint32(shift)<<16)
			}
			if err := m.Next(&raw, &out); err != nil && out != (Masked{}) {
				t.Fatalf("%v, and not silence", err)
			}
			for _, v := range out.PCM() {
				if v > 32500 || v < -32500 {
					t.Fatalf("sample %d", v)
				}
			}
		}
	})
}

func BenchmarkNext(b *testing.B) {
	m, in := newMask(b, 1), speaker{140, 1, 0.5, 9}.say(4)
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
