package capture

import (
	"image/color"
	"math"
)

// rgb is a colour, 0..1 each.
type rgb struct{ r, g, b float64 }

func (c rgb) times(k float64) rgb { return rgb{c.r * k, c.g * k, c.b * k} }

func (c rgb) mix(d rgb, k float64) rgb {
	return rgb{c.r + (d.r-c.r)*k, c.g + (d.g-c.g)*k, c.b + (d.b-c.b)*k}
}

// canvas is what the demo's people and rooms are painted on, once, at the start: colour and cover for each pixel. Painting is slow and plain;
// the live loop only moves what was painted.
type canvas struct {
	w, h  int
	pix   []rgb
	cover []float64
}

func newCanvas(w, h int) *canvas {
	return &canvas{w: w, h: h, pix: make([]rgb, w*h), cover: make([]float64, w*h)}
}

// newLayer makes an empty canvas of even size for a sprite. Where nothing gets painted the base colour lies uncovered, so that a soft
// edge does not mix with black.
func newLayer(w, h float64, base rgb) *canvas {
	c := newCanvas(2*int(math.Ceil(w/2)), 2*int(math.Ceil(h/2)))
	for i := range c.pix {
		c.pix[i] = base
	}
	return c
}

// fill paints the whole canvas by a function of relative position, 0..1 each way.
func (c *canvas) fill(f func(u, v float64) rgb) {
	for y := range c.h {
		for x := range c.w {
			i := y*c.w + x
			c.pix[i], c.cover[i] = f((float64(x)+0.5)/float64(c.w), (float64(y)+0.5)/float64(c.h)), 1
		}
	}
}

// paint lays a colour over a box (pixels) with the cover and the colour that a function gives for each point of it, -1..1 each way.
func (c *canvas) paint(cx, cy, rx, ry float64, f func(x, y float64) (rgb, float64)) {
	x0, x1 := max(0, int(cx-rx*1.3)-1), min(c.w, int(cx+rx*1.3)+2)
	y0, y1 := max(0, int(cy-ry*1.3)-1), min(c.h, int(cy+ry*1.3)+2)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			colour, alpha := f((float64(x)+0.5-cx)/rx, (float64(y)+0.5-cy)/ry)
			if alpha <= 0 {
				continue
			}
			i := y*c.w + x
			under := c.cover[i] * (1 - alpha)
			total := alpha + under
			c.pix[i] = c.pix[i].times(under / total)
			c.pix[i] = rgb{c.pix[i].r + colour.r*alpha/total, c.pix[i].g + colour.g*alpha/total, c.pix[i].b + colour.b*alpha/total}
			c.cover[i] = total
		}
	}
}

// soft is 1 inside, 0 outside, with an edge of the given width around distance 1.
func soft(distance, edge float64) float64 {
	return math.Max(0, math.Min(1, (1-distance)/edge+0.5))
}

// ellipse paints an even, soft-edged ellipse.
func (c *canvas) ellipse(cx, cy, rx, ry float64, colour rgb, edge, alpha float64) {
	c.paint(cx, cy, rx, ry, func(x, y float64) (rgb, float64) {
		return colour, alpha * soft(math.Hypot(x, y), edge)
	})
}

// shade is an ellipse that keeps to what is painted already.
func (c *canvas) shade(cx, cy, rx, ry float64, colour rgb, edge, alpha float64) {
	c.paint(cx, cy, rx, ry, func(x, y float64) (rgb, float64) {
		i := min(c.h-1, int(cy+y*ry))*c.w + min(c.w-1, int(cx+x*rx))
		return colour, alpha * c.cover[i] * soft(math.Hypot(x, y), edge)
	})
}

// ball paints an ellipse that is lit from the upper left like a solid body; square > 2 makes its outline squarer.
func (c *canvas) ball(cx, cy, rx, ry float64, colour rgb, square, edge float64) {
	c.paint(cx, cy, rx, ry, func(x, y float64) (rgb, float64) {
		d := math.Pow(math.Pow(math.Abs(x), square)+math.Pow(math.Abs(y), square), 1/square)
		z := math.Sqrt(math.Max(0, 1-math.Min(1, x*x*0.85+y*y*0.7)))
		light := 0.52 + 0.5*math.Max(0, -0.42*x-0.38*y+0.82*z)
		return colour.times(light), soft(d, edge)
	})
}

// yuv turns an opaque canvas into I420.
func (c *canvas) yuv() *yuv {
	s := c.sprite()
	return &yuv{s.planes[0], s.planes[1], s.planes[2]}
}

// sprite is a painted thing in planes, each with its own cover, so that it can be laid over I420 at any offset.
type sprite struct {
	planes [3]plane
	cover  [3]plane
}

// sprite turns the canvas (of even size) into planes: chroma is the mean of four pixels weighed by their cover.
func (c *canvas) sprite() *sprite {
	s := &sprite{}
	for i := range s.planes {
		w, h := c.w, c.h
		if i > 0 {
			w, h = w/2, h/2
		}
		s.planes[i], s.cover[i] = newPlane(w, h), newPlane(w, h)
	}
	to8 := func(v float64) byte { return byte(math.Max(0, math.Min(255, v*255+0.5))) }
	for y := range c.h {
		for x := range c.w {
			p := c.pix[y*c.w+x]
			s.planes[0].pix[y*c.w+x], _, _ = color.RGBToYCbCr(to8(p.r), to8(p.g), to8(p.b))
			s.cover[0].pix[y*c.w+x] = to8(c.cover[y*c.w+x])
		}
	}
	for y := range c.h / 2 {
		for x := range c.w / 2 {
			var sum rgb
			var cover float64
			for _, i := range [4]int{2*y*c.w + 2*x, 2*y*c.w + 2*x + 1, (2*y+1)*c.w + 2*x, (2*y+1)*c.w + 2*x + 1} {
				a := c.cover[i] + 1e-6
				sum = rgb{sum.r + c.pix[i].r*a, sum.g + c.pix[i].g*a, sum.b + c.pix[i].b*a}
				cover += a
			}
			i := y*(c.w/2) + x
			sum = sum.times(1 / cover)
			_, s.planes[1].pix[i], s.planes[2].pix[i] = color.RGBToYCbCr(to8(sum.r), to8(sum.g), to8(sum.b))
			s.cover[1].pix[i] = to8(cover / 4)
			s.cover[2].pix[i] = s.cover[1].pix[i]
		}
	}
	return s
}

// draw lays the sprite over a picture with its upper left corner at (x, y) in luma pixels, parts of a pixel included, its height
// stretched by stretch about its middle.
func (s *sprite) draw(dst *yuv, x, y, stretch float64) {
	for i := range dst {
		k := 1.0
		if i > 0 {
			k = 0.5
		}
		src, cover := s.planes[i], s.cover[i]
		height := float64(src.h) * stretch
		top := y*k + (float64(src.h)-height)/2
		blit(dst[i], src, cover, x*k, top, height)
	}
}

// blit interpolates linearly in both directions, in 8-bit fixed point.
func blit(dst, src, cover plane, left, top, height float64) {
	step := float64(src.h) / height
	x0 := int(math.Floor(left))
	wx := 256 - int((left-float64(x0))*256) // a shift to the right by a part: more of the pixel before
	for y := max(0, int(math.Ceil(top))); y < dst.h && float64(y) < top+height; y++ {
		sy := (float64(y)+0.5-top)*step - 0.5
		row := int(math.Floor(sy))
		wy := int((sy - float64(row)) * 256)
		a, b := max(0, min(row, src.h-1))*src.stride, max(0, min(row+1, src.h-1))*src.stride
		out := dst.pix[y*dst.stride:][:dst.w]
		for x := max(1, -x0); x < src.w && x0+x < dst.w; x++ {
			alpha := lerp4(cover.pix, a+x, b+x, wx, wy)
			if alpha == 0 {
				continue
			}
			value := lerp4(src.pix, a+x, b+x, wx, wy)
			at := &out[x0+x]
			*at = byte((int(*at)*(255-alpha) + value*alpha + 127) / 255)
		}
	}
}

// lerp4 mixes the pixel at i (and the one before it) with the same in the row at j.
func lerp4(p []byte, i, j, wx, wy int) int {
	top := int(p[i])*wx + int(p[i-1])*(256-wx)
	bottom := int(p[j])*wx + int(p[j-1])*(256-wx)
	return (top*(256-wy) + bottom*wy + 1<<15) >> 16
}
