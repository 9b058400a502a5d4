package face

import "math"

// layout places the figure in a picture: the head's half-height in pixels is unit, its centre at rest is (cx, cy).
type layout struct {
	w, h         int
	unit, cx, cy float64
}

func newLayout(w, h int) layout {
	u := .232 * math.Min(float64(h), .92*float64(w))
	return layout{w: w, h: h, unit: u, cx: float64(w) / 2, cy: float64(h) - 2.52*u}
}

// ground is the colour behind the figure at (x, y) in a picture of w by h: one soft pool of light, nothing of any room.
func ground(w, h int, x, y float64) colour {
	m := math.Max(float64(w)/1.33, float64(h))
	dx, dy := (x-.47*float64(w))/m, (y-.40*float64(h))/m
	return mix(groundNear, groundFar, smooth(.02, .74, math.Hypot(dx, dy)))
}

// bodyInside is how far inside the outline of neck and shoulders (x, y) is, in head units, and the height of their form there.
func bodyInside(x, y float64) (inside, z float64) {
	ax := math.Abs(x)
	neckHalf := .335 + .055*math.Pow(math.Abs(y-.98), 1.6)
	neck := neckHalf - ax
	// The line of the shoulders: it leaves the neck in a hollow curve, runs down gently and rounds off.
	top := 1.155 + .36*(1-math.Exp(-math.Max(ax-.20, 0)*1.55)) + .62*math.Pow(math.Max(ax-.98, 0)/.62, 2.6)
	shoulder := (y - top) * .86
	side := 1.62 + .05*(y-1.9) - ax
	shoulder = softMin(shoulder, side, .18)
	inside = softMax(neck, shoulder, .13)
	r := .52
	t := clamp(inside/r, 0, 1)
	z = r * 1.05 * math.Sqrt(1-(1-t)*(1-t))
	z += .30 * math.Sqrt(clamp(1-ax*ax/2.9, 0, 1)) // the chest is rounder than a board
	return inside, z
}

func softMax(a, b, k float64) float64 {
	h := clamp(.5+.5*(a-b)/k, 0, 1)
	return b + (a-b)*h + k*h*(1-h)
}

func softMin(a, b, k float64) float64 { return -softMax(-a, -b, k) }

// bodyLight is the brightness of neck and shoulders: lit as the head is, in the shade of the chin, and fading downwards so that the eye stays
// with the head.
func bodyLight(x, y float64) float64 {
	_, z0 := bodyInside(x, y)
	_, zx := bodyInside(x+.012, y)
	_, zy := bodyInside(x, y+.012)
	gx, gy := (zx-z0)/.012, (zy-z0)/.012
	n := math.Sqrt(gx*gx + gy*gy + 1)
	s := lit(-gx/n, -gy/n, 1/n)
	s *= 1 - .66*bell(x, y, .05, .99, .40, .17)
	return s * (.80 - .42*smooth(1.3, 2.6, y))
}

// newStage draws what stands still: the ground, and neck and shoulders without a head.
func newStage(l layout) *plate {
	p := newPlate(l.w, l.h)
	at := func(x, y float64) colour {
		c := ground(l.w, l.h, x, y)
		bx, by := (x-l.cx)/l.unit, (y-l.cy)/l.unit
		if by < .3 {
			return c
		}
		in, _ := bodyInside(bx, by)
		a := clamp(in*l.unit+.5, 0, 1) * smooth(.3, .5, by)
		if a <= 0 {
			return c
		}
		return mix(c, stone(bodyLight(bx, by)), a)
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
				p.cb[i], p.cr[i] = byte(cb+.5), byte(cr+.5)
			}
		}
	}
}
