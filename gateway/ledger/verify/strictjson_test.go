package verify

import (
	"bytes"
	"testing"

	"parda/gateway/ledger"
)

func TestOnlyTheCanonicalSpellingIsRead(t *testing.T) {
	for _, good := range []string{`{}`, `[]`, `{"a":1,"b":[true,false,null]}`, `"\u0001\n\"\\/é"`, `1.5`, `-1`, `0.000001`, `1e-7`, `"😀"`} {
		if _, err := parseStrict([]byte(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		``, ` {}`, `{} `, `{"b":1,"a":2}`, `{"a":1,"a":2}`, `{"a": 1}`, `"\/"`, `"\u00e9"`, `"\u000A"`, `"\u000a"`, `1.0`, `1e2`, `-0`, `01`,
		`+1`, `1E5`, `9007199254740994`, "\"\x01\"", "\"\xff\"", `tru`, `{"a"}`, `[1,]`, `"`, `"\`, `"\u00`, `{"a":1`, `[1`, `nul`, `--1`,
	} {
		if _, err := parseStrict([]byte(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestEveryProblemHasItsSentence(t *testing.T) {
	for code, s := range problems {
		for _, text := range []string{s.az, s.en, s.ru} {
			if text == "" {
				t.Errorf("%s lacks a language", code)
			}
		}
	}
}

// The reader here and the writer's encoder share no line: what one takes the
// other must write, byte for byte.
func FuzzReaderAndWriterAgreeOnCanonicalJSON(f *testing.F) {
	for _, s := range []string{`{"b":[1,2.5,1e300,"é\u0007"],"a":{"\u20ac":null,"x":-0}}`, `9007199254740991`, `1e-7`, `"\ud83d\ude00"`, `[[[]]]`, `{"ə":1,"z":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := parseStrict(b); err == nil {
			again, err := ledger.CanonicalJSON(b)
			if err != nil || !bytes.Equal(again, b) {
				t.Fatalf("read %q, written %q, %v", b, again, err)
			}
		}
		if c, err := ledger.CanonicalJSON(b); err == nil {
			if _, err := parseStrict(c); err != nil {
				t.Fatalf("written %q, not read: %v", c, err)
			}
		}
	})
}
