package hearing

import (
	"regexp"
	"slices"
	"time"
)

// callable holds what must be true before a witness is live (DESIGN.md, Phases; I9).
func callable(s *State, seat *Seat, now time.Time) error {
	if s.Phase != Open {
		return refuse(CodeWrongPhase, "The hearing is not open.")
	}
	if s.InEmergency() {
		return refuse(CodeWrongPhase, "An emergency stands: end it first.")
	}
	if err := ordered(s, seat, now); err != nil {
		return err
	}
	if !s.Testimony.Identity {
		return refuse(CodeIdentityNotVerified, "Enter first how the court verified who the witness is.")
	}
	if s.Testimony.Consent == nil || len(s.FaceFound) > 0 {
		return refuse(CodeConsentMissing, "The witness has not seen and accepted what the court will get.")
	}
	if !s.Facts.StationUp {
		return refuse(CodeStationMissing, "The station in the shielded room is not connected.")
	}
	return s.defenceHeard()
}

// defenceHeard holds that the defence can put questions: some seat of it is admitted, and none that is admitted is muted. A seat
// that nobody has taken does not hinder: counsel may stand in the courtroom.
func (s *State) defenceHeard() error {
	seats := s.SeatsOf(DefenceCounsel)
	admitted := 0
	for _, d := range seats {
		if !d.Admitted {
			continue
		}
		if admitted++; d.Muted {
			return refuse(CodeDefenceAbsent, "Defence counsel is muted and could not put questions.")
		}
	}
	if len(seats) > 0 && admitted == 0 {
		return refuse(CodeDefenceAbsent, "Defence counsel was removed and could not put questions.")
	}
	return nil
}

// defenceLost says whether the link of an admitted defence seat is broken now.
func (s *State) defenceLost() bool {
	for _, d := range s.SeatsOf(DefenceCounsel) {
		if d.Admitted && d.LinkLost {
			return true
		}
	}
	return false
}

// stoppable: a person who protects may stop whatever could go on to be seen; a party asks while testimony is live. The bench has the room wait before anything began as well:
// who sits beside her threatens her then too, and what it answers to a sign of duress must be what it may do without one.
func stoppable(s *State, seat *Seat, _ time.Time) error {
	phases := []TestimonyPhase{Rehearsal, Ready, Live, Paused}
	switch {
	case !seat.Stops():
		phases = []TestimonyPhase{Live}
	case seat.Role.Bench():
		phases = append(phases, Waiting)
	}
	if s.Phase == Concluded || !in(s.Testimony.Phase, phases...) {
		return refuse(CodeWrongPhase, "There is no testimony to pause.")
	}
	return nil
}

func (c *call) rehearse() error {
	if err := c.args(&struct{}{}); err != nil {
		return err
	}
	c.emit(TestimonyRehearsal, EmptyPayload{})
	return nil
}

func (c *call) callWitness() error {
	var a struct {
		Reason  string `json:"reason"`
		Confirm bool   `json:"confirm"`
		Without bool   `json:"without_certificate"` // of the room officer: see PassesOverRoom
	}
	if err := c.args(&a); err != nil {
		return err
	}
	if c.s.defenceLost() && (blank(a.Reason) || !a.Confirm) {
		return refuse(CodeDefenceAbsent, "The link of defence counsel is broken: say why testimony can go on, and confirm.")
	}
	uncertified := c.s.RoomWhy(c.now) != ""
	switch {
	case uncertified && (!a.Without || c.s.Testimony.Room.Must != ""): // after an emergency, or in a room that was to be cleared, nobody's ruling stands for the officer's word
		return refuse(CodeRoomNotCertified, "The room officer has not certified the shielded room since the last change.")
	case uncertified && blank(a.Reason): // an absent officer must not stop a court, nor be passed over in silence
		return refuse(CodeReasonRequired, "To go on without the room officer's certificate is a ruling: give its reason.")
	case uncertified && !a.Confirm:
		return refuse(CodeConfirmRequired, "To go on without the room officer's certificate weakens what protects the witness: confirm it.")
	}
	c.emit(TestimonyLive, TestimonyLivePayload{Resumed: c.s.Testimony.WasLive, Reason: cut(a.Reason, maxReasonRunes), Uncertified: uncertified})
	return nil
}

// pause never fails over an argument: who stops a testimony must not be asked to spell.
func (c *call) pause() error {
	var a struct {
		Why  string `json:"why"`
		Text string `json:"text"`
	}
	c.argsLoosely(&a)
	if !c.seat.Stops() {
		c.emit(PauseRequested, RequestPayload{ID: c.nextRequest(), Seat: c.seat.ID, Role: c.seat.Role, Text: cut(a.Text, maxReasonRunes)})
		return nil
	}
	why := a.Why
	if !in(why, "break", "support", "interpreter", "judge", "flag", "afraid") {
		why = map[Role]string{ProtectedWitness: "break", SupportPerson: "support", LegalRepresentative: "support", Interpreter: "interpreter"}[c.seat.Role]
	}
	if why == "" {
		why = pauseJudge
	}
	discreet := ""
	if c.seat.Role.Bench() && in(a.Why, PauseTechnical, PauseClearRoom) {
		if why = PauseTechnical; a.Why == PauseClearRoom {
			why, discreet = pauseJudge, PauseClearRoom
		}
	}
	if why == "afraid" { // that she is afraid is for the bench: the dock must not learn that it works
		why, discreet = "break", "afraid"
	}
	c.stop(why, discreet)
	return nil
}

// stop takes the testimony to a phase in which nothing of it flows, whatever it was. Nothing is entered where it stands so
// already, by the same person and for the same cause.
func (c *call) stop(why, discreet string) {
	t := c.s.Testimony
	switch t.Phase {
	case Waiting:
		if c.seat.Role.Bench() && !(t.PauseCode == why && t.Discreet == discreet) {
			c.emit(TestimonyInterrupted, TestimonyInterruptedPayload{Why: why, From: Waiting, To: Waiting, Discreet: discreet})
		}
	case Rehearsal:
		c.emit(TestimonyInterrupted, TestimonyInterruptedPayload{Why: why, From: Rehearsal, To: Waiting, Discreet: discreet})
	case Ready, Live, Paused:
		if t.Phase == Paused && t.PausedBy == c.seat.Role && t.PauseCode == why && t.Discreet == discreet {
			return
		}
		c.emit(TestimonyPaused, TestimonyPausedPayload{By: c.seat.Role, Why: why, Discreet: discreet})
	}
}

func (c *call) release() error {
	if err := c.args(&struct{}{}); err != nil {
		return err
	}
	c.emit(TestimonyReleased, EmptyPayload{})
	return nil
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$`) // the shape of BCP 47

func (c *call) consent() error {
	var a ConsentPayload
	if err := c.args(&a); err != nil {
		return err
	}
	if !languageTag.MatchString(a.Language) {
		return refuse(CodeBadArgument, "Consent needs the language in which it was asked.")
	}
	c.emit(ConsentGiven, a)
	c.emit(TestimonyReady, EmptyPayload{})
	return nil
}

func (c *call) refuse() error {
	c.emit(ConsentRefused, EmptyPayload{})
	return nil
}

func (c *call) afraid() error {
	c.raise(FlagDetail{}, true)
	if c.s.Phase != Concluded {
		c.stop("break", "afraid")
	}
	return nil
}

func (c *call) tighten() error {
	var a struct {
		Picture *string `json:"picture"`
		Voice   *string `json:"voice"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	wish := c.s.Testimony.Tightened
	if a.Picture != nil {
		wish.Picture = *a.Picture
	}
	if a.Voice != nil {
		wish.Voice = *a.Voice
	}
	if !in(wish.Picture, "", PictureBlob, PictureCard) || !in(wish.Voice, "", VoiceSilence) {
		return refuse(CodeBadArgument, "The witness can ask for the plain figure, for the card and for silence.")
	}
	wish.AsOrdered = wish.Picture == "" && wish.Voice == ""
	if had := c.s.Testimony.Tightened; wish.Picture != had.Picture || wish.Voice != had.Voice {
		c.emit(WitnessTightened, wish)
	}
	return nil
}

// A notice is a code, so that no word of the shielded room can stand in one.
var noticeCode = regexp.MustCompile(`^[a-z]{1,24}(_[a-z]{1,24}){0,3}$`)

const maxNotices = 8

func (c *call) maskStatus() error {
	var a MaskStatusPayload
	if err := c.args(&a); err != nil {
		return err
	}
	codes := !slices.ContainsFunc(a.Notices, func(n string) bool { return !noticeCode.MatchString(n) }) && (a.Notice == "" || noticeCode.MatchString(a.Notice))
	likeness := in(a.person().Voice, "", "same", "unsure", "different") && in(a.person().Face, "", "same", "unsure", "different")
	if !likeness || !in(a.Picture, "ok", "neutral", "card") || !in(a.Voice, "ok", "silence") || len(a.Notices) > maxNotices || !codes {
		return refuse(CodeBadArgument, "There is no such state of the masks.")
	}
	if c.s.Testimony.Mask == nil || !c.s.Testimony.Mask.same(a) {
		c.emit(MaskStatus, a)
	}
	return nil
}
