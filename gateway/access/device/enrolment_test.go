package device

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"parda/media/enrol"
	"parda/media/enrol/form"
)

func TestAWrongShortCodeEndsTheEnrolment(t *testing.T) {
	c := sit(t)
	e, code, err := c.Enrol(t.Context(), admin, "baku", form.Room, "Otaq 3")
	if err != nil {
		t.Fatal(err)
	}
	j, err := enrol.Join(t.Context(), c.server.URL, code, t.TempDir(), inFile, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Confirm(t.Context(), admin, "baku", e.ID, strings.Repeat("1", 15)); !errors.Is(err, ErrShortCode) {
		t.Fatal(err)
	}
	if _, err := c.Confirm(t.Context(), admin, "baku", e.ID, j.ShortCode); !errors.Is(err, ErrNoEnrolment) {
		t.Errorf("a second try: %v", err)
	}
	if _, err := j.Wait(t.Context()); !errors.Is(err, &enrol.Refused{Code: "enrolment_unknown"}) {
		t.Errorf("the device is told %v", err)
	}
}

func TestACodeIsGoodForOneDeviceAndOneDay(t *testing.T) {
	c := sit(t)
	_, code, err := c.Enrol(t.Context(), admin, "baku", form.Room, "Otaq 3")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := enrol.Join(t.Context(), c.server.URL, code, t.TempDir(), inFile, false); err != nil {
		t.Fatal(err)
	}
	if _, err := enrol.Join(t.Context(), c.server.URL, code, t.TempDir(), inFile, false); !errors.Is(err, &enrol.Refused{Code: "enrolment_over"}) {
		t.Errorf("a second device: %v", err)
	}
	_, late, err := c.Enrol(t.Context(), admin, "baku", form.Room, "Otaq 4")
	if err != nil {
		t.Fatal(err)
	}
	c.pass(enrolmentLives)
	if _, err := enrol.Join(t.Context(), c.server.URL, late, t.TempDir(), inFile, false); !errors.Is(err, &enrol.Refused{Code: "enrolment_unknown"}) {
		t.Errorf("a day later: %v", err)
	}
	if len(c.Enrolments("baku")) != 0 {
		t.Error("what is over is listed")
	}
}

func TestAnEnrolmentOfAnotherCourtIsUnknown(t *testing.T) {
	c := sit(t)
	e, code, err := c.Enrol(t.Context(), admin, "baku", form.Room, "Otaq 3")
	if err != nil {
		t.Fatal(err)
	}
	j, err := enrol.Join(t.Context(), c.server.URL, code, t.TempDir(), inFile, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Confirm(t.Context(), admin, "ganja", e.ID, j.ShortCode); !errors.Is(err, ErrNoEnrolment) {
		t.Error(err)
	}
	if err := c.EndEnrolment(t.Context(), admin, "ganja", e.ID); !errors.Is(err, ErrNoEnrolment) {
		t.Error(err)
	}
	if len(c.Enrolments("ganja")) != 0 {
		t.Error("another court sees it")
	}
}

func TestNothingIsBelievedThatTheDeviceDidNotChooseBeforeItSawTheOther(t *testing.T) {
	c := sit(t)
	_, code, err := c.Enrol(t.Context(), admin, "baku", form.Room, "Otaq 3")
	if err != nil {
		t.Fatal(err)
	}
	normal, _ := form.Normal(code)
	lookup, secret := form.Lookup(normal), form.Secret(normal)
	commit := form.Commit([]byte("another"), []byte("request"))
	begun, err := c.Begin(form.BeginRequest{EnrolmentOf: lookup, Commit: commit[:]})
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	nonce := make([]byte, form.NonceSize)
	sum := form.Transcript{CSR: csr, DeviceNonce: nonce, GatewayNonce: begun.Nonce, CA: begun.CA, Kept: form.KeptFile}.Sum()
	reveal := form.RevealRequest{EnrolmentOf: lookup, CSR: csr, Nonce: nonce, Kept: form.KeptFile, MAC: form.MAC(secret, form.DeviceSide, sum)}
	if _, err := c.Reveal(t.Context(), reveal); !errors.Is(err, ErrProof) {
		t.Errorf("a key that it was not bound to: %v", err)
	}
	right := form.Commit(csr, nonce)
	for range mostBegins - 1 {
		if _, err := c.Begin(form.BeginRequest{EnrolmentOf: lookup, Commit: right[:]}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Begin(form.BeginRequest{EnrolmentOf: lookup, Commit: right[:]}); !errors.Is(err, ErrOver) {
		t.Errorf("who copied the code may draw short codes until one fits: %v", err)
	}
	if _, err := c.Reveal(t.Context(), reveal); !errors.Is(err, ErrProof) {
		t.Errorf("a MAC over an older nonce is taken: %v", err)
	}
}
