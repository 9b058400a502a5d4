package relay

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// slot is one place of a subscription: the local track of pion's on one side, an outlet on the other. Its fields but the atomic ones are
// guarded by the lock of the ingest it is on; it is on one at most.
type slot struct {
	name   Sink
	stream string // random msid stream, which is also the CNAME that pion writes (RFC 7022)
	track  string // random msid track
	clock  uint32

	wants  *ingest // guarded by Relay.mu
	source atomic.Pointer[ingest]
	writer atomic.Pointer[binding]
	way    *way        // of the whole subscription; nil in tests without a network
	held   atomic.Bool // the subscriber's network does not carry this picture

	started  bool
	seqShift uint16
	tsShift  uint32
	floor    uint16 // the oldest number of the source that may still go out
	high     uint16 // the newest that went out
	lastSeq  uint16 // as sent
	lastTS   uint32 // as sent
	lastAt   time.Time
	chokedAt time.Time // when the connection last took nothing more (TCP that is not read)
	packets  uint32
	octets   uint32
	header   rtp.Header
	resend   budget
	againSeq uint16 // of the stream of what is sent again
	scratch  []byte
}

// budget bounds what a subscriber may ask for again: a NACK of one packet can name thousands, each of which is sent in the packet loop's lock, so
// that a hostile page could hold up everybody. A whole cache a second is more than any lossy link needs.
type budget struct {
	left int
	at   time.Time
}

const againMost = 512 // packets a second, and at once

// chokedFor is how long no key frame is asked for after the connection took no more.
const chokedFor = 2 * time.Second

func (b *budget) take(now time.Time) bool {
	if now.Sub(b.at) >= time.Second {
		b.left, b.at = againMost, now
	}
	b.left--
	return b.left >= 0
}

// binding is what pion negotiated for the slot.
type binding struct {
	stream  webrtc.TrackLocalWriter
	ssrc    uint32
	payload uint8

	againSSRC    uint32 // of what is sent again (RFC 4588); 0 when the subscriber knows no such stream
	againPayload uint8

	// The one header extension that a subscriber may get: the number of the packet on this connection, made here (see way.go). Used again for each
	// packet, under the lock of the ingest that the slot is on; nil where it was not negotiated.
	extension []rtp.Extension
	number    []byte // the two bytes that extension holds
}

// extend makes the extension.
func (b *binding) extend(id int) {
	var h rtp.Header
	number := make([]byte, 2)
	if id >= 1 && id <= 14 && h.SetExtension(uint8(id), number) == nil {
		b.extension, b.number = h.Extensions, number
	}
}

func newSlot(name Sink) *slot {
	s := &slot{name: name, stream: randomID(), track: randomID(), clock: audioClock}
	if name.Media == Video {
		s.clock = videoClock
	}
	var b [6]byte
	fillRandom(b[:])
	s.lastSeq = binary.BigEndian.Uint16(b[:]) // RFC 3550 section 5.1: both start at random
	s.lastTS = binary.BigEndian.Uint32(b[2:])
	fillRandom(b[:2])
	s.againSeq = binary.BigEndian.Uint16(b[:])
	return s
}

func (s *slot) sink() Sink        { return s.name }
func (s *slot) target() **ingest  { return &s.wants }
func (s *slot) on() *ingest       { return s.source.Load() }
func (s *slot) attach(in *ingest) { s.started = false; s.source.Store(in) }
func (s *slot) detach()           { s.started = false; s.source.Store(nil) }
func (s *slot) hold()             { s.started = false }

// waits: a picture that is held, or that the connection does not take, makes the publisher send no key frame.
func (s *slot) waits() bool {
	return s.name.Media == Video && !s.started && !s.held.Load() && (s.chokedAt.IsZero() || time.Since(s.chokedAt) > chokedFor)
}

// write sends a packet under the slot's own header. A picture begins at a key frame.
func (s *slot) write(p *packet) bool {
	b := s.writer.Load()
	if b == nil {
		return false
	}
	if s.held.Load() {
		s.started = false
		return false
	}
	if !s.started {
		if s.name.Media == Video && !p.key {
			return false
		}
		s.begin(p)
	}
	if int16(p.seq-s.floor) < 0 {
		return false // older than the first of this source: its number is taken
	}
	if n, err := s.send(b, p); err != nil || n == 0 {
		if p.seq == s.floor || s.name.Media == Video {
			// The connection is not ready, or takes no more: the rest of this picture and those that need it are of no use.
			s.started = false
		}
		if !s.lastAt.IsZero() {
			s.chokedAt = p.arrived
		}
		return false
	}
	if int16(p.seq-s.high) >= 0 {
		s.high, s.lastAt = p.seq, p.arrived
		s.lastSeq, s.lastTS = s.header.SequenceNumber, s.header.Timestamp
		if s.high-s.floor > 4096 {
			s.floor = s.high - 4096
		}
	}
	return true
}

// begin makes p follow on what the slot sent last: the next number, and a time later by what passed on the relay's own clock.
func (s *slot) begin(p *packet) {
	gap := uint32(1)
	if !s.lastAt.IsZero() {
		gap = max(1, uint32(p.arrived.Sub(s.lastAt).Seconds()*float64(s.clock)))
	}
	s.seqShift = s.lastSeq + 1 - p.seq
	s.tsShift = s.lastTS + gap - p.ts
	s.floor, s.high, s.started = p.seq, p.seq, true
}

func (s *slot) send(b *binding, p *packet) (int, error) {
	s.header = rtp.Header{
		Version: 2, Marker: p.marker, PayloadType: b.payload, SSRC: b.ssrc,
		SequenceNumber: p.seq + s.seqShift, Timestamp: p.ts + s.tsShift,
	}
	s.packets++
	s.octets += uint32(len(p.payload))
	s.count(b, len(p.payload))
	return b.stream.WriteRTP(&s.header, p.payload)
}

// count gives the packet in s.header its number on the connection, where that was negotiated.
func (s *slot) count(b *binding, size int) {
	if s.way == nil {
		return
	}
	now := time.Now()
	s.way.wrote.Store(now.UnixNano())
	if b.number == nil {
		return
	}
	s.way.counted.Store(now.UnixNano())
	binary.BigEndian.PutUint16(b.number, s.way.number(size, now))
	s.header.Extension, s.header.ExtensionProfile, s.header.Extensions = true, rtp.ExtensionProfileOneByte, b.extension
}

// sendAgain sends what was sent before: in the stream for that, with the old number before the payload (RFC 4588 section 4), or else as it was.
func (s *slot) sendAgain(b *binding, p *packet) (int, error) {
	if b.againSSRC == 0 {
		return s.send(b, p)
	}
	s.againSeq++
	s.header = rtp.Header{
		Version: 2, Marker: p.marker, PayloadType: b.againPayload, SSRC: b.againSSRC,
		SequenceNumber: s.againSeq, Timestamp: p.ts + s.tsShift,
	}
	s.scratch = binary.BigEndian.AppendUint16(s.scratch[:0], p.seq+s.seqShift)
	s.scratch = append(s.scratch, p.payload...)
	s.count(b, len(s.scratch))
	return b.stream.WriteRTP(&s.header, s.scratch)
}

// again answers a NACK (RFC 4585 section 6.2.1) from the cache of the ingest that the slot is on now. After a switch or a denial there is
// nothing to answer from.
func (s *slot) again(n *rtcp.TransportLayerNack) {
	in, b := s.source.Load(), s.writer.Load()
	if in == nil || b == nil {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if s.source.Load() != in || !s.started || in.dead {
		return
	}
	defer in.mouth.flush()
	now := time.Now()
	for _, pair := range n.Nacks {
		for _, seq := range pair.PacketList() {
			from := seq - s.seqShift
			if int16(from-s.floor) < 0 || int16(from-s.high) > 0 {
				continue
			}
			if p := in.cache.find(from); p != nil {
				if !s.resend.take(now) {
					return
				}
				_, _ = s.sendAgain(b, p) // asked for again if lost again
			}
		}
	}
}

// report is the sender report of the slot (RFC 3550 section 6.4.1), from the relay's clock and counters; nil when nothing flows, so that a denied
// slot is silent in RTCP too.
func (s *slot) report(now time.Time) rtcp.Packet {
	in, b := s.source.Load(), s.writer.Load()
	if in == nil || b == nil {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if s.source.Load() != in || !s.started {
		return nil
	}
	ahead := uint32(now.Sub(s.lastAt).Seconds() * float64(s.clock))
	return &rtcp.SenderReport{SSRC: b.ssrc, NTPTime: ntp(now), RTPTime: s.lastTS + ahead, PacketCount: s.packets, OctetCount: s.octets}
}

func ntp(t time.Time) uint64 {
	const from1900To1970 = 2208988800
	return uint64(t.Unix()+from1900To1970)<<32 | uint64(t.Nanosecond())<<32/1e9
}

// Bind implements webrtc.TrackLocal: it notes what was negotiated.
func (s *slot) Bind(t webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	mime := webrtc.MimeTypeOpus
	if s.name.Media == Video {
		mime = webrtc.MimeTypeVP8
	}
	for _, c := range t.CodecParameters() {
		if equalFold(c.MimeType, mime) {
			b := &binding{stream: t.WriteStream(), ssrc: uint32(t.SSRC()), payload: uint8(c.PayloadType)}
			if pt, ok := resentAs(t.CodecParameters(), c.PayloadType); ok {
				b.againSSRC, b.againPayload = uint32(t.SSRCRetransmission()), pt
			}
			for _, e := range t.HeaderExtensions() {
				if e.URI == sdp.TransportCCURI {
					b.extend(e.ID)
				}
			}
			s.writer.Store(b)
			return c, nil
		}
	}
	return webrtc.RTPCodecParameters{}, errors.New("relay: no common codec")
}

// resentAs finds the payload type of what is sent again of another.
func resentAs(codecs []webrtc.RTPCodecParameters, of webrtc.PayloadType) (uint8, bool) {
	for _, c := range codecs {
		if equalFold(c.MimeType, webrtc.MimeTypeRTX) && c.SDPFmtpLine == "apt="+strconv.Itoa(int(of)) {
			return uint8(c.PayloadType), true
		}
	}
	return 0, false
}

// Unbind implements webrtc.TrackLocal.
func (s *slot) Unbind(webrtc.TrackLocalContext) error {
	s.writer.Store(nil)
	return nil
}

// ID implements webrtc.TrackLocal.
func (s *slot) ID() string { return s.track }

// RID implements webrtc.TrackLocal: no simulcast.
func (s *slot) RID() string { return "" }

// StreamID implements webrtc.TrackLocal.
func (s *slot) StreamID() string { return s.stream }

// Kind implements webrtc.TrackLocal.
func (s *slot) Kind() webrtc.RTPCodecType { return kindOf(s.name.Media) }

func kindOf(m Media) webrtc.RTPCodecType {
	if m == Video {
		return webrtc.RTPCodecTypeVideo
	}
	return webrtc.RTPCodecTypeAudio
}

func fillRandom(b []byte) {
	// crypto/rand.Read never fails: it ends the program instead.
	_, _ = rand.Read(b)
}

// randomID is 128 random bits in hexadecimal.
func randomID() string {
	var b [16]byte
	fillRandom(b[:])
	return hex.EncodeToString(b[:])
}
