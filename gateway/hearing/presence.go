package hearing

import "time"

// BreakHolds is how long a break may last before the time of an invitation counts again: a longer one is an adjournment, and whoever is to come back on another day is
// invited for that day. It is data.
var BreakHolds = 4 * time.Hour

// GoesOn says whether a hearing that stands in phase since then still needs whoever sits in a seat of this role, so that a clock must not end her presence: nobody is
// thrown out of a hearing that sits because an invitation named too early an hour, and those who sign stay until it is signed.
func GoesOn(phase Phase, since time.Time, role Role, now time.Time) bool {
	switch phase {
	case Open:
		return true
	case Suspended:
		return now.Sub(since) < BreakHolds
	case Concluded:
		return role.Bench() || role == CourtClerk
	}
	return false
}

// SeatGiven enters that a seat was given to somebody else, or taken back, by an invitation: key and undertaking were the old one's.
func SeatGiven(s *State, seat string) []Draft {
	p := s.seat(seat)
	if p == nil || in(s.Phase, Signed, Sealed) || !p.Entered && p.Key == nil && p.Undertaking == "" {
		return nil
	}
	return []Draft{bySystem(SeatReissued, SeatPayload{Seat: seat, Role: p.Role})}
}
