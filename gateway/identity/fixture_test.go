package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/identity"
	"parda/gateway/identity/testseat"
	"parda/gateway/store"
)

// book is the audit and the ledgers of hearings, in memory.
type book struct {
	mu     sync.Mutex
	events []entry
	fails  error // of the audit
	sealed string
}

type entry struct {
	place, code, actor string
	payload            string
}

func (b *book) add(place, code, actor string, payload any) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails != nil {
		return b.fails
	}
	text, err := json.Marshal(payload)
	b.events = append(b.events, entry{place, code, actor, string(text)})
	return err
}

func (b *book) Enter(_ context.Context, court string, code audit.Code, actor string, payload any) error {
	if _, ok := audit.Register()[code]; !ok {
		return errors.New("not in the register: " + string(code))
	}
	return b.add(court, string(code), actor, payload)
}

func (b *book) VaultEvent(_ context.Context, id string, code hearing.Code, p any) error {
	return b.add("hearing "+id, string(code), "system", p)
}

func (b *book) Court(id string) (string, bool) {
	court, ok := map[string]string{"h1": "baku", "h2": "baku", "h3": "ganja"}[id]
	return court, ok
}

func (b *book) Takes(id string) bool {
	_, known := b.Court(id)
	return known && id != b.sealed
}

// codes entered in a place, in order.
func (b *book) codes(place string) (all []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		if e.place == place {
			all = append(all, e.code)
		}
	}
	return all
}

func (b *book) has(place, code string) bool { return slices.Contains(b.codes(place), code) }

// people of the two courts.
type people map[string]struct {
	court string
	roles []rights.Role
}

func (p people) Roles(_ context.Context, court, id string) ([]rights.Role, error) {
	one, ok := p[id]
	if !ok || one.court != court {
		return nil, errors.New("unknown")
	}
	return one.roles, nil
}

// court is a vault with people, their keys and a clock that a test turns.
type court struct {
	*identity.Vault
	t      *testing.T
	dir    string
	store  *store.Store
	book   *book
	people people
	keys   map[string]*testseat.Key
	cards  map[string]identity.Card
	mu     sync.Mutex
	at     time.Time
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newCourt(t *testing.T) *court {
	t.Helper()
	c := &court{t: t, dir: t.TempDir(), book: &book{}, keys: map[string]*testseat.Key{}, cards: map[string]identity.Card{}, at: noon}
	c.people = people{}
	for id, role := range map[string]rights.Role{"judge": rights.Judge, "judge2": rights.Judge, "prosecutor": rights.Prosecutor, "prosecutor2": rights.Prosecutor,
		"investigator": rights.Investigator, "investigator2": rights.Investigator, "admin": rights.Administrator, "clerk": rights.CourtClerk} {
		c.people[id] = struct {
			court string
			roles []rights.Role
		}{"baku", []rights.Role{role}}
	}
	c.people["far judge"] = struct {
		court string
		roles []rights.Role
	}{"ganja", []rights.Role{rights.Judge}}
	c.people["far prosecutor"] = struct {
		court string
		roles []rights.Role
	}{"ganja", []rights.Role{rights.Prosecutor}}
	c.openStore()
	return c
}

func (c *court) openStore() {
	c.t.Helper()
	s, err := store.Open(filepath.Join(c.dir, "store"))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = s.Close() })
	c.store = s
	c.Vault, err = identity.New(identity.Config{Store: s, Audit: c.book, Hearings: c.book, People: c.people, Now: c.now})
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *court) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *court) later(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func (c *court) as(id string) identity.Visitor {
	return identity.Visitor{Account: id, Court: c.people[id].court, Roles: c.people[id].roles}
}

func ok[T any](c *court) func(T, error) T {
	return func(v T, err error) T {
		c.t.Helper()
		if err != nil {
			c.t.Fatal(err)
		}
		return v
	}
}

// refused checks a refusal's code; "" is none.
func (c *court) refused(what string, err error, code string) {
	c.t.Helper()
	if code == "" && err != nil || code != "" && !errors.Is(err, &identity.Error{Code: code}) {
		c.t.Errorf("%s: %v, want %q", what, err, code)
	}
}

// key makes a key, and announces it for an account.
func (c *court) key(name string) *testseat.Key {
	c.t.Helper()
	k := ok[*testseat.Key](c)(testseat.NewKey())
	if _, account := c.people[name]; account {
		ok[string](c)(c.AnnounceKey(c.t.Context(), c.as(name), k.Card))
	}
	c.keys[name], c.cards[k.Card.ID()] = k, k.Card
	return k
}

// ready gives judge, prosecutor and investigator keys, and the court its recovery pair.
func (c *court) ready() *court {
	c.t.Helper()
	for _, name := range []string{"judge", "prosecutor", "investigator", "recovery1", "recovery2"} {
		c.key(name)
	}
	c.recovery("recovery1", "recovery2")
	return c
}

func (c *court) recovery(first, second string) {
	c.t.Helper()
	cards := []identity.Card{c.keys[first].Card, c.keys[second].Card}
	codes := []string{cards[0].Code(), cards[1].Code()}
	for _, who := range []string{"judge", "prosecutor"} {
		ok[string](c)(c.EnterRecovery(c.t.Context(), c.as(who), cards, codes))
	}
}

var record = map[string]string{"name": "Zq7 Mərcan Ələkbərova", "birth": "1999-04-12"}

// person makes one and seals her first version.
func (c *court) person() identity.PersonView {
	c.t.Helper()
	made := ok[identity.MadePerson](c)(c.MakePerson(c.t.Context(), c.as("investigator"), nil))
	c.seal(made.Person, "investigator", 1)
	return c.view(made.Person)
}

func (c *court) view(person string) identity.PersonView {
	c.t.Helper()
	s := ok[identity.State](c)(c.State(c.t.Context(), c.as("judge")))
	for _, p := range s.Persons {
		if p.ID == person {
			return p
		}
	}
	c.t.Fatalf("there is no %s", person)
	return identity.PersonView{}
}

func (c *court) sealed(person string, version int, to []identity.Place) []byte {
	c.t.Helper()
	return ok[[]byte](c)(testseat.Seal(c.keys["investigator"], person, "baku", version, record, to, c.cards))
}

func (c *court) seal(person, by string, version int) {
	c.t.Helper()
	file := c.sealed(person, version, c.view(person).SealTo)
	if _, _, err := c.Seal(c.t.Context(), c.as(by), person, file); err != nil {
		c.t.Fatal(err)
	}
}

// order is an opening for the investigator that holds from now for an hour.
func (c *court) order(person string) identity.OpeningOrder {
	return identity.OpeningOrder{Person: person, Kind: identity.ToOpen, Reader: "investigator", Why: "to establish who testifies", Ground: "identity_at_trial",
		From: c.now(), Until: c.now().Add(time.Hour)}
}

func (c *court) opened(o identity.OpeningOrder) string {
	c.t.Helper()
	return ok[identity.Opening](c)(c.OrderOpening(c.t.Context(), c.as("judge"), o)).ID
}

// release gives one half in an opening as its holder does.
func (c *court) release(opening, who string, key *testseat.Key, holder string) error {
	c.t.Helper()
	shares, err := c.ShareFor(c.t.Context(), c.as(who), opening)
	if err != nil {
		return err
	}
	for _, s := range shares.Shares {
		if s.Holder == holder && s.Key == key.Card.ID() {
			file := ok[[]byte](c)(key.Release(s.Share, opening, shares.Reader.Card))
			_, err := c.Release(c.t.Context(), c.as(who), opening, s.Half, holder, file)
			return err
		}
	}
	c.t.Fatalf("%s was given no share of %s", who, holder)
	return nil
}

// read takes what was released as the reader does, and reads.
func (c *court) read(opening, reader string) (map[string]string, error) {
	c.t.Helper()
	taken, err := c.Take(c.t.Context(), c.as(reader), opening)
	if err != nil {
		return nil, err
	}
	halves := map[int][]byte{}
	for _, r := range taken.Releases {
		half, secret, err := c.keys[reader].Half(r.Share)
		if err != nil {
			return nil, err
		}
		halves[half] = secret
	}
	return testseat.Read(taken.Envelope.Payload, halves[1], halves[2])
}

func (c *court) stateOf(opening string) string {
	c.t.Helper()
	for _, o := range ok[[]identity.Opening](c)(c.Openings(c.t.Context(), c.as("judge"))) {
		if o.ID == opening {
			return o.State
		}
	}
	return ""
}
