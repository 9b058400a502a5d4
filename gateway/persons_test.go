package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"parda/gateway/access/rights"
	"parda/gateway/visibility"
)

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
