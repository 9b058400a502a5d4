package account

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAProviderThatIsAwayStopsNobodyElse(t *testing.T) {
	p := newDouble(t)
	cfg := p.config()
	o := newOffice(t, cfg)
	p.Close()
	if _, _, err := o.BeginProvider(t.Context()); refusal(err) != "provider_away" {
		t.Errorf("%v", err)
	}
	if _, _, err := o.begin(t.Context(), "p-nobody0000", ByPasskey); refusal(err) != "sign_in_failed" {
		t.Errorf("%v", err)
	}
	o.invite(t, leyla)
	if _, _, err := o.begin(t.Context(), leyla, ByPasskey); err != nil {
		t.Errorf("a passkey's session while the ministry is away: %v", err)
	}
}

func TestAProviderThatWouldBeAskedInClearOrForAnySignInIsNoProvider(t *testing.T) {
	p := newDouble(t)
	for rule, change := range map[string]func(*ProviderConfig){
		"in clear":          func(c *ProviderConfig) { c.Issuer = "http://id.example" },
		"any sign-in there": func(c *ProviderConfig) { c.ACR, c.AMR = nil, nil },
		"no secret":         func(c *ProviderConfig) { c.Secret = "" },
		"no way back":       func(c *ProviderConfig) { c.Redirect = "" },
	} {
		cfg := p.config()
		change(&cfg)
		if _, err := newProvider(cfg, time.Now); err == nil {
			t.Errorf("%s is taken", rule)
		}
	}
	for rule, meta := range map[string]map[string]any{
		"its page in clear":             {"authorization_endpoint": "http://id.example/auth"},
		"another issuer's description":  {"issuer": "https://other.example"},
		"a description that is no JSON": {"authorization_endpoint": 7},
	} {
		p := newDouble(t)
		p.meta = meta
		o := newOffice(t, p.config())
		if _, _, err := o.BeginProvider(t.Context()); refusal(err) != "provider_away" {
			t.Errorf("%s: %v", rule, err)
		}
	}
	p.meta = map[string]any{"token_endpoint": "http" + strings.TrimPrefix(p.URL, "https") + "/token"}
	o := newOffice(t, p.config())
	to, carry, err := o.BeginProvider(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.FinishProvider(t.Context(), carry, p.visit(t, to)); refusal(err) != "provider_away" || p.secrets != "" {
		t.Errorf("the secret is sent in clear: %v", err)
	}
}

func TestTheProviderCannotSendOurSecretElsewhere(t *testing.T) {
	elsewhere, p := newDouble(t), newDouble(t)
	own := p.Config.Handler
	p.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			http.Redirect(w, r, elsewhere.URL+"/token", http.StatusTemporaryRedirect) // method, body and, on one host, the secret go along
			return
		}
		own.ServeHTTP(w, r)
	})
	cfg := p.config()
	cfg.Roots.AddCert(elsewhere.Certificate())
	o := newOffice(t, cfg)
	to, carry, err := o.BeginProvider(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.FinishProvider(t.Context(), carry, p.visit(t, to)); refusal(err) != "provider_away" || elsewhere.asked > 0 || elsewhere.secrets != "" {
		t.Errorf("a redirect is followed: %v, asked %d times", err, elsewhere.asked)
	}
}
