package capture

import "math"

// looks says how a figure is painted. size is the width of the head in pixels, cx and cy its middle.
type looks struct {
	cx, cy, size       float64
	skin, hair, iris   rgb
	coat, shirt        rgb
	longHair, tie      bool
	baldness           float64 // 0..1, how far the hair line has gone up
	brow, lip          rgb
	headscarf, oldFace bool
}

// part is a feature on the head: where it lies (in head widths from its middle) and how far it stands out, which is how far it
// moves when the head turns.
type part struct {
	s     *sprite
	x, y  float64
	depth float64
}

// figure is a head on a body that was painted into the room already.
type figure struct {
	cx, cy, size          float64
	back, head, front     part
	brows, eyes           [2]part
	nose, cavity, lip, up part
}

// newFigure paints the body into the room and the head's parts on layers of their own.
func newFigure(room *canvas, l looks) figure {
	paintBody(room, l)
	f := figure{cx: l.cx, cy: l.cy, size: l.size}
	f.back, f.head, f.front = paintBackHair(l), paintHead(l), paintFrontHair(l)
	for i, side := range [2]float64{-1, 1} {
		f.brows[i], f.eyes[i] = paintBrow(l, side), paintEye(l, side)
	}
	f.nose = paintNose(l)
	f.cavity, f.up, f.lip = paintMouth(l)
	return f
}

// draw lays the head over the picture in its pose.
func (f *figure) draw(dst *yuv, p pose) {
	x, y := f.cx+p.x*f.size, f.cy+(p.y+0.035*p.nod)*f.size
	at := func(q part, dx, dy, stretch float64) {
		left := x + (q.x+dx+0.16*p.turn*q.depth)*f.size - float64(q.s.planes[0].w)/2
		top := y + (q.y+dy+0.09*p.nod*q.depth)*f.size - float64(q.s.planes[0].h)/2
		q.s.draw(dst, left, top, stretch)
	}
	at(f.back, 0, 0, 1)
	at(f.head, 0, 0, 1)
	for i := range f.eyes {
		at(f.eyes[i], 0, 0.012*(1-p.eyes), math.Max(0.14, p.eyes))
	}
	for i := range f.brows {
		at(f.brows[i], 0, -0.01*p.mouth, 1)
	}
	at(f.nose, 0, 0, 1)
	open := 0.13 * p.mouth
	if p.mouth > 0.03 {
		at(f.cavity, 0, open/2, math.Max(0.1, p.mouth))
	}
	at(f.up, 0, -0.006*p.mouth, 1)
	at(f.lip, 0, open, 1)
	at(f.front, 0, 0, 1)
}

func paintBody(room *canvas, l looks) {
	s := l.size
	// Shoulders and chest, the neck with the chin's shadow, the collar.
	room.ball(l.cx, l.cy+1.75*s, 1.28*s, 1.02*s, l.coat, 3.2, 0.03)
	room.ball(l.cx, l.cy+0.72*s, 0.3*s, 0.5*s, l.skin.times(0.86), 3, 0.06)
	room.paint(l.cx, l.cy+0.66*s, 0.3*s, 0.16*s, func(x, y float64) (rgb, float64) {
		return l.skin.times(0.5), 0.65 * soft(math.Abs(x), 0.06) * soft(math.Abs(y), 1)
	})
	room.paint(l.cx, l.cy+1.28*s, 0.34*s, 0.42*s, func(x, y float64) (rgb, float64) {
		return l.shirt.times(0.95 - 0.15*math.Abs(x)), soft(math.Abs(x)*1.6+math.Max(0, y)*0.9+math.Max(0, -y-0.55)*4, 0.08)
	})
	if l.tie {
		room.paint(l.cx, l.cy+1.5*s, 0.1*s, 0.5*s, func(x, y float64) (rgb, float64) {
			return rgb{0.35, 0.08, 0.1}.times(0.8 + 0.2*math.Cos(x*3)), soft(math.Max(math.Abs(x)/(0.55+0.4*math.Abs(y+0.2)), math.Abs(y)), 0.1)
		})
	}
	// A fold on each side of the chest.
	for _, side := range [2]float64{-1, 1} {
		room.ellipse(l.cx+side*0.78*s, l.cy+1.9*s, 0.06*s, 0.6*s, l.coat.times(0.45), 0.9, 0.5)
	}
}

func paintBackHair(l looks) part {
	s := l.size
	c := newLayer(1.7*s, 2.2*s, l.hair.times(0.6))
	mx, my := float64(c.w)/2, float64(c.h)/2
	if l.longHair || l.headscarf {
		// It falls on both shoulders and leaves the neck free.
		c.paint(mx, my+0.12*s, 0.62*s, 0.86*s, func(x, y float64) (rgb, float64) {
			outline := math.Pow(math.Pow(math.Abs(x), 2.6)+math.Pow(math.Abs(y), 2.6), 1/2.6)
			neck := math.Max(0, math.Min(1, (math.Abs(x)-0.42+0.5*math.Max(0, 0.55-y))*12))
			return l.hair.times(0.55 + 0.2*math.Max(0, -0.5*x-0.5*y)), soft(outline, 0.05) * neck
		})
	} else {
		c.ball(mx, my-0.18*s, 0.54*s, 0.6*s, l.hair.times(0.75), 2.2, 0.05)
	}
	return part{s: c.sprite(), depth: -0.35}
}

func paintHead(l looks) part {
	s := l.size
	c := newLayer(1.4*s, 1.7*s, l.skin.times(0.6))
	mx, my := float64(c.w)/2, float64(c.h)/2
	if !l.headscarf && !l.longHair {
		for _, side := range [2]float64{-1, 1} {
			c.ball(mx+side*0.5*s, my+0.04*s, 0.08*s, 0.15*s, l.skin.times(0.85), 2, 0.15)
		}
	}
	// The skull narrows to the chin.
	c.paint(mx, my, 0.5*s, 0.67*s, func(x, y float64) (rgb, float64) {
		narrow := 1 - 0.2*math.Max(0, y)*math.Max(0, y) - 0.05*math.Max(0, -y)
		d := math.Pow(math.Pow(math.Abs(x/narrow), 2.3)+math.Pow(math.Abs(y), 2.3), 1/2.3)
		z := math.Sqrt(math.Max(0, 1-math.Min(1, x*x*0.8+y*y*0.5)))
		light := 0.4 + 0.62*math.Max(0, -0.3*x-0.28*y+0.88*z)
		return l.skin.times(math.Min(1.06, light)), soft(d, 0.05)
	})
	// Eye sockets, cheeks, the shade beside the nose, under the lip and along the jaw.
	for _, side := range [2]float64{-1, 1} {
		c.ellipse(mx+side*0.215*s, my-0.08*s, 0.17*s, 0.1*s, l.skin.times(0.52), 1.1, 0.62)
		c.ellipse(mx+side*0.25*s, my+0.16*s, 0.13*s, 0.09*s, l.skin.mix(rgb{0.9, 0.45, 0.4}, 0.35), 1.4, 0.35)
		c.shade(mx+side*0.4*s, my+0.36*s, 0.1*s, 0.3*s, l.skin.times(0.45), 1.4, 0.4)
		if l.oldFace {
			c.ellipse(mx+side*0.19*s, my+0.29*s, 0.018*s, 0.13*s, l.skin.times(0.5), 1, 0.6)
			c.ellipse(mx+side*0.215*s, my+0.02*s, 0.12*s, 0.02*s, l.skin.times(0.5), 1, 0.6)
		}
	}
	c.ellipse(mx, my+0.49*s, 0.12*s, 0.03*s, l.skin.times(0.5), 1.2, 0.5)
	c.ellipse(mx-0.05*s, my-0.36*s, 0.24*s, 0.14*s, rgb{1, 0.95, 0.9}, 1.6, 0.16)
	return part{s: c.sprite()}
}

func paintFrontHair(l looks) part {
	s := l.size
	c := newLayer(1.4*s, 1.7*s, l.hair)
	mx, my := float64(c.w)/2, float64(c.h)/2
	c.paint(mx, my-0.1*s, 0.56*s, 0.66*s, func(x, y float64) (rgb, float64) {
		// A cap over the skull, cut by a hair line that is high in the middle and comes down at the temples.
		line := -0.46 - 0.5*l.baldness + 0.62*x*x*x*x + 0.1*x*x
		if l.longHair || l.headscarf {
			line = -0.5 + 1.25*x*x*x*x + 0.16*math.Abs(x)
		}
		strands := 0.9 + 0.1*math.Sin(x*46+4*math.Sin(y*7))
		if l.headscarf {
			strands = 0.95 + 0.05*math.Sin(9*(x+y))
		}
		light := (0.62 + 0.4*math.Max(0, -0.4*x-0.6*y)) * strands
		inside := soft(math.Pow(math.Pow(math.Abs(x), 2.3)+math.Pow(math.Abs(y), 2.3), 1/2.3), 0.06)
		return l.hair.times(light), inside * math.Max(0, math.Min(1, (line-y)*14+0.5))
	})
	return part{s: c.sprite(), depth: -0.12}
}

func paintBrow(l looks, side float64) part {
	s := l.size
	c := newLayer(0.36*s, 0.16*s, l.brow)
	mx, my := float64(c.w)/2, float64(c.h)/2
	c.paint(mx, my, 0.15*s, 0.03*s, func(x, y float64) (rgb, float64) {
		arch := y + 0.7*x*x - 0.35 + 0.35*side*x // the inner end a little lower: calm, not pleading
		return l.brow, 0.92 * soft(math.Max(math.Abs(x), math.Abs(arch)*(1.1+0.5*side*x)), 0.5)
	})
	return part{s: c.sprite(), x: side * 0.215, y: -0.2, depth: 0.8}
}

func paintEye(l looks, side float64) part {
	s := l.size
	c := newLayer(0.34*s, 0.2*s, l.skin.times(0.5))
	mx, my := float64(c.w)/2, float64(c.h)/2
	almond := func(x, y float64) float64 { return math.Hypot(x, y*(1+0.35*x*x)) }
	c.paint(mx, my, 0.135*s, 0.07*s, func(x, y float64) (rgb, float64) { // lashes and lids
		return rgb{0.09, 0.06, 0.05}, 0.9 * soft(almond(x, y+0.12), 0.25)
	})
	c.paint(mx, my+0.004*s, 0.115*s, 0.05*s, func(x, y float64) (rgb, float64) {
		return rgb{0.86, 0.84, 0.82}.times(0.9 - 0.25*math.Max(0, -y)), soft(almond(x, y), 0.2)
	})
	c.paint(mx, my, 0.056*s, 0.056*s, func(x, y float64) (rgb, float64) {
		d := math.Hypot(x, y)
		colour := l.iris
		if d < 0.45 {
			colour = rgb{0.02, 0.02, 0.02}
		}
		return colour, soft(d, 0.2)
	})
	c.ellipse(mx-0.018*s, my-0.02*s, 0.013*s, 0.013*s, rgb{1, 1, 1}, 0.4, 0.9)
	return part{s: c.sprite(), x: side * 0.215, y: -0.075, depth: 0.72}
}

func paintNose(l looks) part {
	s := l.size
	c := newLayer(0.4*s, 0.5*s, l.skin.times(0.8))
	mx, my := float64(c.w)/2, float64(c.h)/2
	c.ellipse(mx+0.055*s, my+0.02*s, 0.035*s, 0.19*s, l.skin.times(0.5), 1.3, 0.45)
	c.ellipse(mx-0.012*s, my-0.02*s, 0.026*s, 0.19*s, rgb{1, 0.93, 0.86}, 1.4, 0.35)
	c.ellipse(mx, my+0.16*s, 0.085*s, 0.055*s, l.skin.times(0.95), 0.8, 0.8)
	c.ellipse(mx, my+0.215*s, 0.1*s, 0.03*s, l.skin.times(0.4), 1.2, 0.7)
	for _, side := range [2]float64{-1, 1} {
		c.ellipse(mx+side*0.048*s, my+0.19*s, 0.024*s, 0.014*s, l.skin.times(0.22), 0.8, 0.9)
	}
	return part{s: c.sprite(), y: 0.03, depth: 1.15}
}

func paintMouth(l looks) (cavity, upper, lower part) {
	s := l.size
	c := newLayer(0.46*s, 0.2*s, rgb{0.2, 0.05, 0.05})
	mx, my := float64(c.w)/2, float64(c.h)/2
	c.ellipse(mx, my, 0.15*s, 0.075*s, rgb{0.16, 0.04, 0.04}, 0.2, 1)
	c.ellipse(mx, my-0.045*s, 0.1*s, 0.018*s, rgb{0.85, 0.82, 0.78}, 0.4, 0.9)
	cavity = part{s: c.sprite(), y: 0.365, depth: 0.85}

	c = newLayer(0.5*s, 0.14*s, l.lip.times(0.8))
	mx, my = float64(c.w)/2, float64(c.h)/2
	c.paint(mx, my, 0.175*s, 0.034*s, func(x, y float64) (rgb, float64) {
		bow := y + 0.55*x*x - 0.2 + 0.35*math.Cos(x*9)*math.Max(0, 0.35-math.Abs(x))
		return l.lip.times(0.72), soft(math.Hypot(x, math.Max(bow, bow*0.8)), 0.3)
	})
	c.paint(mx, my+0.026*s, 0.165*s, 0.012*s, func(x, y float64) (rgb, float64) {
		return rgb{0.18, 0.05, 0.05}, 0.85 * soft(math.Max(math.Abs(x), math.Abs(y+1.6*x*x-0.6)), 0.8)
	})
	upper = part{s: c.sprite(), y: 0.34, depth: 0.88}

	c = newLayer(0.46*s, 0.16*s, l.lip)
	mx, my = float64(c.w)/2, float64(c.h)/2
	c.paint(mx, my, 0.145*s, 0.036*s, func(x, y float64) (rgb, float64) {
		return l.lip.times(1.02 - 0.2*y), soft(math.Hypot(x, y+0.5*x*x-0.15), 0.3)
	})
	lower = part{s: c.sprite(), y: 0.398, depth: 0.88}
	return cavity, upper, lower
}
