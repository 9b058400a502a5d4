package face

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
)

// reading is what one camera picture told of the head, in the units of the picture's own face, so that size and camera drop out.
type reading struct {
	faces int     // 0, 1, or 2 for more than one
	sure  float64 // 0 to 1; below sureEnough the figure stays still
	dt    float64 // seconds since the reading before
	v     [channels]float64
}

const channels = 5

// The channels of a reading.
const (
	chPitch = iota // radians or so, down is positive
	chYaw
	chRoll
	chSway // eye distances, to the picture's right
	chLean // natural logarithm of the face's size
)

const (
	sureEnough      = .5
	meanSeconds     = 6.0  // the slow mean's time constant
	lossFrames      = 8    // pictures without a face before NoFace
	twoFrames       = 3    // pictures with two before TwoFaces
	staleDraws      = 8    // draws without any Observe before the figure turns neutral
	smoothSlow      = .30  // share of the way that each draw goes where it is short
	smoothFast      = .72  // and where it is long
	longWay         = .30  // of half a channel's range
	smoothingFrames = 1    // delay of that smoothing in frames, for a movement that is meant to be seen
	returnShare     = .12  // share of the way to neutral for each draw
	presenceStep    = .125 // presence gained or lost for each draw
)

// full is the reading's deviation that takes about three quarters of a channel's range.
var full = [channels]float64{.12, .14, .20, .60, .16}

// quiver is the deviation that a still head's reading makes by itself: deviations of its size are shrunk, larger ones are not.
var quiver = [channels]float64{.005, .005, .007, .006, .006}

// follower turns readings into poses: relative to the slow mean, compressed, smoothed, quantised.
type follower struct {
	gain   [channels]float64
	mean   [channels]float64
	seen   float64 // seconds the mean rests on
	target [channels]float64
	now    [channels]float64
	held   bool // one face is being read
	lost   int
	two    int
	stale  int
	shown  float64 // presence, 0 to 1
	mouth  float64
}

// newFollower draws each channel's gain for the session, 0.85 to 1.15, so that the size of a person's movements is no constant across sessions.
func newFollower(session [32]byte) (f follower) {
	for i := range f.gain {
		h := sha256.Sum256(append(session[:], "parda face gain "+string(rune('0'+i))...))
		f.gain[i] = .85 + .30*float64(binary.BigEndian.Uint32(h[:]))/math.MaxUint32
	}
	return f
}

// lose makes the figure turn neutral at once.
func (f *follower) lose() {
	f.held, f.lost, f.seen, f.stale = false, lossFrames, 0, 0
	f.target = [channels]float64{}
}

// observe takes one reading in.
func (f *follower) observe(r reading) Notice {
	f.stale = 0
	switch {
	case r.faces > 1:
		f.two++
		if f.two >= twoFrames {
			f.lose()
			return TwoFaces
		}
	case r.faces == 1 && r.sure >= sureEnough:
		f.two, f.lost, f.held = 0, 0, true
		f.take(r)
	case r.faces == 1:
		f.two, f.lost, f.held = 0, 0, true // unsure: there is somebody, but the figure does not move
	default:
		f.two = 0
		f.lost++
		if f.lost >= lossFrames {
			f.lose()
			return NoFace
		}
	}
	return OK
}

func (f *follower) take(r reading) {
	dt := clamp(r.dt, .01, .2)
	f.seen = math.Min(f.seen+dt, meanSeconds)
	for i, v := range r.v {
		if v != v || math.IsInf(v, 0) {
			v = f.mean[i]
		}
		f.mean[i] += (v - f.mean[i]) * dt / math.Max(f.seen, dt)
		d := v - f.mean[i]
		d *= d * d / (d*d + quiver[i]*quiver[i])
		f.target[i] = math.Tanh(d / full[i] * f.gain[i])
	}
}

// step moves the figure by one draw and gives its pose.
func (f *follower) step(mouth float32) pose {
	f.stale++
	if f.stale > staleDraws && f.held {
		f.lose()
		f.stale = staleDraws
	}
	p := -presenceStep
	if f.held {
		p = presenceStep
	}
	for i := range f.now {
		way := f.target[i] - f.now[i]
		k := returnShare
		if f.held {
			k = smoothSlow + (smoothFast-smoothSlow)*math.Min(1, math.Abs(way)/longWay)
		}
		f.now[i] += way * k
		if !f.held && math.Abs(f.now[i]) < .02 {
			f.now[i] = 0 // neutral is reached, not only approached
		}
	}
	f.shown = clamp(f.shown+p, 0, 1)
	m := float64(mouth)
	if !(m > 0) {
		m = 0
	}
	m = math.Min(m, 1)
	if m > f.mouth { // opens at once, shuts a little slower
		f.mouth += (m - f.mouth) * .7
	} else {
		f.mouth += (m - f.mouth) * .5
	}
	if f.mouth < .012 {
		f.mouth = 0
	}
	return pose{
		pitch: level(f.now[chPitch], pitchBits), yaw: level(f.now[chYaw], yawBits), roll: level(f.now[chRoll], rollBits),
		sway: level(f.now[chSway], swayBits), lean: level(f.now[chLean], leanBits),
		mouth: uint8(math.Round(f.mouth * 31)), presence: uint8(math.Round(f.shown * 3)),
	}
}
