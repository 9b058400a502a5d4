package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"
)

// ceremonies makes and knows the challenges of WebAuthn. A challenge carries its own end and a MAC over what it is for, so nothing is kept for one that
// nobody has answered: a stranger who begins a million sign-ins (A2, A4) fills no table out of which a judge's challenge would fall. What is kept is each challenge
// that was answered rightly, until it ends, so that an answer is good once. The key lives as long as the process: after a restart no old answer is taken.
type ceremonies struct {
	key [32]byte

	mu    sync.Mutex
	spent map[nonce]time.Time
	swept time.Time
}

type nonce [16]byte

// What a challenge is for. A challenge of one purpose is never taken for another's.
const (
	forSignIn  = "sign in"
	forClaim   = "claim"
	forPasskey = "passkey"
)

// ceremonyLife is how long a person may take: to find the key, and her glasses.
const ceremonyLife = 5 * time.Minute

func (c *ceremonies) mac(purpose, binding string, head []byte) []byte {
	m := hmac.New(sha256.New, c.key[:])
	m.Write([]byte(purpose + "\x00" + binding + "\x00"))
	m.Write(head)
	return m.Sum(nil)
}

// challenge draws one: 16 random bytes, its end, and 32 bytes of MAC.
func (c *ceremonies) challenge(purpose, binding string, now time.Time) []byte {
	var n nonce
	_, _ = rand.Read(n[:]) // crypto/rand never fails: it ends the program instead
	head := binary.BigEndian.AppendUint64(n[:], uint64(now.Add(ceremonyLife).UnixMilli()))
	return append(head, c.mac(purpose, binding, head)...)
}

// known says whether the challenge is one of ours, for this, and not over.
func (c *ceremonies) known(purpose, binding string, challenge []byte, now time.Time) (n nonce, ends time.Time, ok bool) {
	if len(challenge) != 16+8+sha256.Size {
		return n, ends, false
	}
	head := challenge[:24:24]
	if !hmac.Equal(challenge[24:], c.mac(purpose, binding, head)) {
		return n, ends, false
	}
	ends = time.UnixMilli(int64(binary.BigEndian.Uint64(head[16:])))
	return nonce(head), ends, now.Before(ends)
}

// spend takes a challenge that was answered rightly; false where it was taken before.
func (c *ceremonies) spend(n nonce, ends, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.swept) > time.Minute {
		c.swept = now
		for k, e := range c.spent {
			if e.Before(now) {
				delete(c.spent, k)
			}
		}
	}
	if _, was := c.spent[n]; was {
		return false
	}
	c.spent[n] = ends
	return true
}
