package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/webrtc/v4"
)

// proxied is a gateway behind Debian's nginx with the configuration that is shipped.
type proxied struct {
	running
	dir    string
	url    string
	client *http.Client
	roots  *x509.CertPool
}

// startNginx runs a gateway and the program before it. loudly lets nginx write what it writes by default, for the control.
func startNginx(t *testing.T, loudly bool) *proxied {
	t.Helper()
	program, err := exec.LookPath("/usr/sbin/nginx")
	if err != nil {
		t.Skip("nginx is not installed: deploy/setup.sh test installs Debian's nginx-light")
	}
	port := strconv.Itoa(freePort(t))
	config := testConfig(t.TempDir())
	config.HTTP.Origin = "https://localhost:" + port
	p := &proxied{running: runApp(t, config), dir: t.TempDir(), url: config.HTTP.Origin, roots: x509.NewCertPool()}
	if err := os.Chmod(p.dir, 0o755); err != nil { // its workers are www-data
		t.Fatal(err)
	}
	cert, key := filepath.Join(p.dir, "fullchain.pem"), filepath.Join(p.dir, "privkey.pem")
	if err := makeCertificate(cert, key, []string{"localhost"}); err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(cert)
	if err != nil || !p.roots.AppendCertsFromPEM(pem) {
		t.Fatal("the certificate of the test cannot be read")
	}
	shipped, err := os.ReadFile("../deploy/nginx/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	conf := string(shipped)
	for _, r := range [][2]string{{"LISTEN:443", "127.0.0.1:" + port}, {"server_name NAME;", "server_name localhost;"}, {"/etc/parda/tls/", p.dir + "/"},
		{"/run/nginx.pid", p.dir + "/pid"}, {"/var/log/nginx/", p.dir + "/"}, {"http://127.0.0.1:8470;", "http://" + p.local.Addr().String() + ";"}} {
		if !strings.Contains(conf, r[0]) {
			t.Fatalf("the shipped configuration has no %q", r[0])
		}
		conf = strings.ReplaceAll(conf, r[0], r[1])
	}
	if loudly {
		conf = strings.NewReplacer("access_log off;", "access_log "+p.dir+"/access.log;", "error_log /dev/null emerg;", "error_log "+p.dir+"/loud.log info;").Replace(conf)
	}
	path := filepath.Join(p.dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(p.dir, "output.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-c", path, "-p", p.dir, "-e", filepath.Join(p.dir, "early.log"), "-g", "daemon off;")
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait(); out.Close() })
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(aClientsAddress)}}
	p.client = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return from.DialContext(ctx, "tcp4", "127.0.0.1:"+port)
		},
		TLSClientConfig: &tls.Config{RootCAs: p.roots},
	}}
	t.Cleanup(p.client.CloseIdleConnections)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			conn.Close()
			return p
		}
		if time.Now().After(end) {
			t.Fatalf("nginx does not come up: %s", (&coturn{dir: p.dir}).written(t))
		}
	}
}

// do sends a request as a browser of the court's page would, and with an address that it made up.
func (p *proxied) do(t *testing.T, method, path, body string, header http.Header) *http.Response {
	t.Helper()
	req, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", p.url)
	req.Header.Set("X-Forwarded-For", aClientsAddress)
	req.Header.Set("X-Real-Ip", aClientsAddress)
	req.Header.Set("Forwarded", "for="+aClientsAddress)
	for k, v := range header {
		req.Header[k] = v
	}
	res, err := p.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

// strain does what makes a proxy talk.
func (p *proxied) strain(t *testing.T) {
	t.Helper()
	p.do(t, "GET", "/nothing", "", nil)
	p.do(t, "POST", "/whip/demo", strings.Repeat("x", 1<<20), http.Header{"Content-Type": {"application/sdp"}})
	p.do(t, "GET", "/%2e%2e/%2e%2e/etc/passwd", "", nil)
	conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(aClientsAddress)}}).Dial("tcp4", strings.Replace(strings.TrimPrefix(p.url, "https://"), "localhost", "127.0.0.1", 1))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")) // plain HTTP at a TLS port
	_, _ = io.Copy(io.Discard, conn)
	conn.Close()
	p.end() // the gateway goes: each request is an error of the proxy now
	if res := p.do(t, "GET", "/healthz", "", nil); res.StatusCode != http.StatusBadGateway {
		t.Errorf("without a gateway: %d", res.StatusCode)
	}
}

func TestAHearingGoesThroughDebiansNginx(t *testing.T) {
	p := startNginx(t, false)
	code, _ := json.Marshal(map[string]string{"code": codeOf(t, p.Links(), "judge")})
	res := p.do(t, "POST", "/api/demo/seats/judge/enter", string(code), nil)
	if res.StatusCode != http.StatusNoContent || len(res.Cookies()) != 1 {
		b, _ := io.ReadAll(res.Body)
		t.Fatalf("the seat cannot be taken: %d %s", res.StatusCode, b)
	}
	cookie := res.Cookies()[0]
	if !cookie.Secure || !cookie.HttpOnly || !strings.HasPrefix(cookie.Name, "__Host-") {
		t.Errorf("a cookie that was set over TLS may leave in clear: %v", cookie)
	}
	for name, want := range map[string]string{"Strict-Transport-Security": "max-age=31536000; includeSubDomains", "Cross-Origin-Embedder-Policy": "require-corp"} {
		if got := res.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s through the proxy: %q", name, got)
		}
	}
	header := http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "Origin": {p.url}}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "wss"+strings.TrimPrefix(p.url, "https")+"/ws/demo?seat=judge", &websocket.DialOptions{HTTPHeader: header, HTTPClient: p.client})
	if err != nil {
		t.Fatalf("no WebSocket: %v", err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(8 << 20)
	if err := conn.Write(ctx, websocket.MessageText, []byte(`{"type":"hello","lang":"az","since":0}`)); err != nil {
		t.Fatal(err)
	}
	for state := false; !state; {
		_, b, err := conn.Read(ctx)
		if err != nil {
			t.Fatalf("no state came: %v", err)
		}
		state = strings.HasPrefix(string(b), `{"type":"state"`)
	}
	pc, offer := offerTracks(t, webrtc.MimeTypeVP8)
	defer pc.Close()
	res = p.do(t, "POST", "/whip/demo", offer, http.Header{"Content-Type": {"application/sdp"}, "Authorization": {"Bearer " + p.Token("demo", "court/bench")}})
	answer, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("WHIP: %d %s", res.StatusCode, answer)
	}
	up := make(chan struct{})
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			close(up)
		}
	})
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(answer)}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-up:
	case <-ctx.Done():
		t.Fatal("the publication does not come up")
	}
	for _, path := range []string{"/metrics", "//metrics", "/%6Detrics", "/metrics/", "/./metrics"} {
		if res := p.do(t, "GET", path, "", nil); res.StatusCode == http.StatusOK {
			t.Errorf("GET %s: the counts of packets are shown to the network", path)
		}
	}
}

func TestTheShippedNginxWritesAndHandsOnNobodysAddress(t *testing.T) {
	loud := startNginx(t, true)
	loud.strain(t)
	written := func(p *proxied) string { return (&coturn{dir: p.dir}).written(t) }
	for end := time.Now().Add(10 * time.Second); strings.Count(written(loud), aClientsAddress) < 4; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the control: nginx names no client even when it is told to, so this test would find nothing")
		}
	}
	p := startNginx(t, false)
	p.strain(t)
	if all := written(p); strings.Contains(all, aClientsAddress) {
		t.Errorf("nginx wrote of its clients:\n%s", all)
	}
	if all := p.logged(); strings.Contains(all, aClientsAddress) {
		t.Errorf("the gateway was told of nginx's clients:\n%s", all)
	}
}
