package hearing

import (
	"bytes"
	"strings"
	"time"
)

func drafted(s *State, _ *Seat, _ time.Time) error {
	if len(s.Draft) == 0 {
		return refuse(CodeWrongPhase, "There is no draft of an order to sign.")
	}
	return nil
}

func (c *call) keyEnrol() error {
	var a struct {
		Key []byte `json:"key"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	if _, err := ParseKey(a.Key); err != nil {
		return err
	}
	if !bytes.Equal(a.Key, c.seat.Key) {
		c.emit(KeyEnrolled, KeyEnrolledPayload{Seat: c.seat.ID, Role: c.seat.Role, Key: a.Key, KeyCode: KeyCode(a.Key)})
	}
	return nil
}

func (c *call) orderDraft() error {
	var a DraftArgs
	if err := c.args(&a); err != nil {
		return err
	}
	var before *Order
	if c.s.Order != nil {
		before = &c.s.Order.Order
	}
	_, b, err := NewDraft(c.s.Hearing, before, a, c.now)
	if err != nil {
		return err
	}
	c.emit(OrderDrafted, OrderDraftedPayload{Bytes: b})
	return nil
}

func (c *call) orderSign() error {
	var a struct {
		Bytes     []byte `json:"bytes"`
		Signature []byte `json:"signature"`
		Reason    string `json:"reason"`
		Confirm   bool   `json:"confirm"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	if !bytes.Equal(a.Bytes, c.s.Draft) {
		return refuse(CodeOrderInvalid, "These are not the bytes of the draft that waits to be signed.")
	}
	o, err := ParseOrder(a.Bytes)
	if err != nil {
		return err
	}
	if err := CheckVoices(o); err != nil {
		return err
	}
	if o.Hearing != c.s.Hearing || !o.ValidAt(c.now) {
		return refuse(CodeOrderInvalid, "The order is not for this hearing, or does not hold now.")
	}
	loosens := false
	if c.s.Order != nil {
		loosens = Loosens(c.s.Order.Order, o)
		if blank(a.Reason) {
			return refuse(CodeReasonRequired, "A variation of an order needs its reason.")
		}
		if loosens && !a.Confirm {
			return refuse(CodeConfirmRequired, "This order shows more than the one in force: confirm it.")
		}
	}
	if err := CheckSignature(c.seat.Key, a.Bytes, a.Signature); err != nil {
		return err
	}
	p := OrderSignedPayload{Bytes: a.Bytes, Signature: a.Signature, Key: c.seat.Key, KeyCode: c.seat.KeyCode,
		Version: o.Version, By: c.seat.Role, Reason: cut(a.Reason, maxReasonRunes), Loosens: loosens}
	if o.Respeaker != nil {
		p.Respeaker, p.RespeakerWhy = o.Respeaker.Who, o.Respeaker.Reason
	}
	c.emit(OrderSigned, p)
	if p := c.s.Testimony.Phase; loosens && in(p, Rehearsal, Ready, Live, Paused) {
		c.emit(TestimonyInterrupted, TestimonyInterruptedPayload{Why: "order", From: p, To: Waiting})
	}
	if o.Session.Rank() > c.s.Kind.Rank() { // the signed order is the reasoned ruling: nothing is owed
		c.emit(SessionKind, SessionKindPayload{Kind: o.Session, From: c.s.Kind, Reason: o.Reason})
	}
	return nil
}

func (c *call) plainReason() (PlainPayload, error) {
	var a PlainPayload
	err := c.args(&a)
	a.Reason = cut(strings.TrimSpace(a.Reason), maxReasonRunes)
	return a, err
}

func (c *call) hearingOpen() error {
	a, err := c.plainReason()
	if err == nil {
		c.emit(HearingOpened, a)
	}
	return err
}

// hearingSuspend stops, and stopping never fails over an argument.
func (c *call) hearingSuspend() error {
	var a PlainPayload
	c.argsLoosely(&a)
	if c.s.Testimony.Phase == Live {
		c.stop("judge", "")
	}
	c.emit(HearingSuspended, PlainPayload{Reason: cut(a.Reason, maxReasonRunes)})
	return nil
}

func (c *call) hearingResume() error {
	a, err := c.plainReason()
	if err == nil {
		c.emit(HearingResumed, a)
	}
	return err
}

func (c *call) identityVerified() error {
	var a IdentityVerifiedPayload
	if err := c.args(&a); err != nil {
		return err
	}
	if blank(a.How) {
		return refuse(CodeReasonRequired, "Say how the court verified who the witness is. Never enter the identity itself.")
	}
	c.emit(IdentityVerified, IdentityVerifiedPayload{How: cut(strings.TrimSpace(a.How), maxReasonRunes)})
	return nil
}

// sessionKind: stricter at once and provisionally, looser by a reason and a confirmation, never below what the order says.
func (c *call) sessionKind() error {
	var a struct {
		Kind    Kind   `json:"kind"`
		Reason  string `json:"reason"`
		Confirm bool   `json:"confirm"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	if a.Kind.Rank() < 0 {
		return refuse(CodeBadArgument, "There is no such kind of session.")
	}
	if a.Kind.Rank() >= c.s.Kind.Rank() {
		c.restrict(a.Kind, a.Reason)
		return nil
	}
	switch {
	case c.s.Order != nil && a.Kind.Rank() < c.s.Order.Order.Session.Rank():
		return refuse(CodeNotAllowed, "The order in force asks for a stricter session: vary the order first.")
	case blank(a.Reason):
		return refuse(CodeReasonRequired, "To open the session wider is a ruling: give its reason.")
	case !a.Confirm:
		return refuse(CodeConfirmRequired, "To open the session wider shows the hearing to more people: confirm it.")
	}
	c.emit(SessionKind, SessionKindPayload{Kind: a.Kind, From: c.s.Kind, Reason: cut(a.Reason, maxReasonRunes)})
	return nil
}

// restrict makes the session stricter, provisionally; nothing where it is so strict already.
func (c *call) restrict(k Kind, reason string) {
	if k.Rank() <= c.s.Kind.Rank() {
		return
	}
	c.emit(SessionKind, SessionKindPayload{Kind: k, From: c.s.Kind, Reason: cut(reason, maxReasonRunes), Provisional: true})
	c.owe(RulingOwedPayload{About: "kind", Kind: k})
}

// owe enters that a ruling is owed.
func (c *call) owe(p RulingOwedPayload) {
	p.ID, p.Due = c.nextOwed(), c.now.Add(RulingDue)
	c.emit(RulingOwed, p)
}

func (c *call) nextOwed() string {
	n := c.s.OwedSeq + 1
	for _, d := range c.drafts {
		if d.Code == RulingOwed {
			n++
		}
	}
	return sequence("r", n)
}

func owing(s *State, _ *Seat, _ time.Time) error {
	if len(s.Pending) == 0 {
		return refuse(CodeWrongPhase, "No ruling is owed.")
	}
	return nil
}

func (c *call) rulingGive() error {
	var a struct {
		ID        string `json:"id"`
		Reason    string `json:"reason"`
		Positions string `json:"positions"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	for _, d := range c.s.Pending {
		if d.ID != a.ID {
			continue
		}
		if blank(a.Reason) || blank(a.Positions) {
			return refuse(CodeReasonRequired, "The ruling needs its reason and the positions of the parties.")
		}
		if d.Flag != "" && !c.s.Flags[d.Flag].heard(d.Seat) {
			return refuse(CodeNotHeard, "The person concerned was not heard on this flag: put it to the person first.")
		}
		c.emit(RulingGiven, RulingGivenPayload{ID: d.ID, About: d.About, Seat: d.Seat, Role: d.Role, Kind: d.Kind, Flag: d.Flag, Discreet: d.Discreet,
			Reason: cut(a.Reason, maxReasonRunes), Positions: cut(a.Positions, maxReasonRunes)})
		return nil
	}
	return refuse(CodeBadArgument, "There is no such ruling to give.")
}

func closable(s *State, _ *Seat, _ time.Time) error {
	if t := s.Testimony; t.Phase != Released && (t.WasLive || t.Phase == Live) {
		return refuse(CodeWrongPhase, "Release the witness first.")
	}
	if len(s.Pending) > 0 {
		return refuse(CodeRulingOwed, "A ruling is still owed on a restriction: give it first.")
	}
	return nil
}

func (c *call) hearingClose() error {
	a, err := c.plainReason()
	if err == nil {
		c.emit(HearingClosed, a)
	}
	return err
}

func signable(s *State, seat *Seat, _ time.Time) error {
	if s.Signing == nil {
		return refuse(CodeWrongPhase, "The protocol is not ready to be signed.")
	}
	if seat.Key == nil || s.hasSigned(seat.ID) {
		return refuse(CodeWrongPhase, "This seat has no key to sign with, or has signed already.")
	}
	return nil
}

func (c *call) protocolSign() error {
	var a struct {
		Signature []byte `json:"signature"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	statement := c.s.Signing.Rendered.Statement
	if err := CheckSignature(c.seat.Key, statement, a.Signature); err != nil {
		return err
	}
	c.emit(ProtocolSigned, ProtocolSignedPayload{Seat: c.seat.ID, Role: c.seat.Role, Signature: a.Signature, Key: c.seat.Key,
		KeyCode: c.seat.KeyCode, Statement: hexSHA256(statement)})
	return nil
}
