package identity

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// States of an opening: ordered -> released -> opened -> over, and stopped or expired from any of them but over.
const (
	Ordered  = "ordered"
	Released = "released" // both halves
	Opened   = "opened"   // the reader has taken them
	Over     = "over"     // the reader is done
	Stopped  = "stopped"  // by judge or prosecutor, or because a key or the measure ended
	Expired  = "expired"
)

// Kinds of an opening.
const (
	ToOpen   = "open"
	ToRotate = "rotation" // the reader seals a new version
)

// Bounds of an order.
const (
	longestOpening = 72 * time.Hour
	maxWhyRunes    = 2000
)

// OpeningOrder is what a judge orders.
type OpeningOrder struct {
	Person     string    `json:"person"`
	Kind       string    `json:"kind"`
	Reader     string    `json:"reader"` // an account
	Why        string    `json:"why"`    // stays in the store: in no ledger and no audit, for somebody may write a name into it
	Ground     string    `json:"ground"`
	From       time.Time `json:"from"`
	Until      time.Time `json:"until"`
	Hearing    string    `json:"hearing"` // whose ledger tells of it; "" for none
	TellLawyer bool      `json:"tell_lawyer"`
	Recovery   []int     `json:"recovery"` // halves that may be released by the recovery key
	Referral   string    `json:"referral"` // f-...: what is read is sealed to the key of the body of this referral; "" for none
}

// Opening is an order to open a sealed identity, and what became of it.
type Opening struct {
	ID         string       `json:"opening"` // "o-" and sixteen characters
	Kind       string       `json:"kind"`
	Court      string       `json:"-"`
	Person     string       `json:"person"`
	Pseudonym  string       `json:"pseudonym"`
	Version    int          `json:"version"`
	Reader     Reader       `json:"reader"`
	OrderedBy  string       `json:"ordered_by"`
	OrderedAt  time.Time    `json:"ordered_at"`
	Why        string       `json:"why"`
	Ground     string       `json:"ground"`
	From       time.Time    `json:"from"`
	Until      time.Time    `json:"until"`
	TellLawyer bool         `json:"tell_lawyer"`
	Hearing    string       `json:"hearing,omitempty"`
	Recovery   []int        `json:"recovery,omitempty"`
	State      string       `json:"state"`
	Released   []ReleasedBy `json:"released"`
	OpenedAt   *time.Time   `json:"opened_at,omitempty"`
	Read       string       `json:"read,omitempty"` // yes, no: what the reader said
	Resealed   int          `json:"resealed,omitempty"`
	EndedAt    *time.Time   `json:"ended_at,omitempty"`
	EndedBy    string       `json:"ended_by,omitempty"` // an account, or "system"
	Referral   string       `json:"referral,omitempty"` // that it was ordered for
	EndWhy     string       `json:"end_why,omitempty"`  // done, stopped, expired, key_ended, measure_ended, holder_changed
}

// Reader is who reads, and the key that the halves are sealed to for her. The key is fixed by the order: one that is announced later is not used.
type Reader struct {
	Person string `json:"person"`
	Key    string `json:"key"`
}

// ReleasedBy is a half that was released.
type ReleasedBy struct {
	Half   int       `json:"half"`
	By     string    `json:"by"`
	Holder string    `json:"holder"`
	At     time.Time `json:"at"`
}

// check refuses an order that says too little or too much.
func (o OpeningOrder) check(now time.Time) error {
	switch {
	case strings.TrimSpace(o.Why) == "":
		return errReason
	case utf8.RuneCountInString(o.Why) > maxWhyRunes:
		return refuse("bad_argument", "The reason is too long.")
	case !groundExists(o.Ground):
		return refuse("ground_unknown", "There is no such legal ground.")
	case o.Kind != ToOpen && o.Kind != ToRotate:
		return refuse("bad_argument", "There is no such kind of opening.")
	case o.Referral != "" && (!referralID.MatchString(o.Referral) || o.Kind != ToOpen):
		return refuse("bad_argument", "There is no such referral.")
	case !o.From.Before(o.Until) || !o.Until.After(now) || o.Until.Sub(o.From) > longestOpening || o.From.After(now.Add(30*24*time.Hour)):
		return refuse("validity_invalid", "An opening is ordered for at most 72 hours, and within a month.")
	case slices.ContainsFunc(o.Recovery, func(h int) bool { return h != 1 && h != 2 }) || len(o.Recovery) > 2:
		return refuse("bad_argument", "There are two halves.")
	}
	return nil
}

// referralID is how gateway/incident/referral names them. That it is there its own route asks.
var referralID = regexp.MustCompile(`^f-[0-9a-z]{8,32}$`)

// TakenFor says whether the opening was ordered for this referral, and this account has read what it opens. One that was stopped, or has expired, lets nothing go along any more.
func (o Opening) TakenFor(referral, reader string) bool {
	return referral != "" && o.Referral == referral && o.Kind == ToOpen && o.Reader.Person == reader && o.OpenedAt != nil && (o.State == Opened || o.State == Over)
}

// Running says whether the order has not ended; whether its time has come is another question.
func (o Opening) Running() bool {
	return o.State == Ordered || o.State == Released || o.State == Opened
}

// inTime is nil from the first moment of the order to its last, while it runs.
func (o Opening) inTime(now time.Time) error {
	switch {
	case !o.Running() || !now.Before(o.Until):
		return errOpeningOver
	case now.Before(o.From):
		return refuse("not_yet", "The time of this order has not come.")
	}
	return nil
}

func (o Opening) half(n int) (ReleasedBy, bool) {
	for _, r := range o.Released {
		if r.Half == n {
			return r, true
		}
	}
	return ReleasedBy{}, false
}

// release enters that somebody gave a half. Two persons give two halves: neither a judge with the prosecutor's recovery key nor anybody else opens
// alone what the order gave to two (A6).
func (o *Opening) release(half int, by, holder string, now time.Time) error {
	if err := o.inTime(now); err != nil {
		return err
	}
	if half != 1 && half != 2 {
		return refuse("bad_argument", "There are two halves.")
	}
	if _, done := o.half(half); done {
		return refuse("already_released", "This half was released already.")
	}
	if other, done := o.half(3 - half); done && other.By == by {
		return refuse("same_person", "One person releases one half.")
	}
	if holder == HolderRecovery && !slices.Contains(o.Recovery, half) {
		return refuse("not_allowed", "The order does not let recovery release this half.")
	}
	o.Released = append(slices.Clone(o.Released), ReleasedBy{half, by, holder, now})
	if len(o.Released) == 2 {
		o.State = Released
	}
	return nil
}

// take enters that the reader has both halves from now on.
func (o *Opening) take(by string, now time.Time) error {
	if o.Reader.Person != by {
		return errNotAllowed
	}
	if err := o.inTime(now); err != nil {
		return err
	}
	if o.State == Ordered {
		return refuse("not_yet", "Both halves must be released first.")
	}
	if o.OpenedAt == nil {
		o.OpenedAt = &now
	}
	o.State = Opened
	return nil
}

// read enters what the reader says of it.
func (o *Opening) read(by string, could bool, now time.Time) error {
	if o.Reader.Person != by {
		return errNotAllowed
	}
	if o.State != Opened {
		return refuse("not_yet", "Nothing was opened.")
	}
	if err := o.inTime(now); err != nil {
		return err
	}
	o.Read = map[bool]string{true: "yes", false: "no"}[could]
	return nil
}

// end stops the opening for good. Ending twice is no error: it changes nothing.
func (o *Opening) end(state, by, why string, now time.Time) bool {
	if !o.Running() {
		return false
	}
	o.State, o.EndedAt, o.EndedBy, o.EndWhy = state, &now, by, why
	return true
}
