package identity

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
)

func defaultScheme(t *testing.T) *Scheme {
	t.Helper()
	s, err := DefaultScheme()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The room is counted, not reckoned: every word that the scheme can give is looked at.
func TestPseudonymsHaveSeventeenBitsAndNoTwoAreSpelledAlike(t *testing.T) {
	s := defaultScheme(t)
	different, err := s.checkWords() // looks at every word
	if err != nil {
		t.Fatal(err)
	}
	if bits := math.Log2(float64(different)); bits < 17 {
		t.Errorf("%d pseudonyms, %.2f bits", different, bits)
	} else {
		t.Logf("%d pseudonyms, %.2f bits", different, bits)
	}
}

// A word of the scheme: consonant and vowel three times and a consonant, so that it can be said; one vowel harmony; all of one form, so that the form tells
// nothing of gender, origin or order.
func TestPseudonymsArePronounceableAndOfOneForm(t *testing.T) {
	s := defaultScheme(t)
	shape := regexp.MustCompile(`^[BDGKLMNPRSTVYZ]([aou][bdgklmnprstvyz]){3}$|^[BDGKLMNPRSTVYZ]e[bdgklmnprstvyz]([eöü][bdgklmnprstvyz]){2}$`)
	for range 1000 {
		w, err := s.Draw(rand.Reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !shape.MatchString(w) || len([]rune(w)) != 7 {
			t.Fatalf("%q is not of the form", w)
		}
		if printable(w) != nil {
			t.Fatalf("%q cannot be printed", w)
		}
	}
}

// Names and words that fit the patterns by chance do not come out. These were not used to write the deny-list alone: they are what a reader of Azerbaijani,
// Russian and Turkish named when asked for words of this shape.
func TestNamesAndWordsThatFitThePatternDoNotComeOut(t *testing.T) {
	s := defaultScheme(t)
	for _, w := range []string{"Ramazan", "Salavat", "Solomon", "Ramadan", "Kazanas", "Muradov", "Rusalat", "Tamaran", "Maradon", "Katalan", "Vurulan", "Dolular", "Sulatan",
		"Kuladar", "Lalazar", "Gülenöz", "Seleman", "Benevüs", "Yaralan", "Satalan", "Kölesüz", "Ölümsüz"} {
		if s.screened(w) {
			t.Errorf("%s would be given", w)
		}
	}
	if !s.screened("Zanopum") || !s.screened("Bepövön") {
		t.Error("the screen lets nothing through: the test above proves nothing")
	}
}

func TestAPseudonymIsNeverGivenTwiceNorOneLetterApart(t *testing.T) {
	s := defaultScheme(t)
	var given []string
	for range 150 {
		w, err := s.Draw(rand.Reader, given)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range given {
			if within([]rune(Fold(w)), []rune(Fold(g)), 1) {
				t.Fatalf("%s after %s", w, g)
			}
		}
		given = append(given, w)
	}
	for _, c := range []struct {
		a, b string
		near bool
	}{{"zanomum", "zanomum", true}, {"zanomum", "zanomun", true}, {"zanomum", "zanmum", true}, {"zanomum", "anomum", true}, {"zanomum", "zanumun", false}, {"", "a", true}, {"", "ab", false}} {
		if within([]rune(c.a), []rune(c.b), 1) != c.near || within([]rune(c.b), []rune(c.a), 1) != c.near {
			t.Errorf("%s and %s", c.a, c.b)
		}
	}
}

// fixed gives bytes that a test chooses.
type fixed struct{ n byte }

func (f *fixed) Read(b []byte) (int, error) {
	for i := range b {
		f.n += 37
		b[i] = f.n
	}
	return len(b), nil
}

// The same randomness gives the same word whatever the court and the person: nothing else goes in. And every word is as likely as another: over all
// indices each is drawn from exactly one.
func TestAPseudonymComesFromRandomnessAlone(t *testing.T) {
	s := defaultScheme(t)
	a, err := s.Draw(&fixed{}, nil)
	b, err2 := s.Draw(&fixed{}, nil)
	if err != nil || err2 != nil || a != b {
		t.Fatal(a, b, err, err2)
	}
	if c, _ := s.Draw(&fixed{n: 5}, nil); c == a {
		t.Error("other randomness, the same word")
	}
	small, err := parseScheme([]byte(`{"sets":{"a":["ba","da","ga"],"b":["do","go"],"c":["k","l","m","n"]},"patterns":[["a","b","c"],["b","a","c"]]}`))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for n := range small.room {
		if w := small.word(n); seen[w] {
			t.Fatalf("%s has two indices: it is twice as likely", w)
		} else {
			seen[w] = true
		}
	}
	if len(seen) != 48 || small.room != 48 {
		t.Errorf("%d words of %d", len(seen), small.room)
	}
}

func words(n int, f func(i int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%q", f(i))
	}
	return `{"words":[` + strings.Join(all, ",") + `]}`
}

// abc writes a number with letters, so that no two are alike.
func abc(i int) string {
	const letters = "bdfgklmnprstvz"
	return "A" + string([]byte{letters[i%14], 'a', letters[i/14%14], 'o', letters[i/196%14]})
}

func TestACourtsOwnSchemeIsTakenWholeOrNotAtAll(t *testing.T) {
	for _, c := range []struct{ rule, file, refusal string }{
		{"enough different words are taken", words(2100, abc), ""},
		{"too little room is refused", words(1999, abc), "needs"},
		{"a word twice is refused", words(2744, func(i int) string { return abc(min(i, 2742)) }), "twice"},
		{"two spellings that are read alike are refused", words(2744, func(i int) string {
			if i == 2743 {
				return strings.ToUpper(abc(0))
			}
			return abc(i)
		}), "twice"},
		{"digits tell an order", words(2100, func(i int) string { return abc(i) + "1" }), "no letter"},
		{"another script is refused", words(2100, func(i int) string { return abc(i) + "ж" }), "no letter"},
		{"what is too short to say is refused", words(2100, func(i int) string { return abc(i)[:2] }), "letters"},
		{"neither words nor patterns", `{}`, "either"},
		{"both", `{"words":["Abc"],"patterns":[["a"]],"sets":{"a":["b"]}}`, "either"},
		{"an unknown set", `{"patterns":[["a"]]}`, "no set"},
		{"a pattern with doubles", `{"sets":{"a":["ba","b"],"b":["ad","d"],"c":["o"]},"patterns":[["a","b","c"]]}`, "twice"},
		{"more words than can be looked at", `{"sets":{"a":["a","b","d","e"]},"patterns":[["a","a","a","a","a","a","a","a","a","a","a","a"]]}`, "more than"},
		{"an unknown field", `{"wordz":[]}`, "unknown field"},
	} {
		_, err := ReadScheme([]byte(c.file))
		if c.refusal == "" && err != nil || c.refusal != "" && (err == nil || !strings.Contains(err.Error(), c.refusal)) {
			t.Errorf("%s: %v", c.rule, err)
		}
	}
}

func TestASchemeThatRunsOutSaysSo(t *testing.T) {
	s, err := ReadScheme([]byte(words(2100, abc)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Draw(rand.Reader, s.Words); !errors.Is(err, &Error{Code: "pseudonym_exhausted"}) {
		t.Error(err)
	}
}
