package minutes

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"parda/gateway/hearing"
	"parda/gateway/ledger"
)

// sitting is a hearing that sits, as the rules know it.
func sitting(t testing.TB) *hearing.State {
	t.Helper()
	s := hearing.New()
	for i, e := range []struct {
		code    hearing.Code
		payload any
	}{{hearing.HearingCreated, hearing.HearingCreatedPayload{Hearing: "h1", CaseNo: "1/2026", Court: "baku", Seats: hearing.DefaultSeats()}}, {hearing.HearingOpened, hearing.PlainPayload{}}} {
		raw, err := json.Marshal(e.payload)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Apply(hearing.Event{Index: uint64(i + 1), Time: noon, Code: e.code, Actor: "judge", Payload: raw}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// Whatever is typed into the writing line is refused with a code, or stands in the protocol as it was typed, and the PDF is made of it.
func FuzzWhateverIsWrittenIsRefusedOrStands(f *testing.F) {
	for _, s := range [][3]string{
		{"Nə gördünüz?", "Что вы видели?", "2/14"}, {"\u202eabc\u202c \u2066x", "\u200b\u200d\ufeff", "3\u200b"}, {strings.Repeat("x", 1<<20), "y", "1"},
		{strings.Repeat("ə", 20_000), strings.Repeat("\U0001F600", 20_000), ""}, {"\x00\x01\x1b[31m", "\x7f\u0085", "\x00"}, {"العربية עברית", "a\u0301\u0301\u0301", "II-5"},
		{"\xff\xfe\xed\xa0\x80", "\xc0\xaf", "\xff"}, {"{pages} {reason} [x]", "[{entry}]", "{pages}"}, {"\u2028\u2029\r\n\n", " ", "-"}, {"___", "\\u0000\"'<&>", "1a"}, {"", "", ""},
	} {
		f.Add(s[0], s[1], s[2])
	}
	paperWords := locale(f, "az")
	f.Fuzz(func(t *testing.T, text, said, number string) {
		s := sitting(t)
		args, err := json.Marshal(map[string]any{"kind": "exhibit", "text": text, "number": number, "lang": "ar", "interpreted": map[string]string{"text": said, "lang": "az"}})
		if err != nil {
			t.Fatal(err)
		}
		drafts, _, err := hearing.Decide(s, hearing.Actor{Seat: "clerk", Role: hearing.CourtClerk}, hearing.Command{Name: "entry.add", Args: args, At: noon}, noon)
		if err != nil {
			var refusal *hearing.Error
			if !errors.As(err, &refusal) || len(drafts) > 0 {
				t.Fatalf("%v with %d drafts", err, len(drafts))
			}
			return
		}
		raw, err := ledger.Canonical(drafts[0].Payload)
		if err != nil {
			t.Fatal(err)
		}
		event := hearing.Event{Index: 3, Time: noon.Add(time.Second), Code: drafts[0].Code, Actor: drafts[0].Actor, Payload: raw}
		if err := s.Apply(event); err != nil {
			t.Fatal(err)
		}
		var p Protocol
		entry, err := p.Apply(event)
		if err != nil {
			t.Fatal(err)
		}
		if valid := utf8.ValidString(text) && utf8.ValidString(said); valid && (entry.Text != strings.TrimSpace(text) || entry.Interpreted.Text != strings.TrimSpace(said)) {
			t.Errorf("%q %q stand as %q %q", text, said, entry.Text, entry.Interpreted.Text)
		}
		d, err := NewDocument([]hearing.Event{event}, p.Entries(), ledger.Checkpoint{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		d.Entries[0].Struck = len(text)%2 == 0
		b, err := d.JSON()
		if err != nil || !json.Valid(b) {
			t.Fatalf("protocol.json: %v", err)
		}
		if err := RenderPDF(io.Discard, d, "az", paperWords); err != nil {
			t.Fatal(err)
		}
	})
}

// A court's file of formulas comes from outside: it is taken whole or refused.
func FuzzFormulas(f *testing.F) {
	f.Add(defaultFormulas)
	f.Add([]byte(`{"format":"parda-formulas/1","formulas":[{"id":"a","kind":"note","title":{"az":"x","en":"x","ru":"x"},"text":{"az":"{court}","en":"___","ru":"\u202e"}}]}`))
	f.Add(bytes.Repeat([]byte("["), 10_000))
	f.Fuzz(func(t *testing.T, file []byte) {
		formulas, err := ReadFormulas(file)
		if (err == nil) != (len(formulas) > 0) {
			t.Fatalf("%d formulas, %v", len(formulas), err)
		}
		for _, one := range formulas {
			if err := one.check(); err != nil {
				t.Error(err)
			}
		}
	})
}
