package main

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"parda/media/enrol"
	"parda/media/enrol/form"
	"parda/media/publish"
)

// entersEvery bounds how often the station proves itself to the gateway: each time is an entry in the court's audit.
const entersEvery = 5 * time.Second

// errAdmission says that it is too soon to enter anew.
var errAdmission = errors.New("the gateway has just been asked for a pass; asking again in a moment")

// admission is by what the station comes in: as a device that the court has enrolled, with a pass of some hours, or with the one token of the
// demonstration. With a pass go the only TLS certificate that the gateway has proved to be its own, so that both change together.
type admission struct {
	enter func(context.Context) (*enrol.Pass, error) // nil with the token of the demonstration
	// revoked is called when the court's own gateway says that this device is revoked.
	revoked func()
	now     func() time.Time

	mu    sync.Mutex
	pass  *enrol.Pass
	since time.Time // when the pass was given
	tried time.Time
	stale bool
}

// byToken is the demonstration's: a token that was given, and the certificate of -gateway-cert.
func byToken(token string, roots *x509.CertPool) *admission {
	return &admission{pass: &enrol.Pass{Token: token, Roots: roots}, now: time.Now}
}

// byDevice enters as an enrolled device.
func byDevice(d *enrol.Device, gateway, hearing string) *admission {
	return &admission{now: time.Now, enter: func(ctx context.Context) (*enrol.Pass, error) { return d.Enter(ctx, gateway, hearing, form.Witness) }}
}

// get gives a pass that is good as far as the station knows, and asks for one where there is none.
func (a *admission) get(ctx context.Context) (*enrol.Pass, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.enter == nil || a.pass != nil && !a.stale && a.now().Before(a.pass.Until) {
		return a.pass, nil
	}
	if !a.tried.IsZero() && a.now().Sub(a.tried) < entersEvery {
		return nil, errAdmission
	}
	return a.renew(ctx)
}

// renew enters. Called with mu held.
func (a *admission) renew(ctx context.Context) (*enrol.Pass, error) {
	a.tried = a.now()
	pass, err := a.enter(ctx)
	if err != nil {
		if errors.Is(err, enrol.ErrRevoked) && a.revoked != nil {
			a.revoked()
		}
		return nil, err
	}
	a.pass, a.since, a.stale = pass, a.now(), false
	return pass, nil
}

// lost says that the gateway did not take the pass, or shows another certificate: after a restart, a renewal, a revocation. The next get enters anew.
func (a *admission) lost() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stale = true
}

// old says whether half of the pass's time is over.
func (a *admission) old() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.enter != nil && a.pass != nil && a.now().Sub(a.since) > a.pass.Until.Sub(a.since)/2
}

// keep renews the pass before it ends, so that what is open stays open.
func (a *admission) keep(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !a.old() {
			continue
		}
		a.mu.Lock()
		_, _ = a.renew(ctx) // the pass is good for as long again; the next tick tries anew
		a.mu.Unlock()
	}
}

// dial is a pass as the link needs it.
func (a *admission) dial(ctx context.Context) (token string, client *http.Client, err error) {
	p, err := a.get(ctx)
	if err != nil {
		return "", nil, err
	}
	return p.Token, gatewayClient(p.Roots), nil
}

// publishes makes a publication with a pass, and notes where the gateway does not take it.
func (a *admission) publishes(ctx context.Context, c publish.Config) (publication, error) {
	p, err := a.get(ctx)
	if err != nil {
		return nil, err
	}
	c.Token, c.RootCAs = p.Token, p.Roots
	pub, err := publish.New(ctx, c)
	if err != nil {
		if errors.Is(err, publish.ErrToken) || isCertificateError(err) {
			a.lost()
		}
		return nil, err
	}
	return pub, nil
}

// keeper is where a device's key may be: as the flag says, wrapped by the secret that the service manager decrypted (systemd's LoadCredentialEncrypted=) or
// that stands in the environment, which is emptied of it.
func keeper(as string) enrol.Keep {
	k := enrol.Keep{As: as}
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
