package device

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
	"time"

	"parda/media/enrol/form"
)

// raw is a device whose every byte the test chooses.
type raw struct {
	*court
	key  *ecdsa.PrivateKey
	cert []byte
	id   string
}

func (c *court) raw() *raw {
	c.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	c.mu.Lock()
	e := &enrolment{id: newID("n-"), court: "baku", kind: form.Room, label: "Otaq 9", state: StateWaiting, key: &key.PublicKey, kept: form.KeptFile, until: c.now.Add(time.Hour)}
	c.mu.Unlock()
	id, err := c.certifyNew(c.t.Context(), admin, e)
	if err != nil {
		c.t.Fatal(err)
	}
	c.place("h1", form.Witness, id)
	return &raw{c, key, e.cert, id}
}

// knock asks for a nonce and signs.
func (r *raw) knock() form.EnterRequest {
	r.t.Helper()
	seen := sha256.Sum256(r.server.Certificate().Raw)
	got, err := r.Challenge(form.ChallengeRequest{Nonce: make([]byte, form.NonceSize), Seen: seen[:]})
	if err != nil {
		r.t.Fatal(err)
	}
	req := form.EnterRequest{Hearing: "h1", Place: form.Witness, Nonce: got.Nonce, Seen: seen[:], Certificate: r.cert}
	r.sign(&req)
	return req
}

func (r *raw) sign(req *form.EnterRequest) {
	digest := form.EnterDigest(req.Hearing, req.Place, req.Nonce, req.Seen, req.Certificate)
	signature, err := ecdsa.SignASN1(rand.Reader, r.key, digest[:])
	if err != nil {
		r.t.Fatal(err)
	}
	req.Signature = signature
}

func TestAProofIsGoodOnceForWhatItWasMadeAndSoon(t *testing.T) {
	c := sit(t)
	r := c.raw()
	if _, err := c.Enter(t.Context(), r.knock()); err != nil {
		t.Fatal(err)
	}
	once := r.knock()
	if _, err := c.Enter(t.Context(), once); err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func(*form.EnterRequest){
		"again":            func(q *form.EnterRequest) { *q = once },
		"another hearing":  func(q *form.EnterRequest) { q.Hearing = "h2" },
		"another place":    func(q *form.EnterRequest) { q.Place = "court/bench" },
		"no nonce":         func(q *form.EnterRequest) { q.Nonce = nil; r.sign(q) },
		"a nonce of his":   func(q *form.EnterRequest) { q.Nonce = make([]byte, len(q.Nonce)); r.sign(q) },
		"a nonce, changed": func(q *form.EnterRequest) { q.Nonce = slices.Clone(q.Nonce); q.Nonce[0]++; r.sign(q) },
		"no signature":     func(q *form.EnterRequest) { q.Signature = nil },
		"no certificate":   func(q *form.EnterRequest) { q.Certificate = nil; r.sign(q) },
		"a short hash":     func(q *form.EnterRequest) { q.Seen = q.Seen[:31]; r.sign(q) },
		"a renewal's proof": func(q *form.EnterRequest) {
			d := form.RenewDigest(q.Nonce, q.Seen, q.Certificate)
			q.Signature, _ = ecdsa.SignASN1(rand.Reader, r.key, d[:])
		},
		"the CA's own certificate": func(q *form.EnterRequest) { q.Certificate = c.cas["baku"].cert.Raw; r.sign(q) },
		"the gateway's certificate": func(q *form.EnterRequest) {
			q.Certificate = c.voucher.certs[0]
			d := form.EnterDigest(q.Hearing, q.Place, q.Nonce, q.Seen, q.Certificate)
			q.Signature, _ = ecdsa.SignASN1(rand.Reader, c.voucher.key, d[:])
		},
	} {
		req := r.knock()
		spoil(&req)
		if _, err := c.Enter(t.Context(), req); !errors.Is(err, ErrProof) {
			t.Errorf("%s: %v", what, err)
		}
	}
	late := r.knock()
	c.pass(nonceLives)
	if _, err := c.Enter(t.Context(), late); !errors.Is(err, ErrProof) {
		t.Errorf("a minute later: %v", err)
	}
	if codes, _ := c.codes(); slices.Contains(codes, "device.refused") {
		t.Errorf("anybody's noise fills the book: %v", codes)
	}
}

func TestADeviceThatSawAnotherCertificateIsRefusedAndItIsEntered(t *testing.T) {
	c := sit(t)
	r := c.raw()
	req := r.knock()
	req.Seen = make([]byte, 32)
	r.sign(&req)
	if _, err := c.Enter(t.Context(), req); !errors.Is(err, ErrBetween) {
		t.Fatal(err)
	}
	if codes, _ := c.codes(); !slices.Contains(codes, "device.between") {
		t.Errorf("%v", codes)
	}
}

func TestAThiefOfTheCAsKeyMakesNoDeviceThatEnters(t *testing.T) {
	c := sit(t)
	r := c.raw()
	his, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for what, id := range map[string]string{"a new device": newID("d-"), "the room's own name": r.id} {
		made, _, err := c.cas["baku"].certify(form.NameOf(id), form.UseDevice, &his.PublicKey, c.clock(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		thief := &raw{c, his, made, id}
		if _, err := c.Enter(t.Context(), thief.knock()); !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrProof) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if codes, _ := c.codes(); !slices.Contains(codes, "device.refused") {
		t.Error("it is not entered")
	}
}

func TestACertificateThatRanOutIsRefused(t *testing.T) {
	c := sit(t)
	r := c.raw()
	c.pass(deviceLives + time.Minute)
	if _, err := c.Enter(t.Context(), r.knock()); !errors.Is(err, ErrExpired) {
		t.Error(err)
	}
}

func TestABrokenRoomDoesNotFillTheBook(t *testing.T) {
	c := sit(t)
	r := c.raw()
	if _, err := c.Revoke(t.Context(), admin, "baku", r.id, "lost"); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := c.Enter(t.Context(), r.knock()); !errors.Is(err, ErrRevoked) {
			t.Fatal(err)
		}
	}
	c.pass(refusalRest)
	if _, err := c.Enter(t.Context(), r.knock()); !errors.Is(err, ErrRevoked) {
		t.Fatal(err)
	}
	codes, _ := c.codes()
	n := 0
	for _, code := range codes {
		if code == "device.refused" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("20 refusals at once and one after a while are %d entries", n)
	}
}
