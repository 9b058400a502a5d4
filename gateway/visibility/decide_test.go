package visibility

import (
	"slices"
	"testing"

	"parda/gateway/hearing"
)

// oracle says again, in other words, who may receive what. It is written from PROTOCOL.md and DESIGN.md and shares no code with
// Decide: rows of plain lists instead of rules.
func oracle(r hearing.Role, p Publication, sc Scene) bool {
	const v, a = Video, Audio
	in := func(list ...hearing.Role) bool { return slices.Contains(list, r) }
	if !sc.Open || !sc.Ordered || (p.Media != v && p.Media != a) || (r == "gallery" && sc.Kind != "public") {
		return false
	}
	inner := in("presiding_judge", "judge", "reserve_judge", "court_clerk", "prosecutor", "defence_counsel", "victims_lawyer", "interpreter")
	switch p.Label() {
	case "court/bench":
		return true
	case "court/counsel", "court/dock":
		return inner
	case "court/hall":
		return inner || (r == "gallery" && p.Media == v)
	case "seat/judge":
		return r != "presiding_judge"
	case "seat/judge2", "seat/judge3", "seat/reserve", "seat/prosecutor", "seat/lawyer", "seat/interpreter":
		return inner && "seat/"+seatOf(r) != p.Label()
	case "seat/defence":
		return (inner && r != "defence_counsel") ||
			(sc.Floor == "defence" && in("protected_witness", "support_person", "legal_representative", "courtroom_screen"))
	case "seat/support":
		return sc.Floor == "support" && p.Media == a && (inner || in("protected_witness", "legal_representative", "courtroom_screen"))
	}
	if !sc.OrderHolds || !sc.Live || sc.Halted {
		return false
	}
	switch p.Label() {
	case "witness/puppet+neutral":
		if sc.Cut[p.Label()] || (p.Media == v && sc.NoPicture) || (p.Media == a && sc.NoVoice) {
			return false
		}
		return in("presiding_judge", "judge", "reserve_judge", "court_clerk", "interpreter")
	case "witness/puppet+silence":
		return !(p.Media == v && sc.NoPicture) && in("prosecutor", "victims_lawyer", "support_person", "legal_representative")
	case "witness/card+neutral":
		return !(p.Media == a && sc.NoVoice) && r == "defence_counsel"
	case "witness/card+silence":
		return r == "courtroom_screen" || (r == "gallery" && p.Media == v)
	}
	return false
}

// TestEveryRoleTrackAndSceneIsDecidedAsWritten is I3: the whole table, every role by every publication in every scene.
func TestEveryRoleTrackAndSceneIsDecidedAsWritten(t *testing.T) {
	cells, allowed := 0, 0
	everyScene(func(sc Scene) {
		for _, r := range hearing.Roles() {
			for _, p := range publications() {
				got, want := Decide(viewer(r), p, sc), oracle(r, p, sc)
				if cells++; got.Allow {
					allowed++
				}
				if got.Allow != want {
					t.Fatalf("%s, %v, %+v: %+v, want %v", r, p, sc, got, want)
				}
				if got.Rule == "" {
					t.Fatalf("%s, %v: no rule answered", r, p)
				}
			}
		}
	})
	if cells < 1_000_000 || allowed == 0 {
		t.Errorf("%d cells, %d allowed", cells, allowed)
	}
}

func TestWhoDoesNotAttendReceivesNothing(t *testing.T) {
	for _, r := range hearing.Roles() {
		for name, change := range map[string]func(Scene) Viewer{
			"removed": func(sc Scene) Viewer {
				sc.Seats[seatOf(r)] = SceneSeat{Role: r}
				return viewer(r)
			},
			"unknown": func(Scene) Viewer { return Viewer{"stranger", r} },
			"another role than the seat's": func(sc Scene) Viewer {
				if r == hearing.Judge {
					return Viewer{seatOf(r), hearing.CourtClerk}
				}
				return Viewer{seatOf(r), hearing.Judge}
			},
		} {
			sc := liveScene()
			v := change(sc)
			for _, p := range publications() {
				if Decide(v, p, sc).Allow {
					t.Errorf("%s, %s: gets %v", r, name, p)
				}
			}
		}
	}
}

func TestAMutedOrAbsentSeatIsHeardByNobody(t *testing.T) {
	for _, from := range seats() {
		for name, seat := range map[string]SceneSeat{"muted": {Role: from.Role, Attends: true, Muted: true}, "removed": {Role: from.Role}} {
			sc := liveScene()
			sc.Floor = from.ID
			sc.Seats[from.ID] = seat
			for _, r := range hearing.Roles() {
				for _, m := range []Media{Video, Audio} {
					if viewer(r).Seat != from.ID && Decide(viewer(r), Publication{FromSeat, from.ID, m}, sc).Allow {
						t.Errorf("%s %s is sent to %s", from.ID, name, r)
					}
				}
			}
		}
	}
}

func TestTheWitnessHearsOnlyWhomTheOrderLetsAddressHer(t *testing.T) {
	sc := liveScene()
	sc.Floor = "prosecutor"
	p := Publication{FromSeat, "prosecutor", Audio}
	if !Decide(viewer(hearing.ProtectedWitness), p, sc).Allow {
		t.Error("the floor does not reach her")
	}
	sc.Questioners = []hearing.Role{hearing.DefenceCounsel}
	if Decide(viewer(hearing.ProtectedWitness), p, sc).Allow {
		t.Error("who may not address her reaches her")
	}
}

func TestRemovingWhatTheOrderGivesAnAudienceStopsIt(t *testing.T) {
	for _, r := range hearing.Roles() {
		sc := liveScene()
		sc.Renderings = hearing.Renderings{}
		for _, p := range publications() {
			if p.Source == FromWitness && Decide(viewer(r), p, sc).Allow {
				t.Errorf("%s gets %v", r, p)
			}
		}
	}
}

func TestTheRecorderTakesTestimonyAndCourtAndNoSeat(t *testing.T) {
	everyScene(func(sc Scene) {
		for _, p := range publications() {
			want := false
			switch {
			case !sc.Open || !sc.Ordered || (p.Media != Video && p.Media != Audio):
			case p.Source == FromCourt:
				want = slices.Contains(Views(), p.Name)
			case p.Source == FromWitness:
				for _, r := range hearing.Roles() { // some audience receives it now, or would if the gallery were let in
					want = want || (p.Name != "" && oracle(r, p, withKind(sc, hearing.Public)))
				}
			}
			if got := DecideRecorder(p, sc); got.Allow != want {
				t.Fatalf("%v in %+v: %+v, want %v", p, sc, got, want)
			}
		}
	})
}

func withKind(sc Scene, k hearing.Kind) Scene {
	sc.Kind = k
	return sc
}
