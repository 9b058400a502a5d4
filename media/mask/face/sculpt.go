package face

import "math"

// The figure is a bust modelled as a height field, lit once when a Figure is made. Lengths are in half-heights of the head; x
// grows to the right, y down, z towards the viewer; the head's centre is the origin, its top y = -1, its chin y = 1.

const (
	headWidth = .715 // half-width at the widest
	headDepth = .82  // half-depth
	mouthY    = .50  // the line of the lips
	mouthHalf = .235 // half-width of the mouth
	lidY      = -.14 // the middle of the band that stands for shut eyes
	lidHigh   = .30  // its half-height
	lidHalf   = .70  // and half-width
	lidShine  = 22   // and how many grey steps it is lighter
)

const (
	widest             = -.06 // the outline's widest line
	skullBow, skullEnd = 2.2, .5
	jawBow, jawEnd     = 2.25, .54
)

// bow is how far from the widest line towards crown or chin y is (0 to 1), with the exponents of that half.
func bow(y float64) (s, p, e float64) {
	if y < widest {
		return (widest - y) / (1 + widest), skullBow, skullEnd
	}
	return (y - widest) / (1 - widest), jawBow, jawEnd
}

// halfWidth is the head's outline: an egg that narrows to a rounded chin.
func halfWidth(y float64) float64 {
	s, p, e := bow(y)
	if s >= 1 {
		return 0
	}
	return headWidth * math.Pow(1-math.Pow(s, p), e)
}

// outline is the distance from the head's outline in head units, positive inside, good near the edge.
func outline(x, y float64) float64 {
	s, p, e := bow(y)
	f := 1 - math.Pow(s, p) - math.Pow(math.Abs(x)/headWidth, 1/e)
	long := 1 + widest
	if y >= widest {
		long = 1 - widest
	}
	gx := math.Pow(math.Abs(x)/headWidth, 1/e-1) / e / headWidth
	gy := p * math.Pow(s, p-1) / long
	return f / math.Max(.2, math.Hypot(gx, gy))
}

// form is the height of the plain head at (x, y), and how far inside the outline that is, in half-heights (negative outside).
func form(x, y float64) (z, inside float64) {
	w := halfWidth(y)
	if w <= 0 {
		return 0, -1
	}
	t := x / w
	inside = (w - math.Abs(x))
	if t <= -1 || t >= 1 {
		return 0, inside
	}
	return headDepth * math.Pow(1-t*t, .5) * math.Pow(w/headWidth, .9), inside
}

func bell(x, y, cx, cy, sx, sy float64) float64 {
	dx, dy := (x-cx)/sx, (y-cy)/sy
	return math.Exp(-.5 * (dx*dx + dy*dy))
}

// relief is what stands out of the plain form: one calm keel from the forehead to where a nose would end, and the round of the mouth and
// chin. There are no eyes and no hollows for them: nothing that looks, and nothing for a face detector to hold on to.
func relief(x, y float64) float64 {
	t := clamp((y+.66)/.86, 0, 1)
	width := .056 + .018*t
	keel := .096 * t * t * (3 - 2*t) * math.Exp(-.5*math.Pow(x/width, 2)) * (1 - smooth(-.04, .45, y))
	mouth := .016 * bell(x, y, 0, mouthY, .24, .12)
	chin := .016 * bell(x, y, 0, .80, .17, .11)
	return keel + mouth + chin
}

// fall is how the light on the head fades from crown to chin. It gives the figure its calm, and it is what keeps Haar cascades and pigo from seeing a
// face: they look for a band of eyes that is darker than the cheeks below it.
func fall(y float64) float64 { return 1 - .57*smooth(-.9, .95, y) }

// lit is the brightness from 0 to 1 of a surface with that normal under one soft light, which comes from above, from the left or from the right.
func lit(light [3]float64, nx, ny, nz float64) float64 {
	d := nx*light[0] + ny*light[1] + nz*light[2]
	wrapped := clamp((d+.32)/1.32, 0, 1)
	rim := math.Pow(1-clamp(nz, 0, 1), 3)   // the edge falls off softly, so that the outline is clean
	back := .20 * rim * clamp(nx+.25, 0, 1) // a faint light from behind, on the far side
	return clamp(.10+.88*math.Pow(wrapped, 1.15)-.12*rim+back, 0, 1)
}

// normal is that of a height field by central differences.
func normal(h func(x, y float64) float64, x, y float64) (nx, ny, nz float64) {
	const e = .004
	gx, gy := (h(x+e, y)-h(x-e, y))/(2*e), (h(x, y+e)-h(x, y-e))/(2*e)
	n := math.Sqrt(gx*gx + gy*gy + 1)
	return -gx / n, -gy / n, 1 / n
}
