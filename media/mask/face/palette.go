package face

// colour is linear-free, display-referred RGB, each 0 to 255.
type colour struct{ r, g, b float64 }

// The palette of the figure and of the card: a deep slate ground that stands on a dark page and on a light one, and a soft
// stone grey that is nobody's skin.
var (
	groundNear = colour{52, 64, 78}    // ground behind the head, where the light falls
	groundFar  = colour{21, 28, 37}    // ground at the corners
	stoneDark  = colour{44, 53, 64}    // the figure, turned from the light
	stoneMid   = colour{134, 145, 156} // the figure, half lit
	stoneLight = colour{206, 212, 216} // the figure, facing the light
	inkLight   = colour{233, 237, 240} // type on the card
	inkQuiet   = colour{126, 146, 164} // the mark on the card
)

func mix(a, b colour, t float64) colour {
	return colour{a.r + (b.r-a.r)*t, a.g + (b.g-a.g)*t, a.b + (b.b-a.b)*t}
}

func (c colour) times(k float64) colour { return colour{c.r * k, c.g * k, c.b * k} }

// stone is the colour of the figure at a brightness from 0 to 1.
func stone(s float64) colour {
	s = clamp(s, 0, 1)
	if s < .5 {
		return mix(stoneDark, stoneMid, s*2)
	}
	return mix(stoneMid, stoneLight, s*2-1)
}

// luma and chroma by BT.601, limited range (16 to 235, 16 to 240), which is what a VP8 decoder assumes.
func (c colour) luma() float64 {
	return 16 + (65.481*c.r+128.553*c.g+24.966*c.b)/255
}

func (c colour) chroma() (cb, cr float64) {
	return 128 + (-37.797*c.r-74.203*c.g+112*c.b)/255, 128 + (112*c.r-93.786*c.g-18.214*c.b)/255
}

func clamp(v, lo, hi float64) float64 { return max(lo, min(hi, v)) }

// smooth is the usual cubic step from 0 at a to 1 at b.
func smooth(a, b, x float64) float64 {
	t := clamp((x-a)/(b-a), 0, 1)
	return t * t * (3 - 2*t)
}

// dither is an 8 by 8 ordered pattern of thresholds in (-0.5, 0.5): it breaks the bands that 8 bits leave in a soft gradient. It is
// the same in every picture of every session, so it says nothing of a camera.
var dither = func() (d [64]float64) {
	for i := range d {
		x, y, v := i&7, i>>3, 0
		for b := 0; b < 3; b++ { // the low bits of the place weigh most: a Bayer matrix
			v = v<<2 | (x>>b^y>>b)&1<<1 | y>>b&1
		}
		d[i] = (float64(v)+.5)/64 - .5
	}
	return d
}()

func quantise8(v float64, x, y int) byte {
	return byte(clamp(v+.5+dither[y&7<<3|x&7], 0, 255))
}
