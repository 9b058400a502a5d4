package account

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/ledger"
	"parda/gateway/store"
	"parda/signaling"
)

// office is a court's register of accounts with an identity provider, and one person in it, who was invited and has no way in yet.
type office struct {
	*Accounts
	store *store.Store
	book  func() []string // the codes of the court's audit
	now   *time.Time
}

const leyla = "p-leyla00000"

func newOffice(t *testing.T, cfg ProviderConfig) *office {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(filepath.Join(dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(ledger.Config{Dir: filepath.Join(dir, "ledger"), Store: s, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(l.Close(context.Background()), s.Close()); err != nil {
			t.Error(err)
		}
	})
	now := time.Now()
	a, err := New(Config{Store: s, Audit: audit.New(l), Folder: dir, Courts: []string{"baku"}, Hashing: Hashing{Memory: 64, Passes: 1, Threads: 1}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.UseProvider(cfg); err != nil {
		t.Fatal(err)
	}
	o := &office{Accounts: a, store: s, now: &now, book: func() (codes []string) {
		err := s.Events(context.Background(), audit.Of("baku"), 0, func(e store.Event) error {
			_, rest, _ := strings.Cut(string(e.Canonical), `"code":"`)
			code, _, _ := strings.Cut(rest, `"`)
			codes = append(codes, code)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return codes
	}}
	return o
}

// invite makes an account and gives its one-time code.
func (o *office) invite(t *testing.T, id string) string {
	t.Helper()
	code, kept := o.drawCode(ForNew, "baku", id, "p-admin00000", codeLife)
	err := o.store.PutAccount(t.Context(), store.Account{ID: id, Court: "baku", Name: "Leyla " + id, Login: id, Roles: []string{string(rights.CourtClerk)}, Made: time.Now()}, kept)
	if err != nil {
		t.Fatal(err)
	}
	return code.Code
}

// claimed is a person who came in by her code and the provider.
func (o *office) claimed(t *testing.T, p *aProvider, id string) Back {
	t.Helper()
	to, carry, err := o.BeginProviderClaim(t.Context(), o.invite(t, id))
	if err != nil {
		t.Fatal(err)
	}
	back, err := o.FinishProvider(t.Context(), carry, p.visit(t, to))
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func refusal(err error) string {
	var e *signaling.Error
	if errors.As(err, &e) {
		return e.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestOneComesInByTheProviderOnlyAfterSheWasLinked(t *testing.T) {
	p := newDouble(t)
	o := newOffice(t, p.config())
	signIn := func() (Back, error) {
		to, carry, err := o.BeginProvider(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return o.FinishProvider(t.Context(), carry, p.visit(t, to))
	}
	if _, err := signIn(); refusal(err) != "provider_unlinked" {
		t.Fatalf("whom the ministry knows and the court does not: %v", err)
	}
	first := o.claimed(t, p, leyla)
	if s, err := o.Session(t.Context(), first.Cookie); err != nil || s.Person.ID != leyla || s.How != ByProvider {
		t.Fatalf("after the claim: %+v %v", s, err)
	}
	back, err := signIn()
	if err != nil {
		t.Fatal(err)
	}
	if s, err := o.Session(t.Context(), back.Cookie); err != nil || s.Person.ID != leyla {
		t.Errorf("after the sign-in: %+v %v", s, err)
	}
	p.sub = "another person"
	if _, err := signIn(); refusal(err) != "provider_unlinked" {
		t.Errorf("another person of the ministry's: %v", err)
	}
	if book := strings.Join(o.book(), " "); !strings.Contains(book, "account.refused account.provider_linked account.claimed account.signed_in account.refused") {
		t.Errorf("the audit has %s", book)
	}
	if p.secrets != "s3cret+of+the+client" {
		t.Errorf("the client's secret went as %q", p.secrets)
	}
}

func TestAnIDTokenThatIsNotForThisVisitIsRefused(t *testing.T) {
	strangers, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set := func(k string, v any) func(map[string]any) { return func(c map[string]any) { c[k] = v } }
	for _, tc := range []struct {
		rule   string
		claims func(map[string]any)
		sign   func(p *aProvider) func(head, body string) string
		want   string
	}{
		{"the control", nil, nil, ""},
		{"another sign-in's token", set("nonce", "another"), nil, "provider_failed"},
		{"no nonce", func(c map[string]any) { delete(c, "nonce") }, nil, "provider_failed"},
		{"another site's token", set("aud", "shop"), nil, "provider_failed"},
		{"a token that another site was given beside us", set("azp", "shop"), nil, "provider_failed"},
		{"a token for two sites that says not whose", set("aud", []string{"parda", "shop"}), nil, "provider_failed"},
		{"another issuer's token", set("iss", "https://other.example"), nil, "provider_failed"},
		{"a token that is over", set("exp", time.Now().Add(-time.Minute).Unix()), nil, "provider_failed"},
		{"a token that names nobody", set("sub", ""), nil, "provider_failed"},
		{"a weak sign-in", set("acr", "low"), nil, "provider_weak"},
		{"a sign-in that says not how strong it was", func(c map[string]any) { delete(c, "acr") }, nil, "provider_weak"},
		{"a password alone", set("amr", []string{"pwd"}), nil, "provider_weak"},
		{"no methods", func(c map[string]any) { delete(c, "amr") }, nil, "provider_weak"},
		{"a page that was left open there", set("auth_time", time.Now().Add(-time.Hour).Unix()), nil, "provider_weak"},
		{"a sign-in without its time", func(c map[string]any) { delete(c, "auth_time") }, nil, "provider_weak"},
		{"a stranger's signature", nil, func(p *aProvider) func(string, string) string {
			return func(head, body string) string { return head + "." + body + "." + p.signed(head+"."+body, strangers) }
		}, "provider_failed"},
		{"no signature", nil, func(*aProvider) func(string, string) string {
			return func(_, body string) string { return b64([]byte(`{"alg":"none"}`)) + "." + body + "." }
		}, "provider_failed"},
		{"a signature by the client's own secret", nil, func(p *aProvider) func(string, string) string { return hmacOf("s3cret of the client") }, "provider_failed"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			p := newDouble(t)
			p.claims = tc.claims
			if tc.sign != nil {
				p.sign = tc.sign(p)
			}
			o := newOffice(t, p.config())
			code := o.invite(t, leyla)
			to, carry, err := o.BeginProviderClaim(t.Context(), code)
			if err != nil {
				t.Fatal(err)
			}
			back, err := o.FinishProvider(t.Context(), carry, p.visit(t, to))
			if got := refusal(err); got != tc.want || (got != "") != (back.Cookie == "") {
				t.Errorf("%q (%v), want %q; a session: %v", got, err, tc.want, back.Cookie != "")
			}
			if _, err := o.Claim(t.Context(), code); (err == nil) != (tc.want != "") {
				t.Errorf("the code after it: %v", err)
			}
		})
	}
}

func TestAnAnswerThatIsNotThisBrowsersIsRefused(t *testing.T) {
	for _, tc := range []struct {
		rule   string
		spoil  func(carry *string, q url.Values)
		want   string
		redeem bool // whether the provider was asked
	}{
		{"the control", func(*string, url.Values) {}, "", true},
		{"a browser that began nothing (a link with an attacker's answer)", func(c *string, _ url.Values) { *c = "" }, "provider_stale", false},
		{"another browser's answer", func(_ *string, q url.Values) { q.Set("state", rand.Text()) }, "provider_stale", false},
		{"no state", func(_ *string, q url.Values) { q.Del("state") }, "provider_stale", false},
		{"two states", func(_ *string, q url.Values) { q.Add("state", "x") }, "provider_failed", false},
		{"two codes", func(_ *string, q url.Values) { q.Add("code", "x") }, "provider_failed", false},
		{"another provider's answer (mix-up)", func(_ *string, q url.Values) { q.Set("iss", "https://other.example") }, "provider_failed", false},
		{"an answer that says not whose, where the provider says it does", func(_ *string, q url.Values) { q.Del("iss") }, "provider_failed", false},
		{"a refusal at the provider", func(_ *string, q url.Values) { q.Set("error", "access_denied") }, "provider_denied", false},
		{"a code of somebody else's visit", func(_ *string, q url.Values) { q.Set("code", rand.Text()) }, "provider_failed", true},
		{"a carried round that was changed", func(c *string, _ url.Values) { *c = (*c)[:len(*c)-2] + "AA" }, "provider_stale", false},
		{"a carried round without end", func(c *string, _ url.Values) { *c = strings.Repeat("A", 1<<20) }, "provider_stale", false},
	} {
		p := newDouble(t)
		o := newOffice(t, p.config())
		o.claimed(t, p, leyla)
		p.asked = 0
		to, carry, err := o.BeginProvider(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		q := p.visit(t, to)
		tc.spoil(&carry, q)
		back, err := o.FinishProvider(t.Context(), carry, q)
		if got := refusal(err); got != tc.want || (got != "") != (back.Cookie == "") || (p.asked > 0) != tc.redeem {
			t.Errorf("%s: %q (%v), want %q; the provider was asked %d times", tc.rule, got, err, tc.want, p.asked)
		}
	}
}

func TestARoundIsGoodOnceAndNotForLong(t *testing.T) {
	p := newDouble(t)
	o := newOffice(t, p.config())
	o.claimed(t, p, leyla)
	to, carry, _ := o.BeginProvider(t.Context())
	q := p.visit(t, to)
	if _, err := o.FinishProvider(t.Context(), carry, q); err != nil {
		t.Fatal(err)
	}
	p.asked = 0
	if _, err := o.FinishProvider(t.Context(), carry, p.visit(t, to)); refusal(err) != "provider_stale" || p.asked != 0 {
		t.Errorf("the same round again: %v, asked %d times", err, p.asked)
	}
	to, carry, _ = o.BeginProvider(t.Context())
	*o.now = o.now.Add(roundLife)
	if _, err := o.FinishProvider(t.Context(), carry, p.visit(t, to)); refusal(err) != "provider_stale" {
		t.Errorf("a round of ten minutes ago: %v", err)
	}
	for _, secret := range []string{"verifier", "nonce", leyla} {
		if strings.Contains(carry, secret) || strings.Contains(to, "code_verifier") {
			t.Errorf("the browser can read the round: %s", carry)
		}
	}
}

func TestALinkIsMadeByTheSessionThatBeganItWhileItLives(t *testing.T) {
	p := newDouble(t)
	o := newOffice(t, p.config())
	o.invite(t, leyla)
	begun := func(s Session) (string, string) {
		to, carry, err := o.BeginProviderLink(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		return to, carry
	}
	_, s, err := o.begin(t.Context(), leyla, ByPasskey) // stands for a sign-in by passkey
	if err != nil {
		t.Fatal(err)
	}
	to, carry := begun(s)
	if err := o.EndSession(t.Context(), s, s.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := o.FinishProvider(t.Context(), carry, p.visit(t, to)); refusal(err) != "session_unknown" {
		t.Errorf("a session that ended meanwhile links: %v", err)
	}
	if _, s, err = o.begin(t.Context(), leyla, ByPasskey); err != nil {
		t.Fatal(err)
	}
	to, carry = begun(s)
	if back, err := o.FinishProvider(t.Context(), carry, p.visit(t, to)); err != nil || !back.Linked || back.Cookie != "" {
		t.Fatalf("the link: %+v %v", back, err)
	}
	if _, _, err := o.BeginProviderLink(t.Context(), s); refusal(err) != "provider_taken" {
		t.Errorf("a second identity for one account: %v", err)
	}
	// One identity for two accounts would let one person act as two.
	other := o.invite(t, "p-other00000")
	if to, carry, err = o.BeginProviderClaim(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if _, err := o.FinishProvider(t.Context(), carry, p.visit(t, to)); refusal(err) != "provider_taken" {
		t.Errorf("the same identity for another account: %v", err)
	}
	if _, err := o.Claim(t.Context(), other); err != nil {
		t.Errorf("the refusal used the code up: %v", err)
	}
	if err := o.DropProvider(t.Context(), s); refusal(err) != "last_way" {
		t.Errorf("the only way in is ended: %v", err)
	}
}

func TestWhatEndsALinkEndsItsSessions(t *testing.T) {
	p := newDouble(t)
	o := newOffice(t, p.config())
	back := o.claimed(t, p, leyla)
	var ended []string
	o.OnEnded(func(session, _ string) { ended = append(ended, session) })
	_, own, err := o.begin(t.Context(), leyla, ByPasskey)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.store.PutPasskey(t.Context(), store.Passkey{Credential: []byte("c"), ID: "k-1", Person: leyla, Label: "l", Record: []byte("{}"), Made: time.Now()}, 1); err != nil {
		t.Fatal(err)
	}
	if err := o.DropProvider(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Session(t.Context(), back.Cookie); !errors.Is(err, ErrSignedOut) {
		t.Errorf("the provider's session goes on: %v", err)
	}
	if !o.Alive(t.Context(), own.ID) || len(ended) != 1 || ended[0] != back.Session.ID {
		t.Errorf("ended: %v", ended)
	}
	to, carry, _ := o.BeginProvider(t.Context())
	if _, err := o.FinishProvider(t.Context(), carry, p.visit(t, to)); refusal(err) != "provider_unlinked" {
		t.Errorf("the link of before signs in: %v", err)
	}
}

func TestTheStoreDoesNotKnowWhoThePersonIsAtTheMinistry(t *testing.T) {
	p := newDouble(t)
	p.sub = "5ZQK8ML"
	o := newOffice(t, p.config())
	o.claimed(t, p, leyla)
	link, err := o.store.ProviderLinkOf(t.Context(), leyla)
	if err != nil {
		t.Fatal(err)
	}
	other := newOffice(t, p.config()) // the same subject, another key file: whoever has the database alone cannot try numbers out
	if other.subjectHash(p.sub) == link.Hash || o.subjectHash(p.sub) != link.Hash {
		t.Error("the hash in the store is made without the key")
	}
}
