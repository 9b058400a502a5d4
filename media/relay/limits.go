package relay

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"parda/media/door"
)

// What strangers may take of the media doors before anybody knows them. Who has a ufrag was answered by the gateway; who has none is held to these.
const (
	tcpMost  = 2048 // ICE-TCP connections
	tcpOfOne = 256  // of one address: a court's people share one
	turnTCPs = 1024 // connections to the TURN server

	halfOpenOfLabel = 6 // publications of one label that are answered and not up: one camera must not take the places of all
)

// Times of connections over TCP, shorter in tests.
var (
	tcpFirst = 5 * time.Second  // until the first STUN message of a connection (RFC 6544)
	tcpIdle  = 30 * time.Second // a peer that is there asks every few seconds (RFC 7675)
)

// listenTCP opens a port for ICE-TCP or TURN-TCP with the limits before it.
func listenTCP(addr string, most int) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return door.Guard(l, door.Limits{Most: most, OfOne: tcpOfOne, Idle: tcpIdle}), nil
}

// again tells whether a socket should be read again after an error. Only a closed one is at its end; any other error concerns one datagram or a shortage
// that passes, and a door that took it for the end would be shut for the whole hearing.
func again(err error) bool {
	if err == nil || errors.Is(err, net.ErrClosed) {
		return false
	}
	time.Sleep(time.Millisecond) // an error that stays must not take a core
	return true
}

// steady is a socket that is read until it is closed.
type steady struct{ net.PacketConn }

// ReadFrom implements net.PacketConn.
func (s steady) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := s.PacketConn.ReadFrom(b)
		if !again(err) {
			return n, from, err
		}
	}
}

// ReadFromAddrPort implements ice.AddrPortReaderWriter.
func (m *mouth) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := m.ReadFromUDPAddrPort(b)
		if !again(err) {
			return n, from, err
		}
	}
}

// crowdOut ends the oldest publications of a label that were answered and are not up, so that there is room for one more. They are not counted against the
// newest: a station whose network was away tries again and again, and must come in with its next try. The caller holds r.mu.
func (r *Relay) crowdOut(label string) {
	for {
		var oldest *publication
		n := 0
		for _, pub := range r.publications {
			if pub.label != label || pub.up {
				continue
			}
			if n++; oldest == nil || pub.born.Before(oldest.born) {
				oldest = pub
			}
		}
		if n < halfOpenOfLabel {
			return
		}
		r.removePublication(oldest)
	}
}

// SubscriptionsOf counts the subscriptions of the viewers that of takes, those included that are not up yet.
func (r *Relay) SubscriptionsOf(of func(viewer string) bool) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, sub := range r.subscriptions {
		if of(sub.viewer) {
			n++
		}
	}
	return n
}
