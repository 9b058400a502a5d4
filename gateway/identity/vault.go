package identity

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/access/secret"
	"parda/gateway/hearing"
	"parda/gateway/store"
)

// Config is what a vault needs.
type Config struct {
	Store    *store.Store
	Audit    Audit
	Hearings Hearings
	People   People
	Schemes  map[string]*Scheme // court -> its own; a court that is not in it has DefaultScheme
	Policy   Policy             // nil: DefaultPolicy
	Random   io.Reader          // nil: crypto/rand
	Now      func() time.Time   // nil: time.Now
}

// Audit makes an event of a court durable; nil means durable. It is audit.Book outside of tests.
type Audit interface {
	Enter(ctx context.Context, court string, code audit.Code, actor string, payload any) error
}

// Hearings enters an event of the vault into a hearing's ledger, through the goroutine that owns the hearing.
type Hearings interface {
	// VaultEvent is nil when the event is durable. payload is the one of the code.
	VaultEvent(ctx context.Context, id string, code hearing.Code, payload any) error
	// Court is whose hearing it is; known is false where this gateway runs no such hearing.
	Court(id string) (court string, known bool)
	// Takes says whether its record still takes entries: one that is sealed takes none, and one that is not here neither.
	Takes(id string) bool
}

// People says what an account is in a court.
type People interface {
	// Roles is an error for an account that is not there, is closed or is of another court.
	Roles(ctx context.Context, court, account string) ([]rights.Role, error)
}

// Visitor is who asks: an account with its court and its roles, as its session has them at this moment.
type Visitor struct {
	Account string
	Court   string
	Roles   []rights.Role
}

func (v Visitor) has(r rights.Right) bool { return rights.Has(v.Roles, r) }

// seesAll: judge and prosecutor see every person and opening of the court; an investigator sees those that are hers.
func (v Visitor) seesAll() bool { return v.has(rights.VaultStop) }

// Vault is safe for concurrent use. One mutex orders all that changes something: two halves that are released in the same moment, or a stop and a
// reading, come one after the other.
type Vault struct {
	cfg Config

	mu    sync.Mutex
	ended map[string]bool               // openings that were stopped here, whatever the disk says of it
	owed  []func(context.Context) error // events of what has ended already and could not be entered
}

// New makes the vault over the gateway's store.
func New(cfg Config) (*Vault, error) {
	if cfg.Policy == nil {
		cfg.Policy = DefaultPolicy()
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if _, err := DefaultScheme(); err != nil {
		return nil, err
	}
	return &Vault{cfg: cfg, ended: map[string]bool{}}, cfg.Policy.Check()
}

// now is in whole milliseconds, as everything is written.
func (v *Vault) now() time.Time { return v.cfg.Now().UTC().Truncate(time.Millisecond) }

func (v *Vault) scheme(court string) (*Scheme, error) {
	if s := v.cfg.Schemes[court]; s != nil {
		return s, nil
	}
	return DefaultScheme()
}

func newID(prefix string) string { return secret.ID(prefix) }

// enter makes an event durable before what it tells of takes effect.
func (v *Vault) enter(ctx context.Context, court string, code audit.Code, actor string, payload any) error {
	if err := v.cfg.Audit.Enter(ctx, court, code, actor, payload); err != nil {
		return refuseBecause("not_durable", "This could not be entered. Nothing was changed.", err)
	}
	return nil
}

// kept turns an error of the store into a refusal.
func kept(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNotDurable):
		return refuseBecause("not_durable", "This could not be saved. Nothing was changed.", err)
	}
	return refuseBecause("internal", "Something went wrong in the gateway.", err)
}

func read[T any](r store.VaultRecord, err error, unknown error) (T, error) {
	var t T
	switch {
	case errors.Is(err, store.ErrUnknown):
		return t, unknown
	case err != nil:
		return t, kept(err)
	}
	return t, kept(json.Unmarshal(r.Body, &t))
}

func readAll[T any](all []store.VaultRecord, err error) ([]T, error) {
	if err != nil {
		return nil, kept(err)
	}
	out := make([]T, len(all))
	for i, r := range all {
		if err := json.Unmarshal(r.Body, &out[i]); err != nil {
			return nil, kept(err)
		}
	}
	return out, nil
}

// body is a record's JSON. A value of this package always has one.
func body(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("identity: " + err.Error())
	}
	return b
}

// person reads a protected person of the court; one of another court is not known here.
func (v *Vault) person(ctx context.Context, court, id string) (Person, error) {
	r, err := v.cfg.Store.VaultPerson(ctx, id)
	if err == nil && r.Court != court {
		return Person{}, errPersonUnknown
	}
	p, err := read[Person](r, err, errPersonUnknown)
	return p, err
}

func (v *Vault) opening(ctx context.Context, court, id string) (Opening, error) {
	r, err := v.cfg.Store.VaultOpening(ctx, id)
	if err == nil && r.Court != court {
		return Opening{}, errOpeningUnknown
	}
	o, err := read[Opening](r, err, errOpeningUnknown)
	o.Court = r.Court
	if err == nil && v.ended[id] && o.Running() {
		o.State = Stopped // stopped, though the disk could not be told
	}
	return o, err
}

// Known refuses the id of a person or of an opening ("" for none) that is not this court's. What is asked for under one is refused so before anything is entered of it:
// the audit has the path of an act, and a seat with a fault may have put there what it should have sealed.
func (v *Vault) Known(ctx context.Context, who Visitor, person, opening string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if person != "" {
		if _, err := v.person(ctx, who.Court, person); err != nil {
			return err
		}
	}
	if opening != "" {
		if _, err := v.opening(ctx, who.Court, opening); err != nil {
			return err
		}
	}
	return nil
}

// openings lists those of a court, the newest first.
func (v *Vault) openings(ctx context.Context, court string) ([]Opening, error) {
	records, err := v.cfg.Store.VaultOpenings(ctx, court)
	all, err := readAll[Opening](records, err)
	for i := range all {
		all[i].Court = records[i].Court
		if v.ended[all[i].ID] && all[i].Running() {
			all[i].State = Stopped
		}
	}
	slices.SortStableFunc(all, func(a, b Opening) int { return b.OrderedAt.Compare(a.OrderedAt) })
	return all, err
}

// ring reads the court's keys.
func (v *Vault) ring(ctx context.Context, court string) (keyring, Recovery, error) {
	r := keyring{policy: v.cfg.Policy}
	keys, err := readAll[Key](v.cfg.Store.VaultKeys(ctx, court))
	if err != nil {
		return r, Recovery{}, err
	}
	slices.SortStableFunc(keys, func(a, b Key) int { return a.Since.Compare(b.Since) })
	r.keys = keys
	for half := 1; half <= 2; half++ {
		for _, k := range keys {
			if k.Half == half && k.State == KeyActive {
				r.recovery = append(r.recovery, k)
			}
		}
	}
	rec := Recovery{State: "none"}
	b, err := v.cfg.Store.VaultRecovery(ctx, court)
	if err != nil || b == nil {
		return r, rec, kept(err)
	}
	return r, rec, kept(json.Unmarshal(b, &rec))
}

// places of a person's newest version.
func (v *Vault) places(ctx context.Context, p Person) ([]Place, error) {
	shares, err := v.cfg.Store.VaultPlaces(ctx, p.ID, p.Version)
	out := make([]Place, len(shares))
	for i, s := range shares {
		out[i] = Place{s.Half, s.Holder, s.Key}
	}
	return out, kept(err)
}
