package hearing

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// signer is a seat's key as a browser holds it.
type signer struct {
	key  *ecdsa.PrivateKey
	spki []byte
}

func newSigner(t testing.TB) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key, spki}
}

// sign signs as WebCrypto does: IEEE P1363 over SHA-256.
func (k signer) sign(t testing.TB, message []byte) []byte {
	t.Helper()
	sum := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, k.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out
}

// court plays a hearing: it decides, makes drafts into events through JSON as the ledger does, and applies them.
type court struct {
	t      testing.TB
	s      *State
	now    time.Time
	events []Event
	judge  signer
	clerk  signer

	officer string // how the room officer who speaks by the witness's seat was known
}

func newCourt(t testing.TB) *court {
	c := &court{t: t, s: New(), now: noon, judge: newSigner(t), clerk: newSigner(t), officer: "code"}
	c.enter(Create("h1", "1(101)-1/2026", "baku", DefaultSeats()))
	for _, seat := range c.s.Seats {
		c.enter(SeatTaken(c.s, seat.ID, c.now))
	}
	return c
}

func (c *court) enter(drafts []Draft) {
	c.t.Helper()
	for _, d := range drafts {
		raw, err := json.Marshal(d.Payload)
		if err != nil {
			c.t.Fatal(err)
		}
		e := Event{Index: uint64(len(c.events) + 1), Time: c.now, Code: d.Code, Actor: d.Actor, Payload: raw}
		if err := c.s.Apply(e); err != nil {
			c.t.Fatalf("apply: %v", err)
		}
		c.events = append(c.events, e)
	}
	c.now = c.now.Add(time.Second)
}

func (c *court) try(seat, name string, args any) ([]Draft, Result, error) {
	c.t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		c.t.Fatal(err)
	}
	s, _ := c.s.Seat(seat)
	drafts, result, err := Decide(c.s, Actor{Seat: seat, Role: s.Role}, Command{Name: name, Args: raw, ID: "x", Officer: c.officer}, c.now)
	if err == nil {
		c.enter(drafts)
	}
	return drafts, result, err
}

type m map[string]any

// do gives a command that must be accepted.
func (c *court) do(seat, name string, args m) Result {
	c.t.Helper()
	_, result, err := c.try(seat, name, args)
	if err != nil {
		c.t.Fatalf("%s by %s: %v", name, seat, err)
	}
	return result
}

// refused gives a command that must be refused with the code, and must change nothing.
func (c *court) refused(code, seat, name string, args m) {
	c.t.Helper()
	before := len(c.events)
	_, _, err := c.try(seat, name, args)
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Code != code {
		c.t.Fatalf("%s by %s: got %v, want %s", name, seat, err, code)
	}
	if len(c.events) != before {
		c.t.Fatalf("%s by %s was refused and left %d events", name, seat, len(c.events)-before)
	}
}

// order drafts and signs an order; extra goes into order.sign.
func (c *court) order(draft m, extra m) {
	c.t.Helper()
	if seat, _ := c.s.Seat("judge"); seat.Key == nil {
		c.do("judge", "key.enrol", m{"key": c.judge.spki})
	}
	c.do("judge", "order.draft", draft)
	args := m{"bytes": c.s.Draft, "signature": c.judge.sign(c.t, c.s.Draft)}
	for k, v := range extra {
		args[k] = v
	}
	c.do("judge", "order.sign", args)
}

func (c *court) open(template string) {
	c.t.Helper()
	c.order(m{"template": template, "reason": "The witness was threatened."}, nil)
	c.do("judge", "hearing.open", nil)
}

// ready takes a fresh hearing to a testimony that can be called.
func (c *court) ready() {
	c.t.Helper()
	c.open("no_confrontation")
	c.do("judge", "identity.verified", m{"how": "passport shown to the room officer"})
	c.s.Facts.StationUp = true
	c.do("witness", "testimony.rehearse", nil)
	c.do("witness", "witness.consent", m{"language": "az", "interpreter": false})
}

// certify lets the room officer certify that it is she, alone and free.
func (c *court) certify() {
	c.t.Helper()
	c.do("witness", "room.certify", m{"same": true, "free": true, "with": []string{}})
}

func (c *court) live() {
	c.t.Helper()
	c.ready()
	c.certify()
	c.do("judge", "testimony.call", nil)
	c.at(Live)
}

func (c *court) at(p TestimonyPhase) {
	c.t.Helper()
	if c.s.Testimony.Phase != p {
		c.t.Fatalf("testimony is %s, want %s", c.s.Testimony.Phase, p)
	}
}

func (c *court) entered(code Code) int {
	n := 0
	for _, e := range c.events {
		if e.Code == code {
			n++
		}
	}
	return n
}
