package voice

import "math"

const (
	tracts     = 15   // hypotheses of the length of a vocal tract, even in the logarithm
	tractSpan  = 0.21 // of the outermost, in nepers
	tractPrior = 0.10 // spread of the lengths that are expected
	tractTrust = 0.2  // neighbouring frames say much the same: each counts as a fifth
	tractKeep  = 0.9995
)

// tract finds how long the speaker's vocal tract is (vocal tract length normalisation), so that it can be taken out: sex and age lie in it. Each
// hypothesis is a linear warp of the frequency axis; the one under which the past speech is likeliest as speech of the average speaker
// wins, starting from the average length. Means and spreads are those of the past alone.
type tract struct {
	table  [tracts][tractDim][bands]float64 // warp and DCT in one
	size   [tracts][tractDim]float64
	score  [tracts]float64
	cep    [tractDim]float64
	length float64 // logarithm of the warp that undoes the speaker's
	frames float64
}

func tractWarp(i int) float64 { return tractSpan * (2*float64(i)/(tracts-1) - 1) }

func newTract(dct *[order][bands]float64) *tract {
	t := &tract{}
	var place [bands]place
	for h := range t.table {
		linearWarp(math.Exp(tractWarp(h)), &place)
		for k := range t.table[h] {
			row := &t.table[h][k]
			for i, p := range place {
				row[p.left] += dct[k+1][i] * (1 - p.part)
				row[p.left+1] += dct[k+1][i] * p.part
			}
		}
	}
	t.reset()
	return t
}

func (t *tract) reset() {
	t.frames, t.length = 0, 0
	for h := range t.score {
		t.score[h] = 0
		for k := range t.size[h] {
			t.size[h][k] = neutral.size[k+1] * neutral.size[k+1]
		}
	}
}

// linearWarp says where in the bands each band's value comes from when the frequency axis is scaled by warp.
func linearWarp(warp float64, to *[bands]place) {
	step := (mel(highest) - mel(lowest)) / (bands + 1)
	for i := range to {
		centre := unmel(mel(lowest) + step*float64(i+1))
		to[i] = placeAt((mel(min(highest, centre*warp))-mel(lowest))/step - 1)
	}
}

// learn hears one frame of speech, its running mean taken off.
func (t *tract) learn(band *[bands]float64) {
	t.frames++
	slow := 1 / min(sizeMost, sizeStart+t.frames)
	best := math.Inf(-1)
	for h := range t.score {
		for k := range t.cep {
			sum := 0.0
			for i, w := range t.table[h][k] {
				sum += w * band[i]
			}
			s, top := &t.size[h][k], neutral.size[k+1]
			*s += slow * (min(sum*sum, 9*top*top) - *s)
			t.cep[k] = sum * top / math.Sqrt(max(*s, 1e-3))
		}
		t.score[h] = tractKeep*t.score[h] + tractTrust*neutral.tract.best(t.cep[:])
		best = max(best, t.posterior(h))
	}
	sum, total := 0.0, 0.0
	for h := range t.score {
		p := math.Exp(t.posterior(h) - best)
		sum += p * tractWarp(h)
		total += p
	}
	t.length += 0.1 * (sum/total - t.length)
}

func (t *tract) posterior(h int) float64 {
	z := tractWarp(h) / tractPrior
	return t.score[h] - 0.5*z*z
}
