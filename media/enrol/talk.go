package enrol

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"parda/media/enrol/form"
)

const (
	answerWithin = 15 * time.Second
	answerLimit  = 64 << 10
)

// line is a conversation with whoever answers at a URL: one TLS certificate from its first word to its last.
type line struct {
	base   *url.URL
	client *http.Client

	mu   sync.Mutex
	seen []byte // DER of the certificate that was shown
}

// dial makes a line; nothing is sent yet. A proxy of the environment is not used, and a redirect is not followed: either could lead elsewhere.
//
// InsecureSkipVerify leaves out the web's authorities and the name, because neither says who the court is. In their place stands, for an enrolment, the MAC
// under the code, and for an entry the proof by the court's own CA, each before anything is told that matters.
func dial(gateway string) (*line, error) {
	base, err := url.Parse(gateway)
	if err != nil || base.Scheme != "https" || base.Host == "" {
		return nil, ErrTLS
	}
	l := &line{base: base}
	l.client = &http.Client{
		Timeout: answerWithin,
		Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, VerifyConnection: l.same},
			TLSHandshakeTimeout: 10 * time.Second,
			DisableKeepAlives:   true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return l, nil
}

var errAnother = errors.New("another certificate than a moment ago")

// same holds that all connections of this line show one certificate.
func (l *line) same(cs tls.ConnectionState) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	leaf := cs.PeerCertificates[0].Raw
	if l.seen != nil && !bytes.Equal(l.seen, leaf) {
		return errAnother
	}
	l.seen = leaf
	return nil
}

// leaf is the certificate that was shown, and its hash.
func (l *line) leaf() (der, sum []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := sha256.Sum256(l.seen)
	return l.seen, h[:]
}

// look opens a connection only to see which certificate is shown.
func (l *line) look(ctx context.Context) error {
	port := l.base.Port()
	if port == "" {
		port = "443"
	}
	d := tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12, ServerName: l.base.Hostname(), InsecureSkipVerify: true, VerifyConnection: l.same}}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(l.base.Hostname(), port))
	if err != nil {
		return err
	}
	return c.Close()
}

// ask posts a body and reads the answer. A refusal is *Refused.
func (l *line) ask(ctx context.Context, path string, body, answer any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.base.JoinPath(path).String(), bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "parda") // nothing of the machine (I4)
	res, err := l.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	d := json.NewDecoder(io.LimitReader(res.Body, answerLimit))
	if res.StatusCode != http.StatusOK {
		var refusal struct {
			Code string `json:"code"`
		}
		if d.Decode(&refusal) != nil || refusal.Code == "" {
			return errors.New("the gateway's answer cannot be read")
		}
		return &Refused{refusal.Code}
	}
	if d.Decode(answer) != nil {
		return errors.New("the gateway's answer cannot be read")
	}
	return nil
}

// sign signs a digest of form's with a device's key.
func sign(k key, digest [32]byte) ([]byte, error) {
	return k.Sign(rand.Reader, digest[:], crypto.SHA256)
}

func newNonce() []byte {
	b := make([]byte, form.NonceSize)
	rand.Read(b) // never fails: crypto/rand ends the process instead
	return b
}
