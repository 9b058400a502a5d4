package hearing

import (
	"strings"
	"time"
)

// target reads the seat that a command is about, and a reason.
func (c *call) target() (*Seat, string, error) {
	var a struct {
		Seat   string `json:"seat"`
		Reason string `json:"reason"`
	}
	if err := c.args(&a); err != nil {
		return nil, "", err
	}
	seat := c.s.seat(a.Seat)
	if seat == nil {
		return nil, "", refuse(CodeSeatUnknown, "There is no such seat.")
	}
	return seat, cut(strings.TrimSpace(a.Reason), maxReasonRunes), nil
}

func (c *call) floorGive() error {
	var a struct {
		Seat string `json:"seat"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	if a.Seat == c.s.Testimony.Floor {
		return nil
	}
	if a.Seat == "" {
		c.emit(FloorGiven, SeatPayload{})
		return nil
	}
	seat := c.s.seat(a.Seat)
	switch {
	case seat == nil:
		return refuse(CodeSeatUnknown, "There is no such seat.")
	case !seat.Role.CanPublish() || !c.s.Attends(seat.ID):
		return refuse(CodeNotAllowed, "This seat cannot speak now.")
	case c.s.Order != nil && !seat.Role.Bench() && !c.s.Order.Order.May(seat.Role):
		return refuse(CodeNotAllowed, "The order does not let this seat address the witness.")
	}
	c.emit(FloorGiven, SeatPayload{Seat: seat.ID, Role: seat.Role})
	return nil
}

// about reads the seat or the view of the court that a command is about, and a reason.
func (c *call) about() (Target, string, error) {
	var a struct {
		Seat   string `json:"seat"`
		Reason string `json:"reason"`
	}
	if err := c.args(&a); err != nil {
		return Target{}, "", err
	}
	t, ok := c.s.target(a.Seat)
	if !ok {
		return Target{}, "", refuse(CodeSeatUnknown, "There is no such seat.")
	}
	return t, cut(strings.TrimSpace(a.Reason), maxReasonRunes), nil
}

// mutable says whether there is a sound to take: a seat's own microphone, or that of a view of the court.
func (t Target) mutable() bool { return t.View() || t.Role.CanPublish() }

// restricts says whether a restriction of the target restricts a party, the accused or the public: then a ruling is owed.
func (t Target) restricts() bool { return t.View() || t.Role.Party() || t.Role.Passive() }

// debt says whether a restriction owes its ruling, and to whose eyes.
type debt int

const (
	owesNothing  debt = iota
	owes              // the parties see the debt
	owesTheBench      // it comes of a discreet flag: nobody else sees that there is one
)

func (c *call) muted(t Target) bool {
	if t.View() {
		return c.s.Views[t.ID].Muted
	}
	return t.seat.Muted
}

func (c *call) hidden(t Target) bool {
	if t.View() {
		return c.s.Views[t.ID].Hidden
	}
	return t.seat.Hidden
}

// seatMute silences a seat at once. For a party a ruling is owed; for the defence testimony stops (I9).
func (c *call) seatMute() error {
	t, reason, err := c.about()
	if err != nil {
		return err
	}
	return c.mute(t, reason, owes)
}

func (c *call) mute(t Target, reason string, d debt) error {
	if !t.mutable() || t.ID == c.seat.ID {
		return refuse(CodeNotAllowed, "This seat cannot be muted.")
	}
	if c.muted(t) {
		return nil
	}
	c.emit(SeatMuted, SeatPayload{Seat: t.ID, Role: t.Role, Reason: reason})
	if d != owesNothing && t.restricts() {
		c.owe(RulingOwedPayload{About: "mute", Seat: t.ID, Role: t.Role, Discreet: d == owesTheBench})
	}
	if !t.View() && t.Role == DefenceCounsel && c.s.Testimony.Phase == Live {
		c.emit(TestimonyPaused, TestimonyPausedPayload{By: System, Why: "defence_muted"})
	}
	return nil
}

func (c *call) seatUnmute() error {
	t, reason, err := c.about()
	if err == nil && c.muted(t) {
		c.emit(SeatUnmuted, SeatPayload{Seat: t.ID, Role: t.Role, Reason: reason})
	}
	return err
}

// hide takes a picture from everybody but the bench. Sound is what muting is for: who is hidden still puts questions (I9).
func (c *call) hide(t Target, reason string, d debt) {
	if c.hidden(t) {
		return
	}
	c.emit(SeatHidden, SeatPayload{Seat: t.ID, Role: t.Role, Reason: reason})
	if d != owesNothing && t.restricts() {
		c.owe(RulingOwedPayload{About: "hide", Seat: t.ID, Role: t.Role, Discreet: d == owesTheBench})
	}
}

func hiding(s *State, _ *Seat, _ time.Time) error {
	for _, v := range s.Views {
		if v.Hidden {
			return nil
		}
	}
	for _, seat := range s.Seats {
		if seat.Hidden {
			return nil
		}
	}
	return refuse(CodeWrongPhase, "Nobody is hidden.")
}

func (c *call) seatShow() error {
	t, reason, err := c.about()
	if err == nil && c.hidden(t) {
		c.emit(SeatShown, SeatPayload{Seat: t.ID, Role: t.Role, Reason: reason})
	}
	return err
}

// seatTakeStop takes the stop button from anybody but the one who is protected: a threat beside her may stop her testimony again and again (A7). From then on the seat's
// pause is a request, as a party's.
func (c *call) seatTakeStop() error {
	seat, reason, err := c.target()
	switch {
	case err != nil:
		return err
	case seat.Role == ProtectedWitness || !seat.Role.Protects() || seat.ID == c.seat.ID:
		return refuse(CodeNotAllowed, "The stop of this seat cannot be taken.")
	case reason == "":
		return refuse(CodeReasonRequired, "To take a stop from somebody needs a reason.")
	case seat.NoStop:
		return nil
	}
	c.emit(SeatStopTaken, SeatPayload{Seat: seat.ID, Role: seat.Role, Reason: reason})
	return nil
}

func (c *call) seatGiveStop() error {
	seat, reason, err := c.target()
	if err == nil && seat.NoStop {
		c.emit(SeatStopGiven, SeatPayload{Seat: seat.ID, Role: seat.Role, Reason: reason})
	}
	return err
}

// Stops says whether a pause by this seat acts at once.
func (s Seat) Stops() bool { return s.Role.Protects() && (!s.NoStop || s.Role == ProtectedWitness) }

func (c *call) seatRemove() error {
	seat, reason, err := c.target()
	if err != nil {
		return err
	}
	return c.remove(seat, reason, owes)
}

// remove takes a seat out. A party's removal restricts that party, the gallery's restricts publicity, the screen's keeps the
// accused from his own trial: each owes a ruling.
func (c *call) remove(seat *Seat, reason string, d debt) error {
	if seat.Role.Bench() || seat.Role == CourtClerk || seat.Role == ProtectedWitness {
		return refuse(CodeNotAllowed, "This seat cannot be removed.")
	}
	if !seat.Admitted {
		return nil
	}
	c.emit(SeatRemoved, SeatPayload{Seat: seat.ID, Role: seat.Role, Reason: reason})
	if d != owesNothing && (seat.Role.Party() || seat.Role.Passive()) {
		c.owe(RulingOwedPayload{About: "remove", Seat: seat.ID, Role: seat.Role, Discreet: d == owesTheBench})
	}
	if seat.Role == DefenceCounsel && c.s.Testimony.Phase == Live {
		c.emit(TestimonyPaused, TestimonyPausedPayload{By: System, Why: "defence_lost"})
	}
	return nil
}

func (c *call) seatAdmit() error {
	seat, reason, err := c.target()
	if err == nil && !seat.Admitted {
		c.emit(SeatAdmitted, SeatPayload{Seat: seat.ID, Role: seat.Role, Reason: reason})
	}
	return err
}

// seatReissue enters that a seat got a new link; the link itself is made by gateway/access and is in no event. One's own seat would be lost
// with the answer that holds the link, and the witness's seat is the station's, by its token.
func (c *call) seatReissue() error {
	seat, reason, err := c.target()
	switch {
	case err != nil:
		return err
	case seat.ID == c.seat.ID:
		return refuse(CodeNotAllowed, "A new link for one's own seat would end it before the link is seen: ask another seat.")
	case seat.Role == ProtectedWitness:
		return refuse(CodeNotAllowed, "The witness's seat is held by the station, by its token: it has no link.")
	}
	c.emit(SeatReissued, SeatPayload{Seat: seat.ID, Role: seat.Role, Reason: reason})
	return nil
}

func (c *call) undertakingSign() error {
	var a struct {
		Agree *bool `json:"agree"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	if a.Agree == nil {
		return refuse(CodeBadArgument, "Say whether you sign the undertaking.")
	}
	code, answer := UndertakingRefused, "refused"
	if *a.Agree {
		code, answer = UndertakingSigned, "signed"
	}
	if c.seat.Undertaking != answer {
		c.emit(code, SeatPayload{Seat: c.seat.ID, Role: c.seat.Role})
	}
	return nil
}
