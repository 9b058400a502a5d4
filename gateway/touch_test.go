package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/ledger/verify"
	"parda/gateway/visibility"
)

// A judge's own act, with her own passkey, and the proof in the ledger right before it; a whole hearing of persons ends in a bundle whose touches a stranger can check.
func TestWhatIsSignedIsTouchedForAndAStrangerCanCheckIt(t *testing.T) {
	dir := t.TempDir()
	app := runApp(t, personsConfig(dir))
	p := newPeople(t, app.App)
	judge, clerk := p.person("baku", "judge", rights.Judge), p.person("baku", "clerk", rights.CourtClerk)
	bench := judge.sits("judge", p.administrator("baku"))
	desk := clerk.sits("clerk", judge)
	judge.opened(bench)
	if _, refusal := bench.ask("session.kind", map[string]any{"kind": "private"}); refusal != "" {
		t.Errorf("a stricter session asks for something: %s", refusal)
	}
	if _, refusal := bench.ask("session.kind", map[string]any{"kind": "public"}); refusal != "not_allowed" && refusal != "reason_required" {
		t.Errorf("what is refused anyway costs a touch: %s", refusal)
	}
	owed := bench.until("owes a ruling", func(v visibility.View) bool { return len(v.Pending) == 1 }).Pending[0].ID
	bench.must("ruling.give", map[string]any{"id": owed, "reason": "heard", "positions": "none objects"})
	key := newSigner(t)
	desk.must("key.enrol", map[string]string{"key": key.spki()})
	benchKey := newSigner(t)
	bench.must("key.enrol", map[string]string{"key": benchKey.spki()})
	bench.must("hearing.close", nil)
	for _, signs := range []struct {
		who  *someone
		page *page
		key  signer
	}{{judge, bench, benchKey}, {clerk, desk, key}} {
		statement := signs.page.until("has the protocol to sign", func(v visibility.View) bool { return v.Signing != nil }).Signing.Statement
		if _, refusal := signs.who.touched(signs.page, "protocol.sign", map[string]string{"signature": signs.key.sign(statement)}); refusal != "" {
			t.Fatalf("protocol.sign: %s", refusal)
		}
	}
	name := bench.until("has the bundle", func(v visibility.View) bool { return v.Bundle != nil }).Bundle.Name
	for _, taken := range []string{"protocol.pdf", "bundle"} {
		if status, _, _ := judge.asks("GET", "/api/demo/"+taken+"?seat=judge", nil, "Cookie", bench.cookie.Name+"="+bench.cookie.Value); status != http.StatusOK {
			t.Fatalf("%s: %d", taken, status)
		}
	}
	takings := 0
	for _, e := range audited(t, app.App, "baku") {
		if e.Code == "access.record_taken" && e.Actor == judge.Person.ID {
			takings++
		}
	}
	if takings != 2 {
		t.Errorf("the protocol and the sealed record were taken, and the audit has %d entries of it", takings)
	}
	file := filepath.Join(dir, "hearings", "demo", name)
	report, err := verify.Verify(file, "")
	touches := 0
	for _, s := range report.Signatures {
		if s.What == "touch" {
			touches++
		}
	}
	if err != nil || !report.Valid || touches != 3 {
		t.Errorf("the bundle: valid %v, %d touches, want 3; %v %v", report.Valid, touches, report.Problems, err)
	}
	events, err := app.ledger.Load(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		if e.Code != "order.signed" && e.Code != "protocol.signed" {
			continue
		}
		var proof hearing.StepUpProvedPayload
		if before := events[i-1]; before.Code != "step_up.proved" || before.Actor != e.Actor || json.Unmarshal(before.Payload, &proof) != nil {
			t.Fatalf("before %s stands %s", e.Code, before.Code)
		}
		want := judge.Person.ID
		if e.Actor == "clerk" {
			want = clerk.Person.ID
		}
		if proof.Person != want || strings.Contains(string(events[i-1].Payload), "Name ") {
			t.Errorf("the touch before %s: %s", e.Code, events[i-1].Payload)
		}
	}
}

// A4: a page, or whoever holds it, with every touch but the right one.
func TestATouchOfAnotherActKeyOrSessionSignsNothing(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	judge, other := p.person("baku", "judge", rights.Judge), p.person("baku", "other", rights.Judge)
	bench := judge.sits("judge", p.administrator("baku"))
	beside := other.sits("judge2", p.administrator("baku"))
	own := newSigner(t)
	bench.must("key.enrol", map[string]string{"key": own.spki()})
	draft := bench.until("has a draft", func(v visibility.View) bool { return v.Draft != nil }).Draft
	args := map[string]any{"bytes": draft.Bytes, "signature": own.sign(draft.Bytes)}
	asked := func(id string) json.RawMessage {
		answer, refusal := bench.askAgain(id, "order.sign", args)
		if refusal != "step_up_required" {
			t.Fatalf("order.sign: %q", refusal)
		}
		return answer["step_up"]
	}
	touch := func(who *someone, options json.RawMessage) json.RawMessage {
		proof, err := who.key.Get(options)
		if err != nil { // her browser refuses what is not asked of her keys; a hostile one would not
			proof = []byte(`{}`)
		}
		return proof
	}
	flipped := func(proof json.RawMessage) json.RawMessage {
		var c map[string]any
		_ = json.Unmarshal(proof, &c)
		r := c["response"].(map[string]any)
		b, _ := base64.RawURLEncoding.DecodeString(r["signature"].(string))
		b[len(b)-1] ^= 1
		r["signature"] = base64.RawURLEncoding.EncodeToString(b)
		out, _ := json.Marshal(c)
		return out
	}
	weak := *judge.key
	for i, tc := range []struct {
		rule  string
		proof func(id string) json.RawMessage
	}{
		{"no proof", func(string) json.RawMessage { return nil }},
		{"a proof that is none", func(string) json.RawMessage { return json.RawMessage(`"yes"`) }},
		{"another judge's key", func(id string) json.RawMessage { return touch(other, asked(id)) }},
		{"a touch for another press", func(id string) json.RawMessage { return touch(judge, asked(id+"x")) }},
		{"one bit changed", func(id string) json.RawMessage { return flipped(touch(judge, asked(id))) }},
		{"without user verification", func(id string) json.RawMessage {
			weak.UV = false
			proof, _ := weak.Get(asked(id))
			return proof
		}},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			id := fmt.Sprintf("press-%d", i)
			if _, refusal := bench.askProved(id, "order.sign", args, tc.proof(id)); refusal != "step_up_required" {
				t.Errorf("%q, want to be asked again", refusal)
			}
		})
	}
	if v := beside.until("is there", func(visibility.View) bool { return true }); v.Order != nil {
		t.Fatal("an order was signed")
	}
	proof := touch(judge, asked("press-right"))
	if _, refusal := bench.askProved("press-right", "order.sign", args, proof); refusal != "" {
		t.Fatalf("the right touch: %s", refusal)
	}
	if _, refusal := bench.askProved("press-right", "order.sign", args, proof); refusal != "" {
		t.Errorf("sent again after a lost link, with the touch that was used: %s", refusal)
	}
	if _, refusal := bench.askProved("press-new", "order.sign", args, proof); refusal == "" {
		t.Error("one touch signed twice")
	}
}

// The auditor reads her own court's book, her reading first; what she takes away can be checked offline, and one changed byte is found.
func TestTheAuditIsReadByItsAuditorAndCheckedByAnybody(t *testing.T) {
	dir := t.TempDir()
	app := runApp(t, personsConfig(dir))
	p := newPeople(t, app.App)
	auditor, judge := p.person("baku", "auditor", rights.Auditor), p.person("baku", "judge", rights.Judge)
	judge.sits("judge", p.administrator("baku"))
	judge.asks("GET", "/api/audit", nil)
	// A grant of a role over HTTP needs a touch, whose proof is in the book.
	path := "/api/people/" + p.person("baku", "counsel", rights.DefenceCounsel).Person.ID + "/roles/victims_lawyer"
	status, answer, _ := p.administrator("baku").asks("POST", path, "")
	if codeIn(answer) != "step_up_required" {
		t.Fatalf("a role is given without a touch: %d %v", status, answer)
	}
	proof, err := p.administrator("baku").key.Get(answer["step_up"])
	if err != nil {
		t.Fatal(err)
	}
	if status, answer, _ := p.administrator("baku").asks("POST", path, "", "Parda-Proof", base64.RawURLEncoding.EncodeToString(proof)); status >= 300 {
		t.Fatalf("%d %v", status, answer)
	}

	status, page, _ := auditor.asks("GET", "/api/audit?limit=5", nil)
	events, _ := page["events"].([]any)
	if status != http.StatusOK || len(events) != 5 || page["more"] != true || page["court"] != "baku" {
		t.Fatalf("%d %v", status, page)
	}
	newest := events[0].(map[string]any)
	if newest["code"] != "audit.seen" || newest["actor"] != auditor.Person.ID {
		t.Errorf("her own reading is not the newest entry: %v", newest)
	}
	if status, answer, _ := auditor.asks("GET", "/api/audit?court=ganja", nil); codeIn(answer) != "not_allowed" {
		t.Errorf("another court's audit: %d %v", status, answer)
	}
	for _, query := range []string{"?limit=0", "?limit=201", "?before=-1", "?before=x"} {
		if status, _, _ := auditor.asks("GET", "/api/audit"+query, nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d", query, status)
		}
	}
	seen := map[string]bool{}
	var before float64
	for range 100 {
		_, page, _ := auditor.asks("GET", fmt.Sprintf("/api/audit?limit=7&before=%d", int(before)), nil)
		for _, e := range page["events"].([]any) {
			seen[e.(map[string]any)["code"].(string)] = true
			before = e.(map[string]any)["index"].(float64)
		}
		if page["more"] != true {
			break
		}
	}
	for _, code := range []string{"account.claimed", "people.enrolled", "seat.invited", "seat.entered", "access.refused", "step_up.proved", "audit.seen"} {
		if !seen[code] {
			t.Errorf("%s is not in the audit: %v", code, seen)
		}
	}
	if before != 1 {
		t.Errorf("the pages end at %v", before)
	}

	book := exported(t, auditor)
	for _, name := range []string{"Name ", "judge.baku", "127.0.0.1", "Administrator"} {
		if bytes.Contains(book, []byte(name)) {
			t.Errorf("the audit holds %q", name)
		}
	}
	app.end()
	again := runApp(t, personsConfig(dir))
	reader := &someone{auditor.Session, again.App, t, auditor.key, auditor.cookie}
	book = exported(t, reader)
	file := filepath.Join(t.TempDir(), "audit.jsonl")
	checked := func(b []byte) verify.Report {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		report, err := verify.Audit(file, "")
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	if report := checked(book); !report.Valid || report.Court != "baku" || report.Events < 10 || len(report.Signatures) != 1 {
		t.Fatalf("after a restart the book is not whole: %+v", report)
	}
	for i := 0; i < len(book); i += 1 + len(book)/150 {
		bent := bytes.Clone(book)
		bent[i] ^= 1
		if checked(bent).Valid {
			t.Errorf("byte %d was changed and nobody noticed: %q", i, book[max(0, i-20):i+20])
		}
	}
	lines := bytes.SplitAfter(book, []byte("\n"))
	for rule, bent := range map[string][]byte{"an entry is missing": bytes.Join(append(lines[:3:3], lines[4:]...), nil), "the end is missing": bytes.Join(lines[:len(lines)-2], nil),
		"two entries changed places": bytes.Join(append(append(lines[:2:2], lines[3], lines[2]), lines[4:]...), nil), "nothing": {}} {
		if checked(bent).Valid {
			t.Errorf("%s, and nobody noticed", rule)
		}
	}
}

func exported(t *testing.T, who *someone) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", who.app.URL()+"/api/audit/export", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "parda_person", Value: who.cookie})
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("the audit's file: %d %v %s", res.StatusCode, err, b.String())
	}
	return b.Bytes()
}

// Whom a refusal is entered for: once a minute for each session and right, however often somebody knocks.
func TestKnockingWithoutEndFillsNoAudit(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	counsel := p.person("baku", "counsel", rights.DefenceCounsel)
	began := time.Now()
	for range 100 {
		if status, _, _ := counsel.asks("GET", "/api/audit", nil); status != http.StatusForbidden {
			t.Fatalf("%d", status)
		}
	}
	most := 2 + int(time.Since(began)/time.Minute)
	n := 0
	for _, e := range audited(t, app.App, "baku") {
		if e.Code == "access.refused" {
			n++
		}
	}
	if n < 1 || n > most {
		t.Errorf("100 refusals made %d entries, want 1 to %d", n, most)
	}
}

// Who looks at the court's people or rooms stands in the audit before she sees them: once a minute for each session and list.
func TestWhoLooksAtAListStandsInTheAudit(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	clerk := p.person("baku", "clerk", rights.CourtClerk)
	looked := func(right string) (n int) {
		for _, e := range audited(t, app.App, "baku") {
			if e.Code == "access.list_seen" && e.Actor == clerk.Person.ID && strings.Contains(string(e.Payload), `"`+right+`"`) {
				n++
			}
		}
		return n
	}
	for _, list := range []struct{ path, right string }{{"/api/people", "people.see"}, {"/api/devices", "device.see"}} {
		if looked(list.right) != 0 {
			t.Fatalf("%s: entered before anybody looked", list.path)
		}
		for range 3 {
			if status, answer, _ := clerk.asks("GET", list.path, nil); status != http.StatusOK {
				t.Fatalf("%s: %d %v", list.path, status, answer)
			}
		}
		if n := looked(list.right); n < 1 || n > 2 {
			t.Errorf("%s: three looks within a minute made %d entries", list.path, n)
		}
	}
}
