package account_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parda/gateway/access/account"
	"parda/gateway/access/rights"
)

// The rule itself is written here a second time, by what each role does, and not read from the code.
func TestNoTwoRolesThatMustStayApartMeetInOnePerson(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	allowed := [][]rights.Role{{rights.DefenceCounsel, rights.VictimsLawyer}, {rights.SupportPerson, rights.LegalGuardian}, {rights.Auditor, rights.RegisterOfficer}}
	may := func(x, y rights.Role) bool {
		return slices.ContainsFunc(allowed, func(p []rights.Role) bool { return x != y && slices.Contains(p, x) && slices.Contains(p, y) })
	}
	pairs := 0
	for i, x := range rights.Roles() {
		p, _ := c.made(admin, "p"+string(rune('a'+i))+"x", x)
		for j, y := range rights.Roles() {
			if x == y {
				continue
			}
			pairs++
			want := "roles_apart"
			if may(x, y) {
				want = ""
			}
			_, _, err := c.Enrol(t.Context(), admin.Session, nil, "Two Roles", "two"+string(rune('a'+i))+string(rune('a'+j)), []rights.Role{x, y})
			if code(err) != want {
				t.Errorf("enrolled as %s and %s: %v; want %q", x, y, err, want)
			}
			if _, err := c.Grant(t.Context(), admin.Session, nil, p.ID, y); code(err) != want {
				t.Errorf("%s given to a %s: %v; want %q", y, x, err, want)
			} else if err == nil {
				_, err := c.Revoke(t.Context(), admin.Session, nil, p.ID, y)
				c.must(err)
			}
			if !may(x, y) && rights.Compatible([]rights.Role{x, y}) && (x == rights.Administrator || x == rights.Auditor) {
				t.Errorf("rights lets %s be %s", x, y)
			}
		}
	}
	if n := len(rights.Roles()); pairs != n*(n-1) || n < 12 {
		t.Errorf("%d pairs of %d roles were tried", pairs, n)
	}
	for _, roles := range [][]rights.Role{nil, {"king"}, {rights.Judge, rights.Judge}, {rights.DefenceCounsel, rights.VictimsLawyer, rights.Prosecutor}} {
		if _, _, err := c.Enrol(t.Context(), admin.Session, nil, "Bad Roles", "bad.roles", roles); err == nil {
			t.Errorf("%v was taken", roles)
		}
	}
}

func TestNobodyDoesAnythingForHerselfOrInAnotherCourt(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	other := c.first("ganja")
	judge := c.person(admin, "judge", rights.Judge)
	for name, act := range map[string]func(by account.Session, whom string) error{
		"grant": func(by account.Session, whom string) error {
			_, err := c.Grant(t.Context(), by, nil, whom, rights.Judge)
			return err
		},
		"revoke": func(by account.Session, whom string) error {
			_, err := c.Revoke(t.Context(), by, nil, whom, rights.Judge)
			return err
		},
		"close": func(by account.Session, whom string) error { _, err := c.Close(t.Context(), by, nil, whom); return err },
		"code": func(by account.Session, whom string) error {
			_, err := c.CodeAnew(t.Context(), by, nil, whom)
			return err
		},
		"recover": func(by account.Session, whom string) error {
			_, err := c.AskRecovery(t.Context(), by, nil, whom)
			return err
		},
	} {
		for rule, tc := range map[string]struct {
			by   account.Session
			whom string
			want string
		}{
			"herself":                   {admin.Session, admin.id, "not_yourself"},
			"a person of another court": {other.Session, judge.id, "person_unknown"},
			"nobody":                    {admin.Session, "p-0000000000", "person_unknown"},
			"by a judge":                {judge.Session, admin.id, "not_allowed"},
		} {
			if err := act(tc.by, tc.whom); code(err) != tc.want {
				t.Errorf("%s, %s: %v; want %s", name, rule, err, tc.want)
			}
		}
	}
	if all, err := c.People(t.Context(), "ganja"); err != nil || len(all) != 1 || all[0].ID != other.id {
		t.Errorf("Ganja's people: %+v %v", all, err)
	}
	if !c.in(judge.cookie) || !c.in(admin.cookie) {
		t.Error("a refused act ended a session")
	}
}

func TestWithoutTheTouchNothingIsDone(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	judge := c.person(admin, "judge", rights.Judge)
	before, _ := c.audited("baku")
	refuse := func() error { return errors.New("no touch") }
	_, _, err := c.Enrol(t.Context(), admin.Session, refuse, "New Person", "new", []rights.Role{rights.Judge})
	_, granted := c.Grant(t.Context(), admin.Session, refuse, judge.id, rights.Administrator)
	_, asked := c.AskRecovery(t.Context(), admin.Session, refuse, judge.id)
	_, closed := c.Close(t.Context(), admin.Session, refuse, judge.id)
	if err == nil || granted == nil || asked == nil || closed == nil {
		t.Error(err, granted, asked, closed)
	}
	if code(granted) != "roles_apart" {
		t.Errorf("a touch was asked for what is refused anyway: %v", granted)
	}
	after, _ := c.audited("baku")
	if all, err := c.People(t.Context(), "baku"); err != nil || len(all) != 2 || len(after) != len(before) || !c.in(judge.cookie) {
		t.Errorf("%d people, %d events more, %v", len(all), len(after)-len(before), err)
	}
}

func TestWhatChangesAPersonEndsHerSessions(t *testing.T) {
	for rule, change := range map[string]func(c *court, admin, p *somebody) error{
		"a role more": func(c *court, admin, p *somebody) error {
			_, err := c.Grant(c.t.Context(), admin.Session, nil, p.id, rights.VictimsLawyer)
			return err
		},
		"a role less": func(c *court, admin, p *somebody) error {
			_, err := c.Revoke(c.t.Context(), admin.Session, nil, p.id, rights.DefenceCounsel)
			return err
		},
		"closed": func(c *court, admin, p *somebody) error {
			_, err := c.Close(c.t.Context(), admin.Session, nil, p.id)
			return err
		},
		"recovered": func(c *court, admin, p *somebody) error {
			second := c.person(admin, "admin.two", rights.Administrator)
			r, err := c.AskRecovery(c.t.Context(), admin.Session, nil, p.id)
			c.must(err)
			oneTime, err := c.Agree(c.t.Context(), second.Session, nil, r.ID)
			c.must(err)
			if !c.in(p.cookie) {
				c.t.Error("a recovery ended something before it was claimed")
			}
			_, err = c.claim(oneTime.Code, account.Named{}, newKey())
			return err
		},
	} {
		t.Run(rule, func(t *testing.T) {
			c := newCourt(t)
			admin := c.first("baku")
			p := c.person(admin, "counsel", rights.DefenceCounsel)
			again, err := c.signIn(p.key)
			c.must(err)
			stale, _ := c.BeginSignIn()
			response, err := p.key.Get(stale)
			c.must(err)
			c.must(change(c, admin, p))
			for _, s := range []*somebody{p, again} {
				if c.in(s.cookie) || c.Alive(t.Context(), s.ID) || !c.hasEnded(s.ID) {
					t.Errorf("a session goes on: in %v, alive %v, told %v", c.in(s.cookie), c.Alive(t.Context(), s.ID), c.hasEnded(s.ID))
				}
				if _, err := c.BeginPasskey(t.Context(), s.Session); err == nil {
					t.Error("a session that ended makes a way in")
				}
			}
			_, _, err = c.FinishSignIn(context.Background(), response)
			if left := rule == "a role more" || rule == "a role less"; (err == nil) != left {
				t.Errorf("the old passkey afterwards: %v", err)
			}
			if !c.in(admin.cookie) {
				t.Error("the administrator's own session ended")
			}
		})
	}
}

func TestTwoAdministratorsWhoActOnEachOtherLeaveOne(t *testing.T) {
	c := newCourt(t)
	one := c.first("baku")
	two := c.person(one, "admin.two", rights.Administrator)
	var all sync.WaitGroup
	errs := make([]error, 2)
	all.Go(func() { _, errs[0] = c.Close(context.Background(), one.Session, nil, two.id) })
	all.Go(func() { _, errs[1] = c.Revoke(context.Background(), two.Session, nil, one.id, rights.Administrator) })
	all.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("%v, %v: exactly one should have come first", errs[0], errs[1])
	}
	if _, ok, err := c.FirstCode(t.Context(), "baku"); ok || err != nil {
		t.Errorf("the court has no administrator left: %v", err)
	}
}

// A coerced administrator (A6) makes up the second one in a minute; nobody of the court would have had the time to see it.
func TestAnAdministratorWhoWasJustMadeUpCountsInNoRecovery(t *testing.T) {
	c := newCourt(t, func(cfg *account.Config) { cfg.Settled = 24 * time.Hour })
	one := c.first("baku")
	c.clock.pass(48 * time.Hour)
	one, err := c.signIn(one.key)
	c.must(err)
	made := c.person(one, "admin.made", rights.Administrator)
	judge := c.person(one, "judge", rights.Judge)
	for rule, tc := range map[string]struct{ asks, agrees *somebody }{"she agrees": {one, made}, "she asks": {made, one}} {
		r, err := c.AskRecovery(t.Context(), tc.asks.Session, nil, judge.id)
		c.must(err)
		if !r.Operator {
			t.Errorf("%s: the page does not say that the operator can help", rule)
		}
		if _, err := c.Agree(t.Context(), tc.agrees.Session, nil, r.ID); code(err) != "administrator_young" {
			t.Errorf("%s: %v", rule, err)
		}
	}
	if _, kind, err := account.OperatorCode(t.Context(), c.store, "baku", judge.id, c.cfg.Settled, c.clock.now()); err != nil || kind != account.ForRecovery {
		t.Errorf("the operator cannot help: %s %v", kind, err)
	}
	c.clock.pass(24 * time.Hour)
	one, err = c.signIn(one.key)
	c.must(err)
	made, err = c.signIn(made.key)
	c.must(err)
	r, err := c.AskRecovery(t.Context(), one.Session, nil, judge.id)
	c.must(err)
	if r.Operator {
		t.Error("two can do it, and the page sends them to the operator")
	}
	if _, _, err := account.OperatorCode(t.Context(), c.store, "baku", judge.id, c.cfg.Settled, c.clock.now()); err == nil {
		t.Error("the operator steps in where two administrators can")
	}
	if _, err := c.Agree(t.Context(), made.Session, nil, r.ID); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

func TestARecoveryNeedsTwoAdministratorsAndNeitherIsThePerson(t *testing.T) {
	c := newCourt(t)
	one := c.first("baku")
	two := c.person(one, "admin.two", rights.Administrator)
	three := c.person(one, "admin.three", rights.Administrator)
	elsewhere := c.first("ganja")
	judge := c.person(one, "judge", rights.Judge)
	ask := func() account.Recovery {
		r, err := c.AskRecovery(t.Context(), one.Session, nil, judge.id)
		c.must(err)
		return r
	}
	r := ask()
	for rule, tc := range map[string]struct {
		by   *somebody
		id   string
		want string
	}{
		"who asked":                {one, r.ID, "not_yourself"},
		"another court's":          {elsewhere, r.ID, "recovery_unknown"},
		"a judge":                  {judge, r.ID, "not_allowed"},
		"one that was never asked": {two, "r-0000000000", "recovery_unknown"},
	} {
		if _, err := c.Agree(t.Context(), tc.by.Session, nil, tc.id); code(err) != tc.want {
			t.Errorf("%s: %v; want %s", rule, err, tc.want)
		}
	}
	forTwo, err := c.AskRecovery(t.Context(), one.Session, nil, two.id)
	c.must(err)
	if _, err := c.Agree(t.Context(), two.Session, nil, forTwo.ID); code(err) != "not_yourself" {
		t.Errorf("the person herself agrees: %v", err)
	}
	if err := c.RefuseRecovery(t.Context(), two.Session, forTwo.ID); code(err) != "not_yourself" {
		t.Errorf("the person herself refuses: %v", err)
	}
	c.must(c.RefuseRecovery(t.Context(), three.Session, forTwo.ID))
	if list, err := c.Recoveries(t.Context(), two.Session); err != nil || len(list) != 1 || list[0].ID != r.ID || list[0].Mine || list[0].Operator {
		t.Errorf("%+v %v", list, err)
	}
	oneTime, err := c.Agree(t.Context(), two.Session, nil, r.ID)
	c.must(err)
	if _, err := c.Agree(t.Context(), three.Session, nil, r.ID); code(err) != "recovery_unknown" {
		t.Errorf("agreed twice: %v", err)
	}
	said, err := c.Claim(t.Context(), oneTime.Code)
	if err != nil || said.Kind != account.ForRecovery || said.Person.ID != judge.id || said.Ends.Sub(c.clock.now()) != time.Hour {
		t.Errorf("%+v %v", said, err)
	}
	if _, err := c.signIn(judge.key); err != nil {
		t.Errorf("the old passkey before the claim: %v", err)
	}
	c.byPassword(judge, good)
	anew, err := c.claim(oneTime.Code, account.Named{}, newKey())
	c.must(err)
	if _, err := c.signIn(judge.key); code(err) != "sign_in_failed" {
		t.Errorf("the old passkey after the claim: %v", err)
	}
	if own, err := c.Own(t.Context(), anew.Session); err != nil || len(own.Passkeys) != 1 || own.Password || anew.id != judge.id {
		t.Errorf("%+v %v", own, err)
	}
	codes, raw := c.audited("baku")
	for _, want := range []string{"recovery.asked", "recovery.agreed", "recovery.refused"} {
		if !slices.Contains(codes, want) {
			t.Errorf("%s is not in the audit", want)
		}
	}
	if !strings.Contains(raw, one.id) || !strings.Contains(raw, two.id) {
		t.Error("the audit does not name both")
	}
}

func TestARecoveryDoesNotOutliveItsTimeOrItsAsker(t *testing.T) {
	c := newCourt(t)
	one := c.first("baku")
	two := c.person(one, "admin.two", rights.Administrator)
	three := c.person(one, "admin.three", rights.Administrator)
	judge := c.person(one, "judge", rights.Judge)
	r, err := c.AskRecovery(t.Context(), two.Session, nil, judge.id)
	c.must(err)
	_, err = c.Close(t.Context(), one.Session, nil, two.id)
	c.must(err)
	if _, err := c.Agree(t.Context(), three.Session, nil, r.ID); code(err) != "recovery_unknown" {
		t.Errorf("its asker's account is closed: %v", err)
	}
	if r, err = c.AskRecovery(t.Context(), one.Session, nil, judge.id); err != nil {
		t.Fatal(err)
	}
	c.busy[three.id] = true
	oneTime, err := c.Agree(t.Context(), three.Session, nil, r.ID)
	c.must(err)
	c.clock.pass(61 * time.Minute)
	if _, err := c.claim(oneTime.Code, account.Named{}, newKey()); code(err) != "code_over" {
		t.Errorf("after an hour: %v", err)
	}
	one, err = c.signIn(one.key)
	c.must(err)
	r, err = c.AskRecovery(t.Context(), one.Session, nil, judge.id)
	c.must(err)
	c.clock.pass(25 * time.Hour)
	three, err = c.signIn(three.key)
	c.must(err)
	if _, err := c.Agree(t.Context(), three.Session, nil, r.ID); code(err) != "recovery_unknown" {
		t.Errorf("after 25 hours: %v", err)
	}
}

func TestTheOperatorDrawsWhatTwoAdministratorsCannotAndTheAuditIsTold(t *testing.T) {
	c := newCourt(t)
	draw := func(court, person string) (account.Code, string, error) {
		return account.OperatorCode(t.Context(), c.store, court, person, c.cfg.Settled, c.clock.now())
	}
	first, kind, err := draw("baku", "")
	if err != nil || kind != account.ForFirst {
		t.Fatal(kind, err)
	}
	admin, err := c.claim(first.Code, root, newKey())
	c.must(err)
	judge := c.person(admin, "judge", rights.Judge)
	if _, _, err := draw("baku", judge.id); err == nil {
		t.Error("the operator alone recovers a judge")
	}
	r, err := c.AskRecovery(t.Context(), admin.Session, nil, judge.id)
	if err != nil || !r.Operator {
		t.Fatalf("%+v %v", r, err)
	}
	agreed, kind, err := draw("baku", judge.id)
	if err != nil || kind != account.ForRecovery {
		t.Fatal(kind, err)
	}
	if _, _, err := draw("baku", judge.id); err == nil {
		t.Error("one wish, two codes")
	}
	if _, err := c.claim(agreed.Code, account.Named{}, newKey()); err != nil {
		t.Error(err)
	}
	lost, kind, err := draw("baku", "")
	if err != nil || kind != account.ForRecovery {
		t.Fatal(kind, err)
	}
	c.Sweep(t.Context()) // the running gateway finds it
	if _, raw := c.audited("baku"); strings.Count(raw, `"by":"operator"`) != 3 {
		t.Errorf("the audit was told of %d codes of the operator's", strings.Count(raw, `"by":"operator"`))
	}
	if again, err := c.claim(lost.Code, account.Named{}, newKey()); err != nil || again.id != admin.id || c.in(admin.cookie) {
		t.Errorf("the only administrator's new way in: %v", err)
	} else {
		admin = again
	}
	c.person(admin, "admin.two", rights.Administrator)
	if _, _, err := draw("baku", ""); err == nil || !strings.Contains(err.Error(), admin.id) {
		t.Errorf("two administrators, and nobody named: %v", err)
	}
}
