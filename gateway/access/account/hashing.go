package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

// Hashing is how dear a password's hash is (argon2id, RFC 9106).
type Hashing struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// RFC9106Second is the second recommended choice of RFC 9106, section 4: 64 MiB, three passes, four lanes.
var RFC9106Second = Hashing{Memory: 64 << 10, Passes: 3, Threads: 4}

const saltLength, hashLength = 16, 32

// hashing computes a few at once and no more: each takes 64 MiB, and strangers ask for them. Browsers that knew a password once have a place of their own,
// so that a crowd of strangers cannot keep them waiting.
type hashing struct {
	with      Hashing
	strangers chan struct{}
	known     chan struct{}
	nobody    string // the hash of no password: for a login that is not there
	matched   atomic.Int64
}

// hashesAtOnce, and how long one more may wait for its turn.
const hashesAtOnce, hashPatience = 2, 5 * time.Second

func newHashing(with Hashing) (*hashing, error) {
	if with.Memory < 8*uint32(with.Threads) || with.Memory > 1<<20 || with.Passes < 1 || with.Passes > 16 || with.Threads < 1 || with.Threads > 16 {
		return nil, fmt.Errorf("account: argon2id with %+v is not possible", with)
	}
	h := &hashing{with: with, strangers: make(chan struct{}, hashesAtOnce), known: make(chan struct{}, 1)}
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails: it ends the program instead
	h.nobody = h.hash(string(b[:]))
	return h, nil
}

// turn waits for a place; leave must be called. The refusal is too_many.
func (h *hashing) turn(ctx context.Context, known bool) (leave func(), err error) {
	places := h.strangers
	if known {
		places = h.known
	}
	ctx, cancel := context.WithTimeout(ctx, hashPatience)
	defer cancel()
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, errTooMany(hashPatience)
	}
}

// hash gives the PHC string of a password: the parameters stand with the hash, so that they can be made dearer one day.
func (h *hashing) hash(password string) string {
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // crypto/rand never fails: it ends the program instead
	w := h.with
	sum := argon2.IDKey([]byte(password), salt, w.Passes, w.Memory, w.Threads, hashLength)
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, w.Memory, w.Passes, w.Threads, e.EncodeToString(salt), e.EncodeToString(sum))
}

// matches compares in constant time; outdated says that the hash was made with other parameters than those of today.
func (h *hashing) matches(kept, password string) (ok, outdated bool) {
	w, salt, sum, err := parsePHC(kept)
	if err != nil {
		return false, false
	}
	h.matched.Add(1)
	got := argon2.IDKey([]byte(password), salt, w.Passes, w.Memory, w.Threads, uint32(len(sum)))
	return subtle.ConstantTimeCompare(got, sum) == 1, w != h.with
}

var errPHC = errors.New("account: this is no argon2id hash of ours")

// parsePHC reads what hash wrote. What asks for more than a GiB or 16 passes is refused: it would not have been ours, and would stop the gateway.
func parsePHC(s string) (w Hashing, salt, sum []byte, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return w, nil, nil, errPHC
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &w.Memory, &w.Passes, &w.Threads); err != nil || parts[3] != fmt.Sprintf("m=%d,t=%d,p=%d", w.Memory, w.Passes, w.Threads) {
		return w, nil, nil, errPHC
	}
	if w.Memory < 8*uint32(w.Threads) || w.Memory > 1<<20 || w.Passes < 1 || w.Passes > 16 || w.Threads < 1 || w.Threads > 16 {
		return w, nil, nil, errPHC
	}
	salt, err1 := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	sum, err2 := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if errors.Join(err1, err2) != nil || len(salt) != saltLength || len(sum) != hashLength {
		return w, nil, nil, errPHC
	}
	return w, salt, sum, nil
}
