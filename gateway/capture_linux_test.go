package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"parda/gateway/visibility"
)

// The room's cable: on this end the gateway, on the other the station in a network namespace of its own, whose default route leads to us, so that
// whatever it would send anywhere comes past.
const (
	gatewayEnd = "10.213.72.1"
	roomEnd    = "10.213.72.2"
)

// roomCable makes the namespace and the cable, or skips.
func roomCable(t *testing.T) (namespace, device string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: a network namespace and a capture need root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("SKIPPED: there is no ip (Debian package iproute2) to make a network namespace with")
	}
	id := strconv.Itoa(os.Getpid() % 100000)
	namespace, device = "parda-room"+id, "pg"+id
	ip := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Skipf("SKIPPED: network namespaces are not to be had here: ip %s: %v %s", strings.Join(args, " "), err, out)
		}
	}
	ip("netns", "add", namespace)
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", namespace).Run() })
	ip("link", "add", device, "type", "veth", "peer", "name", "room0", "netns", namespace)
	ip("addr", "add", gatewayEnd+"/24", "dev", device)
	ip("link", "set", device, "up")
	ip("-n", namespace, "link", "set", "lo", "up")
	ip("-n", namespace, "addr", "add", roomEnd+"/24", "dev", "room0")
	ip("-n", namespace, "link", "set", "room0", "up")
	ip("-n", namespace, "route", "add", "default", "via", gatewayEnd)
	return namespace, device
}

// capture notes who talks to whom on a device, by a packet socket (packet(7)).
type capture struct {
	mu    sync.Mutex
	flows map[string]int // what the room sent, by protocol and destination
}

func startCapture(t *testing.T, device string) *capture {
	t.Helper()
	link, err := net.InterfaceByName(device)
	if err != nil {
		t.Fatal(err)
	}
	all := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL)) // in network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(all))
	if err != nil {
		t.Skipf("SKIPPED: no packet socket is to be had here: %v", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: link.Index}); err != nil {
		t.Fatal(err)
	}
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000})
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 32<<20)
	c := &capture{flows: map[string]int{}}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1<<16)
		for {
			n, from, err := unix.Recvfrom(fd, b, 0)
			if l, ok := from.(*unix.SockaddrLinklayer); err == nil && ok && l.Pkttype != unix.PACKET_OUTGOING {
				c.take(b[:n])
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-done; _ = unix.Close(fd) })
	return c
}

// take notes one Ethernet frame of the room's.
func (c *capture) take(b []byte) {
	flow := "a frame that is cut off"
	switch {
	case len(b) < 34:
		if len(b) >= 14 && binary.BigEndian.Uint16(b[12:]) == unix.ETH_P_ARP {
			flow = "ARP"
		}
	case binary.BigEndian.Uint16(b[12:]) == unix.ETH_P_ARP:
		flow = "ARP"
	case binary.BigEndian.Uint16(b[12:]) == unix.ETH_P_IP:
		head := 14 + 4*int(b[14]&0x0f)
		to, _ := netip.AddrFromSlice(b[30:34])
		flow = fmt.Sprintf("protocol %d to %s", b[23], to)
		if name := map[byte]string{unix.IPPROTO_TCP: "tcp", unix.IPPROTO_UDP: "udp"}[b[23]]; name != "" && len(b) >= head+4 {
			flow = name + " " + netip.AddrPortFrom(to, binary.BigEndian.Uint16(b[head+2:])).String()
		}
	case binary.BigEndian.Uint16(b[12:]) == unix.ETH_P_IPV6 && len(b) >= 54:
		next := b[20]
		if next == unix.IPPROTO_HOPOPTS && len(b) > 54 {
			next = b[54] // multicast listener reports
		}
		flow = fmt.Sprintf("IPv6 protocol %d", next)
	}
	c.mu.Lock()
	c.flows[flow]++
	c.mu.Unlock()
}

// strange are the flows that are none of those allowed.
func (c *capture) strange(allowed ...string) (out []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for flow, n := range c.flows {
		known := false
		for _, a := range allowed {
			known = known || flow == a
		}
		if !known {
			out = append(out, fmt.Sprintf("%s (%d)", flow, n))
		}
	}
	return out
}

func (c *capture) count(flow string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.flows[flow]
}

// The real station and the real gateway play a whole session; of the room's cable every frame is seen.
func TestTheStationTalksToTheGatewayAlone(t *testing.T) {
	namespace, device := roomCable(t)
	dir := t.TempDir()
	station := filepath.Join(dir, "station")
	if out, err := exec.Command("go", "build", "-o", station, "../media/station").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: the station cannot be built here (it needs libvpx and libopus): %v %s", err, out)
	}
	seen := startCapture(t, device)
	cfg := testConfig(filepath.Join(dir, "data"))
	cfg.HTTP.Listen, cfg.Media.UDP, cfg.Media.Addresses, cfg.TURN.UDP = gatewayEnd+":0", gatewayEnd+":0", []string{gatewayEnd}, gatewayEnd+":0"
	app := runApp(t, cfg)
	tlsURL, err := url.Parse(app.TLSURL())
	if err != nil {
		t.Fatal(err)
	}
	page := net.JoinHostPort(gatewayEnd, tlsURL.Port())
	media, _ := app.relay.Addresses()

	judge, key := sit(t, app.App, "judge"), newSigner(t)
	judge.must("key.enrol", map[string]string{"key": key.spki()})
	draft := judge.until("has a draft", func(v visibility.View) bool { return v.Draft != nil }).Draft
	judge.must("order.sign", map[string]any{"bytes": draft.Bytes, "signature": key.sign(draft.Bytes)})
	cmd := exec.Command("ip", "netns", "exec", namespace, station, "testify", "-gateway", "https://"+page, "-gateway-cert", app.CertificateFile(),
		"-hearing", "demo", "-camera", "demo:witness", "-state", "", "-json")
	cmd.Env = append(os.Environ(), "PARDA_TOKEN="+app.Token("demo", "witness"))
	said := &lockedWriter{}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("the station said:\n%s", said)
		}
	})

	judge.must("hearing.open", nil)
	judge.until("sees the station", func(v visibility.View) bool { return v.Testimony.Station == "up" })
	judge.must("identity.verified", map[string]string{"how": "passport shown to the judge alone"})
	kiosk := openAt(t, app.App, "witness", nil, app.Token("demo", "witness")) // consents in the place of the witness's page
	kiosk.must("testimony.rehearse", nil)
	kiosk.must("witness.consent", map[string]any{"language": "az", "interpreter": false})
	picture := judge.watch()["witness video"]
	judge.certified(kiosk)
	judge.must("testimony.call", nil)
	grows(t, "the real witness's picture at the judge", picture)
	kiosk.must("testimony.pause", map[string]string{"why": "break"})
	judge.certified(kiosk)
	judge.must("testimony.call", nil)
	grows(t, "the real witness's picture at the judge again", picture)
	judge.must("testimony.release", nil)
	time.Sleep(500 * time.Millisecond)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the station does not end")
	}

	// ARP and ICMPv6 (58: neighbours and listeners) are the kernel's, of a cable that comes up, and ICMP (1) of a port that has just been closed.
	allowed := []string{"tcp " + page, "udp " + media, "ARP", "IPv6 protocol 58", "protocol 1 to " + gatewayEnd}
	if strange := seen.strange(allowed...); len(strange) > 0 {
		t.Errorf("the station talked to others than the gateway: %s", strings.Join(strange, "; "))
	}
	for _, flow := range allowed[:2] {
		if seen.count(flow) < 20 {
			t.Errorf("of %s only %d packets were seen: the capture proves nothing", flow, seen.count(flow))
		}
	}
	noAddressOfTheRoom(t, app, judge, filepath.Join(dir, "data"))
	// And one that does go elsewhere is seen.
	if out, err := exec.Command("ip", "netns", "exec", namespace, "bash", "-c", "echo x >/dev/udp/192.0.2.53/53").CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	for end := time.Now().Add(10 * time.Second); len(seen.strange(allowed...)) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a packet to another place was not seen: the capture proves nothing")
		}
	}
}

// noAddressOfTheRoom searches what a gateway that was talked to from another address than its own has said and kept.
func noAddressOfTheRoom(t *testing.T, app running, judge *page, data string) {
	t.Helper()
	res, err := http.Get(app.URL() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	app.end()
	sinks := &haystack{all: map[string][]byte{}}
	sinks.add("GET /metrics", metrics)
	sinks.add("log", []byte(app.logged()))
	judge.mu.Lock()
	sinks.add("WebSocket", judge.all)
	judge.mu.Unlock()
	sinks.addFolder(t, data)
	if !sinks.hold("WebSocket", "witness") || !sinks.hold("file", "testimony.live") {
		t.Error("the search finds not even what must be there")
	}
	for where := range sinks.all {
		if sinks.hold(where, roomEnd) {
			t.Errorf("%s holds the room's address", where)
		}
	}
}
