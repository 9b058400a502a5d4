package enrol

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// EntersEvery bounds how often a device proves itself to the gateway: each time is an entry in the court's audit.
const EntersEvery = 5 * time.Second

// ErrSoon says that it is too soon to enter anew.
var ErrSoon = errors.New("the gateway has just been asked for a pass; asking again in a moment")

// Admission is by what a device comes into a hearing for as long as it runs: with a pass of some hours that is renewed, or with the one token of the
// demonstration. With a pass go the only TLS certificate that the gateway has proved to be its own, so that both change together. It is safe for concurrent use.
type Admission struct {
	// Revoked, if set, is called when the court's own gateway says that this device is revoked.
	Revoked func()

	enter func(context.Context) (*Pass, error) // nil with the token of the demonstration
	now   func() time.Time

	mu    sync.Mutex
	pass  *Pass
	since time.Time // when the pass was given
	tried time.Time
	stale bool
}

// ByToken is the demonstration's: a token that was given, and what its gateway's certificate is checked with (nil: the system's authorities).
func ByToken(token string, roots *x509.CertPool) *Admission {
	return &Admission{pass: &Pass{Token: token, Roots: roots}, now: time.Now}
}

// ByDevice enters as an enrolled device. The device is the admission's from then on.
func ByDevice(d *Device, gateway, hearing, place string) *Admission {
	return By(func(ctx context.Context) (*Pass, error) { return d.Enter(ctx, gateway, hearing, place) }, time.Now)
}

// By enters by a function and a clock.
func By(enter func(context.Context) (*Pass, error), now func() time.Time) *Admission {
	return &Admission{enter: enter, now: now}
}

// Enrolled says whether it enters as a device, so that a pass that is refused is no end.
func (a *Admission) Enrolled() bool { return a.enter != nil }

// Get gives a pass that is good as far as the device knows, and asks for one where there is none. ErrSoon: it asked a moment ago.
func (a *Admission) Get(ctx context.Context) (*Pass, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.enter == nil || a.pass != nil && !a.stale && a.now().Before(a.pass.Until) {
		return a.pass, nil
	}
	if !a.tried.IsZero() && a.now().Sub(a.tried) < EntersEvery {
		return nil, ErrSoon
	}
	return a.renew(ctx)
}

// renew enters. Called with mu held.
func (a *Admission) renew(ctx context.Context) (*Pass, error) {
	a.tried = a.now()
	pass, err := a.enter(ctx)
	if err != nil {
		if errors.Is(err, ErrRevoked) && a.Revoked != nil {
			a.Revoked()
		}
		return nil, err
	}
	a.pass, a.since, a.stale = pass, a.now(), false
	return pass, nil
}

// Lost says that the gateway did not take the pass, or shows another certificate: after a restart, a renewal, a revocation. The next Get enters anew.
func (a *Admission) Lost() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stale = true
}

// old says whether half of the pass's time is over.
func (a *Admission) old() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.enter != nil && a.pass != nil && a.now().Sub(a.since) > a.pass.Until.Sub(a.since)/2
}

// Keep renews the pass before it ends, so that what is open stays open. It looks so often, until ctx ends.
func (a *Admission) Keep(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if a.old() {
			a.mu.Lock()
			_, _ = a.renew(ctx) // the pass is good for as long again; the next tick tries anew
			a.mu.Unlock()
		}
	}
}

// Keeper is where a device's key may be: as one of form.Kept* (or ""), wrapped by the secret that the service manager decrypted (systemd's
// LoadCredentialEncrypted=device-secret) or that stands in the environment as PARDA_DEVICE_SECRET, which is emptied of it.
func Keeper(as string) Keep {
	k := Keep{As: as}
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" {
		if b, err := os.ReadFile(filepath.Join(dir, "device-secret")); err == nil {
			k.Secret = b
		}
	}
	if s := os.Getenv("PARDA_DEVICE_SECRET"); s != "" && len(k.Secret) == 0 {
		k.Secret = []byte(s)
	}
	os.Unsetenv("PARDA_DEVICE_SECRET")
	return k
}
