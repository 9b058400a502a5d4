package account

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"parda/signaling"
)

var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{2,63}$`)

// readLogin takes a login as a hand writes it. It is ASCII, so that no two look alike.
func readLogin(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if !loginForm.MatchString(s) {
		return "", signaling.Refuse("login_bad", "A login has 3 to 64 of the letters a to z, digits, and . _ - @", nil)
	}
	return s, nil
}

// readName takes a person's name: what can be printed, 2 to 120 characters, no line breaks, and nothing that turns the direction of writing round (a name
// must not read as another one).
func readName(s string) (string, error) {
	s, ok := printable(s, 2, 120)
	if !ok {
		return "", signaling.Refuse("name_bad", "A name has 2 to 120 characters that can be printed.", nil)
	}
	return s, nil
}

// readLabel takes the owner's own word for a device.
func readLabel(s string) (string, error) {
	s, ok := printable(s, 1, 60)
	if !ok {
		return "", signaling.Refuse("label_bad", "Give this device a word of your own, of at most 60 characters.", nil)
	}
	return s, nil
}

func printable(s string, least, most int) (string, bool) {
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n < least || n > most || !utf8.ValidString(s) {
		return "", false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) { // letters, marks, digits, punctuation, symbols and the ASCII space
			return "", false
		}
	}
	return s, true
}

// Bounds of a password, in characters: the upper one keeps the hash's input small.
const passwordLeast, passwordMost = 12, 256

// readPassword brings a password into the one form that is hashed (RFC 8265, section 4.2, OpaqueString), so that an "ə" or "ö" typed on another
// system is the same.
func readPassword(s string) (string, error) {
	if len(s) > 4*passwordMost || !utf8.ValidString(s) {
		return "", weak()
	}
	s, err := precis.OpaqueString.String(s)
	if n := utf8.RuneCountInString(s); err != nil || n < passwordLeast || n > passwordMost {
		return "", weak()
	}
	return s, nil
}

func weak() error {
	return signaling.Refuse("password_weak", "A password has 12 to 256 characters. Several words are good.", nil)
}

// newPassword is readPassword for a password that is being chosen: NIST SP 800-63B-4, section 3.1.1.2, asks for length and for a look at the commonly
// used, and for no rules of composition.
func newPassword(s string, own ...string) (string, error) {
	s, err := readPassword(s)
	if err != nil {
		return "", err
	}
	if common(s, own...) {
		return "", signaling.Refuse("password_common", "This password is easy to guess. Choose another one.", nil)
	}
	return s, nil
}

// common says whether a password is of the kind that is tried first: one of the list, the person's own name or login, few different characters, or a run along
// the alphabet or the keyboard.
func common(s string, own ...string) bool {
	plain := letters(s)
	for _, o := range own {
		for _, word := range append(strings.Fields(o), o) {
			if w := letters(word); utf8.RuneCountInString(w) >= 4 && strings.Contains(plain, w) && utf8.RuneCountInString(plain)-utf8.RuneCountInString(w) < 8 {
				return true
			}
		}
	}
	different := map[rune]bool{}
	for _, r := range plain {
		different[r] = true
	}
	if len(different) < 5 {
		return true
	}
	bare := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, plain)
	for _, word := range commonWords {
		if plain == word || strings.ReplaceAll(plain, word, "") == "" || bare == word || strings.ReplaceAll(bare, word, "") == "" {
			return true
		}
	}
	for _, run := range runs {
		if strings.Contains(run+run, plain) || strings.Contains(turned(run+run), plain) {
			return true
		}
	}
	return false
}

// letters takes a text down to its letters and digits, in lower case.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

func turned(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

var runs = []string{"1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qüertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "йцукенгшщзхъфывапролджэячсмитьбю", "абвгдежзийклмнопрстуфхцчшщъыьэюя"}

// commonWords are taken as whole passwords, repeated, or with digits beside them. The list is short on purpose: the second factor and the slowness of
// guessing carry the rest.
var commonWords = strings.Fields(`
	password passwort parol parolum parolparol şifrə sifre şifre пароль passw0rd p4ssword letmein letmeinplease welcome welcometo xoşgəldin xosgeldin
	changeme changemeplease changemenow administrator admin adminadmin root rootroot default defaultpassword secret secretpassword mysecretpassword
	iloveyou iloveyouso sənisevirəm seniseviyorum qwerty qwertyqwerty qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm abcdef trustno monkey dragon football
	superman batman master masterpassword login loginlogin test testtest testing password1 azerbaijan azerbaycan azərbaycan bakı baku gence gəncə
	naxçıvan şəki lənkəran qarabağ qarabag məhkəmə mehkeme court courtroom judge hakim prosecutor prokuror parda pərdə pardaparda justice ədalət edalet
	correcthorsebatterystaple cavanşir salam salamsalam salaməleyküm necəsən google facebook whatsapp instagram telegram`)
