package enrol

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"

	"parda/media/enrol/form"
	"parda/media/enrol/softtpm"
)

func verifies(t *testing.T, k key) {
	t.Helper()
	digest := sha256.Sum256([]byte("what is signed"))
	signature, err := k.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	public, ok := form.P256(k.Public())
	if !ok || !ecdsa.VerifyASN1(public, digest[:], signature) {
		t.Error("what it signed does not verify")
	}
}

func TestAKeyInATPMIsDerivedAnewEachTimeAndLiesOnNoDisk(t *testing.T) {
	chip, folder := t.TempDir(), t.TempDir()
	keep := Keep{TPM: softtpm.Run(t, chip)}
	as, unique, made, err := keep.draw()
	if err != nil || as != form.KeptTPM {
		t.Fatal(as, err)
	}
	verifies(t, made)
	if err := keep.keep(folder, as, made); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 0 {
		t.Errorf("%v %v", files, err)
	}
	again, err := keep.open(folder, identity{Kept: as, Unique: unique})
	if err != nil || !again.Public().(*ecdsa.PublicKey).Equal(made.Public()) {
		t.Fatalf("it is another key: %v", err)
	}
	verifies(t, again)
	_, _, other, err := keep.draw()
	if err != nil || other.Public().(*ecdsa.PublicKey).Equal(made.Public()) {
		t.Errorf("two enrolments have one key: %v", err)
	}
	// On another machine the same folder gives another key, which the court has not certified.
	elsewhere, err := Keep{TPM: softtpm.Run(t, t.TempDir())}.open(folder, identity{Kept: as, Unique: unique})
	if err != nil || elsewhere.Public().(*ecdsa.PublicKey).Equal(made.Public()) {
		t.Errorf("another machine derives it: %v", err)
	}
}

func TestAKeyInATPMIsBoundToItAndSignsHashesOnly(t *testing.T) {
	k, err := openTPM(softtpm.Run(t, t.TempDir()), make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Sign(rand.Reader, []byte("no hash"), crypto.SHA256); err == nil {
		t.Error("it signs what is no hash")
	}
	err = k.(*tpmKey).with(func(c transport.TPM, made *tpm2.CreatePrimaryResponse) error {
		public, err := made.OutPublic.Contents()
		if err != nil {
			return err
		}
		if is := public.ObjectAttributes; !is.FixedTPM || !is.FixedParent || !is.SensitiveDataOrigin || is.Decrypt || is.Restricted {
			t.Errorf("its attributes are %+v", is)
		}
		if _, err := (tpm2.Duplicate{ObjectHandle: tpm2.NamedHandle{Handle: made.ObjectHandle, Name: made.Name}, NewParentHandle: tpm2.TPMRHNull}).Execute(c); err == nil {
			t.Error("the TPM gives it out")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestATPMThatDoesNotWorkIsNoReasonForAFile(t *testing.T) {
	keep := Keep{Secret: []byte("secret"), TPM: func() (transport.TPMCloser, error) { return nil, os.ErrPermission }}
	if _, _, _, err := keep.draw(); !errors.Is(err, errTPM) {
		t.Errorf("the room is weakened in silence: %v", err)
	}
}

func TestNoKeyLiesInAPlainFileUnlessItWasAskedFor(t *testing.T) {
	if exists(tpmDevice) {
		t.Skip("this machine has a TPM: what is chosen without one is not tested here")
	}
	if _, _, _, err := (Keep{}).draw(); !errors.Is(err, ErrNoKeeper) {
		t.Errorf("%v", err)
	}
	if _, _, _, err := (Keep{As: form.KeptWrapped}).draw(); !errors.Is(err, ErrNoKeeper) {
		t.Errorf("wrapped by nothing: %v", err)
	}
	if as, _, _, err := (Keep{Secret: []byte("s")}).draw(); err != nil || as != form.KeptWrapped {
		t.Errorf("%s %v", as, err)
	}
}

func TestAWrappedKeyOpensWithItsSecretAndNoOther(t *testing.T) {
	folder := t.TempDir()
	keep := Keep{As: form.KeptWrapped, Secret: []byte("what the service manager decrypted")}
	as, _, made, err := keep.draw()
	if err != nil {
		t.Fatal(err)
	}
	if err := keep.keep(folder, as, made); err != nil {
		t.Fatal(err)
	}
	is := identity{Kept: as}
	if again, err := keep.open(folder, is); err != nil || !again.Public().(*ecdsa.PublicKey).Equal(made.Public()) {
		t.Fatalf("%v", err)
	}
	path := filepath.Join(folder, keyFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	scalar := made.(*ecdsa.PrivateKey).D.Bytes()
	if bytes.Contains(b, scalar) {
		t.Error("the key lies in clear")
	}
	for what, wrong := range map[string]Keep{"no secret": {}, "another secret": {Secret: []byte("what the service manager decrypteD")}} {
		if _, err := wrong.open(folder, is); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := keep.open(folder, identity{Kept: form.KeptFile}); !errors.Is(err, ErrKey) {
		t.Errorf("taken for a plain one: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := keep.open(folder, is); err == nil {
		t.Error("a key that others may read is used")
	}
}

func TestWhatIsNotEnrolledAndWhatIsDamagedIsToldApart(t *testing.T) {
	folder := t.TempDir()
	if _, err := Open(folder, Keep{}); !errors.Is(err, ErrNotEnrolled) {
		t.Error(err)
	}
	for _, damaged := range []string{"", "{}", `{"parda_device":1}`, `{"parda_device":1,"ca":"AAAA","certificate":"AAAA"}`} {
		if err := os.WriteFile(filepath.Join(folder, stateFile), []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(folder, Keep{}); err == nil || errors.Is(err, ErrNotEnrolled) {
			t.Errorf("%q: %v", damaged, err)
		}
		if _, err := Join(context.Background(), "https://127.0.0.1:1", form.NewCode(), folder, Keep{As: form.KeptFile}, false); !errors.Is(err, ErrEnrolled) {
			t.Errorf("it is written over: %v", err)
		}
	}
}

func TestADeviceSpeaksTLSOnly(t *testing.T) {
	for _, gateway := range []string{"http://127.0.0.1:1", "127.0.0.1:1", "", "ftp://x"} {
		if _, err := Join(t.Context(), gateway, form.NewCode(), t.TempDir(), Keep{As: form.KeptFile}, false); !errors.Is(err, ErrTLS) {
			t.Errorf("%q: %v", gateway, err)
		}
	}
	if _, err := Join(t.Context(), "https://127.0.0.1:1", "not a code", t.TempDir(), Keep{As: form.KeptFile}, false); !errors.Is(err, ErrCode) {
		t.Error(err)
	}
}
