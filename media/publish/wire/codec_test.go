package wire

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/vp8"

	"parda/media/mask"
)

// picture is a test picture that moves with n: gradients and a block.
type picture struct {
	w, h      int
	y, cb, cr []byte
	sy, sc    int
}

func newPicture(w, h, pad int) *picture {
	p := &picture{w: w, h: h, sy: w + pad, sc: (w+1)/2 + pad}
	p.y = make([]byte, p.sy*h)
	p.cb, p.cr = make([]byte, p.sc*((h+1)/2)), make([]byte, p.sc*((h+1)/2))
	return p
}

func (p *picture) fill(n int) {
	for y := range p.h {
		for x := range p.w {
			v := byte(40 + x*120/p.w + y*60/p.h)
			if (x/32+y/32+n/3)%5 == 0 {
				v ^= 0x30
			}
			p.y[y*p.sy+x] = v
		}
	}
	for i := range p.cb {
		p.cb[i], p.cr[i] = 110, 150
	}
}

func TestVP8FirstFrameIsAKeyFrameThatShowsThePicture(t *testing.T) {
	for _, size := range [][3]int{{640, 480, 0}, {640, 480, 32}, {322, 242, 7}, {17, 17, 0}, {1280, 720, 0}} {
		enc, err := NewVP8(VP8Config{Width: size[0], Height: size[1], Bitrate: 2_000_000})
		if err != nil {
			t.Fatal(err)
		}
		defer enc.Close()
		p := newPicture(size[0], size[1], size[2])
		p.fill(0)
		frame, key, err := enc.Encode(p.y, p.cb, p.cr, p.sy, p.sc, false)
		if err != nil || !key {
			t.Fatalf("%v: key %v, %v", size, key, err)
		}
		dec := vp8.NewDecoder()
		dec.Init(bytes.NewReader(frame), len(frame))
		if _, err := dec.DecodeFrameHeader(); err != nil {
			t.Fatalf("%v: %v", size, err)
		}
		img, err := dec.DecodeFrame()
		if err != nil {
			t.Fatalf("%v: %v", size, err)
		}
		var sum float64
		for y := range p.h {
			for x := range p.w {
				sum += math.Abs(float64(img.Y[img.YOffset(x, y)]) - float64(p.y[y*p.sy+x]))
			}
		}
		if mean := sum / float64(p.w*p.h); mean > 8 {
			t.Errorf("%v: decoded luma is off by %.1f on average", size, mean)
		}
	}
}

func TestVP8MakesAKeyFrameWhenAskedAndNotOtherwise(t *testing.T) {
	enc, err := NewVP8(VP8Config{Width: 320, Height: 240})
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	p := newPicture(320, 240, 0)
	for n := range 40 {
		p.fill(n)
		_, key, err := enc.Encode(p.y, p.cb, p.cr, p.sy, p.sc, n == 20)
		if err != nil {
			t.Fatal(err)
		}
		if want := n == 0 || n == 20; key != want {
			t.Errorf("frame %d: key %v, want %v", n, key, want)
		}
	}
}

func TestVP8BitrateFollowsTheTargetWhileRunning(t *testing.T) {
	enc, err := NewVP8(VP8Config{Width: 640, Height: 480, Bitrate: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	p := newPicture(640, 480, 0)
	spend := func(frames int) (bits int) {
		for n := range frames {
			p.fill(n)
			for i := 0; i < len(p.y); i += 3 {
				p.y[i] += byte(rand.N(24))
			}
			frame, key, err := enc.Encode(p.y, p.cb, p.cr, p.sy, p.sc, false)
			if err != nil {
				t.Fatal(err)
			}
			if !key {
				bits += 8 * len(frame)
			}
		}
		return bits * 25 / frames
	}
	spend(25)
	high := spend(75)
	if err := enc.SetBitrate(250_000); err != nil {
		t.Fatal(err)
	}
	spend(25)
	low := spend(75)
	if high < 700_000 || high > 1_300_000 || low > 400_000 {
		t.Errorf("at 1 Mbit/s it spent %d bit/s, at 250 kbit/s %d", high, low)
	}
}

func TestVP8RefusesWhatWouldReadPastAPlane(t *testing.T) {
	enc, err := NewVP8(VP8Config{Width: 64, Height: 48})
	if err != nil {
		t.Fatal(err)
	}
	p := newPicture(64, 48, 0)
	for name, f := range map[string]func() error{
		"short luma":   func() error { _, _, err := enc.Encode(p.y[:len(p.y)-1], p.cb, p.cr, 64, 32, false); return err },
		"short chroma": func() error { _, _, err := enc.Encode(p.y, p.cb, p.cr[:100], 64, 32, false); return err },
		"small stride": func() error { _, _, err := enc.Encode(p.y, p.cb, p.cr, 63, 32, false); return err },
		"no planes":    func() error { _, _, err := enc.Encode(nil, nil, nil, 64, 32, false); return err },
	} {
		if f() == nil {
			t.Errorf("%s was encoded", name)
		}
	}
	enc.Close()
	if _, _, err := enc.Encode(p.y, p.cb, p.cr, 64, 32, false); err != ErrClosed {
		t.Errorf("after closing: %v", err)
	}
	for _, cfg := range []VP8Config{{Width: 0, Height: 48}, {Width: 64, Height: 9999}, {Width: 64, Height: 48, FPS: 90}, {Width: 64, Height: 48, Speed: 40}, {Width: 64, Height: 48, Bitrate: 1}} {
		if enc, err := NewVP8(cfg); err == nil {
			enc.Close()
			t.Errorf("%+v was taken", cfg)
		}
	}
}

// One packet size whatever is said, or the sizes of encrypted packets speak (RFC 6562).
func TestOpusHasOnePacketSize(t *testing.T) {
	sounds := map[string]func(i int) float64{
		"silence": func(int) float64 { return 0 },
		"noise":   func(int) float64 { return rand.Float64()*2 - 1 },
		"quiet":   func(int) float64 { return (rand.Float64() - 0.5) / 16000 },
		"clicks":  func(i int) float64 { return math.Floor(math.Mod(float64(i), 4801) / 4800) },
		"speech": func(i int) float64 { // voiced, unvoiced and silent stretches
			s := float64(i) / 48000
			switch int(s*5) % 3 {
			case 0:
				return 0.5 * math.Sin(2*math.Pi*180*s) * (1 + math.Sin(2*math.Pi*2400*s)) / 2
			case 1:
				return 0.2 * (rand.Float64() - 0.5)
			}
			return 0
		},
	}
	for _, bitrate := range []int{DefaultAudioBitrate, 24_000, 64_000} {
		enc, err := NewOpus(bitrate)
		if err != nil {
			t.Fatal(err)
		}
		sizes := map[int]int{}
		for _, sound := range sounds {
			pcm := make([]int16, mask.BlockSamples)
			for block := range 100 {
				for i := range pcm {
					pcm[i] = int16(32767 * math.Max(-1, math.Min(1, sound(block*len(pcm)+i))))
				}
				packet, err := enc.Encode(pcm)
				if err != nil {
					t.Fatal(err)
				}
				sizes[len(packet)]++
			}
		}
		if len(sizes) != 1 || sizes[bitrate/400] == 0 {
			t.Errorf("at %d bit/s the packet sizes are %v, want only %d", bitrate, sizes, bitrate/400)
		}
	}
}

func TestOpusRefusesOtherBlocksAndRates(t *testing.T) {
	enc, err := NewOpus(DefaultAudioBitrate)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 480, 959, 961} {
		if _, err := enc.Encode(make([]int16, n)); err == nil {
			t.Errorf("a block of %d samples was encoded", n)
		}
	}
	for _, rate := range []int{0, 6_000, 500_000} {
		if _, err := NewOpus(rate); err == nil {
			t.Errorf("%d bit/s was taken", rate)
		}
	}
}

func BenchmarkVP8(b *testing.B) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}} {
		b.Run(map[int]string{640: "480p", 1280: "720p"}[size[0]], func(b *testing.B) {
			enc, err := NewVP8(VP8Config{Width: size[0], Height: size[1]})
			if err != nil {
				b.Fatal(err)
			}
			defer enc.Close()
			p := newPicture(size[0], size[1], 0)
			for n := range b.N {
				b.StopTimer()
				p.fill(n)
				b.StartTimer()
				if _, _, err := enc.Encode(p.y, p.cb, p.cr, p.sy, p.sc, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpus(b *testing.B) {
	enc, err := NewOpus(DefaultAudioBitrate)
	if err != nil {
		b.Fatal(err)
	}
	pcm := make([]int16, mask.BlockSamples)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(float64(i)/20))
	}
	for b.Loop() {
		if _, err := enc.Encode(pcm); err != nil {
			b.Fatal(err)
		}
	}
}
