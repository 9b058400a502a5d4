package evidence

import (
	"sync"
	"time"

	"parda/media/relay"
)

// The ring's times. Forget is the oldest that anything in it can be: what a flag asks for, the way back to a key frame, and a segment that must be whole to be dropped.
const (
	Before = 60 * time.Second // what a flag asks for before its press
	After  = 60 * time.Second // and after it

	keyEvery      = 10 * time.Second // a key frame is asked for when there was none for so long
	segmentLength = 5 * time.Second
	margin        = keyEvery + segmentLength
	Forget        = Before + margin + segmentLength // 80 s

	turnEvery = 250 * time.Millisecond
)

// batchBytes is what a track may bring between two turns: 512 KiB in a quarter of a second, 16 Mbit/s. What is more is lost, and counted. ringBytes bounds a ring: what is
// over it is forgotten earlier, the oldest first (32 MiB hold 60 s of 4 Mbit/s).
const (
	batchBytes = 512 << 10
	ringBytes  = 32 << 20
)

// ring keeps what one label carried. Packet loops write under mu; all else belongs to the keeper's goroutine.
type ring struct {
	label string

	mu      sync.Mutex
	plain   []byte
	lost    int
	flowing bool // picture

	spare    []byte
	segments []*segment
	bytes    int
	lastKey  time.Time
	asked    time.Time
	cancels  []func()
}

func newRing(label string) *ring {
	return &ring{label: label, plain: make([]byte, 0, batchBytes), spare: make([]byte, 0, batchBytes)}
}

// inlet is one medium's tap. The relay calls it in the packet loop, with a lock held: it copies and goes.
type inlet struct {
	ring  *ring
	media relay.Media
	epoch uint64 // distinguishes this tap's epochs from those of a tap that was there before
}

// Packet implements relay.Tap.
func (i *inlet) Packet(p relay.Packet) {
	p.Epoch += i.epoch
	r := i.ring
	r.mu.Lock()
	if len(r.plain)+packetHead+len(p.Payload) > cap(r.plain) {
		r.lost++
	} else {
		r.plain = appendPacket(r.plain, i.media, &p)
	}
	r.mu.Unlock()
}

// Flow implements relay.Tap.
func (i *inlet) Flow(on bool) {
	if i.media == relay.Video {
		i.ring.mu.Lock()
		i.ring.flowing = on
		i.ring.mu.Unlock()
	}
}

// turn seals what came since the last turn, lets see have it first, and forgets what is old. It returns how many packets were lost, and whether a key frame is wanted.
func (r *ring) turn(now time.Time, pool *pool, see func(m relay.Media, p relay.Packet)) (lost int, wantKey bool) {
	r.mu.Lock()
	batch := r.plain
	r.plain, r.spare = r.spare[:0], nil
	lost, r.lost = r.lost, 0
	flowing := r.flowing
	r.mu.Unlock()
	r.seal(batch, pool, see)
	clear(batch)
	r.spare = batch[:0]
	r.forget(now.Add(-Forget), pool)
	if wantKey = flowing && now.Sub(r.lastKey) > keyEvery && now.Sub(r.asked) > time.Second; wantKey {
		r.asked = now
	}
	return lost, wantKey
}

// seal puts a batch into segments, as records that end with a packet.
func (r *ring) seal(batch []byte, pool *pool, see func(m relay.Media, p relay.Packet)) {
	for len(batch) > 0 {
		s := r.current(batch)
		n := 0
		for rest := batch; len(rest) > 0; {
			m, p, after, err := takePacket(rest)
			if err != nil {
				return // a batch of this ring's own making cannot be torn
			}
			size := len(rest) - len(after)
			if n > 0 && (n+size > recordBytes || p.Arrived.Sub(s.from) >= segmentLength) {
				break
			}
			n += size
			r.note(s, m, p)
			see(m, p)
			rest = after
		}
		had := s.bytes
		s.add(batch[:n], pool)
		r.bytes += s.bytes - had
		batch = batch[n:]
	}
}

// current is the segment that the next packet goes into.
func (r *ring) current(batch []byte) *segment {
	_, p, _, err := takePacket(batch)
	if n := len(r.segments); n > 0 && err == nil && p.Arrived.Sub(r.segments[n-1].from) < segmentLength {
		return r.segments[n-1]
	}
	s := newSegment()
	s.from, s.to = p.Arrived, p.Arrived
	r.segments = append(r.segments, s)
	return s
}

func (r *ring) note(s *segment, m relay.Media, p relay.Packet) {
	if p.Arrived.After(s.to) {
		s.to = p.Arrived
	}
	if m == relay.Video && p.Key {
		s.keys = append(s.keys, p.Arrived)
		r.lastKey = p.Arrived
	}
}

// forget drops every segment that ended before a time, and the oldest ones of a ring that is too large.
func (r *ring) forget(before time.Time, pool *pool) {
	n := 0
	for n < len(r.segments) && (r.segments[n].to.Before(before) || r.segments[n].from.Before(before) || r.bytes > ringBytes) {
		r.bytes -= r.segments[n].bytes
		r.segments[n].forget(pool)
		n++
	}
	if n > 0 {
		kept := copy(r.segments, r.segments[n:])
		clear(r.segments[kept:])
		r.segments = r.segments[:kept]
	}
}

// oldest is since when there is something; now where there is nothing.
func (r *ring) oldest(now time.Time) time.Time {
	if len(r.segments) == 0 {
		return now
	}
	return r.segments[0].from
}

// keyBefore is when the last key frame at or before a time came; where there is none, the time itself.
func (r *ring) keyBefore(t time.Time) time.Time {
	best := time.Time{}
	for _, s := range r.segments {
		for _, k := range s.keys {
			if !k.After(t) && k.After(best) {
				best = k
			}
		}
	}
	if best.IsZero() {
		return t
	}
	return best
}

// read gives every packet that arrived at or after a time.
func (r *ring) read(from time.Time, f func(m relay.Media, p relay.Packet)) error {
	for _, s := range r.segments {
		if s.to.Before(from) {
			continue
		}
		err := s.read(func(m relay.Media, p relay.Packet) {
			if !p.Arrived.Before(from) {
				f(m, p)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// end takes the taps off and forgets everything.
func (r *ring) end(pool *pool) {
	for _, cancel := range r.cancels {
		cancel()
	}
	r.mu.Lock()
	clear(r.plain[:cap(r.plain)])
	r.plain = r.plain[:0]
	r.mu.Unlock()
	for _, s := range r.segments {
		s.forget(pool)
	}
	r.segments, r.bytes = nil, 0
}
