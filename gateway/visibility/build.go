package visibility

import (
	"encoding/json"
	"slices"

	"parda/gateway/hearing"
	"parda/gateway/incident"
)

// BuildView builds the state message of one seat: everything that it may know, and nothing else. A seat that does not take part
// (removed, or outside a closed session) learns where the hearing stands, and its own flags.
func BuildView(s *hearing.State, flags *incident.Register, seat string, x Extras) View {
	own, ok := s.Seat(seat)
	if !ok {
		return View{Type: "state", Seats: []SeatView{}, Slots: []SlotView{}, You: You{Seat: seat, Can: []string{}}}
	}
	r := own.Role
	b := builder{s: s, x: x, own: own, attends: s.Attends(seat)}
	v := View{
		Type: "state", Rev: x.Rev, Now: Moment(x.Now),
		You: You{Seat: seat, Role: r, Can: hearing.CanAs(s, hearing.Actor{Seat: seat, Role: r, Person: x.Person}, x.Now)},
		Hearing: HearingView{ID: s.Hearing, CaseNo: s.CaseNo, Court: s.Court, Phase: s.Phase, Kind: s.Kind,
			PhaseSince: Moment(s.PhaseAt), KindSince: Moment(s.KindAt)},
		Testimony: TestimonyView{Phase: s.Testimony.Phase, Since: Moment(s.Testimony.Since), Station: b.station()},
		Seats:     []SeatView{},
		Slots:     b.slots(),
		Accounts:  x.Accounts,
	}
	b.flags(&v, flags)
	if !b.attends {
		return v
	}
	b.fill(&v)
	return v
}

type builder struct {
	s       *hearing.State
	x       Extras
	own     hearing.Seat
	attends bool
}

func (b builder) knows(f Field) bool { return b.attends && MayKnow(b.own.Role, f) }

func (b builder) fill(v *View) {
	s := b.s
	v.Order = b.order()
	if b.knows(FieldDraft) && len(s.Draft) > 0 {
		v.Draft = &DraftView{Bytes: s.Draft, Order: json.RawMessage(s.Draft)}
	}
	b.testimony(&v.Testimony)
	if b.knows(FieldWatching) && s.Order != nil {
		v.Watching = b.watching()
	}
	v.Seats = b.seats()
	if b.knows(FieldHidden) {
		v.Views = b.views()
	}
	b.dangers(v)
	if b.knows(FieldPending) {
		for _, d := range s.Pending {
			if !d.Discreet || b.own.Role.Bench() { // a debt of a discreet flag would tell that there is one, and against whom
				v.Pending = append(v.Pending, b.pending(d))
			}
		}
	}
	for _, q := range s.Requests {
		if b.knows(FieldRequests) || (b.knows(FieldOwnRequests) && q.Seat == b.own.ID) {
			v.Requests = append(v.Requests, RequestView{q.ID, q.Seat, q.Role, q.What, q.Text, Moment(q.At)})
		}
	}
	if b.knows(FieldHealth) {
		v.Health = b.health()
	}
	if b.knows(FieldAlarms) {
		v.Alarms = b.alarms()
	}
	if b.knows(FieldSigning) {
		v.Signing = b.signing()
	}
	if b.knows(FieldBundle) && s.Phase == hearing.Sealed {
		v.Bundle = b.x.Bundle
	}
}

func (b builder) station() string {
	if b.s.Facts.StationUp {
		return "up"
	}
	return "down"
}

func (b builder) order() *OrderView {
	f := b.s.Order
	if f == nil || !b.knows(FieldOrder) {
		return nil
	}
	o := &OrderView{Version: f.Order.Version, Template: f.Order.Template, Pseudonym: f.Order.Pseudonym, Session: f.Order.Session,
		ValidUntil: f.Order.ValidUntil, SignedBy: f.SignedBy, SignedAt: Moment(f.SignedAt), KeyCode: f.KeyCode}
	if p := f.Order.Respeaker; p != nil {
		o.Respeaker = p.Who
	}
	if b.knows(FieldRenderings) {
		renderings := f.Order.Renderings
		o.Renderings = &renderings
	}
	if b.knows(FieldOrderEvidence) {
		o.Reason, o.Bytes, o.Signature, o.Key = f.Order.Reason, f.Bytes, f.Signature, f.Key
	}
	return o
}

func (b builder) testimony(v *TestimonyView) {
	t := b.s.Testimony
	v.Floor = t.Floor
	if b.s.Order != nil && b.knows(FieldPseudonym) {
		v.Pseudonym = b.s.Order.Order.Pseudonym
	}
	mine := b.own.Role == hearing.ProtectedWitness && t.PausedBy == hearing.ProtectedWitness
	if b.knows(FieldPause) || mine {
		v.PausedBy, v.PauseCode = t.PausedBy, t.PauseCode
	} else if toldInRoom(t.PauseCode) && b.knows(FieldEmergency) {
		v.PauseCode = t.PauseCode
	}
	if t.Discreet != "" && (b.knows(FieldDiscreetPause) || mine || toldInRoom(t.Discreet) && b.knows(FieldEmergency)) {
		v.PauseCode = t.Discreet
	}
	if b.knows(FieldPausedSeat) {
		v.PausedSeat = t.PausedAt
	}
	if b.knows(FieldConsent) {
		if c := t.Consent; c != nil {
			v.Consent = &ConsentView{Given: true, Language: c.Language, Interpreter: c.Interpreter, At: Moment(c.At)}
		} else if t.Refused {
			v.Consent = &ConsentView{At: Moment(t.RefusedAt)}
		}
	}
	if b.knows(FieldIdentity) {
		v.IdentityVerified = &t.Identity
	}
	if b.knows(FieldMask) {
		if m := t.Mask; m != nil {
			v.Mask = &MaskView{m.Picture, m.Voice, m.Notice, m.Notices}
			if !b.own.Role.Bench() { // that a key for signs is away tells who sits beside her that there is one
				v.Mask.Notices = slices.DeleteFunc(slices.Clone(v.Mask.Notices), ofSigns)
				if ofSigns(m.Notice) {
					v.Mask.Notice = ""
				}
			}
			if !b.knows(FieldRoom) { // whether she is still taken for the same person is the bench's to know
				v.Mask.Notices = slices.DeleteFunc(slices.Clone(v.Mask.Notices), func(n string) bool { return n == "person_changed" || n == "person_unsure" })
			}
		}
		v.Tightened = &TightenedView{t.Tightened.Picture, t.Tightened.Voice}
	}
	v.Room = b.room()
	if b.knows(FieldFigure) {
		v.Figure = b.figure()
	}
}

// ofSigns says whether a notice is about the keys for signs, or what was pressed on them: the bench's alone.
func ofSigns(notice string) bool { return notice == "key_lost" || notice == "kept_unread" }

// toldInRoom says whether the shielded room is told the cause of a pause that somebody else made: only those that ask something of it, or that it must take for any break.
func toldInRoom(code string) bool {
	return code == hearing.PauseTechnical || code == hearing.PauseClearRoom || code == hearing.PauseEmergency
}

func (b builder) seats() []SeatView {
	views := []SeatView{}
	for _, seat := range b.s.Seats {
		v := SeatView{ID: seat.ID, Role: seat.Role}
		switch {
		case b.knows(FieldSeats):
			present, muted, signed := b.x.Present[seat.ID], seat.Muted, seat.Undertaking == "signed"
			admitted, publishing := seat.Admitted && b.s.Attends(seat.ID), b.x.Publishing[seat.ID]
			v.Present, v.Admitted, v.Muted, v.Undertaking, v.Publishing = &present, &admitted, &muted, &signed, &publishing
			if hidden := seat.Hidden; b.knows(FieldHidden) {
				v.Hidden = &hidden
			}
			if stop := seat.Stops(); b.knows(FieldStops) && seat.Role.Protects() {
				v.Stop = &stop
			}
		case b.knows(FieldBenchAndFloor) && (seat.Role.Bench() || seat.ID == b.s.Testimony.Floor):
		default:
			continue
		}
		views = append(views, v)
	}
	return views
}

func (b builder) signing() *SigningView {
	g := b.s.Signing
	if g == nil || !slices.Contains([]hearing.Phase{hearing.Concluded, hearing.Signed, hearing.Sealed}, b.s.Phase) {
		return nil
	}
	v := &SigningView{Statement: g.Rendered.Statement, Checkpoint: g.Rendered.Checkpoint, PDFSHA256: g.Rendered.PDFSHA256,
		JSONSHA256: g.Rendered.JSONSHA256, Signed: []SignedView{}}
	for _, by := range g.Signed {
		v.Signed = append(v.Signed, SignedView{by.Role, Moment(by.At)})
	}
	return v
}
