package hearing

import "time"

// The functions here say what follows from what no person did. They are pure like Decide: the owner of the hearing appends the
// drafts and applies the events.

func bySystem(code Code, payload any) Draft {
	return Draft{Code: code, Actor: string(System), Payload: payload}
}

// Create makes the first event of a hearing's ledger.
func Create(hearing, caseNo, court string, seats []SeatSpec) []Draft {
	return []Draft{bySystem(HearingCreated, HearingCreatedPayload{Hearing: hearing, CaseNo: caseNo, Court: court, Seats: seats})}
}

// Interrupted says what follows when the station's media or the gateway itself was lost: live falls back to ready, and the
// presiding judge resumes; a rehearsal starts over. Why is a pause code, such as station_lost.
func Interrupted(s *State, why string, _ time.Time) []Draft {
	to := map[TestimonyPhase]TestimonyPhase{Live: Ready, Rehearsal: Waiting}[s.Testimony.Phase]
	if to == "" {
		return nil
	}
	return s.withRoom([]Draft{bySystem(TestimonyInterrupted, TestimonyInterruptedPayload{Why: why, From: s.Testimony.Phase, To: to})})
}

// Restarted says what follows from a start of the gateway in the middle of a hearing: what was live is ready. The owner of the
// hearing enters gateway.started before.
func Restarted(s *State, now time.Time) []Draft {
	if in(s.Phase, Signed, Sealed) {
		return nil
	}
	if drafts := Interrupted(s, "station_lost", now); drafts != nil {
		return drafts
	}
	return s.void(voidGateway)
}

// SeatTaken enters that somebody came in by the seat's link.
func SeatTaken(s *State, seat string, _ time.Time) []Draft {
	p := s.seat(seat)
	if p == nil || p.Entered {
		return nil
	}
	return []Draft{{Code: SeatEntered, Actor: seat, Payload: SeatPayload{Seat: seat, Role: p.Role}}}
}

// LinkLost enters that the link of a seat broke. The loss of the witness's seat is the loss of the station.
func LinkLost(s *State, seat string, at time.Time) []Draft {
	p := s.seat(seat)
	if p == nil || !p.Entered || p.LinkLost || s.Phase == Sealed {
		return nil
	}
	drafts := []Draft{bySystem(SeatLinkLost, SeatPayload{Seat: seat, Role: p.Role})}
	if p.Role == ProtectedWitness {
		drafts = append(drafts, Interrupted(s, "station_lost", at)...)
	}
	return s.withRoom(drafts)
}

// LinkBack enters that the link of a seat is back. Nothing resumes by itself.
func LinkBack(s *State, seat string, _ time.Time) []Draft {
	p := s.seat(seat)
	if p == nil || !p.LinkLost || s.Phase == Sealed {
		return nil
	}
	return []Draft{bySystem(SeatLinkBack, SeatPayload{Seat: seat, Role: p.Role})}
}

// DefenceLost pauses live testimony when an admitted defence seat, or the screen in the courtroom by which the accused sees and hears, has been without sight or
// hearing for longer than DefenceOutage (I9). lost says since when each seat that receives nothing has had nothing, which is earlier than its seat.link_lost. A link that was broken already when the judge
// called does not count: the call gave a reason for that.
func DefenceLost(s *State, lost map[string]time.Time, now time.Time) []Draft {
	if s.Testimony.Phase != Live {
		return nil
	}
	for _, d := range append(s.SeatsOf(DefenceCounsel), s.SeatsOf(CourtroomScreen)...) {
		since, out := lost[d.ID]
		if d.LinkLost && !out {
			since, out = d.LostAt, true
		}
		if d.Admitted && d.Entered && out && !since.Before(s.Testimony.Since) && now.Sub(since) > DefenceOutage {
			return s.withRoom([]Draft{bySystem(TestimonyPaused, TestimonyPausedPayload{By: System, Why: "defence_lost"})})
		}
	}
	return nil
}

// Overdue enters what time alone brings about, each once: rulings that are owed and past their time, and the end of the order.
func Overdue(s *State, now time.Time) []Draft {
	var drafts []Draft
	for _, d := range s.Pending {
		if !d.Overdue && now.After(d.Due) && s.Phase != Sealed {
			drafts = append(drafts, bySystem(RulingOverdue, RulingOverduePayload{ID: d.ID, About: d.About, Discreet: d.Discreet}))
		}
	}
	return append(drafts, orderRunOut(s, now)...)
}

// orderRunOut enters that the order does not hold any more, and stops what it carried.
func orderRunOut(s *State, now time.Time) []Draft {
	if s.Order == nil || s.Order.Expired || s.Order.Order.ValidAt(now) || in(s.Phase, Concluded, Signed, Sealed) ||
		now.Before(s.Order.SignedAt) {
		return nil
	}
	drafts := []Draft{bySystem(OrderExpired, EmptyPayload{})}
	switch s.Testimony.Phase {
	case Live:
		drafts = append(drafts, bySystem(TestimonyPaused, TestimonyPausedPayload{By: System, Why: "order_expired"}))
	case Rehearsal:
		drafts = append(drafts, Interrupted(s, "order_expired", now)...)
	}
	return s.withRoom(drafts)
}

// StationKeyPayload says which key the station signs its mode with: the SHA-256 of the public key, in hex.
type StationKeyPayload struct {
	Fingerprint string `json:"fingerprint"`
}

// KeyOfStation enters the key that the station announced, once for each.
func KeyOfStation(s *State, fingerprint string) []Draft {
	if s.StationKey == fingerprint || in(s.Phase, Signed, Sealed) {
		return nil
	}
	return s.withRoom([]Draft{bySystem(StationKey, StationKeyPayload{Fingerprint: fingerprint})})
}

// Tripwire enters that a face was found in a rendering; see CutOff.
func Tripwire(s *State, label string, now time.Time) []Draft { return CutOff(s, FaceFound, label, now) }

// CutOff enters that a rendering was cut, by the code FaceFound, VoiceFound or ModeWrong, and takes testimony back to waiting: the cut stands until the
// witness has rehearsed and agreed anew.
func CutOff(s *State, why Code, label string, _ time.Time) []Draft {
	drafts := []Draft{bySystem(why, FaceFoundPayload{Label: label})}
	if p := s.Testimony.Phase; in(p, Rehearsal, Ready, Live, Paused) {
		drafts = append(drafts, bySystem(TestimonyInterrupted, TestimonyInterruptedPayload{Why: "mask", From: p, To: Waiting}))
	}
	return s.withRoom(drafts)
}

// LedgerBackAgain enters, once writing works again, that nothing could be written since a moment. Meanwhile the owner of the
// hearing let nothing flow; live testimony is paused now, and the presiding judge resumes.
func LedgerBackAgain(s *State, since, _ time.Time) []Draft {
	drafts := []Draft{bySystem(LedgerFailed, LedgerFailedPayload{Since: since})}
	if s.Testimony.Phase == Live {
		drafts = append(drafts, bySystem(TestimonyPaused, TestimonyPausedPayload{By: System, Why: "ledger"}))
	}
	return s.withRoom(append(drafts, bySystem(LedgerBack, EmptyPayload{})))
}

// Rendered enters what bench and clerk are to sign.
func Rendered(p ProtocolRenderedPayload) []Draft { return []Draft{bySystem(ProtocolRendered, p)} }

// Seal makes the closing entry of a hearing that is signed, bound to the bundle's index by the SHA-256 (hex) of bundle.json; nil
// for a hearing that is not signed.
func Seal(s *State, bundleJSONSHA256 string) []Draft {
	if s.Phase != Signed || s.Signing == nil {
		return nil
	}
	p := HearingSealedPayload{BundleJSONSHA256: bundleJSONSHA256}
	for _, g := range s.Signing.Signed {
		p.SignedBy = append(p.SignedBy, g.Role)
	}
	return []Draft{bySystem(HearingSealed, p)}
}
