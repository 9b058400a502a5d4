package enrol

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"path/filepath"
	"time"

	"parda/media/enrol/form"
)

// Joining is an enrolment that the gateway has taken and an administrator has yet to confirm.
type Joining struct {
	// ShortCode is what the room reads out over the telephone; the administrator sees the same, or somebody stands between.
	ShortCode string
	// Kept says where the key is: one of form.Kept*.
	Kept string

	line     *line
	lookup   string
	sum      [32]byte
	ca       []byte
	key      key
	unique   []byte
	keep     Keep
	folder   string
	askEvery time.Duration
}

// Join comes to the gateway with a code. Nothing is written yet. The folder must not be an enrolled device's, unless again is set.
func Join(ctx context.Context, gateway, code, folder string, keep Keep, again bool) (*Joining, error) {
	normal, ok := form.Normal(code)
	if !ok {
		return nil, ErrCode
	}
	if exists(filepath.Join(folder, stateFile)) && !again {
		return nil, ErrEnrolled
	}
	l, err := dial(gateway)
	if err != nil {
		return nil, err
	}
	j := &Joining{line: l, lookup: form.Lookup(normal), keep: keep, folder: folder, askEvery: 2 * time.Second}
	if j.Kept, j.unique, j.key, err = keep.draw(); err != nil {
		return nil, err
	}
	return j, j.exchange(ctx, form.Secret(normal))
}

// exchange is the two steps of form: the device is bound to its part before it sees the gateway's.
func (j *Joining) exchange(ctx context.Context, secret []byte) error {
	defer clear(secret)
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{SignatureAlgorithm: x509.ECDSAWithSHA256}, j.key)
	if err != nil {
		return err
	}
	nonce := newNonce()
	commit := form.Commit(csr, nonce)
	var begun form.BeginAnswer
	if err := j.line.ask(ctx, "/api/device/enrol/begin", form.BeginRequest{EnrolmentOf: j.lookup, Commit: commit[:]}, &begun); err != nil {
		return err
	}
	if _, err := form.CheckCA(begun.CA); err != nil || len(begun.Nonce) != form.NonceSize {
		return ErrGateway
	}
	j.ca = begun.CA
	j.sum = form.Transcript{CSR: csr, DeviceNonce: nonce, GatewayNonce: begun.Nonce, CA: begun.CA, Kept: j.Kept}.Sum()
	var revealed form.RevealAnswer
	err = j.line.ask(ctx, "/api/device/enrol/reveal", form.RevealRequest{EnrolmentOf: j.lookup, CSR: csr, Nonce: nonce, Kept: j.Kept, MAC: form.MAC(secret, form.DeviceSide, j.sum)}, &revealed)
	if errors.Is(err, &Refused{"device_proof"}) {
		return ErrGateway // the gateway saw another exchange than this device did
	}
	if err != nil {
		return err
	}
	// Who answers without the code is not the court: somebody who took the connection over (A2).
	if !form.SameMAC(revealed.MAC, form.MAC(secret, form.GatewaySide, j.sum)) {
		return ErrGateway
	}
	j.ShortCode = form.ShortCode(secret, j.sum)
	return nil
}

// Wait asks until an administrator has confirmed the short code, then writes the key and the certificate. It returns early for a refusal.
func (j *Joining) Wait(ctx context.Context) (*Device, error) {
	for {
		signature, err := sign(j.key, form.TakeDigest(j.sum))
		if err != nil {
			return nil, err
		}
		var got form.TakeAnswer
		err = j.line.ask(ctx, "/api/device/enrol/take", form.TakeRequest{EnrolmentOf: j.lookup, Signature: signature}, &got)
		var refused *Refused
		switch {
		case errors.As(err, &refused):
			return nil, err
		case err == nil && got.State == form.StateCertified:
			return j.finish(got)
		}
		select { // a link that broke is tried again, as one that waits is
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(j.askEvery):
		}
	}
}

func (j *Joining) finish(got form.TakeAnswer) (*Device, error) {
	d := &Device{folder: j.folder, key: j.key, now: time.Now, is: identity{Version: 1, CA: j.ca, Kept: j.Kept, Unique: j.unique}}
	var err error
	if d.ca, err = form.CheckCA(j.ca); err != nil {
		return nil, ErrGateway
	}
	cert, public, err := form.Check(got.Certificate, d.ca, form.UseDevice, d.now())
	if err != nil || form.DeviceOf(cert) != got.Device || !public.Equal(j.key.Public()) {
		return nil, ErrGateway
	}
	d.is.Certificate = got.Certificate
	if err := j.keep.keep(j.folder, j.Kept, j.key); err != nil {
		return nil, err
	}
	return d, save(j.folder, d.is)
}
