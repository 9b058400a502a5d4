package proceeding

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"

	"parda/gateway/access"
	"parda/gateway/hearing"
	"parda/gateway/ledger"
	"parda/gateway/visibility"
	"parda/signaling"
)

// Command does what a person at a seat asks for. nil means durable. A command that was answered before, after a lost link, gets its first
// answer and is not done twice.
func (p *Proceeding) Command(ctx context.Context, s *signaling.Session, c signaling.Command) (signaling.Ack, error) {
	var ack signaling.Ack
	var failure error
	// A person's act is not undone because the page went away meanwhile, so the page's context ends the wait and not the act.
	work := context.WithoutCancel(ctx)
	if c.Name == "room.certify" {
		known, err := p.officer(work, s, c)
		if err != nil {
			return signaling.Ack{}, public(err)
		}
		c = known
	}
	touched, err := p.touched(work, s, c)
	if err != nil {
		return signaling.Ack{}, public(err)
	}
	err = p.do(ctx, func() { ack, failure = p.command(work, s, c, touched) })
	return ack, public(errors.Join(err, failure))
}

func (p *Proceeding) command(ctx context.Context, s *signaling.Session, c signaling.Command, touched *hearing.StepUpProvedPayload) (signaling.Ack, error) {
	if p.sessions[s] == nil {
		return signaling.Ack{}, access.ErrRemoved // the seat was taken back while the command was on its way
	}
	ack, ok, err := p.answeredBefore(ctx, s, c)
	if ok {
		return ack, err
	}
	urgent := c.Name == "emergency.raise" && p.cut(s, c)
	if err != nil {
		if urgent {
			p.ledgerFailed(err)
		}
		return ack, err
	}
	drafts, result, err := p.decide(s, c)
	if err != nil {
		return signaling.Ack{}, err
	}
	if err := p.reissuable(ctx, s, c); err != nil {
		return signaling.Ack{}, err
	}
	if drafts, err = p.stepUp(ctx, s, c, touched, drafts); err != nil {
		return signaling.Ack{}, err
	}
	kept, err := json.Marshal(result)
	if err != nil {
		return signaling.Ack{}, err
	}
	if len(result) == 0 {
		kept = nil
	}
	before := p.state.Rev
	if err := p.append(ctx, &ledger.Answer{Seat: s.Seat, ID: c.ID, Result: kept}, drafts); err != nil {
		if urgent { // whatever the cause: only a try that is made again ends the cut
			p.ledgerFailed(err)
		}
		return signaling.Ack{}, err
	}
	if urgent {
		p.emergency, p.unwritten = false, nil
	}
	if ack, _, err = p.answeredBefore(ctx, s, c); err != nil {
		return signaling.Ack{}, err
	}
	ack.Result = result
	switch c.Name {
	case "seat.reissue":
		ack.Result, err = p.reissue(ctx, c.Args)
	case "officer.issue":
		ack.Result, err = p.issueOfficer(ctx)
	case "room.certify":
		err = p.useUpOfficer(ctx, c.Officer)
	}
	if err != nil {
		return signaling.Ack{}, err
	}
	if p.state.Rev != before {
		p.changed()
	}
	return ack, nil
}

// cut shows the witness to nobody before an emergency is written, and before anything is read that may fail: where it cannot be written it stays so, and is written with the next
// try, whether or not whoever pressed asks again. It is false for who may not raise one.
func (p *Proceeding) cut(s *signaling.Session, c signaling.Command) bool {
	drafts, _, err := p.decide(s, c)
	if err != nil {
		return false
	}
	if p.emergency = true; len(p.unwritten) == 0 {
		p.unwritten = drafts
	}
	p.cfg.Media.Route(visibility.Route(p.scene(p.cfg.Now()), p.state.Seats))
	return true
}

// decide asks the rules. They are pure, so a panic in them has changed nothing: it is this command's refusal and nothing more.
func (p *Proceeding) decide(s *signaling.Session, c signaling.Command) (drafts []hearing.Draft, result hearing.Result, err error) {
	defer func() {
		if v := recover(); v != nil {
			p.cfg.Log.Error("a rule panicked", "command", c.Name, "kind", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			err = signaling.Refuse("internal", "Something went wrong in the gateway.", nil)
		}
	}()
	seat, ok := p.state.Seat(s.Seat)
	if !ok {
		return nil, nil, access.ErrSeatUnknown
	}
	if c, err = p.underPseudonym(c); err != nil {
		return nil, nil, err
	}
	actor := hearing.Actor{Seat: seat.ID, Role: seat.Role}
	if a := p.sessions[s]; a != nil {
		actor.Person = a.hold.Holder.Person
	}
	return hearing.Decide(p.state, actor, hearing.Command{Name: c.Name, Args: c.Args, ID: c.ID, At: c.At, Officer: c.Officer}, p.cfg.Now())
}

func again(index uint64, result json.RawMessage) (signaling.Ack, error) {
	ack := signaling.Ack{Index: index}
	if len(result) > 0 {
		if err := json.Unmarshal(result, &ack.Result); err != nil {
			return signaling.Ack{}, err
		}
	}
	return ack, nil
}

// reissue draws the new code after the event is durable. The code is in the answer only, never in the ledger or the store.
func (p *Proceeding) reissue(ctx context.Context, args json.RawMessage) (map[string]any, error) {
	var a struct {
		Seat string `json:"seat"`
	}
	if err := json.Unmarshal(args, &a); err != nil {
		return nil, err
	}
	issue := p.cfg.Access.Reissue
	if p.invitesTo(a.Seat) {
		issue = p.cfg.Access.Again
	}
	code, err := issue(ctx, p.cfg.ID, a.Seat)
	if err != nil {
		return nil, err
	}
	p.drop(a.Seat, access.ErrCodeUsed.Code)
	return map[string]any{"link": p.cfg.Link(a.Seat, code)}, nil
}

// public gives an error of the rooms below the form that a seat may see.
func public(err error) error {
	var rule *hearing.Error
	var door *access.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &rule):
		return signaling.Refuse(rule.Code, rule.Message, nil)
	case errors.As(err, &door):
		return signaling.Refuse(door.Code, door.Message, err)
	case errors.Is(err, ledger.ErrUnhealthy):
		return signaling.Refuse("ledger_failed", "The ledger cannot be written. Nothing was saved.", err)
	case errors.Is(err, ledger.ErrNotDurable):
		return signaling.Refuse("not_durable", "This could not be saved. Nothing was changed.", err)
	}
	return signaling.AsError(err)
}
