// Package parda holds no code: only the tests of the house itself. Which room may reach which is a promise to the witness, so it is
// held by tests that say why, and not by good will.
package parda

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

type pkg struct {
	ImportPath string
	Standard   bool
	CgoFiles   []string
	Imports    []string
	Deps       []string
}

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,CgoFiles,Imports,Deps"}, args...)...).Output()
	if err != nil {
		var e *exec.ExitError
		if errors.As(err, &e) {
			t.Fatalf("go list: %s", e.Stderr)
		}
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		t.Fatalf("go list %v found nothing: this check would hold nothing", args)
	}
	return all
}

func within(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

func TestNoRoomReachesWhatItMustNot(t *testing.T) {
	for _, rule := range []struct {
		from      string
		mayNot    []string
		butMay    []string
		onlyClose bool // look at direct imports only
		why       string
	}{
		{from: "parda/media/station", mayNot: []string{"parda/gateway"},
			why: "the shielded room's program must not hold identity code or the court's rules: what it does not contain it cannot leak"},
		{from: "parda/media/station", mayNot: []string{"parda/media/courtroom"},
			why: "the courtroom publishes in clear; the shielded room must not be able to"},
		{from: "parda/media/station", mayNot: []string{"parda/media/publish/wire"}, onlyClose: true,
			why: "wire takes plain samples; the station may reach it only through media/publish, which takes masked values alone"},
		{from: "parda/media/courtroom", mayNot: []string{"parda/gateway", "parda/media/station"},
			why: "the courtroom camera talks to the gateway over the wire only"},
		{from: "parda/media/mask/...", mayNot: []string{"parda"}, butMay: []string{"parda/media/mask"},
			why: "the masks are pure maths on samples: nothing else may become a path into or out of them"},
		{from: "parda/media/relay", mayNot: []string{"parda/gateway", "parda/media/mask", "parda/media/capture", "parda/media/publish"},
			why: "the relay is handed its decisions; audiences are opaque labels to it"},
		{from: "parda/media/recording", mayNot: []string{"parda/gateway", "parda/media/mask", "parda/media/capture", "parda/media/publish"},
			why: "the recorder is a subscriber like any other and knows no rules"},
		{from: "parda/media/tripwire/...", mayNot: []string{"parda"}, butMay: []string{"parda/media/tripwire"},
			why: "the ear judges sound by what it hears: what the station or the masks would say of themselves must not reach it"},
		{from: "parda/media/attest", mayNot: []string{"parda"},
			why: "what is signed is one form that station and relay share; nothing else of either may come along"},
		{from: "parda/media/enrol/...", mayNot: []string{"parda"}, butMay: []string{"parda/media/enrol"},
			why: "how a device proves itself is said alike on both sides; nothing else of either may come along"},
		{from: "parda/gateway/access/rights", mayNot: []string{"parda"}, butMay: []string{"parda/gateway/hearing", "parda/gateway/access/rights"},
			why: "who may do what is one pure table that can be read alone"},
		{from: "parda/courtroom-ui/companion/...", mayNot: []string{"parda/gateway", "parda/media", "parda/signaling"},
			why: "the companion keeps keys from the gateway: what it shares with it an operator could change"},
		{from: "parda/media/door", mayNot: []string{"parda"},
			why: "a guard before ports knows connections and nobody behind them"},
		{from: "parda/gateway/incident/evidence/render", mayNot: []string{"parda"}, butMay: []string{"parda/gateway/incident/evidence/render"},
			why: "what looks into attachments may be taken over by one: there must be nothing of the gateway's in it"},
		{from: "parda/gateway/incident/evidence", mayNot: []string{"parda/gateway/proceeding", "parda/gateway/store", "parda/gateway/ledger", "parda/gateway/identity", "parda/signaling"},
			why: "clips and files know bytes and seats; what is entered of them, and who may have them, is not their affair"},
		{from: "parda/gateway/leakreport", mayNot: []string{"parda"}, butMay: []string{"parda/gateway/hearing", "parda/gateway/leakreport"},
			why: "what left the room is told from the record and from counts, never from packets, addresses or seats"},
		{from: "parda/gateway/incident/register", mayNot: []string{"parda/media", "parda/gateway/proceeding", "parda/gateway/visibility", "parda/gateway/identity", "parda/gateway/incident/evidence", "parda/gateway/incident/referral"},
			why: "the register outlives hearings and knows of a flag what stands in its ledger; what it holds of evidence and referrals are their events"},
		{from: "parda/gateway/incident/statistics", mayNot: []string{"parda"}, butMay: []string{"parda/gateway/incident/statistics"},
			why: "numbers that may be told to anybody are made of numbers: nothing that holds a text is within reach"},
		{from: "parda/gateway/incident/referral", mayNot: []string{"parda/gateway/identity", "parda/gateway/proceeding", "parda/media"},
			why: "what encrypts sheets to a body's key must reach neither the vault nor a hearing"},
		{from: "parda/signaling", mayNot: []string{"parda/gateway", "parda/media"},
			why: "the conversation carries; it decides nothing and touches no media"},
		{from: "parda/gateway/hearing", mayNot: []string{"parda"}, butMay: []string{"parda/gateway/hearing"},
			why: "the rules of a hearing are pure: no store, no network, no clock"},
		{from: "parda/gateway/visibility", mayNot: []string{"parda/media", "parda/signaling", "parda/gateway/store", "parda/gateway/ledger"},
			why: "who may see what is one pure function that can be read and tested alone"},
		{from: "parda/courtroom-ui/companion/...", mayNot: []string{"parda"}, butMay: []string{"parda/courtroom-ui/companion"},
			why: "the companion is there because the gateway is not trusted with keys: none of the gateway's code or pages may be in it"},
		{from: "parda/gateway", mayNot: []string{"parda/gateway/identity/testseat", "parda/courtroom-ui/companion"},
			why: "the gateway keeps ciphertext: code that opens it would be one call away from a name"},
		{from: "parda/gateway/identity", mayNot: []string{"parda/gateway/proceeding", "parda/gateway/visibility", "parda/gateway/minutes", "parda/media", "parda/signaling"},
			why: "the vault knows orders and ciphertext; what a hearing does and who sees what is not its affair"},
		{from: "parda/gateway/ledger/verify", mayNot: []string{"parda/gateway/store", "parda/gateway/bundle", "parda/gateway/minutes", "parda/gateway/hearing"},
			why: "a verifier that shares the writer's code shares the writer's mistakes"},
	} {
		for _, p := range list(t, rule.from) {
			reach := p.Deps
			if rule.onlyClose {
				reach = p.Imports
			}
			for _, dep := range reach {
				if forbidden(dep, rule.mayNot, rule.butMay) {
					t.Errorf("%s reaches %s: %s", p.ImportPath, dep, rule.why)
				}
			}
		}
	}
}

func forbidden(dep string, mayNot, butMay []string) bool {
	for _, b := range butMay {
		if within(dep, b) {
			return false
		}
	}
	for _, m := range mayNot {
		if within(dep, m) {
			return true
		}
	}
	return false
}

func TestTheVerifierSharesNoCodeWithTheLedger(t *testing.T) {
	for _, dep := range list(t, "parda/gateway/ledger/verify")[0].Deps {
		if dep == "parda/gateway/ledger" {
			t.Error("ledger/verify reaches ledger: a verifier that shares the writer's code shares the writer's mistakes")
		}
	}
}

func TestOnlyPublishersEncode(t *testing.T) {
	found := 0
	for _, p := range list(t, "./...") {
		for _, dep := range p.Imports {
			if dep != "parda/media/publish/wire" {
				continue
			}
			found++
			if p.ImportPath != "parda/media/publish" && p.ImportPath != "parda/media/courtroom" {
				t.Errorf("%s imports publish/wire: it takes plain samples, so only the publisher of masked values and the court's own camera may", p.ImportPath)
			}
		}
	}
	if found == 0 {
		t.Error("nobody imports publish/wire: this check holds nothing")
	}
}

func TestTheGatewayReachesNoCgo(t *testing.T) {
	for _, p := range list(t, "-deps", "parda/gateway") {
		if !p.Standard && len(p.CgoFiles) > 0 {
			t.Errorf("the gateway reaches cgo in %s: it must stay one static binary without memory-unsafe code in the path of outside bytes", p.ImportPath)
		}
	}
}
