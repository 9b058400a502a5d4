package hearing

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// declaredCodes reads the constants of type Code out of events.go.
func declaredCodes(t *testing.T) []Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "events.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := spec.Type.(*ast.Ident); ok && id.Name == "Code" {
			for _, v := range spec.Values {
				s, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, Code(s))
			}
		}
		return true
	})
	return codes
}

func TestEveryCodeIsInTheRegisterOnce(t *testing.T) {
	declared := declaredCodes(t)
	if len(declared) < 50 {
		t.Fatalf("only %d codes were found in events.go", len(declared))
	}
	registered := Codes()
	for _, c := range declared {
		if n := count(registered, c); n != 1 {
			t.Errorf("%s stands %d times in the register", c, n)
		}
	}
	if len(declared) != len(registered) {
		t.Errorf("%d codes are declared, %d registered", len(declared), len(registered))
	}
}

func count[T comparable](list []T, v T) (n int) {
	for _, x := range list {
		if x == v {
			n++
		}
	}
	return n
}

func TestCodesArePartedByDotsInSmallLetters(t *testing.T) {
	shape := regexp.MustCompile(`^[a-z]+(_[a-z]+)*\.[a-z_]+$`)
	for _, c := range Codes() {
		if !shape.MatchString(string(c)) {
			t.Errorf("%s has another shape", c)
		}
	}
}

func jsonFields(t reflect.Type, names map[string]bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && tag == "" {
			jsonFields(f.Type, names)
			continue
		}
		names[tag] = true
	}
}

func TestPayloadsAreSnakeCaseAndEntriesShowFieldsThatExist(t *testing.T) {
	snake := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	for _, d := range register {
		names := map[string]bool{}
		jsonFields(reflect.TypeOf(d.Payload()).Elem(), names)
		for n := range names {
			if !snake.MatchString(n) {
				t.Errorf("%s: field %q", d.Code, n)
			}
		}
		for _, p := range d.Params {
			if !names[p] {
				t.Errorf("%s shows %q, which its payload has not", d.Code, p)
			}
		}
		if (d.Level == LevelNone) != (d.Kind == "") && d.Code != EntryAdded && d.Code != EntryAmended {
			t.Errorf("%s: level %q and kind %q do not agree", d.Code, d.Level, d.Kind)
		}
	}
}

func TestNoEntryShowsKeysNotesOfTheGatewayOrDiscreetCauses(t *testing.T) {
	secret := []string{"key", "signature", "bytes", "statement", "checkpoint", "notice"}
	for _, d := range register {
		for _, p := range d.Params {
			if slices.Contains(secret, p) || (p == "discreet" && d.Level != LevelBench) {
				t.Errorf("%s shows %s", d.Code, p)
			}
		}
	}
}

func TestEveryCodeIsFolded(t *testing.T) {
	for _, d := range register {
		s := New()
		if err := s.fold(Event{Code: d.Code, Time: noon}, d.Payload()); err != nil && strings.Contains(err.Error(), "no rule folds") {
			t.Error(err)
		}
	}
}

func TestAnEventThatIsNotUnderstoodChangesNothing(t *testing.T) {
	for name, e := range map[string]Event{
		"unknown code":    {Code: "hearing.exploded", Payload: []byte(`{}`)},
		"no JSON":         {Code: HearingOpened, Payload: []byte(`{`)},
		"no payload":      {Code: HearingOpened},
		"wrong type":      {Code: SeatMuted, Payload: []byte(`{"seat":7}`)},
		"order in pieces": {Code: OrderSigned, Payload: []byte(`{"bytes":"e30="}`)},
		"created twice":   {Code: HearingCreated, Payload: []byte(`{"seats":[{"id":"x","role":"judge"}]}`)},
		"unknown role":    {Code: HearingCreated, Payload: []byte(`{"seats":[{"id":"x","role":"king"}]}`)},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCourt(t)
			before := c.s.Clone()
			if err := c.s.Apply(e); err == nil {
				t.Fatal("it was applied")
			}
			if !reflect.DeepEqual(before, c.s) {
				t.Error("the state changed")
			}
		})
	}
}

// TestTheCommandsAreThoseOfTheWire reads the table of PROTOCOL.md.
func TestTheCommandsAreThoseOfTheWire(t *testing.T) {
	page, err := os.ReadFile("../../signaling/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(page), "| command | who | args | effect |")
	if !ok {
		t.Fatal("PROTOCOL.md has no table of commands")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	named := regexp.MustCompile("`([a-z]+\\.[a-z_]+)`")
	var wire []string
	for _, line := range strings.Split(table, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		for _, match := range named.FindAllStringSubmatch(cells[1], -1) {
			wire = append(wire, match[1])
		}
	}
	mine := CommandNames()
	for _, name := range wire {
		if !slices.Contains(mine, name) {
			t.Errorf("%s is on the wire and unknown here", name)
		}
	}
	for _, name := range mine {
		if !slices.Contains(wire, name) {
			t.Errorf("%s is here and not on the wire", name)
		}
	}
}
