package identity_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parda/gateway/identity"
	"parda/gateway/store"
)

func TestAnOpeningGoesFromOrderOverTwoReleasesToTheReaderAndEnds(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	o := c.opened(c.order(p.ID))
	_, err := c.Take(t.Context(), c.as("investigator"), o)
	c.refused("taken before any release", err, "not_yet")
	c.refused("judge", c.release(o, "judge", c.keys["judge"], "judge"), "")
	_, err = c.Take(t.Context(), c.as("investigator"), o)
	c.refused("taken after one release", err, "not_yet")
	c.refused("judge again", c.release(o, "judge", c.keys["judge"], "judge"), "not_allowed")
	c.refused("prosecutor", c.release(o, "prosecutor", c.keys["prosecutor"], "prosecutor"), "")
	for _, who := range []string{"judge", "prosecutor", "investigator2", "admin", "clerk"} {
		_, err := c.Take(t.Context(), c.as(who), o)
		c.refused(who+" takes what is for the reader", err, "not_allowed")
	}
	if r, err := c.read(o, "investigator"); err != nil || r["name"] != record["name"] {
		t.Fatal(r, err)
	}
	c.refused("read", c.Read(t.Context(), c.as("investigator"), o, true), "")
	c.refused("somebody else's word", c.Done(t.Context(), c.as("judge"), o), "not_allowed")
	c.refused("done", c.Done(t.Context(), c.as("investigator"), o), "")
	_, err = c.Take(t.Context(), c.as("investigator"), o)
	c.refused("taken after the end", err, "opening_over")
	if got := c.stateOf(o); got != identity.Over {
		t.Error(got)
	}
	want := []string{"vault.opening_ordered", "vault.share_taken", "vault.share_released", "vault.share_taken", "vault.share_released", "vault.opened", "vault.read", "vault.opening_ended"}
	codes := c.book.codes("baku")
	if tail := codes[len(codes)-len(want):]; !slices.Equal(tail, want) {
		t.Errorf("entered %v", tail)
	}
}

// running opens a person up to a state: ordered, half, released, opened.
func (c *court) running(person, until string) string {
	c.t.Helper()
	o := c.opened(c.order(person))
	if until == "ordered" {
		return o
	}
	c.refused("judge", c.release(o, "judge", c.keys["judge"], "judge"), "")
	if until == "half" {
		return o
	}
	c.refused("prosecutor", c.release(o, "prosecutor", c.keys["prosecutor"], "prosecutor"), "")
	if until == "opened" {
		if _, err := c.read(o, "investigator"); err != nil {
			c.t.Fatal(err)
		}
	}
	return o
}

// Whatever ends an opening, from whatever state: nobody gets anything any more, at once, and what was released is erased.
func TestWhateverEndsAnOpeningEndsItForEverybodyAtOnce(t *testing.T) {
	ends := map[string]struct {
		do    func(c *court, p identity.PersonView, o string) error
		state string
	}{
		"a judge stops it": {func(c *court, _ identity.PersonView, o string) error { return c.Stop(t.Context(), c.as("judge2"), o) }, identity.Stopped},
		"a prosecutor stops it": {func(c *court, _ identity.PersonView, o string) error {
			return c.Stop(t.Context(), c.as("prosecutor2"), o)
		}, identity.Stopped},
		"the reader's key is lost": {func(c *court, _ identity.PersonView, _ string) error {
			return c.LoseKey(t.Context(), c.as("investigator"), c.keys["investigator"].Card.ID())
		}, identity.Stopped},
		"the measure ends by order": {func(c *court, p identity.PersonView, _ string) error {
			_, _, err := c.OrderPerson(t.Context(), c.as("judge"), p.ID, identity.PersonOrder{Kind: identity.EndOf, Why: "no danger", Ground: "measure_no_longer_needed"})
			return err
		}, identity.Stopped},
		"its time runs out": {func(c *court, _ identity.PersonView, _ string) error { c.later(time.Hour); return c.Sweep(t.Context()) }, identity.Expired},
	}
	for name, end := range ends {
		c := newCourt(t).ready()
		for _, from := range []string{"ordered", "half", "released", "opened"} {
			c.key("investigator")
			p := c.person()
			o := c.running(p.ID, from)
			before := c.count("vault.opening_ended")
			c.refused(name, end.do(c, p, o), "")
			if got := c.stateOf(o); got != end.state {
				t.Errorf("%s from %s: %s", name, from, got)
			}
			_, err := c.Take(t.Context(), c.as("investigator"), o)
			c.refused(name+": taken", err, "opening_over")
			_, err = c.ShareFor(t.Context(), c.as("judge"), o)
			c.refused(name+": share", err, "opening_over")
			if left, err := c.store.VaultReleases(t.Context(), o); err != nil || len(left) > 0 {
				t.Errorf("%s from %s: %d releases are left (%v)", name, from, len(left), err)
			}
			if c.count("vault.opening_ended") != before+1 {
				t.Errorf("%s from %s: its end is not entered", name, from)
			}
		}
	}
}

func TestAnOpeningIsToldWhereThePersonTestifiesThoughTheOrderNamesNoHearing(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	for _, h := range []string{"h1", "h2"} {
		_, _, err := c.OrderPerson(t.Context(), c.as("judge"), p.ID, identity.PersonOrder{Kind: identity.Reuse, Why: "she testifies", Ground: "other_case", Hearing: h})
		c.refused(h, err, "")
	}
	for _, told := range []string{"h2", "h1"} { // the newest; the one before, where that is sealed
		before := map[string]int{"h1": len(c.book.codes("hearing h1")), "h2": len(c.book.codes("hearing h2"))}
		c.running(p.ID, "opened")
		for h, n := range before {
			if got := c.book.codes("hearing " + h)[n:]; (h == told) != slices.Contains(got, "vault.opened") || (h == told) != slices.Contains(got, "vault.opening_ordered") {
				t.Errorf("%s should be told; %s has %v", told, h, got)
			}
		}
		c.book.sealed = told
	}
}

// A gateway is killed after it wrote that the measure ended, or that the reader's key is lost, and before it ended the openings: they give nothing afterwards.
func TestAnOpeningHangsOnTheMeasureAndOnTheReadersKeyThoughNobodyEndedIt(t *testing.T) {
	for name, end := range map[string]func(c *court, p identity.PersonView) error{
		"the measure": func(c *court, p identity.PersonView) error {
			p.State = identity.Ended
			b, _ := json.Marshal(p.Person)
			return c.store.OrderVaultPerson(t.Context(), store.VaultRecord{ID: p.ID, Court: "baku", Body: b}, store.VaultRecord{}, nil)
		},
		"the reader's key": func(c *court, _ identity.PersonView) error {
			k := identity.Key{ID: c.keys["investigator"].Card.ID(), Card: c.keys["investigator"].Card, Owner: "investigator", State: identity.KeyLost}
			b, _ := json.Marshal(k)
			return c.store.PutVaultKeys(t.Context(), store.VaultKey{VaultRecord: store.VaultRecord{ID: k.ID, Court: "baku", Body: b}, Owner: k.Owner})
		},
	} {
		c := newCourt(t).ready()
		p := c.person()
		half, whole := c.running(p.ID, "half"), c.running(p.ID, "released")
		if err := end(c, p); err != nil {
			t.Fatal(err)
		}
		_, err := c.Take(t.Context(), c.as("investigator"), whole)
		c.refused(name+": taken", err, "opening_over")
		_, err = c.ShareFor(t.Context(), c.as("prosecutor"), half)
		c.refused(name+": share", err, "opening_over")
		_, err = c.Release(t.Context(), c.as("prosecutor"), half, 2, "prosecutor", validShare(c))
		c.refused(name+": release", err, "opening_over")
	}
}

func (c *court) count(code string) (n int) {
	for _, one := range c.book.codes("baku") {
		if one == code {
			n++
		}
	}
	return n
}

// Time is asked at each use: nothing waits for the sweep.
func TestAnOpeningIsOverWithItsLastMomentThoughNobodySweeps(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	order := c.order(p.ID)
	order.From, order.Until = c.now().Add(time.Minute), c.now().Add(2*time.Minute)
	o := c.opened(order)
	_, err := c.ShareFor(t.Context(), c.as("judge"), o)
	c.refused("before its time", err, "not_yet")
	c.later(time.Minute)
	c.refused("in time", c.release(o, "judge", c.keys["judge"], "judge"), "")
	c.refused("in time", c.release(o, "prosecutor", c.keys["prosecutor"], "prosecutor"), "")
	c.later(time.Minute - time.Millisecond)
	if _, err := c.read(o, "investigator"); err != nil {
		t.Error("the last moment: ", err)
	}
	c.later(time.Millisecond)
	_, err = c.Take(t.Context(), c.as("investigator"), o)
	c.refused("after", err, "opening_over")
}

// What was released stands in no file any more when the opening ended: not in the database, not in its write-ahead log.
func TestErasedReleasesStandInNoFile(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	o := c.running(p.ID, "released")
	releases, err := c.store.VaultReleases(t.Context(), o)
	if err != nil || len(releases) != 2 {
		t.Fatal(len(releases), err)
	}
	needle := func(b []byte) []byte { return b[len(b)-64:] }
	holds := func(b []byte) bool {
		found := false
		files, err := filepath.Glob(filepath.Join(c.dir, "store", "parda.db*"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, f := range files {
			all, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			found = found || bytes.Contains(all, needle(b))
		}
		return found
	}
	for _, r := range releases {
		if !holds(r.Share) {
			t.Fatal("a release is found in no file while it is kept: the search proves nothing")
		}
	}
	c.refused("stop", c.Stop(t.Context(), c.as("judge"), o), "")
	for _, r := range releases {
		if holds(r.Share) {
			t.Errorf("half %d still stands in a file", r.Half)
		}
	}
}

func TestOnlyTheHolderOfAHalfReleasesItAndNobodyReleasesBoth(t *testing.T) {
	c := newCourt(t).ready()
	c.key("judge2")
	c.key("prosecutor2")
	made := ok[identity.MadePerson](c)(c.MakePerson(t.Context(), c.as("investigator"), map[int]string{1: "judge", 2: "prosecutor"}))
	c.seal(made.Person, "investigator", 1)
	order := c.order(made.Person)
	order.Recovery = []int{1, 2}
	o := c.opened(order)
	_, err := c.Release(t.Context(), c.as("judge2"), o, 1, "judge", validShare(c))
	c.refused("a judge who holds no half of this person", err, "not_allowed")
	_, err = c.Release(t.Context(), c.as("judge"), o, 2, "prosecutor", validShare(c))
	c.refused("the other half", err, "not_allowed")
	_, err = c.Release(t.Context(), c.as("admin"), o, 1, "recovery", validShare(c))
	c.refused("an administrator with recovery", err, "not_allowed")
	c.refused("judge", c.release(o, "judge", c.keys["judge"], "judge"), "")
	_, err = c.Release(t.Context(), c.as("judge"), o, 2, "recovery", validShare(c))
	c.refused("one person, both halves", err, "same_person")
	c.refused("another, by recovery", c.release(o, "prosecutor2", c.keys["recovery2"], "recovery"), "")
	if r, err := c.read(o, "investigator"); err != nil || r["name"] != record["name"] {
		t.Error(r, err)
	}
	plain := c.opened(c.order(made.Person))
	_, err = c.Release(t.Context(), c.as("judge"), plain, 1, "recovery", validShare(c))
	c.refused("recovery, where the order does not say so", err, "not_allowed")
	_, err = c.Release(t.Context(), c.as("far judge"), plain, 1, "judge", validShare(c))
	c.refused("a judge of another court", err, "opening_unknown")
}

// validShare is something of a release's shape.
func validShare(c *court) []byte {
	shares := ok[[]store.VaultShare](c)(c.store.VaultShares(c.t.Context(), c.anyPerson(), 1))
	return shares[0].Share
}

func (c *court) anyPerson() string {
	return ok[identity.State](c)(c.State(c.t.Context(), c.as("judge"))).Persons[0].ID
}

func TestAnOrderSaysWhoWhyByWhichLawAndForHowLong(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	for rule, change := range map[string]struct {
		of      func(*identity.OpeningOrder)
		refusal string
	}{
		"as it must be":                  {func(*identity.OpeningOrder) {}, ""},
		"no reason":                      {func(o *identity.OpeningOrder) { o.Why = "  " }, "reason_required"},
		"a reason without end":           {func(o *identity.OpeningOrder) { o.Why = strings.Repeat("ə", 2001) }, "bad_argument"},
		"no ground":                      {func(o *identity.OpeningOrder) { o.Ground = "because" }, "ground_unknown"},
		"longer than 72 hours":           {func(o *identity.OpeningOrder) { o.Until = o.From.Add(72*time.Hour + time.Second) }, "validity_invalid"},
		"over before it begins":          {func(o *identity.OpeningOrder) { o.From, o.Until = o.Until, o.From }, "validity_invalid"},
		"in the past":                    {func(o *identity.OpeningOrder) { o.From, o.Until = noon.Add(-2*time.Hour), noon.Add(-time.Hour) }, "validity_invalid"},
		"in a year":                      {func(o *identity.OpeningOrder) { o.From, o.Until = noon.AddDate(1, 0, 0), noon.AddDate(1, 0, 1) }, "validity_invalid"},
		"another kind":                   {func(o *identity.OpeningOrder) { o.Kind = "look" }, "bad_argument"},
		"a third half":                   {func(o *identity.OpeningOrder) { o.Recovery = []int{3} }, "bad_argument"},
		"a reader without a key":         {func(o *identity.OpeningOrder) { o.Reader = "investigator2" }, "reader_invalid"},
		"a reader without the right":     {func(o *identity.OpeningOrder) { o.Reader = "clerk" }, "reader_invalid"},
		"a reader of another court":      {func(o *identity.OpeningOrder) { o.Reader = "far judge" }, "reader_invalid"},
		"nobody":                         {func(o *identity.OpeningOrder) { o.Person = "v-nobody" }, "person_unknown"},
		"a hearing she is not in":        {func(o *identity.OpeningOrder) { o.Hearing = "h1" }, "hearing_unknown"},
		"a lawyer is told in no hearing": {func(o *identity.OpeningOrder) { o.TellLawyer = true }, "bad_argument"},
	} {
		o := c.order(p.ID)
		change.of(&o)
		_, err := c.OrderOpening(t.Context(), c.as("judge"), o)
		c.refused(rule, err, change.refusal)
	}
}

// The words of an order's reason may hold a name by accident: they stand in the store and nowhere else.
func TestTheReasonsWordsAreInNoLedger(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	_, _, err := c.OrderPerson(t.Context(), c.as("judge"), p.ID, identity.PersonOrder{Kind: identity.Reuse, Why: "Zq7Reason of the order", Ground: "other_case", Hearing: "h1"})
	c.refused("reuse", err, "")
	order := c.order(p.ID)
	order.Why, order.Hearing, order.TellLawyer = "Zq7Reason of the opening", "h1", true
	o := c.opened(order)
	c.refused("stop", c.Stop(t.Context(), c.as("judge"), o), "")
	if len(c.book.events) < 8 {
		t.Fatal("too little was entered")
	}
	for _, e := range c.book.events {
		for _, secret := range []string{"Zq7", p.Pseudonym} {
			if strings.Contains(e.payload, secret) {
				t.Errorf("%s in %s holds %q", e.code, e.place, secret)
			}
		}
		if strings.HasPrefix(e.place, "hearing") && (strings.Contains(e.payload, p.ID) || strings.Contains(e.payload, "investigator2")) {
			t.Errorf("%s in %s names person or account: %s", e.code, e.place, e.payload)
		}
	}
	want := []string{"vault.person_ordered", "vault.opening_ordered", "vault.opening_ended"}
	if got := c.book.codes("hearing h1"); !slices.Equal(got, want) {
		t.Errorf("the hearing was told %v", got)
	}
	for _, e := range c.book.events {
		if strings.HasPrefix(e.place, "hearing") && e.code != "vault.person_ordered" && !strings.Contains(e.payload, `"tell_lawyer":true`) {
			t.Errorf("%s does not say that the lawyer is told", e.code)
		}
	}
}

// Nothing takes effect that could not be entered; but what protects takes effect all the same, and is entered when it can be.
func TestWhatCannotBeEnteredIsNotDoneButProtectingIs(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	o := c.running(p.ID, "half")
	c.book.fails = errors.New("disk full")
	_, err := c.MakePerson(t.Context(), c.as("judge"), nil)
	c.refused("person", err, "not_durable")
	_, err = c.OrderOpening(t.Context(), c.as("judge"), c.order(p.ID))
	c.refused("order", err, "not_durable")
	_, err = c.ShareFor(t.Context(), c.as("prosecutor"), o)
	c.refused("share", err, "not_durable")
	err = c.Stop(t.Context(), c.as("judge"), o)
	c.refused("stop says that it is not entered", err, "not_durable")
	if got := c.stateOf(o); got != identity.Stopped {
		t.Errorf("the stop did not take effect: %s", got)
	}
	c.book.fails = nil
	if c.book.has("baku", "vault.opening_ended") {
		t.Fatal("it was entered")
	}
	c.refused("sweep", c.Sweep(t.Context()), "")
	if !c.book.has("baku", "vault.opening_ended") {
		t.Error("the end was never entered")
	}
	if s := ok[identity.State](c)(c.State(t.Context(), c.as("judge"))); len(s.Persons) != 1 || len(s.Openings) != 1 {
		t.Errorf("%d persons, %d openings: what was refused was kept", len(s.Persons), len(s.Openings))
	}
}

// A stop and a reading in the same moment: whoever comes second finds what the first left. Never is something read after a stop was acknowledged.
func TestAStopAndAReadingComeOneAfterTheOther(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	for range 8 {
		o := c.running(p.ID, "released")
		var both sync.WaitGroup
		both.Go(func() { c.refused("stop", c.Stop(t.Context(), c.as("judge"), o), "") })
		both.Go(func() { _, _ = c.Take(t.Context(), c.as("investigator"), o) })
		both.Wait()
		_, err := c.Take(t.Context(), c.as("investigator"), o)
		c.refused("after the stop", err, "opening_over")
	}
}

func TestTheVaultIsTheSameAfterARestart(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	o := c.running(p.ID, "released")
	before := ok[identity.State](c)(c.State(t.Context(), c.as("judge")))
	if err := c.store.Close(); err != nil {
		t.Fatal(err)
	}
	c.openStore()
	after := ok[identity.State](c)(c.State(t.Context(), c.as("judge")))
	if after.Persons[0].Pseudonym != before.Persons[0].Pseudonym || len(after.Keys) != len(before.Keys) || after.Recovery.State != "confirmed" {
		t.Error("the state is another")
	}
	if r, err := c.read(o, "investigator"); err != nil || r["name"] != record["name"] {
		t.Error(r, err)
	}
}

func TestAnInvestigatorSeesHerOwnPersonsOnlyAndAnotherCourtNothing(t *testing.T) {
	c := newCourt(t).ready()
	p := c.person()
	o := c.opened(c.order(p.ID))
	for who, want := range map[string][2]int{"judge": {1, 1}, "judge2": {1, 1}, "prosecutor": {1, 1}, "investigator": {1, 1}, "investigator2": {0, 0}, "far judge": {0, 0}} {
		s := ok[identity.State](c)(c.State(t.Context(), c.as(who)))
		if got := [2]int{len(s.Persons), len(s.Openings)}; got != want {
			t.Errorf("%s sees %v", who, got)
		}
	}
	c.refused("a far judge stops", c.Stop(t.Context(), c.as("far judge"), o), "opening_unknown")
	_, err := c.OrderOpening(t.Context(), c.as("far judge"), c.order(p.ID))
	c.refused("a far judge orders", err, "person_unknown")
}
