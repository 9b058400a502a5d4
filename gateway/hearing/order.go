package hearing

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// OrderSchema is the published JSON schema of an order (GET /schema/order.json).
//
//go:embed order.schema.json
var OrderSchema []byte

// TimeLayout is how every time stands in an order: RFC 3339 in UTC with milliseconds, always 24 bytes, so that one moment
// has one spelling and canonical bytes stay canonical.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// Bounds of an order's texts.
const (
	maxOrderBytes  = 64 << 10
	maxReasonRunes = 4000
)

// Order is an order of protective measures, format 1. Its canonical bytes are what the presiding judge signs, and what the
// station checks by itself before it sends anything.
type Order struct {
	Format      int        `json:"parda_order"` // always 1
	Hearing     string     `json:"hearing"`
	Version     int        `json:"version"` // 1 for the first order of a hearing, then one more each time
	Template    string     `json:"template"`
	Reason      string     `json:"reason"`
	Pseudonym   string     `json:"pseudonym"`
	Session     Kind       `json:"session"`
	Renderings  Renderings `json:"renderings"`
	Questioners []Role     `json:"questioners"`
	Respeaker   *Respeaker `json:"respeaker,omitempty"` // who speaks for the witness; there exactly where a rendering says respeak
	ValidFrom   string     `json:"valid_from"`          // TimeLayout
	ValidUntil  string     `json:"valid_until"`         // TimeLayout
}

// Canonical returns the canonical bytes of an order: JSON with the keys of every object sorted by their bytes, no spaces and no
// line end, UTF-8 with the escapes of Go's encoder but without its HTML escapes, integers in plain decimals. Two orders
// with the same content have the same bytes: what is absent by default (a voice_strength of standard) is never written. The order is
// not checked; see CheckOrder.
func (o Order) Canonical() ([]byte, error) {
	o.Renderings = o.Renderings.spelt()
	raw, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	return canonicalJSON(raw)
}

func canonicalJSON(raw []byte) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out) // maps are written with sorted keys
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

var orderSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(OrderSchema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("order.schema.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("order.schema.json")
})

// ParseOrder reads the canonical bytes of an order. Bytes that are not canonical are refused, so that nobody signs two
// spellings of one order, nor one spelling that two parsers read in two ways. Errors are *Error: order_invalid,
// natural_unavailable, delay_unavailable. Whether its voices may still be chosen is not asked here (CheckVoices): an order that was signed
// before a mode was taken back must stay readable for ever.
func ParseOrder(b []byte) (Order, error) {
	if len(b) > maxOrderBytes {
		return Order{}, refuse(CodeOrderInvalid, "The order is too long.")
	}
	schema, err := orderSchema()
	if err != nil {
		return Order{}, refuse(CodeOrderInvalid, "The schema of orders cannot be read.")
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return Order{}, refuse(CodeOrderInvalid, "The order is not JSON.")
	}
	if err := schema.Validate(doc); err != nil {
		return Order{}, refuse(CodeOrderInvalid, "The order does not follow the schema.")
	}
	var o Order
	if err := json.Unmarshal(b, &o); err != nil {
		return Order{}, refuse(CodeOrderInvalid, "The order does not follow the schema.")
	}
	canonical, err := o.Canonical()
	if err != nil || !bytes.Equal(canonical, b) {
		return Order{}, refuse(CodeOrderInvalid, "The order is not in its canonical form.")
	}
	return o, checkMeaning(o)
}

// CheckOrder checks an order that was built in memory, as ParseOrder does for bytes.
func CheckOrder(o Order) error {
	b, err := o.Canonical()
	if err != nil {
		return refuse(CodeOrderInvalid, "The order cannot be written.")
	}
	_, err = ParseOrder(b)
	return err
}

// checkMeaning holds what a schema cannot say.
func checkMeaning(o Order) error {
	for _, a := range Audiences() {
		r := o.Renderings.To(a)
		if r == nil {
			continue
		}
		if r.Picture == natural || r.Voice == natural {
			return refuse(CodeNaturalUnavailable, "A natural picture or voice is not available yet: it needs the rendering that is sealed for the bench.")
		}
		if r.DelayS > 0 {
			return refuse(CodeDelayUnavailable, "A delayed rendering is not available yet.")
		}
	}
	if err := checkVoices(o); err != nil {
		return err
	}
	// I9: the bench is never masked out of its own witness by accident, and the defence must hear what it asks about.
	for _, a := range []Audience{ToBench, ToDefence} {
		if !o.Renderings.To(a).Heard() {
			return refuse(CodeOrderInvalid, "Bench and defence must hear the testimony.")
		}
	}
	if !slices.Contains(o.Questioners, DefenceCounsel) || !slices.Contains(o.Questioners, PresidingJudge) {
		return refuse(CodeOrderInvalid, "Presiding judge and defence counsel must be able to put questions.")
	}
	from, until, err := o.Validity()
	if err != nil || !from.Before(until) {
		return refuse(CodeOrderInvalid, "The order must end after it begins.")
	}
	return nil
}

// Validity returns the first moment at which the order holds and the first at which it does not any more.
func (o Order) Validity() (from, until time.Time, err error) {
	if from, err = time.Parse(TimeLayout, o.ValidFrom); err != nil {
		return
	}
	until, err = time.Parse(TimeLayout, o.ValidUntil)
	return
}

// ValidAt says whether the order holds at t. An order whose times cannot be read never holds.
func (o Order) ValidAt(t time.Time) bool {
	from, until, err := o.Validity()
	return err == nil && !t.Before(from) && t.Before(until)
}

// Keys returns the keys of the renderings that the order names, without doubles, in order of audience: what the station
// makes, and the only ones that it may publish.
func (o Order) Keys() []string {
	var keys []string
	for _, a := range Audiences() {
		if k := o.Renderings.To(a).Key(); k != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// May says whether the order lets a role address the witness.
func (o Order) May(r Role) bool { return slices.Contains(o.Questioners, r) }
