package main

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/incident/register"
	"parda/gateway/ledger"
	"parda/signaling"
)

// incidentRoutes are the register by both doors. The rights say who may knock; about which incident she may do it, and how much of it she sees, is INCIDENTS.md's.
func (a *App) incidentRoutes() []route {
	see, file, rule := needs(rights.IncidentSee), needs(rights.IncidentFile), needs(rights.IncidentRule)
	ask, clock, agree := needs(rights.IncidentAsk), needs(rights.IncidentClock), needs(rights.IncidentAgree)
	var all []route
	for _, door := range []struct {
		path string
		by   func(who) who
	}{{"/api", func(w who) who { return w }}, {"/api/:hearing", func(who) who { return bySeat }}} {
		const one = "/incidents/:incident"
		all = append(all,
			route{"GET", door.path + "/incidents", door.by(see), a.told(a.listIncidents)},
			route{"POST", door.path + "/incidents", door.by(file), a.told(a.fileIncident)},
			route{"GET", door.path + one, door.by(see), a.told(a.showIncident)},
			route{"POST", door.path + one + "/notes", door.by(see), a.told(a.noteIncident)},
			route{"POST", door.path + one + "/rulings", door.by(rule), a.told(a.ruleIncident)},
			route{"POST", door.path + one + "/hold", door.by(rule), a.told(a.holdIncident)},
			route{"POST", door.path + one + "/source", door.by(see), a.told(a.nameSource)},
			route{"POST", door.path + one + "/agreement", door.by(agree), a.told(a.sayAgreement)},
			route{"POST", door.path + one + "/requests", door.by(ask), a.told(a.askProtection)},
			route{"POST", door.path + one + "/requests/:request/:step", door.by(clock), a.told(a.stepRequest)},
			route{"GET", door.path + "/protection", door.by(clock), a.told(a.protection)},
		)
	}
	return append(all, route{"GET", "/api/incidents-export", needs(rights.AuditRead), a.exportIncidents})
}

// query reads what a list is narrowed by.
func query(c *gin.Context) (q register.Query, err error) {
	q = register.Query{Kind: c.Query("kind"), Phase: c.Query("phase"), Source: c.Query("source"), Text: c.Query("q"), Hearing: c.Query("hearing"), Court: c.Query("court"), Before: c.Query("before")}
	for name, into := range map[string]*time.Time{"from": &q.From, "to": &q.To} {
		text := c.Query(name)
		if text == "" {
			continue
		}
		if *into, err = time.Parse(time.RFC3339, text); err != nil {
			return q, signaling.Refuse("bad_argument", "The time cannot be read.", err)
		}
	}
	limit, err := number(c.Query("limit"), 0)
	if err != nil || limit > 1000 {
		return q, signaling.Refuse("bad_argument", "The page cannot be read.", err)
	}
	q.Limit = int(limit)
	return q, nil
}

func (a *App) listIncidents(c *gin.Context) (int, any, error) {
	v, err := a.viewerOf(c)
	if err != nil {
		return 0, nil, err
	}
	q, err := query(c)
	if err != nil {
		return 0, nil, err
	}
	if v.Only != "" {
		if err := a.incidents.Mirror(c.Request.Context(), v.Court, v.Only, a.seatedAt); err != nil {
			return 0, nil, err
		}
	}
	if err := a.incidentSeen(c, v, ""); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, a.incidents.List(v, q), nil
}

func (a *App) showIncident(c *gin.Context) (int, any, error) {
	court, i, v, err := a.incidentFor(c, register.See)
	if err != nil {
		return 0, nil, err
	}
	if err := a.incidentSeen(c, v, i.ID); err != nil {
		return 0, nil, err
	}
	view, err := a.incidents.Show(v, court, i.ID)
	return http.StatusOK, view, err
}

func (a *App) fileIncident(c *gin.Context) (int, any, error) {
	v, err := a.viewerOf(c)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Key        string    `json:"key"`
		Kind       string    `json:"kind"`
		When       time.Time `json:"when"`
		Endangered string    `json:"endangered"`
		Hearing    string    `json:"hearing"`
		CaseNo     string    `json:"case_no"`
		Pseudonym  string    `json:"pseudonym"`
		Target     string    `json:"target"`
		Source     string    `json:"source"`
		Note       string    `json:"note"`
		Discreet   bool      `json:"discreet"`
	}
	if _, err := readBody(c, &body); err != nil {
		return 0, nil, err
	}
	if v.Only != "" { // by the door of a hearing's seats it is of that hearing
		if body.Hearing != "" && body.Hearing != v.Only {
			return 0, nil, signaling.Refuse("hearing_unknown", "There is no such hearing here.", nil)
		}
		body.Hearing = v.Only
	}
	if p := a.hearings[body.Hearing]; body.Hearing != "" && p != nil && body.CaseNo == "" {
		body.CaseNo = p.CaseNo()
	}
	for _, role := range v.Roles {
		if v.Door.Role == "" && register.MayFile([]rights.Role{role}) {
			v.Door.Role = string(role)
		}
	}
	a.slowFlood(v)
	id, fresh, err := a.incidents.File(c.Request.Context(), v, register.Filing(body))
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	return status, gin.H{"id": id}, err
}

func (a *App) noteIncident(c *gin.Context) (int, any, error) {
	var body struct {
		Text string `json:"text"`
	}
	court, i, v, err := a.incidentWith(c, register.Note, &body)
	if err == nil {
		a.slowFlood(v)
		err = a.incidents.AddNote(c.Request.Context(), v, court, i.ID, body.Text)
	}
	return 0, nil, err
}

// incidentWith is incidentFor with the request's body.
func (a *App) incidentWith(c *gin.Context, do register.Action, body any) (court string, i *register.Incident, v register.Viewer, err error) {
	if court, i, v, err = a.incidentFor(c, do); err == nil {
		_, err = readBody(c, body)
	}
	return court, i, v, err
}

func (a *App) ruleIncident(c *gin.Context) (int, any, error) {
	var body struct {
		Ruling string `json:"ruling"`
		Reason string `json:"reason"`
	}
	court, i, v, err := a.incidentWith(c, register.Rule, &body)
	if err == nil {
		err = a.incidents.RuleOn(c.Request.Context(), v, court, i.ID, body.Ruling, body.Reason)
	}
	return 0, nil, err
}

func (a *App) holdIncident(c *gin.Context) (int, any, error) {
	var body struct {
		Hold   *bool  `json:"hold"`
		Reason string `json:"reason"`
	}
	court, i, v, err := a.incidentWith(c, register.Rule, &body)
	if err == nil && body.Hold == nil {
		err = signaling.Refuse("bad_argument", "Say whether it is to be held.", nil)
	}
	if err == nil {
		err = a.incidents.Hold(c.Request.Context(), v, court, i.ID, *body.Hold, body.Reason)
	}
	return 0, nil, err
}

func (a *App) nameSource(c *gin.Context) (int, any, error) {
	var body struct {
		Source string `json:"source"`
	}
	court, i, v, err := a.incidentWith(c, register.NameSource, &body)
	if err != nil {
		return 0, nil, err
	}
	source, err := a.incidents.Source(c.Request.Context(), v, court, i.ID, body.Source)
	return http.StatusOK, gin.H{"source": source}, err
}

func (a *App) sayAgreement(c *gin.Context) (int, any, error) {
	var body struct {
		Agree *bool  `json:"agree"`
		By    string `json:"by"`
	}
	court, i, v, err := a.incidentWith(c, register.Agree, &body)
	if err == nil && body.Agree == nil {
		err = signaling.Refuse("bad_argument", "Say whether she agrees.", nil)
	}
	if err == nil {
		err = a.incidents.SayAgreement(c.Request.Context(), v, court, i.ID, *body.Agree, body.By)
	}
	return 0, nil, err
}

func (a *App) askProtection(c *gin.Context) (int, any, error) {
	var body struct {
		Measures  []string `json:"measures"`
		Note      string   `json:"note"`
		OwnMotion bool     `json:"own_motion"`
	}
	court, i, v, err := a.incidentWith(c, register.Ask, &body)
	if err != nil {
		return 0, nil, err
	}
	request, err := a.incidents.Ask(c.Request.Context(), v, court, i.ID, body.Measures, body.Note, body.OwnMotion)
	return http.StatusCreated, gin.H{"request": request}, err
}

// steps of a request by the last part of the path.
var requestSteps = map[string]register.Action{"received": register.Receive, "decide": register.Decide, "served": register.Serve, "complaint": register.Complain}

func (a *App) stepRequest(c *gin.Context) (int, any, error) {
	do, ok := requestSteps[c.Param("step")]
	if !ok {
		return 0, nil, signaling.Refuse("request_unknown", "There is no such request for protection here.", nil)
	}
	var body struct {
		At       time.Time `json:"at"`
		Granted  *bool     `json:"granted"`
		Reason   string    `json:"reason"`
		Measures []string  `json:"measures"`
	}
	court, i, v, err := a.incidentWith(c, do, &body)
	if err != nil {
		return 0, nil, err
	}
	ctx, request := c.Request.Context(), c.Param("request")
	switch do {
	case register.Receive:
		err = a.incidents.Received(ctx, v, court, i.ID, request, body.At)
	case register.Decide:
		if body.Granted == nil {
			return 0, nil, signaling.Refuse("bad_argument", "Say whether it is granted.", nil)
		}
		err = a.incidents.Decided(ctx, v, court, i.ID, request, body.At, *body.Granted, body.Measures, body.Reason)
	case register.Serve:
		err = a.incidents.Served(ctx, v, court, i.ID, request, body.At)
	case register.Complain:
		err = a.incidents.Complained(ctx, v, court, i.ID, request, body.At)
	}
	return 0, nil, err
}

func (a *App) protection(c *gin.Context) (int, any, error) {
	v, err := a.viewerOf(c)
	if err != nil {
		return 0, nil, err
	}
	if v.Only != "" && !rights.Has(v.Roles, rights.IncidentClock) {
		return 0, nil, signaling.Refuse("not_allowed", "This seat does not keep the clocks of requests.", nil)
	}
	if err := a.incidentSeen(c, v, "protection"); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, gin.H{"protection": a.incidents.Protection(v), "now": register.Moment(a.incidents.Now())}, nil
}

// exportIncidents gives the book of the visitor's court as a file that anybody can check offline: gateway verify -audit. No text is in it, and of
// discreet incidents nothing but the leaves of their entries, so that the auditor may take it.
func (a *App) exportIncidents(c *gin.Context) {
	ctx, s := c.Request.Context(), visitor(c)
	err := a.entered(ctx, s, audit.IncidentsExported, gin.H{"session": s.ID})
	if err == nil {
		var x *audit.Export
		if x, err = a.audit.ExportBook(ctx, register.Book(s.Person.Court), register.Format); err == nil {
			x.Withhold(func(e ledger.Event) bool { return a.aboutDiscreet(s.Person.Court, e) })
			c.Header("Content-Type", "application/jsonl")
			c.Header("Content-Disposition", `attachment; filename="`+register.Book(s.Person.Court)+`.jsonl"`)
			err = x.Write(unhurried{c.Writer, http.NewResponseController(c.Writer), a.patience.write})
		}
	}
	if err != nil {
		signaling.WriteError(c.Writer, a.log, err)
	}
}

// aboutDiscreet says whether an entry of the register is about an incident that is discreet as it stands now. One that cannot be read, or names none, is taken for such.
func (a *App) aboutDiscreet(court string, e ledger.Event) bool {
	var about struct {
		Incident string `json:"incident"`
	}
	if json.Unmarshal(e.Payload, &about) != nil {
		return true
	}
	i, ok := a.incidents.Get(court, about.Incident)
	return !ok || i.Discreet
}
