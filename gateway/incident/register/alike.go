package register

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Whether two descriptions of a source may mean the same person. It is a suggestion for a person to confirm: the machine never merges.

// alikeFrom is the share of common trigrams (Dice's coefficient) from which two descriptions are suggested as alike.
const alikeFrom = 0.6

// folds are letters that hands write in more than one way: those of the Azerbaijani alphabet without their marks, and dotless and dotted i as one.
var folds = strings.NewReplacer("İ", "i", "I", "i", "ı", "i", "ə", "e", "Ə", "e", "ğ", "g", "Ğ", "g", "ö", "o", "Ö", "o", "ü", "u", "Ü", "u", "ş", "s", "Ş", "s", "ç", "c", "Ç", "c")

// folded is a description as it is compared: small letters without marks, words in alphabetical order, nothing else.
func folded(text string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(folds.Replace(norm.NFC.String(text))) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteByte(' ')
		}
	}
	words := strings.Fields(b.String())
	slices.Sort(words)
	return strings.Join(words, " ")
}

// alike says whether two folded descriptions are near enough to be suggested.
func alike(a, b string) bool {
	if len([]rune(a)) < 3 || len([]rune(b)) < 3 {
		return false
	}
	if a == b {
		return true
	}
	x, y := trigrams(a), trigrams(b)
	common := 0
	for t := range x {
		if y[t] {
			common++
		}
	}
	return 2*float64(common) >= alikeFrom*float64(len(x)+len(y))
}

func trigrams(s string) map[string]bool {
	r := []rune(" " + s + " ")
	all := map[string]bool{}
	for i := 0; i+3 <= len(r); i++ {
		all[string(r[i:i+3])] = true
	}
	return all
}
