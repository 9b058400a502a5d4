package device

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parda/gateway/store"
	"parda/media/enrol"
	"parda/media/enrol/form"
	"parda/media/enrol/softtpm"
)

func TestADeviceIsCertifiedAfterItsShortCodeWasComparedAndNotBefore(t *testing.T) {
	c := sit(t)
	e, code, err := c.Enrol(t.Context(), admin, "baku", form.Room, "Otaq 3")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Confirm(t.Context(), admin, "baku", e.ID, "000000000000000"); !errors.Is(err, ErrWaits) {
		t.Fatalf("confirmed before anybody came: %v", err)
	}
	j, err := enrol.Join(t.Context(), c.server.URL, strings.ToLower(strings.ReplaceAll(code, "-", " ")), t.TempDir(), inFile, false)
	if err != nil {
		t.Fatal(err)
	}
	listed := c.Enrolments("baku")
	if len(listed) != 1 || listed[0].State != StateWaiting || listed[0].ShortCode != j.ShortCode || len(form.PlainShortCode(j.ShortCode)) != form.ShortCodeDigits {
		t.Fatalf("the court sees %+v, the room %q", listed, j.ShortCode)
	}
	brief, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := j.Wait(brief); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a device that nobody confirmed got %v", err)
	}
	if devices, err := c.Devices(t.Context(), "baku"); err != nil || len(devices) != 0 {
		t.Fatalf("%d devices, %v", len(devices), err)
	}
	id, err := c.Confirm(t.Context(), admin, "baku", e.ID, j.ShortCode)
	if err != nil {
		t.Fatal(err)
	}
	d, err := j.Wait(t.Context())
	if err != nil || d.ID() != id || !form.ValidID(id) {
		t.Fatalf("%v %v", d, err)
	}
	if codes, _ := c.codes(); !slices.Equal(codes, []string{"device.enrolment_made", "device.waiting", "device.enrolled"}) {
		t.Errorf("the audit holds %v", codes)
	}
}

func TestARoomWithATPMGoesTheWholeWayAndItsFolderIsOfNoUseElsewhere(t *testing.T) {
	chip := enrol.Keep{TPM: softtpm.Run(t, t.TempDir())}
	c := sit(t)
	e, code, err := c.Enrol(t.Context(), admin, "baku", form.Room, "Otaq 3")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	j, err := enrol.Join(t.Context(), c.server.URL, code, folder, chip, false)
	if err != nil || j.Kept != form.KeptTPM {
		t.Fatal(err)
	}
	id, err := c.Confirm(t.Context(), admin, "baku", e.ID, j.ShortCode)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 1 || files[0].Name() != "device.json" {
		t.Errorf("%v %v", files, err)
	}
	c.place("h1", form.Witness, id)
	again, err := enrol.Open(folder, chip) // after a reboot
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Enter(t.Context(), c.server.URL, "h1", form.Witness); err != nil {
		t.Error(err)
	}
	if _, err := enrol.Open(folder, enrol.Keep{TPM: softtpm.Run(t, t.TempDir())}); !errors.Is(err, enrol.ErrKey) {
		t.Errorf("a copy of the folder on another machine: %v", err)
	}
	if d, err := c.Devices(t.Context(), "baku"); err != nil || len(d) != 1 || d[0].Kept != form.KeptTPM {
		t.Errorf("the court is told %+v %v", d, err)
	}
}

func TestTheCertificateNamesTheIdAndNothingElse(t *testing.T) {
	c := sit(t)
	d, folder := c.enrolled(form.Room, "Sığınacaq Nəsimi")
	b, err := os.ReadFile(filepath.Join(folder, "device.json"))
	if err != nil {
		t.Fatal(err)
	}
	var kept struct{ Certificate []byte }
	if err := json.Unmarshal(b, &kept); err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(kept.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if len(cert.Subject.Names) != 0 || !slices.Equal(cert.DNSNames, []string{d.ID() + "." + form.Zone}) || len(cert.EmailAddresses)+len(cert.URIs)+len(cert.IPAddresses) != 0 {
		t.Errorf("it names %v %v", cert.Subject, cert.DNSNames)
	}
	if life := cert.NotAfter.Sub(cert.NotBefore); life > 31*24*time.Hour {
		t.Errorf("it lives %v", life)
	}
	if len(cert.ExtKeyUsage) != 0 || len(cert.UnknownExtKeyUsage) != 1 || cert.IsCA {
		t.Errorf("it is of use for %v %v", cert.ExtKeyUsage, cert.UnknownExtKeyUsage)
	}
	// Nobody else takes it: neither as a TLS client nor as a server, even if he trusts the CA.
	roots := x509.NewCertPool()
	roots.AddCert(c.cas["baku"].cert)
	for _, use := range []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth} {
		if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{use}}); err == nil {
			t.Errorf("it verifies for %v", use)
		}
	}
}

func TestTheCourtsCAVouchesForNoSite(t *testing.T) {
	c := sit(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, _, err := c.cas["baku"].certify("parda.court.example", form.UseDevice, &key.PublicKey, c.clock(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(c.cas["baku"].cert)
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err == nil {
		t.Error("a thief of the CA's key can make certificates for any site")
	}
}

func TestTheKeyOfTheCAIsForTheGatewayAlone(t *testing.T) {
	dir := t.TempDir()
	made, err := openAuthority(dir, "baku", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	again, err := openAuthority(dir, "baku", time.Now())
	if err != nil || !again.cert.Equal(made.cert) {
		t.Fatalf("another CA after a restart: %v", err)
	}
	key := filepath.Join(dir, "baku.key")
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info.Mode(), err)
	}
	if err := os.Chmod(key, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := openAuthority(dir, "baku", time.Now()); err == nil {
		t.Error("a key that others can read is used")
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, err := openAuthority(dir, "baku", time.Now()); err == nil {
		t.Error("a lost key is replaced in silence: every room would be locked out")
	}
}

func TestALabelIsShortAndInNoBook(t *testing.T) {
	c := sit(t)
	for _, bad := range []string{"", "   ", strings.Repeat("ə", 41), "a\x00b", "two\nlines"} {
		if _, _, err := c.Enrol(t.Context(), admin, "baku", form.Room, bad); !errors.Is(err, ErrLabel) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	const label = "Otaq Planted 47"
	d, _ := c.enrolled(form.Room, label)
	c.place("h1", form.Witness, d.ID())
	if _, err := d.Enter(t.Context(), c.server.URL, "h1", form.Witness); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Enter(t.Context(), c.server.URL, "Planted-hearing", form.Witness); !errors.Is(err, enrol.ErrNotAssigned) {
		t.Fatal(err)
	}
	if _, err := c.Revoke(t.Context(), admin, "baku", d.ID(), "it was stolen by Planted"); err != nil {
		t.Fatal(err)
	}
	codes, all := c.codes()
	if want := []string{"device.enrolment_made", "device.waiting", "device.enrolled", "device.assigned", "device.entered", "device.refused", "device.revoked"}; !slices.Equal(codes, want) {
		t.Errorf("the audit holds %v", codes)
	}
	if !strings.Contains(all, d.ID()) || strings.Contains(all, "Planted") || strings.Contains(all, "127.0.0.1") {
		t.Errorf("the audit holds more than ids, or none:\n%s", all)
	}
}

func TestARevokedDeviceIsRefusedForEver(t *testing.T) {
	c := sit(t)
	d, token := c.entered()
	if place, id, ok := c.Publication("h1", token); !ok || place != form.Witness || id != d.ID() {
		t.Fatalf("%s %s %v", place, id, ok)
	}
	at, err := c.Revoke(t.Context(), "p-judge", "baku", d.ID(), "stolen")
	if err != nil || len(at) != 1 || at[0].Hearing != "h1" || at[0].Place != form.Witness {
		t.Fatalf("%v %v", at, err)
	}
	if _, _, ok := c.Publication("h1", token); ok || c.Holds("h1", form.Witness, d.ID()) {
		t.Error("its token is good")
	}
	for _, again := range []string{"at once", "after a restart"} {
		if _, err := d.Enter(t.Context(), c.server.URL, "h1", form.Witness); !errors.Is(err, enrol.ErrRevoked) {
			t.Errorf("%s it enters: %v", again, err)
		}
		if err := d.Renew(t.Context(), c.server.URL); !errors.Is(err, enrol.ErrRevoked) {
			t.Errorf("%s it is renewed: %v", again, err)
		}
		c.open()
	}
	if _, err := c.Place(t.Context(), clerk, "baku", "h2", form.Witness, d.ID()); !errors.Is(err, ErrRevoked) {
		t.Errorf("it is placed: %v", err)
	}
	if revoked, err := c.RevokedIn(t.Context(), "h1", form.Witness); !revoked || err != nil {
		t.Errorf("the bench is not told after a restart: %v", err)
	}
	if err := c.store.RenewDevice(t.Context(), d.ID(), time.Now().Add(time.Hour)); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("the store changes it: %v", err)
	}
}

func TestAKeyThatWasRevokedDoesNotComeBackByANewName(t *testing.T) {
	c := sit(t)
	hash := store.Hash{1}
	one := store.Device{ID: "d-aaaaaaaaaaaaaaaa", Court: "baku", Kind: form.Room, Label: "x", Kept: form.KeptFile, Key: hash, Enrolled: c.clock(), Until: c.clock().Add(time.Hour)}
	if err := c.store.AddDevice(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Revoke(t.Context(), admin, "baku", one.ID, "lost"); err != nil {
		t.Fatal(err)
	}
	one.ID = "d-bbbbbbbbbbbbbbbb"
	if err := c.store.AddDevice(t.Context(), one); !errors.Is(err, store.ErrExists) {
		t.Errorf("the key is enrolled again: %v", err)
	}
}

func TestARevocationThatCannotBeWrittenStillEndsTheDevice(t *testing.T) {
	c := sit(t)
	d, token := c.entered()
	c.store.SetFault(full{})
	at, err := c.Revoke(t.Context(), admin, "baku", d.ID(), "stolen")
	if !errors.Is(err, ErrNotDurable) || len(at) != 1 {
		t.Fatalf("%v %v", at, err)
	}
	if _, _, ok := c.Publication("h1", token); ok {
		t.Error("the token of a device that somebody wants to end is good, because the disk is full")
	}
	c.store.SetFault(nil)
	if _, err := d.Enter(t.Context(), c.server.URL, "h1", form.Witness); !errors.Is(err, enrol.ErrRevoked) {
		t.Errorf("it comes back when the disk does: %v", err)
	}
	if _, err := c.Revoke(t.Context(), admin, "baku", d.ID(), "stolen"); err != nil {
		t.Errorf("asked again: %v", err)
	}
}

type full struct{}

func (full) Before(string) error { return errors.New("no space left on device") }

func TestWhatIsNotInTheBookIsNotDone(t *testing.T) {
	c := sit(t)
	d, _ := c.enrolled(form.Room, "Otaq 3")
	e, code, err := c.Enrol(t.Context(), admin, "baku", form.Room, "Otaq 4")
	if err != nil {
		t.Fatal(err)
	}
	j, err := enrol.Join(t.Context(), c.server.URL, code, t.TempDir(), inFile, false)
	if err != nil {
		t.Fatal(err)
	}
	c.store.SetFault(full{})
	for what, do := range map[string]func() error{
		"enrolment": func() error {
			_, _, err := c.Enrol(t.Context(), admin, "baku", form.Room, "Otaq 5")
			return err
		},
		"certificate": func() error {
			_, err := c.Confirm(t.Context(), admin, "baku", e.ID, j.ShortCode)
			return err
		},
		"place": func() error {
			_, err := c.Place(t.Context(), clerk, "baku", "h1", form.Witness, d.ID())
			return err
		},
	} {
		if err := do(); !errors.Is(err, ErrNotDurable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	c.store.SetFault(nil)
	devices, err := c.Devices(t.Context(), "baku")
	if err != nil || len(devices) != 1 || len(c.Enrolments("baku")) != 1 {
		t.Errorf("%d devices, %v", len(devices), err)
	}
	if at, err := c.PlacesOfHearing(t.Context(), "h1"); err != nil || len(at) != 0 {
		t.Errorf("%v %v", at, err)
	}
}
