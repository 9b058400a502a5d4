// Package face turns the picture of the shielded room into one that may leave it: a drawn figure that moves as the witness moves
// (puppet), or a placard with the pseudonym (card).
//
// It redraws and never patches. No sample of the camera reaches the drawn picture: the camera is read for a handful of head movements, each relative
// to the person's own slow mean, which are quantised into a pose of PoseBits bits a frame; the figure, one and the same for
// everybody, is drawn from that pose alone. A reading that fails costs expression, never safety. Measured on known people, blur,
// mosaic and boxes identify; that is why they do not exist here.
//
// What does not live here: capture, encoding, I/O, files, clocks, goroutines. The caller reads the camera, calls Observe for each picture and Draw
// 25 times a second, and sends the card when Observe reports a fault, when the camera is late, or when anything is in doubt.
//
// What remains of the person: the manner in which a head moves, and what is said. A drawn figure is no evidence of expression.
package face

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"parda/media/mask"
)

// Mode is how the witness is shown.
type Mode string

const (
	Puppet Mode = "puppet" // the drawn figure
	Card   Mode = "card"   // the placard; the camera is not read at all
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
// crypto/rand in every live testimony.
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
	ring [3]*plate
	next int
	read *reader // Observe's own

	mu     sync.Mutex
	follow follower
}

// New makes a Figure. It draws everything that stands still and the card, so that neither needs anything later. It fails on an unknown mode
// (ErrMode) or a size out of range (ErrSize).
func New(c Config) (*Figure, error) {
	if c.Mode != Puppet && c.Mode != Card {
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
	f.bust = newBust(c.Width, c.Height)
	for i := range f.ring {
		f.ring[i] = newPlate(c.Width, c.Height)
	}
	f.follow = newFollower(c.Session)
	return f, nil
}

// Card is the placard of this figure's size and pseudonym: the picture of every fault. It is valid for ever.
func (f *Figure) Card() Masked { return f.card }

// Observe reads one picture of the camera and says what it found. It keeps no sample of it after it returns. A picture whose size, strides or
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
// no number is shut): nothing of the camera moves the mouth. The picture is valid until two more Draws. It allocates nothing.
// A panic while drawing gives the card.
func (f *Figure) Draw(mouth float32) (m Masked) {
	if f.mode == Card {
		return f.card
	}
	defer func() {
		if recover() != nil {
			m = f.card
		}
	}()
	f.mu.Lock()
	bits := f.follow.step(mouth).pack()
	f.mu.Unlock()
	p := f.ring[f.next]
	f.next = (f.next + 1) % len(f.ring)
	f.bust.draw(p, unpack(bits))
	return Masked{p}
}

// Latency is by how much the figure trails the head: a movement in the nth Observe is best matched by Draw n + Latency/40 ms. It is the delay of
// the smoothing alone; the camera's and the wait for the next Draw come on top.
func (f *Figure) Latency() time.Duration {
	if f.mode == Card {
		return 0
	}
	return smoothingFrames * time.Second / mask.FrameRate
}
