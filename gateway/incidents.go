package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/account"
	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/incident"
	"parda/gateway/incident/register"
	"parda/gateway/store"
	"parda/gateway/visibility"
	"parda/signaling"
)

// The register of incidents: opened here, kept up with the hearings, and asked through two doors, a person's session and a seat's cookie. Who may see which incident is the
// table of gateway/incident/register; the handlers are in incidents_routes.go.

// IncidentsConfig is how a court keeps its register of incidents.
type IncidentsConfig struct {
	Deadlines  string `toml:"deadlines"`   // the court's own file of deadlines; "" for those that parda brings
	AlarmHours int    `toml:"alarm_hours"` // hours after receipt from which a hearing's console shows that a decision is due; 0: the first warning of the deadlines
	KeepDays   int    `toml:"keep_days"`   // after the last event of a settled incident its words are erased and their hashes stay; 0: never
}

// read gives the deadlines. A file that is not understood is refused whole.
func (c IncidentsConfig) read() (incident.Deadlines, error) {
	file := incident.DefaultDeadlines()
	if c.Deadlines != "" {
		var err error
		if file, err = os.ReadFile(c.Deadlines); err != nil {
			return incident.Deadlines{}, fmt.Errorf("incidents.deadlines: %w", err)
		}
	}
	d, err := incident.ReadDeadlines(file)
	if err != nil {
		return d, fmt.Errorf("incidents.deadlines: %s: %w", filepath.Base(c.Deadlines), err)
	}
	if c.AlarmHours < 0 || c.AlarmHours >= d.DecideHours {
		return d, errors.New("incidents.alarm_hours: an alarm stands before the decision is due (decide_hours of the deadlines)")
	}
	if c.KeepDays != 0 && c.KeepDays < keepLeast {
		return d, fmt.Errorf("incidents.keep_days: words are kept at least %d days, or 0 for ever", keepLeast)
	}
	return d, nil
}

// keepLeast is the shortest time, in days, after which words may be erased: a slip must not erase a case that goes on.
const keepLeast = 365

// openIncidents opens the book of every court, that of one without hearings too: an incident may be filed after the last hearing is gone from the configuration.
func (a *App) openIncidents(ctx context.Context) error {
	d, err := a.config.Incidents.read()
	if err != nil {
		return err
	}
	if d.ConfirmedBy == "" {
		a.log.Warn("the deadlines of requests for protection are confirmed by no lawyer (incidents.deadlines, confirmed_by)")
	}
	if a.incidentNow == nil {
		a.incidentNow = time.Now
	}
	a.incidents, err = register.Open(ctx, register.Config{Ledger: a.ledger, Store: a.store, Courts: hearing.Courts(), Deadlines: d, AlarmHour: a.config.Incidents.AlarmHours,
		Keep: time.Duration(a.config.Incidents.KeepDays) * 24 * time.Hour, Log: a.log, Now: func() time.Time { return a.incidentNow() }, Sealed: a.sealedHearing()})
	return err
}

// sealedHearing says of a hearing, one that the configuration does not name any more too, whether its ledger is closed. What is sealed stays so. It asks the ledger alone:
// a hearing may itself wait for the register.
func (a *App) sealedHearing() func(string) bool {
	var sealed sync.Map
	return func(id string) bool {
		if _, known := sealed.Load(id); known {
			return true
		}
		n, err := a.ledger.Count(context.Background(), id)
		if err != nil || n == 0 {
			return false
		}
		last, err := a.ledger.Part(context.Background(), id, n-1, n)
		if err != nil || len(last) != 1 || last[0].Code != string(hearing.HearingSealed) {
			return false
		}
		sealed.Store(id, true)
		return true
	}
}

// mirrorAll brings the register up to every hearing. What fails is tried again a second later.
func (a *App) mirrorAll(ctx context.Context) error {
	var all []error
	for id, p := range a.hearings {
		if err := a.incidents.Mirror(ctx, p.Court(), id, a.seatedAt); err != nil {
			all = append(all, fmt.Errorf("the flags of %s: %w", id, err))
		}
	}
	return errors.Join(all...)
}

// seatedAt says which account holds a seat now; "" where seats are held by link.
func (a *App) seatedAt(id, seat string) string {
	if a.config.Access.byLink() {
		return ""
	}
	v, err := a.access.Invitation(context.Background(), id, seat)
	if err != nil || !v.Taken || v.Revoked {
		return ""
	}
	return v.Person
}

// tendIncidents keeps the clocks and the mirror until ctx ends.
func (a *App) tendIncidents(ctx context.Context) {
	a.incidents.Run(ctx, func(ctx context.Context) error {
		err := a.mirrorAll(ctx)
		a.tellProtections()
		return err
	})
}

// tickIncidents is one look of the mirror at every hearing and of the clock at every request of every court.
func (a *App) tickIncidents(ctx context.Context) error {
	err := errors.Join(a.mirrorAll(ctx), a.incidents.Tick(ctx))
	a.tellProtections()
	return err
}

// protections are what each hearing's console shows of requests for protection. The hearing's goroutine reads them while it must not wait for the register's disk.
type protections struct {
	telling sync.Mutex // one computes at a time, so that an older answer never takes the place of a newer one
	mu      sync.Mutex
	by      map[string][]visibility.ProtectionView
}

func (x *protections) of(hearing string) []visibility.ProtectionView {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.by[hearing] // never changed after it was put there
}

// put keeps what a hearing shows from now on, and says whether that is something else than before.
func (x *protections) put(hearing string, now []visibility.ProtectionView) (changed bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if reflect.DeepEqual(x.by[hearing], now) {
		return false
	}
	if x.by == nil {
		x.by = map[string][]visibility.ProtectionView{}
	}
	x.by[hearing] = now
	return true
}

// tellProtections brings the consoles of all hearings up to the register, and tells those whose hearing something changed for.
func (a *App) tellProtections() {
	a.protections.telling.Lock()
	defer a.protections.telling.Unlock()
	for id, p := range a.hearings {
		var all []visibility.ProtectionView
		for _, one := range a.incidents.ProtectionOf(p.Court(), id) {
			view := visibility.ProtectionView{Incident: one.Incident, Flag: one.Flag, Request: one.Request, Phase: one.Phase, Received: one.Received, Due: one.Due, Discreet: one.Discreet, Alarm: one.Alarm}
			for _, m := range one.Marks {
				if !m.Void {
					view.Marks = append(view.Marks, visibility.MarkView{Mark: m.Mark, At: m.At})
				}
			}
			if one.Next != nil {
				view.Next = &visibility.MarkView{Mark: one.Next.Mark, At: one.Next.At}
			}
			all = append(all, view)
		}
		if a.protections.put(id, all) {
			p.Refresh()
		}
	}
}

// viewerOf is who looks at the register: by the door of a hearing's seats, or as the person whom guard let pass.
func (a *App) viewerOf(c *gin.Context) (register.Viewer, error) {
	if strings.HasPrefix(c.FullPath(), "/api/:hearing/") {
		return a.viewerOfSeat(c)
	}
	return a.viewerOfPerson(c.Request.Context(), visitor(c))
}

// viewerOfSeat is whoever holds a seat: that hearing's incidents alone, as the role of the seat.
func (a *App) viewerOfSeat(c *gin.Context) (register.Viewer, error) {
	if c.Request.Method != "GET" && !a.sameOrigin(c.Request) {
		return register.Viewer{}, signaling.Refuse("not_allowed", "This request comes from another site.", nil)
	}
	id := c.Param("hearing")
	ch, err := a.chairOf(c.Request, id, c.Query("seat"))
	if err != nil {
		return register.Viewer{}, err
	}
	seatRole, _ := ch.p.RoleOf(ch.seat)
	role, ok := rights.ForSeat(seatRole)
	if !ok { // the screen and the gallery are places
		return register.Viewer{}, signaling.Refuse("not_allowed", "This seat has no part in the register of incidents.", nil)
	}
	if ch.used != nil && c.Request.Method != "GET" {
		ch.used()
	}
	v := register.Viewer{Court: ch.p.Court(), Person: ch.hold.Holder.Person, Roles: []rights.Role{role}, Only: id,
		Door: register.Who{Role: string(seatRole), Person: ch.hold.Holder.Person, Hearing: id, Seat: ch.seat}}
	sitting(&v, register.Sitting{Hearing: id, Seat: ch.seat, Role: role}, ch.p.Attends(ch.seat))
	return v, nil
}

// sitting gives a viewer a seat that she holds: one that attends opens the hearing's incidents to her, one that does not only what she raised herself.
func sitting(v *register.Viewer, s register.Sitting, attends bool) {
	if attends {
		v.Sits = append(v.Sits, s)
		return
	}
	v.Out = append(v.Out, s)
}

// viewerOfPerson is a person with the seats that she took and that were not taken back from her: after the hearing, and after judgment, they still say which hearings were hers.
func (a *App) viewerOfPerson(ctx context.Context, s account.Session) (register.Viewer, error) {
	v := register.Viewer{Court: s.Person.Court, Person: s.Person.ID, Roles: slices.Clone(s.Person.Roles), Door: register.Who{Person: s.Person.ID}}
	invited, err := a.access.InvitationsOf(ctx, s.Person.ID)
	if err != nil {
		return v, err
	}
	for _, one := range invited {
		if !one.Taken || one.Revoked {
			continue
		}
		p := a.hearings[one.Hearing]
		if p == nil {
			if err := a.satThen(ctx, &v, one); err != nil {
				return v, err
			}
			continue
		}
		if p.Court() != s.Person.Court {
			continue
		}
		seatRole, _ := p.RoleOf(one.Seat)
		if role, ok := rights.ForSeat(seatRole); ok && slices.Contains(v.Roles, role) {
			sitting(&v, register.Sitting{Hearing: one.Hearing, Seat: one.Seat, Role: role}, p.Attends(one.Seat))
		}
	}
	return v, nil
}

// satThen gives a viewer the seat of a hearing that this gateway serves no more: its incidents outlive its place in the configuration. Its bench, which nobody removes, has all of
// them; who else sat there has what she raised herself.
func (a *App) satThen(ctx context.Context, v *register.Viewer, one store.Invitation) error {
	first, err := a.ledger.Part(ctx, one.Hearing, 0, 1)
	if err != nil {
		return signaling.Refuse("internal", "Something went wrong in the gateway.", err)
	}
	if len(first) == 0 || first[0].Code != string(hearing.HearingCreated) {
		return nil
	}
	var created hearing.HearingCreatedPayload
	if err := json.Unmarshal(first[0].Payload, &created); err != nil {
		return signaling.Refuse("internal", "Something went wrong in the gateway.", err)
	}
	for _, seat := range created.Seats {
		if role, ok := rights.ForSeat(seat.Role); ok && seat.ID == one.Seat && created.Court == v.Court && slices.Contains(v.Roles, role) {
			sitting(v, register.Sitting{Hearing: one.Hearing, Seat: one.Seat, Role: role}, seat.Role.Bench())
		}
	}
	return nil
}

// acting is a viewer who acts: as the first of her roles that may do this about the incident.
func acting(v register.Viewer, i *register.Incident, do register.Action) register.Viewer {
	if v.Door.Role != "" {
		return v
	}
	for _, role := range v.Roles {
		one := v
		one.Roles = []rights.Role{role}
		if register.May(one, i, do) {
			v.Door.Role = string(role)
			return v
		}
	}
	v.Door.Role = "person"
	return v
}

// incidentFor finds the incident that a request names, where whoever asks may do this about it. One that she may not see is not told apart from one that is not there.
func (a *App) incidentFor(c *gin.Context, do register.Action) (court string, i *register.Incident, v register.Viewer, err error) {
	if v, err = a.viewerOf(c); err != nil {
		return "", nil, v, err
	}
	if v.Only != "" { // a page asks for what was flagged a moment ago
		if err := a.incidents.Mirror(c.Request.Context(), v.Court, v.Only, a.seatedAt); err != nil {
			return "", nil, v, err
		}
	}
	i, ok := a.incidents.Find(v, c.Param("incident"))
	if !ok {
		return "", nil, v, signaling.Refuse("incident_unknown", "There is no such incident here.", nil)
	}
	if !register.May(v, i, do) {
		return "", nil, v, signaling.Refuse("not_allowed", "You may not do that about this incident.", nil)
	}
	return i.Court, i, acting(v, i, do), nil
}

// glances remembers until when what somebody looks at is entered already.
type glances struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// glanceEach is how often one session's looking at one thing is entered: a page asks again by itself.
const glanceEach = time.Minute

func (g *glances) entered(key string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return now.Before(g.until[key])
}

func (g *glances) note(key string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.until == nil || len(g.until) > 10_000 {
		g.until = map[string]time.Time{}
	}
	g.until[key] = now.Add(glanceEach)
}

// incidentSeen enters that somebody looks at the register, or at one incident, before she sees: once a minute for each session (or seat) and incident. It stands in the audit of her
// court, and of every other court that she looks into.
func (a *App) incidentSeen(c *gin.Context, v register.Viewer, id string) error {
	actor, session := v.Person, ""
	if v.Only != "" {
		if actor == "" {
			actor = v.Only + "/" + v.Door.Seat
		}
	} else {
		session = visitor(c).ID
	}
	courts := []string{v.Court}
	if i, ok := a.incidents.Find(v, id); ok && i.Court != v.Court {
		courts = append(courts, i.Court)
	} else if id == "" && v.Only == "" && rights.Has(v.Roles, rights.IncidentOverview) {
		courts = append(courts, slices.DeleteFunc(a.incidents.Courts(), func(court string) bool { return court == v.Court })...)
	}
	key, now := strings.Join([]string{actor, session, v.Only, id}, "\x00"), time.Now()
	if a.glances.entered(key, now) {
		return nil
	}
	seen := struct {
		Session  string `json:"session,omitempty"`
		Hearing  string `json:"hearing,omitempty"`
		Incident string `json:"incident,omitempty"`
	}{session, v.Only, id}
	for _, court := range courts {
		if err := a.audit.Enter(context.WithoutCancel(c.Request.Context()), court, audit.IncidentsSeen, actor, seen); err != nil {
			return signaling.Refuse("not_durable", "This could not be saved. Nothing was changed.", err)
		}
	}
	a.glances.note(key, now)
	return nil
}

// What one person or seat may write into the register at once, and in a second. Whoever writes more waits, and nothing of it is refused: a flood must not keep a threat out.
const (
	filingsEach, filingsAtOnce = 1, 30
	filingWaits                = 10 * time.Second
)

// slowFlood makes who writes much wait.
func (a *App) slowFlood(v register.Viewer) {
	if d := min(a.turnstiles.delay(filingsEach, filingsAtOnce, "filing", v.Court, v.Person, v.Only, v.Door.Seat), filingWaits); d > 0 {
		time.Sleep(d)
	}
}
