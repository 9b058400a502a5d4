package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func (g *roomRig) stands(i int) saidPiece {
	station, _, _ := g.view()
	if i >= len(station.Said) {
		return saidPiece{}
	}
	p := station.Said[i]
	p.command = ""
	return p
}

func TestSheAsksAndRemarksAfterReleaseOnly(t *testing.T) {
	for _, phase := range []string{"", phaseWaiting, phaseRehearsal, phaseReady, phaseLive, phasePaused, phaseReleased} {
		for message, command := range map[string]string{
			`{"type":"question","id":"k1-aaaaaaaa","text":" Why? "}`:               "question.request",
			`{"type":"remark","id":"k1-aaaaaaaa","text":" So. ","language":"az"}`:  "remark.add",
			`{"type":"question","id":"k1-aaaaaaaa","text":"Why?","language":"az"}`: "question.request",
			`{"type":"remark","text":"` + strings.Repeat("ə", 2000) + `"}`:         "remark.add",
		} {
			inRoom(t, func(t *testing.T, g *roomRig) {
				if phase != "" {
					g.state(phase, nil)
				}
				refused := g.fromKiosk([]byte(message))
				if phase != phaseReleased {
					if refused != "wrong_phase" || g.commands() != "" || g.stands(0).State != saidRefused {
						t.Errorf("%q, %s: %q, commands %q", phase, message, refused, g.commands())
					}
					return
				}
				if refused != "" || g.commands() != command || g.stands(0).State != saidSending {
					t.Errorf("%s: %q, commands %q", message, refused, g.commands())
				}
				g.link.mu.Lock()
				defer g.link.mu.Unlock()
				args := g.link.pending[0].Args.(map[string]string)
				if named := strings.Contains(message, "k1-"); named != (g.link.pending[0].ID == "kk1-aaaaaaaa") {
					t.Errorf("%s goes as %s", message, g.link.pending[0].ID)
				}
				if strings.TrimSpace(args["text"]) != args["text"] || (args["lang"] == "az") != (command == "remark.add" && strings.Contains(message, "az")) {
					t.Errorf("%s becomes %v", message, args)
				}
			})
		}
	}
}

func TestWhatSheWritesIsCheckedHereToo(t *testing.T) {
	for message, code := range map[string]string{
		`{"type":"question","id":"k1-aaaaaaaa"}`:                                                       "bad_argument",
		`{"type":"remark","id":"k1-aaaaaaaa","text":" \n"}`:                                            "bad_argument",
		`{"type":"remark","id":"k1-aaaaaaaa","text":"` + strings.Repeat("a", 2001) + `"}`:              "bad_argument",
		`{"type":"remark","id":"no id","text":"x"}`:                                                    "bad_argument",
		`{"type":"remark","id":"k1-aaaaaaaa","text":"x","language":"` + strings.Repeat("a", 36) + `"}`: "bad_argument",
		`{"type":"remark","text":7}`:                                                                   "bad_message",
	} {
		inRoom(t, func(t *testing.T, g *roomRig) {
			g.state(phaseReleased, nil)
			if refused := g.fromKiosk([]byte(message)); refused != code || g.commands() != "" {
				t.Errorf("%s: %q, commands %q", message, refused, g.commands())
			}
		})
	}
}

func TestAPieceIsSentOnceAndSaidToStandAsTheGatewayAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		refused string
		want    saidPiece
		waits   bool
	}{
		"acknowledged":              {"", saidPiece{ID: "k1-aaaaaaaa", What: "question", State: saidSaved, Request: "q4"}, false},
		"the hearing has closed":    {"wrong_phase", saidPiece{ID: "k1-aaaaaaaa", What: "question", State: saidRefused, Code: "wrong_phase"}, false},
		"the ledger cannot write":   {"ledger_failed", saidPiece{ID: "k1-aaaaaaaa", What: "question", State: saidSending}, true},
		"the write was not durable": {"not_durable", saidPiece{ID: "k1-aaaaaaaa", What: "question", State: saidSending}, true},
	} {
		inRoom(t, func(t *testing.T, g *roomRig) {
			g.state(phaseReleased, nil)
			g.linkDown("lost") // she may write with the link down: it is sent later
			for range 3 {
				if refused := g.fromKiosk([]byte(`{"type":"question","id":"k1-aaaaaaaa","text":"Why?"}`)); refused != "" {
					t.Fatal(refused)
				}
			}
			g.linkUp() // and before the gateway has said anew where the hearing stands
			if refused := g.fromKiosk([]byte(`{"type":"remark","id":"k2-aaaaaaaa","text":"So."}`)); refused != "" || g.commands() != "question.request remark.add" {
				t.Fatalf("%s: %q, commands %q", name, refused, g.commands())
			}
			id := g.link.pending[0].ID
			g.link.dispatch(fmt.Appendf(nil, `{"type":%q,"id":%q,"code":%q,"index":9,"result":{"request":"q4"}}`,
				map[bool]string{true: "ack", false: "error"}[c.refused == ""], id, c.refused))
			if got := g.stands(0); got != c.want {
				t.Errorf("%s: %+v", name, got)
			}
			if got := g.stands(1); got.State != saidSending {
				t.Errorf("%s: the other piece %+v", name, got)
			}
			if strings.Contains(g.commands(), "question.request") != c.waits {
				t.Errorf("%s: commands %q", name, g.commands())
			}
		})
	}
}

func TestTheStationTellsHowAPieceStandsAndNeverItsWords(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		g.state(phaseReleased, nil)
		for i := range saidMost {
			if refused := g.fromKiosk(fmt.Appendf(nil, `{"type":"remark","id":"k%d-aaaaaaaa","text":"SECRET"}`, i)); refused != "" {
				t.Fatal(refused)
			}
		}
		if refused := g.fromKiosk([]byte(`{"type":"remark","id":"more-aaaaaaaa","text":"x"}`)); refused != "too_many" {
			t.Errorf("more than the station can hold: %q", refused)
		}
		g.link.dispatch(fmt.Appendf(nil, `{"type":"ack","id":%q,"index":9}`, g.link.pending[3].ID))
		if refused := g.fromKiosk([]byte(`{"type":"remark","id":"more-aaaaaaaa","text":"x"}`)); refused != "" {
			t.Errorf("an answered piece made no room: %q", refused)
		}
		station, _, _ := g.view()
		b, err := json.Marshal(station)
		if err != nil || strings.Contains(string(b), "SECRET") || len(station.Said) != saidMost {
			t.Errorf("%d pieces, %s", len(station.Said), b)
		}
	})
}

// TestWritingMakesNothingFlow: after release there is no hot path and no publication, whatever she writes or presses.
func TestWritingMakesNothingFlow(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		order := g.sign(t)
		g.linkUp()
		g.state(phaseLive, order)
		g.state(phaseReleased, order)
		g.mu.Lock()
		before := len(g.pubs)
		g.mu.Unlock()
		for _, message := range []string{`{"type":"remark","text":"x"}`, `{"type":"question","text":"x"}`, `{"type":"afraid"}`, `{"type":"continue"}`,
			`{"type":"break"}`, `{"type":"tighten","picture":""}`, `{"type":"consent","language":"az"}`, `{"type":"rehearse"}`} {
			g.fromKiosk([]byte(message))
			g.state(phaseReleased, order)
		}
		g.room.mu.Lock()
		running, session := g.running, g.session
		g.room.mu.Unlock()
		g.mu.Lock()
		defer g.mu.Unlock()
		if running != nil || session != nil || len(g.pubs) != before {
			t.Errorf("running %v, session %v, %d publications after %d", running != nil, session != nil, len(g.pubs), before)
		}
	})
}
