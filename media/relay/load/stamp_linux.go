package main

import (
	"encoding/binary"
	"net"
	"sync"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"golang.org/x/sys/unix"
)

// arrivals notes when each packet came into its subscriber's socket, as the kernel saw it (SO_TIMESTAMPNS). What the relay adds ends there: how long 80 subscribers
// on two cores then take to decrypt what lies in their sockets is theirs, and would drown it.
type arrivals struct {
	*stdnet.Net
	mu   sync.Mutex
	last [1 << 16]arrival // by a mix of SSRC and number
}

type arrival struct {
	packet uint64 // SSRC and number
	at     int64  // Unix nanoseconds
}

func newArrivals() (*arrivals, error) {
	n, err := stdnet.NewNet()
	return &arrivals{Net: n}, err
}

// ListenUDP implements transport.Net.
func (a *arrivals) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	c, err := net.ListenUDP(network, at)
	if err != nil {
		return nil, err
	}
	raw, err := c.SyscallConn()
	if err == nil {
		if e := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) }); e != nil {
			err = e
		}
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return &stamped{UDPConn: c, arrivals: a}, nil
}

// stamped is a UDP socket whose packets are noted. One goroutine reads it.
type stamped struct {
	*net.UDPConn
	arrivals *arrivals
	oob      [64]byte
}

func (s *stamped) ReadFrom(b []byte) (int, net.Addr, error) {
	n, oobn, _, from, err := s.ReadMsgUDP(b, s.oob[:])
	if err == nil && n >= 12 && b[0]>>6 == 2 {
		s.arrivals.note(b, s.oob[:oobn])
	}
	if from == nil {
		return n, nil, err
	}
	return n, from, err
}

func packetOf(b []byte) uint64 {
	return uint64(binary.BigEndian.Uint32(b[8:]))<<16 | uint64(binary.BigEndian.Uint16(b[2:]))
}

func slotOf(packet uint64) uint16 { return uint16(packet*0x9e3779b97f4a7c15>>48) ^ uint16(packet) }

func (a *arrivals) note(b, oob []byte) {
	control, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return
	}
	for _, c := range control {
		if c.Header.Level != unix.SOL_SOCKET || c.Header.Type != unix.SO_TIMESTAMPNS || len(c.Data) < 16 {
			continue
		}
		at := int64(binary.NativeEndian.Uint64(c.Data))*int64(time.Second) + int64(binary.NativeEndian.Uint64(c.Data[8:]))
		packet := packetOf(b)
		a.mu.Lock()
		a.last[slotOf(packet)] = arrival{packet, at}
		a.mu.Unlock()
	}
}

// of says when a packet (its header as it came) was in the socket; false if that is not known any more.
func (a *arrivals) of(header []byte) (time.Time, bool) {
	packet := packetOf(header)
	a.mu.Lock()
	defer a.mu.Unlock()
	found := a.last[slotOf(packet)]
	return time.Unix(0, found.at), found.packet == packet
}
