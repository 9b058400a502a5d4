package certificate

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// The lives of what the gateway issues to itself. Whoever installs the root does so once; the leaf is short, because there is no list that takes one back.
const (
	rootLife   = 10 * 365 * 24 * time.Hour
	leafLife   = 90 * 24 * time.Hour
	renewAt    = leafLife / 3 // what is left when the next one is issued
	clockDrift = time.Hour    // a seat's clock may be behind
)

// own is an authority that the gateway made for itself, for where a court has none and no public one can be reached.
//
// Its root is installed on seats and stations, so it is bound to the gateway's own hosts (name constraints, critical: RFC 5280, section 4.2.1.10) and to
// serving them: a thief of the gateway's disk (A3) can pass for the gateway, which he could with its leaf's key too, and for no bank and no ministry.
type own struct {
	dir   string
	hosts []string // sorted
	log   *slog.Logger
	now   func() time.Time

	mu     sync.Mutex
	root   *x509.Certificate
	key    crypto.Signer
	leaf   *tls.Certificate
	faults complaint
}

// The files of the data folder. rootFile is what stations and seats are given; no other is for anybody else.
const (
	rootFile = "gateway.crt"
	keyFile  = "gateway.key"
	leafFile = "server.pem" // certificate, then key: one file, so that a crash leaves no pair that does not fit
)

// OpenOwn loads the gateway's own authority from dir, and makes one where there is none, where it nears its end, or where it was made for other hosts.
func OpenOwn(dir string, hosts []string, log *slog.Logger) (*Keeper, error) {
	o, err := openOwn(dir, hosts, log, time.Now)
	if err != nil {
		return nil, err
	}
	return &Keeper{get: o.get, root: filepath.Join(dir, rootFile)}, nil
}

func openOwn(dir string, hosts []string, log *slog.Logger, now func() time.Time) (*own, error) {
	hosts = slices.DeleteFunc(slices.Clone(hosts), func(h string) bool { return h == "" })
	slices.Sort(hosts)
	o := &own{dir: dir, hosts: slices.Compact(hosts), log: log, now: now, faults: complaint{log: log}}
	if len(o.hosts) == 0 {
		return nil, errors.New("certificate: an own certificate needs a host")
	}
	if err := o.openRoot(); err != nil {
		return nil, fmt.Errorf("certificate: the gateway's own authority: %w", err)
	}
	if err := o.openLeaf(); err != nil {
		return nil, fmt.Errorf("certificate: the gateway's own certificate: %w", err)
	}
	return o, nil
}

// openRoot takes the authority of before only where it can vouch for every host of today until the next leaf is over.
func (o *own) openRoot() error {
	pair, err := tls.LoadX509KeyPair(filepath.Join(o.dir, rootFile), filepath.Join(o.dir, keyFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return o.makeRoot()
	case err != nil: // not replaced: whoever trusts it would be locked out by a file that a person can put right
		return err
	}
	signer, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return errors.New("its key cannot sign")
	}
	if why := o.unfit(pair.Leaf); why != "" {
		o.log.Warn("the gateway makes a new authority for itself: stations and seats must be given its new file " + rootFile + " (" + why + ")")
		return o.makeRoot()
	}
	o.root, o.key = pair.Leaf, signer
	return nil
}

// unfit says why an authority cannot go on; "" if it can. The certificate of parda's first release was no authority.
func (o *own) unfit(root *x509.Certificate) string {
	switch {
	case !root.IsCA:
		return "the one of before was no authority"
	case root.NotAfter.Sub(o.now()) < leafLife+renewAt:
		return "the one of before nears its end"
	}
	dns, ips := byKind(o.hosts)
	for _, d := range dns {
		if !slices.Contains(root.PermittedDNSDomains, d) {
			return "the gateway has a new host"
		}
	}
	for _, ip := range ips {
		if !slices.ContainsFunc(root.PermittedIPRanges, func(n *net.IPNet) bool { return n.Contains(ip) }) {
			return "the gateway has a new address"
		}
	}
	return ""
}

func (o *own) makeRoot() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := newSerial()
	if err != nil {
		return err
	}
	dns, ips := byKind(o.hosts)
	c := &x509.Certificate{
		SerialNumber: serial,
		// Two roots of one name would be mixed up in a browser's store; the number says nothing of the court.
		Subject:   pkix.Name{CommonName: "parda gateway " + serial.Text(36)[:8]},
		NotBefore: o.now().Add(-clockDrift), NotAfter: o.now().Add(rootLife),
		KeyUsage: x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: dns,
	}
	for _, ip := range ips {
		c.PermittedIPRanges = append(c.PermittedIPRanges, &net.IPNet{IP: ip, Mask: net.CIDRMask(8*len(ip), 8*len(ip))})
	}
	// A kind of name that no constraint names would be free (RFC 5280): it is shut whole.
	if len(dns) == 0 {
		c.ExcludedDNSDomains = []string{""}
	}
	for _, bytes := range []int{net.IPv4len, net.IPv6len} {
		if !slices.ContainsFunc(ips, func(ip net.IP) bool { return len(ip) == bytes }) {
			c.ExcludedIPRanges = append(c.ExcludedIPRanges, &net.IPNet{IP: make(net.IP, bytes), Mask: net.CIDRMask(0, 8*bytes)})
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		return err
	}
	if o.root, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	o.key = key
	keyPEM, err := pemKey(key)
	if err != nil {
		return err
	}
	// Key and certificate cannot be replaced in one act. The certificate goes first away, so that a crash between leaves "none", and never two that do not fit.
	if err := os.Remove(filepath.Join(o.dir, rootFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeWhole(filepath.Join(o.dir, keyFile), keyPEM, 0o600); err != nil {
		return err
	}
	return writeWhole(filepath.Join(o.dir, rootFile), pemCertificate(der), 0o644)
}

// openLeaf takes the leaf of before where it is good for the root and hosts of today and not near its end.
func (o *own) openLeaf() error {
	b, err := os.ReadFile(filepath.Join(o.dir, leafFile))
	if err == nil {
		if pair, err := tls.X509KeyPair(b, b); err == nil && o.good(pair.Leaf) {
			o.leaf = &pair
			return nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return o.issue()
}

func (o *own) good(leaf *x509.Certificate) bool {
	if leaf.NotAfter.Sub(o.now()) < renewAt {
		return false
	}
	roots := x509.NewCertPool()
	roots.AddCert(o.root)
	for _, h := range o.hosts {
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: h, Roots: roots, CurrentTime: o.now()}); err != nil {
			return false
		}
	}
	return true
}

// issue makes the next leaf, with a key of its own.
func (o *own) issue() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := newSerial()
	if err != nil {
		return err
	}
	c := &x509.Certificate{
		SerialNumber: serial, NotBefore: o.now().Add(-clockDrift), NotAfter: o.now().Add(leafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	c.DNSNames, c.IPAddresses = byKind(o.hosts)
	if c.NotAfter.After(o.root.NotAfter) { // a gateway that has not been started anew for years: openRoot makes the next authority
		c.NotAfter = o.root.NotAfter
	}
	der, err := x509.CreateCertificate(rand.Reader, c, o.root, key.Public(), o.key)
	if err != nil {
		return err
	}
	keyPEM, err := pemKey(key)
	if err != nil {
		return err
	}
	all := append(pemCertificate(der), keyPEM...)
	if err := writeWhole(filepath.Join(o.dir, leafFile), all, 0o600); err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(all, all)
	if err == nil {
		o.leaf = &pair
	}
	return err
}

// get renews the leaf while there is time. Where that fails (a full disk) the one of before is served as long as it is good.
func (o *own) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	if left := o.leaf.Leaf.NotAfter; left.Sub(now) < renewAt && left.Before(o.root.NotAfter) && now.Sub(o.faults.last) > time.Hour {
		if err := o.issue(); err != nil {
			o.faults.say(now, "the gateway's own certificate cannot be renewed", err)
		}
	}
	return o.leaf, nil
}

// byKind parts hosts into names and addresses; an IPv4 address has four bytes.
func byKind(hosts []string) (dns []string, ips []net.IP) {
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip == nil {
			dns = append(dns, strings.ToLower(h))
		} else if v4 := ip.To4(); v4 != nil {
			ips = append(ips, v4)
		} else {
			ips = append(ips, ip)
		}
	}
	return dns, ips
}

func newSerial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
}

func pemCertificate(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func pemKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// writeWhole writes a file so that a crash leaves the old one or the new one.
func writeWhole(path string, b []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = bytes.NewReader(b).WriteTo(f)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
