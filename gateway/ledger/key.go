package ledger

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// keyFile holds the seed of the court's signing key, base64, one line.
const keyFile = "court.key"

// loadKey reads the court's Ed25519 key from dir, and makes it at the first
// start. The file is readable by its owner only; one that others can read is
// refused, because a key that may have leaked signs nothing.
func loadKey(dir string) (ed25519.PrivateKey, error) {
	path := filepath.Join(dir, keyFile)
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return makeKey(dir, path)
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("ledger: key: others can read %s: set its mode to 0600", keyFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("ledger: key: %w", err)
	}
	seed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("ledger: key: %s is damaged", keyFile)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func makeKey(dir, path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("ledger: key: %w", err)
	}
	text := base64.StdEncoding.EncodeToString(key.Seed()) + "\n"
	if err := writeFileSynced(dir, path, []byte(text)); err != nil {
		return nil, fmt.Errorf("ledger: key: %w", err)
	}
	return key, nil
}

// writeFileSynced writes a new file whole: temporary, fsync, rename, fsync of
// the folder.
func writeFileSynced(dir, path string, content []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Origin is the name of a hearing's log: the first line of its checkpoints
// (C2SP tlog-checkpoint) and the name of the key in their signature line.
func Origin(hearing string) string { return "parda/" + hearing }

// algEd25519 is the signature type of C2SP signed-note for Ed25519.
const algEd25519 = 1

// encodedKey is name+keyhash+base64(type || key), as C2SP signed-note has it.
// The same court key signs every hearing under the name of that hearing's log.
func encodedKey(name string, public ed25519.PublicKey, material []byte) string {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write(append([]byte{algEd25519}, public...))
	hash := binary.BigEndian.Uint32(h.Sum(nil))
	return fmt.Sprintf("%s+%08x+%s", name, hash, base64.StdEncoding.EncodeToString(append([]byte{algEd25519}, material...)))
}

func newSigner(hearing string, key ed25519.PrivateKey) (note.Signer, error) {
	public := key.Public().(ed25519.PublicKey)
	return note.NewSigner("PRIVATE+KEY+" + encodedKey(Origin(hearing), public, key.Seed()))
}

// Fingerprint is how people compare the court's key: SHA-256 of the raw
// Ed25519 public key, in hexadecimal.
func Fingerprint(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:])
}
