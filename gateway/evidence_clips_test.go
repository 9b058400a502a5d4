package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/incident/register"
)

func TestErasingLeavesTheHashAndNothingThatCanBeRead(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.judge.must("flag.raise", nil)
	c.judge.must("flag.raise", nil)
	first, second := register.IncidentOf("demo", "f1"), register.IncidentOf("demo", "f2")
	file := []byte("Sabah gəlmə!")
	id, stays := attaches(t, c.app, c.judge, first, file), attaches(t, c.app, c.judge, second, file)
	folder := filepath.Join(c.app.config.Data, "evidence")
	stolen, err := os.ReadFile(filepath.Join(folder, id+".sealed"))
	if err != nil {
		t.Fatal(err)
	}
	// The register's policy has erased the words of the first.
	_, err = c.app.incidents.Enter(context.Background(), "baku", &register.ContentErasedPayload{About: register.About{Incident: first, By: register.System()}, Texts: []register.Said{}, Policy: "age"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // twice: a crash may have come in between
		if err := c.app.eraseEvidence(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if g := asksBySeat(t, c.app, c.judge, "GET", first+"/evidence/"+id+"?purpose=view", nil); g.code != "evidence_erased" {
		t.Errorf("%d %s", g.status, g.code)
	}
	e := proof(t, c.app, c.judge, first, id)
	if e.State != "erased" || e.SHA256 != hashOf(file) || len(e.May) != 0 || !slices.ContainsFunc(e.Custody, func(c register.CustodyView) bool { return c.What == "erased" }) {
		t.Errorf("%+v", e)
	}
	left, _ := filepath.Glob(filepath.Join(folder, id+"*"))
	if len(left) != 0 {
		t.Errorf("%v is left", left)
	}
	// Who kept a copy of the sealed file, and takes the gateway's key and every other piece's, still reads nothing.
	if err := os.WriteFile(filepath.Join(folder, id+".sealed"), stolen, 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := c.app.locker.Open(id, false, hashOf(stolen)); err == nil {
		t.Errorf("it can be opened: %v", r)
	}
	if g := asksBySeat(t, c.app, c.judge, "GET", second+"/evidence/"+stays+"?purpose=view", nil); !bytes.Equal(g.body, file) {
		t.Errorf("another incident's: %d %s", g.status, g.code)
	}
}

// A whole flag: what its seat carried is frozen, ends with the gateway, is entered in both books, survives the restart, and is the bench's alone.
func TestAFlagFreezesWhatItsSeatCarriedAndTheClipIsTheBenchsAlone(t *testing.T) {
	dir := t.TempDir()
	config := testConfig(dir)
	config.Hearings[0].Views = []string{"bench", "dock", "hall"}
	c := assembleAt(t, config)
	dock := publishAt(t, c.app.App, c.app.Token("demo", "court/dock"), "")
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	seen := c.defence.watch()
	grows(t, "the dock at the defence", seen["dock video"])
	grows(t, "the witness at the defence", seen["witness video"])
	time.Sleep(1500 * time.Millisecond)
	entries, err := os.ReadDir(filepath.Join(dir, "evidence"))
	if err != nil || len(entries) != 0 {
		t.Fatalf("before any flag %d files are there, %v", len(entries), err)
	}
	c.defence.must("flag.raise", map[string]any{"kind": "look"})
	c.clerk.must("flag.raise", map[string]any{"kind": "look"})
	c.room.must("flag.raise", map[string]any{"discreet": true}) // the witness's silent signal
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if parts, _ := filepath.Glob(filepath.Join(dir, "evidence", "*.part")); len(parts) >= 2 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("nothing was frozen")
		}
	}
	time.Sleep(1200 * time.Millisecond)
	dock.stop()
	c.app.end()

	again := runApp(t, config)
	incident := register.IncidentOf("demo", "f1")
	var list struct{ Evidence []register.EvidenceView }
	g := asksBySeat(t, again, c.judge, "GET", incident+"/evidence", nil)
	if err := json.Unmarshal(g.body, &list); err != nil || g.status != http.StatusOK {
		t.Fatalf("%d %s", g.status, g.body)
	}
	tracks := map[string]string{}
	for _, e := range list.Evidence {
		if e.State == "kept" {
			tracks[e.Track] = e.Evidence
		}
	}
	if len(tracks) < 2 || tracks["court/dock"] == "" || tracks["court/hall"] != "" {
		t.Fatalf("clips of %v", tracks)
	}
	witness := slices.ContainsFunc(list.Evidence, func(e register.EvidenceView) bool {
		return strings.HasPrefix(e.Track, "witness/") && e.State == "kept" && e.Why == "stopped"
	})
	missing := slices.ContainsFunc(list.Evidence, func(e register.EvidenceView) bool { return e.State == "failed" && e.Why == "stopped" })
	if !witness || !missing {
		t.Errorf("%s", g.body)
	}
	clip := tracks["court/dock"]
	for _, p := range []*page{c.judge, c.clerk, c.defence, c.prosecutor} {
		g := asksBySeat(t, again, p, "GET", incident+"/evidence/"+clip+"?purpose=view", nil)
		if bench := p == c.judge; bench != (g.status == http.StatusOK) || bench != bytes.HasPrefix(g.body, []byte("\x1a\x45\xdf\xa3")) {
			t.Errorf("%s asks for the clip: %d %s", p.seat, g.status, g.code)
		}
	}
	// The witness never sees the dock: her own flag holds what her station published of her, masked, and nothing of it.
	g = asksBySeat(t, again, c.judge, "GET", register.IncidentOf("demo", "f3")+"/evidence", nil)
	var hers struct{ Evidence []register.EvidenceView }
	if err := json.Unmarshal(g.body, &hers); err != nil || !slices.ContainsFunc(hers.Evidence, func(e register.EvidenceView) bool { return e.State == "kept" }) ||
		slices.ContainsFunc(hers.Evidence, func(e register.EvidenceView) bool { return !strings.HasPrefix(e.Track, "witness/") }) {
		t.Errorf("of the witness's flag: %s", g.body)
	}
	// The clerk's flag shares the clip, and its chain of custody says who looked at it by the other.
	if e := proof(t, again, c.judge, register.IncidentOf("demo", "f2"), clip); e == nil || len(e.Custody) != 2 || e.Custody[1].What != "viewed" {
		t.Errorf("%+v", e)
	}
	events, err := again.ledger.Load(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	frozen, failed := 0, 0
	for _, e := range events {
		switch hearing.Code(e.Code) {
		case hearing.EvidenceFrozen:
			frozen++
			if !strings.Contains(string(e.Payload), `"flags":["f3"]`) && strings.Contains(string(e.Payload), `"f3"`) {
				t.Errorf("%s", e.Payload)
			}
		case hearing.EvidenceFailed:
			failed++
		}
	}
	if frozen < 2 || failed < 1 {
		t.Error(fmt.Sprintf("%d clips and %d failures stand in the hearing's record", frozen, failed))
	}
}

// Out of court, by the door of accounts: who filed an incident attaches to it; the judges of her court have the file, its clerk the copy, and another court's people do not know of it.
func TestAFileOfAnIncidentOutOfCourtIsForWhoFiledItAndHerCourtsJudges(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	lawyer, judge, clerk := p.person("baku", "lawyer", rights.VictimsLawyer), p.person("baku", "judge", rights.Judge), p.person("baku", "clerk", rights.CourtClerk)
	auditor, other := p.person("baku", "auditor", rights.Auditor), p.person("ganja", "elsewhere", rights.Judge)
	filed, discreet := lawyer.files(nil), lawyer.files(map[string]any{"discreet": true})
	const chat = "Sabah gəlmə!"
	pieces := map[string]string{}
	for _, incident := range []string{filed, discreet} {
		status, answer, _ := lawyer.asks("POST", "/api/incidents/"+incident+"/attachments", chat)
		id, _ := answer["id"].(string)
		if status != http.StatusCreated || answer["sha256"] != hashOf([]byte(chat)) || id == "" {
			t.Fatalf("%d %v", status, answer)
		}
		pieces[incident] = id
	}
	for name, tc := range map[string]struct {
		who                            *someone
		original, copied, discreetCopy string
	}{
		"who filed it": {lawyer, "", "", ""}, "a judge": {judge, "", "", ""}, "the clerk": {clerk, "not_allowed", "", "incident_unknown"},
		"an auditor": {auditor, "not_allowed", "not_allowed", "not_allowed"}, "another court's judge": {other, "incident_unknown", "incident_unknown", "incident_unknown"},
	} {
		for path, want := range map[string]string{
			filed + "/evidence/" + pieces[filed] + "?purpose=export": tc.original, filed + "/evidence/" + pieces[filed] + "/copy": tc.copied, discreet + "/evidence/" + pieces[discreet] + "/copy": tc.discreetCopy,
			filed + "/evidence/" + pieces[discreet] + "/copy": map[bool]string{true: "evidence_unknown", false: tc.original}[tc.original == "" || name == "the clerk"], // by another incident's way
		} {
			if status, answer, _ := tc.who.asks("GET", "/api/incidents/"+path, nil); codeIn(answer) != want || (want == "") != (status == http.StatusOK) {
				t.Errorf("%s asks %s: %d %v, want %q", name, path, status, answer, want)
			}
		}
	}
	if status, answer, _ := lawyer.asks("POST", "/api/incidents/"+filed+"/attachments", chat, "Origin", "https://elsewhere.example"); status < 400 {
		t.Errorf("from another site: %d %v", status, answer)
	}
	if status, answer, _ := clerk.asks("POST", "/api/incidents/"+discreet+"/attachments", chat); codeIn(answer) != "incident_unknown" {
		t.Errorf("to what she may not see: %d %v", status, answer)
	}
	for _, e := range bookOf(t, app.App) {
		if strings.Contains(string(e.Payload), "Sabah") {
			t.Errorf("the book holds what was attached: %s", e.Payload)
		}
	}
}
