package face

import "math"

// An eye is 10 pixels high in a good camera's picture and 5 in the one that is read: too little to say where it looks, enough to say whether it is
// shut. A shut eye shows skin where there was a dark iris between dark lashes. So each eye has two windows, one over the eye and one over brow and
// eye, and how dark they are against their own brightest part is read off each picture. When an eye shuts both get brighter; when a brow is
// raised, only the lower one. No eye is looked for: the windows sit where eyes sit in a face (as pigo's own search for pupils starts), and
// are carried by the face's movement.

const (
	lidSide     = 12   // samples across a window and down it
	lidSmallest = 60   // work pixels: the eyes of a smaller face are not read
	lidSettle   = 1.0  // seconds in which the windows come back to where the detector sees the face
	lidU        = .185 // from the face's middle to an eye's, in face sizes
	lidWindows  = 4
)

// lidWindow is the middle of a window and its half sides, in face sizes.
var lidWindow = func() (w [lidWindows]struct{ u, v, halfU, halfV float64 }) {
	for i, side := range [2]float64{-lidU, lidU} {
		w[2*i].u, w[2*i].v, w[2*i].halfU, w[2*i].halfV = side, -.075, .10, .07
		w[2*i+1].u, w[2*i+1].v, w[2*i+1].halfU, w[2*i+1].halfV = side, -.16, .115, .085
	}
	return w
}()

// lidLens is where in a window the samples lie, from -1.5 to 1.5, and how much each counts: the outer ones only say what is bright there.
var lidLens = func() (l [lidSide * lidSide]struct{ u, v, weight float64 }) {
	for i := range l {
		u, v := (float64(i%lidSide)+.5)/lidSide*2-1, (float64(i/lidSide)+.5)/lidSide*2-1
		l[i].u, l[i].v, l[i].weight = 1.5*u, 1.5*v, smooth(1, .6, math.Hypot(u, v))
	}
	return l
}()

// lids reads how dark the eyes' windows are. They move with the face and not with the detector, whose squares jump.
type lids struct {
	set              bool
	x, y, size, roll float64
}

// carry moves the windows with the face.
func (e *lids) carry(m motion) {
	e.x, e.y = e.x+m.x*e.size, e.y+m.y*e.size
	e.size *= math.Exp(m.grow)
	e.roll = clamp(e.roll+m.roll, -.8, .8)
}

// read gives the darkness of each window, 0 to 1, or zeros where it cannot be told.
func (e *lids) read(l *tier, at place, moved bool, dt float64) (dark [lidWindows]float64) {
	if !e.set || !moved {
		*e = lids{set: true, x: at.x, y: at.y, size: at.size}
		return dark
	}
	k := math.Min(1, dt/lidSettle)
	e.x, e.y, e.size, e.roll = e.x+(at.x-e.x)*k, e.y+(at.y-e.y)*k, e.size+(at.size-e.size)*k, e.roll*(1-k/2)
	if e.size < lidSmallest {
		return dark
	}
	sn, cs := math.Sincos(e.roll)
	for i, w := range lidWindow {
		var p [lidSide * lidSide]float64
		var sum float64
		for j := range p {
			u, v := w.u+lidLens[j].u*w.halfU, w.v+lidLens[j].v*w.halfV
			p[j] = l.at(e.x+(u*cs-v*sn)*e.size, e.y+(u*sn+v*cs)*e.size)
			sum += p[j]
		}
		mean, bright, n := sum/float64(len(p)), 0.0, 0.0
		for _, v := range p {
			if v >= mean {
				bright, n = bright+v, n+1
			}
		}
		bright /= n
		var weight float64
		for j, v := range p {
			dark[i] += lidLens[j].weight * math.Max(0, bright-v)
			weight += lidLens[j].weight
		}
		dark[i] /= weight * (bright + 1)
	}
	return dark
}

const (
	lidLeast    = .035 // share of its usual darkness that each window loses when an eye begins to count as shut
	lidMost     = .085 // and when it counts as shut
	lidFaint    = .04  // darkness below which a window holds no eye
	lidOpens    = .6   // seconds in which what is usual follows a window that is darker
	lidShuts    = 6.0  // and one that is brighter: eyes that stay shut are shown for so long
	lidLevels   = 3
	lidOverstep = .7
	lidStep     = .5 // share of the way that each draw goes
)

// blink takes in how dark the eyes' windows are. Each is held against what is usual for itself, so that nothing of the eyes, brows or glasses
// is told; all four must lose darkness, so that a turned head, a shadow or a raised brow shuts no eye.
func (f *follower) blink(dark [lidWindows]float64, dt float64) {
	drop := 1.0
	for i, d := range dark {
		if d < lidFaint {
			f.shut, f.dark = 0, [lidWindows]float64{}
			return
		}
		u := &f.dark[i]
		if *u == 0 {
			*u = d
		}
		drop = math.Min(drop, 1-d/(*u))
		t := lidShuts
		if d > *u {
			t = lidOpens
		}
		*u += (d - *u) * math.Min(1, dt/t)
	}
	if v := lidLevels * smooth(lidLeast, lidMost, drop); math.Abs(v-f.shut*lidLevels) > lidOverstep {
		f.shut = math.Round(v) / lidLevels
	}
}
