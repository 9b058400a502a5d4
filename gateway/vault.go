package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"parda/courtroom-ui"
	"parda/gateway/access/account"
	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/access/stepup"
	"parda/gateway/hearing"
	"parda/gateway/identity"
	"parda/signaling"
)

// VaultConfig is how a court keeps sealed identities.
type VaultConfig struct {
	PlainBrowser bool                  `toml:"plain_browser"` // keys in pages of this gateway, without a companion; see deploy/gateway.toml for what that gives up
	Companions   []string              `toml:"companions"`    // SHA-256 of the companion programs that the court trusts; none: every hash is taken, and entered
	Policy       []identity.HalfPolicy `toml:"policy"`        // who holds which half; none: judge and prosecutor
	Schemes      map[string]string     `toml:"schemes"`       // court -> file of its own scheme of pseudonyms
}

// check reads what the configuration names, so that a misspelt scheme ends the start and not a judge's work.
func (c VaultConfig) check() error {
	if len(c.Policy) > 0 {
		if err := identity.Policy(c.Policy).Check(); err != nil {
			return fmt.Errorf("vault.policy: %w", err)
		}
	}
	for _, sum := range c.Companions {
		if !sha256Shape.MatchString(sum) {
			return fmt.Errorf("vault.companions: %q is no SHA-256 in small hexadecimal letters", sum)
		}
	}
	_, err := c.schemes()
	return err
}

func (c VaultConfig) schemes() (map[string]*identity.Scheme, error) {
	all := map[string]*identity.Scheme{}
	for court, path := range c.Schemes {
		if !slices.Contains(hearing.Courts(), court) {
			return nil, fmt.Errorf("vault.schemes: there is no court %q", court)
		}
		file, err := os.ReadFile(path)
		if err == nil {
			all[court], err = identity.ReadScheme(file)
		}
		if err != nil {
			return nil, fmt.Errorf("vault.schemes: %s: %w", filepath.Base(path), err)
		}
	}
	return all, nil
}

// openVault makes the vault over store and audit. Hearings that are opened later are found when they are needed.
func (a *App) openVault() error {
	schemes, err := a.config.Vault.schemes()
	if err != nil {
		return err
	}
	a.companions = newCompanions(time.Now)
	a.vault, err = identity.New(identity.Config{Store: a.store, Audit: a.audit, Hearings: vaultHearings{a}, People: vaultPeople{a}, Schemes: schemes, Policy: a.config.Vault.Policy})
	return err
}

// underPseudonym gives a hearing that is to be made the pseudonym of the person whom its configuration names, and says to the vault that she testifies in
// it. A pseudonym that is written out is marked as given.
func (a *App) underPseudonym(ctx context.Context, c HearingConfig) (HearingConfig, error) {
	if c.Person == "" {
		return c, a.vault.GivenElsewhere(ctx, c.Court, c.Pseudonym)
	}
	if c.Pseudonym != "" {
		return c, errors.New("person and pseudonym: name one of them, the vault knows the other")
	}
	err := a.vault.Use(ctx, c.Court, c.ID, c.Person)
	if err == nil {
		c.Pseudonym, err = a.vault.Pseudonym(ctx, c.Court, c.ID, c.Person)
	}
	return c, err
}

// tendVault ends what time has ended. It returns when ctx ends.
func (a *App) tendVault(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := a.vault.Sweep(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("an opening of the vault could not be ended as it must", "err", err)
			}
		}
	}
}

// vaultHearings are this gateway's hearings as the vault sees them.
type vaultHearings struct{ a *App }

// VaultEvent implements identity.Hearings.
func (v vaultHearings) VaultEvent(ctx context.Context, id string, code hearing.Code, p any) error {
	h, err := v.a.hearing(id)
	if err != nil {
		return err
	}
	return h.VaultEvent(ctx, code, p)
}

// Court implements identity.Hearings.
func (v vaultHearings) Court(id string) (string, bool) {
	h, err := v.a.hearing(id)
	if err != nil {
		return "", false
	}
	return h.Court(), true
}

// Takes implements identity.Hearings.
func (v vaultHearings) Takes(id string) bool {
	h, err := v.a.hearing(id)
	return err == nil && h.Phase() != hearing.Sealed
}

// pseudonyms is the vault as one court's hearings ask it for names.
type pseudonyms struct {
	vault *identity.Vault
	court string
}

// Of implements proceeding.Pseudonyms.
func (p pseudonyms) Of(ctx context.Context, hearing, person string) (string, error) {
	name, err := p.vault.Pseudonym(ctx, p.court, hearing, person)
	return name, vaultError(err)
}

// Given implements proceeding.Pseudonyms.
func (p pseudonyms) Given(ctx context.Context, _, pseudonym string) error {
	return vaultError(p.vault.GivenElsewhere(ctx, p.court, pseudonym))
}

// vaultPeople are this gateway's accounts.
type vaultPeople struct{ a *App }

// Roles implements identity.People.
func (v vaultPeople) Roles(ctx context.Context, court, id string) ([]rights.Role, error) {
	p, err := v.a.accounts.Person(ctx, id)
	if err != nil {
		return nil, err
	}
	if p.Court != court || p.State != account.StateActive {
		return nil, errors.New("no active account of this court")
	}
	return p.Roles, nil
}

// vaultVisitor is who knocks at a route of the vault: a session by its cookie, or by its companion's token. Whatever ended the session, or took a right from
// its person, holds at the next request: nothing of either is kept with the token.
func (a *App) vaultVisitor(c *gin.Context) (account.Session, error) {
	token, ok := bearer(c.Request)
	if !ok {
		return a.signedIn(c)
	}
	paired, of, ok := a.companions.of(token)
	if !ok {
		return account.Session{}, signaling.Refuse("sign_in_required", "Pair the companion again.", nil)
	}
	s, err := a.sessionOf(c.Request.Context(), of)
	if err != nil {
		return account.Session{}, err
	}
	c.Set(companionKey, paired)
	return s, nil
}

// sessionOf is the session that a companion speaks for, as it is now. A disk that does not answer opens nothing.
func (a *App) sessionOf(ctx context.Context, of speaksFor) (account.Session, error) {
	p, err := a.accounts.Person(ctx, of.person)
	if err == nil && (p.State != account.StateActive || !a.accounts.Alive(ctx, of.session)) {
		a.companions.drop(of.session)
		err = account.ErrSignedOut
	}
	if err != nil {
		return account.Session{}, signaling.Refuse("sign_in_required", "Sign in first.", err)
	}
	return account.Session{ID: of.session, Person: p}, nil
}

const companionKey = "parda companion"

func ofCompanion(c *gin.Context) *companion {
	paired, _ := c.Get(companionKey)
	one, _ := paired.(*companion)
	return one
}

func vaultVisitor(c *gin.Context) identity.Visitor {
	p := visitor(c).Person
	return identity.Visitor{Account: p.ID, Court: p.Court, Roles: p.Roles}
}

// vaultNeeds is a person who is signed in and has the right, by her browser or by her companion.
func vaultNeeds(right rights.Right) who { return who{kind: "vault", rights: []rights.Right{right}} }

// vaultRoutes are the routes of the vault (signaling/ACCOUNTS.md, The vault).
func (a *App) vaultRoutes() []route {
	return []route{
		{"GET", "/vault", open, a.vaultPage},
		{"GET", "/api/vault/state", vaultNeeds(rights.PersonProtect), a.vaultState},
		{"GET", "/api/vault/openings", vaultNeeds(rights.VaultRead), a.vaultOpenings},

		{"POST", "/api/vault/keys", vaultNeeds(rights.VaultRead), a.sealed(a.announceKey)},
		{"POST", "/api/vault/keys/:key/lost", vaultNeeds(rights.VaultRead), a.withBody(small, a.loseKey)},
		{"POST", "/api/vault/recovery", vaultNeeds(rights.VaultKeyHold), a.freshly(a.enterRecovery)},

		{"POST", "/api/vault/persons", vaultNeeds(rights.PersonProtect), a.withBody(small, a.makePerson)},
		{"POST", "/api/vault/persons/:person/envelope", vaultNeeds(rights.PersonProtect), a.sealed(a.sealPerson)},
		{"GET", "/api/vault/persons/:person/share", vaultNeeds(rights.VaultKeyHold), a.companionOnly(a.staleShares)},
		{"POST", "/api/vault/persons/:person/share", vaultNeeds(rights.VaultKeyHold), a.companionOnly(a.freshly(a.resealShare))},
		{"POST", "/api/vault/persons/:person/orders", vaultNeeds(rights.VaultOrder), a.freshly(a.orderPerson)},

		{"POST", "/api/vault/openings", vaultNeeds(rights.VaultOrder), a.freshly(a.orderOpening)},
		{"GET", "/api/vault/openings/:opening/share", vaultNeeds(rights.VaultRelease), a.companionOnly(a.openingShare)},
		{"POST", "/api/vault/openings/:opening/release", vaultNeeds(rights.VaultRelease), a.companionOnly(a.freshly(a.releaseShare))},
		{"POST", "/api/vault/openings/:opening/take", vaultNeeds(rights.VaultRead), a.companionOnly(a.takeOpening)},
		{"POST", "/api/vault/openings/:opening/opened", vaultNeeds(rights.VaultRead), a.sealed(a.readOpening)},
		{"POST", "/api/vault/openings/:opening/end", vaultNeeds(rights.VaultRead), a.endOpening},
		{"POST", "/api/vault/openings/:opening/stop", vaultNeeds(rights.VaultStop), a.stopOpening},

		{"POST", "/api/vault/pair", needs(rights.PersonProtect), a.freshly(a.pairCompanion)},
		{"POST", "/api/vault/pair/take", byCode, a.takePair},
		{"GET", "/api/vault/companion", needs(rights.PersonProtect), a.showCompanion},
		{"DELETE", "/api/vault/companion", needs(rights.PersonProtect), a.dropCompanion},
	}
}

// vaultPage holds nothing: what a person may see there, the routes below give her.
func (a *App) vaultPage(c *gin.Context) {
	b, err := fs.ReadFile(courtroomui.Dist, "vault.html")
	if err != nil {
		c.String(http.StatusNotFound, "There is nothing here.\n")
		return
	}
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, "text/html; charset=utf-8", b)
}

// Bodies, in bytes. An envelope is the only long one: 4 MiB in base64, and its shares.
const (
	small = 64 << 10
	large = 8 << 20
)

type bodied = func(c *gin.Context, body []byte)

// withBody reads a request's body, whole and bounded.
func (a *App) withBody(most int64, handle bodied) gin.HandlerFunc {
	return func(c *gin.Context) {
		if body, ok := a.bodyOf(c, most); ok {
			handle(c, body)
		}
	}
}

func (a *App) bodyOf(c *gin.Context, most int64) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, most))
	if err != nil {
		a.refuse(c, signaling.Refuse("too_large", "This is too large.", err))
		return nil, false
	}
	return body, true
}

// companionOnly refuses what carries keys' ciphertext to pages of this gateway, unless the court chose the plain browser. It is a rule of the house, not a
// lock against this gateway: a seat that must not trust the gateway's pages does not open them (A3).
func (a *App) companionOnly(handle gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		if ofCompanion(c) == nil && !a.config.Vault.PlainBrowser {
			a.refuse(c, signaling.Refuse("companion_required", "This is done with the companion program.", nil))
			return
		}
		handle(c)
	}
}

// sealed is companionOnly for what has a long body.
func (a *App) sealed(handle bodied) gin.HandlerFunc {
	return a.companionOnly(a.withBody(large, handle))
}

// freshly asks for a fresh act of the person: a touch of her passkey, or at a companion, where no passkey of this gateway can be asked for, a signature by her
// vault key. It is bound to the path with its ids and to the body, and is entered before the act.
func (a *App) freshly(handle bodied) gin.HandlerFunc {
	return a.withBody(small, func(c *gin.Context, body []byte) {
		err := a.vault.Known(c.Request.Context(), vaultVisitor(c), c.Param("person"), c.Param("opening"))
		if err == nil {
			err = a.freshAct(c, body)
		}
		if err != nil {
			a.refuse(c, err)
			return
		}
		handle(c, body)
	})
}

// freshAct is nil when the request brought its proof.
func (a *App) freshAct(c *gin.Context, body []byte) error {
	act := c.Request.Method + " " + c.Request.URL.Path
	if paired := ofCompanion(c); paired != nil {
		return a.confirmedByKey(c, paired, act, body)
	}
	return a.stepUp(c, visitor(c), act, body)
}

// confirmedByKey is stepUp at a companion. The proof is entered whole before the act: whoever writes an act of a judge's into the books has no signature of hers to
// put before it.
func (a *App) confirmedByKey(c *gin.Context, paired *companion, act string, body []byte) error {
	s := visitor(c)
	card, err := a.vault.ActiveCard(c.Request.Context(), vaultVisitor(c))
	if err != nil {
		return err
	}
	asked := stepup.Act{Place: audit.Of(s.Person.Court), Person: s.Person.ID, Session: s.ID, Name: act, Body: body}
	header := c.GetHeader("Parda-Proof")
	if header == "" {
		return a.companions.ask(paired, asked)
	}
	proved, ok := a.companions.confirmed(paired, header, asked, card)
	if !ok {
		a.touchRefused(c.Request.Context(), s, act)
		return a.companions.ask(paired, asked)
	}
	if err := a.audit.Enter(context.WithoutCancel(c.Request.Context()), s.Person.Court, audit.VaultKeyProved, s.Person.ID, proved); err != nil {
		return signaling.Refuse("not_durable", "This could not be saved. Try again.", err)
	}
	return nil
}

// vaultError gives the vault's refusals their public form.
func vaultError(err error) error {
	var e *identity.Error
	var s *signaling.Error
	if err != nil && !errors.As(err, &s) && errors.As(err, &e) {
		return signaling.Refuse(e.Code, e.Message, errors.Unwrap(e))
	}
	return err
}

// refuse answers with an error's public form.
func (a *App) refuse(c *gin.Context, err error) {
	signaling.WriteError(c.Writer, a.log, vaultError(err))
}

// giveOf gives a value, or the refusal.
func (a *App) giveOf(c *gin.Context, v any, err error) {
	switch {
	case err != nil:
		a.refuse(c, err)
	case v == nil:
		c.Status(http.StatusNoContent)
	default:
		c.JSON(http.StatusOK, v)
	}
}

// arguments reads a body that has these fields and no other. An empty body is an empty object.
func arguments[T any](body []byte) (T, error) {
	var v T
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(&v)
	if err == nil {
		if _, after := d.Token(); !errors.Is(after, io.EOF) {
			err = errors.New("something follows the object")
		}
	}
	if err != nil {
		// Without the decoder's words for a cause: they quote what was sent, and causes are logged.
		return v, signaling.Refuse("bad_message", "The request cannot be read.", errors.New("not the JSON of this request"))
	}
	return v, nil
}

// enterPairing makes an event of a companion, or of somebody who looks, durable.
func (a *App) enterPairing(c *gin.Context, court string, code audit.Code, person string, payload any) error {
	if err := a.audit.Enter(c.Request.Context(), court, code, person, payload); err != nil {
		return signaling.Refuse("not_durable", "This could not be entered. Nothing was changed.", err)
	}
	return nil
}
