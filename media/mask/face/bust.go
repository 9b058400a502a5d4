package face

import "math"

const (
	grain      = 1.15 // texels per pixel at rest
	texelMost  = 128  // texels per head unit at most: the form is smooth, and a larger texture does not stay in the cache
	reach      = 1.12 // half the head's texture, in head units
	maxYaw     = .50  // radians at full channel
	maxPitch   = .34
	maxRoll    = .30
	maxSway    = .30 // head units
	maxLean    = .09 // share of size
	jawDrop    = .075
	mouthLine  = .016 // half-height of the shut mouth's line
	mouthWide  = .115 // more half-height when wide open
	pivotY     = 1.05 // the head tilts about the top of the neck
	dimAtNone  = .86  // how far the figure sinks into the ground when the seat is empty
	glowMost   = 9    // grey steps by which a blob brightens with a loud voice
	depthScale = 255 / headDepth
)

// glows is the number of steps in which a blob brightens.
const glows = 8

// bust draws the figure. It holds pictures made once, from the size and the session's scene alone; draw adds a pose.
type bust struct {
	l     layout
	scene scene
	hand  hand
	stage *plate
	side  int      // width and height of the head's texture in texels
	texel float64  // texels per head unit
	base  []uint64 // lanes of 16 bits: luma, cover, depth (8 bits each)
	rel   []int16  // what relief adds to luma, in 1/16
	// carved bounds what rel holds, in texels with fine binary places: least and most x, least and most y.
	carved [4]int
	lip    [257]float32
	tone   [4][glows][256]uint8 // luma by presence and glow
	tint   [2][256]uint8        // chroma of stone by luma
}

func newBust(w, h int, s scene) *bust {
	b := &bust{l: newLayout(w, h, s), scene: s}
	b.stage = newStage(b.l, s)
	b.hand = newHand(b.l)
	b.texel = min(b.l.unit*grain, texelMost)
	b.side = int(math.Ceil(2*reach*b.texel)) + 2
	b.base = make([]uint64, b.side*b.side)
	b.rel = make([]int16, b.side*b.side)
	plain := func(x, y float64) float64 { z, _ := form(x, y); return z }
	carved := func(x, y float64) float64 { z, _ := form(x, y); return z + relief(x, y) }
	for j := 0; j < b.side; j++ {
		for i := 0; i < b.side; i++ {
			x, y := float64(i)/b.texel-reach, float64(j)/b.texel-reach
			yi := clamp(y, -.992, .992)
			w := halfWidth(yi)
			xi := clamp(x, -w*.985, w*.985)
			z, _ := form(xi, yi)
			cover := clamp(outline(x, y)*min(b.l.unit, b.texel)*1.05+.5, 0, 1)
			s := b.lit(normal(plain, xi, yi)) * fall(yi)
			s0 := stone(s).luma()
			s1 := stone(b.lit(normal(carved, xi, yi)) * fall(yi)).luma()
			k := j*b.side + i
			b.base[k] = uint64(s0+.5) | uint64(cover*255+.5)<<16 | uint64(z*depthScale+.5)<<32
			edge := smooth(0, .10, w-math.Abs(xi)) // relief ends before the outline does
			b.rel[k] = int16((s1 - s0) * 16 * edge)
		}
	}
	b.bound()
	for i := range b.lip {
		t := float64(i) / 256
		b.lip[i] = float32(math.Sqrt(1 - t*t))
	}
	b.tones()
	b.tints()
	b.hand.tint = &b.tint
	return b
}

func (b *bust) lit(nx, ny, nz float64) float64 { return lit(b.scene.light, nx, ny, nz) }

// tones tabulates how luma sinks when the seat is empty and how it rises with a blob's voice. The ground itself does not change.
func (b *bust) tones() {
	low := groundNear.luma()*b.scene.near + 1
	for p := range b.tone {
		k := 1 - dimAtNone*(1-float64(p)/3)
		for g := range b.tone[p] {
			for v := range b.tone[p][g] {
				t := &b.tone[p][g][v]
				*t = uint8(v)
				if above := float64(v) - low; above > 0 {
					up := glowMost * float64(g) / (glows - 1) * smooth(0, 60, above)
					*t = uint8(clamp(low+above*k+up*k+.5, 16, 235))
				}
			}
		}
	}
}

// bound finds the part of the texture that relief changes.
func (b *bust) bound() {
	x0, x1, y0, y1 := b.side, 0, b.side, 0
	for i, v := range b.rel {
		if v > 6 || v < -6 {
			x, y := i%b.side, i/b.side
			x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
		}
	}
	b.carved = [4]int{max(0, x0-2) << fine, min(b.side-2, x1+2) << fine, max(0, y0-2) << fine, min(b.side-2, y1+2) << fine}
}

// tints tabulates the chroma of stone by its luma.
func (b *bust) tints() {
	for v := range b.tint[0] {
		best, cbest := math.Inf(1), stoneDark
		for i := 0; i <= 64; i++ {
			c := stone(float64(i) / 64)
			if d := math.Abs(c.luma() - float64(v)); d < best {
				best, cbest = d, c
			}
		}
		cb, cr := cbest.chroma()
		b.tint[0][v], b.tint[1][v] = byte(cb+.5), byte(cr+.5)
	}
}

// placed is a pose worked out in pixels.
type placed struct {
	headX, headY       float64 // centre of the head in pixels
	sin, cos, scale    float64
	sinY, cosY         float64
	sinP, cosP         float64
	open               float64
	lids               float64
	swayPx             float64
	tone               *[256]uint8
	same               bool // tone changes nothing
	plain              bool // no expression
	x0, y0, x1, y1     int  // pixels the head may touch
	mouthHalf, mouthHi float64
}

func (b *bust) place(p pose, plain bool) placed {
	glow := 0
	if plain {
		glow = int(min(p.mouth, 31)) / 4
		p = p.still()
		p.mouth = 0
	}
	yaw, pitch, roll := share(p.yaw, yawBits)*maxYaw, share(p.pitch, pitchBits)*maxPitch, share(p.roll, rollBits)*maxRoll
	sway, lean := share(p.sway, swayBits)*maxSway, share(p.lean, leanBits)*maxLean
	q := placed{open: float64(min(p.mouth, 31)) / 31, lids: float64(min(p.lids, 3)) / 3, plain: plain}
	q.tone, q.same = &b.tone[min(p.presence, 3)][glow], p.presence >= 3 && glow == 0
	q.scale = 1 + lean
	q.sin, q.cos = math.Sincos(roll)
	q.sinY, q.cosY = math.Sincos(yaw)
	q.sinP, q.cosP = math.Sincos(pitch)
	u := b.l.unit
	q.swayPx = sway * u
	// The head turns about the top of the neck; a nod carries it a little forward and down, a turn a little to the side.
	px, py := b.l.cx+q.swayPx+.05*q.sinY*u, b.l.cy+pivotY*u+(.16*q.sinP+.5*lean)*u
	q.headX = px + pivotY*u*q.scale*q.sin
	q.headY = py - pivotY*u*q.scale*q.cos
	r := reach * u * q.scale
	q.x0, q.x1 = max(0, int(q.headX-r)), min(b.l.w, int(q.headX+r)+1)
	q.y0, q.y1 = max(0, int(q.headY-r)), min(b.l.h, int(q.headY+r)+1)
	return q
}

// draw renders a pose into dst, which is of the bust's size; plain leaves the expression out. It is a pure function of these and of the session's
// scene. A plate that holds the very same picture already is left as it is.
func (b *bust) draw(dst *plate, p pose, plain bool) {
	key := p.pack()<<1 | 1<<63
	if plain {
		key |= 1
	}
	if dst.key == key && dst.by == b {
		return
	}
	dst.key, dst.by = 0, nil
	q := b.place(p, plain)
	b.drawStage(dst, q)
	b.drawHead(dst, q)
	b.hand.draw(dst, p, q.tone)
	dst.key, dst.by = key, b
}

// drawStage copies ground and body; rows of the neck follow the head's sway, rows of the shoulders a part of it.
func (b *bust) drawStage(dst *plate, q placed) {
	first := max(0, int(b.l.cy-.6*b.l.unit))
	copy(dst.y, b.stage.y[:first*dst.w])
	cfirst := (first + 1) / 2
	copy(dst.cb, b.stage.cb[:cfirst*dst.cw])
	copy(dst.cr, b.stage.cr[:cfirst*dst.cw])
	for y := first; y < dst.h; y++ {
		shearRow(dst.y[y*dst.w:(y+1)*dst.w], b.stage.y[y*dst.w:(y+1)*dst.w], q.swayPx*b.follow(float64(y)))
		if !q.same {
			row := dst.y[y*dst.w : (y+1)*dst.w]
			for i, v := range row {
				row[i] = q.tone[v]
			}
		}
	}
	for y := cfirst; y < dst.ch; y++ {
		s := q.swayPx * b.follow(float64(2*y)) / 2
		shearRow(dst.cb[y*dst.cw:(y+1)*dst.cw], b.stage.cb[y*dst.cw:(y+1)*dst.cw], s)
		shearRow(dst.cr[y*dst.cw:(y+1)*dst.cw], b.stage.cr[y*dst.cw:(y+1)*dst.cw], s)
	}
}

// follow is the share of the head's sway that a row of the stage takes: the body's where the body is, less and less of it behind the head, so that the
// ground shows no seam.
func (b *bust) follow(y float64) float64 {
	v := (y - b.l.cy) / b.l.unit
	return smooth(-.6, .6, v) * (1 - .62*smooth(.85, 1.55, v) - .10*smooth(1.5, 2.6, v))
}

// shearRow shifts a row by a fraction of pixels, repeating its ends.
func shearRow(dst, src []byte, by float64) {
	n := len(dst)
	if by == 0 {
		copy(dst, src)
		return
	}
	whole := int(math.Floor(by))
	f := uint32((by - float64(whole)) * 256) // dst[x] = src[x-whole]*(1-f) + src[x-whole-1]*f
	if whole >= n || whole <= -n {
		copy(dst, src)
		return
	}
	lo, hi := max(0, whole+1), min(n, n+whole)
	for x := 0; x < lo; x++ {
		dst[x] = src[0]
	}
	for x := hi; x < n; x++ {
		dst[x] = src[n-1]
	}
	if lo >= hi {
		return
	}
	s := src[lo-whole-1 : hi-whole]
	d := dst[lo:hi]
	if f == 0 {
		copy(d, s[1:])
		return
	}
	prev := uint32(s[0])
	s = s[1 : 1+len(d)]
	for i, v := range s {
		cur := uint32(v)
		d[i] = byte((cur<<8 + (prev-cur)*f + 128) >> 8)
		prev = cur
	}
}
