package face

// Masked is a picture that may leave the shielded room: planar YCbCr 4:2:0, BT.601, limited range. Only this package can build one
// that holds anything, from a pose and a Config, never from a camera's samples: its fields are not exported and no function here
// copies a plane of a RawPicture. The zero Masked is 0 by 0 and has no planes.
//
// A Masked that Draw returned shares its memory with the Figure and is valid until four more pictures of it; the card stays valid for ever.
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

// Planes gives a copy of the three planes: nobody can write a camera's picture into a masked one. Chroma planes are (Width+1)/2 by
// (Height+1)/2. AppendI420 does the same without allocating.
func (m Masked) Planes() (y, cb, cr []byte, strideY, strideC int) {
	if m.p == nil {
		return nil, nil, nil, 0, 0
	}
	b := m.AppendI420(nil)
	n, c := m.p.w*m.p.h, m.p.cw*m.p.ch
	return b[:n:n], b[n : n+c : n+c], b[n+c:], m.p.w, m.p.cw
}

// AppendI420 appends the planes to b without padding: Width*Height luma, then Cb and Cr of (Width+1)/2 by (Height+1)/2 each.
func (m Masked) AppendI420(b []byte) []byte {
	if m.p == nil {
		return b
	}
	return append(append(append(b, m.p.y...), m.p.cb...), m.p.cr...)
}

// plate is one I420 picture without padding.
type plate struct {
	w, h, cw, ch int
	y, cb, cr    []byte
	by           *bust  // what drew it last
	key          uint64 // and of what
}

func newPlate(w, h int) *plate {
	cw, ch := (w+1)/2, (h+1)/2
	b := make([]byte, w*h+2*cw*ch)
	return &plate{w: w, h: h, cw: cw, ch: ch, y: b[:w*h], cb: b[w*h : w*h+cw*ch], cr: b[w*h+cw*ch:]}
}
