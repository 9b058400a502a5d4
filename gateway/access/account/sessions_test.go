package account_test

import (
	"encoding/base64"
	"testing"
	"time"

	"parda/gateway/access/rights"
	"parda/gateway/store"
)

func TestASessionEndsByIdlenessAndByItsTimeButNotUnderAJudgeWhoSits(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	judge := c.person(admin, "judge", rights.Judge)
	c.busy[judge.id] = true
	c.clock.pass(20 * time.Minute)
	if !c.in(admin.cookie) {
		t.Fatal("ended after twenty minutes")
	}
	c.clock.pass(20 * time.Minute)
	if !c.Alive(t.Context(), admin.ID) || !c.in(admin.cookie) {
		t.Error("ended although it was used twenty minutes ago")
	}
	c.clock.pass(31 * time.Minute)
	c.Sweep(t.Context())
	if !c.hasEnded(admin.ID) || c.in(admin.cookie) {
		t.Error("goes on after 31 idle minutes")
	}
	if c.hasEnded(judge.ID) || !c.in(judge.cookie) {
		t.Error("a judge who sits was signed out by idleness")
	}
	if s, err := c.Session(t.Context(), judge.cookie); err != nil || !s.IdleEnds.IsZero() {
		t.Errorf("%+v %v", s, err)
	}
	c.clock.pass(11 * time.Hour)
	c.Sweep(t.Context())
	if !c.hasEnded(judge.ID) || c.in(judge.cookie) {
		t.Error("goes on after twelve hours")
	}
}

func TestARestartKeepsSessionsAndWhatEndedThem(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	second, err := c.signIn(admin.key)
	c.must(err)
	c.must(c.EndSession(t.Context(), admin.Session, second.ID))
	c.clock.pass(25 * time.Minute)
	if !c.in(admin.cookie) {
		t.Fatal("ended")
	}
	c.restart()
	c.clock.pass(25 * time.Minute) // since it was last used, which the restart must know
	if !c.in(admin.cookie) {
		t.Error("the restart forgot that the session was used")
	}
	if c.in(second.cookie) {
		t.Error("a session that was ended came back")
	}
	if s, err := c.Session(t.Context(), admin.cookie); err != nil || s.ID != admin.ID || s.Person.ID != admin.id {
		t.Errorf("%+v %v", s, err)
	}
}

func TestOneEndsOnesOwnSessionsAndNobodyElses(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	judge := c.person(admin, "judge", rights.Judge)
	again, err := c.signIn(judge.key)
	c.must(err)
	if err := c.EndSession(t.Context(), judge.Session, admin.ID); code(err) != "session_unknown" || !c.in(admin.cookie) {
		t.Errorf("somebody else's: %v", err)
	}
	if err := c.EndSession(t.Context(), judge.Session, "s-0000000000"); code(err) != "session_unknown" {
		t.Errorf("nobody's: %v", err)
	}
	all, err := c.Sessions(t.Context(), judge.Session)
	if err != nil || len(all) != 2 {
		t.Errorf("%d sessions, %v", len(all), err)
	}
	c.must(c.EndSession(t.Context(), judge.Session, again.ID))
	if c.in(again.cookie) || !c.hasEnded(again.ID) || !c.in(judge.cookie) {
		t.Error("the other browser")
	}
	c.must(c.Leave(t.Context(), judge.cookie))
	if c.in(judge.cookie) {
		t.Error("signed out and still in")
	}
	c.must(c.Leave(t.Context(), judge.cookie)) // what has ended is no error
}

func TestSigningOutNeedsNoDisk(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	c.must(c.ledger.Close(t.Context())) // nothing can be entered any more
	if err := c.EndSession(t.Context(), admin.Session, admin.ID); code(err) != "not_durable" || c.in(admin.cookie) {
		t.Errorf("%v; in: %v", err, c.in(admin.cookie))
	}
}

func TestTheOldestBrowserGoesWhenOneTooManyComes(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	for range store.SessionsOfPerson {
		c.clock.pass(time.Second)
		if _, err := c.signIn(admin.key); err != nil {
			t.Fatal(err)
		}
	}
	all, err := c.Sessions(t.Context(), admin.Session)
	if err != nil || len(all) != store.SessionsOfPerson || c.in(admin.cookie) || !c.hasEnded(admin.ID) {
		t.Errorf("%d sessions, %v; the oldest is in: %v", len(all), err, c.in(admin.cookie))
	}
}

func TestACookieHas256BitsAndNoOtherValueIsASession(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	if b, err := base64.RawURLEncoding.DecodeString(admin.cookie); err != nil || len(b) != 32 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	for _, v := range []string{"", admin.ID, admin.id, admin.cookie + "A", admin.cookie[:42], "%00"} {
		if c.in(v) {
			t.Errorf("%q is a session", v)
		}
	}
}

func TestWhoDropsAWayInEndsHerOtherSessions(t *testing.T) {
	c := newCourt(t)
	admin := c.first("baku")
	thief, err := c.signIn(admin.key)
	c.must(err)
	cookie, _ := c.byPassword(admin, good)
	if c.in(thief.cookie) || !c.hasEnded(thief.ID) || !c.in(admin.cookie) {
		t.Error("a new password leaves another session, or ends this one")
	}
	thief, err = c.signIn(admin.key)
	c.must(err)
	begun, err := c.BeginSignIn()
	c.must(err)
	response, err := admin.key.Get(begun)
	c.must(err)
	own, err := c.Own(t.Context(), admin.Session)
	c.must(err)
	c.must(c.DropPasskey(t.Context(), admin.Session, own.Passkeys[0].ID))
	if c.in(thief.cookie) || !c.hasEnded(thief.ID) || c.in(cookie) || !c.in(admin.cookie) {
		t.Error("who drops a stolen passkey leaves the thief's session, or loses her own")
	}
	if _, _, err := c.FinishSignIn(t.Context(), response); code(err) != "sign_in_failed" {
		t.Errorf("the passkey that was dropped: %v", err)
	}
}

func TestACourtThatIsNotOfThisGatewayHasNobodyIn(t *testing.T) {
	c := newCourt(t)
	admin, other := c.first("ganja"), c.first("baku")
	c.cfg.Courts = []string{"baku"}
	c.restart()
	if _, err := c.signIn(admin.key); code(err) != "sign_in_failed" || c.in(admin.cookie) {
		t.Errorf("Ganja's administrator: %v, in %v", err, c.in(admin.cookie))
	}
	if _, err := c.signIn(other.key); err != nil || !c.in(other.cookie) {
		t.Errorf("Baku's: %v", err)
	}
}
