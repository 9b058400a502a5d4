package hearing

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Template is where an order starts from: what each audience gets when the judge changes nothing.
type Template struct {
	Name        string     `json:"name"`
	Session     Kind       `json:"session"`
	Renderings  Renderings `json:"renderings"`
	Questioners []Role     `json:"questioners"`
}

//go:embed templates.json
var templateData []byte

var templates = func() []Template {
	var t []Template
	if err := json.Unmarshal(templateData, &t); err != nil {
		panic("hearing: templates.json: " + err.Error()) // embedded: a test would have found it
	}
	return t
}()

// Templates returns the three templates of an order.
func Templates() []Template { return slices.Clone(templates) }

// DefaultPseudonym stands in a draft when no pseudonym was given yet.
const DefaultPseudonym = "Şahid A"

// DraftArgs are the arguments of order.draft. What is absent comes from the template, and pseudonym and end from the order in
// force if there is one. Renderings replace those of the audiences that they name; null is nothing at all.
type DraftArgs struct {
	Template    string                  `json:"template"`
	Reason      string                  `json:"reason"`
	Renderings  map[Audience]*Rendering `json:"renderings"`
	Pseudonym   string                  `json:"pseudonym"`
	Session     Kind                    `json:"session"`
	Questioners []Role                  `json:"questioners"`
	Respeaker   *Respeaker              `json:"respeaker"`
	ValidUntil  string                  `json:"valid_until"` // RFC 3339
}

// NewDraft makes the order that the presiding judge reads and signs, and its canonical bytes. before is the order in force,
// nil for the first. Errors are *Error: what ParseOrder refuses, and what CheckVoices does.
func NewDraft(hearing string, before *Order, args DraftArgs, now time.Time) (Order, []byte, error) {
	i := slices.IndexFunc(templates, func(t Template) bool { return t.Name == args.Template })
	if i < 0 {
		return Order{}, nil, refuse(CodeBadArgument, "There is no such template.")
	}
	if strings.TrimSpace(args.Reason) == "" {
		return Order{}, nil, refuse(CodeReasonRequired, "An order needs its reason.")
	}
	t := templates[i]
	o := Order{
		Format: 1, Hearing: hearing, Version: 1, Template: t.Name, Reason: strings.TrimSpace(args.Reason),
		Pseudonym: DefaultPseudonym, Session: t.Session, Renderings: t.Renderings, Questioners: slices.Clone(t.Questioners),
		ValidFrom:  now.UTC().Format(TimeLayout),
		ValidUntil: now.UTC().Add(DefaultValidity).Format(TimeLayout),
	}
	if before != nil {
		o.Version, o.Pseudonym = before.Version+1, before.Pseudonym
		if before.ValidAt(now) {
			o.ValidUntil = before.ValidUntil // to live longer is a loosening, and is asked for in so many words
		}
	}
	if err := o.vary(args); err != nil {
		return Order{}, nil, err
	}
	o.Renderings = o.Renderings.spelt()
	b, err := o.Canonical()
	if err != nil {
		return Order{}, nil, refuse(CodeOrderInvalid, "The order cannot be written.")
	}
	if _, err := ParseOrder(b); err != nil {
		return Order{}, nil, err
	}
	if err := CheckVoices(o); err != nil {
		return Order{}, nil, err
	}
	return o, b, nil
}

func (o *Order) vary(args DraftArgs) error {
	if p := strings.TrimSpace(args.Pseudonym); p != "" {
		o.Pseudonym = p
	}
	if args.Session != "" {
		o.Session = args.Session
	}
	if args.Questioners != nil {
		o.Questioners = args.Questioners
	}
	if r := args.Respeaker; r != nil {
		o.Respeaker = &Respeaker{Who: r.Who, Reason: cut(strings.TrimSpace(r.Reason), maxReasonRunes)}
	}
	if args.ValidUntil != "" {
		t, err := time.Parse(time.RFC3339, args.ValidUntil)
		if err != nil {
			return refuse(CodeBadArgument, "valid_until is not a time.")
		}
		o.ValidUntil = t.UTC().Format(TimeLayout)
	}
	for a, r := range args.Renderings {
		switch a {
		case ToBench:
			o.Renderings.Bench = r
		case ToProsecution:
			o.Renderings.Prosecution = r
		case ToDefence:
			o.Renderings.Defence = r
		case ToHall:
			o.Renderings.Hall = r
		case ToPublic:
			o.Renderings.Public = r
		default:
			return refuse(CodeBadArgument, "There is no such audience.")
		}
	}
	return nil
}

// Loosens says whether the new order shows more of the witness to anybody than the old one does: a picture or a voice that
// reveals more, a shorter delay, a less strict session, one more role that may address her, another sworn speaker, another pseudonym or a
// longer life. A doubt is a yes.
func Loosens(old, new Order) bool {
	for _, a := range Audiences() {
		if looser(old.Renderings.To(a), new.Renderings.To(a)) {
			return true
		}
	}
	if new.Session.Rank() < old.Session.Rank() || new.Pseudonym != old.Pseudonym || new.ValidUntil > old.ValidUntil {
		return true
	}
	if old.Respeaker != nil && new.Respeaker != nil && old.Respeaker.Who != new.Respeaker.Who {
		return true
	}
	return slices.ContainsFunc(new.Questioners, func(r Role) bool { return !old.May(r) })
}
