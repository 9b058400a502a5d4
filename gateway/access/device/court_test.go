package device

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/ledger"
	"parda/gateway/store"
	"parda/media/enrol"
	"parda/media/enrol/form"
)

// court is a register with a real store, ledger and TLS server, and a clock that a test turns.
type court struct {
	t      *testing.T
	dir    string
	store  *store.Store
	ledger *ledger.Ledger
	*Register
	server *httptest.Server

	mu  sync.Mutex
	now time.Time
}

func (c *court) clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *court) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func sit(t *testing.T) *court {
	t.Helper()
	return sitSince(t, time.Now())
}

// sitSince is a court whose clock begins then.
func sitSince(t *testing.T, began time.Time) *court {
	t.Helper()
	c := &court{t: t, dir: t.TempDir(), now: began}
	var err error
	if c.store, err = store.Open(filepath.Join(c.dir, "store")); err != nil {
		t.Fatal(err)
	}
	if c.ledger, err = ledger.Open(ledger.Config{Dir: filepath.Join(c.dir, "ledger"), Store: c.store, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.ledger.Close(context.Background()) // a test may have broken it
		_ = c.store.Close()
	})
	c.open()
	c.server = httptest.NewTLSServer(c.routes())
	t.Cleanup(c.server.Close)
	return c
}

// open opens the register, anew after a restart.
func (c *court) open() {
	c.t.Helper()
	var err error
	c.Register, err = Open(Config{Store: c.store, Audit: audit.New(c.ledger), Dir: filepath.Join(c.dir, "devices"), Courts: []string{"baku", "ganja"}, Now: c.clock,
		CourtOf: func(_ context.Context, hearing string) string {
			return map[string]string{"h1": "baku", "h2": "baku", "g1": "ganja"}[hearing]
		},
		Shown: func(sum [32]byte) bool { return sum == sha256.Sum256(c.server.Certificate().Raw) }})
	if err != nil {
		c.t.Fatal(err)
	}
}

// routes answers as gateway/devices.go does.
func (c *court) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/device/enrol/begin", answer(func(_ context.Context, r form.BeginRequest) (any, error) { return c.Begin(r) }))
	mux.HandleFunc("/api/device/enrol/reveal", answer(func(ctx context.Context, r form.RevealRequest) (any, error) { return c.Reveal(ctx, r) }))
	mux.HandleFunc("/api/device/enrol/take", answer(func(_ context.Context, r form.TakeRequest) (any, error) { return c.Take(r) }))
	mux.HandleFunc("/api/device/challenge", answer(func(_ context.Context, r form.ChallengeRequest) (any, error) { return c.Challenge(r) }))
	mux.HandleFunc("/api/device/enter", answer(func(ctx context.Context, r form.EnterRequest) (any, error) { return c.Enter(ctx, r) }))
	mux.HandleFunc("/api/device/renew", answer(func(ctx context.Context, r form.RenewRequest) (any, error) { return c.Renew(ctx, r) }))
	return mux
}

func answer[T any](f func(context.Context, T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req T
		out, err := any(nil), json.NewDecoder(r.Body).Decode(&req)
		if err == nil {
			out, err = f(r.Context(), req)
		}
		var refusal *Error
		if errors.As(err, &refusal) {
			w.WriteHeader(http.StatusForbidden)
			out = map[string]string{"code": refusal.Code}
		}
		_ = json.NewEncoder(w).Encode(out)
	}
}

const admin, clerk = "p-administrator", "p-clerk"

var inFile = enrol.Keep{As: form.KeptFile}

// enrolled is a device that went the whole way, over a URL.
func (c *court) enrolled(kind, label string) (*enrol.Device, string) {
	c.t.Helper()
	e, code, err := c.Enrol(c.t.Context(), admin, "baku", kind, label)
	if err != nil {
		c.t.Fatal(err)
	}
	folder := c.t.TempDir()
	j, err := enrol.Join(c.t.Context(), c.server.URL, code, folder, inFile, false)
	if err != nil {
		c.t.Fatal(err)
	}
	id, err := c.Confirm(c.t.Context(), admin, "baku", e.ID, j.ShortCode)
	if err != nil {
		c.t.Fatal(err)
	}
	d, err := j.Wait(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	if d.ID() != id {
		c.t.Fatalf("the gateway calls it %s, the device %s", id, d.ID())
	}
	return d, folder
}

func (c *court) place(hearing, place, id string) {
	c.t.Helper()
	if _, err := c.Place(c.t.Context(), clerk, "baku", hearing, place, id); err != nil {
		c.t.Fatal(err)
	}
}

// entered is a device with a token of the hearing h1.
func (c *court) entered() (*enrol.Device, string) {
	c.t.Helper()
	d, _ := c.enrolled(form.Room, "Otaq 3")
	c.place("h1", form.Witness, d.ID())
	p, err := d.Enter(c.t.Context(), c.server.URL, "h1", form.Witness)
	if err != nil {
		c.t.Fatal(err)
	}
	return d, p.Token
}

// codes are the court's audit, in order.
func (c *court) codes() (codes []string, all string) {
	c.t.Helper()
	events, err := c.ledger.Load(c.t.Context(), audit.Of("baku"))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, e := range events {
		b, err := json.Marshal(e)
		if err != nil {
			c.t.Fatal(err)
		}
		codes = append(codes, e.Code)
		all += string(b) + "\n"
	}
	return codes, all
}

// between is somebody on the way with a certificate of his own: he sees and may change every body.
func (c *court) between(change func(path string, body []byte) []byte) *httptest.Server {
	c.t.Helper()
	own := httptest.NewUnstartedServer(nil)
	own.TLS = &tls.Config{Certificates: []tls.Certificate{ownCertificate(c.t)}}
	client := c.server.Client()
	own.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		res, err := client.Post(c.server.URL+r.URL.Path, "application/json", strings.NewReader(string(change(r.URL.Path, body))))
		if err != nil {
			return
		}
		defer res.Body.Close()
		back, err := io.ReadAll(res.Body)
		if err != nil {
			return
		}
		w.WriteHeader(res.StatusCode)
		_, _ = w.Write(change(r.URL.Path+" answer", back))
	})
	own.StartTLS()
	c.t.Cleanup(own.Close)
	return own
}

func ownCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	ca, err := openAuthority(t.TempDir(), "x", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{ca.cert.Raw}, PrivateKey: ca.key, Leaf: &x509.Certificate{Raw: ca.cert.Raw}}
}
