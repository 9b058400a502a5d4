package relay

import (
	"encoding/binary"
	"time"
)

const (
	videoClock = 90000
	audioClock = 48000
)

// packet is one RTP packet as it came in, cut down to what may go on: number, time, end of picture and payload. The payload lies in the
// reader's buffer.
type packet struct {
	seq     uint16
	ts      uint32
	marker  bool
	key     bool // the first packet of a VP8 key frame
	had     uint8
	payload []byte
	arrived time.Time
}

// parse reads an RTP packet (RFC 3550 section 5.1) and drops what it carries beside the payload: SSRC, CSRC, header extensions (RFC 8285),
// padding. Of VP8 (RFC 7741) it also drops the optional fields of the payload descriptor, picture id and layer indices, which count on across
// switches and tell encoders apart: the descriptor that stays is one byte, written over the last one of the old. Of the payload itself it takes what
// says nothing to a decoder: the padding of an Opus packet, and the scaling hint of a VP8 key frame. buf is changed.
func (p *packet) parse(buf []byte, m Media) bool {
	if len(buf) < 12 || buf[0]>>6 != 2 {
		return false
	}
	n := 12 + 4*int(buf[0]&0x0f)
	p.had = 0
	if n > 12 {
		p.had |= hadSources
	}
	if buf[0]&0x10 != 0 {
		p.had |= hadExtension
		if len(buf) < n+4 {
			return false
		}
		n += 4 + 4*int(binary.BigEndian.Uint16(buf[n+2:]))
	}
	end := len(buf)
	if buf[0]&0x20 != 0 {
		pad := int(buf[end-1])
		if pad == 0 {
			return false
		}
		end -= pad
		p.had |= hadPadding
	}
	if m == Audio && buf[1]&0x80 != 0 {
		p.had |= hadMark
	}
	if n > end {
		return false
	}
	p.seq = binary.BigEndian.Uint16(buf[2:])
	p.ts = binary.BigEndian.Uint32(buf[4:])
	p.marker = m == Video && buf[1]&0x80 != 0
	p.key = false
	p.payload = buf[n:end]
	if m == Video && len(p.payload) > 0 {
		return p.plainVP8()
	}
	// An empty payload (padding sent as a probe) goes on as an empty packet: dropped, it would look like a loss.
	return m == Video || p.blankOpus()
}

// plainVP8 cuts the payload descriptor to its first byte (RFC 7741 section 4.2) and finds key frames (section 4.3: the P bit of the frame
// header is the lowest bit of the first byte after the descriptor of partition 0's start).
func (p *packet) plainVP8() bool {
	b := p.payload
	first, n := b[0], 1
	if first&0x80 != 0 {
		if len(b) < 2 {
			return false
		}
		x := b[1]
		n = 2
		if x&0x80 != 0 {
			if len(b) <= n {
				return false
			}
			if b[n]&0x80 != 0 {
				n++
			}
			n++
		}
		if x&0x40 != 0 {
			n++
		}
		if x&0x30 != 0 {
			n++
		}
	}
	if len(b) <= n {
		return false
	}
	// All that a receiver needs of the first byte is where a frame begins: the start of its partition 0. The non-reference bit, the reserved ones and
	// the index of a later partition go with the rest.
	begins := first&0x10 != 0 && first&0x07 == 0
	if n > 1 || first != 0x10 && first != 0 {
		p.had |= hadDescriptor
	}
	b[n-1] = 0
	if begins {
		b[n-1] = 0x10
	}
	p.payload = b[n-1:]
	p.key = begins && b[n]&0x01 == 0
	if p.key && len(b) >= n+10 {
		if (b[n+7]|b[n+9])&0xc0 != 0 {
			p.had |= hadBlank
		}
		b[n+7] &= 0x3f // RFC 6386 section 9.1: two bits each beside width and height ask a player to scale
		b[n+9] &= 0x3f
	}
	return true
}

// blankOpus writes zeros over the padding of an Opus packet (RFC 6716 section 3.2.5): no decoder hears it, its bytes are free for anything (an
// extension of the format puts a second coding of the speech there), and a masked voice must not bring another one along. The length stays: packets of
// constant size are padded to it. False for a packet whose padding runs over its end.
func (p *packet) blankOpus() bool {
	b := p.payload
	if len(b) < 2 || b[0]&0x03 != 3 || b[1]&0x40 == 0 {
		return true
	}
	pad := 0
	for i := 2; ; i++ {
		if i >= len(b) {
			return false
		}
		if b[i] < 255 {
			pad += int(b[i])
			if pad > len(b)-i-1 {
				return false
			}
			break
		}
		pad += 254
	}
	for i := len(b) - pad; i < len(b); i++ {
		if b[i] != 0 {
			p.had |= hadBlank
			b[i] = 0
		}
	}
	return true
}

// cache keeps the last packets of one track, once for all subscribers, for those who ask again (NACK).
type cache struct {
	entries []packet
}

func newCache(m Media) *cache {
	n := 64
	if m == Video {
		n = 512
	}
	return &cache{entries: make([]packet, n)}
}

// keep copies p. Storage is reused, so a full cache allocates no more.
func (c *cache) keep(p *packet) {
	e := &c.entries[int(p.seq)%len(c.entries)]
	store := append(e.payload[:0], p.payload...)
	*e = *p
	e.payload = store
}

// find returns the packet with that number, if it is still there. arrived tells whether an entry was ever filled.
func (c *cache) find(seq uint16) *packet {
	e := &c.entries[int(seq)%len(c.entries)]
	if e.seq != seq || e.arrived.IsZero() {
		return nil
	}
	return e
}
