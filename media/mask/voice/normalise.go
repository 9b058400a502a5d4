package voice

import "math"

const (
	order = 16 // cepstral coefficients kept: what words need, not what tells two throats apart

	meanStart = 25.0  // frames of the target that the running mean starts with
	meanMost  = 180.0 // frames that it remembers: 1.8 s of speech
	sizeStart = 100.0
	sizeMost  = 500.0
	sizeRange = 1.35 // bound of the correction of the spread
)

// normaliser moves the long-term spectrum of any speaker, and its spread, to those of the target (target.go), by running means of the past
// alone. Both start from the target.
type normaliser struct {
	table  [order][bands]float64 // orthonormal DCT-II
	mean   [order]float64
	size   [order]float64
	frames float64
	cep    [order]float64
}

func newNormaliser() *normaliser {
	n := &normaliser{}
	for k := range n.table {
		for i := range n.table[k] {
			n.table[k][i] = math.Sqrt(2.0/bands) * math.Cos(math.Pi*float64(k)*(float64(i)+0.5)/bands)
		}
	}
	for i := range n.table[0] {
		n.table[0][i] = math.Sqrt(1.0 / bands)
	}
	n.reset()
	return n
}

func (n *normaliser) reset() {
	n.mean, n.frames = targetMean, 0
	for k := range n.size {
		n.size[k] = targetSize[k] * targetSize[k]
	}
}

// next replaces the bands by the normalised envelope, without level. Only speech teaches the means.
func (n *normaliser) next(band *[bands]float64, speech bool) {
	for k := range n.cep {
		sum := 0.0
		for i, t := range n.table[k] {
			sum += t * band[i]
		}
		n.cep[k] = sum
	}
	if speech {
		n.learn()
	}
	n.cep[0] = 0
	for k := 1; k < order; k++ {
		gain := targetSize[k] / math.Sqrt(n.size[k])
		gain = min(sizeRange, max(1/sizeRange, gain))
		n.cep[k] = targetMean[k] + (n.cep[k]-n.mean[k])*gain
	}
	for i := range band {
		sum := 0.0
		for k := 1; k < order; k++ {
			sum += n.table[k][i] * n.cep[k]
		}
		band[i] = sum
	}
}

func (n *normaliser) learn() {
	n.frames++
	slow, slower := 1/min(meanMost, meanStart+n.frames), 1/min(sizeMost, sizeStart+n.frames)
	for k, c := range n.cep {
		d := c - n.mean[k]
		n.mean[k] += slow * d
		n.size[k] += slower * (min(d*d, 9*targetSize[k]*targetSize[k]) - n.size[k])
		n.size[k] = max(n.size[k], 1e-3)
	}
}

// loudness brings every speaker to one level and presses the dynamics together.
type loudness struct {
	level  float64 // dB: what four of five speech frames stay below
	frames float64
	gain   float64
}

const (
	startLevel  = -28.0 // dBFS
	outLevel    = -21.0 // dBFS, of a loud frame, for every speaker
	compression = 0.65
	quietest    = -62.0 // dBFS: the room that every hearing has
)

func (l *loudness) reset() { *l = loudness{level: startLevel} }

// next returns the wanted power of the masked frame in dBFS, and whether the frame is speech that the running means may learn from.
func (l *loudness) next(f *frame) (out float64, speech bool) {
	above := f.power - f.noise
	heard := above > 9 && f.power > -62
	if heard {
		l.frames++
		step := 0.25 + 2*math.Exp(-l.frames/40)
		if f.power > l.level {
			l.level += 0.8 * step
		} else {
			l.level -= 0.2 * step
		}
		l.level = max(-55, min(0, l.level))
	}
	below := max(-60, min(6, f.power-l.level))
	if below < -30 {
		below = -30 + 2*(below+30)
	}
	out = outLevel + compression*below
	out -= 30 * (1 - smoothStep((above-4)/6)) // the gate: what hardly stands out of the noise is noise
	return max(quietest, out), heard && below > -22
}
