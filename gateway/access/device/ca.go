package device

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base32"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"parda/media/enrol/form"
)

// Lives of certificates. A device's is short, so that one that was forgotten ends by itself; a gateway's is made anew at each start and lives as long as no
// gateway runs without one.
const (
	caLives      = 20 * 365 * 24 * time.Hour
	deviceLives  = 30 * 24 * time.Hour
	gatewayLives = 7 * 24 * time.Hour
	clockSlack   = 10 * time.Minute // a room's clock may be behind
)

// authority is a court's CA for devices. Its key lies in the data folder (0600) and signs nothing but certificates: what a gateway says of itself is signed
// with another key, which this one certifies. Who steals it (A3) can make devices, but places them in no hearing: the register knows each device and its
// key, and a certificate alone opens nothing.
type authority struct {
	court string
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
}

// openAuthority loads a court's CA, and makes it where there is none. A key without its certificate, or the other way round, is an error and not a reason
// to begin anew: every enrolled room would be locked out in silence.
func openAuthority(dir, court string, now time.Time) (*authority, error) {
	certFile, keyFile := filepath.Join(dir, court+".crt"), filepath.Join(dir, court+".key")
	_, noCert := os.Stat(certFile)
	_, noKey := os.Stat(keyFile)
	if errors.Is(noCert, fs.ErrNotExist) && errors.Is(noKey, fs.ErrNotExist) {
		if err := makeAuthority(dir, certFile, keyFile, now); err != nil {
			return nil, fmt.Errorf("device: making the CA of %s: %w", court, err)
		}
	}
	a, err := loadAuthority(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("device: the CA of %s: %w", court, err)
	}
	a.court = court
	return a, nil
}

func loadAuthority(certFile, keyFile string) (*authority, error) {
	certDER, err := readPEM(certFile, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	cert, err := form.CheckCA(certDER)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(keyFile)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, errors.New("others than the gateway may read its key: it must have mode 0600")
	}
	keyDER, err := readPEM(keyFile, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keyDER)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, errors.New("its key is not the one of its certificate")
	}
	return &authority{cert: cert, key: key}, nil
}

func readPEM(file, kind string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(b)
	if block == nil || block.Type != kind || len(strings.TrimSpace(string(rest))) > 0 {
		return nil, fmt.Errorf("%s holds no %s alone", filepath.Base(file), strings.ToLower(kind))
	}
	return block.Bytes, nil
}

func makeAuthority(dir, certFile, keyFile string, now time.Time) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	c := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "parda devices"},
		NotBefore: now.Add(-clockSlack), NotAfter: now.Add(caLives),
		KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{form.Zone},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	defer clear(keyDER)
	if err := writeNew(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})); err != nil {
		return err
	}
	return writeNew(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// writeNew writes a file for the gateway alone and syncs it. It never writes over one.
func writeNew(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// certify makes a certificate that names one thing and is of one use.
func (a *authority) certify(name string, use asn1.ObjectIdentifier, key *ecdsa.PublicKey, now time.Time, lives time.Duration) ([]byte, time.Time, error) {
	until := now.Add(lives)
	if until.After(a.cert.NotAfter) {
		until = a.cert.NotAfter
	}
	c := &x509.Certificate{
		SerialNumber: serial(), NotBefore: now.Add(-clockSlack), NotAfter: until, DNSNames: []string{name},
		KeyUsage: x509.KeyUsageDigitalSignature, UnknownExtKeyUsage: []asn1.ObjectIdentifier{use}, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, key, a.key)
	return der, until.Truncate(time.Second), err // X.509 knows seconds
}

// serial is 120 bits at random (RFC 5280, section 4.1.2.2, asks for no more than 20 octets).
func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return n.Add(n, big.NewInt(1))
}

// newID draws an id: a prefix and 80 bits, which tell nothing of the room or of the order of enrolment.
func newID(prefix string) string {
	var b [10]byte
	rand.Read(b[:])
	return prefix + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// voucher is the key with which this run of the gateway says what it is, and a certificate for it of each court's CA.
type voucher struct {
	key   *ecdsa.PrivateKey
	certs [][]byte
	until time.Time
}

func newVoucher(all map[string]*authority, now time.Time) (*voucher, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	v := &voucher{key: key, until: now.Add(gatewayLives)}
	for _, a := range all {
		der, _, err := a.certify(form.NameOfGateway(), form.UseGateway, &key.PublicKey, now, gatewayLives)
		if err != nil {
			return nil, err
		}
		v.certs = append(v.certs, der)
	}
	return v, nil
}
