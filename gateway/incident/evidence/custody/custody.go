// Package custody folds what happened to each piece of evidence: that it was frozen or attached, with its hash; who looked at it and who took it away; that a copy was
// made; that its content was erased. It is pure: the bytes are in gateway/incident/evidence, the events in the court's register of incidents.
//
// A piece is kept once and may belong to many incidents: flags that overlap share a clip. Its chain of custody is one, whichever incident it was asked for by.
package custody

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// The codes of the register's events about evidence. They are stable for ever.
const (
	Frozen   = "evidence.frozen"   // FrozenPayload: a clip is sealed and hashed
	Failed   = "evidence.failed"   // FailedPayload: a clip, or a part of one, that there should be and is not
	Attached = "evidence.attached" // AttachedPayload: a file is sealed and hashed, and nothing has looked into it
	Copied   = "evidence.copied"   // CopiedPayload: what the file is, and the copy that was rendered of it, or why there is none
	Viewed   = "evidence.viewed"   // TakenPayload: before the first byte
	Exported = "evidence.exported" // TakenPayload: before the first byte
	Changed  = "evidence.changed"  // ChangedPayload: the sealed file is not what was sealed; nobody is given it
	Erased   = "evidence.erased"   // ErasedPayload: its key is destroyed; the hash stays
)

// Codes lists every code, in the order above.
func Codes() []string {
	return []string{Frozen, Failed, Attached, Copied, Viewed, Exported, Changed, Erased}
}

// By is who did something: a person with an account, a seat of a hearing, or neither for the gateway itself (Role "system").
type By struct {
	Role   string `json:"role"`
	Person string `json:"person,omitempty"`
	Seat   string `json:"seat,omitempty"`
}

// Same says whether both are the same person, or the same seat where there is no account.
func (b By) Same(other By) bool {
	if b.Person != "" || other.Person != "" {
		return b.Person == other.Person
	}
	return b.Seat != "" && b.Seat == other.Seat && b.Role == other.Role
}

// FrozenPayload is a clip of one publication. Label says which: "court/hall", "witness/puppet+neutral".
type FrozenPayload struct {
	ID           string    `json:"id"` // e-...
	Incidents    []string  `json:"incidents"`
	Hearing      string    `json:"hearing"`
	Label        string    `json:"label"`
	From         time.Time `json:"from"` // of what it holds, which is what the flags asked for or less
	To           time.Time `json:"to"`
	SHA256       string    `json:"sha256"`        // of the clip, hexadecimal
	SealedSHA256 string    `json:"sealed_sha256"` // of the file at rest
	Bytes        int64     `json:"bytes"`
	DurationMS   int64     `json:"duration_ms"`
	Gaps         int       `json:"gaps,omitempty"`  // over two seconds
	Short        string    `json:"short,omitempty"` // why it holds less than was asked for
}

// FailedPayload is what was to be frozen and is not. Label is absent where all tracks are meant.
type FailedPayload struct {
	Incidents []string   `json:"incidents"`
	Hearing   string     `json:"hearing"`
	Label     string     `json:"label,omitempty"`
	Why       string     `json:"why"`
	From      *time.Time `json:"from,omitempty"`
	To        *time.Time `json:"to,omitempty"`
}

// AttachedPayload is a file as it came. What it is, is not said: nothing has looked into it when this is entered.
type AttachedPayload struct {
	ID           string `json:"id"`
	Incident     string `json:"incident"`
	SHA256       string `json:"sha256"`
	SealedSHA256 string `json:"sealed_sha256"`
	Bytes        int64  `json:"bytes"`
	By           By     `json:"by"`
}

// Copy is what was rendered anew of an attachment.
type Copy struct {
	Type         string `json:"type"` // image/png or text/plain
	SHA256       string `json:"sha256"`
	SealedSHA256 string `json:"sealed_sha256"`
	Bytes        int64  `json:"bytes"`
	Note         string `json:"note,omitempty"` // scaled, first_frame, cut: what it lacks
}

// CopiedPayload says what an attachment is by its content, and links its copy to it.
type CopiedPayload struct {
	ID   string `json:"id"`
	Of   string `json:"of"` // the attachment's SHA-256
	Type string `json:"type"`
	Copy *Copy  `json:"copy,omitempty"`
	Why  string `json:"why,omitempty"` // no_copy_of_type, unreadable, too_large, too_slow: why there is no copy
}

// TakenPayload is somebody who is about to be given a file.
type TakenPayload struct {
	ID       string `json:"id"`
	Incident string `json:"incident"` // by which it was asked for
	Copy     bool   `json:"copy,omitempty"`
	By       By     `json:"by"`
}

// ChangedPayload is a sealed file that is not what was sealed.
type ChangedPayload struct {
	ID   string `json:"id"`
	Copy bool   `json:"copy,omitempty"`
}

// ErasedPayload says by which rule a content was erased.
type ErasedPayload struct {
	ID  string `json:"id"`
	Why string `json:"why"` // retention
}

// Step is one link of the chain.
type Step struct {
	What string // the code without its "evidence."
	At   time.Time
	By   By
	Copy bool
}

// What a piece of evidence is.
const (
	Clip       = "clip"
	Attachment = "attachment"
)

// State of a piece.
const (
	Kept    = "kept"
	Gone    = "erased"
	Missing = "failed"
)

// Item is one piece of evidence. A failed one has no ID, no hash and nothing to be given.
type Item struct {
	ID, What, State string
	Incidents       []string
	Hearing         string
	Label           string // of a clip
	From, To        time.Time
	Duration        time.Duration
	Gaps            int
	Short           string
	Type            string // of an attachment: "" until something has looked
	Bytes           int64
	SHA256          string
	SealedSHA256    string
	Copy            *Copy
	Why             string // there is no copy, it failed, it was erased
	Looked          bool   // of an attachment: evidence.copied was entered
	Changed         bool   // the file at rest is not what was sealed
	By              By
	At              time.Time
	Chain           []Step
}

// Chest holds the evidence of one court. The zero value is empty and ready; who owns it guards it.
type Chest struct {
	items []*Item
	byID  map[string]*Item
}

// Apply folds one event of the register. Codes that are no business of evidence are passed over; an error is a payload that cannot be read or speaks of a piece that there is not.
func (c *Chest) Apply(code string, at time.Time, payload json.RawMessage) error {
	apply, ok := map[string]func(time.Time, json.RawMessage) error{
		Frozen: c.frozen, Failed: c.failed, Attached: c.attached, Copied: c.copied, Changed: c.changed, Erased: c.erased,
		Viewed:   func(at time.Time, p json.RawMessage) error { return c.taken("viewed", at, p) },
		Exported: func(at time.Time, p json.RawMessage) error { return c.taken("exported", at, p) },
	}[code]
	if !ok {
		return nil
	}
	if err := apply(at, payload); err != nil {
		return fmt.Errorf("custody: %s: %w", code, err)
	}
	return nil
}

func (c *Chest) add(i *Item) error {
	if i.ID != "" {
		if c.byID == nil {
			c.byID = map[string]*Item{}
		}
		if c.byID[i.ID] != nil {
			return fmt.Errorf("%s is there already", i.ID)
		}
		c.byID[i.ID] = i
	}
	c.items = append(c.items, i)
	return nil
}

func (c *Chest) find(id string) (*Item, error) {
	if i := c.byID[id]; i != nil {
		return i, nil
	}
	return nil, fmt.Errorf("there is no %q", id)
}

func (c *Chest) frozen(at time.Time, payload json.RawMessage) error {
	var p FrozenPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	return c.add(&Item{ID: p.ID, What: Clip, State: Kept, Incidents: p.Incidents, Hearing: p.Hearing, Label: p.Label, From: p.From, To: p.To,
		Duration: time.Duration(p.DurationMS) * time.Millisecond, Gaps: p.Gaps, Short: p.Short, Type: "video/webm", Bytes: p.Bytes,
		SHA256: p.SHA256, SealedSHA256: p.SealedSHA256, By: By{Role: "system"}, At: at, Chain: []Step{{What: "frozen", At: at, By: By{Role: "system"}}}})
}

func (c *Chest) failed(at time.Time, payload json.RawMessage) error {
	var p FailedPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	i := &Item{What: Clip, State: Missing, Incidents: p.Incidents, Hearing: p.Hearing, Label: p.Label, Why: p.Why, By: By{Role: "system"}, At: at,
		Chain: []Step{{What: "failed", At: at, By: By{Role: "system"}}}}
	if p.From != nil {
		i.From = *p.From
	}
	if p.To != nil {
		i.To = *p.To
	}
	return c.add(i)
}

func (c *Chest) attached(at time.Time, payload json.RawMessage) error {
	var p AttachedPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	return c.add(&Item{ID: p.ID, What: Attachment, State: Kept, Incidents: []string{p.Incident}, Bytes: p.Bytes, SHA256: p.SHA256, SealedSHA256: p.SealedSHA256,
		By: p.By, At: at, Chain: []Step{{What: "attached", At: at, By: p.By}}})
}

func (c *Chest) copied(at time.Time, payload json.RawMessage) error {
	var p CopiedPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	i, err := c.find(p.ID)
	if err != nil {
		return err
	}
	i.Type, i.Copy, i.Why, i.Looked = p.Type, p.Copy, p.Why, true
	i.Chain = append(i.Chain, Step{What: "copied", At: at, By: By{Role: "system"}})
	return nil
}

func (c *Chest) taken(what string, at time.Time, payload json.RawMessage) error {
	var p TakenPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	i, err := c.find(p.ID)
	if err != nil {
		return err
	}
	i.Chain = append(i.Chain, Step{What: what, At: at, By: p.By, Copy: p.Copy})
	return nil
}

func (c *Chest) changed(at time.Time, payload json.RawMessage) error {
	var p ChangedPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	i, err := c.find(p.ID)
	if err != nil {
		return err
	}
	i.Changed = true
	i.Chain = append(i.Chain, Step{What: "changed", At: at, By: By{Role: "system"}, Copy: p.Copy})
	return nil
}

func (c *Chest) erased(at time.Time, payload json.RawMessage) error {
	var p ErasedPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	i, err := c.find(p.ID)
	if err != nil {
		return err
	}
	i.State, i.Why = Gone, p.Why
	i.Chain = append(i.Chain, Step{What: "erased", At: at, By: By{Role: "system"}})
	return nil
}

// Of returns the evidence of an incident, in the order in which it came. The items are the caller's.
func (c *Chest) Of(incident string) []Item {
	var all []Item
	for _, i := range c.items {
		if slices.Contains(i.Incidents, incident) {
			all = append(all, i.clone())
		}
	}
	return all
}

// Find returns one piece; ok is false where there is none.
func (c *Chest) Find(id string) (item Item, ok bool) {
	i := c.byID[id]
	if i == nil {
		return Item{}, false
	}
	return i.clone(), true
}

// All returns every piece of the court, in the order in which it came.
func (c *Chest) All() []Item {
	all := make([]Item, len(c.items))
	for n, i := range c.items {
		all[n] = i.clone()
	}
	return all
}

func (i *Item) clone() Item {
	j := *i
	j.Incidents, j.Chain = slices.Clone(i.Incidents), slices.Clone(i.Chain)
	if i.Copy != nil {
		c := *i.Copy
		j.Copy = &c
	}
	return j
}
