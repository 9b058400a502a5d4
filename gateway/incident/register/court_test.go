package register

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/incident"
	"parda/gateway/ledger"
	"parda/gateway/store"
	"parda/signaling"
)

// court is a register over a real store and a real ledger, with a clock that the test sets.
type court struct {
	t     *testing.T
	dir   string
	store *store.Store
	book  *ledger.Ledger
	cfg   Config
	*Register

	mu  sync.Mutex
	now time.Time
}

func newCourt(t *testing.T, change ...func(*Config)) *court {
	t.Helper()
	d, err := incident.ReadDeadlines(incident.DefaultDeadlines())
	if err != nil {
		t.Fatal(err)
	}
	c := &court{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)}
	c.cfg = Config{Courts: hearing.Courts(), Deadlines: d, Now: c.clock}
	for _, f := range change {
		f(&c.cfg)
	}
	c.start()
	t.Cleanup(c.stop)
	return c
}

func (c *court) clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *court) at(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// start opens everything as a gateway's start does.
func (c *court) start() {
	c.t.Helper()
	var err error
	if c.store, err = store.Open(filepath.Join(c.dir, "store")); err != nil {
		c.t.Fatal(err)
	}
	if c.book, err = ledger.Open(ledger.Config{Dir: filepath.Join(c.dir, "ledger"), Store: c.store}); err != nil {
		c.t.Fatal(err)
	}
	c.cfg.Ledger, c.cfg.Store = c.book, c.store
	if c.Register, err = Open(c.t.Context(), c.cfg); err != nil {
		c.t.Fatal(err)
	}
}

func (c *court) stop() {
	if c.store == nil {
		return
	}
	_ = c.book.Close(context.Background())
	_ = c.store.Close()
	c.store = nil
}

// again is a restart.
func (c *court) again() {
	c.t.Helper()
	c.stop()
	c.start()
}

// as is a person of a court with roles, who sits in hearings in the first of them.
func as(of string, role rights.Role, sits ...string) Viewer {
	v := Viewer{Court: of, Person: "p-" + string(role) + "." + of, Roles: []rights.Role{role}}
	v.Person = "p-" + fmt.Sprint(len(role)) + string(role)[:4]
	v.Door = Who{Role: string(role), Person: v.Person}
	for _, h := range sits {
		v.Sits = append(v.Sits, Sitting{h, "seat", role})
	}
	return v
}

func filing(c *court) Filing {
	return Filing{Kind: "contact_outside", When: c.clock().Add(-time.Hour), Endangered: "relative", Note: "A car stood before the house."}
}

func (c *court) files(v Viewer, f Filing) string {
	c.t.Helper()
	id, fresh, err := c.File(c.t.Context(), v, f)
	if err != nil || !fresh {
		c.t.Fatalf("%v %v", fresh, err)
	}
	return id
}

func (c *court) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *court) get(court, id string) *Incident {
	c.t.Helper()
	i, ok := c.Get(court, id)
	if !ok {
		c.t.Fatalf("%s is not in the register", id)
	}
	return i
}

// holds makes a hearing's ledger.
func (c *court) holds(id, of string) {
	c.t.Helper()
	for _, d := range hearing.Create(id, "1(004)-77/2026", of, hearing.DefaultSeats()) {
		c.happens(id, string(d.Code), d.Actor, d.Payload)
	}
}

func (c *court) happens(id, code, actor string, payload any) {
	c.t.Helper()
	if _, err := c.book.Append(c.t.Context(), id, ledger.Draft{Code: code, Actor: actor, Payload: payload}); err != nil {
		c.t.Fatal(err)
	}
}

func (c *court) flag(id, flag, seat string, role hearing.Role, more map[string]any) {
	c.t.Helper()
	p := map[string]any{"id": flag, "seat": seat, "role": role, "pressed_at": c.clock()}
	for k, v := range more {
		p[k] = v
	}
	c.happens(id, "flag.raised", seat, p)
}

func (c *court) mirrors(of, id string) {
	c.t.Helper()
	if err := c.Mirror(c.t.Context(), of, id, nil); err != nil {
		c.t.Fatal(err)
	}
}

// events counts the book's events by code.
func (c *court) events(of string) map[string]int {
	c.t.Helper()
	all, err := c.Events(c.t.Context(), of)
	if err != nil {
		c.t.Fatal(err)
	}
	n := map[string]int{}
	for _, e := range all {
		n[e.Code]++
	}
	return n
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// refusal is the code of a refusal; "" for none.
func refusal(err error) string {
	if err == nil {
		return ""
	}
	return signaling.AsError(err).Code
}
