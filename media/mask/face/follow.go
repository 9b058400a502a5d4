package face

import "math"

// reading is what one camera picture told of the head, in the units of the picture's own face, so that size and camera drop out.
type reading struct {
	faces int     // 0, 1, or 2 for more than one
	sure  bool    // move was measured; where it was not, the figure stays still
	dt    float64 // seconds since the reading before
	move  [channels]float64
	doubt [channels]float64   // the standard errors of move
	dark  [lidWindows]float64 // how dark the windows of the eyes are (lids.go); zeros where that is not known
}

const channels = 5

// The channels of a reading: each is how far the head moved since the reading before.
const (
	chPitch = iota // radians or so, down is positive
	chYaw
	chRoll
	chSway // face sizes, to the picture's right
	chLean // natural logarithm of the face's size
)

const (
	spreadSeconds   = 4.0  // over which a channel's spread is taken
	spreadPrior     = 1.0  // seconds that the usual spread counts for at the beginning
	overstep        = .62  // of a step, by which a movement must leave the step it is on
	reachOut        = .8   // share of a channel that is used
	noiseSeconds    = 1.0  // over which the camera's noise is taken
	noiseFloor      = 20.0 // standard errors of one movement: no spread counts as smaller, so that no sum of noise is blown up into a gesture
	lossFrames      = 8    // pictures without a face before NoFace
	twoFrames       = 3    // pictures with two before TwoFaces
	staleDraws      = 8    // draws without any Observe before the figure turns neutral
	leftSeconds     = 5.0  // without a face, after there was one, before the seat counts as empty
	smoothing       = .70  // share of the way that each draw goes
	smoothingFrames = 1    // delay of that smoothing and of the jitter, in frames
	returnShare     = .12  // share of the way to neutral for each draw
	presenceStep    = .125 // presence gained or lost for each draw
	handStep        = .16
	saidDraws       = 15 // draws after the last sound during which the figure counts as answering
)

// manner is how much of a movement is shown. There is one, asShown; the others are points of the frontier between demeanour and anonymity that
// MEASURED.md draws, and no build can choose them.
type manner struct {
	leak  float64 // seconds that a posture lasts on the figure: what is slower is the person's own mean
	most  float64 // a person who moves little is shown at most so much larger
	least float64 // and one who moves much not smaller than so much of it
	wide  float64 // spreads that take three quarters of a channel
	dead  float64 // of that: smaller movements are shrunk
	steps float64 // to each side, in which a channel is shown
	sure  float64 // standard errors that a movement must exceed to count whole
	lids  float64 // 1: eyes that shut are shown, 0: they are not
	show  [channels]float64
}

var asShown = manner{leak: 2, most: 4, least: .25, wide: 1.5, dead: .15, steps: 15, sure: 3, lids: 1, show: [channels]float64{1, 1, 1, 1, 1}}

// usual is the spread of each channel in people who speak to a camera, after the slow part is taken out.
var usual = [channels]float64{.06, .06, .03, .05, .02}

// quiver is the movement between two pictures that is shrunk whatever the camera: the least that a watcher would call a movement.
var quiver = [channels]float64{.0010, .0010, .0004, .0003, .0004}

// follower turns readings into poses: without their slow part, brought near a common spread, compressed, smoothed, quantised.
type follower struct {
	as     manner
	gain   [channels]float64
	held   bool // one face is being read
	ever   bool // one was
	lost   int
	two    int
	stale  int
	seen   float64 // seconds the spreads rest on
	gone   float64 // seconds without a face
	at     [channels]float64
	noise  [channels]float64 // standard errors, on average
	spread [channels]float64
	target [channels]float64
	due    [channels]float64 // target, up to one draw later
	late   [channels]bool    // a movement has waited for its draw
	now    [channels]float64
	dice   uint64
	shown  float64 // presence, 0 to 1
	mouth  float64
	shut   float64             // share by which the eyes are shut
	lid    float64             // and by which they are drawn shut
	dark   [lidWindows]float64 // usual darkness of the eyes' windows
	quiet  int                 // draws since the last sound
	raised bool
	hand   float64
}

func newFollower(s scene) follower {
	return follower{as: asShown, gain: s.gain, dice: s.dice | 1, spread: usual, shown: 1, quiet: saidDraws}
}

// toss is a coin of the session's (xorshift, Marsaglia 2003): it hides a camera's timing from the eye of a machine, it keeps no secret.
func (f *follower) toss() bool {
	f.dice ^= f.dice << 13
	f.dice ^= f.dice >> 7
	f.dice ^= f.dice << 17
	return f.dice>>32&1 == 1
}

// lose makes the figure turn neutral at once.
func (f *follower) lose() {
	f.held, f.lost, f.stale = false, lossFrames, 0
	f.target, f.at = [channels]float64{}, [channels]float64{}
	f.shut, f.dark = 0, [lidWindows]float64{}
}

// observe takes one reading in.
func (f *follower) observe(r reading) Notice {
	f.stale = 0
	dt := clamp(r.dt, .01, .2)
	if r.faces != 0 {
		f.gone, f.lost = 0, 0
	}
	switch {
	case r.faces > 1:
		f.two++
		if f.two >= twoFrames {
			f.lose()
			return TwoFaces
		}
	case r.faces == 1:
		f.two, f.held, f.ever = 0, true, true
		if r.sure {
			f.take(&r, dt)
			f.blink(r.dark, dt)
		}
	default:
		f.two = 0
		f.lost++
		f.gone += dt
		if f.lost >= lossFrames {
			f.lose()
			return NoFace
		}
	}
	return OK
}

// take adds a movement. The sum leaks, so that what lasts fades; it is measured against its own spread, within bounds, so that neither who
// moves little nor who moves much is known by it, and so that a still head's quiver is never blown up into a gesture.
func (f *follower) take(r *reading, dt float64) {
	f.seen = math.Min(f.seen+dt, spreadSeconds)
	for i, m := range r.move {
		if m != m || math.Abs(m) > 1 {
			m = 0
		}
		q := math.Max(quiver[i], f.as.sure*r.doubt[i])
		m *= m * m / (m*m + q*q + 1e-18)
		f.at[i] = f.at[i]*math.Exp(-dt/f.as.leak) + m
		f.noise[i] += (r.doubt[i] - f.noise[i]) * dt / noiseSeconds
		s := f.spread[i]
		s += (f.at[i]*f.at[i] - s*s) / (2 * s) * dt / (f.seen + spreadPrior)
		f.spread[i] = clamp(s, usual[i]/f.as.most, usual[i]/f.as.least)
		u := f.at[i] / (f.as.wide * math.Max(f.spread[i], noiseFloor*f.noise[i])) * f.gain[i] * f.as.show[i]
		u = math.Tanh(u * u * u / (u*u + f.as.dead*f.as.dead + 1e-12))
		if math.Abs(u-f.target[i]/reachOut) > overstep/f.as.steps {
			f.target[i] = reachOut * math.Round(u*f.as.steps) / f.as.steps
		}
	}
}

// step moves the figure by one draw and gives its pose.
func (f *follower) step(mouth float32) pose {
	f.stale++
	if f.stale > staleDraws && f.held {
		f.lose()
		f.stale = staleDraws
	}
	k := returnShare
	if f.held {
		k = smoothing
	}
	for i := range f.now {
		if f.late[i] || !f.held || f.due[i] != f.target[i] && f.toss() {
			f.due[i], f.late[i] = f.target[i], false
		} else {
			f.late[i] = f.due[i] != f.target[i] // it waits for one draw and no longer
		}
		f.now[i] += (f.due[i] - f.now[i]) * k
		if math.Abs(f.now[i]) < .02 && f.due[i] == 0 {
			f.now[i] = 0 // neutral is reached, not only approached
		}
	}
	f.shown = clamp(f.shown+toward(!f.empty(), presenceStep), 0, 1)
	f.hand = clamp(f.hand+toward(f.raised, handStep), 0, 1)
	f.lid += (f.shut*f.as.lids - f.lid) * lidStep
	f.speak(float64(mouth))
	return pose{
		pitch: level(f.now[chPitch], pitchBits), yaw: level(f.now[chYaw], yawBits), roll: level(f.now[chRoll], rollBits),
		sway: level(f.now[chSway], swayBits), lean: level(f.now[chLean], leanBits),
		mouth: uint8(math.Round(f.mouth * 31)), lids: uint8(math.Round(f.lid * lidLevels)), presence: uint8(math.Round(f.shown * 3)), hand: uint8(math.Round(f.hand * 7)),
	}
}

func toward(up bool, by float64) float64 {
	if up {
		return by
	}
	return -by
}

// speak moves the mouth: it opens at once and shuts a little slower.
func (f *follower) speak(m float64) {
	if !(m > 0) {
		m = 0
	}
	m = math.Min(m, 1)
	if m > f.mouth {
		f.mouth += (m - f.mouth) * .8
	} else {
		f.mouth += (m - f.mouth) * .6
	}
	if f.mouth < .012 {
		f.mouth = 0
	}
	if f.quiet++; f.mouth > .05 {
		f.quiet = 0
	}
}

// empty says whether the seat counts as empty: nobody is read for leftSeconds, and somebody was before.
func (f *follower) empty() bool { return f.ever && f.gone >= leftSeconds }

func (f *follower) state() State {
	switch {
	case f.empty():
		return LeftSeat
	case f.raised:
		return HandRaised
	case f.quiet < saidDraws:
		return Answering
	case !f.held:
		return Neutral
	}
	return Still
}
