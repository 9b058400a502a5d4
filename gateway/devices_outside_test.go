package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"parda/gateway/access/rights"
	"parda/gateway/visibility"
	"parda/media/enrol"
	enrolment "parda/media/enrol/form"
)

// A proxy of the court ends TLS before the gateway. The gateway knows its certificate by http.certificate, and a device trusts it for that alone; another
// proxy, whatever authority its certificate hangs from, is somebody between.
func TestADeviceComesThroughTheCourtsOwnProxyAndThroughNoOther(t *testing.T) {
	config := testConfig(t.TempDir())
	pair := func(name string) (crt, key string) {
		crt, key = filepath.Join(config.Data, name+".crt"), filepath.Join(config.Data, name+".key")
		if err := makeCertificate(crt, key, []string{"localhost", "127.0.0.1"}); err != nil {
			t.Fatal(err)
		}
		return crt, key
	}
	config.HTTP.Certificate, config.HTTP.Key = pair("front")
	app := runApp(t, config)
	front := func(crt, key string) string {
		to, err := url.Parse(app.URL())
		if err != nil {
			t.Fatal(err)
		}
		pair, err := tls.LoadX509KeyPair(crt, key)
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(to))
		s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	}
	own := front(config.HTTP.Certificate, config.HTTP.Key)
	other := front(pair("other"))

	_, made := by(rights.Administrator, app.makeEnrolment, map[string]string{"label": "Otaq 3", "kind": enrolment.Room})
	j, err := enrol.Join(t.Context(), own, made["code"].(string), t.TempDir(), enrol.Keep{As: enrolment.KeptFile}, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.devices.Confirm(t.Context(), "p-administrator", "baku", made["enrolment"].(string), j.ShortCode); err != nil {
		t.Fatal(err)
	}
	d, err := j.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	placeAt(t, app.App, d, "")
	pass, err := d.Enter(t.Context(), own, "demo", enrolment.Witness)
	if err != nil {
		t.Fatalf("through the court's own proxy: %v", err)
	}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pass.Roots, ServerName: "localhost"}}}
	defer client.CloseIdleConnections()
	if res, err := client.Get(own + "/healthz"); err != nil || res.Body.Close() != nil {
		t.Errorf("its certificate is pinned and not taken: %v", err)
	}
	if _, err := client.Get(other + "/healthz"); err == nil {
		t.Error("another certificate is taken with the pass")
	}
	if _, err := d.Enter(t.Context(), other, "demo", enrolment.Witness); !errors.Is(err, enrol.ErrGateway) {
		t.Errorf("through another one: %v", err)
	}
}

var shortCodeLine = regexp.MustCompile(`^\s+(\d{5} \d{5} \d{5})$`)

// The two programs as they are shipped, over TLS: the room is enrolled, comes in without a token, is out when it is revoked, and says by its exit why it does
// not come back.
func TestTheRealStationIsEnrolledComesInAndIsOut(t *testing.T) {
	if out, err := exec.Command("pkg-config", "--exists", "vpx", "opus").CombinedOutput(); err != nil {
		t.Skipf("the codecs' libraries are not here (Debian: libvpx-dev libopus-dev pkg-config), so that the two programs are not tested together: %v %s", err, out)
	}
	program := filepath.Join(t.TempDir(), "station")
	if out, err := exec.Command("go", "build", "-o", program, "parda/media/station").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	app, state := runApp(t, deviceConfig(t)), filepath.Join(t.TempDir(), "state")
	judge := sit(t, app.App, "judge")
	_, made := by(rights.Administrator, app.makeEnrolment, map[string]string{"label": "Otaq 3", "kind": enrolment.Room})
	joining := exec.Command(program, "enrol", "-gateway", app.TLSURL(), "-code", made["code"].(string), "-state", state, "-key", "file")
	out, err := joining.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := joining.Start(); err != nil {
		t.Fatal(err)
	}
	device := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := shortCodeLine.FindStringSubmatch(lines.Text()); m != nil {
			if device, err = app.devices.Confirm(t.Context(), "p-administrator", "baku", made["enrolment"].(string), m[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := joining.Wait(); err != nil || device == "" {
		t.Fatalf("%q %v", device, err)
	}
	if status, answer := by(rights.CourtClerk, app.placeDevice, map[string]string{"device": device}, "hearing", "demo"); status != http.StatusNoContent {
		t.Fatalf("%d %v", status, answer)
	}
	var said strings.Builder
	start := func() *exec.Cmd {
		room := exec.Command(program, "testify", "-gateway", app.TLSURL(), "-hearing", "demo", "-state", state, "-kiosk", "127.0.0.1:0")
		room.Stderr = &said
		if err := room.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = room.Process.Kill() })
		return room
	}
	room := start()
	linked := func(on bool) func(visibility.View) bool {
		return func(v visibility.View) bool {
			for _, s := range v.Seats {
				if s.ID == "witness" {
					return s.Present != nil && *s.Present == on
				}
			}
			return false
		}
	}
	judge.until("sees the room come in", linked(true))
	if status, answer := by(rights.Judge, app.revokeDevice, map[string]string{"why": "stolen"}, "device", device); status != http.StatusNoContent {
		t.Fatalf("%d %v", status, answer)
	}
	judge.until("sees the room gone", linked(false))
	_ = room.Process.Signal(syscall.SIGTERM)
	if err := room.Wait(); err != nil {
		t.Errorf("%v\n%s", err, &said)
	}
	again := start()
	ended := make(chan error, 1)
	go func() { ended <- again.Wait() }()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Fatalf("a revoked room goes on asking:\n%s", &said)
	}
	if code := again.ProcessState.ExitCode(); code != 6 || !strings.Contains(said.String(), "revoked") || strings.Contains(said.String(), "127.0.0.1") {
		t.Errorf("exit %d\n%s", code, &said)
	}
}
