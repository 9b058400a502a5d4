package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parda/gateway/hearing"
	"parda/gateway/minutes"
	"parda/gateway/store"
	"parda/gateway/visibility"
)

// fullDisk refuses every write while it is on.
type fullDisk struct{ on atomic.Bool }

func (f *fullDisk) Before(string) error {
	if f.on.Load() {
		return errors.New("no space left on device")
	}
	return nil
}

var _ store.Fault = &fullDisk{}

func TestWithAFullDiskNothingIsAcknowledgedAndTheWitnessIsShownToNobodyUntilTheJudgeResumes(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	seen := c.defence.watch()
	grows(t, "the witness at the defence", seen["witness video"])

	disk := &fullDisk{}
	disk.on.Store(true)
	c.app.store.SetFault(disk)
	if _, refusal := c.clerk.ask("entry.add", map[string]string{"kind": "note", "text": "lost"}); refusal != "not_durable" && refusal != "ledger_failed" {
		t.Errorf("an entry on a full disk: %q", refusal)
	}
	v := c.judge.until("is told", func(v visibility.View) bool { return v.Health != nil && v.Health.Ledger == "failed" })
	for _, w := range v.Watching {
		if w.Now == "live" {
			t.Errorf("the console says that %s sees the witness", w.Audience)
		}
	}
	still(t, "the witness while nothing can be written", seen["witness video"])
	still(t, "her voice while nothing can be written", seen["witness audio"])

	disk.on.Store(false)
	c.judge.until("is told that it is over", func(v visibility.View) bool {
		return v.Health.Ledger == "ok" && v.Testimony.Phase == hearing.Paused
	})
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	grows(t, "the witness after the judge resumed", seen["witness video"])
	c.clerk.must("entry.add", map[string]string{"kind": "note", "text": "kept"})
	c.judge.untilEntry("what came after", func(e minutes.Entry) bool { return e.Text == "kept" })
	c.judge.mu.Lock()
	defer c.judge.mu.Unlock()
	for _, e := range c.judge.entries {
		if e.Text == "lost" {
			t.Error("what was refused stands in the protocol")
		}
	}
}

func TestASeatThatIsReissuedKeepsNothingOfWhatItHad(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	seen := c.defence.watch()
	grows(t, "the witness at the defence", seen["witness video"])
	c.clerk.must("seat.reissue", map[string]string{"seat": "defence"})
	still(t, "the witness at the old holder of the seat", seen["witness video"])
	end := time.Now().Add(10 * time.Second)
	for {
		c.defence.mu.Lock()
		closed := c.defence.closed
		c.defence.mu.Unlock()
		if closed != nil {
			if websocket.CloseStatus(closed) != 4001 {
				t.Errorf("closed with %v", closed)
			}
			break
		}
		if time.Now().After(end) {
			t.Fatal("the old holder's page was not closed")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestAPassiveSeatDoesNotSeeThatADiscreetFlagWasRaised(t *testing.T) {
	c := assemble(t, t.TempDir())
	before := c.gallery.until("is told that the witness is ready", func(v visibility.View) bool { return v.Testimony.Phase == hearing.Ready }).Rev
	for range 3 {
		c.defence.must("flag.raise", map[string]any{"discreet": true, "kind": "look"})
	}
	c.judge.until("sees the flags", func(v visibility.View) bool { return len(v.Flags) == 3 })
	// A change that the gallery may know comes after: had it been told of the flags, its count would have gone on further.
	c.judge.must("session.kind", map[string]string{"kind": "private"})
	after := c.gallery.until("is told of the private passage", func(v visibility.View) bool { return v.Hearing.Kind == hearing.Private }).Rev
	if after != before+1 {
		t.Errorf("the gallery was sent %d states for one change that it may know", after-before)
	}
	c.defence.mu.Lock()
	defer c.defence.mu.Unlock()
	if strings.Contains(string(c.defence.raw), "watching") {
		t.Error("the defence is told what each audience sees")
	}
}

func TestAPortThatIsTakenIsSaidInWords(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	config := testConfig(t.TempDir())
	config.HTTP.Local = l.Addr().String()
	_, err = Open(config, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err == nil || !strings.Contains(err.Error(), "is taken by another program") {
		t.Errorf("Open on a taken port: %v", err)
	}
}

func TestWhatAStrangerAsksForIsRefusedInWords(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	judge := sit(t, app.App, "judge")
	for _, tc := range []struct {
		rule, method, path, origin string
		cookie                     *http.Cookie
		status                     int
		holds                      string
	}{
		{"an unknown hearing", "GET", "/ws/other?seat=judge", "", judge.cookie, 404, "hearing_unknown"},
		{"a seat without its cookie", "GET", "/ws/demo?seat=judge", "", nil, 403, "removed"},
		{"the witness's seat by a cookie", "GET", "/ws/demo?seat=witness", "", judge.cookie, 403, "removed"},
		{"a code from another site", "POST", "/api/demo/seats/clerk/enter", "https://evil.example", nil, 403, "not_allowed"},
		{"a bundle before there is one", "GET", "/api/demo/bundle?seat=judge", "", judge.cookie, 403, "not_allowed"},
		{"a path that is none", "GET", "/admin", "", nil, 404, "nothing here"},
		{"health", "GET", "/healthz", "", nil, 200, "ok"},
		{"the order's schema", "GET", "/schema/order.json", "", nil, 200, "parda_order"},
	} {
		req, _ := http.NewRequest(tc.method, app.URL()+tc.path, strings.NewReader(`{"code":"x"}`))
		if tc.origin != "" {
			req.Header.Set("Origin", tc.origin)
		}
		if tc.cookie != nil {
			req.AddCookie(tc.cookie)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != tc.status || !strings.Contains(string(b), tc.holds) {
			t.Errorf("%s: %d %s, want %d with %q", tc.rule, res.StatusCode, b, tc.status, tc.holds)
		}
		if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s: policy %q", tc.rule, csp)
		}
	}
}

func TestMetricsNameNobodyAndNoAddress(t *testing.T) {
	c := assemble(t, t.TempDir())
	res, err := http.Get(c.app.URL() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	if !strings.Contains(string(b), "parda_publications 2") {
		t.Errorf("the two renderings of the witness are not counted:\n%.600s", b)
	}
	for _, word := range []string{"Lal", "demo", "judge", "witness", "127.0.0.1"} {
		if strings.Contains(string(b), word) {
			t.Errorf("the metrics hold %q", word)
		}
	}
	var logged strings.Builder
	quietLog(slog.New(slog.NewTextHandler(&logged, nil))).Print("http: panic serving 10.1.2.3:5678: from [fe80::1]:443 at station.example:99")
	for _, word := range []string{"10.1.2.3", "5678", "fe80", "station.example"} {
		if strings.Contains(logged.String(), word) {
			t.Errorf("an address is in the log: %s", logged.String())
		}
	}
}

func TestMetricsAreServedOnThisMachineAndNotOverTLS(t *testing.T) {
	config := testConfig(t.TempDir())
	config.HTTP.Listen = "127.0.0.1:0"
	app := runApp(t, config)
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(app.CertificateFile())
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		t.Fatalf("the certificate: %v", err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	for address, want := range map[string]int{app.URL() + "/metrics": http.StatusOK, app.TLSURL() + "/metrics": http.StatusNotFound, app.TLSURL() + "/healthz": http.StatusOK} {
		res, err := (&http.Client{Transport: transport}).Get(address)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s answers %d, want %d", address, res.StatusCode, want)
		}
	}
}
