package visibility

import (
	"testing"

	"parda/gateway/hearing"
)

// seats are the default seats as a created hearing has them.
func seats() []hearing.Seat {
	var list []hearing.Seat
	for _, spec := range hearing.DefaultSeats() {
		list = append(list, hearing.Seat{ID: spec.ID, Role: spec.Role, Admitted: true})
	}
	return list
}

// seatOf returns the default seat of a role.
func seatOf(r hearing.Role) string {
	for _, spec := range hearing.DefaultSeats() {
		if spec.Role == r {
			return spec.ID
		}
	}
	return ""
}

func viewer(r hearing.Role) Viewer { return Viewer{seatOf(r), r} }

func rendering(picture, voice string) *hearing.Rendering {
	return &hearing.Rendering{Picture: picture, Voice: voice}
}

// liveScene is an open, public hearing with live testimony in which each audience has a rendering of its own.
func liveScene() Scene {
	sc := Scene{
		Open: true, Ordered: true, OrderHolds: true, Live: true, Kind: hearing.Public,
		Renderings: hearing.Renderings{Bench: rendering("puppet", "neutral"), Prosecution: rendering("puppet", "silence"),
			Defence: rendering("card", "neutral"), Hall: rendering("card", "silence"), Public: rendering("card", "none")},
		Questioners: hearing.Templates()[0].Questioners,
		Cut:         map[string]bool{}, Seats: map[string]SceneSeat{}, Floor: "defence",
	}
	for _, seat := range seats() {
		sc.Seats[seat.ID] = SceneSeat{Role: seat.Role, Attends: true}
	}
	return sc
}

// publications are all that could arrive, and some that never should.
func publications() []Publication {
	var list []Publication
	for _, m := range []Media{Video, Audio} {
		for _, key := range []string{"puppet+neutral", "puppet+silence", "card+neutral", "card+silence", "natural+natural", ""} {
			list = append(list, Publication{FromWitness, key, m})
		}
		for _, view := range append(Views(), "corridor", "") {
			list = append(list, Publication{FromCourt, view, m})
		}
		for _, seat := range append(seats(), hearing.Seat{ID: "stranger"}, hearing.Seat{}) {
			list = append(list, Publication{FromSeat, seat.ID, m})
		}
		list = append(list, Publication{"raw", "puppet+neutral", m}, Publication{"private", "defence", m}, Publication{"", "", m})
	}
	return append(list, Publication{FromCourt, ViewBench, "data"}, Publication{FromWitness, "puppet+neutral", ""})
}

// everyScene calls yield with every combination of what a hearing can be.
func everyScene(yield func(Scene)) {
	bit := func(n, i int) bool { return n>>i&1 == 1 }
	for n := range 1 << 9 {
		for _, kind := range []hearing.Kind{hearing.Public, hearing.Private, hearing.Closed} {
			sc := liveScene()
			sc.Kind, sc.Open, sc.Ordered, sc.OrderHolds, sc.Live = kind, bit(n, 0), bit(n, 1), bit(n, 2), bit(n, 3)
			sc.NoPicture, sc.NoVoice, sc.Halted = bit(n, 4), bit(n, 5), bit(n, 6)
			if bit(n, 7) {
				sc.Cut["witness/puppet+neutral"] = true
			}
			if bit(n, 8) {
				sc.Floor = "support"
			}
			yield(sc)
		}
	}
}

func TestAnEmptySceneShowsNobodyAnything(t *testing.T) {
	for _, r := range hearing.Roles() {
		for _, p := range publications() {
			if Decide(viewer(r), p, Scene{}).Allow || DecideRecorder(p, Scene{}).Allow {
				t.Errorf("%s gets %v", r, p)
			}
		}
	}
	if got := Route(Scene{}, seats()); len(got) != 0 {
		t.Errorf("routes: %v", got)
	}
}
