package recording

import (
	"time"

	"parda/media/relay"
)

// How long a lane waits for a packet that is missing, how many packets it holds meanwhile, and how far a block may be off its arrival.
const (
	holeWait  = 150 * time.Millisecond
	maxHeld   = 512
	maxDrift  = 250 * time.Millisecond
	maxFrame  = 2 << 20
	driftPart = 50 // a fiftieth of the drift is made up with each block
)

// lane puts the packets of one medium in order, makes pictures of them, and gives each its time.
type lane struct {
	media   relay.Media
	emit    func(key bool, at time.Time, data []byte)
	lost    func() // a picture was lost: a key frame is wanted
	epoch   uint64
	begun   bool
	next    uint16
	held    map[uint16]relay.Packet
	since   time.Time // when held stopped being empty
	needKey bool

	frame   []byte
	frameOK bool
	frameTS uint32
	frameAt time.Time
	isKey   bool

	clock clock
}

func newLane(m relay.Media, emit func(bool, time.Time, []byte), lost func()) *lane {
	return &lane{media: m, emit: emit, lost: lost, held: map[uint16]relay.Packet{}, needKey: true, clock: clock{rate: rateOf(m)}}
}

func rateOf(m relay.Media) time.Duration {
	if m == relay.Video {
		return 90000
	}
	return 48000
}

// push takes a packet, whose payload now belongs to the lane.
func (l *lane) push(p relay.Packet) {
	if !l.begun || p.Epoch != l.epoch {
		l.restart(p)
	}
	switch d := int16(p.Sequence - l.next); {
	case d < 0:
		return // late or twice
	case d == 0:
		l.deliver(p)
		l.next++
		l.drain()
		return
	}
	if len(l.held) == 0 {
		l.since = p.Arrived
	}
	l.held[p.Sequence] = p
	if len(l.held) >= maxHeld {
		l.leap()
	}
}

// restart begins a new epoch at p.
func (l *lane) restart(p relay.Packet) {
	clear(l.held)
	l.begun, l.epoch, l.next = true, p.Epoch, p.Sequence
	l.frameOK, l.needKey = false, true
	l.clock.anchored = false
}

// expire gives up on what has been missing for too long.
func (l *lane) expire(now time.Time) {
	if len(l.held) > 0 && now.Sub(l.since) > holeWait {
		l.leap()
	}
}

// leap goes on after a hole.
func (l *lane) leap() {
	nearest := uint16(0xffff)
	for seq := range l.held {
		nearest = min(nearest, seq-l.next)
	}
	l.next += nearest
	if l.media == relay.Video {
		l.frameOK, l.needKey = false, true
		l.lost()
	}
	l.drain()
	l.since = time.Now()
}

func (l *lane) drain() {
	for len(l.held) > 0 {
		p, ok := l.held[l.next]
		if !ok {
			return
		}
		delete(l.held, l.next)
		l.deliver(p)
		l.next++
	}
}

// deliver takes the packets in order.
func (l *lane) deliver(p relay.Packet) {
	if len(p.Payload) == 0 {
		return
	}
	if l.media == relay.Audio {
		l.emit(true, l.clock.at(p.Timestamp, p.Arrived), p.Payload)
		return
	}
	// The descriptor is one byte (the relay cut it): 0x10 starts a partition, the low bits number it.
	if p.Payload[0]&0x17 == 0x10 {
		l.frame, l.frameOK = l.frame[:0], true
		l.frameTS, l.frameAt, l.isKey = p.Timestamp, p.Arrived, p.Key
	}
	if !l.frameOK || p.Timestamp != l.frameTS || len(l.frame) > maxFrame {
		l.frameOK = false
		return
	}
	l.frame = append(l.frame, p.Payload[1:]...)
	if !p.Marker {
		return
	}
	l.frameOK = false
	if l.needKey && !l.isKey {
		l.lost()
		return
	}
	l.needKey = false
	l.emit(l.isKey, l.clock.at(l.frameTS, l.frameAt), append([]byte(nil), l.frame...))
}

// clock turns RTP time into the recorder's: steps are the sender's, the place is the arrival's, so that blocks are even and gaps are true.
type clock struct {
	rate     time.Duration // ticks a second
	anchored bool
	ts       uint32
	when     time.Time
	last     time.Time
}

// at returns the time of a block: never before or at the one before it, within maxDrift of its arrival unless that forbids it.
func (c *clock) at(ts uint32, arrived time.Time) time.Time {
	t := arrived
	if c.anchored {
		t = c.when.Add(time.Duration(int32(ts-c.ts)) * time.Second / c.rate)
		if off := arrived.Sub(t); off > maxDrift || off < -maxDrift {
			t = arrived
		} else {
			t = t.Add(off / driftPart)
		}
	}
	c.anchored, c.ts, c.when = true, ts, t
	if least := c.last.Add(time.Millisecond); t.Before(least) {
		t = least
	}
	c.last = t
	return t
}
