package voice

import (
	"math"
	"math/rand/v2"
)

const synthWindow = 320 // 20 ms, half overlapped

// synthesiser makes sound of frames: pulses at the session's own pitch and noise, shaped by the envelope. It never sees a sample of the witness.
type synthesiser struct {
	s      *session
	at     [bins]place
	source [bands]place
	tilt   [bands]float64
	shape  [synthWindow]float64
	fft    *fft
	spec   [fftLen]complex128
	pulse  [synthWindow]float64
	hiss   [synthWindow]float64
	tail   [synthWindow]float64
	high   [2]biquad
	warped [bands]float64
	amp    [bins]float64
	split  [bins]float64
	phase  float64
	bend   float64
	noise  *rand.Rand
	drift  *rand.Rand
}

// place is a point between two neighbours of a table: (1-part)*t[left] + part*t[left+1].
type place struct {
	left int
	part float64
}

func (p place) of(t *[bands]float64) float64 { return t[p.left] + p.part*(t[p.left+1]-t[p.left]) }

func placeAt(x float64) place {
	x = min(bands-1, max(0, x))
	left := min(bands-2, int(x))
	return place{left, x - float64(left)}
}

func newSynthesiser(s *session) *synthesiser {
	y := &synthesiser{s: s, fft: newFFT(fftLen)}
	hann(y.shape[:])
	for i := range y.shape {
		y.shape[i] = math.Sqrt(y.shape[i])
	}
	step := (mel(highest) - mel(lowest)) / (bands + 1)
	for k := range y.at {
		f := float64(k) * rate / fftLen
		y.at[k] = placeAt((mel(f)-mel(lowest))/step - 1)
		y.split[k] = 1 - 0.75*smoothStep((f-1500)/5000) // the higher, the more breath in a voiced sound
	}
	for i := range y.source {
		u := float64(i) / (bands - 1)
		y.source[i] = placeAt((bands - 1) * (u*s.warp + s.bend[0]*math.Sin(2*math.Pi*u) + s.bend[1]*math.Sin(math.Pi*u)))
		for k, t := range s.tilt {
			y.tilt[i] += t * math.Cos(math.Pi*float64(k+1)*u)
		}
	}
	y.reset()
	return y
}

func (y *synthesiser) reset() {
	clear(y.pulse[:])
	clear(y.hiss[:])
	clear(y.tail[:])
	y.high = [2]biquad{highPass(70, 0.5412), highPass(70, 1.3066)} // what frames that change leave below the deepest pitch
	y.s.noise.Seed(y.s.key[0])
	y.s.drift.Seed(y.s.key[1])
	y.noise, y.drift = rand.New(y.s.noise), rand.New(y.s.drift)
	y.phase, y.bend = 0, 0
}

// next writes one hop of masked sound. band is the normalised envelope, power its wanted level in dBFS, voiced 0..1.
func (y *synthesiser) next(band *[bands]float64, power, voiced float64, out []float64) {
	y.excite()
	for i, p := range y.source {
		y.warped[i] = p.of(band) + y.tilt[i]
	}
	y.envelope(power)
	for i, w := range y.shape {
		y.spec[i] = complex(y.pulse[i]*w, y.hiss[i]*w)
	}
	clear(y.spec[synthWindow:])
	y.fft.forward(y.spec[:])
	y.filter(voiced)
	y.fft.inverseReal(y.spec[:])
	for i, w := range y.shape {
		y.tail[i] += real(y.spec[i]) * w
	}
	for i, v := range y.tail[:hop] {
		out[i] = limit(y.high[1].next(y.high[0].next(v)))
	}
	copy(y.tail[:], y.tail[hop:])
	clear(y.tail[synthWindow-hop:])
}

// excite makes the next hop of pulses and of noise, both of unit power. The pitch wanders by a slow random walk of its own.
func (y *synthesiser) excite() {
	copy(y.pulse[:], y.pulse[hop:])
	copy(y.hiss[:], y.hiss[hop:])
	y.bend = 0.985*y.bend + 0.006*y.s.wander*(2*y.drift.Float64()-1)
	step := y.s.pitch * (1 + y.bend) / rate
	size := math.Sqrt(1 / step)
	p, h := y.pulse[synthWindow-hop:], y.hiss[synthWindow-hop:]
	clear(p)
	var bits uint64
	for i := range p {
		y.phase += step
		if y.phase >= 1 {
			y.phase--
			late := y.phase / step // the pulse fell this part of a sample ago
			p[i] += size * (1 - late)
			if i > 0 {
				p[i-1] += size * late
			} else {
				y.pulse[synthWindow-hop-1] += size * late
			}
		}
		if i%64 == 0 {
			bits = y.noise.Uint64()
		}
		h[i] = float64(bits&1)*2 - 1
		bits >>= 1
	}
}

// envelope expands the bands to an amplitude for each bin and scales it to the wanted power.
func (y *synthesiser) envelope(power float64) {
	top := math.Inf(-1)
	for _, b := range y.warped {
		top = max(top, b)
	}
	for i, b := range y.warped {
		y.warped[i] = max(b, top-10.5) // nothing finer than 45 dB below the peak
	}
	sum := 1e-12
	for k, p := range y.at {
		f := float64(k) * rate / fftLen
		y.amp[k] = 0
		if f < highest-100 && f > lowest {
			y.amp[k] = math.Exp(0.5 * (p.of(&y.warped) - top))
		}
		sum += y.amp[k] * y.amp[k]
	}
	scale := math.Sqrt(math.Pow(10, power/10) * (bins - 1) / sum)
	for k := range y.amp {
		y.amp[k] *= scale
	}
}

// filter separates the two excitations, which were transformed as the real and the imaginary part of one signal, and shapes their mixture.
func (y *synthesiser) filter(voiced float64) {
	for k := range bins {
		a, b := y.spec[k], y.spec[(fftLen-k)%fftLen]
		conj := complex(real(b), -imag(b))
		pulse, hiss := (a+conj)/2, (a-conj)/complex(0, 2)
		v := voiced * y.split[k]
		mix := complex(v*y.amp[k], 0)*pulse + complex(math.Sqrt(1-v*v)*y.amp[k], 0)*hiss
		y.spec[k] = mix
		if k > 0 && k < fftLen/2 {
			y.spec[fftLen-k] = complex(real(mix), -imag(mix))
		}
	}
	y.spec[0], y.spec[fftLen/2] = 0, 0
}

// limit bends what is above 0.55 of full scale so that nothing exceeds 0.85. It works at 16 kHz, so that what it adds stays below 8 kHz.
func limit(v float64) float64 {
	const knee, room = 0.55, 0.3
	a := math.Abs(v)
	if a <= knee {
		return v
	}
	return math.Copysign(knee+room*math.Tanh((a-knee)/room), v)
}
