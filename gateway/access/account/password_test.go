package account_test

import (
	"bytes"
	"context"
	"encoding/base32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"parda/gateway/access/account"
	"parda/gateway/access/rights"
)

// search fails if a file below dir holds the secret.
func search(t *testing.T, dir, what, secret string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		raw, _ := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
		if secret == "" || bytes.Contains(b, []byte(secret)) || len(raw) > 8 && bytes.Contains(b, raw) {
			t.Errorf("%s holds the %s", d.Name(), what)
		}
		return err
	})
	if err != nil || files < 3 {
		t.Fatal(files, err)
	}
}

// digits are the six of a secret at a time.
func digits(t testing.TB, secret string, at time.Time) string {
	t.Helper()
	s, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// byPassword gives somebody a password too, and signs her in by it.
func (c *court) byPassword(p *somebody, password string) (cookie, secret string) {
	c.t.Helper()
	e, err := c.BeginPassword(c.t.Context(), p.Session, password)
	c.must(err)
	c.must(c.FinishPassword(c.t.Context(), p.Session, password, e.Sealed, digits(c.t, e.Secret, c.clock.now())))
	c.clock.pass(time.Minute)
	cookie, _, _, err = c.SignInByPassword(c.t.Context(), account.Guess{Login: p.Person.Login, Password: password, Digits: digits(c.t, e.Secret, c.clock.now()), Source: "192.0.2.1"})
	c.must(err)
	return cookie, e.Secret
}

const good = "qırmızı alma, yaşıl qayıq"

func TestAPasswordSignsInWithItsCodeAndEachCodeOnce(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	_, secret := c.byPassword(admin, good)
	guess := func(login, password, six string) error {
		c.clock.pass(2 * time.Hour) // so that waiting is not what refuses
		if six == "now" {
			six = digits(t, secret, c.clock.now())
		}
		_, _, s, err := c.SignInByPassword(t.Context(), account.Guess{Login: login, Password: password, Digits: six, Source: "192.0.2.7"})
		if err == nil && s.Person.ID != admin.id {
			t.Errorf("came in as %s", s.Person.ID)
		}
		return err
	}
	login := admin.Person.Login
	for _, tc := range []struct{ rule, login, password, six, want string }{
		{"all right", login, good, "now", ""},
		{"as a hand writes the login", " " + strings.ToUpper(login) + " ", good, "now", ""},
		{"letters in another form of Unicode", login, strings.ReplaceAll(good, "ş", "s\u0327"), "now", ""},
		{"wrong password", login, good + "!", "now", "sign_in_failed"},
		{"no password", login, "", "now", "sign_in_failed"},
		{"another case", login, strings.ToUpper(good), "now", "sign_in_failed"},
		{"wrong digits", login, good, "000000", "sign_in_failed"},
		{"no digits", login, good, "", "sign_in_failed"},
		{"nobody's login", "nobody", good, "now", "sign_in_failed"},
		{"no login", "", "", "", "sign_in_failed"},
		{"a huge password", login, strings.Repeat("ə", 1<<16), "now", "sign_in_failed"},
	} {
		if err := guess(tc.login, tc.password, tc.six); code(err) != tc.want {
			t.Errorf("%s: %v; want %q", tc.rule, err, tc.want)
		}
	}
	c.restart() // nobody waits any more for what was wrong above
	now := c.clock.now().Add(2 * time.Hour)
	c.clock.pass(2 * time.Hour)
	for _, tc := range []struct {
		rule string
		at   time.Time
		want string
	}{
		{"two steps early", now.Add(time.Minute), "sign_in_failed"},
		{"two steps late", now.Add(-time.Minute), "sign_in_failed"},
		{"one step late", now.Add(-30 * time.Second), ""},
		{"the same digits again", now.Add(-30 * time.Second), "sign_in_failed"},
		{"one step early", now.Add(30 * time.Second), ""},
		{"an earlier step than one that was taken", now, "sign_in_failed"},
	} {
		_, _, _, err := c.SignInByPassword(t.Context(), account.Guess{Login: login, Password: good, Digits: digits(t, secret, tc.at), Source: "192.0.2.8"})
		if code(err) != tc.want {
			t.Errorf("%s: %v; want %q", tc.rule, err, tc.want)
		}
	}
}

func TestTheSameSixDigitsAtOnceSignInOnce(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	_, secret := c.byPassword(admin, good)
	c.clock.pass(time.Minute)
	six, won := digits(t, secret, c.clock.now()), 0
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, _, _, err := c.SignInByPassword(context.Background(), account.Guess{Login: admin.Person.Login, Password: good, Digits: six, Source: "192.0.2.9"}); err == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if won != 1 {
		t.Errorf("%d came in", won)
	}
}

func TestGuessingWaitsAndLocksNobodyOut(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	judge := c.person(admin, "judge", rights.Judge)
	c.byPassword(judge, good)
	secret := func() string { // a second password, so that the first sign-in's known browser is of this account
		e, err := c.BeginPassword(t.Context(), judge.Session, good)
		c.must(err)
		c.must(c.FinishPassword(t.Context(), judge.Session, good, e.Sealed, digits(t, e.Secret, c.clock.now())))
		return e.Secret
	}()
	c.clock.pass(time.Minute)
	_, known, _, err := c.SignInByPassword(t.Context(), account.Guess{Login: "judge", Password: good, Digits: digits(t, secret, c.clock.now()), Source: "192.0.2.2"})
	c.must(err)
	guess := func(login, source, known string) error {
		_, _, _, err := c.SignInByPassword(t.Context(), account.Guess{Login: login, Password: "wrong but long enough", Digits: "123456", Source: source, Known: known})
		return err
	}
	c.busy[judge.id] = true // she sits in a hearing
	var waits []time.Duration
	for i := range 40 { // a crowd of sources against one login
		err := guess("judge", "198.51.100."+string(rune('a'+i)), "")
		if code(err) == "too_many" {
			waits = append(waits, account.Wait(err))
			c.clock.pass(account.Wait(err))
		}
	}
	if len(waits) < 10 || waits[0] > 2*time.Second || waits[len(waits)-1] < 10*time.Minute || !slices.IsSorted(waits) {
		t.Errorf("the waiting does not grow: %v", waits)
	}
	if code(guess("judge", "203.0.113.1", "")) == "too_many" && account.Wait(guess("judge", "203.0.113.1", "")) > time.Hour {
		t.Error("the waiting grows for ever")
	}
	if err := guess("judge", "203.0.113.9", ""); code(err) != "too_many" {
		t.Errorf("a stranger does not wait: %v", err)
	}
	if _, err := c.signIn(judge.key); err != nil {
		t.Errorf("the judge's passkey waits for guesses in her name: %v", err)
	}
	if !c.in(judge.cookie) {
		t.Error("the judge's session ended by guesses in her name")
	}
	six := digits(t, secret, c.clock.now())
	if _, _, _, err := c.SignInByPassword(t.Context(), account.Guess{Login: "judge", Password: good, Digits: six, Source: "203.0.113.1", Known: known}); err != nil {
		t.Errorf("a browser that knew the password waits for strangers: %v", err)
	}
	if err := guess("clerk", "192.0.2.2", ""); code(err) != "sign_in_failed" {
		t.Errorf("somebody else in the same court: %v", err)
	}
	for range 60 {
		_ = guess("x"+string(rune('a'+len(waits))), "192.0.2.66", "")
		waits = append(waits, 0)
	}
	if err := guess("fresh", "192.0.2.66", ""); code(err) != "too_many" {
		t.Errorf("one source tries many logins without waiting: %v", err)
	}
	c.clock.pass(time.Minute)
	if err := guess("admin.baku", "192.0.2.70", known); code(err) != "sign_in_failed" {
		t.Errorf("a cookie of the judge's for the administrator: %v", err)
	}
}

func TestAnUnknownLoginIsAuditedWithoutAName(t *testing.T) {
	c := newCourt(t)
	c.first("baku")
	_, _, _, err := c.SignInByPassword(t.Context(), account.Guess{Login: "leyla.mammadova", Password: "something wrong", Digits: "123456", Source: "192.0.2.44"})
	if code(err) != "sign_in_failed" {
		t.Fatal(err)
	}
	for _, name := range []string{"baku", "ganja"} {
		codes, raw := c.audited(name)
		if !slices.Contains(codes, "account.refused") || !strings.Contains(raw, `"why":"unknown"`) {
			t.Errorf("%s: it is not entered: %v", name, codes)
		}
		if strings.Contains(raw, "leyla") || strings.Contains(raw, "192.0.2") {
			t.Errorf("%s: %s", name, raw)
		}
	}
}

// How long an answer takes is decided by the hash. So hashes are counted, with the parameters that they were made with, and no times are measured.
func TestALoginThatIsNotThereCostsTheSameHash(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	c.byPassword(admin, good)
	closed := c.person(admin, "closed", rights.Judge)
	c.byPassword(closed, good)
	c.person(admin, "without", rights.Judge) // has a passkey and no password
	_, err := c.Close(t.Context(), admin.Session, nil, closed.id)
	c.must(err)
	for _, tc := range []struct{ login, password string }{
		{admin.Person.Login, "wrong but long enough"}, {"nobody", "wrong but long enough"}, {"closed", good}, {"without", good}, {"", good}, {"nobody", ""}, {admin.Person.Login, ""},
	} {
		before := c.Matched()
		_, _, _, err := c.SignInByPassword(t.Context(), account.Guess{Login: tc.login, Password: tc.password, Digits: "123456"})
		if n := c.Matched() - before; n != 1 || code(err) != "sign_in_failed" {
			t.Errorf("%q: %d hashes, %v", tc.login, n, err)
		}
	}
}

func TestAFloodOfRefusalsIsCountedAndDoesNotFillTheAudit(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	before, _ := c.audited("baku")
	for range 150 {
		bent := admin.key.Copy()
		bent.UV = false
		if _, err := c.signIn(bent); code(err) != "sign_in_failed" {
			t.Fatal(err)
		}
	}
	after, _ := c.audited("baku")
	if n := len(after) - len(before); n < 20 || n > 100 {
		t.Errorf("150 refusals made %d entries", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.Run(ctx) // its end enters what was only counted
	if _, raw := c.audited("baku"); !strings.Contains(raw, `"more":1`) {
		t.Error("the audit does not say how many were left out")
	}
}

func TestAPasswordIsLongAndNotCommonAndNothingElseIsAskedOfIt(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	p := c.person(admin, "aysel.quliyeva", rights.Judge)
	for password, want := range map[string]string{
		"qırmızı alma":                   "",
		"correct horse battery st":       "",
		"тихое утро над морем":           "",
		"aaaaaaaaaaab":                   "password_common",
		"11 characte":                    "password_weak",
		"":                               "password_weak",
		strings.Repeat("long", 65):       "password_weak",
		"\x00\x01\x02345678901234":       "password_weak",
		"aysel.quliyeva":                 "password_common",
		"Aysel.Quliyeva1":                "password_common",
		"123456789012":                   "password_common",
		"qwertyuiopas":                   "password_common",
		"parolparolparol":                "password_common",
		"Password1234!":                  "password_common",
		"azərbaycan2026":                 "password_common",
		"correcthorsebatterystaple":      "password_common",
		"zyxwvutsrqponm":                 "password_common",
		"quliyeva, ancaq uzun bir cümlə": "",
	} {
		if _, err := c.BeginPassword(t.Context(), p.Session, password); code(err) != want {
			t.Errorf("%q: %v; want %q", password, err, want)
		}
	}
}

func TestAnEnrolmentIsForOneSessionAndForAWhile(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	judge := c.person(admin, "judge", rights.Judge)
	e, err := c.BeginPassword(t.Context(), judge.Session, good)
	c.must(err)
	if !strings.HasPrefix(e.URI, "otpauth://totp/") || !strings.HasPrefix(e.QR, "data:image/png;base64,") || len(e.Secret) < 32 {
		t.Errorf("%+v", e)
	}
	six := digits(t, e.Secret, c.clock.now())
	if err := c.FinishPassword(t.Context(), admin.Session, good, e.Sealed, six); code(err) != "code_over" {
		t.Errorf("in another session: %v", err)
	}
	if err := c.FinishPassword(t.Context(), judge.Session, good, e.Sealed, "000000"); code(err) != "totp_wrong" {
		t.Errorf("with wrong digits: %v", err)
	}
	if err := c.FinishPassword(t.Context(), judge.Session, good, e.Sealed+"A", six); code(err) != "code_over" {
		t.Errorf("changed: %v", err)
	}
	if own, err := c.Own(t.Context(), judge.Session); err != nil || own.Password {
		t.Errorf("something was kept: %+v %v", own, err)
	}
	c.clock.pass(16 * time.Minute)
	if err := c.FinishPassword(t.Context(), judge.Session, good, e.Sealed, digits(t, e.Secret, c.clock.now())); code(err) != "code_over" {
		t.Errorf("too late: %v", err)
	}
}

func TestWhereTheCourtUsesNoPasswordsThereAreNone(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	_, secret := c.byPassword(admin, good)
	c.cfg.Password = false
	c.restart()
	c.clock.pass(time.Hour / 4)
	_, oneTime := c.made(admin, "judge", rights.Judge)
	for rule, err := range map[string]error{
		"sign in": func() error {
			_, _, _, err := c.SignInByPassword(t.Context(), account.Guess{Login: admin.Person.Login, Password: good, Digits: digits(t, secret, c.clock.now())})
			return err
		}(),
		"set": func() error { _, err := c.BeginPassword(t.Context(), admin.Session, good); return err }(),
		"claim": func() error {
			_, err := c.BeginClaimByPassword(t.Context(), oneTime, account.Named{}, good)
			return err
		}(),
	} {
		if code(err) != "password_off" {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestAPasswordClaimsAnAccountOnlyWithItsFirstDigits(t *testing.T) {
	c := newCourt(t)
	_, oneTime := c.made(c.first("baku"), "interpreter", rights.Interpreter)
	e, err := c.BeginClaimByPassword(t.Context(), oneTime, account.Named{}, good)
	c.must(err)
	if _, _, err := c.FinishClaimByPassword(t.Context(), oneTime, account.Named{}, good, e.Sealed, "000000"); code(err) != "totp_wrong" {
		t.Errorf("%v", err)
	}
	six := digits(t, e.Secret, c.clock.now())
	cookie, s, err := c.FinishClaimByPassword(t.Context(), oneTime, account.Named{}, good, e.Sealed, six)
	if err != nil || !c.in(cookie) || s.How != account.ByPassword {
		t.Fatalf("%+v %v", s, err)
	}
	if _, _, err := c.FinishClaimByPassword(t.Context(), oneTime, account.Named{}, good, e.Sealed, six); code(err) != "code_used" {
		t.Errorf("twice: %v", err)
	}
	if _, _, _, err := c.SignInByPassword(t.Context(), account.Guess{Login: "interpreter", Password: good, Digits: six, Source: "192.0.2.1"}); code(err) != "sign_in_failed" {
		t.Errorf("the digits of the claim, again: %v", err)
	}
}

func TestAHashIsMadeAnewWhenItBecomesDearer(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	_, secret := c.byPassword(admin, good)
	c.cfg.Hashing = account.Hashing{Memory: 16, Passes: 2, Threads: 1}
	c.restart()
	before, err := c.store.Password(t.Context(), admin.id)
	c.must(err)
	c.clock.pass(time.Minute)
	_, _, _, err = c.SignInByPassword(t.Context(), account.Guess{Login: admin.Person.Login, Password: good, Digits: digits(t, secret, c.clock.now()), Source: "192.0.2.1"})
	c.must(err)
	after, err := c.store.Password(t.Context(), admin.id)
	c.must(err)
	if !strings.Contains(before.Hash, "$m=8,t=1,p=1$") || !strings.Contains(after.Hash, "$m=16,t=2,p=1$") {
		t.Errorf("%s\n%s", before.Hash, after.Hash)
	}
	c.clock.pass(time.Minute)
	if _, _, _, err = c.SignInByPassword(t.Context(), account.Guess{Login: admin.Person.Login, Password: good, Digits: digits(t, secret, c.clock.now()), Source: "192.0.2.1"}); err != nil {
		t.Errorf("by the new hash: %v", err)
	}
}

func TestTheKeyFileIsTheGatewaysAloneAndNotReplacedInSilence(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	_, secret := c.byPassword(admin, good)
	path := filepath.Join(c.dir, "account.key")
	info, err := os.Stat(path)
	c.must(err)
	if info.Mode().Perm() != 0o600 || info.Size() != 32 {
		t.Errorf("%v, %d bytes", info.Mode(), info.Size())
	}
	c.must(os.Chmod(path, 0o644))
	if _, err := account.New(c.cfg); err == nil {
		t.Error("a key that others can read was taken")
	}
	c.must(os.Remove(path))
	c.must(os.WriteFile(path, []byte("short"), 0o600))
	if _, err := account.New(c.cfg); err == nil {
		t.Error("a key that was cut was taken")
	}
	c.must(os.Remove(path))
	c.restart() // with another key
	c.clock.pass(time.Minute)
	if _, _, _, err := c.SignInByPassword(t.Context(), account.Guess{Login: admin.Person.Login, Password: good, Digits: digits(t, secret, c.clock.now())}); code(err) != "sign_in_failed" {
		t.Errorf("the second factor was not sealed under the key: %v", err)
	}
}
