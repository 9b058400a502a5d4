// Package stepup asks for a fresh touch of a passkey for one act and no other, and draws the challenge of an act for whoever asks another key than a passkey.
//
// The challenge of the touch is a hash of lines that say what is to be done, by whom, where, and a nonce (signaling/ACCOUNTS.md, "Step-up"). So what an authenticator
// signed can be read from the proof years later, by anybody who has the ledger: a challenge drawn by lot would only show that some button was pressed.
//
// Which acts need it is decided elsewhere (gateway/hearing, the gateway's handlers); which passkeys an account has, and whether one signed, is gateway/access/account's.
// What waits is kept in memory, for each session apart: a restart makes the page ask again, and nobody can push out what waits for another.
package stepup

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"parda/gateway/hearing"
)

// Keys are the accounts' passkeys.
type Keys interface {
	// Assertion gives the options for navigator.credentials.get over this challenge, for this person's passkeys alone, with user verification; and what says of a
	// credential whether one of them signed exactly that, and what it signed.
	Assertion(ctx context.Context, person string, challenge []byte) (options any, check Check, err error)
}

// Check judges the credential that an authenticator made of the options.
type Check func(ctx context.Context, proof []byte) (Touched, error)

// Touched is what a passkey signed.
type Touched struct {
	Credential        []byte // its id
	PublicKey         []byte // COSE_Key
	AuthenticatorData []byte
	ClientData        []byte
	Signature         []byte
	RP                string
}

// Act is what is to be done. All of it is bound by the challenge; the session is bound by where it waits.
type Act struct {
	Place   string // the hearing, or the court's audit book
	Person  string
	Session string
	Name    string // a command's name; of a request: its method and path
	ID      string // a command's id; "" of a request
	Body    []byte // a command's arguments in canonical JSON, or a request's body
	Args    bool   // Body is arguments: they stand in the proof
}

// The periods and bounds. A page asks for one touch at a time; somebody who reads what is to be signed may begin again.
const (
	lives      = 60 * time.Second
	waitingMax = 8 // of one session
	maxProof   = 64 << 10
)

// ErrAgain is returned for a proof that holds for nothing that waits: it is late, used, of another act or another session, or wrong. The page asks anew.
var ErrAgain = errors.New("stepup: no touch for this act")

// ErrNoPasskey is returned where a touch is asked of somebody who has no passkey: a password loosens nothing.
var ErrNoPasskey = errors.New("stepup: this person has no passkey")

// Desk is safe for concurrent use.
type Desk struct {
	keys Keys
	now  func() time.Time

	mu      sync.Mutex
	waiting map[string][]waiting // by session, the oldest first
}

type waiting struct {
	challenge [sha256.Size]byte
	nonce     [32]byte
	until     time.Time
	check     Check
}

// New makes the desk. now is nil for the machine's clock.
func New(keys Keys, now func() time.Time) *Desk {
	if now == nil {
		now = time.Now
	}
	return &Desk{keys: keys, now: now, waiting: map[string][]waiting{}}
}

// Challenge computes what is to be signed.
func Challenge(a Act, nonce []byte) [sha256.Size]byte {
	return sha256.Sum256([]byte(strings.Join([]string{"parda step-up 1", a.Place, a.Person, a.Name, a.ID, BodySum(a.Body), hex.EncodeToString(nonce), ""}, "\n")))
}

// Draw makes a nonce of an act and the challenge with it, for a key that is no passkey (the vault's, at a companion). What waits, and how long, is the caller's.
func Draw(a Act) (nonce [32]byte, challenge [sha256.Size]byte, err error) {
	if err := a.check(); err != nil {
		return nonce, challenge, err
	}
	_, _ = rand.Read(nonce[:]) // never fails since Go 1.24
	return nonce, Challenge(a, nonce[:]), nil
}

// BodySum is the digest of a body as a challenge and its proof have it: SHA-256, hex.
func BodySum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Ask makes a challenge for the act and gives what the page hands to the authenticator: {"publicKey":{...}}.
func (d *Desk) Ask(ctx context.Context, a Act) (options any, err error) {
	w := waiting{until: d.now().Add(lives)}
	if w.nonce, w.challenge, err = Draw(a); err != nil {
		return nil, err
	}
	if options, w.check, err = d.keys.Assertion(ctx, a.Person, w.challenge[:]); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sweep()
	list := append(d.waiting[a.Session], w)
	if len(list) > waitingMax {
		list = list[1:]
	}
	d.waiting[a.Session] = list
	return options, nil
}

// check holds that no part of an act can be read as two lines: then one act's lines could be another's.
func (a Act) check() error {
	if a.Person == "" || a.Session == "" || a.Place == "" || a.Name == "" {
		return errors.New("stepup: an act without a person, a session, a place or a name")
	}
	if strings.ContainsAny(a.Place+a.Person+a.Name+a.ID, "\n\r") {
		return errors.New("stepup: a line break in an act")
	}
	return nil
}

// sweep forgets what is too old. The caller holds d.mu.
func (d *Desk) sweep() {
	now := d.now()
	for session, list := range d.waiting {
		for len(list) > 0 && now.After(list[0].until) {
			list = list[1:]
		}
		if d.waiting[session] = list; len(list) == 0 {
			delete(d.waiting, session)
		}
	}
}

// Take checks the proof of an act and uses its challenge up, whether the proof holds or not.
func (d *Desk) Take(ctx context.Context, a Act, proof []byte) (hearing.StepUpProvedPayload, error) {
	var none hearing.StepUpProvedPayload
	if err := a.check(); err != nil {
		return none, err
	}
	signed, err := challengeIn(proof)
	if err != nil {
		return none, errors.Join(ErrAgain, err)
	}
	w, ok := d.take(a.Session, signed)
	if !ok || d.now().After(w.until) {
		return none, ErrAgain
	}
	// Computed anew from what is asked now: a challenge that was made for another act does not fit, whatever the page says of it (A4).
	want := Challenge(a, w.nonce[:])
	if want != w.challenge {
		return none, ErrAgain
	}
	t, err := w.check(ctx, proof)
	if err != nil {
		return none, errors.Join(ErrAgain, err)
	}
	p := hearing.StepUpProvedPayload{Act: a.Name, ID: a.ID, Body: BodySum(a.Body), Person: a.Person, Nonce: w.nonce[:], Credential: t.Credential, PublicKey: t.PublicKey,
		AuthenticatorData: t.AuthenticatorData, ClientData: t.ClientData, Signature: t.Signature, RP: t.RP}
	if a.Args {
		p.Args = a.Body
	}
	return p, nil
}

// take removes what waits in this session under the challenge. Another session's is not touched: nobody uses up what somebody else was asked.
func (d *Desk) take(session string, challenge []byte) (waiting, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, w := range d.waiting[session] {
		if bytes.Equal(w.challenge[:], challenge) {
			d.waiting[session] = append(d.waiting[session][:i:i], d.waiting[session][i+1:]...)
			return w, true
		}
	}
	return waiting{}, false
}

// challengeIn reads which challenge a credential says it signed. It proves nothing: CheckAssertion does.
func challengeIn(proof []byte) ([]byte, error) {
	if len(proof) > maxProof {
		return nil, fmt.Errorf("a proof of %d bytes", len(proof))
	}
	var credential struct {
		Response struct {
			ClientData string `json:"clientDataJSON"`
		} `json:"response"`
	}
	if err := json.Unmarshal(proof, &credential); err != nil {
		return nil, err
	}
	client, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(credential.Response.ClientData, "="))
	if err != nil {
		return nil, err
	}
	var data struct {
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(client, &data); err != nil {
		return nil, err
	}
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(data.Challenge, "="))
}

// Forget drops what waits for a session that ended.
func (d *Desk) Forget(session string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.waiting, session)
}
