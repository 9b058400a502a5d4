package relay

import (
	"bytes"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"
)

// ear is a UDP socket that keeps what it gets.
type ear struct {
	conn *net.UDPConn
	at   netip.AddrPort
}

func newEar(t *testing.T) *ear {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &ear{c, c.LocalAddr().(*net.UDPAddr).AddrPort()}
}

// hear reads n packets, or as many as come within the time.
func (e *ear) hear(n int, within time.Duration) (got [][]byte) {
	_ = e.conn.SetReadDeadline(time.Now().Add(within))
	buf := make([]byte, 2000)
	for len(got) < n {
		k, err := e.conn.Read(buf)
		if err != nil {
			return got
		}
		got = append(got, bytes.Clone(buf[:k]))
	}
	return got
}

func newTestMouth(t *testing.T, address string, path func(*net.UDPConn) carrier) *mouth {
	t.Helper()
	at, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.ListenUDP("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	m := newMouth(c, path(c))
	t.Cleanup(func() { m.late.Stop(); c.Close() })
	return m
}

func rtpOf(size, tag int) []byte {
	b := bytes.Repeat([]byte{byte(tag)}, size)
	b[0], b[1] = 0x80, 96
	return b
}

// paths are the ways out that a platform may have. They must not differ in what arrives.
var paths = map[string]func(*net.UDPConn) carrier{
	"as here":   newCarrier,
	"no trains": func(c *net.UDPConn) carrier { g := newTogether(c); g.segments = false; return g },
	"plain":     func(c *net.UDPConn) carrier { return single{c} },
	"a route that cannot cut trains": func(c *net.UDPConn) carrier {
		raw, err := c.SyscallConn()
		if err != nil {
			panic(err)
		}
		// A socket that sends without checksums refuses trains, as a network card may.
		_ = raw.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, 11 /* SO_NO_CHECK */, 1) })
		if err != nil {
			panic(err)
		}
		return newTogether(c)
	},
}

func TestABurstArrivesWholeInOrderAndUnchangedOnEveryPath(t *testing.T) {
	sizes := []int{1100, 1100, 1100, 640, 1100, 80, 1100, 1100, 1, 2}
	for name, path := range paths {
		for _, address := range []string{"127.0.0.1:0", "[::]:0"} { // a socket of both families speaks to IPv4 addresses too
			t.Run(name+" from "+address, func(t *testing.T) {
				m := newTestMouth(t, address, path)
				ears := []*ear{newEar(t), newEar(t), newEar(t)}
				for round := range 3 { // storage is used again
					var want [][]byte
					for i, size := range sizes {
						b := rtpOf(max(2, size), round*16+i)
						want = append(want, b)
						for _, e := range ears {
							at := e.at
							if address[0] == '[' {
								at = netip.AddrPortFrom(netip.AddrFrom16(at.Addr().As16()), at.Port())
							}
							if n, err := m.WriteToAddrPort(b, at); err != nil || n != len(b) {
								t.Fatal(n, err)
							}
						}
					}
					m.flush()
					for i, e := range ears {
						if got := e.hear(len(want), 2*time.Second); !slices.EqualFunc(got, want, bytes.Equal) {
							t.Fatalf("round %d, subscriber %d: %d packets came, not the %d sent in their order", round, i, len(got), len(want))
						}
					}
				}
				if g, ok := m.carrier.(*together); ok && g.segments != (name == "as here") {
					t.Errorf("trains are cut by the kernel: %v", g.segments)
				}
			})
		}
	}
}

func TestAPacketWaitsForItsPictureAndNoLongerThanTheBound(t *testing.T) {
	m, e := newTestMouth(t, "127.0.0.1:0", newCarrier), newEar(t)
	m.late.Stop()
	if _, err := m.WriteToAddrPort(rtpOf(100, 1), e.at); err != nil {
		t.Fatal(err)
	}
	if got := e.hear(1, 2*time.Second); len(got) != 1 {
		t.Fatal("a packet that nobody flushed never left")
	}
}

func TestWhatIsDroppedNeverLeaves(t *testing.T) {
	m, e := newTestMouth(t, "127.0.0.1:0", newCarrier), newEar(t)
	for i := range 5 {
		m.mu.Lock() // so that the clock of the mouth cannot come between
		m.store, m.parcel = append(m.store, rtpOf(50, i)...), append(m.parcel, parcel{e.at, 50 * i, 50 * (i + 1)})
		m.mu.Unlock()
	}
	m.drop()
	m.flush()
	if _, err := m.WriteToAddrPort(rtpOf(60, 9), e.at); err != nil {
		t.Fatal(err)
	}
	m.flush()
	if got := e.hear(1, 2*time.Second); len(got) != 1 || len(got[0]) != 60 {
		t.Error("a packet left that was dropped")
	}
}

func TestOnlyMediaWaits(t *testing.T) {
	for name, c := range map[string]struct {
		b     []byte
		waits bool
	}{
		"RTP, VP8":            {[]byte{0x80, 96}, true},
		"RTP, VP8, marker":    {[]byte{0x80, 96 | 0x80}, true},
		"RTP, Opus":           {[]byte{0x90, 111}, true},
		"RTCP sender report":  {[]byte{0x80, 200}, false},
		"RTCP feedback":       {[]byte{0x81, 206}, false},
		"STUN binding":        {[]byte{0, 1}, false},
		"DTLS handshake":      {[]byte{22, 254}, false},
		"DTLS application":    {[]byte{23, 254}, false},
		"one byte":            {[]byte{0x80}, false},
		"nothing":             {nil, false},
		"TURN channel number": {[]byte{0x40, 0}, false},
	} {
		if got := isRTP(c.b); got != c.waits {
			t.Errorf("%s waits: %v", name, got)
		}
	}
}

func TestAWaitingBurstIsBounded(t *testing.T) {
	sent := 0
	m := newMouth(nil, carrierFunc(func(trains []train) {
		for _, tr := range trains {
			sent += len(tr.packets)
			if len(tr.packets) > trainMost || tr.bytes > trainBytes {
				t.Errorf("a train of %d packets and %d bytes", len(tr.packets), tr.bytes)
			}
		}
	}))
	defer m.late.Stop()
	to := netip.MustParseAddrPort("192.0.2.1:9")
	for i := range 3 * burstParcels {
		if _, err := m.WriteToAddrPort(rtpOf(1200, i), to); err != nil {
			t.Fatal(err)
		}
		m.mu.Lock() // the mouth's clock may send at any time
		waiting, bytes := len(m.parcel), len(m.store)
		m.mu.Unlock()
		if waiting >= burstParcels || bytes > burstBytes {
			t.Fatalf("%d packets of %d bytes wait", waiting, bytes)
		}
	}
	m.flush()
	if sent < 2*burstParcels {
		t.Errorf("only %d left", sent)
	}
}

type carrierFunc func([]train)

func (f carrierFunc) carry(t []train) { f(t) }

func TestABurstInSteadyStateAllocatesNothing(t *testing.T) {
	m := newMouth(nil, carrierFunc(func([]train) {}))
	var to []netip.AddrPort
	for i := range 40 {
		to = append(to, netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(9000+i)))
	}
	b := rtpOf(1100, 1)
	burst := func() {
		for range 6 {
			for _, a := range to {
				_, _ = m.WriteToAddrPort(b, a)
			}
		}
		m.flush()
	}
	burst()
	if n := testing.AllocsPerRun(50, burst); n > 0 {
		t.Errorf("%v allocations a burst", n)
	}
}
