package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// ACME says which authority gives the certificate (RFC 8555), by TLS-ALPN-01 (RFC 8737): the authority calls the host's port 443, so the gateway's TLS port must be
// reached there. Nothing is served in clear for it.
type ACME struct {
	Directory string   // URL of the authority's directory
	Hosts     []string // for these and no others; without it anybody could have the authority asked for any name until it tires of us
	Email     string   // where the authority writes to; may be ""
	Folder    string   // keeps the account's key and the certificates; 0700
	Roots     string   // PEM file of who vouches for the directory itself; "" for the system's
}

// again is how long a refused or unreachable authority is left alone.
const again = 2 * time.Minute

// OpenACME serves what the authority gives. It asks nothing yet: Run does, once the port is open. Until the first certificate is there handshakes fail; later a dead
// authority changes nothing until the last certificate is over. It is renewed when a third of its life is left, or 30 days.
func OpenACME(c ACME, log *slog.Logger) (*Keeper, error) {
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("certificate: the folder of the ACME authority: %w", err)
	}
	if err := os.Chmod(c.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("certificate: the folder of the ACME authority: %w", err)
	}
	client := &acme.Client{DirectoryURL: c.Directory, UserAgent: "parda"}
	if c.Roots != "" {
		file, err := os.ReadFile(c.Roots)
		if err != nil {
			return nil, fmt.Errorf("certificate: the ACME directory's roots: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(file) {
			return nil, errors.New("certificate: the file of the ACME directory's roots holds no certificate in PEM")
		}
		client.HTTPClient = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, Proxy: http.ProxyFromEnvironment}}
	}
	m := &autocert.Manager{Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(c.Folder), HostPolicy: autocert.HostWhitelist(c.Hosts...), Client: client, Email: c.Email}
	return &Keeper{get: m.GetCertificate, protos: []string{acme.ALPNProto}, run: func(ctx context.Context) {
		for _, host := range c.Hosts {
			fetch(ctx, m, host, log)
		}
	}}, nil
}

// fetch gets the first certificate of a host before anybody waits for it. Later ones the manager renews by itself.
func fetch(ctx context.Context, m *autocert.Manager, host string, log *slog.Logger) {
	hello := &tls.ClientHelloInfo{ServerName: host, SupportedVersions: []uint16{tls.VersionTLS13}, SupportedCurves: []tls.CurveID{tls.CurveP256},
		SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
	for ctx.Err() == nil {
		c, err := m.GetCertificate(hello)
		if err == nil {
			log.Info("the ACME authority's certificate is there", "good_until", c.Leaf.NotAfter.UTC().Format(time.RFC3339))
			return
		}
		log.Error("the ACME authority gave no certificate; TLS is not served until it does", "cause", err.Error())
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

// isChallenge says that the authority asks, not a page: what it is shown is no certificate of ours.
func isChallenge(hello *tls.ClientHelloInfo) bool {
	return slices.Contains(hello.SupportedProtos, acme.ALPNProto)
}
