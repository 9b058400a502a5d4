// Package attest is how a station signs what it sends: each second, for each publication, which rendering it was and the hashes of its packets, under an
// Ed25519 key (RFC 8032) that it made for this testimony. The relay compares: what was not signed, or not lately, is held, and what was signed as something
// else than the order names is cut.
//
// It is written down in signaling/PROTOCOL.md, "The station signs its mode", with vectors in testdata. What lives here: the bytes that are signed, and the
// hash of a packet. What does not: keys' storage, clocks, what follows.
package attest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
)

// Bounds of a segment: a second has some 50 packets of sound and, of a picture, at most the tenfold.
const (
	MaxPackets = 2048
	MaxTracks  = 2
)

// ErrSegment says that a segment is not one: too large, or not signed by that key.
var ErrSegment = errors.New("attest: not a signed segment")

// Hash is the part of a packet's SHA-256 that is compared: its first eight bytes, big endian. To replace one given packet unseen, somebody without the key
// would have to find another payload of the same hash, some 2^64 tries, within seconds.
func Hash(payload []byte) uint64 {
	sum := sha256.Sum256(payload)
	return binary.BigEndian.Uint64(sum[:8])
}

// Track is the packets of one track in a segment: their hashes, by RTP sequence number from First on, each once. The payload that is hashed is the one behind
// the RTP header, without RTP padding, as the relay forwards it.
type Track struct {
	Media  string // "video" or "audio"
	First  uint16
	Hashes []uint64
}

// Segment is what a station signs of one publication, about every second.
type Segment struct {
	Hearing     string
	Publication string // the last part of the WHIP resource that the gateway gave it
	Rendering   string // "puppet+neutral+strong": what the masks made
	Number      uint64 // counts within the publication, from 1
	Tracks      []Track
}

// Bytes are what is signed: lines of ASCII, each ended by a line feed.
func (s Segment) Bytes() []byte {
	b := []byte("parda mode segment 1\n" + s.Hearing + "\n" + s.Publication + "\n" + s.Rendering + "\n")
	b = strconv.AppendUint(b, s.Number, 10)
	b = append(b, '\n')
	for _, t := range s.Tracks {
		b = append(b, t.Media+" "...)
		b = strconv.AppendUint(b, uint64(t.First), 10)
		b = append(b, ' ')
		b = hex.AppendEncode(b, t.Packed())
		b = append(b, '\n')
	}
	return b
}

// Packed are the hashes one behind the other, eight bytes each.
func (t Track) Packed() []byte {
	b := make([]byte, 0, 8*len(t.Hashes))
	for _, h := range t.Hashes {
		b = binary.BigEndian.AppendUint64(b, h)
	}
	return b
}

// Unpack is the inverse of Packed.
func Unpack(b []byte) ([]uint64, error) {
	if len(b)%8 != 0 || len(b)/8 > MaxPackets {
		return nil, fmt.Errorf("%w: %d bytes of hashes", ErrSegment, len(b))
	}
	all := make([]uint64, len(b)/8)
	for i := range all {
		all[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return all, nil
}

// Sign signs a segment.
func (s Segment) Sign(key ed25519.PrivateKey) []byte { return ed25519.Sign(key, s.Bytes()) }

// Verify says whether the key's holder signed the segment, and that it is one.
func (s Segment) Verify(key ed25519.PublicKey, signature []byte) error {
	if len(key) != ed25519.PublicKeySize || len(s.Tracks) > MaxTracks {
		return ErrSegment
	}
	seen := map[string]bool{}
	for _, t := range s.Tracks {
		if t.Media != "video" && t.Media != "audio" || seen[t.Media] || len(t.Hashes) > MaxPackets {
			return fmt.Errorf("%w: its tracks", ErrSegment)
		}
		seen[t.Media] = true
	}
	for _, part := range []string{s.Hearing, s.Publication, s.Rendering} {
		if part == "" || len(part) > 128 || !plain(part) {
			return fmt.Errorf("%w: its names", ErrSegment) // a line feed in a name would make two segments of the same bytes
		}
	}
	if !ed25519.Verify(key, s.Bytes(), signature) {
		return fmt.Errorf("%w: its signature", ErrSegment)
	}
	return nil
}

func plain(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// Fingerprint is the SHA-256 of a public key in hex: what the ledger and the protocol say of it.
func Fingerprint(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:])
}

// Collector gathers the hashes of what is sent until they are taken. It is not safe for concurrent use.
type Collector struct {
	media  string
	first  uint16
	hashes []uint64
}

// NewCollector makes one of a track.
func NewCollector(media string) *Collector { return &Collector{media: media} }

// Add notes a packet that is sent: sequence numbers follow on each other. What was not taken for so long that a segment could not hold it is forgotten
// from its beginning.
func (c *Collector) Add(sequence uint16, payload []byte) {
	if len(c.hashes) >= MaxPackets {
		half := copy(c.hashes, c.hashes[MaxPackets/2:])
		c.hashes, c.first = c.hashes[:half], c.first+MaxPackets/2
	}
	if len(c.hashes) == 0 {
		c.first = sequence
	}
	c.hashes = append(c.hashes, Hash(payload))
}

// Take gives what was gathered since the last call.
func (c *Collector) Take() Track {
	t := Track{Media: c.media, First: c.first, Hashes: c.hashes}
	c.hashes = nil
	return t
}
