package identity_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"parda/gateway/access/rights"
	"parda/gateway/identity"
	"parda/gateway/identity/testseat"
)

func TestARecordIsSealedToTheFourKeysOfThePolicyAndToNoOther(t *testing.T) {
	c := newCourt(t).ready()
	stranger := c.key("stranger")
	made := ok[identity.MadePerson](c)(c.MakePerson(t.Context(), c.as("investigator"), nil))
	to := c.view(made.Person).SealTo
	if len(to) != 4 {
		t.Fatal(to)
	}
	changed := func(f func(e *identity.Envelope)) []byte {
		var e identity.Envelope
		if err := json.Unmarshal(c.sealed(made.Person, 1, to), &e); err != nil {
			t.Fatal(err)
		}
		f(&e)
		b, _ := json.Marshal(e)
		return b
	}
	for rule, file := range map[string]struct {
		bytes   []byte
		refusal string
	}{
		"one share is missing":      {changed(func(e *identity.Envelope) { e.Shares = e.Shares[1:] }), "recipients_differ"},
		"one share twice":           {changed(func(e *identity.Envelope) { e.Shares = append(e.Shares, e.Shares[0]) }), "recipients_differ"},
		"a key more":                {c.sealed(made.Person, 1, append(to[:4:4], identity.Place{Half: 1, Holder: "judge", Key: stranger.Card.ID()})), "recipients_differ"},
		"another key":               {c.sealed(made.Person, 1, append(to[1:4:4], identity.Place{Half: 1, Holder: "judge", Key: stranger.Card.ID()})), "recipients_differ"},
		"both halves to one holder": {changed(func(e *identity.Envelope) { e.Shares[2].Key = e.Shares[0].Key }), "recipients_differ"},
		"another person":            {changed(func(e *identity.Envelope) { e.Person = "v-other" }), "envelope_invalid"},
		"another court":             {changed(func(e *identity.Envelope) { e.Court = "ganja" }), "envelope_invalid"},
		"a later version":           {changed(func(e *identity.Envelope) { e.Version = 2 }), "version_conflict"},
		"another format":            {changed(func(e *identity.Envelope) { e.Format = 2 }), "envelope_invalid"},
		"a third half":              {changed(func(e *identity.Envelope) { e.Shares[0].Half = 3 }), "envelope_invalid"},
		"a payload in clear":        {changed(func(e *identity.Envelope) { e.Payload = bytes.Repeat([]byte("name "), 20000) }), "envelope_invalid"},
		"a payload cut short":       {changed(func(e *identity.Envelope) { e.Payload = e.Payload[:len(e.Payload)-1] }), "envelope_invalid"},
		"a payload in steps of one": {changed(func(e *identity.Envelope) { e.Payload = e.Shares[0].Share }), "envelope_invalid"},
		"a payload to two keys":     {changed(func(e *identity.Envelope) { e.Payload = twoStanzas(e.Payload) }), "envelope_invalid"},
		"a share in clear":          {changed(func(e *identity.Envelope) { e.Shares[0].Share = []byte(`{"secret":"..."}`) }), "envelope_invalid"},
		"a share without end":       {changed(func(e *identity.Envelope) { e.Shares[0].Share = e.Payload }), "envelope_invalid"},
		"a field more":              {bytes.Replace(c.sealed(made.Person, 1, to), []byte(`{"parda_vault":1`), []byte(`{"name":"Zq7","parda_vault":1`), 1), "envelope_invalid"},
		"something after it":        {append(c.sealed(made.Person, 1, to), []byte(`{"name":"Zq7"}`)...), "envelope_invalid"},
		"no JSON":                   {[]byte("name: Zq7"), "envelope_invalid"},
	} {
		_, _, err := c.Seal(t.Context(), c.as("investigator"), made.Person, file.bytes)
		c.refused(rule, err, file.refusal)
	}
	_, _, err := c.Seal(t.Context(), c.as("judge"), made.Person, c.sealed(made.Person, 1, to))
	c.refused("by who did not make her", err, "not_allowed")
	c.seal(made.Person, "investigator", 1)
	_, _, err = c.Seal(t.Context(), c.as("investigator"), made.Person, c.sealed(made.Person, 2, to))
	c.refused("a second version without a rotation", err, "not_allowed")
}

// twoStanzas doubles the stanza of an age file: its header says two recipients then. That the MAC does not hold is no matter: the gateway cannot check it.
func twoStanzas(file []byte) []byte {
	text := string(file)
	i, j := strings.Index(text, "-> "), strings.Index(text, "\n--- ")
	return []byte(text[:j] + "\n" + text[i:j] + text[j:])
}

func TestNothingIsSealedWithoutARecoveryPairThatTwoPartiesConfirmed(t *testing.T) {
	c := newCourt(t)
	for _, name := range []string{"judge", "prosecutor", "investigator", "recovery1", "recovery2", "forged1", "forged2"} {
		c.key(name)
	}
	made := ok[identity.MadePerson](c)(c.MakePerson(t.Context(), c.as("investigator"), nil))
	pair := func(a, b string) ([]identity.Card, []string) {
		cards := []identity.Card{c.keys[a].Card, c.keys[b].Card}
		return cards, []string{cards[0].Code(), cards[1].Code()}
	}
	cards, codes := pair("recovery1", "recovery2")
	enter := func(who string, cards []identity.Card, codes []string, state, refusal string) {
		t.Helper()
		got, err := c.EnterRecovery(t.Context(), c.as(who), cards, codes)
		c.refused(who, err, refusal)
		if got != state {
			t.Errorf("%s: %q, want %q", who, got, state)
		}
		if sealable := c.view(made.Person).SealTo != nil; sealable != (state == "confirmed") {
			t.Errorf("%s: sealable %v", who, sealable)
		}
	}
	enter("clerk", cards, codes, "", "not_allowed")
	enter("investigator", cards, codes, "", "not_allowed")
	enter("judge", cards, []string{codes[1], codes[0]}, "", "code_wrong")
	enter("judge", cards, []string{codes[0]}, "", "key_invalid")
	enter("judge", []identity.Card{cards[0], cards[0]}, []string{codes[0], codes[0]}, "", "key_invalid")
	holders, typed := pair("judge", "prosecutor")
	enter("judge", holders, typed, "", "key_exists") // a holder's key is no recovery key: she would have both ways
	enter("judge", cards, codes, "entered", "")
	enter("judge", cards, codes, "entered", "") // the same person again is no second one
	enter("judge2", cards, codes, "", "not_allowed")
	forged, forgedCodes := pair("forged1", "forged2")
	enter("prosecutor", forged, forgedCodes, "", "recovery_differs")
	spaced := strings.Join([]string{codes[0][:4], codes[0][4:8], codes[0][8:12], codes[0][12:16], codes[0][16:]}, " ")
	enter("prosecutor", cards, []string{spaced, codes[1]}, "confirmed", "")
	c.refused("one of the pair is lost", c.LoseKey(t.Context(), c.as("judge"), cards[0].ID()), "")
	if s := ok[identity.State](c)(c.State(t.Context(), c.as("judge"))); s.Recovery.State != identity.KeyLost || c.view(made.Person).SealTo != nil {
		t.Errorf("a pair with one lost key counts: %+v", s.Recovery.State)
	}
	enter("judge", cards, codes, "", "key_exists") // a lost key never counts again
}

func TestAReplacedKeyIsResealedByItsHolderAloneAndTheOldShareIsGone(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	old := c.keys["judge"]
	fresh := c.key("judge")
	v := c.view(p.ID)
	if len(v.Reseal) != 1 || v.Reseal[0].Why != identity.KeyReplaced || v.Reseal[0].Key != old.Card.ID() {
		t.Fatalf("listed: %+v", v.Reseal)
	}
	if _, err := c.StaleShares(t.Context(), c.as("far judge"), p.ID); err == nil {
		t.Error("another court's judge gets shares")
	}
	for _, who := range []string{"prosecutor", "judge2"} {
		if stale := ok[identity.Stale](c)(c.StaleShares(t.Context(), c.as(who), p.ID)); len(stale.Shares) > 0 {
			t.Errorf("%s gets %d shares", who, len(stale.Shares))
		}
	}
	stale := ok[identity.Stale](c)(c.StaleShares(t.Context(), c.as("judge"), p.ID))
	if len(stale.Shares) < 1 || stale.Shares[0].To.Key != fresh.Card.ID() {
		t.Fatalf("%+v", stale)
	}
	var share identity.StaleShare
	for _, s := range stale.Shares {
		if s.Key == old.Card.ID() {
			share = s
		}
	}
	args := identity.ResealArgs{Person: p.ID, Version: 1, From: old.Card.ID(),
		Share: identity.Share{Half: 1, Holder: "judge", Key: fresh.Card.ID(), Share: ok[[]byte](c)(old.Reseal(share.Share.Share, fresh.Card))}}
	c.refused("by another", c.Reseal(t.Context(), c.as("prosecutor"), p.ID, args), "not_allowed")
	other := args
	other.Share.Half, other.Share.Holder = 2, "prosecutor"
	c.refused("in the place of a share that stands well", c.Reseal(t.Context(), c.as("judge"), p.ID, other), "recipients_differ")
	other = args
	other.Share.Key = c.key("stranger").Card.ID()
	c.refused("to a stranger", c.Reseal(t.Context(), c.as("judge"), p.ID, other), "recipients_differ")
	c.refused("as it must be", c.Reseal(t.Context(), c.as("judge"), p.ID, args), "")
	if v := c.view(p.ID); len(v.Reseal) != 0 {
		t.Errorf("still listed: %+v", v.Reseal)
	}
	shares, _ := c.store.VaultShares(t.Context(), p.ID, 1)
	for _, s := range shares {
		if s.Key == old.Card.ID() {
			t.Error("the old share is still there")
		}
	}
	if o := c.running(p.ID, "released"); o != "" {
		if r, err := c.read(o, "investigator"); err != nil || r["name"] != record["name"] {
			t.Error(r, err)
		}
	}
}

func TestALostKeyReleasesAndResealsNothingAndRecoveryOfTheHalfDoes(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	lost := c.keys["judge"]
	o := c.opened(c.order(p.ID))
	c.refused("by a clerk", c.LoseKey(t.Context(), c.as("clerk"), lost.Card.ID()), "not_allowed")
	c.refused("by a prosecutor for a judge", c.LoseKey(t.Context(), c.as("prosecutor"), lost.Card.ID()), "not_allowed")
	c.refused("lost", c.LoseKey(t.Context(), c.as("judge"), lost.Card.ID()), "")
	if err := c.release(o, "judge", lost, "judge"); err == nil {
		t.Error("a lost key released")
	}
	_, err := c.AnnounceKey(t.Context(), c.as("judge"), lost.Card)
	c.refused("a lost key announced again", err, "key_exists")
	if v := c.view(p.ID); len(v.Reseal) != 1 || v.Reseal[0].Why != identity.KeyLost || v.SealTo != nil {
		t.Fatalf("listed %+v, sealed to %v", v.Reseal, v.SealTo)
	}
	fresh := c.key("judge")
	args := identity.ResealArgs{Person: p.ID, Version: 1, From: lost.Card.ID(), Share: identity.Share{Half: 1, Holder: "judge", Key: fresh.Card.ID(), Share: validShare(c)}}
	c.refused("resealed by the lost key", c.Reseal(t.Context(), c.as("judge"), p.ID, args), "not_allowed")
	stale := ok[identity.Stale](c)(c.StaleShares(t.Context(), c.as("judge"), p.ID))
	if len(stale.Shares) != 1 || stale.Shares[0].Holder != identity.HolderRecovery || stale.Shares[0].Half != 1 {
		t.Fatalf("%+v", stale.Shares)
	}
	rec := c.keys["recovery1"]
	args.From, args.Share.Share = rec.Card.ID(), ok[[]byte](c)(rec.Reseal(stale.Shares[0].Share.Share, fresh.Card))
	c.refused("by the other half's recovery", c.Reseal(t.Context(), c.as("judge"), p.ID, identity.ResealArgs{Person: p.ID, Version: 1, From: c.keys["recovery2"].Card.ID(), Share: args.Share}), "key_unknown")
	c.refused("by who does not hold it", c.Reseal(t.Context(), c.as("judge2"), p.ID, args), "not_allowed")
	c.refused("by recovery", c.Reseal(t.Context(), c.as("judge"), p.ID, args), "")
	if r, err := c.read(c.running(p.ID, "released"), "investigator"); err != nil || r["name"] != record["name"] {
		t.Error(r, err)
	}
}

func TestANewHolderByOrderGetsTheHalfFromTheOneBefore(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	fresh := c.key("judge2")
	running := c.opened(c.order(p.ID))
	vary := identity.PersonOrder{Kind: identity.Variation, Why: "retired", Ground: "correction", Holders: map[int]string{1: "judge2", 2: "prosecutor"}}
	for rule, holders := range map[string]map[int]string{"a role that holds the other half": {1: "prosecutor", 2: "judge"}, "one for both": {1: "judge", 2: "judge"},
		"a clerk": {1: "clerk", 2: "prosecutor"}, "another court": {1: "far judge", 2: "prosecutor"}, "half a pair": {1: "judge2"}} {
		bad := vary
		bad.Holders = holders
		_, _, err := c.OrderPerson(t.Context(), c.as("judge"), p.ID, bad)
		c.refused(rule, err, "holder_invalid")
	}
	_, _, err := c.OrderPerson(t.Context(), c.as("judge"), p.ID, vary)
	c.refused("variation", err, "")
	if got := c.stateOf(running); got != identity.Stopped {
		t.Errorf("what was ordered before is %s", got)
	}
	if v := c.view(p.ID); len(v.Reseal) != 1 || v.Reseal[0].Why != "holder" {
		t.Fatalf("%+v", v.Reseal)
	}
	soon := c.opened(c.order(p.ID)) // her share is not sealed anew yet
	if err := c.release(soon, "judge", c.keys["judge"], "judge"); err == nil {
		t.Error("the holder of before released, while her share still stands")
	}
	stale := ok[identity.Stale](c)(c.StaleShares(t.Context(), c.as("judge"), p.ID))
	share := ok[[]byte](c)(c.keys["judge"].Reseal(stale.Shares[0].Share.Share, fresh.Card))
	c.refused("resealed", c.Reseal(t.Context(), c.as("judge"), p.ID, identity.ResealArgs{Person: p.ID, Version: 1, From: c.keys["judge"].Card.ID(),
		Share: identity.Share{Half: 1, Holder: "judge", Key: fresh.Card.ID(), Share: share}}), "")
	o := c.opened(c.order(p.ID))
	if err := c.release(o, "judge", c.keys["judge"], "judge"); err == nil {
		t.Error("the holder of before released")
	}
	c.refused("the new holder", c.release(o, "judge2", fresh, "judge"), "")
}

func TestARotationSealsANewVersionByItsReaderAlone(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	order := c.order(p.ID)
	order.Kind = identity.ToRotate
	o := c.opened(order)
	to := c.view(p.ID).SealTo
	_, _, err := c.Seal(t.Context(), c.as("investigator"), p.ID, c.sealed(p.ID, 2, to))
	c.refused("before it is opened", err, "not_allowed")
	c.refused("judge", c.release(o, "judge", c.keys["judge"], "judge"), "")
	c.refused("prosecutor", c.release(o, "prosecutor", c.keys["prosecutor"], "prosecutor"), "")
	if _, err := c.read(o, "investigator"); err != nil {
		t.Fatal(err)
	}
	_, _, err = c.Seal(t.Context(), c.as("judge"), p.ID, c.sealed(p.ID, 2, to))
	c.refused("by who does not read", err, "not_allowed")
	c.seal(p.ID, "investigator", 2)
	c.refused("done", c.Done(t.Context(), c.as("investigator"), o), "")
	_, _, err = c.Seal(t.Context(), c.as("investigator"), p.ID, c.sealed(p.ID, 3, to))
	c.refused("after it ended", err, "not_allowed")
	if _, err := c.store.VaultPayload(t.Context(), p.ID, 1); err != nil {
		t.Error("the version of before is gone: ", err)
	}
}

func TestWhoLostTheRoleReleasesNothingThoughSheHasTheKey(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	o := c.opened(c.order(p.ID))
	one := c.people["judge"]
	one.roles = []rights.Role{rights.CourtClerk}
	c.people["judge"] = one
	if err := c.release(o, "judge", c.keys["judge"], "judge"); err == nil {
		t.Error("released without the role")
	}
	if v := c.view2("judge2", p.ID); v.SealTo != nil {
		t.Error("a record would be sealed to who is no judge any more")
	}
	one.roles = []rights.Role{rights.Judge, rights.Prosecutor}
	c.people["judge"] = one
	if err := c.release(o, "judge", c.keys["judge"], "judge"); err == nil {
		t.Error("who is judge and prosecutor at once released")
	}
}

func (c *court) view2(who, person string) identity.PersonView {
	for _, p := range ok[identity.State](c)(c.State(c.t.Context(), c.as(who))).Persons {
		if p.ID == person {
			return p
		}
	}
	return identity.PersonView{}
}

func TestACardHasOneSpellingAndOneOwner(t *testing.T) {
	c := newCourt(t).ready()
	k, err := testseat.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for rule, card := range map[string]identity.Card{
		"capitals":                     {Recipient: strings.ToUpper(k.Card.Recipient), Verify: k.Card.Verify},
		"a blank":                      {Recipient: k.Card.Recipient + " ", Verify: k.Card.Verify},
		"an SSH key":                   {Recipient: "ssh-ed25519 AAAA", Verify: k.Card.Verify},
		"an identity":                  {Recipient: "AGE-SECRET-KEY-1QQ", Verify: k.Card.Verify},
		"no recipient":                 {Verify: k.Card.Verify},
		"no signing key":               {Recipient: k.Card.Recipient},
		"a signing key of 31 bytes":    {Recipient: k.Card.Recipient, Verify: k.Card.Verify[:40]},
		"base64 with bits left over":   {Recipient: k.Card.Recipient, Verify: k.Card.Verify[:42] + "B="},
		"a recipient with a wrong sum": {Recipient: k.Card.Recipient[:len(k.Card.Recipient)-1] + "q", Verify: k.Card.Verify},
	} {
		_, err := c.AnnounceKey(t.Context(), c.as("judge"), card)
		if rule == "base64 with bits left over" && err == nil && card.Verify == k.Card.Verify {
			continue // it was that by chance
		}
		c.refused(rule, err, "key_invalid")
	}
	_, err = c.AnnounceKey(t.Context(), c.as("judge2"), c.keys["judge"].Card)
	c.refused("another's key", err, "key_exists")
	_, err = c.AnnounceKey(t.Context(), c.as("far judge"), c.keys["judge"].Card)
	c.refused("another's key, in another court", err, "key_exists")
	if s := ok[identity.State](c)(c.State(t.Context(), c.as("judge"))); s.Key == nil || s.Key.ID != c.keys["judge"].Card.ID() {
		t.Errorf("%+v", s.Key)
	}
}
