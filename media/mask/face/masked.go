package face

// Masked is a picture that may leave the shielded room: planar YCbCr 4:2:0, BT.601, limited range. Only this package can build one
// that holds anything, from a pose and a Config, never from a camera's samples: its fields are not exported and no function here
// copies a plane of a RawPicture. The zero Masked is 0 by 0 and has no planes.
//
// A Masked that Draw returned shares its memory with the Figure and is valid until two more Draws; the card stays valid for ever.
type Masked struct {
	p *plate
}

// Width is the width in pixels.
func (m Masked) Width() int {
	if m.p == nil {
		return 0
	}
	return m.p.w
}

// Height is the height in pixels.
func (m Masked) Height() int {
	if m.p == nil {
		return 0
	}
	return m.p.h
}

// Planes gives the three planes, to be read only. Chroma planes are (Width+1)/2 by (Height+1)/2.
func (m Masked) Planes() (y, cb, cr []byte, strideY, strideC int) {
	if m.p == nil {
		return nil, nil, nil, 0, 0
	}
	return m.p.y, m.p.cb, m.p.cr, m.p.w, m.p.cw
}

// plate is one I420 picture without padding.
type plate struct {
	w, h, cw, ch int
	y, cb, cr    []byte
}

func newPlate(w, h int) *plate {
	cw, ch := (w+1)/2, (h+1)/2
	b := make([]byte, w*h+2*cw*ch)
	return &plate{w: w, h: h, cw: cw, ch: ch, y: b[:w*h], cb: b[w*h : w*h+cw*ch], cr: b[w*h+cw*ch:]}
}

func (p *plate) copyFrom(q *plate) {
	copy(p.y, q.y)
	copy(p.cb, q.cb)
	copy(p.cr, q.cr)
}
