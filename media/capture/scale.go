package capture

import (
	"fmt"
	"image"
	"image/color"

	"parda/media/mask"
)

// plane is one component of a picture: h rows of w bytes at stride.
type plane struct {
	pix          []byte
	stride, w, h int
}

func newPlane(w, h int) plane { return plane{pix: make([]byte, w*h), stride: w, w: w, h: h} }

// check tells whether the bytes are there; outside pictures are checked before anything reads them.
func (p plane) check() error {
	if p.w < 1 || p.h < 1 || p.stride < p.w || len(p.pix) < p.stride*(p.h-1)+p.w {
		return fmt.Errorf("capture: a plane of %dx%d at stride %d in %d bytes", p.w, p.h, p.stride, len(p.pix))
	}
	return nil
}

// yuv is a planar picture; the chroma planes have any size (4:2:0, 4:2:2, 4:4:4), for each plane is scaled on its own.
type yuv [3]plane

// newI420 makes an empty picture of even size.
func newI420(w, h int) *yuv {
	return &yuv{newPlane(w, h), newPlane(w/2, h/2), newPlane(w/2, h/2)}
}

func (p *yuv) raw(pic *mask.RawPicture) {
	pic.Width, pic.Height = p[0].w, p[0].h
	pic.Y, pic.Cb, pic.Cr = p[0].pix, p[1].pix, p[2].pix
	pic.StrideY, pic.StrideC = p[0].stride, p[1].stride
}

// scaler fits pictures of any size into one size: the middle is kept and what is too wide or too high is cut, so that nobody
// is stretched. It averages when it makes smaller by two or more, and interpolates linearly otherwise.
type scaler struct {
	dst    *yuv
	halves [3][]plane // scratch for halving, by component
}

func newScaler(dst *yuv) *scaler { return &scaler{dst: dst} }

func (s *scaler) scale(src *yuv) error {
	for i := range src {
		if err := src[i].check(); err != nil {
			return err
		}
	}
	// The cut is decided on the luma plane's shape and applied to each plane in proportion.
	sw, sh, dw, dh := src[0].w, src[0].h, s.dst[0].w, s.dst[0].h
	cutW, cutH := 1.0, 1.0
	if sw*dh > sh*dw {
		cutW = float64(sh*dw) / float64(sw*dh)
	} else {
		cutH = float64(sw*dh) / float64(sh*dw)
	}
	for i := range src {
		s.fit(i, src[i], cutW, cutH)
	}
	return nil
}

func (s *scaler) fit(component int, src plane, cutW, cutH float64) {
	dst := s.dst[component]
	if src.w == dst.w && src.h == dst.h {
		for y := range dst.h {
			copy(dst.pix[y*dst.stride:y*dst.stride+dst.w], src.pix[y*src.stride:])
		}
		return
	}
	for level := 0; float64(src.w)*cutW >= 2*float64(dst.w) && float64(src.h)*cutH >= 2*float64(dst.h); level++ {
		if len(s.halves[component]) == level {
			s.halves[component] = append(s.halves[component], plane{})
		}
		half := &s.halves[component][level]
		if half.w != src.w/2 || half.h != src.h/2 {
			*half = newPlane(src.w/2, src.h/2)
		}
		halve(half, src)
		src = *half
	}
	resize(dst, src, cutW, cutH)
}

func halve(dst *plane, src plane) {
	for y := range dst.h {
		a, b := src.pix[2*y*src.stride:], src.pix[(2*y+1)*src.stride:]
		out := dst.pix[y*dst.stride:][:dst.w]
		for x := range out {
			out[x] = byte((int(a[2*x]) + int(a[2*x+1]) + int(b[2*x]) + int(b[2*x+1]) + 2) >> 2)
		}
	}
}

// resize interpolates linearly in 16.16 fixed point.
func resize(dst, src plane, cutW, cutH float64) {
	const one = 1 << 16
	stepX := int(float64(src.w) * cutW / float64(dst.w) * one)
	stepY := int(float64(src.h) * cutH / float64(dst.h) * one)
	startX := int(float64(src.w)*(1-cutW)/2*one) + stepX/2 - one/2
	startY := int(float64(src.h)*(1-cutH)/2*one) + stepY/2 - one/2
	for y := range dst.h {
		fy := min(max(startY+y*stepY, 0), (src.h-1)*one)
		y0, wy := fy>>16, (fy&(one-1))>>8
		y1 := min(y0+1, src.h-1)
		a, b := src.pix[y0*src.stride:][:src.w], src.pix[y1*src.stride:][:src.w]
		out := dst.pix[y*dst.stride:][:dst.w]
		for x := range out {
			fx := min(max(startX+x*stepX, 0), (src.w-1)*one)
			x0, wx := fx>>16, (fx&(one-1))>>8
			x1 := min(x0+1, src.w-1)
			top := int(a[x0])*(256-wx) + int(a[x1])*wx
			bottom := int(b[x0])*(256-wx) + int(b[x1])*wx
			out[x] = byte((top*(256-wy) + bottom*wy + 1<<15) >> 16)
		}
	}
}

// fromImage gives the planes of a decoded picture: without a copy for YCbCr and grey, converted pixel by pixel for the rest.
func fromImage(img image.Image) (*yuv, error) {
	bounds := img.Bounds()
	if bounds.Empty() {
		return nil, fmt.Errorf("capture: an empty picture")
	}
	switch img := img.(type) {
	case *image.YCbCr:
		w, h := bounds.Dx(), bounds.Dy()
		yAt, cAt := img.YOffset(bounds.Min.X, bounds.Min.Y), img.COffset(bounds.Min.X, bounds.Min.Y)
		cw, ch := chromaSize(img.SubsampleRatio, w, h)
		if yAt < 0 || yAt > len(img.Y) || cAt < 0 || cAt > len(img.Cb) || cAt > len(img.Cr) {
			return nil, fmt.Errorf("capture: a picture without its planes")
		}
		return &yuv{{img.Y[yAt:], img.YStride, w, h}, {img.Cb[cAt:], img.CStride, cw, ch}, {img.Cr[cAt:], img.CStride, cw, ch}}, nil
	case *image.Gray:
		grey := plane{[]byte{128}, 1, 1, 1}
		return &yuv{{img.Pix, img.Stride, bounds.Dx(), bounds.Dy()}, grey, grey}, nil
	}
	out := &yuv{newPlane(bounds.Dx(), bounds.Dy()), newPlane(bounds.Dx(), bounds.Dy()), newPlane(bounds.Dx(), bounds.Dy())}
	for y := range out[0].h {
		for x := range out[0].w {
			r, g, b, _ := img.At(bounds.Min.X+x, bounds.Min.Y+y).RGBA()
			i := y*out[0].stride + x
			out[0].pix[i], out[1].pix[i], out[2].pix[i] = color.RGBToYCbCr(byte(r>>8), byte(g>>8), byte(b>>8))
		}
	}
	return out, nil
}

func chromaSize(ratio image.YCbCrSubsampleRatio, w, h int) (int, int) {
	switch ratio {
	case image.YCbCrSubsampleRatio422:
		return (w + 1) / 2, h
	case image.YCbCrSubsampleRatio420:
		return (w + 1) / 2, (h + 1) / 2
	case image.YCbCrSubsampleRatio440:
		return w, (h + 1) / 2
	case image.YCbCrSubsampleRatio411:
		return (w + 3) / 4, h
	case image.YCbCrSubsampleRatio410:
		return (w + 3) / 4, (h + 1) / 2
	}
	return w, h
}
