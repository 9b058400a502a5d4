package face

import "math"

// layout places the figure in a picture: the head's half-height in pixels is unit, its centre at rest is (cx, cy).
type layout struct {
	w, h         int
	unit, cx, cy float64
}

func newLayout(w, h int, s scene) layout {
	u := .232 * math.Min(float64(h), .92*float64(w)) * s.size
	return layout{w: w, h: h, unit: u, cx: float64(w) * (.5 + s.x), cy: float64(h)*(1+s.y) - 2.52*u}
}

// ground is the colour behind the figure at (x, y) in a picture of w by h: one soft pool of light, nothing of any room.
func ground(w, h int, s scene, x, y float64) colour {
	m := math.Max(float64(w)/1.33, float64(h))
	dx, dy := (x-s.poolX*float64(w))/m, (y-s.poolY*float64(h))/m
	return mix(groundNear.times(s.near), groundFar.times(s.far), smooth(.02, .74, math.Hypot(dx, dy)))
}

// bodyInside is how far inside the outline of neck and shoulders (x, y) is, in head units, and the height of their form there. The shoulders slope
// as under a plain drape; they are nobody's build.
func bodyInside(x, y float64) (inside, z float64) {
	ax := math.Abs(x)
	half := .315 + .06*math.Pow(math.Max(y-.75, 0), 2)
	run := x * x / (ax + .30)
	top := 1.20 + .66*(1-math.Exp(-run*1.15)) + .50*math.Pow(math.Max(ax-.72, 0)/.70, 2.4)
	shoulder := softMin((y-top)*.80, 1.52+.07*(y-1.9)-ax, .30)
	inside = softMax(half-ax, shoulder, .22)
	// The form: one round neck that opens into a round chest, without a seam.
	round := softMax(half+.09-math.Sqrt(x*x+.020), shoulder, .30)
	t := clamp(round/.62, 0, 1)
	z = .60*math.Sqrt(1-(1-t)*(1-t)+1e-3) + .36*math.Sqrt(clamp(1-x*x/3.1, 0, 1))
	return inside, z + .10*math.Exp(-.5*math.Pow(x/.30, 2))*(1-smooth(.95, 1.75, y))
}

func softMax(a, b, k float64) float64 {
	h := clamp(.5+.5*(a-b)/k, 0, 1)
	return b + (a-b)*h + k*h*(1-h)
}

func softMin(a, b, k float64) float64 { return -softMax(-a, -b, k) }

// bodyLight is the brightness of neck and shoulders: lit as the head is, in the shade of the chin, and fading downwards so that the eye stays
// with the head.
func bodyLight(light [3]float64, x, y float64) float64 {
	_, z0 := bodyInside(x, y)
	_, zx := bodyInside(x+.012, y)
	_, zy := bodyInside(x, y+.012)
	gx, gy := (zx-z0)/.012, (zy-z0)/.012
	n := math.Sqrt(gx*gx + gy*gy + 1)
	s := lit(light, -gx/n, -gy/n, 1/n)
	s *= 1 - .62*bell(x, y, .05, .97, .42, .20)
	return s * (.84 - .46*smooth(1.25, 2.6, y))
}

// newStage draws what stands still: the ground, and neck and shoulders without a head.
func newStage(l layout, s scene) *plate {
	p := newPlate(l.w, l.h)
	at := func(x, y float64) colour {
		c := ground(l.w, l.h, s, x, y)
		bx, by := (x-l.cx)/l.unit, (y-l.cy)/l.unit
		if by < .3 {
			return c
		}
		in, _ := bodyInside(bx, by)
		a := clamp(in*l.unit+.5, 0, 1) * smooth(.3, .5, by)
		if a <= 0 {
			return c
		}
		return mix(c, stone(bodyLight(s.light, bx, by)), a)
	}
	p.paint(at)
	return p
}

// paint fills a plate from a function of the pixel's centre.
func (p *plate) paint(at func(x, y float64) colour) {
	for y := 0; y < p.h; y++ {
		for x := 0; x < p.w; x++ {
			c := at(float64(x)+.5, float64(y)+.5)
			p.y[y*p.w+x] = quantise8(c.luma(), x, y)
			if x&1 == 0 && y&1 == 0 {
				cb, cr := c.chroma()
				i := y/2*p.cw + x/2
				p.cb[i], p.cr[i] = quantise8(cb, x/2, y/2), quantise8(cr, x/2+4, y/2+4)
			}
		}
	}
}
