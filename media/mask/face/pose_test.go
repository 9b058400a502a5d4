package face

import (
	"bytes"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

func randomPose(r *rand.Rand) pose { return unpack(r.Uint64() & (1<<PoseBits - 1)) }

func TestPoseIsAtMostSixtyBitsAndHoldsNoMore(t *testing.T) {
	if PoseBits > 60 {
		t.Fatalf("a pose is %d bits", PoseBits)
	}
	if n := reflect.TypeFor[pose]().NumField(); n != 9 {
		t.Fatalf("pose has %d fields: say here and in PoseBits what the new one carries", n)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		v := r.Uint64() & (1<<PoseBits - 1)
		if got := unpack(v).pack(); got != v {
			t.Fatalf("%x came back as %x", v, got)
		}
	}
	if got := (pose{pitch: 127, mouth: 255, presence: 255, hand: 255}).pack() >> PoseBits; got != 0 {
		t.Fatal("bits beyond PoseBits are set")
	}
}

func TestLevelsAreBoundedWhateverIsMeasured(t *testing.T) {
	for _, c := range []struct {
		v    float64
		bits uint
		want int8
	}{{0, 8, 0}, {1, 8, 127}, {-1, 8, -127}, {9, 8, 127}, {math.Inf(-1), 6, -31}, {math.NaN(), 8, 0}, {.5, 6, 16}, {-.004, 6, 0}} {
		if got := level(c.v, c.bits); got != c.want {
			t.Errorf("level(%v, %d) = %d, want %d", c.v, c.bits, got, c.want)
		}
	}
}

func TestDrawingIsAPureFunctionOfPoseAndSize(t *testing.T) {
	one, two := newBust(320, 240, middle), newBust(320, 240, middle)
	a, b := newPlate(320, 240), newPlate(320, 240)
	r := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		p := randomPose(r)
		for i := range a.y { // what was drawn before must not show
			a.y[i], b.y[i] = byte(r.Uint32()), byte(r.Uint32())
		}
		for i := range a.cb {
			a.cb[i], b.cb[i], a.cr[i], b.cr[i] = 1, 2, 3, 4
		}
		a.by, b.by = nil, nil // and nothing is taken for drawn
		plain := r.IntN(2) == 0
		one.draw(a, p, plain)
		two.draw(two.other(), randomPose(r), plain)
		two.draw(b, p, plain)
		if !bytes.Equal(a.y, b.y) || !bytes.Equal(a.cb, b.cb) || !bytes.Equal(a.cr, b.cr) {
			t.Fatalf("two drawings of %+v differ", p)
		}
	}
}

// other is a plate of the bust's size that nobody looks at.
func (b *bust) other() *plate { return newPlate(b.l.w, b.l.h) }

// Two figures that watched different rooms draw the same bytes as soon as their poses are the same: nothing else passes.
func TestNothingButThePosePassesFromTheCamera(t *testing.T) {
	c := Config{Mode: Puppet, Width: 320, Height: 240, Pseudonym: "A"}
	quiet, busy := mustNew(t, c), mustNew(t, c)
	r := rand.New(rand.NewPCG(5, 6))
	raw := greyRoom(640, 480)
	for i := range 12 {
		for j := range raw.Y {
			raw.Y[j] = byte(r.Uint32())
		}
		busy.Observe(raw)
		quiet.Observe(greyRoom(160, 120))
		p := randomPose(r)
		for _, f := range []*Figure{quiet, busy} {
			f.follow = poseFollower(p)
		}
		a, b := quiet.Draw(0), busy.Draw(0)
		ay, acb, acr, _, _ := a.Planes()
		by, bcb, bcr, _, _ := b.Planes()
		if !bytes.Equal(ay, by) || !bytes.Equal(acb, bcb) || !bytes.Equal(acr, bcr) {
			t.Fatalf("picture %d tells the rooms apart", i)
		}
	}
}

// poseFollower is a follower whose next step gives about p.
func poseFollower(p pose) (f follower) {
	f.held, f.shown, f.hand, f.gain = true, float64(p.presence)/3, float64(p.hand)/7, middle.gain
	for i, v := range []float64{share(p.pitch, pitchBits), share(p.yaw, yawBits), share(p.roll, rollBits), share(p.sway, swayBits), share(p.lean, leanBits)} {
		f.now[i], f.target[i] = v, v
	}
	return f
}

func mustNew(tb testing.TB, c Config) *Figure {
	tb.Helper()
	f, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}
