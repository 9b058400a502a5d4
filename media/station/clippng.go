package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"time"

	"parda/media/mask"
	"parda/media/mask/face"
)

func maskPNG(_ context.Context, c *clipConfig, s *session, out string) (*clipReport, error) {
	img, err := readPNG(c.in)
	if err != nil {
		return nil, err
	}
	raw := i420Of(img)
	m, err := c.masks(s, raw.Width, raw.Height)
	if err != nil {
		return nil, err
	}
	report := &clipReport{Frames: 1, LatencyMs: m.pictureDelay.ms, Face: c.face}
	began := time.Now()
	var picture face.Masked
	for range m.pictureDelay.units + 1 { // the same picture until the figure has caught up with it
		saw := m.figure.Observe(raw)
		picture = m.figure.Draw(0)
		if saw == face.Fault || picture.Width() == 0 {
			picture, report.Faults = m.card, 1
		}
	}
	report.spent = time.Since(began)
	f, err := os.Create(out)
	if err != nil {
		return nil, errors.New("the masked picture could not be written")
	}
	defer f.Close()
	if png.Encode(f, copyPicture(picture)) != nil || f.Close() != nil {
		return nil, errors.New("the masked picture could not be written")
	}
	return report, nil
}

func readPNG(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.New("-in cannot be read")
	}
	defer f.Close()
	head, err := png.DecodeConfig(f)
	if err != nil {
		return nil, errors.New("-in is no PNG picture")
	}
	if head.Width < face.MinSide || head.Height < face.MinSide || head.Width > face.MaxSide || head.Height > face.MaxSide {
		return nil, fmt.Errorf("-in has %d by %d pixels: %d to %d on each side can be masked", head.Width, head.Height, face.MinSide, face.MaxSide)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, errors.New("-in cannot be read")
	}
	img, err := png.Decode(f)
	if err != nil {
		return nil, errors.New("-in is no whole PNG picture")
	}
	return img, nil
}

// i420Of makes a raw picture of an image. It is only read to see how a head is held.
func i420Of(img image.Image) *mask.RawPicture {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	cw, ch := (w+1)/2, (h+1)/2
	raw := &mask.RawPicture{Width: w, Height: h, Y: make([]byte, w*h), Cb: make([]byte, cw*ch), Cr: make([]byte, cw*ch), StrideY: w, StrideC: cw}
	for y := range h {
		for x := range w {
			r, g, bl, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			luma, cb, cr := color.RGBToYCbCr(byte(r>>8), byte(g>>8), byte(bl>>8))
			raw.Y[y*w+x] = luma
			if x%2 == 0 && y%2 == 0 {
				raw.Cb[y/2*cw+x/2], raw.Cr[y/2*cw+x/2] = cb, cr
			}
		}
	}
	return raw
}
