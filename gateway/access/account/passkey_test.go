package account_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"parda/gateway/access/account"
	"parda/gateway/access/rights"
	"parda/gateway/access/virtualkey"
)

func TestAPasskeySignsItsOwnerInAndNobodyElse(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	judge := c.person(admin, "judge", rights.Judge)
	again, err := c.signIn(judge.key)
	c.must(err)
	if again.id != judge.id || again.cookie == judge.cookie || again.How != account.ByPasskey || !again.Has(rights.VaultOrder) {
		t.Errorf("the judge came in as %+v", again.Session)
	}
	for _, tc := range []struct {
		rule string
		bend func(*virtualkey.Key)
		want string
	}{
		{"another site's page", func(k *virtualkey.Key) { k.Origin = "https://parda.court.example.evil.example" }, "sign_in_failed"},
		{"the same host without TLS", func(k *virtualkey.Key) { k.Origin = "http://parda.court.example" }, "sign_in_failed"},
		{"another port", func(k *virtualkey.Key) { k.Origin = origin + ":8443" }, "sign_in_failed"},
		{"another relying party", func(k *virtualkey.Key) { k.RP = "court.example" }, "sign_in_failed"},
		{"nobody was verified", func(k *virtualkey.Key) { k.UV = false }, "sign_in_failed"},
		{"nobody was there", func(k *virtualkey.Key) { k.UP = false }, "sign_in_failed"},
		{"framed by another site", func(k *virtualkey.Key) { k.Cross = true }, "sign_in_failed"},
		{"an answer of a registration", func(k *virtualkey.Key) { k.Type = "webauthn.create" }, "sign_in_failed"},
		{"the administrator's handle", func(k *virtualkey.Key) { k.Handle = []byte(admin.id) }, "sign_in_failed"},
		{"no handle", func(k *virtualkey.Key) { k.Handle = []byte{} }, "sign_in_failed"},
		{"a credential that is not there", func(k *virtualkey.Key) { k.ID = []byte("not enrolled here at all") }, "sign_in_failed"},
		{"another credential's id", func(k *virtualkey.Key) { k.ID = admin.key.ID }, "sign_in_failed"},
		{"a key that says it became backed up without being eligible", func(k *virtualkey.Key) { k.BS = true }, "sign_in_failed"},
		{"the counter goes back", func(k *virtualkey.Key) { k.Count = 0; k.Step = 0; k.Count = 1 }, "passkey_clone"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			bent := judge.key.Copy()
			tc.bend(bent)
			if p, err := c.signIn(bent); code(err) != tc.want {
				t.Errorf("%v, %v; want %s", p, err, tc.want)
			}
		})
	}
	if _, err := c.signIn(judge.key); err != nil {
		t.Errorf("the judge herself after all that: %v", err)
	}
}

func TestACloneIsRefusedAndTheAuditorSeesIt(t *testing.T) {
	c := newCourt(t)
	judge := c.person(c.first("baku"), "judge", rights.Judge)
	clone := judge.key.Copy()
	if _, err := c.signIn(judge.key); err != nil {
		t.Fatal(err)
	}
	if _, err := c.signIn(clone); code(err) != "passkey_clone" {
		t.Fatalf("the clone: %v", err)
	}
	if _, raw := c.audited("baku"); !strings.Contains(raw, `"why":"clone"`) || !strings.Contains(raw, judge.id) {
		t.Error("the audit does not say it")
	}
	if _, err := c.signIn(judge.key); err != nil {
		t.Errorf("the key whose counter goes on: %v", err)
	}
}

func TestAKeyThatCountsNothingAndIsSyncedSignsInAndSaysSo(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	_, oneTime := c.made(admin, "clerk", rights.CourtClerk)
	key := newKey()
	key.Step, key.BE, key.BS = 0, true, false
	p, err := c.claim(oneTime, account.Named{}, key)
	c.must(err)
	key.BS = true
	for range 2 {
		if _, err := c.signIn(key); err != nil {
			t.Fatal(err)
		}
	}
	own, err := c.Own(t.Context(), p.Session)
	if err != nil || len(own.Passkeys) != 1 || !own.Passkeys[0].BackedUp {
		t.Errorf("%+v %v", own, err)
	}
	key.BE = false // an authenticator's eligibility never changes (WebAuthn level 3, section 6.1.3)
	if _, err := c.signIn(key); code(err) != "sign_in_failed" {
		t.Errorf("eligibility changed: %v", err)
	}
}

func TestAnAnswerIsTakenOnceAndInTime(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	admin.key.Step = 0 // so that the counter is not what refuses
	admin.key.Count = 0
	options, err := c.BeginSignIn()
	c.must(err)
	response, err := admin.key.Get(options)
	c.must(err)
	finish := func(b json.RawMessage) error { _, _, err := c.FinishSignIn(context.Background(), b); return err }
	var won int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 8 { // the same answer from eight places at once
		all.Go(func() {
			if finish(response) == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if won != 1 {
		t.Errorf("one answer was taken %d times", won)
	}
	late, err := c.BeginSignIn()
	c.must(err)
	overdue, err := admin.key.Get(late)
	c.must(err)
	c.clock.pass(6 * time.Minute)
	if err := finish(overdue); code(err) != "sign_in_failed" {
		t.Errorf("after six minutes: %v", err)
	}
	fresh, err := c.BeginSignIn()
	c.must(err)
	before, err := admin.key.Get(fresh)
	c.must(err)
	c.restart()
	if err := finish(before); code(err) != "sign_in_failed" {
		t.Errorf("an answer from before the restart: %v", err)
	}
	adding, err := c.BeginPasskey(t.Context(), admin.Session)
	c.must(err)
	crossed, err := admin.key.Get(map[string]any{"challenge": challengeOf(t, adding)})
	c.must(err)
	if err := finish(crossed); code(err) != "sign_in_failed" {
		t.Errorf("a challenge that was drawn for another thing: %v", err)
	}
	forged, err := admin.key.Get(map[string]any{"challenge": strings.Repeat("A", 75)})
	c.must(err)
	if err := finish(forged); code(err) != "sign_in_failed" {
		t.Errorf("a challenge of one's own making: %v", err)
	}
}

func challengeOf(t *testing.T, options any) string {
	t.Helper()
	b, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	var o struct {
		PublicKey struct{ Challenge string } `json:"publicKey"`
	}
	if err := json.Unmarshal(b, &o); err != nil || o.PublicKey.Challenge == "" {
		t.Fatal(err, string(b))
	}
	return o.PublicKey.Challenge
}

func TestNoFloodOfBegunSignInsPushesOutAChallenge(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	options, err := c.BeginSignIn()
	c.must(err)
	for range 20000 {
		if _, err := c.BeginSignIn(); err != nil {
			t.Fatal(err)
		}
	}
	response, err := admin.key.Get(options)
	c.must(err)
	if _, _, err := c.FinishSignIn(t.Context(), response); err != nil {
		t.Errorf("after twenty thousand others: %v", err)
	}
}

func TestOptionsAskForADiscoverableVerifiedKeyAndNothingElse(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	for name, ask := range map[string]func() (any, error){
		"sign in": func() (any, error) { return c.BeginSignIn() },
		"passkey": func() (any, error) { return c.BeginPasskey(t.Context(), admin.Session) },
	} {
		options, err := ask()
		c.must(err)
		b, err := json.Marshal(options)
		c.must(err)
		s := string(b)
		if !strings.Contains(s, `"userVerification":"required"`) || strings.Contains(s, `"extensions"`) {
			t.Errorf("%s: %s", name, s)
		}
		if name == "sign in" && strings.Contains(s, "allowCredentials") {
			t.Errorf("credentials are named to a stranger: %s", s)
		}
		if name == "passkey" && (!strings.Contains(s, `"residentKey":"required"`) || !strings.Contains(s, `"excludeCredentials":[{`) || strings.Contains(s, `"direct"`)) {
			t.Errorf("%s: %s", name, s)
		}
	}
}

func TestTheLastWayInIsNeverDropped(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	own, err := c.Own(t.Context(), admin.Session)
	c.must(err)
	only := own.Passkeys[0].ID
	if err := c.DropPasskey(t.Context(), admin.Session, only); code(err) != "last_way" {
		t.Errorf("the only passkey: %v", err)
	}
	second := newKey()
	options, err := c.BeginPasskey(t.Context(), admin.Session)
	c.must(err)
	response, err := second.Create(options)
	c.must(err)
	c.must(c.FinishPasskey(t.Context(), admin.Session, "ehtiyat açarı", response))
	if err := c.FinishPasskey(t.Context(), admin.Session, "twice", response); err == nil {
		t.Error("one answer made two passkeys")
	}
	judge := c.person(admin, "judge", rights.Judge)
	if err := c.DropPasskey(t.Context(), judge.Session, only); code(err) != "passkey_unknown" {
		t.Errorf("somebody else's passkey: %v", err)
	}
	var all sync.WaitGroup
	own, err = c.Own(t.Context(), admin.Session)
	c.must(err)
	for _, w := range own.Passkeys { // both at once: one of them must stay
		all.Go(func() { _ = c.DropPasskey(context.Background(), admin.Session, w.ID) })
	}
	all.Wait()
	if own, err = c.Own(t.Context(), admin.Session); err != nil || len(own.Passkeys) != 1 {
		t.Errorf("%d passkeys are left, %v", len(own.Passkeys), err)
	}
}

func TestACredentialIsEnrolledOnceWhoeverBringsIt(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	judge := c.person(admin, "judge", rights.Judge)
	options, err := c.BeginPasskey(t.Context(), judge.Session)
	c.must(err)
	response, err := admin.key.Answer(challengeOf(t, options))
	c.must(err)
	if err := c.FinishPasskey(t.Context(), judge.Session, "x", response); code(err) != "passkey_known" {
		t.Errorf("the administrator's credential for the judge: %v", err)
	}
	if options, err = c.BeginPasskey(t.Context(), judge.Session); err != nil { // the one before was answered
		t.Fatal(err)
	}
	stolen, err := newKey().Create(options)
	c.must(err)
	if err := c.FinishPasskey(t.Context(), admin.Session, "x", stolen); code(err) != "passkey_refused" {
		t.Errorf("a challenge of the judge's session, answered in another: %v", err)
	}
}

func TestANewPasskeyIsRefusedWhereItsCeremonyIsNotRight(t *testing.T) {
	c := newCourt(t)
	oneTime, _, err := c.FirstCode(t.Context(), "baku")
	c.must(err)
	n := account.Named{Name: "Admin", Login: "admin"}
	for rule, bend := range map[string]func(*virtualkey.Key){
		"another origin":    func(k *virtualkey.Key) { k.Origin = "https://evil.example" },
		"another RP":        func(k *virtualkey.Key) { k.RP = "evil.example" },
		"nobody verified":   func(k *virtualkey.Key) { k.UV = false },
		"a sign-in's":       func(k *virtualkey.Key) { k.Type = "webauthn.get" },
		"impossible backup": func(k *virtualkey.Key) { k.BS = true },
		"framed":            func(k *virtualkey.Key) { k.Cross = true },
	} {
		t.Run(rule, func(t *testing.T) {
			key := newKey()
			bend(key)
			if _, err := c.claim(oneTime.Code, n, key); code(err) != "passkey_refused" {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := c.claim(oneTime.Code, n, newKey()); err != nil {
		t.Errorf("the code was used up by one of them: %v", err)
	}
}

func TestATouchIsOfTheOnePersonAndCanBeCheckedAgain(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	judge := c.person(admin, "judge", rights.Judge)
	challenge := sha256.Sum256([]byte("an act"))
	options, kept, err := c.Assertion(t.Context(), judge.id, challenge[:])
	c.must(err)
	if _, err := admin.key.Get(options); err == nil {
		t.Error("the options ask for the administrator's key too")
	}
	signed, err := admin.key.Get(map[string]any{"challenge": challengeOf(t, options)})
	c.must(err)
	if _, err := c.CheckAssertion(t.Context(), judge.id, kept, signed); code(err) != "sign_in_failed" {
		t.Errorf("the administrator's touch for the judge: %v", err)
	}
	response, err := judge.key.Get(options)
	c.must(err)
	touched, err := c.CheckAssertion(t.Context(), judge.id, kept, response)
	c.must(err)
	if touched.RP != rp || len(touched.PublicKey) == 0 || len(touched.Signature) == 0 || !strings.Contains(string(touched.ClientData), challengeOf(t, options)) {
		t.Errorf("%+v", touched)
	}
	if _, err := c.CheckAssertion(t.Context(), judge.id, kept, response); code(err) != "passkey_clone" {
		t.Errorf("the same touch again: %v", err)
	}
	person, _ := c.made(admin, "clerk", rights.CourtClerk)
	if _, _, err := c.Assertion(t.Context(), person.ID, challenge[:]); !errors.Is(err, account.ErrNoPasskey) {
		t.Errorf("somebody without a passkey: %v", err)
	}
}

func FuzzWhatAnAuthenticatorSaysNeverSignsInByItself(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA","userHandle":"AA"}}`))
	c := newCourt(f)
	c.first("baku")
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := c.FinishSignIn(context.Background(), b); err == nil {
			t.Errorf("%q signs in", b)
		}
		if _, _, err := c.FinishClaim(context.Background(), string(b), account.Named{Name: "x y", Login: "xyz"}, "l", b); err == nil {
			t.Errorf("%q claims", b)
		}
	})
}
