package hearing

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"math/big"
)

// ParseKey reads a seat's public key: SPKI (RFC 5280), ECDSA on P-256, as WebCrypto exports it.
func ParseKey(spki []byte) (*ecdsa.PublicKey, error) {
	if len(spki) > 512 {
		return nil, refuse(CodeBadArgument, "The key is too long.")
	}
	parsed, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return nil, refuse(CodeBadArgument, "The key cannot be read.")
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, refuse(CodeBadArgument, "The key must be ECDSA on P-256.")
	}
	return key, nil
}

// KeyCode is the short code of a key, two groups of four digits that people compare aloud: the first eight bytes of the
// SHA-256 of the SPKI, read as a big-endian number, modulo 10^8. About 27 bits: enough against an accident and against a
// key that is swapped during one call, not against somebody who can search for keys for hours beforehand.
func KeyCode(spki []byte) string {
	sum := sha256.Sum256(spki)
	n := binary.BigEndian.Uint64(sum[:8]) % 100_000_000
	return fmt.Sprintf("%04d %04d", n/10_000, n%10_000)
}

// CheckSignature checks an ECDSA P-256 signature with SHA-256 over message, in the form IEEE P1363 (r|s, 64 bytes) in which
// WebCrypto signs. The error is an *Error with signature_invalid.
func CheckSignature(spki, message, signature []byte) error {
	key, err := ParseKey(spki)
	if err != nil {
		return refuse(CodeSignatureInvalid, "There is no key to check the signature with.")
	}
	if len(signature) != 64 {
		return refuse(CodeSignatureInvalid, "The signature has a wrong length.")
	}
	sum := sha256.Sum256(message)
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(key, sum[:], r, s) {
		return refuse(CodeSignatureInvalid, "The signature does not belong to these bytes and this key.")
	}
	return nil
}
