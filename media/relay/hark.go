package relay

import (
	"sync"
	"sync/atomic"
	"time"
)

// Ear is the audio tripwire as the relay sees it.
type Ear interface {
	// Listen begins to listen to the sound of a masked publication. say is called, from another goroutine and with no lock of the relay's held, with true
	// after each piece of sound that the mask may have made, and with false for what it cannot have made. Neither Listen nor the returned functions wait.
	Listen(label string, say func(fine bool)) (packet func(opus []byte), end func())
}

// heardWithin is how long a verdict on a masked sound stands for what comes meanwhile. The tripwire says one each 200 ms of sound.
const heardWithin = 1500 * time.Millisecond

// hark gives the sound of one masked publication to the tripwire. It fails closed: nothing goes on before the first verdict, and nothing when the
// last one is older than heardWithin, as when the tripwire's program has died.
type hark struct {
	packet func([]byte)
	end    func()
	fine   atomic.Int64 // when the tripwire last said so, in Unix nanoseconds; 0: never
}

func newHark(ear Ear, label string, cut func()) *hark {
	h := &hark{}
	packet, end := ear.Listen(label, func(fine bool) {
		if fine {
			h.fine.Store(time.Now().UnixNano())
			return
		}
		h.fine.Store(0)
		cut()
	})
	h.packet, h.end = packet, sync.OnceFunc(end)
	return h
}

// pass gives a packet to the tripwire and tells whether it may go on. It is called with the ingest's lock held.
func (h *hark) pass(p *packet) bool {
	h.packet(p.payload)
	return h.fresh(p.arrived)
}

func (h *hark) fresh(now time.Time) bool {
	fine := h.fine.Load()
	return fine != 0 && now.Sub(time.Unix(0, fine)) <= heardWithin
}
