package proceeding

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"parda/gateway/access"
	"parda/gateway/hearing"
	"parda/signaling"
)

// officerAt is a hearing that waits for the room officer, and the station's session.
func officerAt(t *testing.T) (*court, *signaling.Session, func(name, id string, args any) (signaling.Ack, string)) {
	c := sit(t)
	c.live()
	c.must("judge", "testimony.pause", nil)
	s, ok := c.current("witness")
	judge, also := c.current("judge")
	if !ok || !also {
		t.Fatal("nobody is there")
	}
	return c, s, func(name, id string, args any) (signaling.Ack, string) {
		t.Helper()
		raw, err := json.Marshal(args)
		if err != nil {
			t.Fatal(err)
		}
		from := s
		if name == "officer.issue" {
			from = judge
		}
		ack, err := c.Command(t.Context(), from, signaling.Command{ID: id, Name: name, Args: raw})
		var refusal *signaling.Error
		if errors.As(err, &refusal) {
			return ack, refusal.Code
		} else if err != nil {
			t.Fatal(err)
		}
		return ack, ""
	}
}

func yes(code any) map[string]any {
	return map[string]any{"same": true, "free": true, "with": []string{"interpreter"}, "code": code}
}

func TestTheOfficersCodeCertifiesAndStandsNowhere(t *testing.T) {
	c, _, ask := officerAt(t)
	issued, refused := ask("officer.issue", "i1", nil)
	code, _ := issued.Result["code"].(string)
	if refused != "" || code == "" {
		t.Fatalf("%v %s", issued, refused)
	}
	if again, _ := ask("officer.issue", "i1", nil); again.Result["code"] != nil || again.Index != issued.Index {
		t.Errorf("the same id again shows a code: %v", again.Result)
	}
	if _, refused := ask("room.certify", "c0", yes("00000 00000")); refused != "officer_code_wrong" {
		t.Errorf("a wrong code: %q", refused)
	}
	first, refused := ask("room.certify", "c1", yes(code))
	if refused != "" {
		t.Fatal(refused)
	}
	if again, refused := ask("room.certify", "c1", yes("no code at all")); refused != "" || again.Index != first.Index {
		t.Errorf("sent again after a lost link: %v %q", again, refused)
	}
	c.inside(func() {
		if why := c.state.RoomWhy(c.cfg.Now()); why != "" || c.state.Testimony.Room.Last.Proof != access.OfficerByCode {
			t.Errorf("%q %+v", why, c.state.Testimony.Room.Last)
		}
	})
	events, err := c.cfg.Ledger.Load(t.Context(), "h1")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if bytes.Contains(e.Payload, []byte(code)) || bytes.Contains(e.Payload, []byte(strings.ReplaceAll(code, " ", ""))) {
			t.Errorf("%s holds the code", e.Code)
		}
	}
}

// TestNobodyGuessesTheOfficersCode: A7 beside the witness has three tries a minute, each rest is entered, and tries side by side are no more.
func TestNobodyGuessesTheOfficersCode(t *testing.T) {
	c, _, ask := officerAt(t)
	issued, _ := ask("officer.issue", "i1", nil)
	counts := map[string]int{}
	answers := make(chan string)
	for n := range 8 {
		go func() {
			_, refused := ask("room.certify", fmt.Sprint("g", n), yes(fmt.Sprintf("%010d", n)))
			answers <- refused
		}()
	}
	for range 8 {
		counts[<-answers]++
	}
	if counts["officer_code_wrong"] != hearing.WrongCodes || counts["officer_paused"] != 8-hearing.WrongCodes {
		t.Errorf("%v", counts)
	}
	if _, refused := ask("room.certify", "r", yes(issued.Result["code"])); refused != "officer_paused" {
		t.Errorf("the right code while the form rests: %q", refused)
	}
	entered := 0
	events, err := c.cfg.Ledger.Load(t.Context(), "h1")
	for _, e := range events {
		if e.Code == string(hearing.OfficerCodeRefused) {
			entered++
		}
	}
	if err != nil || entered != 1 {
		t.Errorf("the rest is entered %d times (%v)", entered, err)
	}
	if _, refused := ask("room.certify", "bad", map[string]any{"same": true, "free": true, "with": []string{}}); refused != "officer_paused" {
		t.Errorf("without a code: %q", refused)
	}
}

// Whoever sat beside the witness and saw the officer type her code (A7) cannot certify with it after she left.
func TestACodeThatAnOfficerDrewGivesOneCertificate(t *testing.T) {
	c, _, ask := officerAt(t)
	for _, free := range []bool{true, false} {
		code, err := c.DrawOfficerCode(t.Context(), access.OfficerByAccount)
		if err != nil {
			t.Fatal(err)
		}
		args := yes(code)
		args["free"] = free
		name := fmt.Sprint("c", free)
		if _, refused := ask("room.certify", name, args); refused != "" {
			t.Fatal(refused)
		}
		if _, refused := ask("room.certify", name, args); refused != "" {
			t.Errorf("the same command again, after a lost link: %q", refused)
		}
		if _, refused := ask("room.certify", name+" again", yes(code)); refused != "officer_code_wrong" {
			t.Errorf("a second certificate by a code that was seen: %q", refused)
		}
		c.inside(func() {
			if c.state.Testimony.Room.Issued {
				t.Error("the kiosk is told that there is a code")
			}
		})
	}
}

func TestOnlyTheStationCertifiesAndTheWireCannotSayThatItWasChecked(t *testing.T) {
	c, _, ask := officerAt(t)
	issued, _ := ask("officer.issue", "i1", nil)
	judge, _ := c.current("judge")
	raw, _ := json.Marshal(yes(issued.Result["code"]))
	if _, err := c.Command(t.Context(), judge, signaling.Command{ID: "j", Name: "room.certify", Args: raw, Officer: "code"}); err == nil || !strings.Contains(err.Error(), "not_allowed") {
		t.Errorf("the judge certified: %v", err)
	}
	s, _ := c.current("witness")
	wrong, _ := json.Marshal(yes("11111 11111"))
	if _, err := c.Command(t.Context(), s, signaling.Command{ID: "w", Name: "room.certify", Args: wrong, Officer: "code"}); err == nil {
		t.Error("a command that says of itself that its code was looked at is believed")
	}
	var onWire signaling.Command
	if err := json.Unmarshal([]byte(`{"id":"x","name":"room.certify","officer":"code","Officer":"code"}`), &onWire); err != nil || onWire.Officer != "" {
		t.Errorf("the wire says who the officer is: %q %v", onWire.Officer, err)
	}
}

func TestAStationThatIsAwayForAMomentEndsTheCertificate(t *testing.T) {
	c, s, ask := officerAt(t)
	issued, _ := ask("officer.issue", "i1", nil)
	if _, refused := ask("room.certify", "c1", yes(issued.Result["code"])); refused != "" {
		t.Fatal(refused)
	}
	c.Detach(s)
	c.page("witness")
	c.inside(func() {
		if why := c.state.RoomWhy(c.cfg.Now()); why != "link_lost" {
			t.Errorf("the certificate stands by %q", why)
		}
	})
}
