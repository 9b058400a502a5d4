package face

import (
	"bytes"
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"parda/media/mask"
)

func TestNewRefusesWhatItCannotDraw(t *testing.T) {
	for _, c := range []struct {
		name string
		c    Config
		want error
	}{
		{"no mode", Config{Width: 640, Height: 480}, ErrMode},
		{"blur does not exist", Config{Mode: "blur", Width: 640, Height: 480}, ErrMode},
		{"no width", Config{Mode: Puppet, Height: 480}, ErrSize},
		{"negative", Config{Mode: Card, Width: -640, Height: 480}, ErrSize},
		{"too large", Config{Mode: Puppet, Width: 640, Height: MaxSide + 1}, ErrSize},
		{"odd", Config{Mode: Puppet, Width: 161, Height: 121}, nil},
		{"upright", Config{Mode: Puppet, Width: 240, Height: 320}, nil},
		{"smallest", Config{Mode: Puppet, Width: MinSide, Height: MinSide}, nil},
		{"wide", Config{Mode: Card, Width: MaxSide, Height: MinSide}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := New(c.c)
			if !errors.Is(err, c.want) {
				t.Fatalf("error %v, want %v", err, c.want)
			}
			if err != nil {
				return
			}
			m := f.Draw(1)
			y, cb, cr, sy, sc := m.Planes()
			w, h := c.c.Width, c.c.Height
			if m.Width() != w || m.Height() != h || len(y) != sy*h || sy != w || sc != (w+1)/2 || len(cb) != sc*((h+1)/2) || len(cr) != len(cb) {
				t.Fatalf("%d by %d, planes %d %d %d", m.Width(), m.Height(), len(y), len(cb), len(cr))
			}
		})
	}
}

func TestZeroMaskedIsEmpty(t *testing.T) {
	var m Masked
	if y, cb, cr, _, _ := m.Planes(); m.Width() != 0 || m.Height() != 0 || y != nil || cb != nil || cr != nil {
		t.Fatal("the zero Masked holds a picture")
	}
}

func TestADrawnPictureHoldsUntilTwoMoreDraws(t *testing.T) {
	f := mustNew(t, Config{Mode: Puppet, Width: 160, Height: 120})
	m := f.Draw(0)
	was := m.AppendI420(nil)
	f.Draw(1)
	f.Draw(1)
	if !bytes.Equal(was, m.AppendI420(nil)) {
		t.Fatal("the picture changed under its reader")
	}
}

func TestNobodyCanWriteIntoAMaskedPicture(t *testing.T) {
	m, err := NewCard(160, 120, "A")
	if err != nil {
		t.Fatal(err)
	}
	was := m.AppendI420(nil)
	y, cb, cr, _, _ := m.Planes()
	for _, p := range [][]byte{y, cb, cr} {
		for i := range p {
			p[i] = 7
		}
	}
	if now := m.AppendI420(nil); !bytes.Equal(was, now) {
		t.Fatal("what Planes gave away is the picture itself")
	}
	if n := testing.AllocsPerRun(20, func() { was = m.AppendI420(was[:0]) }); n != 0 {
		t.Fatalf("%v allocations with room to append", n)
	}
}

func TestDrawAllocatesNothing(t *testing.T) {
	f := mustNew(t, Config{Mode: Puppet, Width: 320, Height: 240})
	level := float32(0)
	if n := testing.AllocsPerRun(50, func() { level += .03; f.Draw(level) }); n != 0 {
		t.Fatalf("%v allocations for each picture", n)
	}
}

func TestMouthFollowsTheMaskedVoiceAlone(t *testing.T) {
	var f follower
	for _, v := range []float32{0, -1, float32(math.NaN()), float32(math.Inf(-1))} {
		if m := f.step(v).mouth; m != 0 {
			t.Errorf("level %v opens the mouth to %d", v, m)
		}
	}
	var last uint8
	for range 6 {
		m := f.step(1).mouth
		if m < last {
			t.Error("the mouth shuts while the voice is loud")
		}
		last = m
	}
	if last < 30 {
		t.Errorf("a full voice opens the mouth to %d of 31", last)
	}
	for range 12 {
		last = f.step(0).mouth
	}
	if last != 0 {
		t.Errorf("after half a second of silence the mouth stands at %d", last)
	}
}

// nod is a reading of one face with that pitch.
func nod(pitch float64) reading {
	r := reading{faces: 1, sure: 1, dt: .04}
	r.v[chPitch] = pitch
	return r
}

// settled is a follower that has read a person who sits still.
func settled() follower {
	f := newFollower([32]byte{1})
	for range 100 {
		f.observe(nod(0))
		f.step(0)
	}
	return f
}

func TestTheFigureTurnsNeutralWhenTheFaceIsLost(t *testing.T) {
	for _, c := range []struct {
		name string
		r    *reading // nil: the camera gives nothing at all
		want Notice
		in   int // draws until neutral
	}{
		{"no face", &reading{dt: .04}, NoFace, lossFrames + 30},
		{"two faces", &reading{faces: 2, dt: .04}, TwoFaces, twoFrames + 30},
		{"no picture", nil, OK, staleDraws + 30},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := settled()
			for range 4 {
				f.observe(nod(.1))
				f.step(0)
			}
			if p := f.step(0); p.pitch < 40 || p.presence != 3 {
				t.Fatalf("no nod to lose: %+v", p)
			}
			var n Notice = OK
			var p pose
			for range c.in {
				if c.r != nil {
					n = f.observe(*c.r)
				}
				p = f.step(0)
			}
			if p != (pose{}) || n != c.want {
				t.Fatalf("after %d draws %+v, notice %s", c.in, p, n)
			}
			if p := f.step(1); p.mouth == 0 {
				t.Fatal("the voice goes on, but the mouth does not")
			}
		})
	}
}

func TestTheFigureStaysStillBelowConfidence(t *testing.T) {
	f := settled()
	for range 5 {
		f.observe(nod(.03))
		f.step(0)
	}
	for range 20 {
		f.step(0)
		f.observe(reading{faces: 1, dt: .04})
	}
	was := f.step(0)
	for i := range 50 {
		r := nod(float64(i%2) - .5)
		r.sure = sureEnough - .01
		if n := f.observe(r); n != OK {
			t.Fatalf("notice %s", n)
		}
		if p := f.step(0); p != was {
			t.Fatalf("an unsure reading moved the figure from %+v to %+v", was, p)
		}
	}
}

func TestAPostureThatLastsBecomesTheMean(t *testing.T) {
	f := settled()
	var p pose
	for range 25 * 40 {
		f.observe(nod(.08))
		p = f.step(0)
	}
	if p.pitch > 3 || p.pitch < -3 {
		t.Fatalf("after 40 s in one posture the figure still shows %d", p.pitch)
	}
	a, b := newFollower([32]byte{}), newFollower([32]byte{})
	for range 50 { // two people who hold their heads differently, from the first picture
		a.observe(nod(-.2))
		b.observe(nod(.2))
		if pa, pb := a.step(0), b.step(0); pa != pb {
			t.Fatalf("posture passes: %+v and %+v", pa, pb)
		}
	}
}

func TestLatencyIsTheDelayOfTheFigure(t *testing.T) {
	f := settled()
	var in, out []float64
	for i := range 200 {
		v := .05 * math.Sin(float64(i)*2*math.Pi/25) // a nod of one second
		f.observe(nod(v))
		in, out = append(in, v), append(out, float64(f.step(0).pitch))
	}
	best, at := math.Inf(-1), 0
	for lag := range 6 {
		var sum float64
		for i := 100; i < 200; i++ {
			sum += in[i-lag] * out[i]
		}
		if sum > best {
			best, at = sum, lag
		}
	}
	fig := &Figure{mode: Puppet}
	if got := fig.Latency(); got != time.Duration(at)*time.Second/mask.FrameRate {
		t.Fatalf("Latency says %v, the figure trails by %d frames", got, at)
	}
	if (&Figure{mode: Card}).Latency() != 0 {
		t.Fatal("a card trails nothing")
	}
}

func TestSessionVariesTheFigureAndNothingElseDoes(t *testing.T) {
	if newFollower([32]byte{1}).gain == newFollower([32]byte{2}).gain {
		t.Fatal("two sessions have one gain")
	}
	if newFollower([32]byte{1}).gain != newFollower([32]byte{1}).gain {
		t.Fatal("one session has two gains")
	}
	for i, g := range newFollower([32]byte{7}).gain {
		if g < .85 || g > 1.15 {
			t.Fatalf("gain %d is %v", i, g)
		}
	}
}

func TestAPanicOfTheReadingIsAFault(t *testing.T) {
	f := mustNew(t, Config{Mode: Puppet, Width: 160, Height: 120})
	f.read.find = nil
	if n := f.Observe(greyRoom(320, 240)); n != Fault {
		t.Fatalf("notice %s", n)
	}
	f.bust.stage = nil
	if m := f.Draw(0); m != f.Card() {
		t.Fatal("a panic while drawing did not give the card")
	}
}

func TestTheCardReadsNoCamera(t *testing.T) {
	f := mustNew(t, Config{Mode: Card, Width: 160, Height: 120, Pseudonym: "A"})
	if n := f.Observe(nil); n != OK {
		t.Fatalf("notice %s", n)
	}
	if f.read != nil || f.bust != nil || f.Draw(1) != f.Card() {
		t.Fatal("a card needs no reader and no figure")
	}
}

func TestObserveAndDrawMayRunAtOnce(t *testing.T) {
	f := mustNew(t, Config{Mode: Puppet, Width: 160, Height: 120})
	var wg sync.WaitGroup
	wg.Go(func() {
		raw := greyRoom(320, 240)
		for range 30 {
			f.Observe(raw)
		}
	})
	for range 60 {
		f.Draw(.5)
	}
	wg.Wait()
}
