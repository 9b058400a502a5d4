package access

import (
	"errors"
	"sync"
	"testing"
	"time"

	"parda/gateway/store"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newRoom(t *testing.T) *Access {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return New(Config{Store: s})
}

func invited(t *testing.T) (*Access, string) {
	t.Helper()
	a := newRoom(t)
	code, err := a.Invite(t.Context(), store.Invitation{Hearing: "demo", Seat: "judge", Person: "p-judge", By: "p-clerk", From: noon, Until: noon.Add(time.Hour)}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return a, code
}

func guest(change func(*Guest)) Guest {
	g := Guest{Person: "p-judge", Session: "s1", Now: noon.Add(time.Minute), Alive: func(string) bool { return true }}
	if change != nil {
		change(&g)
	}
	return g
}

func TestASeatIsTakenByTheInvitedPersonWithTheCodeInItsTime(t *testing.T) {
	for _, tc := range []struct {
		rule   string
		seat   string
		code   func(string) string
		change func(*Guest)
		want   error
	}{
		{rule: "the invited person, the code, the time"},
		{rule: "the code as it was written down by hand", code: func(c string) string { return " " + c[:5] + c[6:] }},
		{rule: "somebody else with the right code", change: func(g *Guest) { g.Person = "p-other" }, want: ErrNotInvited},
		{rule: "somebody else with a wrong code is told the same", code: func(string) string { return NewCode() }, change: func(g *Guest) { g.Person = "p-other" }, want: ErrNotInvited},
		{rule: "a wrong code", code: func(string) string { return NewCode() }, want: ErrCodeWrong},
		{rule: "no code, the first time", code: func(string) string { return "" }, want: ErrCodeWrong},
		{rule: "too early", change: func(g *Guest) { g.Now = noon.Add(-time.Second) }, want: ErrEarly},
		{rule: "too late", change: func(g *Guest) { g.Now = noon.Add(time.Hour) }, want: ErrOver},
		{rule: "too late for who never took it, though the hearing goes on", change: func(g *Guest) { g.Now, g.GoesOn = noon.Add(time.Hour), true }, want: ErrOver},
		{rule: "a seat that nobody was invited to", seat: "clerk", want: ErrNotInvited},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			a, code := invited(t)
			seat := "judge"
			if tc.seat != "" {
				seat = tc.seat
			}
			if tc.code != nil {
				code = tc.code(code)
			}
			cookie, err := a.EnterAs(t.Context(), "demo", seat, code, guest(tc.change))
			if !errors.Is(err, tc.want) || tc.want == nil && err != nil {
				t.Fatalf("EnterAs: %v, want %v", err, tc.want)
			}
			if (cookie != "") != (tc.want == nil) {
				t.Errorf("the cookie is %q", cookie)
			}
		})
	}
}

func TestTheCookieHoldsInItsSessionAndNoOther(t *testing.T) {
	a, code := invited(t)
	cookie, err := a.EnterAs(t.Context(), "demo", "judge", code, guest(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		rule   string
		cookie string
		change func(*Guest)
		want   error
	}{
		{"its session", cookie, nil, nil},
		{"a stolen cookie in another session of the same person", cookie, func(g *Guest) { g.Session = "s2" }, ErrRemoved},
		{"a stolen cookie in another's session", cookie, func(g *Guest) { g.Person, g.Session = "p-other", "s1" }, ErrRemoved},
		{"no session", cookie, func(g *Guest) { g.Session = "" }, ErrRemoved},
		{"the session without the cookie", "", nil, ErrRemoved},
		{"after its time, when nothing goes on", cookie, func(g *Guest) { g.Now = noon.Add(time.Hour) }, ErrOver},
		{"after its time, while the hearing goes on", cookie, func(g *Guest) { g.Now, g.GoesOn = noon.Add(30*time.Hour), true }, nil},
	} {
		if err := a.CheckAs(t.Context(), "demo", "judge", tc.cookie, guest(tc.change)); !errors.Is(err, tc.want) || tc.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", tc.rule, err, tc.want)
		}
	}
}

// Another sign-in of the same person takes the seat over only when the one that held it has ended, and then without a code; or by the clerk's new link.
func TestAnotherSessionTakesTheSeatOverWhenTheFirstHasEnded(t *testing.T) {
	a, code := invited(t)
	first, err := a.EnterAs(t.Context(), "demo", "judge", code, guest(nil))
	if err != nil {
		t.Fatal(err)
	}
	second := guest(func(g *Guest) { g.Session = "s2" })
	if _, err := a.EnterAs(t.Context(), "demo", "judge", code, second); !errors.Is(err, ErrSeatTaken) {
		t.Fatalf("while the first lives: %v", err)
	}
	second.Alive = func(s string) bool { return s != "s1" }
	cookie, err := a.EnterAs(t.Context(), "demo", "judge", "", second)
	if err != nil {
		t.Fatalf("after the first ended: %v", err)
	}
	if err := a.CheckAs(t.Context(), "demo", "judge", first, guest(nil)); !errors.Is(err, ErrRemoved) {
		t.Errorf("the first session still holds the seat: %v", err)
	}
	if err := a.CheckAs(t.Context(), "demo", "judge", cookie, second); err != nil {
		t.Errorf("the second does not: %v", err)
	}
	late := second
	late.Session, late.Now, late.Alive = "s3", noon.Add(2*time.Hour), func(string) bool { return false }
	if _, err := a.EnterAs(t.Context(), "demo", "judge", "", late); !errors.Is(err, ErrOver) {
		t.Errorf("after the time: %v", err)
	}
	late.GoesOn = true // a judge whose session ran out in the middle of her hearing comes back into it
	if _, err := a.EnterAs(t.Context(), "demo", "judge", "", late); err != nil {
		t.Errorf("after the time, in a hearing that goes on: %v", err)
	}
	fresh, err := a.Again(t.Context(), "demo", "judge")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.CheckAs(t.Context(), "demo", "judge", cookie, second); !errors.Is(err, ErrRemoved) {
		t.Errorf("a new link leaves the seat to whoever held it: %v", err)
	}
	if _, err := a.EnterAs(t.Context(), "demo", "judge", code, guest(nil)); !errors.Is(err, ErrCodeUsed) {
		t.Errorf("the old code: %v", err)
	}
	if _, err := a.EnterAs(t.Context(), "demo", "judge", "", guest(nil)); !errors.Is(err, ErrCodeWrong) {
		t.Errorf("no code after a new link: %v", err)
	}
	if _, err := a.EnterAs(t.Context(), "demo", "judge", fresh, guest(nil)); err != nil {
		t.Errorf("the new code: %v", err)
	}
}

func TestRevocationAnotherPersonAndAnyNewLinkEndAnInvitation(t *testing.T) {
	for rule, end := range map[string]func(a *Access) error{
		"revoked": func(a *Access) error { return a.Revoke(t.Context(), "demo", "judge") },
		"another person is invited": func(a *Access) error {
			_, err := a.Invite(t.Context(), store.Invitation{Hearing: "demo", Seat: "judge", Person: "p-other", By: "p-clerk", From: noon, Until: noon.Add(time.Hour)}, noon)
			return err
		},
		"a plain link is drawn": func(a *Access) error { _, err := a.Issue(t.Context(), "demo", "judge", 1); return err },
	} {
		t.Run(rule, func(t *testing.T) {
			a, code := invited(t)
			cookie, err := a.EnterAs(t.Context(), "demo", "judge", code, guest(nil))
			if err != nil {
				t.Fatal(err)
			}
			if err := end(a); err != nil {
				t.Fatal(err)
			}
			if err := a.CheckAs(t.Context(), "demo", "judge", cookie, guest(func(g *Guest) { g.GoesOn = true })); !errors.Is(err, ErrRemoved) {
				t.Errorf("the cookie: %v", err)
			}
			for _, code := range []string{code, ""} {
				if _, err := a.EnterAs(t.Context(), "demo", "judge", code, guest(nil)); !errors.Is(err, ErrRemoved) && !errors.Is(err, ErrNotInvited) {
					t.Errorf("code %q: %v", code, err)
				}
			}
			if _, err := a.Extend(t.Context(), "demo", "judge", noon.Add(2*time.Hour), noon); err == nil && rule == "revoked" {
				t.Error("a revoked invitation was extended")
			}
		})
	}
}

func TestTheTimeOfAnInvitationIsBounded(t *testing.T) {
	a, code := invited(t)
	for rule, v := range map[string]store.Invitation{
		"it ends before it begins": {From: noon.Add(time.Hour), Until: noon}, "it is over already": {From: noon.Add(-2 * time.Hour), Until: noon.Add(-time.Hour)},
		"it lasts too long": {From: noon, Until: noon.Add(InvitationMost + time.Minute)}, "it has no time": {},
	} {
		v.Hearing, v.Seat, v.Person, v.By = "demo", "clerk", "p-clerk", "p-judge"
		if _, err := a.Invite(t.Context(), v, noon); !errors.Is(err, ErrTime) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	if _, err := a.Invite(t.Context(), store.Invitation{Hearing: "demo", Seat: "clerk", Person: "p-clerk", By: "p-clerk", From: noon, Until: noon.Add(time.Hour)}, noon); err == nil {
		t.Error("somebody invited herself")
	}
	if _, err := a.Extend(t.Context(), "demo", "judge", noon.Add(-time.Hour), noon); !errors.Is(err, ErrTime) {
		t.Errorf("extended into the past: %v", err)
	}
	if _, err := a.Extend(t.Context(), "demo", "judge", noon.Add(3*time.Hour), noon); err != nil {
		t.Fatal(err)
	}
	if _, err := a.EnterAs(t.Context(), "demo", "judge", code, guest(func(g *Guest) { g.Now = noon.Add(2 * time.Hour) })); err != nil {
		t.Errorf("the same code in the longer time: %v", err)
	}
}

func TestOfTwoBrowsersThatComeAtOnceOneGetsTheSeat(t *testing.T) {
	a, code := invited(t)
	var mu sync.Mutex
	var all sync.WaitGroup
	won := 0
	for i := range 8 {
		all.Go(func() {
			_, err := a.EnterAs(t.Context(), "demo", "judge", code, guest(func(g *Guest) { g.Session = string(rune('a' + i)) }))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, ErrSeatTaken) {
				t.Errorf("%v", err)
			}
		})
	}
	if all.Wait(); won != 1 {
		t.Errorf("%d browsers hold the seat", won)
	}
}

func TestAnInvitationOutlivesARestartAndAFaultOfTheDiskAcknowledgesNothing(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	a := New(Config{Store: s})
	code, err := a.Invite(t.Context(), store.Invitation{Hearing: "demo", Seat: "judge", Person: "p-judge", By: "system", From: noon, Until: noon.Add(time.Hour)}, noon)
	if err != nil {
		t.Fatal(err)
	}
	s.SetFault(full{})
	if _, err := a.EnterAs(t.Context(), "demo", "judge", code, guest(nil)); !errors.Is(err, ErrNotDurable) {
		t.Errorf("a full disk: %v", err)
	}
	s.SetFault(nil)
	cookie, err := a.EnterAs(t.Context(), "demo", "judge", code, guest(nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = store.Open(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := New(Config{Store: s}).CheckAs(t.Context(), "demo", "judge", cookie, guest(nil)); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

type full struct{}

func (full) Before(step string) error {
	if step == store.StepCommit {
		return errors.New("no space left on device")
	}
	return nil
}
