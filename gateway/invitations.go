package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parda/gateway/access"
	"parda/gateway/access/account"
	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/proceeding"
	"parda/gateway/store"
	"parda/signaling"
)

// Invitations bring people into hearings (signaling/ACCOUNTS.md). Who may invite whom is in gateway/access/rights; here it is asked of the hearing and the accounts, entered in
// the audit, and only then done.

func (a *App) invitationRoutes() []route {
	const of = "/api/hearings/:hearing/invitations"
	inviter := needs(rights.SeatInvite, rights.SeatAppoint)
	return []route{
		{"GET", "/api/hearings", needs(rights.OwnAccount), a.told(a.hearingsOf)},
		{"GET", of, inviter, a.told(a.invitations)},
		{"POST", of, inviter, a.told(a.invite)},
		{"POST", of + "/:seat/extend", inviter, a.told(a.extend)},
		{"DELETE", of + "/:seat", inviter, a.told(a.uninvite)},
	}
}

// told answers with what f gives, or with its refusal; nil without an error is 204.
func (a *App) told(f func(*gin.Context) (status int, body any, err error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		status, body, err := f(c)
		switch {
		case err != nil:
			signaling.WriteError(c.Writer, a.log, doorError(err))
		case body == nil:
			c.Status(http.StatusNoContent)
		default:
			c.JSON(status, body)
		}
	}
}

// maxBody bounds what a page sends about invitations, in bytes.
const maxBody = 16 << 10

// bodyOf reads a request's whole body into v. A field that is not known is refused: what is misspelt must not silently mean less.
func bodyOf(c *gin.Context, v any) error {
	d := json.NewDecoder(io.LimitReader(c.Request.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil || d.More() {
		return signaling.Refuse("bad_message", "The request cannot be read.", err)
	}
	return nil
}

// hearingIn is a hearing of the person's own court. Another court's is not told apart from one that does not exist.
func (a *App) hearingIn(c *gin.Context, s account.Session) (string, *proceeding.Proceeding, error) {
	id := c.Param("hearing")
	p, err := a.hearing(id)
	if err == nil && p.Court() != s.Person.Court {
		err = signaling.Refuse("hearing_unknown", "There is no such hearing here.", nil)
	}
	return id, p, err
}

type hearingShort struct {
	ID     string         `json:"id"`
	CaseNo string         `json:"case_no"`
	Court  string         `json:"court"`
	Phase  hearing.Phase  `json:"phase"`
	Mine   []invitedShort `json:"mine"`
}

type invitedShort struct {
	Seat  string       `json:"seat"`
	Role  hearing.Role `json:"role"`
	From  time.Time    `json:"from"`
	Until time.Time    `json:"until"`
	State string       `json:"state"`
	Held  bool         `json:"held,omitempty"` // she took the seat, and it was not taken back: hers to fill the hearing by, after her time too
}

func (a *App) hearingsOf(c *gin.Context) (int, any, error) {
	s := visitor(c)
	invited, err := a.access.InvitationsOf(c.Request.Context(), s.Person.ID)
	if err != nil {
		return 0, nil, err
	}
	all := []hearingShort{}
	for id, p := range a.hearings {
		if p.Court() != s.Person.Court {
			continue
		}
		h := hearingShort{ID: id, CaseNo: p.CaseNo(), Court: p.Court(), Phase: p.Phase(), Mine: []invitedShort{}}
		for _, v := range invited {
			if role, ok := p.RoleOf(v.Seat); v.Hearing == id && ok && !v.Revoked {
				h.Mine = append(h.Mine, invitedShort{v.Seat, role, v.From, v.Until, stateOf(p, v), v.Taken})
			}
		}
		if len(h.Mine) > 0 || s.Has(rights.SeatInvite) || s.Has(rights.SeatAppoint) || s.Has(rights.RoomCertify) {
			all = append(all, h)
		}
	}
	slices.SortFunc(all, func(x, y hearingShort) int { return strings.Compare(x.ID, y.ID) })
	seats := SeatsOfPersons
	if a.config.Access.byLink() {
		seats = SeatsByLink
	}
	return http.StatusOK, gin.H{"seats": seats, "hearings": all}, nil
}

// stateOf is what an invitation is worth now.
func stateOf(p *proceeding.Proceeding, v store.Invitation) string {
	now := time.Now()
	switch {
	case v.Revoked:
		return "revoked"
	case now.Before(v.From):
		return "early"
	case !now.Before(v.Until) && !(v.Taken && p.GoesOn(v.Seat)):
		return "over"
	case v.Taken:
		return "taken"
	}
	return "open"
}

type invitationView struct {
	Seat   string       `json:"seat"`
	Role   hearing.Role `json:"role"`
	Person string       `json:"person"`
	Name   string       `json:"name"`
	By     string       `json:"by"`
	From   time.Time    `json:"from"`
	Until  time.Time    `json:"until"`
	State  string       `json:"state"`
}

func (a *App) viewOf(ctx context.Context, p *proceeding.Proceeding, v store.Invitation) invitationView {
	role, _ := p.RoleOf(v.Seat)
	view := invitationView{Seat: v.Seat, Role: role, Person: v.Person, By: v.By, From: v.From, Until: v.Until, State: stateOf(p, v)}
	if person, err := a.accounts.Person(ctx, v.Person); err == nil {
		view.Name = person.Name
	}
	return view
}

func (a *App) invitations(c *gin.Context) (int, any, error) {
	ctx, s := c.Request.Context(), visitor(c)
	id, p, err := a.hearingIn(c, s)
	if err != nil {
		return 0, nil, err
	}
	if err := a.entered(ctx, s, audit.InvitationsSeen, invitationEntry{Hearing: id}); err != nil {
		return 0, nil, err
	}
	kept, err := a.access.Invitations(ctx, id)
	if err != nil {
		return 0, nil, err
	}
	views := []invitationView{}
	for _, v := range kept {
		views = append(views, a.viewOf(ctx, p, v))
	}
	seats := []gin.H{}
	for _, seat := range p.Seats() {
		of, _ := rights.ForSeat(seat.Role)
		seats = append(seats, gin.H{"seat": seat.ID, "role": seat.Role, "of": of})
	}
	return http.StatusOK, gin.H{"invitations": views, "seats": seats}, nil
}

// invitationEntry is what the audit holds of an invitation: ids and times.
type invitationEntry struct {
	Hearing string     `json:"hearing"`
	Seat    string     `json:"seat,omitempty"`
	Person  string     `json:"person,omitempty"`
	From    *time.Time `json:"from,omitempty"`
	Until   *time.Time `json:"until,omitempty"`
}

// entered makes an entry durable, or refuses what was to be done.
func (a *App) entered(ctx context.Context, s account.Session, code audit.Code, payload any) error {
	if err := a.audit.Enter(context.WithoutCancel(ctx), s.Person.Court, code, s.Person.ID, payload); err != nil {
		return signaling.Refuse("not_durable", "This could not be saved. Nothing was changed.", err)
	}
	return nil
}

// fill says whether the visitor may fill this seat, or take it back, now.
func (a *App) fill(ctx context.Context, s account.Session, id string, p *proceeding.Proceeding, seat string) (hearing.Role, error) {
	role, ok := p.RoleOf(seat)
	if !ok {
		return "", access.ErrSeatUnknown
	}
	if a.config.Access.byLink() {
		return "", signaling.Refuse("seats_by_link", "This gateway gives its seats by link: nobody is invited.", nil)
	}
	v, err := a.access.Invitation(ctx, id, seat)
	if err != nil && !errors.Is(err, access.ErrNotInvited) {
		return "", err
	}
	at, err := a.standing(ctx, s, id, p)
	if err != nil {
		return "", err
	}
	if at.Taken = v.Taken && !v.Revoked; !rights.MayFill(s.Person.Roles, role, at) {
		a.refusedTo(ctx, s, string(rights.SeatInvite))
		return "", signaling.Refuse("not_allowed", "Your account may not fill this seat now.", nil)
	}
	return role, nil
}

// standing is where a hearing stands, and where its visitor sits in it. Who took a seat counts as its holder until it is taken back, after her time too: else a hearing that was
// adjourned for longer than all its invitations would be closed to everybody for good.
func (a *App) standing(ctx context.Context, s account.Session, id string, p *proceeding.Proceeding) (rights.Standing, error) {
	at := rights.Standing{Begun: p.Phase() != hearing.Scheduled}
	own, err := a.access.InvitationsOf(ctx, s.Person.ID)
	for _, v := range own {
		if v.Hearing == id && v.Taken && !v.Revoked {
			at.Inside, _ = p.RoleOf(v.Seat)
		}
	}
	if err == nil && at.Begun {
		at.Orphaned, err = a.orphaned(ctx, id, p)
	}
	return at, err
}

// orphaned says whether nobody who took a seat of a hearing's bench can come back to it: each account is closed, or no judge's any more. A judge who is only away is not gone.
func (a *App) orphaned(ctx context.Context, id string, p *proceeding.Proceeding) (bool, error) {
	kept, err := a.access.Invitations(ctx, id)
	if err != nil {
		return false, err
	}
	for _, v := range kept {
		if role, ok := p.RoleOf(v.Seat); !ok || !role.Bench() || !v.Taken || v.Revoked {
			continue
		}
		who, err := a.accounts.Person(ctx, v.Person)
		if err != nil {
			return false, err
		}
		if who.State != account.StateClosed && slices.Contains(who.Roles, rights.Judge) {
			return false, nil
		}
	}
	return true, nil
}

func (a *App) invite(c *gin.Context) (int, any, error) {
	ctx, s := c.Request.Context(), visitor(c)
	id, p, err := a.hearingIn(c, s)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Seat   string    `json:"seat"`
		Person string    `json:"person"`
		From   time.Time `json:"from"`
		Until  time.Time `json:"until"`
	}
	if err := bodyOf(c, &body); err != nil {
		return 0, nil, err
	}
	role, err := a.fill(ctx, s, id, p, body.Seat)
	if err != nil {
		return 0, nil, err
	}
	of, ofPerson := rights.ForSeat(role)
	if !ofPerson {
		return a.giveLink(ctx, s, p, id, body.Seat, role)
	}
	if err := a.invitable(ctx, s, id, body.Seat, body.Person, of); err != nil {
		return 0, nil, err
	}
	now := time.Now()
	if body.From.IsZero() {
		body.From = now
	}
	v := store.Invitation{Hearing: id, Seat: body.Seat, Person: body.Person, By: s.Person.ID, From: body.From.UTC(), Until: body.Until.UTC()}
	if err := access.CheckTime(v, now); err != nil {
		return 0, nil, err
	}
	if err := a.entered(ctx, s, audit.SeatInvited, invitationEntry{id, v.Seat, v.Person, &v.From, &v.Until}); err != nil {
		return 0, nil, err
	}
	code, err := a.access.Invite(context.WithoutCancel(ctx), v, now)
	if err != nil {
		return 0, nil, err
	}
	if err := p.Lost(context.WithoutCancel(ctx), v.Seat); err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, gin.H{"link": a.seatLink(id, v.Seat, code), "invitation": a.viewOf(ctx, p, v)}, nil
}

// invitable says whether this account may be invited to the seat: of the court, open, of the seat's role, not the inviter herself, and at one seat of a hearing alone, because
// nobody acts for two sides.
func (a *App) invitable(ctx context.Context, s account.Session, id, seat, person string, of rights.Role) error {
	if person == s.Person.ID {
		return signaling.Refuse("not_allowed", "Nobody invites herself.", nil)
	}
	who, err := a.accounts.Person(ctx, person)
	if err != nil {
		return err
	}
	if who.Court != s.Person.Court || who.State == account.StateClosed {
		return signaling.Refuse("person_unknown", "There is no such account in your court.", nil)
	}
	if !slices.Contains(who.Roles, of) {
		return signaling.Refuse("role_missing", "The account does not have the role of this seat.", nil)
	}
	return a.elsewhere(ctx, id, seat, person)
}

// elsewhere refuses somebody who has another seat of the hearing. One that was taken is hers until it is taken back, whatever the clock says: it counts again when the hearing goes on.
func (a *App) elsewhere(ctx context.Context, id, seat, person string) error {
	invited, err := a.access.InvitationsOf(ctx, person)
	if err != nil {
		return err
	}
	for _, v := range invited {
		if v.Hearing == id && v.Seat != seat && !v.Revoked && (v.Taken || time.Now().Before(v.Until)) {
			return signaling.Refuse("person_seated", "This account is invited to another seat of the hearing.", nil)
		}
	}
	return nil
}

// giveLink makes a new link for a place that nobody is invited to. The witness's has none: her station comes in by its own proof.
func (a *App) giveLink(ctx context.Context, s account.Session, p *proceeding.Proceeding, id, seat string, role hearing.Role) (int, any, error) {
	if !role.Passive() {
		return 0, nil, signaling.Refuse("not_allowed", "The witness's seat is held by the station: it has no link.", nil)
	}
	if err := a.entered(ctx, s, audit.SeatLinkGiven, invitationEntry{Hearing: id, Seat: seat}); err != nil {
		return 0, nil, err
	}
	code, err := a.access.Reissue(context.WithoutCancel(ctx), id, seat)
	if err != nil {
		return 0, nil, err
	}
	if err := p.Lost(context.WithoutCancel(ctx), seat); err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, gin.H{"link": a.seatLink(id, seat, code)}, nil
}

func (a *App) extend(c *gin.Context) (int, any, error) {
	ctx, s := c.Request.Context(), visitor(c)
	id, p, err := a.hearingIn(c, s)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Until time.Time `json:"until"`
	}
	if err := bodyOf(c, &body); err != nil {
		return 0, nil, err
	}
	seat, until := c.Param("seat"), body.Until.UTC()
	v, err := a.access.Invitation(ctx, id, seat)
	if err != nil {
		return 0, nil, err
	}
	role, _ := p.RoleOf(seat)
	at, err := a.standing(ctx, s, id, p)
	if err != nil {
		return 0, nil, err
	}
	// To move an end to now is to take somebody out, and is asked as filling is; more time harms nobody, so the clerk gives it to a judge too. Nobody extends her own.
	later := until.After(v.Until) && rights.Has(s.Person.Roles, rights.SeatInvite) && (!at.Begun || at.Inside.Bench() || at.Inside == hearing.CourtClerk)
	if at.Taken = v.Taken; !rights.MayFill(s.Person.Roles, role, at) && !later || v.Person == s.Person.ID {
		a.refusedTo(ctx, s, string(rights.SeatInvite))
		return 0, nil, signaling.Refuse("not_allowed", "Your account may not extend this invitation.", nil)
	}
	if err := a.elsewhere(ctx, id, seat, v.Person); err != nil {
		return 0, nil, err
	}
	now := time.Now()
	if until, err = access.CheckLater(v, until, now); err != nil { // what is refused below was not done, and the audit must not say so
		return 0, nil, err
	}
	if err := a.entered(ctx, s, audit.SeatExtended, invitationEntry{Hearing: id, Seat: seat, Person: v.Person, Until: &until}); err != nil {
		return 0, nil, err
	}
	if v, err = a.access.Extend(context.WithoutCancel(ctx), id, seat, until, now); err != nil {
		return 0, nil, err
	}
	a.ended(v.Person) // an earlier end may have come already
	return http.StatusOK, gin.H{"invitation": a.viewOf(ctx, p, v)}, nil
}

// uninvite takes an invitation, or the link of a place, back. What is open ends before the answer.
func (a *App) uninvite(c *gin.Context) (int, any, error) {
	ctx, s := c.Request.Context(), visitor(c)
	id, p, err := a.hearingIn(c, s)
	if err != nil {
		return 0, nil, err
	}
	seat := c.Param("seat")
	role, err := a.fill(ctx, s, id, p, seat)
	if err != nil {
		return 0, nil, err
	}
	if role == hearing.ProtectedWitness {
		return 0, nil, signaling.Refuse("not_allowed", "The witness's seat is held by the station: it has no link.", nil)
	}
	v, err := a.access.Invitation(ctx, id, seat)
	if _, ofPerson := rights.ForSeat(role); err != nil && (ofPerson || !errors.Is(err, access.ErrNotInvited)) {
		return 0, nil, err
	}
	if err := a.entered(ctx, s, audit.SeatRevoked, invitationEntry{Hearing: id, Seat: seat, Person: v.Person}); err != nil {
		return 0, nil, err
	}
	if err := a.access.Revoke(context.WithoutCancel(ctx), id, seat); err != nil {
		return 0, nil, err
	}
	return 0, nil, p.Lost(context.WithoutCancel(ctx), seat)
}
