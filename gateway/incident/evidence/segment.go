package evidence

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"reflect"
	"time"

	"parda/media/relay"
)

// segment is a few seconds of one label, sealed in memory under a key that is nowhere else. It lives in blocks of the pool.
type segment struct {
	key      [32]byte
	block    cipher.Block
	aead     cipher.AEAD
	sealings uint64
	blocks   [][]byte    // records: length (4 bytes), ciphertext with tag; in order
	bytes    int         // of all blocks
	from, to time.Time   // arrivals
	keys     []time.Time // of key frames
}

// blockBytes is what the pool gives; a record, which is sealed as one, is recordBytes of packets at most and never crosses a block.
const (
	blockBytes  = 64 << 10
	recordBytes = 16 << 10
)

func newSegment() *segment {
	s := &segment{}
	_, _ = rand.Read(s.key[:]) // crypto/rand never fails: it ends the program instead
	var err error
	if s.block, err = aes.NewCipher(s.key[:]); err == nil {
		s.aead, err = cipher.NewGCM(s.block)
	}
	if err != nil {
		panic(err) // a key of 32 bytes is one of AES-256
	}
	return s
}

// nonce counts the records: the key is this segment's alone.
func nonce(n uint64) (b [12]byte) {
	binary.BigEndian.PutUint64(b[4:], n)
	return b
}

// add seals a record. plain is at most recordBytes, or one packet.
func (s *segment) add(plain []byte, pool *pool) {
	need := 4 + len(plain) + s.aead.Overhead()
	n := len(s.blocks) - 1
	if n < 0 || cap(s.blocks[n])-len(s.blocks[n]) < need {
		s.blocks = append(s.blocks, pool.take(need))
		n++
		s.bytes += cap(s.blocks[n])
	}
	b := binary.BigEndian.AppendUint32(s.blocks[n], uint32(need-4))
	count := nonce(s.sealings)
	s.sealings++
	s.blocks[n] = s.aead.Seal(b, count[:], plain, nil)
}

// errForgotten: a segment whose key is gone is asked for.
var errForgotten = errors.New("evidence: forgotten")

// read opens the records one after the other. What f is given is overwritten when it returns.
func (s *segment) read(f func(m relay.Media, p relay.Packet)) error {
	if s.aead == nil {
		return errForgotten
	}
	plain := make([]byte, 0, recordBytes)
	defer func() { clear(plain[:cap(plain)]) }()
	at := uint64(0)
	for _, b := range s.blocks {
		for len(b) > 0 {
			n := int(binary.BigEndian.Uint32(b))
			count := nonce(at)
			at++
			out, err := s.aead.Open(plain[:0], count[:], b[4:4+n], nil)
			if err != nil {
				return err
			}
			if err := eachPacket(out, f); err != nil {
				return err
			}
			clear(out)
			b = b[4+n:]
		}
	}
	return nil
}

// forget overwrites the key and what was made of it, and gives the memory back. From here nobody reads the segment.
func (s *segment) forget(pool *pool) {
	wipe(s.aead)
	wipe(s.block)
	clear(s.key[:])
	s.aead, s.block = nil, nil
	for _, b := range s.blocks {
		pool.give(b)
	}
	s.blocks, s.bytes = nil, 0
}

// wipe zeroes what an interface points to. The ciphers of the standard library hold their key schedules by value and have no way to forget them.
func wipe(v any) {
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer && !p.IsNil() {
		p.Elem().SetZero()
	}
}

// pool keeps blocks that are free, so that a ring that turns allocates nothing. One goroutine owns it.
type pool struct{ free [][]byte }

func (p *pool) take(least int) []byte {
	if n := len(p.free); n > 0 && least <= blockBytes {
		b := p.free[n-1]
		p.free = p.free[:n-1]
		return b
	}
	return make([]byte, 0, max(least, blockBytes))
}

// give takes a block back. It holds ciphertext of a key that is gone, so it need not be overwritten.
func (p *pool) give(b []byte) {
	if cap(b) == blockBytes {
		p.free = append(p.free, b[:0])
	}
}
