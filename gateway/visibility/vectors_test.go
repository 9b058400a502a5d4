package visibility

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

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
	ruled := full(t)
	ruled.do("lawyer", "flag.raise", m{"kind": "photographing", "source": "dock", "note": "A telephone was held up.", "concerns": "interpreter"})
	ruled.do("judge", "flag.put", m{"flag": "f5", "seat": "interpreter", "form": "whole"})
	ruled.do("judge", "flag.rule", m{"flag": "f5", "ruling": "hide"})
	ruled.do("judge", "flag.rule", m{"flag": "f5", "ruling": "mute", "seat": "dock", "reason": "The dock speaks to the hall."})
	ruled.do("judge", "seat.take_stop", m{"seat": "guardian", "reason": "Four stops in a minute."})
	x.Card = &CardView{Room: "NR-12", Telephone: "+994 12 000 00 00", Body: "Xidmət"}
	x.IncidentOf = func(flag string) string { return "i-0123456789abcdef" }
	x.Protection = []ProtectionView{{Incident: "i-0123456789abcdef", Flag: "f5", Request: "q-1", Phase: "received", Alarm: "protection_due", Received: Moment(noon), Due: Moment(noon.Add(72 * time.Hour)),
		Marks: []MarkView{{"warn", Moment(noon.Add(48 * time.Hour))}}, Next: &MarkView{"warn", Moment(noon.Add(66 * time.Hour))}}}
	state("interpreter, to whom a flag was put", ruled, "interpreter", x)
	ruled.do("interpreter", "flag.answer", m{"flag": "f5", "text": "It was my dictionary."})
	ruled.do("lawyer", "flag.request", m{"flag": "f5", "measures": []string{"escort"}})
	ruled.do("witness", "duress.raise", m{"means": "key"})
	ruled.do("judge", "duress.answer", m{"do": "clear_room"})
	for _, seat := range []string{"judge", "clerk", "defence", "witness"} {
		state(seat+", flags ruled on and the room cleared", ruled, seat, x)
	}
	ruled.do("witness", "emergency.raise", m{"by": "officer"})
	for _, seat := range []string{"judge", "clerk", "witness"} {
		state(seat+", emergency", ruled, seat, x)
	}
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
