package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"parda/gateway/access/account"
	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/access/virtualkey"
	"parda/gateway/ledger"
	"parda/gateway/visibility"
)

// personsConfig is a gateway whose seats are taken by persons: two hearings of Baku and one of Ganja.
func personsConfig(dir string) Config {
	c := testConfig(dir)
	c.Access.Seats = SeatsOfPersons
	c.TURN = TURNConfig{}
	second, other := c.Hearings[0], c.Hearings[0]
	second.ID, other.ID, other.Court = "second", "other", "ganja"
	c.Hearings = append(c.Hearings, second, other)
	return c
}

// someone is a person with her passkey, signed in.
type someone struct {
	account.Session
	app    *App
	t      *testing.T
	key    *virtualkey.Key
	cookie string
}

// people makes accounts by the accounts' own ways.
type people struct {
	t     *testing.T
	app   *App
	admin map[string]*someone
}

func newPeople(t *testing.T, app *App) *people {
	return &people{t, app, map[string]*someone{}}
}

func (p *people) claimed(code, name, login string) *someone {
	p.t.Helper()
	key := virtualkey.New(p.app.URL(), "localhost")
	named := account.Named{Name: name, Login: login}
	options, _, err := p.app.accounts.BeginClaim(p.t.Context(), code, named)
	if err != nil {
		p.t.Fatal(err)
	}
	response, err := key.Create(options)
	if err != nil {
		p.t.Fatal(err)
	}
	cookie, s, err := p.app.accounts.FinishClaim(p.t.Context(), code, named, "test", response)
	if err != nil {
		p.t.Fatal(err)
	}
	return &someone{s, p.app, p.t, key, cookie}
}

// administrator is the court's first.
func (p *people) administrator(court string) *someone {
	p.t.Helper()
	if p.admin[court] == nil {
		code, ok, err := p.app.accounts.FirstCode(p.t.Context(), court)
		if err != nil || !ok {
			p.t.Fatalf("no first code for %s: %v %v", court, ok, err)
		}
		p.admin[court] = p.claimed(code.Code, "Administrator", "admin."+court)
	}
	return p.admin[court]
}

func (p *people) person(court, login string, roles ...rights.Role) *someone {
	p.t.Helper()
	_, code, err := p.app.accounts.Enrol(p.t.Context(), p.administrator(court).Session, nil, "Name "+login, login+"."+court, roles)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.claimed(code.Code, "", "")
}

// again signs the same person in once more, in another browser.
func (s *someone) again() *someone {
	s.t.Helper()
	options, err := s.app.accounts.BeginSignIn()
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := s.key.Get(options)
	if err != nil {
		s.t.Fatal(err)
	}
	cookie, session, err := s.app.accounts.FinishSignIn(s.t.Context(), response)
	if err != nil {
		s.t.Fatal(err)
	}
	return &someone{session, s.app, s.t, s.key, cookie}
}

// asks sends a request as this person's page does; body is JSON, and header pairs follow.
func (s *someone) asks(method, path string, body any, header ...string) (int, map[string]any, *http.Response) {
	s.t.Helper()
	var b []byte
	switch body := body.(type) {
	case nil:
	case string:
		b = []byte(body)
	default:
		b, _ = json.Marshal(body)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.app.URL()+path, bytes.NewReader(b))
	if err != nil {
		s.t.Fatal(err)
	}
	if s.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "parda_person", Value: s.cookie})
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, _ := io.ReadAll(res.Body)
	var answer map[string]any
	_ = json.Unmarshal(raw, &answer)
	return res.StatusCode, answer, res
}

func codeIn(answer map[string]any) string { s, _ := answer["code"].(string); return s }

// invites is asks for an invitation that must be made, and gives the code of its link.
func (s *someone) invites(seat string, who *someone, until time.Time) string {
	s.t.Helper()
	body := map[string]any{"seat": seat, "until": until.UTC()}
	if who != nil {
		body["person"] = who.Person.ID
	}
	status, answer, _ := s.asks("POST", "/api/hearings/demo/invitations", body)
	if status != http.StatusCreated {
		s.t.Fatalf("%s is not invited: %d %v", seat, status, answer)
	}
	_, code, _ := strings.Cut(answer["link"].(string), "#code=")
	return code
}

// enters takes a seat and gives the cookies that hold it, as one header value hangs them together; "" where it was refused.
func (s *someone) enters(seat, code string) (*http.Cookie, string) {
	s.t.Helper()
	status, answer, res := s.asks("POST", "/api/demo/seats/"+seat+"/enter", map[string]string{"code": code})
	for _, c := range res.Cookies() {
		c.Value += "; parda_person=" + s.cookie
		return c, ""
	}
	if status < 300 {
		s.t.Fatalf("%s: %d without a cookie", seat, status)
	}
	return nil, codeIn(answer)
}

// sits is a person on her seat's page, by a fresh invitation of somebody's.
func (s *someone) sits(seat string, by *someone) *page {
	s.t.Helper()
	cookie, refusal := s.enters(seat, by.invites(seat, s, time.Now().Add(time.Hour)))
	if refusal != "" {
		s.t.Fatalf("%s: %s", seat, refusal)
	}
	return openAt(s.t, s.app, seat, cookie, "")
}

// touched gives a command, and touches the key where that is asked for.
func (s *someone) touched(p *page, name string, args any) (map[string]json.RawMessage, string) {
	s.t.Helper()
	id := fmt.Sprintf("%s-%d-%d", p.seat, time.Now().UnixNano(), p.next.Add(1))
	answer, refusal := p.askAgain(id, name, args)
	if refusal != "step_up_required" {
		s.t.Fatalf("%s asked for no touch: %q", name, refusal)
	}
	proof, err := s.key.Get(answer["step_up"])
	if err != nil {
		s.t.Fatal(err)
	}
	return p.askProved(id, name, args, proof)
}

func (p *page) askProved(id, name string, args any, proof json.RawMessage) (map[string]json.RawMessage, string) {
	p.t.Helper()
	c := make(chan map[string]json.RawMessage, 1)
	p.mu.Lock()
	p.answers[id] = c
	p.mu.Unlock()
	p.send(map[string]any{"type": "command", "id": id, "name": name, "args": args, "at": time.Now().UTC(), "proof": proof})
	select {
	case m := <-c:
		if strings.Trim(string(m["type"]), `"`) == "error" {
			return m, strings.Trim(string(m["code"]), `"`)
		}
		return m, ""
	case <-time.After(10 * time.Second):
		p.t.Fatalf("%s got no answer to %s", p.seat, name)
		return nil, ""
	}
}

// opened is a hearing that a judge opened, with her order signed by her seat's key and her passkey.
func (s *someone) opened(p *page) {
	s.t.Helper()
	own := newSigner(s.t)
	p.must("key.enrol", map[string]string{"key": own.spki()})
	draft := p.until("has a draft", func(v visibility.View) bool { return v.Draft != nil }).Draft
	if _, refusal := s.touched(p, "order.sign", map[string]any{"bytes": draft.Bytes, "signature": own.sign(draft.Bytes)}); refusal != "" {
		s.t.Fatalf("order.sign: %s", refusal)
	}
	p.must("hearing.open", nil)
}

// audited lists what stands in a court's book.
func audited(t *testing.T, app *App, court string) []ledger.Event {
	t.Helper()
	events, err := app.ledger.Load(context.Background(), audit.Of(court))
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// A hearing begins with nobody invited: the administrator brings the judge, the judge everybody else, and each seat opens to its own account alone.
func TestAHearingIsFilledByInvitationFromNobodyOn(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	for _, l := range app.Links().Seats {
		if l.Link != "" {
			t.Errorf("%s has a link at the start: whoever reads the terminal could sit there", l.Seat)
		}
	}
	p := newPeople(t, app.App)
	admin, judge, clerk := p.administrator("baku"), p.person("baku", "judge", rights.Judge), p.person("baku", "clerk", rights.CourtClerk)
	counsel, lawyer, foreign := p.person("baku", "counsel", rights.DefenceCounsel), p.person("baku", "lawyer", rights.VictimsLawyer), p.person("ganja", "counsel", rights.DefenceCounsel)
	soon := time.Now().Add(time.Hour).UTC()
	for _, tc := range []struct {
		rule    string
		by      *someone
		seat    string
		person  string
		until   time.Time
		refusal string
	}{
		{"an administrator brings no counsel", admin, "defence", counsel.Person.ID, soon, "not_allowed"},
		{"nor the public", admin, "gallery", "", soon, "not_allowed"},
		{"nor herself", admin, "judge", admin.Person.ID, soon, "not_allowed"},
		{"counsel invites nobody", counsel, "lawyer", lawyer.Person.ID, soon, "not_allowed"},
		{"nobody invites herself", judge, "judge", judge.Person.ID, soon, "not_allowed"},
		{"nobody sits in another's role", judge, "lawyer", counsel.Person.ID, soon, "role_missing"},
		{"nobody of another court", judge, "defence", foreign.Person.ID, soon, "person_unknown"},
		{"nobody who does not exist", judge, "defence", "p-nobody0000", soon, "person_unknown"},
		{"nobody is invited to the witness's seat", judge, "witness", lawyer.Person.ID, soon, "not_allowed"},
		{"nor to a seat that is not there", judge, "throne", lawyer.Person.ID, soon, "seat_unknown"},
		{"not into the past", judge, "defence", counsel.Person.ID, time.Now().Add(-time.Hour).UTC(), "bad_argument"},
		{"not for ever", judge, "defence", counsel.Person.ID, soon.Add(15 * 24 * time.Hour), "bad_argument"},
	} {
		status, answer, _ := tc.by.asks("POST", "/api/hearings/demo/invitations", map[string]any{"seat": tc.seat, "person": tc.person, "until": tc.until})
		if codeIn(answer) != tc.refusal {
			t.Errorf("%s: %d %v, want %s", tc.rule, status, answer, tc.refusal)
		}
	}
	for _, path := range []string{"/api/hearings/other/invitations", "/api/hearings/none/invitations"} {
		if status, answer, _ := judge.asks("GET", path, nil); status != http.StatusNotFound || codeIn(answer) != "hearing_unknown" {
			t.Errorf("%s: %d %v: another court's hearing is told apart", path, status, answer)
		}
	}

	onBench := judge.sits("judge", admin)
	if !onBench.until("has a state", func(v visibility.View) bool { return true }).Accounts {
		t.Error("the state does not say that seats are held by accounts")
	}
	clerk.sits("clerk", judge)
	code := clerk.invites("defence", counsel, soon)
	if status, answer, _ := clerk.asks("POST", "/api/hearings/demo/invitations", map[string]any{"seat": "lawyer", "person": counsel.Person.ID, "until": soon}); codeIn(answer) != "role_missing" {
		t.Errorf("%d %v", status, answer)
	}
	stranger := &someone{app: app.App, t: t}
	for _, tc := range []struct {
		rule    string
		who     *someone
		code    string
		refusal string
	}{
		{"a link that was overheard, without an account", stranger, code, "sign_in_required"},
		{"a link that was overheard, in another account of that role and court", lawyer, code, "role_missing"},
		{"of another court", foreign, code, "not_invited"},
		{"the invited person with a wrong code", counsel, "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA", "code_wrong"},
		{"the invited person", counsel, code, ""},
		{"her second browser while the first is there", counsel.again(), code, "seat_taken"},
	} {
		if _, refusal := tc.who.enters("defence", tc.code); refusal != tc.refusal {
			t.Errorf("%s: %q, want %q", tc.rule, refusal, tc.refusal)
		}
	}
	status, answer, _ := counsel.asks("GET", "/api/hearings", nil)
	if hearings, _ := answer["hearings"].([]any); status != http.StatusOK || len(hearings) != 1 || answer["seats"] != SeatsOfPersons {
		t.Errorf("what concerns counsel: %d %v", status, answer)
	}
	if _, answer, _ := clerk.asks("GET", "/api/hearings", nil); len(answer["hearings"].([]any)) != 2 {
		t.Errorf("a clerk sees her court's hearings: %v", answer)
	}
	if link := clerk.invites("gallery", nil, soon); link == "" {
		t.Error("the gallery has no link")
	}
}

// A5 and A6: whatever ends, ends what is open for it. The time that it took is logged; the promise is one second.
func TestWhatEndsEndsWhatIsOpen(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	admin, judge, clerk := p.administrator("baku"), p.person("baku", "judge", rights.Judge), p.person("baku", "clerk", rights.CourtClerk)
	spare := p.person("baku", "spare", rights.DefenceCounsel)
	for i, tc := range []struct {
		rule string
		end  func(*someone)
		back string // the refusal of a page that comes back with its cookies
	}{
		{"she signs out", func(s *someone) { s.asks("POST", "/api/account/sign-out", "{}") }, "sign_in_required"},
		{"her role is taken", func(s *someone) {
			if _, err := app.accounts.Revoke(t.Context(), admin.Session, nil, s.Person.ID, rights.DefenceCounsel); err != nil {
				t.Error(err)
			}
		}, ""},
		{"her account is closed", func(s *someone) {
			if _, err := app.accounts.Close(t.Context(), admin.Session, nil, s.Person.ID); err != nil {
				t.Error(err)
			}
		}, "sign_in_required"},
		{"the invitation is revoked", func(s *someone) {
			if status, answer, _ := clerk.asks("DELETE", "/api/hearings/demo/invitations/defence", nil); status != http.StatusNoContent {
				t.Errorf("%d %v", status, answer)
			}
		}, "removed"},
		{"somebody else is invited", func(*someone) { clerk.invites("defence", spare, time.Now().Add(time.Hour)) }, "removed"},
		{"its time is moved to now", func(*someone) {
			status, answer, _ := clerk.asks("POST", "/api/hearings/demo/invitations/defence/extend", map[string]any{"until": time.Now().Add(300 * time.Millisecond).UTC()})
			if status != http.StatusOK {
				t.Errorf("%d %v", status, answer)
			}
		}, "invitation_over"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			counsel := p.person("baku", fmt.Sprintf("counsel%d", i), rights.DefenceCounsel, rights.VictimsLawyer)
			cookie, refusal := counsel.enters("defence", judge.invites("defence", counsel, time.Now().Add(time.Hour)))
			if refusal != "" {
				t.Fatal(refusal)
			}
			page := openAt(t, app, "defence", cookie, "")
			bystander := openAt(t, app, "defence", cookie, "") // a second tab ends, too
			began := time.Now()
			tc.end(counsel)
			page.untilClosed(tc.rule)
			bystander.untilClosed(tc.rule)
			t.Logf("%s: open pages ended %v after it was asked", tc.rule, time.Since(began).Round(time.Millisecond))
			if page.closed == nil || !strings.Contains(page.closed.Error(), "4001") {
				t.Errorf("closed with %v, want 4001", page.closed)
			}
			status, answer, _ := counsel.asks("GET", "/api/demo/formulas?seat=defence", nil, "Cookie", cookie.Name+"="+strings.Split(cookie.Value, ";")[0])
			if status == http.StatusOK || tc.back != "" && codeIn(answer) != tc.back {
				t.Errorf("the cookies still open a door: %d %v, want %s", status, answer, tc.back)
			}
		})
	}
}

// The clock throws nobody out of a hearing that goes on; before it began, it does.
func TestTheClockEndsASeatBeforeTheHearingAndNotDuringIt(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	judge, clerk := p.person("baku", "judge", rights.Judge), p.person("baku", "clerk", rights.CourtClerk)
	counsel := p.person("baku", "counsel", rights.DefenceCounsel)
	bench := judge.sits("judge", p.administrator("baku"))
	clerk.sits("clerk", judge)
	short := func() *page {
		page := counsel.sits("defence", clerk)
		status, answer, _ := clerk.asks("POST", "/api/hearings/demo/invitations/defence/extend", map[string]any{"until": time.Now().Add(200 * time.Millisecond).UTC()})
		if status != http.StatusOK {
			t.Fatalf("%d %v", status, answer)
		}
		return page
	}
	short().untilClosed("the time is over, and the hearing has not begun")
	judge.opened(bench)
	stays := short()
	// The wait is what is tested: the clock has passed, and three rounds of asking have, too.
	time.Sleep(200*time.Millisecond + 3*askAgain)
	stays.mu.Lock()
	closed := stays.closed
	stays.mu.Unlock()
	if closed != nil {
		t.Fatalf("counsel was thrown out of a hearing that sits: %v", closed)
	}
	if state := stays.until("is there", func(visibility.View) bool { return true }); state.Hearing.Phase != "open" {
		t.Errorf("the hearing is %s", state.Hearing.Phase)
	}
	// A session that ran out in the middle of the hearing is no way out either: the same person comes back by her passkey, without a code.
	second := counsel.again()
	if err := app.accounts.EndSession(t.Context(), second.Session, counsel.ID); err != nil {
		t.Fatal(err)
	}
	stays.untilClosed("her session ended")
	if _, refusal := second.enters("defence", ""); refusal != "" {
		t.Errorf("counsel does not come back into the hearing: %s", refusal)
	}
}

// A6: in a hearing that has begun nobody from outside puts anybody in or takes a judge out: not the administrator, not accounts that she made for it, not the clerk.
func TestABegunHearingIsFilledByItsOwnAlone(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	admin, judge, clerk := p.administrator("baku"), p.person("baku", "judge", rights.Judge), p.person("baku", "clerk", rights.CourtClerk)
	puppet, second := p.person("baku", "puppet", rights.Judge), p.person("baku", "second", rights.Judge)
	counsel := p.person("baku", "counsel", rights.DefenceCounsel)
	bench, desk := judge.sits("judge", admin), clerk.sits("clerk", judge)
	taken := map[string]any{"seat": "judge", "person": second.Person.ID, "until": time.Now().Add(time.Hour).UTC()}
	for name, by := range map[string]*someone{"the administrator": admin, "the clerk": clerk} { // the seat is a judge's already
		if status, answer, _ := by.asks("POST", "/api/hearings/demo/invitations", taken); codeIn(answer) != "not_allowed" {
			t.Errorf("%s gives a judge's seat away: %d %v", name, status, answer)
		}
	}
	judge.opened(bench)
	for _, tc := range []struct {
		rule         string
		by           *someone
		method, path string
		body         any
		refusal      string
	}{
		{"an administrator fills the bench", admin, "POST", "", map[string]any{"seat": "judge2", "person": second.Person.ID, "until": time.Now().Add(time.Hour).UTC()}, "not_allowed"},
		{"a judge from outside fills the bench", puppet, "POST", "", map[string]any{"seat": "judge2", "person": second.Person.ID, "until": time.Now().Add(time.Hour).UTC()}, "not_allowed"},
		{"a judge from outside brings counsel", puppet, "POST", "", map[string]any{"seat": "defence", "person": counsel.Person.ID, "until": time.Now().Add(time.Hour).UTC()}, "not_allowed"},
		{"an administrator takes the judge out", admin, "DELETE", "/judge", nil, "not_allowed"},
		{"a clerk takes the judge out", clerk, "DELETE", "/judge", nil, "not_allowed"},
		{"a clerk ends the judge's time", clerk, "POST", "/judge/extend", map[string]any{"until": time.Now().Add(time.Second).UTC()}, "not_allowed"},
		{"a judge extends herself", judge, "POST", "/judge/extend", map[string]any{"until": time.Now().Add(3 * time.Hour).UTC()}, "not_allowed"},
		{"a clerk gives the judge more time", clerk, "POST", "/judge/extend", map[string]any{"until": time.Now().Add(3 * time.Hour).UTC()}, ""},
		{"the clerk brings counsel", clerk, "POST", "", map[string]any{"seat": "defence", "person": counsel.Person.ID, "until": time.Now().Add(time.Hour).UTC()}, ""},
		{"the judge fills her bench", judge, "POST", "", map[string]any{"seat": "judge2", "person": second.Person.ID, "until": time.Now().Add(time.Hour).UTC()}, ""},
		{"one account in two seats", judge, "POST", "", map[string]any{"seat": "judge3", "person": second.Person.ID, "until": time.Now().Add(time.Hour).UTC()}, "person_seated"},
	} {
		if status, answer, _ := tc.by.asks(tc.method, "/api/hearings/demo/invitations"+tc.path, tc.body); codeIn(answer) != tc.refusal {
			t.Errorf("%s: %d %v, want %q", tc.rule, status, answer, tc.refusal)
		}
	}
	if _, refusal := desk.ask("seat.reissue", map[string]string{"seat": "judge"}); refusal != "not_allowed" {
		t.Errorf("a clerk takes the judge out by a new link: %q", refusal)
	}
	if _, refusal := desk.ask("seat.reissue", map[string]string{"seat": "lawyer"}); refusal != "not_invited" {
		t.Errorf("a link for a seat that nobody was invited to: %q", refusal)
	}
	if answer, refusal := desk.ask("seat.reissue", map[string]string{"seat": "defence"}); refusal != "" || !strings.Contains(string(answer["result"]), "#code=") {
		t.Errorf("a new link for counsel: %q %s", refusal, answer["result"])
	}
	bench.until("is still there", func(v visibility.View) bool { return v.Hearing.Phase == "open" })
}
