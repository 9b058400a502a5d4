package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/account"
	"parda/gateway/access/audit"
	"parda/gateway/access/device"
	"parda/gateway/access/rights"
	"parda/gateway/visibility"
	"parda/media/enrol"
	enrolment "parda/media/enrol/form"
)

// deviceConfig is a gateway that devices reach over TLS.
func deviceConfig(t *testing.T) Config {
	config := testConfig(t.TempDir())
	config.HTTP.Listen = "127.0.0.1:0"
	return config
}

// by has a person of Baku ask a handler. Who may ask at all is the guard's business, which the scan of all routes holds.
func by(role rights.Role, handle gin.HandlerFunc, body any, params ...string) (int, map[string]any) {
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	b, _ := json.Marshal(body)
	c.Request = httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(b))
	for i := 0; i+1 < len(params); i += 2 {
		c.Params = append(c.Params, gin.Param{Key: params[i], Value: params[i+1]})
	}
	c.Set(sessionKey, account.Session{ID: "s-test", Person: account.Person{ID: "p-" + string(role), Court: "baku", Roles: []rights.Role{role}}})
	handle(c)
	c.Writer.WriteHeaderNow()
	var answer map[string]any
	_ = json.Unmarshal(w.Body.Bytes(), &answer)
	return w.Code, answer
}

// enrolledAt is a device that went the whole way over TLS. The administrator's touch is not asked here: accounts and step-up have tests of their own.
func enrolledAt(t *testing.T, app *App, kind string) *enrol.Device {
	t.Helper()
	status, made := by(rights.Administrator, app.makeEnrolment, map[string]string{"label": "Otaq 3", "kind": kind})
	if status != http.StatusCreated {
		t.Fatalf("%d %v", status, made)
	}
	j, err := enrol.Join(t.Context(), app.TLSURL(), made["code"].(string), t.TempDir(), enrol.Keep{As: enrolment.KeptFile}, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.devices.Confirm(t.Context(), "p-administrator", "baku", made["enrolment"].(string), j.ShortCode); err != nil {
		t.Fatal(err)
	}
	d, err := j.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func placeAt(t *testing.T, app *App, d *enrol.Device, place string) {
	t.Helper()
	if status, answer := by(rights.CourtClerk, app.placeDevice, map[string]string{"device": d.ID(), "place": place}, "hearing", "demo"); status != http.StatusNoContent {
		t.Fatalf("%d %v", status, answer)
	}
}

func passAt(t *testing.T, app *App, d *enrol.Device, place string) *enrol.Pass {
	t.Helper()
	p, err := d.Enter(t.Context(), app.TLSURL(), "demo", place)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *page) untilClosed(what string) time.Duration {
	p.t.Helper()
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		p.mu.Lock()
		closed := p.closed
		p.mu.Unlock()
		if closed != nil {
			return time.Since(began)
		}
		if time.Since(began) > 20*time.Second {
			p.t.Fatalf("%s: the page of %s is open", what, p.seat)
		}
	}
}

// A5, to the packet: a room that was carried off in the middle of testimony.
func TestARevokedStationIsOutOfALiveTestimonyAtOnceAndForEver(t *testing.T) {
	app := runApp(t, deviceConfig(t))
	d := enrolledAt(t, app.App, enrolment.Room)
	placeAt(t, app.App, d, "")
	token := passAt(t, app.App, d, enrolment.Witness).Token
	c := assembleBy(t, app, token)
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	seen := c.defence.watch()
	grows(t, "the masked picture, before", seen["witness video"])

	asked := time.Now()
	status, answer := by(rights.Judge, app.revokeDevice, map[string]string{"why": "stolen"}, "device", d.ID())
	if status != http.StatusNoContent {
		t.Fatalf("%d %v", status, answer)
	}
	c.room.untilClosed("revoked")
	t.Logf("the station's WebSocket ended %v after the request (1 s is allowed)", time.Since(asked))
	c.judge.until("is told", alarmed("room_revoked"))
	c.judge.until("sees testimony stand still", func(v visibility.View) bool { return v.Testimony.Phase != "live" })
	still(t, "the masked picture, after", seen["witness video"])
	if status, _, refusal := whip(t, app.App, token, "?rendering=puppet%2Bneutral", "v=0"); status != http.StatusUnauthorized || refusal != "token_wrong" {
		t.Errorf("it publishes anew: %d %s", status, refusal)
	}
	if _, err := d.Enter(t.Context(), app.TLSURL(), "demo", enrolment.Witness); !errors.Is(err, enrol.ErrRevoked) {
		t.Errorf("it enters anew: %v", err)
	}

	if status, answer := by(rights.CourtClerk, app.unplaceDevice, nil, "hearing", "demo"); status != http.StatusForbidden || answer["code"] != "device_revoked" {
		t.Errorf("the revoked room's place was emptied: %d %v", status, answer)
	}
	c.judge.until("is told still", func(v visibility.View) bool { return alarmed("room_revoked")(v) })
	if _, err := app.roomBy(t.Context(), "demo", app.Token("demo", "witness")); err == nil {
		t.Error("the plain token opens the place of the revoked room")
	}

	other := enrolledAt(t, app.App, enrolment.Room)
	placeAt(t, app.App, other, "")
	c.judge.until("is told no more", func(v visibility.View) bool { return !alarmed("room_revoked")(v) })
	openAt(t, app.App, "witness", nil, passAt(t, app.App, other, enrolment.Witness).Token)
	book, err := app.ledger.Load(t.Context(), audit.Of("baku"))
	if err != nil {
		t.Fatal(err)
	}
	entered := false
	for _, e := range book {
		entered = entered || e.Code == string(audit.DeviceRevoked) && e.Actor == "p-judge" && bytes.Contains(e.Payload, []byte(d.ID()))
	}
	if !entered {
		t.Error("the audit does not hold the revocation")
	}
}

func TestARevokedRoomIsToldAgainAfterARestartAndARunningOneEntersAnew(t *testing.T) {
	config := deviceConfig(t)
	app := runApp(t, config)
	d, camera := enrolledAt(t, app.App, enrolment.Room), enrolledAt(t, app.App, enrolment.Camera)
	placeAt(t, app.App, d, "")
	placeAt(t, app.App, camera, "court/bench")
	old := passAt(t, app.App, camera, "court/bench").Token
	if status, answer := by(rights.Administrator, app.revokeDevice, map[string]string{"why": "lost"}, "device", d.ID()); status != http.StatusNoContent {
		t.Fatalf("%d %v", status, answer)
	}
	if status, answer := by(rights.CourtClerk, app.unplaceDevice, nil, "hearing", "demo"); status != http.StatusForbidden {
		t.Errorf("its place was emptied: %d %v", status, answer)
	}
	links := app.Links()
	app.end()
	app = runApp(t, config)
	sitAt(t, app.App, links, "judge").until("is told", alarmed("room_revoked"))
	if status, _, refusal := whip(t, app.App, old, "", "v=0"); status != http.StatusUnauthorized || refusal != "token_wrong" {
		t.Errorf("a pass outlives the gateway's memory: %d %s", status, refusal)
	}
	publishAt(t, app.App, passAt(t, app.App, camera, "court/bench").Token, "")
}

func TestADevicesTokenOpensItsOnePlaceAndAPlainOneNothingBesideIt(t *testing.T) {
	app := runApp(t, deviceConfig(t))
	d, camera := enrolledAt(t, app.App, enrolment.Room), enrolledAt(t, app.App, enrolment.Camera)
	plain := app.Token("demo", "witness")
	before := openAt(t, app.App, "witness", nil, plain)
	placeAt(t, app.App, d, "")
	before.untilClosed("a device has the place")
	if _, err := app.roomBy(t.Context(), "demo", plain); err == nil {
		t.Error("the plain token opens the witness's seat beside the room's device")
	}
	placeAt(t, app.App, camera, "court/dock")
	room, dock := passAt(t, app.App, d, enrolment.Witness).Token, passAt(t, app.App, camera, "court/dock").Token
	for what, try := range map[string]func() error{
		"a camera in the witness's seat": func() error { _, err := app.roomBy(t.Context(), "demo", dock); return err },
		"a room in another hearing":      func() error { _, err := app.roomBy(t.Context(), "other", room); return err },
		"the plain token of the camera taken": func() error {
			_, _, err := app.publicationOf(t.Context(), "demo", app.Token("demo", "court/dock"))
			return err
		},
	} {
		if try() == nil {
			t.Error(what)
		}
	}
	if label, _, err := app.publicationOf(t.Context(), "demo", dock); err != nil || label != "court/dock" {
		t.Errorf("%s %v", label, err)
	}
	if label, _, err := app.publicationOf(t.Context(), "demo", app.Token("demo", "court/bench")); err != nil || label != "court/bench" {
		t.Errorf("a place that no device has, in the demonstration: %s %v", label, err)
	}
}

func TestWhereSeatsArePersonsNoPlainTokenIsMadeAndNoneIsTaken(t *testing.T) {
	config := deviceConfig(t)
	app := runApp(t, config)
	plain := app.Token("demo", "witness")
	if _, err := app.roomBy(t.Context(), "demo", plain); err != nil {
		t.Fatalf("in the demonstration: %v", err)
	}
	app.end()
	config.Access.Seats = SeatsOfPersons
	app = runApp(t, config)
	if len(app.tokens) != 0 {
		t.Errorf("%d tokens are printed", len(app.tokens))
	}
	if _, err := app.roomBy(t.Context(), "demo", plain); err == nil {
		t.Error("a token of the demonstration opens the witness's seat of a court")
	}
}

func TestAShortCodeIsShownToWhoConfirmsItAndADeviceToItsCourt(t *testing.T) {
	app := runApp(t, deviceConfig(t))
	enrolledAt(t, app.App, enrolment.Room)
	_, made := by(rights.Administrator, app.makeEnrolment, map[string]string{"label": "Otaq 4", "kind": enrolment.Room})
	j, err := enrol.Join(t.Context(), app.TLSURL(), made["code"].(string), t.TempDir(), enrol.Keep{As: enrolment.KeptFile}, false)
	if err != nil {
		t.Fatal(err)
	}
	shown := func(role rights.Role) string {
		_, list := by(role, app.listDevices, nil)
		b, err := json.Marshal(list)
		if err != nil || len(list["devices"].([]any)) != 1 {
			t.Fatalf("%s sees %s", role, b)
		}
		return string(b)
	}
	if !strings.Contains(shown(rights.Administrator), j.ShortCode) {
		t.Error("the administrator does not see it")
	}
	if s := shown(rights.CourtClerk); strings.Contains(s, j.ShortCode) || strings.Contains(s, made["enrolment"].(string)) {
		t.Errorf("the clerk sees %s", s)
	}
	if status, answer := by(rights.Administrator, app.confirmEnrolment, map[string]string{"short_code": j.ShortCode}, "enrolment", made["enrolment"].(string)); status < 400 {
		t.Errorf("confirmed without a touch: %d %v", status, answer)
	}
}

func TestADeviceOfAnotherCourtIsOutOfReach(t *testing.T) {
	app := runApp(t, deviceConfig(t))
	d := enrolledAt(t, app.App, enrolment.Room)
	for what, do := range map[string]func() error{
		"revoke": func() error { _, err := app.devices.Revoke(t.Context(), "p-x", "ganja", d.ID(), "lost"); return err },
		"place": func() error {
			_, err := app.devices.Place(t.Context(), "p-x", "ganja", "demo", enrolment.Witness, d.ID())
			return err
		},
	} {
		if err := do(); !errors.Is(err, device.ErrUnknown) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if all, err := app.devices.Devices(context.Background(), "ganja"); err != nil || len(all) != 0 {
		t.Errorf("%v %v", all, err)
	}
}

func TestEveryRefusalOfADeviceHasWordsInAllLanguages(t *testing.T) {
	all := []*device.Error{device.ErrUnknown, device.ErrRevoked, device.ErrExpired, device.ErrNotAssigned, device.ErrKind, device.ErrTaken, device.ErrProof, device.ErrBetween,
		device.ErrNoEnrolment, device.ErrOver, device.ErrWaits, device.ErrShortCode, device.ErrLabel, device.ErrTooMany, device.ErrNotDurable, device.ErrInternal}
	for _, language := range []string{"az", "en", "ru"} {
		b, err := os.ReadFile("../courtroom-ui/locales/" + language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var words map[string]any
		if err := json.Unmarshal(b, &words); err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			if s, _ := words["error."+e.Code].(string); s == "" {
				t.Errorf("%s: error.%s has no words", language, e.Code)
			}
		}
	}
}
