package wire

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/image/vp8"
)

// drawing is a picture of few flat shapes, as a mask draws them; noise is what no mask draws.
func drawing(p *picture, n int) {
	for i := range p.y {
		p.y[i] = 60
	}
	for y := p.h / 4; y < 3*p.h/4; y++ {
		for x := range p.w / 3 {
			p.y[y*p.sy+x+n%(p.w/2)] = 180
		}
	}
	for i := range p.cb {
		p.cb[i], p.cr[i] = 110, 150
	}
}

func noise(p *picture) {
	for i := range p.y {
		p.y[i] = byte(rand.N(256))
	}
}

func newSteadyFor(t *testing.T, w, h int) *steady {
	t.Helper()
	enc, err := NewVP8(VP8Config{Width: w, Height: h})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(enc.Close)
	return newSteady(enc)
}

func TestEverySteadyPictureHasOneLengthAndAKeyFrameDecodes(t *testing.T) {
	for _, size := range [][2]int{{160, 120}, {640, 480}, {1280, 720}} {
		s, p := newSteadyFor(t, size[0], size[1]), newPicture(size[0], size[1], 0)
		for n := range 40 {
			drawing(p, 3*n)
			if n%13 == 12 {
				for i := range p.y { // another scene: a card over a figure
					p.y[i] = 255 - p.y[i]
				}
			}
			frame, err := s.encode(p.y, p.cb, p.cr, p.sy, p.sc, n%10 == 0)
			if err != nil {
				t.Fatal(err)
			}
			if len(frame) != s.shape.bytes() {
				t.Fatalf("%v, picture %d: %d bytes, want %d", size, n, len(frame), s.shape.bytes())
			}
			if frame[0]&1 != 0 {
				if n%10 == 0 {
					t.Errorf("%v, picture %d is no key frame", size, n)
				}
				continue
			}
			d := vp8.NewDecoder()
			d.Init(bytes.NewReader(frame), len(frame))
			if _, err := d.DecodeFrameHeader(); err != nil {
				t.Fatal(err)
			}
			img, err := d.DecodeFrame()
			if err != nil {
				t.Fatalf("%v, picture %d with its filling does not decode: %v", size, n, err)
			}
			if at := p.h / 2 * img.YStride; n%13 != 12 && (img.Y[at+3*n%(p.w/2)+p.w/6] < 150 || img.Y[0] > 90) {
				t.Errorf("%v, picture %d does not show what was drawn", size, n)
			}
		}
	}
}

// What cannot be made to fit is not sent at all, and what comes after it stands alone: nobody got what it would rest on.
func TestAPictureThatDoesNotFitIsNeverSentAsMore(t *testing.T) {
	s, p := newSteadyFor(t, 640, 480), newPicture(640, 480, 0)
	drawing(p, 0)
	if _, err := s.encode(p.y, p.cb, p.cr, p.sy, p.sc, false); err != nil {
		t.Fatal(err)
	}
	noise(p)
	if frame, err := s.encode(p.y, p.cb, p.cr, p.sy, p.sc, false); !errors.Is(err, ErrTooLarge) || frame != nil {
		t.Fatalf("noise: %d bytes, %v", len(frame), err)
	}
	drawing(p, 1)
	frame, err := s.encode(p.y, p.cb, p.cr, p.sy, p.sc, false)
	if err != nil || len(frame) != s.shape.bytes() || frame[0]&1 != 0 {
		t.Errorf("after it: %d bytes, key %v, %v", len(frame), err == nil && frame[0]&1 == 0, err)
	}
}

func TestSteadyPicturesGetFinerWhenThereIsRoom(t *testing.T) {
	s, p := newSteadyFor(t, 640, 480), newPicture(640, 480, 0)
	drawing(p, 0)
	for range 30 {
		if _, err := s.encode(p.y, p.cb, p.cr, p.sy, p.sc, false); err != nil {
			t.Fatal(err)
		}
	}
	if s.now != finest {
		t.Errorf("after 30 pictures of one drawing the quantiser is %d, want %d", s.now, finest)
	}
}

func TestUnderCongestionPicturesBecomeFewer(t *testing.T) {
	for _, c := range []struct{ now, most, want int }{{500, 500, 1}, {600, 500, 1}, {499, 500, 2}, {250, 500, 2}, {249, 500, 3}, {10, 500, 5}, {0, 500, 1}} {
		if got := every(c.now, c.most); got != c.want {
			t.Errorf("at %d of %d: every %d, want %d", c.now, c.most, got, c.want)
		}
	}
}

// What is ready sooner or later within the margin leaves at the same moments.
func TestPacketsLeaveOnAGridThatTheirMakingDoesNotMove(t *testing.T) {
	const step, margin = 40 * time.Millisecond, 12 * time.Millisecond
	start := time.Unix(1000, 0)
	ms := func(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }
	for _, c := range []struct {
		name        string
		ready, want []int
	}{
		{"quick and slow", []int{0, 45, 91, 120, 172}, []int{12, 52, 92, 132, 172}},
		{"an earliest one moves the grid once", []int{5, 41, 85, 121, 165}, []int{17, 53, 93, 133, 173}},
		{"too late goes at once and the grid stays", []int{0, 40, 99, 120, 160}, []int{12, 52, 92, 132, 172}},
		{"a period late takes the next moment", []int{0, 95, 130}, []int{12, 92, 132}},
		{"after a long rest the grid begins anew", []int{0, 500, 540}, []int{12, 512, 552}},
	} {
		b := beat{step: step, margin: margin}
		for i, r := range c.ready {
			if got := b.next(ms(r)); !got.Equal(ms(c.want[i])) {
				t.Errorf("%s: what was ready at %d ms leaves at %v ms, want %d", c.name, r, got.Sub(start).Milliseconds(), c.want[i])
			}
		}
	}
}
