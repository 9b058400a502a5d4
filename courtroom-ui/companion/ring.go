package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
)

// ring is the keyring on this machine's disk: wrapped keys, pinned cards and the newest versions that were seen (FORMAT.md, "At rest on the seat").
// Nothing in it opens anything without the passkey or the passphrase; the file is its owner's alone all the same.
type ring struct {
	path string
	mu   sync.Mutex
}

const ringLimit = 4 << 20

type keyring struct {
	Keyring int `json:"parda_keyring"`
	Keys    []struct {
		Key  keyID    `json:"key"`
		Card wireCard `json:"card"`
		Wrap struct {
			Kind       word   `json:"kind"`
			Credential key64  `json:"credential,omitempty"`
			Salt       []byte `json:"salt"`
			T          int    `json:"t,omitempty"`
			M          int    `json:"m,omitempty"`
			P          int    `json:"p,omitempty"`
		} `json:"wrap"`
		Sealed []byte `json:"sealed"`
		Since  stamp  `json:"since"`
		Role   word   `json:"role,omitempty"`
	} `json:"keys"`
	Pins []struct {
		Key   keyID    `json:"key"`
		Card  wireCard `json:"card"`
		Who   line     `json:"who"`
		Role  word     `json:"role"`
		Since stamp    `json:"since"`
	} `json:"pins"`
	Seen []struct {
		Person  name  `json:"person"`
		Version int   `json:"version"`
		Payload keyID `json:"payload"`
	} `json:"seen"`
}

// ringOf is the file for one gateway in the user's state folder: keys of two courts do not meet.
func ringOf(folder string, gatewayHost string) (*ring, error) {
	if folder == "" {
		if folder = os.Getenv("XDG_STATE_HOME"); folder == "" {
			home, err := os.UserHomeDir()
			if err != nil {
				return nil, errors.New("this user has no home folder: give one with -state")
			}
			folder = filepath.Join(home, ".local", "state")
		}
		folder = filepath.Join(folder, "parda-companion")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, errors.New("the state folder cannot be made")
	}
	sum := sha256.Sum256([]byte(gatewayHost))
	r := &ring{path: filepath.Join(folder, "keyring-"+hex.EncodeToString(sum[:8])+".json")}
	if info, err := os.Lstat(r.path); err == nil && (!info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0) {
		return nil, fmt.Errorf("%s can be read by others than its owner, or is no plain file: it is not used", r.path)
	}
	return r, nil
}

// revision names what the file holds; a page that writes over another revision than it read is refused, so that a second window loses no key.
func revision(b []byte) string {
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

type ringBody struct {
	Revision string  `json:"revision"`
	Ring     keyring `json:"ring"`
}

func (r *ring) read() (ringBody, error) {
	b, err := os.ReadFile(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return ringBody{Revision: revision(nil), Ring: keyring{Keyring: 1}}, nil
	}
	if err != nil {
		return ringBody{}, err
	}
	got := ringBody{Revision: revision(b)}
	return got, one(b, &got.Ring)
}

func (r *ring) give(w http.ResponseWriter, _ *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	got, err := r.read()
	if err != nil {
		fail(w, errRing)
		return
	}
	answer(w, http.StatusOK, got)
}

func (r *ring) take(w http.ResponseWriter, req *http.Request) {
	var body ringBody
	if err := readJSON(req.Body, ringLimit, &body); err != nil || body.Ring.Keyring != 1 {
		fail(w, errBody)
		return
	}
	for _, k := range body.Ring.Keys { // a seed in clear has 32 bytes; wrapped it has nonce, seed and tag
		if len(k.Sealed) != 12+32+16 {
			fail(w, errBody)
			return
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	before, err := r.read()
	if err != nil {
		fail(w, errRing)
		return
	}
	if before.Revision != body.Revision {
		fail(w, errRingStale)
		return
	}
	b, err := marshalRing(body.Ring)
	if err == nil {
		err = writeWhole(r.path, b)
	}
	if err != nil {
		fail(w, errRing)
		return
	}
	answer(w, http.StatusOK, map[string]string{"revision": revision(b)})
}

// writeWhole writes beside, syncs, and renames: a key that was just made is never half there.
func writeWhole(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".keyring-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(b); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

func marshalRing(k keyring) ([]byte, error) {
	b, err := json.MarshalIndent(k, "", " ")
	return append(b, '\n'), err
}
