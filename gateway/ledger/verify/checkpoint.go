package verify

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// strict64 refuses padding bits that are not zero: one value, one spelling.
var strict64 = base64.StdEncoding.Strict()

// decode64 reads base64 that has no other spelling.
func decode64(s string) ([]byte, error) {
	b, err := strict64.DecodeString(s)
	if err != nil || strict64.EncodeToString(b) != s { // the decoder skips line ends
		return nil, errors.New("base64 is not canonical")
	}
	return b, nil
}

// parseKey reads ledger/key: name+hash+base64(1 || Ed25519 key) and a line end
// (C2SP signed-note, verifier keys).
func parseKey(text, origin string) (ed25519.PublicKey, error) {
	line, ok := strings.CutSuffix(text, "\n")
	rest, named := strings.CutPrefix(line, origin+"+")
	id, material, cut := strings.Cut(rest, "+")
	if !ok || !named || !cut {
		return nil, errors.New("the key has another form")
	}
	b, err := decode64(material)
	if err != nil || len(b) != 1+ed25519.PublicKeySize || b[0] != 1 {
		return nil, errors.New("the key is no Ed25519 key")
	}
	if id != fmt.Sprintf("%08x", keyID(origin, b)) {
		return nil, errors.New("the key's short hash does not fit")
	}
	return ed25519.PublicKey(b[1:]), nil
}

// keyID is the first four bytes of SHA-256(name || line end || type || key).
func keyID(name string, material []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), material...))
	return binary.BigEndian.Uint32(sum[:4])
}

// treeHead is what a checkpoint signs.
type treeHead struct {
	size uint64
	root [32]byte
}

// parseCheckpoint reads and checks ledger/checkpoint: three lines, an empty
// one, and exactly one signature (C2SP tlog-checkpoint and signed-note).
func parseCheckpoint(text, origin string, key ed25519.PublicKey) (treeHead, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 6 || lines[3] != "" || lines[5] != "" {
		return treeHead{}, errors.New("it has another form")
	}
	if lines[0] != origin {
		return treeHead{}, errors.New("it belongs to another hearing")
	}
	size, err := strconv.ParseUint(lines[1], 10, 63)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] {
		return treeHead{}, errors.New("its size has another form")
	}
	root, err := decode64(lines[2])
	if err != nil || len(root) != 32 {
		return treeHead{}, errors.New("its root has another form")
	}
	encoded, ok := strings.CutPrefix(lines[4], "— "+origin+" ")
	signature, err := decode64(encoded)
	if !ok || err != nil || len(signature) != 4+ed25519.SignatureSize {
		return treeHead{}, errors.New("its signature has another form")
	}
	if binary.BigEndian.Uint32(signature) != keyID(origin, append([]byte{1}, key...)) {
		return treeHead{}, errors.New("it was signed with another key")
	}
	signed := strings.Join(lines[:3], "\n") + "\n"
	if !ed25519.Verify(key, []byte(signed), signature[4:]) {
		return treeHead{}, errors.New("the court's signature is not right")
	}
	return treeHead{size, [32]byte(root)}, nil
}

// merkle counts an RFC 6962 section 2.1 tree head leaf by leaf. stack[i] is the
// head of a complete subtree, sizes falling from left to right.
type merkle struct {
	stack []subtree
}

type subtree struct {
	hash [32]byte
	size uint64
}

func (m *merkle) add(data []byte) {
	node := subtree{sha256.Sum256(append([]byte{0}, data...)), 1}
	for n := len(m.stack); n > 0 && m.stack[n-1].size == node.size; n = len(m.stack) {
		node = subtree{parent(m.stack[n-1].hash, node.hash), 2 * node.size}
		m.stack = m.stack[:n-1]
	}
	m.stack = append(m.stack, node)
}

func (m *merkle) root() [32]byte {
	if len(m.stack) == 0 {
		return sha256.Sum256(nil)
	}
	last := len(m.stack) - 1
	hash := m.stack[last].hash
	for i := last - 1; i >= 0; i-- {
		hash = parent(m.stack[i].hash, hash)
	}
	return hash
}

func parent(left, right [32]byte) [32]byte {
	b := append([]byte{1}, left[:]...)
	return sha256.Sum256(append(b, right[:]...))
}

func fingerprint(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:])
}

// Trust is a court's key that the reader knows from elsewhere.
type Trust struct{ fingerprint string }

// ParseTrust reads a trusted key in any of its three forms: the fingerprint
// (64 hexadecimal digits; spaces and colons do not matter), the raw Ed25519
// key in base64, or a verifier key as in ledger/key, of any hearing.
func ParseTrust(text string) (Trust, error) {
	text = strings.TrimSpace(text)
	digits := strings.NewReplacer(" ", "", ":", "", "\n", "").Replace(strings.ToLower(text))
	if b, err := hex.DecodeString(digits); err == nil && len(b) == 32 {
		return Trust{digits}, nil
	}
	fields := strings.SplitN(text, "+", 3)
	if b, err := decode64(fields[len(fields)-1]); err == nil && len(fields) == 3 && len(b) == 33 && b[0] == 1 {
		return Trust{fingerprint(b[1:])}, nil
	}
	if b, err := decode64(text); err == nil && len(b) == 32 {
		return Trust{fingerprint(b)}, nil
	}
	return Trust{}, errors.New("verify: the trusted key is none of: fingerprint, base64 key, verifier key")
}
