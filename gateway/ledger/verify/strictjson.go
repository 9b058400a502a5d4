package verify

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// This file reads JSON that must be in the canonical form of RFC 8785. It does
// not read and write again: each rule of the form is checked where it bites,
// so that the writer's encoder and this reader have no line in common.

// kind of a JSON value.
type kind byte

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

// value is a JSON value with the bytes it was read from.
type value struct {
	kind    kind
	raw     []byte
	text    string  // of a string
	number  float64 // of a number
	truth   bool
	items   []value
	members []member
}

type member struct {
	name  string
	value value
}

// get gives a member of an object; ok is false when there is none.
func (v value) get(name string) (value, bool) {
	for _, m := range v.members {
		if m.name == name {
			return m.value, true
		}
	}
	return value{}, false
}

// names tells whether the object has exactly these members.
func (v value) names(want ...string) bool {
	if v.kind != kindObject || len(v.members) != len(want) {
		return false
	}
	for i, m := range v.members {
		if m.name != want[i] {
			return false
		}
	}
	return true
}

const maxNesting = 64

var errNotCanonical = errors.New("not in canonical form")

// parseStrict reads one canonical JSON value that fills b.
func parseStrict(b []byte) (value, error) {
	if !utf8.Valid(b) {
		return value{}, errors.New("not UTF-8")
	}
	p := &parser{b: b}
	v, err := p.value(0)
	if err != nil {
		return value{}, fmt.Errorf("at byte %d: %w", p.i, err)
	}
	if p.i != len(b) {
		return value{}, fmt.Errorf("at byte %d: something follows the value", p.i)
	}
	return v, nil
}

type parser struct {
	b []byte
	i int
}

func (p *parser) peek() byte {
	if p.i < len(p.b) {
		return p.b[p.i]
	}
	return 0 // never valid outside a string, so the end of text is an error
}

func (p *parser) value(depth int) (v value, err error) {
	if depth > maxNesting {
		return v, errors.New("nested too deep")
	}
	start := p.i
	switch c := p.peek(); {
	case c == '{':
		v, err = p.object(depth)
	case c == '[':
		v, err = p.array(depth)
	case c == '"':
		v.kind = kindString
		v.text, err = p.text()
	case c == '-' || c >= '0' && c <= '9':
		v, err = p.number()
	case strings.HasPrefix(string(p.b[p.i:min(p.i+5, len(p.b))]), "true"):
		v, p.i = value{kind: kindBool, truth: true}, p.i+4
	case strings.HasPrefix(string(p.b[p.i:min(p.i+5, len(p.b))]), "false"):
		v, p.i = value{kind: kindBool}, p.i+5
	case strings.HasPrefix(string(p.b[p.i:min(p.i+5, len(p.b))]), "null"):
		v, p.i = value{kind: kindNull}, p.i+4
	default:
		return v, errNotCanonical
	}
	v.raw = p.b[start:p.i]
	return v, err
}

func (p *parser) array(depth int) (value, error) {
	v := value{kind: kindArray}
	p.i++ // [
	if p.peek() == ']' {
		p.i++
		return v, nil
	}
	for {
		item, err := p.value(depth + 1)
		if err != nil {
			return v, err
		}
		v.items = append(v.items, item)
		switch p.peek() {
		case ',':
			p.i++
		case ']':
			p.i++
			return v, nil
		default:
			return v, errNotCanonical
		}
	}
}

func (p *parser) object(depth int) (value, error) {
	v := value{kind: kindObject}
	p.i++ // {
	if p.peek() == '}' {
		p.i++
		return v, nil
	}
	for {
		if p.peek() != '"' {
			return v, errNotCanonical
		}
		name, err := p.text()
		if err != nil {
			return v, err
		}
		if n := len(v.members); n > 0 && !before(v.members[n-1].name, name) {
			return v, fmt.Errorf("member %q is out of order or twice", name)
		}
		if p.peek() != ':' {
			return v, errNotCanonical
		}
		p.i++
		item, err := p.value(depth + 1)
		if err != nil {
			return v, err
		}
		v.members = append(v.members, member{name, item})
		switch p.peek() {
		case ',':
			p.i++
		case '}':
			p.i++
			return v, nil
		default:
			return v, errNotCanonical
		}
	}
}

// before is the order of names: by UTF-16 code units (RFC 8785 section 3.2.3).
func before(a, b string) bool {
	x, y := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return len(x) < len(y)
}

// text reads a string. Only what must be escaped may be, and only in the
// shortest way (RFC 8785 section 3.2.2.2).
func (p *parser) text() (string, error) {
	var out strings.Builder
	p.i++ // "
	for p.i < len(p.b) {
		c := p.b[p.i]
		switch {
		case c == '"':
			p.i++
			return out.String(), nil
		case c < 0x20:
			return "", errNotCanonical
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			out.WriteByte(r)
		default:
			out.WriteByte(c)
			p.i++
		}
	}
	return "", errors.New("string without end")
}

func (p *parser) escape() (byte, error) {
	if p.i+1 >= len(p.b) {
		return 0, errNotCanonical
	}
	c := p.b[p.i+1]
	short := map[byte]byte{'"': '"', '\\': '\\', 'b': '\b', 't': '\t', 'n': '\n', 'f': '\f', 'r': '\r'}
	if r, ok := short[c]; ok {
		p.i += 2
		return r, nil
	}
	if c != 'u' || p.i+6 > len(p.b) {
		return 0, errNotCanonical
	}
	digits := string(p.b[p.i+2 : p.i+6])
	n, err := strconv.ParseUint(digits, 16, 16)
	if err != nil || n >= 0x20 || strings.ContainsRune("\b\t\n\f\r", rune(n)) || digits != strings.ToLower(digits) {
		return 0, errNotCanonical
	}
	p.i += 6
	return byte(n), nil
}

// number reads a number; it must stand as ECMAScript prints it (RFC 8785
// section 3.2.2.3).
func (p *parser) number() (value, error) {
	start := p.i
	for p.i < len(p.b) && strings.IndexByte("+-.0123456789e", p.b[p.i]) >= 0 {
		p.i++
	}
	text := string(p.b[start:p.i])
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || printed(f) != text {
		return value{}, errNotCanonical
	}
	if f == math.Trunc(f) && math.Abs(f) > 1<<53 {
		return value{}, errors.New("integer beyond 2^53")
	}
	return value{kind: kindNumber, number: f}, nil
}

func printed(f float64) string {
	abs := math.Abs(f)
	if f == 0 {
		return "0"
	}
	if abs >= 1e-6 && abs < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	if n := len(s); n >= 4 && s[n-2] == '0' { // e-07 is e-7 there
		s = s[:n-2] + s[n-1:]
	}
	return s
}
