package verify_test

import (
	"bytes"
	"os"
	"testing"

	"parda/gateway/ledger"
	"parda/gateway/ledger/verify"
)

// A bundle comes from a stranger: whatever it holds, the verifier answers.
func FuzzAnyBundleIsAnswered(f *testing.F) {
	s := newScene(f)
	b, err := os.ReadFile(s.write())
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte{})
	f.Add(b[:len(b)/2])
	f.Add(b)
	trust := ledger.Fingerprint(s.ledger.PublicKey())
	f.Fuzz(func(t *testing.T, got []byte) {
		// The key is this process's own: each fuzzing worker has another bundle.
		r, err := verify.Reader(bytes.NewReader(got), int64(len(got)), trust)
		if err != nil {
			t.Fatal(err)
		}
		if r.Valid && !bytes.Equal(got, b) {
			t.Fatal("another bundle is valid")
		}
		_ = r.Text("az")
	})
}
