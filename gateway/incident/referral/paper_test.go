package referral

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"parda/gateway/minutes"
)

// The plants: what may stand on a sheet and nowhere else.
const (
	plantPseudonym = "Lalə"
	plantSource    = "Plantəd Mənbə, the accused's brother"
	plantNote      = "Plantəd Qeyd: dəhlizdə yaxınlaşıb, «evinizi tanıyıram» dedi."
	plantReason    = "Plantəd Səbəb: ünvan məlumdur."
	plantCase      = "1(101)-1/2026"
	plantAgainst   = "Plantəd Hədəf"
)

func scene() Sheet {
	at := time.Date(2026, 11, 22, 6, 31, 5, 0, time.UTC)
	return Sheet{
		Format: Format, Referral: "f-7f3k2q9mabcd1234", Number: NumberOf("f-7f3k2q9mabcd1234"), Court: "baku", CaseNo: plantCase, Incident: "i-0123456789abcdef", Made: Moment(at.Add(40 * time.Minute)),
		To:   Recipient{"iaqmi", map[string]string{"az": "Daxili İşlər Nazirliyinin İnsan Alverinə Qarşı Mübarizə Baş İdarəsi", "en": "Anti-trafficking department, Ministry of Internal Affairs", "ru": "Главное управление по борьбе с торговлей людьми МВД"}},
		From: "judge", DangerToLife: true, DoNotWarn: true, Reason: plantReason,
		Agreement:  &Agreement{"lawyer", Moment(at.Add(30 * time.Minute))},
		What:       What{Kind: "contact_outside", When: Moment(at), Reported: Moment(at.Add(time.Minute)), Where: "hearing", Against: plantAgainst, Note: plantNote},
		Endangered: Endangered{"witness", plantPseudonym},
		Source:     plantSource, RaisedBy: "victims_lawyer",
		Evidence: []Item{
			{ID: "e-aaaabbbbccccdddd", What: "clip", Type: "video/webm", SHA256: strings.Repeat("0123456789abcdef", 4), From: Moment(at.Add(-time.Minute)), To: Moment(at.Add(time.Minute)), At: Moment(at.Add(time.Minute))},
			{ID: "e-eeeeffff00001111", What: "attachment", Type: "image/png", SHA256: strings.Repeat("fedcba9876543210", 4), At: Moment(at.Add(5 * time.Minute))},
		},
		Measures: []string{"escort", "relatives", "Polis məntəqəsi ilə birbaşa əlaqə"},
	}
}

func locale(t testing.TB, lang string) minutes.Words {
	t.Helper()
	b, err := os.ReadFile("../../../courtroom-ui/locales/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	words, err := minutes.LocaleWords(b)
	if err != nil {
		t.Fatal(err)
	}
	return words
}

func render(t testing.TB, s Sheet, lang string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := RenderPDF(&out, s, strings.Repeat("ab", 32), lang, locale(t, lang)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// text reads a PDF from outside.
func text(t *testing.T, pdf []byte) string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not here: deploy/setup.sh test installs Debian's poppler-utils")
	}
	cmd := exec.Command(program, "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestTheSheetSaysWhatTheBodyNeedsInEachLanguage(t *testing.T) {
	for lang, want := range map[string][]string{
		"az": {"Bakı Ağır Cinayətlər Məhkəməsi", "Həyat üçün təhlükə", "Hədənin mənbəyinə xəbərdarlıq etməyin", "22.11.2026 10:31", "Daxili İşlər Nazirliyinin"},
		"en": {"Danger to life", "Do not warn the source of the threat", "22.11.2026 10:31 (UTC+4)", "Anti-trafficking department"},
		"ru": {"Опасность для жизни", "Не предупреждать источник угрозы", "22.11.2026 10:31", "Главное управление"},
	} {
		got := text(t, render(t, scene(), lang))
		for _, w := range append(want, plantPseudonym, "Plantəd Mənbə", "Plantəd Qeyd", plantCase, "7f3k-2q9m", "Polis məntəqəsi ilə", "01234567 89abcdef", "e-eeeeffff00001111") {
			if !strings.Contains(got, w) {
				t.Errorf("%s: the paper lacks %q", lang, w)
			}
		}
		if strings.Contains(got, "sheet.") || strings.Contains(got, "\ufffd") {
			t.Errorf("%s: a key or a hole is printed:\n%s", lang, got)
		}
	}
}

func TestEveryWordOfTheSheetIsInEachLocale(t *testing.T) {
	key := regexp.MustCompile(`"(sheet\.[a-z0-9_.]+)"`)
	found := 0
	for _, file := range []string{"paper.go", "paperparts.go", "mail.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllSubmatch(source, -1) {
			found++
			for _, lang := range Languages {
				words := locale(t, lang)
				if words(string(m[1]), nil) == "" && words(string(m[1])+".witness", nil) == "" && words(string(m[1])+".hearing", nil) == "" {
					t.Errorf("%s lacks %s", lang, m[1])
				}
			}
		}
	}
	if found < 40 {
		t.Fatalf("%d keys: they are not found", found)
	}
	var rule struct {
		Properties struct {
			What, Endangered struct {
				Properties map[string]struct{ Enum []string }
			}
		}
	}
	if err := json.Unmarshal(Schema, &rule); err != nil {
		t.Fatal(err)
	}
	for list, values := range map[string][]string{"flagkind": rule.Properties.What.Properties["kind"].Enum, "sheet.where": rule.Properties.What.Properties["where"].Enum,
		"sheet.who": rule.Properties.Endangered.Properties["who"].Enum} {
		if len(values) < 2 {
			t.Errorf("the values of %s are not found", list)
		}
		for _, v := range values {
			for _, lang := range Languages {
				if locale(t, lang)(list+"."+v, nil) == "" {
					t.Errorf("%s lacks %s.%s", lang, list, v)
				}
			}
		}
	}
}

func TestThePaperIsTheSameEachTimeAndHoldsNoMachineNoClockAndNoNameInItsProperties(t *testing.T) {
	a, b := render(t, scene(), "az"), render(t, scene(), "az")
	if !bytes.Equal(a, b) {
		t.Error("one sheet gave two papers")
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, no := range []string{here, os.TempDir(), "FPDF", time.Now().UTC().Format("200601021504"), plantCase, plantPseudonym, "Plant"} {
		if bytes.Contains(a, []byte(no)) {
			t.Errorf("the PDF holds %q outside of its pages", no)
		}
	}
	program, err := exec.LookPath("pdfinfo")
	if err != nil {
		t.Skip("pdfinfo is not here: deploy/setup.sh test installs Debian's poppler-utils")
	}
	path := filepath.Join(t.TempDir(), "sheet.pdf")
	if err := os.WriteFile(path, a, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, path).Output()
	if err != nil || !bytes.Contains(out, []byte("parda")) || bytes.Contains(out, []byte("Lalə")) || bytes.Contains(out, []byte(plantCase)) {
		t.Errorf("%v:\n%s", err, out)
	}
}

func TestWhoReportedInConfidenceIsNotOnTheSheet(t *testing.T) {
	s := scene()
	s.RaisedBy = ""
	got := text(t, render(t, s, "en"))
	if !strings.Contains(got, "reported in confidence") || strings.Contains(got, "Reported by                   victim's lawyer") {
		t.Errorf("the paper names who reported:\n%s", got)
	}
}

func TestASheetThatDoesNotFollowItsSchemaIsNotMade(t *testing.T) {
	good, sum, err := scene().Freeze()
	if err != nil || len(sum) != 64 {
		t.Fatal(err)
	}
	again, sum2, _ := scene().Freeze()
	if !bytes.Equal(good, again) || sum != sum2 {
		t.Error("a sheet has two spellings")
	}
	back, err := Thaw(good)
	if err != nil || back.Source != plantSource {
		t.Errorf("%v, %+v", err, back)
	}
	for name, spoil := range map[string]func(*Sheet){
		"no agreement and no danger":       func(s *Sheet) { s.Agreement, s.DangerToLife = nil, false },
		"danger without a reason":          func(s *Sheet) { s.Agreement, s.Reason = nil, "" },
		"danger with an empty reason":      func(s *Sheet) { s.Agreement, s.Reason = nil, "  " },
		"a court that is none":             func(s *Sheet) { s.Court = "moscow" },
		"a kind that is a text":            func(s *Sheet) { s.What.Kind = plantNote },
		"evidence without its hash":        func(s *Sheet) { s.Evidence[0].SHA256 = "" },
		"a time that is none":              func(s *Sheet) { s.Made = "yesterday" },
		"no number":                        func(s *Sheet) { s.Number = "" },
		"a body without a name":            func(s *Sheet) { s.To.Name = map[string]string{"az": "x"} },
		"somebody who may not refer":       func(s *Sheet) { s.From = "accused" },
		"a note beyond what a sheet holds": func(s *Sheet) { s.What.Note = strings.Repeat("x", 20001) },
	} {
		s := scene()
		s.Evidence = append([]Item(nil), s.Evidence...)
		spoil(&s)
		_, _, err := s.Freeze()
		if err == nil {
			t.Errorf("%s: a sheet is made", name)
		} else if strings.Contains(err.Error(), "Plant") || strings.Contains(err.Error(), plantPseudonym) {
			t.Errorf("%s: the error quotes the sheet: %v", name, err)
		}
	}
	alone := scene()
	alone.Agreement = nil
	if _, _, err := alone.Freeze(); err != nil {
		t.Errorf("danger to life with its reason: %v", err)
	}
}

func TestThePublishedSchemaIsASchema(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("s.json", doc); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Compile("s.json"); err != nil {
		t.Fatal(err)
	}
}

// Whatever is typed, the sheet is rendered.
func FuzzAnyTextIsOnAPaper(f *testing.F) {
	for _, s := range []string{"ə ğ ı İ", "\u202eabc", "\U0001F600", "\x00\x01", strings.Repeat("x", 5000), "العربية", "\xff\xfe", "{pages}", "\r\n\n\n"} {
		f.Add(s)
	}
	words := locale(f, "az")
	f.Fuzz(func(t *testing.T, s string) {
		sheet := scene()
		sheet.What.Note, sheet.Source, sheet.Endangered.Pseudonym, sheet.Measures = s, s, s, []string{s}
		var out bytes.Buffer
		if err := RenderPDF(&out, sheet, "", "az", words); err != nil {
			t.Error(err)
		}
	})
}
