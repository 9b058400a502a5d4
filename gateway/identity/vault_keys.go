package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/store"
)

type keyEntry struct {
	Key      string `json:"key"`
	Replaces string `json:"replaces,omitempty"`
	Owner    string `json:"owner,omitempty"`
}

func keyRecord(court string, k Key) store.VaultKey {
	owner := k.Owner
	if owner == "" {
		owner = fmt.Sprintf("recovery-%d", k.Half)
	}
	return store.VaultKey{VaultRecord: store.VaultRecord{ID: k.ID, Court: court, Body: body(k)}, Owner: owner, Active: k.State == KeyActive}
}

// AnnounceKey keeps the public half of a key that the visitor's seat made. The one that she had before is replaced: shares under it are listed as to be
// sealed anew. That the key is hers nobody is asked to believe: each seat that seals to it asks for its code, typed by a person who was told it.
func (v *Vault) AnnounceKey(ctx context.Context, who Visitor, card Card) (string, error) {
	if err := card.Check(); err != nil {
		return "", err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	ring, _, err := v.ring(ctx, who.Court)
	if err != nil {
		return "", err
	}
	if known, ok := ring.key(card.ID()); ok {
		if known.Owner == who.Account && known.State == KeyActive {
			return known.ID, nil
		}
		return "", errKeyExists // a key that ended stays ended; one key has one owner
	}
	now := v.now()
	changed := []Key{{ID: card.ID(), Card: card, Owner: who.Account, State: KeyActive, Since: now}}
	entry := keyEntry{Key: card.ID()}
	if before, ok := ring.activeOf(who.Account); ok {
		before.end(KeyReplaced, now)
		entry.Replaces = before.ID
		changed = append(changed, before)
	}
	if err := v.enter(ctx, who.Court, audit.VaultKeyAnnounced, who.Account, entry); err != nil {
		return "", err
	}
	return card.ID(), v.putKeys(ctx, who.Court, changed)
}

// ActiveCard is the visitor's key that counts, which proves her acts at a companion. The error is key_unknown.
func (v *Vault) ActiveCard(ctx context.Context, who Visitor) (Card, error) {
	ring, _, err := v.ring(ctx, who.Court)
	if err != nil {
		return Card{}, err
	}
	k, ok := ring.activeOf(who.Account)
	if !ok {
		return Card{}, refuse("key_unknown", "This account has announced no key.")
	}
	return k.Card, nil
}

var errKeyExists = refuse("key_exists", "This key is known already, or has ended.")

func (v *Vault) putKeys(ctx context.Context, court string, keys []Key) error {
	records := make([]store.VaultKey, len(keys))
	for i, k := range keys {
		records[i] = keyRecord(court, k)
	}
	err := v.cfg.Store.PutVaultKeys(ctx, records...)
	if errors.Is(err, store.ErrExists) {
		return errKeyExists // in another court
	}
	return kept(err)
}

// LoseKey ends a key at once: its owner reports it, or a judge does for her. Nothing is sealed or released to it from now on, and openings whose reader
// has it stop. It protects, so nobody is asked for a reason.
func (v *Vault) LoseKey(ctx context.Context, who Visitor, id string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	ring, _, err := v.ring(ctx, who.Court)
	if err != nil {
		return err
	}
	k, err := ring.toLose(who, id)
	if err != nil || k.State == KeyLost {
		return err
	}
	k.end(KeyLost, v.now())
	if err := v.enter(ctx, who.Court, audit.VaultKeyLost, who.Account, keyEntry{Key: id, Owner: k.Owner}); err != nil {
		return err
	}
	if err := v.putKeys(ctx, who.Court, []Key{k}); err != nil {
		return err
	}
	return v.endAll(ctx, who.Court, who.Account, "key_ended", func(o Opening) bool { return o.Reader.Key == id })
}

// toLose is the key that somebody reports: her own, or as a judge anybody's.
func (r keyring) toLose(who Visitor, id string) (Key, error) {
	k, ok := r.key(id)
	switch {
	case !ok:
		return Key{}, refuse("key_unknown", "There is no such key in this court.")
	case k.Owner != who.Account && !who.has(rights.VaultOrder):
		return Key{}, errNotAllowed
	}
	return k, nil
}

// MayLose says whether a key is the visitor's own. The errors are LoseKey's: whoever may not report it is refused before anything fresh is asked of her.
func (v *Vault) MayLose(ctx context.Context, who Visitor, id string) (own bool, err error) {
	ring, _, err := v.ring(ctx, who.Court)
	if err != nil {
		return false, err
	}
	k, err := ring.toLose(who, id)
	return k.Owner == who.Account, err
}

// EnterRecovery takes the public halves of the court's offline pair from one of two persons, with the codes that she was told and typed. With the
// second one, of the other role, the pair counts. What stands under an older pair is listed as to be sealed anew.
func (v *Vault) EnterRecovery(ctx context.Context, who Visitor, cards []Card, codes []string) (string, error) {
	half := v.cfg.Policy.HalfOf(who.Roles)
	if half == 0 {
		return "", errNotAllowed
	}
	if err := checkPair(cards, codes); err != nil {
		return "", err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	ring, rec, err := v.ring(ctx, who.Court)
	if err != nil {
		return "", err
	}
	ids := []string{cards[0].ID(), cards[1].ID()}
	waiting := rec.State == "entered"
	switch {
	case rec.State == "confirmed" && slices.Equal(rec.Keys, ids) && len(ring.recovery) == 2:
		return rec.State, nil
	case waiting && slices.Contains(rec.ConfirmedBy, who.Account) && slices.Equal(rec.Keys, ids):
		return rec.State, nil
	case waiting && slices.Contains(rec.Holders, v.cfg.Policy.holder(half)) && !slices.Equal(rec.Keys, ids):
		waiting = false // whoever entered it, or her colleague of the same role, begins anew
	case waiting && !slices.Equal(rec.Keys, ids):
		return "", refuse("recovery_differs", "Somebody entered another pair. Compare the codes, and begin anew.")
	}
	for _, id := range ids {
		if _, ok := ring.key(id); ok {
			return "", errKeyExists // a key of a person, or an older pair's
		}
	}
	if !waiting {
		now := v.now()
		rec = Recovery{State: "entered", Keys: ids, Cards: cards, ConfirmedBy: []string{who.Account}, Holders: []string{v.cfg.Policy.holder(half)}, Since: &now}
		if err := v.enter(ctx, who.Court, audit.VaultRecoveryEntered, who.Account, recoveryEntry{ids}); err != nil {
			return "", err
		}
		return rec.State, kept(v.cfg.Store.PutVaultRecovery(ctx, who.Court, body(rec)))
	}
	if slices.Contains(rec.Holders, v.cfg.Policy.holder(half)) {
		return "", errNotAllowed // two of one role are not two parties
	}
	return v.confirmRecovery(ctx, who, ring, rec, v.cfg.Policy.holder(half))
}

type recoveryEntry struct {
	Keys []string `json:"keys"`
}

// checkPair: two keys, each with its code as the person typed it. It stops a page (A4) that shows a person the codes of one pair and sends another.
func checkPair(cards []Card, codes []string) error {
	if len(cards) != 2 || len(codes) != 2 || cards[0] == cards[1] {
		return refuse("key_invalid", "The recovery pair is two different keys.")
	}
	for i, c := range cards {
		if err := c.Check(); err != nil {
			return err
		}
		if !c.sameCode(codes[i]) {
			return refuse("code_wrong", "This code is not right.")
		}
	}
	return nil
}

func (v *Vault) confirmRecovery(ctx context.Context, who Visitor, ring keyring, rec Recovery, holder string) (string, error) {
	now := v.now()
	rec.State, rec.Since = "confirmed", &now
	rec.ConfirmedBy, rec.Holders = append(rec.ConfirmedBy, who.Account), append(rec.Holders, holder)
	var records []store.VaultKey
	for _, old := range ring.recovery {
		old.end(KeyReplaced, now)
		records = append(records, keyRecord(who.Court, old))
	}
	for i, c := range rec.Cards {
		records = append(records, keyRecord(who.Court, Key{ID: c.ID(), Card: c, Half: i + 1, State: KeyActive, Since: now}))
	}
	if err := v.enter(ctx, who.Court, audit.VaultRecoveryConfirmed, who.Account, recoveryEntry{rec.Keys}); err != nil {
		return "", err
	}
	err := v.cfg.Store.PutVaultRecovery(ctx, who.Court, body(rec), records...)
	if errors.Is(err, store.ErrExists) {
		return "", errKeyExists
	}
	return rec.State, kept(err)
}
