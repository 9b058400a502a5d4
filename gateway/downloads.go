package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/audit"
	"parda/gateway/proceeding"
	"parda/signaling"
)

// bundle and protocolPDF give a seat that may have them the sealed record and the protocol as it is to be signed.
func (a *App) bundle(c *gin.Context) {
	a.give(c, "application/zip", "attachment", (*proceeding.Proceeding).Bundle)
}

func (a *App) protocolPDF(c *gin.Context) {
	a.give(c, "application/pdf", "inline", (*proceeding.Proceeding).ProtocolPDF)
}

// giveFormulas gives the court's formulas to whoever holds a seat. They hold nothing of a hearing; still, a stranger gets nothing.
func (a *App) giveFormulas(c *gin.Context) {
	id := c.Param("hearing")
	if _, err := a.hearing(id); err != nil {
		signaling.WriteError(c.Writer, a.log, err)
		return
	}
	if _, err := a.seatByCookie(c, id); err != nil {
		signaling.WriteError(c.Writer, a.log, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "application/json", a.formulas)
}

func (a *App) give(c *gin.Context, kind, how string, find func(*proceeding.Proceeding, context.Context, string) (string, error)) {
	id := c.Param("hearing")
	p, err := a.hearing(id)
	if err != nil {
		signaling.WriteError(c.Writer, a.log, err)
		return
	}
	ch, err := a.chairOf(c.Request, id, c.Query("seat"))
	if err != nil {
		signaling.WriteError(c.Writer, a.log, err)
		return
	}
	path, err := find(p, c.Request.Context(), ch.seat)
	if err != nil {
		signaling.WriteError(c.Writer, a.log, err)
		return
	}
	if path == "" {
		signaling.WriteError(c.Writer, a.log, signaling.Refuse("not_allowed", "There is nothing here that this seat may take now.", nil))
		return
	}
	if err := a.takes(c.Request.Context(), ch, id, filepath.Base(path)); err != nil {
		signaling.WriteError(c.Writer, a.log, err)
		return
	}
	f, err := os.Open(path)
	if err != nil {
		signaling.WriteError(c.Writer, a.log, err)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		signaling.WriteError(c.Writer, a.log, err)
		return
	}
	c.Header("Content-Type", kind)
	c.Header("Content-Disposition", how+`; filename="`+filepath.Base(path)+`"`)
	c.Header("Cache-Control", "no-store")
	http.ServeContent(unhurried{c.Writer, http.NewResponseController(c.Writer), a.patience.write}, c.Request, "", info.ModTime(), f)
}

// takes enters in the court's audit who takes a hearing's protocol or sealed record away, before she has it. Where seats are by link nobody is known.
func (a *App) takes(ctx context.Context, ch chair, hearing, file string) error {
	who := ch.hold.Holder
	if who.Person == "" {
		return nil
	}
	err := a.audit.Enter(context.WithoutCancel(ctx), ch.p.Court(), audit.AccessTaken, who.Person,
		map[string]string{"session": who.Session, "hearing": hearing, "seat": ch.seat, "file": file})
	if err != nil {
		return signaling.Refuse("not_durable", "This could not be saved. Nothing was changed.", err)
	}
	return nil
}
