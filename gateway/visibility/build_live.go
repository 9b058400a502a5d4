package visibility

import (
	"slices"
	"sort"
	"time"

	"parda/gateway/hearing"
)

func (b builder) scene() Scene {
	sc := SceneOf(b.s, b.x.Now)
	sc.Published, sc.Halted = b.x.Published, sc.Halted || b.x.Halted
	return sc
}

// slots lists the seat's slots. They are there for every seat, so that its connection is negotiated once; on says whether
// something may flow now.
func (b builder) slots() []SlotView {
	sc, views := b.scene(), []SlotView{}
	for _, slot := range Slots(b.own.ID, b.own.Role, b.s.Seats) {
		v := SlotView{Slot: slot.Slot, Media: slot.Media}
		if p, ok := inSlot(Viewer{b.own.ID, b.own.Role}, slot, sc, b.s.Seats); ok && sc.arrives(p.Label()) {
			v.On = true
			if p.Source == FromSeat { // whose devices these are; a label of the witness or the court says nothing new
				v.Label = p.Label()
			}
		}
		views = append(views, v)
	}
	return views
}

// watching says what each audience gets of the testimony at this moment: live, the card, or nothing.
func (b builder) watching() []WatchingView {
	sc := b.scene()
	var views []WatchingView
	for _, a := range hearing.Audiences() {
		r := sc.Renderings.To(a)
		v := WatchingView{Audience: a, Picture: hearing.PictureNone, Voice: hearing.VoiceNone, Now: "nothing"}
		if r != nil {
			v.Picture, v.Voice, v.Strength, v.DelayS = shownAs(r, sc), r.Voice, r.Strength, r.DelayS
		}
		v.Now = b.sees(a, r, sc)
		views = append(views, v)
	}
	return views
}

func (b builder) sees(a hearing.Audience, r *hearing.Rendering, sc Scene) string {
	if r.Key() == "" || (a == hearing.ToPublic && sc.Kind != hearing.Public) {
		return "nothing"
	}
	picture := testimonyFlows(r, Publication{FromWitness, r.Key(), Video}, sc)
	voice := testimonyFlows(r, Publication{FromWitness, r.Key(), Audio}, sc)
	if !picture.Allow && !voice.Allow && picture.Rule != RuleTightened {
		return "nothing"
	}
	fault := b.s.Testimony.Mask != nil && b.s.Testimony.Mask.Picture == "card"
	if picture.Allow && drawn(r) && !fault && sc.arrives("witness/"+r.Key()) {
		return "live"
	}
	return "card"
}

// drawn says whether the picture of a rendering is a figure.
func drawn(r *hearing.Rendering) bool {
	return r != nil && (r.Picture == hearing.PicturePuppet || r.Picture == hearing.PictureBlob)
}

// shownAs is the picture that the station makes of a rendering now: the witness may have asked for the figure without expression.
func shownAs(r *hearing.Rendering, sc Scene) string {
	if sc.Plain && r.Picture == hearing.PicturePuppet {
		return hearing.PictureBlob
	}
	return r.Picture
}

// What the station may say that its drawn figure does. The figure without expression shows only that she is there and speaks, so that is all that is
// told of it.
var (
	figureStates = []string{"still", "answering", "hand_raised", "left_seat", "neutral"}
	plainStates  = []string{"still", "answering", "left_seat", "neutral"}
)

// FigureState says whether a word is one of those that stand for what a drawn figure does.
func FigureState(s string) bool { return slices.Contains(figureStates, s) }

// figure says what the drawn figure that flows to this seat does; "" where none flows. It tells no more than the picture itself.
func (b builder) figure() string {
	sc := b.scene()
	r := sc.Renderings.To(hearing.AudienceOf(b.own.Role))
	p := Publication{FromWitness, r.Key(), Video}
	fault := b.s.Testimony.Mask != nil && b.s.Testimony.Mask.Picture == "card"
	if !drawn(r) || fault || !sc.arrives(p.Label()) || !Decide(Viewer{b.own.ID, b.own.Role}, p, sc).Allow {
		return ""
	}
	states := figureStates
	if shownAs(r, sc) == hearing.PictureBlob {
		states = plainStates
	}
	switch {
	case slices.Contains(states, b.x.Figure):
		return b.x.Figure
	case FigureState(b.x.Figure):
		return "still"
	}
	return ""
}

func (b builder) health() *HealthView {
	h := &HealthView{Ledger: "ok", Recording: b.x.Recording}
	if b.knows(FieldCheckpoint) {
		h.Checkpoint = b.x.Checkpoint
	}
	if b.s.LedgerFailed || b.x.Halted {
		h.Ledger = "failed"
	}
	if h.Recording == "" {
		h.Recording = "off"
	}
	if len(b.s.RecordingFailed) > 0 {
		h.Recording = "failed"
	}
	return h
}

// alarms are the faults that stand now: what the owner of the hearing sees, and what follows from the state.
func (b builder) alarms() []AlarmView {
	list := slices.Clone(b.x.Alarms)
	add := func(code string, since time.Time, detail string) {
		if !slices.ContainsFunc(list, func(a AlarmView) bool { return a.Code == code }) {
			list = append(list, AlarmView{code, Moment(since), detail})
		}
	}
	s, t := b.s, b.s.Testimony
	if !s.Facts.StationUp && s.Phase == hearing.Open && slices.Contains(
		[]hearing.TestimonyPhase{hearing.Rehearsal, hearing.Ready, hearing.Live, hearing.Paused}, t.Phase) {
		add("station_lost", t.Since, "")
	}
	if m := t.Mask; m != nil && t.Phase == hearing.Live {
		if m.Picture == "card" && t.Tightened.Picture == "" {
			add("picture_fault", b.s.Testimony.MaskAt, m.Notice)
		}
		if m.Voice == "silence" && t.Tightened.Voice == "" {
			add("voice_fault", b.s.Testimony.MaskAt, m.Notice)
		}
	}
	if r := t.Room; r.Last != nil && r.Void == "" {
		switch r.Last.Void {
		case "not_free":
			add("room_not_free", r.At, "")
		case "not_same":
			add("room_not_same", r.At, "")
		case "neither":
			add("room_not_free", r.At, "")
			add("room_not_same", r.At, "")
		}
	}
	if t.Phase == hearing.Live && !t.Room.Passed && s.RoomWhy(b.x.Now) != "" {
		add("room_changed", t.Room.VoidAt, s.RoomWhy(b.x.Now))
	}
	if until, rests := s.OfficerRests(b.x.Now); rests {
		add("officer_refused", until.Add(-hearing.OfficerPause), "")
	}
	for _, label := range sorted(s.FaceFound) {
		switch at := s.FaceFound[label]; s.CutWhy[label] {
		case hearing.VoiceFound:
			add("voice_found", at, label)
		case hearing.ModeWrong:
			add("mode_wrong", at, label)
		default:
			add("face_found", at, label)
		}
	}
	for _, label := range sorted(s.RecordingFailed) {
		add("recorder_stopped", b.x.Now, label)
	}
	for _, d := range s.SeatsOf(hearing.DefenceCounsel) {
		if d.Admitted && d.LinkLost {
			add("defence_lost", d.LostAt, d.ID)
		}
	}
	if s.LedgerFailed || b.x.Halted {
		add("ledger_failed", b.x.Now, "")
	}
	if s.InEmergency() && b.knows(FieldEmergency) { // the clerk is told of a break, as everybody else
		add("emergency", s.Emergency.Since, s.Emergency.By)
	}
	b.protectionAlarms(add)
	return list
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
