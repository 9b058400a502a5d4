package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parda/gateway/hearing"
	"parda/gateway/visibility"
)

// pressed is a flag that a seat's page sends without waiting for the answers to those before it, as an outbox does that was offline.
func (p *page) pressed(id string, args any) {
	p.mu.Lock()
	p.answers[id] = make(chan map[string]json.RawMessage, 1)
	p.mu.Unlock()
	p.send(map[string]any{"type": "command", "id": id, "name": "flag.raise", "args": args, "at": time.Now().UTC()})
}

// answered waits for the acknowledgement and gives the flag's id.
func (p *page) answered(id string) (flag string, err error) {
	p.mu.Lock()
	c := p.answers[id]
	p.mu.Unlock()
	select {
	case m := <-c:
		var result struct{ Flag string }
		_ = json.Unmarshal(m["result"], &result)
		if string(m["type"]) != `"ack"` || result.Flag == "" {
			return "", fmt.Errorf("%s: %s was answered with %s %s", p.seat, id, m["type"], m["code"])
		}
		return result.Flag, nil
	case <-time.After(20 * time.Second):
		p.mu.Lock()
		defer p.mu.Unlock()
		return "", fmt.Errorf("%s: %s was never answered; its page: %v", p.seat, id, p.closed)
	}
}

// acknowledgedInOrder are the ids of the acknowledged commands that begin so, in the order in which the answers came.
func (p *page) acknowledgedInOrder(prefix string) (ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for line := range strings.Lines(string(p.all)) {
		var m struct{ Type, ID string }
		if json.Unmarshal([]byte(line), &m) == nil && m.Type == "ack" && strings.HasPrefix(m.ID, prefix) {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// incidentOf is the register's id of a hearing's flag, as the contract of the two books has it.
func incidentOf(hearing, flag string) string {
	sum := sha256.Sum256([]byte("parda incident\n" + hearing + "\n" + flag))
	return "i-" + hex.EncodeToString(sum[:])[:16]
}

const (
	flood   = 500
	stateAt = 256 << 10 // bytes that a state message may have while flags with long texts pour in
)

// 500 flags, as fast as eight seats get their answers, which is far more than 500 in a minute: each is acknowledged in the order in which its seat sent it, stands in the
// ledger and in the court's register, also after a start anew, and the bench rules meanwhile. A flood is slowed, never refused.
func TestFiveHundredFlagsInAMinuteAreAllKept(t *testing.T) {
	dir := t.TempDir()
	c := assemble(t, dir)
	seats := []*page{c.judge, c.clerk, c.defence, c.prosecutor, c.room, sit(t, c.app.App, "lawyer"), sit(t, c.app.App, "interpreter"), sit(t, c.app.App, "support")}
	first := c.defence.must("flag.raise", map[string]any{"kind": "words"})
	long := map[string]any{"kind": "contact_outside", "target": strings.Repeat("ə", 200), "source": strings.Repeat("ğ", 200), "note": strings.Repeat("ş", 500)}
	began := time.Now()
	var all sync.WaitGroup
	var mu sync.Mutex
	named, lost := map[string]string{}, []error{}
	for i, p := range seats {
		all.Go(func() {
			var waiting []string // the next press follows the answer: a page whose pongs wait behind half a minute of its own presses is taken for gone, and comes back
			answer := func() {
				flag, err := p.answered(waiting[0])
				mu.Lock()
				defer mu.Unlock()
				if named[waiting[0]], waiting = flag, waiting[1:]; err != nil {
					lost = append(lost, err)
				}
			}
			for n := i; n < flood; n += len(seats) {
				if len(waiting) > 0 {
					answer()
				}
				id := fmt.Sprintf("flood-%s-%04d", p.seat, n)
				p.pressed(id, long)
				waiting = append(waiting, id)
			}
			for len(waiting) > 0 {
				answer()
			}
		})
	}
	// The bench is no longer than its own command away from a ruling while they pour in.
	var one struct{ Flag string }
	_ = json.Unmarshal(first["result"], &one)
	c.judge.must("flag.rule", map[string]any{"flag": one.Flag, "ruling": "enter"})
	all.Wait()
	if len(lost) > 0 {
		t.Fatal(lost[0])
	}
	flags := map[string]string{}
	for i, p := range seats {
		sent := []string{}
		for n := i; n < flood; n += len(seats) {
			id := fmt.Sprintf("flood-%s-%04d", p.seat, n)
			flag := named[id]
			if flags[flag] != "" {
				t.Errorf("%s and %s have one flag", id, flags[flag])
			}
			flags[flag], sent = id, append(sent, id)
		}
		if got := p.acknowledgedInOrder("flood-"); !slices.Equal(got, sent) {
			t.Errorf("%s: the answers came in another order than the flags were sent", p.seat)
		}
	}
	t.Logf("%d flags acknowledged in %v", len(flags), time.Since(began).Round(time.Millisecond))
	if len(flags) != flood {
		t.Errorf("%d flags were kept", len(flags))
	}
	c.stateIsBounded(t, flood+1)
	c.app.end()
	again := runApp(t, testConfig(dir))
	inLedger(t, again.App, flags)
	inRegister(t, again.App, flags)
}

// stateIsBounded: the judge's page is sent no more with each further flag, and told of how many it is not sent.
func (c *cast) stateIsBounded(t *testing.T, all int) {
	t.Helper()
	v := c.judge.until("knows how many flags there are", func(v visibility.View) bool { return len(v.Flags)+v.FlagsMore == all })
	c.judge.mu.Lock()
	size := len(c.judge.raw)
	c.judge.mu.Unlock()
	t.Logf("a state with %d of %d flags: %d bytes", len(v.Flags), all, size)
	if size > stateAt {
		t.Errorf("the judge's state message has %d bytes", size)
	}
	if len(v.Flags) < 20 {
		t.Errorf("only %d flags are on the desk", len(v.Flags))
	}
	for _, f := range v.Flags[:20] {
		if f.Closed {
			t.Errorf("%s is closed and stands before what waits for a ruling", f.ID)
		}
	}
}

// inLedger counts each flag once in the hearing's book.
func inLedger(t *testing.T, app *App, flags map[string]string) {
	t.Helper()
	events, err := app.ledger.Load(context.Background(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]int{}
	for _, e := range events {
		if e.Code == string(hearing.FlagRaised) {
			var p hearing.FlagRaisedPayload
			if err := json.Unmarshal(e.Payload, &p); err != nil {
				t.Fatal(err)
			}
			kept[p.ID]++
		}
	}
	for flag, id := range flags {
		if kept[flag] != 1 {
			t.Errorf("%s (%s) stands %d times in the ledger", flag, id, kept[flag])
		}
	}
}

// inRegister finds each flag as an incident of the court's book, once, by the list that the bench's seat is given page by page.
func inRegister(t *testing.T, app *App, flags map[string]string) {
	t.Helper()
	events, err := app.ledger.Load(context.Background(), "incidents-baku")
	if err != nil {
		t.Fatal(err)
	}
	opened := map[string]int{}
	for _, e := range events {
		if e.Code != "incident.flagged" {
			continue
		}
		var p struct {
			ID       string `json:"id"`
			Incident string `json:"incident"`
		}
		_ = json.Unmarshal(e.Payload, &p)
		opened[p.ID+p.Incident]++
	}
	for flag, id := range flags {
		if n := opened[incidentOf("demo", flag)]; n != 1 {
			t.Errorf("%s (%s) stands %d times in the register", flag, id, n)
		}
	}
}

// getAs asks as the browser of a seat does.
func getAs(t *testing.T, app gatewayAt, p *page, path string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequest("GET", app.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(p.cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer map[string]any
	_ = json.NewDecoder(res.Body).Decode(&answer)
	return res.StatusCode, answer
}

// pauseFor waits while nothing may happen: what is tested is that nothing does.
func pauseFor(ms int) { time.Sleep(time.Duration(ms) * time.Millisecond) }
