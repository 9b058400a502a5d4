package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"parda/gateway/visibility"
)

// traveller moves the registers' clock of a gateway by hand; the hearing's own stays.
type traveller struct{ offset atomic.Int64 }

func (c *traveller) now() time.Time        { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *traveller) move(by time.Duration) { c.offset.Store(int64(by)) }

// runMoved is runApp with a clock of the registers' own.
func runMoved(t *testing.T, c Config, clock *traveller) running {
	t.Helper()
	return runAppAs(t, c, func(a *App) { a.incidentNow = clock.now })
}

// postAs sends JSON as the browser of a seat does.
func postAs(t *testing.T, app gatewayAt, p *page, path string, body any) (int, map[string]any) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest("POST", app.URL()+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
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

// requested raises a flag, enters it and files it as a request for protection, which the clerk's desk receives; its path is that of the request.
func requested(t *testing.T, c *cast) (incident, path string) {
	t.Helper()
	var r struct{ Flag string }
	if err := json.Unmarshal(c.defence.must("flag.raise", map[string]any{"kind": "threat_lawyer"})["result"], &r); err != nil {
		t.Fatal(err)
	}
	c.judge.must("flag.rule", map[string]any{"flag": r.Flag, "ruling": "enter"})
	c.defence.must("flag.request", map[string]any{"flag": r.Flag, "measures": []string{"escort"}})
	incident = incidentOf("demo", r.Flag)
	var id string
	for end := time.Now().Add(20 * time.Second); id == ""; time.Sleep(20 * time.Millisecond) {
		_, answer := getAs(t, c.app, c.clerk, "/api/demo/incidents/"+incident+"?seat=clerk")
		if list, _ := answer["requests"].([]any); len(list) == 1 {
			id, _ = list[0].(map[string]any)["request"].(string)
		}
		if id == "" && time.Now().After(end) {
			t.Fatalf("the request is not in the register: %v", answer)
		}
	}
	return incident, "/api/demo/incidents/" + incident + "/requests/" + id
}

// marked are the marks that stand in the book of the first request, as mark and hours.
func marked(t *testing.T, app gatewayAt, p *page, incident string) (phase string, marks []string) {
	t.Helper()
	status, answer := getAs(t, app, p, "/api/demo/incidents/"+incident+"?seat="+p.seat)
	list, _ := answer["requests"].([]any)
	if status != http.StatusOK || len(list) == 0 {
		t.Fatalf("%d %v", status, answer)
	}
	request, _ := list[0].(map[string]any)
	passed, _ := request["marks"].([]any)
	for _, m := range passed {
		one, _ := m.(map[string]any)
		name := fmt.Sprint(one["mark"])
		if h, ok := one["hours"].(float64); ok && h > 0 && name == "warn" {
			name += fmt.Sprintf(" %d", int(h))
		}
		marks = append(marks, name)
	}
	phase, _ = request["phase"].(string)
	return phase, marks
}

const hour = time.Hour

// The clock of a request through the whole gateway: each mark once, at its hour and not before, on the console of bench and clerk, and those that a gateway slept through
// when it wakes.
func TestTheClockOfARequestRunsThroughTheWholeGateway(t *testing.T) {
	clock, dir := &traveller{}, t.TempDir()
	app := runMoved(t, testConfig(dir), clock)
	c := assembleBy(t, app, app.Token("demo", "witness"))
	incident, path := requested(t, c)
	if status, answer := postAs(t, c.app, c.defence, path+"/received?seat=defence", map[string]any{}); status < 400 {
		t.Errorf("counsel receives her own request: %d %v", status, answer)
	}
	if status, answer := postAs(t, c.app, c.clerk, path+"/received?seat=clerk", map[string]any{"at": time.Now().Add(hour).UTC()}); status < 400 {
		t.Errorf("received in the future: %d %v", status, answer)
	}
	if status, answer := postAs(t, c.app, c.clerk, path+"/received?seat=clerk", map[string]any{"at": time.Now().Add(-30 * 24 * hour).UTC()}); status < 400 {
		t.Errorf("received before it was filed: %d %v", status, answer)
	}
	if status, answer := postAs(t, c.app, c.clerk, path+"/received?seat=clerk", map[string]any{}); status >= 300 {
		t.Fatalf("received: %d %v", status, answer)
	}
	for _, step := range []struct {
		after time.Duration
		marks []string
	}{
		{48*hour - time.Minute, nil},
		{48*hour + time.Minute, []string{"warn 48"}},
		{66*hour - time.Minute, []string{"warn 48"}},
		{66*hour + time.Minute, []string{"warn 48", "warn 66"}},
		{72*hour - time.Minute, []string{"warn 48", "warn 66"}},
		{72*hour + time.Minute, []string{"warn 48", "warn 66", "overrun"}},
		{8 * 24 * hour, []string{"warn 48", "warn 66", "overrun", "court_route"}},
	} {
		clock.move(step.after)
		for range 3 { // the same look again enters nothing again
			if err := c.app.tickIncidents(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, marks := marked(t, c.app, c.clerk, incident); !slices.Equal(marks, step.marks) {
			t.Errorf("after %v: %v, want %v", step.after, marks, step.marks)
		}
		for _, p := range []*page{c.judge, c.clerk} {
			p.until(fmt.Sprintf("shows %d marks", len(step.marks)), func(v visibility.View) bool {
				return len(v.Protection) == 1 && len(v.Protection[0].Marks) == len(step.marks)
			})
		}
	}
	c.prosecutor.until("is told of no request", func(v visibility.View) bool { return v.Protection == nil })
	if phase, _ := marked(t, c.app, c.clerk, incident); phase != "overdue" {
		t.Errorf("72 hours of silence are %q", phase)
	}
	// A refusal that is served opens the days to complain, also after the hours were over.
	for _, step := range []struct {
		what string
		body map[string]any
	}{{"decide", map[string]any{"granted": false, "reason": "no ground was shown"}}, {"served", map[string]any{}}} {
		if status, answer := postAs(t, c.app, c.judge, path+"/"+step.what+"?seat=judge", step.body); status >= 300 {
			t.Fatalf("%s: %d %v", step.what, status, answer)
		}
	}
	clock.move(8*24*hour + 12*24*hour)
	if err := c.app.tickIncidents(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, marks := marked(t, c.app, c.clerk, incident); !slices.Contains(marks, "complaint_end") {
		t.Errorf("twelve days after the refusal was served: %v", marks)
	}
}

func TestTheMarksThatAGatewaySleptThroughAreEnteredWhenItWakesEachOnce(t *testing.T) {
	clock, dir := &traveller{}, t.TempDir()
	app := runMoved(t, testConfig(dir), clock)
	c := assembleBy(t, app, app.Token("demo", "witness"))
	incident, path := requested(t, c)
	if status, answer := postAs(t, c.app, c.clerk, path+"/received?seat=clerk", map[string]any{}); status >= 300 {
		t.Fatalf("%d %v", status, answer)
	}
	clerk := c.clerk.cookie
	c.app.end()
	clock.move(80 * hour)
	for range 2 { // a second start finds them there
		again := runMoved(t, testConfig(dir), clock)
		page := openAt(t, again.App, "clerk", clerk, "")
		if err := again.App.tickIncidents(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, marks := marked(t, again.App, page, incident); !slices.Equal(marks, []string{"warn 48", "warn 66", "overrun"}) {
			t.Errorf("after eighty hours of sleep: %v", marks)
		}
		again.end()
	}
}
