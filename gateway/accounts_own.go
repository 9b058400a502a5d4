package main

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/account"
	"parda/signaling"
)

// claimBody is what comes with a one-time code. name and login are a first administrator's own; of everybody else an administrator has said them.
type claimBody struct {
	Code       string          `json:"code"`
	Name       string          `json:"name"`
	Login      string          `json:"login"`
	Label      string          `json:"label"`
	Credential json.RawMessage `json:"credential"`
	Password   string          `json:"password"`
	Enrolment  string          `json:"enrolment"`
	TOTP       string          `json:"totp"`
}

func (b claimBody) named() account.Named { return account.Named{Name: b.Name, Login: b.Login} }

func (a *App) claimJSON(claim account.Claim) gin.H {
	out := gin.H{"kind": claim.Kind, "court": claim.Court, "ends": stamp(claim.Ends), "password": a.accounts.Passwords()}
	if claim.Kind != account.ForFirst {
		out["person"] = asPerson(claim.Person)
	}
	return out
}

type enrolmentJSON struct {
	Enrolment string `json:"enrolment"`
	URI       string `json:"uri"`
	Secret    string `json:"secret"`
	QR        string `json:"qr"`
	Ends      string `json:"ends"`
}

func asEnrolment(e account.Enrolment) enrolmentJSON {
	return enrolmentJSON{e.Sealed, e.URI, e.Secret, e.QR, stamp(e.Ends)}
}

func (a *App) claim(c *gin.Context) {
	var body claimBody
	if err := a.fromOutside(c, &body); err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	claim, err := a.accounts.Claim(c.Request.Context(), body.Code)
	a.answer(c, http.StatusOK, a.claimJSON(claim), err)
}

func (a *App) beginClaim(c *gin.Context) {
	var body claimBody
	if err := a.fromOutside(c, &body); err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	options, claim, err := a.accounts.BeginClaim(c.Request.Context(), body.Code, body.named())
	if err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	publicKey, err := publicKeyOf(options)
	a.answer(c, http.StatusOK, gin.H{"publicKey": publicKey, "claim": a.claimJSON(claim)}, err)
}

// publicKeyOf takes the options out of the library's envelope.
func publicKeyOf(options any) (json.RawMessage, error) {
	b, err := json.Marshal(options)
	if err != nil {
		return nil, err
	}
	var envelope struct {
		PublicKey json.RawMessage `json:"publicKey"`
	}
	err = json.Unmarshal(b, &envelope)
	return envelope.PublicKey, err
}

func (a *App) finishClaim(c *gin.Context) {
	var body claimBody
	if err := a.fromOutside(c, &body); err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	cookie, s, err := a.accounts.FinishClaim(c.Request.Context(), body.Code, body.named(), body.Label, body.Credential)
	a.enterAs(c, cookie, s, err)
}

func (a *App) beginClaimByPassword(c *gin.Context) {
	var body claimBody
	if err := a.fromOutside(c, &body); err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	e, err := a.accounts.BeginClaimByPassword(c.Request.Context(), body.Code, body.named(), body.Password)
	a.answer(c, http.StatusOK, asEnrolment(e), err)
}

func (a *App) finishClaimByPassword(c *gin.Context) {
	var body claimBody
	if err := a.fromOutside(c, &body); err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	cookie, s, err := a.accounts.FinishClaimByPassword(c.Request.Context(), body.Code, body.named(), body.Password, body.Enrolment, body.TOTP)
	a.enterAs(c, cookie, s, err)
}

// freshFor is how long after a sign-in a person may change her own ways in without a further touch.
const freshFor = 5 * time.Minute

// fresh asks who changes her own ways in to have signed in just now, or to touch her passkey for exactly this: whoever finds a judge's browser open must not make
// himself a way in that stays. Where there is a passkey, a sign-in by anything else is not enough, however fresh: who learned a password, or speaks for the provider, would make
// a passkey of his own by it, and then touch it for whatever only a passkey may confirm (NIST SP 800-63B-4, section 4.1.2.1).
func (a *App) fresh(c *gin.Context, s account.Session, body []byte) error {
	age := time.Since(s.Since)
	now := age >= 0 && age < freshFor
	if now && s.How == account.ByPasskey {
		return nil
	}
	own, err := a.accounts.Own(c.Request.Context(), s)
	switch {
	case err != nil:
		return err
	case len(own.Passkeys) > 0:
		return a.stepUp(c, s, c.Request.Method+" "+c.Request.URL.Path, body)
	case now:
		return nil
	}
	return signaling.Refuse("sign_in_again", "Sign out and in again first.", nil)
}

// owned answers a change of one's own ways with what one is now.
func (a *App) owned(c *gin.Context, err error) {
	if err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	a.me(c)
}

func (a *App) beginPasskey(c *gin.Context) {
	if _, err := readBody(c, &struct{}{}); err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	options, err := a.accounts.BeginPasskey(c.Request.Context(), visitor(c))
	a.answer(c, http.StatusOK, options, err)
}

func (a *App) finishPasskey(c *gin.Context) {
	var body struct {
		Label      string          `json:"label"`
		Credential json.RawMessage `json:"credential"`
	}
	raw, err := readBody(c, &body)
	if err == nil {
		err = a.fresh(c, visitor(c), raw)
	}
	if err == nil {
		err = a.accounts.FinishPasskey(c.Request.Context(), visitor(c), body.Label, body.Credential)
	}
	a.owned(c, err)
}

func (a *App) labelPasskey(c *gin.Context) {
	var body struct {
		Label string `json:"label"`
	}
	_, err := readBody(c, &body)
	if err == nil {
		err = a.accounts.LabelPasskey(c.Request.Context(), visitor(c), c.Param("passkey"), body.Label)
	}
	a.owned(c, err)
}

func (a *App) dropPasskey(c *gin.Context) {
	err := a.fresh(c, visitor(c), nil)
	if err == nil {
		err = a.accounts.DropPasskey(c.Request.Context(), visitor(c), c.Param("passkey"))
	}
	a.owned(c, err)
}

func (a *App) beginPassword(c *gin.Context) {
	var body struct {
		Password string `json:"password"`
	}
	raw, err := readBody(c, &body)
	if err == nil {
		err = a.fresh(c, visitor(c), raw)
	}
	if err != nil {
		a.answer(c, 0, nil, err)
		return
	}
	e, err := a.accounts.BeginPassword(c.Request.Context(), visitor(c), body.Password)
	a.answer(c, http.StatusOK, asEnrolment(e), err)
}

func (a *App) finishPassword(c *gin.Context) {
	var body struct {
		Password  string `json:"password"`
		Enrolment string `json:"enrolment"`
		TOTP      string `json:"totp"`
	}
	raw, err := readBody(c, &body)
	if err == nil {
		err = a.fresh(c, visitor(c), raw)
	}
	if err == nil {
		err = a.accounts.FinishPassword(c.Request.Context(), visitor(c), body.Password, body.Enrolment, body.TOTP)
	}
	a.owned(c, err)
}

func (a *App) dropPassword(c *gin.Context) {
	err := a.fresh(c, visitor(c), nil)
	if err == nil {
		err = a.accounts.DropPassword(c.Request.Context(), visitor(c))
	}
	a.owned(c, err)
}
