package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"parda/media/enrol/form"
)

// fakeCourt is a gateway over TLS that enrols one device and lets it in, by the form that both sides share: the real one is gateway/access/device, which the
// station must not reach, and is held against the real devices in gateway. What is not a device's goes to the fake gateway behind it.
type fakeCourt struct {
	*httptest.Server
	code string

	mu       sync.Mutex
	ca, gate *ecdsa.PrivateKey
	caDER    []byte
	device   *ecdsa.PublicKey
	shown    string // the short code
	sum      [32]byte
	begun    form.BeginRequest
	nonce    []byte
	revoked  bool
	entries  int
	token    string
}

func newFakeCourt(t *testing.T, behind *fakeGateway) *fakeCourt {
	t.Helper()
	c := &fakeCourt{code: form.NewCode(), nonce: make([]byte, form.NonceSize), token: behind.token}
	var err error
	for _, k := range []**ecdsa.PrivateKey{&c.ca, &c.gate} {
		if *k, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour * 9999), IsCA: true,
		BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign, PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{form.Zone}}
	if c.caDER, err = x509.CreateCertificate(rand.Reader, ca, ca, &c.ca.PublicKey, c.ca); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", behind.Server.Config.Handler)
	mux.HandleFunc("/api/device/enrol/begin", asks(c, c.begin))
	mux.HandleFunc("/api/device/enrol/reveal", asks(c, c.reveal))
	mux.HandleFunc("/api/device/enrol/take", asks(c, c.take))
	mux.HandleFunc("/api/device/challenge", asks(c, c.challenge))
	mux.HandleFunc("/api/device/enter", asks(c, c.enter))
	c.Server = httptest.NewTLSServer(mux)
	t.Cleanup(c.Close)
	return c
}

func asks[Q any](c *fakeCourt, f func(Q) (any, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q Q
		if json.NewDecoder(r.Body).Decode(&q) != nil {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		answer, refusal := f(q)
		if refusal != "" {
			w.WriteHeader(http.StatusForbidden)
			answer = map[string]string{"code": refusal}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}
}

func (c *fakeCourt) certify(name string, use asn1.ObjectIdentifier, key *ecdsa.PublicKey) []byte {
	ca, err := x509.ParseCertificate(c.caDER)
	if err != nil {
		return nil
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, UnknownExtKeyUsage: []asn1.ObjectIdentifier{use}, BasicConstraintsValid: true}, ca, key, c.ca)
	if err != nil {
		return nil
	}
	return der
}

const deviceOfTest = "d-aaaaaaaaaaaaaaaa"

func (c *fakeCourt) begin(q form.BeginRequest) (any, string) {
	c.begun = q
	return form.BeginAnswer{Nonce: c.nonce, CA: c.caDER}, ""
}

func (c *fakeCourt) reveal(q form.RevealRequest) (any, string) {
	normal, _ := form.Normal(c.code)
	commit := form.Commit(q.CSR, q.Nonce)
	c.sum = form.Transcript{CSR: q.CSR, DeviceNonce: q.Nonce, GatewayNonce: c.nonce, CA: c.caDER, Kept: q.Kept}.Sum()
	key, err := form.CheckCSR(q.CSR)
	if err != nil || !slices.Equal(commit[:], c.begun.Commit) || !form.SameMAC(q.MAC, form.MAC(form.Secret(normal), form.DeviceSide, c.sum)) {
		return nil, "device_proof"
	}
	c.device, c.shown = key, form.ShortCode(form.Secret(normal), c.sum)
	return form.RevealAnswer{MAC: form.MAC(form.Secret(normal), form.GatewaySide, c.sum)}, ""
}

func (c *fakeCourt) take(q form.TakeRequest) (any, string) {
	if digest := form.TakeDigest(c.sum); !ecdsa.VerifyASN1(c.device, digest[:], q.Signature) {
		return nil, "device_proof"
	}
	return form.TakeAnswer{State: form.StateCertified, Device: deviceOfTest, Certificate: c.certify(form.NameOf(deviceOfTest), form.UseDevice, c.device)}, ""
}

func (c *fakeCourt) challenge(q form.ChallengeRequest) (any, string) {
	if own := sha256.Sum256(c.Certificate().Raw); !slices.Equal(own[:], q.Seen) {
		return nil, "device_between"
	}
	digest := form.ChallengeDigest(q.Nonce, c.nonce, q.Seen)
	signature, err := ecdsa.SignASN1(rand.Reader, c.gate, digest[:])
	if err != nil {
		return nil, "internal"
	}
	return form.ChallengeAnswer{Nonce: c.nonce, Certificates: [][]byte{c.certify(form.NameOfGateway(), form.UseGateway, &c.gate.PublicKey)}, Signature: signature}, ""
}

func (c *fakeCourt) enter(q form.EnterRequest) (any, string) {
	digest := form.EnterDigest(q.Hearing, q.Place, q.Nonce, q.Seen, q.Certificate)
	switch {
	case !ecdsa.VerifyASN1(c.device, digest[:], q.Signature), q.Place != form.Witness:
		return nil, "device_proof"
	case c.revoked:
		return nil, "device_revoked"
	}
	c.entries++
	return form.EnterAnswer{Device: deviceOfTest, Token: c.token, Until: time.Now().Add(time.Hour)}, ""
}

func sha256Of(s string) []byte {
	h := sha256.Sum256([]byte(s))
	return h[:]
}
