package main

import (
	"crypto/sha256"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"parda/media/door"
	"parda/signaling"
)

// patience is how long a connection may take (RFC 9110 names no times; these are for a slow line, not for one that means to be slow).
type patience struct {
	header time.Duration // until the whole header of a request has come
	body   time.Duration // and its body
	write  time.Duration // for an answer; each part of a download has as much
	idle   time.Duration // between two requests
}

func defaultPatience() patience {
	return patience{header: 10 * time.Second, body: 20 * time.Second, write: 30 * time.Second, idle: 2 * time.Minute}
}

// pagesDoor are the limits of the listener that is open to the network. The one for this machine has none: there every client of a proxy has one address,
// and the proxy has limits of its own (deploy/nginx).
var pagesDoor = door.Limits{Most: 4096, OfOne: 400}

// What one address, one browser or token, and one hearing may ask for in a second, and at once. People of one court share an address, and all pages come
// back together after a fault of the network, so bursts are large; a second page of the same seat is not.
const (
	requestsOfAddress, requestsAtOnce = 50, 400
	offersOfHolder, offersAtOnce      = 1, 20
	offersOfHearing, hearingAtOnce    = 20, 300
	socketsOfSeat, socketsOfGallery   = 24, 400 // WebSockets at once, those included that have not said hello
	subscriptionsOfHearing            = 640
)

// turnstiles counts by key. What a key is made of is kept as a hash only, and forgotten when it has been quiet for a while.
type turnstiles struct {
	mu    sync.Mutex
	of    map[[32]byte]*turnstile
	swept time.Time
	now   func() time.Time
}

type turnstile struct {
	rate *rate.Limiter
	open int
	seen time.Time
}

const quietFor = 5 * time.Minute

func newTurnstiles() *turnstiles {
	return &turnstiles{of: map[[32]byte]*turnstile{}, now: time.Now}
}

// at finds or makes the turnstile of a key. The caller holds t.mu.
func (t *turnstiles) at(perSecond float64, atOnce int, key ...string) *turnstile {
	now := t.now()
	if now.Sub(t.swept) > quietFor {
		t.swept = now
		for k, one := range t.of {
			if one.open == 0 && now.Sub(one.seen) > quietFor {
				delete(t.of, k)
			}
		}
	}
	k := sha256.Sum256([]byte(strings.Join(key, "\x00")))
	one := t.of[k]
	if one == nil {
		one = &turnstile{rate: rate.NewLimiter(rate.Limit(perSecond), atOnce)}
		t.of[k] = one
	}
	one.seen = now
	return one
}

// pass tells whether one more may come now.
func (t *turnstiles) pass(perSecond float64, atOnce int, key ...string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.at(perSecond, atOnce, key...).rate.AllowN(t.now(), 1)
}

// delay counts one more, and tells how long it should wait for its turn: for what is slowed and never refused.
func (t *turnstiles) delay(perSecond float64, atOnce int, key ...string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	return t.at(perSecond, atOnce, key...).rate.ReserveN(now, 1).DelayFrom(now)
}

// enter tells whether one more may be there at once; leave must be called when it goes.
func (t *turnstiles) enter(most int, key ...string) (leave func(), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.at(0, 0, key...)
	if one.open >= most {
		return nil, false
	}
	one.open++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		one.open--
		one.seen = t.now()
	}, true
}

// tooMany is the refusal of a door that is crowded.
func tooMany() error {
	return signaling.Refuse("too_many", "Too many at once. Try again in a moment.", nil)
}

// ofAddress bounds the requests of one address.
func (a *App) ofAddress(c *gin.Context) {
	if !a.turnstiles.pass(requestsOfAddress, requestsAtOnce, "address", addressOf(c.Request)) {
		signaling.WriteError(c.Writer, a.log, tooMany())
		c.Abort()
	}
}

// addressOf is what counts as one address: an IPv4 address, or an IPv6 network of 64 bits.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return ""
	}
	bits := 64
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		bits = 32
	}
	p, _ := ip.Prefix(bits) // cannot fail for an address that was read
	return p.String()
}

// mayOffer bounds the SDP offers of one browser or token and of one hearing: each costs a connection with keys of its own. holder has been let in.
func (a *App) mayOffer(hearing, holder string) error {
	if a.turnstiles.pass(offersOfHolder, offersAtOnce, "offer", hearing, holder) && a.turnstiles.pass(offersOfHearing, hearingAtOnce, "offers", hearing) {
		return nil
	}
	return tooMany()
}

// unhurried gives each part of a long answer its own time, so that a large download may take long and one that stands still may not.
type unhurried struct {
	gin.ResponseWriter
	control *http.ResponseController
	part    time.Duration
}

// Write implements io.Writer. It hides the writer's ReadFrom, which would send the whole in one part.
func (u unhurried) Write(b []byte) (int, error) {
	_ = u.control.SetWriteDeadline(time.Now().Add(u.part)) // where there is no connection (a test) there is no deadline
	return u.ResponseWriter.Write(b)
}
