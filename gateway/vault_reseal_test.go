package main

import (
	"encoding/json"
	"net/http"
	"testing"

	"parda/gateway/identity"
)

// Sealing anew puts another share in the place of a half for good: a companion that was left open, or its token, does not do it without the key.
func TestAHalfIsSealedAnewOnlyByAFreshAct(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	v := seatCourt(t, app, firstCode(t, app), nil)
	person, _ := v.protect(map[string]string{"name": "x"})
	old := v.judge.seat
	v.judge.announce()
	path := "/api/vault/persons/" + person + "/share"
	due := func() []identity.StaleShare { return into[identity.Stale](v.judge, "GET", path, nil).Shares }
	var share identity.StaleShare
	for _, s := range due() {
		if s.Key == old.Card.ID() {
			share = s
		}
	}
	file, err := old.Reseal(share.Share.Share, v.judge.seat.Card)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := json.Marshal(identity.ResealArgs{Person: person, Version: 1, From: old.Card.ID(),
		Share: identity.Share{Half: 1, Holder: "judge", Key: v.judge.seat.Card.ID(), Share: file}})
	status, m, _ := v.judge.send("POST", path, body, "")
	challenge := text(m, "step_up", "challenge")
	if status != http.StatusForbidden || text(m, "code") != "step_up_required" || challenge == "" {
		t.Fatalf("by the token alone: %d %v", status, m)
	}
	for rule, proof := range map[string]string{"the key that was replaced": old.Prove(challenge, body), "another body": v.judge.seat.Prove(challenge, []byte("{}"))} {
		if status, m, _ := v.judge.send("POST", path, body, proof); status != http.StatusForbidden || text(m, "code") != "step_up_required" {
			t.Errorf("%s: %d %v", rule, status, m)
		}
	}
	if len(due()) == 0 {
		t.Fatal("the half was put in place without a fresh act")
	}
	if status, m, _ := v.judge.send("POST", path, body, v.judge.seat.Prove(challenge, body)); status >= 300 {
		t.Fatalf("the key that counts: %d %v", status, m)
	}
	if left := due(); len(left) != 0 {
		t.Fatalf("%d shares are due still", len(left))
	}
}
