package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"parda/gateway/access/rights"
	enrolment "parda/media/enrol/form"
)

// expectation is what the scan expects of a route. WHIP and WHEP stand in the table by every method, because the door answers each.
func expectation(r route) (string, bool) {
	switch {
	case strings.HasPrefix(r.path, "/whip/:hearing"):
		return "token", true
	case strings.HasPrefix(r.path, "/whep/:hearing"):
		return "seat", true
	}
	want, ok := admits[r.method+" "+r.path]
	return want, ok
}

func TestEveryRouteIsInTheScanAndAdmitsWhomItSays(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	seen := map[string]bool{}
	for _, secure := range []bool{false, true} {
		for _, r := range app.table(secure) {
			name := r.method + " " + r.path
			seen[name] = true
			want, ok := expectation(r)
			if !ok {
				t.Errorf("%s is not in the scan: say in scan_test.go whom it admits", name)
				continue
			}
			got := r.who.kind
			if got == "person" || got == "vault" {
				var names []string
				for _, right := range r.who.rights {
					names = append(names, string(right))
				}
				got = strings.Join(names, " ")
			}
			if got != want {
				t.Errorf("%s admits %q, the scan expects %q", name, got, want)
			}
			if want == "operator" && secure {
				t.Errorf("%s is served to the network", name)
			}
			for _, bearer := range []string{":code", ":token", ":cookie", ":secret"} {
				if strings.Contains(r.path, bearer) {
					t.Errorf("%s has a bearer in its address", name)
				}
			}
		}
	}
	for name := range admits {
		if !seen[name] {
			t.Errorf("%s is in the scan and is not served", name)
		}
	}
}

// scan is a gateway with everybody who may knock.
type scan struct {
	t       *testing.T
	app     *App
	handler http.Handler
	ids     map[string]string // what stands for :person and so on: things of Baku
}

// caller knocks with what it has.
type caller struct {
	name    string
	court   string // "" for who is no person
	roles   []rights.Role
	cookies map[string]string
	header  map[string]string
	signs   func() string // a fresh session for a request that ends it; nil for who is no person
}

type reply struct {
	status  int
	code    string
	message string
	body    string
}

func (r reply) String() string { return fmt.Sprintf("%d %s %q", r.status, r.code, r.message) }

func (s *scan) ask(c caller, method, path, query string) reply {
	r := httptest.NewRequest(method, path+query, strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, "/whip/") || strings.HasPrefix(path, "/whep/") {
		r.Header.Set("Content-Type", "application/sdp")
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if c.signs != nil && strings.HasSuffix(path, "/sign-out") {
		r.Header.Del("Cookie")
		r.AddCookie(&http.Cookie{Name: "parda_person", Value: c.signs()})
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	out := reply{status: w.Code, body: w.Body.String()}
	var e struct{ Code, Message string }
	if json.Unmarshal(w.Body.Bytes(), &e) == nil {
		out.code, out.message = e.Code, e.Message
	}
	return out
}

// path puts plausible ids of Baku into a route.
func (s *scan) path(pattern string) string {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		if id, ok := s.ids[part]; ok {
			parts[i] = id
		} else if strings.HasPrefix(part, ":") {
			parts[i] = "x"
		}
	}
	return strings.ReplaceAll(strings.Join(parts, "/"), "*file", "none.js")
}

func newScan(t *testing.T) (s *scan, p *people, callers []caller) {
	app := runApp(t, personsConfig(t.TempDir()))
	s = &scan{t: t, app: app.App, handler: app.routes(false)}
	p = newPeople(t, app.App)
	spare := p.person("baku", "spare", rights.DefenceCounsel)
	s.ids = map[string]string{":hearing": "demo", ":seat": "defence", ":person": spare.Person.ID, ":role": "interpreter"}
	callers = []caller{{name: "a stranger"}}
	for _, court := range []string{"baku", "ganja"} {
		for _, role := range rights.Roles() {
			who := p.admin[court]
			if role != rights.Administrator || who == nil {
				if role == rights.Administrator {
					who = p.administrator(court)
				} else {
					who = p.person(court, string(role), role)
				}
			}
			callers = append(callers, caller{name: string(role) + " of " + court, court: court, roles: []rights.Role{role},
				cookies: map[string]string{"parda_person": who.cookie}, signs: func() string { return who.again().cookie }})
		}
	}
	gone := p.person("baku", "gone", rights.Judge)
	if status, answer, _ := gone.asks("POST", "/api/account/sign-out", "{}"); status >= 300 {
		t.Fatalf("%d %v", status, answer)
	}
	callers = append(callers, caller{name: "a session that was signed out", cookies: map[string]string{"parda_person": gone.cookie}},
		caller{name: "a made-up session", cookies: map[string]string{"parda_person": strings.Repeat("A", 43)}})
	return s, p, callers
}

const guardSays = "Your account may not do that."

// Every route that asks for a person, by every role of its own court and of another, by strangers and by sessions that ended: exactly what RIGHTS.md says gets past the
// guard, and nobody gets anything of another court.
func TestTheScanOfEveryRoute(t *testing.T) {
	s, p, callers := newScan(t)
	t.Run("persons", func(t *testing.T) { everyRouteByEveryRole(t, s, callers) })
	t.Run("codes and open doors", func(t *testing.T) { codesAndOpenDoors(t, s, callers) })
	t.Run("seats", func(t *testing.T) { everySeatsRoute(t, s, p, callers) })
}

func everyRouteByEveryRole(t *testing.T, s *scan, callers []caller) {
	foreign := s.ids[":person"]
	for _, r := range s.app.table(false) {
		if r.who.kind != "person" && r.who.kind != "vault" {
			continue
		}
		want, _ := expectation(r)
		path := s.path(r.path)
		for _, c := range callers {
			got := s.ask(c, r.method, path, "")
			where := fmt.Sprintf("%s %s by %s: %v", r.method, r.path, c.name, got)
			may := slices.ContainsFunc(strings.Fields(want), func(right string) bool { return rights.Has(c.roles, rights.Right(right)) })
			refused := got.status == http.StatusUnauthorized || got.message == guardSays
			switch {
			case got.status >= 500:
				t.Errorf("%s: a fault", where)
			case c.court == "" && got.status != http.StatusUnauthorized:
				t.Errorf("%s: want 401", where)
			case c.court != "" && refused == may:
				t.Errorf("%s: RIGHTS.md says %v", where, may)
			case may && r.method == "GET" && !strings.Contains(r.path, ":") && got.status != http.StatusOK:
				t.Errorf("%s: want 200", where)
			case c.court == "ganja" && strings.Contains(r.path, ":") && got.status < 300 && !strings.HasPrefix(r.path, "/api/account/"):
				t.Errorf("%s: something of Baku was done for Ganja", where)
			case c.court == "ganja" && strings.Contains(got.body, foreign):
				t.Errorf("%s: Ganja is told of a person of Baku", where)
			}
			if may && r.method != "GET" {
				elsewhere := c
				elsewhere.header = map[string]string{"Origin": "https://elsewhere.example"}
				if got := s.ask(elsewhere, r.method, path, ""); got.status != http.StatusForbidden || got.code != "not_allowed" {
					t.Errorf("%s %s by %s, from another site's page: %v", r.method, r.path, c.name, got)
				}
			}
		}
	}
}

// Every route that asks for a seat: by the seat's own cookie with its own session, and by everybody and everything else.
func everySeatsRoute(t *testing.T, s *scan, p *people, callers []caller) {
	judge := p.person("baku", "onBench", rights.Judge)
	other := p.person("baku", "beside", rights.Judge)
	cookie, refusal := judge.enters("judge", p.administrator("baku").invites("judge", judge, time.Now().Add(time.Hour)))
	if refusal != "" {
		t.Fatal(refusal)
	}
	seat, _, _ := strings.Cut(cookie.Value, ";")
	ended := judge.again()
	if err := s.app.accounts.EndSession(t.Context(), judge.Session, ended.ID); err != nil {
		t.Fatal(err)
	}
	screenCode := judge.invites("screen", nil, time.Now().Add(time.Hour))
	screen, refusal := (&someone{app: s.app, t: t}).enters("screen", screenCode)
	if refusal != "" {
		t.Fatal(refusal)
	}
	onScreen, _, _ := strings.Cut(screen.Value, ";")
	with := func(name string, cookies ...string) caller {
		c := caller{name: name, cookies: map[string]string{}}
		for i := 0; i+1 < len(cookies); i += 2 {
			c.cookies[cookies[i]] = cookies[i+1]
		}
		return c
	}
	type knock struct {
		caller
		query string
		holds bool
		plain bool // a role without a seat: knocks at one other hearing only
	}
	knocks := []knock{
		{with("her cookie and her session", "parda_demo_judge", seat, "parda_person", judge.cookie), "?seat=judge", true, false},
		{with("the screen's cookie", "parda_demo_screen", onScreen), "?seat=screen", true, false},
		{with("her cookie without a session", "parda_demo_judge", seat), "?seat=judge", false, false},
		{with("her cookie in another judge's session", "parda_demo_judge", seat, "parda_person", other.cookie), "?seat=judge", false, false},
		{with("her cookie in another session of her own", "parda_demo_judge", seat, "parda_person", judge.again().cookie), "?seat=judge", false, false},
		{with("her cookie in a session that was ended", "parda_demo_judge", seat, "parda_person", ended.cookie), "?seat=judge", false, false},
		{with("her session without the cookie", "parda_person", judge.cookie), "?seat=judge", false, false},
		{with("her cookie under another seat's name", "parda_demo_clerk", seat, "parda_person", judge.cookie), "?seat=clerk", false, false},
		{with("the screen's cookie as a judge's", "parda_demo_judge", onScreen, "parda_person", judge.cookie), "?seat=judge", false, false},
		{with("a cookie for the witness's seat", "parda_demo_witness", seat, "parda_person", judge.cookie), "?seat=witness", false, false},
		{with("no seat is named", "parda_demo_judge", seat, "parda_person", judge.cookie), "", false, false},
	}
	for _, c := range callers { // every role of both courts, signed in, with a cookie that it made up; the courts differ by nothing here
		c.cookies = map[string]string{"parda_person": c.cookies["parda_person"], "parda_demo_judge": strings.Repeat("B", 43)}
		knocks = append(knocks, knock{c, "?seat=judge", false, true})
	}
	lost := []string{"removed", "sign_in_required", "role_missing", "hearing_unknown", "seat_unknown", "token_wrong", "not_invited"}
	for _, r := range s.app.table(false) {
		if want, _ := expectation(r); want != "seat" {
			continue
		}
		for _, k := range knocks {
			here := s.ask(k.caller, r.method, s.path(r.path), k.query)
			if refused := slices.Contains(lost, here.code); k.holds && refused || here.status == http.StatusInternalServerError {
				t.Errorf("%s %s by %s: %v", r.method, r.path, k.name, here)
			}
			if !k.holds && here.status < 300 && r.method != "OPTIONS" {
				t.Errorf("%s %s by %s is answered: %v", r.method, r.path, k.name, here)
			}
			others := []string{"second", "other", "none"}
			if k.plain {
				others = others[:1]
			}
			for _, elsewhere := range others { // the same cookies, under the names that they would have there
				away := k.caller
				away.cookies = map[string]string{}
				for name, value := range k.cookies {
					away.cookies[strings.Replace(name, "parda_demo_", "parda_"+elsewhere+"_", 1)] = value
				}
				path := strings.Replace(s.path(r.path), "demo", elsewhere, 1)
				if got := s.ask(away, r.method, path, k.query); got.status < 300 && r.method != "OPTIONS" {
					t.Errorf("%s %s by %s is answered: %v", r.method, path, k.name, got)
				}
			}
		}
	}
	if got := s.ask(knocks[0].caller, "GET", "/api/demo/formulas", "?seat=judge"); got.status != http.StatusOK {
		t.Errorf("her own seat: %v: this check would hold nothing", got)
	}
}

// WHIP: by the device that has the place, and by nothing else.
func TestEveryPublicationsRouteByEveryToken(t *testing.T) {
	config := personsConfig(t.TempDir())
	config.HTTP.Listen = "127.0.0.1:0"
	app := runApp(t, config)
	s := &scan{t: t, app: app.App, handler: app.routes(false), ids: map[string]string{":hearing": "demo"}}
	d := enrolledAt(t, app.App, enrolment.Room)
	placeAt(t, app.App, d, "")
	own := passAt(t, app.App, d, enrolment.Witness).Token
	bearer := func(name, token string) caller {
		return caller{name: name, header: map[string]string{"Authorization": "Bearer " + token}}
	}
	for _, r := range app.table(false) {
		if want, _ := expectation(r); want != "token" {
			continue
		}
		path := s.path(r.path)
		mine := s.ask(bearer("the room's own device", own), r.method, path, "?rendering=x")
		if strings.HasPrefix(mine.code, "token_") {
			t.Errorf("%s %s by the room's own device: %v", r.method, r.path, mine)
		}
		for _, c := range []caller{{name: "a stranger"}, bearer("a made-up token", strings.Repeat("A", 43)),
			bearer("the plain token, where seats are persons'", app.Token("demo", "witness")), bearer("a plain camera's token", app.Token("demo", "court/bench")),
			bearer("another hearing's token", app.Token("second", "witness"))} {
			got := s.ask(c, r.method, path, "?rendering=x")
			if got.status < 300 && r.method != "OPTIONS" || r.method == "POST" && !strings.Contains(r.path, ":id") && got.status != http.StatusUnauthorized && got.status != http.StatusForbidden {
				t.Errorf("%s %s by %s: %v", r.method, r.path, c.name, got)
			}
		}
		for _, elsewhere := range []string{"second", "other"} {
			got := s.ask(bearer("the device, at "+elsewhere, own), r.method, strings.Replace(path, "demo", elsewhere, 1), "?rendering=x")
			if got.status < 300 && r.method != "OPTIONS" || r.method == "POST" && !strings.Contains(r.path, ":id") && got.status != http.StatusUnauthorized && got.status != http.StatusForbidden {
				t.Errorf("%s %s by the device of demo: %v", r.method, strings.Replace(path, "demo", elsewhere, 1), got)
			}
		}
	}
}

// What asks for a code gives nothing without one, to nobody; what is open asks nobody who they are; and a method that is not in the table is nothing.
func codesAndOpenDoors(t *testing.T, s *scan, callers []caller) {
	served := map[string]bool{}
	for _, r := range s.app.table(false) {
		served[r.method+" "+r.path] = true
	}
	few := []caller{callers[0], callers[1], callers[len(callers)-2]} // a stranger, an administrator, a session that ended
	for _, r := range s.app.table(false) {
		want, _ := expectation(r)
		for _, c := range few {
			got := s.ask(c, r.method, s.path(r.path), "")
			switch {
			case got.status >= 500:
				t.Errorf("%s %s by %s: %v: a fault", r.method, r.path, c.name, got)
			case (want == "code" || want == "device") && got.status < 300:
				t.Errorf("%s %s by %s, without a code: %v", r.method, r.path, c.name, got)
			case want == "open" && (got.code == "sign_in_required" || got.message == guardSays):
				t.Errorf("%s %s by %s: %v: it is open", r.method, r.path, c.name, got)
			}
		}
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH"} {
			if served[method+" "+r.path] || strings.Contains(r.path, "*") {
				continue
			}
			if got := s.ask(few[1], method, s.path(r.path), ""); got.status != http.StatusNotFound && !otherServed(served, method, s.path(r.path)) {
				t.Errorf("%s %s is answered: %v", method, r.path, got)
			}
		}
	}
}

// otherServed says whether another pattern of the table takes this path (/api/:hearing/formulas takes /api/hearings/formulas).
func otherServed(served map[string]bool, method, path string) bool {
	for name := range served {
		m, pattern, _ := strings.Cut(name, " ")
		a, b := strings.Split(pattern, "/"), strings.Split(path, "/")
		if m != method || len(a) != len(b) {
			continue
		}
		fits := true
		for i := range a {
			fits = fits && (a[i] == b[i] || strings.HasPrefix(a[i], ":"))
		}
		if fits {
			return true
		}
	}
	return false
}
