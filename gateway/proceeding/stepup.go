package proceeding

import (
	"context"
	"encoding/json"
	"errors"

	"parda/gateway/access"
	"parda/gateway/access/rights"
	"parda/gateway/access/stepup"
	"parda/gateway/hearing"
	"parda/gateway/ledger"
	"parda/signaling"
)

// StepUp asks for fresh touches and judges them (gateway/access/stepup).
type StepUp interface {
	Ask(ctx context.Context, act stepup.Act) (options any, err error)
	Take(ctx context.Context, act stepup.Act, proof []byte) (hearing.StepUpProvedPayload, error)
}

// actOf is a command as a touch binds it. The arguments are bound in their canonical form, so that a page may write its JSON as it likes.
func (p *Proceeding) actOf(h Holder, c signaling.Command) (stepup.Act, error) {
	raw := c.Args
	if len(raw) == 0 || string(raw) == "null" {
		raw = []byte("{}")
	}
	args, err := ledger.CanonicalJSON(raw)
	if err != nil {
		return stepup.Act{}, signaling.Refuse("bad_argument", "The arguments of the command cannot be read.", err)
	}
	return stepup.Act{Place: p.cfg.ID, Person: h.Person, Session: h.Session, Name: c.Name, ID: c.ID, Body: args, Args: true}, nil
}

// touched judges the proof that came with a command, before the hearing's goroutine takes the command: checking a signature and counting it takes a while. nil without an
// error: there is none that holds, and where one is needed it is asked for anew.
func (p *Proceeding) touched(ctx context.Context, s *signaling.Session, c signaling.Command) (*hearing.StepUpProvedPayload, error) {
	if p.cfg.StepUp == nil || len(c.Proof) == 0 {
		return nil, nil
	}
	if _, _, answered, err := p.cfg.Ledger.Answered(ctx, p.cfg.ID, s.Seat, c.ID); err != nil || answered {
		return nil, err // sent again after a lost link: the touch was used up the first time
	}
	var h Holder
	if err := p.do(ctx, func() {
		if a := p.sessions[s]; a != nil {
			h = a.hold.Holder
		}
	}); err != nil || h.Person == "" {
		return nil, err
	}
	act, err := p.actOf(h, c)
	if err != nil {
		return nil, err
	}
	proved, err := p.cfg.StepUp.Take(ctx, act, c.Proof)
	switch {
	case errors.Is(err, stepup.ErrAgain):
		p.cfg.Log.Info("a touch did not hold", "command", c.Name, "cause", err)
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &proved, nil
}

// stepUp puts the proof before what the command makes, or asks for it. It comes after the rules: what they refuse costs nobody a touch.
func (p *Proceeding) stepUp(ctx context.Context, s *signaling.Session, c signaling.Command, proved *hearing.StepUpProvedPayload, drafts []hearing.Draft) ([]hearing.Draft, error) {
	seat, _ := p.state.Seat(s.Seat)
	if p.cfg.StepUp == nil || !hearing.NeedsStepUp(p.state, hearing.Actor{Seat: seat.ID, Role: seat.Role}, hearing.Command{Name: c.Name, Args: c.Args, ID: c.ID, At: c.At}) {
		return drafts, nil
	}
	if proved != nil {
		return append([]hearing.Draft{hearing.Proved(s.Seat, *proved)}, drafts...), nil
	}
	var h Holder
	if a := p.sessions[s]; a != nil {
		h = a.hold.Holder
	}
	if h.Person == "" {
		return nil, signaling.Refuse("passkey_missing", "This needs a passkey, and this seat is held by no account.", nil)
	}
	act, err := p.actOf(h, c)
	if err != nil {
		return nil, err
	}
	options, err := p.cfg.StepUp.Ask(ctx, act)
	if errors.Is(err, stepup.ErrNoPasskey) {
		return nil, signaling.Refuse("passkey_missing", "This needs a passkey, and your account has none.", err)
	}
	if err != nil {
		return nil, err
	}
	return nil, signaling.RefuseStepUp(options)
}

// invitesTo says whether a seat is filled by invitation: its code is then for one account, and so is a new one.
func (p *Proceeding) invitesTo(seat string) bool {
	held, _ := p.state.Seat(seat)
	_, ofPerson := rights.ForSeat(held.Role)
	return p.cfg.StepUp != nil && ofPerson
}

// reissuable refuses a new code for a seat that nobody was invited to, before anything is entered of it.
func (p *Proceeding) reissuable(ctx context.Context, s *signaling.Session, c signaling.Command) error {
	var a struct {
		Seat string `json:"seat"`
	}
	if c.Name != "seat.reissue" || json.Unmarshal(c.Args, &a) != nil || !p.invitesTo(a.Seat) {
		return nil
	}
	v, err := p.cfg.Access.Invitation(ctx, p.cfg.ID, a.Seat)
	if err == nil && v.Revoked {
		err = access.ErrNotInvited
	}
	seat, _ := p.state.Seat(a.Seat)
	if own, _ := p.state.Seat(s.Seat); err == nil && v.Taken && seat.Role.Bench() && !own.Role.Bench() { // A6: a clerk takes no judge out of her hearing
		err = signaling.Refuse("not_allowed", "A judge's seat that is taken gets a new link from the bench alone.", nil)
	}
	return err
}
