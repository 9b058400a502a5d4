package voice

import (
	_ "embed"
	"encoding/binary"
	"math"
)

// The neutral voice: averages over 211 adults of both sexes, so that it is nobody's. training/train.py makes target.bin and says how and
// of what: CMU AN4 ((c) Carnegie Mellon University, BSD-style licence) and speechocean762 (Zhang et al. 2021, CC BY 4.0).
//
//go:embed target.bin
var targetFile []byte

var neutral = readTarget(targetFile)

const (
	tractDim, tractMix = 12, 64
	fineDim, fineMix   = order - 1, 256
)

// target is the long-term mean and spread of the cepstra, and the two mixtures: a coarse one by which the length of a vocal tract is found,
// and the sounds of the average speaker,
// with the directions in which speakers differ from it.
type target struct {
	mean, size [order]float64
	tract      mixture
	fine       mixture
}

// mixture is a mixture of Gaussians with diagonal covariance, row by row.
type mixture struct {
	dim     int
	weight  []float64 // logarithm, with the Gaussian's constant
	mean    []float64
	inverse []float64 // of the variance
	spread  []float64 // its root
	load    []float32 // eigenvoices, n x dim x voices: see loading
	gram    []float32 // n x voices x voices: the loadings' products with themselves
}

func readTarget(file []byte) *target {
	take := func(n int) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(file[4*i:])))
		}
		file = file[4*n:]
		return v
	}
	t := &target{}
	copy(t.mean[:], take(order))
	copy(t.size[:], take(order))
	mix := func(n, d int) mixture {
		return mixture{dim: d, weight: take(n), mean: take(n * d), inverse: take(n * d)}
	}
	t.tract, t.fine = mix(tractMix, tractDim), mix(fineMix, fineDim)
	t.fine.directions(take(fineMix * fineDim * voices))
	return t
}

// log is the logarithm of what component j gives x.
func (m *mixture) log(j int, x []float64) float64 {
	mean, inv := m.mean[j*m.dim:(j+1)*m.dim], m.inverse[j*m.dim:(j+1)*m.dim]
	sum := 0.0
	for k, v := range x {
		d := v - mean[k]
		sum += d * d * inv[k]
	}
	return m.weight[j] - 0.5*sum
}

// best is the likeliest component's share: near the whole, and without exponentials.
func (m *mixture) best(x []float64) float64 {
	top := math.Inf(-1)
	for j := range m.weight {
		top = max(top, m.log(j, x))
	}
	return top
}

// loading is how far component k's mean moves along dimension d, in its own spreads, for a step in each direction of the speakers.
func (m *mixture) loading(k, d int) []float32 {
	at := (k*m.dim + d) * voices
	return m.load[at : at+voices]
}

// along is how far component k's mean moves along dimension d for the speaker w.
func (m *mixture) along(k, d int, w *[voices]float64) float64 {
	sum := 0.0
	for r, t := range m.loading(k, d) {
		sum += float64(t) * w[r]
	}
	return sum * m.spread[k*m.dim+d]
}

// directions reads the loadings and makes of them what is needed in every frame.
func (m *mixture) directions(load []float64) {
	m.load, m.gram, m.spread = make([]float32, len(load)), make([]float32, len(m.weight)*voices*voices), make([]float64, len(m.inverse))
	for i, v := range load {
		m.load[i] = float32(v)
	}
	for i, v := range m.inverse {
		m.spread[i] = 1 / math.Sqrt(v)
	}
	for k := range m.weight {
		gram := m.gram[k*voices*voices:]
		for d := range m.dim {
			l := m.loading(k, d)
			for r, a := range l {
				for s, b := range l {
					gram[r*voices+s] += a * b
				}
			}
		}
	}
}
