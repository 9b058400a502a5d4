package relay

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parda/media/attest"
)

// vouchedStream is a track that must be signed, its packets made here.
type vouchedStream struct {
	v   *vouch
	at  time.Time
	seq uint16
	all *attest.Collector
}

func newVouchedStream() *vouchedStream {
	return &vouchedStream{v: newVouch(Audio), at: time.Now(), seq: 65500, all: attest.NewCollector("audio")}
}

// send passes n packets of 20 ms and says how many went on. signed tells whether the station knows of them; spoil changes what arrives.
func (s *vouchedStream) send(n int, signed bool, spoil func(int, []byte) []byte) (went int) {
	for i := range n {
		payload := []byte{byte(s.seq), byte(s.seq >> 8), 1, 2, 3}
		if signed {
			s.all.Add(s.seq, payload)
		}
		if spoil != nil {
			payload = spoil(i, payload)
		}
		if payload != nil && s.v.pass(&packet{seq: s.seq, payload: payload, arrived: s.at}) {
			went++
		}
		s.seq, s.at = s.seq+1, s.at.Add(20*time.Millisecond)
	}
	return went
}

func (s *vouchedStream) sign() bool { return s.v.sign(s.all.Take(), s.at) }

func TestNothingThatIsNotSignedGoesOn(t *testing.T) {
	s := newVouchedStream()
	if n := s.send(200, false, nil); n != 0 {
		t.Errorf("%d of 200 packets went on before anything was signed", n)
	}
}

func TestWhatIsSignedEachSecondGoesOnWithoutWaiting(t *testing.T) {
	s := newVouchedStream()
	s.send(10, true, nil)
	for range 20 {
		if !s.sign() || !s.v.fresh(s.at) {
			t.Fatal("what came as it was signed is not taken")
		}
		if n := s.send(50, true, nil); n != 50 {
			t.Fatalf("%d of 50 packets went on", n)
		}
	}
}

func TestPacketsThatWereLostOrCameLateOrTwiceAreNoMatter(t *testing.T) {
	s := newVouchedStream()
	s.send(1, true, nil)
	var late []packet
	for range 10 {
		if !s.sign() || !s.v.fresh(s.at) {
			t.Fatal("a loss is taken for something else")
		}
		for _, p := range late {
			p.arrived = s.at
			if !s.v.pass(&p) || !s.v.pass(&p) {
				t.Fatal("what was sent again is held")
			}
		}
		late = nil
		s.send(50, true, func(i int, b []byte) []byte {
			switch i % 7 {
			case 3:
				return nil
			case 5:
				late = append(late, packet{seq: s.seq, payload: b})
				return nil
			}
			return b
		})
	}
}

func TestAPacketThatIsNotTheOneThatWasSignedIsSeen(t *testing.T) {
	for name, c := range map[string]func(s *vouchedStream) bool{
		"it came first": func(s *vouchedStream) bool {
			s.send(5, true, func(i int, b []byte) []byte {
				if i == 2 {
					b[4] ^= 1
				}
				return b
			})
			return s.sign()
		},
		"it came after": func(s *vouchedStream) bool {
			seq := s.seq
			s.send(5, true, func(i int, b []byte) []byte { return nil })
			if !s.sign() {
				t.Fatal("nothing came, and that is wrong")
			}
			s.v.pass(&packet{seq: seq + 1, payload: []byte("another"), arrived: s.at})
			return !s.v.wrong
		},
		"it came twice, and not the same": func(s *vouchedStream) bool {
			s.send(5, true, nil)
			s.v.pass(&packet{seq: s.seq - 2, payload: []byte("another"), arrived: s.at})
			return s.sign()
		},
	} {
		s := newVouchedStream()
		s.send(20, true, nil)
		if !s.sign() {
			t.Fatal("what came as it was signed is not taken")
		}
		if c(s) {
			t.Errorf("%s: not seen", name)
		}
		if s.send(10, true, nil) != 0 || s.v.fresh(s.at) {
			t.Errorf("%s: the track goes on", name)
		}
	}
}

func TestAModeThatIsStaleHoldsTheTrackUntilItIsFresh(t *testing.T) {
	s := newVouchedStream()
	s.send(50, true, nil)
	s.sign()
	if n := s.send(250, true, nil); n < 149 || n > 151 {
		t.Errorf("%d packets, of 20 ms each, went on without a new signature: %v is allowed", n, staleAfter)
	}
	if s.v.fresh(s.at) {
		t.Error("it is fresh")
	}
	if !s.sign() || s.send(50, true, nil) != 50 {
		t.Error("a new signature does not let it go on")
	}
}

func TestPacketsThatAreSlippedInBetweenHoldTheTrack(t *testing.T) {
	s := newVouchedStream()
	s.send(50, true, nil)
	s.sign()
	s.send(3, false, nil) // between two segments, and signed by nobody
	held := false
	for range 6 {
		s.send(50, true, nil)
		s.sign()
		held = held || !s.v.fresh(s.at)
	}
	if !held {
		t.Error("packets that nobody signed were let pass for good")
	}
}

// stubEar is an audio tripwire that says what the test wants.
type stubEar struct {
	mu    sync.Mutex
	say   map[string]func(bool)
	heard atomic.Int64
	ended atomic.Int64
}

func (e *stubEar) Listen(label string, say func(bool)) (func([]byte), func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.say[label] = say
	return func([]byte) { e.heard.Add(1) }, func() { e.ended.Add(1) }
}

func (e *stubEar) verdict(label string, fine bool) bool {
	e.mu.Lock()
	say := e.say[label]
	e.mu.Unlock()
	if say == nil {
		return false
	}
	say(fine)
	return true
}

func TestMaskedSoundIsHeldUntilSomebodyListensAndCutWhenTheVoiceIsNotMasked(t *testing.T) {
	ear := &stubEar{say: map[string]func(bool){}}
	r, seen := newRelay(t, Config{FindFaces: bright, Ear: ear})
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "h/witness", "h/witness")))
	s := subscribe(t, r, "judge", pair("judge", "h/witness"), nil)
	p := publish(t, r, "h/witness", publishOptions{masked: true})
	eventually(t, "the picture is seen", func() bool { return s.count(0) > 20 })
	eventually(t, "it is said that the sound is held", func() bool { return seen.has(Withheld, p.id) })
	if s.count(1) != 0 || ear.heard.Load() == 0 {
		t.Fatalf("%d packets of sound went on before anybody had listened (%d were given to listen to)", s.count(1), ear.heard.Load())
	}
	eventually(t, "the sound is heard", func() bool { return ear.verdict("h/witness", true) && s.count(1) > 20 })
	eventually(t, "it is said that it is not held any more", func() bool { ear.verdict("h/witness", true); return seen.has(Released, p.id) })
	eventually(t, "nobody listens: it is held again", func() bool { return seen.count(Withheld, p.id) == 2 })
	n := s.count(1)
	time.Sleep(100 * time.Millisecond)
	if s.count(1) != n {
		t.Error("sound goes on though nobody listens")
	}
	ear.verdict("h/witness", false)
	eventually(t, "it is cut", func() bool { return seen.has(VoiceFound, p.id) && seen.has(Unpublished, p.id) })
	if ear.ended.Load() != 1 {
		t.Error("the tripwire still listens")
	}
}

func TestAStationThatSignsWhatTheOrderDoesNotNameIsCut(t *testing.T) {
	for name, c := range map[string]struct {
		rendering string
		cut       bool
	}{"as ordered": {"puppet+neutral", false}, "another voice": {"puppet+natural", true}, "another strength": {"puppet+neutral+gentle", true}, "a part of it": {"neutral", true}} {
		t.Run(name, func(t *testing.T) {
			r, seen := newRelay(t, Config{FindFaces: bright, Signed: true})
			p := publish(t, r, "h/witness/puppet+neutral", publishOptions{masked: true})
			eventually(t, "it is up", func() bool { return seen.has(Published, p.id) })
			if ok := r.Attest(p.id, "h/witness/"+c.rendering, 1, nil); ok == c.cut {
				t.Fatalf("taken: %v", ok)
			}
			if c.cut {
				eventually(t, "it is cut", func() bool { return seen.has(ModeWrong, p.id) && seen.has(Unpublished, p.id) })
			} else if seen.has(ModeWrong, p.id) {
				t.Error("it is cut")
			}
			if !r.Attest("nobody's", "x", 1, nil) || !r.Attest(p.id, "puppet+natural", 1, nil) { // one that came before says nothing
				t.Error("a segment of what is not there is taken for a wrong one")
			}
		})
	}
}

func BenchmarkVouch(b *testing.B) {
	v := newVouch(Video)
	payload := make([]byte, 1187)
	now := time.Now()
	b.ReportAllocs()
	var seq uint16
	for b.Loop() {
		seq++
		v.pass(&packet{seq: seq, payload: payload, arrived: now})
	}
}
