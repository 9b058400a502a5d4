package relay

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

// bright takes a picture for a face when it is bright: white.vp8 is one and black.vp8 is none.
func bright(luma []byte, w, h, stride int) int {
	sum := 0
	for y := range h {
		for x := range w {
			sum += int(luma[y*stride+x])
		}
	}
	return sum / (w * h) / 128
}

func TestAMaskedPublicationNeedsATripwire(t *testing.T) {
	r, _ := newRelay(t, Config{})
	if _, _, err := r.Publish(context.Background(), "witness", true, ""); !errors.Is(err, ErrNoTripwire) {
		t.Fatalf("got %v", err)
	}
}

func TestAFaceInAMaskedPublicationIsCutBeforeAnythingIsSeen(t *testing.T) {
	r, seen := newRelay(t, Config{FindFaces: bright})
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "witness", "witness")))
	s := subscribe(t, r, "judge", pair("judge", "witness"), nil)
	p := publish(t, r, "witness", publishOptions{masked: true, frame: "white.vp8"})
	eventually(t, "it is cut", func() bool { return seen.has(FaceFound, p.id) && seen.has(Unpublished, p.id) })
	if n := s.count(0); n != 0 {
		t.Errorf("%d packets of the picture were forwarded", n)
	}
}

func TestAFaceThatComesLaterCutsAMaskedPublicationAtOnce(t *testing.T) {
	r, seen := newRelay(t, Config{FindFaces: bright})
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "witness", "witness")))
	s := subscribe(t, r, "judge", pair("judge", "witness"), nil)
	p := publish(t, r, "witness", publishOptions{masked: true})
	eventually(t, "the masked picture is seen", func() bool { return s.count(0) > 50 })
	white := readFrame(t, "white.vp8")
	began := time.Now()
	p.frame.Store(&white)
	eventually(t, "it is cut", func() bool { return seen.has(FaceFound, p.id) })
	if d := time.Since(began); d > 3*time.Second {
		t.Errorf("cut after %v", d)
	}
	video, audio := s.count(0), s.count(1)
	time.Sleep(100 * time.Millisecond)
	if s.count(0) != video || s.count(1) != audio {
		t.Error("packets came after the cut")
	}
}

func TestAnUnmaskedPublicationIsNotLookedAt(t *testing.T) {
	var looks atomic.Int64
	r, _ := newRelay(t, Config{FindFaces: func(b []byte, w, h, s int) int { looks.Add(1); return 1 }})
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "bench", "bench")))
	s := subscribe(t, r, "judge", pair("judge", "bench"), nil)
	publish(t, r, "bench", publishOptions{})
	eventually(t, "it is seen", func() bool { return s.count(0) > 50 })
	if looks.Load() != 0 {
		t.Error("the court's own picture was searched for faces")
	}
}

// watchedIngest is a masked video ingest without a network, and an outlet that counts.
func watchedIngest(t *testing.T, find func([]byte, int, int, int) int) (in *ingest, tap *countingTap, cut *atomic.Bool) {
	t.Helper()
	r, pubs := bareRelay("witness")
	t.Cleanup(r.herald.close)
	in = pubs["witness"].tracks[Video]
	cut = &atomic.Bool{}
	in.watch = newWatch(find, in, func() { cut.Store(true); in.kill() })
	ended := make(chan struct{})
	go func() { defer close(ended); in.watch.run() }()
	t.Cleanup(func() { in.kill(); <-ended })
	tap = &countingTap{}
	r.Tap("witness", Video, tap)
	r.Swap(NewSnapshot(map[Sink]Source{{TapViewer, "witness", Video}: {"witness", Video}}))
	return in, tap, cut
}

// keyFrame is a VP8 key frame in one packet.
func keyFrame(seq uint16, at time.Time, frame []byte) *packet {
	return &packet{seq: seq, key: true, marker: true, payload: append([]byte{0x10}, frame...), arrived: at}
}

// looked waits until the key frame that was given last was looked at.
func looked(t *testing.T, in *ingest) {
	t.Helper()
	eventually(t, "the key frame is looked at", func() bool {
		select {
		case spare := <-in.watch.back:
			in.watch.back <- spare
			return true
		default:
			return false
		}
	})
	// The frame is given back just before it is judged.
	eventually(t, "it is judged", func() bool {
		in.mu.Lock()
		defer in.mu.Unlock()
		return in.dead || in.watch.judged.Load() == in.watch.given
	})
}

func TestOneHitHoldsThePictureAndTwoRunningCutIt(t *testing.T) {
	for name, c := range map[string]struct {
		looks string // f: a face, c: clean, b: cannot be decoded
		cut   bool
		flows bool // what comes after
	}{
		"no look yet":                        {"", false, false},
		"clean":                              {"c", false, true},
		"one hit at the start":               {"f", false, false},
		"two at the start":                   {"ff", true, false},
		"one hit in a picture that flows":    {"cf", false, false},
		"two running":                        {"cff", true, false},
		"one, and clean again":               {"cfc", false, true},
		"one, clean, one":                    {"cfcf", false, false},
		"one, unreadable, one":               {"cfbf", true, false},
		"unreadable in a picture that flows": {"cb", false, false},
		"unreadable, and clean again":        {"cbbc", false, true},
		"three unreadable running":           {"cbbb", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			in, tap, cut := watchedIngest(t, bright)
			frames := map[rune][]byte{'f': readFrame(t, "white.vp8"), 'c': readFrame(t, "black.vp8"), 'b': {0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0xff}}
			at, seq := time.Now(), uint16(0)
			for _, l := range c.looks {
				at, seq = at.Add(lookEvery), seq+1
				in.forward(keyFrame(seq, at, frames[l]))
				looked(t, in)
			}
			if cut.Load() != c.cut {
				t.Fatalf("cut: %v", cut.Load())
			}
			before := tap.n.Load()
			in.forward(&packet{seq: seq + 1, marker: true, payload: []byte{0x10, 1}, arrived: at.Add(40 * time.Millisecond)})
			if flows := tap.n.Load() > before; flows != c.flows {
				t.Errorf("what comes after flows: %v", flows)
			}
		})
	}
}

func TestAHitIsLookedAtAgainAtOnce(t *testing.T) {
	in, _, cut := watchedIngest(t, bright)
	var asked atomic.Int64
	in.ask = func() { asked.Add(1) }
	at := time.Now()
	in.forward(keyFrame(1, at, readFrame(t, "black.vp8")))
	looked(t, in)
	in.forward(keyFrame(2, at.Add(lookEvery), readFrame(t, "white.vp8")))
	looked(t, in)
	in.mu.Lock()
	due := in.watch.due(at.Add(lookEvery + time.Millisecond))
	in.mu.Unlock()
	if !due {
		t.Error("no key frame is asked for though a face was seen")
	}
	in.forward(keyFrame(3, at.Add(lookEvery+40*time.Millisecond), readFrame(t, "white.vp8"))) // long before the next one would be due
	eventually(t, "it is cut", cut.Load)
	if asked.Load() == 0 {
		t.Error("the publisher was not asked")
	}
}

func TestKeyFramesThatNobodyCanDecodeCutAMaskedPublication(t *testing.T) {
	for name, c := range map[string]struct {
		frame []byte
		find  func([]byte, int, int, int) int
	}{
		"noise":                {[]byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0xff}, bright},
		"a huge picture":       {[]byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f, 0, 0, 0, 0}, bright},
		"a finder that panics": {readFrame(t, "black.vp8"), func([]byte, int, int, int) int { panic("finder") }},
	} {
		t.Run(name, func(t *testing.T) {
			in, tap, cut := watchedIngest(t, c.find)
			at := time.Now()
			var seq uint16
			eventually(t, "it is cut", func() bool {
				seq, at = seq+1, at.Add(2*time.Second)
				in.forward(keyFrame(seq, at, c.frame))
				return cut.Load()
			})
			if n := tap.n.Load(); n != 0 {
				t.Errorf("%d packets were forwarded", n)
			}
		})
	}
}

func TestTheGateShutsWhenNoKeyFrameWasSeenForLong(t *testing.T) {
	in, tap, _ := watchedIngest(t, bright)
	black := readFrame(t, "black.vp8")
	at := time.Now()
	var seq uint16
	eventually(t, "the gate opens", func() bool {
		seq++
		in.forward(keyFrame(seq, at, black))
		return tap.n.Load() > 0
	})
	n := tap.n.Load()
	in.forward(&packet{seq: seq + 1, marker: true, payload: []byte{0x10, 1}, arrived: at.Add(lookWithin / 2)})
	if tap.n.Load() != n+1 {
		t.Fatal("the gate is shut too early")
	}
	for i := range uint16(5) {
		in.forward(&packet{seq: seq + 2 + i, marker: true, payload: []byte{0x10, 1}, arrived: at.Add(lookWithin + time.Minute)})
	}
	if tap.n.Load() != n+1 {
		t.Error("pictures pass though no key frame was looked at for long")
	}
}
