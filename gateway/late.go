package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"parda/gateway/hearing"
	"parda/gateway/incident/register"
	"parda/gateway/proceeding"
	"parda/signaling"
)

// A flag whose link comes back only after the protocol was signed reaches a hearing that takes nothing any more. It is not lost (I6): it stands in the court's register, as
// filed by that seat, with the time at which it was pressed, and so does what is said of it later.

// latecomer is a seat of a hearing whose protocol is signed.
type latecomer struct {
	app     *App
	p       *proceeding.Proceeding
	hearing string
	seat    string
	person  string
}

// lateWords are what a flag says; what cannot be read may have asked for discretion.
type lateWords struct {
	Flag string `json:"flag"`
	hearing.FlagDetail
	Discreet bool `json:"discreet"`
}

// takes says whether a command that the hearing refused is one that the register takes in its place.
func (l latecomer) takes(c signaling.Command, refusal error) bool {
	var e *signaling.Error
	over := l.p.Phase() == hearing.Signed || l.p.Phase() == hearing.Sealed
	return over && errors.As(refusal, &e) && e.Code == hearing.CodeWrongPhase && (c.Name == "flag.raise" || c.Name == "flag.detail")
}

// file makes it durable. The answer names the incident in the place of a flag. A press that is sent again is answered and filed once.
func (l latecomer) file(ctx context.Context, c signaling.Command) (signaling.Ack, error) {
	ctx = context.WithoutCancel(ctx)
	var words lateWords
	if json.Unmarshal(c.Args, &words) != nil {
		words.Discreet = true
	}
	role, _ := l.p.RoleOf(l.seat)
	by := register.Who{Role: string(role), Person: l.person, Hearing: l.hearing, Seat: l.seat}
	about := register.About{Incident: register.IncidentOf(l.hearing, "late "+l.seat+" "+c.ID), By: by}
	if c.Name == "flag.detail" {
		if about.Incident = words.Flag; !strings.HasPrefix(words.Flag, "i-") { // one that the hearing took before it was signed
			about.Incident = register.IncidentOf(l.hearing, words.Flag)
		}
		if i, ok := l.app.incidents.Get(l.p.Court(), about.Incident); !ok || i.By != by {
			return signaling.Ack{}, signaling.Refuse("not_allowed", "Only who raised a flag can add to it.", nil)
		}
	}
	if words.Kind != "" && !slices.Contains(hearing.FlagKinds(), words.Kind) {
		words.Kind = "other"
	}
	said, err := l.app.incidents.Keep(ctx, l.p.Court(), short(words.Target), short(words.Source), short(words.Note))
	if err != nil {
		return signaling.Ack{}, err
	}
	return signaling.Ack{Result: map[string]any{"flag": about.Incident}}, l.enter(ctx, c, about, words.Discreet, register.Detail{Kind: words.Kind, Target: said[0], Source: said[1], Note: said[2]})
}

func (l latecomer) enter(ctx context.Context, c signaling.Command, about register.About, discreet bool, detail register.Detail) error {
	if c.Name == "flag.detail" {
		_, err := l.app.incidents.Enter(ctx, l.p.Court(), &register.IncidentDetailedPayload{About: about, Discreet: discreet, Detail: detail})
		return err
	}
	pressed := c.At
	if now := time.Now(); pressed.IsZero() || pressed.After(now) {
		pressed = now
	}
	_, err := l.app.incidents.EnterNew(ctx, l.p.Court(), &register.IncidentFiledPayload{About: about, When: pressed.UTC().Truncate(time.Millisecond), Endangered: "other",
		Hearing: l.hearing, Discreet: discreet || about.By.Role == string(hearing.ProtectedWitness), Detail: detail})
	return err
}

// shortMost bounds a word of a flag that comes late, in characters; longer is cut: what reports never fails over an argument.
const shortMost = 4000

func short(s string) string {
	if r := []rune(strings.TrimSpace(s)); len(r) > shortMost {
		return string(r[:shortMost])
	}
	return strings.TrimSpace(s)
}
