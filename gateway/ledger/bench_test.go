package ledger_test

import (
	"testing"

	"parda/gateway/ledger"
)

// BenchmarkAppend is one command's entry: written and synced before Append returns.
func BenchmarkAppend(b *testing.B) {
	p := newPlace(b)
	for b.Loop() {
		if _, err := p.Append(b.Context(), "bench", ledger.Draft{Code: "entry.added", Actor: "clerk", Payload: map[string]any{"kind": "question", "text": "Siz onu nə vaxt gördünüz?"}}); err != nil {
			b.Fatal(err)
		}
	}
}
