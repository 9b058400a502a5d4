package face

import (
	"flag"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"parda/media/mask"
)

var soak = flag.Duration("soak", 20*time.Second, "how long a sitting TestSoak plays, in the figure's own time: it runs faster than that; over 1m the other tests take their long forms")

// long says whether the long forms run: with -soak of more than a minute.
func long() bool { return *soak > time.Minute }

// film plays a photo that moves: at(t) says by how many pixels at t seconds; grain is the camera's noise.
type film struct {
	clean, noise *mask.RawPicture
	shown        mask.RawPicture
	r            *rand.Rand
	grain        float64
}

func newFilm(tb testing.TB, w, h int, p placedPhoto, grain float64) *film {
	f := &film{clean: photograph(tb, w, h, p), noise: greyRoom(w, h), r: rand.New(rand.NewPCG(11, 12)), grain: grain}
	for i := range f.noise.Y {
		f.noise.Y[i] = byte(clamp(128+f.r.NormFloat64()*grain, 0, 255))
	}
	f.shown = *greyRoom(w, h)
	return f
}

// frame is the picture at a moment, moved by (dx, dy) pixels and times light.
func (f *film) frame(at time.Time, dx, dy, light float64) *mask.RawPicture {
	w, h := f.clean.Width, f.clean.Height
	ix, iy := int(math.Floor(dx)), int(math.Floor(dy))
	fx, fy := dx-float64(ix), dy-float64(iy)
	lag := f.r.IntN(w * h) // the noise field is laid on anew in each picture
	for y := range h {
		y0, y1 := max(0, min(h-1, y-iy)), max(0, min(h-1, y-iy-1))
		a, b := f.clean.Y[y0*w:(y0+1)*w], f.clean.Y[y1*w:(y1+1)*w]
		for x := range w {
			x0, x1 := max(0, min(w-1, x-ix)), max(0, min(w-1, x-ix-1))
			v := (float64(a[x0])*(1-fx)+float64(a[x1])*fx)*(1-fy) + (float64(b[x0])*(1-fx)+float64(b[x1])*fx)*fy
			n := f.noise.Y[(y*w+x+lag)%(w*h)]
			f.shown.Y[y*w+x] = byte(clamp(v*light+float64(n)-128+.5, 0, 255))
		}
	}
	f.shown.Captured = at
	return &f.shown
}

// gestures counts how often a channel leaves its rest by more than a fifth of its range.
type gestures struct {
	n    int
	out  [3]bool
	most int
}

func (g *gestures) look(p pose) {
	for i, v := range [3]int8{p.pitch, p.yaw, p.roll} {
		d := max(int(v), -int(v))
		g.most = max(g.most, d)
		if d > 25 && !g.out[i] {
			g.n++
		}
		g.out[i] = d > 12 && (g.out[i] || d > 25)
	}
}

func TestAStillPersonNodsAtNothing(t *testing.T) {
	began := time.Unix(1, 0)
	for _, c := range []struct {
		name  string
		grain float64
		light func(t float64) float64
	}{
		{"a good camera", 1.5, func(float64) float64 { return 1 }},
		{"a noisy one", 5, func(float64) float64 { return 1 }},
		{"a lamp that flickers", 2, func(t float64) float64 { return 1 + .08*math.Sin(2*math.Pi*7*t) }},
		{"an exposure that steps", 2, func(t float64) float64 { return 1 + .25*math.Floor(math.Mod(t, 2)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := mustNew(t, Config{Mode: Puppet, Width: 64, Height: 64})
			clip := newFilm(t, 320, 240, placedPhoto{4, 2, 165, 125, 130}, c.grain)
			var g gestures
			still, shut := 0, 0
			pictures := max(25*8, int(soak.Seconds()*5)) // two minutes of each within a soak of ten
			for i := range pictures {
				at := float64(i) * .04
				f.Observe(clip.frame(began.Add(time.Duration(at*1e9)), 0, 0, c.light(at)))
				f.Draw(0)
				g.look(unpack(f.pose))
				if unpack(f.pose).lids > 0 {
					shut++
				}
				if f.State() == Still {
					still++
				}
			}
			t.Logf("%d gestures in %.0f s; largest reading %d of 127", g.n, float64(pictures)*.04, g.most)
			if g.n != 0 {
				t.Fatal("a still head makes gestures")
			}
			if shut > 0 {
				t.Errorf("eyes that stay open are drawn shut in %d pictures", shut)
			}
			if still < pictures*9/10 {
				t.Fatalf("read in %d of %d pictures: this proves nothing", still, pictures)
			}
		})
	}
}

// watch plays the same nodding head to a figure, as a camera of that rate and jitter sees it, and gives the drawn pitch on the figure's own clock.
func watch(t *testing.T, rate, jitter float64, seconds int) []float64 {
	f := mustNew(t, Config{Mode: Puppet, Width: 64, Height: 64, Session: [32]byte{3}})
	clip := newFilm(t, 320, 240, placedPhoto{4, 2, 165, 125, 130}, 2)
	r := rand.New(rand.NewPCG(uint64(rate*100), 5))
	began, next := time.Unix(1, 0), 0.0
	var out []float64
	for i := range 25 * seconds {
		now := float64(i) * .04
		for ; next <= now; next += 1/rate + jitter*r.NormFloat64() {
			move := 5*math.Sin(2*math.Pi*.9*next) + 3*math.Sin(2*math.Pi*.37*next)
			f.Observe(clip.frame(began.Add(time.Duration(next*1e9)), move*1.2, move, 1))
		}
		f.Draw(0)
		p := unpack(f.pose)
		out = append(out, float64(p.sway))
	}
	return out[50:]
}

// TestTheCamerasClockDoesNotShow plays one movement through cameras of several rates. Every figure has one picture for each tick of its own clock; what
// differs is no more than what differs between two jitters of one camera would allow to be told at a glance: the size of the movement, its speed, and
// the share of its energy near the tick's half rate, where a slower camera's steps would sit.
func TestTheCamerasClockDoesNotShow(t *testing.T) {
	type print struct{ size, speed, ripple float64 }
	of := func(v []float64) (p print) {
		for i := 2; i < len(v); i++ {
			p.size += v[i] * v[i]
			p.speed += math.Abs(v[i] - v[i-1])
			d := v[i] - 2*v[i-1] + v[i-2]
			p.ripple += d * d
		}
		n := float64(len(v) - 2)
		return print{math.Sqrt(p.size / n), p.speed / n, math.Sqrt(p.ripple / n)}
	}
	seconds := 9
	if long() {
		seconds = 30
	}
	base := of(watch(t, 25, .001, seconds))
	if base.size < 2 {
		t.Fatalf("the figure does not move: %+v", base)
	}
	for _, c := range []struct{ rate, jitter float64 }{{15, .004}, {24, .002}, {29.97, .002}, {30, .006}} {
		got := of(watch(t, c.rate, c.jitter, seconds))
		t.Logf("%.2f a second: %.2f %.2f %.2f against %.2f %.2f %.2f", c.rate, got.size, got.speed, got.ripple, base.size, base.speed, base.ripple)
		for _, q := range [][2]float64{{got.size, base.size}, {got.speed, base.speed}, {got.ripple, base.ripple}} {
			if ratio := q[0] / q[1]; ratio < .75 || ratio > 1.33 {
				t.Errorf("a camera of %.2f pictures a second shows: %.2f against %.2f", c.rate, q[0], q[1])
			}
		}
	}
}

// TestSoak plays a long sitting: a head that moves, is lost, comes back, has company. deploy/soak.sh runs it with -soak 3h.
func TestSoak(t *testing.T) {
	f := mustNew(t, Config{Mode: Puppet, Width: 160, Height: 120})
	clip := newFilm(t, 320, 240, placedPhoto{4, 2, 165, 125, 130}, 2)
	empty := greyRoom(320, 240)
	began := time.Unix(1, 0)
	pictures := int(soak.Seconds() * mask.FrameRate)
	var early, late runtime.MemStats
	var lowest, sum float64
	rest := 0
	for i := range pictures {
		at := float64(i) * .04
		when := began.Add(time.Duration(at * 1e9))
		phase := math.Mod(at, 60)
		var raw *mask.RawPicture
		switch {
		case phase > 50 && phase < 57:
			raw = empty
			raw.Captured = when
		case phase > 30:
			raw = clip.frame(when, 0, 0, 1)
		default:
			raw = clip.frame(when, 4*math.Sin(2*math.Pi*.5*at), 4*math.Sin(2*math.Pi*.8*at), 1)
		}
		if n := f.Observe(raw); n == Fault || n == TwoFaces {
			t.Fatalf("picture %d: %s", i, n)
		}
		f.Draw(float32(math.Max(0, math.Sin(at*9))))
		if phase > 47 && phase < 50 {
			p := unpack(f.pose)
			sum += math.Abs(float64(p.pitch)) + math.Abs(float64(p.yaw)) + math.Abs(float64(p.roll))
			rest++
		}
		if i == pictures/4 {
			runtime.GC()
			runtime.ReadMemStats(&early)
		}
		lowest = f.follow.spread[chPitch]
	}
	runtime.GC()
	runtime.ReadMemStats(&late)
	if grown := int64(late.HeapAlloc) - int64(early.HeapAlloc); grown > 1<<20 {
		t.Errorf("the heap grew by %d bytes over the last three quarters", grown)
	}
	if rest > 0 && sum/float64(rest) > 12 {
		t.Errorf("a head at rest is drawn %.1f of 127 off on average: the figure drifts", sum/float64(rest))
	}
	if lowest < usual[chPitch]/asShown.most || lowest > usual[chPitch]/asShown.least {
		t.Errorf("the spread left its bounds: %v", lowest)
	}
}

// The drawn mouth follows the energy of the masked voice: syllables of several lengths and loudnesses, level by level as the sound's clock gives them.
func TestTheDrawnMouthFollowsTheVoicesEnergy(t *testing.T) {
	f := mustNew(t, Config{Mode: Puppet, Width: 320, Height: 240, Session: middleKey})
	r := rand.New(rand.NewPCG(8, 9))
	var level float64
	var energy, dark []float64
	loud, left := 0.0, 0
	for range 25 * 20 {
		if left--; left < 0 { // syllables of 80 to 320 ms, pauses between
			loud, left = 0, 1+r.IntN(4)
			if r.IntN(4) > 0 {
				loud, left = .2+.8*r.Float64(), 2+r.IntN(6)
			}
		}
		level += (loud - level) * .7
		m := f.Draw(float32(level))
		energy = append(energy, level)
		y, _, _, _, _ := m.Planes()
		l := f.bust.l
		sum := 0.0
		for j := int(l.cy + .40*l.unit); j < int(l.cy+.68*l.unit); j++ {
			for i := int(l.cx - .2*l.unit); i < int(l.cx+.2*l.unit); i++ {
				sum += float64(y[j*320+i])
			}
		}
		dark = append(dark, -sum)
	}
	got := correlation(energy, dark)
	t.Logf("r2 of the mouth's darkness and the voice's level: %.2f", got*got)
	if got*got < .7 || got < 0 {
		t.Fatal("the mouth does not follow the voice")
	}
}

var middleKey = [32]byte{9}

func correlation(a, b []float64) float64 {
	var ma, mb, va, vb, c float64
	for i := range a {
		ma, mb = ma+a[i]/float64(len(a)), mb+b[i]/float64(len(a))
	}
	for i := range a {
		c, va, vb = c+(a[i]-ma)*(b[i]-mb), va+(a[i]-ma)*(a[i]-ma), vb+(b[i]-mb)*(b[i]-mb)
	}
	return c / math.Sqrt(va*vb)
}
