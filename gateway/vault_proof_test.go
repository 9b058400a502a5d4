package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"parda/gateway/access/audit"
	"parda/gateway/identity"
	"parda/gateway/ledger"
	"parda/gateway/ledger/verify"
)

func auditOf(t *testing.T, app running) ([]ledger.Event, verify.Report) {
	t.Helper()
	events, err := app.ledger.Load(t.Context(), audit.Of("baku"))
	if err != nil {
		t.Fatal(err)
	}
	x, err := app.audit.Export(t.Context(), "baku")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Write(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := verify.Audit(path, "")
	if err != nil {
		t.Fatal(err)
	}
	return events, report
}

// What the judge and the prosecutor did at their companions stands in the audit with their signatures before it, and a reader without the gateway checks them.
func TestACompanionsActStandsInTheAuditAfterItsProofAndTheProofIsCheckedOffline(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	v := seatCourt(t, app, firstCode(t, app), nil)
	person, _ := v.protect(map[string]string{"name": "x"})
	opening := v.order(person, "", false)
	v.release(v.judge, opening)
	v.release(v.prosecutor, opening)
	v.judge.must("POST", "/api/vault/persons/"+person+"/orders", map[string]any{"kind": "end", "why": "w", "ground": "measure_no_longer_needed"})

	events, report := auditOf(t, app)
	if !report.Valid {
		t.Fatalf("the book: %v", report.Problems)
	}
	before := func(code audit.Code, who *sitter, act string) {
		t.Helper()
		for i, e := range events {
			if e.Code != string(code) || e.Actor != who.id {
				continue
			}
			var p keyProved
			for _, earlier := range slices.Backward(events[:i]) {
				if earlier.Code == string(audit.VaultKeyProved) && earlier.Actor == who.id {
					if err := json.Unmarshal(earlier.Payload, &p); err != nil {
						t.Fatal(err)
					}
					break
				}
			}
			if p.Act != act || p.Person != who.id || p.Key != who.seat.Card.ID() {
				t.Errorf("before %s: %+v", code, p)
			}
			if !slices.ContainsFunc(report.Signatures, func(s verify.Signature) bool { return s.What == "vault_key" && s.Seat == who.id && s.Role == act }) {
				t.Errorf("%s of %s was not checked", act, who.id)
			}
			return
		}
		t.Errorf("%s is not in the audit", code)
	}
	before(audit.VaultOpeningOrdered, v.judge, "POST /api/vault/openings")
	before(audit.VaultShareReleased, v.judge, "POST /api/vault/openings/"+opening+"/release")
	before(audit.VaultShareReleased, v.prosecutor, "POST /api/vault/openings/"+opening+"/release")
	before(audit.VaultPersonOrdered, v.judge, "POST /api/vault/persons/"+person+"/orders")
	before(audit.VaultRecoveryEntered, v.judge, "POST /api/vault/recovery")
}

// The challenge is of one path: the same body at another one has another challenge, and its signature is good there alone.
func TestAProofForOnePathDoesNotServeAnother(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	v := seatCourt(t, app, firstCode(t, app), nil)
	one, _ := v.protect(map[string]string{"name": "x"})
	other, _ := v.protect(map[string]string{"name": "y"})
	body, _ := json.Marshal(map[string]any{"kind": "end", "why": "w", "ground": "measure_no_longer_needed"})
	path := func(person string) string { return "/api/vault/persons/" + person + "/orders" }
	asked := func(person string) string {
		_, m, _ := v.judge.send("POST", path(person), body, "")
		return text(m, "step_up", "challenge")
	}
	here, there := asked(one), asked(other)
	if raw, err := base64.RawURLEncoding.DecodeString(here); err != nil || len(raw) != sha256.Size || here == there {
		t.Fatalf("the challenges are %q and %q", here, there)
	}
	for _, tc := range [][2]string{{one, there}, {other, here}} {
		if status, m, _ := v.judge.send("POST", path(tc[0]), body, v.judge.seat.Prove(tc[1], body)); status != http.StatusForbidden || text(m, "code") != "step_up_required" {
			t.Errorf("the proof of another path: %d %v", status, m)
		}
	}
	if status, m, _ := v.judge.send("POST", path(one), body, v.judge.seat.Prove(here, body)); status != http.StatusOK {
		t.Fatalf("the right one: %d %v", status, m)
	}
	events, report := auditOf(t, app)
	var p keyProved
	for _, e := range events {
		if e.Code == string(audit.VaultKeyProved) {
			if err := json.Unmarshal(e.Payload, &p); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !report.Valid || p.Act != "POST "+path(one) || v.judge.seat.Card.ProvesAct(there, body, p.Signature) || !v.judge.seat.Card.ProvesAct(here, body, p.Signature) {
		t.Errorf("the proof that is kept: %+v, %v", p, report.Problems)
	}
}

// One's own key is reported at once, by whoever holds the session; another's with a fresh act.
func TestAnothersKeyIsReportedLostWithAFreshActAndOnesOwnWithout(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	v := seatCourt(t, app, firstCode(t, app), nil)
	lost := func(key *sitter) string { return "/api/vault/keys/" + key.seat.Card.ID() + "/lost" }
	plain := &sitter{t: t, at: app, cookie: v.judge.cookie, passkey: v.judge.passkey}
	for what, who := range map[string]*sitter{"a companion": v.judge, "a browser": plain} {
		if status, m, _ := who.send("POST", lost(v.prosecutor), []byte(`{}`), ""); status != http.StatusForbidden || text(m, "code") != "step_up_required" {
			t.Errorf("a judge's session alone ended the prosecutor's key by %s: %d %v", what, status, m)
		}
	}
	if status, m, _ := v.investigator.send("POST", lost(v.judge), []byte(`{}`), ""); status != http.StatusForbidden || text(m, "code") != "not_allowed" {
		t.Errorf("an investigator: %d %v", status, m)
	}
	if status, m, _ := v.investigator.send("POST", lost(v.investigator), []byte(`{}`), ""); status != http.StatusNoContent {
		t.Errorf("her own: %d %v", status, m)
	}
	v.judge.must("POST", lost(v.prosecutor), map[string]any{})
	if status, m, _ := v.judge.send("POST", lost(v.judge), []byte(`{}`), ""); status != http.StatusNoContent {
		t.Errorf("the judge's own: %d %v", status, m)
	}
	if _, report := auditOf(t, app); !report.Valid || !slices.ContainsFunc(report.Signatures, func(s verify.Signature) bool { return strings.HasSuffix(s.Role, "/lost") }) {
		t.Errorf("the proof is not in the book: %v", report.Problems)
	}
}

// onceFull refuses the first write after it is set.
type onceFull struct{ refused atomic.Bool }

func (f *onceFull) Before(string) error {
	if f.refused.CompareAndSwap(false, true) {
		return errors.New("no space left on device")
	}
	return nil
}

func TestWhereTheProofCannotBeEnteredNothingIsDoneAndTheProofIsUsedUp(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	v := seatCourt(t, app, firstCode(t, app), nil)
	person, _ := v.protect(map[string]string{"name": "x"})
	body, _ := json.Marshal(map[string]any{"kind": "end", "why": "w", "ground": "measure_no_longer_needed"})
	path := "/api/vault/persons/" + person + "/orders"
	_, m, _ := v.judge.send("POST", path, body, "")
	proof := v.judge.seat.Prove(text(m, "step_up", "challenge"), body)
	disk := &onceFull{}
	app.store.SetFault(disk)
	if status, m, _ := v.judge.send("POST", path, body, proof); status != http.StatusServiceUnavailable || text(m, "code") != "not_durable" || !disk.refused.Load() {
		t.Errorf("without its entry: %d %v", status, m)
	}
	for _, p := range into[identity.State](v.judge, "GET", "/api/vault/state", nil).Persons {
		if p.ID == person && p.State != "protected" {
			t.Errorf("the person is %s", p.State)
		}
	}
	if status, m, _ := v.judge.send("POST", path, body, proof); status != http.StatusForbidden || text(m, "code") != "step_up_required" {
		t.Errorf("the same proof again: %d %v", status, m)
	}
	v.judge.must("POST", path, body)
}

// A4: whoever runs the gateway writes an order under the judge's id.
func TestAnOrderOrAReleaseWithoutAProofOfWhomItNamesIsFound(t *testing.T) {
	for rule, forged := range map[string]struct {
		code    audit.Code
		payload any
	}{
		"an opening":                {audit.VaultOpeningOrdered, map[string]string{"opening": "o-forged", "person": "v-x"}},
		"a release":                 {audit.VaultShareReleased, map[string]string{"opening": "o-forged"}},
		"an order about the person": {audit.VaultPersonOrdered, map[string]string{"person": "v-x"}},
	} {
		t.Run(rule, func(t *testing.T) {
			app := runApp(t, testConfig(t.TempDir()))
			v := seatCourt(t, app, firstCode(t, app), nil)
			person, _ := v.protect(map[string]string{"name": "x"})
			v.release(v.judge, v.order(person, "", false))
			if _, report := auditOf(t, app); !report.Valid {
				t.Fatalf("the honest book: %v", report.Problems)
			}
			if err := app.audit.Enter(t.Context(), "baku", forged.code, v.judge.id, forged.payload); err != nil {
				t.Fatal(err)
			}
			if _, report := auditOf(t, app); report.Valid || report.Problems[0].Code != "act_unproved" {
				t.Errorf("nobody noticed: %v", report.Problems)
			}
		})
	}
}
