package signaling

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The vectors are the wire as both sides must read it: this test writes what a page says and what a session answers, gateway/visibility
// writes the states and gateway/minutes the entries, and the page's own test (courtroom-ui/tests/wire.test.ts) reads them all.
var update = flag.Bool("update", false, "write testdata/seat.json and testdata/gateway.json anew")

const (
	offerSDP  = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=recvonly\r\n"
	answerSDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\n"
)

// seatVectors are what a page sends, byte for byte, one of each kind and the commands whose arguments differ in shape.
var seatVectors = []struct{ name, text string }{
	{"hello", `{"type":"hello","lang":"az","since":0}`},
	{"hello again", `{"type":"hello","lang":"ru","since":42}`},
	{"command", `{"type":"command","id":"c17","name":"testimony.pause","args":{},"at":"2026-11-22T14:30:15.123Z"}`},
	{"command without arguments", `{"type":"command","id":"c18","name":"hearing.open","at":"2026-11-22T14:30:16.000Z"}`},
	{"command that is refused", `{"type":"command","id":"c19","name":"session.kind","args":{"kind":"public"},"at":"2026-11-22T14:30:17.000Z"}`},
	{"command with a result", `{"type":"command","id":"c20","name":"seat.reissue","args":{"seat":"defence"},"at":"2026-11-22T14:30:18.000Z"}`},
	{"entry in Azerbaijani", `{"type":"command","id":"c21","name":"entry.add","args":{"kind":"answer","lang":"az","speaker":"witness","text":"Sənədlərimi yolda aldılar: «İ, ı, ə, ğ, ş»."},"at":"2026-11-22T14:30:19.000Z"}`},
	{"entry with the interpreter's rendering", `{"type":"command","id":"c22","name":"entry.add","args":{"interpreted":{"lang":"az","text":"Qapını xatırlayıram."},"kind":"answer","lang":"ru","speaker":"witness","text":"Я помню дверь."},"at":"2026-11-22T14:30:20.000Z"}`},
	{"exhibit with its number", `{"type":"command","id":"c23","name":"entry.add","args":{"kind":"exhibit","lang":"az","number":"2/14","text":"Qapının fotoşəkli."},"at":"2026-11-22T14:30:21.000Z"}`},
	{"entry struck out", `{"type":"command","id":"c24","name":"entry.strike","args":{"entry":17,"reason":"Sual geri götürüldü."},"at":"2026-11-22T14:30:22.000Z"}`},
	{"command that asks for a touch", `{"type":"command","id":"c25","name":"protocol.sign","args":{"signature":"AAEC"},"at":"2026-11-22T14:30:23.000Z"}`},
	{"command with its touch", `{"type":"command","id":"c25","name":"protocol.sign","args":{"signature":"AAEC"},"at":"2026-11-22T14:30:23.000Z","proof":{"id":"cGs","rawId":"cGs","type":"public-key","response":{"authenticatorData":"AAAA","clientDataJSON":"e30","signature":"AAAA"},"clientExtensionResults":{}}}`},
	{"room officer's certificate", `{"type":"command","id":"c26","name":"room.certify","args":{"code":"48213 90457","free":true,"same":true,"with":["interpreter","support_person"]},"at":"2026-11-22T14:30:24.000Z"}`},
	{"room officer's code that is refused", `{"type":"command","id":"c27","name":"room.certify","args":{"code":"00000 00000","free":false,"note":"Otaqda başqa şəxs var.","same":true,"with":[]},"at":"2026-11-22T14:30:25.000Z"}`},
	{"call without a certificate", `{"type":"command","id":"c28","name":"testimony.call","args":{"confirm":true,"reason":"Məsul şəxs xəstələnib.","without_certificate":true},"at":"2026-11-22T14:30:26.000Z"}`},
	{"flag with whom it concerns", `{"type":"command","id":"c29","name":"flag.raise","args":{"concerns":"dock","discreet":true,"kind":"gesture"},"at":"2026-11-22T14:30:27.000Z"}`},
	{"flag put to the person concerned", `{"type":"command","id":"c30","name":"flag.put","args":{"flag":"f3","form":"gist","gist":"Sizin zala işarə verdiyiniz bildirilir.","seat":"defence"},"at":"2026-11-22T14:30:28.000Z"}`},
	{"provisional ruling on a flag", `{"type":"command","id":"c31","name":"flag.rule","args":{"flag":"f3","ruling":"hide","seat":"dock"},"at":"2026-11-22T14:30:29.000Z"}`},
	{"ruling that is refused, nobody was heard", `{"type":"command","id":"c32","name":"ruling.give","args":{"id":"r4","positions":"p","reason":"r"},"at":"2026-11-22T14:30:30.000Z"}`},
	{"sign of duress", `{"type":"command","id":"c33","name":"duress.raise","args":{"means":"key"},"at":"2026-11-22T14:30:31.000Z"}`},
	{"emergency", `{"type":"command","id":"c34","name":"emergency.raise","args":{"by":"officer"},"at":"2026-11-22T14:30:32.000Z"}`},
	{"rtc.offer", `{"type":"rtc.offer","sdp":` + quoted(offerSDP) + `}`},
	{"rtc.publish", `{"type":"rtc.publish","sdp":` + quoted(offerSDP) + `}`},
	{"rtc.unpublish", `{"type":"rtc.unpublish"}`},
	{"figure", `{"type":"figure","state":"answering"}`},
	{"figure that is refused", `{"type":"figure","state":"weeping"}`},
	{"mode.key", `{"type":"mode.key","key":"6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw="}`},
	{"mode.segment", `{"type":"mode.segment","publication":"5f2c9b1e","rendering":"puppet+neutral","number":1,"tracks":[{"media":"video","first":65535,"hashes":"j8bNaD1p/OnIqSoIWpYVbQ=="},{"media":"audio","first":7,"hashes":"5HK7/DJQrPg="}],"signature":"0MgAkLT+fKo/KBkuv6FRQl12b8XZDBm0oOG3jCA0RHiTU0t57YEicFOyHbsz8xmKTcDFRXgC6hneYAYtp2qpDg=="}`},
	{"ping", `{"type":"ping","t":123}`},
}

func quoted(s string) string { b, _ := json.Marshal(s); return string(b) }

// vectorRoom answers as a proceeding would, with nothing drawn by lot.
type vectorRoom struct{}

func (vectorRoom) Attach(context.Context, *Session, Hello) error { return nil }
func (vectorRoom) Detach(*Session)                               {}
func (vectorRoom) Command(_ context.Context, _ *Session, c Command) (Ack, error) {
	switch c.Name {
	case "protocol.sign":
		if len(c.Proof) > 0 {
			return Ack{Index: 45}, nil
		}
		return Ack{}, &Error{Code: "step_up_required", Message: "Confirm this with your passkey.", Ref: "e-7Q2M4KAD", StepUp: map[string]any{"publicKey": map[string]any{
			"allowCredentials": []any{map[string]any{"id": "cGs", "type": "public-key"}}, "challenge": "N5fYqbjDIMnpcEtWSxqxr1oN7RCK6ox_K3hwLMFJ9xY", "rpId": "court.example", "timeout": 60000, "userVerification": "required"}}}
	case "room.certify":
		if strings.Contains(string(c.Args), "00000 00000") {
			return Ack{}, &Error{Code: "officer_code_wrong", Message: "This is not the code of the room officer.", Ref: "e-7Q2M4KAE"}
		}
	case "session.kind":
		return Ack{}, &Error{Code: "confirm_required", Message: "This loosens the protection and needs a confirmation.", Ref: "e-7Q2M4KAB"}
	case "ruling.give":
		return Ack{}, &Error{Code: "not_heard", Message: "The person concerned was not heard on this flag: put it to the person first.", Ref: "e-7Q2M4KAF"}
	case "flag.raise":
		return Ack{Index: 43, Result: map[string]any{"flag": "f3"}}, nil
	case "seat.reissue":
		return Ack{Index: 44, Result: map[string]any{"link": "https://localhost:8443/h/demo/defence#code=K7QM-2XPA-91TB"}}, nil
	}
	return Ack{Index: 42}, nil
}
func (vectorRoom) Figure(_ *Session, state string) error {
	if state == "still" || state == "answering" {
		return nil
	}
	return &Error{Code: "bad_message", Message: "There is no such state of the figure.", Ref: "e-7Q2M4KAC"}
}
func (vectorRoom) ModeKey(*Session, []byte) error                            { return nil }
func (vectorRoom) ModeSegment(*Session, ModeSegment) error                   { return nil }
func (vectorRoom) Receive(context.Context, *Session, string) (string, error) { return answerSDP, nil }
func (vectorRoom) Send(context.Context, *Session, string) (string, error)    { return answerSDP, nil }
func (vectorRoom) StopSending(*Session)                                      {}

// said is what a session says to each of the vectors, in order, and what it says of itself.
func said(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	s := &Session{Hearing: "demo", Seat: "judge", log: slog.New(slog.NewTextHandler(io.Discard, nil)), room: vectorRoom{}, media: vectorRoom{}, wake: make(chan struct{}, 1)}
	out := map[string]json.RawMessage{}
	// quiet names what is answered only where it is refused.
	quiet := map[string]bool{"hello": true, "rtc.unpublish": true, "figure": true, "mode.key": true, "mode.segment": true}
	take := func(name string) {
		t.Helper()
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.queue) != 1 {
			t.Fatalf("%s: %d messages, want 1", name, len(s.queue))
		}
		out[name] = s.queue[0]
		s.queue = nil
	}
	s.SendICE([]ICEServer{{URLs: []string{"turn:127.0.0.1:3478?transport=udp", "turns:court.example:5349"}, Username: "1795359015:judge", Credential: "c2VjcmV0"}})
	take("ice")
	s.SendICE(nil)
	take("ice, no servers")
	s.SendThin([]string{"dock", "hall"})
	take("rtc.thin")
	s.SendThin(nil)
	take("rtc.thin, all pictures are back")
	for _, why := range []string{"subscription", "publication"} {
		s.SendMediaClosed(why)
		take("rtc.closed " + why)
	}
	for _, v := range seatVectors {
		m, err := parse([]byte(v.text))
		if err != nil {
			t.Fatalf("%s: %v", v.name, err)
		}
		if quiet[v.name] || m.Type == "hello" {
			continue
		}
		s.handler(m.Type)(t.Context(), m)
		take("answer to " + v.name)
	}
	return out
}

func TestTheVectorsAreWhatIsSaid(t *testing.T) {
	seat := map[string]json.RawMessage{}
	for _, v := range seatVectors {
		seat[v.name] = json.RawMessage(v.text)
	}
	for file, vectors := range map[string]map[string]json.RawMessage{"seat.json": seat, "gateway.json": said(t)} {
		want := page(t, vectors)
		path := filepath.Join("testdata", file)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what is said (%v): run go test ./signaling -run TestTheVectorsAreWhatIsSaid -update", path, err)
		}
	}
}

func page(t *testing.T, vectors map[string]json.RawMessage) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(vectors); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t *testing.T, file string) map[string]json.RawMessage {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var vectors map[string]json.RawMessage
	if err := json.Unmarshal(b, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatalf("%s is empty: this check would hold nothing", file)
	}
	return vectors
}

func TestEachVectorOfASeatIsReadAndLosesNothing(t *testing.T) {
	kinds := map[string]bool{}
	for name, raw := range read(t, "seat.json") {
		m, err := parse(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		kinds[m.Type] = true
		back := map[string]any{"type": m.Type}
		switch m.Type {
		case "hello":
			back["lang"], back["since"] = m.Lang, m.Since
		case "command":
			if err := m.Command.check(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			back["id"], back["name"], back["at"] = m.ID, m.Name, m.At.Format("2006-01-02T15:04:05.000Z07:00")
			if m.Args != nil {
				back["args"] = m.Args
			}
			if m.Proof != nil {
				back["proof"] = m.Proof
			}
			if m.At.Location() != time.UTC {
				t.Errorf("%s: at is not in UTC", name)
			}
		case "rtc.offer", "rtc.publish":
			back["sdp"] = m.SDP
		case "ping":
			back["t"] = m.T
		case "figure":
			back["state"] = m.State
		case "mode.key":
			back["key"] = m.Key
		case "mode.segment":
			back["publication"], back["rendering"], back["number"], back["tracks"], back["signature"] = m.Publication, m.Rendering, m.Number, m.Tracks, m.ModeSegment.Signature
		}
		if got, want := canonical(t, back), canonical(t, raw); got != want {
			t.Errorf("%s:\n%s, want\n%s", name, got, want)
		}
	}
	for _, kind := range strings.Fields("hello command figure mode.key mode.segment rtc.offer rtc.publish rtc.unpublish ping") {
		if !kinds[kind] {
			t.Errorf("no vector of %s", kind)
		}
	}
}

// canonical is one value's JSON with sorted keys, so that two can be compared.
func canonical(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(b, &plain); err != nil {
		t.Fatal(err)
	}
	b, _ = json.Marshal(plain)
	return string(b)
}

// TestEveryKindOfMessageHasAVector reads PROTOCOL.md: the kinds that it names are those of the vectors, whoever wrote them.
func TestEveryKindOfMessageHasAVector(t *testing.T) {
	doc, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, path := range files {
		for name, raw := range read(t, filepath.Base(path)) {
			var m struct{ Type string }
			if json.Unmarshal(raw, &m) != nil || m.Type == "" {
				t.Errorf("%s: %s has no type", path, name)
			}
			have = append(have, m.Type)
		}
	}
	_, conversation, _ := strings.Cut(string(doc), "## Seat to gateway")
	conversation, _, ok := strings.Cut(conversation, "### state")
	if !ok {
		t.Fatal("PROTOCOL.md has no conversation")
	}
	named := 0
	for line := range strings.Lines(conversation) {
		rest, isMessage := strings.CutPrefix(strings.TrimSpace(line), `{"type":"`)
		if !isMessage {
			continue
		}
		kind, _, _ := strings.Cut(rest, `"`)
		named++
		if !slices.Contains(have, kind) {
			t.Errorf("%s stands in PROTOCOL.md and has no vector", kind)
		}
	}
	if named < 15 {
		t.Errorf("only %d kinds found in PROTOCOL.md", named)
	}
}
