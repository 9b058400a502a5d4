package face

import "math"

// Between two pictures a head moves by fractions of a pixel, far less than what a face detector or a landmark can tell. Here the face's
// patch of the picture before is laid over the new one (Lucas and Kanade 1981; Baker and Matthews 2004 for the fixed Hessian) under a motion of
// six numbers: shift, scale, roll, and a turn of an ellipsoid to the side and up (Basu, Essa and Pentland 1996). Four more are taken up and thrown away:
// a change of light and of contrast, so that a lamp or the camera's exposure moves nothing; a stretch from crown to chin; and a slant, so that a head
// that turns does not tilt because chin and crown are not as deep as the nose. Brows and mouth move by themselves: they count for little, and what does
// not go with the rest counts for less (Cauchy's weights). The patch ends within the head's outline, so that a wall behind a head that
// moves aside does not turn it.

const (
	flowSide     = 40  // samples across the patch, and down it
	flowSteps    = 5   // steps at the fine tier
	flowHalfX    = .46 // half the patch's width, in face sizes
	flowHalfY    = .56
	flowBrows    = -.22 // where the brows are, and the lower edge of the nose
	flowLips     = .10
	flowAside    = .8 // share of their weight that brows and mouth lose
	flowParams   = 10
	flowKept     = 6   // of them, that are the head's movement
	coarseParams = 4   // shift, light and contrast
	flowGood     = .80 // share of the patch's contrast that the motion must explain
	flowLoose    = 1.5 // standard deviations at which what does not go with the rest counts half
	flowNoise    = 9   // variance of the camera's noise that is assumed, grey steps squared
)

// motion is how the face moved since the picture before: shifts in face sizes, turns in radians or so, growth in natural logarithms.
type motion struct {
	x, y, grow, roll, yaw, pitch float64
	stretch, slant               float64           // no movement of the head
	good                         float64           // share of the patch's contrast that this motion explains, at most 1
	doubt                        [flowKept]float64 // standard error of x, y, grow, roll, yaw and pitch, from what it leaves unexplained
}

// tier is one picture of a pyramid, without padding.
type tier struct {
	w, h int
	p    []byte
}

// at reads between pixels; the edge repeats. x and y count from the middle of the first pixel. The tier is at least 2 by 2.
func (l *tier) at(x, y float64) float64 {
	x, y = clamp(x, 0, float64(l.w)-1.001), clamp(y, 0, float64(l.h)-1.001)
	ix, iy := int(x), int(y)
	fx, fy := x-float64(ix), y-float64(iy)
	o := iy*l.w + ix
	a, b := l.p[o:o+2:o+2], l.p[o+l.w:o+l.w+2:o+l.w+2]
	top := float64(a[0]) + (float64(a[1])-float64(a[0]))*fx
	low := float64(b[0]) + (float64(b[1])-float64(b[0]))*fx
	return top + (low-top)*fy
}

// half fills l with a picture of half the size.
func (l *tier) half(from *tier) {
	l.w, l.h = from.w/2, from.h/2
	if cap(l.p) < l.w*l.h {
		l.p = make([]byte, l.w*l.h)
	}
	l.p = l.p[:l.w*l.h]
	for y := 0; y < l.h; y++ {
		a, b := from.p[2*y*from.w:], from.p[(2*y+1)*from.w:]
		a, b = a[:2*l.w], b[:2*l.w]
		dst := l.p[y*l.w : (y+1)*l.w]
		for x := range dst {
			dst[x] = byte((uint32(a[2*x]) + uint32(a[2*x+1]) + uint32(b[2*x]) + uint32(b[2*x+1]) + 2) >> 2)
		}
	}
}

// flow measures motion. It holds scratch memory only.
type flow struct {
	tmpl  [flowSide * flowSide]float64
	rows  [flowSide * flowSide][flowParams]float64
	hess  [flowParams][flowParams]float64
	tight float64 // 1 / the square of the difference that counts half; 0 before any is known
}

// lens is the patch's window and form, the same for every face: weights that leave out corners and edge, and the ellipsoid's depth.
var lens = func() (l [flowSide * flowSide]struct{ u, v, weight, depth float64 }) {
	var sum, mean float64
	for i := range l {
		u, v := (float64(i%flowSide)+.5)/flowSide*2-1, (float64(i/flowSide)+.5)/flowSide*2-1
		r := u*u + v*v
		l[i].u, l[i].v = u*flowHalfX, v*flowHalfY
		aside := math.Max(smooth(flowLips, flowLips+.16, l[i].v), math.Exp(-.5*math.Pow((l[i].v-flowBrows)/.06, 2)))
		l[i].weight = smooth(1.05, .75, r) * (1 - flowAside*aside)
		l[i].depth = math.Sqrt(math.Max(0, 1.1-r)) * flowHalfX
		sum, mean = sum+l[i].weight, mean+l[i].weight*l[i].depth
	}
	for i := range l {
		l[i].depth -= mean / sum // so that a turn does not shift the patch's middle
	}
	return l
}()

// between measures how the face at (cx, cy), of that size in pixels of both levels, moved from prev to cur. guess starts the search.
func (f *flow) between(prev, cur *tier, cx, cy, size float64, guess motion, params, steps int) motion {
	f.prepare(prev, cx, cy, size, params)
	m := guess
	f.tight = 0
	for range steps {
		d, _, _ := f.error(cur, cx, cy, size, m, params)
		m.x, m.y = clamp(m.x-d[0], -.5, .5), clamp(m.y-d[1], -.5, .5)
		if params > coarseParams {
			m.grow, m.roll = clamp(m.grow-d[2], -.2, .2), clamp(m.roll-d[3], -.3, .3)
			m.yaw, m.pitch = clamp(m.yaw-d[4], -.4, .4), clamp(m.pitch-d[5], -.4, .4)
			m.stretch, m.slant = clamp(m.stretch-d[6], -.3, .3), clamp(m.slant-d[7], -.3, .3)
		}
	}
	_, good, left := f.error(cur, cx, cy, size, m, params)
	m.good = good
	if params == flowParams {
		for i := range flowKept {
			var one [flowParams]float64
			one[i] = 1
			m.doubt[i] = math.Sqrt(left * max(0, solve(f.hess, one, params)[i]))
		}
	}
	return m
}

// prepare samples the patch of prev, its gradients by the motion's parameters, and the Hessian. The last two parameters are light and contrast.
func (f *flow) prepare(prev *tier, cx, cy, size float64, params int) {
	f.hess = [flowParams][flowParams]float64{}
	for i := range lens {
		w := &lens[i]
		if w.weight <= 0 {
			continue
		}
		x, y := cx+w.u*size, cy+w.v*size
		v := prev.at(x, y)
		gx, gy := (prev.at(x+1, y)-prev.at(x-1, y))*.5*size, (prev.at(x, y+1)-prev.at(x, y-1))*.5*size
		f.tmpl[i] = v
		j := &f.rows[i]
		if params > coarseParams {
			*j = [flowParams]float64{gx, gy, gx*w.u + gy*w.v, gy*w.u - gx*w.v, gx * w.depth, gy * w.depth, gy * w.v, gx * w.v, 1, (v - 128) / 64}
		} else {
			*j = [flowParams]float64{gx, gy, 1, (v - 128) / 64}
		}
		for a := 0; a < params; a++ {
			wa := w.weight * j[a]
			for b := a; b < params; b++ {
				f.hess[a][b] += wa * j[b]
			}
		}
	}
	// A weak prior on each parameter (a few hundredths for each picture) keeps a flat patch from moving at all.
	for a := 0; a < params; a++ {
		if a < params-2 {
			f.hess[a][a] += flowNoise / (.05 * .05)
		} else {
			f.hess[a][a] += 1e-3
		}
		for b := 0; b < a; b++ {
			f.hess[a][b] = f.hess[b][a]
		}
	}
}

// error is the step that the difference between the new picture, under motion m, and the patch asks for, how much of the patch is explained, and the
// variance of what is not.
func (f *flow) error(cur *tier, cx, cy, size float64, m motion, params int) (d [flowParams]float64, good, rest float64) {
	sn, cs := math.Sincos(m.roll)
	k := math.Exp(m.grow)
	var sum, mean, square, left, leftMean, both, rough, n float64
	for i := range lens {
		w := &lens[i]
		if w.weight <= 0 {
			continue
		}
		u, v := k*(w.u*cs-w.v*sn)+m.yaw*w.depth+m.slant*w.v+m.x, k*(w.u*sn+w.v*cs)+m.pitch*w.depth+m.stretch*w.v+m.y
		t := f.tmpl[i]
		p := cur.at(cx+u*size, cy+v*size)
		e := p - t
		q := 1 / (1 + e*e*f.tight)
		rough, n = rough+q*w.weight*e*e, n+q*w.weight
		e *= w.weight * q
		j := &f.rows[i]
		for a := 0; a < params; a++ {
			d[a] += e * j[a]
		}
		sum, mean, square = sum+w.weight, mean+w.weight*t, square+w.weight*t*t
		left, leftMean, both = left+w.weight*p*p, leftMean+w.weight*p, both+w.weight*p*t
	}
	f.tight = n / (flowLoose*flowLoose*rough + n)
	d = solve(f.hess, d, params)
	vt, vp, c := square-mean*mean/sum, left-leftMean*leftMean/sum, both-mean*leftMean/sum
	if vt > sum && vp > sum && c > 0 {
		good = c * c / (vt * vp)
		rest = (1 - good) * vp / sum
	}
	return d, good, rest
}

// solve solves a symmetric positive system of n equations by Cholesky's way; where it is not positive it gives zeros.
func solve(a [flowParams][flowParams]float64, b [flowParams]float64, n int) (x [flowParams]float64) {
	for i := 0; i < n; i++ {
		for j := 0; j <= i; j++ {
			s := a[i][j]
			for k := 0; k < j; k++ {
				s -= a[i][k] * a[j][k]
			}
			if i != j {
				a[i][j] = s / a[j][j]
				continue
			}
			if !(s > 1e-9) {
				return x
			}
			a[i][i] = math.Sqrt(s)
		}
	}
	for i := 0; i < n; i++ {
		for k := 0; k < i; k++ {
			b[i] -= a[i][k] * b[k]
		}
		b[i] /= a[i][i]
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			b[i] -= a[k][i] * x[k]
		}
		x[i] = b[i] / a[i][i]
	}
	return x
}
