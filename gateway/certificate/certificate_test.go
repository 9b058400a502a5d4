package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// aPair writes a certificate of a court's own, good for the time named, and its key.
func aPair(t *testing.T, cert, key string, good time.Duration) [sha256.Size]byte {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	c := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "court"}, DNSNames: []string{"parda.court.example"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(good)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	b, err := pemKey(k)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(writeWhole(key, b, 0o600), writeWhole(cert, pemCertificate(der), 0o644)); err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(der)
}

// shake runs a real handshake with what a keeper shows and gives the leaf's sum.
func shake(t *testing.T, k *Keeper, config *tls.Config) ([sha256.Size]byte, error) {
	t.Helper()
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	go func() {
		server := tls.Server(theirs, k.Config())
		_, _ = io.Copy(io.Discard, server)
	}()
	client := tls.Client(ours, config)
	if err := client.Handshake(); err != nil {
		return [sha256.Size]byte{}, err
	}
	return sha256.Sum256(client.ConnectionState().PeerCertificates[0].Raw), nil
}

var trusting = &tls.Config{InsecureSkipVerify: true, ServerName: "parda.court.example"} // what is looked at is which certificate comes

func TestARenewedCertificateIsServedWithoutARestartAndABrokenOneIsNot(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "fullchain.pem"), filepath.Join(dir, "privkey.pem")
	old := aPair(t, cert, key, 24*time.Hour)
	at := &clock{time.Now()}
	f := &files{cert: cert, key: key, now: at.now, faults: complaint{log: quiet()}, runsOut: complaint{log: quiet()}}
	if err := f.open(); err != nil {
		t.Fatal(err)
	}
	k := &Keeper{get: f.get}
	serves := func(rule string, want [sha256.Size]byte) {
		t.Helper()
		at.at = at.at.Add(2 * lookEvery)
		got, err := shake(t, k, trusting)
		if err != nil || got != want {
			t.Errorf("%s: another certificate is served (%v)", rule, err)
		}
	}
	serves("the first", old)
	aPair(t, filepath.Join(dir, "c"), filepath.Join(dir, "k"), time.Hour)
	for rule, spoil := range map[string]func(){
		"a certificate whose key has not come yet": func() { copyFile(t, filepath.Join(dir, "c"), cert) },
		"a file that is half written":              func() { mustWrite(t, cert, "-----BEGIN CERTIFICATE-----\nMIIB") },
		"an empty file":                            func() { mustWrite(t, key, "") },
		"a file that is away for a moment":         func() { _ = os.Remove(cert) },
		"one that has run out":                     func() { aPair(t, cert, key, -time.Hour) },
		"a key that everybody may read":            func() { aPair(t, cert, key, time.Hour); _ = os.Chmod(key, 0o644) },
	} {
		spoil()
		serves(rule, old)
	}
	renewed := aPair(t, cert, key, 48*time.Hour)
	serves("the renewed one", renewed)
	if !k.Served(old) || !k.Served(renewed) {
		t.Error("a station that saw the certificate of before or of now is taken for a deceived one")
	}
	if k.Served(sha256.Sum256([]byte("of one who stands between"))) {
		t.Error("a certificate that was never served counts as served")
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, to, string(b))
}

func mustWrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestACourtsFilesThatCannotBeServedStopTheStart(t *testing.T) {
	for _, tc := range []struct {
		rule  string
		spoil func(cert, key string)
		says  string
	}{
		{"good ones are taken", func(_, _ string) {}, ""},
		{"no file", func(cert, _ string) { _ = os.Remove(cert) }, "no such file"},
		{"a key of another certificate", func(_, key string) { aPair(t, key+".c", key, time.Hour) }, "does not match"},
		{"a certificate that is over", func(cert, key string) { aPair(t, cert, key, -time.Hour) }, "run out"},
		{"a key that everybody may read", func(_, key string) { _ = os.Chmod(key, 0o604) }, "open to everybody"},
	} {
		dir := t.TempDir()
		cert, key := filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
		aPair(t, cert, key, time.Hour)
		tc.spoil(cert, key)
		_, err := OpenFiles(cert, key, quiet())
		if (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want %q", tc.rule, err, tc.says)
		}
	}
}

func TestNothingOlderThanTLS13IsSpoken(t *testing.T) {
	k, err := OpenOwn(t.TempDir(), []string{"localhost"}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shake(t, k, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}); err == nil {
		t.Error("TLS 1.2 is spoken")
	}
	if _, err := shake(t, k, trusting); err != nil {
		t.Errorf("the control: %v", err)
	}
}

func TestTheOwnCertificateIsRenewedWithoutARestartAndTheRootStays(t *testing.T) {
	dir, at := t.TempDir(), &clock{time.Now()}
	hosts := []string{"parda.court.example", "localhost", "192.0.2.7"}
	o, err := openOwn(dir, hosts, quiet(), at.now)
	if err != nil {
		t.Fatal(err)
	}
	k := &Keeper{get: o.get}
	pem, err := os.ReadFile(filepath.Join(dir, rootFile))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	installed := func(host string) *tls.Config { return &tls.Config{RootCAs: roots, ServerName: host, Time: at.now} }
	var leaves [][sha256.Size]byte
	for range 8 { // two years in steps of a quarter
		var sum [sha256.Size]byte
		for _, host := range hosts {
			if sum, err = shake(t, k, installed(host)); err != nil {
				t.Fatalf("%s after %v: %v", host, at.at.Sub(time.Now()), err)
			}
		}
		leaves = append(leaves, sum)
		at.at = at.at.Add(leafLife - renewAt + time.Hour)
	}
	for i := 1; i < len(leaves); i++ {
		if leaves[i] == leaves[i-1] {
			t.Errorf("leaf %d was not renewed", i)
		}
	}
	again, err := openOwn(dir, hosts, quiet(), at.now)
	if err != nil || !again.root.Equal(o.root) {
		t.Errorf("a restart made another root (%v): every seat would have to install it", err)
	}
	for _, name := range []string{keyFile, leafFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}

func TestTheInstalledRootVouchesForNothingButThisGateway(t *testing.T) {
	for _, hosts := range [][]string{{"parda.court.example", "192.0.2.7"}, {"parda.court.example"}, {"192.0.2.7"}} {
		o, err := openOwn(t.TempDir(), hosts, quiet(), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AddCert(o.root)
		verify := func(host string) error { // what a thief of the root's key would make
			stolen := &own{dir: t.TempDir(), hosts: []string{host}, root: o.root, key: o.key, now: time.Now, log: quiet()}
			if err := stolen.issue(); err != nil {
				t.Fatal(err)
			}
			_, err := stolen.leaf.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots})
			return err
		}
		for _, host := range hosts {
			if err := verify(host); err != nil {
				t.Errorf("the control, %s: %v", host, err)
			}
		}
		for _, host := range []string{"bank.example", "court.example", "localhost", "192.0.2.8", "2001:db8::7"} {
			if err := verify(host); err == nil {
				t.Errorf("the root of %v vouches for %s", hosts, host)
			}
		}
		if o.root.MaxPathLen != 0 || !o.root.MaxPathLenZero || len(o.root.ExtKeyUsage) != 1 || o.root.ExtKeyUsage[0] != x509.ExtKeyUsageServerAuth {
			t.Error("the root may vouch for another authority, or for more than servers")
		}
	}
}

func TestAnAuthorityIsReplacedOnlyWhenItCannotGoOn(t *testing.T) {
	for _, tc := range []struct {
		rule  string
		then  func(dir string)
		later time.Duration
		hosts []string
		same  bool
		fails bool
	}{
		{"the same hosts", nil, 0, []string{"a.example", "b.example"}, true, false},
		{"one host fewer", nil, 0, []string{"a.example"}, true, false},
		{"a host more", nil, 0, []string{"a.example", "b.example", "c.example"}, false, false},
		{"an address more", nil, 0, []string{"a.example", "b.example", "192.0.2.1"}, false, false},
		{"nine years later", nil, 9 * 365 * 24 * time.Hour, []string{"a.example", "b.example"}, true, false},
		{"at its end", nil, rootLife - 24*time.Hour, []string{"a.example", "b.example"}, false, false},
		{"the first release's own certificate, which was no authority", func(dir string) {
			aPair(t, filepath.Join(dir, rootFile), filepath.Join(dir, keyFile), 24*time.Hour)
		}, 0, []string{"a.example"}, false, false},
		{"a key that does not fit is left for a person to put right", func(dir string) {
			aPair(t, filepath.Join(dir, "x"), filepath.Join(dir, keyFile), 24*time.Hour)
		}, 0, []string{"a.example"}, false, true},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			dir, at := t.TempDir(), &clock{time.Now()}
			first, err := openOwn(dir, []string{"b.example", "a.example"}, quiet(), at.now)
			if err != nil {
				t.Fatal(err)
			}
			if tc.then != nil {
				tc.then(dir)
			}
			at.at = at.at.Add(tc.later)
			second, err := openOwn(dir, tc.hosts, quiet(), at.now)
			if (err != nil) != tc.fails {
				t.Fatalf("%v, want a refusal: %v", err, tc.fails)
			}
			if err == nil && second.root.Equal(first.root) != tc.same {
				t.Errorf("the same root: %v, want %v", !tc.same, tc.same)
			}
			if err == nil && !second.good(second.leaf.Leaf) {
				t.Error("the leaf is not good for the hosts of today")
			}
		})
	}
}

func TestTheCertificateOfAProxyBeforeTheGatewayCountsAsServed(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
	of := aPair(t, cert, key, time.Hour)
	k, err := OpenFiles(cert, key, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if !k.Served(of) { // no handshake of the gateway's own ever shows it
		t.Error("a station that came through the proxy is taken for a deceived one")
	}
	if k.RootFile() != "" {
		t.Error("the gateway hands out a root that is not its own")
	}
}
