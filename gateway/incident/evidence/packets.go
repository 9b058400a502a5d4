package evidence

import (
	"encoding/binary"
	"errors"
	"time"

	"parda/media/relay"
)

// A kept packet: one byte of what it is, its arrival (Unix ns), epoch, number, time, length, payload; big endian.
const packetHead = 1 + 8 + 8 + 2 + 4 + 2

const (
	isVideo = 1 << iota
	isMarker
	isKey
)

// appendPacket appends a packet to b. A payload of more than 65,535 bytes is none that came by RTP over UDP; it is left out.
func appendPacket(b []byte, m relay.Media, p *relay.Packet) []byte {
	if len(p.Payload) > 0xffff {
		return b
	}
	var what byte
	if m == relay.Video {
		what |= isVideo
	}
	if p.Marker {
		what |= isMarker
	}
	if p.Key {
		what |= isKey
	}
	b = append(b, what)
	b = binary.BigEndian.AppendUint64(b, uint64(p.Arrived.UnixNano()))
	b = binary.BigEndian.AppendUint64(b, p.Epoch)
	b = binary.BigEndian.AppendUint16(b, p.Sequence)
	b = binary.BigEndian.AppendUint32(b, p.Timestamp)
	b = binary.BigEndian.AppendUint16(b, uint16(len(p.Payload)))
	return append(b, p.Payload...)
}

var errPackets = errors.New("evidence: kept packets cannot be read")

// takePacket reads the first packet of b, whose payload lies in b, and gives the rest.
func takePacket(b []byte) (m relay.Media, p relay.Packet, rest []byte, err error) {
	if len(b) < packetHead {
		return 0, p, nil, errPackets
	}
	m = relay.Audio
	if b[0]&isVideo != 0 {
		m = relay.Video
	}
	n := packetHead + int(binary.BigEndian.Uint16(b[23:]))
	if n > len(b) {
		return 0, p, nil, errPackets
	}
	p = relay.Packet{
		Marker: b[0]&isMarker != 0, Key: b[0]&isKey != 0,
		Arrived: time.Unix(0, int64(binary.BigEndian.Uint64(b[1:]))), Epoch: binary.BigEndian.Uint64(b[9:]),
		Sequence: binary.BigEndian.Uint16(b[17:]), Timestamp: binary.BigEndian.Uint32(b[19:]), Payload: b[packetHead:n],
	}
	return m, p, b[n:], nil
}

// eachPacket calls f for every packet of b, in order.
func eachPacket(b []byte, f func(m relay.Media, p relay.Packet)) error {
	for len(b) > 0 {
		m, p, rest, err := takePacket(b)
		if err != nil {
			return err
		}
		f(m, p)
		b = rest
	}
	return nil
}
