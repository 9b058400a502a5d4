package main

import (
	"context"

	"parda/gateway/access"
)

// officerCode issues the room officer's code of a hearing that this program opened itself; "" where the hearing takes none any more.
func (a *App) officerCode(ctx context.Context, hearing string) string {
	p := a.hearings[hearing]
	if p == nil {
		return ""
	}
	code, err := p.DrawOfficerCode(ctx, access.OfficerByCode)
	if err != nil {
		a.log.Warn("no code for the room officer", "hearing", hearing)
		return ""
	}
	return code
}
