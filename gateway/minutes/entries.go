// Package minutes folds a hearing's events into its protocol: entries with time and speaker, amendments as new entries, and
// who may read which. The export (PDF, JSON) is in export*.go and pdf*.go. What is entered is decided in gateway/hearing; this
// package writes no sentence of its own: a system entry carries its code and parameters, and the page and the PDF say it in
// the reader's language.
package minutes

import (
	"encoding/json"
	"time"

	"parda/gateway/hearing"
)

// Entry is a line of the protocol, as PROTOCOL.md gives it. Times are RFC 3339 in UTC with milliseconds.
type Entry struct {
	Index     uint64       `json:"index"` // of its event in the ledger
	ID        string       `json:"id"`
	Kind      string       `json:"kind"`
	Speaker   string       `json:"speaker,omitempty"` // a role, or "witness"
	By        hearing.Role `json:"by"`                // the role that wrote it, or "system"
	Text      string       `json:"text,omitempty"`
	Lang      string       `json:"lang,omitempty"`
	At        string       `json:"at"`                   // when it was said or pressed
	WrittenAt string       `json:"written_at,omitempty"` // when it was entered, where that differs
	Amends    *uint64      `json:"amends,omitempty"`     // index of the entry that this one amends
	Sealed    string       `json:"sealed,omitempty"`     // "", parties, bench
	System    *SystemText  `json:"system,omitempty"`

	Level hearing.Level `json:"-"` // who may read it
	Seat  string        `json:"-"` // who caused it, and may therefore read it
	Own   bool          `json:"-"` // the causer may read it though the level says no
	Shut  bool          `json:"-"` // entered in a closed session: never for who was not bound
	Time  time.Time     `json:"-"` // of the event
}

// SystemText is what a system entry says: the code that the locale files translate (event.{code}), and its parameters.
type SystemText struct {
	Code   hearing.Code               `json:"code"`
	Params map[string]json.RawMessage `json:"params"`
}

// Protocol holds the entries of one hearing. The zero value is empty and ready. One goroutine owns it.
type Protocol struct {
	entries []Entry
	kind    hearing.Kind
	roles   map[string]hearing.Role
	sealed  map[uint64]string
}

// Apply folds one event and returns the entry that it made, nil if it made none.
func (p *Protocol) Apply(e hearing.Event) (*Entry, error) { return nil, nil }

// Entries returns all entries in order of index. The slice is the protocol's own: read only.
func (p *Protocol) Entries() []Entry { return p.entries }

// Reader is who would read the protocol.
type Reader struct {
	Seat        string
	Role        hearing.Role
	Attends     bool // takes part now: admitted, and bound where the session is closed
	Undertaking bool // signed one
}

// MayRead says whether a reader may know an entry. Default is no.
func MayRead(r Reader, e Entry) bool { return false }

// SeenBy returns the entries with an index above since that a reader may know, in order of index.
// since is -1 for all of them.
func (p *Protocol) SeenBy(r Reader, since int64) []Entry { return nil }
