package visibility

import (
	"time"

	"parda/gateway/hearing"
)

// Scene is as much of a hearing as decides who may see and hear. The zero value shows nobody anything.
type Scene struct {
	Open        bool // the hearing is open
	Ordered     bool // an order was signed, whether or not it still holds
	OrderHolds  bool // it holds now
	Live        bool // testimony is live
	Kind        hearing.Kind
	Renderings  hearing.Renderings
	Questioners []hearing.Role       // who may address the witness
	NoPicture   bool                 // the witness asked for the card
	Plain       bool                 // the witness asked for the figure without expression
	NoVoice     bool                 // the witness asked for silence
	Cut         map[string]bool      // labels that the tripwire cut
	Floor       string               // seat that has the word
	Seats       map[string]SceneSeat // by id
	Published   map[string]bool      // labels that arrive; nil: taken as arriving. The owner's to set
	Respeaker   string               // who speaks for the witness in the shielded room, "" for nobody
	MutedViews  map[string]bool      // views of the court whose sound the bench took
	HiddenViews map[string]bool      // and whose picture goes to the bench alone
	Emergency   bool                 // the witness is shown to nobody, whatever else holds. The owner may set it
	Halted      bool                 // nothing can be written: the witness is shown to nobody. The owner may set it
}

// SceneSeat is a seat in a scene.
type SceneSeat struct {
	Role    hearing.Role
	Attends bool // admitted, and bound where the session is closed
	Muted   bool
	Hidden  bool // its picture goes to the bench alone
}

// SceneOf derives the scene of a hearing at a moment.
func SceneOf(s *hearing.State, now time.Time) Scene {
	sc := Scene{
		Open: s.Phase == hearing.Open, Ordered: s.Order != nil, OrderHolds: s.OrderHolds(now),
		Live: s.Testimony.Phase == hearing.Live, Kind: s.Kind, Floor: s.Testimony.Floor,
		NoPicture: s.Testimony.Tightened.Picture == hearing.PictureCard, Plain: s.Testimony.Tightened.Picture == hearing.PictureBlob,
		NoVoice: s.Testimony.Tightened.Voice != "",
		Cut:     map[string]bool{}, Seats: map[string]SceneSeat{}, Halted: s.LedgerFailed, Emergency: s.InEmergency(),
		MutedViews: map[string]bool{}, HiddenViews: map[string]bool{},
	}
	if s.Order != nil {
		sc.Renderings, sc.Questioners = s.Order.Order.Renderings, s.Order.Order.Questioners
		if p := s.Order.Order.Respeaker; p != nil {
			sc.Respeaker = p.Who
		}
	}
	for label := range s.FaceFound {
		sc.Cut[label] = true
	}
	for _, seat := range s.Seats {
		sc.Seats[seat.ID] = SceneSeat{Role: seat.Role, Attends: s.Attends(seat.ID), Muted: seat.Muted, Hidden: seat.Hidden}
		if view := shownBy(seat.Role); seat.Hidden && view != "" {
			sc.HiddenViews[view] = true
		}
	}
	for view, took := range s.Views {
		sc.MutedViews[view] = took.Muted
		sc.HiddenViews[view] = sc.HiddenViews[view] || took.Hidden
	}
	return sc
}

// shownBy is the view of the court in which whoever sits in a seat of this role is seen: counsel at their bench, the accused in the dock, the public in the hall. A view shows
// all of them, so hiding one hides it.
func shownBy(r hearing.Role) string {
	switch {
	case r.Party():
		return ViewCounsel
	case r == hearing.CourtroomScreen:
		return ViewDock
	case r == hearing.Gallery:
		return ViewHall
	}
	return ""
}

// arrives says whether a label arrives at the gateway, as far as the scene knows.
func (sc Scene) arrives(label string) bool { return sc.Published == nil || sc.Published[label] }
