package face

import (
	"math/rand/v2"
	"testing"

	"parda/media/mask"
)

func TestOneFaceIsReadAndFollowed(t *testing.T) {
	f := mustNew(t, Config{Mode: Puppet, Width: 160, Height: 120})
	seen := 0
	for person := 1; person <= 40; person += 3 {
		f.read.reset()
		f.follow = newFollower(middle)
		raw := photograph(t, 640, 480, placedPhoto{person, 1, 320, 240, 240})
		if observe(f, raw, 3) == OK && f.follow.held {
			seen++
		}
	}
	if seen < 12 {
		t.Fatalf("%d of 14 people are read", seen)
	}
}

func TestTwoFacesTurnTheFigureNeutral(t *testing.T) {
	f := mustNew(t, Config{Mode: Puppet, Width: 160, Height: 120})
	one := photograph(t, 640, 480, placedPhoto{1, 1, 200, 240, 220})
	if n := observe(f, one, 20); n != OK {
		t.Fatalf("one face: %s", n)
	}
	two := photograph(t, 640, 480, placedPhoto{1, 1, 200, 240, 220}, placedPhoto{9, 1, 470, 240, 220})
	var n Notice
	for i := 0; i < 25 && n != TwoFaces; i++ {
		n = f.Observe(two)
	}
	if n != TwoFaces {
		t.Fatal("a second face was not seen within a second")
	}
	if n = observe(f, two, 10); n != TwoFaces {
		t.Fatalf("and is forgotten: %s", n)
	}
	if n = observe(f, one, 25); n != OK {
		t.Fatalf("after the second left: %s", n)
	}
}

func TestAStillPersonInAnoisyRoomMakesNoGesture(t *testing.T) {
	f := mustNew(t, Config{Mode: Puppet, Width: 160, Height: 120})
	raw := photograph(t, 640, 480, placedPhoto{4, 2, 330, 250, 230})
	clean := append([]byte(nil), raw.Y...)
	r := rand.New(rand.NewPCG(1, 1))
	worst := 0
	for i := range 80 {
		for j, v := range clean {
			raw.Y[j] = byte(clamp(float64(v)+r.NormFloat64()*3, 0, 255))
		}
		f.Observe(raw)
		if p := f.follow.step(0); i > 20 {
			for _, v := range []int8{p.pitch, p.yaw, p.roll} {
				worst = max(worst, int(v), -int(v))
			}
		}
	}
	t.Logf("largest of pitch, yaw and roll: %d of 127", worst)
	if worst > 25 {
		t.Fatalf("noise moves the figure by %d of 127", worst)
	}
}

func TestTheSameClipGivesTheSameFigure(t *testing.T) {
	raw := photograph(t, 640, 480, placedPhoto{2, 3, 300, 230, 230})
	var last pose
	for run := range 2 {
		f := mustNew(t, Config{Mode: Puppet, Width: 160, Height: 120})
		var p pose
		for i := range 12 {
			moved := *raw
			moved.Y = raw.Y[i*i/2:] // a camera that pans
			moved.Height--
			f.Observe(&moved)
			p = f.follow.step(0)
		}
		if run == 1 && p != last {
			t.Fatalf("%+v and %+v", last, p)
		}
		last = p
	}
	if last == (pose{presence: 3}) {
		t.Fatal("a face that moves did not move the figure")
	}
}

func TestAMalformedPictureIsAFault(t *testing.T) {
	good := func() *mask.RawPicture { return greyRoom(64, 48) }
	for _, c := range []struct {
		name  string
		spoil func(p *mask.RawPicture)
	}{
		{"no width", func(p *mask.RawPicture) { p.Width = 0 }},
		{"negative height", func(p *mask.RawPicture) { p.Height = -48 }},
		{"wider than its rows", func(p *mask.RawPicture) { p.Width = 66 }},
		{"higher than its planes", func(p *mask.RawPicture) { p.Height = 50 }},
		{"no luma", func(p *mask.RawPicture) { p.Y = nil }},
		{"short chroma", func(p *mask.RawPicture) { p.Cr = p.Cr[:len(p.Cr)-1] }},
		{"stride of none", func(p *mask.RawPicture) { p.StrideY = 0 }},
		{"negative stride", func(p *mask.RawPicture) { p.StrideC = -32 }},
		{"huge stride", func(p *mask.RawPicture) { p.StrideY = 1 << 62 }},
		{"too large", func(p *mask.RawPicture) { *p = *greyRoom(4098, 16) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := mustNew(t, Config{Mode: Puppet, Width: 160, Height: 120})
			if n := f.Observe(good()); n == Fault {
				t.Fatal("a good picture is a fault")
			}
			p := good()
			c.spoil(p)
			if n := f.Observe(p); n != Fault {
				t.Fatalf("notice %s", n)
			}
		})
	}
	f := mustNew(t, Config{Mode: Puppet, Width: 160, Height: 120})
	if n := f.Observe(nil); n != Fault {
		t.Fatalf("nil: %s", n)
	}
}

func FuzzObserve(f *testing.F) {
	f.Add(64, 48, 64, 32, 64*48, 32*24, uint64(1))
	f.Add(17, 17, 40, 9, 17*40, 9*9, uint64(2))
	f.Add(16, 4096, 16, 8, 16*4096, 8*2048, uint64(3))
	f.Add(-1, 48, -5, 32, 10, 10, uint64(4))
	fig, err := New(Config{Mode: Puppet, Width: 64, Height: 64})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, w, h, sy, sc, ny, nc int, seed uint64) {
		if ny < 0 || nc < 0 || ny > 1<<19 || nc > 1<<18 {
			return
		}
		p := &mask.RawPicture{Width: w, Height: h, StrideY: sy, StrideC: sc, Y: make([]byte, ny), Cb: make([]byte, nc), Cr: make([]byte, nc)}
		r := rand.New(rand.NewPCG(seed, 0))
		for i := range p.Y {
			p.Y[i] = byte(r.Uint32())
		}
		if n := fig.Observe(p); (n == Fault) == sound(p) {
			t.Fatalf("sound: %v, notice %s", sound(p), n)
		}
		fig.Draw(.5)
		FindFaces(p.Y, w, h, sy)
	})
}
