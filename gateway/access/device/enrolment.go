package device

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/store"
	"parda/media/enrol/form"
)

const (
	enrolmentLives = 24 * time.Hour
	mostEnrolments = 100 // of a court, open at once
	mostBegins     = 16  // each draws a new short code: who copied the code could wait for one that fits
)

// States of an enrolment.
const (
	StateOpen      = "open"      // nobody has come with the code
	StateWaiting   = "waiting"   // a device has, and shows a short code
	StateConfirmed = "confirmed" // it is certified, and has not taken its certificate yet
	stateTaken     = "taken"
)

// enrolment is one code's life. It is kept in memory only.
type enrolment struct {
	id, court, kind, label string
	lookup                 string
	secret                 []byte // wiped when the enrolment is over
	until                  time.Time
	state                  string

	begins    int
	commit    []byte
	nonce     []byte
	key       *ecdsa.PublicKey
	kept      string
	sum       [32]byte // of the transcript
	shortCode string
	device    string
	cert      []byte
}

// Enrolment is one that a page lists.
type Enrolment struct {
	ID, Kind, Label, State string
	Kept, ShortCode        string // "" until a device has come
	Until                  time.Time
}

// Enrol makes a one-time code for a room or a camera. The code is returned once and kept nowhere: only a key that comes of it, in memory.
func (r *Register) Enrol(ctx context.Context, by, court, kind, label string) (Enrolment, string, error) {
	label = strings.TrimSpace(label)
	if err := checkLabel(label); err != nil {
		return Enrolment{}, "", err
	}
	if places[kind] == nil {
		return Enrolment{}, "", ErrKind
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cas[court] == nil {
		return Enrolment{}, "", ErrUnknown
	}
	r.sweep()
	open := 0
	for _, e := range r.enrolments {
		if e.court == court {
			open++
		}
	}
	if open >= mostEnrolments {
		return Enrolment{}, "", ErrTooMany
	}
	code := form.NewCode()
	normal, _ := form.Normal(code)
	e := &enrolment{id: newID("n-"), court: court, kind: kind, label: label, lookup: form.Lookup(normal), secret: form.Secret(normal), until: r.cfg.Now().Add(enrolmentLives), state: StateOpen}
	if err := r.enter(ctx, court, audit.DeviceEnrolmentMade, by, entry{Enrolment: e.id, Kind: kind}); err != nil {
		return Enrolment{}, "", err
	}
	r.enrolments[e.id] = e
	return e.view(), code, nil
}

func (e *enrolment) view() Enrolment {
	return Enrolment{ID: e.id, Kind: e.kind, Label: e.label, State: e.state, Kept: e.kept, ShortCode: e.shortCode, Until: e.until}
}

// sweep forgets what is over. Called with mu held, like all below that says nothing else.
func (r *Register) sweep() {
	for id, e := range r.enrolments {
		if !r.cfg.Now().Before(e.until) {
			r.forget(id)
		}
	}
}

func (r *Register) forget(id string) {
	if e := r.enrolments[id]; e != nil {
		clear(e.secret)
		delete(r.enrolments, id)
	}
}

// Enrolments lists a court's open ones.
func (r *Register) Enrolments(court string) []Enrolment {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep()
	var out []Enrolment
	for _, e := range r.enrolments {
		if e.court == court && e.state != stateTaken {
			out = append(out, e.view())
		}
	}
	slices.SortFunc(out, func(a, b Enrolment) int {
		if c := a.Until.Compare(b.Until); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// byLookup finds an enrolment by the hash of its code.
func (r *Register) byLookup(lookup string) *enrolment {
	r.sweep()
	for _, e := range r.enrolments {
		if subtle.ConstantTimeCompare([]byte(e.lookup), []byte(lookup)) == 1 {
			return e
		}
	}
	return nil
}

// Begin takes a device's commitment and answers with the gateway's part.
func (r *Register) Begin(req form.BeginRequest) (form.BeginAnswer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.byLookup(req.EnrolmentOf)
	switch {
	case e == nil:
		return form.BeginAnswer{}, ErrNoEnrolment
	case e.state != StateOpen || e.begins >= mostBegins:
		return form.BeginAnswer{}, ErrOver
	case len(req.Commit) != sha256.Size:
		return form.BeginAnswer{}, ErrProof
	}
	e.begins++
	e.commit, e.nonce = req.Commit, make([]byte, form.NonceSize)
	rand.Read(e.nonce)
	return form.BeginAnswer{Nonce: e.nonce, CA: r.cas[e.court].cert.Raw}, nil
}

// Reveal takes what the device was bound to. The code is used up by the first reveal that proves it.
func (r *Register) Reveal(ctx context.Context, req form.RevealRequest) (form.RevealAnswer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.byLookup(req.EnrolmentOf)
	switch {
	case e == nil:
		return form.RevealAnswer{}, ErrNoEnrolment
	case e.state != StateOpen:
		return form.RevealAnswer{}, ErrOver
	}
	commit := form.Commit(req.CSR, req.Nonce)
	sum := form.Transcript{CSR: req.CSR, DeviceNonce: req.Nonce, GatewayNonce: e.nonce, CA: r.cas[e.court].cert.Raw, Kept: req.Kept}.Sum()
	key, err := form.CheckCSR(req.CSR)
	switch {
	case e.commit == nil, len(req.Nonce) != form.NonceSize, subtle.ConstantTimeCompare(e.commit, commit[:]) != 1,
		// Without the code there is no MAC: who only saw an enrolment's name on the way can neither take it nor use it up (A2).
		!form.SameMAC(req.MAC, form.MAC(e.secret, form.DeviceSide, sum)),
		err != nil,
		!slices.Contains([]string{form.KeptTPM, form.KeptWrapped, form.KeptFile}, req.Kept):
		return form.RevealAnswer{}, ErrProof.because(err)
	}
	if err := r.enter(ctx, e.court, audit.DeviceWaiting, "system", entry{Enrolment: e.id, Kept: req.Kept}); err != nil {
		return form.RevealAnswer{}, err
	}
	e.state, e.key, e.kept, e.sum, e.shortCode = StateWaiting, key, req.Kept, sum, form.ShortCode(e.secret, sum)
	return form.RevealAnswer{MAC: form.MAC(e.secret, form.GatewaySide, sum)}, nil
}

// Confirm certifies the device whose short code an administrator heard from the room and typed in. A wrong one ends the enrolment: a second try would be a
// second chance for who stands between.
func (r *Register) Confirm(ctx context.Context, by, court, id, shortCode string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep()
	e := r.enrolments[id]
	switch {
	case e == nil || e.court != court:
		return "", ErrNoEnrolment
	case e.state == StateOpen:
		return "", ErrWaits
	case e.state != StateWaiting:
		return "", ErrOver
	}
	typed, right := form.PlainShortCode(shortCode), form.PlainShortCode(e.shortCode)
	if subtle.ConstantTimeCompare([]byte(typed), []byte(right)) != 1 {
		err := r.enter(ctx, court, audit.DeviceEnrolmentEnded, by, entry{Enrolment: id, Why: ErrShortCode.Code})
		r.forget(id) // also if it could not be entered: this only tightens
		if err != nil {
			return "", err
		}
		return "", ErrShortCode
	}
	return r.certifyNew(ctx, by, e)
}

func (r *Register) certifyNew(ctx context.Context, by string, e *enrolment) (string, error) {
	now := r.cfg.Now()
	id := newID("d-")
	hash, err := keyHash(e.key)
	if err != nil {
		return "", ErrInternal.because(err)
	}
	cert, until, err := r.cas[e.court].certify(form.NameOf(id), form.UseDevice, e.key, now, deviceLives)
	if err != nil {
		return "", ErrInternal.because(err)
	}
	if err := r.enter(ctx, e.court, audit.DeviceEnrolled, by, entry{Enrolment: e.id, Device: id, Kind: e.kind, Kept: e.kept}); err != nil {
		return "", err
	}
	err = r.cfg.Store.AddDevice(ctx, store.Device{ID: id, Court: e.court, Kind: e.kind, Label: e.label, Kept: e.kept, Key: hash, Enrolled: now, Until: until})
	if err != nil {
		return "", fromStore(err)
	}
	e.state, e.device, e.cert = StateConfirmed, id, cert
	return id, nil
}

// EndEnrolment makes a code void.
func (r *Register) EndEnrolment(ctx context.Context, by, court, id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep()
	e := r.enrolments[id]
	if e == nil || e.court != court {
		return ErrNoEnrolment
	}
	err := r.enter(ctx, court, audit.DeviceEnrolmentEnded, by, entry{Enrolment: id})
	r.forget(id) // also if it could not be entered: this only tightens
	return err
}

// Take gives a device its certificate, once it is confirmed. It may ask again: an answer that was lost on the way must not cost a visit to the room.
func (r *Register) Take(req form.TakeRequest) (form.TakeAnswer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.byLookup(req.EnrolmentOf)
	switch {
	case e == nil:
		return form.TakeAnswer{}, ErrNoEnrolment
	case e.state == StateOpen:
		return form.TakeAnswer{}, ErrProof
	}
	if digest := form.TakeDigest(e.sum); !ecdsa.VerifyASN1(e.key, digest[:], req.Signature) {
		return form.TakeAnswer{}, ErrProof
	}
	if e.state == StateWaiting {
		return form.TakeAnswer{State: form.StateWaiting}, nil
	}
	e.state = stateTaken
	return form.TakeAnswer{State: form.StateCertified, Device: e.device, Certificate: e.cert}, nil
}

// certificateOf checks what a device shows: which court's CA made it and which device it names. The register is not asked yet.
func (r *Register) certificateOf(der []byte) (court string, c *x509.Certificate, key *ecdsa.PublicKey, err error) {
	for court, ca := range r.cas {
		if c, key, err = form.Check(der, ca.cert, form.UseDevice, r.cfg.Now()); key != nil && form.DeviceOf(c) != "" {
			return court, c, key, err
		}
	}
	return "", nil, nil, form.ErrCertificate
}
