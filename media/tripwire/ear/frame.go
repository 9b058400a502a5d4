// Package ear is the gateway's side of the audio tripwire: it starts the program media/tripwire, gives it the sound of the masked publications, takes its
// verdicts, and starts it again when it dies.
//
// The program is apart because it decodes Opus, which is C, of what came from outside: a flaw in the decoder must not be a flaw of the gateway, which
// stays one static binary without cgo. This package holds the language of the two pipes (frame.go, spoken by both sides) and the keeper (ear.go). What does
// not live here: decoding, the decision (media/tripwire/likeness), what follows from a verdict (media/relay).
package ear

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Kind says what a frame is.
type Kind byte

// The frames. Open, Packet and Close go to the program, Fine, Unmasked and Unreadable come from it.
const (
	Open       Kind = iota + 1 // body: the rendering's voice, such as "neutral" or "synthetic+strong"
	Packet                     // body: one Opus packet
	Close                      // no body
	Fine                       // no body: all that was given up to AnswerEvery packets ago was heard, and the mask may have made it
	Unmasked                   // no body: the mask cannot have made this
	Unreadable                 // no body: what was given is no sound that can be decoded
)

// AnswerEvery is how many packets the program hears between two answers: 200 ms of sound.
const AnswerEvery = 10

// MaxBody bounds a frame's body in bytes: an Opus packet (RFC 6716 section 3.4) has at most 1275.
const MaxBody = 1500

// ErrFrame says that a pipe held no frame.
var ErrFrame = errors.New("ear: malformed frame")

// Frame is one message on a pipe.
type Frame struct {
	Kind   Kind
	Stream uint32
	Body   []byte
}

// Write writes a frame: the length of what follows in two bytes, the kind in one, the stream in four, all big endian, and the body.
func (f Frame) Write(w io.Writer, scratch []byte) ([]byte, error) {
	if len(f.Body) > MaxBody {
		return scratch, fmt.Errorf("%w: a body of %d bytes", ErrFrame, len(f.Body))
	}
	b := binary.BigEndian.AppendUint16(scratch[:0], uint16(5+len(f.Body)))
	b = append(b, byte(f.Kind))
	b = binary.BigEndian.AppendUint32(b, f.Stream)
	b = append(b, f.Body...)
	_, err := w.Write(b)
	return b, err
}

// Read reads a frame. Its body lies in scratch, which is grown where it must and returned.
func Read(r io.Reader, scratch []byte) (Frame, []byte, error) {
	if cap(scratch) < 5+MaxBody {
		scratch = make([]byte, 5+MaxBody)
	}
	head := scratch[:2]
	if _, err := io.ReadFull(r, head); err != nil {
		return Frame{}, scratch, err
	}
	n := int(binary.BigEndian.Uint16(head))
	if n < 5 || n > 5+MaxBody {
		return Frame{}, scratch, fmt.Errorf("%w: %d bytes", ErrFrame, n)
	}
	b := scratch[:n]
	if _, err := io.ReadFull(r, b); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Frame{}, scratch, err
	}
	f := Frame{Kind: Kind(b[0]), Stream: binary.BigEndian.Uint32(b[1:]), Body: b[5:]}
	if f.Kind < Open || f.Kind > Unreadable {
		return Frame{}, scratch, fmt.Errorf("%w: kind %d", ErrFrame, f.Kind)
	}
	return f, scratch, nil
}
