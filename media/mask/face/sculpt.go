package face

import "math"

// The figure is a bust modelled as a height field, lit once when a Figure is made. Lengths are in half-heights of the head; x
// grows to the right, y down, z towards the viewer; the head's centre is the origin, its top y = -1, its chin y = 1.

const (
	headWidth = .735 // half-width at the widest
	headDepth = .82  // half-depth
	mouthY    = .50  // the line of the lips
	mouthHalf = .235 // half-width of the mouth
)

// light is the direction to the one soft light: from above, a little from the left.
var light = unit(-.40, -.56, .73)

func unit(x, y, z float64) [3]float64 {
	n := math.Sqrt(x*x + y*y + z*z)
	return [3]float64{x / n, y / n, z / n}
}

// halfWidth is the head's outline: an egg that narrows to a rounded chin.
func halfWidth(y float64) float64 {
	if y <= -1 || y >= 1 {
		return 0
	}
	var c float64
	if y < -.12 {
		c = math.Pow(1-math.Pow(-(y+.12)/.88, 2.25), .5)
	} else {
		c = math.Pow(1-math.Pow((y+.12)/1.12, 2.15), .62)
	}
	return headWidth * c
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

// relief is what stands out of the plain form: the ridge of a nose, a brow, the round of the mouth and chin. No eyes: nothing that
// looks, and nothing for a face detector to hold on to.
func relief(x, y float64) float64 {
	ax := math.Abs(x)
	// The nose: a ridge that rises from the brow and ends in a soft tip.
	t := clamp((y+.22)/.50, 0, 1)
	ridge := (.035 + .105*t*t) * math.Exp(-.5*math.Pow(x/(.052+.038*t), 2)) * smooth(-.30, -.16, y) * (1 - smooth(.235, .315, y))
	// The brow: one calm arch over each side, running into the nose.
	arch := -.215 - .05*math.Sin(clamp(ax/.50, 0, 1)*math.Pi)
	brow := .030 * math.Exp(-.5*math.Pow((y-arch)/.060, 2)) * (1 - smooth(.30, .56, ax))
	hollow := -.040 * bell(ax, y, .245, -.085, .135, .085)
	mouth := .040 * bell(x, y, 0, mouthY, .26, .13)
	chin := .035 * bell(x, y, 0, .80, .17, .11)
	return ridge + brow + hollow + mouth + chin
}

// lit is the brightness from 0 to 1 of a surface with that normal.
func lit(nx, ny, nz float64) float64 {
	d := nx*light[0] + ny*light[1] + nz*light[2]
	wrapped := clamp((d+.32)/1.32, 0, 1)
	rim := math.Pow(1-clamp(nz, 0, 1), 3) // the edge falls off softly, so that the outline is clean
	return clamp(.10+.86*math.Pow(wrapped, 1.15)-.10*rim, 0, 1)
}

// normal is that of a height field by central differences.
func normal(h func(x, y float64) float64, x, y float64) (nx, ny, nz float64) {
	const e = .004
	gx, gy := (h(x+e, y)-h(x-e, y))/(2*e), (h(x, y+e)-h(x, y-e))/(2*e)
	n := math.Sqrt(gx*gx + gy*gy + 1)
	return -gx / n, -gy / n, 1 / n
}
