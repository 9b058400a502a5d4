package face

import "math"

// hand is the raised hand beside the head: a plain forearm and a mitten-like palm, cut out of the figure's own stone, that rises from below
// when the witness asks for the floor. It is nobody's hand: no fingers to tell, no nails, no skin.
type hand struct {
	x0, y0, w, h int     // where it lies when it is up, in pixels
	rise         float64 // pixels from hidden to raised
	luma, cover  []uint8
	tint         *[2][256]uint8
}

const (
	handX    = 1.20 // middle of the palm when raised, in head units from the head's centre
	handY    = .55
	handLow  = 2.75 // where the forearm ends, below the picture
	handLean = .12
)

func newHand(l layout) hand {
	// It is raised on the side that has more room.
	side := 1.0
	if l.cx > float64(l.w)/2 {
		side = -1
	}
	hd := hand{rise: (handLow - handY + .7) * l.unit}
	x := l.cx + side*handX*l.unit
	hd.x0, hd.y0 = max(0, int(x-.62*l.unit)), max(0, int(l.cy+(handY-.75)*l.unit))
	hd.w, hd.h = min(l.w, int(x+.62*l.unit))-hd.x0, min(l.h, int(l.cy+handLow*l.unit))-hd.y0
	if hd.w <= 0 || hd.h <= 0 {
		return hand{}
	}
	hd.luma, hd.cover = make([]uint8, hd.w*hd.h), make([]uint8, hd.w*hd.h)
	for j := 0; j < hd.h; j++ {
		for i := 0; i < hd.w; i++ {
			px, py := (float64(hd.x0+i)+.5-x)/l.unit*side, (float64(hd.y0+j)+.5-l.cy)/l.unit-handY
			in := handInside(px, py)
			// Flat as a cut-out, with a soft edge: the figure's light from the side, and fading downwards as the body does.
			t := clamp(in/.16, 0, 1)
			edge := .30 * (1 - t) * (1 - t)
			k := j*hd.w + i
			hd.cover[k] = uint8(clamp(in*l.unit+.5, 0, 1)*255 + .5)
			hd.luma[k] = uint8(stone((.66-edge)*(1-.45*smooth(.2, 1.9, py))).luma() + .5)
		}
	}
	return hd
}

// handInside is how far inside the outline of palm, thumb and forearm (x, y) is; the palm's middle is the origin, the thumb points to the head.
func handInside(x, y float64) float64 {
	capsule := func(ax, ay, bx, by, ra, rb float64) float64 {
		dx, dy := bx-ax, by-ay
		t := clamp(((x-ax)*dx+(y-ay)*dy)/(dx*dx+dy*dy), 0, 1)
		return ra + (rb-ra)*t - math.Hypot(x-ax-t*dx, y-ay-t*dy)
	}
	palm := capsule(.01, -.34, 0, .12, .205, .215)
	thumb := capsule(-.16, .16, -.33, -.12, .085, .07)
	arm := capsule(.01, .30, handLean, 2.4, .15, .30)
	return softMax(softMax(palm, arm, .20), thumb, .09)
}

// draw lays the hand over a picture, as far raised as the pose says.
func (hd *hand) draw(dst *plate, p pose, tone *[256]uint8) {
	if p.hand == 0 || hd.luma == nil {
		return
	}
	up := smooth(0, 1, float64(min(p.hand, 7))/7)
	down := int((1 - up) * hd.rise)
	for j := 0; j < hd.h; j++ {
		y := hd.y0 + j + down
		if y >= dst.h {
			return
		}
		row := dst.y[y*dst.w+hd.x0 : y*dst.w+hd.x0+hd.w]
		luma, cover := hd.luma[j*hd.w:(j+1)*hd.w], hd.cover[j*hd.w:(j+1)*hd.w]
		for i, c := range cover {
			if c == 0 {
				continue
			}
			l := tone[luma[i]]
			row[i] = blend(row[i], l, int(c))
			if x := hd.x0 + i; (x|y)&1 == 0 {
				k := y>>1*dst.cw + x>>1
				dst.cb[k], dst.cr[k] = blend(dst.cb[k], hd.tint[0][l], int(c)), blend(dst.cr[k], hd.tint[1][l], int(c))
			}
		}
	}
}
