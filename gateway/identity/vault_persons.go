package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/store"
)

// MadePerson is the answer to whoever protects somebody: an id for machines and a name for people, both drawn at random.
type MadePerson struct {
	Person    string `json:"person"`
	Pseudonym string `json:"pseudonym"`
}

type personEntry struct {
	Person  string         `json:"person"`
	Holders map[int]string `json:"holders,omitempty"`
	Version int            `json:"version,omitempty"`
	Half    int            `json:"half,omitempty"`
	Holder  string         `json:"holder,omitempty"`
	From    string         `json:"from,omitempty"`
	Key     string         `json:"key,omitempty"`
	SHA256  string         `json:"sha256,omitempty"`
	Order   string         `json:"order,omitempty"`
	Kind    string         `json:"kind,omitempty"`
	Ground  string         `json:"ground,omitempty"`
	Hearing string         `json:"hearing,omitempty"`
	Opening string         `json:"opening,omitempty"`
}

// MakePerson makes a protected person under a new pseudonym. holders says whose halves open her identity; nil where one account of each role has a key.
func (v *Vault) MakePerson(ctx context.Context, who Visitor, holders map[int]string) (MadePerson, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	holders, err := v.chooseHolders(ctx, who.Court, holders)
	if err != nil {
		return MadePerson{}, err
	}
	p := Person{ID: newID("v-"), Court: who.Court, State: Protected, MadeBy: who.Account, Since: v.now(), Holders: holders}
	name, err := v.draw(ctx, who.Court)
	if err != nil {
		return MadePerson{}, err
	}
	p.Pseudonym = name.Pseudonym
	if err := v.enter(ctx, who.Court, audit.VaultPersonMade, who.Account, personEntry{Person: p.ID, Holders: holders}); err != nil {
		return MadePerson{}, err
	}
	if err := v.cfg.Store.PutVaultPerson(ctx, store.VaultRecord{ID: p.ID, Court: p.Court, Body: body(p)}, name); err != nil {
		return MadePerson{}, kept(err)
	}
	return MadePerson{p.ID, p.Pseudonym}, nil
}

// draw gives a pseudonym that the court never gave before. Only the vault gives them, with its mutex held, so that the store's own check (one
// spelling, once, for ever) is the second lock.
func (v *Vault) draw(ctx context.Context, court string) (store.VaultPseudonym, error) {
	given, err := v.cfg.Store.VaultPseudonyms(ctx, court)
	if err != nil {
		return store.VaultPseudonym{}, kept(err)
	}
	scheme, err := v.scheme(court)
	if err != nil {
		return store.VaultPseudonym{}, kept(err)
	}
	name, err := scheme.Draw(v.cfg.Random, given)
	return store.VaultPseudonym{Pseudonym: name, Folded: Fold(name)}, err
}

// GivenElsewhere marks a pseudonym that a hearing got by hand as given in the court, so that the vault never draws it for somebody else. One that was
// given before is no error: a hearing keeps its name over restarts.
func (v *Vault) GivenElsewhere(ctx context.Context, court, pseudonym string) error {
	if Fold(pseudonym) == "" {
		return nil
	}
	err := v.cfg.Store.GivePseudonym(ctx, court, store.VaultPseudonym{Pseudonym: pseudonym, Folded: Fold(pseudonym)})
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return kept(err)
}

// chooseHolders checks the accounts that are to hold the halves, or finds them where there is no choice.
func (v *Vault) chooseHolders(ctx context.Context, court string, given map[int]string) (map[int]string, error) {
	if len(given) == 0 {
		return v.onlyHolders(ctx, court)
	}
	if len(given) != 2 || given[1] == "" || given[2] == "" || given[1] == given[2] {
		return nil, refuse("holder_invalid", "Two accounts hold the two halves.")
	}
	for half, account := range given {
		roles, err := v.cfg.People.Roles(ctx, court, account)
		if err != nil || v.cfg.Policy.HalfOf(roles) != half {
			return nil, refuseBecause("holder_invalid", "This account may not hold this half.", err)
		}
	}
	return given, nil
}

func (v *Vault) onlyHolders(ctx context.Context, court string) (map[int]string, error) {
	ring, _, err := v.ring(ctx, court)
	if err != nil {
		return nil, err
	}
	found := map[int][]string{}
	for _, k := range ring.keys {
		if k.Owner == "" || k.State != KeyActive {
			continue
		}
		if roles, err := v.cfg.People.Roles(ctx, court, k.Owner); err == nil {
			half := v.cfg.Policy.HalfOf(roles)
			found[half] = append(found[half], k.Owner)
		}
	}
	if len(found[1]) != 1 || len(found[2]) != 1 {
		return nil, refuse("holders_needed", "Say which accounts hold the two halves.")
	}
	return map[int]string{1: found[1][0], 2: found[2][0]}, nil
}

// Seal keeps a sealed version: the first by whoever made the person, a later one by the reader of a rotation that she has opened. The gateway checks
// its outside and whom it is sealed to.
func (v *Vault) Seal(ctx context.Context, who Visitor, person string, file []byte) (version int, sum string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p, err := v.person(ctx, who.Court, person)
	if err != nil {
		return 0, "", err
	}
	by, err := v.maySeal(ctx, who, p)
	if err != nil {
		return 0, "", err
	}
	ring, _, err := v.ring(ctx, who.Court)
	if err != nil {
		return 0, "", err
	}
	to := v.sealTo(ctx, ring, p)
	if to == nil {
		return 0, "", refuse("recipients_differ", "A key of a holder or the court's recovery pair is missing: this cannot be sealed now.")
	}
	e, err := ReadEnvelope(file, p.ID, p.Court, p.Version+1, to)
	if err != nil {
		return 0, "", err
	}
	p.Version = e.Version
	if err := v.enter(ctx, who.Court, audit.VaultSealed, who.Account, personEntry{Person: p.ID, Version: p.Version, SHA256: e.PayloadSHA256(), Opening: by.ID}); err != nil {
		return 0, "", err
	}
	shares := make([]store.VaultShare, len(e.Shares))
	for i, s := range e.Shares {
		shares[i] = store.VaultShare(s)
	}
	made := body(sealedBy{who.Account, v.now(), by.ID})
	err = v.cfg.Store.PutVaultVersion(ctx, store.VaultRecord{ID: p.ID, Court: p.Court, Body: body(p)}, p.Version, made, e.Payload, shares)
	if errors.Is(err, store.ErrExists) {
		return 0, "", refuse("version_conflict", "Another version was sealed meanwhile.")
	}
	return p.Version, e.PayloadSHA256(), kept(err)
}

type sealedBy struct {
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Opening string    `json:"opening,omitempty"`
}

// maySeal gives the rotation by which a later version is sealed; none for the first.
func (v *Vault) maySeal(ctx context.Context, who Visitor, p Person) (Opening, error) {
	if p.State != Protected {
		return Opening{}, errMeasureEnded
	}
	if p.Version == 0 {
		if p.MadeBy != who.Account {
			return Opening{}, errNotAllowed
		}
		return Opening{}, nil
	}
	all, err := v.openings(ctx, who.Court)
	if err != nil {
		return Opening{}, err
	}
	i := slices.IndexFunc(all, func(o Opening) bool {
		return o.Kind == ToRotate && o.Person == p.ID && o.Reader.Person == who.Account && o.State == Opened && o.inTime(v.now()) == nil
	})
	if i < 0 {
		return Opening{}, errNotAllowed
	}
	return all[i], nil
}

// StaleShare is a share that the visitor may seal anew, and the key that it is to be sealed to.
type StaleShare struct {
	Share
	To KeyOf `json:"to"`
}

// KeyOf is a key with its card.
type KeyOf struct {
	Key  string `json:"key"`
	Card Card   `json:"card"`
}

// Stale is what a holder needs to seal her half anew after a rotation, a loss or a change of holders.
type Stale struct {
	Version       int          `json:"version"`
	PayloadSHA256 string       `json:"payload_sha256"`
	Shares        []StaleShare `json:"shares"`
}

// StaleShares gives the visitor those shares of the newest version that may be opened by a key of hers, or by recovery where she is the holder, and
// that are sealed to a key which does not count any more or whose neighbour is.
func (v *Vault) StaleShares(ctx context.Context, who Visitor, person string) (Stale, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p, err := v.person(ctx, who.Court, person)
	if err != nil {
		return Stale{}, err
	}
	ring, _, err := v.ring(ctx, who.Court)
	if err != nil {
		return Stale{}, err
	}
	shares, err := v.cfg.Store.VaultShares(ctx, p.ID, p.Version)
	if err != nil {
		return Stale{}, kept(err)
	}
	places := make([]Place, len(shares))
	for i, s := range shares {
		places[i] = Place{s.Half, s.Holder, s.Key}
	}
	out := Stale{Version: p.Version, Shares: []StaleShare{}}
	for _, to := range v.sealTo(ctx, ring, p) {
		for _, s := range shares {
			if s.Half != to.Half || ring.mayReseal(p, places, who.Account, s.Key, to) != nil {
				continue
			}
			k, _ := ring.key(to.Key)
			out.Shares = append(out.Shares, StaleShare{Share(s), KeyOf{to.Key, k.Card}})
		}
	}
	if len(out.Shares) == 0 {
		return out, nil
	}
	if err := v.enter(ctx, who.Court, audit.VaultShareTaken, who.Account, personEntry{Person: p.ID, Version: p.Version}); err != nil {
		return Stale{}, err
	}
	out.PayloadSHA256, err = v.payloadSum(ctx, p.ID, p.Version)
	return out, err
}

func (v *Vault) payloadSum(ctx context.Context, person string, version int) (string, error) {
	b, err := v.cfg.Store.VaultPayload(ctx, person, version)
	if err != nil {
		return "", kept(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// ResealArgs put a share in another's place (FORMAT.md, A new key for a half). From is the key that opened it.
type ResealArgs struct {
	Person  string `json:"person"`
	Version int    `json:"version"`
	Share   Share  `json:"share"`
	From    string `json:"from"`
}

// Reseal puts a share, sealed anew by the half's holder or by recovery, in the place of the old one, which is erased.
func (v *Vault) Reseal(ctx context.Context, who Visitor, person string, a ResealArgs) error {
	if a.Person != person {
		return invalid("it is for somebody else")
	}
	if err := checkShare(a.Share); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	p, err := v.person(ctx, who.Court, person)
	if err != nil {
		return err
	}
	if a.Version != p.Version {
		return refuse("version_conflict", "Another version was sealed meanwhile.")
	}
	ring, _, err := v.ring(ctx, who.Court)
	if err != nil {
		return err
	}
	places, err := v.places(ctx, p)
	if err != nil {
		return err
	}
	if v.sealTo(ctx, ring, p) == nil {
		return refuse("recipients_differ", "A key of a holder or the court's recovery pair is missing: this cannot be sealed now.")
	}
	if err := ring.mayReseal(p, places, who.Account, a.From, a.Share.place()); err != nil {
		return err
	}
	if err := v.enter(ctx, who.Court, audit.VaultResealed, who.Account, personEntry{Person: p.ID, Version: p.Version, Half: a.Share.Half, Holder: a.Share.Holder,
		From: a.From, Key: a.Share.Key}); err != nil {
		return err
	}
	return kept(v.cfg.Store.ReplaceVaultShare(ctx, p.ID, p.Version, store.VaultShare(a.Share)))
}
