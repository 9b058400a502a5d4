package evidence

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"parda/gateway/visibility"
	"parda/media/recording"
	"parda/media/relay"
)

const needle = "SALT-OF-THE-HALL-7f3a91c2"

func TestNothingIsOnDiskBeforeAFlag(t *testing.T) {
	c := newCourt(t, openLocker(t))
	c.cameras = []*camera{newCamera(t, "court/hall", needle)}
	c.carry(Carried{"clerk": {"court/hall": both}})
	c.run(70 * time.Second)
	if n := c.inRing("court/hall", []byte(needle)); n < 60*50 {
		t.Fatalf("the ring holds %d of the packets of a minute: nothing would be proved", n)
	}
	root := filepath.Dir(c.dir)
	if files, size := onDisk(t, root, []byte(needle)); len(files) > 0 || size > 200 {
		t.Errorf("before any flag %d bytes are on disk, and the needle in %v", size, files)
	}
	c.flag("f1", "clerk", 0)
	c.run(After + 3*time.Second)
	frozen, failed := c.outcomes()
	if len(frozen) != 1 || len(failed) != 0 {
		t.Fatalf("%+v %+v", frozen, failed)
	}
	if !bytes.Contains(c.clear(frozen[0]), []byte(needle)) {
		t.Error("the clip does not hold what the hall carried: the search above proves nothing")
	}
	if files, _ := onDisk(t, root, []byte(needle)); len(files) > 0 {
		t.Errorf("a clip lies in clear in %v", files)
	}
}

func TestWhatNoFlagFrozeIsForgotten(t *testing.T) {
	c := newCourt(t, openLocker(t))
	cam := newCamera(t, "court/hall", needle)
	c.cameras = []*camera{cam}
	c.carry(Carried{"clerk": {"court/hall": both}})
	c.run(2 * time.Second)
	first := c.k.lines["court/hall"].ring.segments[0]
	aead, block := first.aead, first.block
	cam.needle = append([]byte{0xF8}, "something else"...)
	c.run(Before)
	if n := c.inRing("court/hall", []byte(needle)); n != 100 {
		t.Fatalf("after a minute %d of 100 packets are there", n)
	}
	c.run(Forget - Before + time.Second)
	if n := c.inRing("court/hall", []byte(needle)); n != 0 {
		t.Errorf("%d packets can be read after %v", n, Forget)
	}
	if first.key != [32]byte{} || !errors.Is(first.read(func(relay.Media, relay.Packet) {}), errForgotten) {
		t.Error("a forgotten segment has its key")
	}
	fresh := newSegment()
	sealed := fresh.aead.Seal(nil, make([]byte, 12), []byte("x"), nil)
	for name, v := range map[string]any{"the cipher": block, "its mode": aead} {
		if !isZero(v) {
			t.Errorf("%s of a forgotten segment keeps its key schedule", name)
		}
	}
	if isZero(fresh.block) || isZero(fresh.aead) || len(sealed) != 17 {
		t.Error("a fresh cipher looks wiped: the check above proves nothing")
	}
	c.carry(Carried{})
	c.run(Forget + After + time.Second)
	if len(c.k.lines) != 0 {
		t.Error("a ring that nothing may flow into stays for ever")
	}
}

func TestOnlyTheCourtsViewsAndMaskedRenderingsAreEverKept(t *testing.T) {
	for name, want := range map[string]bool{
		"court/hall": true, "court/dock": true, "court/bench": true, "court/counsel": true, "court/toilet": false, "court/": false,
		"witness/puppet+neutral": true, "witness/puppet+neutral+strong": true, "witness/card+silence": true, "witness/blob+synthetic+gentle": true,
		"witness/natural+natural": false, "witness/natural+neutral": false, "witness/puppet+natural": false, "witness/puppet+neutral+none": false,
		"witness/puppet": false, "witness/": false, "witness/clear": false, "witness/puppet+neutral+strong+x": false,
		"seat/defence": false, "seat/lawyer": false, "nobody/hall": false, "": false,
	} {
		p, _ := visibility.PublicationOf(name, visibility.Video)
		if got := Ringed(p); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestAKeyFrameIsAskedForWhenNoneCameForTenSeconds(t *testing.T) {
	c := newCourt(t, openLocker(t))
	cam := newCamera(t, "court/hall", needle)
	c.cameras = []*camera{cam}
	c.carry(Carried{"clerk": {"court/hall": both}})
	c.run(30 * time.Second)
	if n := c.relay.keys["court/hall"]; n > 2 {
		t.Errorf("asked %d times of a camera that gives one each second", n)
	}
	cam.clip = cam.clip[1:2] // no key frame any more
	before := c.relay.keys["court/hall"]
	c.run(30 * time.Second)
	if n := c.relay.keys["court/hall"] - before; n < 10 || n > 25 {
		t.Errorf("asked %d times in 30 s of a camera that gives none", n)
	}
}

func TestATrackThatFloodsItsRingIsForgottenEarlierAndCounted(t *testing.T) {
	r := newRing("court/hall")
	in := &inlet{ring: r, media: relay.Video}
	var pool pool
	now := time.Now()
	payload := make([]byte, 1200)
	lost := 0
	for i := range 60_000 { // 72 MB in 60 s
		in.Packet(relay.Packet{Sequence: uint16(i), Payload: payload, Arrived: now})
		now = now.Add(time.Millisecond)
		if i%250 == 249 {
			n, _ := r.turn(now, &pool, func(relay.Media, relay.Packet) {})
			lost += n
		}
	}
	if r.bytes > ringBytes+blockBytes || lost != 0 {
		t.Errorf("%d bytes are kept, %d packets lost", r.bytes, lost)
	}
	for range 1000 {
		in.Packet(relay.Packet{Payload: payload, Arrived: now})
	}
	if n, _ := r.turn(now, &pool, func(relay.Media, relay.Packet) {}); n < 500 {
		t.Errorf("only %d packets of 1.2 MB in one turn were lost: the buffer grew", n)
	}
}

func TestThePacketLoopAllocatesNothing(t *testing.T) {
	r := newRing("court/hall")
	in := &inlet{ring: r, media: relay.Video}
	p := relay.Packet{Payload: make([]byte, 1100), Arrived: time.Now()}
	if n := testing.AllocsPerRun(2000, func() {
		in.Packet(p)
		if len(r.plain) > batchBytes-4000 {
			r.plain = r.plain[:0]
		}
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
	var pool pool
	now := time.Now()
	turn := func() {
		for range 40 { // 1.4 Mbit/s
			in.Packet(relay.Packet{Payload: p.Payload, Arrived: now})
		}
		now = now.Add(turnEvery)
		r.turn(now, &pool, func(relay.Media, relay.Packet) {})
	}
	for range 4 * 100 {
		turn()
	}
	if n := testing.AllocsPerRun(4*60, turn); n > 4 { // a new segment each five seconds, and nothing for each packet
		t.Errorf("%v allocations in a turn of 40 packets", n)
	}
}

// The two benchmarks are to be compared: what the ring adds to the packet loop, beside what the recorder's tap does there.
func BenchmarkRingTap(b *testing.B) {
	r := newRing("court/hall")
	in := &inlet{ring: r, media: relay.Video}
	p := relay.Packet{Payload: make([]byte, 1100), Arrived: time.Now()}
	b.ReportAllocs()
	for b.Loop() {
		in.Packet(p)
		if len(r.plain) > batchBytes-4000 {
			r.plain = r.plain[:0]
		}
	}
}

// BenchmarkRingWhole is what a packet costs in all: the copy, the sealing, the forgetting.
func BenchmarkRingWhole(b *testing.B) {
	r := newRing("court/hall")
	in := &inlet{ring: r, media: relay.Video}
	p := relay.Packet{Payload: make([]byte, 1100), Arrived: time.Now()}
	var pool pool
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Arrived = p.Arrived.Add(6 * time.Millisecond)
		in.Packet(p)
		if i%40 == 39 {
			r.turn(p.Arrived, &pool, func(relay.Media, relay.Packet) {})
		}
	}
}

func BenchmarkRecorderTap(b *testing.B) {
	src := newFakeRelay()
	rec, err := recording.New(recording.Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	if err := rec.Start(src, "court/hall"); err != nil {
		b.Fatal(err)
	}
	tap := src.taps["court/hall"][relay.Video]
	p := relay.Packet{Payload: make([]byte, 1100), Arrived: time.Now()}
	p.Payload[0] = 0x10
	b.ReportAllocs()
	for b.Loop() {
		p.Sequence++
		tap.Packet(p)
	}
	b.StopTimer()
	_ = rec.Stop()
}
