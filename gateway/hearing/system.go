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
func Interrupted(s *State, why string) []Draft {
	to := map[TestimonyPhase]TestimonyPhase{Live: Ready, Rehearsal: Waiting}[s.Testimony.Phase]
	if to == "" {
		return nil
	}
	return []Draft{bySystem(TestimonyInterrupted, TestimonyInterruptedPayload{Why: why, From: s.Testimony.Phase, To: to})}
}

// GatewayRestarted says what follows from a start of the gateway in the middle of a hearing.
func GatewayRestarted(s *State) []Draft {
	if s.Phase == Sealed || len(s.Seats) == 0 {
		return nil
	}
	return append([]Draft{bySystem(GatewayStarted, EmptyPayload{})}, Interrupted(s, "station_lost")...)
}

// SeatTaken enters that somebody came in by the seat's link.
func SeatTaken(s *State, seat string) []Draft {
	p := s.seat(seat)
	if p == nil || p.Entered {
		return nil
	}
	return []Draft{{Code: SeatEntered, Actor: seat, Payload: SeatPayload{Seat: seat, Role: p.Role}}}
}

// LinkLost enters that the link of a seat broke. The loss of the witness's seat is the loss of the station.
func LinkLost(s *State, seat string) []Draft {
	p := s.seat(seat)
	if p == nil || !p.Entered || p.LinkLost || s.Phase == Sealed {
		return nil
	}
	drafts := []Draft{bySystem(SeatLinkLost, SeatPayload{Seat: seat, Role: p.Role})}
	if p.Role == ProtectedWitness {
		drafts = append(drafts, Interrupted(s, "station_lost")...)
	}
	return drafts
}

// LinkRestored enters that the link of a seat is back. Nothing resumes by itself.
func LinkRestored(s *State, seat string) []Draft {
	p := s.seat(seat)
	if p == nil || !p.LinkLost || s.Phase == Sealed {
		return nil
	}
	return []Draft{bySystem(SeatLinkBack, SeatPayload{Seat: seat, Role: p.Role})}
}

// DefenceLost pauses live testimony when a seat of the defence has been cut off for longer than DefenceOutage (I9), counted
// from the moment lost, by the gateway's clock. Its link_lost is entered with it if that was not done yet.
func DefenceLost(s *State, seat string, lost, now time.Time) []Draft {
	p := s.seat(seat)
	if p == nil || p.Role != DefenceCounsel || !p.Admitted || s.Testimony.Phase != Live || now.Sub(lost) <= DefenceOutage {
		return nil
	}
	drafts := LinkLost(s, seat)
	return append(drafts, bySystem(TestimonyPaused, TestimonyPausedPayload{By: System, Why: "defence_lost"}))
}

// Overdue enters each owed ruling whose time has passed, once.
func Overdue(s *State, now time.Time) []Draft {
	var drafts []Draft
	for _, d := range s.Pending {
		if !d.Overdue && now.After(d.Due) && s.Phase != Sealed {
			drafts = append(drafts, bySystem(RulingOverdue, RulingOverduePayload{ID: d.ID, About: d.About}))
		}
	}
	return drafts
}

// OrderRunOut enters that the order does not hold any more, and stops what it carried.
func OrderRunOut(s *State, now time.Time) []Draft {
	if s.Order == nil || s.Order.Expired || s.Order.Order.ValidAt(now) || in(s.Phase, Concluded, Signed, Sealed) {
		return nil
	}
	drafts := []Draft{bySystem(OrderExpired, EmptyPayload{})}
	switch s.Testimony.Phase {
	case Live:
		drafts = append(drafts, bySystem(TestimonyPaused, TestimonyPausedPayload{By: System, Why: "order_expired"}))
	case Rehearsal:
		drafts = append(drafts, Interrupted(s, "order_expired")...)
	}
	return drafts
}

// TripwireFired enters that a face was found in a rendering, and takes testimony back to waiting: the cut stands until the
// witness has rehearsed and agreed anew.
func TripwireFired(s *State, label string) []Draft {
	drafts := []Draft{bySystem(FaceFound, FaceFoundPayload{Label: label})}
	if p := s.Testimony.Phase; in(p, Rehearsal, Ready, Live, Paused) {
		drafts = append(drafts, bySystem(TestimonyInterrupted, TestimonyInterruptedPayload{Why: "mask", From: p, To: Waiting}))
	}
	return drafts
}

// LedgerRecovered enters, once writing works again, that nothing could be written since a moment. Meanwhile the owner of the
// hearing let nothing flow; live testimony is paused now, and the presiding judge resumes.
func LedgerRecovered(s *State, since time.Time) []Draft {
	drafts := []Draft{bySystem(LedgerFailed, LedgerFailedPayload{Since: since})}
	if s.Testimony.Phase == Live {
		drafts = append(drafts, bySystem(TestimonyPaused, TestimonyPausedPayload{By: System, Why: "ledger"}))
	}
	return append(drafts, bySystem(LedgerBack, EmptyPayload{}))
}

// Rendered enters what bench and clerk are to sign.
func Rendered(p ProtocolRenderedPayload) []Draft { return []Draft{bySystem(ProtocolRendered, p)} }

// Seal makes the closing entry of a hearing that is signed; nil for any other.
func Seal(s *State) []Draft {
	if s.Phase != Signed || s.Signing == nil {
		return nil
	}
	var by []Role
	for _, g := range s.Signing.Signed {
		by = append(by, g.Role)
	}
	return []Draft{bySystem(HearingSealed, HearingSealedPayload{SignedBy: by})}
}
