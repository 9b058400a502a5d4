package minutes

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"parda/gateway/hearing"
	"parda/gateway/ledger"
)

// exportScene is a hearing with every part that the protocol can have.
func exportScene(t testing.TB) Document {
	t.Helper()
	start := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	var events []hearing.Event
	var entries []Entry
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	event := func(s int, code hearing.Code, actor string, payload any) uint64 {
		raw, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, hearing.Event{Index: uint64(len(events) + 1), Time: at(s), Code: code, Actor: actor, Payload: raw})
		return uint64(len(events))
	}
	entry := func(s int, e Entry) uint64 {
		e.Index, e.At = event(s, hearing.EntryAdded, "clerk", map[string]any{}), moment(at(s))
		if e.Level == "" {
			e.Level = hearing.LevelOpen
		}
		entries = append(entries, e)
		return e.Index
	}
	system := func(s int, code hearing.Code, payload map[string]any) {
		i := event(s, code, "judge", payload)
		text := &SystemText{Code: code, Params: map[string]json.RawMessage{}}
		for k, v := range payload {
			text.Params[k], _ = json.Marshal(v)
		}
		kind := "system"
		if code == hearing.FlagRuled {
			kind = "incident"
		}
		entries = append(entries, Entry{Index: i, Kind: kind, By: hearing.System, At: moment(at(s)), System: text, Level: hearing.LevelOpen})
	}
	puppet := &hearing.Rendering{Picture: "puppet", Voice: "neutral"}
	order, err := hearing.Order{Format: 1, Hearing: "h1", Version: 1, Template: "identity_hidden", Pseudonym: "Şəfəq", Session: "public",
		Renderings: hearing.Renderings{Bench: puppet, Prosecution: puppet, Defence: puppet, Hall: &hearing.Rendering{Picture: "card", Voice: "neutral"}},
		ValidFrom:  moment(start), ValidUntil: moment(at(86400))}.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	event(0, hearing.HearingCreated, "system", hearing.HearingCreatedPayload{Hearing: "h1", CaseNo: "1(101)-234/2026", Court: "lankaran"})
	for _, s := range []hearing.SeatPayload{{Seat: "judge", Role: "presiding_judge"}, {Seat: "clerk", Role: "court_clerk"}, {Seat: "prosecutor", Role: "prosecutor"},
		{Seat: "defence", Role: "defence_counsel"}, {Seat: "lawyer", Role: "victims_lawyer"}, {Seat: "interpreter", Role: "interpreter"}, {Seat: "gallery", Role: "gallery"}} {
		event(2, hearing.SeatEntered, s.Seat, s)
	}
	event(4, hearing.UndertakingSigned, "defence", hearing.SeatPayload{Seat: "defence", Role: "defence_counsel"})
	for _, k := range []hearing.KeyEnrolledPayload{{Seat: "judge", Role: "presiding_judge", KeyCode: "4821 0937"}, {Seat: "clerk", Role: "court_clerk", KeyCode: "1190 5532"}} {
		event(4, hearing.KeyEnrolled, k.Seat, k)
	}
	event(5, hearing.OrderSigned, "judge", hearing.OrderSignedPayload{Bytes: order, Version: 1, By: "presiding_judge", KeyCode: "4821 0937"})
	event(60, hearing.HearingOpened, "judge", map[string]any{})
	system(60, hearing.HearingOpened, map[string]any{})
	system(90, hearing.TestimonyLive, map[string]any{})
	q := entry(120, Entry{Kind: "question", Speaker: "prosecutor", By: "court_clerk", Text: "Sizi ölkədən kim çıxardı və pasportunuz kimdə qaldı?"})
	entry(131, Entry{Kind: "answer", Speaker: "witness", By: "court_clerk", Text: "Məni iş vəd edən qadın apardı. Pasportumu sərhəddən sonra əlimdən aldılar, üç ay qapalı evdə saxladılar. " +
		"Telefonumu da götürdülər; kənara çıxmağa qoymurdular."})
	i := q
	amended := event(150, hearing.EntryAmended, "clerk", map[string]any{})
	reason, _ := json.Marshal("sual tam yazılmamışdı")
	entries = append(entries, Entry{Index: amended, Kind: "question", By: "court_clerk", At: moment(at(150)), Amends: &i, Level: hearing.LevelOpen,
		Text:   "Sizi ölkədən kim çıxardı, hansı yolla, və pasportunuz kimdə qaldı?",
		System: &SystemText{Code: hearing.EntryAmended, Params: map[string]json.RawMessage{"reason": reason}}})
	entry(170, Entry{Kind: "objection", Speaker: "defence_counsel", By: "defence_counsel", Text: "Возражаю: вопрос наводящий."})
	system(175, hearing.RequestDone, map[string]any{"what": "objection", "role": "defence_counsel", "ruling": "overruled"})
	system(200, hearing.FlagRuled, map[string]any{"role": "defence_counsel", "pressed_at": moment(at(190)), "kind": "threat_lawyer", "source": "zal, ikinci sıra", "note": "Barmağı ilə boğazını göstərdi.", "ruling": "warn", "reason": "Zalda olan şəxsə xəbərdarlıq edildi."})
	system(202, hearing.TestimonyPaused, map[string]any{"by": "presiding_judge", "why": "flag"})
	system(210, hearing.SessionKind, map[string]any{"kind": "private", "from": "public", "provisional": true})
	entry(220, Entry{Kind: "note", By: "court_clerk", Text: "for the bench alone 7Q2M4K", Level: hearing.LevelBench})
	entry(225, Entry{Kind: "ruling", Speaker: "presiding_judge", By: "court_clerk", Text: "Məhkəmə fasilədən sonra ifadəni davam etdirir.", WrittenAt: moment(at(300))})
	entry(230, Entry{Kind: "exhibit", By: "court_clerk", Text: "Exhibit 3: photograph of a door, one page; shown to the parties.\nSecond line of the same entry."})
	struck := entry(240, Entry{Kind: "answer", Speaker: "witness", By: "court_clerk", Lang: "ru", Text: "Он стоял у окна, я видела его в зеркале.", Number: "",
		Interpreted: &hearing.Interpreted{Text: "O, pəncərənin yanında durmuşdu, onu güzgüdə gördüm.", Lang: "az"}})
	entry(245, Entry{Kind: "exhibit", By: "court_clerk", Number: "2/14", Text: "Pəncərənin fotoşəkli, bir vərəq."})
	mark := func(s int, code hearing.Code, seat string, by hearing.Role, why string) {
		raw, _ := json.Marshal(why)
		e := Entry{Index: event(s, code, seat, map[string]any{}), Kind: "system", By: by, BySeat: seat, At: moment(at(s)), Level: hearing.LevelOpen, Strikes: &struck,
			System: &SystemText{Code: code, Params: map[string]json.RawMessage{"entry": []byte("7"), "by": []byte(`"` + string(by) + `"`), "reason": raw}}}
		if code == hearing.EntryRestored {
			e.Strikes, e.Restores = nil, &struck
		}
		entries = append(entries, e)
	}
	mark(250, hearing.EntryStruck, "clerk", hearing.CourtClerk, "STRUCKONCE")
	mark(252, hearing.EntryRestored, "judge", hearing.PresidingJudge, "RESTORED")
	mark(254, hearing.EntryStruck, "judge", hearing.PresidingJudge, "STRUCKAGAIN")
	for n := range 40 {
		entry(300+10*n, Entry{Kind: []string{"question", "answer"}[n%2], Speaker: []string{"defence_counsel", "witness"}[n%2], By: "court_clerk",
			Text: strings.Repeat([]string{"Bu hadisə nə vaxt baş verib? ", "Dəqiq yadımda deyil, qışın əvvəli idi, hava soyuq və qaranlıq idi. "}[n%2], 1+n%4)})
	}
	for n, label := range []string{"witness/puppet+neutral", "witness/card+neutral", "witness/puppet+neutral"} {
		event(800+n, hearing.RecordingSegment, "system", hearing.RecordingSegmentPayload{Label: label, File: "recordings/000" + string(rune('1'+n)) + ".webm",
			SHA256: strings.Repeat("0123456789abcdef", 4), Start: at(90 + 200*(n/2)), DurationMS: 195000})
	}
	event(803, hearing.RecordingGap, "system", hearing.RecordingGapPayload{Label: "witness/puppet+neutral", Start: at(285), DurationMS: 5000})
	event(900, hearing.HearingClosed, "judge", map[string]any{})
	system(900, hearing.HearingClosed, map[string]any{})
	d, err := NewDocument(events, entries, ledger.Checkpoint{Size: uint64(len(events)), Root: [32]byte{0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4}}, []hearing.Role{"presiding_judge", "court_clerk"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func locale(t testing.TB, lang string) Words {
	t.Helper()
	b, err := os.ReadFile("../../courtroom-ui/locales/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	words, err := LocaleWords(b)
	if err != nil {
		t.Fatal(err)
	}
	return words
}

func render(t testing.TB, d Document, lang string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := RenderPDF(&out, d, lang, locale(t, lang)); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("PARDA_PAPER"); dir != "" { // to look at the pages
		if err := os.WriteFile(filepath.Join(dir, lang+".pdf"), out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func TestSameProtocolGivesTheSameBytes(t *testing.T) {
	for _, lang := range []string{"az", "en", "ru"} {
		one, two := render(t, exportScene(t), lang), render(t, exportScene(t), lang)
		if !bytes.Equal(one, two) {
			t.Errorf("%s: two renderings differ", lang)
		}
	}
}

func TestDocumentFollowsItsSchema(t *testing.T) {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(DocumentSchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("protocol.schema.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("protocol.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	repeated := exportScene(t)
	o := &repeated.Orders[0]
	o.Renderings.Bench = &hearing.Rendering{Picture: "blob", Voice: "respeak", Strength: "strong"}
	o.Respeaker = &hearing.Respeaker{Who: "named", Reason: "WHY"}
	for name, d := range map[string]Document{"full": exportScene(t), "empty": empty(t), "a sworn speaker": repeated} {
		b, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func empty(t testing.TB) Document {
	t.Helper()
	d, err := NewDocument(nil, nil, ledger.Checkpoint{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWhatIsSealedToTheBenchIsNotInTheProtocol(t *testing.T) {
	d := exportScene(t)
	b, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte("7Q2M4K")) {
		t.Error("the text of a sealed entry is in protocol.json")
	}
	sealed := 0
	for _, l := range d.Entries {
		if l.Sealed == "bench" {
			sealed++
		}
	}
	if sealed != 1 {
		t.Errorf("%d sealed lines, want the one that says that there is an entry", sealed)
	}
}

func TestAmendmentStandsBesideWhatItAmends(t *testing.T) {
	d := exportScene(t)
	for _, l := range d.Entries {
		if l.Amends != nil {
			t.Errorf("entry %d stands alone", l.Index)
		}
		if strings.Contains(l.Text, "Sizi ölkədən") && (len(l.Amendments) != 1 || l.Text != "Sizi ölkədən kim çıxardı və pasportunuz kimdə qaldı?") {
			t.Errorf("amendment: %+v", l)
		}
	}
}

func TestAStruckEntryStaysWithWhoStruckItWhenAndWhy(t *testing.T) {
	for _, l := range exportScene(t).Entries {
		if !strings.HasPrefix(l.Text, "Он стоял") {
			if l.Struck || len(l.History) > 0 {
				t.Errorf("entry %d is struck too", l.Index)
			}
			continue
		}
		var said []string
		for _, h := range l.History {
			said = append(said, string(h.By)+" "+h.Reason+" "+strconv.FormatBool(h.Struck)+" "+clock(h.At))
		}
		if want := []string{"court_clerk STRUCKONCE true 10:04:10", "presiding_judge RESTORED false 10:04:12", "presiding_judge STRUCKAGAIN true 10:04:14"}; !l.Struck || !slices.Equal(said, want) {
			t.Errorf("struck %v: %q", l.Struck, said)
		}
		if l.Interpreted == nil || l.Lang != "ru" || l.Interpreted.Lang != "az" {
			t.Errorf("the interpreter's rendering does not stand beside the original: %+v", l)
		}
	}
}

// drawn is what the PDF's content streams draw, uncompressed, in the two bytes a letter that an embedded font takes.
func drawn(t *testing.T, d Document) []byte {
	t.Helper()
	var out []byte
	for _, stream := range bytes.Split(render(t, d, "az"), []byte("stream\n"))[1:] {
		z, err := zlib.NewReader(bytes.NewReader(stream))
		if err != nil {
			continue // no compressed stream
		}
		b, _ := io.ReadAll(z) // what stands behind the stream is not compressed
		out = append(out, b...)
	}
	return out
}

func utf16Of(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return b
}

func TestThePaperDrawsALineThroughAStruckEntryAndSaysWhoAndWhy(t *testing.T) {
	scene := exportScene(t)
	for i := range scene.Entries {
		if l := &scene.Entries[i]; l.Struck {
			text := drawn(t, scene)
			for _, want := range []string{"STRUCKONCE", "RESTORED", "STRUCKAGAIN", "güzgüdə", "зеркале", "2/14"} {
				if !bytes.Contains(text, utf16Of(want)) {
					t.Errorf("the paper does not say %q", want)
				}
			}
			lines := bytes.Count(text, []byte(" re f"))
			l.Struck = false
			if without := bytes.Count(drawn(t, scene), []byte(" re f")); without >= lines {
				t.Errorf("no line is drawn through it: %d filled boxes with, %d without", lines, without)
			}
			return
		}
	}
	t.Fatal("the scene has no struck entry")
}

func TestEntryIsMarkedInTheRecording(t *testing.T) {
	for _, l := range exportScene(t).Entries {
		if strings.HasPrefix(l.Text, "Məni iş") && (l.Mark == nil || *l.Mark != Mark{"recordings/0001.webm", 41000}) {
			t.Errorf("mark: %+v", l.Mark)
		}
	}
	d := exportScene(t)
	for name, c := range map[string]struct {
		at   int
		want *Mark
	}{
		"before the first":      {89, nil},
		"at its first moment":   {90, &Mark{"recordings/0001.webm", 0}},
		"at its last":           {284, &Mark{"recordings/0001.webm", 194000}},
		"in the gap":            {286, nil},
		"in the file after it":  {291, &Mark{"recordings/0003.webm", 1000}},
		"when nothing recorded": {600, nil},
	} {
		got := d.mark(moment(time.Date(2026, 11, 22, 6, 0, c.at, 0, time.UTC)))
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	words := locale(t, "en")
	p := &paper{speech: speech{words: words}}
	if got := p.note(Line{Entry: Entry{Kind: "answer"}, Mark: &Mark{"recordings/0004.webm", 83000}}); got != "0:01:23 in 0004.webm" {
		t.Errorf("%q", got)
	}
	for written, want := range map[string]bool{"2026-11-22T12:00:00.120Z": false, "2026-11-22T12:00:09.000Z": true, "": false} {
		if got := p.note(Line{Entry: Entry{Kind: "answer", By: "court_clerk", At: "2026-11-22T12:00:00.000Z", WrittenAt: written}}); (got != "") != want {
			t.Errorf("written at %q: the paper says %q", written, got)
		}
	}
}

func TestOptionalPartsOfALabelFallAway(t *testing.T) {
	for text, want := range map[string]string{
		"Opened.[ Reason: {reason}.]":   "Opened. Reason: late.",
		"Opened.[ Reason: {other}.]":    "Opened.",
		"{a}[, {b}] end":                "– end",
		"Reason: {stop}.":               "Reason: done.",
		"page {page} of {pages}, {two}": "page 1 of {pages}, –",
	} {
		got := fill(text, map[string]string{"reason": "late", "stop": "done.", "page": "1", "pages": "{pages}"})
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestEveryWordOfThePaperIsInEachLocale(t *testing.T) {
	key := regexp.MustCompile(`say\("(pdf\.[a-z0-9_.]+)"\)|(?:fact|section)\("(pdf\.[a-z0-9_.]+)"`)
	for _, file := range []string{"pdf.go", "pdfentries.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := key.FindAllSubmatch(source, -1)
		if len(found) < 5 {
			t.Fatalf("%s: the keys are not found", file)
		}
		for _, m := range found {
			name := string(m[1]) + string(m[2])
			for _, lang := range []string{"az", "en", "ru"} {
				if locale(t, lang)(name, nil) == "" {
					t.Errorf("%s lacks %s", lang, name)
				}
			}
		}
	}
}

func TestPaperHoldsNoPathAndNoClock(t *testing.T) {
	b := render(t, exportScene(t), "en")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, no := range [][]byte{[]byte(here), []byte(os.TempDir()), []byte("FPDF"), []byte(time.Now().UTC().Format("200601021504"))} {
		if bytes.Contains(b, no) {
			t.Errorf("the PDF holds %q", no)
		}
	}
}

// Whatever is typed, the protocol is rendered.
func FuzzAnyTextIsRendered(f *testing.F) {
	for _, s := range []string{"ə ğ ı İ", "\u202eabc", "\U0001F600", "\x00\x01", "a\u0301", strings.Repeat("x", 5000), "العربية", "\xff\xfe", "{pages}", "\r\n\n\n"} {
		f.Add(s)
	}
	words := locale(f, "az")
	f.Fuzz(func(t *testing.T, s string) {
		d := empty(t)
		d.CaseNo, d.Pseudonym = s, s
		d.Entries = []Line{{Entry: Entry{Index: 1, Kind: "note", Text: s}}}
		if err := RenderPDF(io.Discard, d, "az", words); err != nil {
			t.Fatal(err)
		}
	})
}

func TestLongHearingIsRenderedInSeconds(t *testing.T) {
	d := exportScene(t)
	line := d.Entries[len(d.Entries)/2]
	for range 3000 {
		d.Entries = append(d.Entries, line)
	}
	long := line
	long.Text = strings.Repeat("Şahid dedi ki, qapı bağlı idi. ", 8000) // 256 KiB
	d.Entries = append(d.Entries, long)
	start := time.Now()
	b := render(t, d, "az")
	t.Logf("%d entries: %d KiB in %v", len(d.Entries), len(b)>>10, time.Since(start))
	if took := time.Since(start); took > 60*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestVoicesStrengthsAndTheSwornSpeakerAreSaidInWords(t *testing.T) {
	for lang, want := range map[string][]string{
		"en": {"masked voice (strong)", "masked voice", "synthetic voice (gentle)"},
		"az": {"dəyişdirilmiş səs (güclü)", "dəyişdirilmiş səs", "süni səs (yüngül)"},
		"ru": {"изменённый голос (сильно)", "изменённый голос", "синтетический голос (слабо)"},
	} {
		s := speech{words: locale(t, lang), pseudonym: "Lalə"}
		got := []string{s.voice("neutral", "strong"), s.voice("neutral", ""), s.voice("synthetic", "gentle")}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q", lang, got)
		}
		label := s.recorded("witness/blob+neutral+strong")
		if want := "Lalə: " + s.code("picture", "blob") + ", " + want[0]; label != want {
			t.Errorf("%s: a recording is named %q, want %q", lang, label, want)
		}
		params := map[string]json.RawMessage{"version": []byte("1"), "key_code": []byte(`"1"`), "respeaker": []byte(`"support_person"`), "respeaker_why": []byte(`"WHY"`)}
		text := s.system(&SystemText{Code: hearing.OrderSigned, Params: params})
		if who := s.code("respeaker", "support_person"); !strings.Contains(text, who) || !strings.Contains(text, "WHY") || strings.Contains(text, "support_person") {
			t.Errorf("%s: %q", lang, text)
		}
	}
}
