package voice

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"parda/media/mask"
)

// seatRun is a seat that time passes for.
type seatRun struct {
	gate *Gate
	seat *Seat
	now  time.Time
}

func newSeatRun() *seatRun {
	g := NewGate()
	return &seatRun{gate: g, seat: NewSeat(g), now: noon}
}

// hear lets sound at 48 kHz through the seat, in a quiet room, and says of each block why it is silence, what came out, and which blocks had sound.
func (r *seatRun) hear(x []float64) (why []SeatNotice, out []float64, loud []bool) {
	noise := rand.New(rand.NewPCG(77, 1))
	var raw mask.RawSound
	const pause = 30 // blocks, after it: the next sound is another
	for b := range len(x)/mask.BlockSamples + gateLatency + pause {
		sum := 0.0
		for i := range raw.Samples {
			v := 0.0
			if at := b*mask.BlockSamples + i; at < len(x) {
				v = x[at]
			}
			sum += v * v
			raw.Samples[i] = float32(v + 2e-4*noise.NormFloat64())
		}
		r.now = r.now.Add(20 * time.Millisecond)
		raw.Captured = r.now
		why = append(why, r.seat.Apply(&raw))
		loud = append(loud, sum > 1e-6*mask.BlockSamples)
		for _, v := range raw.Samples {
			out = append(out, float64(v))
		}
	}
	n := len(x) / mask.BlockSamples
	return why[gateLatency : gateLatency+n], out[gateLatency*mask.BlockSamples:], loud[:n]
}

// silenced is the share of the blocks with sound, from the given second on, that were made silence, and the notice that came most.
func silenced(why []SeatNotice, loud []bool, from float64) (float64, SeatNotice) {
	all, shut, which := 0.0, 0.0, [3]int{}
	for b := int(from * 50); b < len(why); b++ {
		if loud[b] {
			all++
			if why[b] != SeatClear {
				shut++
				which[why[b]]++
			}
		}
	}
	most := SeatClear
	for n, c := range which {
		if c > which[most] {
			most = SeatNotice(n)
		}
	}
	return shut / max(1, all), most
}

// her is the witness of these tests. Her vowels come from one synthetic throat, near the microphone.
func her(level float64, seed uint64) speaker { return speaker{210, 1.12, level, seed} }

// rehearsed is a seat that has heard her for 13 s.
func rehearsed() *seatRun {
	r := newSeatRun()
	r.seat.Rehearse(true)
	r.hear(her(0.4, 31).say(13))
	r.seat.Rehearse(false)
	return r
}

// scaled brings x to the given level in dB about that of her own voice in the rehearsal.
func scaled(x []float64, db float64) []float64 {
	gain := math.Pow(10, (decibels(her(0.4, 31).say(5))+db-decibels(x))/20)
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v * gain
	}
	return out
}

// hall is x from the loudspeaker of a station hall: little direct sound and a long dense tail.
func hall(x []float64, seconds float64) []float64 {
	r, out := rand.New(rand.NewPCG(8, 9)), make([]float64, len(x))
	for range 700 {
		at := r.Float64() * seconds
		g, shift := (2*r.Float64()-1)*math.Pow(10, -3*at/seconds), int(at*mask.SampleRate)
		for i := shift; i < len(out); i++ {
			out[i] += g * x[i-shift]
		}
	}
	return out
}

// bell is an electronic telephone: two notes that change 16 times a second.
func bell(seconds float64) []float64 {
	x, phase := make([]float64, int(seconds*mask.SampleRate)), 0.0
	for i := range x {
		hz := 1000.0
		if i*16/mask.SampleRate%2 == 1 {
			hz = 1250
		}
		phase += 2 * math.Pi * hz / mask.SampleRate
		x[i] = 0.2*math.Sin(phase) + 0.05*math.Sin(3*phase)
	}
	return x
}

// keys are strokes on a keyboard.
func keys(seconds float64) []float64 {
	x, r := make([]float64, int(seconds*mask.SampleRate)), rand.New(rand.NewPCG(4, 4))
	for at := 0.1; at < seconds-0.1; at += 0.1 + 0.2*r.Float64() {
		for i := range 600 {
			x[int(at*mask.SampleRate)+i] = 0.1 * r.NormFloat64() * math.Exp(-float64(i)/120)
		}
	}
	return x
}

// song is one long vowel whose pitch glides and trembles.
func song(seconds float64) []float64 {
	var f [3]resonator
	for i := range f {
		f[i] = newResonator(vowels['a'][i], 80)
	}
	out, phase := make([]float64, int(seconds*mask.SampleRate)), 0.0
	for i := range out {
		t := float64(i) / mask.SampleRate
		phase += (190 + 30*math.Sin(0.9*t) + 3*math.Sin(2*math.Pi*5.5*t)) / mask.SampleRate
		x := 0.0
		if phase >= 1 {
			phase--
			x = 30
		}
		for k := range f {
			out[i] += f[k].next(x) / float64(k+1)
		}
	}
	return out
}

func TestWhatIsNotHersBecomesSilence(t *testing.T) {
	man := speaker{115, 0.88, 0.4, 41}.say(6)
	beside := room(man, 300, 0.5, 0.5)
	for _, c := range []struct {
		name  string
		x     []float64
		from  float64 // seconds after which it must have been told
		least float64
		code  string
	}{
		{"a man beside her, 10 dB weaker", scaled(beside, -10), 1, 0.8, "far_voice"},
		{"a man beside her, 18 dB weaker", scaled(beside, -18), 1, 0.8, "far_voice"},
		{"a telephone", scaled(bell(4), -10), 0.5, 0.9, "not_speech"},
		{"an announcement in a hall", scaled(hall(man, 2.5), -12), 1, 0.9, "not_speech"},
		{"a call to prayer", scaled(hall(song(6), 3), -10), 1, 0.9, "not_speech"},
		{"typing", scaled(keys(6), -20), 0, 0.5, "not_speech"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rehearsed()
			why, out, loud := r.hear(c.x)
			share, most := silenced(why, loud, c.from)
			t.Logf("%.0f %% silenced after %g s, mostly %q, energy %.1f dB", 100*share, c.from, most, decibels(out)-decibels(c.x))
			if share < c.least || most.String() != c.code {
				t.Errorf("%.0f %% of its blocks were silenced as %q, want %.0f %% as %q", 100*share, most, 100*c.least, c.code)
			}
		})
	}
}

func TestHerOwnVoiceIsNeverChopped(t *testing.T) {
	for _, c := range []struct {
		name string
		x    []float64
	}{
		{"as in the rehearsal", her(0.4, 51).say(12)},
		{"softly", scaled(her(0.4, 52).say(8), -13)},
		{"one soft word", scaled(her(0.4, 53).say(0.5), -16)},
		{"loud", scaled(her(0.4, 54).say(8), 9)},
	} {
		t.Run(c.name, func(t *testing.T) {
			why, _, loud := rehearsed().hear(c.x)
			if share, most := silenced(why, loud, 0); share > 0.01 {
				t.Errorf("%.1f %% of her own blocks were silenced, mostly as %q", 100*share, most)
			}
		})
	}
}

func TestHerSoftAnswerAfterAPrompterPasses(t *testing.T) {
	r := rehearsed()
	r.hear(scaled(room(speaker{115, 0.88, 0.4, 41}.say(4), 300, 0.5, 0.5), -14))
	why, _, loud := r.hear(scaled(her(0.4, 53).say(0.6), -12))
	if share, most := silenced(why, loud, 0); share > 0.1 {
		t.Errorf("%.0f %% of her answer was silenced as %q", 100*share, most)
	}
}

func TestAnUnknownSeatLetsVoicesPass(t *testing.T) {
	r := newSeatRun()
	if r.seat.Ready() {
		t.Error("ready before anything was learnt")
	}
	why, _, loud := r.hear(speaker{115, 0.88, 0.2, 41}.say(8))
	if share, _ := silenced(why, loud, 0); share > 0 {
		t.Errorf("%.0f %% silenced though nobody is known", 100*share)
	}
}

func TestEverythingLearntIsForgotten(t *testing.T) {
	r := rehearsed()
	if !r.seat.Ready() {
		t.Fatal("not ready after 13 s of speech")
	}
	r.seat.Forget()
	fresh := NewSeat(NewGate())
	if r.seat.known != fresh.known || r.seat.now != fresh.now || r.seat.ear.hist != fresh.ear.hist || r.seat.in != fresh.in || r.seat.down.hist != fresh.down.hist {
		t.Error("something of her is still there")
	}
	if r.seat.Ready() || r.seat.Notice() != SeatClear {
		t.Error("ready, or a notice, after Forget")
	}
}

func TestTheCourtsVoiceIsNotLearnt(t *testing.T) {
	r := newSeatRun()
	r.seat.Rehearse(true)
	var raw mask.RawSound
	x := speaker{115, 0.88, 0.2, 41}.say(12)
	for at := 0; at+mask.BlockSamples <= len(x); at += mask.BlockSamples {
		for i := range raw.Samples {
			raw.Samples[i] = float32(x[at+i])
		}
		r.now = r.now.Add(20 * time.Millisecond)
		raw.Captured = r.now
		r.gate.Far(-20, r.now)
		r.seat.Apply(&raw)
	}
	if r.seat.known.frames > 0 {
		t.Errorf("%.0f frames of the loudspeaker were learnt", r.seat.known.frames)
	}
}

func TestTheNoticeStaysForASecond(t *testing.T) {
	r := rehearsed()
	r.hear(scaled(bell(2), -10)) // and 0.6 s of quiet after it
	if r.seat.Notice() != SeatNotSpeech {
		t.Error("no notice 0.6 s after a telephone")
	}
	r.hear(make([]float64, 2*mask.SampleRate))
	if r.seat.Notice() != SeatClear {
		t.Error("the notice is still up seconds later")
	}
}

func TestNoAllocationInTheSeat(t *testing.T) {
	r := rehearsed()
	x, at := her(0.4, 61).say(3), 0
	var raw mask.RawSound
	if n := testing.AllocsPerRun(100, func() {
		for i := range raw.Samples {
			raw.Samples[i] = float32(x[at+i])
		}
		at += mask.BlockSamples
		r.now = r.now.Add(20 * time.Millisecond)
		raw.Captured = r.now
		r.seat.Apply(&raw)
	}); n != 0 {
		t.Errorf("%v allocations in a block", n)
	}
}

func TestCodesOfTheSeat(t *testing.T) {
	if got := fmt.Sprintf("%v,%v,%v,%v", SeatClear, SeatFarVoice, SeatNotSpeech, SeatNotice(9)); got != ",far_voice,not_speech," {
		t.Errorf("codes %q", got)
	}
}

func FuzzSeat(f *testing.F) {
	f.Add([]byte{0}, true)
	f.Add([]byte{255, 127, 192, 255}, false)
	f.Add([]byte("bəli, yox"), true)
	f.Fuzz(func(t *testing.T, data []byte, rehearse bool) {
		if len(data) < 4 {
			return
		}
		r := newSeatRun()
		r.seat.Rehearse(rehearse)
		var raw mask.RawSound
		for b := range 12 {
			for i := range raw.Samples {
				raw.Samples[i] = math.Float32frombits(binary.LittleEndian.Uint32([]byte{data[(i+b)%len(data)], data[(i+1)%len(data)], data[(i/2)%len(data)], data[(i*7+b)%len(data)]}))
			}
			r.now = r.now.Add(20 * time.Millisecond)
			raw.Captured = r.now
			r.seat.Apply(&raw)
			for _, v := range raw.Samples {
				if v != v {
					t.Fatal("a sample that is not a number passed")
				}
			}
		}
		if why, _, loud := r.hear(her(0.4, 3).say(1)); len(why) == 0 || len(loud) == 0 {
			t.Fatal("nothing heard after it")
		}
		for _, v := range r.seat.known.mean {
			if v-v != 0 {
				t.Fatal("what is known of her is no number")
			}
		}
	})
}

func BenchmarkSeat(b *testing.B) {
	r, in := rehearsed(), her(0.4, 61).say(4)
	var raw mask.RawSound
	at := 0
	for b.Loop() {
		for i := range raw.Samples {
			raw.Samples[i] = float32(in[at+i])
		}
		if at += mask.BlockSamples; at+mask.BlockSamples > len(in) {
			at = 0
		}
		r.now = r.now.Add(20 * time.Millisecond)
		raw.Captured = r.now
		r.seat.Apply(&raw)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/2e7*100, "%-of-real-time")
}
