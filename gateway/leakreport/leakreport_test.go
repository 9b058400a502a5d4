package leakreport

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"parda/gateway/hearing"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func event(t *testing.T, n int, code hearing.Code, payload any) hearing.Event {
	t.Helper()
	b, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return hearing.Event{Index: uint64(n), Time: noon.Add(time.Duration(n) * time.Minute), Code: code, Actor: "judge", Payload: b}
}

// played is a hearing with an order of the template, in which the witness was heard twice.
func played(t *testing.T, template string) []hearing.Event {
	t.Helper()
	_, draft, err := hearing.NewDraft("h1", nil, hearing.DraftArgs{Template: template, Reason: "Threats by name: Əli.", Pseudonym: "Lalə"}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return []hearing.Event{
		event(t, 1, hearing.OrderSigned, hearing.OrderSignedPayload{Bytes: draft, Version: 1, By: hearing.PresidingJudge}),
		event(t, 2, hearing.TestimonyLive, struct{}{}), event(t, 5, hearing.TestimonyPaused, struct{}{}),
		event(t, 6, hearing.TestimonyLive, struct{}{}), event(t, 9, hearing.TestimonyReleased, struct{}{}), event(t, 10, hearing.HearingClosed, struct{}{}),
	}
}

func steadyTracks() []Track {
	return []Track{{Rendering: "puppet+neutral", Media: "video", Codec: "VP8", Packets: 900, Sizes: []int{881}},
		{Rendering: "puppet+neutral", Media: "audio", Codec: "Opus", Packets: 900, Sizes: []int{80}}}
}

func TestTheReportSaysWhatTheRecordAndTheCountsSay(t *testing.T) {
	for _, c := range []struct {
		name, template string
		tracks         []Track
		remains, not   []string
	}{
		{"identity hidden", "identity_hidden", steadyTracks(), []string{"payload", "speech", "voice_neutral", "picture_puppet"}, []string{"unsteady", "uncounted", "voice_synthetic"}},
		{"a track that varied", "identity_hidden", append(steadyTracks(), Track{Rendering: "card+neutral", Media: "video", Packets: 9, Sizes: []int{3, 881}}), []string{"unsteady"}, []string{"uncounted"}},
		{"off the grid", "identity_hidden", append(steadyTracks(), Track{Rendering: "card+neutral", Media: "audio", Packets: 9, Sizes: []int{80}, OffGrid: 1}), []string{"unsteady"}, nil},
		{"a gateway that was started again", "anonymous_to_defence", nil, []string{"uncounted"}, []string{"unsteady"}},
	} {
		r, err := New("h1", played(t, c.template), Facts{Now: noon, Counted: noon, Tracks: c.tracks, TURN: true})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		want := []Stretch{{"2026-11-22T12:02:00Z", "2026-11-22T12:05:00Z", "testimony.paused"}, {"2026-11-22T12:06:00Z", "2026-11-22T12:09:00Z", "testimony.released"}}
		if !slices.Equal(r.Live, want) || len(r.Renderings) != len(hearing.Audiences()) || len(r.Tracks) != len(c.tracks) {
			t.Errorf("%s: live %+v, %d renderings, %d tracks", c.name, r.Live, len(r.Renderings), len(r.Tracks))
		}
		for _, code := range c.remains {
			if !slices.Contains(r.Remains, code) {
				t.Errorf("%s: %q does not remain: %v", c.name, code, r.Remains)
			}
		}
		for _, code := range c.not {
			if slices.Contains(r.Remains, code) {
				t.Errorf("%s: %q remains: %v", c.name, code, r.Remains)
			}
		}
	}
}

func TestThePagesSayItInThreeLanguagesAndLoadNothing(t *testing.T) {
	r, err := New("h1", played(t, "identity_hidden"), Facts{Now: noon, Counted: noon, Tracks: append(steadyTracks(), Track{Rendering: "<script>", Media: "video"}), TURN: true})
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	texts := [][]byte{asJSON}
	for _, lang := range Languages() {
		page, err := r.Page(lang)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(page, []byte(`<html lang="`+lang+`">`)) || regexp.MustCompile(`(?i)<script|src=|href=|url\(|@import`).Match(page) {
			t.Errorf("%s: the page loads or runs something, or has no language", lang)
		}
		texts = append(texts, page)
	}
	for _, text := range texts {
		for _, secret := range []string{"Lalə", "Əli", "Threats"} { // the annex names nobody, and needs no reason
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("the report holds %q", secret)
			}
		}
	}
	if _, err := r.Page("tr"); err == nil {
		t.Error("a page in a language that there is not")
	}
}

// Whatever the codes of the record may be, each has its words: an order's modes, and all that can be made new, dropped or remain.
func TestEachCodeHasItsWordsInEachLanguage(t *testing.T) {
	first, err := wordsIn(Languages()[0])
	if err != nil {
		t.Fatal(err)
	}
	codes := slices.Concat(prefixed("made_new.", madeNew), prefixed("dropped.", dropped), prefixed("remains.", always),
		prefixed("remains.", []string{"voice_neutral", "voice_synthetic", "voice_respeak", "picture_puppet", "picture_blob", "unsteady", "uncounted"}),
		prefixed("picture.", []string{hearing.PictureNone, hearing.PictureCard, hearing.PictureBlob, hearing.PicturePuppet}),
		prefixed("voice.", []string{hearing.VoiceNone, hearing.VoiceSilence, hearing.VoiceRespeak, hearing.VoiceSynthetic, hearing.VoiceNeutral}),
		prefixed("strength.", []string{hearing.StrengthGentle, hearing.StrengthStrong}))
	for _, a := range hearing.Audiences() {
		codes = append(codes, "audience."+string(a))
	}
	for _, lang := range Languages() {
		w, err := wordsIn(lang)
		if err != nil {
			t.Fatal(err)
		}
		if !maps.EqualFunc(w, first, func(a, b string) bool { return strings.TrimSpace(a) != "" && b != "" }) {
			t.Errorf("%s has other words than %s", lang, Languages()[0])
		}
		for _, code := range codes {
			if w[code] == "" {
				t.Errorf("%s has no words for %s", lang, code)
			}
		}
	}
}

func prefixed(prefix string, codes []string) (out []string) {
	for _, c := range codes {
		out = append(out, prefix+c)
	}
	return out
}
