package hearing

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Apply folds one event into the state. An event that this version does not know, or whose payload cannot be read, is an
// error and changes nothing: a hearing whose past is not understood must not go on.
func (s *State) Apply(e Event) error {
	d, ok := Describe(e.Code)
	if !ok {
		return fmt.Errorf("event %d has the unknown code %q", e.Index, e.Code)
	}
	payload := d.Payload()
	if err := json.Unmarshal(e.Payload, payload); err != nil {
		return fmt.Errorf("payload of %s at %d: %w", e.Code, e.Index, err)
	}
	if err := s.fold(e, payload); err != nil {
		return fmt.Errorf("event %d, %s: %w", e.Index, e.Code, err)
	}
	s.roomFollows(e, payload)
	s.roomMust(e.Code, payload)
	s.Rev++
	return nil
}

// fold sends a payload to the method of its type. Payload types that change nothing in the state are named too, so that a new
// one cannot be forgotten.
func (s *State) fold(e Event, payload any) error {
	switch p := payload.(type) {
	case *HearingCreatedPayload:
		return s.created(e, p)
	case *PlainPayload:
		s.phaseChanged(e)
	case *HearingSealedPayload:
		s.Phase, s.PhaseAt = Sealed, e.Time
	case *EmptyPayload:
		s.plain(e)
	case *OrderDraftedPayload:
		s.Draft = p.Bytes
	case *OrderSignedPayload:
		return s.orderSigned(e, p)
	case *IdentityVerifiedPayload:
		s.Testimony.Identity = true
	case *SessionKindPayload:
		s.Kind, s.KindAt = p.Kind, e.Time
	case *SeatPayload:
		s.seatEvent(e, p)
	case *VaultPayload, *VaultOrderPayload: // the vault follows its own record (gateway/identity); a hearing only tells of it
	case *StepUpProvedPayload: // a proof of the command that follows; what changes, that command's events say
	case *StationKeyPayload:
		s.StationKey = p.Fingerprint
	case *KeyEnrolledPayload:
		if seat := s.seat(p.Seat); seat != nil {
			seat.Key, seat.KeyCode = p.Key, p.KeyCode
		}
	case *TestimonyPausedPayload, *TestimonyInterruptedPayload, *TestimonyLivePayload, *ConsentPayload,
		*WitnessTightenedPayload, *MaskStatusPayload, *FaceFoundPayload:
		s.testimonyEvent(e, payload)
	case *OfficerIssuedPayload, *RoomCertifiedPayload, *RoomVoidPayload, *CodeRefusedPayload:
		s.roomEvent(e, payload)
	case *RulingOwedPayload, *RulingGivenPayload, *RulingOverduePayload:
		s.rulingEvent(e, payload)
	case *EntryAddedPayload, *EntryAmendedPayload, *EntryMarkedPayload, *RequestPayload, *RequestDonePayload:
		s.paperEvent(e, payload)
	case *FlagRaisedPayload, *FlagDetailedPayload, *FlagRuledPayload, *FlagPutPayload, *FlagAnsweredPayload, *FlagHeardPayload, *ProtectionRequestedPayload:
		s.flagEvent(payload)
	case *DuressRaisedPayload, *DuressAnsweredPayload, *EmergencyRaisedPayload, *EmergencyEndedPayload:
		s.alarmEvent(e, payload)
	case *EvidenceFrozenPayload, *EvidenceFailedPayload, *EvidenceAttachedPayload: // gateway/incident/evidence keeps it; a hearing only tells of it
		if s.Phase == Concluded {
			s.Signing = nil
		}
	case *RecordingPayload, *RecordingSegmentPayload, *RecordingGapPayload, *LedgerFailedPayload,
		*ProtocolRenderedPayload, *ProtocolSignedPayload:
		s.recordEvent(e, payload)
	default:
		return fmt.Errorf("no rule folds %T", payload)
	}
	return nil
}

func (s *State) created(e Event, p *HearingCreatedPayload) error {
	if len(s.Seats) > 0 {
		return fmt.Errorf("the hearing was created already")
	}
	for _, spec := range p.Seats {
		if !spec.Role.Known() || spec.ID == "" || s.seat(spec.ID) != nil {
			return fmt.Errorf("seat %q is no seat", spec.ID)
		}
		s.Seats = append(s.Seats, Seat{ID: spec.ID, Role: spec.Role, Admitted: true})
	}
	s.Hearing, s.CaseNo, s.Court = p.Hearing, p.CaseNo, p.Court
	s.PhaseAt, s.KindAt, s.Testimony.Since = e.Time, e.Time, e.Time
	return nil
}

func (s *State) phaseChanged(e Event) {
	phases := map[Code]Phase{HearingOpened: Open, HearingResumed: Open, HearingSuspended: Suspended, HearingClosed: Concluded}
	s.Phase, s.PhaseAt = phases[e.Code], e.Time
	if e.Code == HearingClosed {
		s.Draft, s.Testimony.Floor = nil, ""
	}
}

// plain folds the events that carry nothing.
func (s *State) plain(e Event) {
	switch e.Code {
	case OrderExpired:
		if s.Order != nil {
			o := *s.Order
			o.Expired = true
			s.Order = &o
		}
	case TestimonyRehearsal:
		s.Testimony.Consent, s.Testimony.Refused = nil, false
		s.Testimony.PausedBy, s.Testimony.PauseCode, s.Testimony.Discreet, s.Testimony.PausedAt = "", "", "", ""
		clear(s.FaceFound)
		clear(s.CutWhy)
		s.step(e, Rehearsal)
	case TestimonyReady:
		s.step(e, Ready)
	case TestimonyReleased:
		s.Testimony.Floor = ""
		s.step(e, Released)
	case ConsentRefused:
		s.Testimony.Consent, s.Testimony.Refused, s.Testimony.RefusedAt = nil, true, e.Time
		s.step(e, Waiting)
	case LedgerBack:
		s.LedgerFailed = false
	case GatewayStarted:
		clear(s.Recording) // whatever recorded died with the process; it is started anew
	}
}

func (s *State) step(e Event, p TestimonyPhase) { s.Testimony.Phase, s.Testimony.Since = p, e.Time }

func (s *State) orderSigned(e Event, p *OrderSignedPayload) error {
	o, err := ParseOrder(p.Bytes)
	if err != nil {
		return err
	}
	s.Order = &InForce{Order: o, Bytes: p.Bytes, Signature: p.Signature, Key: p.Key, KeyCode: p.KeyCode, SignedBy: p.By, SignedAt: e.Time}
	s.Draft = nil
	if p.Loosens {
		s.Testimony.Consent = nil // she agreed to less; she must see what more there is, and agree anew
	}
	return nil
}

func (s *State) testimonyEvent(e Event, payload any) {
	t := &s.Testimony
	switch p := payload.(type) {
	case *TestimonyPausedPayload:
		t.PausedBy, t.PauseCode, t.Discreet, t.PausedAt = p.By, p.Why, p.Discreet, ""
		if s.seat(e.Actor) != nil {
			t.PausedAt = e.Actor
		}
		s.step(e, Paused)
	case *TestimonyInterruptedPayload:
		t.PausedBy, t.PauseCode, t.Discreet, t.PausedAt = System, p.Why, p.Discreet, ""
		if p.To == Waiting {
			t.Consent = nil
		}
		s.step(e, p.To)
	case *TestimonyLivePayload:
		t.PausedBy, t.PauseCode, t.Discreet, t.PausedAt, t.WasLive = "", "", "", "", true
		t.Room.Passed = p.Uncertified
		s.step(e, Live)
	case *ConsentPayload:
		t.Consent, t.Refused = &Consent{Language: p.Language, Interpreter: p.Interpreter, At: e.Time}, false
	case *WitnessTightenedPayload:
		t.Tightened, t.TightAt = *p, e.Time
	case *MaskStatusPayload:
		t.Mask, t.MaskAt = p, e.Time
	case *FaceFoundPayload:
		s.FaceFound[p.Label], s.CutWhy[p.Label] = e.Time, e.Code
	}
}

func (s *State) seatEvent(e Event, p *SeatPayload) {
	if e.Code == FloorGiven {
		s.Testimony.Floor = p.Seat
		return
	}
	seat := s.seat(p.Seat)
	if seat == nil {
		if _, ok := s.target(p.Seat); ok {
			s.viewEvent(e.Code, p.Seat)
		}
		return
	}
	switch e.Code {
	case SeatHidden:
		seat.Hidden = true
	case SeatShown:
		seat.Hidden = false
	case SeatStopTaken:
		seat.NoStop = true
	case SeatStopGiven:
		seat.NoStop = false
	case SeatEntered:
		seat.Entered, seat.LinkLost = true, false
	case SeatAdmitted:
		seat.Admitted = true
	case SeatMuted:
		seat.Muted = true
	case SeatUnmuted:
		seat.Muted = false
	case SeatRemoved:
		seat.Admitted, seat.LinkLost, seat.RemovedAt = false, false, e.Time
		if s.Testimony.Floor == seat.ID {
			s.Testimony.Floor = ""
		}
	case SeatReissued: // another person may come in by the new link: key and undertaking were the old one's
		seat.Entered, seat.LinkLost, seat.Undertaking, seat.Key, seat.KeyCode = false, false, "", nil, ""
		s.anotherSits(seat.ID)
	case SeatLinkLost:
		seat.LinkLost, seat.LostAt = true, e.Time
	case SeatLinkBack:
		seat.LinkLost = false
	case UndertakingSigned:
		seat.Undertaking = "signed"
	case UndertakingRefused:
		seat.Undertaking = "refused"
	}
}

func (s *State) rulingEvent(e Event, payload any) {
	switch p := payload.(type) {
	case *RulingOwedPayload:
		s.OwedSeq++
		s.Pending = append(s.Pending, Pending{ID: p.ID, About: p.About, Seat: p.Seat, Role: p.Role, Kind: p.Kind, Flag: p.Flag, Ruling: p.Ruling, Discreet: p.Discreet, Since: e.Time, Due: p.Due})
	case *RulingGivenPayload:
		s.Pending = slices.DeleteFunc(slices.Clone(s.Pending), func(d Pending) bool { return d.ID == p.ID })
	case *RulingOverduePayload:
		for i := range s.Pending {
			if s.Pending[i].ID == p.ID {
				s.Pending[i].Overdue = true
			}
		}
	}
}
