package main

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"path"
	"strings"
	"sync"
)

// Who can send requests to this program: every page in every browser of this machine, every program on it, and every name that somebody's DNS
// points at 127.0.0.1. door lets in one browser with the page that this program itself served:
//
//   - the Host must be localhost and this port, so that a name which is pointed here (DNS rebinding) is not answered;
//   - what is asked of a page's data must come from this page: Sec-Fetch-Site says same-origin (Fetch Metadata; a page cannot set it), and the Origin,
//     where there is one, is this origin. A page of another port of localhost is of the same site, so a strict cookie alone would not keep it out;
//   - no answer names another origin (no CORS), no page may frame this one or keep a handle on its window (CSP, COOP);
//   - the cookie is given once for the token of the link that this program printed; a script cannot read it.
//
// Another program of the same user can read that user's files and memory; nothing here keeps it out.
type door struct {
	port string
	page map[string][]byte

	mu     sync.Mutex
	token  [32]byte // of the link; sha256
	unused bool
	cookie [32]byte // sha256; zero until somebody entered
}

func secret() (text string, hash [32]byte) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // crypto/rand does not fail on the systems that Go supports
	}
	text = base64.RawURLEncoding.EncodeToString(b[:])
	return text, sha256.Sum256([]byte(text))
}

// newLink voids the link before it and returns the next.
func (d *door) newLink() string {
	text, hash := secret()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.token, d.unused = hash, true
	return d.origin() + "/#token=" + text
}

func (d *door) origin() string { return "http://localhost:" + d.port }

// cookieName holds the port: cookies of localhost go to all of its ports.
func (d *door) cookieName() string { return "parda-companion-" + d.port }

// policy: nothing but this program's own files, nothing inline, no frame, and no text that becomes script (Trusted Types).
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

func (d *door) headers(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), display-capture=(), publickey-credentials-get=(self), publickey-credentials-create=(self)")
	h.Set("Cache-Control", "no-store")
}

// guard is before everything, files too.
func (d *door) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.headers(w.Header())
		if r.Host != "localhost:"+d.port {
			fail(w, errStranger)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && origin != d.origin() {
			fail(w, errStranger)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// own lets in what this program's page asks, from the browser that entered. entered is false for the entering itself.
func (d *door) own(entered bool, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// A navigation (a form, a window) and a tag (an image, a script) are not the page's own fetch.
		if r.Header.Get("Sec-Fetch-Site") != "same-origin" || r.Header.Get("Sec-Fetch-Dest") != "empty" {
			fail(w, errStranger)
			return
		}
		if r.Method != http.MethodGet {
			// A form cannot say application/json, and a script of another origin that says so has to ask first, and is not answered.
			if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" || r.Header.Get("Origin") != d.origin() {
				fail(w, errStranger)
				return
			}
		}
		if entered && !d.holds(r) {
			fail(w, errEnterFirst)
			return
		}
		next(w, r)
	}
}

func (d *door) holds(r *http.Request) bool {
	c, err := r.Cookie(d.cookieName())
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(c.Value))
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cookie != [32]byte{} && subtle.ConstantTimeCompare(sum[:], d.cookie[:]) == 1
}

// enter takes the token of the link, once.
func (d *door) enter(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Token string `json:"token"`
	}
	if err := readJSON(r.Body, 4096, &body); err != nil {
		fail(w, errBody)
		return
	}
	sum := sha256.Sum256([]byte(body.Token))
	text, hash := secret()
	d.mu.Lock()
	good := d.unused && subtle.ConstantTimeCompare(sum[:], d.token[:]) == 1
	if good {
		d.unused, d.cookie = false, hash
	}
	d.mu.Unlock()
	if !good {
		fail(w, errLinkUsed)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: d.cookieName(), Value: text, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	w.WriteHeader(http.StatusNoContent)
}

// kinds of the page's files: what is not here is not served.
var kinds = map[string]string{".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2", ".svg": "image/svg+xml"}

func (d *door) file(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" {
		name = "companion.html"
	}
	content, ok := d.page[name]
	kind := kinds[path.Ext(name)]
	if !ok || kind == "" {
		fail(w, errNothing)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(content)
}

// loopback listens on both of this machine's own addresses, so that no other program can stand at one of them under the same port: a browser tries
// either for "localhost". Where the machine has no IPv6, the one is enough.
func loopback(port string) ([]net.Listener, string, error) {
	four, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return nil, "", err
	}
	_, port, _ = net.SplitHostPort(four.Addr().String())
	six, err := net.Listen("tcp6", net.JoinHostPort("::1", port))
	if err == nil {
		return []net.Listener{four, six}, port, nil
	}
	if taken, dialErr := net.Dial("tcp6", net.JoinHostPort("::1", port)); dialErr == nil {
		_ = taken.Close()
		_ = four.Close()
		return nil, "", errors.New("another program stands at this port of localhost")
	}
	return []net.Listener{four}, port, nil
}

// readJSON reads one value of at most limit bytes, without fields that are not known and with nothing after it.
func readJSON(from io.Reader, limit int64, into any) error {
	d := json.NewDecoder(io.LimitReader(from, limit))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows")
	}
	return nil
}
