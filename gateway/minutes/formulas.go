package minutes

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parda/gateway/hearing"
)

// FormulasFormat names the form of a file of formulas. formulas.schema.json describes it, for the editor of whoever writes one.
const FormulasFormat = "parda-formulas/1"

// maxFormulasFile is the largest file of formulas that is read, in bytes.
const maxFormulasFile = 256 << 10

//go:embed formulas.json
var defaultFormulas []byte

// FormulasSchema is the JSON schema of a file of formulas (draft 2020-12).
//
//go:embed formulas.schema.json
var FormulasSchema []byte

// Formula is what recurs in a hearing: it is put into the writing line, edited, and sent as any other entry. The gateway never enters one by itself.
type Formula struct {
	ID      string            `json:"id"`
	Kind    string            `json:"kind"`
	Speaker string            `json:"speaker,omitempty"`
	Title   map[string]string `json:"title"` // by language, 1 to 18 characters
	Text    map[string]string `json:"text"`  // by language, 1 to 2000 characters; {case_no}, {court}, {pseudonym} and the blank ___
}

// DefaultFormulas are those that parda brings, as a file of formulas. They are proposals, which a court's lawyers have yet to confirm.
func DefaultFormulas() []byte { return slices.Clone(defaultFormulas) }

var (
	formulaID  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	formulaGap = regexp.MustCompile(`\{(case_no|court|pseudonym)\}`)
)

// ReadFormulas reads a court's own file. The error says which formula is wrong and how, and quotes none of its text.
func ReadFormulas(file []byte) ([]Formula, error) {
	if len(file) > maxFormulasFile {
		return nil, fmt.Errorf("the file has %d bytes, at most %d are read", len(file), maxFormulasFile)
	}
	if !utf8.Valid(file) {
		return nil, errors.New("the file is not UTF-8")
	}
	var f struct {
		Format   string    `json:"format"`
		Formulas []Formula `json:"formulas"`
	}
	d := json.NewDecoder(bytes.NewReader(file))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("the file cannot be read as JSON of formulas: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands behind the end of the JSON")
	}
	switch {
	case f.Format != FormulasFormat:
		return nil, fmt.Errorf("format: %q is not %s", f.Format, FormulasFormat)
	case len(f.Formulas) < 1 || len(f.Formulas) > 18:
		return nil, fmt.Errorf("formulas: there are %d, and there can be 1 to 18", len(f.Formulas))
	}
	seen := map[string]bool{}
	for i, formula := range f.Formulas {
		if err := formula.check(); err != nil {
			return nil, fmt.Errorf("formula %d (%.32q): %w", i+1, formula.ID, err)
		}
		if seen[formula.ID] {
			return nil, fmt.Errorf("formula %d (%q): another has this id", i+1, formula.ID)
		}
		seen[formula.ID] = true
	}
	return f.Formulas, nil
}

func (f Formula) check() error {
	role := hearing.Role(f.Speaker)
	speaker := f.Speaker == "" || f.Speaker == "witness" || f.Speaker == "accused" || role.Known() && !role.Passive() && role != hearing.ProtectedWitness
	switch {
	case !formulaID.MatchString(f.ID):
		return errors.New("id: small letters, digits and _, at most 32, beginning with a letter")
	case !slices.Contains(hearing.EntryKinds(), f.Kind):
		return fmt.Errorf("kind: %.32q is no kind of entry", f.Kind)
	case !speaker:
		return fmt.Errorf("speaker: %.32q is nobody who speaks", f.Speaker)
	case f.Kind == "ruling" && f.Speaker != "" && !role.Bench():
		return errors.New("speaker: a ruling is a judge's")
	}
	if err := inEachLanguage("title", f.Title, 18); err != nil {
		return err
	}
	return inEachLanguage("text", f.Text, 2000)
}

func inEachLanguage(field string, texts map[string]string, most int) error {
	for _, lang := range []string{"az", "en", "ru"} {
		text, n := texts[lang], utf8.RuneCountInString(texts[lang])
		switch {
		case strings.TrimSpace(text) == "" || n > most:
			return fmt.Errorf("%s.%s: %d characters, and there can be 1 to %d", field, lang, n, most)
		case field == "title" && text != strings.TrimSpace(text):
			return fmt.Errorf("%s.%s: a space at the edge", field, lang)
		case strings.ContainsFunc(text, hidden):
			return fmt.Errorf("%s.%s: a control character or a mark that cannot be seen", field, lang)
		case strings.ContainsAny(formulaGap.ReplaceAllString(text, ""), "{}") || field == "title" && formulaGap.MatchString(text):
			return fmt.Errorf("%s.%s: only {case_no}, {court} and {pseudonym} of a text are filled in", field, lang)
		}
	}
	if len(texts) != 3 {
		return fmt.Errorf("%s: the languages are az, en and ru, and no other", field)
	}
	return nil
}

// hidden tells what a clerk could not see in the writing line: control characters, and marks that turn the writing round.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029
}
