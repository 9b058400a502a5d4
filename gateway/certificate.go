package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"parda/gateway/certificate"
)

// ACMEConfig says which authority gives the gateway its certificate, where the court has no files of its own and wants none of the gateway's.
type ACMEConfig struct {
	Directory   string   `toml:"directory"`    // URL of its directory (RFC 8555); "" for none
	Hosts       []string `toml:"hosts"`        // none: the host of http.origin
	Email       string   `toml:"email"`        // where the authority writes to
	AcceptTerms bool     `toml:"accept_terms"` // the court has read the authority's terms and agrees
	Roots       string   `toml:"roots"`        // PEM file of who vouches for the directory's own address; "" for the system's
}

// check refuses what would be found out in the first handshake of a hearing only.
func (c HTTPConfig) check() error {
	if (c.Certificate == "") != (c.Key == "") {
		return errors.New("http: certificate and key go together")
	}
	if c.Origin != "" {
		u, err := url.Parse(c.Origin)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Path != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("http.origin: %q is no origin; write https://host or https://host:port and nothing after it", c.Origin)
		}
		if u.Scheme == "http" && loopbackOnly(net.JoinHostPort(u.Hostname(), "80")) != nil {
			return errors.New("http.origin: pages are called by https from other machines; in clear, cookies and codes would cross the network")
		}
	}
	return c.checkACME()
}

func (c HTTPConfig) checkACME() error {
	if c.ACME.Directory == "" {
		if len(c.ACME.Hosts) > 0 || c.ACME.AcceptTerms || c.ACME.Email != "" || c.ACME.Roots != "" {
			return errors.New("http.acme: name the authority's directory")
		}
		return nil
	}
	if u, err := url.Parse(c.ACME.Directory); err != nil || u.Scheme != "https" || u.Host == "" {
		return errors.New("http.acme.directory: the authority is asked over https only")
	}
	switch {
	case c.Certificate != "":
		return errors.New("http: either the court's own certificate or ACME")
	case c.Listen == "":
		return errors.New("http.acme: the authority asks at the gateway's TLS port; with listen = \"\" there is none")
	case !c.ACME.AcceptTerms:
		return errors.New("http.acme.accept_terms: the authority wants its terms to be accepted; read them and say true")
	case len(c.acmeHosts()) == 0:
		return errors.New("http.acme.hosts: name the hosts that the certificate is for")
	}
	return nil
}

func (c HTTPConfig) acmeHosts() []string {
	if len(c.ACME.Hosts) > 0 {
		return c.ACME.Hosts
	}
	if u, err := url.Parse(c.Origin); err == nil && u.Hostname() != "" {
		return []string{u.Hostname()}
	}
	return nil
}

func (a *App) openCertificate() (err error) {
	c := a.config.HTTP
	switch {
	case c.Certificate != "":
		a.certificate, err = certificate.OpenFiles(c.Certificate, c.Key, a.log)
	case c.ACME.Directory != "":
		a.certificate, err = certificate.OpenACME(certificate.ACME{Directory: c.ACME.Directory, Hosts: c.acmeHosts(), Email: c.ACME.Email,
			Folder: filepath.Join(a.config.Data, "acme"), Roots: c.ACME.Roots}, a.log)
	case c.Listen != "":
		hosts := append([]string{"localhost", "127.0.0.1", "::1"}, a.config.Media.Addresses...)
		if u, err := url.Parse(c.Origin); err == nil {
			hosts = append(hosts, u.Hostname())
		}
		a.certificate, err = certificate.OpenOwn(a.config.Data, hosts, a.log)
	}
	return err
}

// CertificateFile is the PEM file that stations and seats are given to trust: the root of the gateway's own authority, or the court's own certificate. "" where
// the system's authorities vouch for the gateway (ACME), and where a proxy has the certificate.
func (a *App) CertificateFile() string {
	switch {
	case a.certificate == nil:
		return ""
	case a.config.HTTP.Certificate != "":
		return a.config.HTTP.Certificate
	}
	return a.certificate.RootFile()
}

// gatewayRoot is what an enrolled device is handed to trust, in PEM; nil where the system's authorities or the court's own vouch for the gateway.
func (a *App) gatewayRoot() []byte {
	if a.certificate == nil || a.certificate.RootFile() == "" {
		return nil
	}
	b, err := os.ReadFile(a.certificate.RootFile())
	if err != nil {
		return nil
	}
	return b
}

// servedCertificate says whether the SHA-256 of a leaf's DER is one that this gateway shows or showed since it started, or that the proxy before it does, where
// http.certificate names the proxy's files.
func (a *App) servedCertificate(sum [sha256.Size]byte) bool {
	return a.certificate != nil && a.certificate.Served(sum)
}
