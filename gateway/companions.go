package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"sync"
	"time"

	"parda/gateway/access/secret"
	"parda/gateway/identity"
	"parda/signaling"
)

// The periods and bounds of a companion. It is paired anew after an hour: whoever finds an unlocked seat in the evening finds no companion with rights.
const (
	pairCodeLives  = 2 * time.Minute
	companionLives = time.Hour
	challengeLives = 60 * time.Second
	challengesMost = 8
)

// companions are the programs on people's own machines that speak for a session to the routes of the vault. All of it is in memory: after a restart
// they are paired again.
type companions struct {
	now func() time.Time

	mu     sync.Mutex
	codes  map[[32]byte]pairCode
	paired map[[32]byte]*companion // by the hash of the token
	looked map[string]time.Time    // session -> when its looking was entered last
}

// speaksFor is whose session it is.
type speaksFor struct{ session, person string }

type pairCode struct {
	speaksFor
	until time.Time
}

// companion is one that was paired. What it says of itself is entered and shown; a gateway cannot prove it, and a person compares the hash with the one
// that the court was given.
type companion struct {
	Version string    `json:"version"`
	SHA256  string    `json:"sha256"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`

	speaksFor
	waiting []waitingAct
}

// waitingAct is what the companion was asked to confirm by the key (identity/FORMAT.md, Proof by the key).
type waitingAct struct {
	challenge, act string
	body           [32]byte
	until          time.Time
}

func newCompanions(now func() time.Time) *companions {
	return &companions{now: now, codes: map[[32]byte]pairCode{}, paired: map[[32]byte]*companion{}, looked: map[string]time.Time{}}
}

// code draws a pairing code for a session. One that it drew before is void.
func (p *companions) code(of speaksFor) (code string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep()
	for h, c := range p.codes {
		if c.session == of.session {
			delete(p.codes, h)
		}
	}
	code, until = secret.Code(), p.now().Add(pairCodeLives)
	p.codes[secret.Hash("companion's code", secret.Normalise(code))] = pairCode{of, until}
	return code, until
}

// use uses a pairing code up. A map is looked up by a hash of 125 bits drawn at random, so that its timing tells nothing of use.
func (p *companions) use(code string) (speaksFor, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep()
	h := secret.Hash("companion's code", secret.Normalise(code))
	c, ok := p.codes[h]
	delete(p.codes, h)
	return c.speaksFor, ok
}

var (
	versionShape = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+-]{0,39}$`)
	sha256Shape  = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// pair gives a companion its token, in place of the one that the session had.
func (p *companions) pair(of speaksFor, version, sum string) (token string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropSession(of.session)
	token, now := secret.Bearer(), p.now()
	until = now.Add(companionLives)
	p.paired[secret.Hash("companion", token)] = &companion{Version: version, SHA256: sum, Since: now, Until: until, speaksFor: of}
	return token, until
}

// of gives the companion of a token and whom it speaks for.
func (p *companions) of(token string) (c *companion, of speaksFor, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep()
	c, ok = p.paired[secret.Hash("companion", token)]
	if !ok {
		return nil, of, false
	}
	return c, c.speaksFor, true
}

// ofSession gives what a session is paired with.
func (p *companions) ofSession(session string) (companion, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep()
	for _, c := range p.paired {
		if c.session == session {
			return *c, true
		}
	}
	return companion{}, false
}

// drop ends what a session has, when it ends or asks for it.
func (p *companions) drop(session string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dropSession(session)
}

func (p *companions) dropSession(session string) (had bool) {
	for h, c := range p.paired {
		if c.session == session {
			delete(p.paired, h)
			had = true
		}
	}
	return had
}

// looks says whether a session's looking is to be entered now.
func (p *companions) looks(session string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep()
	if _, lately := p.looked[session]; lately {
		return false
	}
	p.looked[session] = p.now()
	return true
}

// unlooked takes it back, where it could not be entered.
func (p *companions) unlooked(session string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.looked, session)
}

func (p *companions) sweep() {
	now := p.now()
	for session, at := range p.looked {
		if now.Sub(at) >= seenEach {
			delete(p.looked, session)
		}
	}
	for h, c := range p.codes {
		if !now.Before(c.until) {
			delete(p.codes, h)
		}
	}
	for h, c := range p.paired {
		if !now.Before(c.Until) {
			delete(p.paired, h)
		}
	}
}

// confirmed says whether the companion's proof is of this act: a signature by card's key over a challenge that was made for it, used up now.
func (p *companions) confirmed(c *companion, proof, act string, body []byte, card identity.Card) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, sum := p.now(), sha256.Sum256(body)
	c.waiting = slices.DeleteFunc(c.waiting, func(w waitingAct) bool { return !now.Before(w.until) })
	if proof != "" {
		var said struct {
			Key       string `json:"key"`
			Signature []byte `json:"signature"`
		}
		raw, err := base64.RawURLEncoding.DecodeString(proof)
		if err == nil {
			err = json.Unmarshal(raw, &said)
		}
		i := slices.IndexFunc(c.waiting, func(w waitingAct) bool {
			return err == nil && w.act == act && w.body == sum && said.Key == card.ID() && card.ProvesAct(w.challenge, body, said.Signature)
		})
		if i >= 0 {
			c.waiting = slices.Delete(c.waiting, i, i+1)
			return nil
		}
	}
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	w := waitingAct{base64.RawURLEncoding.EncodeToString(b[:]), act, sum, now.Add(challengeLives)}
	if c.waiting = append(c.waiting, w); len(c.waiting) > challengesMost {
		c.waiting = c.waiting[1:]
	}
	return signaling.RefuseStepUp(map[string]string{"challenge": w.challenge})
}
