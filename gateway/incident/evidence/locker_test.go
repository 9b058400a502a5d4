package evidence

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAPieceThatIsChangedAnywhereIsGivenToNobody(t *testing.T) {
	l := openLocker(t)
	content := bytes.Repeat([]byte(needle), 8000) // three of age's chunks
	id, s, err := l.Take(bytes.NewReader(content), 1<<20)
	if err != nil || s.Bytes != int64(len(content)) {
		t.Fatal(err)
	}
	path := l.path(id, sealedSuffix)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	read := func() error {
		r, err := l.Open(id, false, s.SealedSHA256)
		if err != nil {
			return err
		}
		defer r.Close()
		b, err := io.ReadAll(r)
		if err == nil && !bytes.Equal(b, content) {
			t.Error("other bytes came back")
		}
		return err
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	for name, hurt := range map[string][]byte{
		"the first byte": append([]byte{whole[0] ^ 1}, whole[1:]...), "the last byte": append(bytes.Clone(whole[:len(whole)-1]), whole[len(whole)-1]^0x80),
		"one in the middle": append(append(bytes.Clone(whole[:90_000]), whole[90_000]^4), whole[90_001:]...), "cut": whole[:len(whole)-100], "longer": append(bytes.Clone(whole), 0), "empty": {},
	} {
		if err := os.WriteFile(path, hurt, 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := l.Open(id, false, s.SealedSHA256); !errors.Is(err, ErrChanged) || r != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := read(); !errors.Is(err, ErrChanged) {
		t.Errorf("gone: %v", err)
	}
}

func TestAPieceIsSealedUnderAKeyOfItsOwnThatEndsWithIt(t *testing.T) {
	l := openLocker(t)
	one, s, err := l.Take(strings.NewReader(needle), 100)
	if err != nil {
		t.Fatal(err)
	}
	two, _, err := l.Take(strings.NewReader(needle), 100)
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.SealCopy(one, []byte("copy "+needle))
	if err != nil {
		t.Fatal(err)
	}
	if files, _ := onDisk(t, filepath.Dir(l.dir), []byte(needle)); len(files) > 0 {
		t.Errorf("in clear in %v", files)
	}
	entries, _ := os.ReadDir(l.dir)
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v", e.Name(), info.Mode())
		}
	}
	sealed, _ := os.ReadFile(l.path(one, sealedSuffix))
	copied, _ := os.ReadFile(l.path(one, copySuffix))
	other, _ := os.ReadFile(l.path(two, keySuffix))
	for range 2 {
		if err := l.Erase(one); err != nil {
			t.Fatal(err)
		}
	}
	// Who kept the sealed files has the gateway's key, and the key of another piece in the place of the one that is gone.
	for suffix, b := range map[string][]byte{sealedSuffix: sealed, copySuffix: copied} {
		if err := os.WriteFile(l.path(one, suffix), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, ofCopy := range []bool{false, true} {
		sum := s.SealedSHA256
		if ofCopy {
			sum = c.SealedSHA256
		}
		if _, err := l.Open(one, ofCopy, sum); !errors.Is(err, ErrErased) {
			t.Errorf("erased: %v", err)
		}
	}
	if err := os.WriteFile(l.path(one, keySuffix), other, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Open(one, false, s.SealedSHA256); !errors.Is(err, ErrChanged) {
		t.Errorf("with another piece's key: %v", err)
	}
}

func TestALockerIsNotOpenedWithoutItsKeyNorWithOneThatOthersCanRead(t *testing.T) {
	dir := t.TempDir()
	folder, key := filepath.Join(dir, "evidence"), filepath.Join(dir, "evidence.key")
	l, err := OpenLocker(folder, key)
	if err != nil {
		t.Fatal(err)
	}
	id, s, err := l.Take(strings.NewReader(needle), 100)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "e-half"+tempSuffix), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := OpenLocker(folder, key)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := again.Open(id, false, s.SealedSHA256); err != nil {
		t.Error(err)
	} else {
		r.Close()
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*"+tempSuffix)); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	kept, _ := os.ReadFile(key)
	for name, hurt := range map[string]func() error{
		"others can read it": func() error { return os.Chmod(key, 0o644) },
		"damaged":            func() error { return errors.Join(os.Chmod(key, 0o600), os.WriteFile(key, kept[:20], 0o600)) },
		"lost":               func() error { return os.Remove(key) },
	} {
		if err := errors.Join(os.WriteFile(key, kept, 0o600), hurt()); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenLocker(folder, key); err == nil {
			t.Errorf("%s: it was opened", name)
		}
		_ = os.Remove(key)
	}
}

func TestWhatCannotBeTakenWholeLeavesNothing(t *testing.T) {
	l := openLocker(t)
	disk := l.open
	for name, c := range map[string]struct {
		from io.Reader
		full bool
		want error
	}{
		"too large":          {strings.NewReader("12345678901"), false, ErrTooLarge},
		"a line that is cut": {io.MultiReader(strings.NewReader("123"), broken{}), false, io.ErrUnexpectedEOF},
		"a full disk":        {strings.NewReader("123"), true, syscall.ENOSPC},
	} {
		if l.open = disk; c.full {
			l.open = func(path string) (file, error) {
				if strings.Contains(path, sealedSuffix) {
					return nil, syscall.ENOSPC
				}
				return disk(path)
			}
		}
		_, _, err := l.Take(c.from, 10)
		if entries, _ := os.ReadDir(l.dir); !errors.Is(err, c.want) || len(entries) > 0 {
			t.Errorf("%s: %v, %d files", name, err, len(entries))
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
