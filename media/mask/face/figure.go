// Package face turns the picture of the shielded room into one that may leave it: a drawn figure that moves as the witness moves
// (puppet), the same without expression (blob), or a placard with the pseudonym (card).
//
// It redraws and never patches. No sample of the camera reaches the drawn picture: the camera is read for a handful of head movements and for eyes that
// shut, each without its slow part and brought near a common spread, which are quantised into a pose of PoseBits bits a frame; the figure, one and the same for
// everybody, is drawn from that pose and the session's own scene alone. A reading that fails costs expression, never safety. Measured on known people,
// blur, mosaic and boxes identify; that is why they do not exist here (MEASURED.md has the numbers).
//
// What does not live here: capture, encoding, I/O, files, clocks, goroutines. The caller reads the camera, calls Observe for each picture and Draw
// 25 times a second, and sends the card when Observe reports a fault, when the camera is late, or when anything is in doubt.
//
// What remains of the person: the manner in which a head moves, and what is said. A drawn figure is no evidence of expression.
package face

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"parda/media/mask"
)

// Mode is how the witness is shown.
type Mode string

const (
	Puppet Mode = "puppet" // the drawn figure
	Blob   Mode = "blob"   // the figure without expression: only the masked voice, the raised hand and the empty seat move it
	Card   Mode = "card"   // the placard; the camera is not read at all
)

// Modes are all modes, from the one that shows most to the one that shows least.
func Modes() []Mode { return []Mode{Puppet, Blob, Card} }

// State is what is drawn now, in a word, for screen readers and for the protocol of the hearing. It is no evidence of expression.
type State string

const (
	Still      State = "still"       // one face is read and nothing is said
	Answering  State = "answering"   // the masked voice is heard, or was within the last 0.6 s
	HandRaised State = "hand_raised" // Hand said so
	LeftSeat   State = "left_seat"   // no face for five seconds, after there was one
	Neutral    State = "neutral"     // no face, or more than one, or no camera: the figure sits still
	Placard    State = "card"        // the card
)

// Notice is what the operator and the judge are told about the reading of a camera picture. It is never a picture.
type Notice string

const (
	OK       Notice = "ok"        // one face is read (or the mode reads none)
	NoFace   Notice = "no_face"   // no face for NoFaceAfter; the figure is neutral and the voice goes on
	TwoFaces Notice = "two_faces" // more than one face; the figure is neutral and the voice goes on
	Fault    Notice = "fault"     // the picture cannot be read: send the card
)

// ErrMode is returned for a mode that does not exist.
var ErrMode = errors.New("face: unknown mode")

// Config of a Figure. Width and Height in pixels, each MinSide to MaxSide. Session draws the figure's small per-session variation; it comes from
// crypto/rand in every live testimony. A Figure of mode Puppet can also draw Blob (Again).
type Config struct {
	Mode          Mode
	Width, Height int
	Pseudonym     string
	Session       [32]byte
}

// Figure reads one person and draws one figure. Observe and Draw may run in different goroutines; each of them in one at a time.
type Figure struct {
	mode Mode
	card Masked
	bust *bust
	ring [5]*plate
	next int
	read *reader // Observe's own

	mu     sync.Mutex
	follow follower
	pose   uint64 // of the last Draw
	failed bool   // the last Draw gave the card
}

// New makes a Figure. It draws everything that stands still and the card, so that neither needs anything later. It fails on an unknown mode
// (ErrMode) or a size out of range (ErrSize).
func New(c Config) (*Figure, error) {
	if !slices.Contains(Modes(), c.Mode) {
		return nil, fmt.Errorf("%w: %q", ErrMode, c.Mode)
	}
	card, err := NewCard(c.Width, c.Height, c.Pseudonym)
	if err != nil {
		return nil, err
	}
	f := &Figure{mode: c.Mode, card: card}
	if c.Mode == Card {
		return f, nil
	}
	if f.read, err = newReader(); err != nil {
		return nil, err
	}
	s := newScene(c.Session)
	f.bust = newBust(c.Width, c.Height, s)
	for i := range f.ring {
		f.ring[i] = newPlate(c.Width, c.Height)
	}
	f.follow = newFollower(s)
	return f, nil
}

// Knows lets a sitter see what this figure reads. It is called before the first Observe; a figure of mode Card reads nobody.
func (f *Figure) Knows(s *Sitter) {
	if f.read != nil {
		f.read.sitter = s
	}
}

// Card is the placard of this figure's size and pseudonym: the picture of every fault. It is valid for ever.
func (f *Figure) Card() Masked { return f.card }

// Observe reads one picture of the camera and says what it found. It keeps a shrunk copy until the next one, to see what moved, and wipes it when the
// face is at fault. A picture whose size, strides or
// planes do not agree, and a panic of the reading, are a Fault; the figure then turns neutral and the caller sends the card.
func (f *Figure) Observe(raw *mask.RawPicture) (n Notice) {
	if f.mode == Card {
		return OK
	}
	defer func() {
		if recover() != nil {
			n = Fault
		}
		if n == Fault {
			f.read.reset()
			f.mu.Lock()
			f.follow.lose()
			f.mu.Unlock()
		}
	}()
	if !sound(raw) {
		return Fault
	}
	r := f.read.look(raw)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.follow.observe(r)
}

// sound says whether a raw picture's planes hold what its size promises.
func sound(raw *mask.RawPicture) bool {
	if raw == nil || raw.Width < 16 || raw.Height < 16 || raw.Width > 4096 || raw.Height > 4096 {
		return false
	}
	cw, ch := (raw.Width+1)/2, (raw.Height+1)/2
	return holds(raw.Y, raw.Width, raw.Height, raw.StrideY) && holds(raw.Cb, cw, ch, raw.StrideC) && holds(raw.Cr, cw, ch, raw.StrideC)
}

// holds says whether a plane of w by h samples lies within b at that stride. A stride over 1<<16 is no picture's.
func holds(b []byte, w, h, stride int) bool {
	return stride >= w && stride <= 1<<16 && len(b) >= stride*(h-1)+w
}

// Draw makes the next picture on the figure's own clock of mask.FrameRate. mouth is the level of the masked voice, 0 to 1 (what is out of range or
// no number is shut): nothing of the camera moves the mouth. The picture is valid until four more of Draw and Again. It allocates nothing.
// A panic while drawing gives the card.
func (f *Figure) Draw(mouth float32) (m Masked) {
	if f.mode == Card {
		return f.card
	}
	defer func() {
		if recover() != nil {
			m = f.failure()
		}
	}()
	f.mu.Lock()
	f.pose, f.failed = f.follow.step(mouth).pack(), false
	f.mu.Unlock()
	return f.Again(f.mode)
}

// Again draws the pose of the last Draw once more, as another mode would show it, without reading or stepping anything: one reader serves two
// audiences. A mode that shows more than the Figure's own is drawn as the Figure's own; an unknown one is the card.
// It belongs to Draw's goroutine.
func (f *Figure) Again(as Mode) (m Masked) {
	if f.mode == Card || as != Puppet && as != Blob {
		return f.card
	}
	defer func() {
		if recover() != nil {
			m = f.failure()
		}
	}()
	f.mu.Lock()
	bits := f.pose
	f.mu.Unlock()
	p := f.ring[f.next]
	f.next = (f.next + 1) % len(f.ring)
	f.bust.draw(p, unpack(bits), as == Blob || f.mode == Blob)
	return Masked{p}
}

func (f *Figure) failure() Masked {
	f.mu.Lock()
	f.failed = true
	f.mu.Unlock()
	return f.card
}

// Hand raises the figure's hand, or lowers it: the witness asks for the floor by a key or a word, and no reading of the camera does it for her, because what
// a camera takes for a raised hand may be none. Safe at any time from any goroutine.
func (f *Figure) Hand(up bool) {
	f.mu.Lock()
	f.follow.raised = up
	f.mu.Unlock()
}

// State says in a word what the last Draw shows. Safe at any time from any goroutine.
func (f *Figure) State() State {
	if f.mode == Card {
		return Placard
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed {
		return Placard
	}
	return f.follow.state()
}

// Latency is by how much the figure trails the head: a movement in the nth Observe is best matched by Draw n + Latency/40 ms. It is the delay of
// the smoothing alone; the camera's and the wait for the next Draw come on top.
func (f *Figure) Latency() time.Duration {
	if f.mode == Card {
		return 0
	}
	return smoothingFrames * time.Second / mask.FrameRate
}
