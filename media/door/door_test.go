package door

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// open listens with limits and hands on what is let in.
func open(t *testing.T, limits Limits) (string, chan net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g, in := Guard(l, limits), make(chan net.Conn, 64)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := g.Accept()
			if err != nil {
				return
			}
			in <- c
		}
	}()
	t.Cleanup(func() { g.Close(); <-done })
	return l.Addr().String(), in
}

func dial(t *testing.T, at, from string) net.Conn {
	t.Helper()
	c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial("tcp4", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// shut tells whether a connection from an address is refused, at once or within ten seconds.
func shut(t *testing.T, at, from string) bool {
	t.Helper()
	c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial("tcp4", at)
	if err != nil {
		return true
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, err = c.Read(make([]byte, 1))
	var late net.Error
	return err != nil && !(errors.As(err, &late) && late.Timeout())
}

func accepted(t *testing.T, in chan net.Conn) net.Conn {
	t.Helper()
	select {
	case c := <-in:
		t.Cleanup(func() { c.Close() })
		return c
	case <-time.After(10 * time.Second):
		t.Fatal("nobody was let in")
		return nil
	}
}

func TestOneAddressTakesOnlyItsOwnPlaces(t *testing.T) {
	at, in := open(t, Limits{Most: 10, OfOne: 2})
	dial(t, at, "127.0.0.2")
	first := accepted(t, in)
	dial(t, at, "127.0.0.2")
	accepted(t, in)
	if !shut(t, at, "127.0.0.2") {
		t.Error("a third connection of one address was let in")
	}
	dial(t, at, "127.0.0.3")
	accepted(t, in)
	first.Close()
	first.Close() // leaves once
	dial(t, at, "127.0.0.2")
	accepted(t, in)
	if !shut(t, at, "127.0.0.2") {
		t.Error("one that was closed twice made room for two")
	}
}

func TestHangUpClosesWhoIsIn(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := Guard(l, Limits{})
	defer g.Close()
	dial(t, l.Addr().String(), "127.0.0.2")
	s, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	HangUp(g)
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a connection that was hung up on answers %v", err)
	}
}

func TestAllAddressesTogetherHaveALimit(t *testing.T) {
	at, in := open(t, Limits{Most: 2, OfOne: 2})
	dial(t, at, "127.0.0.2")
	accepted(t, in)
	dial(t, at, "127.0.0.3")
	accepted(t, in)
	if !shut(t, at, "127.0.0.4") {
		t.Error("one more than the limit was let in")
	}
}

func TestAConnectionThatIsSilentEndsAndItsOwnersDeadlineHoldsTooWhereItIsEarlier(t *testing.T) {
	at, in := open(t, Limits{Idle: 300 * time.Millisecond})
	c := dial(t, at, "127.0.0.2")
	s := accepted(t, in)
	b := make([]byte, 1)
	for range 4 { // longer than Idle in all
		time.Sleep(100 * time.Millisecond)
		if _, err := c.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(b); err != nil {
			t.Fatalf("one that speaks was cut off: %v", err)
		}
	}
	if _, err := s.Read(b); err == nil {
		t.Error("one that is silent was not cut off")
	}
	slow, in := open(t, Limits{Idle: time.Hour})
	dial(t, slow, "127.0.0.2")
	s = accepted(t, in)
	if err := s.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(b); err == nil {
		t.Error("its owner's deadline was forgotten")
	}
}

// starved is a listener that has no descriptor left a few times.
type starved struct {
	net.Listener
	fails atomic.Int32
}

func (s *starved) Accept() (net.Conn, error) {
	if s.fails.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return s.Listener.Accept()
}

func TestAFloodThatTakesAllDescriptorsDoesNotShutTheDoorForGood(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &starved{Listener: l}
	s.fails.Store(3)
	g := Guard(s, Limits{})
	go func() {
		if c, err := net.Dial("tcp4", l.Addr().String()); err == nil {
			c.Close()
		}
	}()
	c, err := g.Accept()
	if err != nil {
		t.Fatalf("the door is shut: %v", err)
	}
	c.Close()
	g.Close()
	if _, err := g.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a door that was closed answers %v", err)
	}
}

func TestWhatCountsAsOneAddress(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1:1", "192.0.2.1:2", true},
		{"192.0.2.1:1", "192.0.2.2:1", false},
		{"[::ffff:192.0.2.1]:1", "192.0.2.1:1", true},
		{"[2001:db8::1]:1", "[2001:db8::ffff:2]:1", true},
		{"[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false},
		{"[fe80::1%a]:1", "[fe80::1%b]:1", true},
	} {
		of := func(s string) netip.Prefix { return prefixOf(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s))) }
		if got := of(tc.a) == of(tc.b); got != tc.same {
			t.Errorf("%s and %s: %v", tc.a, tc.b, got)
		}
	}
}
