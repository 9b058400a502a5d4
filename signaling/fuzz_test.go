package signaling

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzMessages: whatever a page or a station says after hello, each message is answered by messages of known kinds or not at all, and what waits for the page
// stays bounded.
func FuzzMessages(f *testing.F) {
	for _, v := range seatVectors {
		f.Add([]byte(v.text))
	}
	f.Add([]byte(`{"type":"command","id":"` + strings.Repeat("x", 65) + `","name":""}`))
	f.Add([]byte("{\"type\":\"rtc.offer\",\"sdp\":\"\\u0000\"}\n{\"type\":\"ping\",\"t\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}"))
	kinds := map[string]bool{"ack": true, "error": true, "pong": true, "rtc.answer": true, "rtc.published": true}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &Session{Hearing: "demo", Seat: "judge", log: slog.New(slog.DiscardHandler), room: vectorRoom{}, media: vectorRoom{}, wake: make(chan struct{}, 1), cancel: func(error) {}}
		for line := range bytes.Lines(b) {
			m, err := parse(line)
			if err != nil {
				continue
			}
			s.handler(m.Type)(t.Context(), m)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.queue) > queueLimit || s.queued > queueBytes {
			t.Fatalf("%d messages of %d bytes wait", len(s.queue), s.queued)
		}
		for _, said := range s.queue {
			var m struct{ Type, Code, Message, Ref string }
			if err := json.Unmarshal(said, &m); err != nil || !kinds[m.Type] {
				t.Fatalf("it was answered %s (%v)", said, err)
			}
			if m.Type == "error" && (m.Code == "" || m.Message == "" || m.Ref == "") {
				t.Fatalf("a refusal without a code, a sentence or a reference: %s", said)
			}
		}
	})
}

// FuzzSDPDoor: whatever is asked of WHIP and WHEP, the answer is one that PROTOCOL.md knows, and nothing of the request comes back in a header.
func FuzzSDPDoor(f *testing.F) {
	door := &Door{
		Log: slog.New(slog.DiscardHandler),
		Open: func(_ context.Context, _ *http.Request, _, offer string) (string, string, error) {
			if offer != "v=0" {
				return "", "", Refuse("sdp_invalid", "The offer cannot be read.", nil)
			}
			return "v=0 answer", "abc", nil
		},
		End: func(context.Context, *http.Request, string, string) error { return nil },
	}
	f.Add("POST", "", "application/sdp", "v=0")
	f.Add("POST", "", "application/sdp; charset=\"\x00", "v=1")
	f.Add("DELETE", "abc", "", "")
	f.Add("PATCH", "abc", "application/trickle-ice-sdpfrag", "a=ice-ufrag:x\r\na=ice-pwd:y\r\n")
	f.Add("POST", "", "text/plain", strings.Repeat("v", MaxSDP+1))
	f.Fuzz(func(t *testing.T, method, id, kind, body string) {
		r := httptest.NewRequest(http.MethodPost, "/whip/demo", strings.NewReader(body))
		r.Method = method
		r.Header.Set("Content-Type", kind)
		r.SetPathValue("hearing", "demo")
		r.SetPathValue("id", id)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		res := w.Result()
		said, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode >= 500 {
			t.Fatalf("%d %s", res.StatusCode, said)
		}
		if res.Header.Get("Content-Type") == "application/json" {
			var e struct{ Code string }
			if json.Unmarshal(said, &e) != nil || e.Code == "" {
				t.Fatalf("a refusal without a code: %s", said)
			}
		}
		if res.StatusCode == http.StatusCreated && (body != "v=0" || method != http.MethodPost || id != "") {
			t.Fatalf("%s %q with %q made a resource", method, id, body)
		}
	})
}
