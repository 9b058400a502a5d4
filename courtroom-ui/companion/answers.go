package main

import (
	"encoding/json"
	"errors"
	"regexp"
	"time"
	"unicode"
	"unicode/utf8"
)

// What the gateway may say to the page, field by field (signaling/ACCOUNTS.md, "The vault"). An answer is read into these and written anew, so that
// nothing else of it reaches the page: no field, no markup that is no text, no length that was not thought of. What is of another form refuses the whole answer.

type (
	name   string // of a person, an opening, an order, an account: v-..., o-..., r-..., p-...
	keyID  string // hex of 32 bytes
	word   string // a state, a role, a court: a code
	line   string // text that people wrote: at most 4000 characters, no control characters but line ends
	stamp  string // RFC 3339
	key64  string // base64url or base64 of a token or challenge
	agekey string // age's recipient
)

var errForm = errors.New("of another form")

func text(b []byte, most int, form *regexp.Regexp) (string, error) {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return "", err
	}
	if utf8.RuneCountInString(s) > most || s != "" && form != nil && !form.MatchString(s) {
		return "", errForm
	}
	return s, nil
}

var (
	nameForm   = regexp.MustCompile(`^[a-z]{1,2}-[A-Za-z0-9_-]{1,64}$`)
	keyIDForm  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	wordForm   = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	key64Form  = regexp.MustCompile(`^[A-Za-z0-9+/_=.-]+$`)
	ageKeyForm = regexp.MustCompile(`^age1[0-9a-z]{58}[0-9a-z]*$`)
)

// UnmarshalJSON refuses what is not of the form.
func (v *name) UnmarshalJSON(b []byte) error { return set(v, b, 80, nameForm) }

// UnmarshalJSON refuses what is not of the form.
func (v *keyID) UnmarshalJSON(b []byte) error { return set(v, b, 64, keyIDForm) }

// UnmarshalJSON refuses what is not of the form.
func (v *word) UnmarshalJSON(b []byte) error { return set(v, b, 64, wordForm) }

// UnmarshalJSON refuses what is not of the form.
func (v *key64) UnmarshalJSON(b []byte) error { return set(v, b, 2048, key64Form) }

// UnmarshalJSON refuses what is not of the form.
func (v *agekey) UnmarshalJSON(b []byte) error { return set(v, b, 2300, ageKeyForm) }

func set[T ~string](v *T, b []byte, most int, form *regexp.Regexp) error {
	s, err := text(b, most, form)
	*v = T(s)
	return err
}

// UnmarshalJSON refuses control characters and what is too long to be read.
func (v *line) UnmarshalJSON(b []byte) error {
	s, err := text(b, 4000, nil)
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) { // a text that is turned about could make an order read otherwise
			err = errForm
		}
	}
	*v = line(s)
	return err
}

// UnmarshalJSON refuses what is no time.
func (v *stamp) UnmarshalJSON(b []byte) error {
	s, err := text(b, 40, nil)
	if err == nil && s != "" {
		_, err = time.Parse(time.RFC3339Nano, s)
	}
	*v = stamp(s)
	return err
}

type wireCard struct {
	Recipient agekey `json:"recipient"`
	Verify    []byte `json:"verify"`
}

type wireKey struct {
	Key    keyID     `json:"key"`
	Card   *wireCard `json:"card,omitempty"`
	Person name      `json:"person,omitempty"`
	Roles  []word    `json:"roles,omitempty"`
	Half   int       `json:"half,omitempty"`
	State  word      `json:"state,omitempty"`
	Since  stamp     `json:"since,omitempty"`
	Ended  stamp     `json:"ended,omitempty"`
	Why    word      `json:"why,omitempty"`
}

type wireShare struct {
	Half   int      `json:"half"`
	Holder word     `json:"holder,omitempty"`
	Key    keyID    `json:"key,omitempty"`
	Share  []byte   `json:"share,omitempty"`
	Why    word     `json:"why,omitempty"`
	To     *wireKey `json:"to,omitempty"`
}

type wirePerson struct {
	Person    name          `json:"person"`
	Pseudonym line          `json:"pseudonym"`
	Former    []line        `json:"former,omitempty"`
	State     word          `json:"state"`
	Version   int           `json:"version"`
	MadeBy    name          `json:"made_by"`
	Since     stamp         `json:"since"`
	Holders   map[word]name `json:"holders"`
	SealTo    []wireShare   `json:"seal_to"`
	Reseal    []wireShare   `json:"reseal"`
	Hearings  []word        `json:"hearings"`
}

type wireOpening struct {
	Opening   name     `json:"opening"`
	Kind      word     `json:"kind"`
	Person    name     `json:"person"`
	Pseudonym line     `json:"pseudonym"`
	Version   int      `json:"version"`
	Reader    *wireKey `json:"reader"`
	OrderedBy name     `json:"ordered_by"`
	Why       line     `json:"why"`
	Ground    word     `json:"ground"`
	From      stamp    `json:"from"`
	Until     stamp    `json:"until"`
	Tell      bool     `json:"tell_lawyer"`
	Hearing   word     `json:"hearing,omitempty"`
	Recovery  []int    `json:"recovery,omitempty"`
	State     word     `json:"state"`
	Released  []struct {
		Half   int   `json:"half"`
		By     word  `json:"by"`
		Holder word  `json:"holder"`
		At     stamp `json:"at"`
	} `json:"released"`
	OpenedAt stamp `json:"opened_at,omitempty"`
	Read     word  `json:"read,omitempty"`
	EndedAt  stamp `json:"ended_at,omitempty"`
	EndedBy  word  `json:"ended_by,omitempty"`
	EndWhy   word  `json:"end_why,omitempty"`
}

type wireState struct {
	Court word `json:"court"`
	Me    struct {
		Person name   `json:"person"`
		Roles  []word `json:"roles"`
	} `json:"me"`
	PlainBrowser bool        `json:"plain_browser"`
	Key          *wireKey    `json:"key"`
	Policy       []wireShare `json:"policy"`
	Grounds      []struct {
		ID      word          `json:"id"`
		Article line          `json:"article"`
		Text    map[word]line `json:"text"`
	} `json:"grounds"`
	Keys     []wireKey `json:"keys"`
	Recovery struct {
		State       word       `json:"state"`
		Keys        []keyID    `json:"keys,omitempty"`
		Cards       []wireCard `json:"cards,omitempty"`
		ConfirmedBy []word     `json:"confirmed_by,omitempty"`
		Holders     []word     `json:"holders,omitempty"`
		Since       stamp      `json:"since,omitempty"`
	} `json:"recovery"`
	Persons  []wirePerson  `json:"persons"`
	Openings []wireOpening `json:"openings"`
}

type wireHeld struct {
	Opening name        `json:"opening,omitempty"`
	Person  name        `json:"person,omitempty"`
	Court   word        `json:"court,omitempty"`
	Version int         `json:"version"`
	Payload keyID       `json:"payload_sha256"`
	Shares  []wireShare `json:"shares"`
	Reader  *wireKey    `json:"reader,omitempty"`
}

type wireTaken struct {
	Opening  name `json:"opening"`
	Envelope struct {
		Vault   int         `json:"parda_vault"`
		Person  name        `json:"person"`
		Court   word        `json:"court"`
		Version int         `json:"version"`
		Payload []byte      `json:"payload"`
		Shares  []wireShare `json:"shares"`
	} `json:"envelope"`
	Releases []wireShare `json:"releases"`
}

// wireDone is what the gateway says of an act: each field is there for some of them.
type wireDone struct {
	Key       keyID `json:"key,omitempty"`
	State     word  `json:"state,omitempty"`
	Person    name  `json:"person,omitempty"`
	Pseudonym line  `json:"pseudonym,omitempty"`
	Version   int   `json:"version,omitempty"`
	SHA256    keyID `json:"sha256,omitempty"`
	Order     name  `json:"order,omitempty"`
	Opening   name  `json:"opening,omitempty"`
}
