package referral

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// Bounds of a sealed identity, in bytes: what the vault seals has 4 MiB.
const leastSealed, mostSealed = 200, 5 << 20

var errSealed = errors.New("referral: not an age file with one X25519 recipient")

// CheckSealed says whether this is an age file (age-encryption.org/v1, binary form) with one X25519 recipient, and gives its SHA-256 in hexadecimal. Whose key the recipient is the
// format hides from everybody but the body: that it is the body's, the order of the opening and the seat that sealed it answer for.
func CheckSealed(file []byte) (sum string, err error) {
	if len(file) < leastSealed || len(file) > mostSealed {
		return "", errSealed
	}
	header, payload, found := bytes.Cut(file, []byte("\n--- "))
	lines := strings.Split(string(header), "\n")
	_, body, ended := bytes.Cut(payload, []byte("\n"))
	if !found || !ended || len(body) < 32 || len(lines) != 3 || lines[0] != "age-encryption.org/v1" {
		return "", errSealed
	}
	stanza := strings.Fields(lines[1])
	if len(stanza) != 3 || stanza[0] != "->" || stanza[1] != "X25519" || len(stanza[2]) != 43 || len(lines[2]) != 43 {
		return "", errSealed
	}
	hash := sha256.Sum256(file)
	return hex.EncodeToString(hash[:]), nil
}
