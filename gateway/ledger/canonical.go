package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Canonical gives the one form of a JSON value that is hashed: RFC 8785 (JCS).
// No white space; object members sorted by the UTF-16 code units of their
// names; strings with the fewest escapes; numbers as ECMAScript prints them.
// Integers beyond 2^53 are refused, because another reader would round them.
func Canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("ledger: payload: %w", err)
	}
	return CanonicalJSON(raw)
}

// CanonicalJSON is Canonical for JSON text. It refuses what is not valid
// UTF-8, what names a member twice, and what follows the value.
func CanonicalJSON(raw []byte) ([]byte, error) {
	if !utf8.Valid(raw) {
		return nil, errors.New("ledger: JSON is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var out bytes.Buffer
	if err := canonicalValue(d, &out, 0); err != nil {
		return nil, fmt.Errorf("ledger: JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("ledger: JSON: something follows the value")
	}
	return out.Bytes(), nil
}

// maxDepth bounds nesting, so that no payload can exhaust the stack.
const maxDepth = 64

func canonicalValue(d *json.Decoder, out *bytes.Buffer, depth int) error {
	if depth > maxDepth {
		return errors.New("nested too deep")
	}
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			return canonicalObject(d, out, depth)
		}
		return canonicalArray(d, out, depth)
	case string:
		writeString(out, t)
	case json.Number:
		return writeNumber(out, t)
	case bool:
		out.WriteString(strconv.FormatBool(t))
	case nil:
		out.WriteString("null")
	}
	return nil
}

func canonicalArray(d *json.Decoder, out *bytes.Buffer, depth int) error {
	out.WriteByte('[')
	for first := true; d.More(); first = false {
		if !first {
			out.WriteByte(',')
		}
		if err := canonicalValue(d, out, depth+1); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	_, err := d.Token()
	return err
}

func canonicalObject(d *json.Decoder, out *bytes.Buffer, depth int) error {
	type member struct {
		name  string
		units []uint16
		value []byte
	}
	var members []member
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok {
			return errors.New("member without a name")
		}
		var value bytes.Buffer
		if err := canonicalValue(d, &value, depth+1); err != nil {
			return err
		}
		members = append(members, member{name, utf16.Encode([]rune(name)), value.Bytes()})
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	sort.Slice(members, func(i, j int) bool { return lessUnits(members[i].units, members[j].units) })
	out.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			if m.name == members[i-1].name {
				return errors.New("member named twice")
			}
			out.WriteByte(',')
		}
		writeString(out, m.name)
		out.WriteByte(':')
		out.Write(m.value)
	}
	out.WriteByte('}')
	return nil
}

func lessUnits(a, b []uint16) bool {
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return len(a) < len(b)
}

// writeString writes a string as RFC 8785 section 3.2.2.2 does.
func writeString(out *bytes.Buffer, s string) {
	out.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r < 0x20:
			if i := strings.IndexRune("\b\t\n\f\r", r); i >= 0 {
				out.WriteByte('\\')
				out.WriteByte("btnfr"[i])
			} else {
				fmt.Fprintf(out, `\u%04x`, r)
			}
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
}

// writeNumber writes a number as RFC 8785 section 3.2.2.3 does, which is what
// encoding/json does with a float64.
func writeNumber(out *bytes.Buffer, n json.Number) error {
	f, err := n.Float64()
	if err != nil {
		return err
	}
	if f == math.Trunc(f) && math.Abs(f) > 1<<53 {
		return errors.New("integer beyond 2^53")
	}
	if f == 0 { // ECMAScript prints -0 as 0
		out.WriteByte('0')
		return nil
	}
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	out.Write(b)
	return nil
}
