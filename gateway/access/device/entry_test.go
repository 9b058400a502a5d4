package device

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parda/media/enrol"
	"parda/media/enrol/form"
)

func TestWhoStandsBetweenWithACertificateOfHisOwnGetsNothing(t *testing.T) {
	c := sit(t)
	d, token := c.entered()
	var seen bytes.Buffer
	listens := c.between(func(path string, body []byte) []byte {
		seen.WriteString(path)
		seen.Write(body)
		return body
	})
	if _, err := d.Enter(t.Context(), listens.URL, "h1", form.Witness); !errors.Is(err, enrol.ErrGateway) {
		t.Errorf("the device enters through him: %v", err)
	}
	if err := d.Renew(t.Context(), listens.URL); !errors.Is(err, enrol.ErrGateway) {
		t.Errorf("the device is renewed through him: %v", err)
	}
	if s := seen.String(); strings.Contains(s, d.ID()) || strings.Contains(s, token) || strings.Contains(s, "h1") || strings.Contains(s, "certificate") || !strings.Contains(s, "challenge") {
		t.Errorf("he learnt %s", s)
	}
	// He says that the device saw the gateway's certificate: then the gateway's proof is about another one than the device sees.
	real := sha256.Sum256(c.server.Certificate().Raw)
	lies := c.between(func(path string, body []byte) []byte {
		var req form.ChallengeRequest
		if path == "/api/device/challenge" && json.Unmarshal(body, &req) == nil {
			req.Seen = real[:]
			body, _ = json.Marshal(req)
		}
		return body
	})
	if _, err := d.Enter(t.Context(), lies.URL, "h1", form.Witness); !errors.Is(err, enrol.ErrGateway) {
		t.Errorf("the device takes a proof about another certificate: %v", err)
	}
}

func TestWhoStandsBetweenWithoutTheCodeCannotEnrolOrAnswer(t *testing.T) {
	c := sit(t)
	_, code, err := c.Enrol(t.Context(), admin, "baku", form.Room, "Otaq 3")
	if err != nil {
		t.Fatal(err)
	}
	other, err := openAuthority(t.TempDir(), "x", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	sent := ""
	own := c.between(func(path string, body []byte) []byte {
		sent += string(body)
		var begun form.BeginAnswer
		if path == "/api/device/enrol/begin answer" && json.Unmarshal(body, &begun) == nil && len(begun.CA) > 0 {
			begun.CA = other.cert.Raw // so that the device would trust him for ever
			body, _ = json.Marshal(begun)
		}
		return body
	})
	if _, err := enrol.Join(t.Context(), own.URL, code, t.TempDir(), inFile, false); !errors.Is(err, enrol.ErrGateway) {
		t.Errorf("the device takes his CA: %v", err)
	}
	normal, _ := form.Normal(code)
	if strings.Contains(sent, normal) || strings.Contains(sent, code) || sent == "" {
		t.Error("the code is sent")
	}
	if list := c.Enrolments("baku"); len(list) != 1 || list[0].State != StateOpen {
		t.Errorf("he used the code up: %+v", list)
	}
	if _, err := enrol.Join(t.Context(), c.server.URL, code, t.TempDir(), inFile, false); err != nil {
		t.Errorf("the room, by the right way afterwards: %v", err)
	}
}

// Who copied the code on its way to the room can answer the device and enrol himself. What he cannot is make both sides show one short code.
func TestWhoCopiedTheCodeCannotMakeTheShortCodesAgree(t *testing.T) {
	c := sit(t)
	e, code, err := c.Enrol(t.Context(), admin, "baku", form.Room, "Otaq 3")
	if err != nil {
		t.Fatal(err)
	}
	his := sit(t) // a gateway of his own, with a CA of his own, that knows the code
	normal, _ := form.Normal(code)
	his.enrolments["n-his"] = &enrolment{id: "n-his", court: "baku", kind: form.Room, lookup: form.Lookup(normal), secret: form.Secret(normal), until: e.Until, state: StateOpen}
	room, err := enrol.Join(t.Context(), his.server.URL, code, t.TempDir(), inFile, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := enrol.Join(t.Context(), c.server.URL, code, t.TempDir(), inFile, false); err != nil {
		t.Fatal(err)
	}
	if shown := c.Enrolments("baku")[0].ShortCode; shown == room.ShortCode {
		t.Fatal("both show one code")
	}
	if _, err := c.Confirm(t.Context(), admin, "baku", e.ID, room.ShortCode); !errors.Is(err, ErrShortCode) {
		t.Errorf("what the room reads out certifies his device: %v", err)
	}
	if _, err := enrol.Join(t.Context(), c.server.URL, code, t.TempDir(), inFile, false); err == nil {
		t.Error("he has a second try")
	}
}

func TestADeviceEntersWhereItIsPlacedAndNowhereElse(t *testing.T) {
	c := sit(t)
	d, _ := c.enrolled(form.Room, "Otaq 3")
	camera, _ := c.enrolled(form.Camera, "Zal 1")
	refused := func(what string, err error, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := d.Enter(t.Context(), c.server.URL, "h1", form.Witness)
	refused("not placed", err, enrol.ErrNotAssigned)
	_, err = c.Place(t.Context(), clerk, "baku", "h1", "court/bench", d.ID())
	refused("a room in a camera's place, which is sent in clear", err, ErrKind)
	_, err = c.Place(t.Context(), clerk, "baku", "h1", form.Witness, camera.ID())
	refused("a camera in the witness's place", err, ErrKind)
	_, err = c.Place(t.Context(), clerk, "ganja", "g1", form.Witness, d.ID())
	refused("another court's clerk", err, ErrUnknown)
	_, err = c.Place(t.Context(), clerk, "baku", "g1", form.Witness, d.ID())
	refused("another court's hearing", err, ErrUnknown)
	_, err = c.Revoke(t.Context(), admin, "ganja", d.ID(), "stolen")
	refused("another court's administrator", err, ErrUnknown)
	c.place("h1", form.Witness, d.ID())
	c.place("h1", "court/bench", camera.ID())
	_, err = c.Place(t.Context(), clerk, "baku", "h1", "court/hall", camera.ID())
	refused("two places", err, ErrTaken)
	for hearing, place := range map[string]string{"h2": form.Witness, "g1": form.Witness, "h1": "court/bench"} {
		_, err = d.Enter(t.Context(), c.server.URL, hearing, place)
		refused(hearing+" "+place, err, enrol.ErrNotAssigned)
	}
	p, err := d.Enter(t.Context(), c.server.URL, "h1", form.Witness)
	if err != nil {
		t.Fatal(err)
	}
	for _, hearing := range []string{"h2", "g1", ""} {
		if _, _, ok := c.Publication(hearing, p.Token); ok {
			t.Errorf("its token opens %q", hearing)
		}
	}
}

func TestAnotherDeviceInItsPlaceEndsTheFirstOnesToken(t *testing.T) {
	c := sit(t)
	first, token := c.entered()
	second, _ := c.enrolled(form.Room, "Otaq 4")
	before, err := c.Place(t.Context(), clerk, "baku", "h1", form.Witness, second.ID())
	if err != nil || before != first.ID() {
		t.Fatalf("%q %v", before, err)
	}
	if _, _, ok := c.Publication("h1", token); ok {
		t.Error("two rooms testify in one place")
	}
	if _, err := first.Enter(t.Context(), c.server.URL, "h1", form.Witness); !errors.Is(err, enrol.ErrNotAssigned) {
		t.Error(err)
	}
	next, err := second.Enter(t.Context(), c.server.URL, "h1", form.Witness)
	if err != nil {
		t.Fatal(err)
	}
	if before, err := c.Unplace(t.Context(), clerk, "baku", "h1", form.Witness); err != nil || before != second.ID() {
		t.Fatal(before, err)
	}
	if _, _, ok := c.Publication("h1", next.Token); ok {
		t.Error("a place that was taken back is open")
	}
}

func TestATokenEndsWithItsTimeAndWithARestart(t *testing.T) {
	c := sit(t)
	d, token := c.entered()
	c.pass(tokenLives - time.Second)
	if _, _, ok := c.Publication("h1", token); !ok {
		t.Error("it ended early")
	}
	newer, err := d.Enter(t.Context(), c.server.URL, "h1", form.Witness)
	if err != nil {
		t.Fatal(err)
	}
	c.pass(time.Second)
	if _, _, ok := c.Publication("h1", token); ok {
		t.Error("it did not end")
	}
	if !c.Holds("h1", form.Witness, d.ID()) {
		t.Error("the newer one ended what the device has open")
	}
	c.pass(-tokenLives) // the device's own clock did not turn
	c.open()
	if _, _, ok := c.Publication("h1", newer.Token); ok {
		t.Error("a token lies on the disk")
	}
	if _, err := d.Enter(t.Context(), c.server.URL, "h1", form.Witness); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

func TestACertificateIsRenewedByItsKeyWhenHalfOfItsTimeIsOver(t *testing.T) {
	const ago = deviceLives/2 + time.Hour
	c := sitSince(t, time.Now().Add(-ago)) // the device's own clock is today's
	d, folder := c.enrolled(form.Room, "Otaq 3")
	c.place("h1", form.Witness, d.ID())
	first := d.Until()
	c.pass(ago)
	if err := d.Renew(t.Context(), c.server.URL); err != nil || !d.Until().After(first.Add(deviceLives/2)) {
		t.Fatalf("%v: %v after %v", err, d.Until(), first)
	}
	second := d.Until()
	if err := d.Renew(t.Context(), c.server.URL); err != nil || !d.Until().Equal(second) {
		t.Errorf("a young one is renewed: %v", err)
	}
	again, err := enrol.Open(folder, inFile)
	if err != nil || !again.Until().Equal(second) {
		t.Fatalf("after a restart: %v", err)
	}
	if _, err := again.Enter(t.Context(), c.server.URL, "h1", form.Witness); err != nil {
		t.Errorf("with the new one: %v", err)
	}
	devices, err := c.Devices(t.Context(), "baku")
	if err != nil || len(devices) != 1 || !devices[0].Until.Equal(second) || State(devices[0], c.clock()) != Certified {
		t.Errorf("the court's list: %+v %v", devices, err)
	}
	if codes, _ := c.codes(); !slices.Contains(codes, "device.renewed") {
		t.Error("it is not entered")
	}
}

func TestAnEntryBringsTheNextCertificateWhenItIsTime(t *testing.T) {
	const ago = deviceLives/2 + time.Hour
	c := sitSince(t, time.Now().Add(-ago))
	d, _ := c.enrolled(form.Room, "Otaq 3")
	c.place("h1", form.Witness, d.ID())
	first := d.Until()
	c.pass(ago)
	if _, err := d.Enter(t.Context(), c.server.URL, "h1", form.Witness); err != nil || !d.Until().After(first) {
		t.Errorf("%v: %v after %v", err, d.Until(), first)
	}
}

func TestACertificateThatRanOutIsNotRenewed(t *testing.T) {
	c := sitSince(t, time.Now().Add(-deviceLives+time.Hour))
	d, _ := c.enrolled(form.Room, "Otaq 3")
	c.pass(deviceLives)
	if err := d.Renew(t.Context(), c.server.URL); err == nil {
		t.Error("a certificate that ran out is renewed")
	}
	devices, err := c.Devices(t.Context(), "baku")
	if err != nil || State(devices[0], c.clock()) != Expired {
		t.Errorf("%+v %v", devices, err)
	}
}

func TestNeitherACodeNorATokenLiesOnTheDisk(t *testing.T) {
	c := sit(t)
	_, code, err := c.Enrol(t.Context(), admin, "baku", form.Room, "Otaq 8")
	if err != nil {
		t.Fatal(err)
	}
	_, token := c.entered()
	normal, _ := form.Normal(code)
	looked := 0
	err = filepath.WalkDir(c.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		looked += len(b)
		for _, secret := range []string{code, normal, string(form.Secret(normal)), token} {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s holds one", path)
			}
		}
		return err
	})
	if err != nil || looked < 10_000 {
		t.Fatalf("%d bytes looked at, %v", looked, err)
	}
}

// A hearing's goroutine asks whether its room may stay; it must not wait for a disk that is slow for somebody else's entry.
func TestAskingForATokenWaitsForNoDisk(t *testing.T) {
	c := sit(t)
	d, token := c.entered()
	slow := &stuck{until: make(chan struct{}), reached: make(chan struct{})}
	c.store.SetFault(slow)
	done := make(chan error, 1)
	go func() { _, _, err := c.Enrol(t.Context(), admin, "baku", form.Room, "Otaq 9"); done <- err }()
	<-slow.reached
	if _, _, ok := c.Publication("h1", token); !ok || !c.Holds("h1", form.Witness, d.ID()) {
		t.Error("it is void")
	}
	close(slow.until)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// stuck is a disk that does not answer for a while.
type stuck struct {
	until, reached chan struct{}
	once           sync.Once
}

func (s *stuck) Before(string) error {
	s.once.Do(func() { close(s.reached) })
	<-s.until
	return nil
}
