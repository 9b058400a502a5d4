package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/rights"
	"parda/gateway/incident/evidence"
	"parda/gateway/incident/evidence/render"
	"parda/gateway/incident/register"
	"parda/signaling"
)

// evidenceRoutes are the evidence of incidents by both doors. Who may have which file is register.EvidenceMay's.
func (a *App) evidenceRoutes() []route {
	see := needs(rights.IncidentSee)
	var all []route
	for _, door := range []struct {
		path string
		by   who
	}{{"/api", see}, {"/api/:hearing", bySeat}} {
		const one = "/incidents/:incident"
		all = append(all,
			route{"GET", door.path + one + "/evidence", door.by, a.told(a.listEvidence)},
			route{"POST", door.path + one + "/attachments", door.by, a.told(a.attach)},
			route{"GET", door.path + one + "/evidence/:evidence", door.by, a.giveEvidence(false)},
			route{"GET", door.path + one + "/evidence/:evidence/copy", door.by, a.giveEvidence(true)},
		)
	}
	return all
}

func (a *App) listEvidence(c *gin.Context) (int, any, error) {
	court, i, v, err := a.incidentFor(c, register.See)
	if err != nil {
		return 0, nil, err
	}
	if err := a.incidentSeen(c, v, i.ID); err != nil {
		return 0, nil, err
	}
	view, err := a.incidents.Show(v, court, i.ID)
	return http.StatusOK, gin.H{"evidence": view.Proof}, err
}

func errEvidence() error {
	return signaling.Refuse("evidence_unknown", "There is no such evidence here.", nil)
}

func errErased(cause error) error {
	return signaling.Refuse("evidence_erased", "The content was erased. Its hash is kept.", cause)
}

func errChanged(cause error) error {
	return signaling.Refuse("evidence_changed", "What is kept is not what was sealed. It is given to nobody.", cause)
}

// giveEvidence gives a file to who may have it. That she takes it is durable, with every incident that shares it, before the first byte leaves.
func (a *App) giveEvidence(copied bool) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := a.sendEvidence(c, copied); err != nil {
			signaling.WriteError(c.Writer, a.log, doorError(err))
		}
	}
}

func (a *App) sendEvidence(c *gin.Context, copied bool) error {
	court, i, v, err := a.incidentFor(c, register.See)
	if err != nil {
		return err
	}
	e := pieceOf(i, c.Param("evidence"))
	if e == nil {
		return errEvidence()
	}
	if e.State == "erased" {
		return errErased(nil)
	}
	purpose := c.Query("purpose")
	if copied && purpose == "" {
		purpose = "view"
	}
	verb := purpose
	if copied {
		verb = "copy"
		if e, err = a.withCopy(c.Request.Context(), court, i.ID, e); err != nil {
			return err
		}
	}
	switch {
	case purpose != "view" && purpose != "export":
		return signaling.Refuse("bad_argument", "Say whether it is to be viewed or exported.", nil)
	case !slices.Contains(register.EvidenceMay(v, i, *e), verb):
		return signaling.Refuse("not_allowed", "You may not have this file.", nil)
	}
	kind, size, sealed := e.Type, e.Size, e.SealedSHA256
	if copied {
		kind, size, sealed = e.Copy.Type, e.Copy.Size, e.Copy.SealedSHA256
	}
	file, err := a.locker.Open(e.ID, copied, sealed)
	if err != nil {
		return a.unopened(c.Request.Context(), court, i.ID, e.ID, copied, err)
	}
	defer file.Close()
	if err := a.enterTaken(c.Request.Context(), court, i, v, *e, copied, purpose); err != nil {
		return err
	}
	return a.stream(c, file, shownAs(*e, copied, kind), size)
}

// withCopy is a piece whose copy was made, now where a crash or a crowd came in between.
func (a *App) withCopy(ctx context.Context, court, incident string, e *register.Evidence) (*register.Evidence, error) {
	if e.What != "attachment" || e.State != "kept" || e.Copy != nil {
		return e, nil
	}
	if err := a.copyOf(context.WithoutCancel(ctx), court, incident, e.ID); err != nil {
		return nil, a.unopened(ctx, court, incident, e.ID, false, err)
	}
	i, ok := a.incidents.Get(court, incident)
	if !ok || pieceOf(i, e.ID) == nil {
		return nil, errEvidence()
	}
	return pieceOf(i, e.ID), nil
}

// unopened is the refusal of a file that cannot be opened. That one was changed is entered, once a minute at most.
func (a *App) unopened(ctx context.Context, court, incident, id string, copied bool, err error) error {
	switch {
	case errors.Is(err, render.ErrBusy):
		return signaling.Refuse("attachment_busy", "Too many files at once. Try again in a moment.", err)
	case errors.Is(err, evidence.ErrErased):
		return errErased(err)
	case !errors.Is(err, evidence.ErrChanged):
		return err
	}
	a.log.Error("a sealed piece of evidence is not what was sealed", "piece", id)
	if a.turnstiles.pass(1./60, 1, "evidence changed", id) {
		event := &register.EvidenceChangedPayload{About: register.About{Incident: incident, By: register.System()}, Evidence: id, Copy: copied}
		if _, err := a.incidents.Enter(context.WithoutCancel(ctx), court, event); err != nil {
			return err
		}
	}
	return errChanged(err)
}

// enterTaken makes durable who takes a file, with every incident that shares it: its chain of custody is whole wherever it is read.
func (a *App) enterTaken(ctx context.Context, court string, i *register.Incident, v register.Viewer, e register.Evidence, copied bool, purpose string) error {
	var events []register.Payload
	for _, holder := range a.holders(court, e.ID) {
		about := register.About{Incident: holder.ID, By: v.Door}
		if purpose == "export" {
			events = append(events, &register.EvidenceExportedPayload{About: about, Evidence: e.ID, Copy: copied})
		} else {
			events = append(events, &register.EvidenceTouchedPayload{About: about, Evidence: e.ID, Copy: copied})
		}
	}
	if len(events) == 0 {
		return errEvidence()
	}
	_, err := a.incidents.Enter(context.WithoutCancel(ctx), court, events...)
	return err
}

// outlook is how a file shows itself outside: never as a page, never under a name that anybody chose.
type outlook struct{ kind, name string }

// shownAs gives a clip and a copy, which parda wrote itself, their types; an attachment as it came has none, whatever it is.
func shownAs(e register.Evidence, copied bool, kind string) outlook {
	ends := map[string]string{"video/webm": ".webm", "image/png": ".png", "text/plain": ".txt"}
	switch {
	case copied && kind == "text/plain":
		return outlook{"text/plain; charset=utf-8", e.ID + "-copy.txt"}
	case copied && kind == "image/png":
		return outlook{kind, e.ID + "-copy" + ends[kind]}
	case !copied && e.What == "clip" && kind == "video/webm":
		return outlook{kind, e.ID + ends[kind]}
	}
	return outlook{render.Unknown, e.ID + ".bin"}
}

// stream sends a file. It is downloaded and never shown in place: a page that wants to show a clip or a copy fetches it.
func (a *App) stream(c *gin.Context, file io.Reader, o outlook, size int64) error {
	h := c.Writer.Header()
	h.Set("Content-Type", o.kind)
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	h.Set("Content-Disposition", `attachment; filename="`+o.name+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	c.Status(http.StatusOK)
	if _, err := io.Copy(unhurried{c.Writer, http.NewResponseController(c.Writer), a.patience.write}, file); err != nil {
		a.log.Error("evidence was not sent whole", "err", err)
		panic(http.ErrAbortHandler) // the head is gone; who receives must not take a part for the whole
	}
	return nil
}
