package main

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"parda/gateway/access/virtualkey"
)

// browser is a person's browser at the gateway, with her passkey.
type browser struct {
	t    *testing.T
	at   string // the gateway's origin
	http *http.Client
	key  *virtualkey.Key
}

func newBrowser(t *testing.T, app gatewayAt) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, app.URL(), &http.Client{Jar: jar}, virtualkey.New(app.URL(), "localhost")}
}

// ask sends a request as the gateway's own page would, and touches the passkey where a touch is wanted.
func (b *browser) ask(method, path string, body any) (status int, answer map[string]any) {
	b.t.Helper()
	var raw []byte
	if body != nil {
		raw, _ = json.Marshal(body)
	}
	status, answer = b.send(method, path, raw, nil)
	if options, ok := answer["step_up"]; ok && answer["code"] == "step_up_required" {
		proof, err := b.key.Get(options)
		if err != nil {
			b.t.Fatal(err)
		}
		return b.send(method, path, raw, http.Header{"Parda-Proof": {base64.RawURLEncoding.EncodeToString(proof)}})
	}
	return status, answer
}

func (b *browser) send(method, path string, body []byte, more http.Header) (int, map[string]any) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.at+path, bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Origin", b.at)
	for k, v := range more {
		r.Header[k] = v
	}
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer map[string]any
	raw, _ := io.ReadAll(res.Body)
	_ = json.Unmarshal(raw, &answer)
	return res.StatusCode, answer
}

// must is ask that has to be answered with this status.
func (b *browser) must(status int, method, path string, body any) map[string]any {
	b.t.Helper()
	got, answer := b.ask(method, path, body)
	if got != status {
		b.t.Fatalf("%s %s: %d %v; want %d", method, path, got, answer, status)
	}
	return answer
}

// claim makes the browser's passkey with a one-time code and gives what its owner is then.
func (b *browser) claim(code string, named map[string]any) map[string]any {
	b.t.Helper()
	body := map[string]any{"code": code}
	for k, v := range named {
		body[k] = v
	}
	credential, err := b.key.Create(b.must(200, "POST", "/api/account/claim/begin", body))
	if err != nil {
		b.t.Fatal(err)
	}
	body["label"], body["credential"] = "iş kompüteri", credential
	return b.must(200, "POST", "/api/account/claim/finish", body)
}

func (b *browser) signIn() (int, map[string]any) {
	b.t.Helper()
	credential, err := b.key.Get(b.must(200, "POST", "/api/account/passkey/begin", map[string]any{}))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.ask("POST", "/api/account/passkey/finish", map[string]any{"credential": credential})
}

func ofPersons(dir string) Config {
	c := testConfig(dir)
	c.Access = AccessConfig{Seats: SeatsOfPersons, Courts: []string{"ganja"}, Password: true}
	return c
}

func personID(me map[string]any) string {
	p, _ := me["person"].(map[string]any)
	id, _ := p["person"].(string)
	return id
}

func TestPeopleComeInOverHTTPFromTheFirstCodeOn(t *testing.T) {
	c := ofPersons(t.TempDir())
	app := runApp(t, c)
	firsts := app.Links().Administrators
	if len(firsts) != 2 || firsts[0].Court != "baku" || !strings.HasPrefix(firsts[0].Link, app.URL()+"/account#code=") {
		t.Fatalf("the first administrators' codes: %+v", firsts)
	}
	admin := newBrowser(t, app)
	me := admin.claim(firsts[0].Code, map[string]any{"name": "Administrator", "login": "admin"})
	if !slices.Contains(me["rights"].([]any), any("people.enrol")) || slices.Contains(me["rights"].([]any), any("seat.take")) {
		t.Errorf("an administrator's rights: %v", me["rights"])
	}
	made := admin.must(201, "POST", "/api/people", map[string]any{"name": "Hakim", "login": "hakim", "roles": []string{"judge"}})
	judge := newBrowser(t, app)
	said := judge.must(200, "POST", "/api/account/claim", map[string]any{"code": made["code"]})
	if said["kind"] != "new" || said["court"] != "baku" || said["password"] != true {
		t.Errorf("what the code is for: %v", said)
	}
	me = judge.claim(made["code"].(string), nil)
	for _, b := range []*browser{judge, newBrowser(t, app)} { // the people's list holds no logins for a judge, and nothing for a stranger
		status, list := b.ask("GET", "/api/people", nil)
		if text := fmt.Sprint(list); b == judge && (status != 200 || strings.Contains(text, "login:")) || b != judge && status != 401 {
			t.Errorf("%d %v", status, text)
		}
	}
	if status, refused := judge.ask("POST", "/api/people", map[string]any{"name": "X Y", "login": "xyz", "roles": []string{"judge"}}); status != 403 || refused["code"] != "not_allowed" {
		t.Errorf("a judge enrols: %d %v", status, refused)
	}
	id := personID(me)
	if status, refused := admin.ask("POST", "/api/people/"+id+"/roles/prosecutor", map[string]any{}); status != 409 || refused["code"] != "roles_apart" {
		t.Errorf("a judge who is a prosecutor: %d %v", status, refused)
	}
	admin.must(200, "POST", "/api/people/"+id+"/close", map[string]any{})
	if status, _ := judge.ask("GET", "/api/account/me", nil); status != 401 {
		t.Errorf("closed, and answered with %d", status)
	}
	if status, refused := judge.signIn(); status != 401 || refused["code"] != "sign_in_failed" {
		t.Errorf("closed, and signs in: %d %v", status, refused)
	}
	if logged := app.logged(); strings.Contains(logged, "Hakim") || strings.Contains(logged, "hakim") || strings.Contains(logged, made["code"].(string)) {
		t.Error("the log holds a name or a code")
	}
}

func TestASessionOutlivesARestartAndItsCookieIsNobodyElses(t *testing.T) {
	c := ofPersons(t.TempDir())
	c.HTTP.Local = fmt.Sprintf("127.0.0.1:%d", freePort(t))
	app := runApp(t, c)
	admin := newBrowser(t, app)
	admin.claim(app.Links().Administrators[0].Code, map[string]any{"name": "Administrator", "login": "admin"})
	app.end()
	app = runApp(t, c)
	if firsts := app.Links().Administrators; len(firsts) != 1 || firsts[0].Court != "ganja" {
		t.Errorf("codes after the restart: %+v", firsts)
	}
	admin.must(200, "GET", "/api/account/me", nil)
	status, _ := admin.signIn()
	list := admin.must(200, "GET", "/api/account/sessions", nil)["sessions"].([]any)
	if status != 200 || len(list) != 1 {
		t.Errorf("%d; signing in again left %d sessions: the one of before must end", status, len(list))
	}
	for rule, change := range map[string]http.Header{"another site's page": {"Origin": {"https://evil.example"}}, "no origin at all": {"Origin": {"null"}}} {
		if status, answer := admin.send("POST", "/api/account/sign-out", []byte("{}"), change); status != 403 {
			t.Errorf("%s: %d %v", rule, status, answer)
		}
		if status, answer := admin.send("POST", "/api/account/passkey/begin", []byte("{}"), change); status != 403 {
			t.Errorf("%s begins a sign-in: %d %v", rule, status, answer)
		}
	}
	for _, body := range []string{`{"credential":{},"more":1}`, `{"credential":{}} {}`, `[]`, `nonsense`, strings.Repeat(" ", bodyMost+1)} {
		if status, answer := admin.send("POST", "/api/account/passkey/finish", []byte(body), nil); status != 400 && status != 413 {
			t.Errorf("%.40q: %d %v", body, status, answer)
		}
	}
	admin.must(200, "POST", "/api/account/sign-out", map[string]any{})
	if status, _ := admin.ask("GET", "/api/account/me", nil); status != 401 {
		t.Errorf("signed out, and answered with %d", status)
	}
}

func TestTheSessionsCookieIsBoundToTheHostWhereTheBrowserSpeaksTLS(t *testing.T) {
	for _, tc := range []struct {
		origin, name string
		secure       bool
	}{{"", "parda_person", false}, {"https://parda.court.example", "__Host-parda", true}} {
		c := ofPersons(t.TempDir())
		c.HTTP.Origin = tc.origin
		app := runApp(t, c)
		b := newBrowser(t, app)
		b.at = fmt.Sprintf("http://%s", app.local.Addr()) // as the proxy on this machine asks
		at := app.URL()
		b.key = virtualkey.New(at, map[bool]string{false: "localhost", true: "parda.court.example"}[tc.secure])
		body := map[string]any{"code": app.Links().Administrators[0].Code, "name": "Administrator", "login": "admin"}
		credential, err := b.key.Create(b.must(200, "POST", "/api/account/claim/begin", body))
		if err != nil {
			t.Fatal(err)
		}
		body["label"], body["credential"] = "key", credential
		raw, _ := json.Marshal(body)
		res, err := http.Post(b.at+"/api/account/claim/finish", "application/json", bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if len(res.Cookies()) != 1 {
			t.Fatalf("%d, %d cookies", res.StatusCode, len(res.Cookies()))
		}
		k := res.Cookies()[0]
		if k.Name != tc.name || k.Secure != tc.secure || !k.HttpOnly || k.SameSite != http.SameSiteStrictMode || k.Path != "/" || k.Domain != "" {
			t.Errorf("%q: %+v", tc.origin, k)
		}
		app.end()
	}
}

func TestPasskeysAreBoundToTheOriginThatIsSet(t *testing.T) {
	for _, tc := range []struct {
		origin, rp string
		origins    []string
		fails      bool
	}{
		{"https://parda.court.example", "parda.court.example", []string{"https://parda.court.example"}, false},
		{"https://parda.court.example:8443", "parda.court.example", []string{"https://parda.court.example:8443"}, false},
		{"http://localhost:8470", "localhost", []string{"http://localhost:8470"}, false},
		{"http://parda.court.example", "", nil, false}, // a name without TLS
		{"https://192.0.2.1", "", nil, false},
		{"parda.court.example", "", nil, true},
	} {
		a := &App{config: Config{HTTP: HTTPConfig{Origin: tc.origin}}}
		rp, origins, err := a.relyingParty()
		if rp != tc.rp || !slices.Equal(origins, tc.origins) || (err != nil) != tc.fails {
			t.Errorf("%s: %q %v %v", tc.origin, rp, origins, err)
		}
	}
}

func TestTheOperatorsCodeWorksAtTheGatewayThatRuns(t *testing.T) {
	c := ofPersons(t.TempDir())
	app := runApp(t, c)
	file := filepath.Join(t.TempDir(), "gateway.toml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "data = %q\n", c.Data), 0o600); err != nil {
		t.Fatal(err)
	}
	draw := func(args ...string) (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), append([]string{"admin-code", "-config", file}, args...), &out, io.Discard)
		code, _, _ := strings.Cut(out.String(), "\n")
		return code, err
	}
	code, err := draw("-court", "baku")
	if err != nil {
		t.Fatal(err)
	}
	admin := newBrowser(t, app)
	if status, _ := admin.ask("POST", "/api/account/claim", map[string]any{"code": app.Links().Administrators[0].Code}); status != 410 {
		t.Errorf("the code that the start printed: %d", status)
	}
	id := personID(admin.claim(code, map[string]any{"name": "Administrator", "login": "admin"}))
	if code, err = draw("-court", "baku"); err != nil {
		t.Fatal(err)
	}
	anew := newBrowser(t, app)
	if got := personID(anew.claim(code, nil)); got != id {
		t.Errorf("recovered %s and not %s", got, id)
	}
	if status, _ := admin.ask("GET", "/api/account/me", nil); status != 401 {
		t.Errorf("the session of before the recovery: %d", status)
	}
	for _, wrong := range [][]string{{"-court", "atlantis"}, {}, {"-court", "baku", "-person", "p-0000000000"}} {
		if _, err := draw(wrong...); err == nil {
			t.Errorf("%v was taken", wrong)
		}
	}
}

func TestWithSeatsByLinkThereAreNoFirstCodes(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	if n := len(app.Links().Administrators); n != 0 {
		t.Errorf("%d codes", n)
	}
}

func TestOneChangesOnesWaysOnlyFreshOrWithATouch(t *testing.T) {
	c := ofPersons(t.TempDir())
	app := runApp(t, c)
	admin := newBrowser(t, app)
	me := admin.claim(app.Links().Administrators[0].Code, map[string]any{"name": "Administrator", "login": "admin"})
	raw, _ := json.Marshal(map[string]any{"password": "qırmızı alma, yaşıl qayıq"})
	if status, answer := admin.send("POST", "/api/account/password/begin", raw, nil); status != 200 || !strings.HasPrefix(fmt.Sprint(answer["uri"]), "otpauth://") {
		t.Fatalf("just signed in: %d %v", status, answer)
	}
	session := me["session"].(map[string]any)["session"].(string)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(c.Data, "store", "parda.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE sessions SET since = ? WHERE id = ?", time.Now().Add(-freshFor-time.Minute).UnixMilli(), session); err != nil {
		t.Fatal(err)
	}
	status, answer := admin.send("POST", "/api/account/password/begin", raw, nil)
	if status != 403 || answer["code"] != "step_up_required" {
		t.Fatalf("eleven minutes later: %d %v", status, answer)
	}
	admin.must(200, "POST", "/api/account/password/begin", map[string]any{"password": "qırmızı alma, yaşıl qayıq"})
}

// A4: who learned a password and one of its codes is signed in. He makes no passkey by it where there is one, and drops none: a touch of hers is asked for, and for the one passkey that is named.
func TestAPasswordMakesNoPasskeyBesideOneThatIsThere(t *testing.T) {
	app := runApp(t, ofPersons(t.TempDir()))
	admin := newBrowser(t, app)
	admin.claim(app.Links().Administrators[0].Code, map[string]any{"name": "Administrator", "login": "admin"})
	password := "qırmızı alma, yaşıl qayıq"
	enrolment := admin.must(200, "POST", "/api/account/password/begin", map[string]any{"password": password})
	digits := func(early time.Duration) string {
		code, err := totp.GenerateCode(enrolment["secret"].(string), time.Now().Add(early))
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	admin.must(200, "POST", "/api/account/password/finish", map[string]any{"password": password, "enrolment": enrolment["enrolment"], "totp": digits(-30 * time.Second)})
	thief := newBrowser(t, app)
	me := thief.must(200, "POST", "/api/account/password", map[string]any{"login": "admin", "password": password, "code": digits(0)})
	options := thief.must(200, "POST", "/api/account/passkeys/begin", map[string]any{})
	credential, err := thief.key.Create(options)
	if err != nil {
		t.Fatal(err)
	}
	hers := me["passkeys"].([]any)[0].(map[string]any)["passkey"].(string)
	for _, tc := range []struct{ method, path, body string }{
		{"POST", "/api/account/passkeys/finish", fmt.Sprintf(`{"label":"x","credential":%s}`, credential)},
		{"DELETE", "/api/account/passkeys/" + hers, ""},
		{"POST", "/api/account/password/begin", `{"password":"başqa, daha uzun bir parol"}`},
		{"DELETE", "/api/account/password", ""},
	} {
		if status, answer := thief.send(tc.method, tc.path, []byte(tc.body), nil); status != 403 || answer["code"] != "step_up_required" {
			t.Errorf("%s %s by a password alone: %d %v", tc.method, tc.path, status, answer)
		}
	}
	// Her own touch for one passkey is none for another one: the path is part of what is signed.
	_, asked := thief.send("DELETE", "/api/account/passkeys/"+hers, nil, nil)
	proof, err := admin.key.Get(asked["step_up"])
	if err != nil {
		t.Fatal(err)
	}
	proved := http.Header{"Parda-Proof": {base64.RawURLEncoding.EncodeToString(proof)}}
	if status, answer := thief.send("DELETE", "/api/account/passkeys/k-another000", nil, proved); status != 403 || answer["code"] != "step_up_required" {
		t.Errorf("a touch for one passkey, sent for another: %d %v", status, answer)
	}
}
