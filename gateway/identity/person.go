package identity

import (
	"slices"
	"time"
)

// States of a protected person's measure.
const (
	Protected = "protected"
	Ended     = "ended" // by order; the pseudonym stays hers for ever
)

// Person is a protected person as the gateway knows her: by an id and a pseudonym, both drawn at random.
type Person struct {
	ID        string         `json:"person"` // "v-" and sixteen characters
	Court     string         `json:"court"`
	Pseudonym string         `json:"pseudonym"`
	Former    []string       `json:"former,omitempty"` // pseudonyms of before a variation
	State     string         `json:"state"`
	MadeBy    string         `json:"made_by"` // an account
	Since     time.Time      `json:"since"`
	Version   int            `json:"version"`            // the newest that is sealed; 0: none yet
	Holders   map[int]string `json:"holders"`            // half -> account
	Hearings  []string       `json:"hearings,omitempty"` // that she testifies in under this pseudonym
}

// Reseal is a share of the newest version that stands under a key which does not count any more, or under one of somebody who is not the holder now.
type Reseal struct {
	Place
	Why string `json:"why"` // replaced, lost, holder
}

// keyring is what is known of a court's keys.
type keyring struct {
	policy   Policy
	keys     []Key
	recovery []Key // the pair that counts; empty: none is confirmed
}

func (r keyring) key(id string) (Key, bool) {
	i := slices.IndexFunc(r.keys, func(k Key) bool { return k.ID == id })
	if i < 0 {
		return Key{}, false
	}
	return r.keys[i], true
}

// activeOf is the account's key that counts.
func (r keyring) activeOf(account string) (Key, bool) {
	i := slices.IndexFunc(r.keys, func(k Key) bool { return account != "" && k.Owner == account && k.State == KeyActive })
	if i < 0 {
		return Key{}, false
	}
	return r.keys[i], true
}

// sealTo is exactly what a version of the person must be sealed to: each half to its holder and to recovery. nil where one of the four keys is missing:
// then nothing is sealed, since what cannot be recovered would be lost with one seat, and what has one holder opens by one.
func (r keyring) sealTo(p Person) []Place {
	if len(r.recovery) != 2 || p.Holders[1] == p.Holders[2] {
		return nil
	}
	var to []Place
	for half := 1; half <= 2; half++ {
		k, ok := r.activeOf(p.Holders[half])
		if !ok {
			return nil
		}
		to = append(to, Place{half, r.policy.holder(half), k.ID}, Place{half, HolderRecovery, r.recovery[half-1].ID})
	}
	return to
}

// reseal lists the shares that are to be sealed anew.
func (r keyring) reseal(p Person, shares []Place) []Reseal {
	var out []Reseal
	for _, s := range shares {
		if why := r.stale(p, s); why != "" {
			out = append(out, Reseal{s, why})
		}
	}
	return out
}

func (r keyring) stale(p Person, s Place) string {
	if s.Holder == HolderRecovery {
		if len(r.recovery) == 2 && r.recovery[s.Half-1].ID == s.Key {
			return ""
		}
		return KeyReplaced
	}
	k, ok := r.key(s.Key)
	switch {
	case !ok:
		return KeyLost
	case k.State != KeyActive:
		return k.State
	case k.Owner != p.Holders[s.Half]:
		return "holder"
	}
	return ""
}

// mayReseal says whether an account may put to in the place of the share of the same half and holder, having opened from. It is the same half for the
// same holder, or for the one who follows by order: nobody learns a half that she had not, but by the recovery key of that half, which is the
// court's to use, and whose use is entered.
func (r keyring) mayReseal(p Person, shares []Place, account string, from string, to Place) error {
	wanted := slices.ContainsFunc(r.reseal(p, shares), func(s Reseal) bool { return s.Half == to.Half && s.Holder == to.Holder })
	if !wanted || !slices.Contains(r.sealTo(p), to) {
		return refuse("recipients_differ", "This is sealed to other keys than the court's policy says.")
	}
	i := slices.IndexFunc(shares, func(s Place) bool { return s.Key == from && s.Half == to.Half })
	if i < 0 {
		return refuse("key_unknown", "No share of this half stands under that key.")
	}
	if shares[i].Holder == HolderRecovery {
		if p.Holders[to.Half] != account {
			return errNotAllowed
		}
		return nil
	}
	// A lost key reseals nothing: whoever found it would name herself the holder's hand (A5).
	if k, ok := r.key(from); !ok || k.Owner != account || k.State == KeyLost {
		return errNotAllowed
	}
	return nil
}
