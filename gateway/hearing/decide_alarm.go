package hearing

import (
	"strings"
	"time"
)

// Duress and emergency. The threat may sit beside her (A7): a sign of duress changes nothing that anybody but the bench can see, hear or count, so it is not
// even written where everybody's numbers come from; see Aside. An emergency is the opposite: everybody sees that the picture is gone.

// What the bench does about duress.
const (
	DoPause     = "pause"
	DoClearRoom = "clear_room"
	DoStandDown = "stand_down"
)

// Causes of a pause. Everybody but bench and room is told pauseJudge of a pause for PauseClearRoom, as of any that the bench gives without a word: duress needs none of its own. With
// PauseClearRoom the room alone is told that everybody else leaves it and the officer comes in.
const (
	pauseJudge     = "judge"
	PauseTechnical = "technical"
	PauseClearRoom = "clear_room"
	PauseEmergency = "emergency"
)

// PressedBy* say who raised an emergency.
const (
	PressedByWitness = "witness"
	PressedByOfficer = "officer"
	PressedByBench   = "bench"
)

// aside marks drafts for the sealed book of the hearing: they are durable there before the command is answered, and stand in the record only from the closing on, where an
// index or a checkpoint more tells nobody when. See IntoRecord.
func (c *call) aside(code Code, payload any) {
	c.drafts = append(c.drafts, Draft{Code: code, Actor: c.seat.ID, Payload: payload, Aside: true})
}

// duressRaise never fails over an argument, and has no result that an acknowledgement could carry.
func (c *call) duressRaise() error {
	var a struct {
		Means string `json:"means"`
	}
	c.argsLoosely(&a)
	if !in(a.Means, "key", "phrase") {
		a.Means = map[bool]string{true: "key", false: "phrase"}[isW(c.seat.Role)]
	}
	c.aside(DuressRaised, DuressRaisedPayload{ID: c.nextDuress(), By: c.seat.Role, Means: a.Means, PressedAt: c.pressed(), At: c.now})
	return nil
}

func (c *call) nextDuress() string { return sequence("d", c.s.DuressSeq+1) }

func underDuress(s *State, _ *Seat, _ time.Time) error {
	if _, ok := s.Duress(); !ok {
		return refuse(CodeWrongPhase, "There is no sign of duress.")
	}
	return nil
}

// duressAnswer: the pause is the one that the bench gives without a word, event for event.
func (c *call) duressAnswer() error {
	var a struct {
		Do     string `json:"do"`
		Reason string `json:"reason"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	switch {
	case !in(a.Do, DoPause, DoClearRoom, DoStandDown):
		return refuse(CodeBadArgument, "There is no such answer to a sign of duress.")
	case a.Do == DoStandDown && blank(a.Reason):
		return refuse(CodeReasonRequired, "To stand down after a sign of duress needs a reason.")
	}
	d, _ := c.s.Duress()
	c.aside(DuressAnswered, DuressAnsweredPayload{ID: c.nextDuress(), Duress: d.ID, Do: a.Do, Reason: cut(strings.TrimSpace(a.Reason), maxReasonRunes), At: c.now})
	if c.s.Phase == Concluded {
		return nil
	}
	switch a.Do {
	case DoPause:
		c.stop(pauseJudge, "")
	case DoClearRoom:
		c.stop(pauseJudge, PauseClearRoom)
	}
	return nil
}

// emergencyRaise never fails over an argument. The picture goes away by the event itself, in whatever phase; what could go on to be seen is stopped as well.
func (c *call) emergencyRaise() error {
	var a struct {
		By string `json:"by"`
	}
	c.argsLoosely(&a)
	by := PressedByWitness
	switch {
	case isB(c.seat.Role):
		by = PressedByBench
	case a.By == PressedByOfficer:
		by = PressedByOfficer
	}
	if c.s.InEmergency() {
		return nil
	}
	c.emit(EmergencyRaised, EmergencyRaisedPayload{PressedBy: by, PressedAt: c.pressed()})
	if c.s.Phase != Concluded {
		why := "break"
		if by == PressedByBench { // as any pause of the bench
			why = pauseJudge
		}
		c.stop(why, PauseEmergency)
	}
	return nil
}

func inEmergency(s *State, _ *Seat, _ time.Time) error {
	if !s.InEmergency() {
		return refuse(CodeWrongPhase, "There is no emergency.")
	}
	return nil
}

func (c *call) emergencyEnd() error {
	var a PlainPayload
	if err := c.args(&a); err != nil {
		return err
	}
	if blank(a.Reason) {
		return refuse(CodeReasonRequired, "To end an emergency needs a reason.")
	}
	c.emit(EmergencyEnded, EmergencyEndedPayload{Reason: cut(strings.TrimSpace(a.Reason), maxReasonRunes)})
	return nil
}

// IntoRecord makes the drafts that copy the sealed book into the hearing's own record, once the hearing was closed: what stood aside while it ran must not be missing from
// what is signed. Each is copied once.
func IntoRecord(s *State) []Draft {
	if s.Phase != Concluded {
		return nil
	}
	var drafts []Draft
	for _, d := range s.Duresses {
		if !d.Recorded {
			drafts = append(drafts, bySystem(DuressRaised, DuressRaisedPayload{ID: d.ID, By: d.By, Means: d.Means, PressedAt: d.PressedAt, At: d.At}))
		}
		for _, do := range d.Do {
			if !do.Recorded {
				drafts = append(drafts, bySystem(DuressAnswered, DuressAnsweredPayload{ID: do.ID, Duress: d.ID, Do: do.Do, Reason: do.Reason, At: do.At}))
			}
		}
	}
	return drafts
}
