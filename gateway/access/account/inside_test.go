package account

import (
	"strings"
	"testing"
	"time"
)

func FuzzAHashIsReadOnlyAsItWasWritten(f *testing.F) {
	h, err := newHashing(Hashing{Memory: 8, Passes: 1, Threads: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(h.nobody)
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$$")
	f.Add("$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2i$v=19$m=8,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, s string) {
		w, salt, sum, err := parsePHC(s)
		if err != nil {
			return
		}
		if w.Memory > 1<<20 || w.Passes > 16 || w.Threads > 16 || w.Passes == 0 || w.Threads == 0 || len(salt) != saltLength || len(sum) != hashLength {
			t.Errorf("%q was read as %+v with %d and %d bytes", s, w, len(salt), len(sum))
		}
	})
}

func FuzzWhatAPageCarriesOpensOnlyAsItWasSealed(f *testing.F) {
	s := sealer{[32]byte{1}}
	sealed := s.seal([]byte("secret"), "here")
	f.Add(sealed, "here")
	f.Add(sealed, "elsewhere")
	f.Add(sealed[:30], "here")
	f.Add([]byte{}, "")
	f.Fuzz(func(t *testing.T, b []byte, to string) {
		plain, err := s.open(b, to)
		if err == nil && (to != "here" || string(plain) != "secret") {
			t.Errorf("%x opens for %q", b, to)
		}
	})
}

func FuzzNamesAreReadOrRefused(f *testing.F) {
	for _, s := range []string{"Leyla Məmmədova", "a\u202eb", "  x  ", "\xff", strings.Repeat("ə", 300), "r.əliyev", "AB_c-1@x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if login, err := readLogin(s); err == nil && (!loginForm.MatchString(login) || strings.ToLower(login) != login) {
			t.Errorf("login %q from %q", login, s)
		}
		if name, err := readName(s); err == nil && (strings.ContainsAny(name, "\n\r\t\u202e\u2066\x00") || strings.TrimSpace(name) != name) {
			t.Errorf("name %q from %q", name, s)
		}
		if p, err := readPassword(s); err == nil {
			if again, err := readPassword(p); err != nil || again != p {
				t.Errorf("%q is read as %q, and that as %q, %v", s, p, again, err)
			}
		}
	})
}

func TestHashesAreComputedAFewAtOnceAndKnownBrowsersHaveAPlaceOfTheirOwn(t *testing.T) {
	h, err := newHashing(Hashing{Memory: 8, Passes: 1, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	var leave []func()
	for range hashesAtOnce {
		l, err := h.turn(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, l)
	}
	if l, err := h.turn(t.Context(), true); err != nil {
		t.Errorf("a known browser waits behind strangers: %v", err)
	} else {
		l()
	}
	got := make(chan struct{})
	go func() {
		if l, err := h.turn(t.Context(), false); err == nil {
			l()
		}
		close(got)
	}()
	select {
	case <-got:
		t.Error("one more was computed at once")
	case <-time.After(50 * time.Millisecond):
	}
	for _, l := range leave {
		l()
	}
	<-got
}

func TestTheCostOfAPasswordIsThatOfTheRFC(t *testing.T) {
	if RFC9106Second != (Hashing{Memory: 65536, Passes: 3, Threads: 4}) {
		t.Errorf("%+v", RFC9106Second)
	}
	for _, bad := range []Hashing{{}, {Memory: 1 << 21, Passes: 1, Threads: 1}, {Memory: 8, Passes: 100, Threads: 1}, {Memory: 8, Passes: 1, Threads: 2}} {
		if _, err := newHashing(bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}
