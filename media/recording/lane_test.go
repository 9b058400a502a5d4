package recording

import (
	"slices"
	"testing"
	"time"

	"parda/media/relay"
)

func TestPacketsAreTakenInOrderAndAHoleIsWaitedForAndThenLeft(t *testing.T) {
	at := time.Now()
	var got []byte
	l := newLane(relay.Audio, func(_ bool, _ time.Time, b []byte) { got = append(got, b...) }, func() {})
	push := func(seq uint16) {
		l.push(relay.Packet{Epoch: 1, Sequence: seq, Timestamp: uint32(seq) * 960, Payload: []byte{byte(seq)}, Arrived: at})
	}
	for _, seq := range []uint16{65534, 0, 65535, 65535, 2, 65533} {
		push(seq)
	}
	if want := []byte{0xfe, 0xff, 0}; !slices.Equal(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
	l.expire(at.Add(holeWait / 2))
	if len(got) != 3 {
		t.Fatal("the hole was not waited for")
	}
	l.expire(at.Add(2 * holeWait))
	push(1) // too late
	if want := []byte{0xfe, 0xff, 0, 2}; !slices.Equal(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
}

func TestALostPacketCostsPicturesUpToTheNextKeyFrameWhichIsAskedFor(t *testing.T) {
	at := time.Now()
	f := newFeeder()
	var keys []bool
	asked := 0
	l := newLane(relay.Video, func(key bool, _ time.Time, _ []byte) { keys = append(keys, key) }, func() { asked++ })
	for i := range 50 {
		video, _ := f.next(at)
		for j, p := range video {
			if i == 5 && j == 0 {
				continue
			}
			l.push(p)
		}
		at = at.Add(40 * time.Millisecond)
		l.expire(at)
	}
	if n := len(keys); n != 5+25 || !keys[0] || !keys[5] || asked == 0 {
		t.Errorf("%d pictures, asked %d times", n, asked)
	}
}

func TestBlocksAreEvenUnderJitterAndFollowTheArrivalInTheLongRun(t *testing.T) {
	c := clock{rate: 48000}
	start := time.Now()
	var last time.Time
	for i := range 3000 {
		jitter := time.Duration(i*7919%17) * time.Millisecond
		drift := time.Duration(i) * 4 * time.Microsecond // the sender's clock is 0.02 % slow
		got := c.at(uint32(i*960), start.Add(time.Duration(i)*20*time.Millisecond+jitter+drift))
		if step := got.Sub(last); i > 0 && (step < 19*time.Millisecond || step > 21*time.Millisecond) {
			t.Fatalf("block %d comes %v after the one before", i, step)
		}
		last = got
	}
	if off := last.Sub(start.Add(2999*20*time.Millisecond + 12*time.Millisecond)); off < -20*time.Millisecond || off > 20*time.Millisecond {
		t.Errorf("after a minute the time is off by %v", off)
	}
	if got := c.at(uint32(3000*960), last.Add(5*time.Second)); got.Sub(last) != 5*time.Second {
		t.Error("a gap is not a gap")
	}
}
