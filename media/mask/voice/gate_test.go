package voice

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"parda/media/mask"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// room is a shielded room without an echo canceller: what the loudspeaker plays comes back after delay samples, weaker, with a tail.
func room(far []float64, delay int, gain, tail float64) []float64 {
	r := rand.New(rand.NewPCG(5, 6))
	out := make([]float64, len(far))
	type tap struct {
		at   int
		gain float64
	}
	taps := []tap{{delay, gain}}
	for range 60 { // tail: seconds to fall by 60 dB
		at := r.Float64() * tail
		taps = append(taps, tap{delay + int(at*mask.SampleRate), gain * 0.3 * (2*r.Float64() - 1) * math.Pow(10, -3*at/tail)})
	}
	for _, t := range taps {
		for i := t.at; i < len(out); i++ {
			out[i] += t.gain * far[i-t.at]
		}
	}
	return out
}

// gated runs near and far sound through a gate as the station does it: the kiosk reports the far end's level every 40 ms, for the 40 ms
// before; with silentFrom set, no report comes after that time.
func gated(g *Gate, far, mic []float64, silentFrom time.Duration) []float64 {
	out := make([]float64, 0, len(mic))
	var raw mask.RawSound
	for at := 0; at+mask.BlockSamples <= len(mic); at += mask.BlockSamples {
		end := at + mask.BlockSamples
		since := time.Duration(end) * time.Second / mask.SampleRate
		now := noon.Add(since)
		if (end/mask.BlockSamples)%2 == 0 && (silentFrom == 0 || since < silentFrom) {
			g.Far(float32(decibels(far[end-2*mask.BlockSamples:end])), now)
		}
		for i := range raw.Samples {
			raw.Samples[i] = float32(mic[at+i])
		}
		raw.Captured = now
		g.Apply(&raw)
		for _, v := range raw.Samples {
			out = append(out, float64(v))
		}
	}
	return out
}

// turns is speech in the given spans of seconds, silence elsewhere.
func turns(s speaker, seconds float64, spans ...[2]float64) []float64 {
	x, out := s.say(seconds), make([]float64, int(seconds*mask.SampleRate))
	for _, p := range spans {
		a, b := int(p[0]*mask.SampleRate), int(p[1]*mask.SampleRate)
		copy(out[a:b], x[a:b])
	}
	return out
}

// rooms that the gate is measured in: delay in samples (air, buffers of the sound card), the loudspeaker's gain, seconds to ring out.
var rooms = []struct {
	name       string
	delay      int
	gain, tail float64
}{{"small room, near loudspeaker", 480, 0.5, 0.2}, {"living room", 1440, 0.2, 0.35}, {"bare room, slow sound card", 3840, 0.2, 0.5},
	{"carpet, loud loudspeaker", 960, 1, 0.15}, {"stone floor, loudspeaker far away", 2400, 0.1, 0.6}}

// court is a long examination: questions with the pauses of speech, answers of the given lengths in between.
func court(seconds float64) []float64 {
	var spans [][2]float64
	for at := 0.5; at+2 < seconds; at += 2.2 {
		spans = append(spans, [2]float64{at, at + 0.7}, [2]float64{at + 0.85, at + 1.4})
	}
	return turns(speaker{110, 1, 0.6, 21}, seconds, spans...)
}

func TestTheCourtsVoiceDoesNotReturn(t *testing.T) {
	short := turns(speaker{110, 1, 0.6, 21}, 12, [2]float64{0.5, 3}, [2]float64{3.1, 4}, [2]float64{8, 8.3}, [2]float64{9.013, 11})
	for _, r := range rooms {
		for name, far := range map[string][]float64{"the first questions": short, "a long examination": court(40)} {
			t.Run(r.name+", "+name, func(t *testing.T) {
				echo := room(far, r.delay, r.gain, r.tail)
				g := NewGate()
				leak := decibels(gated(g, far, echo, 0)) - decibels(echo)
				t.Logf("leakage %.0f dB, %d stops heard", leak, g.ring.stops)
				if leak > -50 {
					t.Errorf("leakage %.1f dB, more than -50", leak)
				}
			})
		}
	}
}

// TestTheFirstSyllableOfAnAnswerPasses measures what an answer loses that begins when the court ends. Before the gate learnt the room it was
// 270, 170 and 70 ms for an answer 50, 150 and 250 ms after the court.
func TestTheFirstSyllableOfAnAnswerPasses(t *testing.T) {
	far := court(40)
	stop := 0
	for i := range far {
		far[i] *= 0.1
		if math.Abs(far[i]) > 1e-3 {
			stop = i
		}
	}
	for _, r := range rooms {
		for _, c := range []struct{ after, level, limit float64 }{{0.05, 0.02, 40}, {0.15, 0.02, 40}, {0.05, 0.004, 60}, {0.15, 0.004, 40}, {0.25, 0.004, 40}} {
			after := c.after
			g := NewGate()
			echo := room(far, r.delay, r.gain, r.tail)
			noise := rand.New(rand.NewPCG(3, 3))
			for i := range echo { // a quiet room: -66 dBFS
				echo[i] += 5e-4 * noise.NormFloat64()
			}
			begin := stop + int(after*mask.SampleRate)
			end := min(len(echo), begin+mask.SampleRate*6/10)
			word := speaker{210, 1.1, c.level, 5}.hold('ə', float64(end-begin)/mask.SampleRate)
			mic := make([]float64, len(echo))
			copy(mic, echo)
			for i, v := range word {
				mic[begin+i] += v
			}
			out := gated(g, far, mic, 0)
			late, lost := g.LatencySamples(), 0
			for i := begin; i < end && i+late < len(out) && math.Abs(out[i+late]) < 0.01*math.Abs(mic[i])+1e-9; i++ {
				lost++
			}
			ms := float64(lost) * 1000 / mask.SampleRate
			t.Logf("%s, an answer at %.0f dBFS %.0f ms after the court: %.0f ms lost", r.name, decibels(word), 1000*after, ms)
			if ms > c.limit {
				t.Errorf("%s, an answer %.0f ms after the court: %.0f ms lost, more than %.0f", r.name, 1000*after, ms, c.limit)
			}
		}
	}
}

func TestNearSpeechPassesWhenTheCourtIsSilent(t *testing.T) {
	far := turns(speaker{110, 1, 0.6, 21}, 8, [2]float64{0.5, 3})
	near := turns(speaker{200, 1.1, 0.5, 22}, 8, [2]float64{3.5, 7.5})
	echo := room(far, 960, 0.2, 0.3)
	mic := make([]float64, len(near))
	for i := range mic {
		mic[i] = near[i] + echo[i]
	}
	g := NewGate()
	out := gated(g, far, mic, 0)
	late := g.LatencySamples()
	from := int(3.5 * mask.SampleRate)
	for i := from; i+late < len(out); i++ {
		if math.Abs(out[i+late]-mic[i]) > 1e-6 {
			t.Fatalf("sample at %.3f s is changed, %.2f s after the court fell silent", float64(i)/mask.SampleRate, float64(i)/mask.SampleRate-3)
		}
	}
}

func TestTheCourtCanAlwaysSpeakOverTheWitness(t *testing.T) {
	far := turns(speaker{110, 1, 0.6, 21}, 6, [2]float64{3, 5})
	near := speaker{200, 1.1, 0.5, 22}.say(6)
	out := gated(NewGate(), far, near, 0)
	if before := decibels(out[1*mask.SampleRate : 2*mask.SampleRate]); before < -40 {
		t.Errorf("near speech at %.0f dB before the court speaks", before)
	}
	if during := decibels(out[int(3.1*mask.SampleRate):int(4.9*mask.SampleRate)]); during > -120 {
		t.Errorf("%.0f dB pass while the court speaks", during)
	}
}

func TestWithoutReportsThereIsNoFarEnd(t *testing.T) {
	near := speaker{200, 1.1, 0.5, 22}.say(4)
	if out := gated(NewGate(), near, near, 1); decibels(out) < decibels(near)-2 {
		t.Error("a gate that was never told of a far end is shut")
	}
}

func TestLostReportsOpenTheGateAfterTheHangover(t *testing.T) {
	far := turns(speaker{110, 1, 0.6, 21}, 6, [2]float64{0, 6})
	near := speaker{200, 1.1, 0.5, 22}.say(6)
	g := NewGate()
	gated(g, far, near[:2*mask.SampleRate], 0)
	last := noon.Add(2 * time.Second)
	if g.Open(last.Add(farLost + farHang - time.Millisecond)) {
		t.Error("open before the reports are overdue and the room has rung out")
	}
	if !g.Open(last.Add(farLost + farHang + time.Millisecond)) {
		t.Error("shut for ever once the reports are lost")
	}
}

func TestALevelThatIsNoNumberIsLoud(t *testing.T) {
	g := NewGate()
	g.Far(float32(math.NaN()), noon)
	if g.Open(noon.Add(time.Millisecond)) {
		t.Error("open on a report that is not a number")
	}
	g = NewGate()
	g.Far(float32(math.Inf(-1)), noon)
	if !g.Open(noon) {
		t.Error("shut on digital silence")
	}
}

func TestReportsMayComeFromAnotherGoroutine(t *testing.T) {
	g, done := NewGate(), make(chan struct{})
	go func() {
		defer close(done)
		for i := range 500 {
			g.Far(float32(-80+i%60), noon.Add(time.Duration(i)*40*time.Millisecond))
		}
	}()
	var raw mask.RawSound
	for i := range 1000 {
		raw.Captured = noon.Add(time.Duration(i) * 20 * time.Millisecond)
		g.Apply(&raw)
	}
	<-done
	if n := testing.AllocsPerRun(100, func() { g.Apply(&raw) }); n != 0 {
		t.Errorf("%v allocations in a block", n)
	}
}
