package relay

import (
	"bytes"
	"sync/atomic"
	"time"

	"golang.org/x/image/vp8"
)

// The tripwire's rhythm and limits.
const (
	lookEvery     = 1500 * time.Millisecond // a key frame is looked at this often
	lookWithin    = 6 * time.Second         // without a clean look for so long, the gate closes
	maxHits       = 2                       // so many running that show a face, and the publication is cut
	maxUndecoded  = 3                       // so many running that nobody can decode, and the publication is cut
	maxFrameBytes = 1 << 20
	maxFrameSide  = 1920
)

// watch looks at key frames of one masked picture. pass, due and stop are called with the ingest's lock held; run and its callees without.
//
// It fails closed. The gate is shut until a key frame was found clean. It shuts at once at a hit, and the next key frame is looked at at once: a second hit
// running cuts the publication, a clean look opens the gate again. So one false alarm costs a moment of the picture and no testimony, and a face is
// never shown while it is doubted. It shuts too when a key frame cannot be decoded, and when none was clean for lookWithin.
type watch struct {
	find func(luma []byte, w, h, stride int) int
	in   *ingest
	cut  func()
	jobs chan job    // of one: a picture that finds it full is not looked at, the next one is
	back chan []byte // the frame's storage, once it was looked at
	done chan struct{}

	clean   time.Time // when the last key frame came that was found clean; zero: the gate is shut
	taken   time.Time // when the last one came that was given to look at
	frame   []byte
	growing bool
	next    uint16
	stopped bool

	given  uint64        // frames given to look at
	judged atomic.Uint64 // and of them judged

	hits, blind int // running; of run only
}

// job is one key frame to look at, and when it came.
type job struct {
	frame []byte
	at    time.Time
}

func newWatch(find func([]byte, int, int, int) int, in *ingest, cut func()) *watch {
	w := &watch{find: find, in: in, cut: cut, jobs: make(chan job, 1), back: make(chan []byte, 1), done: make(chan struct{})}
	w.back <- nil
	return w
}

// pass takes note of a packet and tells whether it may go on.
func (w *watch) pass(p *packet) bool {
	w.collect(p)
	if w.clean.IsZero() {
		return false
	}
	if p.arrived.Sub(w.clean) > lookWithin {
		w.clean = time.Time{}
		return false
	}
	return true
}

// due tells whether a key frame should be asked for.
func (w *watch) due(now time.Time) bool {
	return w.clean.IsZero() || now.Sub(w.taken) >= lookEvery
}

// collect puts together the key frame that is next to be looked at.
func (w *watch) collect(p *packet) {
	switch {
	case p.key && (w.clean.IsZero() || p.arrived.Sub(w.taken) >= lookEvery):
		w.frame, w.growing = w.frame[:0], true
	case !w.growing:
		return
	case p.seq != w.next || len(p.payload) == 0 || len(w.frame) > maxFrameBytes:
		w.growing = false // a hole: the next key frame will do
		return
	}
	w.next = p.seq + 1
	if len(p.payload) > 0 {
		w.frame = append(w.frame, p.payload[1:]...)
	}
	if !p.marker {
		return
	}
	w.growing = false
	select {
	case spare := <-w.back:
		w.jobs <- job{w.frame, p.arrived} // there is room: the spare one is here, so no frame is being looked at
		w.frame, w.taken = spare, p.arrived
		w.given++
	default:
	}
}

func (w *watch) stop() {
	if !w.stopped {
		w.stopped = true
		close(w.done)
	}
}

// run looks at frames until stopped.
func (w *watch) run() {
	for {
		select {
		case <-w.done:
			return
		case j := <-w.jobs:
			faces, ok := w.look(j.frame)
			w.back <- j.frame
			going := w.judge(j.at, faces, ok)
			if !going {
				w.cut()
			}
			w.judged.Add(1)
			if !going {
				return
			}
		}
	}
}

// judge takes note of a look at a key frame that came at the given time; false means that the publication must be cut.
func (w *watch) judge(at time.Time, faces int, ok bool) bool {
	switch {
	case !ok:
		w.blind++
	case faces > 0:
		w.hits, w.blind = w.hits+1, 0
	default:
		w.hits, w.blind = 0, 0
	}
	if w.hits >= maxHits || w.blind >= maxUndecoded {
		return false
	}
	clean := ok && faces == 0
	w.in.mu.Lock()
	turned := w.clean.IsZero() == clean // the gate opens or shuts
	w.clean = time.Time{}
	if clean {
		w.clean = at
	}
	w.in.mu.Unlock()
	if turned || !clean {
		w.in.askKeyFrame(time.Now()) // for who waits behind an open gate, or to look again
	}
	return true
}

// look decodes a VP8 key frame and counts faces; ok is false when it cannot be decoded, or the finder failed.
func (w *watch) look(frame []byte) (faces int, ok bool) {
	defer func() {
		if recover() != nil {
			faces, ok = 0, false // a decoder or finder that panics has seen nothing
		}
	}()
	d := vp8.NewDecoder()
	d.Init(bytes.NewReader(frame), len(frame))
	h, err := d.DecodeFrameHeader()
	if err != nil || !h.KeyFrame || h.Width < 16 || h.Height < 16 || h.Width > maxFrameSide || h.Height > maxFrameSide {
		return 0, false
	}
	img, err := d.DecodeFrame()
	if err != nil {
		return 0, false
	}
	return w.find(img.Y, h.Width, h.Height, img.YStride), true
}
