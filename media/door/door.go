// Package door bounds who may come in over a TCP listener: how many connections there are at once, in all and from one address, and how long one may stay
// silent. It stands before pages, ICE-TCP and TURN-TCP alike.
//
// It knows no protocol, and it keeps an address only as long as a connection from it is open. Rates of requests are not its business but those of
// the doors behind it.
package door

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Limits of one listener. Zero means no such limit.
type Limits struct {
	Most  int           // connections at once
	OfOne int           // connections at once from one address (IPv4) or one network (IPv6, /64: what a household or an office is given)
	Idle  time.Duration // a connection that sends nothing for so long is closed
}

// Guard puts limits before l. What is over a limit is closed at once. Accept goes on after an error of one connection or a shortage of descriptors, and
// ends only when l is closed: a server that takes any error for the end would be shut for good by a flood.
func Guard(l net.Listener, limits Limits) net.Listener {
	return &guarded{Listener: l, limits: limits, of: map[netip.Prefix]int{}, open: map[*counted]struct{}{}, done: make(chan struct{})}
}

// HangUp closes every connection that came in by a listener of Guard's, for an end that must not wait for strangers.
func HangUp(l net.Listener) {
	g, ok := l.(*guarded)
	if !ok {
		return
	}
	g.mu.Lock()
	var all []*counted
	for c := range g.open {
		all = append(all, c)
	}
	g.mu.Unlock()
	for _, c := range all {
		_ = c.Close()
	}
}

type guarded struct {
	net.Listener
	limits Limits
	once   sync.Once
	done   chan struct{}

	mu  sync.Mutex
	all int
	of  map[netip.Prefix]int // open connections by address; no entry where there are none

	open map[*counted]struct{}
}

// Accept implements net.Listener.
func (g *guarded) Accept() (net.Conn, error) {
	const first, most = 5 * time.Millisecond, time.Second
	wait := first
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil, err
			}
			select {
			case <-g.done:
				return nil, err
			case <-time.After(wait):
			}
			wait = min(2*wait, most)
			continue
		}
		wait = first
		from := prefixOf(c.RemoteAddr())
		if !g.enter(from) {
			refuse(c)
			continue
		}
		in := &counted{Conn: c, idle: g.limits.Idle}
		in.leave = func() { g.leave(from, in) }
		g.mu.Lock()
		g.open[in] = struct{}{}
		g.mu.Unlock()
		return in, nil
	}
}

// Close implements net.Listener.
func (g *guarded) Close() error {
	g.once.Do(func() { close(g.done) })
	return g.Listener.Close()
}

func (g *guarded) enter(from netip.Prefix) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.limits.Most > 0 && g.all >= g.limits.Most || g.limits.OfOne > 0 && g.of[from] >= g.limits.OfOne {
		return false
	}
	g.all++
	g.of[from]++
	return true
}

func (g *guarded) leave(from netip.Prefix, c *counted) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.open, c)
	g.all--
	if g.of[from]--; g.of[from] == 0 {
		delete(g.of, from)
	}
}

// refuse closes without waiting for what the other side has not acknowledged: a refusal must cost less than an attempt.
func refuse(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

// prefixOf is what counts as one address. What is none counts together.
func prefixOf(a net.Addr) netip.Prefix {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := t.AddrPort().Addr().Unmap().WithZone("")
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	p, _ := ip.Prefix(bits) // zero for an address that is none
	return p
}

// counted leaves when it is closed, and is closed when it is silent.
type counted struct {
	net.Conn
	idle  time.Duration
	once  sync.Once
	leave func()

	mu    sync.Mutex
	until time.Time // the deadline that its owner set
}

// Read implements net.Conn.
func (c *counted) Read(b []byte) (int, error) {
	if c.idle > 0 {
		c.mu.Lock()
		silent := time.Now().Add(c.idle)
		if !c.until.IsZero() && c.until.Before(silent) {
			silent = c.until
		}
		err := c.Conn.SetReadDeadline(silent)
		c.mu.Unlock()
		if err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(b)
}

// SetReadDeadline implements net.Conn: the owner's deadline holds where it is the earlier one.
func (c *counted) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = t
	if c.idle > 0 && t.IsZero() {
		t = time.Now().Add(c.idle)
	}
	return c.Conn.SetReadDeadline(t)
}

// SetDeadline implements net.Conn.
func (c *counted) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.once.Do(c.leave)
	return c.Conn.Close()
}
