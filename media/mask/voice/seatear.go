package voice

import "math"

// What the seat hears of 10 ms: no sound, only measures of it.
const (
	seatBands  = 24
	seatCeps   = 12
	seatWindow = 512  // 32 ms
	pitchSpan  = 640  // 40 ms
	pitchSize  = 2048 // of the transform, so that lags do not wrap and peaks are 7.8 Hz apart
	fallHops   = 4
	fallBands  = 6
	floorSpan  = 30 // hops in a part of the noise floor's memory
	floorMemo  = 40 // parts: 12 s, so that a song is no noise
)

// heardFrame is 10 ms as the seat hears them.
type heardFrame struct {
	power  float64 // dBFS
	floor  float64 // dBFS, of the steady noise
	active bool    // stands out of the noise
	cep    [seatCeps]float64
	pitch  float64 // octaves above 55 Hz; of voiced frames
	voiced float64 // 0..1, the normalised autocorrelation at the pitch
	tonal  float64 // share of the power that lies in three lines
	line   int     // the strongest line, in bins of 7.8 Hz
	fall   float64 // dB by which the bands fell in 40 ms, on average: reverberation cannot fall fast
}

// seatEar measures frames. Of the sound it holds the last 40 ms.
type seatEar struct {
	hist   [pitchSpan]float64
	high   [2]biquad
	shape  [seatWindow]float64
	wide   [pitchSpan]float64
	norm   [lagHigh + 2]float64
	filter [seatBands]filterBand
	dct    [seatCeps][seatBands]float64
	fft    *fft
	long   *fft
	spec   [seatWindow]complex128
	auto   [pitchSize]complex128
	line   [pitchSize/2 + 1]float64
	pow    [seatWindow/2 + 1]float64
	log    [seatBands]float64
	past   [fallHops][fallBands]float64
	least  [floorMemo]float64
	smooth float64
	part   int
	hops   int
}

func newSeatEar() *seatEar {
	e := &seatEar{fft: newFFT(seatWindow), long: newFFT(pitchSize)}
	hann(e.shape[:])
	hann(e.wide[:])
	for lag := range e.norm {
		for i := 0; i+lag < pitchSpan; i++ {
			e.norm[lag] += e.wide[i] * e.wide[i+lag]
		}
	}
	for lag := lagHigh + 1; lag >= 0; lag-- {
		e.norm[lag] /= e.norm[0]
	}
	var edge [seatBands + 2]float64
	for i := range edge {
		edge[i] = unmel(mel(100) + (mel(7200)-mel(100))*float64(i)/(seatBands+1))
	}
	for i := range e.filter {
		e.filter[i] = triangle(edge[i], edge[i+1], edge[i+2])
	}
	for k := range e.dct {
		for i := range e.dct[k] {
			e.dct[k][i] = math.Sqrt(2.0/seatBands) * math.Cos(math.Pi*float64(k+1)*(float64(i)+0.5)/seatBands)
		}
	}
	e.reset()
	return e
}

func (e *seatEar) reset() {
	clear(e.hist[:])
	clear(e.spec[:])
	clear(e.auto[:])
	clear(e.line[:])
	clear(e.pow[:])
	clear(e.log[:])
	e.high = [2]biquad{highPass(70, 0.5412), highPass(70, 1.3066)}
	e.past = [fallHops][fallBands]float64{}
	for i := range e.least {
		e.least[i] = -70
	}
	e.smooth, e.part, e.hops = -70, 0, 0
}

// next takes one hop of sound at 16 kHz and describes the frame that ends with it.
func (e *seatEar) next(in []float64, out *heardFrame) {
	copy(e.hist[:], e.hist[hop:])
	fresh := e.hist[pitchSpan-hop:]
	for i, v := range in {
		fresh[i] = e.high[1].next(e.high[0].next(v))
	}
	e.bands(out)
	e.floorOf(out)
	e.falls(out)
	e.pitched(out)
}

func (e *seatEar) bands(out *heardFrame) {
	last := e.hist[pitchSpan-seatWindow:]
	for i, w := range e.shape {
		e.spec[i] = complex(last[i]*w, 0)
	}
	e.fft.forward(e.spec[:])
	whole := 0.0
	for k := range e.pow {
		re, im := real(e.spec[k]), imag(e.spec[k])
		e.pow[k] = re*re + im*im
		whole += e.pow[k]
	}
	out.power = 10 * math.Log10(whole*2/(seatWindow*seatWindow*0.375)+1e-10)
	for i, b := range e.filter {
		sum := 0.0
		for k, w := range b.weight {
			sum += w * e.pow[b.first+k]
		}
		e.log[i] = math.Log(sum + 1e-6)
	}
	for k := range out.cep {
		sum := 0.0
		for i, l := range e.log {
			sum += e.dct[k][i] * l
		}
		out.cep[k] = sum
	}
}

// floorOf follows the least of the smoothed power of the last twelve seconds.
func (e *seatEar) floorOf(out *heardFrame) {
	e.smooth += 0.25 * (out.power - e.smooth)
	e.least[e.part] = min(e.least[e.part], e.smooth)
	if e.hops++; e.hops == floorSpan {
		e.hops, e.part = 0, (e.part+1)%floorMemo
		e.least[e.part] = e.smooth
	}
	low := e.least[0]
	for _, v := range e.least {
		low = min(low, v)
	}
	out.floor = max(-85, low+3) // the least lies under the mean
	out.active = out.power > out.floor+9 && out.power > -70
}

func (e *seatEar) falls(out *heardFrame) {
	const each = seatBands / fallBands
	sum, n := 0.0, 0.0
	for b := range fallBands {
		now := 0.0
		for _, l := range e.log[b*each : (b+1)*each] {
			now += l * 10 / math.Ln10 / each
		}
		sum += max(-20, min(20, e.past[0][b]-now))
		n++
		for k := range fallHops - 1 {
			e.past[k][b] = e.past[k+1][b]
		}
		e.past[fallHops-1][b] = now
	}
	out.fall = sum / n
}

// pitched finds the pitch, and the lines of a tone, from one transform.
func (e *seatEar) pitched(out *heardFrame) {
	for i, w := range e.wide {
		e.auto[i] = complex(e.hist[i]*w, 0)
	}
	clear(e.auto[pitchSpan:])
	e.long.forward(e.auto[:])
	whole := 1e-12
	const low, top = 70 * pitchSize / rate, 1200 * pitchSize / rate
	for k := range e.line {
		p := real(e.auto[k])*real(e.auto[k]) + imag(e.auto[k])*imag(e.auto[k])
		e.line[k] = p
		whole += p
		if k < low || k > top {
			p = 0
		}
		e.auto[k] = complex(p, 0)
		if k > 0 && k < pitchSize/2 {
			e.auto[pitchSize-k] = complex(p, 0)
		}
	}
	e.lines(out, whole)
	e.long.inverseReal(e.auto[:])
	zero := real(e.auto[0])
	out.voiced, out.pitch = 0, 0
	if zero < 1e-9 {
		return
	}
	best, at := 0.0, 0
	for lag := lagLow; lag <= lagHigh; lag++ { // a longer lag must be clearly better, or a pitch is heard an octave too low
		if c := real(e.auto[lag])/(zero*e.norm[lag]) - 0.0004*float64(lag); c > best {
			best, at = c, lag
		}
	}
	if at > 0 {
		out.voiced, out.pitch = min(1, best), math.Log2(float64(rate)/float64(at)/55)
	}
}

// lines takes the three strongest lines, each with what its window spreads.
func (e *seatEar) lines(out *heardFrame, whole float64) {
	const spread = 7 // bins to each side: the main lobe of 40 ms
	got := 0.0
	for n := range 3 {
		top := 0
		for k, p := range e.line {
			if p > e.line[top] {
				top = k
			}
		}
		if n == 0 {
			out.line = top
		}
		for k := max(0, top-spread); k <= min(pitchSize/2, top+spread); k++ {
			got += e.line[k]
			e.line[k] = 0
		}
	}
	out.tonal = got / whole
}
