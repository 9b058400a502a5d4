package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/account"
	"parda/gateway/access/rights"
	"parda/signaling"
)

// ProviderSettings is a ministry's identity provider (OpenID Connect), in which people of the court prove themselves.
type ProviderSettings struct {
	Issuer        string   `toml:"issuer"` // "" for none
	ClientID      string   `toml:"client_id"`
	SecretFile    string   `toml:"secret_file"`     // holds the client's secret; readable by the gateway and nobody else
	Name          string   `toml:"name"`            // what the page calls it
	ACR           []string `toml:"acr"`             // the sign-in there must be one of these
	AMR           []string `toml:"amr"`             // and by all of these
	Scopes        []string `toml:"scopes"`          // asked for beside openid
	MaxAgeMinutes int      `toml:"max_age_minutes"` // how long ago somebody may have signed in there; 0: whenever
	Roots         string   `toml:"roots"`           // PEM file of who vouches for its address; "" for the system's
}

func (s ProviderSettings) check(origin string) error {
	if s.Issuer == "" {
		if s.ClientID != "" || s.SecretFile != "" || s.Name != "" || len(s.ACR)+len(s.AMR)+len(s.Scopes) > 0 || s.MaxAgeMinutes != 0 || s.Roots != "" {
			return errors.New("access.provider: name its issuer")
		}
		return nil
	}
	u, err := url.Parse(s.Issuer)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "":
		return errors.New("access.provider.issuer: the provider is asked over https only")
	case s.ClientID == "" || s.SecretFile == "" || s.Name == "":
		return errors.New("access.provider: client_id, secret_file and name go with the issuer")
	case len(s.ACR)+len(s.AMR) == 0:
		return errors.New("access.provider: say by acr or amr how strong a sign-in there must be; without it a stolen password would open a court")
	case s.MaxAgeMinutes < 0 || s.MaxAgeMinutes > 24*60:
		return errors.New("access.provider.max_age_minutes: 0 to 1440")
	case origin == "":
		return errors.New("access.provider: the provider sends people back to http.origin, which is not set")
	}
	return nil
}

func (a *App) openProvider() error {
	s := a.config.Access.Provider
	if s.Issuer == "" {
		return nil
	}
	secret, err := readSecret(s.SecretFile)
	if err != nil {
		return fmt.Errorf("access.provider.secret_file: %w", err)
	}
	var roots *x509.CertPool
	if s.Roots != "" {
		pem, err := os.ReadFile(s.Roots)
		if err != nil {
			return fmt.Errorf("access.provider.roots: %w", err)
		}
		if roots = x509.NewCertPool(); !roots.AppendCertsFromPEM(pem) {
			return errors.New("access.provider.roots: the file holds no certificate in PEM")
		}
	}
	return a.accounts.UseProvider(account.ProviderConfig{Issuer: s.Issuer, ClientID: s.ClientID, Secret: secret, Name: s.Name, Redirect: a.config.HTTP.Origin + providerBack,
		Home: a.config.HTTP.Origin + accountPath, ACR: s.ACR, AMR: s.AMR, Scopes: s.Scopes, MaxAge: time.Duration(s.MaxAgeMinutes) * time.Minute, Roots: roots})
}

// readSecret reads a secret that nobody else on the machine can read.
func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Mode()&0o007 != 0 {
		return "", errors.New("the file is open to everybody on this machine (chmod o= it)")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(b))
	if secret == "" {
		return "", errors.New("the file is empty")
	}
	return secret, nil
}

// accountPath is the page that the browser comes home to; what came of it stands in the fragment, which no server sees.
const accountPath = "/account"

func (a *App) providerRoutes() []route {
	own := needs(rights.OwnAccount)
	return []route{
		{"GET", "/api/account/provider/start", open, a.startProvider},
		{"GET", providerBack, open, a.backFromProvider},
		{"POST", "/api/account/provider/claim", byCode, a.claimByProvider},
		{"POST", "/api/account/provider/link", own, a.linkProvider},
		{"DELETE", "/api/account/provider/link", own, a.unlinkProvider},
	}
}

// carryCookie holds a round to the provider and back. It is Lax, and must be: the browser comes back from another site, and a Strict cookie would stay behind. What it
// holds is sealed, good once and for ten minutes, and says nothing without the answer that belongs to it.
func (a *App) carryCookie(c *gin.Context, value string, lasts time.Duration) {
	http.SetCookie(c.Writer, &http.Cookie{Name: a.carryName(c), Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: a.overTLS(c.Request), MaxAge: int(lasts / time.Second)})
}

func (a *App) carryName(c *gin.Context) string {
	if a.overTLS(c.Request) {
		return "__Host-parda-provider"
	}
	return "parda_provider"
}

const carryLasts = 10 * time.Minute

func (a *App) startProvider(c *gin.Context) {
	to, carry, err := a.accounts.BeginProvider(c.Request.Context())
	if err != nil {
		a.home(c, err)
		return
	}
	a.carryCookie(c, carry, carryLasts)
	c.Redirect(http.StatusSeeOther, to)
}

// backFromProvider is where the provider sends the browser. It answers with the account's page, never with where the query asks for.
func (a *App) backFromProvider(c *gin.Context) {
	carry, _ := c.Cookie(a.carryName(c))
	a.carryCookie(c, "", -time.Second)
	back, err := a.accounts.FinishProvider(c.Request.Context(), carry, c.Request.URL.Query())
	if err != nil {
		a.home(c, err)
		return
	}
	if back.Cookie != "" {
		a.setSession(c, back.Cookie)
		c.Redirect(http.StatusSeeOther, accountPath)
		return
	}
	c.Redirect(http.StatusSeeOther, accountPath+"#linked")
}

// home brings a browser that came by a link to the account's page, which has words for the refusal; JSON would leave a person before a page of brackets.
func (a *App) home(c *gin.Context, err error) {
	e := signaling.AsError(err)
	a.log.Info("refused", "code", e.Code, "ref", e.Ref, "cause", err.Error())
	c.Redirect(http.StatusSeeOther, accountPath+"#refused="+e.Code)
}

func (a *App) claimByProvider(c *gin.Context) {
	var body struct {
		Code string `json:"code"`
	}
	err := a.fromOutside(c, &body)
	var to, carry string
	if err == nil {
		to, carry, err = a.accounts.BeginProviderClaim(c.Request.Context(), body.Code)
	}
	a.sendToProvider(c, to, carry, err)
}

// linkProvider adds a way into the account, so it asks what adding a passkey asks.
func (a *App) linkProvider(c *gin.Context) {
	s := visitor(c)
	raw, err := readBody(c, &struct{}{})
	if err == nil {
		err = a.fresh(c, s, raw)
	}
	var to, carry string
	if err == nil {
		to, carry, err = a.accounts.BeginProviderLink(c.Request.Context(), s)
	}
	a.sendToProvider(c, to, carry, err)
}

func (a *App) sendToProvider(c *gin.Context, to, carry string, err error) {
	if err == nil {
		a.carryCookie(c, carry, carryLasts)
	}
	a.answer(c, http.StatusOK, gin.H{"to": to}, err)
}

func (a *App) unlinkProvider(c *gin.Context) {
	s := visitor(c)
	raw, err := readBody(c, &struct{}{})
	if err == nil {
		err = a.fresh(c, s, raw)
	}
	if err == nil {
		err = a.accounts.DropProvider(c.Request.Context(), s)
	}
	var me any
	if err == nil {
		me, err = a.meOf(c.Request.Context(), s)
	}
	a.answer(c, http.StatusOK, me, err)
}
