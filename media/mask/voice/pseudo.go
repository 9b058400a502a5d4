package voice

import "math"

const (
	voices     = 32     // directions in which speakers differ
	likely     = 6      // sounds that a frame may be: always as many, so that each frame is as much work
	voiceTrust = 0.15   // neighbouring frames say much the same: each counts as this part
	voiceKeep  = 0.9995 // of what was learnt of the speaker, a frame
)

// pseudo moves the sounds of one speaker to those of another. Speakers differ mostly by how each sound's envelope lies off the average
// speaker's, and these offsets go together in few directions, the eigenvoices (Kuhn et al., IEEE Trans. Speech Audio Process. 8(6), 2000;
// Kenny et al., 13(3), 2005): a speaker is a point w of them, its prior N(0, 1), and sound k lies at mean[k] + load[k] w. Two things are done
// with that: the speaker's own w, estimated from the past alone and shrunk to the average, is taken off; and the w of a speaker who does not
// exist, drawn for the session, is added. So the noise of the session lies in those directions by which an attacker would know the speaker.
type pseudo struct {
	offset  [fineMix * fineDim]float64 // of the drawn speaker, for each sound, in cepstra
	who     [likely]int                // sounds that the frame may be, likeliest first
	share   [likely]float64            // how likely each is; they sum to one
	exact   [voices][voices]float64    // precision of what is known of the speaker's own w
	told    [voices]float64            // exact times the estimate
	own     [voices]float64            // the estimate
	scratch [fineMix]float64
	near    [fineDim]float64
	shift   [fineDim]float64
}

// newPseudo makes one of the drawn coordinates w.
func newPseudo(w *[voices]float64) *pseudo {
	p := &pseudo{}
	for k := range fineMix {
		for d := range fineDim {
			p.offset[k*fineDim+d] = neutral.fine.along(k, d, w)
		}
	}
	p.reset()
	return p
}

// reset forgets the speaker. The drawn one stays.
func (p *pseudo) reset() {
	clear(p.own[:])
	clear(p.told[:])
	for i := range p.exact {
		clear(p.exact[i][:])
		p.exact[i][i] = 1
	}
}

// wipe forgets both.
func (p *pseudo) wipe() {
	p.reset()
	clear(p.offset[:])
}

// find says which sounds a frame may be. cep are its cepstra 1..fineDim about the target's mean.
func (p *pseudo) find(cep *[fineDim]float64) {
	for j := range p.scratch {
		p.scratch[j] = neutral.fine.log(j, cep[:])
	}
	for i := range p.share {
		p.share[i] = math.Inf(-1)
	}
	for j, s := range p.scratch {
		i := likely - 1
		if s <= p.share[i] {
			continue
		}
		for ; i > 0 && s > p.share[i-1]; i-- {
			p.share[i], p.who[i] = p.share[i-1], p.who[i-1]
		}
		p.share[i], p.who[i] = s, j
	}
	top, total := p.share[0], 0.0
	for i, s := range p.share {
		p.share[i] = math.Exp(s - top)
		total += p.share[i]
	}
	for i := range p.share {
		p.share[i] /= total
	}
}

// learn makes the estimate of the speaker's own coordinates better by one frame of speech, after find.
func (p *pseudo) learn(cep *[fineDim]float64) {
	f := &neutral.fine
	for i := range p.exact {
		for j := range p.exact[i] {
			p.exact[i][j] *= voiceKeep
		}
		p.exact[i][i] += 1 - voiceKeep
		p.told[i] *= voiceKeep
	}
	for i, k := range p.who {
		weight := p.share[i] * voiceTrust
		for d, c := range cep {
			away := weight * (c - f.mean[k*fineDim+d]) / f.spread[k*fineDim+d]
			for r, t := range f.loading(k, d) {
				p.told[r] += away * float64(t)
			}
		}
		gram := f.gram[k*voices*voices:]
		for r := range p.exact {
			for s, v := range gram[r*voices : (r+1)*voices] {
				p.exact[r][s] += weight * float64(v)
			}
		}
	}
	for r := range p.own { // one sweep of Gauss and Seidel a frame: the estimate hardly moves between two
		sum := p.told[r]
		for s, v := range p.exact[r] {
			if s != r {
				sum -= v * p.own[s]
			}
		}
		p.own[r] = sum / p.exact[r][r]
	}
}

// remove takes the given part of the speaker's own offset off a frame, after find.
func (p *pseudo) remove(cep *[fineDim]float64, part float64) {
	for i, k := range p.who {
		for d := range cep {
			cep[d] -= part * p.share[i] * neutral.fine.along(k, d, &p.own)
		}
	}
}

// pull draws a frame to the average speaker's nearest sounds, after find.
func (p *pseudo) pull(cep *[fineDim]float64, part float64) {
	clear(p.near[:])
	for i, k := range p.who {
		for d := range p.near {
			p.near[d] += p.share[i] * neutral.fine.mean[k*fineDim+d]
		}
	}
	for d := range cep {
		cep[d] += part * (p.near[d] - cep[d])
	}
}

// add adds the drawn speaker's offset, after find.
func (p *pseudo) add(cep *[fineDim]float64) {
	for i, k := range p.who {
		for d := range cep {
			cep[d] += p.share[i] * p.offset[k*fineDim+d]
		}
	}
}

// next adds the drawn speaker to an envelope that holds nothing of the witness's own (a synthetic voice's): log power of each band, its level apart.
func (p *pseudo) next(band *[bands]float64) {
	for k := range p.shift {
		p.shift[k] = -neutral.mean[k+1]
		for i, t := range cosines[k+1] {
			p.shift[k] += t * band[i]
		}
	}
	p.find(&p.shift)
	clear(p.shift[:])
	p.add(&p.shift)
	for i := range band {
		for k, c := range p.shift {
			band[i] += cosines[k+1][i] * c
		}
	}
}
