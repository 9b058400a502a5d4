package voice

import "math/rand/v2"

const (
	tempoMost = 0.9  // frames (9 ms) that the masked sound may lag behind: no more, so that the whole delay stays below 45 ms
	tempoStep = 0.12 // how fast the lag goes to where it is bound, a frame
	tempoHold = 14   // frames, on average, that it is bound for one place
)

// tempo blurs the rhythm: frames leave with a lag that wanders, by a generator of the session's, between none and tempoMost. The sound that is made
// of them keeps its own even pace, so nothing of this is to be seen from outside. It takes away no more than the finest timing: how
// fast somebody speaks stays.
type tempo struct {
	past     frame
	lag, aim float64
}

func (t *tempo) reset() { *t = tempo{} }

// next replaces the frame by the one that is due.
func (t *tempo) next(now *frame, power *float64, r *rand.Rand) {
	change, place := r.Float64(), r.Float64() // as many draws each time
	if change < 1.0/tempoHold {
		t.aim = tempoMost * place
	}
	t.lag += tempoStep * (t.aim - t.lag)
	fresh := *now
	fresh.power = *power
	for i := range now.band {
		now.band[i] += t.lag * (t.past.band[i] - now.band[i])
	}
	now.voiced += t.lag * (t.past.voiced - now.voiced)
	*power += t.lag * (t.past.power - *power)
	t.past = fresh
}
