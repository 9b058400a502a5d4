package identity

import (
	"context"
	"slices"

	"parda/gateway/access/rights"
)

// State is what a seat of the vault sees: public keys, pseudonyms, orders. No ciphertext is in it.
type State struct {
	Court    string       `json:"court"`
	Me       Me           `json:"me"`
	Key      *Key         `json:"key"`
	Policy   Policy       `json:"policy"`
	Grounds  []Ground     `json:"grounds"`
	Keys     []KeyView    `json:"keys"`
	Recovery Recovery     `json:"recovery"`
	Persons  []PersonView `json:"persons"`
	Openings []Opening    `json:"openings"`
}

// Me is who asks.
type Me struct {
	Person string        `json:"person"`
	Roles  []rights.Role `json:"roles"`
}

// KeyView is an account's key with what the account may do by it.
type KeyView struct {
	Key
	Roles []rights.Role `json:"roles"`
	Holds int           `json:"half,omitempty"` // the half that its owner may hold by the policy
}

// PersonView is a protected person with the keys that her next version is to be sealed to (null: it cannot be sealed now), and the shares that are to
// be sealed anew.
type PersonView struct {
	Person
	SealTo []Place  `json:"seal_to"`
	Reseal []Reseal `json:"reseal"`
}

// State tells a visitor what she may know.
func (v *Vault) State(ctx context.Context, who Visitor) (State, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	ring, recovery, err := v.ring(ctx, who.Court)
	if err != nil {
		return State{}, err
	}
	if recovery.State == "confirmed" && len(ring.recovery) != 2 {
		recovery.State = KeyLost // one of the pair was reported lost: nothing is sealed until there is another
	}
	s := State{Court: who.Court, Me: Me{who.Account, who.Roles}, Policy: v.cfg.Policy, Grounds: Grounds(), Recovery: recovery, Keys: []KeyView{}, Persons: []PersonView{}, Openings: []Opening{}}
	for _, k := range ring.keys {
		if k.Owner == "" {
			continue
		}
		if k.Owner == who.Account && (k.State == KeyActive || s.Key == nil) {
			s.Key = &k
		}
		roles, err := v.cfg.People.Roles(ctx, who.Court, k.Owner)
		if err != nil {
			roles = nil // the account was closed: its key is shown, and is good for nothing
		}
		s.Keys = append(s.Keys, KeyView{Key: k, Roles: roles, Holds: v.cfg.Policy.HalfOf(roles)})
	}
	if s.Openings, err = v.seenOpenings(ctx, who); err != nil {
		return State{}, err
	}
	s.Persons, err = v.seenPersons(ctx, who, ring, s.Openings)
	return s, err
}

// Openings tells judge and prosecutor of every opening of their court, and a reader of her own.
func (v *Vault) Openings(ctx context.Context, who Visitor) ([]Opening, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.seenOpenings(ctx, who)
}

func (v *Vault) seenOpenings(ctx context.Context, who Visitor) ([]Opening, error) {
	all, err := v.openings(ctx, who.Court)
	seen := []Opening{}
	for _, o := range all {
		if who.seesAll() || o.Reader.Person == who.Account {
			seen = append(seen, o)
		}
	}
	return seen, err
}

func (v *Vault) seenPersons(ctx context.Context, who Visitor, ring keyring, openings []Opening) ([]PersonView, error) {
	persons, err := readAll[Person](v.cfg.Store.VaultPersons(ctx, who.Court))
	if err != nil {
		return nil, err
	}
	seen := []PersonView{}
	for _, p := range persons {
		reads := slices.ContainsFunc(openings, func(o Opening) bool { return o.Person == p.ID && o.Reader.Person == who.Account && o.Running() })
		if !who.seesAll() && p.MadeBy != who.Account && !reads {
			continue
		}
		places, err := v.places(ctx, p)
		if err != nil {
			return nil, err
		}
		view := PersonView{Person: p, SealTo: v.sealTo(ctx, ring, p), Reseal: ring.reseal(p, places)}
		if view.Reseal == nil {
			view.Reseal = []Reseal{}
		}
		seen = append(seen, view)
	}
	slices.SortStableFunc(seen, func(a, b PersonView) int { return a.Since.Compare(b.Since) })
	return seen, nil
}

// sealTo is the ring's answer, as long as both holders still have the role that holds. A holder who left is nobody to seal to.
func (v *Vault) sealTo(ctx context.Context, ring keyring, p Person) []Place {
	for half := 1; half <= 2; half++ {
		roles, err := v.cfg.People.Roles(ctx, p.Court, p.Holders[half])
		if err != nil || v.cfg.Policy.HalfOf(roles) != half {
			return nil
		}
	}
	return ring.sealTo(p)
}
