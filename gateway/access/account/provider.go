package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"parda/signaling"
)

// ProviderConfig is a ministry's identity provider (OpenID Connect Core 1.0), in which the court's people prove themselves.
type ProviderConfig struct {
	Issuer, ClientID, Secret string
	Name                     string // how the page calls it
	Redirect                 string // where the browser is sent back to
	Home                     string // the page that it goes to after a sign-out there
	// ACR and AMR are what the provider must say of how strongly somebody signed in there: acr is one of ACR, and amr holds all of AMR (OpenID Connect Core,
	// section 2; RFC 8176). One of the two is needed, so that a password that was guessed at the ministry does not open a court.
	ACR, AMR []string
	// Scopes are asked for beside "openid": some providers ask for the second factor by scope.
	Scopes []string
	// MaxAge is how long ago somebody may have signed in there; zero asks for nothing. A clerk who left the ministry's page open does not sign the next one in.
	MaxAge time.Duration
	Roots  *x509.CertPool // who vouches for its TLS certificate; nil for the system's
}

// The bounds of a conversation with the provider.
const (
	providerPatience = 10 * time.Second // for each of its answers
	providerAnswer   = 1 << 20          // bytes of one
	providerRest     = 5 * time.Second  // after it could not be found, so that strangers do not have us knock without end
	providerAtOnce   = 32               // codes that are redeemed at the same time
	roundLife        = 10 * time.Minute // from our page to the provider and back
)

// provider speaks with the identity provider. It is found when it is first needed: a ministry's outage stops no court from starting.
type provider struct {
	cfg    ProviderConfig
	client *http.Client
	now    func() time.Time
	busy   chan struct{}

	mu    sync.Mutex
	found *oidc.Provider
	meta  providerMeta
	rest  time.Time
}

type providerMeta struct {
	EndSession string   `json:"end_session_endpoint"`                           // OpenID Connect RP-Initiated Logout 1.0
	SaysIssuer bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
	Methods    []string `json:"token_endpoint_auth_methods_supported"`
}

func newProvider(cfg ProviderConfig, now func() time.Time) (*provider, error) {
	if cfg.Issuer == "" || cfg.ClientID == "" || cfg.Secret == "" || cfg.Redirect == "" {
		return nil, errors.New("account: an identity provider needs an issuer, a client id, a secret and where it sends people back to")
	}
	if len(cfg.ACR) == 0 && len(cfg.AMR) == 0 {
		return nil, errors.New("account: say how strongly people must have signed in at the identity provider (acr or amr)")
	}
	if !strings.HasPrefix(cfg.Issuer, "https://") {
		return nil, errors.New("account: the identity provider is asked over https only")
	}
	return &provider{cfg: cfg, now: now, busy: make(chan struct{}, providerAtOnce), client: &http.Client{
		Timeout: providerPatience,
		// A redirect could lead the client's secret elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("account: the provider sends elsewhere") },
		Transport: short{&http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.Roots}, Proxy: http.ProxyFromEnvironment,
			MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute}},
	}}, nil
}

// short bounds what an answer of the provider's may weigh.
type short struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (s short) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" { // its own description may name an address in clear
		return nil, errors.New("account: the identity provider is asked over https only")
	}
	res, err := s.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, providerAnswer), res.Body}
	}
	return res, err
}

// find reads the provider's description (OpenID Connect Discovery 1.0) once it can be had.
func (p *provider) find(ctx context.Context) (*oidc.Provider, providerMeta, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, p.meta, nil
	}
	if p.now().Before(p.rest) {
		return nil, providerMeta{}, errProviderAway(nil)
	}
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.cfg.Issuer)
	var meta providerMeta
	if err == nil {
		err = found.Claims(&meta)
	}
	if err == nil && !strings.HasPrefix(found.Endpoint().AuthURL, "https://") {
		err = errors.New("account: the provider's page is not served over https")
	}
	if err != nil {
		p.rest = p.now().Add(providerRest)
		return nil, providerMeta{}, errProviderAway(err)
	}
	p.found, p.meta = found, meta
	return found, meta, nil
}

func (p *provider) oauth(found *oidc.Provider, meta providerMeta) *oauth2.Config {
	at := found.Endpoint()
	at.AuthStyle = oauth2.AuthStyleInHeader // guessing would use the code up
	if len(meta.Methods) > 0 && !slices.Contains(meta.Methods, "client_secret_basic") {
		at.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{ClientID: p.cfg.ClientID, ClientSecret: p.cfg.Secret, Endpoint: at, RedirectURL: p.cfg.Redirect,
		Scopes: append([]string{oidc.ScopeOpenID}, p.cfg.Scopes...)}
}

// round is one way to the provider and back. Only the browser that began it has it, sealed, so nothing is kept for a round that nobody ends.
type round struct {
	State    string    `json:"state"`    // ties the answer to this browser: a link with an attacker's own answer in it (A4) signs nobody in as him
	Nonce    string    `json:"nonce"`    // ties the ID token to this round
	Verifier string    `json:"verifier"` // PKCE (RFC 7636): a code that was read on its way is of no use
	For      string    `json:"for"`      // what is to happen after it
	Session  string    `json:"session,omitempty"`
	Person   string    `json:"person,omitempty"`
	Code     string    `json:"code,omitempty"` // the one-time code of a claim
	Ends     time.Time `json:"ends"`
}

// What a round is for.
const (
	toSignIn = "sign in"
	toLink   = "link"
	toClaim  = "claim"
)

// begin gives where the browser goes.
func (p *provider) begin(ctx context.Context, r *round) (to string, err error) {
	found, meta, err := p.find(ctx)
	if err != nil {
		return "", err
	}
	r.State, r.Nonce, r.Verifier, r.Ends = rand.Text(), rand.Text(), oauth2.GenerateVerifier(), p.now().Add(roundLife)
	with := []oauth2.AuthCodeOption{oidc.Nonce(r.Nonce), oauth2.S256ChallengeOption(r.Verifier)}
	if len(p.cfg.ACR) > 0 {
		with = append(with, oauth2.SetAuthURLParam("acr_values", strings.Join(p.cfg.ACR, " ")))
	}
	if p.cfg.MaxAge > 0 {
		with = append(with, oauth2.SetAuthURLParam("max_age", fmt.Sprint(int(p.cfg.MaxAge.Seconds()))))
	}
	return p.oauth(found, meta).AuthCodeURL(r.State, with...), nil
}

// answers checks what the browser brought back before anything is asked of the provider.
func (p *provider) answers(r round, q url.Values, meta providerMeta) error {
	switch {
	case subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(r.State)) != 1:
		return errProviderStale(errors.New("account: the answer is another round's"))
	case !p.now().Before(r.Ends):
		return errProviderStale(nil)
	// The answer of another provider, which would have the code sent to ours or ours to it (mix-up, RFC 9207).
	case q.Has("iss") && q.Get("iss") != p.cfg.Issuer, meta.SaysIssuer && !q.Has("iss"):
		return errProviderFailed(errors.New("account: the answer is another issuer's"))
	case q.Get("error") != "":
		return errProviderDenied()
	case q.Get("code") == "" || len(q["code"]) != 1 || len(q["state"]) != 1:
		return errProviderFailed(errors.New("account: an answer without its code"))
	}
	return nil
}

// redeem gives the subject whom the provider vouches for, or why not.
func (p *provider) redeem(ctx context.Context, r round, q url.Values) (subject string, err error) {
	found, meta, err := p.find(ctx)
	if err != nil {
		return "", err
	}
	if err := p.answers(r, q, meta); err != nil {
		return "", err
	}
	select {
	case p.busy <- struct{}{}:
		defer func() { <-p.busy }()
	default:
		return "", errTooMany(time.Second)
	}
	ctx = oidc.ClientContext(ctx, p.client)
	tokens, err := p.oauth(found, meta).Exchange(ctx, q.Get("code"), oauth2.VerifierOption(r.Verifier))
	if err != nil {
		return "", tokenError(err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return "", errProviderFailed(errors.New("account: the provider gave no ID token"))
	}
	// Issuer, audience, end and signature; never an algorithm with a shared key, and never none.
	token, err := found.Verifier(&oidc.Config{ClientID: p.cfg.ClientID, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return "", errProviderFailed(err)
	}
	return p.strong(token, r)
}

// strong checks what the ID token says beside whose it is.
func (p *provider) strong(token *oidc.IDToken, r round) (subject string, err error) {
	var says struct {
		AZP      string   `json:"azp"`
		ACR      string   `json:"acr"`
		AMR      []string `json:"amr"`
		AuthTime int64    `json:"auth_time"`
	}
	if err := token.Claims(&says); err != nil {
		return "", errProviderFailed(errors.New("account: the ID token's claims cannot be read"))
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(r.Nonce)) != 1: // a token of another sign-in, put in here
		return "", errProviderFailed(errors.New("account: the ID token is another round's"))
	case says.AZP != "" && says.AZP != p.cfg.ClientID, len(token.Audience) > 1 && says.AZP == "": // one that was given to another site
		return "", errProviderFailed(errors.New("account: the ID token was given to another party"))
	case token.Subject == "" || len(token.Subject) > 255:
		return "", errProviderFailed(errors.New("account: the ID token names nobody"))
	case len(p.cfg.ACR) > 0 && !slices.Contains(p.cfg.ACR, says.ACR):
		return "", errProviderWeak()
	case slices.ContainsFunc(p.cfg.AMR, func(method string) bool { return !slices.Contains(says.AMR, method) }):
		return "", errProviderWeak()
	case p.cfg.MaxAge > 0 && p.now().Sub(time.Unix(says.AuthTime, 0)) > p.cfg.MaxAge+time.Minute:
		return "", errProviderWeak()
	}
	return token.Subject, nil
}

// tokenError keeps of an answer what it is, and leaves out what it says: it may hold tokens.
func tokenError(err error) error {
	var e *oauth2.RetrieveError
	if errors.As(err, &e) {
		status := 0
		if e.Response != nil {
			status = e.Response.StatusCode
		}
		return errProviderFailed(fmt.Errorf("account: the provider's token endpoint: %d", status))
	}
	var u *url.Error
	if errors.As(err, &u) {
		return errProviderAway(errors.New("account: the provider's token endpoint is not reached"))
	}
	return errProviderFailed(errors.New("account: the provider's token endpoint answers something else"))
}

// out is where the browser signs out at the provider too; "" where it offers none.
func (p *provider) out() string {
	p.mu.Lock()
	end := p.meta.EndSession
	p.mu.Unlock()
	u, err := url.Parse(end)
	if err != nil || u.Scheme != "https" {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.cfg.ClientID)
	if p.cfg.Home != "" {
		q.Set("post_logout_redirect_uri", p.cfg.Home)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func sealed(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func errProviderOff() error {
	return signaling.Refuse("provider_off", "This court has no identity provider.", nil)
}

func errProviderAway(cause error) error {
	return signaling.Refuse("provider_away", "The identity provider cannot be reached now. Sign in another way, or try again.", cause)
}

func errProviderDenied() error {
	return signaling.Refuse("provider_denied", "The identity provider did not sign you in.", nil)
}

func errProviderStale(cause error) error {
	return signaling.Refuse("provider_stale", "This sign-in was begun elsewhere or too long ago. Begin again.", cause)
}

func errProviderFailed(cause error) error {
	return signaling.Refuse("provider_failed", "The identity provider's answer cannot be accepted.", cause)
}

func errProviderWeak() error {
	return signaling.Refuse("provider_weak", "The sign-in at the identity provider is not strong enough, or too old. Use your second factor there.", nil)
}

func errProviderUnlinked() error {
	return signaling.Refuse("provider_unlinked", "No account here is linked with this identity. Sign in another way and link it, or ask an administrator for a code.", nil)
}

func errProviderTaken(cause error) error {
	return signaling.Refuse("provider_taken", "This identity, or this account, is linked already.", cause)
}
