package device

import (
	"context"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/store"
	"parda/media/enrol/form"
)

const (
	tokenLives  = 4 * time.Hour
	mostTokens  = 8                // of one device in one place: each entry gives one, and the one before stays good for what is open with it
	refusalRest = 15 * time.Minute // the same refusal of the same device is audited once in this time: a room that waits all day to be assigned must not fill the book
)

// nonceLives bounds the time between challenge and proof.
const nonceLives = time.Minute

// nonces are drawn without being kept, so that nobody can fill a memory by asking for them: each carries its time and a MAC. Those that came back with a
// right proof are kept until they end, so that none is taken twice.
type nonces struct {
	key []byte

	mu   sync.Mutex
	used map[string]time.Time
}

func newNonces() *nonces {
	n := &nonces{key: make([]byte, 32), used: map[string]time.Time{}}
	rand.Read(n.key)
	return n
}

func (n *nonces) mac(b []byte) []byte {
	m := hmac.New(sha256.New, n.key)
	m.Write(b)
	return m.Sum(nil)
}

// draw makes one: 8 bytes of time (ms), 16 at random, 32 of MAC.
func (n *nonces) draw(now time.Time) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(now.UnixMilli()))
	var r [16]byte
	rand.Read(r[:])
	b = append(b, r[:]...)
	return append(b, n.mac(b)...)
}

// fresh says whether one was drawn here, lately.
func (n *nonces) fresh(b []byte, now time.Time) bool {
	if len(b) != 8+16+sha256.Size || !hmac.Equal(b[24:], n.mac(b[:24])) {
		return false
	}
	at := time.UnixMilli(int64(binary.BigEndian.Uint64(b)))
	return !now.Before(at) && now.Sub(at) < nonceLives
}

// use takes one, once.
func (n *nonces) use(b []byte, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for k, at := range n.used {
		if now.Sub(at) >= nonceLives {
			delete(n.used, k)
		}
	}
	if _, again := n.used[string(b)]; again || !n.fresh(b, now) {
		return false
	}
	n.used[string(b)] = now
	return true
}

// Challenge proves to a device that the TLS certificate which it was shown is this gateway's. It signs for no other one: somebody between the two who shows
// a certificate of his own, public or not, gets no proof to pass on (A2).
func (r *Register) Challenge(req form.ChallengeRequest) (form.ChallengeAnswer, error) {
	if len(req.Nonce) != form.NonceSize || len(req.Seen) != sha256.Size {
		return form.ChallengeAnswer{}, ErrProof
	}
	if !r.cfg.Shown([32]byte(req.Seen)) {
		return form.ChallengeAnswer{}, ErrBetween
	}
	now := r.cfg.Now()
	v, err := r.vouching(now)
	if err != nil {
		return form.ChallengeAnswer{}, ErrInternal.because(err)
	}
	nonce := r.room.draw(now)
	digest := form.ChallengeDigest(req.Nonce, nonce, req.Seen)
	signature, err := ecdsa.SignASN1(rand.Reader, v.key, digest[:])
	if err != nil {
		return form.ChallengeAnswer{}, ErrInternal.because(err)
	}
	return form.ChallengeAnswer{Nonce: nonce, Certificates: v.certs, Signature: signature}, nil
}

// vouching gives the gateway's own key, a new one when half of its time is over.
func (r *Register) vouching(now time.Time) (*voucher, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.voucher.until.Sub(now) < gatewayLives/2 {
		next, err := newVoucher(r.cas, now)
		if err != nil {
			return nil, err
		}
		r.voucher = next
	}
	return r.voucher, nil
}

// proven is what a request's signature proves.
type proven struct {
	store.Device
	key  *ecdsa.PublicKey
	cert time.Time // the end of the certificate that was shown
}

// prove checks a device's certificate, nonce and signature, then the register. What is wrong before the signature is anybody's noise and is not audited;
// what an enrolled device is refused is. Called with mu held.
func (r *Register) prove(ctx context.Context, certificate, nonce, seen, signature []byte, digest [32]byte, about entry) (proven, error) {
	now := r.cfg.Now()
	court, c, key, err := r.certificateOf(certificate)
	switch {
	case key == nil:
		return proven{}, ErrProof.because(err)
	case len(seen) != sha256.Size, !r.room.fresh(nonce, now), !ecdsa.VerifyASN1(key, digest[:], signature), !r.room.use(nonce, now):
		return proven{}, ErrProof
	}
	about.Device = form.DeviceOf(c)
	d, failure := r.of(ctx, court, about.Device)
	hash, hashErr := keyHash(key)
	switch {
	case failure != nil:
		// A certificate for a device that the register does not know: somebody holds the CA's key (A3).
	case hashErr != nil || hash != d.Key:
		failure = ErrProof
	case !d.Revoked.IsZero(), r.barred[d.ID]:
		failure = ErrRevoked
	case errors.Is(err, form.ErrExpired):
		failure = ErrExpired
	case !r.cfg.Shown([32]byte(seen)):
		failure = ErrBetween
	default:
		return proven{Device: d, key: key, cert: c.NotAfter}, nil
	}
	return proven{}, r.refuse(ctx, court, failure, about)
}

// refuse audits what an enrolled device was refused, and gives the refusal.
func (r *Register) refuse(ctx context.Context, court string, failure error, about entry) error {
	var e *Error
	if !errors.As(failure, &e) || e.Code == ErrInternal.Code || e.Code == ErrNotDurable.Code {
		return failure
	}
	now := r.cfg.Now()
	for key, at := range r.noted {
		if now.Sub(at) >= refusalRest {
			delete(r.noted, key)
		}
	}
	key := about.Device + " " + e.Code
	if _, lately := r.noted[key]; lately {
		return failure
	}
	code := audit.DeviceRefused
	if errors.Is(failure, ErrBetween) {
		code = audit.DeviceBetween
	}
	about.Why = e.Code
	if err := r.enter(ctx, court, code, about.Device, about); err != nil {
		return err
	}
	r.noted[key] = now
	return failure
}

// Enter lets a device take its place in a hearing.
func (r *Register) Enter(ctx context.Context, req form.EnterRequest) (form.EnterAnswer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	about := entry{Hearing: req.Hearing, Place: req.Place}
	if r.cfg.CourtOf(ctx, req.Hearing) == "" {
		about.Hearing = "" // what a device makes up does not come into the book
	}
	if !placeKnown(req.Place) {
		about.Place = ""
	}
	d, err := r.prove(ctx, req.Certificate, req.Nonce, req.Seen, req.Signature, form.EnterDigest(req.Hearing, req.Place, req.Nonce, req.Seen, req.Certificate), about)
	if err != nil {
		return form.EnterAnswer{}, err
	}
	about.Device = d.ID
	if assigned, err := r.assigned(ctx, d.Device, req.Hearing, req.Place); err != nil {
		return form.EnterAnswer{}, err
	} else if !assigned {
		return form.EnterAnswer{}, r.refuse(ctx, d.Court, ErrNotAssigned, about)
	}
	if err := r.enter(ctx, d.Court, audit.DeviceEntered, d.ID, about); err != nil {
		return form.EnterAnswer{}, err
	}
	now := r.cfg.Now()
	next, until, err := r.renewed(ctx, d, now)
	if err != nil {
		return form.EnterAnswer{}, err
	}
	if err := r.cfg.Store.DeviceEntered(ctx, d.ID, now); err != nil {
		return form.EnterAnswer{}, fromStore(err)
	}
	end := now.Add(tokenLives)
	if until.Before(end) {
		end = until
	}
	return form.EnterAnswer{Device: d.ID, Token: r.issue(d.ID, req.Hearing, req.Place, end), Until: end.UTC(), Certificate: next}, nil
}

func placeKnown(place string) bool {
	for _, all := range places {
		for _, p := range all {
			if p == place {
				return true
			}
		}
	}
	return false
}

// assigned says whether the court placed the device there.
func (r *Register) assigned(ctx context.Context, d store.Device, hearing, place string) (bool, error) {
	all, err := r.PlacesOfHearing(ctx, hearing)
	if err != nil {
		return false, err
	}
	for _, p := range all {
		if p.Place == place && p.Device == d.ID {
			return r.cfg.CourtOf(ctx, hearing) == d.Court, nil
		}
	}
	return false, nil
}

// Renew gives a device its next certificate.
func (r *Register) Renew(ctx context.Context, req form.RenewRequest) (form.RenewAnswer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d, err := r.prove(ctx, req.Certificate, req.Nonce, req.Seen, req.Signature, form.RenewDigest(req.Nonce, req.Seen, req.Certificate), entry{})
	if err != nil {
		return form.RenewAnswer{}, err
	}
	next, _, err := r.renewed(ctx, d, r.cfg.Now())
	if next == nil && err == nil {
		next = req.Certificate // it is young enough
	}
	return form.RenewAnswer{Certificate: next}, err
}

// renewed makes a new certificate when half of the old one's time is over; nil before. until is the end of the one that counts.
func (r *Register) renewed(ctx context.Context, d proven, now time.Time) (cert []byte, until time.Time, err error) {
	if d.cert.Sub(now) > deviceLives/2 {
		return nil, d.cert, nil
	}
	cert, until, err = r.cas[d.Court].certify(form.NameOf(d.ID), form.UseDevice, d.key, now, deviceLives)
	if err != nil {
		return nil, time.Time{}, ErrInternal.because(err)
	}
	if err := r.enter(ctx, d.Court, audit.DeviceRenewed, d.ID, entry{Device: d.ID}); err != nil {
		return nil, time.Time{}, err
	}
	return cert, until, fromStore(r.cfg.Store.RenewDevice(ctx, d.ID, until))
}

// token is what a device publishes with. The map's key is a hash of it.
type token struct {
	device, hearing, place string
	until                  time.Time
}

func tokenKey(hearing, place, secret string) [32]byte {
	return sha256.Sum256([]byte("parda/device token\x00" + hearing + "\x00" + place + "\x00" + secret))
}

// issue draws a token of 256 bits. Called with mu held, so that it does not come in between a revocation and its voids.
func (r *Register) issue(device, hearing, place string, until time.Time) string {
	r.held.Lock()
	defer r.held.Unlock()
	now := r.cfg.Now()
	var oldest [32]byte
	had := 0
	for k, t := range r.tokens {
		switch {
		case !now.Before(t.until):
			delete(r.tokens, k)
		case t.device == device && t.hearing == hearing && t.place == place:
			if had++; had == 1 || t.until.Before(r.tokens[oldest].until) {
				oldest = k
			}
		}
	}
	if had >= mostTokens {
		delete(r.tokens, oldest)
	}
	var b [32]byte
	rand.Read(b[:])
	secret := base64.RawURLEncoding.EncodeToString(b[:])
	r.tokens[tokenKey(hearing, place, secret)] = &token{device, hearing, place, until}
	return secret
}

// void ends the tokens for which it is asked. Called with mu held.
func (r *Register) void(which func(*token) bool) {
	r.held.Lock()
	defer r.held.Unlock()
	for k, t := range r.tokens {
		if which(t) {
			delete(r.tokens, k)
		}
	}
}

// Publication says which place of a hearing a token is for, and whose it is; ok is false for one that is not, or not any more.
func (r *Register) Publication(hearing, secret string) (place, device string, ok bool) {
	r.held.Lock()
	defer r.held.Unlock()
	now := r.cfg.Now()
	for _, all := range places {
		for _, p := range all {
			// What is compared is a hash of 256 bits at random: how far it agrees tells nothing.
			if t := r.tokens[tokenKey(hearing, p, secret)]; t != nil && now.Before(t.until) {
				return t.place, t.device, true
			}
		}
	}
	return "", "", false
}

// Holds says whether a device has a token for a place that is good now: what it opened there may stay open.
func (r *Register) Holds(hearing, place, device string) bool {
	r.held.Lock()
	defer r.held.Unlock()
	now := r.cfg.Now()
	for _, t := range r.tokens {
		if t.device == device && t.hearing == hearing && t.place == place && now.Before(t.until) {
			return true
		}
	}
	return false
}
