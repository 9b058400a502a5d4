package account_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parda/gateway/access/account"
	"parda/gateway/access/rights"
)

var root = account.Named{Name: "Root", Login: "root"}

func TestTheFirstAdministratorComesByACodeOnceAndOnlyWhereThereIsNone(t *testing.T) {
	c := newCourt(t)
	old, _, err := c.FirstCode(t.Context(), "baku")
	c.must(err)
	oneTime, _, err := c.FirstCode(t.Context(), "baku") // the next start
	c.must(err)
	if _, err := c.claim(old.Code, root, newKey()); code(err) != "code_used" {
		t.Errorf("the code of an earlier start: %v", err)
	}
	typed := strings.ToLower(strings.ReplaceAll(oneTime.Code, "-", " "))
	said, err := c.Claim(t.Context(), typed)
	if err != nil || said.Kind != account.ForFirst || said.Court != "baku" {
		t.Errorf("%+v %v", said, err)
	}
	admin, err := c.claim(typed, root, newKey())
	c.must(err)
	if admin.Person.Court != "baku" || !slices.Equal(admin.Person.Roles, []rights.Role{rights.Administrator}) || !c.in(admin.cookie) {
		t.Errorf("%+v", admin.Person)
	}
	if _, err := c.claim(oneTime.Code, root, newKey()); code(err) != "code_used" {
		t.Errorf("a second time: %v", err)
	}
	if _, ok, err := c.FirstCode(t.Context(), "baku"); ok || err != nil {
		t.Errorf("another first code where there is an administrator: %v %v", ok, err)
	}
	if other, _, err := c.FirstCode(t.Context(), "ganja"); err != nil {
		t.Error(err)
	} else if p, err := c.claim(other.Code, account.Named{Name: "Other", Login: "root"}, newKey()); code(err) != "login_taken" {
		t.Errorf("a login that is taken: %v %v", p, err)
	} else if p, err := c.claim(other.Code, account.Named{Name: "Other", Login: "other"}, newKey()); err != nil || p.Person.Court != "ganja" {
		t.Errorf("Ganja's code makes an administrator of %+v, %v", p, err)
	}
	codes, raw := c.audited("baku")
	if !slices.Contains(codes, "account.code_drawn") || !slices.Contains(codes, "account.claimed") || strings.Contains(raw, "Root") || strings.Contains(raw, `"root"`) {
		t.Errorf("%v\n%s", codes, raw)
	}
}

func TestACodeThatIsNotGoodClaimsNothing(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	_, oneTime := c.made(admin, "judge", rights.Judge)
	person, renewed := c.made(admin, "clerk", rights.CourtClerk)
	newer, err := c.CodeAnew(t.Context(), admin.Session, nil, person.ID)
	c.must(err)
	closed, gone := c.made(admin, "gone", rights.Interpreter)
	_, err = c.Close(t.Context(), admin.Session, nil, closed.ID)
	c.must(err)
	for rule, tc := range map[string]struct{ code, want string }{
		"one that was never drawn": {"00000-00000-00000-00000-00000", "code_wrong"},
		"none":                     {"", "code_wrong"},
		"endless":                  {strings.Repeat("0", 1<<16), "code_wrong"},
		"replaced by a newer one":  {renewed, "code_used"},
		"of a closed account":      {gone, "code_wrong"},
	} {
		if _, err := c.claim(tc.code, account.Named{}, newKey()); code(err) != tc.want {
			t.Errorf("%s: %v; want %s", rule, err, tc.want)
		}
	}
	if _, err := c.claim(newer.Code, account.Named{}, newKey()); err != nil {
		t.Errorf("the newer one: %v", err)
	}
	if _, err := c.CodeAnew(t.Context(), admin.Session, nil, person.ID); code(err) != "person_claimed" {
		t.Errorf("one administrator alone draws a code for an account that has an owner: %v", err)
	}
	c.clock.pass(25 * time.Hour)
	if _, err := c.claim(oneTime, account.Named{}, newKey()); code(err) != "code_over" {
		t.Errorf("after 25 hours: %v", err)
	}
}

func TestOfTwoBrowsersWithOneCodeOneClaims(t *testing.T) {
	c := newCourt(t)
	_, oneTime := c.made(c.first("baku"), "judge", rights.Judge)
	type try struct {
		p   *somebody
		err error
	}
	tries := make([]try, 6)
	var all sync.WaitGroup
	for i := range tries {
		all.Go(func() {
			key := newKey()
			options, _, err := c.BeginClaim(context.Background(), oneTime, account.Named{})
			if err != nil {
				tries[i].err = err
				return
			}
			response, err := key.Create(options)
			if err != nil {
				tries[i].err = err
				return
			}
			cookie, s, err := c.FinishClaim(context.Background(), oneTime, account.Named{}, "l", response)
			tries[i] = try{&somebody{s.Person.ID, key, cookie, s}, err}
		})
	}
	all.Wait()
	var winner *somebody
	for _, one := range tries {
		switch {
		case one.err == nil && winner == nil:
			winner = one.p
		case code(one.err) != "code_used":
			t.Errorf("%v", one.err)
		}
	}
	if winner == nil {
		t.Fatal("nobody claimed")
	}
	own, err := c.Own(t.Context(), winner.Session)
	if err != nil || len(own.Passkeys) != 1 {
		t.Errorf("%d passkeys, %v", len(own.Passkeys), err)
	}
	n := 0
	codes, _ := c.audited("baku")
	for _, e := range codes {
		if e == "account.claimed" {
			n++
		}
	}
	if n != 2 { // the administrator's and this one
		t.Errorf("%d claims in the audit", n)
	}
}

func TestACeremonyOfOneCodeDoesNotClaimByAnother(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	_, forJudge := c.made(admin, "judge", rights.Judge)
	_, forClerk := c.made(admin, "clerk", rights.CourtClerk)
	options, _, err := c.BeginClaim(t.Context(), forClerk, account.Named{})
	c.must(err)
	response, err := newKey().Create(options)
	c.must(err)
	if _, _, err := c.FinishClaim(t.Context(), forJudge, account.Named{}, "l", response); code(err) != "passkey_refused" {
		t.Errorf("%v", err)
	}
	first, _, err := c.FirstCode(t.Context(), "ganja")
	c.must(err)
	options, _, err = c.BeginClaim(t.Context(), first.Code, account.Named{Name: "Shown", Login: "shown"})
	c.must(err)
	response, err = newKey().Create(options)
	c.must(err)
	if _, _, err := c.FinishClaim(t.Context(), first.Code, account.Named{Name: "Other", Login: "other"}, "l", response); code(err) != "passkey_refused" {
		t.Errorf("under another name than the authenticator was shown: %v", err)
	}
}

func TestAFullDiskClaimsNothingAndUsesNothingUp(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	_, oneTime := c.made(admin, "judge", rights.Judge)
	c.store.SetFault(full{})
	if _, err := c.claim(oneTime, account.Named{}, newKey()); code(err) != "not_durable" {
		t.Errorf("%v", err)
	}
	if _, err := c.signIn(admin.key); code(err) != "not_durable" {
		t.Errorf("a sign-in that cannot be entered: %v", err)
	}
	c.store.SetFault(nil)
	if c.ledger.Healthy() != nil {
		c.restart() // the ledger does not go on by itself after a fault
	}
	if _, err := c.claim(oneTime, account.Named{}, newKey()); err != nil {
		t.Errorf("after room was made: %v", err)
	}
}

type full struct{}

func (full) Before(string) error { return errFull }

type diskFull struct{}

func (diskFull) Error() string { return "no space left on device" }

var errFull = diskFull{}

func TestNoSecretIsInTheStore(t *testing.T) {
	c := newCourt(t)
	oneTime, _, err := c.FirstCode(t.Context(), "baku")
	c.must(err)
	admin, err := c.claim(oneTime.Code, root, newKey())
	c.must(err)
	_, waiting := c.made(admin, "judge", rights.Judge)
	cookie, secret := c.byPassword(admin, "bir uzun və möhkəm söz")
	c.must(c.ledger.Close(t.Context()))
	c.must(c.store.Close())
	defer c.open()
	for what, s := range map[string]string{"first code": oneTime.Code, "code": waiting, "code bare": strings.ReplaceAll(waiting, "-", ""), "cookie": admin.cookie, "cookie by password": cookie,
		"TOTP": secret, "password": "möhkəm söz"} {
		search(t, c.dir, what, s)
	}
}
