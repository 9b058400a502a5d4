package main

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"filippo.io/age"
)

// card is the public half of a vault key (gateway/identity/FORMAT.md, "A key").
type card struct {
	Recipient string `json:"recipient"`
	Verify    string `json:"verify"` // Ed25519, base64
}

// vaultKey is made here for the recovery pair alone: every other key is made in the page, and this program never sees one in clear.
type vaultKey struct {
	seed [32]byte
	card card
	sign ed25519.PrivateKey
	age  *age.HybridIdentity
}

const codeTurns = 16384

func keyOf(seed [32]byte) (*vaultKey, error) {
	id, err := age.ParseHybridIdentity(strings.ToUpper(bech32Encode("age-secret-key-pq-", seed[:])))
	if err != nil {
		return nil, fmt.Errorf("the seed makes no key: %w", err)
	}
	s, err := hkdf.Key(sha256.New, seed[:], nil, "parda-vault-sign-v1", ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	sign := ed25519.NewKeyFromSeed(s)
	verify := base64.StdEncoding.EncodeToString(sign.Public().(ed25519.PublicKey))
	return &vaultKey{seed: seed, card: card{id.Recipient().String(), verify}, sign: sign, age: id}, nil
}

func (c card) digest() [32]byte { return sha256.Sum256([]byte(c.Recipient + "\n" + c.Verify)) }

// id is the key id of FORMAT.md.
func (c card) id() string { d := c.digest(); return hex.EncodeToString(d[:]) }

// code is the 20 digits that are told over a channel which the gateway does not carry.
func (c card) code() string {
	first := c.digest()
	var block [64]byte
	copy(block[32:], first[:])
	d := first
	for range codeTurns {
		copy(block[:], d[:])
		d = sha256.Sum256(block[:])
	}
	n := new(big.Int).SetBytes(d[:16])
	n.Mod(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(20), nil))
	return fmt.Sprintf("%020s", n.String())
}

const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// paper is the seed as 14 groups of four letters, the last of which checks the others (FORMAT.md, "Paper").
func (k *vaultKey) paper() string {
	n := new(big.Int).SetBytes(k.seed[:])
	n.Lsh(n, 4)
	out := make([]byte, 0, 56)
	for i := 51; i >= 0; i-- {
		out = append(out, letters[new(big.Int).Rsh(n, uint(5*i)).Uint64()&31])
	}
	d := sha256.Sum256(append([]byte("parda-paper-v1"), k.seed[:]...))
	bits := uint32(d[0])<<12 | uint32(d[1])<<4 | uint32(d[2])>>4
	for _, shift := range []int{15, 10, 5, 0} {
		out = append(out, letters[bits>>shift&31])
	}
	var groups []string
	for i := 0; i < len(out); i += 4 {
		groups = append(groups, string(out[i:i+4]))
	}
	return strings.Join(groups, " ")
}

// bech32Encode is BIP 173 without its limit of 90 characters, as age writes its keys; age exports no way to make an identity from a seed.
func bech32Encode(hrp string, data []byte) string {
	const set = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	var five []byte
	var acc, bits uint
	for _, b := range data {
		acc, bits = acc<<8|uint(b), bits+8
		for ; bits >= 5; bits -= 5 {
			five = append(five, byte(acc>>(bits-5)&31))
		}
	}
	if bits > 0 {
		five = append(five, byte(acc<<(5-bits)&31))
	}
	values := make([]byte, 0, 2*len(hrp)+1+len(five)+6)
	for _, c := range []byte(hrp) {
		values = append(values, c>>5)
	}
	values = append(values, 0)
	for _, c := range []byte(hrp) {
		values = append(values, c&31)
	}
	values = append(append(values, five...), make([]byte, 6)...)
	chk := uint32(1)
	for _, v := range values {
		top := chk >> 25
		chk = chk&0x1ffffff<<5 ^ uint32(v)
		for i, g := range []uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				chk ^= g
			}
		}
	}
	chk ^= 1
	var out strings.Builder
	out.WriteString(hrp + "1")
	for _, v := range five {
		out.WriteByte(set[v])
	}
	for i := range 6 {
		out.WriteByte(set[chk>>(5*(5-i))&31])
	}
	return out.String()
}
