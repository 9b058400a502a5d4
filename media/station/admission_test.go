package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parda/media/enrol"
	"parda/media/enrol/form"
)

func TestWhatIsKeptOfTheTestimonyIsDestroyedWhenTheCourtRevokesTheDevice(t *testing.T) {
	r, j := heldRoom(t)
	o, trust := under(t, j)
	r.order, r.trust = o, *trust
	r.keepSession()
	if _, err := r.vault.open(testNow); err != nil {
		t.Fatal(err)
	}
	r.keyPressed(signDuress, time.Now())
	if err := r.kept.flush(); err != nil {
		t.Fatal(err)
	}
	told := make(chan struct{})
	a := enrol.By(func(context.Context) (*enrol.Pass, error) { return nil, enrol.ErrRevoked }, time.Now)
	a.Revoked = func() { r.revoked(); close(told) }
	if _, err := a.Get(t.Context()); !errors.Is(err, enrol.ErrRevoked) {
		t.Fatal(err)
	}
	<-told
	if _, err := r.vault.open(testNow); !errors.Is(err, errNothingKept) || r.session != nil || r.order != nil {
		t.Errorf("it is still there: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(r.kept.seal.file), "*"))
	if err != nil || len(files) > 0 || len(r.kept.state().Signs) > 0 || len(r.kept.seal.keys.(*mapKeyring).keys) > 0 {
		t.Errorf("what was pressed is still there: %v, %v", files, err)
	}
}

func heldRoom(t *testing.T) (*room, *judge) {
	t.Helper()
	folder, keys := t.TempDir(), &mapKeyring{keys: map[string][]byte{}}
	r := &room{log: quiet, health: newHealth(), rec: &rehearsal{}, trust: orderTrust{hearing: "demo"}, vault: newVault(folder, "demo", keys), kept: newKept(folder, "demo", keys, quiet)}
	r.link = newLink(mustURL("http://127.0.0.1:1"), "demo", "T", nil, r, quiet)
	return r, newJudge(t)
}

// enrolAt runs `station enrol` against a court and gives the state folder.
func enrolAt(t *testing.T, c *fakeCourt, key string) string {
	t.Helper()
	state := filepath.Join(t.TempDir(), "state")
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"enrol", "-gateway", c.URL, "-code", c.code, "-state", state, "-key", key}, &out, &errs); code != exitOK {
		t.Fatalf("exit %d: %s", code, &errs)
	}
	if s := out.String(); !strings.Contains(s, c.shown) || !strings.Contains(s, deviceOfTest) || strings.Contains(s+errs.String(), c.Listener.Addr().String()) {
		t.Errorf("the room is told %q %q", s, &errs)
	}
	return state
}

func TestAnEnrolledStationComesInWithoutATokenAndWithTheOneCertificateThatTheCourtProved(t *testing.T) {
	g := newFakeGateway(t)
	g.token = "a pass that was given for this entry"
	c := newFakeCourt(t, g)
	state := enrolAt(t, c, "file")
	out, in := io.Pipe()
	s := &station{log: quiet, stdout: in, config: testifyConfig{gateway: c.URL, hearing: "demo", state: state, kiosk: "127.0.0.1:0", json: true, width: 160, height: 120}}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	var first struct{ Kiosk string }
	if err := json.NewDecoder(out).Decode(&first); err != nil {
		t.Fatal(err)
	}
	g.conn(t) // over TLS: no certificate was given to the station, and no authority of this machine knows it
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if c.entries != 1 {
		t.Errorf("%d entries", c.entries)
	}
	// Another certificate, though it is for the same name: the pass is of no use there.
	d, err := enrol.Open(state, enrol.Keep{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Enter(t.Context(), c.URL, "demo", form.Witness)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Certificate().Verify(x509.VerifyOptions{Roots: p.Roots}); err != nil {
		t.Errorf("its own certificate: %v", err)
	}
	other := newFakeCourt(t, g)
	der, err := x509.ParseCertificate(other.caDER)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := der.Verify(x509.VerifyOptions{Roots: p.Roots}); err == nil {
		t.Error("another certificate is taken")
	}
}

func TestARevokedStationEndsWithACodeOfItsOwn(t *testing.T) {
	g := newFakeGateway(t)
	c := newFakeCourt(t, g)
	state := enrolAt(t, c, "file")
	c.mu.Lock()
	c.revoked = true
	c.mu.Unlock()
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"testify", "-gateway", c.URL, "-state", state}, &out, &errs); code != exitRevoked || !strings.Contains(errs.String(), "revoked") {
		t.Errorf("exit %d: %s", code, &errs)
	}
}

// A5: whoever carries the station off finds, at rest, the device's id, public certificates, and two files that do not open.
func TestAStolenStationHoldsNothingOfUse(t *testing.T) {
	const hearing, pseudonym = "hearing-planted-47", "Gülnar-planted"
	g := newFakeGateway(t)
	g.token = "a pass of this morning"
	c := newFakeCourt(t, g)
	t.Setenv("CREDENTIALS_DIRECTORY", t.TempDir())
	secret := filepath.Join(os.Getenv("CREDENTIALS_DIRECTORY"), "device-secret")
	if err := os.WriteFile(secret, []byte("what this machine's own key decrypts"), 0o600); err != nil {
		t.Fatal(err)
	}
	state := enrolAt(t, c, "wrapped")
	keys := &mapKeyring{keys: map[string][]byte{}} // the kernel's memory
	v := newVault(state, hearing, keys)
	order := sha256Of("the order, planted")
	if err := v.keep(deposit{Seed: bytes.Repeat([]byte{7}, len(session{}.seed)), Hearing: hearing, Pseudonym: pseudonym, Signer: []byte("judge-planted"), Version: 2, Order: order, Until: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	atRest(t, state, "planted", hearing, pseudonym, "Gülnar", string(order), c.code, c.token, c.Listener.Addr().String(), "127.0.0.1", "https://", "what this machine's own key")
	if _, err := newVault(state, hearing, &mapKeyring{keys: map[string][]byte{}}).open(time.Now()); !errors.Is(err, errNotOpened) {
		t.Errorf("the testimony's parameters open without the kernel's key: %v", err)
	}
	if _, err := enrol.Open(state, enrol.Keep{}); !errors.Is(err, enrol.ErrKey) {
		t.Errorf("the device's key opens without the machine's secret: %v", err)
	}
	if d, err := enrol.Open(state, enrol.Keeper("")); err != nil || d.Kept() != form.KeptWrapped {
		t.Errorf("with it: %v", err)
	}
}

// atRest looks at every file of a station's state for what was planted, and holds that there is no file that nobody thought of.
func atRest(t *testing.T, state string, planted ...string) {
	t.Helper()
	var names []string
	err := filepath.WalkDir(state, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", d.Name(), info.Mode())
		}
		if d.IsDir() {
			return nil
		}
		b, err := os.ReadFile(path)
		name, _, sealed := strings.Cut(d.Name(), "-")
		names = append(names, name)
		for _, p := range planted {
			if bytes.Contains(b, []byte(p)) {
				t.Errorf("%s holds %q", d.Name(), p)
			}
		}
		if sealed && json.Valid(b) {
			t.Errorf("%s can be read", d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(names, " "); got != "device.json device.key testimony" {
		t.Errorf("the state folder holds %s: say of each new file why it tells nothing", got)
	}
}
