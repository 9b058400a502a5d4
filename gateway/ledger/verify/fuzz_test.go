package verify_test

import (
	"bytes"
	"os"
	"testing"

	"parda/gateway/ledger/verify"
)

// A bundle comes from a stranger: whatever it holds, the verifier answers.
func FuzzAnyBundleIsAnswered(f *testing.F) {
	b, err := os.ReadFile(newScene(f).write())
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte{})
	f.Add(b[:len(b)/2])
	f.Add(b)
	f.Fuzz(func(t *testing.T, got []byte) {
		r, err := verify.Reader(bytes.NewReader(got), int64(len(got)), "")
		if err != nil {
			t.Fatal(err)
		}
		if r.Valid && !bytes.Equal(got, b) {
			t.Fatal("another bundle is valid")
		}
		_ = r.Text("az")
	})
}
