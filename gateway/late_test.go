package main

import (
	"encoding/json"
	"strings"
	"testing"

	"parda/gateway/incident/register"
)

// I6: a flag is not lost because the protocol was signed before its link came back.
func TestAFlagThatComesAfterTheSigningStandsInTheCourtsRegister(t *testing.T) {
	dir := t.TempDir()
	c := assemble(t, dir)
	c.defence.must("flag.raise", map[string]any{"kind": "words"})
	c.judge.must("testimony.release", nil)
	c.closeAndTake(t, dir)
	named := func(m map[string]json.RawMessage) string {
		var result struct{ Flag string }
		if err := json.Unmarshal(m["result"], &result); err != nil || !strings.HasPrefix(result.Flag, "i-") {
			t.Fatalf("the answer names no incident: %s %v", m["result"], err)
		}
		return result.Flag
	}
	find := func(id string) *register.Incident {
		i, ok := c.app.incidents.Get("baku", id)
		if !ok {
			t.Fatalf("%s is not in the register", id)
		}
		return i
	}
	args := map[string]any{"kind": "look", "note": "He waited at the door.", "discreet": true}
	first, refusal := c.defence.askAgain("late-1", "flag.raise", args)
	if refusal != "" {
		t.Fatalf("it is refused: %s", refusal)
	}
	id := named(first)
	again, _ := c.defence.askAgain("late-1", "flag.raise", args)
	if named(again) != id || len(c.app.incidents.All("baku")) != 2 { // beside the one that came in time
		t.Errorf("sent again it stands twice: %s, %d incidents", named(again), len(c.app.incidents.All("baku")))
	}
	i := find(id)
	if i.By.Seat != "defence" || i.By.Hearing != "demo" || !i.Discreet || i.Kind != "look" || i.When.IsZero() || c.app.incidents.Text("baku", i.Note) != "He waited at the door." {
		t.Errorf("%+v", i)
	}
	c.defence.must("flag.detail", map[string]any{"flag": id, "kind": "contact_outside", "note": "And spoke to me."})
	if i := find(id); i.Kind != "contact_outside" || c.app.incidents.Text("baku", i.Note) != "And spoke to me." || !i.Discreet {
		t.Errorf("what was said of it later: %+v", i)
	}
	c.defence.must("flag.detail", map[string]any{"flag": "f1", "note": "Said after the signing."})
	if i := find(register.IncidentOf("demo", "f1")); c.app.incidents.Text("baku", i.Note) != "Said after the signing." {
		t.Errorf("what is said late of a flag that came in time: %+v", i)
	}
	if _, refusal := c.prosecutor.ask("flag.detail", map[string]any{"flag": "f1", "note": "x"}); refusal != "not_allowed" {
		t.Errorf("another seat adds to a flag that came in time: %q", refusal)
	}
	if _, refusal := c.prosecutor.ask("flag.detail", map[string]any{"flag": id, "note": "x"}); refusal != "not_allowed" {
		t.Errorf("another seat adds to it: %q", refusal)
	}
	for name, bad := range map[string]any{"no arguments": nil, "not an object": []int{1}, "an unknown kind": map[string]any{"kind": "stare"}} {
		m, refusal := c.room.ask("flag.raise", bad)
		if refusal != "" {
			t.Fatalf("%s: refused: %s", name, refusal)
		}
		if i := find(named(m)); !i.Discreet || i.By.Role != "protected_witness" {
			t.Errorf("%s: the witness's own: %+v", name, i)
		}
	}
	for _, other := range []string{"entry.add", "testimony.pause", "flag.rule"} {
		if _, refusal := c.judge.ask(other, map[string]any{"kind": "note", "text": "x", "flag": "f1", "ruling": "enter"}); refusal == "" {
			t.Errorf("%s is taken after the signing", other)
		}
	}
}
