package face

// drawHead warps the head's texture into place, turns the relief over its form, and opens the mouth.
func (b *bust) drawHead(dst *plate, q placed) {
	u := b.l.unit
	k := b.texel / (u * q.scale)         // texels per pixel
	ax, ay := q.cos*k, -q.sin*k          // texel step for one pixel to the right
	bx, by := q.sin*k, q.cos*k           // for one pixel down
	mid := reach * b.texel               // the head's centre in texels
	jawTop := mid + (mouthY+.02)*b.texel // below here the jaw moves
	jaw := (1 - mouthY) / (1 - mouthY + jawDrop*q.open)
	limit := float64(b.side - 2)
	sy, cy, sp, cp := q.sinY*b.texel/depthScale, q.cosY, q.sinP*b.texel/depthScale, q.cosP
	dim := &b.dim[q.presence]
	m := b.newMouth(q, k)
	for y := q.y0; y < q.y1; y++ {
		dy := float64(y) + .5 - q.headY
		dx := float64(q.x0) + .5 - q.headX
		tx, ty := mid+dx*ax+dy*bx, mid+dx*ay+dy*by
		row := dst.y[y*dst.w : (y+1)*dst.w]
		for x := q.x0; x < q.x1; x, tx, ty = x+1, tx+ax, ty+ay {
			jy := ty
			if jy > jawTop {
				jy = jawTop + (jy-jawTop)*jaw
			}
			if tx < 0 || jy < 0 || tx >= limit || jy >= limit {
				continue
			}
			v := b.sample(tx, jy)
			cover := int32(v >> 16 & 0xff)
			if cover == 0 {
				continue
			}
			z := float64(v >> 32 & 0xff)
			luma := int32(v & 0xff)
			fx, fy := mid+(tx-mid)*cy-z*sy, mid+(ty-mid)*cp-z*sp
			luma += b.reliefAt(fx, mid+(jy-mid)*cp-z*sp)
			if my := fy - m.line; my > -m.above && my < m.below {
				luma = m.shade(luma, fx-mid, my)
			}
			l := dim[uint8(max(16, min(235, luma)))]
			row[x] = byte((int32(row[x])*(255-cover) + int32(l)*cover + 127) / 255)
			if x&1 == 0 && y&1 == 0 {
				i := y>>1*dst.cw + x>>1
				dst.cb[i] = byte((int32(dst.cb[i])*(255-cover) + int32(b.tint[0][l])*cover + 127) / 255)
				dst.cr[i] = byte((int32(dst.cr[i])*(255-cover) + int32(b.tint[1][l])*cover + 127) / 255)
			}
		}
	}
}

// sample reads the head's texture between texels, all lanes at once.
func (b *bust) sample(x, y float64) uint64 {
	const lanes = 0x000000ff_00ff00ff
	ix, iy := int(x), int(y)
	fx, fy := uint64((x-float64(ix))*256), uint64((y-float64(iy))*256)
	o := iy*b.side + ix
	r0, r1 := b.base[o:o+2:o+2], b.base[o+b.side:o+b.side+2:o+b.side+2]
	top := (r0[0]*(256-fx) + r0[1]*fx) >> 8 & lanes
	low := (r1[0]*(256-fx) + r1[1]*fx) >> 8 & lanes
	return (top*(256-fy) + low*fy) >> 8 & lanes
}

// reliefAt reads what relief adds to luma between texels.
func (b *bust) reliefAt(x, y float64) int32 {
	if x < 0 || y < 0 || x >= float64(b.side-2) || y >= float64(b.side-2) {
		return 0
	}
	ix, iy := int(x), int(y)
	fx, fy := int32((x-float64(ix))*256), int32((y-float64(iy))*256)
	o := iy*b.side + ix
	r0, r1 := b.rel[o:o+2:o+2], b.rel[o+b.side:o+b.side+2:o+b.side+2]
	top := int32(r0[0])*(256-fx) + int32(r0[1])*fx
	low := int32(r1[0])*(256-fx) + int32(r1[1])*fx
	return (top>>8*(256-fy) + low>>8*fy) >> 12
}

// mouth is the mouth of one picture, in texels.
type mouth struct {
	b            *bust
	line         float64 // the line of the lips
	half, high   float64
	above, below float64
	sink         float64 // the opening's centre lies lower than the line
	sharp, ink   float64
	dark         int32
}

func (b *bust) newMouth(q placed, k float64) mouth {
	m := mouth{b: b, line: (reach + mouthY) * b.texel}
	m.half = mouthHalf * (1 - .10*q.open) * b.texel
	m.high = max((mouthLine+mouthWide*q.open)*b.texel, .75*k)
	m.sink = .38 * mouthWide * q.open * b.texel
	m.above, m.below = m.high+2*k, m.high+m.sink+2*k
	m.sharp = 1 / k
	m.ink = .60 + .32*min(1, q.open*3)
	m.dark = int32(stone(.02).luma())
	return m
}

// shade darkens luma where (x, y), in texels from the middle of the lips' line, lies in the mouth.
func (m *mouth) shade(luma int32, x, y float64) int32 {
	t := x / m.half
	if t < 0 {
		t = -t
	}
	if t >= 1 {
		return luma
	}
	high := m.high * float64(m.b.lip[int(t*256)])
	d := y - m.sink*(1-t*t)
	if d < 0 {
		d = -d
	}
	c := (high-d)*m.sharp + .5
	if c <= 0 {
		return luma
	}
	c = min(c, 1) * m.ink * min(1, (1-t)*5)
	return luma + int32(float64(m.dark-luma)*c)
}
