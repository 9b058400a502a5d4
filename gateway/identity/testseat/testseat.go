// Package testseat is a seat of the vault in Go, for tests: it has private keys, seals, releases and reads as FORMAT.md says, with age.
//
// It is no part of the gateway, which must hold no code that decrypts (deps_test.go). The seats that people use are courtroom-ui/src/vault.
package testseat

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"

	"parda/gateway/identity"
)

// Key is a person's key, private half and all.
type Key struct {
	Card identity.Card
	age  *age.HybridIdentity
	sign ed25519.PrivateKey
}

// NewKey draws one.
func NewKey() (*Key, error) {
	var seed [32]byte
	_, _ = rand.Read(seed[:]) // never fails since Go 1.24
	return KeyOf(seed)
}

// KeyOf makes the key of a seed.
func KeyOf(seed [32]byte) (*Key, error) {
	id, err := identityOf(seed)
	if err != nil {
		return nil, err
	}
	signing, err := hkdf.Key(sha256.New, seed[:], nil, "parda-vault-sign-v1", 32)
	if err != nil {
		return nil, err
	}
	private := ed25519.NewKeyFromSeed(signing)
	return &Key{identity.Card{Recipient: id.Recipient().String(), Verify: base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey))}, id, private}, nil
}

// identityOf is age's identity of a seed: bech32 of it, which age's own generator would write. The package has no constructor from bytes, so the text is
// made here (BIP 173).
func identityOf(seed [32]byte) (*age.HybridIdentity, error) {
	return age.ParseHybridIdentity(strings.ToUpper(bech32("age-secret-key-pq-", seed[:])))
}

const charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

func bech32(hrp string, data []byte) string {
	var values []byte
	acc, bits := 0, 0
	for _, b := range data {
		for acc, bits = acc<<8|int(b), bits+8; bits >= 5; bits -= 5 {
			values = append(values, byte(acc>>(bits-5))&31)
		}
		acc &= 1<<bits - 1
	}
	if bits > 0 {
		values = append(values, byte(acc<<(5-bits))&31)
	}
	var expanded []byte
	for _, c := range []byte(hrp) {
		expanded = append(expanded, c>>5)
	}
	expanded = append(expanded, 0)
	for _, c := range []byte(hrp) {
		expanded = append(expanded, c&31)
	}
	sum := polymod(append(append(expanded, values...), 0, 0, 0, 0, 0, 0)) ^ 1
	for i := range 6 {
		values = append(values, byte(sum>>(5*(5-i)))&31)
	}
	out := hrp + "1"
	for _, v := range values {
		out += string(charset[v])
	}
	return out
}

func polymod(values []byte) uint32 {
	c := uint32(1)
	for _, v := range values {
		top := c >> 25
		c = (c&0x1ffffff)<<5 ^ uint32(v)
		for i, g := range []uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				c ^= g
			}
		}
	}
	return c
}

// Prove signs an act of a companion (FORMAT.md, Proof by the key) and gives the header's value.
func (k *Key) Prove(challenge string, body []byte) string {
	sum := sha256.Sum256(body)
	proof, _ := json.Marshal(map[string]any{"key": k.Card.ID(), "signature": ed25519.Sign(k.sign, []byte("parda-vault-act-v1\n"+challenge+"\n"+hex.EncodeToString(sum[:])))})
	return base64.RawURLEncoding.EncodeToString(proof)
}

func sealTo(recipient string, plain []byte) ([]byte, error) {
	to, err := age.ParseHybridRecipient(recipient)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

// Open decrypts an age file.
func (k *Key) Open(file []byte) ([]byte, error) { return open(k.age, file) }

func open(id age.Identity, file []byte) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(file), id)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

type sharePlain struct {
	Share   int    `json:"parda_share,omitempty"`
	Release int    `json:"parda_release,omitempty"`
	Opening string `json:"opening,omitempty"`
	Person  string `json:"person"`
	Court   string `json:"court"`
	Version int    `json:"version"`
	Half    int    `json:"half"`
	Secret  []byte `json:"secret"`
	Payload string `json:"payload"`
	Reader  string `json:"reader,omitempty"`
}

// Seal makes the envelope of a record for the places that the gateway names, whose keys are in cards.
func Seal(by *Key, person, court string, version int, record map[string]string, to []identity.Place, cards map[string]identity.Card) ([]byte, error) {
	text, err := json.Marshal(record)
	if err != nil {
		return nil, err
	}
	inside, err := json.Marshal(map[string]any{"record": string(text), "key": by.Card.ID(), "verify": by.Card.Verify,
		"signature": ed25519.Sign(by.sign, []byte("parda-vault-record-v1\n"+string(text)))})
	if err != nil {
		return nil, err
	}
	plain := make([]byte, (4+len(inside)+65535)/65536*65536)
	binary.BigEndian.PutUint32(plain, uint32(len(inside)))
	copy(plain[4:], inside)
	var secret, s1, s2 [32]byte
	_, _ = rand.Read(secret[:])
	_, _ = rand.Read(s1[:])
	for i := range s2 {
		s2[i] = secret[i] ^ s1[i]
	}
	record1, err := identityOf(secret)
	if err != nil {
		return nil, err
	}
	e := identity.Envelope{Format: 1, Person: person, Court: court, Version: version}
	if e.Payload, err = sealTo(record1.Recipient().String(), plain); err != nil {
		return nil, err
	}
	for _, p := range to {
		half := map[int][]byte{1: s1[:], 2: s2[:]}[p.Half]
		share, err := json.Marshal(sharePlain{Share: 1, Person: person, Court: court, Version: version, Half: p.Half, Secret: half, Payload: e.PayloadSHA256()})
		if err != nil {
			return nil, err
		}
		file, err := sealTo(cards[p.Key].Recipient, share)
		if err != nil {
			return nil, err
		}
		e.Shares = append(e.Shares, identity.Share{Half: p.Half, Holder: p.Holder, Key: p.Key, Share: file})
	}
	return json.Marshal(e)
}

// Release opens a share and seals its half to the reader.
func (k *Key) Release(share []byte, opening string, reader identity.Card) ([]byte, error) {
	plain, err := k.Open(share)
	if err != nil {
		return nil, err
	}
	var s sharePlain
	if err := json.Unmarshal(plain, &s); err != nil {
		return nil, err
	}
	s.Share, s.Release, s.Opening, s.Reader = 0, 1, opening, reader.ID()
	out, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return sealTo(reader.Recipient, out)
}

// Reseal opens a share and seals it as it is to another key.
func (k *Key) Reseal(share []byte, to identity.Card) ([]byte, error) {
	plain, err := k.Open(share)
	if err != nil {
		return nil, err
	}
	return sealTo(to.Recipient, plain)
}

// Half is what one key gets out of a share or a release: 32 bytes.
func (k *Key) Half(file []byte) (half int, secret []byte, err error) {
	plain, err := k.Open(file)
	if err != nil {
		return 0, nil, err
	}
	var s sharePlain
	err = json.Unmarshal(plain, &s)
	return s.Half, s.Secret, err
}

// Read combines two halves and reads the record. It fails for anything but half 1 and half 2 of this payload.
func Read(payload []byte, half1, half2 []byte) (map[string]string, error) {
	if len(half1) != 32 || len(half2) != 32 {
		return nil, errors.New("testseat: a half has 32 bytes")
	}
	var seed [32]byte
	for i := range seed {
		seed[i] = half1[i] ^ half2[i]
	}
	id, err := identityOf(seed)
	if err != nil {
		return nil, err
	}
	plain, err := open(id, payload)
	if err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(plain)
	if int(n) > len(plain)-4 {
		return nil, fmt.Errorf("testseat: %d bytes are said, %d are there", n, len(plain))
	}
	var inside struct {
		Record    string `json:"record"`
		Verify    []byte `json:"verify"`
		Signature []byte `json:"signature"`
	}
	if err := json.Unmarshal(plain[4:4+n], &inside); err != nil {
		return nil, err
	}
	if !ed25519.Verify(inside.Verify, []byte("parda-vault-record-v1\n"+inside.Record), inside.Signature) {
		return nil, errors.New("testseat: the record is not signed as it says")
	}
	var record map[string]string
	return record, json.Unmarshal([]byte(inside.Record), &record)
}
