package voice

import "math"

const (
	startLevel  = -28.0 // dBFS: a speaker's level until it is known
	outLevel    = -21.0 // dBFS, of a loud frame, for every speaker
	compression = 0.65
	quietest    = -62.0 // dBFS: the room that every hearing has
)

// loudness brings every speaker to one level, presses the dynamics together, and gates the noise.
type loudness struct {
	level  float64 // dB: what four of five speech frames stay below
	frames float64
	press  float64 // of the session, added to the compression
}

func (l *loudness) reset() { *l = loudness{level: startLevel, press: l.press} }

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
	out = outLevel + (compression+l.press)*below
	out -= 30 * (1 - smoothStep((above-4)/6)) // what hardly stands out of the noise is noise
	return max(quietest, out), heard && below > -22
}
