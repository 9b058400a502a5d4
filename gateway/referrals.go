package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/rights"
	"parda/gateway/identity"
	"parda/gateway/incident/referral"
	"parda/gateway/incident/register"
	"parda/gateway/minutes"
	"parda/gateway/store"
	"parda/signaling"
)

// Referrals of incidents to the bodies that protect, by both doors of the register. What a sheet says, the rule of agreement and the mail are gateway/incident/referral's; who may
// do it about which incident is the register's table. That a sheet is taken is entered before its first byte.

// referrals is what the routes need of them.
type referrals struct {
	bodies referral.Bodies
	words  map[string]minutes.Words
	post   *referral.Post // nil where there is no mail server

	attaching sync.Mutex // between a sealed identity's file and its entry: what no entry names is removed
}

func (a *App) openReferrals() (err error) {
	c := a.config.Referral
	if a.referrals.bodies, err = c.bodies(); err != nil {
		return err
	}
	if a.referrals.words, err = allWords(); err != nil || c.SMTP.Host == "" {
		return err
	}
	server, err := c.SMTP.server()
	if err != nil {
		return err
	}
	a.referrals.post = referral.NewPost(referral.PostConfig{Register: a.incidents, Server: server, Bodies: a.referrals.bodies, Words: a.referrals.words, Identity: a.sealedIdentity, Log: a.log,
		Now: func() time.Time { return a.incidentNow() }})
	return nil
}

func (a *App) referralRoutes() []route {
	see, refer, identity := needs(rights.IncidentSee), needs(rights.IncidentRefer), needs(rights.VaultOrder)
	all := []route{
		{"GET", "/schema/referral.json", open, func(c *gin.Context) { c.Data(http.StatusOK, "application/schema+json", referral.Schema) }},
		{"POST", "/api/incidents/:incident/referrals/:referral/identity", identity, a.withBody(large, a.attachIdentity)},
		{"GET", "/api/incidents/:incident/referrals/:referral/identity", identity, a.giveIdentity},
	}
	for _, door := range []struct {
		path string
		by   func(who) who
	}{{"/api", func(w who) who { return w }}, {"/api/:hearing", func(who) who { return bySeat }}} {
		const one = "/incidents/:incident/referrals"
		all = append(all,
			route{"GET", door.path + "/referral/bodies", door.by(see), a.told(a.listBodies)},
			route{"POST", door.path + one, door.by(refer), a.told(a.refer)},
			route{"GET", door.path + one + "/:referral/sheet.pdf", door.by(see), a.giveSheet("pdf")},
			route{"GET", door.path + one + "/:referral/sheet.json", door.by(see), a.giveSheet("json")},
			route{"POST", door.path + one + "/:referral/sent", door.by(see), a.told(a.sentSheet)},
			route{"POST", door.path + one + "/:referral/acknowledged", door.by(see), a.told(a.acknowledged)},
		)
	}
	return all
}

// listBodies tells whom the court refers to, and by which ways.
func (a *App) listBodies(c *gin.Context) (int, any, error) {
	v, err := a.viewerOf(c)
	if err != nil {
		return 0, nil, err
	}
	if !rights.Has(v.Roles, rights.IncidentSee) {
		return 0, nil, signaling.Refuse("not_allowed", "This seat sees no referral.", nil)
	}
	type body struct {
		ID        string            `json:"id"`
		Name      map[string]string `json:"name"`
		Telephone string            `json:"telephone,omitempty"`
		Ways      []string          `json:"ways"`
		Encrypted bool              `json:"encrypted"`
	}
	all := []body{}
	for _, b := range a.referrals.bodies {
		all = append(all, body{b.ID, b.Name, b.Telephone, b.Ways(a.referrals.post != nil), b.Key != nil})
	}
	return http.StatusOK, gin.H{"bodies": all}, nil
}

func (a *App) refer(c *gin.Context) (int, any, error) {
	var asked referral.Asked
	court, i, v, err := a.incidentWith(c, register.Refer, &asked)
	if err != nil {
		return 0, nil, err
	}
	asked = asked.Clean()
	to, err := asked.Check(a.referrals.bodies, a.referrals.post != nil)
	if err != nil {
		return 0, nil, err
	}
	a.slowFlood(v)
	id, err := referral.Make(c.Request.Context(), a.incidents, court, i.ID, v.Door, v.Door.Role, asked, to)
	if err != nil {
		return 0, nil, err
	}
	a.wakePost()
	return http.StatusCreated, gin.H{"referral": id}, nil
}

func (a *App) wakePost() {
	if a.referrals.post != nil {
		a.referrals.post.Wake()
	}
}

// referralFor finds the referral that a request names.
func (a *App) referralFor(c *gin.Context, do register.Action) (court string, i *register.Incident, v register.Viewer, r register.Referral, err error) {
	if court, i, v, err = a.incidentFor(c, do); err != nil {
		return court, i, v, r, err
	}
	at := slices.IndexFunc(i.Referrals, func(r register.Referral) bool { return r.ID == c.Param("referral") })
	if at < 0 {
		return court, i, v, r, signaling.Refuse("referral_unknown", "There is no such referral.", nil)
	}
	return court, i, v, i.Referrals[at], nil
}

// giveSheet gives a sheet as it was frozen, as JSON or on paper in the language asked for.
func (a *App) giveSheet(form string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := a.writeSheet(c, form); err != nil {
			signaling.WriteError(c.Writer, a.log, doorError(err))
		}
	}
}

func (a *App) writeSheet(c *gin.Context, form string) error {
	court, i, v, r, err := a.referralFor(c, register.Send)
	if err != nil {
		return err
	}
	sheet, frozen, err := referral.FrozenSheet(a.incidents, court, r)
	if errors.Is(err, referral.ErrErased) {
		return signaling.Refuse("content_erased", "The words of this sheet were erased.", nil)
	}
	if err != nil {
		return err
	}
	kind, content := "application/json", frozen
	if form == "pdf" {
		lang := c.DefaultQuery("lang", r.Lang)
		if !slices.Contains(referral.Languages, lang) {
			return signaling.Refuse("bad_argument", "A sheet is in az, en or ru.", nil)
		}
		var pdf bytes.Buffer
		if err := referral.RenderPDF(&pdf, sheet, r.SHA256, lang, a.referrals.words[lang]); err != nil {
			return err
		}
		kind, content = "application/pdf", pdf.Bytes()
	}
	_, err = a.incidents.Enter(c.Request.Context(), court, &register.ReferralTakenPayload{About: register.About{Incident: i.ID, By: v.Door}, Referral: r.ID, Form: form})
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="referral-`+r.Number+"."+form+`"`)
	c.Data(http.StatusOK, kind, content)
	return nil
}

// sentSheet enters that a file or a paper was handed over, or queues a letter anew that the server refused.
func (a *App) sentSheet(c *gin.Context) (int, any, error) {
	var body struct {
		Again bool `json:"again"`
	}
	court, i, v, r, err := a.referralFor(c, register.Send)
	if err == nil {
		_, err = readBody(c, &body)
	}
	if err != nil {
		return 0, nil, err
	}
	byMail := r.Way == referral.WayMail || r.Way == referral.WayMailClear
	state := "sent"
	if byMail {
		state = "queued"
	}
	_, err = a.incidents.EnterIf(c.Request.Context(), court, i.ID, func(now *register.Incident) error {
		at := slices.IndexFunc(now.Referrals, func(o register.Referral) bool { return o.ID == r.ID })
		if o := now.Referrals[at]; byMail && (!body.Again || o.Mail != "failed") || !byMail && !o.Sent.IsZero() || !o.Acknowledged.IsZero() {
			return signaling.Refuse("phase_wrong", "This was done already, or is not to be done now.", nil)
		}
		return nil
	}, &register.ReferralSentPayload{About: register.About{Incident: i.ID, By: v.Door}, Referral: r.ID, State: state, Way: r.Way, SHA256: r.SHA256})
	if err == nil {
		a.wakePost()
	}
	return 0, nil, err
}

// referenceMost bounds the reference of a body, in letters.
const referenceMost = 200

// acknowledged enters that the body has it, with its reference.
func (a *App) acknowledged(c *gin.Context) (int, any, error) {
	var body struct {
		Reference string    `json:"reference"`
		At        time.Time `json:"at"`
	}
	court, i, v, r, err := a.referralFor(c, register.Acknowledge)
	if err == nil {
		_, err = readBody(c, &body)
	}
	if err != nil {
		return 0, nil, err
	}
	body.Reference = strings.TrimSpace(body.Reference)
	if body.At.IsZero() {
		body.At = a.incidents.Now()
	}
	switch {
	case utf8.RuneCountInString(body.Reference) > referenceMost:
		return 0, nil, signaling.Refuse("bad_argument", "The reference is too long.", nil)
	case body.At.After(a.incidents.Now()) || body.At.Before(r.Made.Truncate(time.Minute)): // pages give minutes
		return 0, nil, signaling.Refuse("at_wrong", "The time is not between the referral and now.", nil)
	case !r.Acknowledged.IsZero():
		return 0, nil, signaling.Refuse("phase_wrong", "This referral is acknowledged already.", nil)
	}
	said, err := a.incidents.Keep(c.Request.Context(), court, body.Reference)
	if err == nil {
		_, err = a.incidents.Enter(c.Request.Context(), court, &register.ReferralAcknowledgedPayload{About: register.About{Incident: i.ID, By: v.Door}, Referral: r.ID, Reference: said[0],
			Acknowledged: body.At.UTC().Truncate(time.Millisecond)})
	}
	return 0, nil, err
}

// attachIdentity takes the ciphertext of an identity, sealed to the body's key in the seat of whoever read it. It goes along only where a judge ordered an opening for this very
// referral and who brings it has taken that opening. The gateway sees ciphertext alone: that it is an age file with one recipient it can check, to whom it cannot.
func (a *App) attachIdentity(c *gin.Context, body []byte) {
	a.giveOf(c, nil, a.takeIdentity(c, body))
}

func (a *App) takeIdentity(c *gin.Context, body []byte) error {
	args, err := arguments[struct {
		Opening    string `json:"opening"`
		Ciphertext []byte `json:"ciphertext"`
	}](body)
	if err != nil {
		return err
	}
	court, i, v, r, err := a.referralFor(c, register.Identity)
	if err != nil {
		return err
	}
	to, ok := a.referrals.bodies.Find(r.To)
	switch {
	case !ok || to.Key == nil:
		return signaling.Refuse("way_unavailable", "This body has no key that an identity could be sealed to.", nil)
	case r.Identity != nil:
		return signaling.Refuse("phase_wrong", "An identity goes along already.", nil)
	}
	if err := a.orderedFor(c, args.Opening, r.ID); err != nil {
		return err
	}
	sum, err := referral.CheckSealed(args.Ciphertext)
	if err != nil {
		return signaling.Refuse("bad_argument", "This is not a file that is sealed to one key.", err)
	}
	if err := a.stepUp(c, visitor(c), c.Request.Method+" "+c.Request.URL.Path, body); err != nil {
		return err
	}
	a.referrals.attaching.Lock()
	defer a.referrals.attaching.Unlock()
	if err := a.store.PutBlob(identityBlob(r.ID, sum), bytes.NewReader(args.Ciphertext)); err != nil {
		return signaling.Refuse("not_durable", "This could not be saved. Nothing was changed.", err)
	}
	about := register.About{Incident: i.ID, By: v.Door}
	events := []register.Payload{&register.ReferralIdentityPayload{About: about, Referral: r.ID, Opening: args.Opening, SHA256: sum, Size: int64(len(args.Ciphertext))}}
	if r.Way == referral.WayMail { // always a letter of its own: the one before may be on its way without it
		events = append(events, &register.ReferralSentPayload{About: about, Referral: r.ID, State: "queued", Way: r.Way})
	}
	_, err = a.incidents.EnterIf(c.Request.Context(), court, i.ID, func(now *register.Incident) error {
		if slices.ContainsFunc(now.Referrals, func(o register.Referral) bool { return o.ID == r.ID && o.Identity != nil }) {
			return signaling.Refuse("phase_wrong", "An identity goes along already.", nil)
		}
		return nil
	}, events...)
	if err == nil {
		a.wakePost()
	}
	return err
}

// orderedFor is nil where the opening was ordered for this referral, and whoever asks is its reader and has taken it.
func (a *App) orderedFor(c *gin.Context, opening, referral string) error {
	all, err := a.vault.Openings(c.Request.Context(), vaultVisitor(c))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(o identity.Opening) bool { return o.ID == opening })
	if at < 0 || !all[at].TakenFor(referral, visitor(c).Person.ID) {
		return signaling.Refuse("opening_wrong", "This opening was not ordered for this referral, or it was not taken.", nil)
	}
	return nil
}

// giveIdentity gives the ciphertext to a judge who hands a file or a paper over.
func (a *App) giveIdentity(c *gin.Context) {
	court, i, v, r, err := a.referralFor(c, register.Identity)
	if err == nil && r.Identity == nil {
		err = signaling.Refuse("referral_unknown", "No identity goes along with this referral.", nil)
	}
	var sealed []byte
	if err == nil {
		if sealed, err = a.sealedIdentity(r); errors.Is(err, store.ErrUnknown) {
			err = signaling.Refuse("content_erased", "The identity was erased.", err)
		}
	}
	if err == nil {
		_, err = a.incidents.Enter(context.WithoutCancel(c.Request.Context()), court, &register.ReferralTakenPayload{About: register.About{Incident: i.ID, By: v.Door}, Referral: r.ID, Form: "identity"})
	}
	if err != nil {
		a.refuse(c, doorError(err))
		return
	}
	c.Header("Content-Disposition", `attachment; filename="referral-`+r.Number+`-identity.age"`)
	c.Data(http.StatusOK, "application/octet-stream", sealed)
}
