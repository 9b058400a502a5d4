package identity

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"
	"unicode"
)

// Bounds of a court's own scheme.
const (
	minRoom      = 2000    // pseudonyms that a scheme must be able to give: less would soon run out, and what is left would tell the order
	maxRoom      = 1 << 22 // of a pattern: all of them are looked at once
	minRunes     = 3
	maxRunes     = 24
	drawsAtOnce  = 4000 // words drawn for one pseudonym before a scheme counts as exhausted
	tooAlike     = 2    // pseudonyms of one court differ in at least so many letters, so that one misheard letter names nobody else
	maxSchemeLen = 1 << 20
)

// Scheme is how a court's pseudonyms are made: a list of words, or patterns of sets of syllables or letters. It is data (scheme.json is the one that
// parda brings). Draw takes no argument that says anything of a person: a pseudonym is not derived from anything, so that it tells nothing.
type Scheme struct {
	Note     string              `json:"note,omitempty"`
	Words    []string            `json:"words,omitempty"`    // either these
	Sets     map[string][]string `json:"sets,omitempty"`     // or patterns, each a row of names of sets
	Patterns [][]string          `json:"patterns,omitempty"` //
	Deny     []string            `json:"deny,omitempty"`     // what may stand nowhere in a word: parts of names, words that hurt
	DenyEnd  []string            `json:"deny_end,omitempty"` // what may not be its end: the grammar's endings
	room     int
	sizes    []int           // of the patterns
	denied   map[string]bool // Deny, folded
	longest  int             // of them
	endings  []string        // DenyEnd, folded
}

//go:embed scheme.json
var ownScheme []byte

// DefaultScheme is the one for a court that sets none: words of three syllables without meaning. That all its words hold is looked at by the tests.
var DefaultScheme = sync.OnceValues(func() (*Scheme, error) { return parseScheme(ownScheme) })

// ReadScheme reads a scheme and looks at every word that it can give: letters and length, no two alike, room enough. A scheme that fails is
// refused whole.
func ReadScheme(file []byte) (*Scheme, error) {
	s, err := parseScheme(file)
	if err != nil {
		return nil, err
	}
	if _, err := s.checkWords(); err != nil {
		return nil, err
	}
	return s, nil
}

func parseScheme(file []byte) (*Scheme, error) {
	if len(file) > maxSchemeLen {
		return nil, errors.New("identity: the scheme of pseudonyms is too long")
	}
	d := json.NewDecoder(bytes.NewReader(file))
	d.DisallowUnknownFields()
	s := &Scheme{}
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("identity: the scheme of pseudonyms: %w", err)
	}
	if (len(s.Words) == 0) == (len(s.Patterns) == 0) {
		return nil, errors.New("identity: a scheme of pseudonyms is either words or patterns")
	}
	s.room = len(s.Words)
	for i, p := range s.Patterns {
		n, err := s.sizeOf(p)
		if err != nil {
			return nil, fmt.Errorf("identity: pattern %d: %w", i+1, err)
		}
		s.sizes = append(s.sizes, n)
		if s.room += n; s.room > maxRoom {
			return nil, fmt.Errorf("identity: the patterns give more than %d words", maxRoom)
		}
	}
	s.denied = map[string]bool{}
	for _, d := range s.Deny {
		d = Fold(d)
		s.denied[d], s.longest = true, max(s.longest, len(d))
	}
	for _, d := range s.DenyEnd {
		s.endings = append(s.endings, Fold(d))
	}
	return s, nil
}

func (s *Scheme) sizeOf(pattern []string) (int, error) {
	n := 1
	for _, name := range pattern {
		set := s.Sets[name]
		if len(set) == 0 {
			return 0, fmt.Errorf("there is no set %q", name)
		}
		if n *= len(set); n > maxRoom {
			return 0, fmt.Errorf("more than %d words", maxRoom)
		}
	}
	if len(pattern) == 0 {
		return 0, errors.New("it is empty")
	}
	return n, nil
}

// checkWords looks at every word, and says how many the scheme gives.
func (s *Scheme) checkWords() (int, error) {
	seen := make(map[string]bool, s.room/2)
	for n := range s.room {
		w := s.word(n)
		if !s.screened(w) {
			continue
		}
		if err := printable(w); err != nil {
			return 0, fmt.Errorf("identity: the pseudonym %q: %w", w, err)
		}
		f := Fold(w)
		if seen[f] {
			return 0, fmt.Errorf("identity: the scheme gives the pseudonym %q twice", w)
		}
		seen[f] = true
	}
	if len(seen) < minRoom {
		return 0, fmt.Errorf("identity: the scheme gives %d pseudonyms; a court needs %d at least", len(seen), minRoom)
	}
	return len(seen), nil
}

// printable holds to letters of the Azerbaijani alphabet and single blanks or hyphens between them: what can be said aloud, typed and printed. Digits
// are out: they would be read as an order of appearance.
func printable(w string) error {
	r := []rune(w)
	if len(r) < minRunes || len(r) > maxRunes {
		return fmt.Errorf("it has %d letters, not %d to %d", len(r), minRunes, maxRunes)
	}
	for i, c := range r {
		switch {
		case strings.ContainsRune("abcçdeəfgğhxıijkqlmnoöprsştuüvyz", unicode.AzeriCase.ToLower(c)):
		case (c == ' ' || c == '-') && i > 0 && i < len(r)-1 && r[i-1] != ' ' && r[i-1] != '-':
		default:
			return fmt.Errorf("%q is no letter of the Azerbaijani alphabet", c)
		}
	}
	return nil
}

// word is the n-th that the scheme can give, with a capital first letter.
func (s *Scheme) word(n int) string {
	if len(s.Words) > 0 {
		return strings.TrimSpace(s.Words[n])
	}
	for i, p := range s.Patterns {
		if n >= s.sizes[i] {
			n -= s.sizes[i]
			continue
		}
		var b strings.Builder
		for _, name := range p {
			set := s.Sets[name]
			b.WriteString(set[n%len(set)])
			n /= len(set)
		}
		r := []rune(b.String())
		return string(unicode.AzeriCase.ToUpper(r[0])) + string(r[1:])
	}
	return ""
}

// screened says whether a word may be given: nothing of the deny-list in it, and not one and the same vowel throughout, which is what given names that fit
// the patterns by chance mostly have. A court's list of words is its own affair but for the deny-list.
func (s *Scheme) screened(w string) bool {
	f := Fold(w)
	for i := range f {
		for j := i + 1; j <= len(f) && j-i <= s.longest; j++ {
			if s.denied[f[i:j]] {
				return false
			}
		}
	}
	for _, d := range s.endings {
		if strings.HasSuffix(f, d) {
			return false
		}
	}
	return len(s.Words) > 0 || !oneVowel(f)
}

func oneVowel(folded string) bool {
	vowels := map[rune]bool{}
	for _, c := range folded {
		if strings.ContainsRune("aeiou", c) {
			vowels[c] = true
		}
	}
	return len(vowels) < 2
}

// Draw gives a pseudonym that is not too like one of those that were ever given in the court. Every word of the scheme is as likely as any
// other. random is crypto/rand.Reader outside of tests. The error is pseudonym_exhausted.
func (s *Scheme) Draw(random io.Reader, given []string) (string, error) {
	taken := make([][]rune, len(given))
	for i, g := range given {
		taken[i] = []rune(Fold(g))
	}
	for range drawsAtOnce {
		n, err := rand.Int(random, big.NewInt(int64(s.room)))
		if err != nil {
			return "", err
		}
		w := s.word(int(n.Int64()))
		if s.screened(w) && !s.alike(w, taken) {
			return w, nil
		}
	}
	return "", refuse("pseudonym_exhausted", "The court's scheme gives no pseudonym that is not in use or too like one.")
}

func (s *Scheme) alike(w string, taken [][]rune) bool {
	far := tooAlike
	if len(s.Words) > 0 {
		far = 1 // a court's own list is as it is: only no word twice
	}
	r := []rune(Fold(w))
	for _, t := range taken {
		if within(r, t, far-1) {
			return true
		}
	}
	return false
}

// Fold brings pseudonyms that would be read or heard as the same to one spelling: case (the Azerbaijani one), blanks and hyphens, and the letters that
// differ by a dot or a tail only.
func Fold(w string) string {
	w = strings.ToLowerSpecial(unicode.AzeriCase, w)
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-':
			return -1
		case 'ı':
			return 'i'
		case 'ə':
			return 'e'
		case 'ö':
			return 'o'
		case 'ü':
			return 'u'
		case 'ç':
			return 'c'
		case 'ş':
			return 's'
		case 'ğ':
			return 'g'
		}
		return r
	}, w)
}

// within says whether two words are at most d insertions, deletions or changes of a letter apart (Levenshtein); d is 0 or 1.
func within(a, b []rune, d int) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > d {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if i == len(b) {
		return true
	}
	if d == 0 {
		return false
	}
	if len(a) == len(b) {
		return string(a[i+1:]) == string(b[i+1:])
	}
	return string(a[i:]) == string(b[i+1:])
}
