package relay

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

// A way is what the relay knows of the network to one subscriber, from the transport-wide feedback that browsers give
// (draft-holmer-rmcat-transport-wide-cc-extensions-01): how much the network carries, by delay and by loss as in draft-ietf-rmcat-gcc-02, and when the
// subscriber was last heard of at all. What is done about it stands in pressure.go.
//
// It is not pion's gcc, which holds a list and a map of packets and three goroutines for each sender and looks for the highest rate that an encoder
// may have. The relay has one encoding and one question: does this network carry it, and if not, how much of it? So the delay's gradient and its
// adaptive threshold (section 5.3 and 5.4) make room for a standing queue: the least delay of a report, over the least of the last minute, above
// queueMost for queueFor. The least of a report is not moved by jitter; a queue that stands moves it. The rates are the draft's (sections 5.5 and 6): 0.85 of
// what arrived after overuse, less by half the loss where over 10 % are lost, else 8 % a second up.
const (
	wayPackets = 512 // sent packets remembered: reports come ten times a second, and this is a third of a second of ten pictures
	wayTick    = 16  // microseconds: the unit in which a moment is kept; 2^32 of them are 19 hours

	queueMost  = 150 * time.Millisecond
	queueFor   = 700 * time.Millisecond
	lossHigh   = 0.10
	lossFor    = 3 // running seconds of loss above lossHigh that count: one bad second is a handover, or an outage that is over
	baseEvery  = 30 * time.Second
	reportOver = time.Second // the least time over which loss and rate are counted
	reportMost = 64          // and packets

	estimateMost  = 100e6 // bit/s
	decreaseTo    = 0.85
	increaseBy    = 1.08 // a second
	decreaseEvery = time.Second
)

// way is one subscriber's. Its methods may be called from any goroutine; the lock is the last that is taken.
type way struct {
	heard   atomic.Int64 // when an RTCP packet last came (UnixNano); 0: never
	wrote   atomic.Int64 // when a packet last went
	counted atomic.Int64 // when one with a number went

	mu   sync.Mutex
	born time.Time
	next uint16
	sent []sentPacket // by number; nil until the first number is given

	origin  int64 // of the receiver's clock, in 64 ms: the first reference time
	began   bool
	base    [2]time.Duration // least delay of this half minute and of the last
	baseAt  time.Time
	queueAt time.Time // since when the queue stands; zero: it does not

	from     time.Time // of the second that is being counted
	got      int
	lost     int
	bytes    int
	badLoss  int     // running seconds
	rate     float64 // bit/s that arrived in the last second
	estimate float64
	raised   time.Time
	lowered  time.Time
	overuses int // since the way began
}

type sentPacket struct {
	at     uint32 // in wayTick since born
	number uint16
	size   uint16 // 0: already reported as come, or never used; with missed: reported as not come, and later reports may know better
}

const (
	missed   = 1 << 15
	sizeMost = missed - 1
)

func newWay(now time.Time) *way {
	w := &way{born: now, estimate: estimateMost, raised: now}
	var b [2]byte
	fillRandom(b[:])
	w.next = uint16(b[0])<<8 | uint16(b[1])
	return w
}

// number gives the next packet its transport-wide number. size is in bytes.
func (w *way) number(size int, now time.Time) uint16 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sent == nil {
		w.sent = make([]sentPacket, wayPackets)
	}
	n := w.next
	w.next++
	w.sent[n%wayPackets] = sentPacket{at: uint32(now.Sub(w.born).Microseconds() / wayTick), number: n, size: uint16(min(size, sizeMost))}
	return n
}

// feedback takes one report. What it says of packets that are not remembered, or were reported before, is left out, so that a report costs no more
// than the memory of packets is long, whatever it claims.
func (w *way) feedback(f *rtcp.TransportLayerCC, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sent == nil {
		return
	}
	if !w.began {
		w.began, w.origin, w.from, w.baseAt = true, int64(f.ReferenceTime), now, now
		w.base = [2]time.Duration{math.MaxInt64, math.MaxInt64}
	}
	// The reference time has 24 bits: the difference of two is taken with its sign.
	ref := int64(int32((int64(f.ReferenceTime)-w.origin)<<8) >> 8)
	at := time.Duration(ref) * 64 * time.Millisecond
	least := time.Duration(math.MaxInt64)
	number, left, deltas := f.BaseSequenceNumber, min(int(f.PacketStatusCount), wayPackets), f.RecvDeltas
	each(f.PacketChunks, func(symbol uint16) bool {
		if left--; left < 0 {
			return false
		}
		n := number
		number++
		if symbol == rtcp.TypeTCCPacketReceivedSmallDelta || symbol == rtcp.TypeTCCPacketReceivedLargeDelta {
			if len(deltas) == 0 {
				return false
			}
			at += time.Duration(deltas[0].Delta) * time.Microsecond
			deltas = deltas[1:]
		}
		p := &w.sent[n%wayPackets]
		if p.number != n || p.size == 0 {
			return true
		}
		if symbol == rtcp.TypeTCCPacketNotReceived {
			if p.size&missed == 0 {
				p.size |= missed
				w.lost++
			}
			return true
		}
		if p.size&missed != 0 {
			w.lost-- // it was late
		}
		w.got++
		w.bytes += int(p.size &^ missed)
		p.size = 0
		if symbol != rtcp.TypeTCCPacketReceivedWithoutDelta {
			least = min(least, at-time.Duration(p.at)*wayTick*time.Microsecond)
		}
		return true
	})
	if least < math.MaxInt64 {
		w.queue(least, now)
	}
	w.second(now)
}

// each calls f for each packet's symbol until it says false.
func each(chunks []rtcp.PacketStatusChunk, f func(symbol uint16) bool) {
	for _, c := range chunks {
		switch c := c.(type) {
		case *rtcp.RunLengthChunk:
			for range c.RunLength {
				if !f(c.PacketStatusSymbol) {
					return
				}
			}
		case *rtcp.StatusVectorChunk:
			for _, s := range c.SymbolList {
				if !f(s) {
					return
				}
			}
		}
	}
}

// queue takes note of the least delay of a report.
func (w *way) queue(least time.Duration, now time.Time) {
	if now.Sub(w.baseAt) > baseEvery {
		w.base = [2]time.Duration{math.MaxInt64, w.base[0]}
		w.baseAt = now
	}
	w.base[0] = min(w.base[0], least)
	switch standing := least-min(w.base[0], w.base[1]) > queueMost; {
	case !standing:
		w.queueAt = time.Time{}
	case w.queueAt.IsZero():
		w.queueAt = now
	case now.Sub(w.queueAt) >= queueFor && w.rate > 0:
		w.lower(decreaseTo*w.rate, now)
	}
}

// second counts rate and loss each second (and no fewer than a few packets).
func (w *way) second(now time.Time) {
	over := now.Sub(w.from)
	if over < reportOver || w.got+w.lost < reportMost && over < 4*reportOver {
		return
	}
	w.rate = float64(8*w.bytes) / over.Seconds()
	loss := float64(max(0, w.lost)) / float64(max(1, w.got+max(0, w.lost)))
	w.from, w.got, w.lost, w.bytes = now, 0, 0, 0
	if loss <= lossHigh {
		w.badLoss = 0
		return
	}
	if w.badLoss++; w.badLoss >= lossFor {
		// Section 6: the rate falls by half the loss.
		w.lower(min(w.estimate, w.rate/(1-loss))*(1-loss/2), now)
	}
}

func (w *way) lower(to float64, now time.Time) {
	if now.Sub(w.lowered) < decreaseEvery {
		return
	}
	w.estimate, w.lowered, w.raised = min(w.estimate, to), now, now
	w.overuses++
}

// carries is what the network carries, in bit/s, and how often it was found to carry less than was sent. It is asked a few times a second.
func (w *way) carries(now time.Time) (estimate float64, overuses int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.queueAt.IsZero() && w.badLoss == 0 {
		w.estimate = min(estimateMost, w.estimate*math.Pow(increaseBy, min(1, now.Sub(w.raised).Seconds())))
	}
	w.raised = now
	return w.estimate, w.overuses
}

// eased tells that less is sent from now on: what queued before is no sign of what comes.
func (w *way) eased() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queueAt, w.badLoss = time.Time{}, 0
}
