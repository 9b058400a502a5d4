package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// vault keeps the parameters of the testimony that is going on over a crash of this program. Without it a station that is killed would come back with
// a second mask of the same voice: two maskings to compare for an attacker, and a new voice for the court.
//
// The parameters lie in one file, sealed with AES-256-GCM; its key lies in the kernel's memory and nowhere on the disk, so the file of a station that
// was switched off or stolen cannot be opened. They are bound to the hearing, the judge's key, the pseudonym and the order: an order that is older than the
// one they were sealed under, or another of the same version, does not open them. Key and file go when the witness is released and when the order
// has run out. Where anything is missing the vault says so and the station draws new parameters: it never falls back to a file that can be read.
//
// It does not protect against somebody who holds this user's or the administrator's rights on the running machine.
//
// A nil vault keeps nothing and says nothing.
type vault struct {
	file string // "" keeps nothing
	name string // of the key in the ring
	keys keyring
	hear string // the hearing's id, which the file is bound to
}

// deposit is what the file holds. Signer and Order also let a station that was killed go on to refuse another judge's key and an older order.
type deposit struct {
	Seed      []byte    `json:"seed"`
	Hearing   string    `json:"hearing"`
	Pseudonym string    `json:"pseudonym"`
	Signer    []byte    `json:"signer"` // SPKI of the judge's key
	Version   int       `json:"version"`
	Order     []byte    `json:"order"` // SHA-256 of the signed bytes
	Until     time.Time `json:"until"`
}

// newVault names the file and the key of a hearing's testimony. Neither name tells which hearing it is. Without a folder nothing is kept.
func newVault(folder, hearing string, keys keyring) *vault {
	if folder == "" {
		return &vault{keys: keys, hear: hearing}
	}
	if whole, err := filepath.Abs(folder); err == nil {
		folder = whole
	}
	sum := sha256.Sum256([]byte("parda station vault\x00" + hearing + "\x00" + folder))
	id := hex.EncodeToString(sum[:8])
	return &vault{file: filepath.Join(folder, "testimony-"+id+".sealed"), name: "parda-testimony-" + id, keys: keys, hear: hearing}
}

var (
	errNothingKept = errors.New("nothing is kept")
	errNotOpened   = errors.New("what is kept cannot be opened")
)

// open gives back what is kept. errNothingKept: there is no file; errNotOpened: there is one, and it is of no use to anybody any more.
func (v *vault) open(now time.Time) (*deposit, error) {
	if v == nil || v.file == "" {
		return nil, errNothingKept
	}
	sealed, err := os.ReadFile(v.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNothingKept
	}
	if err != nil {
		return nil, errNotOpened
	}
	key, err := v.keys.get(v.name)
	if err != nil {
		return nil, errNotOpened
	}
	defer clear(key)
	aead, err := newAEAD(key)
	if err != nil || len(sealed) < aead.NonceSize() {
		return nil, errNotOpened
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], v.bound())
	if err != nil {
		return nil, errNotOpened
	}
	defer clear(plain)
	var d deposit
	if json.Unmarshal(plain, &d) != nil || d.Hearing != v.hear || len(d.Seed) != len(session{}.seed) || !now.Before(d.Until) {
		return nil, errNotOpened
	}
	return &d, nil
}

// keep seals the deposit in place of an older one: written beside it, synced, and renamed.
func (v *vault) keep(d deposit) error {
	if v == nil || v.file == "" {
		return errNothingKept
	}
	plain, err := json.Marshal(d)
	if err != nil {
		return err
	}
	defer clear(plain)
	return v.write(plain, v.bound(), d.Until)
}

// write seals bytes under the vault's key, which is made where there is none and lives until a time, bound to bound.
func (v *vault) write(plain, bound []byte, until time.Time) error {
	key, err := v.keys.get(v.name)
	if err != nil {
		key = make([]byte, 32)
		rand.Read(key) // never fails: crypto/rand ends the process instead
	}
	defer clear(key)
	if err := v.keys.put(v.name, key, until); err != nil { // also anew, so that the key lives as long as the newest order
		return err
	}
	aead, err := newAEAD(key)
	if err != nil {
		return err
	}
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	return writeWhole(v.file, aead.Seal(nonce, nonce, plain, bound))
}

// destroy ends what is kept: the key first, so that a copy of the file is of no use either.
func (v *vault) destroy() error {
	if v == nil || v.file == "" {
		return nil
	}
	err := v.keys.revoke(v.name)
	if gone := os.Remove(v.file); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

func (v *vault) bound() []byte { return []byte("parda station testimony 1\x00" + v.hear) }

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != 32 {
		return nil, errNoKey
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func writeWhole(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".sealed-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// fits says whether an order goes on with the testimony that was deposited: the same judge's key and pseudonym, and no older order.
func (d *deposit) fits(o *order, t *orderTrust) bool {
	same := bytes.Equal(d.Signer, t.key) && d.Pseudonym == o.Pseudonym
	return same && (t.version > d.Version || t.version == d.Version && bytes.Equal(d.Order, t.digest[:]))
}

// depositOf is what is to be kept of a testimony under the order in force.
func depositOf(s *session, o *order, t *orderTrust) deposit {
	return deposit{Seed: bytes.Clone(s.seed[:]), Hearing: t.hearing, Pseudonym: o.Pseudonym, Signer: t.key, Version: t.version, Order: bytes.Clone(t.digest[:]), Until: o.ValidUntil}
}

// sessionFor gives the parameters of the testimony under an order, kept over a crash where they can be, and the notice that the bench gets where
// they could not.
func (v *vault) sessionFor(o *order, t *orderTrust, now time.Time) (*session, string) {
	notice := ""
	s := newSession()
	switch d, err := v.open(now); {
	case err == nil && d.fits(o, t):
		copy(s.seed[:], d.Seed)
		clear(d.Seed)
	case !errors.Is(err, errNothingKept):
		notice = noticeSessionFresh
		if v.destroy() != nil {
			return s, noticeSessionUnsealed
		}
	}
	if kept := v.reseal(s, o, t); kept != "" {
		notice = kept
	}
	return s, notice
}

// reseal keeps the parameters under a newer order, and says what the bench must know where that failed.
func (v *vault) reseal(s *session, o *order, t *orderTrust) string {
	if v == nil {
		return ""
	}
	d := depositOf(s, o, t)
	defer clear(d.Seed)
	if v.keep(d) != nil {
		return noticeSessionUnsealed
	}
	return ""
}

// remember lets a station that was killed go on to trust the key that it had pinned and no other, and says whether there was one. A key that the operator
// names takes its place: then it is another testimony, and what was kept ends.
func (v *vault) remember(t *orderTrust, now time.Time) bool {
	d, err := v.open(now)
	if err != nil {
		return false
	}
	clear(d.Seed)
	if t.want != "" && !matchesCode(t.want, d.Signer) {
		_ = v.destroy() // what cannot be destroyed does not fit either, and is tried again by sessionFor
		return false
	}
	t.key, t.version = d.Signer, d.Version
	copy(t.digest[:], d.Order)
	return true
}
