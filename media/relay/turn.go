package relay

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"

	"parda/media/door"
)

// TURNConfig says where the TURN server listens and what it leads to.
type TURNConfig struct {
	// UDPAddr and TCPAddr are where it listens, "host:port"; port 0 takes a free one. TCPAddr "" means none.
	UDPAddr, TCPAddr string
	// Realm of the long-term credentials (RFC 8489 section 9.2).
	Realm string
	// PublicIP is the address that allocations get. Required.
	PublicIP string
	// Passes hands out the credentials. Required.
	Passes *Passes
	// Peers are the only places that an allocation may talk to: the relay's media port at each of its addresses, "ip:port". At least one.
	Peers []string
}

const maxAllocations = 1024

// TURN is a small TURN server (RFC 8656) for viewers and stations whose network lets nothing else out. It is no open relay: credentials end, and an allocation
// reaches the configured peers and no other address or port, in neither direction.
type TURN struct {
	server *turn.Server
	udp    net.PacketConn
	tcp    net.Listener
}

// NewTURN opens the ports and starts the server.
func NewTURN(cfg TURNConfig) (_ *TURN, err error) {
	public, err := netip.ParseAddr(cfg.PublicIP)
	if err != nil || cfg.Passes == nil || len(cfg.Peers) == 0 {
		return nil, errors.New("relay: TURN needs a public IP, credentials, and a peer")
	}
	gate := &turnGate{public: public, peers: map[netip.AddrPort]bool{}, passes: cfg.Passes}
	for _, p := range cfg.Peers {
		peer, err := netip.ParseAddrPort(p)
		if err != nil {
			return nil, errors.New("relay: a peer of TURN is no ip:port")
		}
		gate.peers[netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port())] = true
	}
	t := &TURN{}
	defer func() {
		if err != nil {
			_ = t.Close()
		}
	}()
	if t.udp, err = net.ListenPacket("udp", cfg.UDPAddr); err != nil {
		return nil, fmt.Errorf("relay: TURN cannot listen on UDP: %w", err)
	}
	sc := turn.ServerConfig{
		Realm: cfg.Realm, LoggerFactory: muteFactory{},
		AuthHandler:       credentialsHandler(cfg.Passes),
		QuotaHandler:      func(handle, _ string, _ net.Addr) bool { return cfg.Passes.room(handle) },
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: steady{t.udp}, RelayAddressGenerator: gate, PermissionHandler: gate.permit}},
	}
	if cfg.TCPAddr != "" {
		if t.tcp, err = listenTCP(cfg.TCPAddr, turnTCPs); err != nil {
			return nil, fmt.Errorf("relay: TURN cannot listen on TCP: %w", err)
		}
		sc.ListenerConfigs = []turn.ListenerConfig{{Listener: t.tcp, RelayAddressGenerator: gate, PermissionHandler: gate.permit}}
	}
	if t.server, err = turn.NewServer(sc); err != nil {
		return nil, fmt.Errorf("relay: TURN does not start: %w", err)
	}
	return t, nil
}

// Addresses of the ports as they are. tcp is "" when there is none.
func (t *TURN) Addresses() (udp, tcp string) {
	if t.tcp != nil {
		tcp = t.tcp.Addr().String()
	}
	return t.udp.LocalAddr().String(), tcp
}

// Close ends the server and all allocations.
func (t *TURN) Close() error {
	if t.server != nil {
		err := t.server.Close()
		if t.tcp != nil {
			door.HangUp(t.tcp) // the server leaves open what came in over TCP
		}
		return err
	}
	if t.udp != nil {
		_ = t.udp.Close()
	}
	if t.tcp != nil {
		_ = t.tcp.Close()
	}
	return nil
}

// credentialsHandler takes what the desk handed out and has not taken back. The password itself is checked by the server, against the key returned here.
// What a handle opened is the handle's, whichever of its user names is shown.
func credentialsHandler(passes *Passes) turn.AuthHandler {
	return func(ra *turn.RequestAttributes) (string, []byte, bool) {
		handle, ok := passes.good(ra.Username, ra.Method != stun.MethodAllocate)
		if !ok {
			return "", nil, false
		}
		return handle, turn.GenerateAuthKey(ra.Username, ra.Realm, turnPassword(passes.secret, ra.Username)), true
	}
}

// turnGate allocates sockets that reach the peers only.
type turnGate struct {
	public netip.Addr
	peers  map[netip.AddrPort]bool
	passes *Passes
	open   atomic.Int64
}

// permit is the answer to CreatePermission and ChannelBind, which name an address only; the socket itself looks at the port too.
func (g *turnGate) permit(_ net.Addr, ip net.IP) bool {
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return false
	}
	for p := range g.peers {
		if p.Addr() == addr.Unmap() {
			return true
		}
	}
	return false
}

// Validate implements turn.RelayAddressGenerator.
func (g *turnGate) Validate() error { return nil }

// AllocatePacketConn implements turn.RelayAddressGenerator.
func (g *turnGate) AllocatePacketConn(conf turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	if g.open.Add(1) > maxAllocations {
		g.open.Add(-1)
		return nil, nil, ErrTooMany
	}
	host := "0.0.0.0"
	if !g.public.Is4() {
		host = "::"
	}
	if g.public.IsLoopback() {
		host = g.public.String()
	}
	conn, err := net.ListenPacket(conf.Network, net.JoinHostPort(host, "0"))
	if err != nil {
		g.open.Add(-1)
		return nil, nil, err
	}
	local, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		g.open.Add(-1)
		return nil, nil, errors.Join(errors.New("relay: not a UDP socket"), conn.Close())
	}
	c := &gatedConn{PacketConn: conn, gate: g, handle: conf.UserID}
	if !g.passes.open(conf.UserID, c) { // taken back since the request was checked, or a search for an even port, which nobody here needs
		return nil, nil, errors.Join(ErrTooMany, c.Close())
	}
	return c, &net.UDPAddr{IP: g.public.AsSlice(), Port: local.Port}, nil
}

// AllocateListener implements turn.RelayAddressGenerator: there are no TCP allocations (RFC 6062).
func (g *turnGate) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errors.New("relay: no TCP allocations")
}

// AllocateConn implements turn.RelayAddressGenerator: there are no TCP allocations.
func (g *turnGate) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) {
	return nil, errors.New("relay: no TCP allocations")
}

func (g *turnGate) is(addr net.Addr) bool {
	u, ok := addr.(*net.UDPAddr)
	if !ok {
		return false
	}
	ap := u.AddrPort()
	return g.peers[netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())]
}

// gatedConn drops what is not to or from a peer.
type gatedConn struct {
	net.PacketConn
	gate   *turnGate
	handle string
	closed atomic.Bool
}

// ReadFrom implements net.PacketConn.
func (c *gatedConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.PacketConn.ReadFrom(b)
		if err != nil || c.gate.is(from) {
			return n, from, err
		}
	}
}

// WriteTo implements net.PacketConn. What must not go out is taken as sent: UDP promises no more.
func (c *gatedConn) WriteTo(b []byte, to net.Addr) (int, error) {
	if !c.gate.is(to) {
		return len(b), nil
	}
	return c.PacketConn.WriteTo(b, to)
}

// Close implements net.PacketConn.
func (c *gatedConn) Close() error {
	if !c.closed.Swap(true) {
		c.gate.open.Add(-1)
		c.gate.passes.shut(c.handle, c)
	}
	return c.PacketConn.Close()
}
