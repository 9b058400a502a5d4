package visibility

import (
	"slices"
	"strings"
	"testing"

	"parda/gateway/hearing"
)

func slotNames(r hearing.Role) []string {
	var names []string
	for _, s := range Slots(seatOf(r), r, seats()) {
		names = append(names, s.Slot+" "+string(s.Media)[:1])
	}
	return names
}

func TestSlotsAreThoseOfTheWire(t *testing.T) {
	beside := strings.Split("witness v,witness a,bench v,bench a,floor v,floor a", ",")
	for r, want := range map[hearing.Role][]string{
		hearing.SupportPerson:       beside,
		hearing.LegalRepresentative: beside,
		hearing.CourtroomScreen:     beside,
		hearing.Gallery:             strings.Split("witness v,witness a,bench v,bench a,hall v", ","),
		hearing.ProtectedWitness:    strings.Split("bench v,bench a,floor v,floor a", ","),
	} {
		if got := slotNames(r); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", r, got, want)
		}
	}
	common := strings.Split("witness v,witness a,bench v,bench a,counsel v,counsel a,hall v,hall a,dock v,dock a", ",")
	publishing := []string{"judge", "judge2", "judge3", "reserve", "prosecutor", "defence", "lawyer", "interpreter", "support", "guardian"}
	for _, r := range []hearing.Role{hearing.PresidingJudge, hearing.Judge, hearing.ReserveJudge, hearing.CourtClerk, hearing.Prosecutor,
		hearing.DefenceCounsel, hearing.VictimsLawyer, hearing.Interpreter} {
		want := slices.Clone(common)
		for _, id := range publishing {
			if id != seatOf(r) {
				want = append(want, "seat/"+id+" v", "seat/"+id+" a")
			}
		}
		if got := slotNames(r); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", r, got, want)
		}
	}
}

func TestARouteIsAlwaysAllowedAndFitsItsSlot(t *testing.T) {
	everyScene(func(sc Scene) {
		for sink, p := range Route(sc, seats()) {
			if sink.Media != p.Media {
				t.Fatalf("%v carries %v", sink, p)
			}
			if sink.Viewer == Recorder {
				if !DecideRecorder(p, sc).Allow || sink.Slot != p.Label() {
					t.Fatalf("recorder: %v carries %v", sink, p)
				}
				continue
			}
			seat := sc.Seats[sink.Viewer]
			if !Decide(Viewer{sink.Viewer, seat.Role}, p, sc).Allow || !slices.Contains(Slots(sink.Viewer, seat.Role, seats()), Slot{sink.Slot, sink.Media}) {
				t.Fatalf("%v carries %v", sink, p)
			}
		}
	})
}

func TestEachViewerHasItsRenderingInTheWitnessSlot(t *testing.T) {
	routes := Route(liveScene(), seats())
	for seat, want := range map[string]string{"judge": "puppet+neutral", "clerk": "puppet+neutral", "interpreter": "puppet+neutral",
		"prosecutor": "puppet+silence", "guardian": "puppet+silence", "defence": "card+neutral", "screen": "card+silence", "gallery": "card+silence"} {
		if got := routes[Sink{seat, "witness", Video}]; got.Name != want {
			t.Errorf("%s: %v, want %s", seat, got, want)
		}
	}
	if p, ok := routes[Sink{"gallery", "witness", Audio}]; ok {
		t.Errorf("the gallery hears %v, and the order gives it no voice", p)
	}
	if got := routes[Sink{"witness", "floor", Audio}]; got.Label() != "seat/defence" {
		t.Errorf("the witness hears %v from the floor", got)
	}
}

func TestTheJudgesOwnCameraStandsInForTheBench(t *testing.T) {
	for name, c := range map[string]struct {
		published []string
		want      string
	}{
		"bench camera":           {[]string{"court/bench"}, "court/bench"},
		"both":                   {[]string{"court/bench", "seat/judge"}, "court/bench"},
		"the judge's own":        {[]string{"seat/judge"}, "seat/judge"},
		"a side judge's is none": {[]string{"seat/judge2"}, "court/bench"},
	} {
		sc := liveScene()
		sc.Published = map[string]bool{}
		for _, label := range c.published {
			sc.Published[label] = true
		}
		if got := Route(sc, seats())[Sink{"witness", "bench", Audio}]; got.Label() != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestNothingThatProtectsOpensARoute is I8 on the wire: whatever tightens leaves a part of the routes that were there.
func TestNothingThatProtectsOpensARoute(t *testing.T) {
	before := Route(liveScene(), seats())
	for name, tighten := range map[string]func(*Scene){
		"pause":   func(sc *Scene) { sc.Live = false },
		"card":    func(sc *Scene) { sc.NoPicture = true },
		"silence": func(sc *Scene) { sc.NoVoice = true },
		"private": func(sc *Scene) { sc.Kind = hearing.Private },
		"closed":  func(sc *Scene) { sc.Kind = hearing.Closed },
		"suspend": func(sc *Scene) { sc.Open = false },
		"mute": func(sc *Scene) {
			sc.Seats["defence"] = SceneSeat{Role: hearing.DefenceCounsel, Attends: true, Muted: true}
		},
		"remove":    func(sc *Scene) { sc.Seats["lawyer"] = SceneSeat{Role: hearing.VictimsLawyer} },
		"tripwire":  func(sc *Scene) { sc.Cut["witness/puppet+neutral"] = true },
		"halt":      func(sc *Scene) { sc.Halted = true },
		"order end": func(sc *Scene) { sc.OrderHolds = false },
	} {
		sc := liveScene()
		tighten(&sc)
		after := Route(sc, seats())
		for sink, p := range after {
			if before[sink] != p {
				t.Errorf("%s: %v now carries %v", name, sink, p)
			}
		}
		if len(after) >= len(before) {
			t.Errorf("%s: nothing was closed", name)
		}
	}
}

func TestAnUnknownLabelIsNoPublication(t *testing.T) {
	for _, label := range []string{"", "witness", "witness/", "/x", "raw/x", "Court/bench"} {
		if p, ok := PublicationOf(label, Video); ok {
			t.Errorf("%q: %v", label, p)
		}
	}
	for _, label := range []string{"witness/puppet+neutral", "court/dock", "seat/judge"} {
		if p, ok := PublicationOf(label, Audio); !ok || p.Label() != label {
			t.Errorf("%q: %v", label, p)
		}
	}
}
