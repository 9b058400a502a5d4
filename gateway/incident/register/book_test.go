package register

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"database/sql"

	"parda/gateway/access/rights"
	"parda/gateway/store"

	_ "modernc.org/sqlite"
)

// The constants of events.go and what they carry are one list, and each payload knows its own code.
func TestEveryCodeOfTheRegisterHasOnePayload(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "events.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	named := map[Code]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			if id, ok := v.Type.(*ast.Ident); ok && id.Name == "Code" {
				named[Code(strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`))] = true
			}
		}
		return true
	})
	if len(named) < 25 || len(named) != len(payloads) {
		t.Errorf("%d codes and %d payloads", len(named), len(payloads))
	}
	kinds := map[reflect.Type]Code{}
	for c, fresh := range payloads {
		if !named[c] {
			t.Errorf("%s is no constant", c)
		}
		p := fresh()
		if p.code() != c {
			t.Errorf("what %s carries says that it is %s", c, p.code())
		}
		if other, twice := kinds[reflect.TypeOf(p)]; twice {
			t.Errorf("%s and %s carry one type", c, other)
		}
		kinds[reflect.TypeOf(p)] = c
	}
}

// Every text that a payload names is found for retention, and no payload has a place for words: a string field is an id, a code, a hash or a name of a closed list.
func TestNoPayloadHasAPlaceForWordsAndEveryTextIsKnownToRetention(t *testing.T) {
	closed := []string{"incident", "role", "person", "hearing", "seat", "flag", "kind", "concerns", "step", "ruling", "endangered", "source", "request", "mark", "agreeing", "evidence", "track", "type", "sha256",
		"sealed_sha256", "why", "no_copy", "referral", "number", "to", "lang", "way", "state", "opening", "form", "policy", "of", "original", "note"}
	said := reflect.TypeFor[Said]()
	var fill func(v reflect.Value, code Code, n *int)
	fill = func(v reflect.Value, code Code, n *int) {
		for f, value := range v.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case f.Type == said:
				*n++
				value.SetString(strings.Repeat("a", 60) + string(rune('a'+*n)))
			case f.Type == reflect.SliceOf(said):
				*n++
				value.Set(reflect.ValueOf([]Said{Said(strings.Repeat("a", 60) + string(rune('a'+*n)))}))
			case f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]():
				fill(value, code, n)
			case f.Type.Kind() == reflect.String && !slices.Contains(closed, name):
				t.Errorf("%s has a place for words: %s", code, name)
			}
		}
	}
	for code, fresh := range payloads {
		p, n := fresh(), 0
		fill(reflect.ValueOf(p).Elem(), code, &n)
		found := slices.DeleteFunc(slices.Clone(textsOf(p)), func(s Said) bool { return s == "" })
		want := n
		if code == ContentErased { // what it names is gone
			want = 0
		}
		if len(found) != want {
			t.Errorf("%s names %d texts, retention knows %d", code, n, len(found))
		}
	}
}

// Everything that people can write is planted; none of it is in the book, and so in no export of it.
func TestNoWordsAreInTheBook(t *testing.T) {
	c := newCourt(t)
	judge, lawyer := as("baku", rights.Judge, "h1"), as("baku", rights.VictimsLawyer, "h1")
	c.holds("h1", "baku")
	c.flag("h1", "f1", "lawyer", "victims_lawyer", map[string]any{"note": "Zq1note", "source": "Zq2source", "target": "Zq3target", "kind": "words"})
	c.happens("h1", "flag.answered", "defence", map[string]any{"flag": "f1", "seat": "defence", "role": "defence_counsel", "text": "Zq4answer"})
	c.happens("h1", "flag.heard", "judge", map[string]any{"flag": "f1", "seat": "defence", "role": "defence_counsel", "heard": "orally", "positions": "Zq5positions"})
	c.happens("h1", "flag.ruled", "judge", map[string]any{"id": "f1", "seat": "lawyer", "role": "victims_lawyer", "ruling": "enter", "reason": "Zq6reason"})
	c.happens("h1", "protection.requested", "lawyer", map[string]any{"flag": "f1", "seat": "lawyer", "role": "victims_lawyer", "note": "Zq7note", "measures": []string{"Zq8measure"}})
	c.mirrors("baku", "h1")
	f := filing(c)
	f.CaseNo, f.Pseudonym, f.Target, f.Source, f.Note, f.Key = "Zq9case", "Zq10pseudonym", "Zq11target", "Zq12source", "Zq13note", "Zq14key"
	id := c.files(lawyer, f)
	c.must(c.AddNote(t.Context(), lawyer, "baku", id, "Zq15note"))
	c.must(c.RuleOn(t.Context(), judge, "baku", id, "dismiss", "Zq16reason"))
	_, err := c.Source(t.Context(), judge, "baku", id, "Zq17label")
	c.must(err)
	request, err := c.Ask(t.Context(), lawyer, "baku", id, []string{"Zq18measure"}, "Zq19note", false)
	c.must(err)
	c.must(c.Received(t.Context(), judge, "baku", id, request, time.Time{}))
	c.must(c.Decided(t.Context(), judge, "baku", id, request, time.Time{}, false, []string{"Zq20"}, "Zq21reason"))
	var book strings.Builder
	all, err := c.Events(t.Context(), "baku")
	c.must(err)
	for _, e := range all {
		b, err := e.CanonicalBytes()
		c.must(err)
		book.Write(b)
	}
	if strings.Contains(book.String(), "Zq") {
		t.Errorf("words stand in the book: %.200s", book.String()[strings.Index(book.String(), "Zq")-80:])
	}
	if v := asJSON(t, []any{must(c.Show(judge, "baku", id))(t), must(c.Show(judge, "baku", IncidentOf("h1", "f1")))(t)}); !strings.Contains(v, "Zq13note") || !strings.Contains(v, "Zq1note") || !strings.Contains(v, "Zq21reason") {
		t.Errorf("the judge does not read them: this test holds nothing: %s", v)
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Nothing is deleted by any role or by any call: the register has no function for it, and the store itself refuses to change or drop an event, or to change a text.
func TestNothingOfTheRegisterCanBeDeletedOrEdited(t *testing.T) {
	for m := range reflect.TypeFor[*Register]().Methods() {
		for _, word := range []string{"Delete", "Remove", "Drop", "Erase", "Edit", "Replace", "Forget", "Clear", "Reset"} {
			if strings.Contains(m.Name, word) {
				t.Errorf("the register has %s", m.Name)
			}
		}
	}
	c := newCourt(t)
	id := c.files(as("baku", rights.VictimsLawyer), filing(c))
	c.stop()
	db, err := sql.Open("sqlite", filepath.Join(c.dir, "store", "parda.db"))
	c.must(err)
	defer db.Close()
	for _, statement := range []string{"DELETE FROM events WHERE hearing = 'incidents-baku'", "UPDATE events SET canonical = x'00' WHERE hearing = 'incidents-baku'", "UPDATE incident_texts SET text = 'nothing'"} {
		if r, err := db.Exec(statement); err == nil {
			n, _ := r.RowsAffected()
			t.Errorf("%s changed %d rows", statement, n)
		}
	}
	db.Close()
	c.start()
	if i := c.get("baku", id); c.Text("baku", i.Note) == "" {
		t.Error("it is gone")
	}
}

func TestRetentionErasesWordsAndNothingElse(t *testing.T) {
	year := 365 * 24 * time.Hour
	c := newCourt(t, func(cfg *Config) { cfg.Keep = year })
	lawyer, judge := as("baku", rights.VictimsLawyer), as("baku", rights.Judge)
	old := c.files(lawyer, filing(c))
	c.must(c.RuleOn(t.Context(), judge, "baku", old, "dismiss", "nothing shown"))
	waits := c.files(lawyer, filing(c))
	_, err := c.Ask(t.Context(), lawyer, "baku", waits, nil, "a request that nobody decided", false)
	c.must(err)
	source, err := c.Source(t.Context(), judge, "baku", old, "the man in the car")
	c.must(err)
	before := c.get("baku", old)
	began := c.clock()
	c.goes(began.Add(year - time.Hour))
	if c.Text("baku", before.Note) == "" {
		t.Fatal("words were erased before their time")
	}
	c.goes(began.Add(year + time.Hour))
	after := c.get("baku", old)
	if c.Text("baku", after.Note) != "" || c.Text("baku", after.Rulings[0].Reason) != "" || after.Erased.IsZero() {
		t.Error("words stand longer than the policy says")
	}
	if after.Note != before.Note || after.Kind != before.Kind || len(after.Timeline) != len(before.Timeline)+1 {
		t.Error("more than words is gone")
	}
	if c.Text("baku", c.get("baku", waits).Note) == "" {
		t.Error("the words of an incident that waits for a decision were erased")
	}
	if known, label := c.knows(judge, source); !known || label != "" {
		t.Errorf("the source: %v %q", known, label)
	}
	for range 3 {
		c.goes(c.clock().Add(24 * time.Hour))
		c.again()
	}
	if n := c.events("baku")["content.erased"]; n != 1 {
		t.Errorf("%d events say that words were erased", n)
	}
	texts, err := c.store.IncidentTexts(t.Context(), "baku")
	c.must(err)
	for _, row := range texts {
		if row.ID == string(before.Note) {
			t.Error("the words are still on the disk")
		}
	}
	if _, err := c.book.Checkpoint(t.Context(), Book("baku")); err != nil {
		t.Errorf("the book does not hold any more: %v", err)
	}
}

// A crash between the event and the erasing, or between words and the event that names them, is put right at the next start.
func TestWhatACrashLeftIsPutRightAtTheStart(t *testing.T) {
	c := newCourt(t)
	id := c.files(as("baku", rights.VictimsLawyer), filing(c))
	note := c.get("baku", id).Note
	said, err := c.Keep(t.Context(), "baku", "words that no event names")
	c.must(err)
	_, err = c.Enter(t.Context(), "baku", &ContentErasedPayload{About: About{Incident: id, By: System()}, Texts: []Said{note}, Policy: policyAge})
	c.must(err)
	c.again()
	if c.Text("baku", note) != "" {
		t.Error("what the book says is erased is still there")
	}
	if c.Text("baku", said[0]) != "" {
		t.Error("words that nobody names are kept for ever")
	}
}

func TestATextIsNamedByItsSaltedHash(t *testing.T) {
	c := newCourt(t)
	said, err := c.Keep(t.Context(), "baku", "words", "", "words")
	c.must(err)
	if said[0] == said[2] || said[1] != "" {
		t.Errorf("%v: the same words have the same name: it could be guessed", said)
	}
	rows, err := c.store.IncidentTexts(t.Context(), "baku")
	c.must(err)
	if !slices.ContainsFunc(rows, func(r store.IncidentText) bool {
		sum := sha256.Sum256(append(slices.Clone(r.Salt), r.Text...))
		return r.ID == string(said[0]) && hex.EncodeToString(sum[:]) == r.ID
	}) {
		t.Error("the name is not the hash of salt and words")
	}
	if !json.Valid([]byte(asJSON(t, said))) {
		t.Error("a name is no JSON")
	}
}

// The same source by another hand is suggested, and merged by nobody but a person.
func TestTheSameSourceByAnotherHandIsSuggestedAndNeverMerged(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"Əliyev Rəşad", "Aliyev Resad", true}, {"Əliyev Rəşad", "REŞAD ƏLIYEV", true}, {"Məmmədov İlqar, boz avtomobil", "mammadov ilqar boz avtomobil", true}, {"Qara BMW 10-AA-123", "qara bmw 10 aa 123", true},
		{"the accused's brother", "brother of the accused", true}, {"the accused's brother", "a man in the second row", false}, {"", "", false}, {"a", "a", false},
	} {
		if got := alike(folded(tc.a), folded(tc.b)); got != tc.want {
			t.Errorf("%q and %q (%q, %q): %v", tc.a, tc.b, folded(tc.a), folded(tc.b), got)
		}
	}
	c := newCourt(t)
	judge, lawyer := as("baku", rights.Judge), as("baku", rights.VictimsLawyer)
	f := filing(c)
	f.Source = "Rəşad, qara BMW"
	one := c.files(lawyer, f)
	f.Source = "qara bmw, Reşad"
	two := c.files(lawyer, f)
	v := must(c.Show(judge, "baku", one))(t)
	if !slices.Equal(v.Alike, []string{two}) || v.SourceID != "" || v.Seen != 0 {
		t.Errorf("%s", asJSON(t, v))
	}
	source, err := c.Source(t.Context(), judge, "baku", one, "Rəşad")
	c.must(err)
	if _, err := c.Source(t.Context(), judge, "baku", two, "s-madeup0000"); refusal(err) != "source_unknown" {
		t.Errorf("%v", err)
	}
	_, err = c.Source(t.Context(), judge, "baku", two, source)
	c.must(err)
	list := c.List(judge, Query{Source: source})
	if len(list.Incidents) != 2 || list.Incidents[0].Seen != 2 || len(list.Sources) != 1 || list.Sources[0].Seen != 2 || list.Sources[0].Label != "Rəşad" {
		t.Errorf("%s", asJSON(t, list))
	}
	if v := must(c.Show(judge, "baku", one))(t); len(v.Alike) != 0 {
		t.Errorf("what is confirmed is still suggested: %v", v.Alike)
	}
	if v := must(c.Show(lawyer, "baku", one))(t); v.SourceID != "" || v.Seen != 0 || len(v.Alike) != 0 {
		t.Errorf("a lawyer is told what else the source did: %s", asJSON(t, v))
	}
}

// A pattern is found over courts by who is entitled to, and what is discreet is in no count.
func TestTheRegisterOfficerFindsASourceOverCourtsAndNothingDiscreet(t *testing.T) {
	c := newCourt(t)
	officer := as("baku", rights.RegisterOfficer)
	var ids []string
	for _, of := range []string{"baku", "ganja", "shaki"} {
		f := filing(c)
		f.Source, f.Discreet = "qara BMW 10-AA-123", of == "shaki"
		ids = append(ids, c.files(as(of, rights.VictimsLawyer), f))
	}
	source, err := c.Source(t.Context(), officer, "baku", ids[0], "qara BMW")
	c.must(err)
	_, err = c.Source(t.Context(), officer, "ganja", ids[1], source)
	c.must(err)
	_, err = c.Source(t.Context(), as("shaki", rights.Judge), "shaki", ids[2], "the same car")
	c.must(err)
	list := c.List(officer, Query{})
	if len(list.Incidents) != 2 || list.Incidents[0].Seen != 2 || list.Sources[0].Label != "qara BMW" {
		t.Errorf("%s", asJSON(t, list))
	}
	if strings.Contains(asJSON(t, list), "shaki") {
		t.Error("a discreet incident of another court is told")
	}
	if got := c.List(as("ganja", rights.Judge), Query{}); len(got.Incidents) != 1 || got.Incidents[0].Seen != 1 {
		t.Errorf("a judge of Ganja: %s", asJSON(t, got))
	}
}

// What the parties read of an entered incident holds nothing of what was done to protect.
func TestThePartiesOfAnEnteredIncidentAreToldNothingOfItsProtection(t *testing.T) {
	c := newCourt(t)
	c.holds("h1", "baku")
	c.flag("h1", "f1", "lawyer", "victims_lawyer", map[string]any{"note": "what everybody saw"})
	c.happens("h1", "flag.ruled", "judge", map[string]any{"id": "f1", "seat": "lawyer", "role": "victims_lawyer", "ruling": "enter"})
	c.mirrors("baku", "h1")
	id := IncidentOf("h1", "f1")
	judge := as("baku", rights.Judge, "h1")
	c.must(c.AddNote(t.Context(), judge, "baku", id, "Zq1 for the bench"))
	_, err := c.Ask(t.Context(), judge, "baku", id, []string{"Zq2 shelter"}, "Zq3", true)
	c.must(err)
	c.must(c.SayAgreement(t.Context(), judge, "baku", id, true, "person"))
	_, err = c.Source(t.Context(), judge, "baku", id, "Zq4 source")
	c.must(err)
	_, err = c.Enter(t.Context(), "baku", &ReferralMadePayload{About: About{Incident: id, By: judge.Door}, Referral: "f-1", To: "Zq5", Lang: "az", Way: "file"},
		&EvidenceFrozenPayload{About: About{Incident: id, By: System()}, Evidence: "Zq6", SHA256: "x"})
	c.must(err)
	c.must(c.RuleOn(t.Context(), judge, "baku", id, "refer", "Zq7"))
	counsel := as("baku", rights.DefenceCounsel, "h1")
	seen := asJSON(t, []any{must(c.Show(counsel, "baku", id))(t), c.List(counsel, Query{})})
	if !strings.Contains(seen, "what everybody saw") {
		t.Fatal("counsel does not see it: this test holds nothing")
	}
	for _, planted := range []string{"Zq", "request.", "agreement.", "referral.", "evidence.", "protection\":\""} {
		if strings.Contains(seen, planted) {
			t.Errorf("defence counsel is told %s: %s", planted, seen)
		}
	}
	for _, q := range []Query{{Phase: PhaseReferred}, {Source: c.get("baku", id).SourceID}, {Text: "Zq4"}} {
		if l := c.List(counsel, q); len(l.Incidents) != 0 {
			t.Errorf("a filter tells what the answer hides: %+v", q)
		}
	}
	if phase := must(c.Show(counsel, "baku", id))(t).Phase; phase != PhaseEntered {
		t.Errorf("the phase tells that it was referred: %s", phase)
	}
}
