package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"parda/gateway/visibility"
)

// Who may see which incident of a hearing one sits in, written here once more by hand: over the page's own conversation and over HTTP alike. The generated table
// (gateway/incident/INCIDENTS.md) is what the code says; this is what it shall say.
var seesOf = map[string]string{
	"judge":       "open entered dismissed discreet silent clerk's",
	"judge2":      "open entered dismissed discreet silent clerk's",
	"clerk":       "open entered dismissed clerk's",
	"prosecutor":  "entered",
	"defence":     "open entered dismissed", // its own three
	"lawyer":      "entered discreet",       // the discreet one is its own
	"interpreter": "",
	"support":     "",
	"guardian":    "",
	"witness":     "", // not her own either: the threat may sit beside her
	"screen":      "",
	"gallery":     "",
}

// flagged raises one of each sort and gives the flags' ids by sort.
func flagged(t *testing.T, c *cast, lawyer *page) map[string]string {
	t.Helper()
	raise := func(p *page, args map[string]any) string {
		var r struct{ Flag string }
		if err := json.Unmarshal(p.must("flag.raise", args)["result"], &r); err != nil || r.Flag == "" {
			t.Fatalf("%s: no flag came back: %v", p.seat, err)
		}
		return r.Flag
	}
	of := map[string]string{
		"open":      raise(c.defence, map[string]any{"kind": "look"}),
		"entered":   raise(c.defence, map[string]any{"kind": "words"}),
		"dismissed": raise(c.defence, map[string]any{"kind": "gesture"}),
		"discreet":  raise(lawyer, map[string]any{"kind": "threat_lawyer", "discreet": true}),
		"silent":    raise(c.room, map[string]any{"discreet": true}),
		"clerk's":   raise(c.clerk, map[string]any{"kind": "photographing"}),
	}
	c.judge.must("flag.rule", map[string]any{"flag": of["entered"], "ruling": "enter"})
	c.judge.must("flag.rule", map[string]any{"flag": of["dismissed"], "ruling": "dismiss", "reason": "it was no threat"})
	c.judge.must("flag.rule", map[string]any{"flag": of["discreet"], "ruling": "enter"}) // entered and discreet: sealed, never the parties'
	return of
}

func TestWhoMaySeeWhichIncidentOfAHearingByThePageAndByHTTP(t *testing.T) {
	c := assemble(t, t.TempDir())
	pages := map[string]*page{"judge": c.judge, "clerk": c.clerk, "defence": c.defence, "prosecutor": c.prosecutor, "gallery": c.gallery, "witness": c.room}
	for seat := range seesOf {
		if pages[seat] == nil {
			pages[seat] = sit(t, c.app.App, seat)
		}
	}
	of := flagged(t, c, pages["lawyer"])
	sort := map[string]string{}
	for name, flag := range of {
		sort[flag] = name
	}
	for _, seat := range slices.Sorted(maps.Keys(seesOf)) {
		p, want := pages[seat], strings.Fields(seesOf[seat])
		slices.Sort(want)
		same := func(flags []visibility.FlagView) bool { return slices.Equal(sorted(flags, sort), want) }
		p.until("sees exactly "+strings.Join(want, ", "), func(v visibility.View) bool { return same(v.Flags) })
		for name, flag := range of { // not in any other field of any message either
			p.mu.Lock()
			all := string(p.all)
			p.mu.Unlock()
			if !slices.Contains(want, name) && strings.Contains(all, incidentOf("demo", flag)) {
				t.Errorf("%s was sent the incident of the flag that is %s", seat, name)
			}
		}
		if seat == "witness" {
			continue // the station has no cookie, and the room no page of the register
		}
		status, answer := getAs(t, c.app, p, "/api/demo/incidents?seat="+seat)
		if seat == "gallery" || seat == "screen" {
			if status == http.StatusOK {
				t.Errorf("%s reads the register: %v", seat, answer)
			}
			continue
		}
		if got := incidentsIn(answer, of); status != http.StatusOK || !slices.Equal(got, want) {
			t.Errorf("%s over HTTP: %d, sees %v, want %v", seat, status, got, want)
		}
		for name, flag := range of {
			status, answer := getAs(t, c.app, p, "/api/demo/incidents/"+incidentOf("demo", flag)+"?seat="+seat)
			if may := slices.Contains(want, name); may != (status == http.StatusOK) {
				t.Errorf("%s asks for the one that is %s: %d %v", seat, name, status, answer)
			} else if unknown, _ := getAs(t, c.app, p, "/api/demo/incidents/i-0123456789abcdef?seat="+seat); !may && unknown != status {
				t.Errorf("%s tells one that it may not see (%d) from one that does not exist (%d)", seat, status, unknown)
			}
		}
	}
	if status, answer := getAs(t, c.app, c.gallery, "/api/demo/incidents?seat=judge"); status == http.StatusOK {
		t.Errorf("another seat's name opens its door: %v", answer)
	}
}

func sorted(flags []visibility.FlagView, sort map[string]string) []string {
	names := []string{}
	for _, f := range flags {
		names = append(names, sort[f.ID])
	}
	slices.Sort(names)
	return names
}

// incidentsIn names those of the flags whose incidents an answer lists.
func incidentsIn(answer map[string]any, of map[string]string) []string {
	names := []string{}
	list, _ := answer["incidents"].([]any)
	for _, one := range list {
		incident, _ := one.(map[string]any)
		name := "something else"
		for n, flag := range of {
			if incident["id"] == incidentOf("demo", flag) {
				name = n
			}
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Duress is the bench's alone: what everybody else is sent before and after is the same, byte for byte but for times and counters.
func TestADuressSignIsSeenAtTheBenchAndInNoByteAnywhereElse(t *testing.T) {
	c := assemble(t, t.TempDir())
	others := []*page{c.clerk, c.defence, c.prosecutor, c.gallery, c.room, sit(t, c.app.App, "lawyer"), sit(t, c.app.App, "interpreter"), sit(t, c.app.App, "support"), sit(t, c.app.App, "screen")}
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	for _, p := range others {
		p.until("sees her live", func(v visibility.View) bool { return v.Testimony.Phase == "live" })
	}
	counted := func(p *page) int {
		p.mu.Lock()
		defer p.mu.Unlock()
		return strings.Count(string(p.all), "\n")
	}
	// What is due anyway (presence, recordings) is over when two sights are alike.
	before := map[string]int{}
	settle := func() {
		for _, p := range others {
			before[p.seat] = counted(p)
		}
	}
	settled := func() bool {
		for _, p := range others {
			if counted(p) != before[p.seat] {
				return false
			}
		}
		return true
	}
	for range 50 {
		settle()
		if pauseFor(600); settled() {
			break
		}
	}
	answer, refusal := c.room.ask("duress.raise", map[string]any{"means": "key", "nonsense": 1})
	if refusal != "" {
		t.Fatalf("duress failed over an argument: %s", refusal)
	}
	if len(answer["result"]) > 0 {
		t.Errorf("the station is told more than that it is kept: %s", answer["result"])
	}
	c.judge.until("sees the duress sign", func(v visibility.View) bool { return v.Duress != nil && v.Duress.Means == "key" })
	before[c.room.seat]++ // its own acknowledgement
	pauseFor(1200)
	for _, p := range others {
		p.mu.Lock()
		all := string(p.all)
		p.mu.Unlock()
		// The station is told at all times that it could: that is no sign of anything.
		if strings.Contains(strings.ReplaceAll(all, `"duress.raise"`, ""), "duress") || p != c.room && strings.Contains(all, "duress") {
			t.Errorf("%s was sent the word", p.seat)
		}
		if n := counted(p); n != before[p.seat] {
			t.Errorf("%s was sent %d messages when the duress sign came", p.seat, n-before[p.seat])
		}
	}
	c.judge.must("duress.answer", map[string]any{"do": "pause"})
	for _, p := range others {
		v := p.until("sees a break", func(v visibility.View) bool { return v.Testimony.Phase == "paused" })
		if v.Testimony.PauseCode != "judge" && v.Testimony.PauseCode != "" {
			t.Errorf("%s is told why: %s", p.seat, v.Testimony.PauseCode)
		}
	}
	if _, refusal := c.judge.ask("duress.answer", map[string]any{"do": "stand_down"}); refusal != "reason_required" {
		t.Errorf("stood down without a reason: %q", refusal)
	}
	for _, p := range others[:4] {
		if _, refusal := p.ask("duress.answer", map[string]any{"do": "pause"}); refusal == "" {
			t.Errorf("%s answers a duress sign", p.seat)
		}
		if _, refusal := p.ask("duress.raise", nil); refusal == "" {
			t.Errorf("%s raises a duress sign", p.seat)
		}
	}
}
