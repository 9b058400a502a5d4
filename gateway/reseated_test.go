package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"parda/gateway/access/account"
	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/visibility"
)

// endTime moves the end of an invitation into the past, as a long adjournment does.
func endTime(t *testing.T, app *App, seat string) {
	t.Helper()
	v, err := app.store.Invitation(t.Context(), "demo", seat)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.store.ExtendInvitation(t.Context(), "demo", seat, v.Generation, v.From.Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
}

// Two administrators together can give somebody a new way into an account. It is no way into a hearing that sits: the seat asks the recovered account for a code, which
// the hearing's own clerk or bench gives out (A6).
func TestARecoveredAccountComesBackIntoItsSeatByANewCodeAlone(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	admin, judge, clerk := p.administrator("baku"), p.person("baku", "judge", rights.Judge), p.person("baku", "clerk", rights.CourtClerk)
	puppet := p.person("baku", "puppet", rights.Administrator)
	bench, desk := judge.sits("judge", admin), clerk.sits("clerk", judge)
	judge.opened(bench)
	r, err := app.accounts.AskRecovery(t.Context(), admin.Session, nil, judge.Person.ID)
	if err != nil {
		t.Fatal(err)
	}
	code, err := app.accounts.Agree(t.Context(), puppet.Session, nil, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	thief := p.claimed(code.Code, "", "")
	bench.untilClosed("the account was recovered")
	if _, refusal := thief.enters("judge", ""); refusal != "code_wrong" {
		t.Errorf("who recovered the account takes the judge's seat: %q", refusal)
	}
	status, answer, _ := thief.asks("POST", "/api/hearings/demo/invitations", map[string]any{"seat": "judge2", "person": clerk.Person.ID, "until": time.Now().Add(time.Hour).UTC()})
	if codeIn(answer) != "not_allowed" {
		t.Errorf("and fills the bench: %d %v", status, answer)
	}
	anew, refusal := desk.ask("seat.reissue", map[string]string{"seat": "judge"})
	if refusal != "" {
		t.Fatalf("the clerk gives the judge who came back no link: %s", refusal)
	}
	if _, refusal := thief.enters("judge", codeOfLink(t, anew)); refusal != "" {
		t.Errorf("with the clerk's new link: %q", refusal)
	}
}

// A long adjournment ends everybody's time. Bench and clerk of the hearing still give each other more, or nobody could ever come into it again; accounts from outside do not.
func TestAnAdjournedHearingIsNotLostWithTheTimeOfItsInvitations(t *testing.T) {
	was := hearing.BreakHolds
	hearing.BreakHolds = 0
	t.Cleanup(func() { hearing.BreakHolds = was })
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	admin, judge, clerk := p.administrator("baku"), p.person("baku", "judge", rights.Judge), p.person("baku", "clerk", rights.CourtClerk)
	outside, other := p.person("baku", "outside", rights.Judge), p.person("baku", "other", rights.CourtClerk)
	bench, desk := judge.sits("judge", admin), clerk.sits("clerk", judge)
	judge.opened(bench)
	bench.must("hearing.suspend", nil)
	endTime(t, app.App, "judge")
	endTime(t, app.App, "clerk")
	bench.untilClosed("the time is over")
	desk.untilClosed("the time is over")
	_, told, _ := clerk.asks("GET", "/api/hearings", nil)
	if !strings.Contains(fmt.Sprint(told["hearings"]), "held:true") {
		t.Errorf("the clerk's page is not told that the seat is hers still: %v", told)
	}
	more := map[string]any{"until": time.Now().Add(time.Hour).UTC()}
	for _, tc := range []struct {
		rule    string
		by      *someone
		seat    string
		refusal string
	}{
		{"a judge from outside", outside, "clerk", "not_allowed"},
		{"a clerk from outside", other, "judge", "not_allowed"},
		{"an administrator", admin, "judge", "not_allowed"},
		{"the clerk herself", clerk, "clerk", "not_allowed"},
		{"the hearing's clerk", clerk, "judge", ""},
		{"the hearing's judge", judge, "clerk", ""},
	} {
		if status, answer, _ := tc.by.asks("POST", "/api/hearings/demo/invitations/"+tc.seat+"/extend", more); codeIn(answer) != tc.refusal || tc.refusal == "" && status != http.StatusOK {
			t.Errorf("%s gives the %s more time: %d %v, want %q", tc.rule, tc.seat, status, answer, tc.refusal)
		}
	}
	if _, refusal := judge.enters("judge", ""); refusal != "" {
		t.Errorf("the judge does not come back: %s", refusal)
	}
}

// Nobody acts for two sides: a seat that somebody holds past her time in a hearing that goes on is hers still, and so is one whose time would be moved back into the future.
func TestAnExtensionThatIsRefusedForItsTimeStandsInNoAudit(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	judge, clerk := p.person("baku", "judge", rights.Judge), p.person("baku", "clerk", rights.CourtClerk)
	judge.invites("clerk", clerk, time.Now().Add(time.Hour))
	extended := func() (n int) {
		events, err := app.ledger.Load(t.Context(), audit.Of("baku"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Code == string(audit.SeatExtended) {
				n++
			}
		}
		return n
	}
	for name, until := range map[string]time.Time{"in the past": time.Now().Add(-time.Minute), "a year on": time.Now().AddDate(1, 0, 0)} {
		_, answer, _ := judge.asks("POST", "/api/hearings/demo/invitations/clerk/extend", map[string]any{"until": until.UTC()})
		if codeIn(answer) == "" || extended() != 0 {
			t.Errorf("%s: %v, and %d such entries", name, answer, extended())
		}
	}
	status, answer, _ := judge.asks("POST", "/api/hearings/demo/invitations/clerk/extend", map[string]any{"until": time.Now().Add(2 * time.Hour).UTC()})
	if status != http.StatusOK || extended() != 1 {
		t.Errorf("one that is taken: %d %v, and %d entries", status, answer, extended())
	}
}

// Where every judge of a begun hearing is gone for good its own clerk seats another one: nobody else could ever open it again. While one could come back she cannot.
func TestABenchThatIsGoneIsFilledByTheHearingsClerkAlone(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	admin, judge, clerk := p.administrator("baku"), p.person("baku", "judge", rights.Judge), p.person("baku", "clerk", rights.CourtClerk)
	next, outside, other := p.person("baku", "next", rights.Judge), p.person("baku", "outside", rights.Judge), p.person("baku", "other", rights.CourtClerk)
	bench, _ := judge.sits("judge", admin), clerk.sits("clerk", judge)
	judge.opened(bench)
	fill := func(by *someone) string {
		_, answer, _ := by.asks("POST", "/api/hearings/demo/invitations", map[string]any{"seat": "judge", "person": next.Person.ID, "until": time.Now().Add(time.Hour).UTC()})
		return codeIn(answer)
	}
	if got := fill(clerk); got != "not_allowed" {
		t.Errorf("the clerk takes the judge's seat away while she is there: %q", got)
	}
	if _, err := app.accounts.Close(t.Context(), admin.Session, nil, judge.Person.ID); err != nil {
		t.Fatal(err)
	}
	for who, by := range map[string]*someone{"an administrator": admin, "a judge from outside": outside, "another clerk": other} {
		if got := fill(by); got != "not_allowed" {
			t.Errorf("%s fills the bench that is gone: %q", who, got)
		}
	}
	if got := fill(clerk); got != "" {
		t.Errorf("the hearing's own clerk: %q", got)
	}
	if got := fill(clerk); got != "" {
		t.Errorf("and mends it before the new judge came: %q", got)
	}
}

func TestNobodySitsInTwoSeatsByTheClock(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	admin, judge, clerk := p.administrator("baku"), p.person("baku", "judge", rights.Judge), p.person("baku", "clerk", rights.CourtClerk)
	counsel := p.person("baku", "counsel", rights.DefenceCounsel, rights.VictimsLawyer)
	second := p.person("baku", "second", rights.DefenceCounsel, rights.VictimsLawyer)
	bench := judge.sits("judge", admin)
	clerk.sits("clerk", judge)
	clerk.invites("lawyer", second, time.Now().Add(time.Hour))
	endTime(t, app.App, "lawyer") // she never came
	judge.opened(bench)
	counsel.sits("defence", clerk)
	endTime(t, app.App, "defence")
	until := time.Now().Add(time.Hour).UTC()
	if status, answer, _ := clerk.asks("POST", "/api/hearings/demo/invitations", map[string]any{"seat": "lawyer", "person": counsel.Person.ID, "until": until}); codeIn(answer) != "person_seated" {
		t.Errorf("counsel who sits past her time is invited to the other side: %d %v", status, answer)
	}
	second.sits("defence", clerk) // in counsel's place
	if status, answer, _ := clerk.asks("POST", "/api/hearings/demo/invitations/lawyer/extend", map[string]any{"until": until}); codeIn(answer) != "person_seated" {
		t.Errorf("an invitation that was over is brought back beside another one: %d %v", status, answer)
	}
}

func codeOfLink(t *testing.T, answer map[string]json.RawMessage) string {
	t.Helper()
	var result struct {
		Link string `json:"link"`
	}
	if err := json.Unmarshal(answer["result"], &result); err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(result.Link, "#code=")
	return code
}

// A page that was left open at a hearing that does not sit keeps nobody signed in; what its person does there does, and so does a hearing that needs her.
func TestAnOpenPageKeepsASessionAwakeOnlyWhileTheHearingSits(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	judge := p.person("baku", "judge", rights.Judge)
	bench := judge.sits("judge", p.administrator("baku"))
	bench.until("is there", func(visibility.View) bool { return true })
	now := func() account.Session {
		all, err := app.accounts.Sessions(t.Context(), judge.Session)
		if err != nil || len(all) != 1 {
			t.Fatal(len(all), err)
		}
		return all[0]
	}
	before := now()
	time.Sleep(3 * askAgain) // three rounds of asking whether the seat is hers still
	if s := now(); !s.Seen.Equal(before.Seen) || s.IdleEnds.IsZero() {
		t.Errorf("an open page kept the session awake: seen %v and %v, ends %v", before.Seen, s.Seen, s.IdleEnds)
	}
	bench.must("key.enrol", map[string]string{"key": newSigner(t).spki()})
	if s := now(); !s.Seen.After(before.Seen) {
		t.Error("what she did did not keep the session awake")
	}
	judge.opened(bench)
	if s := now(); !s.IdleEnds.IsZero() {
		t.Errorf("she is signed out of a hearing that sits at %v", s.IdleEnds)
	}
}
