package relay

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
)

// A picture comes as a burst of packets, and each packet goes to every subscriber. One system call for each of them is most of what a relay costs. So what
// goes out over UDP waits in a burst until the picture is whole (holdAtMost at the longest), and then leaves together: what goes to one subscriber as one
// train, which the kernel cuts into packets at the very end (UDP_SEGMENT), and all trains in one call (sendmmsg). Where the platform has
// neither, the same packets leave one by one.

const (
	// holdAtMost is how long a packet waits for the rest of its picture. Publishers send a picture within a part of it.
	holdAtMost = time.Millisecond

	burstParcels = 4096    // waiting packets at which a burst leaves at once
	burstBytes   = 4 << 20 // and bytes
	trainMost    = 60      // packets in a train: the kernel takes 64, and 64 KiB in all
	trainBytes   = 60000
	knownMost    = 4096 // addresses remembered as net.UDPAddr
)

// train is packets to one address, in order. All but the last have the same length, and the last is not longer.
type train struct {
	to      netip.AddrPort
	packets [][]byte
	size    int // of each but the last
	bytes   int
}

// takes tells whether the train may grow by one more packet of n bytes.
func (t *train) takes(n int) bool {
	last := len(t.packets[len(t.packets)-1])
	return last == t.size && n <= t.size && len(t.packets) < trainMost && t.bytes+n <= trainBytes
}

// carrier sends trains. It sends as much as it can; what the network does not take is lost, as packets are.
type carrier interface {
	carry(trains []train)
}

// mouth is the UDP socket as pion writes to it: what is RTP waits for flush, all else goes at once. It implements net.PacketConn and ice.AddrPortReaderWriter.
type mouth struct {
	*net.UDPConn
	carrier carrier

	mu     sync.Mutex
	store  []byte // the bytes of the waiting packets
	parcel []parcel
	trains []train
	open   map[netip.AddrPort]int // the train of each address that may still grow
	late   *time.Timer            // sends what nobody flushed
}

// parcel is one waiting packet: its place in store.
type parcel struct {
	to         netip.AddrPort
	start, end int
}

func newMouth(c *net.UDPConn, carry carrier) *mouth {
	m := &mouth{UDPConn: c, carrier: carry, open: map[netip.AddrPort]int{}}
	m.late = time.AfterFunc(time.Hour, m.flush)
	m.late.Stop()
	return m
}

// WriteToAddrPort implements ice.AddrPortReaderWriter. b may be used again when it returns.
func (m *mouth) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if !isRTP(b) {
		return m.WriteToUDPAddrPort(b, to)
	}
	m.mu.Lock()
	start := len(m.store)
	m.store = append(m.store, b...)
	m.parcel = append(m.parcel, parcel{to, start, len(m.store)})
	if len(m.parcel) == 1 {
		m.late.Reset(holdAtMost)
	}
	if len(m.parcel) >= burstParcels || len(m.store) >= burstBytes {
		m.send()
	}
	m.mu.Unlock()
	return len(b), nil
}

// WriteTo implements net.PacketConn.
func (m *mouth) WriteTo(b []byte, to net.Addr) (int, error) {
	if u, ok := to.(*net.UDPAddr); ok {
		return m.WriteToAddrPort(b, u.AddrPort())
	}
	return 0, net.ErrWriteToConnected
}

// isRTP tells SRTP from STUN, DTLS (RFC 7983 section 7) and SRTCP (RFC 5761 section 4).
func isRTP(b []byte) bool {
	return len(b) > 1 && b[0]>>6 == 2 && (b[1]&0x7f < 64 || b[1]&0x7f > 95)
}

// flush sends what waits. When it returns, nothing of what was written before waits any more.
func (m *mouth) flush() {
	if m == nil {
		return
	}
	m.mu.Lock()
	m.send()
	m.mu.Unlock()
}

// drop forgets what waits, whoever it is for: those who miss a packet that they may have ask for it again.
func (m *mouth) drop() {
	if m == nil {
		return
	}
	m.mu.Lock()
	m.late.Stop()
	m.store, m.parcel = m.store[:0], m.parcel[:0]
	m.mu.Unlock()
}

// send couples the waiting packets to trains and has them carried. The caller holds m.mu.
func (m *mouth) send() {
	if len(m.parcel) == 0 {
		return
	}
	m.trains = m.trains[:0]
	clear(m.open)
	for _, p := range m.parcel {
		b := m.store[p.start:p.end]
		if i, ok := m.open[p.to]; ok && m.trains[i].takes(len(b)) {
			t := &m.trains[i]
			t.packets = append(t.packets, b)
			t.bytes += len(b)
			continue
		}
		m.open[p.to] = len(m.trains)
		m.couple(p.to, b)
	}
	m.late.Stop()
	m.carrier.carry(m.trains)
	m.store, m.parcel = m.store[:0], m.parcel[:0]
}

// couple begins a train with b, in the storage of an old one.
func (m *mouth) couple(to netip.AddrPort, b []byte) {
	if len(m.trains) < cap(m.trains) {
		m.trains = m.trains[:len(m.trains)+1]
	} else {
		m.trains = append(m.trains, train{})
	}
	t := &m.trains[len(m.trains)-1]
	t.to, t.packets, t.size, t.bytes = to, append(t.packets[:0], b), len(b), len(b)
}

// single is the plain path: one packet, one call.
type single struct{ conn *net.UDPConn }

func (s single) carry(trains []train) {
	for _, t := range trains {
		for _, b := range t.packets {
			_, _ = s.conn.WriteToUDPAddrPort(b, t.to) // lost, as on any network
		}
	}
}

// together is the fast path. Its fields are used under the mouth's lock.
type together struct {
	conn     *net.UDPConn
	batch    *ipv4.PacketConn
	segments bool // the kernel cuts trains
	messages []ipv4.Message
	known    map[netip.AddrPort]*net.UDPAddr
}

func newTogether(c *net.UDPConn) *together {
	return &together{conn: c, batch: ipv4.NewPacketConn(c), segments: cutsTrains(c), known: map[netip.AddrPort]*net.UDPAddr{}}
}

func (g *together) carry(trains []train) {
	g.messages = g.messages[:0]
	for i := range trains {
		g.load(&trains[i])
	}
	for rest := g.messages; len(rest) > 0; {
		n, err := g.batch.WriteBatch(rest, 0)
		if n > 0 {
			rest = rest[n:]
			continue
		}
		if err == nil {
			return
		}
		if refusesTrains(err) && len(rest[0].OOB) > 0 {
			// A network card whose driver cannot cut trains: never again, and these go one by one.
			g.segments = false
			g.alone(rest)
			return
		}
		rest = rest[1:] // this one is lost: its address cannot be reached
	}
}

// load makes the messages of a train: one where the kernel cuts it, else one for each packet.
func (g *together) load(t *train) {
	to := g.address(t.to)
	if g.segments && len(t.packets) > 1 {
		m := g.message(to)
		m.Buffers = append(m.Buffers, t.packets...)
		m.OOB = segmentSize(m.OOB[:0], t.size)
		return
	}
	for _, b := range t.packets {
		m := g.message(to)
		m.Buffers = append(m.Buffers, b)
	}
}

// message is the next free message, its storage used again.
func (g *together) message(to *net.UDPAddr) *ipv4.Message {
	if len(g.messages) < cap(g.messages) {
		g.messages = g.messages[:len(g.messages)+1]
	} else {
		g.messages = append(g.messages, ipv4.Message{})
	}
	m := &g.messages[len(g.messages)-1]
	m.Addr, m.Buffers, m.OOB = to, m.Buffers[:0], m.OOB[:0]
	return m
}

// alone sends each packet of the messages by itself.
func (g *together) alone(messages []ipv4.Message) {
	for _, m := range messages {
		for _, b := range m.Buffers {
			_, _ = g.conn.WriteTo(b, m.Addr)
		}
	}
}

func (g *together) address(to netip.AddrPort) *net.UDPAddr {
	if a := g.known[to]; a != nil {
		return a
	}
	if len(g.known) >= knownMost {
		clear(g.known)
	}
	a := net.UDPAddrFromAddrPort(to)
	g.known[to] = a
	return a
}
