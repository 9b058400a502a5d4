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

// normaliser takes out of the envelope what belongs to the speaker and not to the word: the long-term spectrum, its spread, the length
// of the vocal tract, and a part of what is left; and gives it what was drawn for the session. All by running means of the past alone, which start
// from the target.
type normaliser struct {
	s        *session
	voice    *pseudo
	prior    [bands]float64
	mean     [bands]float64
	size     [order]float64
	frames   float64
	tract    *tract
	straight [bands]place
	length   float64 // of which straight was made
	moved    [bands]float64
	cep      [fineDim]float64
	last     [fineDim]float64
}

// cosines is the orthonormal DCT-II of the bands.
var cosines = func() (c [order][bands]float64) {
	for k := range c {
		for i := range c[k] {
			c[k][i] = math.Sqrt(2.0/bands) * math.Cos(math.Pi*float64(k)*(float64(i)+0.5)/bands)
		}
	}
	return c
}()

func newNormaliser(s *session) *normaliser {
	n := &normaliser{s: s, voice: newPseudo(&s.voice)}
	for i := range n.prior {
		for k := 1; k < order; k++ {
			n.prior[i] += cosines[k][i] * neutral.mean[k]
		}
	}
	n.tract = newTract(&cosines)
	n.reset()
	return n
}

func (n *normaliser) reset() {
	n.mean, n.frames = n.prior, 0
	for k := range n.size {
		n.size[k] = neutral.size[k] * neutral.size[k]
	}
	n.tract.reset()
	n.voice.reset()
	clear(n.last[:])
	n.length = 0
	linearWarp(1, &n.straight)
}

// next replaces the bands by the normalised envelope, without level. Only speech teaches the means.
func (n *normaliser) next(band *[bands]float64, speech bool) {
	n.hear(band, speech)
	n.voice.pull(&n.cep, n.s.recipe.pull)
	n.say(band)
}

// hear makes n.cep of the bands: the cepstra about the target's mean, the speaker taken off as far as it is known.
func (n *normaliser) hear(band *[bands]float64, speech bool) {
	if speech {
		n.frames++
	}
	slow := 1 / min(meanMost, meanStart+n.frames)
	for i := range band {
		if speech {
			n.mean[i] += slow * (band[i] - n.mean[i])
		}
		band[i] -= n.mean[i]
	}
	if speech {
		n.tract.learn(band)
		n.straighten()
	}
	n.cepstra(band, speech)
	n.voice.find(&n.cep)
	if speech {
		n.voice.learn(&n.cep)
	}
	n.voice.remove(&n.cep, n.s.recipe.undo)
}

// say gives n.cep the speaker of the session and writes the envelope.
func (n *normaliser) say(band *[bands]float64) {
	n.voice.add(&n.cep)
	n.colour()
	for i := range band {
		sum := 0.0
		for k, c := range n.cep {
			sum += cosines[k+1][i] * c
		}
		band[i] = sum
	}
}

// straighten follows the length of the vocal tract as it becomes known.
func (n *normaliser) straighten() {
	if math.Abs(n.tract.length-n.length) > 0.002 {
		n.length = n.tract.length
		linearWarp(math.Exp(n.length), &n.straight)
	}
}

// cepstra of the bands as a vocal tract of average length would have made them, of average spread.
func (n *normaliser) cepstra(band *[bands]float64, speech bool) {
	for i, p := range n.straight {
		n.moved[i] = p.of(band)
	}
	slow := 1 / min(sizeMost, sizeStart+n.frames)
	for k := range n.cep {
		sum := 0.0
		for i, t := range cosines[k+1] {
			sum += t * n.moved[i]
		}
		usual := neutral.size[k+1]
		if speech {
			n.size[k+1] += slow * (min(sum*sum, 9*usual*usual) - n.size[k+1])
		}
		gain := usual / math.Sqrt(max(n.size[k+1], 1e-3))
		n.cep[k] = sum * min(sizeRange, max(1/sizeRange, gain))
	}
}

// colour gives the cepstra the spread, the pace and the mean of the session.
func (n *normaliser) colour() {
	for k, c := range n.cep {
		c *= n.s.gain[k]
		n.cep[k] = c + n.s.sharp[k]*(c-n.last[k]) + neutral.mean[k+1] + n.s.colour[k]
		n.last[k] = c
	}
}
