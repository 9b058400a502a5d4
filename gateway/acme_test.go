package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// makeCertificate writes a certificate that vouches for itself, as a court's proxy or a program beside the gateway may have one.
func makeCertificate(certFile, keyFile string, hosts []string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	der, err := selfSigned(key, time.Now().AddDate(1, 0, 0), hosts)
	if err != nil {
		return err
	}
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}

func selfSigned(key *ecdsa.PrivateKey, until time.Time, hosts []string) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	c := &x509.Certificate{SerialNumber: serial, NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, h)
		}
	}
	return x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
}

const acmeHost = "parda.court.test"

// pebble is Let's Encrypt's ACME server for tests, with the DNS that it asks.
type pebble struct {
	directory, roots string         // for the gateway's configuration
	issued           *x509.CertPool // what its certificates chain to
	end              func()
}

// startPebble runs Debian's pebble, which calls hosts at the port named for TLS-ALPN-01.
func startPebble(t *testing.T, tlsPort int) *pebble {
	t.Helper()
	for _, program := range []string{"pebble", "pebble-challtestsrv"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not installed: deploy/setup.sh test installs Debian's pebble")
		}
	}
	dir := t.TempDir()
	api, management, dns, dnsManagement := freePort(t), freePort(t), freePort(t), freePort(t)
	cert, key, config := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "pebble.json")
	if err := makeCertificate(cert, key, []string{"127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	at := func(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
	b, _ := json.Marshal(map[string]any{"pebble": map[string]any{"listenAddress": at(api), "managementListenAddress": at(management), "certificate": cert, "privateKey": key,
		"httpPort": freePort(t), "tlsPort": tlsPort, "ocspResponderURL": "", "externalAccountBindingRequired": false}})
	if err := os.WriteFile(config, b, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &pebble{directory: "https://" + at(api) + "/dir", roots: cert, issued: x509.NewCertPool()}
	out := &lockedWriter{} // two programs write
	start := func(name string, args ...string) func() {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return func() { _ = cmd.Wait() }
	}
	wait := []func(){start("pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", at(dns), "-http01", "", "-https01", "", "-tlsalpn01", "", "-management", at(dnsManagement)),
		start("pebble", "-config", config, "-dnsserver", at(dns))}
	p.end = func() {
		cancel()
		for _, w := range wait {
			w()
		}
	}
	t.Cleanup(func() {
		p.end()
		if t.Failed() {
			t.Logf("pebble said:\n%s", out.String())
		}
	})
	p.await(t, "https://"+at(management)+"/roots/0")
	return p
}

// await reads the root that pebble made for itself at its start.
func (p *pebble) await(t *testing.T, at string) {
	t.Helper()
	theirs := x509.NewCertPool()
	b, _ := os.ReadFile(p.roots)
	theirs.AppendCertsFromPEM(b)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: theirs}}}
	defer client.CloseIdleConnections()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if res, err := client.Get(at); err == nil {
			b, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if p.issued.AppendCertsFromPEM(b) {
				return
			}
		}
		if time.Now().After(end) {
			t.Fatal("pebble does not come up")
		}
	}
}

// throughACME is a gateway that has its certificate from pebble.
func throughACME(t *testing.T, data string, port int, p *pebble) running {
	config := testConfig(data)
	config.HTTP.Listen = fmt.Sprintf("127.0.0.1:%d", port)
	config.HTTP.ACME = ACMEConfig{Directory: p.directory, Hosts: []string{acmeHost}, AcceptTerms: true, Roots: p.roots}
	return runApp(t, config)
}

// leafAt waits until the gateway shows a certificate that roots vouch for.
func leafAt(t *testing.T, port int, roots *x509.CertPool) *x509.Certificate {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port), &tls.Config{RootCAs: roots, ServerName: acmeHost})
		if err == nil {
			defer conn.Close()
			if v := conn.ConnectionState().Version; v != tls.VersionTLS13 {
				t.Errorf("TLS %x is spoken", v)
			}
			return conn.ConnectionState().PeerCertificates[0]
		}
		if time.Now().After(end) {
			t.Fatalf("no certificate of the authority's is served: %v", err)
		}
	}
}

func TestAnACMEAuthorityGivesTheCertificateAndItsAbsenceEndsNothing(t *testing.T) {
	port, data := freePort(t), t.TempDir()
	p := startPebble(t, port)
	app := throughACME(t, data, port, p)
	leaf := leafAt(t, port, p.issued)
	if err := leaf.VerifyHostname(acmeHost); err != nil {
		t.Error(err)
	}
	if !app.servedCertificate(sha256.Sum256(leaf.Raw)) || app.CertificateFile() != "" {
		t.Error("what a station sees is not known as served, or a file is handed out that nobody needs")
	}
	if conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port), &tls.Config{InsecureSkipVerify: true, ServerName: "another.court.test"}); err == nil {
		conn.Close()
		t.Error("a host that nobody configured is served: anybody could have the authority asked for names until it tires of us")
	}
	folder := filepath.Join(data, "acme")
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder with the account's key: %v %v", info, err)
	}
	files := 0
	_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, _ := d.Info(); info.Mode().Perm() != 0o600 {
				t.Errorf("%s is %v", d.Name(), info.Mode())
			}
			files++
		}
		return nil
	})
	if files < 2 {
		t.Errorf("%d files are kept; the account's key and the certificate are two", files)
	}
	app.end()
	p.end() // the authority is gone
	again := throughACME(t, data, port, p)
	if got := leafAt(t, port, p.issued); !got.Equal(leaf) {
		t.Error("another certificate is served after a restart")
	}
	again.end()
}

func TestAnACMECertificateIsRenewedWithoutARestart(t *testing.T) {
	port, data := freePort(t), t.TempDir()
	p := startPebble(t, port)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := selfSigned(key, time.Now().Add(10*time.Minute), []string{acmeHost}) // stands for one that the authority gave 90 days ago
	if err != nil {
		t.Fatal(err)
	}
	keyDER, _ := x509.MarshalECPrivateKey(key)
	kept := append(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	if err := os.MkdirAll(filepath.Join(data, "acme"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "acme", acmeHost), kept, 0o600); err != nil {
		t.Fatal(err)
	}
	app := throughACME(t, data, port, p)
	first, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	// Which one the first handshake sees is a race that the authority may win; that the end is the authority's is the rule.
	leaf := leafAt(t, port, p.issued)
	if leaf.Equal(first) || time.Until(leaf.NotAfter) < 24*time.Hour {
		t.Errorf("the certificate is good until %v", leaf.NotAfter)
	}
	app.end()
}
