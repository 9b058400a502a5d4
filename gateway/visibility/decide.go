package visibility

import (
	"parda/gateway/hearing"
	"parda/gateway/incident"
)

// Decide says whether a viewer may receive a publication in a scene. It knows no exception and asks nobody.
func Decide(v Viewer, p Publication, sc Scene) Verdict { return Verdict{Rule: "default"} }

// Slots lists the slots of a seat's receiving connection, in the order in which its page negotiates them.
func Slots(seat string, r hearing.Role, seats []hearing.Seat) []Slot { return nil }

// Route says which publication flows in which slot of every seat and of the recorder; a slot that is absent gets nothing.
func Route(sc Scene, seats []hearing.Seat) map[Sink]Publication { return nil }

// BuildView builds the state message of one seat.
func BuildView(s *hearing.State, flags *incident.Register, seat string, x Extras) View { return View{} }
