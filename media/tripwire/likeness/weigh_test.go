//go:build training

package likeness

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// TestFit is no test, which is why it is built with the tag training alone: it writes weights.json.
func TestFit(t *testing.T) {
	dir := voiceKit(t)
	most, _ := strconv.Atoi(os.Getenv("PARDA_TRIPWIRE_SPEAKERS"))
	var clear, masked [][][inputs]float64 // by speaker
	for _, corpus := range []string{"an4", "so762"} {
		names, files := speakers(t, filepath.Join(dir, "train", corpus+".tsv"))
		for i, who := range names {
			if most > 0 && i >= most {
				break
			}
			said := files[who][:min(2, len(files[who]))]
			clear = append(clear, looksAt(heard(t, said, treatment{}, uint64(i))))
			masked = append(masked, looksAt(heard(t, said, treatments[i%len(treatments)], uint64(i))))
		}
	}
	w := fit(clear, masked)
	// The bound is set on the fourth part of the speakers, whom the fit left out: half way between the two kinds of voice's worst.
	var low, high []float64
	for i := range clear {
		if i%4 == 3 {
			low, high = append(low, means(w, masked[i])...), append(high, means(w, clear[i])...)
		}
	}
	slices.Sort(low)
	slices.Sort(high)
	w.Cut = math.Round(10*(max(low[len(low)-1], 0)+2)) / 10
	above, _ := slices.BinarySearch(high, w.Cut)
	t.Logf("%d speakers; left out: %d looks masked, p50 %.1f p99 %.1f most %.1f; %d in clear, least %.1f p1 %.1f p5 %.1f p50 %.1f; cut %.1f, under it %d", len(clear),
		len(low), low[len(low)/2], low[len(low)*99/100], low[len(low)-1], len(high), high[0], high[len(high)/100], high[len(high)/20], high[len(high)/2], w.Cut, above)
	b, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("weights.json", append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// looksAt gives the measures of each look at a sound.
func looksAt(pcm []int16) (all [][inputs]float64) {
	j := newJudge(&Weights{})
	var x [inputs]float64
	for ; len(pcm) >= FrameSamples; pcm = pcm[FrameSamples:] {
		if j.hear(pcm[:FrameSamples], &x) {
			all = append(all, x)
		}
	}
	return all
}

// means are the running decisions over the looks of one speaker.
func means(w *Weights, all [][inputs]float64) (out []float64) {
	for i := looks; i <= len(all); i++ {
		sum := 0.0
		for _, x := range all[i-looks : i] {
			sum += w.score(&x)
		}
		out = append(out, sum/looks)
	}
	return out
}

// fit is logistic regression by Newton's method, with a prior that draws the weights to 0; both kinds weigh the same. Every fourth speaker is left out.
func fit(clear, masked [][][inputs]float64) *Weights {
	w := &Weights{Mean: make([]float64, inputs), Spread: make([]float64, inputs), Linear: make([]float64, inputs), Square: make([]float64, squares)}
	type example struct {
		x    [inputs]float64
		y, n float64
	}
	var all []example
	count := [2]float64{}
	for y, kind := range [][][][inputs]float64{masked, clear} {
		for i, speaker := range kind {
			if i%4 == 3 {
				continue
			}
			for _, x := range speaker {
				all = append(all, example{x: x, y: float64(y)})
				count[y]++
			}
		}
	}
	for i := range all {
		all[i].n = float64(len(all)) / 2 / count[int(all[i].y)]
	}
	for i := range inputs {
		for _, e := range all {
			w.Mean[i] += e.x[i] / float64(len(all))
		}
		for _, e := range all {
			w.Spread[i] += (e.x[i] - w.Mean[i]) * (e.x[i] - w.Mean[i]) / float64(len(all))
		}
		w.Spread[i] = math.Sqrt(w.Spread[i] + 1e-9)
	}
	const dim = inputs + squares + 1
	terms := func(x *[inputs]float64) (z [dim]float64) {
		for i, v := range x {
			z[i] = w.standard(i, v)
			if i < squares {
				z[inputs+i] = z[i] * z[i]
			}
		}
		z[dim-1] = 1
		return z
	}
	var beta [dim]float64
	const prior = 30.0
	for range 25 {
		var h [dim][dim + 1]float64
		for i := range dim - 1 {
			h[i][i], h[i][dim] = prior, -prior*beta[i]
		}
		for _, e := range all {
			z := terms(&e.x)
			s := 0.0
			for i, v := range z {
				s += beta[i] * v
			}
			p := 1 / (1 + math.Exp(-s))
			g, c := e.n*(e.y-p), e.n*p*(1-p)
			for i, v := range z {
				h[i][dim] += g * v
				for k := i; k < dim; k++ {
					h[i][k] += c * v * z[k]
				}
			}
		}
		for i := range dim {
			for k := range i {
				h[i][k] = h[k][i]
			}
			h[i][i] += 1e-6
		}
		for i := range dim { // Gauss and Jordan: the matrix is positive definite
			for k := range dim {
				if k == i {
					continue
				}
				q := h[k][i] / h[i][i]
				for l := i; l <= dim; l++ {
					h[k][l] -= q * h[i][l]
				}
			}
		}
		for i := range dim {
			beta[i] += h[i][dim] / h[i][i]
		}
	}
	copy(w.Linear, beta[:inputs])
	copy(w.Square, beta[inputs:inputs+squares])
	w.Bias = beta[dim-1]
	for _, s := range [][]float64{w.Mean, w.Spread, w.Linear, w.Square} {
		for i := range s {
			s[i] = math.Round(s[i]*1e5) / 1e5
		}
	}
	w.Bias = math.Round(w.Bias*1e5) / 1e5
	return w
}
