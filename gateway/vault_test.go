package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parda/gateway/hearing"
	"parda/gateway/identity"
	"parda/gateway/identity/testseat"
	"parda/gateway/minutes"
	"parda/gateway/visibility"
)

// A whole opening over HTTP: enrolled people, their companions, two keys, a reader.
func TestAnIdentityIsSealedAndOpenedByTwoOverHTTP(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	v := seatCourt(t, app, firstCode(t, app), nil)
	person, pseudonym := v.protect(map[string]string{"name": "Zq7Name"})
	if pseudonym == "" || strings.Contains(strings.ToLower(pseudonym), "zq7") {
		t.Fatalf("the pseudonym is %q", pseudonym)
	}
	opening := v.order(person, "", false)
	v.release(v.judge, opening)
	if m, refusal := v.investigator.ask("POST", "/api/vault/openings/"+opening+"/take", map[string]any{}); refusal != "not_yet" {
		t.Errorf("after one half: %v", m)
	}
	v.release(v.prosecutor, opening)
	if r := v.read(opening); r["name"] != "Zq7Name" {
		t.Errorf("the reader read %v", r)
	}
	all := into[struct{ Openings []identity.Opening }](v.prosecutor, "GET", "/api/vault/openings", nil).Openings
	if len(all) != 1 || all[0].State != identity.Opened || all[0].Reader.Person != v.investigator.id || all[0].Read != "yes" || len(all[0].Released) != 2 || all[0].OrderedBy != v.judge.id {
		t.Errorf("what the court sees of it: %+v", all)
	}
	v.prosecutor.must("POST", "/api/vault/openings/"+opening+"/stop", nil)
	if m, refusal := v.investigator.ask("POST", "/api/vault/openings/"+opening+"/take", map[string]any{}); refusal != "opening_over" {
		t.Errorf("after the stop: %v", m)
	}
}

func TestACompanionsTokenIsForTheVaultAloneAndEndsWithTheSession(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	v := seatCourt(t, app, firstCode(t, app), nil)
	j := v.judge
	paired := into[struct{ Companion companion }](&sitter{t: t, at: app, cookie: j.cookie}, "GET", "/api/vault/companion", nil).Companion
	if paired.SHA256 != companionSum || paired.Version != "1.2.3" {
		t.Errorf("the session shows %+v", paired)
	}
	get := func(path string) (int, string) {
		req, _ := http.NewRequest("GET", app.URL()+path, nil)
		req.Header.Set("Authorization", "Bearer "+j.token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var m map[string]any
		_ = json.NewDecoder(res.Body).Decode(&m)
		return res.StatusCode, text(m, "code")
	}
	for _, r := range app.table(false) {
		if r.who.kind != "person" || r.method != "GET" {
			continue
		}
		if status, _ := get(strings.NewReplacer(":hearing", "demo", ":seat", "judge", ":person", "p-x", ":key", "k").Replace(r.path)); status != http.StatusUnauthorized {
			t.Errorf("the companion's token opens %s: %d", r.path, status)
		}
	}
	if status, _ := get("/api/vault/state"); status != http.StatusOK {
		t.Fatalf("the vault: %d", status)
	}
	old := j.token
	browser := &sitter{t: t, at: app, cookie: j.cookie, passkey: j.passkey}
	browser.pair()
	if status, code := get("/api/vault/state"); status != http.StatusUnauthorized || code != "sign_in_required" {
		t.Errorf("the token of before: %d %s", status, code)
	}
	j.token = browser.token
	if old == j.token {
		t.Fatal("the same token twice")
	}
	if status, _ := get("/api/vault/state"); status != http.StatusOK {
		t.Fatal("the new token")
	}
	browser.token = ""
	browser.must("POST", "/api/account/sign-out", map[string]any{})
	if status, _ := get("/api/vault/state"); status != http.StatusUnauthorized {
		t.Errorf("after signing out: %d", status)
	}
}

func TestAPairingCodeIsUsedOnceAndACompanionSaysWhatItIs(t *testing.T) {
	config := testConfig(t.TempDir())
	config.Vault.Companions = []string{companionSum}
	app := runApp(t, config)
	admin := claim(t, app, firstCode(t, app), "Admin")
	judge := admin.enrol("Judge", "judge")
	if _, refusal := admin.ask("POST", "/api/vault/pair", map[string]any{}); refusal != "not_allowed" {
		t.Errorf("an administrator pairs: %s", refusal)
	}
	code := text(judge.must("POST", "/api/vault/pair", map[string]any{}), "code")
	stranger := &sitter{t: t, at: app}
	take := func(code, version, sum string) string {
		_, refusal := stranger.ask("POST", "/api/vault/pair/take", map[string]any{"code": code, "companion": map[string]string{"version": version, "sha256": sum}})
		return refusal
	}
	for rule, c := range map[string][4]string{
		"no code":                 {"", "1", companionSum, "code_wrong"},
		"another code":            {"AAAAA-AAAAA-AAAAA-AAAAA-AAAAA", "1", companionSum, "code_wrong"},
		"no hash":                 {code, "1", "", "bad_argument"},
		"a version like a script": {code, "<b>", companionSum, "bad_argument"},
	} {
		if got := take(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%s: %s", rule, got)
		}
	}
	if got := take(code, "1", strings.Repeat("0", 64)); got != "companion_unknown" {
		t.Errorf("a hash that the court does not list: %s", got)
	}
	if got := take(code, "1", companionSum); got != "code_wrong" {
		t.Errorf("a code that was used for another: %s", got)
	}
	code = text(judge.must("POST", "/api/vault/pair", map[string]any{}), "code")
	if got := take(strings.ToLower(strings.ReplaceAll(code, "-", " ")), "1", companionSum); got != "" {
		t.Errorf("as a hand types it: %s", got)
	}
	if got := take(code, "1", companionSum); got != "code_wrong" {
		t.Errorf("twice: %s", got)
	}
	app.companions.now = func() time.Time { return time.Now().Add(companionLives + time.Minute) }
	if _, ok := app.companions.ofSession(""); ok {
		t.Error("a session without a companion has one")
	}
	for token := range app.companions.paired {
		delete(app.companions.paired, token)
	}
}

// A plain browser carries no key's ciphertext unless the court chose so, and a companion's act needs the key: its token alone orders and releases nothing.
func TestWhatTouchesKeysNeedsACompanionAndWhatLoosensAFreshAct(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	v := seatCourt(t, app, firstCode(t, app), nil)
	person, _ := v.protect(map[string]string{"name": "x"})
	opening := v.order(person, "", false)
	plain := &sitter{t: t, at: app, cookie: v.judge.cookie, passkey: v.judge.passkey}
	for _, r := range [][2]string{{"POST", "/api/vault/keys"}, {"POST", "/api/vault/persons/" + person + "/envelope"}, {"GET", "/api/vault/persons/" + person + "/share"},
		{"POST", "/api/vault/persons/" + person + "/share"}, {"GET", "/api/vault/openings/" + opening + "/share"}, {"POST", "/api/vault/openings/" + opening + "/release"},
		{"POST", "/api/vault/openings/" + opening + "/take"}, {"POST", "/api/vault/openings/" + opening + "/opened"}} {
		if m, refusal := plain.ask(r[0], r[1], map[string]any{}); refusal != "companion_required" {
			t.Errorf("%s %s by the plain browser: %v", r[0], r[1], m)
		}
	}
	body, _ := json.Marshal(map[string]any{"kind": "end", "why": "w", "ground": "measure_no_longer_needed"})
	path := "/api/vault/persons/" + person + "/orders"
	_, m, _ := v.judge.send("POST", path, body, "")
	challenge := text(m, "step_up", "challenge")
	if challenge == "" {
		t.Fatalf("nothing fresh was asked: %v", m)
	}
	for rule, proof := range map[string]string{
		"another's key":     v.prosecutor.seat.Prove(challenge, body),
		"another challenge": v.judge.seat.Prove("AAAA", body),
		"another body":      v.judge.seat.Prove(challenge, []byte("{}")),
		"no proof":          base64.RawURLEncoding.EncodeToString([]byte(`{}`)),
	} {
		if status, m, _ := v.judge.send("POST", path, body, proof); status != http.StatusForbidden || text(m, "code") != "step_up_required" {
			t.Errorf("%s: %d %v", rule, status, m)
		}
	}
	if status, m, _ := v.judge.send("POST", "/api/vault/openings", body, v.judge.seat.Prove(challenge, body)); status != http.StatusForbidden {
		t.Errorf("a proof for another act: %d %v", status, m)
	}
	if status, m, _ := v.judge.send("POST", path, body, v.judge.seat.Prove(challenge, body)); status != http.StatusOK {
		t.Fatalf("the right proof: %d %v", status, m)
	}
	if status, _, _ := v.judge.send("POST", path, body, v.judge.seat.Prove(challenge, body)); status != http.StatusForbidden {
		t.Errorf("the same proof twice: %d", status)
	}
}

// A stolen token announces no key of the thief's, with which he would prove acts of the judge.
func TestATokenAloneAnnouncesNoKeyOnceThePairingsTouchIsOld(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	v := seatCourt(t, app, firstCode(t, app), nil)
	forged, err := testseat.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	body, _ := json.Marshal(map[string]any{"card": forged.Card})
	app.companions.mu.Lock()
	for _, one := range app.companions.paired {
		one.Since = one.Since.Add(-announceWithin)
	}
	app.companions.mu.Unlock()
	_, m, _ := v.judge.send("POST", "/api/vault/keys", body, "")
	challenge := text(m, "step_up", "challenge")
	if challenge == "" {
		t.Fatalf("announced with the token alone: %v", m)
	}
	if status, m, _ := v.judge.send("POST", "/api/vault/keys", body, forged.Prove(challenge, body)); status != http.StatusForbidden {
		t.Errorf("proved by itself: %d %v", status, m)
	}
	if status, m, _ := v.judge.send("POST", "/api/vault/keys", body, v.judge.seat.Prove(challenge, body)); status != http.StatusOK {
		t.Errorf("by the key that it replaces: %d %v", status, m)
	}
	v.judge.must("POST", "/api/vault/keys/"+forged.Card.ID()+"/lost", map[string]any{})
	another, _ := testseat.NewKey()
	if _, refusal := v.judge.ask("POST", "/api/vault/keys", map[string]any{"card": another.Card}); refusal != "sign_in_required" {
		t.Errorf("without any key: %s", refusal)
	}
	again := &sitter{t: t, at: app, cookie: v.judge.cookie, passkey: v.judge.passkey}
	again.pair().announce()
}

// The judge's order is told in the hearing: the bench and the clerk read it, the victim's lawyer where the order says so, and nobody else; and a sealed record takes no more.
func TestAnOpeningIsToldInItsHearingToWhomTheOrderSays(t *testing.T) {
	dir := t.TempDir()
	c := assemble(t, dir)
	v := seatCourt(t, c.app, firstCode(t, c.app), nil)
	lawyer := sit(t, c.app.App, "lawyer")
	person, pseudonym := v.protect(map[string]string{"name": "x"})
	v.judge.must("POST", "/api/vault/persons/"+person+"/orders", map[string]any{"kind": "reuse", "hearing": "demo", "why": "she testifies here", "ground": "other_case"})
	told, silent := v.order(person, "demo", true), v.order(person, "demo", false)
	of := func(opening string) func(minutes.Entry) bool {
		return func(e minutes.Entry) bool {
			return e.System != nil && e.System.Code == hearing.VaultOpeningOrdered && strings.Contains(string(e.System.Params["opening"]), opening)
		}
	}
	for _, p := range []*page{c.judge, c.clerk} {
		p.untilEntry("the order that is told", of(told))
		p.untilEntry("the order that is not", of(silent))
	}
	lawyer.untilEntry("the order that is told to him", of(told))
	v.release(v.judge, told)
	v.release(v.prosecutor, told)
	v.read(told)
	v.judge.must("POST", "/api/vault/openings/"+told+"/stop", nil)
	ended := lawyer.untilEntry("the end", func(e minutes.Entry) bool { return e.System != nil && e.System.Code == hearing.VaultOpeningEnded })
	if why := string(ended.System.Params["ended"]); why != `"stopped"` {
		t.Errorf("it ended as %s", why)
	}
	for name, p := range map[string]*page{"the lawyer": lawyer, "the defence": c.defence, "the prosecutor": c.prosecutor, "the gallery": c.gallery, "the kiosk": c.room} {
		p.mu.Lock()
		all := string(p.all)
		p.mu.Unlock()
		if strings.Contains(all, silent) || name != "the lawyer" && strings.Contains(all, told) {
			t.Errorf("%s was told of an opening", name)
		}
		if strings.Contains(all, person) || strings.Contains(all, pseudonym) && name != "the lawyer" {
			t.Errorf("%s was told the person", name)
		}
	}
	lawyer.untilEntry("that she testifies here", func(e minutes.Entry) bool {
		return e.System != nil && e.System.Code == hearing.VaultPersonOrdered && string(e.System.Params["measure"]) == `"reuse"`
	})
	c.judge.must("order.draft", map[string]any{"template": "identity_hidden", "reason": "her name of the vault", "person": person})
	draft := c.judge.until("has the draft", func(x visibility.View) bool {
		return x.Draft != nil && strings.Contains(string(x.Draft.Order), pseudonym)
	}).Draft
	if strings.Contains(string(draft.Bytes), person) {
		t.Error("the order names the person's id")
	}
	if _, refusal := c.judge.ask("order.draft", map[string]any{"template": "identity_hidden", "reason": "r", "person": "v-nobody"}); refusal != "person_unknown" {
		t.Errorf("nobody's name: %s", refusal)
	}
}

// A hearing that is made with a person of the vault has her pseudonym from the first moment.
func TestAHearingsConfigurationMayNameAPerson(t *testing.T) {
	config := testConfig(t.TempDir())
	app := runApp(t, config)
	v := seatCourt(t, app, firstCode(t, app), nil)
	person, pseudonym := v.protect(map[string]string{"name": "x"})
	app.end()
	next := config.Hearings[0]
	next.ID, next.Pseudonym, next.Person = "second", "", person
	config.Hearings = append(config.Hearings, next)
	again := runApp(t, config)
	events, err := again.ledger.Load(t.Context(), "second")
	if err != nil {
		t.Fatal(err)
	}
	var drafted hearing.OrderDraftedPayload
	for _, e := range events {
		if e.Code == string(hearing.OrderDrafted) {
			if err := json.Unmarshal(e.Payload, &drafted); err != nil {
				t.Fatal(err)
			}
		}
	}
	if order, err := hearing.ParseOrder(drafted.Bytes); err != nil || order.Pseudonym != pseudonym {
		t.Errorf("the order has %q (%v), not %q", order.Pseudonym, err, pseudonym)
	}
	again.end()
	config.Hearings[1].ID, config.Hearings[1].Person = "third", "v-nobody"
	if _, err := Open(config, again.log); err == nil {
		t.Error("a hearing was made for nobody")
	}
}

func TestAVaultsSettingsAreTakenWholeOrTheGatewayDoesNotStart(t *testing.T) {
	scheme := filepath.Join(t.TempDir(), "names.json")
	if err := os.WriteFile(scheme, []byte(`{"words":["Abc","Abd"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	both := []identity.HalfPolicy{{Half: 1, Holder: "judge"}, {Half: 2, Holder: "judge"}}
	for rule, c := range map[string]struct {
		config  VaultConfig
		refusal string
	}{
		"nothing is set":                 {VaultConfig{}, ""},
		"one role holds both halves":     {VaultConfig{Policy: both}, "vault.policy"},
		"one half":                       {VaultConfig{Policy: both[:1]}, "vault.policy"},
		"a role that holds nothing":      {VaultConfig{Policy: []identity.HalfPolicy{{Half: 1, Holder: "judge"}, {Half: 2, Holder: "administrator"}}}, "vault.policy"},
		"a hash that is none":            {VaultConfig{Companions: []string{"abc"}}, "vault.companions"},
		"a scheme without room":          {VaultConfig{Schemes: map[string]string{"baku": scheme}}, "needs 2000"},
		"a scheme that is not there":     {VaultConfig{Schemes: map[string]string{"baku": scheme + "x"}}, "vault.schemes"},
		"a scheme of a court without it": {VaultConfig{Schemes: map[string]string{"paris": scheme}}, "no court"},
	} {
		err := c.config.check()
		if c.refusal == "" && err != nil || c.refusal != "" && (err == nil || !strings.Contains(err.Error(), c.refusal)) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}
