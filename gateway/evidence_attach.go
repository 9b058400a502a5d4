package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"parda/gateway/hearing"
	"parda/gateway/incident/evidence"
	"parda/gateway/incident/evidence/render"
	"parda/gateway/incident/register"
	"parda/gateway/ledger"
	"parda/signaling"
)

// Attachments: the intake of files, their bounds, their copies, and what a crash left of them.

// How many files an incident may have, how many may come in at once, of all and of one person or seat, how long one may take, and how much one person or seat may attach in
// a hearing, copies included.
const (
	attachmentsOfIncident = 100
	attachmentsAtOnce     = 8
	attachmentsOfOne      = 2
	attachmentWithin      = 5 * time.Minute
	attachedByOne         = 500 << 20 // bytes
)

// attach takes a file as it comes, and no name with it. It is sealed while it comes; then its hash is entered; only then is it looked into, by the confined program.
func (a *App) attach(c *gin.Context) (int, any, error) {
	court, i, v, err := a.incidentFor(c, register.Attach)
	if err != nil {
		return 0, nil, err
	}
	a.slowFlood(v) // before a place is taken: who waits holds none
	leave, ok := a.attaching(v)
	if !ok {
		return 0, nil, signaling.Refuse("attachment_busy", "Too many files at once. Try again in a moment.", nil)
	}
	defer leave()
	size, err := a.locker.Size()
	switch {
	case err != nil:
		return 0, nil, err
	case c.Request.ContentLength > render.MostBytes:
		return 0, nil, errAttachmentLarge()
	case size > a.config.Evidence.most() || !attachmentRoom(a.everyIncident(), i, v.Door, a.config.Evidence.most()):
		return 0, nil, signaling.Refuse("attachment_refused", "There is no room for another file.", nil)
	}
	id, sealed, err := a.locker.Take(a.patientBody(c), render.MostBytes)
	switch {
	case errors.Is(err, evidence.ErrTooLarge):
		return 0, nil, errAttachmentLarge()
	case err != nil:
		return 0, nil, signaling.Refuse("not_durable", "This could not be saved. Nothing was changed.", err)
	case sealed.Bytes == 0:
		return 0, nil, errors.Join(signaling.Refuse("attachment_refused", "The file is empty.", nil), a.locker.Erase(id))
	}
	ctx := context.WithoutCancel(c.Request.Context())
	if err := a.enterAttachment(ctx, court, i, v.Door, id, sealed); err != nil {
		return 0, nil, err
	}
	if err := a.copyOf(ctx, court, i.ID, id); err != nil {
		a.log.Error("an attachment has no copy yet; one is made when it is asked for", "err", err)
	}
	return http.StatusCreated, gin.H{"id": id, "sha256": sealed.SHA256}, nil
}

// attaching takes a place among the files that come in, of this person's or seat's and of all.
func (a *App) attaching(v register.Viewer) (leave func(), ok bool) {
	mine, ok := a.turnstiles.enter(attachmentsOfOne, "attachments of", v.Court, v.Person, v.Only, v.Door.Seat)
	if !ok {
		return nil, false
	}
	one, ok := a.turnstiles.enter(attachmentsAtOnce, "attachments")
	if !ok {
		mine()
		return nil, false
	}
	return func() { one(); mine() }, true
}

func (a *App) everyIncident() (all []*register.Incident) {
	for _, court := range a.incidents.Courts() {
		all = append(all, a.incidents.All(court)...)
	}
	return all
}

// attachmentRoom says whether one more file may be attached to an incident: the incident has few enough, all attachments together leave the clips half of the disk's bound,
// and who attaches has not had her share in that hearing.
func attachmentRoom(all []*register.Incident, to *register.Incident, by register.Who, most int64) bool {
	var files int
	var whole, own int64
	for _, i := range all {
		for _, e := range i.Evidence {
			if e.What != "attachment" {
				continue
			}
			if i.ID == to.ID {
				files++
			}
			if e.State != "kept" {
				continue
			}
			size := e.Size
			if e.Copy != nil {
				size += e.Copy.Size
			}
			whole += size
			if same := e.By.Person == by.Person && (by.Person != "" || e.By.Seat == by.Seat && e.By.Hearing == by.Hearing); same && i.Hearing == to.Hearing {
				own += size
			}
		}
	}
	return files < attachmentsOfIncident && whole < most/2 && own < attachedByOne
}

func errAttachmentLarge() error {
	return signaling.Refuse("attachment_too_large", "A file may have 20 MiB.", nil)
}

// patientBody is the request's body, each part of which has its own time: a large file over a slow line may take long, and one that stands still may not.
func (a *App) patientBody(c *gin.Context) io.Reader {
	return &patientReader{c.Request.Body, http.NewResponseController(c.Writer), a.patience, time.Now().Add(attachmentWithin)}
}

type patientReader struct {
	io.Reader
	control  *http.ResponseController
	patience patience
	until    time.Time
}

func (r *patientReader) Read(b []byte) (int, error) {
	if time.Now().After(r.until) {
		return 0, context.DeadlineExceeded
	}
	_ = r.control.SetReadDeadline(time.Now().Add(r.patience.body)) // where there is no connection (a test) there is no deadline
	_ = r.control.SetWriteDeadline(time.Now().Add(r.patience.write + 2*render.Within))
	return r.Reader.Read(b)
}

// enterAttachment makes durable that a file was attached: in the register first, then in the hearing where it is of one that goes on. When this returns an error the file is in no
// book, and gone; where not even that is known it stays, and the next start settles it. What the hearing could not take is entered there at the next start.
func (a *App) enterAttachment(ctx context.Context, court string, i *register.Incident, by register.Who, id string, s evidence.Sealed) error {
	_, err := a.incidents.Enter(ctx, court, &register.EvidenceAttachedPayload{About: register.About{Incident: i.ID, By: by}, Evidence: id, Size: s.Bytes, SHA256: s.SHA256, SealedSHA256: s.SealedSHA256})
	if err != nil {
		events, unread := a.incidents.Events(ctx, court)
		if unread != nil || slices.ContainsFunc(events, func(e ledger.Event) bool { return bytes.Contains(e.Payload, []byte(id)) }) {
			return errors.Join(err, unread)
		}
		return errors.Join(err, a.locker.Erase(id))
	}
	if err := a.locker.Entered(id); err != nil {
		a.log.Error("an attachment is marked as not entered; the next start puts that right", "err", err)
	}
	if err := a.tellHearing(ctx, i, register.Evidence{ID: id, Size: s.Bytes, SHA256: s.SHA256, SealedSHA256: s.SealedSHA256, By: by}); err != nil {
		a.log.Error("an attachment stands in the register and not in its hearing yet; the next start enters it", "err", err)
	}
	return nil
}

// tellHearing enters an attachment in the hearing of its incident. One that is sealed takes nothing any more.
func (a *App) tellHearing(ctx context.Context, i *register.Incident, e register.Evidence) error {
	p := a.hearings[i.Hearing]
	if p == nil || i.Flag == "" {
		return nil
	}
	actor := e.By.Seat
	if actor == "" {
		actor = string(hearing.System)
	}
	return p.Attached(ctx, actor, hearing.EvidenceAttachedPayload{ID: e.ID, Flag: i.Flag, SHA256: e.SHA256, SealedSHA256: e.SealedSHA256, Bytes: e.Size, Seat: e.By.Seat, Role: hearing.Role(e.By.Role)})
}

// settleAttachments finishes, at the start, what the last run left half done: what stands in one book of two is entered in the other, and a file that no book has is removed.
func (a *App) settleAttachments(ctx context.Context) error {
	for id, p := range a.hearings {
		if err := a.settleHearing(ctx, p.Court(), id); err != nil {
			return fmt.Errorf("the attachments of %s: %w", id, err)
		}
	}
	known := map[string]bool{}
	for _, i := range a.everyIncident() {
		for _, e := range i.Evidence {
			known[e.ID] = true
		}
	}
	left, err := a.locker.Taken()
	if err != nil {
		return err
	}
	for _, id := range left {
		settle := a.locker.Erase
		if known[id] {
			settle = a.locker.Entered
		}
		if err := settle(id); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) settleHearing(ctx context.Context, court, id string) error {
	events, err := a.ledger.Load(ctx, id)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, e := range events {
		if e.Code != string(hearing.EvidenceAttached) {
			continue
		}
		var p hearing.EvidenceAttachedPayload
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			return err
		}
		there[p.ID] = true
		i, ok := a.incidents.Get(court, register.IncidentOf(id, p.Flag))
		if !ok || pieceOf(i, p.ID) != nil || !a.locker.Has(p.ID) {
			continue
		}
		by := register.Who{Role: string(p.Role), Hearing: id, Seat: p.Seat}
		_, err := a.incidents.Enter(ctx, court, &register.EvidenceAttachedPayload{About: register.About{Incident: i.ID, By: by}, Evidence: p.ID, Size: p.Bytes, SHA256: p.SHA256, SealedSHA256: p.SealedSHA256})
		if err != nil {
			return err
		}
	}
	for _, i := range a.incidents.All(court) {
		for _, e := range i.Evidence {
			if i.Hearing != id || e.What != "attachment" || e.State != "kept" || there[e.ID] {
				continue
			}
			if err := a.tellHearing(ctx, i, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// copies are the attachments that are being looked into: each by one at a time.
type copies struct {
	mu sync.Mutex
	of map[string]chan struct{}
}

// turn waits until nobody else looks into a piece.
func (c *copies) turn(ctx context.Context, id string) (leave func(), err error) {
	for {
		c.mu.Lock()
		busy := c.of[id]
		if busy == nil {
			if c.of == nil {
				c.of = map[string]chan struct{}{}
			}
			done := make(chan struct{})
			c.of[id] = done
			c.mu.Unlock()
			return func() {
				c.mu.Lock()
				delete(c.of, id)
				c.mu.Unlock()
				close(done)
			}, nil
		}
		c.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// copyOf has the confined program look into an attachment whose hash is entered, and enters what it is and its copy, or why there is none: once, however many ask.
func (a *App) copyOf(ctx context.Context, court, incident, id string) error {
	leave, err := a.copying.turn(ctx, id)
	if err != nil {
		return err
	}
	defer leave()
	i, ok := a.incidents.Get(court, incident)
	if !ok || pieceOf(i, id) == nil {
		return errEvidence()
	}
	e := pieceOf(i, id)
	if e.Copy != nil { // another's turn made it
		return nil
	}
	file, err := a.locker.Open(id, false, e.SealedSHA256)
	if err != nil {
		return err
	}
	defer file.Close()
	r, err := a.renders.Render(ctx, file)
	if err != nil {
		return err
	}
	event := &register.EvidenceCopiedPayload{About: register.About{Incident: incident, By: register.System()}, Evidence: id, Of: e.SHA256, Original: r.Type, NoCopy: r.Why}
	if r.CopyType != "" {
		s, err := a.locker.SealCopy(id, r.Copy)
		if err != nil {
			return err
		}
		event.Type, event.Size, event.SHA256, event.SealedSHA256, event.Note = r.CopyType, s.Bytes, s.SHA256, s.SealedSHA256, r.Note
	}
	_, err = a.incidents.EnterIf(ctx, court, incident, func(i *register.Incident) error {
		if e := pieceOf(i, id); e == nil || e.State != "kept" {
			return errErased(nil)
		}
		return nil
	}, event)
	return err
}
