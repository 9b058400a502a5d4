package main

import (
	"testing"
	"testing/fstest"
)

func TestALabelIsFilledAndLeavesOutWhatIsNotThere(t *testing.T) {
	files := fstest.MapFS{}
	for _, lang := range []string{"az", "en", "ru"} {
		files[lang+".json"] = &fstest.MapFile{Data: []byte(`{"plain":"İclas açıldı","law":{"text":"hədə","source":"terms"},"event.x":"{role} left[: {reason}]. [due {due}]"}`)}
	}
	w, err := loadWords(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		rule, key, want string
		params          map[string]string
	}{
		{"a plain label is itself", "plain", "İclas açıldı", nil},
		{"a label with a source gives its text", "law", "hədə", nil},
		{"parameters are put in", "event.x", "A left: ill. due 5", map[string]string{"role": "A", "reason": "ill", "due": "5"}},
		{"a part in brackets goes when its parameter is empty", "event.x", "A left. ", map[string]string{"role": "A"}},
		{"a missing label shows its key", "nothing.here", "nothing.here", nil},
	} {
		if got := w.say("az", tc.key, tc.params); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.rule, got, tc.want)
		}
	}
}
