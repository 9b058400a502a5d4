package hearing

import "slices"

// paperEvent folds what is written and asked: entries and requests.
func (s *State) paperEvent(e Event, payload any) {
	switch p := payload.(type) {
	case *EntryAddedPayload:
		s.EntrySeq++
		s.Entries[e.Index] = Written{Kind: p.Kind, Sealed: p.Sealed}
		if p.Number != "" {
			s.Exhibits[p.Number] = true
		}
	case *EntryAmendedPayload:
		s.EntrySeq++
		w := s.Entries[p.Entry]
		s.Entries[e.Index] = Written{Kind: w.Kind, Sealed: p.Sealed, First: first(w, p.Entry)}
	case *EntryMarkedPayload:
		if w, ok := s.Entries[p.Entry]; ok {
			w.Struck = e.Code == EntryStruck
			s.Entries[p.Entry] = w
		}
	case *RequestPayload:
		what := map[Code]string{ObjectionRaised: "objection", QuestionRequested: "question", PauseRequested: "pause"}[e.Code]
		s.ReqSeq++
		s.Requests = append(s.Requests, Request{ID: p.ID, Seat: p.Seat, Role: p.Role, What: what, Text: p.Text, At: e.Time})
	case *RequestDonePayload:
		s.Requests = slices.DeleteFunc(slices.Clone(s.Requests), func(r Request) bool { return r.ID == p.ID })
	}
	if s.Phase == Concluded {
		s.Signing = nil // what was rendered does not say this yet
	}
}

// recordEvent folds what is recorded, and the signing of the protocol.
func (s *State) recordEvent(e Event, payload any) {
	switch p := payload.(type) {
	case *RecordingPayload:
		switch e.Code {
		case RecordingStarted:
			s.Recording[p.Label] = true
			delete(s.RecordingFailed, p.Label)
		case RecordingFailed:
			s.RecordingFailed[p.Label] = true
			delete(s.Recording, p.Label)
		case RecordingStopped:
			delete(s.Recording, p.Label)
			delete(s.RecordingFailed, p.Label)
		}
	case *LedgerFailedPayload:
		s.LedgerFailed = true
	case *ProtocolRenderedPayload:
		s.Signing = &Signing{Rendered: *p}
	case *ProtocolSignedPayload:
		if s.Signing == nil {
			return
		}
		s.Signing.Signed = append(s.Signing.Signed, SignedBy{Seat: p.Seat, Role: p.Role, At: e.Time})
		if s.signedByAll() {
			s.Phase, s.PhaseAt = Signed, e.Time
		}
	}
}

// signedByAll says whether the presiding judge has signed the protocol, and each clerk who holds a key.
func (s *State) signedByAll() bool {
	for _, seat := range s.Seats {
		must := seat.Role == PresidingJudge || (seat.Role == CourtClerk && seat.Key != nil)
		if must && !s.hasSigned(seat.ID) {
			return false
		}
	}
	return len(s.SeatsOf(PresidingJudge)) > 0
}

func (s *State) hasSigned(seat string) bool {
	return s.Signing != nil && slices.ContainsFunc(s.Signing.Signed, func(g SignedBy) bool { return g.Seat == seat })
}
