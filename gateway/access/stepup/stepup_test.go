package stepup

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

// keys is a double of the accounts: p-judge has a passkey whose "signature" is its name and the challenge.
type keys struct{}

var errNone = errors.New("no passkey")

func (keys) Assertion(_ context.Context, person string, challenge []byte) (any, Check, error) {
	if person != "p-judge" && person != "p-other" {
		return nil, nil, errNone
	}
	said := base64.RawURLEncoding.EncodeToString(challenge)
	return map[string]string{"challenge": said}, func(_ context.Context, proof []byte) (Touched, error) {
		var p struct{ Signature string }
		if json.Unmarshal(proof, &p) != nil || p.Signature != person+said {
			return Touched{}, errors.New("another signature")
		}
		return Touched{Credential: []byte("c"), Signature: []byte(p.Signature), RP: "court.example"}, nil
	}, nil
}

func touch(person string, options any) []byte {
	var o struct{ Challenge string }
	b, _ := json.Marshal(options)
	_ = json.Unmarshal(b, &o)
	client := base64.RawURLEncoding.EncodeToString([]byte(`{"type":"webauthn.get","challenge":"` + o.Challenge + `"}`))
	b, _ = json.Marshal(map[string]any{"response": map[string]string{"clientDataJSON": client}, "Signature": person + o.Challenge})
	return b
}

var act = Act{Place: "demo", Person: "p-judge", Session: "s1", Name: "order.sign", ID: "c1", Body: []byte(`{"bytes":"AA=="}`), Args: true}

func TestATouchHoldsForExactlyWhatItWasAskedForAndOnce(t *testing.T) {
	for _, tc := range []struct {
		rule   string
		change func(*Act)
		late   time.Duration
		by     string
		holds  bool
	}{
		{rule: "the act itself", holds: true},
		{rule: "in time", late: lives - time.Second, holds: true},
		{rule: "late", late: lives + time.Second},
		{rule: "other arguments", change: func(a *Act) { a.Body = []byte(`{"bytes":"AQ=="}`) }},
		{rule: "another command", change: func(a *Act) { a.Name = "protocol.sign" }},
		{rule: "another press", change: func(a *Act) { a.ID = "c2" }},
		{rule: "another hearing", change: func(a *Act) { a.Place = "demo2" }},
		{rule: "another session of the same person", change: func(a *Act) { a.Session = "s2" }},
		{rule: "another person in the same session", change: func(a *Act) { a.Person = "p-other" }},
		{rule: "a key that is not hers", by: "p-other"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			now := time.Unix(1000, 0)
			d := New(keys{}, func() time.Time { return now })
			options, err := d.Ask(t.Context(), act)
			if err != nil {
				t.Fatal(err)
			}
			asked, by := act, "p-judge"
			if tc.change != nil {
				tc.change(&asked)
			}
			if tc.by != "" {
				by = tc.by
			}
			now = now.Add(tc.late)
			p, err := d.Take(t.Context(), asked, touch(by, options))
			if (err == nil) != tc.holds || err != nil && !errors.Is(err, ErrAgain) {
				t.Fatalf("Take: %v", err)
			}
			if !tc.holds {
				return
			}
			again := Challenge(act, p.Nonce)
			if string(p.Signature) != "p-judge"+base64.RawURLEncoding.EncodeToString(again[:]) || string(p.Args) != string(act.Body) || p.Act != act.Name || p.ID != act.ID {
				t.Error("the proof does not hold what a verifier needs to compute the challenge again")
			}
			if _, err := d.Take(t.Context(), act, touch("p-judge", options)); !errors.Is(err, ErrAgain) {
				t.Errorf("a touch holds twice: %v", err)
			}
		})
	}
}

func TestNobodyPushesOutOrUsesUpWhatSomebodyElseWasAsked(t *testing.T) {
	d := New(keys{}, nil)
	mine, _ := d.Ask(t.Context(), act)
	flood := act
	flood.Session, flood.Person = "s-flood", "p-other"
	for range 10_000 {
		if _, err := d.Ask(t.Context(), flood); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(d.waiting["s-flood"]); n > waitingMax {
		t.Errorf("%d wait in one session", n)
	}
	if _, err := d.Take(t.Context(), flood, touch("p-judge", mine)); !errors.Is(err, ErrAgain) {
		t.Errorf("another session's challenge was taken: %v", err)
	}
	if _, err := d.Take(t.Context(), act, touch("p-judge", mine)); err != nil {
		t.Errorf("what the judge was asked is gone: %v", err)
	}
}

func TestOneTouchIsTakenByOneOfManyAtOnce(t *testing.T) {
	d := New(keys{}, nil)
	options, _ := d.Ask(t.Context(), act)
	var won, lost int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			_, err := d.Take(context.Background(), act, touch("p-judge", options))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else {
				lost++
			}
		})
	}
	if all.Wait(); won != 1 || lost != 15 {
		t.Errorf("%d of 16 were taken", won)
	}
}

func TestWhatIsNoProofIsAskedForAgainAndNeverCrashes(t *testing.T) {
	d := New(keys{}, nil)
	for _, proof := range []string{"", "null", "[]", "{}", `{"response":{}}`, `{"response":{"clientDataJSON":"!"}}`, `{"response":{"clientDataJSON":"e30"}}`,
		`{"response":{"clientDataJSON":"eyJjaGFsbGVuZ2UiOiIhIn0"}}`, fmt.Sprintf(`{"response":{"clientDataJSON":%q}}`, make([]byte, maxProof))} {
		if _, err := d.Take(t.Context(), act, []byte(proof)); !errors.Is(err, ErrAgain) {
			t.Errorf("%.40q: %v", proof, err)
		}
	}
}

func TestAnActThatCouldBeReadAsAnotherIsRefused(t *testing.T) {
	d := New(keys{}, nil)
	for rule, change := range map[string]func(*Act){
		"a line in the id": func(a *Act) { a.ID = "c1\nx" }, "a line in the name": func(a *Act) { a.Name = "order.sign\n" }, "a line in the place": func(a *Act) { a.Place = "a\rb" },
		"no person": func(a *Act) { a.Person = "" }, "no session": func(a *Act) { a.Session = "" }, "no place": func(a *Act) { a.Place = "" },
	} {
		bad := act
		change(&bad)
		if _, err := d.Ask(t.Context(), bad); err == nil {
			t.Errorf("%s: a challenge was made", rule)
		}
	}
	nobody := act
	nobody.Person = "p-nobody"
	if _, err := d.Ask(t.Context(), nobody); !errors.Is(err, errNone) {
		t.Errorf("a person without a passkey: %v", err)
	}
}

func TestASessionThatEndedHasNothingWaiting(t *testing.T) {
	d := New(keys{}, nil)
	options, _ := d.Ask(t.Context(), act)
	d.Forget(act.Session)
	if _, err := d.Take(t.Context(), act, touch("p-judge", options)); !errors.Is(err, ErrAgain) {
		t.Errorf("a session that ended: %v", err)
	}
}
