package access_test

import (
	"errors"
	"math"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"parda/gateway/access"
	"parda/gateway/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newDoor(t testing.TB) (*access.Access, *store.Store, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return access.New(access.Config{Store: s}), s, dir
}

func must(t *testing.T) func(string, error) string {
	return func(s string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestCodeHasOverHundredBitsAndCanBeRead(t *testing.T) {
	form := regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}$`)
	seen := map[string]bool{}
	counts := map[rune]int{}
	for range 400 {
		c := access.NewCode()
		if !form.MatchString(c) || seen[c] {
			t.Fatalf("code %q", c)
		}
		seen[c] = true
		for _, r := range strings.ReplaceAll(c, "-", "") {
			counts[r]++
		}
	}
	if bits := 25 * math.Log2(float64(len(counts))); bits < 124 { // 25 symbols of 32
		t.Errorf("%.0f bits: %d symbols occur", bits, len(counts))
	}
}

func TestFirstBrowserGetsTheSeatAndKeepsIt(t *testing.T) {
	a, s, _ := newDoor(t)
	code := must(t)(a.Issue(t.Context(), "h1", "judge", 1))
	cookie := must(t)(a.Enter(t.Context(), "h1", "judge", strings.ToLower(strings.ReplaceAll(code, "-", " "))))
	if err := a.Check(t.Context(), "h1", "judge", cookie); err != nil {
		t.Error(err)
	}
	if _, err := a.Enter(t.Context(), "h1", "judge", code); !errors.Is(err, access.ErrSeatTaken) {
		t.Errorf("second browser: %v", err)
	}
	again := access.New(access.Config{Store: s}) // the gateway starts again
	if err := again.Check(t.Context(), "h1", "judge", cookie); err != nil {
		t.Errorf("after a new start: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	a, _, _ := newDoor(t)
	m := must(t)
	code := m(a.Issue(t.Context(), "h1", "judge", 1))
	cookie := m(a.Enter(t.Context(), "h1", "judge", code))
	other := m(a.Issue(t.Context(), "h1", "clerk", 1))
	m(a.Issue(t.Context(), "h2", "judge", 1))
	enter := func(hearing, seat, code string) error {
		_, err := a.Enter(t.Context(), hearing, seat, code)
		return err
	}
	for name, c := range map[string]struct {
		got  error
		want *access.Error
	}{
		"wrong code":               {enter("h1", "judge", "00000-00000-00000-00000-00000"), access.ErrCodeWrong},
		"no code":                  {enter("h1", "judge", ""), access.ErrCodeWrong},
		"code of another seat":     {enter("h1", "judge", other), access.ErrCodeWrong},
		"code of another hearing":  {enter("h2", "judge", code), access.ErrCodeWrong},
		"unknown seat":             {enter("h1", "king", code), access.ErrSeatUnknown},
		"cookie of another seat":   {a.Check(t.Context(), "h1", "clerk", cookie), access.ErrRemoved},
		"cookie of another court":  {a.Check(t.Context(), "h2", "judge", cookie), access.ErrRemoved},
		"no cookie":                {a.Check(t.Context(), "h1", "judge", ""), access.ErrRemoved},
		"code in place of cookie":  {a.Check(t.Context(), "h1", "judge", code), access.ErrRemoved},
		"reissue of an unknown":    {func() error { _, err := a.Reissue(t.Context(), "h1", "king"); return err }(), access.ErrSeatUnknown},
		"revocation of an unknown": {a.Revoke(t.Context(), "h1", "king"), access.ErrSeatUnknown},
	} {
		var e *access.Error
		if !errors.Is(c.got, c.want) || !errors.As(c.got, &e) || e.Status < 400 || e.Message == "" {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}

func TestNewLinkTakesTheSeatFromTheOldHolder(t *testing.T) {
	a, _, _ := newDoor(t)
	m := must(t)
	old := m(a.Issue(t.Context(), "h1", "defence", 1))
	cookie := m(a.Enter(t.Context(), "h1", "defence", old))
	code := m(a.Reissue(t.Context(), "h1", "defence"))
	if err := a.Check(t.Context(), "h1", "defence", cookie); !errors.Is(err, access.ErrRemoved) {
		t.Errorf("old holder: %v", err)
	}
	if _, err := a.Enter(t.Context(), "h1", "defence", old); !errors.Is(err, access.ErrCodeUsed) {
		t.Errorf("old link: %v", err)
	}
	m(a.Enter(t.Context(), "h1", "defence", code))
}

func TestRevokedSeatIsShutUntilIssuedAnew(t *testing.T) {
	a, _, _ := newDoor(t)
	m := must(t)
	code := m(a.Issue(t.Context(), "h1", "lawyer", 1))
	cookie := m(a.Enter(t.Context(), "h1", "lawyer", code))
	if err := a.Revoke(t.Context(), "h1", "lawyer"); err != nil {
		t.Fatal(err)
	}
	if err := a.Check(t.Context(), "h1", "lawyer", cookie); !errors.Is(err, access.ErrRemoved) {
		t.Errorf("holder: %v", err)
	}
	if _, err := a.Enter(t.Context(), "h1", "lawyer", code); !errors.Is(err, access.ErrRemoved) {
		t.Errorf("code: %v", err)
	}
	m(a.Enter(t.Context(), "h1", "lawyer", m(a.Reissue(t.Context(), "h1", "lawyer"))))
}

func TestGalleryAdmitsMany(t *testing.T) {
	a, _, _ := newDoor(t)
	code := must(t)(a.Issue(t.Context(), "h1", "gallery", 5))
	for range 5 {
		cookie := must(t)(a.Enter(t.Context(), "h1", "gallery", code))
		if err := a.Check(t.Context(), "h1", "gallery", cookie); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Enter(t.Context(), "h1", "gallery", code); !errors.Is(err, access.ErrTooMany) {
		t.Errorf("sixth: %v", err)
	}
}

func TestFloodOfWrongCodesLocksNobodyOut(t *testing.T) {
	a, _, _ := newDoor(t)
	code := must(t)(a.Issue(t.Context(), "h1", "judge", 1))
	slowed := false
	for range 200 {
		_, err := a.Enter(t.Context(), "h1", "judge", access.NewCode())
		slowed = slowed || errors.Is(err, access.ErrTooMany)
		if err == nil {
			t.Fatal("a wrong code enters")
		}
	}
	if !slowed {
		t.Error("the flood was never slowed")
	}
	must(t)(a.Enter(t.Context(), "h1", "judge", code))
}

func TestTokenNamesItsOnePublication(t *testing.T) {
	a, _, _ := newDoor(t)
	m := must(t)
	witness := m(a.IssueToken(t.Context(), "h1", "witness"))
	bench := m(a.IssueToken(t.Context(), "h1", "court/bench"))
	for token, want := range map[string]string{witness: "witness", bench: "court/bench"} {
		if got := m(a.Publication(t.Context(), "h1", token)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if _, err := a.Publication(t.Context(), "h2", token); !errors.Is(err, access.ErrTokenWrong) {
			t.Errorf("another hearing: %v", err)
		}
	}
	anew := m(a.IssueToken(t.Context(), "h1", "witness"))
	if _, err := a.Publication(t.Context(), "h1", witness); !errors.Is(err, access.ErrTokenWrong) {
		t.Errorf("old token: %v", err)
	}
	if err := a.RevokeToken(t.Context(), "h1", "witness"); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{anew, "", "x"} {
		if _, err := a.Publication(t.Context(), "h1", token); !errors.Is(err, access.ErrTokenWrong) {
			t.Errorf("%q: %v", token, err)
		}
	}
}

func TestNoSecretIsOnDisk(t *testing.T) {
	a, s, dir := newDoor(t)
	m := must(t)
	code := m(a.Issue(t.Context(), "h1", "judge", 1))
	secrets := []string{code, strings.ReplaceAll(code, "-", ""), m(a.Enter(t.Context(), "h1", "judge", code)), m(a.IssueToken(t.Context(), "h1", "witness"))}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	search(t, dir, secrets)
}
