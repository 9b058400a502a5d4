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
		{"blob", Config{Mode: Blob, Width: 160, Height: 120}, nil},
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

// nod is a reading of one face that moved down by so much since the reading before.
func nod(by float64) reading {
	r := reading{faces: 1, sure: true, dt: .04}
	r.move[chPitch] = by
	return r
}

// settled is a follower that has read a person who sits still.
func settled() follower {
	f := newFollower(middle)
	for range 100 {
		f.observe(nod(0))
		f.step(0)
	}
	return f
}

// neutral is the pose of a figure whose person is not read.
var neutral = pose{presence: 3}

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
				f.observe(nod(.05))
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
			if p != neutral || n != c.want || f.state() != Neutral {
				t.Fatalf("after %d draws %+v, notice %s, %s", c.in, p, n, f.state())
			}
			if p := f.step(1); p.mouth == 0 {
				t.Fatal("the voice goes on, but the mouth does not")
			}
		})
	}
}

// A face that cannot be read looks like one that sits still: which faces a detector misses depends on whose they are.
func TestWhoCannotBeReadLooksLikeWhoSitsStill(t *testing.T) {
	still, unread := settled(), newFollower(middle)
	for i := range 25 * 60 {
		still.observe(nod(0))
		unread.observe(reading{dt: .04})
		if a, b := still.step(0), unread.step(0); a != b {
			t.Fatalf("draw %d: %+v and %+v", i, a, b)
		}
	}
	if unread.state() != Neutral {
		t.Fatalf("and is called %s", unread.state())
	}
}

func TestAnEmptySeatIsShownAfterFiveSecondsAndNotBefore(t *testing.T) {
	f := settled()
	for i := range 25 * 8 {
		f.observe(reading{dt: .04})
		p := f.step(0)
		if at := float64(i+1) * .04; at < leftSeconds-.05 && (p.presence != 3 || f.state() == LeftSeat) || at > leftSeconds+1 && (p.presence != 0 || f.state() != LeftSeat) {
			t.Fatalf("after %.1f s presence %d, %s", at, p.presence, f.state())
		}
	}
	for range 30 {
		f.observe(nod(0))
		f.step(0)
	}
	if p := f.step(0); p != neutral || f.state() != Still {
		t.Fatalf("after the return %+v, %s", p, f.state())
	}
}

func TestTheFigureStaysStillBelowConfidence(t *testing.T) {
	f := settled()
	for range 5 {
		f.observe(nod(.02))
		f.step(0)
	}
	for range 40 {
		f.observe(reading{faces: 1, dt: .04})
		f.step(0)
	}
	was := f.step(0)
	for range 50 {
		r := nod(.5)
		r.sure = false
		if n := f.observe(r); n != OK {
			t.Fatalf("notice %s", n)
		}
		if p := f.step(0); p != was {
			t.Fatalf("an unsure reading moved the figure from %+v to %+v", was, p)
		}
	}
}

func TestAPostureThatLastsFades(t *testing.T) {
	f := settled()
	for range 10 {
		f.observe(nod(.02))
		f.step(0)
	}
	if p := f.step(0); p.pitch < 30 {
		t.Fatalf("no posture to fade: %+v", p)
	}
	var p pose
	for range 25 * 15 {
		f.observe(nod(0))
		p = f.step(0)
	}
	if p.pitch > 3 || p.pitch < -3 {
		t.Fatalf("after 15 s in one posture the figure still shows %d", p.pitch)
	}
}

// nods is how far the figure nods, on average, for someone who nods once a second by that much.
func nods(amplitude float64) float64 {
	f := newFollower(middle)
	var sum float64
	last := 0.0
	for i := range 25 * 30 {
		at := amplitude * math.Sin(float64(i)*2*math.Pi/25)
		f.observe(nod(at - last))
		last = at
		if p := f.step(0); i > 25*10 {
			sum += math.Abs(float64(p.pitch)) / (25 * 20)
		}
	}
	return sum
}

func TestWhoMovesMuchAndWhoMovesLittleAreShownAlike(t *testing.T) {
	usual, much, little, hardly := nods(.08), nods(.24), nods(.03), nods(.0006)
	t.Logf("a nod of .08 rad: %.0f of 127; of .24: %.0f; of .03: %.0f; of .0006: %.1f", usual, much, little, hardly)
	if much > 1.25*usual || little < usual/1.6 || hardly > 1 {
		t.Fatal("the size of a movement tells who moves")
	}
}

func TestLatencyIsTheDelayOfTheFigure(t *testing.T) {
	f := settled()
	var in, out []float64
	last := 0.0
	for i := range 300 {
		v := .05 * math.Sin(float64(i)*2*math.Pi/12) // a nod of half a second
		f.observe(nod(v - last))
		last = v
		in, out = append(in, v), append(out, float64(f.step(0).pitch))
	}
	best, at := math.Inf(-1), 0
	for lag := range 6 {
		var sum float64
		for i := 200; i < 300; i++ {
			sum += in[i-lag] * out[i]
		}
		if sum > best {
			best, at = sum, lag
		}
	}
	fig := &Figure{mode: Puppet}
	if got := fig.Latency(); got < time.Duration(at)*time.Second/mask.FrameRate || got > 40*time.Millisecond {
		t.Fatalf("Latency says %v, the figure trails by %d frames", got, at)
	}
	if (&Figure{mode: Card}).Latency() != 0 {
		t.Fatal("a card trails nothing")
	}
}

func TestStateIsSaidInWords(t *testing.T) {
	f := mustNew(t, Config{Mode: Puppet, Width: 160, Height: 120})
	is := func(want State) {
		t.Helper()
		if got := f.State(); got != want {
			t.Fatalf("state %q, want %q", got, want)
		}
	}
	is(Neutral)
	f.Draw(.5)
	is(Answering)
	for range saidDraws + 8 {
		f.Draw(0)
	}
	is(Neutral)
	f.follow.observe(nod(0))
	is(Still)
	f.Hand(true)
	f.Draw(1)
	is(HandRaised)
	f.Hand(false)
	f.bust.stage = nil
	f.Draw(.3)
	is(Placard)
	if s := mustNew(t, Config{Mode: Card, Width: 160, Height: 120}).State(); s != Placard {
		t.Fatalf("a card is %q", s)
	}
}

func TestSessionVariesTheSceneAndNothingElseDoes(t *testing.T) {
	if newScene([32]byte{1}) == newScene([32]byte{2}) {
		t.Fatal("two sessions have one scene")
	}
	if newScene([32]byte{1}) != newScene([32]byte{1}) {
		t.Fatal("one session has two scenes")
	}
	for n := range 200 {
		s := newScene([32]byte{byte(n)})
		for i, g := range s.gain {
			if math.Abs(g-1) > gainSpread {
				t.Fatalf("gain %d is %v", i, g)
			}
		}
		if math.Abs(s.x) > shiftX || math.Abs(s.y) > shiftY || math.Abs(s.size-1) > sizeSpread || s.light[1] > -.4 {
			t.Fatalf("scene %+v", s)
		}
		l := newLayout(640, 480, s)
		if top, sides := l.cy-1.1*l.unit, math.Min(l.cx, 640-l.cx)-1.6*l.unit; top < 0 || sides < 0 {
			t.Fatalf("the figure leaves the picture: %+v", l)
		}
	}
}

// A blob shows no expression: whatever the head does, one picture; only the masked voice, the hand and the empty seat change it.
func TestABlobShowsNoExpression(t *testing.T) {
	f := mustNew(t, Config{Mode: Blob, Width: 320, Height: 240})
	was := f.Draw(0).AppendI420(nil)
	for i := range 40 {
		r := nod(.04)
		if i > 20 {
			r = reading{faces: i % 3, sure: true, dt: .04, move: [channels]float64{-.1, .1, .1, .1, -.1}}
		}
		f.follow.observe(r)
		if now := f.Draw(0).AppendI420(nil); !bytes.Equal(was, now) {
			t.Fatalf("reading %d moved the blob", i)
		}
	}
	if bytes.Equal(was, f.Draw(1).AppendI420(nil)) {
		t.Fatal("a blob that speaks does not show it")
	}
	f.Hand(true)
	for range 10 {
		f.Draw(0)
	}
	if bytes.Equal(was, f.Draw(0).AppendI420(nil)) {
		t.Fatal("a raised hand does not show")
	}
}

func TestOneReaderServesTwoAudiences(t *testing.T) {
	c := Config{Mode: Puppet, Width: 320, Height: 240, Session: [32]byte{5}}
	f := mustNew(t, c)
	c.Mode = Blob
	g := mustNew(t, c)
	for range 5 {
		f.follow.observe(nod(.05))
		puppet := f.Draw(.4)
		was := puppet.AppendI420(nil)
		blob := f.Again(Blob)
		if !bytes.Equal(blob.AppendI420(nil), g.Draw(.4).AppendI420(nil)) {
			t.Fatal("another audience's blob is not the blob")
		}
		if bytes.Equal(was, blob.AppendI420(nil)) || !bytes.Equal(was, puppet.AppendI420(nil)) {
			t.Fatal("the two are one")
		}
	}
	if f.Again(Card) != f.Card() || f.Again("blur") != f.Card() {
		t.Fatal("a card, or what does not exist, is not the card")
	}
	if !bytes.Equal(g.Again(Puppet).AppendI420(nil), g.Again(Blob).AppendI420(nil)) {
		t.Fatal("a blob can be loosened to a puppet")
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
