package main

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"sync"
	"time"

	"parda/gateway/access/secret"
	"parda/gateway/access/stepup"
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
	nonce     [32]byte
	challenge [32]byte
	until     time.Time
}

// keyProved is the proof of an act by the vault's key, whole: whoever has the court's audit can compute the challenge again and check the signature
// (gateway/ledger/FORMAT.md, Touches). The recipient is there because the key's id is a hash of both halves.
type keyProved struct {
	Act       string `json:"act"` // method and path
	Person    string `json:"person"`
	Key       string `json:"key"` // its id
	Recipient string `json:"recipient"`
	Verify    string `json:"verify"` // Ed25519, base64
	Nonce     []byte `json:"nonce"`
	Body      string `json:"body_sha256"`
	Signature []byte `json:"signature"`
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

// confirmed gives the proof of an act, if the companion brought it: a signature by card's key over a challenge that was made for exactly this act, used up now. The
// challenge is computed anew from what is asked: one that was made for another path, body or person fits nothing.
func (p *companions) confirmed(c *companion, proof string, act stepup.Act, card identity.Card) (keyProved, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var said struct {
		Key       string `json:"key"`
		Signature []byte `json:"signature"`
	}
	raw, err := base64.RawURLEncoding.DecodeString(proof)
	if err != nil || json.Unmarshal(raw, &said) != nil || said.Key != card.ID() {
		return keyProved{}, false
	}
	now := p.now()
	i := slices.IndexFunc(c.waiting, func(w waitingAct) bool {
		return now.Before(w.until) && stepup.Challenge(act, w.nonce[:]) == w.challenge && card.ProvesAct(challengeText(w.challenge), act.Body, said.Signature)
	})
	if i < 0 {
		return keyProved{}, false
	}
	nonce := c.waiting[i].nonce
	c.waiting = slices.Delete(c.waiting, i, i+1)
	return keyProved{Act: act.Name, Person: act.Person, Key: said.Key, Recipient: card.Recipient, Verify: card.Verify, Nonce: nonce[:], Body: stepup.BodySum(act.Body), Signature: said.Signature}, true
}

// ask draws the challenge of an act, which waits for this companion.
func (p *companions) ask(c *companion, act stepup.Act) error {
	nonce, challenge, err := stepup.Draw(act)
	if err != nil {
		return signaling.Refuse("bad_argument", "This cannot be confirmed.", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	c.waiting = slices.DeleteFunc(c.waiting, func(w waitingAct) bool { return !now.Before(w.until) })
	if c.waiting = append(c.waiting, waitingAct{nonce, challenge, now.Add(challengeLives)}); len(c.waiting) > challengesMost {
		c.waiting = c.waiting[1:]
	}
	return signaling.RefuseStepUp(map[string]string{"challenge": challengeText(challenge)})
}

// challengeText is a challenge as it is sent and signed.
func challengeText(challenge [32]byte) string {
	return base64.RawURLEncoding.EncodeToString(challenge[:])
}
