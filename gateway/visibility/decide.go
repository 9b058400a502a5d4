package visibility

import (
	"slices"

	"parda/gateway/hearing"
)

// The names of the rules: what answered, for tests and for the table.
const (
	RuleNotAttending   = "not_attending"    // removed, not admitted, or outside a closed session
	RuleNoOrder        = "no_order"         // nothing flows before a signed order
	RuleNotOpen        = "hearing_not_open" //
	RuleHalted         = "halted"           // nothing can be written
	RuleEmergency      = "emergency"        // an emergency stands: the witness is shown to nobody
	RuleHidden         = "hidden"           // its picture goes to the bench alone
	RuleNotLive        = "not_live"         // testimony flows only while it is live
	RuleOrderOver      = "order_not_in_force"
	RuleCut            = "face_found"
	RuleTightened      = "tightened" // the witness asked for the card, or for silence
	RuleOwnTestimony   = "own_testimony"
	RuleNoRendering    = "no_rendering"    // the order gives this audience nothing, or nothing of this medium
	RuleOtherRendering = "other_rendering" // it is another audience's
	RuleSession        = "session"         // no public in a private or closed session
	RuleTestimony      = "testimony"       // allowed: the rendering of this audience
	RuleView           = "view"            // the role may, or may not, see this view
	RuleOwnSeat        = "own_seat"
	RuleMuted          = "muted"
	RuleBeside         = "beside_the_witness" // what stands in the shielded room could carry her in clear
	RuleFloor          = "floor"              // allowed or not by who has the word
	RuleSeat           = "seat"               // allowed: active seats see and hear one another
	RuleDefault        = "default"
)

func allow(rule string) Verdict { return Verdict{Allow: true, Rule: rule} }
func deny(rule string) Verdict  { return Verdict{Rule: rule} }

// Decide says whether a viewer may receive a publication in a scene. It knows no exception and asks nobody; what no rule
// allows is denied.
func Decide(v Viewer, p Publication, sc Scene) Verdict {
	seat, ok := sc.Seats[v.Seat]
	switch {
	case !ok || seat.Role != v.Role || !seat.Attends:
		return deny(RuleNotAttending)
	case !sc.Ordered:
		return deny(RuleNoOrder)
	case !sc.Open:
		return deny(RuleNotOpen)
	case v.Role == hearing.Gallery && sc.Kind != hearing.Public:
		return deny(RuleSession)
	case p.Media != Video && p.Media != Audio:
		return deny(RuleDefault)
	}
	switch p.Source {
	case FromWitness:
		return decideWitness(v, p, sc)
	case FromCourt:
		return decideView(v, p, sc)
	case FromSeat:
		return decideSeat(v, p, sc)
	}
	return deny(RuleDefault)
}

// decideWitness: each audience gets exactly its rendering, while testimony is live; the witness never gets herself back.
func decideWitness(v Viewer, p Publication, sc Scene) Verdict {
	if v.Role == hearing.ProtectedWitness {
		return deny(RuleOwnTestimony)
	}
	r := sc.Renderings.To(hearing.AudienceOf(v.Role))
	if r.Key() == "" || !carries(r, p.Media) {
		return deny(RuleNoRendering)
	}
	if r.Key() != p.Name {
		return deny(RuleOtherRendering)
	}
	return testimonyFlows(r, p, sc)
}

// testimonyFlows holds what must be true for any track of the witness, whoever the viewer. What she asked for above the order is
// enforced here too, though the station has done it already: a station that fails must not undo her wish.
func testimonyFlows(r *hearing.Rendering, p Publication, sc Scene) Verdict {
	switch {
	case !sc.Open:
		return deny(RuleNotOpen)
	case sc.Halted:
		return deny(RuleHalted)
	case sc.Emergency:
		return deny(RuleEmergency)
	case !sc.OrderHolds:
		return deny(RuleOrderOver)
	case !sc.Live:
		return deny(RuleNotLive)
	case sc.Cut[p.Label()]:
		return deny(RuleCut)
	case p.Media == Video && sc.NoPicture && r.Picture != hearing.PictureCard:
		return deny(RuleTightened)
	case p.Media == Audio && sc.NoVoice && r.Voice != hearing.VoiceSilence:
		return deny(RuleTightened)
	}
	return allow(RuleTestimony)
}

// carries says whether a rendering has a track of this medium.
func carries(r *hearing.Rendering, m Media) bool {
	if r == nil {
		return false
	}
	return (m == Video && r.Picture != hearing.PictureNone) || (m == Audio && r.Voice != hearing.VoiceNone)
}

// decideView: who sees which of the courtroom's cameras. The dock is for those who judge and those who plead; it is never shown
// beside the witness, nor to the public, nor on the screen that the dock itself sees.
func decideView(v Viewer, p Publication, sc Scene) Verdict {
	r := v.Role
	switch {
	case p.Media == Audio && sc.MutedViews[p.Name]:
		return deny(RuleMuted)
	case p.Media == Video && sc.HiddenViews[p.Name] && !r.Bench():
		return deny(RuleHidden)
	}
	inner := r.Bench() || r == hearing.CourtClerk || r.Party() || r == hearing.Interpreter
	ok := false
	switch p.Name {
	case ViewBench:
		ok = r.Known()
	case ViewCounsel, ViewDock:
		ok = inner
	case ViewHall:
		ok = inner || (r == hearing.Gallery && p.Media == Video)
	}
	return Verdict{Allow: ok, Rule: RuleView}
}

// decideSeat: what a seat sends by its own devices. Active seats see and hear one another; the witness, those beside her and
// the screen get the presiding judge and whoever has the word; the gallery gets the presiding judge.
//
// An interpreter is taken to sit elsewhere: the gateway cannot know the place of a seat, and interpreting needs an open microphone.
// An interpreter in the shielded room must speak through the station, and not take a microphone into it.
func decideSeat(v Viewer, p Publication, sc Scene) Verdict {
	from, ok := sc.Seats[p.Name]
	switch {
	case !ok || !from.Role.CanPublish() || !from.Attends:
		return deny(RuleNotAttending)
	case p.Name == v.Seat:
		return deny(RuleOwnSeat)
	case from.Muted:
		return deny(RuleMuted)
	case from.Hidden && p.Media == Video && !v.Role.Bench():
		return deny(RuleHidden)
	case from.Role.Beside() && (p.Media == Video || sc.Floor != p.Name):
		// A support person may sit in the shielded room, where an open device carries the witness in clear (I1). Her camera never
		// flows, and her microphone only while the presiding judge has given her the word.
		return deny(RuleBeside)
	case string(from.Role) == sc.Respeaker:
		// Who speaks for the witness sits beside her, and is heard through the station, masked. A device of that seat would carry both in clear.
		return deny(RuleBeside)
	}
	r := v.Role
	presiding, floor := from.Role == hearing.PresidingJudge, sc.Floor == p.Name
	switch {
	case r.Bench() || r == hearing.CourtClerk || r.Party() || r == hearing.Interpreter:
		return allow(RuleSeat)
	case presiding:
		return allow(RuleFloor)
	case r == hearing.ProtectedWitness:
		return Verdict{Allow: floor && (from.Role.Bench() || slices.Contains(sc.Questioners, from.Role)), Rule: RuleFloor}
	case r.Beside() || r == hearing.CourtroomScreen:
		return Verdict{Allow: floor, Rule: RuleFloor}
	}
	return deny(RuleDefault)
}

// DecideRecorder says whether the recording may take a publication: each rendering of the witness while it flows to its audience,
// and the courtroom's views while the hearing is open. It takes no seat's own devices, so no word between a lawyer and a client.
func DecideRecorder(p Publication, sc Scene) Verdict {
	if !sc.Ordered {
		return deny(RuleNoOrder)
	}
	if !sc.Open {
		return deny(RuleNotOpen)
	}
	if p.Source == FromCourt && slices.Contains(Views(), p.Name) && (p.Media == Video || p.Media == Audio) {
		return allow(RuleView)
	}
	if p.Source != FromWitness {
		return deny(RuleDefault)
	}
	verdict := deny(RuleNoRendering)
	for _, a := range hearing.Audiences() {
		r := sc.Renderings.To(a)
		if r.Key() != p.Name || p.Name == "" || !carries(r, p.Media) {
			continue
		}
		if verdict = testimonyFlows(r, p, sc); verdict.Allow {
			return verdict
		}
	}
	return verdict
}
