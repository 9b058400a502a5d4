package main

import (
	"encoding/json"
	"strings"
	"testing"
)

const certifies = `{"type":"certify","id":"k1-aaaaaaaa","same":true,"free":true,"with":["interpreter"],"code":"12345 67890"}`

// onTheWire is what goes out on the connection that is up now.
func (g *roomRig) onTheWire(t *testing.T) commandMessage {
	t.Helper()
	var c commandMessage
	for len(g.link.direct) > 0 {
		var next commandMessage
		if b := <-g.link.direct; json.Unmarshal(b, &next) == nil && next.Type == "command" {
			c = next
		}
	}
	return c
}

func TestTheOfficersWordGoesOverTheLinkThatIsUpOrNotAtAll(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		g.link.begin() // up
		g.state(phaseReady, nil)
		if refused := g.fromKiosk([]byte(certifies)); refused != "" {
			t.Fatal(refused)
		}
		if g.commands() != "" {
			t.Errorf("it waits in the queue, where a lost link would keep it: %q", g.commands())
		}
		sent := g.onTheWire(t)
		args, _ := json.Marshal(sent.Args)
		if sent.Name != "room.certify" || string(args) != `{"code":"12345 67890","free":true,"same":true,"with":["interpreter"]}` {
			t.Errorf("%s %s", sent.Name, args)
		}
		if refused := g.fromKiosk([]byte(certifies)); refused != "too_many" {
			t.Errorf("a second while one is on its way: %q", refused)
		}
		g.linkReply(sent.ID, []byte(`{}`), "officer_code_wrong")
		if f := g.form(); f.State != saidRefused || f.Code != "officer_code_wrong" {
			t.Errorf("%+v", f)
		}
		g.fromKiosk([]byte(certifies))
		g.linkReply(g.onTheWire(t).ID, []byte(`{}`), "")
		if f := g.form(); f.State != saidSaved || f.Code != "" {
			t.Errorf("%+v", f)
		}
		g.fromKiosk([]byte(certifies))
		g.link.end()
		g.linkDown("lost")
		if f := g.form(); f.State != saidRefused || f.Code != "station_missing" {
			t.Errorf("cut off on its way: %+v", f)
		}
		g.fromKiosk([]byte(certifies))
		if f := g.form(); f.State != saidRefused || g.commands() != "" {
			t.Errorf("with the link down: %+v, commands %q", f, g.commands())
		}
		station, _, _ := g.view()
		if b, _ := json.Marshal(station); strings.Contains(string(b), "67890") || strings.Contains(string(b), "interpreter") {
			t.Errorf("the page is told what was answered: %s", b)
		}
	})
}

func (g *roomRig) form() officerForm {
	station, _, _ := g.view()
	if station.Officer == nil {
		return officerForm{}
	}
	return *station.Officer
}

func TestTheOfficersFormIsWholeOrRefused(t *testing.T) {
	for _, message := range []string{
		`{"type":"certify"}`,
		`{"type":"certify","id":"k1-aaaaaaaa","same":true,"free":true,"with":[],"code":"12345"}`,
		`{"type":"certify","id":"k1-aaaaaaaa","same":true,"free":true,"with":[],"code":"abcdefghij"}`,
		`{"type":"certify","id":"k1-aaaaaaaa","same":true,"free":true,"code":"1234567890"}`,
		`{"type":"certify","id":"k1-aaaaaaaa","same":true,"with":[],"code":"1234567890"}`,
		`{"type":"certify","id":"k1-aaaaaaaa","free":true,"with":[],"code":"1234567890"}`,
		`{"type":"certify","id":"x","same":true,"free":true,"with":[],"code":"1234567890"}`,
	} {
		inRoom(t, func(t *testing.T, g *roomRig) {
			g.link.begin()
			g.state(phaseReady, nil)
			if refused := g.fromKiosk([]byte(message)); refused != "bad_argument" || g.onTheWire(t).Name != "" {
				t.Errorf("%s: %q", message, refused)
			}
		})
	}
}
