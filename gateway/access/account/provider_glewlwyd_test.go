package account

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// glewlwyd is Debian's identity provider of that name, as a ministry would run one: OpenID Connect with PKCE required, and a scope that asks for a time-based code
// beside the password.
type glewlwyd struct {
	url    string
	roots  *x509.CertPool
	strong *http.Client // the browser in which both factors were shown; a code of theirs is good once in 30 s
}

const (
	glewlwydSchema = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"
	theRedirect    = "https://parda.court.example/api/account/provider/back"
	theirTOTP      = "JBSWY3DPEHPK3PXPJBSWY3DPEH" // base32
)

func pemFile(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// keyPair writes a certificate for localhost and its key.
func keyPair(t *testing.T, cert, key string) *x509.Certificate {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	pemFile(t, cert, "CERTIFICATE", der)
	keyDER, _ := x509.MarshalPKCS8PrivateKey(k)
	pemFile(t, key, "PRIVATE KEY", keyDER)
	parsed, _ := x509.ParseCertificate(der)
	return parsed
}

// glewlwydConf wants port, URL, an empty folder, and three times its own folder.
const glewlwydConf = `port=%d
bind_address="127.0.0.1"
external_url="%s"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="WARNING"
cookie_secure=1
session_expiration=3600
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
max_post_size=1048576
user_module_path="/usr/lib/glewlwyd/user"
user_middleware_module_path="%s"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
use_secure_connection=true
secure_connection_key_file="%s/k.pem"
secure_connection_pem_file="%s/c.pem"
hash_algorithm = "SHA512"
database = { type = "sqlite3" path = "%s/g.db" };
`

func startGlewlwyd(t *testing.T) *glewlwyd {
	t.Helper()
	program, err := exec.LookPath("glewlwyd")
	if err != nil {
		t.Skip("glewlwyd is not installed: deploy/setup.sh test installs Debian's; sign-in by a real identity provider is not tested here")
	}
	schema, err := os.ReadFile(glewlwydSchema)
	if err != nil {
		t.Skip("glewlwyd's schema for SQLite is not where Debian has it; sign-in by a real identity provider is not tested here")
	}
	dir := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, "g.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = db.Exec(string(schema)); err != nil {
		t.Fatal(err)
	}
	db.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	g := &glewlwyd{url: fmt.Sprintf("https://localhost:%d", port), roots: x509.NewCertPool()}
	g.roots.AddCert(keyPair(t, filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")))
	conf := fmt.Sprintf(glewlwydConf, port, g.url, t.TempDir(), dir, dir, dir)
	if err := os.WriteFile(filepath.Join(dir, "g.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command(program, "-c", filepath.Join(dir, "g.conf"))
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("glewlwyd said:\n%s", out.String())
		}
	})
	g.configure(t, dir)
	return g
}

// browser is one that follows no redirect by itself.
func (g *glewlwyd) browser() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: g.roots}, DisableKeepAlives: true}}
}

func (g *glewlwyd) call(t *testing.T, c *http.Client, method, path string, body any) {
	t.Helper()
	b, _ := json.Marshal(body)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		req, _ := http.NewRequest(method, g.url+"/api"+path, bytes.NewReader(b))
		req.Header.Set("Content-Type", "application/json")
		res, err := c.Do(req)
		if err == nil {
			said, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if res.StatusCode != http.StatusOK {
				t.Fatalf("glewlwyd: %s %s: %d %s", method, path, res.StatusCode, said)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatalf("glewlwyd does not come up: %v", err)
		}
	}
}

// configure makes a client, one person and the scopes, by glewlwyd's own API.
func (g *glewlwyd) configure(t *testing.T, dir string) {
	t.Helper()
	type o = map[string]any
	keyPair(t, filepath.Join(dir, "jc.pem"), filepath.Join(dir, "jk.pem"))
	key, _ := os.ReadFile(filepath.Join(dir, "jk.pem"))
	block, _ := pem.Decode(key)
	parsed, _ := x509.ParsePKCS8PrivateKey(block.Bytes)
	public, _ := x509.MarshalPKIXPublicKey(parsed.(*ecdsa.PrivateKey).Public())
	admin := g.browser()
	g.call(t, admin, "POST", "/auth/", o{"username": "admin", "password": "password"})
	g.call(t, admin, "POST", "/mod/plugin/", o{"module": "oidc", "name": "oidc", "display_name": "o", "parameters": o{
		"iss": g.url + "/api/oidc", "jwt-type": "ecdsa", "jwt-key-size": "256", "key": string(key), "cert": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		"access-token-duration": 600, "refresh-token-duration": 600, "code-duration": 60, "allow-non-oidc": false, "auth-type-code-enabled": true, "auth-type-code-revoke-replayed": true,
		"auth-type-token-enabled": false, "auth-type-id-token-enabled": false, "auth-type-none-enabled": false, "auth-type-password-enabled": false, "auth-type-client-enabled": false,
		"auth-type-device-enabled": false, "auth-type-refresh-enabled": false, "pkce-allowed": true, "pkce-method-plain-allowed": false, "pkce-required": true, "jwks-show": true,
		"subject-type": "public", "oauth-as-iss-id": true, "session-management-allowed": true, "session-cookie-name": "S", "session-cookie-expiration": 3600,
		"name-claim": "no", "email-claim": "no"}})
	g.call(t, admin, "POST", "/mod/scheme/", o{"module": "otp", "name": "otp", "display_name": "otp", "expiration": 600, "max_use": 0, "allow_user_register": true,
		"parameters": o{"issuer": "p", "secret-minimum-size": 16, "otp-length": 6, "hotp-allow": false, "hotp-window": 0, "totp-allow": true, "totp-window": 1, "totp-start-offset": 0}})
	g.call(t, admin, "PUT", "/scope/openid", o{"display_name": "openid", "description": "d", "password_required": true, "password_max_age": 0, "scheme": o{}})
	g.call(t, admin, "POST", "/scope/", o{"name": "strong", "display_name": "strong", "description": "d", "password_required": true, "password_max_age": 0,
		"scheme": o{"1": []o{{"scheme_name": "otp"}}}})
	g.call(t, admin, "POST", "/client/?source=database", o{"client_id": "parda", "name": "parda", "enabled": true, "confidential": true, "password": "s3cretOfTheClient",
		"redirect_uri": []string{theRedirect}, "authorization_type": []string{"code"}, "token_endpoint_auth_method": []string{"client_secret_basic"}, "client_secret": "s3cretOfTheClient"})
	g.call(t, admin, "POST", "/user/?source=database", o{"username": "leyla", "name": "L", "password": "a password at the ministry", "enabled": true, "scope": []string{"openid", "strong", "g_profile"}})
	leyla := g.browser()
	g.call(t, leyla, "POST", "/auth/", o{"username": "leyla", "password": "a password at the ministry"})
	g.call(t, leyla, "POST", "/profile/scheme/register/", o{"username": "leyla", "scheme_type": "otp", "scheme_name": "otp",
		"value": o{"type": "TOTP", "time_step_size": 30, "secret": theirTOTP}})
}

func (g *glewlwyd) config() ProviderConfig {
	return ProviderConfig{Issuer: g.url + "/api/oidc", ClientID: "parda", Secret: "s3cretOfTheClient", Name: "glewlwyd", Redirect: theRedirect,
		Home: "https://parda.court.example/account", AMR: []string{"password", "otp"}, Scopes: []string{"strong"}, Roots: g.roots}
}

// signIn is what leyla does there, with her second factor or without it, and what she is sent back with.
func (g *glewlwyd) signIn(t *testing.T, to string, factor bool) url.Values {
	t.Helper()
	type o = map[string]any
	c := g.browser()
	if again := factor && g.strong != nil; again {
		c = g.strong
	} else {
		g.call(t, c, "POST", "/auth/", o{"username": "leyla", "password": "a password at the ministry"})
		g.call(t, c, "PUT", "/auth/grant/parda", o{"scope": "openid strong"})
	}
	if factor && g.strong == nil {
		g.strong = c
		digits, err := totp.GenerateCode(theirTOTP+strings.Repeat("=", 6), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		g.call(t, c, "POST", "/auth/", o{"username": "leyla", "scheme_type": "otp", "scheme_name": "otp", "value": o{"value": digits}})
	}
	res, err := c.Get(to + "&g_continue") // what its page does after the person has agreed
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	at, err := url.Parse(res.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(at.String(), theRedirect) {
		return nil // it asks for more
	}
	return at.Query()
}

func TestOneSignsInByARealProviderWithBothFactorsAndNotWithAPasswordAlone(t *testing.T) {
	g := startGlewlwyd(t)
	o := newOffice(t, g.config())
	to, carry, err := o.BeginProviderClaim(t.Context(), o.invite(t, leyla))
	if err != nil {
		t.Fatal(err)
	}
	answer := g.signIn(t, to, true)
	back, err := o.FinishProvider(t.Context(), carry, answer)
	if err != nil {
		t.Fatalf("the claim: %v", err)
	}
	if s, err := o.Session(t.Context(), back.Cookie); err != nil || s.Person.ID != leyla {
		t.Fatalf("%+v %v", s, err)
	}
	if to, carry, err = o.BeginProvider(t.Context()); err != nil {
		t.Fatal(err)
	}
	if q := g.signIn(t, to, false); q != nil {
		t.Error("the control: the provider lets a password do for the scope that asks for more")
	}
	// A thief of the password changes what our page asked for: the provider then takes the password alone, and says so.
	weaker := strings.Replace(to, "scope=openid+strong", "scope=openid", 1)
	if weaker == to {
		t.Fatalf("the scope is not in %s", to)
	}
	if _, err := o.FinishProvider(t.Context(), carry, g.signIn(t, weaker, false)); refusal(err) != "provider_weak" {
		t.Errorf("a password alone: %v", err)
	}
	if to, carry, err = o.BeginProvider(t.Context()); err != nil {
		t.Fatal(err)
	}
	back, err = o.FinishProvider(t.Context(), carry, g.signIn(t, to, true))
	if err != nil || back.Session.Person.ID != leyla {
		t.Errorf("the sign-in: %+v %v", back, err)
	}
	// Another browser, with its own round, is given this one's answer (login CSRF): PKCE and state each stop it.
	to, _, _ = o.BeginProvider(t.Context())
	stolen := g.signIn(t, to, true)
	_, theirs, _ := o.BeginProvider(t.Context())
	if _, err := o.FinishProvider(t.Context(), theirs, stolen); refusal(err) != "provider_stale" {
		t.Errorf("an answer of another browser's: %v", err)
	}
	to2, theirs, _ := o.BeginProvider(t.Context())
	state, _ := url.Parse(to2)
	stolen.Set("state", state.Query().Get("state"))
	if _, err := o.FinishProvider(t.Context(), theirs, stolen); refusal(err) != "provider_failed" {
		t.Errorf("another browser's code with its own state: %v", err)
	}
	if out := o.ProviderOut(back.Session); !strings.HasPrefix(out, g.url+"/api/oidc/end_session?") || !strings.Contains(out, "client_id=parda") {
		t.Errorf("the way out is %q", out)
	}
}
