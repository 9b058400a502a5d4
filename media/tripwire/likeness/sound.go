// Package likeness tells a masked voice from one that is not. It is the audio tripwire's ear: it takes the sound that a listener of the court would
// hear, decoded, and says after each 100 ms of speech how likely it is that the mask did not make it.
//
// What it knows of the mask is public: its voice has one pitch for a whole hearing, between 98 and 145 Hz, which wanders by a few per cent; its pulses all point
// the same way and are alike before and after their peak, because the filter that shapes them has no phase; nothing of it lies above 7.4 kHz. No
// throat does any of that. The measures below say how far a sound is from it, and weights that were fitted on other people's speech, masked and not
// (weigh_test.go), make one number of them.
//
// What lives here: measures, weights, the running decision. What does not: decoding, pipes, processes, who speaks.
package likeness

import "math"

// Rate is the sampling rate of the sound that is heard, in Hz, and FrameSamples a frame of 20 ms.
const (
	Rate         = 16000
	FrameSamples = Rate / 50
)

const (
	window   = 2 * FrameSamples // 40 ms: at least three periods of the deepest voice that matters
	fftSize  = 1024
	bands    = 24
	cepstra  = 12
	shortest = Rate / 420 // periods that are looked for, in samples
	longest  = Rate / 62
	quiet    = 1e-5 // mean square (-50 dBFS) under which a frame says nothing
	below    = 1e-3 // and how far below the loudest of late a frame may be
)

// frame is what is measured of 40 ms of sound.
type frame struct {
	pitch    float64 // octaves above 110 Hz; of a voiced frame
	periodic float64 // normalised autocorrelation at the period, 0 to 1
	skew     float64 // third moment of the waveform, normalised
	slope    float64 // and of its slope: the asymmetry in time of what opens slowly and shuts fast
	peak     float64 // logarithm of the crest factor
	over     float64 // log energy above 7.4 kHz, about that of 5 to 7 kHz
	under    float64 // log energy below 90 Hz, about that of 90 to 400 Hz
	cep      [cepstra]float64
}

// meter measures frames. It allocates nothing after newMeter.
type meter struct {
	past   [window]float64
	taper  [window]float64
	re, im [fftSize]float64
	cos    [fftSize / 2]float64
	sin    [fftSize / 2]float64
	edges  [bands + 2]int
	dct    [cepstra][bands]float64
	loud   float64 // mean square of the loudest frame of late
}

func newMeter() *meter {
	m := &meter{}
	for i := range m.taper {
		m.taper[i] = .5 - .5*math.Cos(2*math.Pi*(float64(i)+.5)/window)
	}
	for i := range m.cos {
		m.sin[i], m.cos[i] = math.Sincos(-2 * math.Pi * float64(i) / fftSize)
	}
	mel := func(f float64) float64 { return 1127 * math.Log(1+f/700) }
	for i := range m.edges {
		f := 700 * (math.Exp((mel(80)+(mel(7300)-mel(80))*float64(i)/(bands+1))/1127) - 1)
		m.edges[i] = int(f * fftSize / Rate)
	}
	for k := range m.dct {
		for b := range m.dct[k] {
			m.dct[k][b] = math.Sqrt(2./bands) * math.Cos(math.Pi*float64(k+1)*(float64(b)+.5)/bands)
		}
	}
	return m
}

// take adds 20 ms of sound and measures the last 40; false where they are too quiet to say anything.
func (m *meter) take(pcm []int16, f *frame) bool {
	copy(m.past[:], m.past[FrameSamples:])
	fresh := m.past[window-FrameSamples:]
	clear(fresh)
	for i := range min(len(pcm), FrameSamples) {
		fresh[i] = float64(pcm[i]) / 32768
	}
	energy := 0.0
	for _, v := range m.past {
		energy += v * v
	}
	energy /= window
	m.loud = max(energy, m.loud*.998) // half of it is forgotten in 7 s
	if energy < quiet || energy < below*m.loud {
		return false
	}
	*f = frame{}
	m.shape(f)
	m.spectrum(f)
	m.period(f)
	return true
}

// shape takes the moments of the waveform: of the sound below about 2 kHz, so that hiss does not hide it.
func (m *meter) shape(f *frame) {
	var low, was, two, three, slope2, slope3, top float64
	for i, v := range m.past {
		low += .45 * (v - low)
		d := low - was
		was = low
		if i == 0 {
			continue
		}
		two, three = two+low*low, three+low*low*low
		slope2, slope3 = slope2+d*d, slope3+d*d*d
		top = max(top, math.Abs(low))
	}
	n := float64(window - 1)
	if two > 0 && slope2 > 0 {
		f.skew = three / n / math.Pow(two/n, 1.5)
		f.slope = slope3 / n / math.Pow(slope2/n, 1.5)
		f.peak = math.Log(top / math.Sqrt(two/n))
	}
}

// spectrum takes the bands' cepstra and the edges of what the mask lets through. It leaves the power spectrum in re, for period.
func (m *meter) spectrum(f *frame) {
	clear(m.re[:])
	clear(m.im[:])
	for i, v := range m.past {
		m.re[i] = v * m.taper[i]
	}
	m.transform()
	for k := range m.re {
		m.re[k], m.im[k] = m.re[k]*m.re[k]+m.im[k]*m.im[k], 0
	}
	var band [bands]float64
	for b := range band {
		from, mid, to := m.edges[b], m.edges[b+1], max(m.edges[b+2], m.edges[b+1]+1)
		sum := 1e-9
		for k := from; k < to; k++ {
			w := 1 - math.Abs(float64(k-mid))/float64(max(mid-from, to-mid, 1))
			sum += m.re[k] * max(w, .1)
		}
		band[b] = math.Log(sum)
	}
	for k := range f.cep {
		for b, v := range band {
			f.cep[k] += m.dct[k][b] * v
		}
	}
	f.over = math.Log((m.sum(7500, 7900) + 1e-9) / (m.sum(5000, 7000) + 1e-9))
	f.under = math.Log((m.sum(30, 90) + 1e-9) / (m.sum(90, 400) + 1e-9))
}

func (m *meter) sum(from, to int) (s float64) {
	for k := from * fftSize / Rate; k < to*fftSize/Rate; k++ {
		s += m.re[k]
	}
	return s / float64(to-from)
}

// period finds the pitch: the highest peak of the autocorrelation, which is the transform of the power spectrum, over that of the window.
func (m *meter) period(f *frame) {
	for k := range m.re { // what lies above 1.5 kHz says little of the pitch
		if g := float64(min(k, fftSize-k)) * Rate / fftSize; g > 1500 || g < 60 {
			m.re[k] = 0
		}
	}
	m.transform()
	best, at := 0.0, 0
	for lag := shortest; lag <= longest; lag++ {
		overlap := 1 - float64(lag)/window // of two windows that are lag apart, roughly
		if v := m.re[lag] / max(m.re[0], 1e-12) / (overlap * overlap); v > best*1.02 && m.re[lag] >= m.re[lag-1] && m.re[lag] >= m.re[lag+1] {
			best, at = v, lag
		}
	}
	if at == 0 {
		return
	}
	l, c, r := m.re[at-1], m.re[at], m.re[at+1]
	lag := float64(at)
	if d := l - 2*c + r; d < 0 {
		lag += .5 * (l - r) / d
	}
	f.periodic = min(1, best)
	f.pitch = math.Log2(Rate / lag / 110)
}

// transform is an in-place radix-2 transform of re and im.
func (m *meter) transform() {
	for i, j := 1, 0; i < fftSize; i++ {
		bit := fftSize >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j |= bit
		if i < j {
			m.re[i], m.re[j] = m.re[j], m.re[i]
			m.im[i], m.im[j] = m.im[j], m.im[i]
		}
	}
	for size := 2; size <= fftSize; size *= 2 {
		half, step := size/2, fftSize/size
		for start := 0; start < fftSize; start += size {
			for k := range half {
				c, s := m.cos[k*step], m.sin[k*step]
				i, j := start+k, start+k+half
				re, im := m.re[j]*c-m.im[j]*s, m.re[j]*s+m.im[j]*c
				m.re[j], m.im[j] = m.re[i]-re, m.im[i]-im
				m.re[i], m.im[i] = m.re[i]+re, m.im[i]+im
			}
		}
	}
}
