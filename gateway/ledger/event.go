package ledger

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/transparency-dev/merkle/rfc6962"
)

// TimeFormat is how every time in the ledger is written: UTC, milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// SaltSize is the number of random bytes hashed before each event, so that a
// short text cannot be guessed from its hash.
const SaltSize = 16

// Draft is an event before it has an index, a time and a salt. Payload is
// marshalled with encoding/json and must come out as a JSON object; nil stands
// for the empty object.
type Draft struct {
	Code    string
	Actor   string
	Payload any
}

// Event is one durable record of a hearing.
type Event struct {
	Hearing string
	Index   uint64    // from 1, without gaps; the leaf in the log is Index-1
	Time    time.Time // the court's, UTC, whole milliseconds, never before that of the event before
	Code    string
	Actor   string          // a seat's id, "station" or "system"; never a name
	Salt    []byte          // SaltSize random bytes
	Payload json.RawMessage // canonical JSON object
}

// wireEvent is the object whose canonical form is hashed. FORMAT.md describes
// it; a member more or less is another format.
type wireEvent struct {
	Actor   string          `json:"actor"`
	At      string          `json:"at"`
	Code    string          `json:"code"`
	Hearing string          `json:"hearing"`
	Index   uint64          `json:"index"`
	Payload json.RawMessage `json:"payload"`
}

// codePattern bounds codes and actors to what needs no escape anywhere.
var (
	codePattern    = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$`)
	actorPattern   = regexp.MustCompile(`^[a-z0-9][a-z0-9_:/-]{0,63}$`)
	hearingPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
)

// ErrDraft is wrapped when a draft cannot become an event. It is a fault of
// the program, never of the disk.
var ErrDraft = errors.New("ledger: bad draft")

// newEvent makes the event that a draft becomes.
func newEvent(hearing string, index uint64, at time.Time, d Draft) (Event, error) {
	switch {
	case !codePattern.MatchString(d.Code):
		return Event{}, fmt.Errorf("%w: code %q", ErrDraft, d.Code)
	case !actorPattern.MatchString(d.Actor):
		return Event{}, fmt.Errorf("%w: actor of %s", ErrDraft, d.Code)
	}
	payload := json.RawMessage("{}")
	if d.Payload != nil {
		var err error
		if payload, err = Canonical(d.Payload); err != nil {
			return Event{}, fmt.Errorf("%w: %s: %w", ErrDraft, d.Code, err)
		}
		if len(payload) == 0 || payload[0] != '{' {
			return Event{}, fmt.Errorf("%w: payload of %s is no object", ErrDraft, d.Code)
		}
	}
	salt := make([]byte, SaltSize)
	_, _ = rand.Read(salt) // crypto/rand never fails: it ends the program instead
	return Event{Hearing: hearing, Index: index, Time: at, Code: d.Code, Actor: d.Actor, Salt: salt, Payload: payload}, nil
}

// CanonicalBytes is the event as it is hashed, without its salt.
func (e Event) CanonicalBytes() ([]byte, error) {
	return Canonical(wireEvent{
		Actor: e.Actor, At: e.Time.UTC().Format(TimeFormat), Code: e.Code,
		Hearing: e.Hearing, Index: e.Index, Payload: e.Payload,
	})
}

// ParseEvent reads canonical bytes back. It refuses anything that would not be
// written as exactly these bytes.
func ParseEvent(canonical, salt []byte) (Event, error) {
	var w wireEvent
	d := json.NewDecoder(bytes.NewReader(canonical))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return Event{}, fmt.Errorf("ledger: event: %w", err)
	}
	at, err := time.Parse(TimeFormat, w.At)
	if err != nil {
		return Event{}, fmt.Errorf("ledger: event: %w", err)
	}
	if len(salt) != SaltSize {
		return Event{}, errors.New("ledger: event: salt has the wrong length")
	}
	e := Event{Hearing: w.Hearing, Index: w.Index, Time: at, Code: w.Code, Actor: w.Actor, Salt: salt, Payload: w.Payload}
	again, err := e.CanonicalBytes()
	if err != nil {
		return Event{}, err
	}
	if !bytes.Equal(again, canonical) {
		return Event{}, errors.New("ledger: event: not in canonical form")
	}
	return e, nil
}

// entryData is what the log holds for an event: SHA-256(salt || canonical).
// Contents never leave the store.
func entryData(canonical, salt []byte) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write(canonical)
	return h.Sum(nil)
}

// LeafData is what the log holds for an event, for an export that tells nothing else of it.
func LeafData(canonical, salt []byte) []byte { return entryData(canonical, salt) }

// leafHash is the Merkle leaf of RFC 6962 section 2.1 over entryData.
func leafHash(canonical, salt []byte) []byte {
	return rfc6962.DefaultHasher.HashLeaf(entryData(canonical, salt))
}

// Line is the event as it stands in a bundle's ledger/events.jsonl: its
// canonical bytes and its salt (standard base64) in one canonical object, with
// a line end.
func Line(e Event) ([]byte, error) {
	canonical, err := e.CanonicalBytes()
	if err != nil {
		return nil, err
	}
	line, err := Canonical(struct {
		Event json.RawMessage `json:"event"`
		Salt  []byte          `json:"salt"`
	}{canonical, e.Salt})
	if err != nil {
		return nil, err
	}
	return append(line, '\n'), nil
}
