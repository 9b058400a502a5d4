package voice

import "math"

const (
	rate   = 16000
	hop    = 160 // 10 ms
	window = 400 // 25 ms: the envelope's frame
	fftLen = 512
	bins   = fftLen/2 + 1
	bands  = 32

	lowest  = 80.0   // Hz
	highest = 7400.0 // Hz

	pitchWindow = 512 // 32 ms: two periods of the deepest voices
	pitchFFT    = 1024
	lagLow      = rate / 400
	lagHigh     = rate / 62
)

// frame is all that is kept of 10 ms of the witness's sound. Nothing else reaches the synthesis.
type frame struct {
	band   [bands]float64 // log power in each mel band, nepers of power, noise taken off
	power  float64        // dB, of the whole frame
	noise  float64        // dB, of the noise below it
	voiced float64        // 0 (noise) to 1 (periodic)
}

// analyser turns sound into frames. It holds the last 32 ms of sound, no more.
type analyser struct {
	hist   [pitchWindow]float64
	shape  [window]float64
	filter [bands]filterBand
	fft    *fft
	spec   [fftLen]complex128
	pitch  *fft
	auto   [pitchFFT]complex128
	pitchW [pitchWindow]float64
	norm   [lagHigh + 1]float64
	high   [2]biquad
	floor  noiseFloor
	raw    [bands]float64
	binPow [bins]float64
	maxLow int
}

// filterBand is one triangle of the mel filter bank, its weights summing to one.
type filterBand struct {
	first  int
	weight []float64
}

func mel(f float64) float64   { return 2595 * math.Log10(1+f/700) }
func unmel(m float64) float64 { return 700 * (math.Pow(10, m/2595) - 1) }

// bandEdges are the bands+2 corner frequencies in Hz; band i rises from i, peaks at i+1 and ends at i+2.
func bandEdges() (e [bands + 2]float64) {
	for i := range e {
		e[i] = unmel(mel(lowest) + (mel(highest)-mel(lowest))*float64(i)/(bands+1))
	}
	return e
}

func hann(w []float64) {
	for i := range w {
		w[i] = 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(len(w)))
	}
}

func newAnalyser() *analyser {
	a := &analyser{fft: newFFT(fftLen), pitch: newFFT(pitchFFT)}
	hann(a.shape[:])
	hann(a.pitchW[:])
	edges := bandEdges()
	for i := range a.filter {
		a.filter[i] = triangle(edges[i], edges[i+1], edges[i+2])
	}
	for lag := range a.norm {
		for i := 0; i+lag < pitchWindow; i++ {
			a.norm[lag] += a.pitchW[i] * a.pitchW[i+lag]
		}
	}
	for lag := lagHigh; lag >= 0; lag-- {
		a.norm[lag] /= a.norm[0]
	}
	a.reset()
	return a
}

func (a *analyser) reset() {
	clear(a.hist[:])
	a.high = [2]biquad{highPass(70, 0.5412), highPass(70, 1.3066)} // Butterworth, fourth order: no DC, little hum
	a.floor.reset()
}

func triangle(left, mid, right float64) filterBand {
	var b filterBand
	sum := 0.0
	for k := range bins {
		f := float64(k) * rate / fftLen
		w := min((f-left)/(mid-left), (right-f)/(right-mid))
		if w <= 0 {
			continue
		}
		if b.weight == nil {
			b.first = k
		}
		b.weight = append(b.weight, w)
		sum += w
	}
	for i := range b.weight {
		b.weight[i] /= sum
	}
	return b
}

// next takes one hop of sound and describes the frame that ends with it.
func (a *analyser) next(in []float64, out *frame) {
	copy(a.hist[:], a.hist[hop:])
	fresh := a.hist[pitchWindow-hop:]
	for i, v := range in {
		fresh[i] = a.high[1].next(a.high[0].next(v))
	}
	a.envelope(out)
	out.voiced = a.periodicity()
}

// envelope measures the bands, and takes off the noise that is always there.
func (a *analyser) envelope(out *frame) {
	last := a.hist[pitchWindow-window:]
	for i, w := range a.shape {
		a.spec[i] = complex(last[i]*w, 0)
	}
	clear(a.spec[window:])
	a.fft.forward(a.spec[:])
	for k := range a.binPow {
		re, im := real(a.spec[k]), imag(a.spec[k])
		a.binPow[k] = re*re + im*im
	}
	power, noise := 0.0, 0.0
	for i, b := range a.filter {
		sum := 0.0
		for k, w := range b.weight {
			sum += w * a.binPow[b.first+k]
		}
		a.raw[i] = sum
	}
	a.floor.next(&a.raw)
	for i, p := range a.raw {
		n := a.floor.level[i]
		width := float64(len(a.filter[i].weight))
		power += p * width
		noise += n * width
		out.band[i] = math.Log(max(p-1.5*n, 0.05*p) + 1e-7)
	}
	const scale = 2.0 / (fftLen * window * 0.375) / 2 // to mean square: overlapping triangles count each bin about half a width
	out.power = 10 * math.Log10(power*scale+1e-10)
	out.noise = 10 * math.Log10(noise*scale+1e-10)
}

// periodicity is the highest normalised autocorrelation of the part below 1 kHz at any lag of a voice. The lag, which
// is the witness's pitch, is not kept.
func (a *analyser) periodicity() float64 {
	for i, w := range a.pitchW {
		a.auto[i] = complex(a.hist[i]*w, 0)
	}
	clear(a.auto[pitchWindow:])
	a.pitch.forward(a.auto[:])
	const low, top = 70 * pitchFFT / rate, 1000 * pitchFFT / rate
	inside, whole := 0.0, 1e-9
	for k := range pitchFFT/2 + 1 {
		p := real(a.auto[k])*real(a.auto[k]) + imag(a.auto[k])*imag(a.auto[k])
		whole += p
		if k < low || k > top {
			p = 0
		}
		inside += p
		a.auto[k] = complex(p, 0)
		if k > 0 && k < pitchFFT/2 {
			a.auto[pitchFFT-k] = complex(p, 0)
		}
	}
	if inside < 0.01*whole || inside < 1e-6 {
		return 0
	}
	a.pitch.inverseReal(a.auto[:])
	best, zero := 0.0, real(a.auto[0])
	for lag := lagLow; lag <= lagHigh; lag++ {
		best = max(best, real(a.auto[lag])/(zero*a.norm[lag]))
	}
	return best
}

// smoothStep rises from 0 to 1 while x does, without a corner.
func smoothStep(x float64) float64 {
	x = min(1, max(0, x))
	return x * x * (3 - 2*x)
}

// biquad is a second-order filter in transposed direct form II.
type biquad struct{ b0, b1, b2, a1, a2, s1, s2 float64 }

func highPass(f, q float64) biquad {
	w := 2 * math.Pi * f / rate
	c, alpha := math.Cos(w), math.Sin(w)/(2*q)
	a0 := 1 + alpha
	return biquad{b0: (1 + c) / 2 / a0, b1: -(1 + c) / a0, b2: (1 + c) / 2 / a0, a1: -2 * c / a0, a2: (1 - alpha) / a0}
}

func (f *biquad) next(x float64) float64 {
	y := f.b0*x + f.s1
	f.s1 = f.b1*x - f.a1*y + f.s2
	f.s2 = f.b2*x - f.a2*y
	return y
}

const (
	floorParts = 12 // of floorHops hops each: a window of 2.4 s, longer than a word without a breath
	floorHops  = 20
	floorStart = 1e-4 // about -75 dBFS in a band: a quiet room, until the window has filled
)

// noiseFloor follows the steady noise in each band: the least of the smoothed power over the last seconds (minimum statistics).
type noiseFloor struct {
	level  [bands]float64
	smooth [bands]float64
	part   [floorParts][bands]float64
	at     int
	hops   int
}

func (n *noiseFloor) reset() {
	*n = noiseFloor{}
	for p := range n.part {
		for i := range n.part[p] {
			n.part[p][i] = floorStart
		}
	}
}

func (n *noiseFloor) next(power *[bands]float64) {
	now := &n.part[n.at]
	for i, p := range power {
		n.smooth[i] += 0.25 * (p - n.smooth[i])
		if n.hops == 0 || n.smooth[i] < now[i] {
			now[i] = n.smooth[i]
		}
	}
	if n.hops++; n.hops == floorHops {
		n.hops, n.at = 0, (n.at+1)%floorParts
	}
	for i := range n.level {
		least := n.part[0][i]
		for p := 1; p < floorParts; p++ {
			least = min(least, n.part[p][i])
		}
		n.level[i] = least
	}
}
