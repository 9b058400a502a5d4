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
	court, id := l.p.Court(), register.IncidentOf(l.hearing, "late "+l.seat+" "+c.ID)
	if c.Name == "flag.detail" {
		id = words.Flag
	}
	already, there := l.app.incidents.Get(court, id)
	switch {
	case c.Name == "flag.raise" && there:
		return signaling.Ack{Result: map[string]any{"flag": id}}, nil
	case c.Name == "flag.detail" && (!there || !strings.HasPrefix(id, "i-") || already.By != by):
		return signaling.Ack{}, signaling.Refuse("not_allowed", "Only who raised a flag can add to it.", nil)
	}
	if words.Kind != "" && !slices.Contains(hearing.FlagKinds(), words.Kind) {
		words.Kind = "other"
	}
	said, err := l.app.incidents.Keep(ctx, court, short(words.Target), short(words.Source), short(words.Note))
	if err != nil {
		return signaling.Ack{}, err
	}
	about, detail := register.About{Incident: id, By: by}, register.Detail{Kind: words.Kind, Target: said[0], Source: said[1], Note: said[2]}
	var payload register.Payload = &register.IncidentDetailedPayload{About: about, Discreet: words.Discreet, Detail: detail}
	if c.Name == "flag.raise" {
		pressed := c.At
		if now := time.Now(); pressed.IsZero() || pressed.After(now) {
			pressed = now
		}
		payload = &register.IncidentFiledPayload{About: about, When: pressed.UTC().Truncate(time.Millisecond), Endangered: "other", Hearing: l.hearing, Discreet: words.Discreet || role == hearing.ProtectedWitness, Detail: detail}
	}
	if _, err := l.app.incidents.Enter(ctx, court, payload); err != nil {
		return signaling.Ack{}, err
	}
	return signaling.Ack{Result: map[string]any{"flag": id}}, nil
}

// shortMost bounds a word of a flag that comes late, in characters; longer is cut: what reports never fails over an argument.
const shortMost = 4000

func short(s string) string {
	if r := []rune(strings.TrimSpace(s)); len(r) > shortMost {
		return string(r[:shortMost])
	}
	return strings.TrimSpace(s)
}
