package visibility

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"parda/gateway/hearing"
)

const vectorFile = "../../signaling/testdata/state.json"

// vectors are the states of one hearing as seats of each kind get them.
func vectors(t *testing.T) []byte {
	live := full(t)
	live.do("judge", "seat.unmute", m{"seat": "lawyer"})
	live.do("witness", "room.certify", m{"same": true, "free": true, "with": []string{"interpreter"}})
	live.do("judge", "testimony.call", nil)
	x := Extras{
		Rev: 41, Recording: "on", Checkpoint: &CheckpointView{Size: 42, At: Moment(noon)},
		Present:    map[string]bool{"judge": true, "clerk": true, "defence": true, "gallery": true},
		Publishing: map[string]PublishingView{"defence": {Sound: true, Picture: true}},
		Alarms:     []AlarmView{{Code: "recorder_stopped", Since: Moment(noon)}}, Figure: "answering",
	}
	states := map[string]json.RawMessage{}
	state := func(name string, p *play, seat string, x Extras) {
		_, raw := p.view(seat, x)
		states[name] = json.RawMessage(raw)
	}
	state("judge, before the order", newPlay(t), "judge", Extras{Rev: 1})
	for _, seat := range []string{"judge", "clerk", "defence", "support", "witness", "screen", "gallery"} {
		state(seat+", live", live, seat, x)
	}
	state("judge, paused by the witness's fear", full(t), "judge", x)
	closed := full(t)
	closed.do("judge", "session.kind", m{"kind": "closed"})
	state("gallery, outside a closed session", closed, "gallery", x)
	state("prosecutor, without an undertaking", closed, "prosecutor", x)
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(states); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTheVectorsAreTheStatesThatArePassedOn(t *testing.T) {
	want := vectors(t)
	if *update {
		if err := os.WriteFile(vectorFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(vectorFile)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what is passed on (%v): run go test ./gateway/visibility -run TestTheVectors -update", vectorFile, err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(got, &raw); err != nil {
		t.Fatal(err)
	}
	for name, text := range raw {
		var v View
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&v); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		back, _ := json.Marshal(v)
		var a, b bytes.Buffer
		if json.Compact(&a, back) != nil || json.Compact(&b, text) != nil || !bytes.Equal(unescaped(a.Bytes()), unescaped(b.Bytes())) {
			t.Errorf("%s is not the same after reading and writing it", name)
		}
		if v.You.Role == hearing.Gallery && (v.Health != nil || v.Flags != nil || v.Watching != nil) {
			t.Errorf("%s: a gallery's state says too much", name)
		}
	}
}

// unescaped undoes what json.Marshal does to the signs <, > and & and Encoder does not.
func unescaped(b []byte) []byte {
	for from, to := range map[string]string{`\u003c`: "<", `\u003e`: ">", `\u0026`: "&"} {
		b = bytes.ReplaceAll(b, []byte(from), []byte(to))
	}
	return b
}
