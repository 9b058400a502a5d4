package hearing

import (
	"strings"
	"time"
)

// A protected victim is a party too. After her testimony is released she listens, puts questions through the bench and
// remarks, in writing and under the pseudonym. Nothing here touches what flows: her picture and voice stay where they are.

// KindRemark is the kind of entry that she alone writes. It is not among EntryKinds: nobody enters a remark for her.
const KindRemark = "remark"

// maxRemarkRunes bounds what she writes in one piece. The kiosk's box ends there too, so that nothing is cut unseen.
const maxRemarkRunes = 2000

// heard accepts once the testimony is released, while the hearing sits.
func heard(s *State, seat *Seat, now time.Time) error {
	if err := sitting(s, seat, now); err != nil {
		return err
	}
	if s.Testimony.Phase != Released {
		return refuse(CodeWrongPhase, "That can be done after the testimony.")
	}
	return nil
}

// mayAsk: a party asks to put a question whenever the hearing sits, the witness once she has testified.
func mayAsk(s *State, seat *Seat, now time.Time) error {
	if isW(seat.Role) {
		return heard(s, seat, now)
	}
	return sitting(s, seat, now)
}

// questionRequest asks the bench to put a question. A party may ask without a text and put the question itself when it is called; the
// witness does not speak after her testimony, so hers must say it, and whole.
func (c *call) questionRequest() error {
	if !isW(c.seat.Role) {
		return c.request(QuestionRequested)
	}
	text, _, err := c.hers(false)
	if err != nil {
		return err
	}
	id := c.nextRequest()
	c.emit(QuestionRequested, RequestPayload{ID: id, Seat: c.seat.ID, Role: c.seat.Role, Text: text})
	c.result = Result{"request": id}
	return nil
}

// remarkAdd enters her remark with the time at which she sent it.
func (c *call) remarkAdd() error {
	text, lang, err := c.hers(true)
	if err != nil {
		return err
	}
	at := c.pressed()
	c.emit(EntryAdded, EntryAddedPayload{ID: sequence("e", c.s.EntrySeq+1), Kind: KindRemark, Text: text, Speaker: "witness", Lang: lang,
		By: c.seat.Role, At: &at})
	return nil
}

// hers reads what the witness wrote.
func (c *call) hers(withLang bool) (text, lang string, err error) {
	var a struct {
		Text string `json:"text"`
		Lang string `json:"lang"`
	}
	if err := c.args(&a); err != nil {
		return "", "", err
	}
	text = strings.TrimSpace(a.Text)
	switch {
	case text == "" || len([]rune(text)) > maxRemarkRunes:
		return "", "", refuse(CodeBadArgument, "Write the words, and not more than 2000 letters at once.")
	case a.Lang != "" && (!withLang || !languageTag.MatchString(a.Lang)):
		return "", "", refuse(CodeBadArgument, "The language cannot be read.")
	}
	return text, a.Lang, nil
}
