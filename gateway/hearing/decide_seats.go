package hearing

import "strings"

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

// seatMute silences a seat at once. For a party a ruling is owed; for the defence testimony stops (I9).
func (c *call) seatMute() error {
	seat, reason, err := c.target()
	if err != nil {
		return err
	}
	if !seat.Role.CanPublish() || seat.ID == c.seat.ID {
		return refuse(CodeNotAllowed, "This seat cannot be muted.")
	}
	if seat.Muted {
		return nil
	}
	c.emit(SeatMuted, SeatPayload{Seat: seat.ID, Role: seat.Role, Reason: reason})
	if seat.Role.Party() {
		c.owe(RulingOwedPayload{About: "mute", Seat: seat.ID, Role: seat.Role})
	}
	if seat.Role == DefenceCounsel && c.s.Testimony.Phase == Live {
		c.emit(TestimonyPaused, TestimonyPausedPayload{By: System, Why: "defence_muted"})
	}
	return nil
}

func (c *call) seatUnmute() error {
	seat, reason, err := c.target()
	if err == nil && seat.Muted {
		c.emit(SeatUnmuted, SeatPayload{Seat: seat.ID, Role: seat.Role, Reason: reason})
	}
	return err
}

func (c *call) seatRemove() error {
	seat, reason, err := c.target()
	if err != nil {
		return err
	}
	return c.remove(seat, reason)
}

// remove takes a seat out. A party's removal restricts that party, the gallery's restricts publicity, the screen's keeps the
// accused from his own trial: each owes a ruling.
func (c *call) remove(seat *Seat, reason string) error {
	if seat.Role.Bench() || seat.Role == CourtClerk || seat.Role == ProtectedWitness {
		return refuse(CodeNotAllowed, "This seat cannot be removed.")
	}
	if !seat.Admitted {
		return nil
	}
	c.emit(SeatRemoved, SeatPayload{Seat: seat.ID, Role: seat.Role, Reason: reason})
	if seat.Role.Party() || seat.Role.Passive() {
		c.owe(RulingOwedPayload{About: "remove", Seat: seat.ID, Role: seat.Role})
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
