package statistics

import "math/rand/v2"

// The constants of a release. They stand in every answer, because a reader must know how far a number may be off, and an attacker may know them.
const (
	K          = 5  // no number is told whose count is below
	MostNoise  = 12 // to either side
	UsualNoise = 7  // in 95 of 100 numbers the noise is within it: 1.2 (2/3)^8 = 0.047 lies beyond
	Ratio      = "2/3"
	Mechanism  = "discrete_laplace"
)

// rules are the constants as the drawing and the audit use them; tests go through every outcome of smaller ones.
type rules struct{ k, most int }

// threshold is the least noisy value that is told: below it the true count could be below k.
func (r rules) threshold() int { return r.k + r.most }

// noise draws from a discrete Laplace law with ratio 2/3, cut off at most: the difference of two geometric numbers, drawn anew where it lies beyond. Only
// fair choices among three are drawn, so that the law is exact.
func noise(r *rand.Rand, most int) int {
	for {
		if z := geometric(r) - geometric(r); z >= -most && z <= most {
			return z
		}
	}
}

// geometric counts the draws that say "on", two of three, before the first that says "stop".
func geometric(r *rand.Rand) (n int) {
	for r.IntN(3) != 0 {
		n++
	}
	return n
}

// source is the stream of choices of a release. ChaCha8 is a stream cipher: what was told of some numbers says nothing of the noise in others.
func source(seed [32]byte) *rand.Rand { return rand.New(rand.NewChaCha8(seed)) }
