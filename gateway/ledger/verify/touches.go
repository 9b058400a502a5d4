package verify

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
)

// A touch (step_up.proved) is a passkey's signature over one act: the challenge that the authenticator signed is the hash of lines that say what was to be done
// (signaling/ACCOUNTS.md, "Step-up"). Here the lines are put together again from the event, and the signature is checked by WebAuthn level 3, section 7.2,
// steps 11 to 21, as far as they can be checked offline. That the key was that account's is the court's word; it stands in every touch of hers.

// touched is the newest touch, for the event that follows it.
type touched struct {
	entry     uint64
	act       string
	signature string // of the arguments, where they have one
}

func (c *check) onTouch(e event) {
	args, hasArgs := e.payload.get("args")
	signature, _ := args.get("signature")
	c.record.touched = touched{e.index, e.field("act"), signature.text}
	body := sha256.Sum256(args.raw)
	if hasArgs && e.field("body_sha256") != hex.EncodeToString(body[:]) {
		c.problem("touch_wrong", entry(e), "arguments")
		return
	}
	key, data, client, mark := c.bytesOf(e, "public_key"), c.bytesOf(e, "authenticator_data"), c.bytesOf(e, "client_data"), c.bytesOf(e, "signature")
	nonce := c.bytesOf(e, "nonce")
	if key == nil || data == nil || client == nil || mark == nil || nonce == nil {
		return
	}
	var said struct{ Type, Challenge string }
	if json.Unmarshal(client, &said) != nil || said.Type != "webauthn.get" || !c.asked(e, nonce, said.Challenge) {
		c.problem("touch_wrong", entry(e), "challenge")
		return
	}
	const present, verified = 1, 4 // section 6.1
	rp := sha256.Sum256([]byte(e.field("rp")))
	if len(data) < 37 || !bytes.Equal(data[:32], rp[:]) || data[32]&present == 0 || data[32]&verified == 0 {
		c.problem("touch_wrong", entry(e), "authenticator data")
		return
	}
	sum := sha256.Sum256(client)
	if err := checkCOSE(key, append(bytes.Clone(data), sum[:]...), mark); err != nil {
		c.problem("touch_wrong", entry(e), err.Error())
		return
	}
	c.Signatures = append(c.Signatures, Signature{Entry: e.index, What: "touch", Seat: e.actor, Role: e.field("act"), At: e.at})
}

// asked says whether a challenge is the one of this act, in this hearing or over HTTP in its court.
func (c *check) asked(e event, nonce []byte, challenge string) bool {
	for _, place := range []string{e.hearing, "audit-" + c.Court} {
		sum := sha256.Sum256(actLines(place, e, nonce))
		if challenge == base64.RawURLEncoding.EncodeToString(sum[:]) {
			return true
		}
	}
	return false
}

// actLines are what the challenge of an act is the hash of.
func actLines(place string, e event, nonce []byte) []byte {
	return []byte(strings.Join([]string{"parda step-up 1", place, e.field("person"), e.field("act"), e.field("id"), e.field("body_sha256"), hex.EncodeToString(nonce), ""}, "\n"))
}

// agreesWithTouch holds that a signature which directly follows a touch is the one that was touched for: not another order under a judge's honest touch.
func (c *check) agreesWithTouch(e event, act string) {
	if t := c.record.touched; t.entry != 0 && t.entry == e.index-1 && (t.act != act || t.signature != e.field("signature")) {
		c.problem("touch_other", entry(e), t.act)
	}
}

var errKey = errors.New("the passkey's public key cannot be read")

// checkCOSE checks a signature by a COSE_Key (RFC 9052, section 7; algorithms of RFC 9053 and 8812): ES256, EdDSA with Ed25519, RS256.
func checkCOSE(key, message, signature []byte) error {
	numbers, blobs, err := readCOSE(key)
	if err != nil {
		return err
	}
	good := false
	sum := sha256.Sum256(message)
	const kty, alg, crv, x, y, n, e = 1, 3, -1, -2, -3, -1, -2
	switch {
	case numbers[kty] == 2 && numbers[alg] == -7 && numbers[crv] == 1:
		public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, blobs[x]...), blobs[y]...))
		if err != nil {
			return errKey
		}
		good = ecdsa.VerifyASN1(public, sum[:], signature)
	case numbers[kty] == 1 && numbers[alg] == -8 && numbers[crv] == 6 && len(blobs[x]) == ed25519.PublicKeySize:
		good = ed25519.Verify(blobs[x], message, signature)
	case numbers[kty] == 3 && numbers[alg] == -257 && len(blobs[n]) >= 256 && len(blobs[n]) <= 1024 && len(blobs[e]) > 0 && len(blobs[e]) <= 4:
		public := &rsa.PublicKey{N: new(big.Int).SetBytes(blobs[n]), E: int(new(big.Int).SetBytes(blobs[e]).Int64())}
		good = rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature) == nil
	default:
		return errKey
	}
	if !good {
		return errors.New("the passkey's signature is not right")
	}
	return nil
}

// readCOSE reads the only CBOR that a COSE_Key of those algorithms is made of: a map from small integers to integers and byte strings (RFC 8949).
func readCOSE(b []byte) (numbers map[int64]int64, blobs map[int64][]byte, err error) {
	numbers, blobs = map[int64]int64{}, map[int64][]byte{}
	major, pairs, rest, ok := cborHead(b)
	if !ok || major != 5 || pairs > 8 {
		return nil, nil, errKey
	}
	for range pairs {
		major, value, after, ok := cborHead(rest)
		if !ok || major > 1 {
			return nil, nil, errKey
		}
		name := cborInt(major, value)
		major, value, after, ok = cborHead(after)
		switch {
		case ok && major <= 1:
			numbers[name], rest = cborInt(major, value), after
		case ok && major == 2 && value <= uint64(len(after)):
			blobs[name], rest = after[:value], after[value:]
		default:
			return nil, nil, errKey
		}
	}
	if len(rest) != 0 {
		return nil, nil, errKey
	}
	return numbers, blobs, nil
}

func cborInt(major byte, value uint64) int64 {
	if major == 1 {
		return -1 - int64(value)
	}
	return int64(value)
}

// cborHead reads a head: its major type and its argument, of at most four bytes.
func cborHead(b []byte) (major byte, value uint64, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, 0, nil, false
	}
	major, rest = b[0]>>5, b[1:]
	more := map[byte]int{24: 1, 25: 2, 26: 4}[b[0]&31]
	if b[0]&31 < 24 {
		return major, uint64(b[0] & 31), rest, true
	}
	if more == 0 || len(rest) < more {
		return 0, 0, nil, false
	}
	for _, next := range rest[:more] {
		value = value<<8 | uint64(next)
	}
	return major, value, rest[more:], true
}
