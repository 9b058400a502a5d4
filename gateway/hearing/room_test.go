package hearing

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// certifies gives a certificate with other answers.
func (c *court) certifies(same, free bool, with ...string) {
	c.t.Helper()
	if with == nil {
		with = []string{}
	}
	c.do("witness", "room.certify", m{"same": same, "free": free, "with": with})
}

func (c *court) sees(notices ...string) {
	c.t.Helper()
	c.do("witness", "mask.status", m{"picture": "ok", "voice": "ok", "notices": notices})
}

func (c *court) why(want string) {
	c.t.Helper()
	if got := c.s.RoomWhy(c.now); got != want {
		c.t.Fatalf("the room's certificate stands by %q, want %q", got, want)
	}
}

func TestTestimonyGoesLiveOnlyWithACertificateOfTheRoom(t *testing.T) {
	c := newCourt(t)
	c.refused(CodeWrongPhase, "witness", "room.certify", m{"same": true, "free": true, "with": []string{}})
	c.ready()
	c.refused(CodeRoomNotCertified, "judge", "testimony.call", nil)
	c.certify()
	c.do("judge", "testimony.call", nil)
	c.at(Live)
}

// TestEachBreakEndsTheCertificate: after a pause, a lost link, a start of the station or the gateway, a cut, a fall back, the officer certifies anew.
func TestEachBreakEndsTheCertificate(t *testing.T) {
	breaks := map[string]struct {
		happens func(c *court)
		why     string
	}{
		"a pause":               {func(c *court) { c.do("judge", "testimony.pause", nil) }, "break"},
		"her own break":         {func(c *court) { c.do("witness", "testimony.pause", m{"why": "break"}) }, "break"},
		"fear":                  {func(c *court) { c.do("witness", "witness.afraid", nil) }, "break"},
		"the hearing suspended": {func(c *court) { c.do("judge", "hearing.suspend", nil); c.do("judge", "hearing.resume", nil) }, "break"},
		"the defence is muted":  {func(c *court) { c.do("judge", "seat.mute", m{"seat": "defence"}) }, "break"},
		"the station's link":    {func(c *court) { c.enter(LinkLost(c.s, "witness", c.now)) }, "link_lost"},
		"the station's media":   {func(c *court) { c.enter(Interrupted(c.s, "station_lost", c.now)) }, "link_lost"},
		"a moment without it":   {func(c *court) { c.enter(RoomLeft(c.s)) }, "link_lost"},
		"the station anew":      {func(c *court) { c.enter(KeyOfStation(c.s, "another")) }, "station_started"},
		"the gateway anew":      {func(c *court) { c.enter(Restarted(c.s, c.now)) }, "link_lost"},
		"a face in the mask":    {func(c *court) { c.enter(Tripwire(c.s, "witness/puppet+neutral", c.now)) }, "interrupted"},
		"a refusal":             {func(c *court) { c.do("witness", "witness.refuse", nil) }, "interrupted"},
		"the ledger failed":     {func(c *court) { c.enter(LedgerBackAgain(c.s, c.now, c.now)) }, "break"},
		"the defence was lost": {func(c *court) {
			c.enter(DefenceLost(c.s, map[string]time.Time{"defence": c.now}, c.now.Add(time.Minute)))
		}, "break"},
		"a change of the person": {func(c *court) {
			c.sees("person_changed")
			c.now = c.now.Add(time.Minute)
			c.enter(PersonsChanged(c.s, c.now))
		}, "person_changed"},
	}
	for name, b := range breaks {
		t.Run(name, func(t *testing.T) {
			c := newCourt(t)
			c.live()
			c.why("")
			b.happens(c)
			c.why(b.why)
			if n := c.entered(RoomCertificateVoid); n != 1 {
				t.Errorf("its end is entered %d times", n)
			}
			if c.s.Testimony.Phase == Live { // a change of persons leaves live testimony to the bench; the next call asks anew
				c.do("judge", "testimony.pause", nil)
			}
			if in(c.s.Testimony.Phase, Ready, Paused) && name != "the defence is muted" {
				c.s.Facts.StationUp = true
				c.refused(CodeRoomNotCertified, "judge", "testimony.call", nil)
				c.certify()
				c.do("judge", "testimony.call", m{"reason": "The link is back.", "confirm": true})
			}
		})
	}
}

// TestACertificateIsEndedByItsCauseAloneToo: a maker of drafts that forgets to enter the end must not leave a certificate standing.
func TestACertificateIsEndedByItsCauseAloneToo(t *testing.T) {
	for _, d := range []Draft{
		bySystem(TestimonyPaused, TestimonyPausedPayload{By: System, Why: "judge"}),
		bySystem(TestimonyInterrupted, TestimonyInterruptedPayload{Why: "x", From: Live, To: Ready}),
		bySystem(GatewayStarted, EmptyPayload{}),
		bySystem(StationKey, StationKeyPayload{Fingerprint: "f"}),
		bySystem(SeatLinkLost, SeatPayload{Seat: "witness", Role: ProtectedWitness}),
		bySystem(TestimonyRehearsal, EmptyPayload{}),
		bySystem(TestimonyReleased, EmptyPayload{}),
	} {
		c := newCourt(t)
		c.live()
		c.enter([]Draft{d})
		if c.s.RoomWhy(c.now) == "" {
			t.Errorf("%s leaves the certificate standing", d.Code)
		}
	}
	c := newCourt(t)
	c.live()
	c.enter(LinkLost(c.s, "prosecutor", c.now))
	c.why("")
}

func TestACertificateGrowsOldBeforeTheCallAndNotWhileLive(t *testing.T) {
	c := newCourt(t)
	c.ready()
	c.certify()
	c.now = c.now.Add(CertificateHolds + time.Second)
	c.refused(CodeRoomNotCertified, "judge", "testimony.call", nil)
	c.why("old")
	c.certify()
	c.do("judge", "testimony.call", nil)
	c.now = c.now.Add(3 * CertificateHolds)
	c.why("")
}

// TestTheBenchPassesOverAnAbsentOfficerOnlyByARuling: reason, confirmation, an entry that everybody reads, and a step-up (PassesOverRoom).
func TestTheBenchPassesOverAnAbsentOfficerOnlyByARuling(t *testing.T) {
	c := newCourt(t)
	c.ready()
	c.refused(CodeReasonRequired, "judge", "testimony.call", m{"without_certificate": true, "confirm": true, "reason": " "})
	c.refused(CodeConfirmRequired, "judge", "testimony.call", m{"without_certificate": true, "reason": "The officer is ill."})
	c.refused(CodeRoomNotCertified, "judge", "testimony.call", m{"confirm": true, "reason": "The officer is ill."})
	c.do("judge", "testimony.call", m{"without_certificate": true, "confirm": true, "reason": "The officer is ill."})
	c.at(Live)
	var p TestimonyLivePayload
	if err := json.Unmarshal(c.events[len(c.events)-1].Payload, &p); err != nil || !p.Uncertified || p.Reason == "" || !c.s.Testimony.Room.Passed {
		t.Errorf("%+v %v", p, err)
	}
	for raw, want := range map[string]bool{`{"without_certificate":true}`: true, `{"without_certificate":false}`: false, `{}`: false, ``: false, `{"without_certificate":3}`: true, `[`: true} {
		if PassesOverRoom(json.RawMessage(raw)) != want {
			t.Errorf("PassesOverRoom(%s) is not %v", raw, want)
		}
	}
}

// TestACertificateThatSaysNoStandsUntilAnotherSaysYes: no lost link washes it off, and it is for the bench alone.
func TestACertificateThatSaysNoStandsUntilAnotherSaysYes(t *testing.T) {
	for why, a := range map[string][2]bool{"not_same": {false, true}, "not_free": {true, false}} {
		c := newCourt(t)
		c.ready()
		c.certifies(a[0], a[1])
		c.why(why)
		c.refused(CodeRoomNotCertified, "judge", "testimony.call", m{"reason": "r", "confirm": true})
		c.enter(LinkLost(c.s, "witness", c.now))
		c.enter(LinkBack(c.s, "witness", c.now))
		c.why(why)
		c.certify()
		c.why("")
		if d, _ := Describe(RoomNotCertified); d.Level != LevelBench {
			t.Error("who frightens her may read that an officer saw it")
		}
	}
}

func TestAnOfficerWhoSaysNoWhileLiveStopsItAndEverybodyElseHearsOfABreak(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.certifies(true, false)
	c.at(Paused)
	c.why("not_free")
	if got := c.s.Testimony; got.PauseCode != "break" || got.Discreet != "room" || got.PausedBy != ProtectedWitness {
		t.Errorf("%s %s %s", got.PauseCode, got.Discreet, got.PausedBy)
	}
}

func TestNobodyCertifiesWithoutAnOfficersCode(t *testing.T) {
	for _, known := range []string{"", "yes", "clerk"} {
		c := newCourt(t)
		c.ready()
		c.officer = known
		c.refused(CodeOfficerWrong, "witness", "room.certify", m{"same": true, "free": true, "with": []string{}})
	}
	c := newCourt(t)
	c.ready()
	for _, seat := range []string{"judge", "clerk", "support", "interpreter", "guardian", "defence"} {
		c.refused(CodeNotAllowed, seat, "room.certify", m{"same": true, "free": true, "with": []string{}})
	}
	c.refused(CodeNotAllowed, "witness", "officer.issue", nil)
	c.refused(CodeNotAllowed, "support", "officer.issue", nil)
	// The code must not have come as far as here: what a rule is handed can stand in an event.
	c.refused(CodeBadArgument, "witness", "room.certify", m{"same": true, "free": true, "with": []string{}, "code": "12345 67890"})
}

func TestThreeWrongCodesLetTheFormRestForAMinute(t *testing.T) {
	c := newCourt(t)
	c.ready()
	c.enter(CodeRefused(c.s, c.now))
	c.refused(CodeOfficerPaused, "witness", "room.certify", m{"same": true, "free": true, "with": []string{}})
	if slices.Contains(Can(c.s, ProtectedWitness, "witness", c.now), "room.certify") {
		t.Error("the form does not rest")
	}
	c.now = c.now.Add(OfficerPause)
	c.certify()
	c.enter(CodeRefused(c.s, c.now))
	c.do("clerk", "officer.issue", nil) // a new code is a fresh form
	c.certify()
}

func TestACertificateAnswersAllThreeAndNamesRolesOnly(t *testing.T) {
	c := newCourt(t)
	c.ready()
	for _, a := range []m{
		{}, {"same": true, "free": true}, {"same": true, "with": []string{}}, {"free": true, "with": []string{}}, {"same": true, "free": true, "with": nil},
		{"same": true, "free": true, "with": []string{"Aysel"}}, {"same": true, "free": true, "with": []string{"prosecutor"}},
		{"same": true, "free": true, "with": []string{"interpreter", "interpreter"}}, {"same": "yes", "free": true, "with": []string{}},
	} {
		c.refused(CodeBadArgument, "witness", "room.certify", a)
	}
	c.certifies(true, true, "support_person", "interpreter", "officer", "legal_representative")
	if !c.s.Testimony.Room.Accompanied() {
		t.Error("those beside her are forgotten")
	}
}

// TestAChangeOfPersonsEndsTheCertificateOnlyWhenItLastsAndNeverStopsLiveTestimony: I8 and I9, see PersonsChanged.
func TestAChangeOfPersonsEndsTheCertificateOnlyWhenItLastsAndNeverStopsLiveTestimony(t *testing.T) {
	cases := map[string]struct {
		with   []string
		notice string
		late   time.Duration // after the certificate, that it begins
		lasts  time.Duration
		ends   bool
	}{
		"a doubt of a moment":               {nil, "person_changed", time.Minute, PersonsHeld - 2*time.Second, false},
		"another person":                    {nil, "person_changed", time.Minute, PersonsHeld, true},
		"another person, with company":      {[]string{"interpreter"}, "person_changed", time.Minute, PersonsHeld, true},
		"an empty chair":                    {nil, "left_seat", time.Minute, PersonsHeld, true},
		"a second face, unlisted":           {nil, "two_faces", time.Minute, PersonsHeld, true},
		"a second face, listed":             {[]string{"support_person"}, "two_faces", time.Minute, time.Hour, false},
		"the officer who walks out":         {nil, "two_faces", 0, OfficerLeaves, false},
		"somebody who stays, as if officer": {nil, "two_faces", 0, OfficerLeaves + PersonsHeld + time.Second, true},
		"an unsure station":                 {nil, "person_unsure", time.Minute, time.Hour, false},
		"a second voice":                    {nil, "far_voice", time.Minute, time.Hour, false},
	}
	for name, k := range cases {
		t.Run(name, func(t *testing.T) {
			c := newCourt(t)
			c.ready()
			c.certifies(true, true, k.with...)
			c.do("judge", "testimony.call", nil)
			c.now = c.now.Add(k.late)
			c.sees(k.notice)
			c.now = c.now.Add(k.lasts)
			c.enter(PersonsChanged(c.s, c.now))
			if ended := c.s.RoomWhy(c.now) != ""; ended != k.ends {
				t.Errorf("ended: %v", ended)
			}
			c.at(Live)
			c.enter(PersonsChanged(c.s, c.now))
			if n := c.entered(RoomCertificateVoid); n > 1 {
				t.Errorf("its end is entered %d times", n)
			}
		})
	}
}

func TestAChangeThatFlickersEndsNothing(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.now = c.now.Add(time.Minute)
	for range 20 {
		c.sees("person_changed")
		c.now = c.now.Add(PersonsHeld - 2*time.Second)
		c.enter(PersonsChanged(c.s, c.now))
		c.sees()
		c.now = c.now.Add(time.Second)
		c.enter(PersonsChanged(c.s, c.now))
	}
	c.why("")
	c.sees("two_faces") // one change that goes over into another has lasted since the first
	c.now = c.now.Add(PersonsHeld - 2*time.Second)
	c.sees("person_changed", "two_faces")
	c.now = c.now.Add(time.Second)
	c.enter(PersonsChanged(c.s, c.now))
	c.why("person_changed")
}
