package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"
)

// slowness makes guessing passwords slow, by account and by source, and nothing else: a passkey, a session that is there, and a browser that knew the password
// once do not pass here, so that nobody is locked out of a hearing by wrong guesses in her name.
//
// It counts in tables of a fixed size, at places that a stranger cannot foretell, and not in maps that a flood could fill or push somebody out of. Two that
// share a place share its waiting, which costs a stranger's guess some time and nobody else anything.
type slowness struct {
	mu  sync.Mutex
	key [32]byte
	of  map[string]*table
}

type table struct {
	free   int           // wrong ones before the waiting begins
	most   time.Duration // the waiting doubles with each wrong one, from a second up to this
	places [1 << 14]place
}

type place struct {
	wrong int
	next  time.Time // nothing is looked at before
}

// By what guesses are counted.
const (
	byLogin  = "login"  // of browsers that never knew this account's password
	byKnown  = "known"  // of one browser that did
	bySource = "source" // of one network address, whatever the login; a court's people share one, so much is free
)

// forgetAfter is how long after its last wrong guess a place is as new.
const forgetAfter = 24 * time.Hour

func newSlowness() *slowness {
	s := &slowness{of: map[string]*table{byLogin: {free: 4, most: time.Hour}, byKnown: {free: 6, most: 5 * time.Minute}, bySource: {free: 30, most: 10 * time.Minute}}}
	_, _ = rand.Read(s.key[:]) // crypto/rand never fails: it ends the program instead
	return s
}

// counter is one of the things that a guess is counted by.
type counter struct{ by, what string }

func (s *slowness) at(c counter) (*table, *place) {
	m := hmac.New(sha256.New, s.key[:])
	m.Write([]byte(c.by + "\x00" + c.what))
	t := s.of[c.by]
	return t, &t.places[binary.BigEndian.Uint32(m.Sum(nil))%uint32(len(t.places))]
}

// guess takes one guess, before it is looked at, so that a thousand at once are not looked at together: it is counted as wrong until right says
// otherwise. Where it must wait, it says how long, and the guess is not counted.
func (s *slowness) guess(now time.Time, all ...counter) (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var longest time.Duration
	for _, c := range all {
		if _, p := s.at(c); p.next.Sub(now) > longest {
			longest = p.next.Sub(now)
		}
	}
	if longest > 0 {
		return longest, false
	}
	for _, c := range all {
		t, p := s.at(c)
		if now.Sub(p.next) > forgetAfter {
			*p = place{}
		}
		p.wrong++
		p.next = now
		if over := p.wrong - t.free; over > 0 {
			p.next = now.Add(min(t.most, time.Second<<min(over-1, 20)))
		}
	}
	return 0, true
}

// right takes back what guess counted: of the login all of it, of the source this one alone, since who knows one password may still guess another's.
func (s *slowness) right(now time.Time, all ...counter) { s.takeBack(now, true, all) }

// unseen takes back the one guess that was not looked at.
func (s *slowness) unseen(now time.Time, all ...counter) { s.takeBack(now, false, all) }

func (s *slowness) takeBack(now time.Time, right bool, all []counter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range all {
		_, p := s.at(c)
		p.next = now
		if right && c.by != bySource {
			p.wrong = 0
		} else {
			p.wrong = max(0, p.wrong-1)
		}
	}
}
