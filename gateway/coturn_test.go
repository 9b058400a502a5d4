package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v5"
	"github.com/pion/webrtc/v4"

	"parda/media/relay"
	"parda/signaling"
)

// coturn is Debian's turnserver with the configuration that is shipped.
type coturn struct {
	dir, secret  string
	udp, overTLS string // ports
	host         string // where allocations and the gateway's media are
	roots        *x509.CertPool
}

// hostAddress is an IPv4 address of this machine that is not loopback: coturn lets no allocation lead to a loopback address.
func hostAddress(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	t.Skip("this machine has no IPv4 address but loopback, and coturn lets no allocation lead there")
	return ""
}

// startCoturn runs the program. loudly takes the shipped log settings out, for the control of the test that looks for addresses.
func startCoturn(t *testing.T, loudly bool) *coturn {
	t.Helper()
	program, err := exec.LookPath("turnserver")
	if err != nil {
		t.Skip("turnserver is not installed: deploy/setup.sh test installs Debian's coturn")
	}
	c := &coturn{dir: t.TempDir(), secret: strings.Repeat("5ec2e7", 8), udp: strconv.Itoa(freePort(t)), overTLS: strconv.Itoa(freePort(t)), host: hostAddress(t), roots: x509.NewCertPool()}
	cert, key := filepath.Join(c.dir, "fullchain.pem"), filepath.Join(c.dir, "privkey.pem")
	if err := makeCertificate(cert, key, []string{"127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(cert)
	if err != nil || !c.roots.AppendCertsFromPEM(pem) {
		t.Fatal("the certificate of the test cannot be read")
	}
	shipped, err := os.ReadFile("../deploy/coturn/turnserver.conf")
	if err != nil {
		t.Fatal(err)
	}
	conf := string(shipped)
	for _, r := range [][2]string{{"=LISTEN_IP", "=127.0.0.1"}, {"=RELAY_IP", "=" + c.host}, {"=MEDIA_IP", "=" + c.host}, {"=SECRET", "=" + c.secret},
		{"port=3478", "port=" + c.udp}, {"port=5349", "port=" + c.overTLS}, {"/etc/turnserver/", c.dir + "/"}} {
		if !strings.Contains(conf, r[0]) {
			t.Fatalf("the shipped configuration has no %q", r[0])
		}
		conf = strings.ReplaceAll(conf, r[0], r[1])
	}
	if loudly {
		conf = strings.NewReplacer("\nlog-file=/dev/null\n", "\nlog-file=stdout\nverbose\n", "\nno-stdout-log\n", "\n", "\nsimple-log\n", "\n").Replace(conf)
	}
	path := filepath.Join(c.dir, "turnserver.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(c.dir, "output.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-c", path, "--pidfile="+filepath.Join(c.dir, "pid"))
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); out.Close() })
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+c.overTLS); err == nil {
			conn.Close()
			return c
		}
		if time.Now().After(end) {
			t.Fatalf("turnserver does not come up: %s", c.written(t))
		}
	}
}

// written is all that the program wrote anywhere it was let.
func (c *coturn) written(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.Walk(c.dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() || strings.HasSuffix(path, ".conf") || strings.HasSuffix(path, ".pem") {
			return err
		}
		b, err := os.ReadFile(path)
		all.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// config is the test's gateway with this coturn in place of its own TURN server.
func (c *coturn) config(t *testing.T) Config {
	t.Helper()
	config := testConfig(t.TempDir())
	config.Media = MediaConfig{UDP: c.host + ":0", Addresses: []string{c.host}}
	config.TURN = TURNConfig{External: []string{"turn:127.0.0.1:" + c.udp + "?transport=udp", "turns:127.0.0.1:" + c.overTLS + "?transport=tcp"}, SecretFile: filepath.Join(t.TempDir(), "secret")}
	if err := os.WriteFile(config.TURN.SecretFile, []byte(c.secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return config
}

// aClientsAddress is where the clients of these tests come from: what must stand in no log. Another one than the server's, which may.
const aClientsAddress = "127.0.0.77"

// Dial makes pion's TURN over TCP a TURN over TLS with the test's certificate, from the client's own address. It implements proxy.Dialer.
func (c *coturn) Dial(_, address string) (net.Conn, error) {
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(aClientsAddress)}}
	return tls.DialWithDialer(from, "tcp4", address, &tls.Config{RootCAs: c.roots})
}

// peer is a connection that may use one TURN server and nothing else.
func (c *coturn) peer(t *testing.T, ice signaling.ICEServer, url int) *webrtc.PeerConnection {
	t.Helper()
	se := webrtc.SettingEngine{}
	se.SetICEProxyDialer(c)
	pc, err := tunedAPI(t, webrtc.MimeTypeVP8, se).NewPeerConnection(webrtc.Configuration{ICETransportPolicy: webrtc.ICETransportPolicyRelay,
		ICEServers: []webrtc.ICEServer{{URLs: ice.URLs[url : url+1], Username: ice.Username, Credential: ice.Credential}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	return pc
}

func TestAHearingGoesThroughDebiansCoturnOverUDPAndTLS(t *testing.T) {
	c := startCoturn(t, false)
	court := assembleAt(t, c.config(t))
	app, clerk := court.app, court.clerk
	frame, err := os.ReadFile("../media/relay/testdata/black.vp8")
	if err != nil {
		t.Fatal(err)
	}
	desk := passDesk{app.App, "demo"}
	camera, _ := desk.Servers("token court/bench", "")
	for url, how := range []string{"UDP", "TLS"} {
		// coturn gives a request that was sent twice two nonces, and pion's client gives up over that; a browser asks again, and so does this.
		sends := c.peer(t, camera[0], url)
		offer := offerBy(t, sends, webrtc.MimeTypeVP8)
		for range 3 {
			if strings.Contains(offer, "a=candidate:") {
				break
			}
			sends = c.peer(t, camera[0], url)
			offer = offerBy(t, sends, webrtc.MimeTypeVP8)
		}
		publishBy(t, app.App, app.Token("demo", "court/bench"), "", sends, offer, frame)
		var receives *webrtc.PeerConnection
		again := func() *webrtc.PeerConnection {
			receives = c.peer(t, clerk.untilICE("some", someServers)[0], url)
			return receives
		}
		seen := clerk.watchBy(again(), again, again, again)
		grows(t, "the bench's picture through coturn over "+how, seen["bench video"])
		for _, pc := range []*webrtc.PeerConnection{sends, receives} {
			pair, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
			if pair == nil || err != nil || pair.Local.Typ != webrtc.ICECandidateTypeRelay {
				t.Errorf("%s: the path is %v (%v)", how, pair, err)
			}
		}
		sends.Close()
		receives.Close()
	}
}

// dial opens a TURN client at the coturn, from the client's own address.
func (c *coturn) dial(t *testing.T, overTLS bool, user, password string) *turn.Client {
	t.Helper()
	at := "127.0.0.1:" + c.udp
	conn, err := net.ListenPacket("udp4", aClientsAddress+":0")
	if overTLS {
		at = "127.0.0.1:" + c.overTLS
		var stream net.Conn
		stream, err = c.Dial("tcp4", at)
		if err == nil {
			conn = turn.NewSTUNConn(stream)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	client, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: at, TURNServerAddr: at, Conn: conn, Username: user, Password: password, Realm: "parda",
		RTO: 5 * time.Second}) // a request that is sent twice gets two nonces, and pion's client gives up over that
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); conn.Close() })
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	return client
}

func (c *coturn) credential(t *testing.T) relay.Credential {
	t.Helper()
	passes, err := relay.NewPasses(c.secret, 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return passes.Issue(relay.Holder{Seat: "demo/judge", Page: "one"})
}

func TestTheShippedCoturnLeadsToTheGatewayAndNowhereElse(t *testing.T) {
	c := startCoturn(t, false)
	good := c.credential(t)
	for _, overTLS := range []bool{false, true} {
		client := c.dial(t, overTLS, good.Username, good.Password)
		if _, err := client.Allocate(); err != nil {
			t.Fatalf("the control: a good credential opens nothing: %v", err)
		}
		if err := client.CreatePermission(&net.UDPAddr{IP: net.ParseIP(c.host), Port: 8472}); err != nil {
			t.Errorf("the gateway's address is denied: %v", err)
		}
		for _, denied := range []string{"127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "192.0.2.77", "224.0.0.1", "8.8.8.8"} {
			if err := client.CreatePermission(&net.UDPAddr{IP: net.ParseIP(denied), Port: 8472}); err == nil {
				t.Errorf("an allocation may talk to %s", denied)
			}
		}
	}
	_, handle, _ := strings.Cut(good.Username, ":")
	over := fmt.Sprintf("%d:%s", time.Now().Add(-time.Minute).Unix(), handle)
	mac := hmac.New(sha1.New, []byte(c.secret))
	mac.Write([]byte(over))
	for name, tried := range map[string][2]string{
		"one whose time is over":   {over, base64.StdEncoding.EncodeToString(mac.Sum(nil))},
		"one of another's secret":  {good.Username, base64.StdEncoding.EncodeToString(make([]byte, 20))},
		"one without a time in it": {handle, good.Password},
	} {
		if _, err := c.dial(t, false, tried[0], tried[1]).Allocate(); err == nil {
			t.Errorf("a credential opened an allocation: %s", name)
		}
	}
}

// strain does what makes a TURN server talk: sessions that open, relay, end, are refused and break off.
func (c *coturn) strain(t *testing.T) {
	t.Helper()
	good := c.credential(t)
	for _, overTLS := range []bool{false, true} {
		client := c.dial(t, overTLS, good.Username, good.Password)
		relayed, err := client.Allocate()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := relayed.WriteTo([]byte("x"), &net.UDPAddr{IP: net.ParseIP(c.host), Port: 9}); err != nil {
			t.Fatal(err)
		}
		_ = client.CreatePermission(&net.UDPAddr{IP: net.ParseIP("10.0.0.1"), Port: 9})
		if err := relayed.Close(); err != nil {
			t.Fatal(err)
		}
		_, _ = c.dial(t, overTLS, good.Username, "wrong").Allocate()
	}
	for _, port := range []string{c.udp, c.overTLS} {
		conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(aClientsAddress)}}).Dial("tcp4", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(bytes.Repeat([]byte("garbage "), 200))
		conn.Close()
	}
}

func TestTheShippedCoturnWritesNobodysAddress(t *testing.T) {
	loud := startCoturn(t, true)
	loud.strain(t)
	for end := time.Now().Add(10 * time.Second); !strings.Contains(loud.written(t), aClientsAddress); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the control: coturn names no client even when it is told to, so this test would find nothing")
		}
	}
	c := startCoturn(t, false)
	c.strain(t)
	time.Sleep(time.Second) // what it would write late
	if all := c.written(t); strings.Contains(all, aClientsAddress) || strings.Contains(all, "session") {
		t.Errorf("coturn wrote of its clients:\n%s", all)
	}
}
