package face

import (
	_ "embed"
	"fmt"
	"math"
	"sync"
	"time"

	pigo "github.com/esimov/pigo/core"

	"parda/media/mask"
)

// The cascade comes with pigo (MIT licence, cascade/LICENSE).
//
//go:embed cascade/facefinder
var faceCascade []byte

// finder is pigo's face cascade, unpacked once; it is only read afterwards.
var finder = sync.OnceValues(func() (p *pigo.Pigo, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("face: malformed cascade: %v", r)
		}
	}()
	return pigo.NewPigo().Unpack(faceCascade)
})

const (
	workSide   = 340 // a face is looked for in a picture of about this many pixels at most
	smallest   = .13 // of the picture's shorter side: smaller faces are not read
	fullEvery  = 8   // pictures between two looks at the whole picture
	enough     = 6.0 // pigo's summed score of a face to begin with
	enoughHeld = 3.0 // and of one that is held
	second     = 9.0 // of a second face
)

// place is a face's square in work pixels.
type place struct{ x, y, size, score float64 }

// reader finds one face and measures how the head is held. It is used by one goroutine at a time and keeps no picture.
type reader struct {
	find           *pigo.Pigo
	pupil, nose    *locator
	lip            *locator
	work           []byte
	ww, wh, factor int
	count          int
	held           bool
	others         bool // somebody else was seen at the last look at the whole picture
	at             place
	roll           float64
	scale          float64 // slow mean of the distance of the eyes, in pixels
	eyeX, eyeY     float64
	last           time.Time
}

func newReader() (*reader, error) {
	p, err := finder()
	if err != nil {
		return nil, err
	}
	l, err := locators()
	if err != nil {
		return nil, err
	}
	return &reader{find: p, pupil: l[0], nose: l[1], lip: l[2]}, nil
}

// reset forgets the person.
func (r *reader) reset() {
	r.held, r.others, r.roll, r.scale, r.count = false, false, 0, 0, 0
}

// look reads one picture whose planes were checked.
func (r *reader) look(raw *mask.RawPicture) (out reading) {
	out.dt = 1.0 / mask.FrameRate
	if d := raw.Captured.Sub(r.last).Seconds(); !raw.Captured.IsZero() && !r.last.IsZero() && d > 0 && d < 1 {
		out.dt = d
	}
	r.last = raw.Captured
	g := gray{raw.Y, raw.Width, raw.Height, raw.StrideY}
	r.shrink(g)
	out.faces = r.seek()
	if out.faces == 0 {
		r.held, r.roll = false, 0
	}
	if out.faces == 1 {
		r.measure(g, &out)
	}
	return out
}

// shrink averages whole blocks of the picture into the work picture, which also takes noise away.
func (r *reader) shrink(g gray) {
	k := (max(g.w, g.h) + workSide - 1) / workSide
	w, h := g.w/k, g.h/k
	if r.factor != k || r.ww != w || r.wh != h {
		r.reset()
		r.factor, r.ww, r.wh = k, w, h
		r.work = make([]byte, w*h)
	}
	for y := 0; y < h; y++ {
		dst := r.work[y*w : (y+1)*w]
		switch k {
		case 1:
			copy(dst, g.p[y*g.stride:])
		case 2:
			a, b := g.p[2*y*g.stride:], g.p[(2*y+1)*g.stride:]
			a, b = a[:2*w], b[:2*w]
			for x := range dst {
				dst[x] = byte((uint32(a[2*x]) + uint32(a[2*x+1]) + uint32(b[2*x]) + uint32(b[2*x+1]) + 2) >> 2)
			}
		default:
			for x := range dst {
				var sum uint32
				for j := 0; j < k; j++ {
					for _, v := range g.p[(y*k+j)*g.stride+x*k : (y*k+j)*g.stride+x*k+k] {
						sum += uint32(v)
					}
				}
				dst[x] = byte(sum / uint32(k*k))
			}
		}
	}
}

// seek finds the face: near where it was, and now and then in the whole picture, to see whether somebody else has come.
func (r *reader) seek() int {
	r.count++
	whole := !r.held || r.count%fullEvery == 0 || r.others && r.count%3 == 0
	if r.held {
		if p, ok := r.near(); ok {
			r.at = p
			if !whole {
				return r.people()
			}
		} else {
			r.held, whole = false, true
		}
	}
	side := float64(min(r.ww, r.wh))
	found := scan(r.find, r.work, r.ww, r.wh, r.ww, int(smallest*side), int(side), .1, 1.12, 0)
	best := -1
	for i, f := range found {
		if f.score >= enough && (best < 0 || f.score > found[best].score) {
			best = i
		}
	}
	if !r.held {
		if best < 0 {
			r.others = false
			return 0
		}
		r.at, r.held, r.roll = found[best], true, 0
	}
	r.others = false
	for _, f := range found {
		apart := math.Hypot(f.x-r.at.x, f.y-r.at.y) > .4*(r.at.size+f.size)
		r.others = r.others || apart && f.score >= second
	}
	return r.people()
}

// people is how many faces are known of while one is held.
func (r *reader) people() int {
	if r.others {
		return 2
	}
	return 1
}

// near looks about the last place, at the last roll.
func (r *reader) near() (place, bool) {
	half := int(r.at.size*.5*1.25 + r.at.size*.28)
	cx, cy := int(r.at.x), int(r.at.y)
	half = min(half, max(r.ww, r.wh))
	x0, y0 := max(0, cx-half), max(0, cy-half)
	side := min(2*half, r.ww-x0, r.wh-y0)
	lo, hi := int(r.at.size*.82), int(r.at.size*1.22)
	if side < lo+2 || lo < 12 {
		return place{}, false
	}
	angle := 0.0
	if math.Abs(r.roll) > .16 {
		angle = -r.roll / (2 * math.Pi)
		if angle < 0 {
			angle++
		}
	}
	best := place{}
	for _, f := range scan(r.find, r.work[y0*r.ww+x0:], side, side, r.ww, lo, min(hi, side-2), .06, 1.06, angle) {
		if f.score > best.score {
			best = f
		}
	}
	best.x += float64(x0)
	best.y += float64(y0)
	return best, best.score >= enoughHeld
}

// scan runs pigo's cascade and joins what overlaps. angle in turns.
func scan(p *pigo.Pigo, pix []byte, w, h, stride, least, most int, shift, step, angle float64) []place {
	hits := p.RunCascade(pigo.CascadeParams{MinSize: max(20, least), MaxSize: most, ShiftFactor: shift, ScaleFactor: step,
		ImageParams: pigo.ImageParams{Pixels: pix, Rows: h, Cols: w, Dim: stride}}, angle)
	var out []place
	for _, c := range p.ClusterDetections(hits, .15) {
		out = append(out, place{float64(c.Col), float64(c.Row), float64(c.Scale), float64(c.Q)})
	}
	return out
}

// measure reads the head's bearing off pupils, nose and mouth in the full picture.
func (r *reader) measure(g gray, out *reading) {
	k := float64(r.factor)
	x, y, size := r.at.x*k, r.at.y*k, r.at.size*k
	sn, cs := math.Sincos(r.roll)
	sin, cos := float32(sn), float32(cs)
	eye := func(dx float64) (float64, float64, float64) {
		dy := -.075
		px, py := float32(x+(dx*cs-dy*sn)*size), float32(y+(dx*sn+dy*cs)*size)
		ax, ay, aw := r.pupil.locate(g, px, py, float32(.25*size), sin, cos, false)
		bx, by, bw := r.pupil.locate(g, px, py, float32(.25*size), sin, cos, true)
		return (ax + bx) / 2, (ay + by) / 2, math.Max(math.Max(aw, bw), math.Hypot(ax-bx, ay-by))
	}
	lx, ly, la := eye(-.175)
	rx, ry, ra := eye(.185)
	dx, dy := rx-lx, ry-ly
	dist := math.Hypot(dx, dy)
	roll := math.Atan2(dy, dx)
	if dist < .2*size || dist > .62*size || math.Abs(roll) > .8 || la+ra > .5*dist {
		return
	}
	ex, ey := (lx+rx)/2, (ly+ry)/2
	ux, uy := dx/dist, dy/dist
	sin, cos = float32(uy), float32(ux)
	point := func(l *locator, flip bool) (float64, float64, float64) {
		side := .15
		if flip {
			side = -.15
		}
		return l.locate(g, float32(ex+(side*ux-.25*uy)*dist), float32(ey+(side*uy+.25*ux)*dist), float32(3*dist), sin, cos, flip)
	}
	n1x, n1y, na := point(r.nose, false)
	n2x, n2y, nb := point(r.nose, true)
	m1x, m1y, ma := point(r.lip, false)
	m2x, m2y, mb := point(r.lip, true)
	nx, ny, mx, my := (n1x+n2x)/2, (n1y+n2y)/2, (m1x+m2x)/2, (m1y+m2y)/2
	long := math.Hypot(mx-ex, my-ey)
	if long < .6*dist || long > 2*dist || na+nb+ma+mb > 1.2*dist {
		return
	}
	if r.scale == 0 {
		r.scale = dist
	}
	r.scale += (dist - r.scale) * clamp(out.dt, 0, .2) / meanSeconds
	r.roll += (clamp(roll, -.6, .6) - r.roll) * .5
	r.eyeX, r.eyeY = ex, ey
	ox, oy := nx-(ex+mx)/2, ny-(ey+my)/2
	out.v[chYaw] = (ox*ux + oy*uy) / long
	out.v[chPitch] = (oy*ux - ox*uy) / long
	out.v[chRoll] = .6*roll + .2*math.Atan2(m2y-m1y, m2x-m1x) + .2*math.Atan2(ex-mx, my-ey)
	out.v[chSway] = ex / r.scale
	out.v[chLean] = math.Log(size)
	out.sure = 1
}

// FindFaces counts the faces in a luma plane of w by h samples, for the relay's tripwire: 0 in every picture that this package draws, at least 1 in a
// usual frontal picture of a person. It uses pigo, as the reading does. A plane that does not hold w by h samples counts as 1: what cannot be looked
// at is not let through.
func FindFaces(luma []byte, w, h, stride int) (n int) {
	defer func() {
		if recover() != nil {
			n = 1
		}
	}()
	if w < 16 || h < 16 || w > 4096 || h > 4096 || !holds(luma, w, h, stride) {
		return 1
	}
	p, err := finder()
	if err != nil {
		return 1
	}
	r := reader{}
	r.shrink(gray{luma, w, h, stride})
	side := min(r.ww, r.wh)
	for _, f := range scan(p, r.work, r.ww, r.wh, r.ww, int(.10*float64(side)), side, .1, 1.1, 0) {
		if f.score >= tripScore {
			n++
		}
	}
	return n
}

// tripScore is pigo's summed score from which the tripwire takes a place for a face.
const tripScore = 12.0
