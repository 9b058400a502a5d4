package face

import (
	"testing"

	"parda/media/mask"
)

func benchDraw(b *testing.B, w, h int) {
	f, err := New(Config{Mode: Puppet, Width: w, Height: h, Pseudonym: "A"})
	if err != nil {
		b.Fatal(err)
	}
	f.follow.held = true
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f.follow.stale = 0
		for c := range f.follow.target { // every channel moves in every picture
			f.follow.target[c] = .6 * float64((i+c)%7-3) / 3
		}
		f.Draw(float32(i%8) / 8)
	}
}

func BenchmarkDraw640x480(b *testing.B)  { benchDraw(b, 640, 480) }
func BenchmarkDraw1280x720(b *testing.B) { benchDraw(b, 1280, 720) }

func BenchmarkObserve640x480(b *testing.B) {
	raw := photograph(b, 640, 480, placedPhoto{1, 1, 320, 240, 260})
	f, err := New(Config{Mode: Puppet, Width: 640, Height: 480})
	if err != nil {
		b.Fatal(err)
	}
	if n := observe(f, raw, 3); n != OK {
		b.Fatalf("the photo is not read: %s", n)
	}
	b.ReportAllocs()
	for b.Loop() {
		f.Observe(raw)
	}
}

func observe(f *Figure, raw *mask.RawPicture, times int) (n Notice) {
	for range times {
		n = f.Observe(raw)
	}
	return n
}

func BenchmarkFindFaces640x480(b *testing.B) {
	raw := photograph(b, 640, 480, placedPhoto{1, 1, 320, 240, 260})
	for b.Loop() {
		if FindFaces(raw.Y, raw.Width, raw.Height, raw.StrideY) == 0 {
			b.Fatal("no face")
		}
	}
}
