// Package virtualkey is a WebAuthn authenticator and its browser in software, for tests alone: ES256 keys, user verification, a sign counter, and every fault that a
// test wants. It shares no code with the library that checks it, so that both cannot be wrong in the same way.
//
// The bytes are those of WebAuthn level 3: section 5.8.1 (client data), 6.1 (authenticator data), 6.5.1 (attested credential data), 8.7 (attestation "none").
package virtualkey

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// Key is one authenticator in one browser. Its fields are what it says of itself; a test bends them to see it refused.
type Key struct {
	Origin string // of the page
	RP     string // that the browser lets the page ask for
	UP, UV bool   // user present, user verified
	BE, BS bool   // backup eligible, backup state
	Count  uint32 // the sign counter; each use adds Step
	Step   uint32
	Cross  bool   // the page is framed by another site's
	Type   string // in place of webauthn.create or webauthn.get
	Handle []byte // in place of the user handle

	ID      []byte // of the credential that it made last
	private *ecdsa.PrivateKey
	handle  []byte
}

// New is an authenticator that does everything right.
func New(origin, rp string) *Key { return &Key{Origin: origin, RP: rp, UP: true, UV: true, Step: 1} }

// Copy is a second authenticator with the same key and the same counter: a clone.
func (k *Key) Copy() *Key {
	c := *k
	return &c
}

type options struct {
	PublicKey *options `json:"publicKey"`
	Challenge string   `json:"challenge"`
	User      struct {
		ID string `json:"id"`
	} `json:"user"`
	AllowCredentials []struct {
		ID string `json:"id"`
	} `json:"allowCredentials"`
}

func read(from any) (*options, error) {
	b, err := json.Marshal(from)
	if err != nil {
		return nil, err
	}
	var o options
	if err := json.Unmarshal(b, &o); err != nil {
		return nil, err
	}
	if o.PublicKey != nil {
		return o.PublicKey, nil
	}
	if o.Challenge == "" {
		return nil, errors.New("virtualkey: these are no options")
	}
	return &o, nil
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Create makes a new credential for the options (as JSON, with or without the envelope "publicKey") and gives RegistrationResponseJSON.
func (k *Key) Create(from any) (json.RawMessage, error) {
	o, err := read(from)
	if err != nil {
		return nil, err
	}
	if k.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	if k.handle, err = base64.RawURLEncoding.DecodeString(o.User.ID); err != nil {
		return nil, err
	}
	k.ID = make([]byte, 32)
	_, _ = rand.Read(k.ID)
	return k.Answer(o.Challenge)
}

// Answer is Create again for another challenge, with the credential that is there.
func (k *Key) Answer(challenge string) (json.RawMessage, error) {
	point, err := k.private.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	var cose cbor
	cose.head(5, 5)
	for _, pair := range [][2]int{{1, 2}, {3, -7}, {-1, 1}} {
		cose.number(pair[0])
		cose.number(pair[1])
	}
	cose.number(-2)
	cose.bytes(point[1:33])
	cose.number(-3)
	cose.bytes(point[33:65])
	attested := append(make([]byte, 16), byte(len(k.ID)>>8), byte(len(k.ID)))
	attested = append(append(attested, k.ID...), cose...)
	var object cbor
	object.head(5, 3)
	object.text("fmt")
	object.text("none")
	object.text("attStmt")
	object.head(5, 0)
	object.text("authData")
	object.bytes(k.authData(0x40, attested))
	return json.Marshal(map[string]any{"id": b64(k.ID), "rawId": b64(k.ID), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": b64(k.clientData("webauthn.create", challenge)), "attestationObject": b64(object), "transports": []string{"internal"}}})
}

// Get signs the options' challenge and gives AuthenticationResponseJSON.
func (k *Key) Get(from any) (json.RawMessage, error) {
	o, err := read(from)
	if err != nil {
		return nil, err
	}
	if k.private == nil {
		return nil, errors.New("virtualkey: there is no credential")
	}
	if len(o.AllowCredentials) > 0 {
		there := false
		for _, c := range o.AllowCredentials {
			there = there || c.ID == b64(k.ID)
		}
		if !there {
			return nil, errors.New("virtualkey: this credential is not asked for")
		}
	}
	k.Count += k.Step
	data, client := k.authData(0, nil), k.clientData("webauthn.get", o.Challenge)
	sum := sha256.Sum256(client)
	over := sha256.Sum256(append(append([]byte{}, data...), sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, over[:])
	if err != nil {
		return nil, err
	}
	handle := k.handle
	if k.Handle != nil {
		handle = k.Handle
	}
	return json.Marshal(map[string]any{"id": b64(k.ID), "rawId": b64(k.ID), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(handle)}})
}

func (k *Key) authData(flags byte, rest []byte) []byte {
	for bit, on := range map[byte]bool{0x01: k.UP, 0x04: k.UV, 0x08: k.BE, 0x10: k.BS} {
		if on {
			flags |= bit
		}
	}
	rp := sha256.Sum256([]byte(k.RP))
	return append(binary.BigEndian.AppendUint32(append(rp[:], flags), k.Count), rest...)
}

func (k *Key) clientData(kind, challenge string) []byte {
	if k.Type != "" {
		kind = k.Type
	}
	return fmt.Appendf(nil, `{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":%t}`, kind, challenge, k.Origin, k.Cross)
}

// cbor writes what little CBOR is needed (RFC 8949), in CTAP2's canonical form.
type cbor []byte

func (c *cbor) head(major byte, n int) {
	switch {
	case n < 24:
		*c = append(*c, major<<5|byte(n))
	case n < 256:
		*c = append(*c, major<<5|24, byte(n))
	default:
		*c = append(*c, major<<5|25, byte(n>>8), byte(n))
	}
}

func (c *cbor) number(n int) {
	if n < 0 {
		c.head(1, -1-n)
		return
	}
	c.head(0, n)
}

func (c *cbor) bytes(b []byte) {
	c.head(2, len(b))
	*c = append(*c, b...)
}

func (c *cbor) text(s string) {
	c.head(3, len(s))
	*c = append(*c, s...)
}
