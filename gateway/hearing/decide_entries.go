package hearing

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxTextRunes bounds an entry; a longer one is refused, never cut. As JSON it stays well under the wire's 256 KiB.
const maxTextRunes = 20_000

// exhibitNumber is what can stand on an exhibit: as the case file counts it, such as 3, 3a, 2/14 or II-5.
var exhibitNumber = regexp.MustCompile(`^[\p{L}\p{Nd}](?:[\p{L}\p{Nd}./-]{0,18}[\p{L}\p{Nd}])?$`)

// EntryKinds returns the kinds of entry that a person can add.
func EntryKinds() []string {
	return []string{"question", "answer", "statement", "ruling", "objection", "exhibit", "undertaking", "break", "note", "incident"}
}

type newEntry struct {
	Kind        string       `json:"kind"`
	Text        string       `json:"text"`
	Speaker     string       `json:"speaker"`
	Lang        string       `json:"lang"`
	Interpreted *Interpreted `json:"interpreted"`
	Number      string       `json:"number"`
	Sealed      string       `json:"sealed"`
}

func (c *call) entryAdd() error {
	var a newEntry
	if err := c.args(&a); err != nil {
		return err
	}
	if a.Speaker == string(ProtectedWitness) {
		a.Speaker = "witness" // shown as the pseudonym
	}
	if a.Kind == "ruling" && a.Speaker == "" { // a ruling names who made it: the writer, or else the presiding judge
		a.Speaker = string(PresidingJudge)
		if c.seat.Role.Bench() {
			a.Speaker = string(c.seat.Role)
		}
	}
	speaker := in(a.Speaker, "", "witness", "accused") || Role(a.Speaker).Known()
	switch {
	case a.Kind == "ruling" && !Role(a.Speaker).Bench():
		return refuse(CodeBadArgument, "A ruling is a judge's: name the judge who made it.")
	case !in(a.Kind, EntryKinds()...) || !speaker || !in(a.Sealed, "", "parties", "bench"):
		return refuse(CodeBadArgument, "The kind, the speaker or the seal of the entry does not exist.")
	case a.Lang != "" && !languageTag.MatchString(a.Lang):
		return refuse(CodeBadArgument, "The language of the entry cannot be read.")
	}
	if err := words(a.Text); err != nil {
		return err
	}
	if err := a.Interpreted.check(); err != nil {
		return err
	}
	number, err := c.exhibit(a.Kind, strings.TrimSpace(a.Number))
	if err != nil {
		return err
	}
	at := c.pressed()
	c.emit(EntryAdded, EntryAddedPayload{ID: sequence("e", c.s.EntrySeq+1), Kind: a.Kind, Text: strings.TrimSpace(a.Text), Speaker: a.Speaker,
		Lang: a.Lang, Interpreted: a.Interpreted.tidy(), Number: number, Sealed: a.Sealed, By: c.seat.Role, At: &at})
	if number != "" {
		c.result = Result{"number": number}
	}
	return nil
}

func words(text string) error {
	if blank(text) || len([]rune(text)) > maxTextRunes {
		return refuse(CodeBadArgument, "An entry needs a text, and not a longer one than a page can hold.")
	}
	return nil
}

// check accepts no rendering, or a whole one. A rendering without its language is none: a reader must know what was rendered into what.
func (r *Interpreted) check() error {
	if r == nil {
		return nil
	}
	if !languageTag.MatchString(r.Lang) {
		return refuse(CodeBadArgument, "The language of the interpreter's rendering cannot be read.")
	}
	return words(r.Text)
}

func (r *Interpreted) tidy() *Interpreted {
	if r == nil {
		return nil
	}
	return &Interpreted{Text: strings.TrimSpace(r.Text), Lang: r.Lang}
}

// exhibit is the number that stands on an exhibit: the one that was asked for, or the next that is free, so that two who write at once never give one number
// twice. Everything else has none.
func (c *call) exhibit(kind, number string) (string, error) {
	switch {
	case kind != "exhibit" && number != "":
		return "", refuse(CodeBadArgument, "Only an exhibit has a number.")
	case kind != "exhibit":
		return "", nil
	case number == "":
		for n := len(c.s.Exhibits) + 1; ; n++ {
			if free := strconv.Itoa(n); !c.s.Exhibits[free] {
				return free, nil
			}
		}
	case !exhibitNumber.MatchString(number):
		return "", refuse(CodeBadArgument, "The number of the exhibit cannot be read.")
	case c.s.Exhibits[number]:
		return "", refuse(CodeNumberTaken, "This number stands on another exhibit. Leave it out for the next free one.")
	}
	return number, nil
}

func written(s *State, _ *Seat, _ time.Time) error {
	if len(s.Entries) == 0 {
		return refuse(CodeWrongPhase, "There is no such entry yet.")
	}
	return nil
}

func struck(s *State, _ *Seat, _ time.Time) error {
	for _, w := range s.Entries {
		if w.Struck {
			return nil
		}
	}
	return refuse(CodeWrongPhase, "No entry is struck out.")
}

// first is the line that stands at the head of a chain of amendments.
func first(w Written, index uint64) uint64 {
	if w.First != 0 {
		return w.First
	}
	return index
}

// line finds what a person wrote, and says whether it is struck: by itself, or with the line that it amends.
func (c *call) line(entry *uint64) (w Written, gone bool, err error) {
	if entry == nil {
		return w, false, refuse(CodeBadArgument, "Name the entry.")
	}
	w, ok := c.s.Entries[*entry]
	if !ok {
		return w, false, refuse(CodeBadArgument, "There is no such entry, or it is not one that a person wrote.")
	}
	return w, w.Struck || c.s.Entries[w.First].Struck, nil
}

// entryAmend writes a new entry beside the old one, sealed as that one is.
func (c *call) entryAmend() error {
	var a struct {
		Entry       *uint64      `json:"entry"`
		Text        string       `json:"text"`
		Interpreted *Interpreted `json:"interpreted"`
		Reason      string       `json:"reason"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	w, gone, err := c.line(a.Entry)
	if err != nil {
		return err
	}
	if gone {
		return refuse(CodeWrongPhase, "This entry is struck out. Restore it first.")
	}
	if err := words(a.Text); err != nil {
		return err
	}
	if err := a.Interpreted.check(); err != nil {
		return err
	}
	at := c.pressed()
	c.emit(EntryAmended, EntryAmendedPayload{ID: sequence("e", c.s.EntrySeq+1), Entry: *a.Entry, Text: strings.TrimSpace(a.Text),
		Interpreted: a.Interpreted.tidy(), Reason: cut(a.Reason, maxReasonRunes), Sealed: w.Sealed, By: c.seat.Role, At: &at})
	return nil
}

func (c *call) entryStrike() error  { return c.mark(EntryStruck, true) }
func (c *call) entryRestore() error { return c.mark(EntryRestored, false) }

// mark strikes a line or restores it, with the reason that stands beside it from then on. A ruling is a judge's and a remark the witness's own: the clerk
// strikes neither.
func (c *call) mark(code Code, strike bool) error {
	var a struct {
		Entry  *uint64 `json:"entry"`
		Reason string  `json:"reason"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	w, _, err := c.line(a.Entry)
	switch {
	case err != nil:
		return err
	case in(w.Kind, KindRemark, "ruling") && !isB(c.seat.Role):
		return refuse(CodeNotAllowed, "A ruling and the witness's own remark are struck and restored by the presiding judge alone.")
	case w.Struck == strike:
		return refuse(CodeWrongPhase, "The entry stands so already.")
	case blank(a.Reason):
		return refuse(CodeReasonRequired, "To strike an entry out, or to restore it, needs a reason.")
	}
	at := c.pressed()
	c.emit(code, EntryMarkedPayload{Entry: *a.Entry, Reason: cut(strings.TrimSpace(a.Reason), maxReasonRunes), Sealed: w.Sealed, By: c.seat.Role, At: &at})
	return nil
}
