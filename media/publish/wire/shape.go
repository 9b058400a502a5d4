package wire

import (
	"errors"
	"fmt"
)

// A steady picture has one form on the wire, whatever it shows: as many packets as any other, each of one size, the marker on the last. Who sees
// the encrypted packets then cannot tell a figure that moves from one that sits still, nor either from the card: sizes of encrypted video tell
// what it shows (Schuster, Shmatikov, Tromer: Beauty and the Burst, USENIX Security 2017), as those of sound tell what is said (RFC 6562).
//
// The packets are filled up inside the VP8 frame, with zeros after its last partition. A decoder reads of a partition what its symbols ask for
// and never what follows (RFC 6386 section 7.3: the last partition takes whatever is left of the frame), so the filling changes no picture. RTP's own padding
// would not do: it ends at 255 bytes, and its bit stands in the clear header.
//
// What does not fit is never sent as more: the picture is made again, coarser, as a key frame. Drawn figures fit by a wide margin (MEASURED.md in this folder);
// a key frame fits too, so it may come at any picture and nobody outside sees which one it is.

// ErrTooLarge is returned for a picture that does not fit even at its coarsest: nothing of it was sent, and the caller shows something plainer in its place.
var ErrTooLarge = errors.New("wire: this picture does not fit the packets of a steady one")

// shape is the form: parcels packets of size bytes, beside headers.
type shape struct{ parcels, size int }

// shapeFor gives the form for a size of picture. Each is about what the stream used before it was steady, and fits a key frame of a drawn figure.
func shapeFor(width, height int) shape {
	switch pixels := width * height; {
	case pixels <= 640*480:
		return shape{2, 880}
	case pixels <= 1280*720:
		return shape{3, 1050}
	default:
		return shape{(3*pixels + 1280*720 - 1) / (1280 * 720), 1050}
	}
}

func (s shape) bytes() int { return s.parcels * s.size }

// bitrate is what the packets' payload comes to, in bit/s.
func (s shape) bitrate(fps int) int { return 8 * s.bytes() * fps }

// fill pads a frame to the form.
func (s shape) fill(frame []byte) []byte {
	if missing := s.bytes() - len(frame); missing > 0 {
		frame = append(frame, make([]byte, missing)...)
	}
	return frame
}

// Quantisers of a steady picture, of libvpx's 0 to 63. At finest a drawn figure is within 48 dB of what was drawn, and moving it fills less than half of
// its packets.
const (
	finest   = 24
	keyFirst = 40
	coarsest = 63
	coarser  = 8
)

// steady encodes pictures of one form. It chooses how coarse a picture is by the size of the one before, and by nothing else.
type steady struct {
	shape shape
	video *VP8
	now   int // quantiser of the next picture
	key   int // and of the next key frame
	owed  bool
}

func newSteady(video *VP8) *steady {
	return &steady{shape: shapeFor(video.cfg.Width, video.cfg.Height), video: video, now: keyFirst, key: keyFirst, owed: true}
}

// encode makes one picture of the form, as a key frame when one is wanted.
func (s *steady) encode(y, cb, cr []byte, strideY, strideC int, wantKey bool) ([]byte, error) {
	wantKey = wantKey || s.owed
	for {
		q := s.now
		if wantKey {
			q = s.key
		}
		if err := s.video.SetQuantiser(q); err != nil {
			return nil, err
		}
		frame, key, err := s.video.Encode(y, cb, cr, strideY, strideC, wantKey)
		if err != nil {
			return nil, err
		}
		if len(frame) <= s.shape.bytes() {
			s.settle(q, key, len(frame))
			return s.shape.fill(frame), nil
		}
		// The encoder goes on from a picture that nobody will get, so the next one must stand alone.
		s.owed = true
		if wantKey {
			if q == coarsest {
				return nil, fmt.Errorf("%w: %d bytes of %d", ErrTooLarge, len(frame), s.shape.bytes())
			}
			s.key = min(q+coarser, coarsest)
		}
		wantKey = true
	}
}

// settle takes a step towards finer pictures where there is room, and towards coarser ones where it gets tight.
func (s *steady) settle(q int, key bool, size int) {
	s.owed = false
	full := float64(size) / float64(s.shape.bytes())
	switch {
	case key:
		s.now = q
		if full < 0.6 {
			s.key = max(q-coarser/2, finest)
		}
	case full > 0.8:
		s.now = min(q+coarser, coarsest)
	case full > 0.65:
		s.now = min(q+1, coarsest)
	case full < 0.5:
		s.now = max(q-2, finest)
	}
}

// every says how many ticks apart steady pictures leave at a bit rate that the network can carry: under congestion the pictures become fewer, at
// the clock of the network's reports, and none becomes smaller.
func every(now, most int) int {
	if now <= 0 || now >= most {
		return 1
	}
	return min((most+now-1)/now, 5)
}

// SteadyForm is how many packets a steady picture of that size has, and how many bytes of VP8 are in each.
func SteadyForm(width, height int) (packets, bytes int) {
	s := shapeFor(width, height)
	return s.parcels, s.size
}
