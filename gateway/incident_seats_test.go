package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/incident/register"
	"parda/gateway/minutes"
	"parda/gateway/visibility"
)

// byDoor asks as a seat's page does.
func byDoor(t *testing.T, app running, cookie *http.Cookie, method, path string, body any) (int, map[string]any) {
	t.Helper()
	status, answer, _ := (&someone{app: app.App, t: t}).asks(method, path, body, "Cookie", cookie.Name+"="+cookie.Value)
	return status, answer
}

// A seat that was removed, and one that is bound by nothing in a closed session, is told of no incident by either door, but of what its holder raised: and to that she adds a note or a
// file, and does nothing else.
func TestASeatThatDoesNotAttendReadsItsOwnIncidentsAlone(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	judge, lawyer, counsel := p.person("baku", "judge", rights.Judge), p.person("baku", "lawyer", rights.VictimsLawyer), p.person("baku", "counsel", rights.DefenceCounsel)
	bench := judge.sits("judge", p.administrator("baku"))
	cookie, refusal := lawyer.enters("lawyer", judge.invites("lawyer", lawyer, time.Now().Add(time.Hour)))
	if refusal != "" {
		t.Fatal(refusal)
	}
	page := openAt(t, app, "lawyer", cookie, "")
	defence := counsel.sits("defence", judge)
	judge.opened(bench)
	defence.must("flag.raise", map[string]any{"kind": "words"})
	page.must("flag.raise", map[string]any{"kind": "look"})
	bench.must("flag.rule", map[string]any{"flag": "f1", "ruling": "enter"})
	entered, own := register.IncidentOf("demo", "f1"), register.IncidentOf("demo", "f2")
	look := func(when string, sees, may []string) {
		t.Helper()
		if err := app.tickIncidents(t.Context()); err != nil {
			t.Fatal(err)
		}
		for door, ask := range map[string]func(method, path string, body any) (int, map[string]any){
			"her account's door": func(method, path string, body any) (int, map[string]any) {
				status, answer, _ := lawyer.asks(method, "/api/incidents"+path, body)
				return status, answer
			},
			"her seat's door": func(method, path string, body any) (int, map[string]any) {
				return byDoor(t, app, cookie, method, "/api/demo/incidents"+path+"?seat=lawyer", body)
			},
		} {
			_, list := ask("GET", "", nil)
			told, _ := json.Marshal(list)
			for _, id := range []string{entered, own} {
				if strings.Contains(string(told), id) != slices.Contains(sees, id) {
					t.Errorf("%s, by %s: she sees %s: %v", when, door, id, !slices.Contains(sees, id))
				}
				status, answer := ask("POST", "/"+id+"/agreement", map[string]any{"agree": true, "by": "lawyer"})
				if (status < 300) != (slices.Contains(sees, id) && slices.Contains(may, "agree")) {
					t.Errorf("%s, by %s: an agreement about %s: %d %v", when, door, id, status, answer)
				}
			}
			_, view := ask("GET", "/"+own, nil)
			if got, _ := json.Marshal(view["may"]); len(may) == 2 && string(got) != `["note","attach"]` && string(got) != `["see","note","attach"]` {
				t.Errorf("%s, by %s: she may %s", when, door, got)
			}
			if status, answer := ask("POST", "/"+own+"/notes", map[string]any{"text": "It was the same man."}); status >= 300 {
				t.Errorf("%s, by %s: a note on her own: %d %v", when, door, status, answer)
			}
		}
	}
	all, left := []string{entered, own}, []string{"note", "attach"}
	look("she attends", all, []string{"note", "attach", "agree"})
	bench.must("session.kind", map[string]any{"kind": "closed"})
	look("the session is closed and she has signed nothing", []string{own}, left)
	page.must("undertaking.sign", map[string]any{"agree": true})
	look("she signed the undertaking", all, []string{"note", "attach", "agree"})
	bench.must("seat.remove", map[string]any{"seat": "lawyer", "reason": "order"})
	look("she was removed", []string{own}, left)
}

// Whoever holds a seat next is told of no flag that the one before raised in it, neither in her page's state and entries nor by what she could do, and adds nothing to it. The one before
// keeps it by her account.
func TestTheNextHolderOfASeatIsToldOfNoFlagOfTheOneBefore(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	judge, first, next := p.person("baku", "judge", rights.Judge), p.person("baku", "first", rights.VictimsLawyer), p.person("baku", "next", rights.VictimsLawyer)
	bench := judge.sits("judge", p.administrator("baku"))
	before := first.sits("lawyer", judge)
	judge.opened(bench)
	before.must("flag.raise", map[string]any{"kind": "threat_lawyer", "discreet": true, "note": "Zq planted"})
	own := before.until("sees her flag", func(v visibility.View) bool { return len(v.Flags) == 1 })
	if !slices.Contains(own.You.Can, "flag.detail") {
		t.Error("who raised it can add nothing to it")
	}
	before.must("flag.detail", map[string]any{"flag": "f1", "kind": "words", "note": "Zq more"})
	after := next.sits("lawyer", judge)
	v := after.until("is told where the hearing stands", func(v visibility.View) bool { return v.Hearing.ID == "demo" })
	if len(v.Flags) != 0 || slices.Contains(v.You.Can, "flag.detail") {
		t.Errorf("whoever sits there next is told of %v, and can %v", v.Flags, v.You.Can)
	}
	if _, refusal := after.ask("flag.detail", map[string]any{"flag": "f1", "kind": "look"}); refusal != "not_allowed" && refusal != "wrong_phase" {
		t.Errorf("and adds to it: %q", refusal)
	}
	after.must("flag.raise", map[string]any{"kind": "look"})
	after.until("sees her own", func(v visibility.View) bool { return len(v.Flags) == 1 && v.Flags[0].ID == "f2" })
	if _, refusal := after.ask("flag.detail", map[string]any{"flag": "f1", "kind": "look"}); refusal != "not_allowed" {
		t.Errorf("with a flag of her own, she adds to the other: %q", refusal)
	}
	after.untilEntry("reads her own flag", func(e minutes.Entry) bool { return e.System != nil && e.System.Code == hearing.FlagRaised })
	after.mu.Lock()
	defer after.mu.Unlock()
	for _, word := range []string{"Zq", "threat_lawyer", first.Person.ID, next.Person.ID, register.IncidentOf("demo", "f1")} {
		if strings.Contains(string(after.all), word) {
			t.Errorf("her page was sent %q", word)
		}
	}
	if err := app.tickIncidents(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ids := first.sees(""); !slices.Equal(ids, []string{register.IncidentOf("demo", "f1")}) {
		t.Errorf("the one before sees %v", ids)
	}
}
