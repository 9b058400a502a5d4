package main

import (
	"context"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"parda/gateway/access"
	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/signaling"
)

// The room officer's code over HTTP (signaling/ACCOUNTS.md). An officer with an account draws the code of a hearing herself, with a touch of her own passkey: then no clerk ever
// held it, and the certificate says so (proof "account"). A coerced clerk (A6) could else give a code to somebody who sits beside the witness (A7).

func (a *App) roomRoutes() []route {
	return []route{{"POST", "/api/hearings/:hearing/officer-code", needs(rights.RoomCertify), a.told(a.drawOfficerCode)}}
}

func (a *App) drawOfficerCode(c *gin.Context) (int, any, error) {
	ctx, s := c.Request.Context(), visitor(c)
	id, p, err := a.hearingIn(c, s)
	if err != nil {
		return 0, nil, err
	}
	body, err := io.ReadAll(io.LimitReader(c.Request.Body, maxBody))
	if err != nil {
		return 0, nil, signaling.Refuse("bad_message", "The request cannot be read.", err)
	}
	if err := a.stepUp(c, s, c.Request.Method+" "+c.Request.URL.Path, body); err != nil {
		return 0, nil, err
	}
	if err := a.entered(ctx, s, audit.RoomOfficerCode, invitationEntry{Hearing: id}); err != nil {
		return 0, nil, err
	}
	code, err := p.DrawOfficerCode(ctx, access.OfficerByAccount)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, gin.H{"code": code}, nil
}

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
