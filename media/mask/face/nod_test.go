package face

import (
	"math"
	"testing"
	"time"
)

// rendered plays a film of the rendered head to a figure, at 25 pictures a second, and gives the drawn poses of all but the first second.
func rendered(t *testing.T, seconds float64, at func(t float64) (attitude, paintedFace)) (poses []pose, truth []attitude) {
	t.Helper()
	film := newTurning(56, 2.5, 7)
	f := mustNew(t, Config{Mode: Puppet, Width: 64, Height: 64, Session: [32]byte{3}})
	for i := range int(25 * seconds) {
		a, p := at(float64(i) * .04)
		raw := film.frame(a, p)
		raw.Captured = time.Unix(1, int64(i)*4e7)
		if n := f.Observe(raw); n != OK && i > 3 {
			t.Fatalf("picture %d: %s", i, n)
		}
		f.Draw(0)
		if i >= 25 {
			poses, truth = append(poses, unpack(f.pose)), append(truth, a)
		}
	}
	return poses, truth
}

// trails is the r2 of what is drawn and what was done, at the delay that Latency names.
func trails(poses []pose, truth []attitude, drawn func(pose) int8, done func(attitude) float64) float64 {
	var in, out []float64
	for i := smoothingFrames; i < len(poses); i++ {
		in, out = append(in, done(truth[i-smoothingFrames])), append(out, float64(drawn(poses[i])))
	}
	c := correlation(in, out)
	return math.Abs(c) * c
}

// TestANodIsANod: a head that nods, shakes or tilts by 2 to 15 degrees, once in two seconds to twice a second, is drawn as that, and as nothing else.
func TestANodIsANod(t *testing.T) {
	drawn := []func(pose) int8{func(p pose) int8 { return p.pitch }, func(p pose) int8 { return p.yaw }, func(p pose) int8 { return p.roll }}
	for axis, name := range []string{"nod", "shake", "tilt"} {
		for i, c := range []struct{ degrees, rate float64 }{{2, 1}, {15, 1}, {8, 2}, {5, .5}, {10, .5}, {5, 2}, {15, .5}} {
			if i > 1 && !long() {
				break
			}
			s := func(at float64) float64 { return c.degrees * math.Pi / 180 * math.Sin(2*math.Pi*c.rate*at) }
			poses, truth := rendered(t, 3, func(at float64) (a attitude, p paintedFace) {
				*[]*float64{&a.pitch, &a.yaw, &a.roll}[axis] = s(at)
				return a, p
			})
			got := trails(poses, truth, drawn[axis], func(a attitude) float64 { return a.pitch + a.yaw + a.roll })
			var most, other int8
			for _, p := range poses {
				for i, d := range drawn {
					if v := max(d(p), -d(p)); i == axis {
						most = max(most, v)
					} else {
						other = max(other, v)
					}
				}
			}
			t.Logf("%s of %.0f degrees, %.1f Hz: r2 %.2f, drawn up to %d of 127, other turns up to %d", name, c.degrees, c.rate, got, most, other)
			if got < .7 || most < 25 {
				t.Errorf("a %s of %.0f degrees at %.1f Hz is not shown", name, c.degrees, c.rate)
			}
			if int(other) > int(most)*3/4 {
				t.Errorf("a %s of %.0f degrees at %.1f Hz is shown as another gesture", name, c.degrees, c.rate)
			}
		}
	}
}

// TestWhoSpeaksOrSwaysDoesNotNod: a mouth that opens, brows that rise and a trunk that sways make no nod and no shake, and shut no eyes.
func TestWhoSpeaksOrSwaysDoesNotNod(t *testing.T) {
	for _, c := range []struct {
		name string
		at   func(t float64) (attitude, paintedFace)
	}{
		{"speaks", func(at float64) (attitude, paintedFace) {
			return attitude{}, paintedFace{mouth: math.Max(0, math.Round(3*math.Sin(2*math.Pi*2.3*at))/3)}
		}},
		{"raises the brows", func(at float64) (attitude, paintedFace) {
			return attitude{}, paintedFace{brows: math.Round(4*smooth(.3, .6, math.Abs(math.Sin(at*1.2)))) / 4}
		}},
		{"sways", func(at float64) (attitude, paintedFace) {
			return attitude{x: 8 * math.Sin(2*math.Pi*.4*at)}, paintedFace{}
		}},
	} {
		seconds := 4.0
		if long() {
			seconds = 60
		}
		poses, _ := rendered(t, seconds, c.at)
		var g gestures
		shut := 0
		for _, p := range poses {
			p.roll = 0
			g.look(p)
			if p.lids > 1 {
				shut++
			}
		}
		t.Logf("who %s: largest nod or shake %d of 127, %d gestures, eyes shut in %d pictures", c.name, g.most, g.n, shut)
		if g.n > 0 {
			t.Errorf("who %s nods", c.name)
		}
		if shut > 0 {
			t.Errorf("who %s shuts the eyes", c.name)
		}
	}
}

// TestShutEyesAreShown: a blink of a fifth of a second and eyes that stay shut for one and a half, on a head that also moves.
func TestShutEyesAreShown(t *testing.T) {
	blinks := func(at float64) float64 {
		if m := math.Mod(at, 2); m > 1 && m < 1.2 || at > 5.2 && at < 6.7 {
			return 1
		}
		return 0
	}
	poses, _ := rendered(t, 8, func(at float64) (attitude, paintedFace) {
		return attitude{pitch: .04 * math.Sin(2*at), x: 2 * math.Sin(at)}, paintedFace{shut: blinks(at)}
	})
	right, wrong, long := 0, 0, 0
	for i, p := range poses {
		at := 1 + float64(i)*.04
		near := blinks(at) + blinks(at-.04) + blinks(at-.08) + blinks(at-.12)
		switch {
		case p.lids > 1 && near == 0:
			wrong++
		case p.lids > 1:
			right++
		}
		if p.lids > 1 && at > 5.4 && at < 6.7 {
			long++
		}
	}
	t.Logf("shut in %d pictures, of them %d in the long one of 32; wrongly in %d", right, long, wrong)
	if long < 24 || right-long < 9 || wrong > 2 {
		t.Error("shut eyes are not shown, or open ones are")
	}
}
