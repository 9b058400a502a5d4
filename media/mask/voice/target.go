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
// and the sounds of the average speaker.
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

// expect writes to out the mean of the components, each as likely as it makes x, and uses scratch (one value for each component).
func (m *mixture) expect(x, scratch, out []float64) {
	top := math.Inf(-1)
	for j := range m.weight {
		scratch[j] = m.log(j, x)
		top = max(top, scratch[j])
	}
	clear(out)
	total := 0.0
	for j, s := range scratch {
		if s < top-12 {
			continue
		}
		p := math.Exp(s - top)
		total += p
		for k := range out {
			out[k] += p * m.mean[j*m.dim+k]
		}
	}
	for k := range out {
		out[k] /= total
	}
}
