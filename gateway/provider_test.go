package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withProvider is a gateway whose ministry's provider is configured and away.
func withProvider(t *testing.T) running {
	t.Helper()
	config := testConfig(t.TempDir())
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config.HTTP.Origin = "https://parda.court.example"
	config.Access.Provider = ProviderSettings{Issuer: "https://127.0.0.1:1", ClientID: "parda", SecretFile: secret, Name: "ministry", AMR: []string{"mfa"}}
	return runApp(t, config)
}

func TestTheWayBackFromTheProviderLeadsHomeAndNowhereElse(t *testing.T) {
	app := withProvider(t)
	for _, tc := range []struct{ rule, path, want string }{
		{"the provider is away", "/api/account/provider/start", "/account#refused=provider_away"},
		{"nobody began here", providerBack + "?code=x&state=y", "/account#refused=provider_stale"},
		{"a query that asks for another place", providerBack + "?code=x&state=y&redirect_uri=https://evil.example&next=//evil.example", "/account#refused=provider_stale"},
		{"an error that holds markup", providerBack + "?error=%3Cscript%3E&state=%0d%0aSet-Cookie:x", "/account#refused=provider_stale"},
	} {
		res := ask(app.App, false, "GET", tc.path, nil)
		if got := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || got != tc.want {
			t.Errorf("%s: %d %q, want %q", tc.rule, res.StatusCode, got, tc.want)
		}
		for _, c := range res.Cookies() {
			if c.Value != "" {
				t.Errorf("%s: a cookie is set: %v", tc.rule, c)
			}
			if strings.HasPrefix(tc.path, providerBack) && (c.Name != "__Host-parda-provider" || c.MaxAge >= 0 || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "") {
				t.Errorf("%s: the round's cookie is %+v", tc.rule, c)
			}
		}
	}
	for _, path := range []string{"/api/account/provider/link", "/api/account/provider/claim"} {
		if res := ask(app.App, false, "POST", path, http.Header{"Origin": {"https://evil.example"}}); res.StatusCode < 400 {
			t.Errorf("POST %s from elsewhere: %d", path, res.StatusCode)
		}
	}
}

func TestASecretThatEverybodyCanReadStopsTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	for mode, says := range map[os.FileMode]string{0o600: "", 0o640: "", 0o644: "open to everybody"} {
		if err := os.WriteFile(path, []byte("s3cret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		secret, err := readSecret(path)
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) || err == nil && secret != "s3cret" {
			t.Errorf("mode %o: %q %v", mode, secret, err)
		}
	}
}
