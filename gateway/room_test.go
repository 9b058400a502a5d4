package main

import (
	"encoding/base64"
	"net/http"
	"testing"

	"parda/gateway/access"
	"parda/gateway/access/rights"
)

// An officer draws the code of her court's hearing with a touch, and the gateway knows by it that nobody gave it to her; a clerk, an administrator and an officer of another court do not.
func TestAnOfficerDrawsHerCodeHerselfWithATouch(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	officer, clerk, stranger := p.person("baku", "officer", rights.RoomOfficer), p.person("baku", "clerk", rights.CourtClerk), p.person("ganja", "officer", rights.RoomOfficer)
	const at = "/api/hearings/demo/officer-code"
	for who, refused := range map[*someone]string{clerk: "not_allowed", p.administrator("baku"): "not_allowed", stranger: "hearing_unknown"} {
		if status, answer, _ := who.asks("POST", at, "{}"); status < 300 || codeIn(answer) != refused {
			t.Errorf("%s: %d %v", who.Person.Name, status, answer)
		}
	}
	status, answer, _ := officer.asks("POST", at, "{}")
	if status != http.StatusForbidden || codeIn(answer) != "step_up_required" {
		t.Fatalf("without a touch: %d %v", status, answer)
	}
	proof, err := officer.key.Get(answer["step_up"])
	if err != nil {
		t.Fatal(err)
	}
	status, answer, _ = officer.asks("POST", at, "{}", "Parda-Proof", base64.RawURLEncoding.EncodeToString(proof))
	code := codeIn(answer)
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, answer)
	}
	if by, err := app.access.CheckOfficer(t.Context(), "demo", code); err != nil || by != access.OfficerByAccount {
		t.Errorf("the code is known by %q: %v", by, err)
	}
	if _, err := app.access.CheckOfficer(t.Context(), "second", code); err == nil {
		t.Error("the code is right in another hearing")
	}
}
