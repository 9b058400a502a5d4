package minutes

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"parda/gateway/hearing"
)

// Words says a key of the locale files with its parameters; "" for a key that
// is not there.
type Words func(key string, params map[string]string) string

// LocaleWords reads a locale file of courtroom-ui: a JSON object of key to
// text, or to an object with the member text. In a text, {name} stands for a
// parameter, and what is in square brackets falls away when a parameter in it
// is missing.
func LocaleWords(file []byte) (Words, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(file, &raw); err != nil {
		return nil, fmt.Errorf("minutes: locale: %w", err)
	}
	texts := make(map[string]string, len(raw))
	for key, v := range raw {
		var plain string
		var labelled struct {
			Text string `json:"text"`
		}
		if json.Unmarshal(v, &plain) == nil {
			texts[key] = plain
		} else if json.Unmarshal(v, &labelled) == nil {
			texts[key] = labelled.Text
		}
	}
	return func(key string, params map[string]string) string { return fill(texts[key], params) }, nil
}

var (
	optional  = regexp.MustCompile(`\[[^\[\]]*\]`)
	parameter = regexp.MustCompile(`\{[a-z0-9_]+\}`)
)

func fill(text string, params map[string]string) string {
	text = optional.ReplaceAllStringFunc(text, func(part string) string {
		for _, name := range parameter.FindAllString(part, -1) {
			if params[name[1:len(name)-1]] == "" {
				return ""
			}
		}
		return part[1 : len(part)-1]
	})
	text = parameter.ReplaceAllStringFunc(text, func(name string) string {
		if v := params[name[1:len(name)-1]]; v != "" {
			return v
		}
		return "–"
	})
	return doubled.ReplaceAllString(text, "$1.$2")
}

// doubled is a full stop that a person wrote before the one of the sentence.
var doubled = regexp.MustCompile(`([^.])\.\.([^.]|$)`)

// speech says the parts of a document in a language.
type speech struct {
	words     Words
	pseudonym string
	seats     []hearing.SeatSpec
}

// say says a key without parameters; the key itself where no locale has it.
func (s speech) say(key string) string {
	if text := s.words(key, nil); text != "" {
		return text
	}
	return key
}

// code says a value of a list, such as a role; the value itself where the
// locale does not know it.
func (s speech) code(list, value string) string {
	if text := s.words(list+"."+value, nil); text != "" {
		return text
	}
	return clean(value)
}

func (s speech) role(r string) string {
	if r == "witness" || r == string(hearing.ProtectedWitness) {
		if s.pseudonym != "" {
			return clean(s.pseudonym)
		}
		r = string(hearing.ProtectedWitness)
	}
	return s.code("role", r)
}

// judge names the judge who made what an entry says: the role, with a number where several seats hold it (as the pages number
// them). "" for what no judge did, and for what only happened at a judge's seat.
func (s speech) judge(e Entry) string {
	if !e.By.Bench() || (e.System != nil && e.System.Code == hearing.SeatEntered) || e.about() != 0 { // a strike names its author in its own words
		return ""
	}
	return s.who(e.By, e.BySeat)
}

// who names a role, with the number of its seat where several hold it.
func (s speech) who(role hearing.Role, at string) string {
	same, number := 0, 0
	for _, seat := range s.seats {
		if seat.Role != role {
			continue
		}
		if same++; seat.ID == at {
			number = same
		}
	}
	if same > 1 && number > 0 {
		return s.role(string(role)) + " " + strconv.Itoa(number)
	}
	return s.role(string(role))
}

// lists says which list of the locale a parameter's value is a code of.
var lists = map[string]string{
	"from": "session", "why": "pause", "about": "about", "what": "request", "ruling": "ruling",
	"language": "language", "picture": "picture", "voice": "voice", "template": "template", "court": "court",
	"respeaker": "respeaker", "void": "void", "proof": "proof",
	"flag_form": "putform", "heard": "heard", "means": "means", "do": "duressdo", "pressed_by": "pressedby", "failed": "evidencewhy",
	"opening_kind": "vaultkind", "ground": "ground", "holder": "vaultholder", "reader": "vaultrole", "ended": "vaultended", "measure": "vaultmeasure",
}

// system says a system entry: its code's text, with the parameters that are
// codes themselves said in words.
func (s speech) system(t *SystemText) string {
	params := make(map[string]string, len(t.Params))
	for name, raw := range t.Params {
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			continue
		}
		params[name] = s.param(name, v)
	}
	if text := s.words("event."+string(t.Code), params); text != "" {
		return text
	}
	return string(t.Code)
}

func (s speech) param(name string, v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return s.code("said", name)
		}
	case float64:
		if name == "duration_ms" {
			return strconv.FormatFloat(v/1000, 'f', 1, 64)
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, s.role(fmt.Sprint(item)))
		}
		return strings.Join(all, ", ")
	case string:
		return s.textParam(name, v)
	}
	return ""
}

func (s speech) textParam(name, v string) string {
	if name == "label" {
		return s.recorded(v)
	}
	switch name {
	case "role", "by", "to", "concerns_role":
		return s.role(v)
	case "kind":
		if text := s.words("session."+v, nil); text != "" {
			return text
		}
		return s.code("flagkind", v)
	case "pressed_at", "since", "start", "due", "at":
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return t.In(courtZone).Format("15:04:05")
		}
	case "until":
		return full(v)
	}
	if list := lists[name]; list != "" && v != "" {
		return s.code(list, v)
	}
	return v
}

// courtZone is the court's time: UTC+4 all year round in Azerbaijan.
var courtZone = time.FixedZone("UTC+4", 4*60*60)

// clock and day print a moment of the document in the court's time.
func clock(at string) string { return inZone(at, "15:04:05") }
func day(at string) string   { return inZone(at, "02.01.2006") }
func full(at string) string  { return inZone(at, "02.01.2006 15:04") }

func inZone(at, layout string) string {
	t, err := time.Parse(hearing.TimeLayout, at)
	if err != nil {
		return "–"
	}
	return t.In(courtZone).Format(layout)
}

// voice says a voice mode with its strength, where that is not the standard one.
func (s speech) voice(mode, strength string) string {
	if strength == "" || strength == hearing.StrengthStandard {
		return s.code("voice", mode)
	}
	return s.code("voice", mode) + " (" + s.code("strength", strength) + ")"
}

// recorded says in words what a label names: the witness's rendering, or a view of the courtroom.
func (s speech) recorded(label string) string {
	source, name, _ := strings.Cut(label, "/")
	picture, voice, both := strings.Cut(name, "+")
	voice, strength, _ := strings.Cut(voice, "+")
	switch {
	case source == "witness" && both:
		return s.role("witness") + ": " + s.code("picture", picture) + ", " + s.voice(voice, strength)
	case source == "court":
		return s.code("tile", name)
	}
	return clean(label)
}
