package signaling

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// A station sends a sign of duress in the place of a ping, padded to the ping's size. What it is answered must not tell the two apart either.
func TestAnAcknowledgementIsAsLargeAsThePongInWhosePlaceItComes(t *testing.T) {
	c := serve(t, &fakeRoom{answer: func(Command) (Ack, error) { return Ack{Index: 1 << 40}, nil }})
	say(t, c, `{"type":"hello","lang":"az"}`)
	size := map[string]int{}
	for _, m := range []string{
		`{"type":"ping","t":1795404615123}` + strings.Repeat(" ", 150),
		`{"type":"command","id":"` + strings.Repeat("s", 40) + `","name":"duress.raise","args":{"means":"key"},"at":"2026-11-22T14:30:15.123Z"}` + strings.Repeat(" ", 40),
	} {
		say(t, c, m)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		for had := len(size); len(size) == had; {
			_, b, err := c.Read(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var head struct{ Type string }
			if err := json.Unmarshal(b, &head); err != nil {
				t.Fatal(err)
			}
			if head.Type == "pong" || head.Type == "ack" {
				size[head.Type] = len(b)
			}
		}
		cancel()
	}
	if size["pong"] != answerBytes || size["ack"] != size["pong"] {
		t.Errorf("bytes: %v", size)
	}
}
