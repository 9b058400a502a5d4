package hearing

import "slices"

// flagEvent folds what is flagged, put, answered and ruled on.
func (s *State) flagEvent(payload any) {
	switch p := payload.(type) {
	case *FlagRaisedPayload:
		s.FlagSeq++
		s.Flags[p.ID] = Flag{Seat: p.Seat, Role: p.Role, Person: p.Person, PressedAt: p.PressedAt, Discreet: p.Discreet, Detail: p.FlagDetail}
	case *FlagDetailedPayload:
		s.changeFlag(p.ID, func(f Flag) Flag {
			if f.Detail.SaysOther(p.FlagDetail) {
				f = f.stale(func(*Put) bool { return true })
			}
			f.Detail, f.Discreet = p.FlagDetail, f.Discreet || p.Discreet
			return f
		})
	case *FlagRuledPayload:
		s.changeFlag(p.ID, func(f Flag) Flag {
			f.Ruled, f.Closed = true, p.Ruling == RulingDismiss
			f.Entered = f.Entered || !p.Discreet && Enters(p.Ruling)
			f.Did = append(slices.Clone(f.Did), p.Ruling)
			return f
		})
	case *FlagPutPayload:
		s.changeFlag(p.Flag, func(f Flag) Flag {
			return f.withPut(p.Seat, p.Role, func(q *Put) {
				q.Form, q.Gist, q.Put, q.Answered, q.Heard, q.Stale = p.Form, p.Gist, true, false, false, false
			})
		})
	case *FlagAnsweredPayload:
		s.changeFlag(p.Flag, func(f Flag) Flag {
			return f.withPut(p.Seat, p.Role, func(q *Put) { q.Answered, q.Said = true, p.Text })
		})
	case *FlagHeardPayload:
		s.changeFlag(p.Flag, func(f Flag) Flag {
			return f.withPut(p.Seat, p.Role, func(q *Put) {
				q.Heard, q.Stale = true, false
				if p.Positions != "" {
					q.Said = p.Positions
				}
			})
		})
	case *ProtectionRequestedPayload:
		s.changeFlag(p.Flag, func(f Flag) Flag {
			f.Asked = append(slices.Clone(f.Asked), p.Seat)
			return f
		})
	}
	if _, more := payload.(*FlagDetailedPayload); s.Phase == Concluded && !more { // a detail stands in the record alone, and voids no signature: else who raised a flag could keep the protocol from being signed
		s.Signing = nil // what was rendered does not say this yet
	}
}

// anotherSits forgets, for every flag, that the person of a seat was heard: by the new link another may come in.
func (s *State) anotherSits(seat string) {
	for id, f := range s.Flags {
		if _, ok := f.put(seat); ok {
			s.Flags[id] = f.stale(func(p *Put) bool {
				if p.Seat == seat {
					p.Put = false
				}
				return p.Seat == seat
			})
		}
	}
}

func (s *State) changeFlag(id string, change func(Flag) Flag) {
	if f, ok := s.Flags[id]; ok {
		s.Flags[id] = change(f)
	}
}

// alarmEvent folds duress and emergency. A sign of duress is folded twice, from the sealed book and from the record; the second time only says that it
// is recorded. At a start the sealed book comes after the record, whose copies are the system's: what it only repeats voids no signature.
func (s *State) alarmEvent(e Event, payload any) {
	known := e.Actor != string(System)
	switch p := payload.(type) {
	case *DuressRaisedPayload:
		if i := s.duress(p.ID); i >= 0 {
			s.changeDuress(i, func(d *Duress) { d.Recorded = true })
			break
		}
		known = false
		s.DuressSeq++
		s.Duresses = append(slices.Clone(s.Duresses), Duress{ID: p.ID, By: p.By, Means: p.Means, At: p.At, PressedAt: p.PressedAt})
	case *DuressAnsweredPayload:
		i := s.duress(p.Duress)
		if i < 0 {
			break
		}
		if n := slices.IndexFunc(s.Duresses[i].Do, func(d DuressDo) bool { return d.ID == p.ID }); n >= 0 {
			s.changeDuress(i, func(d *Duress) { d.Do[n].Recorded = true })
			break
		}
		known = false
		s.DuressSeq++
		s.changeDuress(i, func(d *Duress) {
			d.Do = append(d.Do, DuressDo{ID: p.ID, Do: p.Do, Reason: p.Reason, At: p.At})
			d.Closed = d.Closed || p.Do == DoStandDown
		})
	case *EmergencyRaisedPayload:
		known = false
		since := e.Time // what was pressed without a link began when it was pressed
		if !p.PressedAt.IsZero() {
			since = p.PressedAt
		}
		s.Emergency = &Emergency{Since: since, By: p.PressedBy, Seat: e.Actor}
	case *EmergencyEndedPayload:
		known = false
		if s.Emergency != nil {
			over := *s.Emergency
			over.Ended = e.Time
			s.Emergency = &over
		}
	}
	if s.Phase == Concluded && !known {
		s.Signing = nil
	}
}

func (s *State) duress(id string) int {
	return slices.IndexFunc(s.Duresses, func(d Duress) bool { return d.ID == id })
}

// changeDuress changes a copy: what was handed out stays as it was.
func (s *State) changeDuress(i int, change func(*Duress)) {
	s.Duresses = slices.Clone(s.Duresses)
	s.Duresses[i].Do = slices.Clone(s.Duresses[i].Do)
	change(&s.Duresses[i])
}

// viewEvent folds what the bench takes from a view of the court, and gives back.
func (s *State) viewEvent(code Code, view string) {
	v := s.Views[view]
	switch code {
	case SeatMuted:
		v.Muted = true
	case SeatUnmuted:
		v.Muted = false
	case SeatHidden:
		v.Hidden = true
	case SeatShown:
		v.Hidden = false
	default:
		return
	}
	if s.Views[view] = v; v == (ViewState{}) {
		delete(s.Views, view)
	}
}

// roomMust says what the next certificate must be like before testimony is called: see Room.Must.
func (s *State) roomMust(code Code, payload any) {
	r := &s.Testimony.Room
	switch code {
	case EmergencyRaised, EmergencyEnded:
		if r.Must == "" {
			r.Must = mustBeNew
		}
	case TestimonyPaused:
		if p, ok := plainly[TestimonyPausedPayload](payload); ok && p.Discreet == PauseClearRoom {
			r.Must = mustBeAlone
		}
	case TestimonyInterrupted:
		if p, ok := plainly[TestimonyInterruptedPayload](payload); ok && p.Discreet == PauseClearRoom {
			r.Must = mustBeAlone
		}
	case TestimonyLive:
		r.Must = ""
	}
}
