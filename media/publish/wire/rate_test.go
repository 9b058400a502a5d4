package wire

import (
	"math/rand/v2"
	"testing"
	"time"

	"parda/media/mask"
	"parda/media/publish/wire/whiptest"
)

func TestTheVideosRateMovesInFewStepsWithTheNetwork(t *testing.T) {
	const most = 500_000
	type moment struct {
		carries, sent int
		loss          float64
	}
	good, narrow := moment{700_000, most, 0}, moment{200_000, most, 0}
	for _, c := range []struct {
		name string
		at   func(second int, now int) moment
		over int // seconds
		want int
		most int // changes
	}{
		{"no report", func(int, int) moment { return moment{0, 0, -1} }, 60, most, 0},
		{"a good network", func(int, int) moment { return good }, 60, most, 0},
		{"a still figure sends little, and no more was tried", func(int, int) moment { return moment{60_000, 50_000, 0} }, 60, most, 0},
		{"5 % lost", func(int, int) moment { return moment{most, most, 0.05} }, 60, most, 0},
		{"narrow for a moment", func(s, _ int) moment {
			if s%5 == 3 {
				return narrow
			}
			return good
		}, 60, most, 0},
		{"narrow", func(int, int) moment { return narrow }, 3, 166_667, 1},
		{"always less than is sent", func(_, now int) moment { return moment{now / 2, now, 0} }, 60, 100_000, 3},
		{"much lost for long", func(int, int) moment { return moment{0, 0, 0.3} }, 60, 100_000, 4},
		{"narrow, then good", func(s, now int) moment {
			if s < 3 {
				return moment{200_000, now, 0}
			}
			return moment{2 * now, now, 0}
		}, 60, most, 4},
		{"wide enough for a half only, for ten minutes", func(_, now int) moment {
			if now > 260_000 {
				return moment{240_000, now, 0}
			}
			return moment{300_000, now, 0}
		}, 600, 0, 24},
	} {
		r := newRateControl(most)
		at, changes := time.Unix(1_700_000_000, 0), 0
		for second := range c.over {
			m := c.at(second, r.now)
			r.network = func() (int, int) { return m.carries, m.sent }
			for range 25 {
				at = at.Add(40 * time.Millisecond)
				if _, changed := r.target(m.loss, at); changed {
					changes++
				}
			}
		}
		if c.want != 0 && r.now != c.want || changes > c.most {
			t.Errorf("%s: %d bit/s after %d changes, want %d and at most %d", c.name, r.now, changes, c.want, c.most)
		}
	}
}

// A network that carries half of it makes the picture smaller, and leaves the sound as it is.
func TestANarrowNetworkTakesFromThePictureAndNothingFromTheSound(t *testing.T) {
	server := whiptest.New(t)
	sender, err := Open(t.Context(), testConfig(server))
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 320*240*3/2)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	luma, chroma := 320*240, 160*120
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { // a busy picture: the encoder uses all it may
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			if n%2 == 0 {
				at := rng.IntN(luma / 2)
				for i := range 2_000 {
					noise[at+i] = byte(rng.Uint32())
				}
				_ = sender.Picture(320, 240, noise[:luma], noise[luma:luma+chroma], noise[luma+chroma:], 320, 160)
			}
			_ = sender.Sound(make([]int16, mask.BlockSamples))
		}
	}()
	defer func() { close(stop); <-done }()
	rate := func() int {
		sender.videoMu.Lock()
		defer sender.videoMu.Unlock()
		return sender.rate.now
	}
	whiptest.Until(t, 10*time.Second, "pictures come", func() bool { return len(server.Frames()) > 50 })
	if rate() != DefaultVideoBitrate {
		t.Fatalf("on a good network the rate is %d", rate())
	}
	server.Narrow(DefaultVideoBitrate/2 + DefaultAudioBitrate)
	whiptest.Until(t, 20*time.Second, "the picture's rate has fallen", func() bool { return rate() <= DefaultVideoBitrate/2 })
	carries, sent := sender.pub.steer.network()
	t.Logf("the network is thought to carry %d of the %d bit/s that were sent", carries, sent)
	checkPackets(t, server)
}
