package referral

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"parda/gateway/hearing"
	"parda/gateway/ledger"
)

// Format names the form of a sheet. sheet.schema.json describes it.
const Format = "parda-referral/1"

// Schema is the JSON schema of a sheet (draft 2020-12), for the body that reads it (GET /schema/referral.json).
//
//go:embed sheet.schema.json
var Schema []byte

// Sheet is what a body gets of an incident. Times are hearing.TimeLayout in UTC.
type Sheet struct {
	Format       string     `json:"format"`
	Referral     string     `json:"referral"` // f-...
	Number       string     `json:"number"`   // as it is said on the telephone and in a subject; says nothing
	Court        string     `json:"court"`    // one of hearing.Courts
	CaseNo       string     `json:"case_no,omitempty"`
	Incident     string     `json:"incident"`
	Made         string     `json:"made"`
	To           Recipient  `json:"to"`
	From         string     `json:"from"` // role of who refers: judge, victims_lawyer
	DangerToLife bool       `json:"danger_to_life"`
	DoNotWarn    bool       `json:"do_not_warn"` // the source must not learn of it
	Reason       string     `json:"reason,omitempty"`
	Agreement    *Agreement `json:"agreement,omitempty"` // absent where danger to life stands for it
	What         What       `json:"what"`
	Endangered   Endangered `json:"endangered"`
	Source       string     `json:"source,omitempty"`    // who threatens, in the words of whoever reported it
	RaisedBy     string     `json:"raised_by,omitempty"` // role; absent where it was reported in confidence
	Evidence     []Item     `json:"evidence"`
	Measures     []string   `json:"measures"` // asked for: codes of protectionmeasure.*, or as written
}

// Recipient is the body that the sheet is for.
type Recipient struct {
	ID   string            `json:"id"`
	Name map[string]string `json:"name"` // az, en, ru
}

// Agreement says who agreed to the referral: the protected person, or her lawyer for her.
type Agreement struct {
	By string `json:"by"` // person, lawyer
	At string `json:"at"`
}

// What happened.
type What struct {
	Kind     string `json:"kind"` // one of hearing.FlagKinds, or unknown
	When     string `json:"when"` // of the act
	Reported string `json:"reported"`
	Where    string `json:"where"` // hearing, outside
	Against  string `json:"against,omitempty"`
	Note     string `json:"note,omitempty"`
}

// Endangered is who is threatened, under her pseudonym.
type Endangered struct {
	Who       string `json:"who"` // witness, relative, lawyer, other, unknown
	Pseudonym string `json:"pseudonym,omitempty"`
}

// Item is a piece of evidence that the court keeps: by its hash the body can tell it again.
type Item struct {
	ID     string `json:"id"`
	What   string `json:"what"` // clip, attachment
	Type   string `json:"type"` // media type, as recognised
	SHA256 string `json:"sha256"`
	From   string `json:"from,omitempty"` // of a clip
	To     string `json:"to,omitempty"`
	At     string `json:"at"` // when the court had it
}

// mostBytes bounds a sheet as JSON.
const mostBytes = 128 << 10

var schema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("sheet.schema.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("sheet.schema.json")
})

// Freeze gives a sheet's canonical bytes (gateway/ledger/FORMAT.md) and their SHA-256 in hexadecimal. A sheet that does not follow the schema is an error.
func (s Sheet) Freeze() (frozen []byte, sum string, err error) {
	if frozen, err = ledger.Canonical(s); err != nil {
		return nil, "", fmt.Errorf("referral: sheet: %w", err)
	}
	if _, err := Thaw(frozen); err != nil {
		return nil, "", err
	}
	hash := sha256.Sum256(frozen)
	return frozen, hex.EncodeToString(hash[:]), nil
}

// Thaw reads a frozen sheet.
func Thaw(frozen []byte) (Sheet, error) {
	if len(frozen) > mostBytes {
		return Sheet{}, errors.New("referral: the sheet is too long")
	}
	rule, err := schema()
	if err != nil {
		return Sheet{}, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(frozen))
	if err != nil {
		return Sheet{}, errors.New("referral: the sheet is not JSON")
	}
	if err := rule.Validate(doc); err != nil {
		var v *jsonschema.ValidationError // its words may quote the sheet: only where it fails is said
		if errors.As(err, &v) && len(v.Causes) > 0 {
			return Sheet{}, fmt.Errorf("referral: the sheet does not follow its schema at %v", v.Causes[0].InstanceLocation)
		}
		return Sheet{}, errors.New("referral: the sheet does not follow its schema")
	}
	var s Sheet
	return s, json.Unmarshal(frozen, &s)
}

// NumberOf is a referral's number as people say it: eight characters of its id, in two groups.
func NumberOf(id string) string {
	_, rest, _ := cutDash(id)
	if len(rest) < 8 {
		return rest
	}
	return rest[:4] + "-" + rest[4:8]
}

func cutDash(id string) (before, after string, ok bool) {
	for i := range len(id) {
		if id[i] == '-' {
			return id[:i], id[i+1:], true
		}
	}
	return "", id, false
}

// Moment writes a time as sheets have it.
func Moment(t time.Time) string { return t.UTC().Format(hearing.TimeLayout) }
