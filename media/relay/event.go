package relay

import (
	"sync"
	"time"
)

// Kind says what an Event tells.
type Kind string

// The events of the relay.
const (
	// Published: a publication's connection is up and its tracks may be forwarded.
	Published Kind = "published"
	// Unpublished: it is gone (closed, replaced by a newer one of the same label, lost, or cut).
	Unpublished Kind = "unpublished"
	// Subscribed: a subscription's connection is up.
	Subscribed Kind = "subscribed"
	// Unsubscribed: it is gone, whether or not it was ever up.
	Unsubscribed Kind = "unsubscribed"
	// FaceFound: the tripwire saw a face, or several key frames running that nobody could decode, in a masked publication. The publication is already cut;
	// Unpublished follows.
	FaceFound Kind = "face_found"
	// VoiceFound: the audio tripwire heard in a masked publication what the mask cannot have made. It is cut, and Unpublished follows.
	VoiceFound Kind = "voice_found"
	// ModeWrong: a station signed another rendering than the publication's, or other packets than came. It is cut, and Unpublished follows.
	ModeWrong Kind = "mode_wrong"
	// Withheld: nothing of a masked publication's track is forwarded, for the reason in Why; Released: that reason is gone.
	Withheld Kind = "withheld"
	Released Kind = "released"
	// Stalled: a publication sent no packet for StallAfter.
	Stalled Kind = "stalled"
	// Resumed: packets of a stalled publication come again.
	Resumed Kind = "resumed"
	// PictureHeld: a subscriber's network does not carry the picture of Slot; its sound flows on.
	PictureHeld Kind = "picture_held"
	// PictureBack: that picture comes again, from the next key frame on.
	PictureBack Kind = "picture_back"
	// Deaf: packets go to a subscription and nothing comes back; it was last heard of at Since.
	Deaf Kind = "deaf"
	// Hears: it is heard of again.
	Hears Kind = "hears"
)

// Event is one thing that happened in the relay. Label is set for publications, Viewer for subscriptions, ID for both: it is what
// Publish or Subscribe returned.
type Event struct {
	Kind   Kind
	Label  string
	Viewer string
	ID     string
	Slot   string    // of PictureHeld and PictureBack
	Since  time.Time // of Deaf
	Why    string    // of Withheld and Released
}

// herald calls OnEvent from one goroutine of its own, in order, with no lock of the relay held, so that the callee may call back into
// the relay (but for Close, which waits for the herald to end).
type herald struct {
	call func(Event)
	mu   sync.Mutex
	wake *sync.Cond
	line []Event
	shut bool
	done chan struct{}
}

func newHerald(call func(Event)) *herald {
	h := &herald{call: call, done: make(chan struct{})}
	h.wake = sync.NewCond(&h.mu)
	go h.run()
	return h
}

// say appends an event and never blocks; it may be called with locks held.
func (h *herald) say(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.call != nil && !h.shut {
		h.line = append(h.line, e)
		h.wake.Signal()
	}
}

func (h *herald) run() {
	defer close(h.done)
	for {
		h.mu.Lock()
		for len(h.line) == 0 && !h.shut {
			h.wake.Wait()
		}
		line := h.line
		h.line = nil
		h.mu.Unlock()
		if len(line) == 0 {
			return
		}
		for _, e := range line {
			h.call(e)
		}
	}
}

// close says what is still in line and ends.
func (h *herald) close() {
	h.mu.Lock()
	h.shut = true
	h.wake.Signal()
	h.mu.Unlock()
	<-h.done
}
