package face

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
)

// scene is what one session draws for itself, from Config.Session alone: where the figure sits, how large it is, where its light comes from, the ground
// behind it, and how much of a movement it shows. Within a session nothing of it changes. Between two sessions it changes by more than the framing and
// the posture of people differ, so that an attacker who lays a picture of one session over a picture of another compares scenes, not people.
type scene struct {
	gain         [channels]float64
	x, y         float64 // shift of the figure in shares of the picture's width and height
	size         float64 // factor
	light        [3]float64
	poolX, poolY float64 // the ground's pool of light, in shares of width and height
	near, far    float64 // factors of the ground's brightness there and at the corners
	dice         uint64  // where the coin starts that jitters the moment of a movement
}

const (
	gainSpread  = .20
	shiftX      = .15
	shiftY      = .045
	sizeSpread  = .14
	poolSpread  = .20
	groundRange = .30
)

func newScene(session [32]byte) (s scene) {
	draw := func(what string) float64 { // -1 to 1
		h := sha256.Sum256(append(session[:], "parda face "+what...))
		return 2*float64(binary.BigEndian.Uint64(h[:])>>11)/(1<<53) - 1
	}
	for i := range s.gain {
		s.gain[i] = 1 + gainSpread*draw("gain "+string(rune('0'+i)))
	}
	s.x, s.y, s.size = shiftX*draw("x"), shiftY*draw("y"), 1+sizeSpread*draw("size")
	s.light = unit(.55*draw("light"), -.56, .73)
	s.poolX, s.poolY = .5+poolSpread*draw("pool x"), .40+poolSpread*draw("pool y")
	s.near, s.far = 1+groundRange*draw("near"), 1+groundRange*draw("far")
	s.dice = uint64((draw("dice") + 1) * (1 << 52))
	return s
}

// middle is the scene in the middle of all that sessions draw.
var middle = scene{gain: [channels]float64{1, 1, 1, 1, 1}, size: 1, light: unit(-.30, -.56, .73), poolX: .5, poolY: .40, near: 1, far: 1}

// unit is a direction of length 1.
func unit(x, y, z float64) [3]float64 {
	n := math.Sqrt(x*x + y*y + z*z)
	return [3]float64{x / n, y / n, z / n}
}
