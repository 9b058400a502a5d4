package main

import (
	"context"
	"encoding/base64"
	"errors"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/account"
	"parda/gateway/access/audit"
	"parda/gateway/access/stepup"
	"parda/gateway/proceeding"
	"parda/signaling"
)

// passkeys are the accounts' passkeys as gateway/access/stepup asks for them.
type passkeys struct{ of *account.Accounts }

// Assertion implements stepup.Keys.
func (k passkeys) Assertion(ctx context.Context, person string, challenge []byte) (any, stepup.Check, error) {
	options, kept, err := k.of.Assertion(ctx, person, challenge)
	if errors.Is(err, account.ErrNoPasskey) {
		err = errors.Join(stepup.ErrNoPasskey, err)
	}
	if err != nil {
		return nil, nil, err
	}
	return options, func(ctx context.Context, proof []byte) (stepup.Touched, error) {
		t, err := k.of.CheckAssertion(ctx, person, kept, proof)
		return stepup.Touched{Credential: t.Credential, PublicKey: t.PublicKey, AuthenticatorData: t.AuthenticatorData, ClientData: t.ClientData, Signature: t.Signature, RP: t.RP}, err
	}, nil
}

// stepUps is the desk as hearings ask it; nil where seats are held by links, and nobody in them has a passkey.
func (a *App) stepUps() proceeding.StepUp {
	if a.config.Access.byLink() {
		return nil
	}
	return a.touches
}

// stepUp asks for a fresh touch of the session's own passkey for this act with this body, and is nil when the request brought one. What was proved is entered in the court's
// audit before the act: call it after everything else that can refuse, and do what was asked only after it.
func (a *App) stepUp(c *gin.Context, s account.Session, act string, body []byte) error {
	ctx := c.Request.Context()
	asked := stepup.Act{Place: audit.Of(s.Person.Court), Person: s.Person.ID, Session: s.ID, Name: act, Body: body}
	header := c.GetHeader("Parda-Proof")
	if header == "" {
		return a.askTouch(ctx, asked)
	}
	proof, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		return a.askTouch(ctx, asked)
	}
	proved, err := a.touches.Take(ctx, asked, proof)
	if errors.Is(err, stepup.ErrAgain) {
		a.touchRefused(ctx, s, act)
		return a.askTouch(ctx, asked)
	}
	if err != nil {
		return err
	}
	if err := a.audit.Enter(context.WithoutCancel(ctx), s.Person.Court, audit.StepUpProved, s.Person.ID, proved); err != nil {
		return signaling.Refuse("not_durable", "This could not be saved. Try again.", err)
	}
	return nil
}

// touchRefused enters that a proof did not hold, so many a minute and no more.
func (a *App) touchRefused(ctx context.Context, s account.Session, act string) {
	if !a.turnstiles.pass(1./60, 5, "touch", s.ID) {
		return
	}
	if err := a.audit.Enter(context.WithoutCancel(ctx), s.Person.Court, audit.StepUpRefused, s.Person.ID, map[string]string{"session": s.ID, "act": act}); err != nil {
		a.log.Error("a refusal could not be entered", "err", err)
	}
}

func (a *App) askTouch(ctx context.Context, act stepup.Act) error {
	options, err := a.touches.Ask(ctx, act)
	if errors.Is(err, stepup.ErrNoPasskey) {
		return signaling.Refuse("passkey_missing", "This needs a passkey, and your account has none.", err)
	}
	if err != nil {
		return err
	}
	return signaling.RefuseStepUp(options)
}
