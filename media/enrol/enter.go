package enrol

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"time"

	"parda/media/enrol/form"
)

// Pass lets a device into a hearing for some hours.
type Pass struct {
	Token string
	Until time.Time
	// Roots holds the one TLS certificate that the gateway has proved to be its own: with it as the only authority, no other one is spoken to. When the
	// gateway gets a new certificate, connections fail until the device enters anew.
	Roots *x509.CertPool
}

// Enter takes the device's place in a hearing: form.Witness, or "court/...". It renews the certificate where the gateway says that it is time.
func (d *Device) Enter(ctx context.Context, gateway, hearing, place string) (*Pass, error) {
	l, nonce, err := d.recognise(ctx, gateway)
	if err != nil {
		return nil, err
	}
	leaf, seen := l.leaf()
	signature, err := sign(d.key, form.EnterDigest(hearing, place, nonce, seen, d.is.Certificate))
	if err != nil {
		return nil, err
	}
	var got form.EnterAnswer
	if err := l.ask(ctx, "/api/device/enter", form.EnterRequest{Hearing: hearing, Place: place, Nonce: nonce, Seen: seen, Certificate: d.is.Certificate, Signature: signature}, &got); err != nil {
		return nil, err
	}
	if got.Token == "" || got.Device != d.ID() {
		return nil, errors.New("the gateway's answer cannot be read")
	}
	if len(got.Certificate) > 0 {
		if err := d.take(got.Certificate); err != nil {
			return nil, err
		}
	}
	only, err := x509.ParseCertificate(leaf)
	if err != nil {
		return nil, ErrGateway
	}
	roots := x509.NewCertPool()
	roots.AddCert(only)
	return &Pass{Token: got.Token, Until: got.Until, Roots: roots}, nil
}

// Renew asks for the next certificate; the gateway gives the same one back while it is young. For a room that seldom testifies, by a timer.
func (d *Device) Renew(ctx context.Context, gateway string) error {
	l, nonce, err := d.recognise(ctx, gateway)
	if err != nil {
		return err
	}
	_, seen := l.leaf()
	signature, err := sign(d.key, form.RenewDigest(nonce, seen, d.is.Certificate))
	if err != nil {
		return err
	}
	var got form.RenewAnswer
	if err := l.ask(ctx, "/api/device/renew", form.RenewRequest{Nonce: nonce, Seen: seen, Certificate: d.is.Certificate, Signature: signature}, &got); err != nil {
		return err
	}
	return d.take(got.Certificate)
}

// recognise finds out whether the court's gateway is at the other end of this very connection, and gives its nonce. Until then nothing is sent but a number at
// random and the hash of a certificate that the other end showed itself: who only pretends learns not even which device asked.
func (d *Device) recognise(ctx context.Context, gateway string) (*line, []byte, error) {
	l, err := dial(gateway)
	if err != nil {
		return nil, nil, err
	}
	if err := l.look(ctx); err != nil {
		return nil, nil, err
	}
	_, seen := l.leaf()
	nonce := newNonce()
	var got form.ChallengeAnswer
	err = l.ask(ctx, "/api/device/challenge", form.ChallengeRequest{Nonce: nonce, Seen: seen}, &got)
	var refused *Refused
	var another *tls.CertificateVerificationError
	switch {
	// Nobody has proved anything yet: who stands between could say "revoked", and the room would destroy what it keeps of the testimony (A2).
	case errors.As(err, &refused) && (refused.Code == "too_many" || refused.Code == "internal"):
		return nil, nil, err
	case errors.As(err, &refused), errors.As(err, &another), errors.Is(err, errAnother):
		return nil, nil, ErrGateway
	case err != nil:
		return nil, nil, err
	}
	digest := form.ChallengeDigest(nonce, got.Nonce, seen)
	for _, der := range got.Certificates {
		cert, public, err := form.Check(der, d.ca, form.UseGateway, d.now())
		if err == nil && cert.DNSNames[0] == form.NameOfGateway() && ecdsa.VerifyASN1(public, digest[:], got.Signature) {
			return l, got.Nonce, nil
		}
	}
	return nil, nil, ErrGateway
}
