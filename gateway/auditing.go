package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/signaling"
)

// The auditor's view of her own court's book. That she looked is entered first, so that it is in what she sees.

func (a *App) auditRoutes() []route {
	return []route{
		{"GET", "/api/audit", needs(rights.AuditRead), a.told(a.auditPage)},
		{"GET", "/api/audit/export", needs(rights.AuditRead), a.auditExport},
	}
}

// auditMost is how many entries one page of the audit has at most, auditUsual how many it has unless asked.
const auditMost, auditUsual = 200, 50

type auditEntry struct {
	Index   uint64          `json:"index"`
	At      string          `json:"at"`
	Code    string          `json:"code"`
	Actor   string          `json:"actor"`
	Payload json.RawMessage `json:"payload"`
}

func (a *App) auditPage(c *gin.Context) (int, any, error) {
	ctx, s := c.Request.Context(), visitor(c)
	court := s.Person.Court
	if asked := c.Query("court"); asked != "" && asked != court {
		a.refusedTo(ctx, s, string(rights.AuditRead))
		return 0, nil, signaling.Refuse("not_allowed", "Your account may read the audit of its own court.", nil)
	}
	before, err1 := number(c.Query("before"), 0)
	limit, err2 := number(c.Query("limit"), auditUsual)
	if err1 != nil || err2 != nil || limit < 1 || limit > auditMost {
		return 0, nil, signaling.Refuse("bad_argument", "The page of the audit cannot be read.", nil)
	}
	if err := a.entered(ctx, s, audit.AuditSeen, gin.H{"session": s.ID, "before": before}); err != nil {
		return 0, nil, err
	}
	events, more, err := a.audit.Page(ctx, court, before, int(limit))
	if err != nil {
		return 0, nil, err
	}
	all := make([]auditEntry, len(events))
	for i, e := range events {
		all[i] = auditEntry{e.Index, e.Time.UTC().Format("2006-01-02T15:04:05.000Z"), e.Code, e.Actor, e.Payload}
	}
	return http.StatusOK, gin.H{"court": court, "events": all, "more": more}, nil
}

func number(text string, otherwise uint64) (uint64, error) {
	if text == "" {
		return otherwise, nil
	}
	return strconv.ParseUint(text, 10, 53)
}

// auditExport gives the whole book as a file that anybody can check offline: gateway verify -audit.
func (a *App) auditExport(c *gin.Context) {
	ctx, s := c.Request.Context(), visitor(c)
	err := a.entered(ctx, s, audit.AuditExported, gin.H{"session": s.ID})
	if err == nil {
		err = a.writeAudit(ctx, c, s.Person.Court)
	}
	if err != nil {
		signaling.WriteError(c.Writer, a.log, err)
	}
}

func (a *App) writeAudit(ctx context.Context, c *gin.Context, court string) error {
	x, err := a.audit.Export(ctx, court)
	if err != nil {
		return err
	}
	c.Header("Content-Type", "application/jsonl")
	c.Header("Content-Disposition", `attachment; filename="`+audit.Of(court)+`.jsonl"`)
	return x.Write(unhurried{c.Writer, http.NewResponseController(c.Writer), a.patience.write})
}
