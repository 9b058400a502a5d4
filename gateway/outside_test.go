package main

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// ask hands one request to the gateway's own handler, as it comes from the listener with TLS or from the one for this machine.
func ask(a *App, secure bool, method, path string, header http.Header) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	if secure {
		r.TLS = &tls.ConnectionState{}
	}
	for k, v := range header {
		r.Header[k] = v
	}
	w := httptest.NewRecorder()
	a.routes(secure).ServeHTTP(w, r)
	return w.Result()
}

// example is a path that a route of the table answers at.
func example(path string) string {
	var out []string
	for part := range strings.SplitSeq(path, "/") {
		switch {
		case part == ":hearing":
			part = "demo"
		case part == ":seat":
			part = "judge"
		case part == "*file":
			part = "none.js"
		case strings.HasPrefix(part, ":"):
			part = "x"
		}
		out = append(out, part)
	}
	return strings.Join(out, "/")
}

func TestEveryAnswerOfEveryRouteCarriesTheHeaders(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	for _, secure := range []bool{true, false} {
		asked := 0
		for _, r := range append(app.table(secure), route{method: "GET", path: "/nothing/here"}, route{method: "GET", path: "/../etc/passwd"}) {
			asked++
			res := ask(app.App, secure, r.method, example(r.path), nil)
			where := r.method + " " + r.path
			h := res.Header
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
				"Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Resource-Policy": "same-origin"} {
				if got := h.Values(name); !slices.Equal(got, []string{want}) {
					t.Errorf("%s: %s is %q, want %q", where, name, got, want)
				}
			}
			for name := range h {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s: %s lets another site's page in", where, name)
				}
			}
			csp := h.Get("Content-Security-Policy")
			for _, must := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"} {
				if !strings.Contains(csp, must) {
					t.Errorf("%s: the policy lacks %q: %s", where, must, csp)
				}
			}
			if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") || strings.Contains(csp, "*") {
				t.Errorf("%s: the policy lets in what is inline or elsewhere: %s", where, csp)
			}
			for _, power := range []string{"publickey-credentials-get=(self)", "publickey-credentials-create=(self)", "geolocation=()", "display-capture=()"} {
				if !strings.Contains(h.Get("Permissions-Policy"), power) {
					t.Errorf("%s: the permissions lack %s", where, power)
				}
			}
			if hsts := h.Get("Strict-Transport-Security"); (hsts != "") != secure {
				t.Errorf("%s: HSTS %q, over TLS: %v (RFC 6797, section 7.2)", where, hsts, secure)
			}
			kept := h.Get("Cache-Control") != "no-store"
			if everybodys := strings.HasPrefix(r.path, "/assets/") || r.who.kind == "open" && isPage(r.path); kept && !everybodys {
				t.Errorf("%s: Cache-Control %q", where, h.Get("Cache-Control"))
			}
		}
		if asked < 20 {
			t.Fatalf("only %d routes were asked", asked)
		}
	}
}

func TestAnotherSitesPageOpensOurPagesAndReachesNothingElse(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	from := func(site, mode, dest string) http.Header {
		return http.Header{"Sec-Fetch-Site": {site}, "Sec-Fetch-Mode": {mode}, "Sec-Fetch-Dest": {dest}}
	}
	link, script, frame := from("cross-site", "navigate", "document"), from("cross-site", "no-cors", "script"), from("cross-site", "navigate", "iframe")
	for _, r := range app.table(true) {
		for name, tc := range map[string]struct {
			header  http.Header
			refused bool
		}{
			"a script of another site":         {script, true},
			"a frame in another site":          {frame, true},
			"a page of a neighbouring host":    {from("same-site", "cors", "empty"), true},
			"a link from another site":         {link, r.method != "GET" || !isPage(example(r.path))},
			"our own page":                     {from("same-origin", "cors", "empty"), false},
			"the person who types the address": {from("none", "navigate", "document"), false},
		} {
			res := ask(app.App, true, r.method, example(r.path), tc.header)
			var b [400]byte
			n, _ := res.Body.Read(b[:])
			refused := res.StatusCode == http.StatusForbidden && strings.Contains(string(b[:n]), "from another site")
			if refused != tc.refused {
				t.Errorf("%s %s by %s: refused %v, want %v (%d %s)", r.method, r.path, name, refused, tc.refused, res.StatusCode, b[:n])
			}
		}
	}
	for rule, header := range map[string]http.Header{"a form of another site's": link, "a script's request": from("cross-site", "cors", "document")} {
		method := map[bool]string{true: "POST", false: "GET"}[rule == "a form of another site's"]
		if res := ask(app.App, true, method, "/h/demo/judge", header); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s at a page: %d", rule, res.StatusCode)
		}
	}
	for path, page := range map[string]bool{"/h/demo/judge": true, providerBack: true, "/api/account/me": false, "/ws/demo": false, "/whep/demo": false, "/metrics": false} {
		if isPage(path) != page {
			t.Errorf("%s: a page: %v, want %v", path, !page, page)
		}
	}
}

func TestWhatTheBrowsersLegIsNoHeaderCanSay(t *testing.T) {
	claims := http.Header{"X-Forwarded-Proto": {"https"}, "Forwarded": {"proto=https"}, "Origin": {"https://court.example"}, "X-Forwarded-Ssl": {"on"}}
	for _, tc := range []struct {
		rule   string
		origin string
		secure bool
		want   bool
	}{
		{"by the listener with TLS", "", true, true},
		{"on this machine, in clear", "", false, false},
		{"on this machine, for an origin in clear", "http://localhost:8470", false, false},
		{"behind a proxy that the configuration names", "https://court.example", false, true},
	} {
		a := &App{config: Config{HTTP: HTTPConfig{Origin: tc.origin}}}
		r := httptest.NewRequest("GET", "/", nil)
		if r.Header = claims.Clone(); tc.secure {
			r.TLS = &tls.ConnectionState{}
		}
		if got := a.overTLS(r); got != tc.want {
			t.Errorf("%s: over TLS %v, want %v", tc.rule, got, tc.want)
		}
	}
}

func TestACookieOfASeatIsBoundToTheHostAndThePlainNameHoldsForLinksAlone(t *testing.T) {
	config := testConfig(t.TempDir())
	config.HTTP.Origin = "https://parda.court.example"
	app := runApp(t, config)
	status, cookie, refusal := enterSeat(t, outside{"http://" + app.local.Addr().String()}, "judge", codeOf(t, app.Links(), "judge"))
	if cookie == nil {
		t.Fatalf("the seat: %d %s", status, refusal)
	}
	if cookie.Name != "__Host-parda_demo_judge" || !cookie.Secure || !cookie.HttpOnly || cookie.Path != "/" || cookie.Domain != "" || cookie.SameSite != http.SameSiteStrictMode {
		t.Errorf("the cookie is %+v", cookie)
	}
	formulas := func(name string) int {
		return ask(app.App, false, "GET", "/api/demo/formulas?seat=judge", http.Header{"Cookie": {name + "=" + cookie.Value}}).StatusCode
	}
	if got := formulas(cookie.Name); got != http.StatusOK {
		t.Fatalf("the holder: %d", got)
	}
	if got := formulas("parda_demo_judge"); got != http.StatusOK {
		t.Errorf("a browser that took its seat by link from the first release: %d", got)
	}
	app.config.Access.Seats = SeatsOfPersons
	if got := formulas("parda_demo_judge"); got == http.StatusOK {
		t.Error("where seats are persons', a cookie that any host of the domain can plant holds a seat")
	}
}
