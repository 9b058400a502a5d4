package relay

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the REST credentials of TURN are defined with it
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Holder is who a TURN credential is made for: a seat, and one page (or station, or camera) of those that hold it. Both words are the caller's
// and opaque; neither goes into a credential.
type Holder struct{ Seat, Page string }

// Credential is a user name and a password for a TURN server. New allocations are made with it until Until.
type Credential struct {
	Username, Password string
	Until              time.Time
}

// maxPerPass is how many allocations one credential may have at once. A page has two connections, a station up to five, each tries UDP and TCP,
// and a new connection is made before the old one ends.
const maxPerPass = 24

// Passes hands out the credentials of a TURN server, one for each holder, and takes them back. They follow the REST scheme of TURN
// (draft-uberti-behave-turn-rest-00 section 2.2), which coturn's use-auth-secret knows too: the user name is "expiry:handle" (Unix
// seconds, and a random handle that says nothing of seat, role or hearing), the password is its MAC under a shared secret. Our own server asks
// here whether a handle is still good; coturn cannot, so there the lifetime is the bound.
type Passes struct {
	secret string
	life   time.Duration
	now    func() time.Time

	mu       sync.Mutex
	byHolder map[Holder]*pass
	byHandle map[string]*pass
	swept    time.Time
}

// pass is one handle. Guarded by Passes.mu.
type pass struct {
	holder Holder
	handle string
	until  time.Time // of the newest credential with it
	open   map[*gatedConn]struct{}
}

// NewPasses makes a desk that shares secret (16 bytes at least) with a TURN server. life is how long a credential opens allocations, 1 minute to
// 1 hour.
func NewPasses(secret string, life time.Duration) (*Passes, error) {
	if len(secret) < 16 || life < time.Minute || life > time.Hour {
		return nil, errors.New("relay: TURN credentials need a secret of 16 bytes or more and a life between a minute and an hour")
	}
	return &Passes{secret: secret, life: life, now: time.Now, byHolder: map[Holder]*pass{}, byHandle: map[string]*pass{}}, nil
}

// Life is how long a credential opens allocations.
func (p *Passes) Life() time.Duration { return p.life }

// Issue makes a credential. A holder who asks again before the last one ran out keeps its handle, so that what it has open is renewed too.
func (p *Passes) Issue(h Holder) Credential {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.sweep(now)
	one := p.byHolder[h]
	if one == nil {
		one = &pass{holder: h, handle: randomID(), open: map[*gatedConn]struct{}{}}
		p.byHolder[h], p.byHandle[one.handle] = one, one
	}
	one.until = now.Add(p.life).Truncate(time.Second)
	username := strconv.FormatInt(one.until.Unix(), 10) + ":" + one.handle
	return Credential{Username: username, Password: turnPassword(p.secret, username), Until: one.until}
}

// End takes back what one holder has. When it returns, our own server opens nothing more with it, and its allocations are closed.
func (p *Passes) End(h Holder) { p.end(func(o Holder) bool { return o == h }) }

// EndSeat takes back what every holder of a seat has.
func (p *Passes) EndSeat(seat string) { p.end(func(o Holder) bool { return o.Seat == seat }) }

func (p *Passes) end(whose func(Holder) bool) {
	var shut []*gatedConn
	p.mu.Lock()
	for h, one := range p.byHolder {
		if whose(h) {
			shut = append(shut, p.forget(one)...)
		}
	}
	p.mu.Unlock()
	for _, c := range shut {
		_ = c.Close() // the server reads an error and drops the allocation
	}
}

// forget takes a pass out and returns what is open under it. The caller holds p.mu.
func (p *Passes) forget(one *pass) (open []*gatedConn) {
	delete(p.byHolder, one.holder)
	delete(p.byHandle, one.handle)
	for c := range one.open {
		open = append(open, c)
	}
	return open
}

// sweep forgets holders that never came back, once in a lifetime. The caller holds p.mu.
func (p *Passes) sweep(now time.Time) {
	if now.Sub(p.swept) < p.life {
		return
	}
	p.swept = now
	for _, one := range p.byHolder {
		if now.After(one.until) && len(one.open) == 0 {
			p.forget(one)
		}
	}
}

// good tells whether a user name stands for a handle that is out, and its time has not come. An allocation that is there may be kept up after
// that time (late), for as long as the handle was not taken back: a call must not break because a credential is short-lived.
func (p *Passes) good(username string, late bool) (handle string, ok bool) {
	expiry, handle, cut := strings.Cut(username, ":")
	at, err := strconv.ParseInt(expiry, 10, 64)
	if !cut || err != nil {
		return "", false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.byHandle[handle]
	if one == nil || at > one.until.Unix() { // a time that was never handed out, though only who knows the secret could use it
		return "", false
	}
	return handle, late || at >= p.now().Unix()
}

// room tells whether one more allocation may be opened with a handle.
func (p *Passes) room(handle string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.byHandle[handle]
	return one != nil && len(one.open) < maxPerPass
}

// open notes an allocation of a handle; false means that the handle was taken back meanwhile, or has enough.
func (p *Passes) open(handle string, c *gatedConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.byHandle[handle]
	if one == nil || len(one.open) >= maxPerPass {
		return false
	}
	one.open[c] = struct{}{}
	return true
}

func (p *Passes) shut(handle string, c *gatedConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if one := p.byHandle[handle]; one != nil {
		delete(one.open, c)
	}
}

func turnPassword(secret, username string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
