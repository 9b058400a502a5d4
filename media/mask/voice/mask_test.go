package voice

import (
	"math"
	"slices"
	"testing"

	"parda/media/mask"
)

// pitchOf is the median pitch of x (48 kHz) in Hz, over frames that are clearly periodic, by autocorrelation from 65 to 400 Hz.
func pitchOf(x []float64) float64 {
	const n = 2400 // 50 ms
	var found []float64
	for at := 0; at+2*n <= len(x); at += 2 * n {
		if decibels(x[at:at+n]) < -40 {
			continue
		}
		best, lag := 0.0, 0
		zero := dot(x[at:at+n], x[at:at+n])
		for l := mask.SampleRate / 400; l <= mask.SampleRate/65; l += 2 {
			c := dot(x[at:at+n], x[at+l:at+l+n])/math.Sqrt(zero*dot(x[at+l:at+l+n], x[at+l:at+l+n])+1e-12) - 4e-4*float64(l)
			if c > best {
				best, lag = c, l
			}
		}
		if best > 0.5 {
			found = append(found, float64(mask.SampleRate)/float64(lag))
		}
	}
	if len(found) == 0 {
		return 0
	}
	slices.Sort(found)
	return found[len(found)/2]
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// regression is how much y changes for each unit of x, by least squares.
func regression(x, y []float64) float64 {
	var mx, my, xy, xx float64
	for i := range x {
		mx += x[i] / float64(len(x))
		my += y[i] / float64(len(y))
	}
	for i := range x {
		xy += (x[i] - mx) * (y[i] - my)
		xx += (x[i] - mx) * (x[i] - mx)
	}
	return xy / xx
}

func TestPitchOfTheWitnessIsGone(t *testing.T) {
	var in, out []float64
	m := newMask(t, 1)
	for i, hz := range []float64{85, 100, 120, 145, 170, 200, 235, 270} {
		x := speaker{hz, 1, 0.5, uint64(i)}.say(3)
		y := masked(t, m, x)
		in, out = append(in, pitchOf(x)), append(out, pitchOf(y))
	}
	if in[0] > 95 || in[7] < 250 {
		t.Fatalf("the test's own pitch is off: %.0f", in)
	}
	low, high := out[0], out[0]
	for _, p := range out {
		low, high = min(low, p), max(high, p)
	}
	if low < pitchLow*0.9 || high > pitchLow*pitchRange*1.1 || high > 1.12*low {
		t.Errorf("masked pitch %.1f Hz of %.0f Hz", out, in)
	}
	if c := regression(in, out); math.Abs(c) > 0.03 {
		t.Errorf("masked pitch follows the witness's by %.3f Hz a Hz: %.1f of %.0f", c, out, in)
	}
}

func TestNothingAbove8kHz(t *testing.T) {
	y := masked(t, newMask(t, 1), speaker{140, 1, 0.5, 9}.say(6))
	s := spectrum(y)
	if got := between(s, 8000, 24000) - between(s, 0, 8000); got > -60 {
		t.Errorf("above 8 kHz: %.0f dB of the rest", got)
	}
}

func TestNoDirectCurrentAndNoHum(t *testing.T) {
	x := speaker{140, 1, 0.3, 9}.say(8)
	for i := range x {
		x[i] += 0.2 + 0.1*math.Sin(2*math.Pi*50*float64(i)/mask.SampleRate)
	}
	s, y := spectrum(x), masked(t, newMask(t, 1), x)
	if got := between(s, 30, 70) - between(s, 200, 4000); got < -10 {
		t.Fatalf("the test's own hum is %.0f dB", got)
	}
	s = spectrum(y)
	if got := between(s, 0, 70) - between(s, 200, 4000); got > -38 {
		t.Errorf("below 70 Hz: %.0f dB of the voice", got)
	}
}

func TestSteadyNoiseIsGated(t *testing.T) {
	for name, in := range map[string][]float64{"50 Hz hum": tone(50, 0.3, 6), "fan at 300 Hz": tone(300, 0.02, 6)} {
		y := masked(t, newMask(t, 1), in)
		if got := decibels(y[4*mask.SampleRate:]); got > -50 {
			t.Errorf("%s: %.0f dBFS after 4 s", name, got)
		}
	}
}

func TestLoudAndQuietSpeakersComeOutAlike(t *testing.T) {
	var got []float64
	for _, level := range []float64{0.02, 0.1, 0.5} {
		y := masked(t, newMask(t, 1), speaker{140, 1, level, 9}.say(8))
		got = append(got, decibels(y[3*mask.SampleRate:]))
	}
	for _, v := range got {
		if math.Abs(v-got[1]) > 2.5 {
			t.Errorf("levels %.1f dBFS of speakers 28 dB apart", got)
		}
	}
}

func TestLongTermSpectrumOfSpeakersComesOutAlike(t *testing.T) {
	// One text by two voices whose vocal tracts differ by a quarter; the second also through a muffled microphone.
	a := speaker{110, 0.9, 0.5, 9}.say(12)
	b := speaker{210, 1.12, 0.5, 9}.say(12)
	last := 0.0
	for i, v := range b {
		last += 0.25 * (v - last)
		b[i] = last
	}
	before := distance(a, b)
	after := distance(masked(t, newMask(t, 1), a)[4*mask.SampleRate:], masked(t, newMask(t, 1), b)[4*mask.SampleRate:])
	if after > 0.45*before {
		t.Errorf("long-term spectra were %.1f dB apart and are %.1f dB", before, after)
	}
}

// distance is the mean difference, in dB, of two long-term spectra in twelve bands, levels apart.
func distance(a, b []float64) float64 {
	sa, sb := spectrum(a), spectrum(b)
	const n = 12
	var d [n]float64
	mean := 0.0
	for i := range d {
		low, high := unmel(mel(200)+float64(i)*150), unmel(mel(200)+float64(i+1)*150)
		d[i] = between(sa, low, high) - between(sb, low, high)
		mean += d[i] / n
	}
	sum := 0.0
	for _, v := range d {
		sum += math.Abs(v-mean) / n
	}
	return sum
}

func TestVowelsStayApart(t *testing.T) {
	// What words need: each vowel, after the mask, is nearer to its own kind than to the others, by another speaker.
	names := []rune("aəiou")
	learnt := map[byte]map[rune][]float64{}
	for n, s := range []speaker{{110, 0.95, 0.5, 9}, {200, 1.08, 0.5, 8}} {
		m := newMask(t, 1)
		masked(t, m, s.say(6))
		learnt[byte(n)] = map[rune][]float64{}
		for _, v := range names {
			y := masked(t, m, s.hold(v, 0.3))
			learnt[byte(n)][v] = profile(y[4800:])
			masked(t, m, s.say(1))
		}
	}
	for _, v := range names {
		best, who := math.Inf(1), ' '
		for _, w := range names {
			d := 0.0
			for i, p := range learnt[0][v] {
				d += (p - learnt[1][w][i]) * (p - learnt[1][w][i])
			}
			if d < best {
				best, who = d, w
			}
		}
		if who != v {
			t.Errorf("masked %c is nearest to %c", v, who)
		}
	}
}

// hold is one vowel, held.
func (s speaker) hold(name rune, seconds float64) []float64 {
	var f [3]resonator
	for i := range f {
		f[i] = newResonator(vowels[name][i]*s.tract, 60+40*float64(i))
	}
	out, phase := make([]float64, int(seconds*mask.SampleRate)), 0.0
	for i := range out {
		phase += s.pitch / mask.SampleRate
		x := 0.0
		if phase >= 1 {
			phase--
			x = 30
		}
		for k := range f {
			out[i] += f[k].next(x) / float64(k+1) * s.level
		}
	}
	return out
}

// profile is the shape of a spectrum in sixteen bands, in dB about its mean.
func profile(x []float64) []float64 {
	s, p, mean := spectrum(x), make([]float64, 16), 0.0
	for i := range p {
		p[i] = max(between(s, unmel(mel(150)+float64(i)*140), unmel(mel(150)+float64(i+1)*140)), -40)
		mean += p[i] / 16
	}
	for i := range p {
		p[i] -= mean
	}
	return p
}

func TestTheOpeningIsNormalisedToo(t *testing.T) {
	// The same words, once through a microphone that takes the highs away: in the first second too, less of it is to be heard.
	a := speaker{130, 1, 0.5, 9}.say(1.2)
	b, last := make([]float64, len(a)), 0.0
	for i, v := range a {
		last += 0.15 * (v - last)
		b[i] = last
	}
	before, after := distance(a, b), distance(masked(t, newMask(t, 1), a), masked(t, newMask(t, 1), b))
	if after > 0.6*before {
		t.Errorf("long-term spectra of the first second were %.1f dB apart and are %.1f dB", before, after)
	}
}

func TestTargetIsWhole(t *testing.T) {
	want := 4 * (2*order + tractMix*(1+2*tractDim) + fineMix*(1+2*fineDim) + fineMix*fineDim*voices)
	if len(targetFile) != want {
		t.Fatalf("target.bin has %d bytes, want %d", len(targetFile), want)
	}
	for _, m := range []mixture{neutral.tract, neutral.fine} {
		for i, v := range m.inverse {
			if !(v > 0 && v < 1e3) {
				t.Fatalf("inverse variance %d is %v", i, v)
			}
		}
	}
	for i, v := range neutral.fine.load { // a speaker of spread one moves no sound by more than a few of its own spreads
		if !(math.Abs(float64(v)) < 4) {
			t.Fatalf("loading %d is %v", i, v)
		}
	}
}

func TestVocalTractIsFound(t *testing.T) {
	short, long := newMask(t, 1), newMask(t, 1)
	masked(t, short, speaker{200, 1.15, 0.5, 4}.say(10))
	masked(t, long, speaker{110, 0.88, 0.5, 4}.say(10))
	if s, l := short.voc.norm.tract.length, long.voc.norm.tract.length; s < l+0.08 {
		t.Errorf("a tract of 1/1.15 is heard as %.2f, one of 1/0.88 as %.2f", math.Exp(s), math.Exp(l))
	}
}
