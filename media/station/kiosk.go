package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// errNotLoopback refuses a kiosk address that another machine could reach.
var errNotLoopback = errors.New("the kiosk's address must be on this machine, such as 127.0.0.1:0")

const (
	kioskReadLimit = 256 << 10
	kioskQueue     = 64
	kioskWithin    = 5 * time.Second
)

// kioskRoom is what the door needs of the room.
type kioskRoom interface {
	fromKiosk(raw []byte) (refused string)
	view() (station stationMessage, state, ice []byte)
}

// door is the kiosk's way in: a page on this machine's own loopback address, for one browser. Three things stand against another page or program on
// this machine: the Host and Origin must be the door's own (DNS rebinding, RFC 6454), the code in the link works once, and the cookie that it gives is strict.
type door struct {
	pages    fs.FS
	room     kioskRoom
	self     http.Handler
	clip     func() []byte
	log      *slog.Logger
	listener net.Listener
	port     string

	mu     sync.Mutex
	code   string // "" once used
	cookie [32]byte
	taken  bool
	page   *kioskPage // the one open conversation
}

// newDoor listens. The link, with its one-time code in the fragment, is link().
func newDoor(address string, pages fs.FS, self http.Handler, clip func() []byte, log *slog.Logger) (*door, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errNotLoopback
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, errNotLoopback
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, errors.New("the kiosk's port is taken by another program: name another with -kiosk, or port 0")
	}
	d := &door{pages: pages, self: self, clip: clip, log: log, listener: l, code: randomCode()}
	_, d.port, _ = net.SplitHostPort(l.Addr().String())
	return d, nil
}

func randomCode() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (d *door) link() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return "http://localhost:" + d.port + "/#code=" + d.code
}

// serve answers until ctx ends.
func (d *door) serve(ctx context.Context, room kioskRoom) error {
	d.room = room
	srv := &http.Server{Handler: d, ReadHeaderTimeout: kioskWithin, MaxHeaderBytes: 16 << 10, BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	if err := srv.Serve(d.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (d *door) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; "+
		"connect-src 'self' ws://localhost:"+d.port+" ws://127.0.0.1:"+d.port+"; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Origin-Agent-Cluster", "?1")
	// The page needs no power of the browser's: the station itself has the devices.
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), display-capture=(), publickey-credentials-get=(), publickey-credentials-create=(), usb=(), serial=(), "+
		"hid=(), bluetooth=(), midi=(), payment=(), accelerometer=(), gyroscope=(), magnetometer=(), local-fonts=(), idle-detection=()")
	if !d.ownHost(req.Host) || !d.ownOrigin(req) {
		refuseHTTP(w, http.StatusMisdirectedRequest, "not_allowed", "This address is not the kiosk's.")
		return
	}
	switch {
	case req.URL.Path == "/local/enter" && req.Method == http.MethodPost:
		d.enter(w, req)
	case strings.HasPrefix(req.URL.Path, "/local/"):
		d.inside(w, req)
	case req.Method == http.MethodGet || req.Method == http.MethodHead:
		d.file(w, req)
	default:
		refuseHTTP(w, http.StatusMethodNotAllowed, "bad_message", "This address is only read.")
	}
}

func (d *door) inside(w http.ResponseWriter, req *http.Request) {
	if !d.signedIn(req) {
		refuseHTTP(w, http.StatusForbidden, "not_allowed", "This browser has not entered the kiosk.")
		return
	}
	if req.Method != http.MethodGet {
		refuseHTTP(w, http.StatusMethodNotAllowed, "bad_message", "This address is only read.")
		return
	}
	switch req.URL.Path {
	case "/local/self.mjpeg":
		d.self.ServeHTTP(w, req)
	case "/local/rehearsal.webm":
		d.rehearsal(w, req)
	case "/local/ws":
		d.converse(w, req)
	default:
		refuseHTTP(w, http.StatusNotFound, "bad_message", "There is nothing at this address.")
	}
}

func (d *door) rehearsal(w http.ResponseWriter, req *http.Request) {
	clip := d.clip()
	if clip == nil {
		refuseHTTP(w, http.StatusNotFound, "wrong_phase", "There is no rehearsal to play.")
		return
	}
	w.Header().Set("Content-Type", "video/webm")
	w.Header().Set("Cache-Control", "no-store")
	http.ServeContent(w, req, "rehearsal.webm", time.Time{}, strings.NewReader(string(clip)))
}

// ownHost holds off a foreign name that resolves to this machine.
func (d *door) ownHost(host string) bool {
	name, port, err := net.SplitHostPort(host)
	return err == nil && port == d.port && (name == "localhost" || name == "127.0.0.1" || name == "::1")
}

// ownOrigin holds off a page of another origin: what changes something or converses must say where it comes from.
func (d *door) ownOrigin(req *http.Request) bool {
	origin := req.Header.Get("Origin")
	if origin == "" {
		upgrade := strings.EqualFold(req.Header.Get("Upgrade"), "websocket")
		return req.Method != http.MethodPost && !upgrade
	}
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == "http" && u.Host == req.Host
}

// cookieName holds the port, because cookies do not tell ports apart and two stations may run on one machine.
func (d *door) cookieName() string { return "parda_kiosk_" + d.port }

func (d *door) enter(w http.ResponseWriter, req *http.Request) {
	var body struct {
		Code string `json:"code"`
	}
	if json.NewDecoder(http.MaxBytesReader(w, req.Body, 4096)).Decode(&body) != nil {
		refuseHTTP(w, http.StatusBadRequest, "bad_message", "The code could not be read.")
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	sum := sha256.Sum256([]byte(body.Code))
	want := sha256.Sum256([]byte(d.code))
	if subtle.ConstantTimeCompare(sum[:], want[:]) != 1 {
		refuseHTTP(w, http.StatusForbidden, "code_wrong", "This code is not the kiosk's.")
		return
	}
	if d.taken {
		refuseHTTP(w, http.StatusGone, "code_used", "The code was used already. Start the station anew for another.")
		return
	}
	value := randomCode() + randomCode()
	d.cookie, d.taken = sha256.Sum256([]byte(value)), true
	http.SetCookie(w, &http.Cookie{Name: d.cookieName(), Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	w.WriteHeader(http.StatusNoContent)
}

func (d *door) signedIn(req *http.Request) bool {
	c, err := req.Cookie(d.cookieName())
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(c.Value))
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.taken && subtle.ConstantTimeCompare(sum[:], d.cookie[:]) == 1
}

// file serves the page and its parts. The pages may not be cached, assets (named by their content) may.
func (d *door) file(w http.ResponseWriter, req *http.Request) {
	name := strings.TrimPrefix(path.Clean("/"+req.URL.Path), "/")
	if name == "" {
		name = "kiosk.html"
	}
	b, err := fs.ReadFile(d.pages, name)
	if err != nil && name == "kiosk.html" {
		name = "index.html"
		b, err = fs.ReadFile(d.pages, name)
	}
	if err != nil {
		refuseHTTP(w, http.StatusNotFound, "bad_message", "There is nothing at this address.")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	if strings.HasPrefix(name, "assets/") {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, req, name, time.Time{}, strings.NewReader(string(b)))
}

// refuseHTTP answers with the wire's form of an error (PROTOCOL.md, Errors).
func refuseHTTP(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, string(errorMessage(code, message)))
}

func errorMessage(code, message string) []byte {
	return []byte(`{"type":"error","code":` + strconv.Quote(code) + `,"message":` + strconv.Quote(message) + `}`)
}
