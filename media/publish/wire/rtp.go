package wire

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"parda/media/attest"
)

// mtu leaves room for SRTP, UDP, IPv6 and a TURN header within 1,280 bytes.
const mtu = 1200

// descriptor is the VP8 payload descriptor (RFC 7741) of one byte that pion's payloader writes.
const descriptor = 1

// rtpStream makes the packets of one track on a grid of whole periods (20 or 40 ms) that starts at a random timestamp: an RTP timestamp
// says which period a frame belongs to and nothing of the moment the camera or the encoder was ready. A frame that comes a period
// late or more (the caller skipped) moves the stream on, so that sound and picture stay in step.
type rtpStream struct {
	track     *webrtc.TrackLocalStaticRTP
	payloader rtp.Payloader
	period    time.Duration
	step      uint32 // timestamp units in a period
	slack     int64  // periods that the clock may be ahead before frames are counted as skipped
	queue     chan ready
	beat      beat                  // of the pace alone
	failed    atomic.Pointer[error] // of a write that nobody waited for
	parcel    atomic.Int32          // bytes of a frame in each packet
	sent      *attest.Collector     // of what is sent, for the station to sign; nil where nobody signs; guarded by mu

	mu       sync.Mutex
	started  time.Time
	index    int64 // period of the next frame
	base     uint32
	sequence uint16
	marker   bool // the marker bit ends a picture (video); for audio it stays unset, because it would mark the start of speech
}

func newRTPStream(mime, streamID string, period, margin time.Duration) (*rtpStream, error) {
	s := &rtpStream{period: period, base: randomUint32(), sequence: uint16(randomUint32()), queue: make(chan ready, queued),
		beat: beat{step: period, margin: margin}}
	s.parcel.Store(mtu - 12 - descriptor)
	capability := webrtc.RTPCodecCapability{MimeType: mime}
	switch mime {
	case webrtc.MimeTypeVP8:
		capability.ClockRate = 90000
		s.payloader, s.marker, s.slack = &codecs.VP8Payloader{}, true, 1
	case webrtc.MimeTypeOpus:
		capability.ClockRate, capability.Channels = 48000, 2
		s.payloader, s.slack = &codecs.OpusPayloader{}, 5
	}
	s.step = uint32(int64(capability.ClockRate) * int64(period) / int64(time.Second))
	track, err := webrtc.NewTrackLocalStaticRTP(capability, randomID(), streamID)
	if err != nil {
		return nil, fmt.Errorf("wire: making a track: %w", err)
	}
	s.track = track
	return s, nil
}

func (s *rtpStream) write(payload []byte, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	timestamp := s.base + uint32(s.nextIndex(now))*s.step
	parts := s.payloader.Payload(uint16(s.parcel.Load())+descriptor, payload)
	for i, part := range parts {
		packet := &rtp.Packet{
			Header: rtp.Header{
				Version:        2,
				Marker:         s.marker && i == len(parts)-1,
				SequenceNumber: s.sequence,
				Timestamp:      timestamp,
			},
			Payload: part,
		}
		if s.sent != nil {
			s.sent.Add(s.sequence, part)
		}
		s.sequence++
		if err := s.track.WriteRTP(packet); err != nil {
			return err
		}
	}
	return nil
}

// take gives the hashes of what was sent since the last call.
func (s *rtpStream) take() attest.Track {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent.Take()
}

// nextIndex gives the period of a frame written now: one after the last, or later if the clock is ahead by more than slack.
func (s *rtpStream) nextIndex(now time.Time) int64 {
	if s.started.IsZero() {
		s.started = now
	}
	index := s.index
	if clock := int64(now.Sub(s.started) / s.period); clock > index+s.slack {
		index = clock
	}
	s.index = index + 1
	return index
}
