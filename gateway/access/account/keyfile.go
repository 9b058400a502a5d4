package account

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/chacha20poly1305"
)

// keyFile reads the 32 bytes that TOTP secrets are sealed under, and draws them where there is no file. A file that others can read is refused. Where the
// file is lost, no TOTP opens any more and those accounts are recovered: nothing is ever sealed under a key that is made up a second time in its place
// without that being felt.
func keyFile(folder string) (key [32]byte, err error) {
	path := filepath.Join(folder, "account.key")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return readKey(path)
	}
	if err != nil {
		return key, fmt.Errorf("account: key file: %w", err)
	}
	_, _ = rand.Read(key[:]) // crypto/rand never fails: it ends the program instead
	_, err = f.Write(key[:])
	if err = errors.Join(err, f.Sync(), f.Close(), syncFolder(folder)); err != nil {
		return key, fmt.Errorf("account: key file: %w", errors.Join(err, os.Remove(path)))
	}
	return key, nil
}

func readKey(path string) (key [32]byte, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return key, fmt.Errorf("account: key file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return key, fmt.Errorf("account: key file: %s can be read by others; it must be mode 0600", filepath.Base(path))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return key, fmt.Errorf("account: key file: %w", err)
	}
	if len(b) != len(key) {
		return key, fmt.Errorf("account: key file: %s has %d bytes and not %d", filepath.Base(path), len(b), len(key))
	}
	return [32]byte(b), nil
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// derive makes the key of one use (RFC 5869), so that what is sealed for one is never taken for another.
func derive(key [32]byte, use string) [32]byte {
	b, err := hkdf.Key(sha256.New, key[:], nil, "parda/account/"+use, 32)
	if err != nil {
		panic(err) // 32 bytes are always to be had of SHA-256
	}
	return [32]byte(b)
}

// sealer seals small things with XChaCha20-Poly1305: its nonces are long enough to be drawn at random for ever.
type sealer struct{ key [32]byte }

var errSealed = errors.New("account: what was sealed does not open")

// seal binds the plaintext to what it belongs to.
func (s sealer) seal(plain []byte, to string) []byte {
	aead, err := chacha20poly1305.NewX(s.key[:])
	if err != nil {
		panic(err) // the key has the right length
	}
	n := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	_, _ = rand.Read(n) // crypto/rand never fails: it ends the program instead
	return aead.Seal(n, n, plain, []byte(to))
}

func (s sealer) open(sealed []byte, to string) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(s.key[:])
	if err != nil {
		return nil, err
	}
	if len(sealed) < aead.NonceSize() {
		return nil, errSealed
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], []byte(to))
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}
