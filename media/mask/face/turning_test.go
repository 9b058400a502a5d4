package face

import (
	"math"
	"math/rand/v2"
	"slices"

	"parda/media/mask"
)

// A rendered head of known angles, to hold the reading against: an ellipsoid with a nose and a painted face, lit from above, that turns about its neck
// before a wall, seen by a camera with noise. It is nobody, and it proves nothing about people.

const (
	turnW, turnH = 320, 240
	headWide     = .74 // half-axes of the head in its half-heights
	headDeep     = .82
	neckBehind   = .30 // the neck's joint lies so far behind the head's middle and below it
	neckBelow    = .45
	headTexels   = 64 // per half-height
)

// turning is a film of such a head.
type turning struct {
	size         float64 // half-height in pixels
	cx, cy       float64
	skin         []float64 // what is painted on the head, with headTexels
	rough        []float64
	high         []float64 // how far its front stands before its middle
	still, noise []byte    // all but the head; the camera's noise
	r            *rand.Rand
	shown        mask.RawPicture
	now          paintedFace
}

// paintedFace is what moves on the head: shares from 0 to 1.
type paintedFace struct{ shut, brows, mouth float64 }

// attitude is how the head stands: pitch down, yaw to the picture's right, roll clockwise, in radians; x and y move the trunk, in pixels.
type attitude struct{ pitch, yaw, roll, x, y float64 }

func newTurning(size, grain float64, seed uint64) *turning {
	f := &turning{size: size, cx: turnW * .48, cy: turnH * .46, r: rand.New(rand.NewPCG(seed, 3)), shown: *greyRoom(turnW, turnH)}
	const side = 2 * headTexels
	f.rough = smoothNoise(f.r, side, side, 3)
	f.skin, f.high = make([]float64, side*side), make([]float64, side*side)
	for i := range f.high {
		x, y := float64(i%side)/headTexels-1, float64(i/side)/headTexels-1
		f.high[i] = headDeep*math.Sqrt(math.Max(0, 1-x*x/(headWide*headWide)-y*y)) + .17*math.Exp(-.5*(x*x/.008+math.Pow((y-.16)/.12, 2)))
	}
	f.paint(paintedFace{})
	coarse := smoothNoise(f.r, turnW, turnH, 14)
	for i := range turnW * turnH {
		u, v := (float64(i%turnW)-f.cx)/size, (float64(i/turnW)-f.cy)/size
		g := 96 + coarse[i]*14
		if v > 1.25 && math.Abs(u) < 1.8 { // shoulders
			g = 70 + 8*math.Sin(u*9)
		} else if v > .6 && math.Abs(u) < .36 { // neck
			g = 120
		}
		f.still = append(f.still, byte(clamp(g, 0, 255)))
		f.noise = append(f.noise, byte(clamp(128+f.r.NormFloat64()*grain, 0, 255)))
	}
	return f
}

// paint paints skin, hair and features.
func (f *turning) paint(p paintedFace) {
	f.now = p
	const side = 2 * headTexels
	for i := range f.skin {
		x, y := float64(i%side)/headTexels-1, float64(i/side)/headTexels-1
		spot := func(cx, cy, sx, sy float64) float64 {
			a, b := (x-cx)/sx, (y-cy)/sy
			if a*a+b*b > 16 {
				return 0
			}
			return math.Exp(-.5 * (a*a + b*b))
		}
		v := 175.0
		for _, s := range [2]float64{-1, 1} {
			v -= 85*spot(s*.28, -.19-.06*p.brows, .12, .035) + 40*spot(s*.28, -.03, .14, .07)
			v -= (1 - p.shut) * (80*spot(s*.28, -.02, .05, .045) + 25*spot(s*.28, -.02, .11, .03))
			v -= p.shut * 30 * spot(s*.28, .03, .10, .012)
			v -= 60*spot(s*.07, .27, .035, .02) + 18*spot(s*.16, .18, .05, .14)
		}
		v -= 75*spot(0, .47, .20, .035) + 90*p.mouth*spot(0, .52, .14, .07) + 20*spot(0, .60+.06*p.mouth, .16, .04)
		v += 18 * spot(0, .12, .05, .16)
		hair := smooth(-.48-.12*math.Cos(2*x), -.56-.12*math.Cos(2*x), y)
		hair = math.Max(hair, smooth(.60, .68, math.Abs(x))*smooth(.2, 0, y))
		f.skin[i] = v + (55-v)*hair + f.rough[i]*4
	}
}

// smoothNoise is noise of about unit spread whose grain is so many samples.
func smoothNoise(r *rand.Rand, w, h int, grain float64) []float64 {
	gw, gh := int(float64(w)/grain)+3, int(float64(h)/grain)+3
	g := make([]float64, gw*gh)
	for i := range g {
		g[i] = r.NormFloat64() * 1.6
	}
	out := make([]float64, w*h)
	for k := range out {
		fx, fy := float64(k%w)/grain, float64(k/w)/grain
		i, j := int(fx), int(fy)
		a, b := fx-float64(i), fy-float64(j)
		out[k] = (g[j*gw+i]*(1-a)+g[j*gw+i+1]*a)*(1-b) + (g[(j+1)*gw+i]*(1-a)+g[(j+1)*gw+i+1]*a)*b
	}
	return out
}

// on reads a table of the head between its texels.
func on(table []float64, x, y float64) float64 {
	const side = 2 * headTexels
	x, y = clamp((x+1)*headTexels, 0, side-1.001), clamp((y+1)*headTexels, 0, side-1.001)
	i, j := int(x), int(y)
	a, b, o := x-float64(i), y-float64(j), j*side+i
	return (table[o]*(1-a)+table[o+1]*a)*(1-b) + (table[o+side]*(1-a)+table[o+side+1]*a)*b
}

// turner gives the turn of a direction about the neck's joint: first the nod, then the turn, then the tilt.
func (a attitude) turner() func(x, y, z float64) (float64, float64, float64) {
	sp, cp := math.Sincos(a.pitch)
	sy, cy := math.Sincos(a.yaw)
	sr, cr := math.Sincos(a.roll)
	return func(x, y, z float64) (float64, float64, float64) {
		y, z = y*cp+z*sp, z*cp-y*sp
		x, z = x*cy+z*sy, z*cy-x*sy
		return x*cr - y*sr, x*sr + y*cr, z
	}
}

// frame is the head in that attitude, wearing that face.
func (f *turning) frame(a attitude, p paintedFace) *mask.RawPicture {
	if p != f.now {
		f.paint(p)
	}
	turn := a.turner()
	lag := f.r.IntN(turnW * turnH)
	clean := slices.Clone(f.still)
	x0, y0 := f.cx+a.x, f.cy+a.y
	for py := max(0, int(y0-1.35*f.size)); py < min(turnH, int(y0+1.35*f.size)); py++ {
		for px := max(0, int(x0-1.2*f.size)); px < min(turnW, int(x0+1.2*f.size)); px++ {
			u, v := (float64(px)-x0)/f.size, (float64(py)-y0)/f.size
			if u*u+v*v > 1.8 {
				continue
			}
			x, y, z, missed := u, v, 0.0, 1.0
			for range 6 { // the point of the head's front that is seen here
				z = on(f.high, x, y)
				tx, ty, _ := turn(x, y-neckBelow, z+neckBehind)
				x, y, missed = x+(u-tx)*.9, y+(v-ty-neckBelow)*.9, math.Abs(u-tx)+math.Abs(v-ty-neckBelow)
			}
			if missed > .03 || x*x/(headWide*headWide)+y*y > .98 {
				continue
			}
			nx, ny, nz := turn(x/(headWide*headWide), y, z/(headDeep*headDeep))
			light := .62 + .38*clamp((nz*.8-ny*.6)/math.Sqrt(nx*nx+ny*ny+nz*nz)+.2, 0, 1)
			clean[py*turnW+px] = byte(clamp(on(f.skin, x, y)*light, 0, 255))
		}
	}
	for i, g := range clean {
		f.shown.Y[i] = byte(clamp(float64(g)+float64(f.noise[(i+lag)%len(f.noise)])-128, 0, 255))
	}
	return &f.shown
}
