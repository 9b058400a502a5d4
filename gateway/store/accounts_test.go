package store_test

import (
	"errors"
	"testing"
	"time"

	"parda/gateway/store"
)

// nth fails the nth statement of a transaction, or its commit.
type nth struct {
	step string
	n    int
	seen int
}

func (f *nth) Before(step string) error {
	if step == f.step {
		f.seen++
		if f.seen == f.n {
			return errDisk
		}
	}
	return nil
}

func judge(t *testing.T, s *store.Store) (store.Account, store.AccountCode) {
	t.Helper()
	a := store.Account{ID: "p-judge", Court: "baku", Name: "Judge", Login: "judge", Roles: []string{"judge"}, Made: time.UnixMilli(1000)}
	c := store.AccountCode{Hash: store.Hash{1}, Kind: "new", Court: "baku", Person: a.ID, Drawn: "p-admin", Ends: time.UnixMilli(9000), Entered: true}
	if err := s.PutAccount(t.Context(), a, c); err != nil {
		t.Fatal(err)
	}
	return a, c
}

func passkey(person string, id byte) *store.Passkey {
	return &store.Passkey{Credential: []byte{id}, ID: "k-" + string('a'+rune(id)), Person: person, Label: "l", Record: []byte("{}"), Made: time.UnixMilli(1), Used: time.UnixMilli(1)}
}

func session(person, id string) *store.AccountSession {
	return &store.AccountSession{ID: id, Hash: store.Hash{id[len(id)-1], 7}, Person: person, How: "passkey", Since: time.UnixMilli(1), Seen: time.UnixMilli(1)}
}

// A recovery's claim is the longest of them: it is failed at each of its statements in turn, and each time all must be as it was.
func TestAClaimHappensWholeOrNotAtAll(t *testing.T) {
	s := open(t, t.TempDir())
	a, c := judge(t, s)
	if _, err := s.Claim(t.Context(), store.Claim{Code: c.Hash, Passkey: passkey(a.ID, 1), Session: session(a.ID, "s-1"), Password: &store.Password{Person: a.ID, Hash: "h", TOTP: []byte{1}}}); err != nil {
		t.Fatal(err)
	}
	again := store.AccountCode{Hash: store.Hash{2}, Kind: "recovery", Court: "baku", Person: a.ID, Drawn: "operator", Ends: time.UnixMilli(9000)}
	if err := s.PutCode(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	recover := func() ([]string, error) {
		return s.Claim(t.Context(), store.Claim{Code: again.Hash, EndWays: true, Passkey: passkey(a.ID, 2), Session: session(a.ID, "s-2")})
	}
	failed := 0
	for n := 1; ; n++ {
		f := &nth{step: store.StepWrite, n: n}
		s.SetFault(f)
		_, err := recover()
		s.SetFault(nil)
		if f.seen < n { // every statement has had its turn
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		failed++
		if !errors.Is(err, store.ErrNotDurable) {
			t.Errorf("statement %d: %v", n, err)
		}
		now, err := s.Account(t.Context(), a.ID)
		code, codeErr := s.Code(t.Context(), again.Hash)
		if err != nil || codeErr != nil || now.Ways != 2 || now.Epoch != 1 || code.Used {
			t.Errorf("statement %d left %+v, code used %v (%v %v)", n, now, code.Used, err, codeErr)
		}
		if _, err := s.AccountSession(t.Context(), "s-1"); err != nil {
			t.Errorf("statement %d ended the session: %v", n, err)
		}
		if keys, err := s.Passkeys(t.Context(), a.ID); err != nil || len(keys) != 1 || keys[0].Credential[0] != 1 {
			t.Errorf("statement %d: %v %v", n, keys, err)
		}
	}
	if failed < 6 {
		t.Errorf("only %d statements were failed", failed)
	}
	keys, err := s.Passkeys(t.Context(), a.ID)
	if err != nil || len(keys) != 1 || keys[0].Credential[0] != 2 {
		t.Errorf("after the recovery: %v %v", keys, err)
	}
	if _, err := s.AccountSession(t.Context(), "s-1"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("the session of before: %v", err)
	}
	if _, err := recover(); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("the code again: %v", err)
	}
}

func TestNothingBeginsOnWhatEndedMeanwhile(t *testing.T) {
	s := open(t, t.TempDir())
	a, _ := judge(t, s)
	before, err := s.Account(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetRoles(t.Context(), a.ID, []string{"prosecutor"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutSession(t.Context(), *session(a.ID, "s-1"), before.Epoch, nil); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("a session as what she was: %v", err)
	}
	if err := s.PutPasskey(t.Context(), *passkey(a.ID, 1), before.Epoch); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("a passkey as what she was: %v", err)
	}
	if _, err := s.PutPassword(t.Context(), store.Password{Person: a.ID, Hash: "h", TOTP: []byte{1}}, before.Epoch, ""); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("a password as what she was: %v", err)
	}
	if _, err := s.CloseAccount(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	now, err := s.Account(t.Context(), a.ID)
	if err != nil || !now.Closed {
		t.Fatalf("%+v %v", now, err)
	}
	if _, err := s.PutSession(t.Context(), *session(a.ID, "s-2"), now.Epoch, nil); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("a session of a closed account: %v", err)
	}
	if _, err := s.SetRoles(t.Context(), a.ID, []string{"judge"}); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("a role for a closed account: %v", err)
	}
}

func TestOfTwoUsesOfAPasskeyThatReadTheSameCounterOneIsKept(t *testing.T) {
	s := open(t, t.TempDir())
	a, c := judge(t, s)
	if _, err := s.Claim(t.Context(), store.Claim{Code: c.Hash, Passkey: passkey(a.ID, 1)}); err != nil {
		t.Fatal(err)
	}
	use := func(is string) error {
		return s.UsePasskey(t.Context(), []byte{1}, []byte("{}"), []byte(is), time.UnixMilli(5))
	}
	if err := use(`{"n":1}`); err != nil {
		t.Fatal(err)
	}
	if err := use(`{"n":2}`); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("%v", err)
	}
	if err := s.PutPasskey(t.Context(), *passkey(a.ID, 1), 1); !errors.Is(err, store.ErrExists) {
		t.Errorf("one credential twice: %v", err)
	}
}
