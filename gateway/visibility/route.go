package visibility

import (
	"strings"

	"parda/gateway/hearing"
)

// The slots that are not named after a court view or a seat.
const (
	SlotWitness = "witness"
	SlotBench   = "bench"
	SlotFloor   = "floor"
	seatPrefix  = "seat/"
)

// Slots lists the slots of a seat's receiving connection, in the order in which its page negotiates them: video, then audio.
// They depend on role and seats alone, never on what goes on, so a connection is negotiated once.
func Slots(seat string, r hearing.Role, seats []hearing.Seat) []Slot {
	var names []string
	switch {
	case r.Bench() || r == hearing.CourtClerk || r.Party() || r == hearing.Interpreter:
		names = []string{SlotWitness, SlotBench, ViewCounsel, ViewHall, ViewDock}
		for _, other := range seats {
			if other.ID != seat && other.Role.CanPublish() {
				names = append(names, seatPrefix+other.ID)
			}
		}
	case r.Beside() || r == hearing.CourtroomScreen:
		names = []string{SlotWitness, SlotBench, SlotFloor}
	case r == hearing.Gallery:
		names = []string{SlotWitness, SlotBench}
	case r == hearing.ProtectedWitness:
		names = []string{SlotBench, SlotFloor}
	}
	var slots []Slot
	for _, n := range names {
		slots = append(slots, Slot{n, Video}, Slot{n, Audio})
	}
	if r == hearing.Gallery {
		slots = append(slots, Slot{ViewHall, Video})
	}
	return slots
}

// Route says which publication flows in which slot of every seat and of the recorder. A slot that is absent gets nothing.
// Whether the publication arrives is the relay's to see.
func Route(sc Scene, seats []hearing.Seat) map[Sink]Publication {
	routes := map[Sink]Publication{}
	for _, seat := range seats {
		for _, slot := range Slots(seat.ID, seat.Role, seats) {
			if p, ok := inSlot(Viewer{seat.ID, seat.Role}, slot, sc, seats); ok {
				routes[Sink{seat.ID, slot.Slot, slot.Media}] = p
			}
		}
	}
	recorded(sc, func(p Publication) { routes[Sink{Recorder, p.Label(), p.Media}] = p })
	return routes
}

// recorded calls yield for every publication that the recorder may take.
func recorded(sc Scene, yield func(Publication)) {
	var candidates []Publication
	for _, a := range hearing.Audiences() {
		if key := sc.Renderings.To(a).Key(); key != "" {
			candidates = append(candidates, Publication{FromWitness, key, Video}, Publication{FromWitness, key, Audio})
		}
	}
	for _, view := range Views() {
		candidates = append(candidates, Publication{FromCourt, view, Video}, Publication{FromCourt, view, Audio})
	}
	for _, p := range candidates {
		if DecideRecorder(p, sc).Allow {
			yield(p)
		}
	}
}

// inSlot finds the publication of one slot, if the viewer may receive it now.
func inSlot(v Viewer, slot Slot, sc Scene, seats []hearing.Seat) (Publication, bool) {
	p, ok := candidate(v, slot, sc, seats)
	return p, ok && Decide(v, p, sc).Allow
}

// candidate says what belongs in a slot, before it is decided whether it may flow.
func candidate(v Viewer, slot Slot, sc Scene, seats []hearing.Seat) (Publication, bool) {
	switch slot.Slot {
	case SlotWitness:
		key := sc.Renderings.To(hearing.AudienceOf(v.Role)).Key()
		return Publication{FromWitness, key, slot.Media}, key != ""
	case SlotBench:
		return benchIn(sc, slot.Media, seats), true
	case SlotFloor:
		return Publication{FromSeat, sc.Floor, slot.Media}, sc.Floor != ""
	case ViewCounsel, ViewHall, ViewDock:
		return Publication{FromCourt, slot.Slot, slot.Media}, true
	}
	id, ok := strings.CutPrefix(slot.Slot, seatPrefix)
	return Publication{FromSeat, id, slot.Media}, ok
}

// benchIn is the courtroom's bench camera, or the presiding judge's own devices where these arrive and no bench camera does.
func benchIn(sc Scene, m Media, seats []hearing.Seat) Publication {
	camera := Publication{FromCourt, ViewBench, m}
	if sc.arrives(camera.Label()) {
		return camera
	}
	for _, seat := range seats {
		own := Publication{FromSeat, seat.ID, m}
		if seat.Role == hearing.PresidingJudge && sc.arrives(own.Label()) {
			return own
		}
	}
	return camera
}
