package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Errors of a refused publication, for errors.Is; the error itself is a *Refusal.
var (
	ErrToken   = errors.New("the gateway does not accept this token for this publication") // 401, 403
	ErrHearing = errors.New("the gateway knows no such hearing")                           // 404
	ErrRefused = errors.New("the gateway refused the publication")                         // any other status
	ErrConfig  = errors.New("the publication is not described well")                       // before anything was sent
)

// Refusal is the gateway's answer to an offer that it did not take.
type Refusal struct {
	Status             int
	Code, Message, Ref string // as in signaling/PROTOCOL.md; empty when the body was something else
}

func (r *Refusal) Error() string {
	text := fmt.Sprintf("%v (status %d", r.kind(), r.Status)
	if r.Code != "" {
		text += ", " + r.Code
	}
	if r.Message != "" {
		text += ": " + r.Message
	}
	if r.Ref != "" {
		text += " Reference " + r.Ref + "."
	}
	return text + ")"
}

// Unwrap makes errors.Is tell the kind.
func (r *Refusal) Unwrap() error { return r.kind() }

func (r *Refusal) kind() error {
	switch r.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return ErrToken
	case http.StatusNotFound:
		return ErrHearing
	}
	return ErrRefused
}

const (
	maxAnswer  = 64 << 10 // an answer for two tracks has about 2 KiB
	httpPeriod = 10 * time.Second
)

// whip is the HTTP half of a publication: RFC 9725 with one offer, no trickle, and ICE restarts.
type whip struct {
	endpoint *url.URL
	token    string
	client   *http.Client
	resource *url.URL
}

func newWHIP(cfg Config) (*whip, error) {
	base, err := url.Parse(cfg.GatewayURL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("%w: the gateway's URL is no URL such as https://gateway.example:8443", ErrConfig)
	}
	if base.Scheme != "https" && !(base.Scheme == "http" && isLoopback(base.Hostname())) {
		return nil, fmt.Errorf("%w: the gateway's URL must be https (http only on this very machine)", ErrConfig)
	}
	if cfg.Hearing == "" || cfg.Token == "" {
		return nil, fmt.Errorf("%w: a hearing and a token are needed", ErrConfig)
	}
	endpoint := base.JoinPath("whip", url.PathEscape(cfg.Hearing))
	endpoint.RawQuery, endpoint.Fragment = "", ""
	if cfg.Rendering != "" {
		endpoint.RawQuery = url.Values{"rendering": {cfg.Rendering}}.Encode()
	}
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: cfg.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: httpPeriod,
		DisableKeepAlives:   true,
	}
	client := &http.Client{
		Transport: transport,
		Timeout:   httpPeriod,
		// A redirect could take the token elsewhere; parda's gateway sends none.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &whip{endpoint: endpoint, token: cfg.Token, client: client}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// offer posts the offer and returns the answer (RFC 9725 section 4.2).
func (w *whip) offer(ctx context.Context, sdp string) (string, error) {
	resp, err := w.do(ctx, http.MethodPost, w.endpoint, sdp)
	if err != nil {
		return "", fmt.Errorf("the gateway cannot be reached: %w", bare(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return "", fmt.Errorf("reading the gateway's answer: %w", bare(err))
	}
	if resp.StatusCode != http.StatusCreated {
		return "", readRefusal(resp.StatusCode, body)
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != "application/sdp" || len(body) > maxAnswer {
		return "", errors.New("the gateway's answer is no SDP")
	}
	resource, err := w.endpoint.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" {
		return "", errors.New("the gateway's answer names no resource to end the publication by")
	}
	// The token goes with the DELETE, so the resource must be at the host that the token was meant for.
	if resource.Scheme != w.endpoint.Scheme || resource.Host != w.endpoint.Host {
		return "", errors.New("the gateway's answer names a resource on another host")
	}
	w.resource = resource
	return string(body), nil
}

// restart patches the resource with this side's new ICE credentials and returns the gateway's (RFC 9725 section 4.3.2).
func (w *whip) restart(ctx context.Context, fragment string) (string, error) {
	resp, err := w.do(ctx, http.MethodPatch, w.resource, fragment)
	if err != nil {
		return "", bare(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return "", bare(err)
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the gateway answered %d", resp.StatusCode)
	}
	return string(body), nil
}

// end deletes the resource. A resource that is already gone is no error.
func (w *whip) end(ctx context.Context) error {
	if w.resource == nil {
		return nil
	}
	resp, err := w.do(ctx, http.MethodDelete, w.resource, "")
	if err != nil {
		return bare(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 && resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusGone {
		return fmt.Errorf("the gateway answered %d", resp.StatusCode)
	}
	return nil
}

func (w *whip) do(ctx context.Context, method string, to *url.URL, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, to.String(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	req.Header.Set("User-Agent", "parda")
	switch {
	case method == http.MethodPatch:
		req.Header.Set("Content-Type", "application/trickle-ice-sdpfrag")
		req.Header.Set("If-Match", "*")
	case body != "":
		req.Header.Set("Content-Type", "application/sdp")
	}
	return w.client.Do(req)
}

// IsCertificateError tells whether the gateway showed a certificate that RootCAs do not vouch for.
func IsCertificateError(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

// bare takes the URL and the addresses out of an HTTP error: they name the hearing and the place, and errors end up in logs.
func bare(err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
	}
	if opErr, ok := errors.AsType[*net.OpError](err); ok {
		err = opErr.Err
	}
	if dnsErr, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New("its name is not found (" + dnsErr.Err + ")")
	}
	return err
}

func readRefusal(status int, body []byte) *Refusal {
	var wireError struct{ Code, Message, Ref string }
	_ = json.NewDecoder(bytes.NewReader(body)).Decode(&wireError) // a body of another kind leaves the fields empty
	return &Refusal{Status: status, Code: clip(wireError.Code), Message: clip(wireError.Message), Ref: clip(wireError.Ref)}
}

// clip keeps a stranger's words short and on one line, because they are shown on a terminal.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "")
	}
	return s
}
