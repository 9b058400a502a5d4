package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

// gateway is the one gateway that this program was started for. What goes to it are the vault's routes alone, with the bearer token that pairing gave;
// what comes from it is read by type (answers.go) or refused.
type gateway struct {
	base   *url.URL
	client *http.Client

	mu    sync.Mutex
	token string // in memory only, and never given to the page
	until time.Time
	court word
}

const (
	answerLimit = 12 << 20 // a payload of 4 MiB in base64, and its shares
	bodyLimit   = 12 << 20
	within      = 30 * time.Second
)

// newGateway: certFile is a PEM of the gateway's own certificate, pin the SHA-256 of the certificate that it must show (hex); neither: the system's roots.
func newGateway(address, certFile, pin string) (*gateway, error) {
	u, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return nil, errors.New("-gateway must be an address such as https://court.example")
	}
	// In clear only to this machine itself, where a demonstration runs: the bearer token is in each request.
	if u.Scheme != "https" && !(u.Scheme == "http" && net.ParseIP(u.Hostname()).IsLoopback()) {
		return nil, errors.New("-gateway must be https")
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS13}
	if certFile != "" {
		b, err := os.ReadFile(certFile)
		if err != nil {
			return nil, errors.New("the file of -gateway-cert cannot be read")
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(b) {
			return nil, errors.New("the file of -gateway-cert holds no certificate in PEM")
		}
	}
	if pin != "" {
		want, err := hex.DecodeString(strings.ReplaceAll(pin, ":", ""))
		if err != nil || len(want) != sha256.Size {
			return nil, errors.New("-pin must be the SHA-256 of the gateway's certificate, 64 hexadecimal digits")
		}
		// The pin stands instead of the roots: a certificate of the right name from another authority is refused too.
		conf.InsecureSkipVerify = true
		conf.VerifyConnection = func(s tls.ConnectionState) error {
			got := sha256.Sum256(s.PeerCertificates[0].Raw)
			if subtle.ConstantTimeCompare(got[:], want) != 1 {
				return errPin
			}
			return nil
		}
	}
	return &gateway{base: u, client: &http.Client{Timeout: within,
		// Bytes that grow when they are unpacked, another protocol, a proxy of the environment and a way elsewhere are all not needed.
		Transport: &http.Transport{TLSClientConfig: conf, DisableCompression: true, Proxy: nil, TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10,
			TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

var errPin = errors.New("the gateway shows another certificate than the pinned one")

// ask sends one request and reads the answer into `into` (nil: there must be none). body is sent as it is: the page has signed its hash.
func (g *gateway) ask(ctx context.Context, method, path string, query url.Values, body []byte, proof string, bearer bool, into any) *refusal {
	u := *g.base
	u.Path, u.RawQuery = path, query.Encode()
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return errBody
	}
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
	}
	if bearer {
		token, ok := g.bearer()
		if !ok {
			return errNotPaired
		}
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if proof != "" {
		r.Header.Set("Parda-Proof", proof)
	}
	res, err := g.client.Do(r)
	if err != nil {
		var unknown *tls.CertificateVerificationError
		if errors.As(err, &unknown) || errors.Is(err, errPin) {
			return errCertificate
		}
		return errUnreachable
	}
	defer res.Body.Close()
	return read(res, into)
}

func read(res *http.Response, into any) *refusal {
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		return errAnswer // a way elsewhere is never taken
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, answerLimit+1))
	if err != nil || len(b) > answerLimit {
		return errAnswer
	}
	if res.StatusCode == http.StatusNoContent && len(b) == 0 {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return errAnswer
	}
	if res.StatusCode >= 400 {
		return refused(res.StatusCode, b)
	}
	if into == nil || one(b, into) != nil {
		return errAnswer
	}
	return nil
}

// one reads one JSON value. Fields that are not in the type are left behind.
func one(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errForm
	}
	return nil
}

var codeForm = regexp.MustCompile(`^[a-z_]{1,64}$`)

// refused takes of a refusal its code and a challenge to sign, and leaves its sentence behind: the page has words of its own.
func refused(status int, b []byte) *refusal {
	var e struct {
		Code   string `json:"code"`
		StepUp *struct {
			Challenge key64 `json:"challenge"`
		} `json:"step_up"`
	}
	if one(b, &e) != nil || !codeForm.MatchString(e.Code) {
		return errAnswer
	}
	r := &refusal{Status: status, Code: e.Code}
	if e.StepUp != nil && e.Code == "step_up_required" {
		r.StepUp = &stepUp{string(e.StepUp.Challenge)}
	}
	return r
}

func (g *gateway) bearer() (string, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.token, g.token != "" && time.Now().Before(g.until)
}

// pair takes the code that the gateway's page showed, and says which page this program serves.
func (g *gateway) pair(ctx context.Context, code, version, sha string) *refusal {
	body, err := json.Marshal(map[string]any{"code": code, "companion": map[string]string{"version": version, "sha256": sha}})
	if err != nil {
		return errBody
	}
	var got struct {
		Token  key64 `json:"token"`
		Until  stamp `json:"until"`
		Court  word  `json:"court"`
		Person name  `json:"person"`
	}
	if r := g.ask(ctx, http.MethodPost, "/api/vault/pair/take", nil, body, "", false, &got); r != nil {
		return r
	}
	until, err := time.Parse(time.RFC3339Nano, string(got.Until))
	if err != nil || got.Token == "" {
		return errAnswer
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.token, g.until, g.court = string(got.Token), until, got.Court
	return nil
}

func (g *gateway) unpair() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.token = ""
}

// vaultRoute is one thing that the page may ask of the gateway. made gives the type that the answer is read into; nil: there is none.
type vaultRoute struct {
	pattern string
	made    func() any
}

func into[T any]() func() any { return func() any { return new(T) } }

// vaultRoutes is all of them.
var vaultRoutes = []vaultRoute{
	{"GET /api/vault/state", into[wireState]()},
	{"POST /api/vault/keys", into[wireDone]()},
	{"POST /api/vault/keys/{id}/lost", nil},
	{"POST /api/vault/recovery", into[wireDone]()},
	{"POST /api/vault/persons", into[wireDone]()},
	{"POST /api/vault/persons/{id}/envelope", into[wireDone]()},
	{"GET /api/vault/persons/{id}/share", into[wireHeld]()},
	{"POST /api/vault/persons/{id}/share", nil},
	{"POST /api/vault/persons/{id}/orders", into[wireDone]()},
	{"POST /api/vault/openings", into[wireDone]()},
	{"GET /api/vault/openings/{id}/share", into[wireHeld]()},
	{"POST /api/vault/openings/{id}/release", into[wireDone]()},
	{"POST /api/vault/openings/{id}/take", into[wireTaken]()},
	{"POST /api/vault/openings/{id}/opened", nil},
	{"POST /api/vault/openings/{id}/end", nil},
	{"POST /api/vault/openings/{id}/stop", nil},
}

var (
	idForm    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	proofForm = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)
)

func (g *gateway) forward(route vaultRoute) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		proof := r.Header.Get("Parda-Proof")
		if id := r.PathValue("id"); strings.Contains(route.pattern, "{id}") && !idForm.MatchString(id) || len(proof) > 4096 || !proofForm.MatchString(proof) || r.URL.RawQuery != "" {
			fail(w, errBody)
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
		if err != nil || len(body) > bodyLimit || r.Method != http.MethodGet && !json.Valid(body) {
			fail(w, errBody)
			return
		}
		var got any
		if route.made != nil {
			got = route.made()
		}
		switch refusal := g.ask(r.Context(), r.Method, r.URL.Path, nil, body, proof, true, got); {
		case refusal != nil:
			fail(w, refusal)
		case got == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			answer(w, http.StatusOK, got)
		}
	}
}
