package form

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Zone is the only name space in which a court's CA for devices may name anything. ".invalid" (RFC 6761, section 6.4) never resolves: a CA that somebody
// imported into a browser by mistake, or whose key was stolen (A3), vouches for no site on earth.
const Zone = "device.parda.invalid"

// gatewayName is what a gateway's certificate of this CA names.
const gatewayName = "gateway." + Zone

// Uses of a certificate of this CA, as extended key usages of our own (RFC 5280, section 4.2.1.12): it authenticates no TLS server, no TLS client and no
// mail, and a device's is no gateway's. The arc under 2.25 (ITU-T X.667) needs no registration; its number was drawn at random, of 31 bits, because crypto/x509
// reads no longer ones. It must be alone within one court's CA only.
var (
	UseDevice  = asn1.ObjectIdentifier{2, 25, 1959322076, 1}
	UseGateway = asn1.ObjectIdentifier{2, 25, 1959322076, 2}
)

// Errors of a certificate.
var (
	ErrCertificate = errors.New("form: not a certificate of this court's CA for this use")
	ErrExpired     = errors.New("form: the certificate has expired")
)

var deviceID = regexp.MustCompile(`^d-[a-z2-7]{16}$`)

// ValidID says whether this is a device's id.
func ValidID(id string) bool { return deviceID.MatchString(id) }

// NameOf is what a device's certificate names.
func NameOf(device string) string { return device + "." + Zone }

// NameOfGateway is what a gateway's certificate of this CA names.
func NameOfGateway() string { return gatewayName }

// Check parses a certificate that a CA must have issued for a use and that must be valid now, and gives its key. ErrExpired: it was, once.
// Nothing but the form that the CA writes is taken: one name, one usage, P-256.
func Check(der []byte, ca *x509.Certificate, use asn1.ObjectIdentifier, now time.Time) (*x509.Certificate, *ecdsa.PublicKey, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, ErrCertificate
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	// The chain is checked at a moment when the certificate was valid, so that a wrong one and an old one are told apart.
	if _, err := c.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: c.NotBefore.Add(c.NotAfter.Sub(c.NotBefore) / 2), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return nil, nil, ErrCertificate
	}
	key, ok := P256(c.PublicKey)
	ours := len(c.ExtKeyUsage) == 0 && len(c.UnknownExtKeyUsage) == 1 && c.UnknownExtKeyUsage[0].Equal(use)
	if !ok || !ours || c.IsCA || len(c.DNSNames) != 1 || c.KeyUsage != x509.KeyUsageDigitalSignature {
		return nil, nil, ErrCertificate
	}
	if now.Before(c.NotBefore) || now.After(c.NotAfter) {
		return c, key, ErrExpired
	}
	return c, key, nil
}

// DeviceOf is the device that a certificate names, "" for none.
func DeviceOf(c *x509.Certificate) string {
	if len(c.DNSNames) != 1 {
		return ""
	}
	id, found := strings.CutSuffix(c.DNSNames[0], "."+Zone)
	if !found || !ValidID(id) {
		return ""
	}
	return id
}

// CheckCA parses a CA certificate as it comes in an enrolment: self-signed, P-256, for its zone alone.
func CheckCA(der []byte) (*x509.Certificate, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, ErrCertificate
	}
	_, ok := P256(c.PublicKey)
	if !ok || !c.IsCA || !c.MaxPathLenZero || c.CheckSignatureFrom(c) != nil || !c.PermittedDNSDomainsCritical || !slices.Equal(c.PermittedDNSDomains, []string{Zone}) {
		return nil, ErrCertificate
	}
	return c, nil
}

// P256 is an ECDSA key on P-256, the one kind that a TPM 2.0 and this package know.
func P256(public any) (*ecdsa.PublicKey, bool) {
	key, ok := public.(*ecdsa.PublicKey)
	return key, ok && key.Curve == elliptic.P256()
}

// CheckCSR gives the key of a request, which proves by its own signature that the device holds it. What else it asks for is not looked at: a device
// does not choose what is written about it.
func CheckCSR(der []byte) (*ecdsa.PublicKey, error) {
	r, err := x509.ParseCertificateRequest(der)
	if err != nil || r.CheckSignature() != nil {
		return nil, ErrCertificate
	}
	key, ok := P256(r.PublicKey)
	if !ok {
		return nil, ErrCertificate
	}
	return key, nil
}
