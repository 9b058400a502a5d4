package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/device"
	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/proceeding"
	"parda/gateway/store"
	wire "parda/media/enrol/form"
	"parda/signaling"
)

// deviceRoutes are for rooms and cameras that the court enrols (signaling/ACCOUNTS.md, Devices). What devices ask is asked without a cookie: each handler wants
// a code that is never sent, or a proof by the device's key.
func (a *App) deviceRoutes() []route {
	return []route{
		{"GET", "/api/devices", needs(rights.DeviceSee), a.listDevices},
		{"POST", "/api/devices/enrolments", needs(rights.DeviceEnrol), a.makeEnrolment},
		{"POST", "/api/devices/enrolments/:enrolment/confirm", needs(rights.DeviceEnrol), a.confirmEnrolment},
		{"DELETE", "/api/devices/enrolments/:enrolment", needs(rights.DeviceEnrol), a.endEnrolment},
		{"POST", "/api/devices/:device/revoke", needs(rights.DeviceRevoke), a.revokeDevice},
		{"GET", "/api/hearings/:hearing/room", needs(rights.DeviceSee), a.listPlaces},
		{"PUT", "/api/hearings/:hearing/room", needs(rights.DeviceAssign), a.placeDevice},
		{"DELETE", "/api/hearings/:hearing/room", needs(rights.DeviceAssign), a.unplaceDevice},

		{"POST", "/api/device/enrol/begin", byCode, asked(a, func(_ context.Context, r wire.BeginRequest) (wire.BeginAnswer, error) { return a.devices.Begin(r) })},
		{"POST", "/api/device/enrol/reveal", byCode, asked(a, a.reveal)},
		{"POST", "/api/device/enrol/take", byCode, asked(a, func(_ context.Context, r wire.TakeRequest) (wire.TakeAnswer, error) { return a.devices.Take(r) })},
		{"POST", "/api/device/challenge", open, asked(a, func(_ context.Context, r wire.ChallengeRequest) (wire.ChallengeAnswer, error) {
			return a.devices.Challenge(r)
		})},
		{"POST", "/api/device/enter", byDevice, asked(a, a.enterDevice)},
		{"POST", "/api/device/renew", byDevice, asked(a, a.renewDevice)},
	}
}

func (a *App) reveal(ctx context.Context, r wire.RevealRequest) (wire.RevealAnswer, error) {
	return a.devices.Reveal(ctx, r)
}

func (a *App) enterDevice(ctx context.Context, r wire.EnterRequest) (wire.EnterAnswer, error) {
	return a.devices.Enter(ctx, r)
}

func (a *App) renewDevice(ctx context.Context, r wire.RenewRequest) (wire.RenewAnswer, error) {
	return a.devices.Renew(ctx, r)
}

// asked is a handler for a device: a body of one form, an answer of another.
func asked[Q, R any](a *App, f func(context.Context, Q) (R, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		var q Q
		if !a.readBody(c, &q) {
			return
		}
		// What a device began is not undone because its link went away meanwhile.
		r, err := f(context.WithoutCancel(c.Request.Context()), q)
		if err != nil {
			a.refuseDevice(c, err)
			return
		}
		c.JSON(http.StatusOK, r)
	}
}

const deviceBody = 16 << 10 // a certificate, a request and some hashes are less

func (a *App) readBody(c *gin.Context, into any) bool {
	d := json.NewDecoder(io.LimitReader(c.Request.Body, deviceBody))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		signaling.WriteError(c.Writer, a.log, signaling.Refuse("bad_message", "The message cannot be read.", nil))
		return false
	}
	return true
}

// refuseDevice gives the register's refusals their public form.
func (a *App) refuseDevice(c *gin.Context, err error) {
	signaling.WriteError(c.Writer, a.log, deviceError(err))
}

func deviceError(err error) error {
	var e *device.Error
	if errors.As(err, &e) {
		return signaling.Refuse(e.Code, e.Message, errors.Unwrap(e))
	}
	return err
}

// openDevices opens the register. It needs the hearings' courts when a device enters, and no earlier.
func (a *App) openDevices() (err error) {
	a.devices, err = device.Open(device.Config{Store: a.store, Audit: a.audit, Dir: filepath.Join(a.config.Data, "devices"), Courts: hearing.Courts(),
		CourtOf: func(_ context.Context, id string) string { return a.courtOf(id) }, Shown: a.servedCertificate})
	return err
}

// courtOf is whose hearing it is, "" for one that is not here.
func (a *App) courtOf(id string) string {
	if p := a.hearings[id]; p != nil {
		return p.Court()
	}
	return ""
}

type deviceView struct {
	Device   string            `json:"device"`
	Kind     string            `json:"kind"`
	Label    string            `json:"label"`
	Kept     string            `json:"kept"`
	Enrolled time.Time         `json:"enrolled"`
	Until    time.Time         `json:"until"`
	State    string            `json:"state"`
	Last     *time.Time        `json:"last,omitempty"`
	Hearings []devicePlaceView `json:"hearings"`
}

type devicePlaceView struct {
	Hearing string     `json:"hearing,omitempty"`
	Place   string     `json:"place"`
	Device  string     `json:"device,omitempty"`
	Since   *time.Time `json:"since,omitempty"`
}

type enrolmentView struct {
	Enrolment string    `json:"enrolment"`
	Kind      string    `json:"kind"`
	Label     string    `json:"label"`
	State     string    `json:"state"`
	Until     time.Time `json:"until"`
	ShortCode string    `json:"short_code,omitempty"`
	Kept      string    `json:"kept,omitempty"`
}

func (a *App) listDevices(c *gin.Context) {
	ctx, court := c.Request.Context(), visitor(c).Person.Court
	all, err := a.devices.Devices(ctx, court)
	if err != nil {
		a.refuseDevice(c, err)
		return
	}
	devices := make([]deviceView, 0, len(all))
	for _, d := range all {
		v, err := a.viewDevice(ctx, d)
		if err != nil {
			a.refuseDevice(c, err)
			return
		}
		devices = append(devices, v)
	}
	enrolments := []enrolmentView{}
	if visitor(c).Has(rights.DeviceEnrol) { // a short code is the business of who confirms it
		for _, e := range a.devices.Enrolments(court) {
			enrolments = append(enrolments, enrolmentView{e.ID, e.Kind, e.Label, e.State, e.Until.UTC(), e.ShortCode, e.Kept})
		}
	}
	c.JSON(http.StatusOK, gin.H{"devices": devices, "enrolments": enrolments})
}

func (a *App) viewDevice(ctx context.Context, d store.Device) (deviceView, error) {
	v := deviceView{Device: d.ID, Kind: d.Kind, Label: d.Label, Kept: d.Kept, Enrolled: d.Enrolled.UTC(), Until: d.Until.UTC(), State: device.State(d, time.Now()), Hearings: []devicePlaceView{}}
	if !d.Entered.IsZero() {
		last := d.Entered.UTC()
		v.Last = &last
	}
	at, err := a.devices.PlacesOfDevice(ctx, d.ID)
	for _, p := range at {
		v.Hearings = append(v.Hearings, devicePlaceView{Hearing: p.Hearing, Place: p.Place})
	}
	return v, err
}

func (a *App) makeEnrolment(c *gin.Context) {
	var body struct{ Label, Kind string }
	if !a.readBody(c, &body) {
		return
	}
	who := visitor(c).Person
	e, code, err := a.devices.Enrol(c.Request.Context(), who.ID, who.Court, body.Kind, body.Label)
	if err != nil {
		a.refuseDevice(c, err)
		return
	}
	c.JSON(http.StatusCreated, gin.H{"enrolment": e.ID, "code": code, "until": e.Until.UTC()})
}

// confirmEnrolment certifies a device. It wants a fresh touch of the administrator's passkey: a browser that was left open must not be enough to put a
// strange machine in the witness's place.
func (a *App) confirmEnrolment(c *gin.Context) {
	raw, err := io.ReadAll(io.LimitReader(c.Request.Body, deviceBody))
	var body struct {
		ShortCode string `json:"short_code"`
	}
	if err != nil || json.Unmarshal(raw, &body) != nil {
		signaling.WriteError(c.Writer, a.log, signaling.Refuse("bad_message", "The message cannot be read.", nil))
		return
	}
	if err := a.stepUp(c, visitor(c), c.Request.Method+" "+c.Request.URL.Path, raw); err != nil {
		signaling.WriteError(c.Writer, a.log, err)
		return
	}
	who := visitor(c).Person
	id, err := a.devices.Confirm(c.Request.Context(), who.ID, who.Court, c.Param("enrolment"), body.ShortCode)
	if err != nil {
		a.refuseDevice(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"device": id})
}

func (a *App) endEnrolment(c *gin.Context) {
	who := visitor(c).Person
	if err := a.devices.EndEnrolment(c.Request.Context(), who.ID, who.Court, c.Param("enrolment")); err != nil {
		a.refuseDevice(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// revokeDevice ends a device at once. It wants no touch: it tightens, and who has seen a station carried off must not look for a key first.
func (a *App) revokeDevice(c *gin.Context) {
	var body struct{ Why string }
	if !a.readBody(c, &body) {
		return
	}
	who := visitor(c).Person
	at, err := a.devices.Revoke(context.WithoutCancel(c.Request.Context()), who.ID, who.Court, c.Param("device"), body.Why)
	for _, p := range at { // also if it could not be written: its tokens are void already
		if h := a.hearings[p.Hearing]; h != nil && p.Place == wire.Witness {
			h.RoomRevoked(true)
		}
	}
	a.ended(c.Param("device"))
	if err != nil {
		a.refuseDevice(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

func (a *App) listPlaces(c *gin.Context) {
	id := c.Param("hearing")
	if a.courtOf(id) != visitor(c).Person.Court {
		signaling.WriteError(c.Writer, a.log, signaling.Refuse("hearing_unknown", "There is no such hearing here.", nil))
		return
	}
	all, err := a.devices.PlacesOfHearing(c.Request.Context(), id)
	if err != nil {
		a.refuseDevice(c, err)
		return
	}
	places := []devicePlaceView{}
	for _, p := range all {
		since := p.Since.UTC()
		places = append(places, devicePlaceView{Place: p.Place, Device: p.Device, Since: &since})
	}
	c.JSON(http.StatusOK, gin.H{"places": places})
}

func (a *App) placeDevice(c *gin.Context) {
	var body struct{ Device, Place string }
	if !a.readBody(c, &body) {
		return
	}
	if body.Place == "" {
		body.Place = wire.Witness
	}
	who, id := visitor(c).Person, c.Param("hearing")
	if a.courtOf(id) != who.Court {
		signaling.WriteError(c.Writer, a.log, signaling.Refuse("hearing_unknown", "There is no such hearing here.", nil))
		return
	}
	before, err := a.devices.Place(context.WithoutCancel(c.Request.Context()), who.ID, who.Court, id, body.Place, body.Device)
	if err == nil && body.Place == wire.Witness {
		a.hearings[id].RoomRevoked(false) // another device has it. An emptied place ends no alarm: what was revoked may still stand in the room
	}
	a.answerPlaced(c, before, err)
}

func (a *App) unplaceDevice(c *gin.Context) {
	who, id, place := visitor(c).Person, c.Param("hearing"), c.DefaultQuery("place", wire.Witness)
	if a.courtOf(id) != who.Court {
		signaling.WriteError(c.Writer, a.log, signaling.Refuse("hearing_unknown", "There is no such hearing here.", nil))
		return
	}
	before, err := a.devices.Unplace(context.WithoutCancel(c.Request.Context()), who.ID, who.Court, id, place)
	a.answerPlaced(c, before, err)
}

func (a *App) answerPlaced(c *gin.Context, before string, err error) {
	if err != nil {
		a.refuseDevice(c, err)
		return
	}
	// The plain token of the demonstration ends with the first device, too: whoever came in by it is asked again.
	a.ended(before)
	c.Status(http.StatusNoContent)
}

// tellRevoked raises the alarm anew after a restart, where a revoked device still has the witness's place.
func (a *App) tellRevoked(ctx context.Context, id string) error {
	revoked, err := a.devices.RevokedIn(ctx, id, wire.Witness)
	if err == nil && revoked {
		a.hearings[id].RoomRevoked(true)
	}
	return err
}

// publicationOf names the one publication that a bearer token may make now, and by what it is held: a device's, or the plain one of the demonstration, which opens
// nothing where seats are taken by persons, and no place that a device has.
func (a *App) publicationOf(ctx context.Context, id, token string) (label string, hold proceeding.Hold, err error) {
	if place, of, ok := a.devices.Publication(id, token); ok {
		return place, proceeding.Hold{Lasting: true, Check: func() error {
			if a.devices.Holds(id, place, of) {
				return nil
			}
			return signaling.Refuse("token_wrong", "This device's place was taken back, or its time is over.", nil)
		}}, nil
	}
	check := func() (string, error) { return a.plainPublication(context.WithoutCancel(ctx), id, token) }
	label, err = check()
	return label, proceeding.Hold{Lasting: true, Check: func() error { _, err := check(); return err }}, err
}

func (a *App) plainPublication(ctx context.Context, id, token string) (string, error) {
	label, err := a.access.Publication(ctx, id, token)
	if err != nil {
		return "", doorError(err)
	}
	if !a.config.Access.byLink() {
		return "", signaling.Refuse("token_wrong", "Rooms and cameras come in as enrolled devices here.", nil)
	}
	all, err := a.devices.PlacesOfHearing(ctx, id)
	if err != nil {
		return "", deviceError(err)
	}
	for _, p := range all {
		if p.Place == label || strings.HasPrefix(label, p.Place+"/") {
			return "", signaling.Refuse("token_wrong", "An enrolled device has this place.", nil)
		}
	}
	return label, nil
}
