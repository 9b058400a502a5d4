package face

import "math"

// fine is the number of binary places of a texel coordinate.
const fine = 16

// drawHead warps the head's texture into place, turns the relief over its form, and opens the mouth.
func (b *bust) drawHead(dst *plate, q placed) {
	k := b.texel / (b.l.unit * q.scale) // texels per pixel
	fix := func(v float64) int { return int(math.Round(v * (1 << fine))) }
	ax, ay := fix(q.cos*k), fix(-q.sin*k) // texel step for one pixel to the right
	mid := reach * b.texel                // the head's centre in texels
	jawTop := fix(mid + (mouthY+.02)*b.texel)
	jaw := fix((1 - mouthY) / (1 - mouthY + jawDrop*q.open)) // below jawTop the jaw moves
	limit := (b.side - 2) << fine
	sy, cy, sp, cp := fix(q.sinY*b.texel/depthScale), fix(q.cosY), fix(q.sinP*b.texel/depthScale), fix(q.cosP)
	offX, offY := fix(mid*(1-q.cosY)), fix(mid*(1-q.cosP))
	dim := q.tone
	m := b.newMouth(q, k)
	lid := b.newLid(q)
	mouthTop, mouthLow := fix(m.line-m.above), fix(m.line+m.below)
	for y := q.y0; y < q.y1; y++ {
		x0, x1 := b.rowSpan(q, y)
		dx, dy := float64(x0)+.5-q.headX, float64(y)+.5-q.headY
		tx, ty := fix(mid+(dx*q.cos+dy*q.sin)*k), fix(mid+(dy*q.cos-dx*q.sin)*k)
		row := dst.y[y*dst.w : (y+1)*dst.w]
		for x := x0; x < x1; x, tx, ty = x+1, tx+ax, ty+ay {
			jy := ty
			if jy > jawTop {
				jy = jawTop + (jy-jawTop)*jaw>>fine
			}
			if uint(tx) >= uint(limit) || uint(jy) >= uint(limit) {
				continue
			}
			v := b.sample(tx, jy)
			cover := int(v >> 16 & 0xff)
			if cover == 0 {
				continue
			}
			z := int(v >> 32 & 0xff)
			luma := int(v & 0xff)
			if q.plain {
				luma = min(luma, 235)
			} else if fx := offX + tx*cy>>fine - z*sy; true {
				luma += b.reliefAt(fx, offY+jy*cp>>fine-z*sp)
				fy := offY + ty*cp>>fine - z*sp
				if fy > lid.top && fy < lid.low {
					luma += lid.shade(fx, fy)
				}
				if fy > mouthTop && fy < mouthLow {
					luma = m.shade(luma, float64(fx)/(1<<fine)-mid, float64(fy)/(1<<fine)-m.line)
				}
			}
			l := dim[uint8(max(16, min(235, luma)))]
			if cover == 255 {
				row[x] = l
			} else {
				row[x] = blend(row[x], l, cover)
			}
			if (x|y)&1 == 0 {
				i := y>>1*dst.cw + x>>1
				dst.cb[i], dst.cr[i] = blend(dst.cb[i], b.tint[0][l], cover), blend(dst.cr[i], b.tint[1][l], cover)
			}
		}
	}
}

func blend(under, over byte, cover int) byte {
	return byte((int(under)*(255-cover) + int(over)*cover + 127) * 257 >> 16)
}

// rowSpan is the part of a row of pixels that the head may touch: an ellipse about it, rolled with it.
func (b *bust) rowSpan(q placed, y int) (x0, x1 int) {
	a, h := .76*b.l.unit*q.scale+2, 1.09*b.l.unit*q.scale+2
	dy := float64(y) + .5 - q.headY
	// (dx cos + dy sin)^2/a^2 + (dy cos - dx sin)^2/h^2 = 1 in dx
	qa := q.cos*q.cos/(a*a) + q.sin*q.sin/(h*h)
	qb := dy * q.sin * q.cos * (1/(a*a) - 1/(h*h))
	qc := dy*dy*(q.sin*q.sin/(a*a)+q.cos*q.cos/(h*h)) - 1
	d := qb*qb - qa*qc
	if d <= 0 {
		return 0, 0
	}
	d = math.Sqrt(d)
	return max(q.x0, int(q.headX+(-qb-d)/qa)-1), min(q.x1, int(q.headX+(-qb+d)/qa)+2)
}

// sample reads the head's texture between texels, all lanes at once. x and y have fine binary places and lie within the texture.
func (b *bust) sample(x, y int) uint64 {
	const lanes = 0x000000ff_00ff00ff
	fx, fy := uint64(x>>(fine-8)&0xff), uint64(y>>(fine-8)&0xff)
	o := y>>fine*b.side + x>>fine
	r0, r1 := b.base[o:o+2:o+2], b.base[o+b.side:o+b.side+2:o+b.side+2]
	top := (r0[0]*(256-fx) + r0[1]*fx) >> 8 & lanes
	low := (r1[0]*(256-fx) + r1[1]*fx) >> 8 & lanes
	return (top*(256-fy) + low*fy) >> 8 & lanes
}

// reliefAt reads what relief adds to luma between texels.
func (b *bust) reliefAt(x, y int) int {
	if x < b.carved[0] || x >= b.carved[1] || y < b.carved[2] || y >= b.carved[3] {
		return 0
	}
	fx, fy := x>>(fine-8)&0xff, y>>(fine-8)&0xff
	o := y>>fine*b.side + x>>fine
	r0, r1 := b.rel[o:o+2:o+2], b.rel[o+b.side:o+b.side+2:o+b.side+2]
	top := int(r0[0])*(256-fx) + int(r0[1])*fx
	low := int(r1[0])*(256-fx) + int(r1[1])*fx
	return (top>>8*(256-fy) + low>>8*fy + 1<<11) >> 12
}

// mouth is the mouth of one picture, in texels.
type mouth struct {
	b            *bust
	line         float64 // the line of the lips
	half, high   float64
	above, below float64
	sink         float64 // the opening's centre lies lower than the line
	sharp, ink   float64
	open         float64
	dark         int
}

func (b *bust) newMouth(q placed, k float64) mouth {
	m := mouth{b: b, open: q.open, line: (reach + mouthY) * b.texel}
	m.half = mouthHalf * (1 - .22*q.open) * b.texel
	m.high = max((mouthLine+mouthWide*q.open)*b.texel, .75*k)
	m.sink = .38 * mouthWide * q.open * b.texel
	m.above, m.below = m.high+2*k, m.high+m.sink+2*k
	m.sharp = 1 / k
	m.ink = .66 + .28*min(1, q.open*3)
	m.dark = int(stone(0).luma() - 14)
	return m
}

// shade darkens luma where (x, y), in texels from the middle of the lips' line, lies in the mouth.
func (m *mouth) shade(luma int, x, y float64) int {
	t := x / m.half
	if t < 0 {
		t = -t
	}
	if t >= 1 {
		return luma
	}
	high := m.high * float64(m.b.lip[int(t*256)])
	d := y - m.sink
	if d < 0 {
		d = -d
	}
	c := (high-d)*m.sharp + .5
	if c <= 0 {
		return luma
	}
	c = min(c, 1) * m.ink * min(1, (1-t)*(6+20*m.open))
	return luma + int(float64(m.dark-luma)*c)
}

// lid is the shade that lies across the figure's brow while the eyes are shut: one soft band from side to side, no eye and no place for one.
type lid struct {
	top, low  int // texel rows with fine binary places that it may touch
	mid, half int
	line      int
	deep      int // grey steps in the middle
}

func (b *bust) newLid(q placed) lid {
	fix := func(v float64) int { return int(v * b.texel * (1 << fine)) }
	l := lid{mid: fix(reach), line: fix(reach + lidY), half: fix(lidHalf), deep: int(lidShine*q.lids + .5)}
	if l.deep > 0 {
		l.top, l.low = l.line-fix(lidHigh), l.line+fix(lidHigh)
	}
	return l
}

// shade is by how much the band darkens texel (x, y), both with fine binary places and y between top and low.
func (l *lid) shade(x, y int) int {
	u, v := (x-l.mid)*256/l.half, (y-l.line)*512/(l.low-l.top)
	u, v = 256-u*u/256, 256-v*v/256
	if u <= 0 || v <= 0 {
		return 0
	}
	return l.deep * (v * v / 256) / 256 * u / 256
}
