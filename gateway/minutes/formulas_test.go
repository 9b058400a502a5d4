package minutes

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func formulasSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(FormulasSchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("formulas.schema.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("formulas.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func TestTheFormulasThatPardaBringsAreAllThereInEachLanguage(t *testing.T) {
	formulas, err := ReadFormulas(DefaultFormulas())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range formulas {
		ids = append(ids, f.ID)
	}
	for _, want := range []string{"opening", "rights", "witness_called", "warning", "undertaking", "adjournment", "closing"} {
		if !slices.Contains(ids, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if len(ids) > 9 {
		t.Errorf("%d formulas, and nine number keys", len(ids))
	}
}

// A court's file is refused with the place of what is wrong, by the gateway and by the published schema alike.
func TestACourtsFileIsRefusedWhereItIsWrong(t *testing.T) {
	schema := formulasSchema(t)
	type object = map[string]any
	good := func() (object, object) {
		var f object
		if err := json.Unmarshal(DefaultFormulas(), &f); err != nil {
			t.Fatal(err)
		}
		return f, f["formulas"].([]any)[0].(object)
	}
	for name, c := range map[string]struct {
		spoil  func(file, first object)
		says   string
		beyond bool // more than the schema can say
	}{
		"as it is":                {func(_, _ object) {}, "", false},
		"another format":          {func(f, _ object) { f["format"] = "parda-formulas/2" }, "format", false},
		"no formulas":             {func(f, _ object) { f["formulas"] = []any{} }, "formulas", false},
		"too many":                {func(f, first object) { f["formulas"] = slices.Repeat([]any{first}, 19) }, "formulas", false},
		"an unknown setting":      {func(f, _ object) { f["seal"] = true }, "seal", false},
		"an unknown field":        {func(_, first object) { first["sealed"] = "bench" }, "sealed", false},
		"an id twice":             {func(f, first object) { f["formulas"] = []any{first, first} }, "another has this id", true},
		"an id with a space":      {func(_, first object) { first["id"] = "the opening" }, "id", false},
		"a kind that is none":     {func(_, first object) { first["kind"] = "system" }, "kind", false},
		"a remark":                {func(_, first object) { first["kind"] = "remark" }, "kind", false},
		"a speaker who is nobody": {func(_, first object) { first["speaker"] = "gallery" }, "speaker", false},
		"a ruling of the defence": {func(_, first object) { first["kind"], first["speaker"] = "ruling", "defence_counsel" }, "ruling", true},
		"no Russian":              {func(_, first object) { delete(first["text"].(object), "ru") }, "text.ru", false},
		"one language too many":   {func(_, first object) { first["text"].(object)["tr"] = "x" }, "languages", false},
		"an empty text":           {func(_, first object) { first["text"].(object)["az"] = "" }, "text.az", false},
		"a text of 2001":          {func(_, first object) { first["text"].(object)["en"] = strings.Repeat("ə", 2001) }, "text.en", false},
		"a title of 19":           {func(_, first object) { first["title"].(object)["en"] = strings.Repeat("ə", 19) }, "title.en", false},
		"a title with a gap":      {func(_, first object) { first["title"].(object)["en"] = "{court}" }, "title.en", true},
		"a gap nobody fills":      {func(_, first object) { first["text"].(object)["az"] = "{name}" }, "text.az", false},
		"a brace":                 {func(_, first object) { first["text"].(object)["az"] = "x } y" }, "text.az", false},
		"writing turned round":    {func(_, first object) { first["text"].(object)["az"] = "abc\u202exyz" }, "text.az", true},
		"an invisible letter":     {func(_, first object) { first["text"].(object)["ru"] = "ab\u200bc" }, "text.ru", true},
		"a control character":     {func(_, first object) { first["text"].(object)["ru"] = "ab\u0007c" }, "text.ru", true},
		"text that is not a text": {func(_, first object) { first["text"] = "x" }, "JSON", false},
		"a file over its measure": {func(f, _ object) { f["format"] = strings.Repeat("x", maxFormulasFile) }, "bytes", false},
	} {
		t.Run(name, func(t *testing.T) {
			file, first := good()
			c.spoil(file, first)
			b, err := json.Marshal(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = ReadFormulas(b)
			if (err == nil) != (c.says == "") || (err != nil && !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v, want it to say %q", err, c.says)
			}
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if got := schema.Validate(v); (got != nil) != (c.says != "" && !c.beyond) {
				t.Errorf("the schema says %v", got)
			}
		})
	}
	for name, file := range map[string]string{"nothing": "", "no JSON": "{", "two files": `{"format":"parda-formulas/1","formulas":[]} {}`, "no UTF-8": "\xff\xfe", "a list": "[]"} {
		if _, err := ReadFormulas([]byte(file)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// A past tense in Russian and a pronoun in English give away whether a protected person is a woman or a man. Azerbaijani has neither; its words for a woman or
// a man do the same, and so do they all.
var (
	russianPast   = regexp.MustCompile(`(?i)(^|[^\p{L}])\p{L}+(л|ла|лся|лась)($|[^\p{L}])`)
	russianSex    = regexp.MustCompile(`(?i)(^|[^\p{L}])(он|она|его|её|ее|ему|ей|им|ним|ней|него|неё|готов|готова|согласен|согласна|обязан|обязана|предупрежд[её]н|предупреждена|допрошен|допрошена|вызван|вызвана|удал[её]н|удалена|допущен|допущена|должен|должна|сам|сама|свидетельница|потерпевшая|потерпевший|гражданка|гражданин|женщина|мужчина|девушка)($|[^\p{L}])`)
	englishSex    = regexp.MustCompile(`(?i)\b(he|she|his|her|hers|him|himself|herself|mr|mrs|ms|miss|madam|sir|woman|man|girl|boy)\b`)
	azerbaijanSex = regexp.MustCompile(`(?i)(^|[^\p{L}])(xanım|bəy|qadın|kişi|qız|oğlan|cənab)(ın|in|a|ə|ı|i|dan|dən|lar|lər)?($|[^\p{L}])`)
	// Words that end like a past tense and are none.
	notPast = []string{"протокол", "зал", "зала", "материал", "трибунал", "журнал", "сигнал", "канал", "дел", "сил", "начал", "правил", "файл", "похвал"}
)

// givesAway finds the word of a text that tells a woman from a man; "" for none.
func givesAway(lang, text string) string {
	switch lang {
	case "en":
		return englishSex.FindString(text)
	case "az":
		return azerbaijanSex.FindString(text)
	}
	if w := russianSex.FindString(text); w != "" {
		return w
	}
	for _, word := range regexp.MustCompile(`\p{L}+`).FindAllString(text, -1) {
		if russianPast.MatchString(word) && !slices.Contains(notPast, strings.ToLower(word)) {
			return word
		}
	}
	return ""
}

func TestNoFormulaAndNoSystemEntryTellsAWomanFromAMan(t *testing.T) {
	for lang, planted := range map[string][]string{
		"ru": {"Защищаемое лицо попросила перерыв.", "Свидетель отказался отвечать.", "Она вошла.", "Он пришёл, сказал и ушёл.", "Свидетель предупреждён.", "Переводчик не явилась."},
		"en": {"She was warned.", "The witness asked for her lawyer.", "He left."},
		"az": {"Xanım ifadə verdi.", "Qadın cavab verdi."},
	} {
		for _, text := range planted {
			if givesAway(lang, text) == "" {
				t.Errorf("the test does not see it: %s", text)
			}
		}
	}
	formulas, err := ReadFormulas(DefaultFormulas())
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"az", "en", "ru"} {
		for _, f := range formulas {
			for _, text := range []string{f.Title[lang], f.Text[lang]} {
				if w := givesAway(lang, text); w != "" {
					t.Errorf("formula %s in %s: %q in %q", f.ID, lang, w, text)
				}
			}
		}
		b, err := os.ReadFile("../../courtroom-ui/locales/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var labels map[string]json.RawMessage
		if err := json.Unmarshal(b, &labels); err != nil {
			t.Fatal(err)
		}
		checked := 0
		for key, raw := range labels {
			// Everything that a system entry says of itself, or puts into its gaps.
			prefix, _, _ := strings.Cut(key, ".")
			if !slices.Contains([]string{"event", "said", "pause", "ruling", "request", "flagkind", "session", "kind", "testimony",
				"about", "putform", "heard", "means", "duressdo", "pressedby", "evidencewhy"}, prefix) &&
				!slices.Contains([]string{"protocol.struck", "protocol.restored", "protocol.interpreted"}, key) {
				continue
			}
			checked++
			if w := givesAway(lang, string(raw)); w != "" {
				t.Errorf("%s in %s: %q in %s", key, lang, w, raw)
			}
		}
		if checked < 100 {
			t.Errorf("%s: only %d labels were looked at", lang, checked)
		}
	}
}
