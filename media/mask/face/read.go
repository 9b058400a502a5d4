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
	nearEvery  = 3   // and between two looks at the face's own place; in between its movement carries it
	enough     = 6.0 // pigo's summed score of a face to begin with
	enoughHeld = 3.0 // and of one that is held
	second     = 9.0 // of a second face
	carried    = 25  // pictures for which a face that pigo does not see is held by its movement alone
	rolled     = .16 // radians of tilt from which the cascade is turned
)

// place is a face's square in work pixels.
type place struct{ x, y, size, score float64 }

// reader finds one face and measures how it moves. It is used by one goroutine at a time. Of a picture it keeps a copy of at most workSide pixels on
// its longer side, until the next one is read, and nothing longer.
type reader struct {
	find           *pigo.Pigo
	flow           flow
	cur, prev      [2]tier // the work picture and half of it; those of the picture before
	ww, wh, factor int
	count          int
	held           bool
	others         bool // somebody else was seen at the last look at the whole picture
	missed         int  // pictures since pigo last saw the face that is held
	at             place
	roll           float64 // sum of the tilts, which fades
	lids           lids
	sitter         *Sitter // nil: nobody is compared
	last           time.Time
}

func newReader() (*reader, error) {
	p, err := finder()
	if err != nil {
		return nil, err
	}
	return &reader{find: p}, nil
}

// reset forgets the person and the picture before.
func (r *reader) reset() {
	r.held, r.others, r.roll, r.count, r.missed = false, false, 0, 0, 0
	r.lids = lids{}
	for i := range r.prev {
		clear(r.prev[i].p)
		clear(r.cur[i].p)
		r.prev[i].w, r.prev[i].h = 0, 0
	}
}

// look reads one picture whose planes were checked.
func (r *reader) look(raw *mask.RawPicture) (out reading) {
	out.dt = 1.0 / mask.FrameRate
	if d := raw.Captured.Sub(r.last).Seconds(); !raw.Captured.IsZero() && !r.last.IsZero() && d > 0 && d < 1 {
		out.dt = d
	}
	r.last = raw.Captured
	r.cur, r.prev = r.prev, r.cur
	r.shrink(gray{raw.Y, raw.Width, raw.Height, raw.StrideY})
	moved := false
	if r.held && r.prev[0].w == r.ww && r.prev[0].h == r.wh {
		moved = r.follow(&out)
	}
	out.faces = r.seek(moved)
	out.sure = moved && out.faces == 1
	if r.sitter != nil && out.faces == 1 && r.missed == 0 {
		r.sitter.look(&r.cur[0], r.at, r.roll)
	}
	out.dark = r.lids.read(&r.cur[0], r.at, out.sure, out.dt)
	if out.faces == 0 {
		r.roll = 0
	}
	return out
}

// follow measures how the face moved since the picture before, and carries its place along. False where the two do not match: a cut, a hand
// before the face, a movement too quick to follow.
func (r *reader) follow(out *reading) bool {
	half := r.flow.between(&r.prev[1], &r.cur[1], r.at.x/2, r.at.y/2, r.at.size/2, motion{}, coarseParams, flowSteps)
	m := r.flow.between(&r.prev[0], &r.cur[0], r.at.x, r.at.y, r.at.size, motion{x: half.x, y: half.y}, flowParams, flowSteps)
	if m.good < flowGood {
		return false
	}
	out.move[chPitch], out.move[chYaw], out.move[chRoll], out.move[chSway], out.move[chLean] = m.pitch, m.yaw, m.roll, m.x, m.grow
	out.doubt[chPitch], out.doubt[chYaw], out.doubt[chRoll], out.doubt[chSway], out.doubt[chLean] = m.doubt[5], m.doubt[4], m.doubt[3], m.doubt[0], m.doubt[2]
	r.lids.carry(m)
	r.at.x, r.at.y = clamp(r.at.x+m.x*r.at.size, 0, float64(r.ww)), clamp(r.at.y+m.y*r.at.size, 0, float64(r.wh))
	r.at.size = clamp(r.at.size*math.Exp(m.grow), 8, float64(max(r.ww, r.wh)))
	r.roll = clamp(r.roll*.995+m.roll, -.8, .8)
	return true
}

// gray is a luma plane that is only read.
type gray struct {
	p            []byte
	w, h, stride int
}

// shrink averages whole blocks of the picture into the work picture, which also takes noise away, and halves that once more.
func (r *reader) shrink(g gray) {
	k := (max(g.w, g.h) + workSide - 1) / workSide
	w, h := g.w/k, g.h/k
	if r.factor != k || r.ww != w || r.wh != h {
		r.reset()
		r.factor, r.ww, r.wh = k, w, h
	}
	t := &r.cur[0]
	if len(t.p) != w*h {
		t.p = make([]byte, w*h)
	}
	t.w, t.h = w, h
	for y := 0; y < h; y++ {
		dst := t.p[y*w : (y+1)*w]
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
	r.cur[1].half(t)
}

// seek finds the face: near where it was, and now and then in the whole picture, to see whether somebody else has come. moved says that its movement was
// measured, so that it is known to be there for a while without being looked for.
func (r *reader) seek(moved bool) int {
	r.count++
	whole := !r.held || r.count%fullEvery == 0 || r.others && r.count%3 == 0
	if r.held && (!moved || r.count%nearEvery == 0 || r.missed > 0) {
		if p, ok := r.near(); ok {
			r.missed = 0
			r.at = p
		} else if r.missed++; !moved || r.missed > carried {
			r.held, whole = false, true
		}
	}
	if !whole {
		return r.people()
	}
	side := float64(min(r.ww, r.wh))
	found := scan(r.find, r.cur[0].p, r.ww, r.wh, r.ww, int(smallest*side), int(side), .1, 1.12, 0)
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
		r.at, r.held, r.roll, r.missed = found[best], true, 0, 0
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
	if math.Abs(r.roll) > rolled {
		angle = -r.roll / (2 * math.Pi)
		if angle < 0 {
			angle++
		}
	}
	best := place{}
	for _, f := range scan(r.find, r.cur[0].p[y0*r.ww+x0:], side, side, r.ww, lo, min(hi, side-2), .06, 1.06, angle) {
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
