package relay

import (
	"bytes"
	"time"

	"golang.org/x/image/vp8"
)

// The tripwire's rhythm and limits.
const (
	lookEvery     = 1500 * time.Millisecond // a key frame is looked at this often
	lookWithin    = 6 * time.Second         // without a clean look for so long, the gate closes
	maxUndecoded  = 3                       // so many running that nobody can decode, and the publication is cut
	maxFrameBytes = 1 << 20
	maxFrameSide  = 1920
)

// watch looks at key frames of one masked picture. pass, due and stop are called with the ingest's lock held; run and its callees without.
// It fails closed: the gate is shut until a key frame was found clean, and shuts again when none was for lookWithin.
type watch struct {
	find func(luma []byte, w, h, stride int) int
	in   *ingest
	cut  func()
	jobs chan []byte // of one: a picture that finds it full is not looked at, the next one is
	back chan []byte
	done chan struct{}

	clean   time.Time // last clean look; zero: the gate is shut
	taken   time.Time // last frame given to look at
	frame   []byte
	growing bool
	next    uint16
	stopped bool

	blind int // running undecodable key frames; of run only
}

func newWatch(find func([]byte, int, int, int) int, in *ingest, cut func()) *watch {
	w := &watch{find: find, in: in, cut: cut, jobs: make(chan []byte, 1), back: make(chan []byte, 1), done: make(chan struct{})}
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
		w.jobs <- w.frame // there is room: the spare one is here, so no frame is being looked at
		w.frame, w.taken = spare, p.arrived
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
		case frame := <-w.jobs:
			began := time.Now()
			faces, ok := w.look(frame)
			w.back <- frame
			if !w.judge(began, faces, ok) {
				w.cut()
				return
			}
		}
	}
}

// judge takes note of a look; false means that the publication must be cut.
func (w *watch) judge(at time.Time, faces int, ok bool) bool {
	if !ok {
		w.blind++
		return w.blind < maxUndecoded
	}
	w.blind = 0
	if faces > 0 {
		return false
	}
	w.in.mu.Lock()
	opened := w.clean.IsZero()
	w.clean = at
	w.in.mu.Unlock()
	if opened {
		w.in.askKeyFrame(time.Now())
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
