package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/incident/register"
	"parda/gateway/ledger/verify"
	"parda/gateway/store"
	"parda/gateway/visibility"
)

func incidentBody(more map[string]any) map[string]any {
	b := map[string]any{"kind": "contact_outside", "when": time.Now().Add(-time.Hour).UTC(), "endangered": "relative", "note": "A car stood before the house."}
	for k, v := range more {
		b[k] = v
	}
	return b
}

// files files an incident out of court.
func (s *someone) files(more map[string]any) string {
	s.t.Helper()
	status, answer, _ := s.asks("POST", "/api/incidents", incidentBody(more))
	id, _ := answer["id"].(string)
	if status != http.StatusCreated || id == "" {
		s.t.Fatalf("not filed: %d %v", status, answer)
	}
	return id
}

// sees are the ids of the list that somebody is given.
func (s *someone) sees(query string) []string {
	s.t.Helper()
	status, answer, _ := s.asks("GET", "/api/incidents"+query, nil)
	if status != http.StatusOK {
		s.t.Fatalf("the list: %d %v", status, answer)
	}
	ids := []string{}
	for _, line := range answer["incidents"].([]any) {
		ids = append(ids, line.(map[string]any)["id"].(string))
	}
	return ids
}

// Every route of the register with an incident of Baku, by every role of Baku and of Ganja: what INCIDENTS.md says, and to Ganja it is not there.
func TestEveryRouteOfTheRegisterByEveryRoleOfBothCourts(t *testing.T) {
	s, p, callers := newScan(t)
	lawyer := p.person("baku", "whoFiled", rights.VictimsLawyer)
	filed, discreet := lawyer.files(nil), lawyer.files(map[string]any{"discreet": true})
	status, answer, _ := lawyer.asks("POST", "/api/incidents/"+filed+"/requests", map[string]any{})
	if status != http.StatusCreated {
		t.Fatalf("%d %v", status, answer)
	}
	for id, sees := range map[string][]rights.Role{filed: {rights.Judge, rights.CourtClerk, rights.RegisterOfficer}, discreet: {rights.Judge}} {
		for _, r := range s.app.table(false) {
			if !strings.HasPrefix(r.path, "/api/incidents/:incident") || r.who.kind != "person" {
				continue
			}
			path := strings.NewReplacer(":incident", id, ":request", answer["request"].(string), ":step", "received").Replace(r.path)
			for _, c := range callers {
				if c.court == "" {
					continue
				}
				got := s.ask(c, r.method, path, "")
				where := fmt.Sprintf("%s %s by %s: %v", r.method, path, c.name, got)
				may := slices.Contains(sees, c.roles[0]) && (c.court == "baku" || c.roles[0] == rights.RegisterOfficer && id == filed)
				knocks := slices.ContainsFunc(r.who.rights, func(right rights.Right) bool { return rights.Has(c.roles, right) })
				switch {
				case got.status >= 500:
					t.Errorf("%s: a fault", where)
				case !knocks && got.status != http.StatusForbidden:
					t.Errorf("%s: let in without the right", where)
				case knocks && !may && (got.status != http.StatusNotFound || got.code != "incident_unknown"):
					t.Errorf("%s: it is told apart from one that is not there", where)
				case knocks && may && got.code == "incident_unknown":
					t.Errorf("%s: want it found", where)
				}
				if !may && (strings.Contains(got.body, "before the house") || strings.Contains(got.body, "contact_outside")) {
					t.Errorf("%s tells of it", where)
				}
			}
		}
		for _, c := range callers {
			if c.court == "" || !rights.Has(c.roles, rights.IncidentSee) {
				continue
			}
			may := slices.Contains(sees, c.roles[0]) && (c.court == "baku" || c.roles[0] == rights.RegisterOfficer && id == filed)
			if got := s.ask(c, "GET", "/api/incidents", ""); got.status != http.StatusOK || strings.Contains(got.body, id) != may {
				t.Errorf("the list of %s holds %s: %v", c.name, id, !may)
			}
		}
	}
}

// Two doors, one register: what is flagged at a seat stands in the account's list too, and after the hearing.
func TestAFlagIsInTheRegisterByBothDoorsAndADiscreetOneForNobodyElse(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	judge, clerk := p.person("baku", "judge", rights.Judge), p.person("baku", "clerk", rights.CourtClerk)
	lawyer, counsel := p.person("baku", "lawyer", rights.VictimsLawyer), p.person("baku", "counsel", rights.DefenceCounsel)
	away := p.person("baku", "away", rights.Judge)
	bench := judge.sits("judge", p.administrator("baku"))
	clerk.sits("clerk", judge)
	cookie, refusal := lawyer.enters("lawyer", judge.invites("lawyer", lawyer, time.Now().Add(time.Hour)))
	if refusal != "" {
		t.Fatal(refusal)
	}
	page := openAt(t, app, "lawyer", cookie, "")
	counsel.sits("defence", judge)
	judge.opened(bench)
	page.must("flag.raise", map[string]any{"kind": "look", "note": "He stared at her."})
	page.must("flag.raise", map[string]any{"kind": "gesture", "discreet": true, "note": "Zq discreet"})
	open, discreet := register.IncidentOf("demo", "f1"), register.IncidentOf("demo", "f2")

	// By the seat's door at once: the register catches up before it answers.
	status, answer, _ := (&someone{app: app.App, t: t}).asks("GET", "/api/demo/incidents?seat=lawyer", nil, "Cookie", cookie.Name+"="+cookie.Value)
	if lines, _ := answer["incidents"].([]any); status != http.StatusOK || len(lines) != 2 {
		t.Fatalf("by her seat's door: %d %v", status, answer)
	}
	for name, tc := range map[string]struct {
		who            *someone
		open, discreet bool
	}{"the judge": {judge, true, true}, "the clerk": {clerk, true, false}, "who raised it": {lawyer, true, true}, "the defence": {counsel, false, false}, "a judge who does not sit there": {away, true, false}} {
		ids := tc.who.sees("")
		if slices.Contains(ids, open) != tc.open || slices.Contains(ids, discreet) != tc.discreet {
			t.Errorf("%s sees %v (open %s, discreet %s)", name, ids, open, discreet)
		}
		status, answer, _ := tc.who.asks("GET", "/api/incidents/"+discreet, nil)
		if (status == http.StatusOK) != tc.discreet {
			t.Errorf("%s: the discreet one: %d %v", name, status, answer)
		}
	}
	bench.must("flag.rule", map[string]any{"flag": "f1", "ruling": "enter"})
	bench.must("flag.rule", map[string]any{"flag": "f2", "ruling": "enter"})
	if err := app.tickIncidents(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ids := counsel.sees(""); !slices.Contains(ids, open) || slices.Contains(ids, discreet) {
		t.Errorf("the defence, after the rulings: %v", ids)
	}
	// The court acts on its own: the console shows the request, and the clerk is told of no discreet one.
	for _, id := range []string{open, discreet} {
		if status, answer, _ := judge.asks("POST", "/api/incidents/"+id+"/requests", map[string]any{"measures": []string{"closed_session"}, "own_motion": true}); status != http.StatusCreated {
			t.Fatalf("%d %v", status, answer)
		}
	}
	bench.until("sees both requests", func(v visibility.View) bool { return len(v.Protection) == 2 })
	status, answer, _ = clerk.asks("GET", "/api/protection", nil)
	if due, _ := answer["protection"].([]any); status != http.StatusOK || len(due) != 1 {
		t.Errorf("the clerk's list of what is due: %d %v", status, answer)
	}
	// An account that is put on the seat later has raised nothing.
	next := p.person("baku", "nextlawyer", rights.VictimsLawyer)
	cookie2, refusal := next.enters("lawyer", judge.invites("lawyer", next, time.Now().Add(time.Hour)))
	if refusal != "" {
		t.Fatal(refusal)
	}
	if ids := next.sees(""); slices.Contains(ids, discreet) {
		t.Error("whoever sits in the seat next sees the discreet flag of the one before")
	}
	_, answer, _ = (&someone{app: app.App, t: t}).asks("GET", "/api/demo/incidents?seat=lawyer", nil, "Cookie", cookie2.Name+"="+cookie2.Value)
	if b, _ := json.Marshal(answer); bytes.Contains(b, []byte(discreet)) {
		t.Error("and by the seat's door")
	}
}

// A hearing that was taken out of the configuration leaves its incidents to those whose they were: its bench has the discreet ones too, and nobody has more than before.
func TestTheIncidentsOfAHearingOutliveItsPlaceInTheConfiguration(t *testing.T) {
	config := personsConfig(t.TempDir())
	app := runApp(t, config)
	p := newPeople(t, app.App)
	judge, clerk, away := p.person("baku", "judge", rights.Judge), p.person("baku", "clerk", rights.CourtClerk), p.person("baku", "away", rights.Judge)
	lawyer, counsel := p.person("baku", "lawyer", rights.VictimsLawyer), p.person("baku", "counsel", rights.DefenceCounsel)
	bench := judge.sits("judge", p.administrator("baku"))
	clerk.sits("clerk", judge)
	page := lawyer.sits("lawyer", judge)
	counsel.sits("defence", judge)
	judge.opened(bench)
	page.must("flag.raise", map[string]any{"kind": "look"})
	page.must("flag.raise", map[string]any{"kind": "gesture", "discreet": true})
	if err := app.tickIncidents(t.Context()); err != nil {
		t.Fatal(err)
	}
	app.end()
	config.Hearings, config.Access.Courts = nil, []string{"baku"}
	again := runApp(t, config)
	open, discreet := register.IncidentOf("demo", "f1"), register.IncidentOf("demo", "f2")
	for name, tc := range map[string]struct {
		who            *someone
		open, discreet bool
	}{"its judge": {judge, true, true}, "a judge who did not sit there": {away, true, false}, "who raised it": {lawyer, true, true}, "the defence": {counsel, false, false}, "its clerk": {clerk, false, false}} {
		tc.who.app = again.App
		ids := tc.who.sees("")
		if slices.Contains(ids, open) != tc.open || slices.Contains(ids, discreet) != tc.discreet {
			t.Errorf("%s sees %v (open %s, discreet %s)", name, ids, open, discreet)
		}
	}
}

// After judgment the hearing's book is sealed and the register goes on.
func TestAnIncidentAfterJudgmentIsFiledRuledOnAndProtected(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	judge, lawyer, support := p.person("baku", "judge", rights.Judge), p.person("baku", "lawyer", rights.VictimsLawyer), p.person("baku", "support", rights.SupportPerson)
	judge.sits("judge", p.administrator("baku"))
	lawyer.sits("lawyer", judge)
	// The hearing's phase does not matter to the register: nothing of it is asked of the hearing, so that a sealed one takes it as well.
	id := lawyer.files(map[string]any{"hearing": "demo", "key": "k1", "endangered": "lawyer", "source": "the accused's brother"})
	if status, answer, _ := lawyer.asks("POST", "/api/incidents", incidentBody(map[string]any{"hearing": "demo", "key": "k1", "endangered": "lawyer"})); status != http.StatusOK || answer["id"] != id {
		t.Errorf("the same key again: %d %v", status, answer)
	}
	if status, answer, _ := support.asks("POST", "/api/incidents", incidentBody(map[string]any{"hearing": "demo"})); codeIn(answer) != "hearing_unknown" {
		t.Errorf("for a hearing that she does not sit in: %d %v", status, answer)
	}
	status, answer, _ := lawyer.asks("POST", "/api/incidents/"+id+"/requests", map[string]any{"measures": []string{"escort"}, "note": "She is followed."})
	if status != http.StatusCreated {
		t.Fatalf("%d %v", status, answer)
	}
	request := answer["request"].(string)
	base := "/api/incidents/" + id
	for _, step := range []struct {
		by         *someone
		path       string
		body       any
		status     int
		refusal    string
		afterwards string
	}{
		{lawyer, "/requests/" + request + "/received", map[string]any{}, http.StatusForbidden, "not_allowed", "a lawyer starts no clock"},
		{judge, "/requests/" + request + "/received", map[string]any{"at": time.Now().Add(time.Hour).UTC()}, http.StatusBadRequest, "at_wrong", "not in the future"},
		{judge, "/requests/" + request + "/received", map[string]any{}, http.StatusNoContent, "", ""},
		{judge, "/requests/" + request + "/decide", map[string]any{"granted": false}, http.StatusBadRequest, "reason_needed", "a refusal needs a reason"},
		{judge, "/requests/" + request + "/decide", map[string]any{"granted": false, "reason": "No danger is shown."}, http.StatusNoContent, "", ""},
		{judge, "/requests/" + request + "/served", map[string]any{}, http.StatusNoContent, "", ""},
		{judge, "/requests/" + request + "/unknown", map[string]any{}, http.StatusNotFound, "request_unknown", ""},
		{lawyer, "/rulings", map[string]any{"ruling": "enter"}, http.StatusForbidden, "not_allowed", "a lawyer rules on nothing"},
		{judge, "/rulings", map[string]any{"ruling": "dismiss"}, http.StatusBadRequest, "reason_needed", ""},
		{judge, "/rulings", map[string]any{"ruling": "dismiss", "reason": "It was the postman."}, http.StatusNoContent, "", ""},
		{judge, "/rulings", map[string]any{"ruling": "enter"}, http.StatusConflict, "phase_wrong", "what is dismissed is reopened first"},
		{judge, "/rulings", map[string]any{"ruling": "reopen", "reason": "It was not."}, http.StatusNoContent, "", ""},
		{lawyer, "/agreement", map[string]any{"agree": true, "by": "lawyer"}, http.StatusNoContent, "", ""},
		{lawyer, "/notes", map[string]any{"text": "He came again."}, http.StatusNoContent, "", ""},
		{judge, "/source", map[string]any{"source": "the brother"}, http.StatusOK, "", ""},
	} {
		status, answer, _ := step.by.asks("POST", base+step.path, step.body)
		if status != step.status || codeIn(answer) != step.refusal {
			t.Errorf("%s %v: %d %v, want %d %s (%s)", step.path, step.body, status, answer, step.status, step.refusal, step.afterwards)
		}
	}
	_, view, _ := judge.asks("GET", base, nil)
	if q := view["requests"].([]any)[0].(map[string]any); q["phase"] != "served" || q["next"].(map[string]any)["mark"] != "complaint_end" {
		t.Errorf("%v", q)
	}
	if view["phase"] != "open" || len(view["timeline"].([]any)) < 9 {
		t.Errorf("%v", view)
	}
}

// The exported register holds no word, and the verifier finds one changed byte of it.
func TestTheExportedRegisterIsVerifiedAndHoldsNoWords(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	lawyer, auditor := p.person("baku", "lawyer", rights.VictimsLawyer), p.person("baku", "auditor", rights.Auditor)
	lawyer.files(map[string]any{"source": "Zq source", "note": "Zq note", "pseudonym": "Zq pseudonym", "case_no": "Zq case"})
	discreet := lawyer.files(map[string]any{"kind": "threat_relative", "note": "Zq note", "discreet": true})
	r, err := http.NewRequestWithContext(t.Context(), "GET", app.URL()+"/api/incidents-export", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "parda_person", Value: auditor.cookie})
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || !bytes.Contains(b, []byte("incident.filed")) {
		t.Fatalf("%d %v %.300s", res.StatusCode, err, b)
	}
	if bytes.Contains(b, []byte("Zq")) {
		t.Error("words left with the book")
	}
	file := filepath.Join(t.TempDir(), "incidents-baku.jsonl")
	check := func(b []byte) verify.Report {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		report, err := verify.Audit(file, "")
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	if report := check(b); !report.Valid || report.Court != "baku" || report.Events != 2 || report.Withheld != 1 {
		t.Errorf("%+v", report)
	}
	if bytes.Contains(b, []byte(discreet)) || bytes.Contains(b, []byte("threat_relative")) || bytes.Contains(b, []byte(`"discreet":true`)) {
		t.Error("a discreet incident is told of")
	}
	at := bytes.Index(b, []byte(`{"withheld":{"data":"`)) + len(`{"withheld":{"data":"`)
	other := bytes.Clone(b)
	other[at] = map[bool]byte{true: 'B', false: 'A'}[other[at] == 'A']
	moved := bytes.Replace(b, []byte(`","index":2}}`), []byte(`","index":1}}`), 1)
	for name, changed := range map[string][]byte{"another leaf": other, "another place": moved, "dropped": b[:at-len(`{"withheld":{"data":"`)]} {
		if report := check(changed); report.Valid {
			t.Errorf("a withheld line, %s: it is not found", name)
		}
	}
	for _, change := range []struct{ from, to string }{{"contact_outside", "contact_inside_"}, {"incident.filed", "incident.noted"}, {"incidents-baku", "audit-baku"}, {"parda-incidents/1", "parda-audit/1"}} {
		if report := check(bytes.Replace(b, []byte(change.from), []byte(change.to), 1)); report.Valid {
			t.Errorf("%s changed to %s is not found", change.from, change.to)
		}
	}
}

// A flood is slowed, and every filing of it is kept; names that it plants are in no line of the log.
func TestAFloodOfFilingsIsSlowedAndKeptWhole(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	lawyer := p.person("baku", "lawyer", rights.VictimsLawyer)
	const flood = filingsAtOnce + 6
	var all sync.WaitGroup
	began := time.Now()
	for n := range flood {
		all.Go(func() {
			body := incidentBody(map[string]any{"key": fmt.Sprint(n), "note": "Zq Planted Name of a relative", "source": "Zq Planted Source", "pseudonym": "Zq Pseudonym", "case_no": "Zq case", "target": "Zq target"})
			if status, answer, _ := lawyer.asks("POST", "/api/incidents", body); status != http.StatusCreated {
				t.Errorf("filing %d of the flood: %d %v", n, status, answer)
			}
		})
	}
	all.Wait()
	if ids := lawyer.sees("?limit=500"); len(ids) != flood {
		t.Errorf("%d of %d filings are kept", len(ids), flood)
	}
	if took := time.Since(began); took < 5*time.Second { // six more than may come at once, at one in a second
		t.Errorf("the flood was not slowed: %v", took)
	}
	lawyer.asks("GET", "/api/incidents?q=Zq+Searched", nil)
	lawyer.asks("POST", "/api/incidents", `{"note": "Zq broken`)
	lawyer.asks("GET", "/api/incidents/Zq-unknown", nil)
	if text := app.logged(); strings.Contains(text, "Zq") || len(text) == 0 {
		t.Errorf("what was written stands in the log (%d bytes)", len(text))
	}
}

// Who looked stands in the audit before she saw: once for the list and once for each incident, in a minute.
func TestWhoLooksAtTheRegisterStandsInTheAudit(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	lawyer, judge, officer := p.person("baku", "lawyer", rights.VictimsLawyer), p.person("baku", "judge", rights.Judge), p.person("ganja", "officer", rights.RegisterOfficer)
	id := lawyer.files(nil)
	for range 5 {
		judge.sees("")
		judge.asks("GET", "/api/incidents/"+id, nil)
		officer.asks("GET", "/api/incidents/"+id, nil)
	}
	count := map[string]int{}
	for _, court := range []string{"baku", "ganja"} {
		events, _, err := app.audit.Page(t.Context(), court, 0, 200)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Code == "incidents.seen" {
				count[court+" "+e.Actor+" "+fmt.Sprint(strings.Contains(string(e.Payload), id))]++
			}
		}
	}
	want := map[string]int{"baku " + judge.Person.ID + " true": 1, "baku " + judge.Person.ID + " false": 1, "ganja " + officer.Person.ID + " true": 1, "baku " + officer.Person.ID + " true": 1}
	if fmt.Sprint(count) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", count, want)
	}
}

// A gateway that is killed between the flag in the hearing's book and its mirror has it in the register at the next start.
func TestKillNineBetweenTheTwoBooksLosesNoFlag(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "gateway.toml")
	text := fmt.Sprintf("data = %q\n[http]\nlisten = \"\"\nlocal = \"127.0.0.1:%d\"\n[media]\nudp = \"127.0.0.1:0\"\ntcp = \"\"\n[turn]\nudp = \"\"\ntcp = \"\"\n[tripwire]\naudio = \"off\"\n[access]\nseats = \"link\"\n"+
		"[[hearing]]\nid = \"demo\"\ncase_no = \"1\"\ncourt = \"baku\"\npseudonym = \"Lalə\"\ntemplate = \"identity_hidden\"\nreason = \"threatened\"\n", filepath.Join(dir, "data"), freePort(t))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	gateway := startProcess(t, config)
	at := outside{gateway.links.Gateway}
	judge, lawyer := sitAt(t, at, gateway.links, "judge"), sitAt(t, at, gateway.links, "lawyer")
	key := newSigner(t)
	judge.must("key.enrol", map[string]string{"key": key.spki()})
	draft := judge.until("has a draft", func(v visibility.View) bool { return v.Draft != nil }).Draft
	judge.must("order.sign", map[string]any{"bytes": draft.Bytes, "signature": key.sign(draft.Bytes)})
	judge.must("hearing.open", nil)
	acknowledged := 0
	for round := range 6 {
		killed := make(chan struct{})
		go func() { // at another moment of the mirror each time
			time.Sleep(time.Duration(20+37*round) * time.Millisecond)
			gateway.cmd.Process.Kill()
			gateway.cmd.Wait()
			close(killed)
		}()
		for lawyer.acknowledged("flag.raise", map[string]any{"kind": "words", "note": fmt.Sprint("flag ", acknowledged)}) {
			acknowledged++
		}
		<-killed
		gateway = startProcess(t, config)
		judge, lawyer = openAt(t, at, "judge", judge.cookie, ""), openAt(t, at, "lawyer", lawyer.cookie, "")
	}
	if acknowledged < 6 {
		t.Fatalf("only %d flags were acknowledged: this test holds nothing", acknowledged)
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", at.url+"/api/demo/incidents?seat=judge&limit=500", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(judge.cookie)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var list register.Listed
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
	notes := map[string]int{}
	for _, l := range list.Incidents {
		notes[l.Note]++
	}
	for n := range acknowledged {
		if notes[fmt.Sprint("flag ", n)] == 0 {
			t.Errorf("flag %d was acknowledged and is not in the register", n)
		}
	}
	for note, n := range notes {
		if n > 1 {
			// One that was written and not acknowledged before the kill carries the number that the next round gave out again.
			t.Logf("%s stands %d times: the first was not acknowledged any more", note, n)
		}
	}
	t.Logf("%d flags acknowledged over 6 kills, %d in the register", acknowledged, len(list.Incidents))
}

func TestNoHearingIsCalledAsARegister(t *testing.T) {
	c := testConfig(t.TempDir())
	c.Hearings[0].ID = register.Book(hearing.Courts()[0])
	if err := c.check(); err == nil || !strings.Contains(err.Error(), "register of incidents") {
		t.Errorf("%v", err)
	}
}

func TestSettingsOfTheRegisterThatCannotBeStopTheStart(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "deadlines.json")
	if err := os.WriteFile(bad, []byte(`{"parda_deadlines": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]IncidentsConfig{"a file that is not there": {Deadlines: bad + "x"}, "a file that is not understood": {Deadlines: bad}, "an alarm after the end": {AlarmHours: 72},
		"an alarm before the receipt": {AlarmHours: -1}, "words for a week": {KeepDays: 7}, "words for less than nothing": {KeepDays: -400}} {
		if _, err := c.read(); err == nil || !strings.Contains(err.Error(), "incidents.") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d, err := (IncidentsConfig{KeepDays: 3650, AlarmHours: 71}).read(); err != nil || d.DecideHours != 72 {
		t.Errorf("%v", err)
	}
}

// A look that cannot be entered shows nothing, and shows nothing the second time either.
func TestALookThatCannotBeEnteredIsRefusedHoweverOftenItComes(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	judge, lawyer := p.person("baku", "judge", rights.Judge), p.person("baku", "lawyer", rights.VictimsLawyer)
	id := lawyer.files(nil)
	judge.asks("GET", "/api/account/me", nil) // her session's own note of the minute is written
	app.store.SetFault(failingAt(store.StepCommit))
	for try := range 3 {
		for _, path := range []string{"/api/incidents", "/api/incidents/" + id, "/api/people"} {
			if status, answer, _ := judge.asks("GET", path, nil); status != http.StatusServiceUnavailable || codeIn(answer) != "not_durable" {
				t.Errorf("%s, try %d: %d %v", path, try, status, answer)
			}
		}
	}
	app.store.SetFault(nil)
	if ids := judge.sees(""); !slices.Contains(ids, id) {
		t.Errorf("after the disk came back: %v", ids)
	}
}

// failingAt fails one step of the store.
type failingAt string

func (f failingAt) Before(step string) error {
	if step == string(f) {
		return errors.New("no space left on device")
	}
	return nil
}
