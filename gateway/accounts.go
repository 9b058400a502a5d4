package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"parda/courtroom-ui"
	"parda/gateway/access/account"
	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/signaling"
)

// The routes of accounts (signaling/ACCOUNTS.md): signing in, one's own account, and the sessions. The people of a court are in accounts_people.go.

// openAccounts makes the register of accounts. The ports are open by then: without http.origin their numbers are part of the origins.
func (a *App) openAccounts() (err error) {
	rpID, origins, err := a.relyingParty()
	if err != nil {
		return err
	}
	c := a.config.Access
	a.accounts, err = account.New(account.Config{Store: a.store, Audit: a.audit, Folder: a.config.Data, Origins: origins, RPID: rpID, Courts: a.courts(),
		Password: c.Password, Idle: time.Duration(c.IdleMinutes) * time.Minute, Absolute: time.Duration(c.AbsoluteHours) * time.Hour, Settled: time.Duration(c.SettledHours) * time.Hour})
	if err == nil && rpID == "" {
		a.log.Warn("passkeys cannot be used: http.origin names an IP address, and they are bound to a host name")
	}
	if err != nil {
		return err
	}
	return a.openProvider()
}

// relyingParty is what passkeys are bound to: the host of http.origin, and that origin alone; without one, this machine's localhost. An IP address cannot be
// one (WebAuthn level 3, section 5.1.2), nor can a name without TLS other than localhost.
func (a *App) relyingParty() (rpID string, origins []string, err error) {
	if a.config.HTTP.Origin == "" {
		for scheme, l := range map[string]net.Listener{"http": a.local, "https": a.secure} {
			if l != nil {
				origins = append(origins, fmt.Sprintf("%s://localhost:%d", scheme, l.Addr().(*net.TCPAddr).Port))
			}
		}
		return "localhost", origins, nil
	}
	u, err := url.Parse(a.config.HTTP.Origin)
	if err != nil || u.Host == "" {
		return "", nil, fmt.Errorf("http.origin: %q is no origin", a.config.HTTP.Origin)
	}
	if net.ParseIP(u.Hostname()) != nil || u.Scheme != "https" && u.Hostname() != "localhost" {
		return "", nil, nil
	}
	return u.Hostname(), []string{u.Scheme + "://" + u.Host}, nil
}

// courts are those whose people may come in: of the hearings, and of [access] courts.
func (a *App) courts() []string {
	all := slices.Clone(a.config.Access.Courts)
	for _, h := range a.config.Hearings {
		if slices.Contains(hearing.Courts(), h.Court) {
			all = append(all, h.Court)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// firstCodes draws, for each court without an administrator, the code that makes one.
func (a *App) firstCodes(ctx context.Context) error {
	if a.config.Access.byLink() {
		return nil // a demonstration has no accounts: a code that nobody needs is a door that nobody watches
	}
	for _, court := range a.courts() {
		code, ok, err := a.accounts.FirstCode(ctx, court)
		if err != nil {
			return fmt.Errorf("the first administrator of %s: %w", court, err)
		}
		if ok {
			a.links.Administrators = append(a.links.Administrators, AdministratorLink{court, code.Code, a.claimLink(code.Code), code.Ends})
		}
	}
	return nil
}

func (a *App) claimLink(code string) string { return a.URL() + "/account#code=" + code }

func (a *App) accountRoutes() []route {
	own := needs(rights.OwnAccount)
	return slices.Concat([]route{
		{"GET", "/", open, a.accountPage},
		{"GET", "/account", open, a.accountPage},
		{"GET", "/api/account/ways", open, a.ways},
		{"POST", "/api/account/passkey/begin", open, a.beginSignIn},
		{"POST", "/api/account/passkey/finish", byCode, a.finishSignIn},
		{"POST", "/api/account/password", byCode, a.signInByPassword},
		{"POST", "/api/account/claim", byCode, a.claim},
		{"POST", "/api/account/claim/begin", byCode, a.beginClaim},
		{"POST", "/api/account/claim/finish", byCode, a.finishClaim},
		{"POST", "/api/account/claim/password", byCode, a.beginClaimByPassword},
		{"POST", "/api/account/claim/password/finish", byCode, a.finishClaimByPassword},
		{"GET", "/api/account/me", own, a.me},
		{"POST", "/api/account/passkeys/begin", own, a.beginPasskey},
		{"POST", "/api/account/passkeys/finish", own, a.finishPasskey},
		{"POST", "/api/account/passkeys/:passkey/label", own, a.labelPasskey},
		{"DELETE", "/api/account/passkeys/:passkey", own, a.dropPasskey},
		{"POST", "/api/account/password/begin", own, a.beginPassword},
		{"POST", "/api/account/password/finish", own, a.finishPassword},
		{"DELETE", "/api/account/password", own, a.dropPassword},
		{"GET", "/api/account/sessions", own, a.sessions},
		{"DELETE", "/api/account/sessions/:session", own, a.endSession},
		{"POST", "/api/account/sign-out", own, a.signOut},
	}, a.providerRoutes())
}

func (a *App) accountPage(c *gin.Context) {
	b, err := fs.ReadFile(courtroomui.Dist, "account.html")
	if err != nil {
		c.String(http.StatusNotFound, "There is nothing here.\n")
		return
	}
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, "text/html; charset=utf-8", b)
}

// bodyMost bounds what these routes read, in bytes.
const bodyMost = 64 << 10

// readBody reads a request's JSON strictly: an unknown field, or anything after the object, is refused. The raw bytes are what a touch is asked for.
func readBody(c *gin.Context, into any) (raw []byte, err error) {
	raw, err = io.ReadAll(io.LimitReader(c.Request.Body, bodyMost+1))
	if err != nil {
		return nil, signaling.Refuse("bad_message", "The request cannot be read.", err)
	}
	if len(raw) > bodyMost {
		return nil, signaling.Refuse("too_large", "This is too large.", nil)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return raw, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return nil, signaling.Refuse("bad_message", "The request cannot be read.", errors.New("gateway: not the JSON that this route wants"))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, signaling.Refuse("bad_message", "The request cannot be read.", nil)
	}
	return raw, nil
}

// fromOutside reads the body of a route that no session stands before: there the request's origin has not been looked at yet.
func (a *App) fromOutside(c *gin.Context, into any) error {
	if !a.sameOrigin(c.Request) {
		return signaling.Refuse("not_allowed", "This request comes from another site.", nil)
	}
	_, err := readBody(c, into)
	return err
}

// answer writes a refusal, or what f makes.
func (a *App) answer(c *gin.Context, status int, body any, err error) {
	if err == nil {
		if body == nil {
			c.Status(status)
			return
		}
		c.JSON(status, body)
		return
	}
	if d := account.Wait(err); d > 0 {
		c.Header("Retry-After", strconv.Itoa(int(d/time.Second)+1))
	}
	signaling.WriteError(c.Writer, a.log, err)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

type personJSON struct {
	Person string        `json:"person"`
	Court  string        `json:"court"`
	Name   string        `json:"name"`
	Login  string        `json:"login,omitempty"`
	Roles  []rights.Role `json:"roles"`
	State  string        `json:"state"`
}

func asPerson(p account.Person) personJSON {
	return personJSON{p.ID, p.Court, p.Name, p.Login, append([]rights.Role{}, p.Roles...), p.State}
}

type wayJSON struct {
	Passkey  string `json:"passkey"`
	Label    string `json:"label"`
	Made     string `json:"made"`
	Used     string `json:"used"`
	BackedUp bool   `json:"backed_up"`
}

type sessionJSON struct {
	Session  string `json:"session"`
	How      string `json:"how"`
	Since    string `json:"since"`
	Seen     string `json:"seen,omitempty"`
	IdleEnds string `json:"idle_ends,omitempty"`
	Ends     string `json:"ends,omitempty"`
	Here     bool   `json:"here,omitempty"`
}

func (a *App) ways(c *gin.Context) {
	var provider any
	if name, ok := a.accounts.ProviderName(); ok {
		provider = gin.H{"name": name}
	}
	c.JSON(http.StatusOK, gin.H{"passkey": a.accounts.Passkeys(), "password": a.accounts.Passwords(), "provider": provider})
}

// meOf is what a person is told of herself.
func (a *App) meOf(ctx context.Context, s account.Session) (any, error) {
	own, err := a.accounts.Own(ctx, s)
	if err != nil {
		return nil, err
	}
	linked, err := a.accounts.ProviderLinked(ctx, s.Person.ID)
	if err != nil {
		return nil, err
	}
	keys := []wayJSON{}
	for _, w := range own.Passkeys {
		keys = append(keys, wayJSON{w.ID, w.Label, stamp(w.Made), stamp(w.Used), w.BackedUp})
	}
	may := []rights.Right{}
	for _, r := range rights.Rights() {
		if s.Has(r) {
			may = append(may, r)
		}
	}
	session := sessionJSON{Session: s.ID, How: s.How, Since: stamp(s.Since), Ends: stamp(s.Ends)}
	if !s.IdleEnds.IsZero() {
		session.IdleEnds = stamp(s.IdleEnds)
	}
	return gin.H{"person": asPerson(s.Person), "rights": may, "session": session, "passkeys": keys, "password": own.Password, "provider": linked}, nil
}

func (a *App) me(c *gin.Context) {
	me, err := a.meOf(c.Request.Context(), visitor(c))
	a.answer(c, http.StatusOK, me, err)
}

// setSession hands a new session to the browser. The one that it had before ends, so that a session that somebody planted there is worth nothing.
func (a *App) setSession(c *gin.Context, cookie string) {
	if old, err := c.Cookie(a.sessionCookie(c)); err == nil && old != cookie {
		if err := a.accounts.Leave(c.Request.Context(), old); err != nil {
			a.log.Warn("the session of before could not be ended", "cause", err.Error())
		}
	}
	a.setCookie(c, a.sessionCookie(c), cookie, 0)
}

// setCookie sets a cookie that pages cannot read and other sites cannot send. for 0 it lasts as long as the browser.
func (a *App) setCookie(c *gin.Context, name, value string, lasts time.Duration) {
	http.SetCookie(c.Writer, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: a.overTLS(c.Request), MaxAge: int(lasts / time.Second)})
}

func (a *App) knownCookie(c *gin.Context) string {
	if a.overTLS(c.Request) {
		return "__Host-parda-known"
	}
	return "parda_known"
}

// enterAs answers whoever has signed in: the cookie, and what she is.
func (a *App) enterAs(c *gin.Context, cookie string, s account.Session, err error) {
	if err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	me, err := a.meOf(c.Request.Context(), s)
	if err == nil {
		a.setSession(c, cookie)
	}
	a.answer(c, http.StatusOK, me, err)
}

func (a *App) beginSignIn(c *gin.Context) {
	if err := a.fromOutside(c, &struct{}{}); err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	options, err := a.accounts.BeginSignIn()
	a.answer(c, http.StatusOK, options, err)
}

func (a *App) finishSignIn(c *gin.Context) {
	var body struct {
		Credential json.RawMessage `json:"credential"`
	}
	if err := a.fromOutside(c, &body); err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	cookie, s, err := a.accounts.FinishSignIn(c.Request.Context(), body.Credential)
	a.enterAs(c, cookie, s, err)
}

// guesserOf is the address that wrong passwords are counted by. By the local listener everybody comes from this machine: there one guesser would make a whole
// court wait, and the proxy's own limits count (deploy/nginx).
func (a *App) guesserOf(c *gin.Context) string {
	if c.Request.TLS == nil {
		return ""
	}
	return addressOf(c.Request)
}

func (a *App) signInByPassword(c *gin.Context) {
	var body struct {
		Login    string `json:"login"`
		Password string `json:"password"`
		Code     string `json:"code"`
	}
	if err := a.fromOutside(c, &body); err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	known, _ := c.Cookie(a.knownCookie(c))
	cookie, known, s, err := a.accounts.SignInByPassword(c.Request.Context(), account.Guess{Login: body.Login, Password: body.Password, Digits: body.Code,
		Source: a.guesserOf(c), Known: known})
	if err == nil {
		a.setCookie(c, a.knownCookie(c), known, 365*24*time.Hour)
	}
	a.enterAs(c, cookie, s, err)
}

func (a *App) sessions(c *gin.Context) {
	s := visitor(c)
	all, err := a.accounts.Sessions(c.Request.Context(), s)
	list := []sessionJSON{}
	for _, one := range all {
		list = append(list, sessionJSON{Session: one.ID, How: one.How, Since: stamp(one.Since), Seen: stamp(one.Seen), Here: one.ID == s.ID})
	}
	a.answer(c, http.StatusOK, gin.H{"sessions": list}, err)
}

func (a *App) endSession(c *gin.Context) {
	s, id := visitor(c), c.Param("session")
	err := a.accounts.EndSession(c.Request.Context(), s, id)
	if err == nil && id == s.ID {
		a.setCookie(c, a.sessionCookie(c), "", -time.Second)
	}
	a.answer(c, http.StatusNoContent, nil, err)
}

func (a *App) signOut(c *gin.Context) {
	s := visitor(c)
	err := a.accounts.EndSession(c.Request.Context(), s, s.ID)
	a.setCookie(c, a.sessionCookie(c), "", -time.Second)
	signOutHeaders(c)
	body := gin.H{}
	if to := a.accounts.ProviderOut(s); to != "" {
		body["to"] = to
	}
	a.answer(c, http.StatusOK, body, err)
}
