package render

import (
	"encoding/binary"
	"image"
)

// orientation reads how a camera was held (Exif 2.32, tag 0x0112) out of a JPEG, 1 to 8: without it, a copy that has lost its metadata lies on its side. 1 where nothing is said.
func orientation(b []byte, kind string) int {
	if kind != "image/jpeg" {
		return 1
	}
	for at := 2; at+4 <= len(b) && b[at] == 0xff && b[at+1] != 0xda; {
		n := int(binary.BigEndian.Uint16(b[at+2:]))
		if n < 2 || at+2+n > len(b) {
			return 1
		}
		if body := b[at+4 : at+2+n]; b[at+1] == 0xe1 && len(body) > 14 && string(body[:6]) == "Exif\x00\x00" {
			return orientationOf(body[6:])
		}
		at += 2 + n
	}
	return 1
}

// orientationOf looks through the first directory of a TIFF header.
func orientationOf(t []byte) int {
	var order binary.ByteOrder = binary.BigEndian
	if string(t[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := uint64(order.Uint32(t[4:]))
	if at+2 > uint64(len(t)) {
		return 1
	}
	n := uint64(order.Uint16(t[at:]))
	for i := range n {
		e := at + 2 + 12*i
		if e+12 > uint64(len(t)) {
			return 1
		}
		if order.Uint16(t[e:]) == 0x0112 {
			if o := int(order.Uint16(t[e+8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
	}
	return 1
}

// upright turns a picture as an orientation says.
func upright(in *image.NRGBA, turn int) *image.NRGBA {
	if turn <= 1 {
		return in
	}
	w, h := in.Rect.Dx(), in.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if turn >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewNRGBA(size)
	for y := range h {
		for x := range w {
			var to image.Point
			switch turn {
			case 2:
				to = image.Pt(w-1-x, y)
			case 3:
				to = image.Pt(w-1-x, h-1-y)
			case 4:
				to = image.Pt(x, h-1-y)
			case 5:
				to = image.Pt(y, x)
			case 6:
				to = image.Pt(h-1-y, x)
			case 7:
				to = image.Pt(h-1-y, w-1-x)
			default:
				to = image.Pt(y, w-1-x)
			}
			copy(out.Pix[out.PixOffset(to.X, to.Y):][:4], in.Pix[in.PixOffset(x, y):][:4])
		}
	}
	return out
}
