package identity

import (
	"slices"
	"time"

	"parda/gateway/access/rights"
)

// States of a key.
const (
	KeyActive   = "active"
	KeyReplaced = "replaced" // its owner announced another
	KeyLost     = "lost"     // reported; nothing is sealed or released to it any more
)

// Key is a public key that the court knows: of an account, or one half of the offline recovery pair. Private halves never come here.
type Key struct {
	ID    string     `json:"key"`
	Card  Card       `json:"card"`
	Owner string     `json:"person,omitempty"` // the account; "" for recovery
	Half  int        `json:"half,omitempty"`   // of recovery: 1 or 2
	State string     `json:"state"`
	Since time.Time  `json:"since"`
	Ended *time.Time `json:"ended,omitempty"`
	Why   string     `json:"why,omitempty"` // replaced, lost
}

func (k *Key) end(state string, now time.Time) {
	k.State, k.Ended, k.Why = state, &now, state
}

// HalfPolicy says which role holds a half.
type HalfPolicy struct {
	Half   int    `json:"half"`
	Holder string `json:"holder"`
}

// Policy is who holds which half: data of the court. Both halves are never with one role.
type Policy []HalfPolicy

// DefaultPolicy is the presiding judge and the prosecutor.
func DefaultPolicy() Policy { return Policy{{1, HolderJudge}, {2, HolderProsecutor}} }

// holder is the role's name in shares for a half.
func (p Policy) holder(half int) string {
	for _, h := range p {
		if h.Half == half {
			return h.Holder
		}
	}
	return ""
}

var roleOf = map[string]rights.Role{HolderJudge: rights.Judge, HolderProsecutor: rights.Prosecutor}

// MayHold says whether an account with these roles may hold the half.
func (p Policy) MayHold(half int, roles []rights.Role) bool {
	role, ok := roleOf[p.holder(half)]
	return ok && slices.Contains(roles, role)
}

// HalfOf is the half that an account with these roles may hold; 0 for none. A person who is judge and prosecutor at once, which no court should have,
// holds none: one person must not be able to release both halves.
func (p Policy) HalfOf(roles []rights.Role) int {
	first, second := p.MayHold(1, roles), p.MayHold(2, roles)
	switch {
	case first == second:
		return 0
	case first:
		return 1
	}
	return 2
}

// Check refuses a policy that is not two halves with two roles.
func (p Policy) Check() error {
	if len(p) != 2 || roleOf[p.holder(1)] == "" || roleOf[p.holder(2)] == "" || p.holder(1) == p.holder(2) {
		return refuse("bad_argument", "The policy gives each half to one of judge and prosecutor.")
	}
	return nil
}

// Recovery is the court's offline pair: two keys on paper or on media that no machine holds, one for each half. It counts only when a judge and a
// prosecutor have each typed both codes as they were told them: a pair that one person slips in would open everything sealed from then on (A6).
type Recovery struct {
	State       string     `json:"state"` // none, entered, confirmed, lost
	Keys        []string   `json:"keys,omitempty"`
	Cards       []Card     `json:"cards,omitempty"`
	ConfirmedBy []string   `json:"confirmed_by,omitempty"` // accounts; the first is who entered it
	Holders     []string   `json:"holders,omitempty"`      // their roles
	Since       *time.Time `json:"since,omitempty"`
}
