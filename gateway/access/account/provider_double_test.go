package account

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// aProvider is an identity provider that a test can make lie. The real one is in provider_glewlwyd_test.go.
type aProvider struct {
	*httptest.Server
	key     *ecdsa.PrivateKey
	meta    map[string]any                 // over its description
	claims  func(map[string]any)           // changes the ID token
	sign    func(head, body string) string // in place of its own signature
	sub     string
	asked   int    // codes that were redeemed
	secrets string // what it saw of the client's secret
	used    map[string]url.Values
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func newDouble(t *testing.T) *aProvider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &aProvider{key: key, sub: "12AB3CD", used: map[string]url.Values{}}
	mux := http.NewServeMux()
	p.Server = httptest.NewTLSServer(mux)
	t.Cleanup(p.Close)
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		meta := map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"}, "authorization_response_iss_parameter_supported": true, "end_session_endpoint": p.URL + "/end"}
		for k, v := range p.meta {
			meta[k] = v
		}
		_ = json.NewEncoder(w).Encode(meta)
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		x, y := coordinates(key)
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "kid": "1", "use": "sig", "alg": "ES256", "x": b64(x), "y": b64(y)}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		p.asked++
		_, p.secrets, _ = r.BasicAuth()
		asked, ok := p.used[r.FormValue("code")]
		delete(p.used, r.FormValue("code"))
		challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if !ok || b64(challenge[:]) != asked.Get("code_challenge") || asked.Get("code_challenge_method") != "S256" || r.FormValue("redirect_uri") != asked.Get("redirect_uri") {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "x", "token_type": "bearer", "id_token": p.token(asked)})
	})
	return p
}

func (p *aProvider) token(asked url.Values) string {
	claims := map[string]any{"iss": p.URL, "aud": "parda", "sub": p.sub, "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix(),
		"nonce": asked.Get("nonce"), "acr": "high", "amr": []string{"pwd", "otp"}, "auth_time": time.Now().Unix()}
	if p.claims != nil {
		p.claims(claims)
	}
	b, _ := json.Marshal(claims)
	head, body := b64([]byte(`{"alg":"ES256","kid":"1"}`)), b64(b)
	if p.sign != nil {
		return p.sign(head, body)
	}
	return head + "." + body + "." + p.signed(head+"."+body, p.key)
}

func (p *aProvider) signed(what string, key *ecdsa.PrivateKey) string {
	sum := sha256.Sum256([]byte(what))
	r, s, _ := ecdsa.Sign(rand.Reader, key, sum[:])
	return b64(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

// hmacOf signs as with a shared key, which the client's secret would be.
func hmacOf(secret string) func(head, body string) string {
	return func(_, body string) string {
		head := b64([]byte(`{"alg":"HS256"}`))
		m := hmac.New(sha256.New, []byte(secret))
		m.Write([]byte(head + "." + body))
		return head + "." + body + "." + b64(m.Sum(nil))
	}
}

// visit is what the person does there: the browser goes to `to`, she signs in, and the browser comes back with the answer.
func (p *aProvider) visit(t *testing.T, to string) url.Values {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil || !strings.HasPrefix(to, p.URL+"/auth?") {
		t.Fatalf("the browser is sent to %q", to)
	}
	code := rand.Text()
	p.used[code] = u.Query()
	return url.Values{"code": {code}, "state": {u.Query().Get("state")}, "iss": {p.URL}}
}

func (p *aProvider) config() ProviderConfig {
	roots := x509.NewCertPool()
	roots.AddCert(p.Certificate())
	return ProviderConfig{Issuer: p.URL, ClientID: "parda", Secret: "s3cret of the client", Name: "Ədliyyə", Redirect: "https://parda.court.example/api/account/provider/back",
		Home: "https://parda.court.example/account", ACR: []string{"high", "highest"}, AMR: []string{"pwd", "otp"}, MaxAge: 10 * time.Minute, Roots: roots}
}

// coordinates are what a JWK has of a public key (RFC 7518, section 6.2.1).
func coordinates(key *ecdsa.PrivateKey) (x, y []byte) {
	point, _ := key.PublicKey.Bytes() // 4, then both
	return point[1:33], point[33:]
}
