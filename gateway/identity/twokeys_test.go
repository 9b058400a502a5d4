package identity_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"parda/gateway/identity"
	"parda/gateway/identity/testseat"
)

// What the gateway keeps of a person opens with half 1 and half 2 together, whoever holds them, and with nothing less. Every pair of keys is tried on
// everything that the gateway has, by real age.
func TestTwoHalvesOpenAndNothingLess(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	payload := ok[[]byte](c)(c.store.VaultPayload(t.Context(), p.ID, 1))
	shares, err := c.store.VaultShares(t.Context(), p.ID, 1)
	if err != nil || len(shares) != 4 {
		t.Fatal(len(shares), err)
	}
	halfOf := map[string]int{"judge": 1, "recovery1": 1, "prosecutor": 2, "recovery2": 2, "investigator": 0}
	names := []string{"judge", "recovery1", "prosecutor", "recovery2", "investigator"}
	// got is every 32 bytes that a key gets out of what is kept.
	got := func(name string) (all [][]byte) {
		for _, s := range shares {
			if half, secret, err := c.keys[name].Half(s.Share); err == nil {
				if half != s.Half || halfOf[name] != half {
					t.Errorf("%s opens half %d, said to be %d", name, half, s.Half)
				}
				all = append(all, secret)
			}
		}
		if _, err := c.keys[name].Open(payload); err == nil {
			t.Errorf("%s opens the payload alone", name)
		}
		return all
	}
	zero := make([]byte, 32)
	opens := 0
	for _, one := range names {
		for _, two := range names {
			secrets := append(append([][]byte{zero}, got(one)...), got(two)...)
			opened := false
			for _, a := range secrets {
				for _, b := range secrets {
					if r, err := testseat.Read(payload, a, b); err == nil && r["name"] == record["name"] {
						opened = true
					}
				}
			}
			want := halfOf[one]+halfOf[two] == 3 && halfOf[one]*halfOf[two] > 0
			if opened != want {
				t.Errorf("%s and %s: opened %v", one, two, opened)
			}
			if opened {
				opens++
			}
		}
	}
	if opens != 8 {
		t.Errorf("%d pairs open, of 25; there are eight: the search proves nothing otherwise", opens)
	}
}

// The vectors that the seat made in the browser, and those that Go made: card, id, code and proof come out the same here.
func TestCardsOfTheVectorsHaveTheirIDsAndCodes(t *testing.T) {
	for _, side := range []string{"vectors-seat", "vectors-go"} {
		b, err := os.ReadFile("testdata/" + side + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var v struct {
			Keys map[string]struct {
				Seed string
				Card identity.Card
				Key  string
				Code string
			}
			Envelope json.RawMessage
		}
		if err := json.Unmarshal(b, &v); err != nil || len(v.Keys) != 5 {
			t.Fatal(len(v.Keys), err)
		}
		places := []identity.Place{}
		var e struct {
			Person, Court string
			Version       int
		}
		if err := json.Unmarshal(v.Envelope, &e); err != nil {
			t.Fatal(err)
		}
		for name, want := range v.Keys {
			seed, err := hex.DecodeString(want.Seed)
			if err != nil {
				t.Fatal(err)
			}
			k, err := testseat.KeyOf([32]byte(seed))
			if err != nil {
				t.Fatal(err)
			}
			if err := want.Card.Check(); err != nil || k.Card != want.Card || want.Card.ID() != want.Key || want.Card.Code() != want.Code {
				t.Errorf("%s: %s comes out otherwise: %v", side, name, err)
			}
			if half := map[string]int{"judge": 1, "prosecutor": 2, "recovery1": 1, "recovery2": 2}[name]; half > 0 {
				holder := name
				if name == "recovery1" || name == "recovery2" {
					holder = identity.HolderRecovery
				}
				places = append(places, identity.Place{Half: half, Holder: holder, Key: want.Key})
			}
		}
		if _, err := identity.ReadEnvelope(v.Envelope, e.Person, e.Court, e.Version, places); err != nil {
			t.Errorf("%s: the envelope is refused: %v", side, err)
		}
	}
}
