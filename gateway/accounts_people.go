package main

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/account"
	"parda/gateway/access/rights"
)

// peopleRoutes are the people of a court: who is there, and what administrators do. Whatever gives somebody something asks for a fresh touch.
func (a *App) peopleRoutes() []route {
	enrol, recover := needs(rights.PeopleEnrol), needs(rights.PeopleRecover)
	return []route{
		{"GET", "/api/people", needs(rights.PeopleSee), a.people},
		{"POST", "/api/people", enrol, a.enrol},
		{"POST", "/api/people/:person/code", enrol, a.codeAnew},
		{"POST", "/api/people/:person/roles/:role", enrol, a.grant},
		{"DELETE", "/api/people/:person/roles/:role", enrol, a.revoke},
		{"POST", "/api/people/:person/close", enrol, a.closeAccount},
		{"POST", "/api/people/:person/recover", recover, a.askRecovery},
		{"GET", "/api/recoveries", recover, a.recoveries},
		{"POST", "/api/recoveries/:recovery/agree", recover, a.agree},
		{"DELETE", "/api/recoveries/:recovery", recover, a.refuseRecovery},
	}
}

func (a *App) people(c *gin.Context) {
	s := visitor(c)
	all, err := a.accounts.People(c.Request.Context(), s.Person.Court)
	list := []personJSON{}
	for _, p := range all {
		if !s.Has(rights.PeopleEnrol) {
			p.Login = "" // half of what a password's guesser needs
		}
		list = append(list, asPerson(p))
	}
	a.answer(c, http.StatusOK, gin.H{"people": list}, err)
}

type codeJSON struct {
	Code string `json:"code"`
	Link string `json:"link"`
	Ends string `json:"ends"`
}

func (a *App) asCode(c account.Code) codeJSON {
	return codeJSON{c.Code, a.claimLink(c.Code), stamp(c.Ends)}
}

// touched reads a body and gives what asks the administrator's touch for it.
func (a *App) touched(c *gin.Context, into any) (account.Touch, error) {
	raw, err := readBody(c, into)
	return func() error { return a.stepUp(c, visitor(c), c.Request.Method+" "+c.Request.URL.Path, raw) }, err
}

func (a *App) enrol(c *gin.Context) {
	var body struct {
		Name  string        `json:"name"`
		Login string        `json:"login"`
		Roles []rights.Role `json:"roles"`
	}
	touch, err := a.touched(c, &body)
	if err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	p, code, err := a.accounts.Enrol(c.Request.Context(), visitor(c), touch, body.Name, body.Login, body.Roles)
	shown := a.asCode(code)
	a.answer(c, http.StatusCreated, gin.H{"person": asPerson(p), "code": shown.Code, "link": shown.Link, "ends": shown.Ends}, err)
}

func (a *App) codeAnew(c *gin.Context) {
	touch, err := a.touched(c, &struct{}{})
	if err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	code, err := a.accounts.CodeAnew(c.Request.Context(), visitor(c), touch, c.Param("person"))
	a.answer(c, http.StatusOK, a.asCode(code), err)
}

func (a *App) grant(c *gin.Context) {
	touch, err := a.touched(c, &struct{}{})
	if err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	p, err := a.accounts.Grant(c.Request.Context(), visitor(c), touch, c.Param("person"), rights.Role(c.Param("role")))
	a.answer(c, http.StatusOK, asPerson(p), err)
}

func (a *App) revoke(c *gin.Context) {
	touch, err := a.touched(c, &struct{}{})
	if err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	p, err := a.accounts.Revoke(c.Request.Context(), visitor(c), touch, c.Param("person"), rights.Role(c.Param("role")))
	a.answer(c, http.StatusOK, asPerson(p), err)
}

func (a *App) closeAccount(c *gin.Context) {
	touch, err := a.touched(c, &struct{}{})
	if err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	p, err := a.accounts.Close(c.Request.Context(), visitor(c), touch, c.Param("person"))
	a.answer(c, http.StatusOK, asPerson(p), err)
}

type recoveryJSON struct {
	Recovery string `json:"recovery"`
	Person   string `json:"person"`
	Name     string `json:"name"`
	AskedBy  string `json:"asked_by"`
	Asked    string `json:"asked"`
	Ends     string `json:"ends"`
	Mine     bool   `json:"mine"`
	Operator bool   `json:"operator"`
}

func asRecovery(r account.Recovery) recoveryJSON {
	return recoveryJSON{r.ID, r.Person, r.Name, r.AskedBy, stamp(r.Asked), stamp(r.Ends), r.Mine, r.Operator}
}

func (a *App) askRecovery(c *gin.Context) {
	touch, err := a.touched(c, &struct{}{})
	if err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	r, err := a.accounts.AskRecovery(c.Request.Context(), visitor(c), touch, c.Param("person"))
	a.answer(c, http.StatusCreated, asRecovery(r), err)
}

func (a *App) recoveries(c *gin.Context) {
	all, err := a.accounts.Recoveries(c.Request.Context(), visitor(c))
	list := []recoveryJSON{}
	for _, r := range all {
		list = append(list, asRecovery(r))
	}
	a.answer(c, http.StatusOK, gin.H{"recoveries": list}, err)
}

func (a *App) agree(c *gin.Context) {
	touch, err := a.touched(c, &struct{}{})
	if err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	code, err := a.accounts.Agree(c.Request.Context(), visitor(c), touch, c.Param("recovery"))
	a.answer(c, http.StatusOK, a.asCode(code), err)
}

func (a *App) refuseRecovery(c *gin.Context) {
	a.answer(c, http.StatusNoContent, nil, a.accounts.RefuseRecovery(c.Request.Context(), visitor(c), c.Param("recovery")))
}
