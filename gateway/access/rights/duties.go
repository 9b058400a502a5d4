package rights

import (
	"slices"

	"parda/gateway/hearing"
)

// The separation of duties: what no account may be at once, which seats an administrator may fill, and which account may sit where. Who may do what is
// in the table of rights.go; here is what the table cannot say.

// apart are the roles that go with no other one. An administrator gives accounts their roles: with a role in hearings she would be her own judge, or see
// what she administers (A6). The auditor watches all of them.
var apart = []Role{Administrator, Auditor}

// Compatible says whether one account may have these roles together.
func Compatible(roles []Role) bool {
	for _, r := range apart {
		if slices.Contains(roles, r) && slices.ContainsFunc(roles, func(other Role) bool { return other != r }) {
			return false
		}
	}
	return true
}

// seats gives each seat of a hearing the role that an account needs to be invited to it. A seat that is not here is filled by no invitation: the witness's is the
// shielded room's, an enrolled device's; the screen and the gallery are places, not persons, and have links.
var seats = map[hearing.Role]Role{
	hearing.PresidingJudge: Judge, hearing.Judge: Judge, hearing.ReserveJudge: Judge, hearing.CourtClerk: CourtClerk,
	hearing.Prosecutor: Prosecutor, hearing.DefenceCounsel: DefenceCounsel, hearing.VictimsLawyer: VictimsLawyer,
	hearing.Interpreter: Interpreter, hearing.SupportPerson: SupportPerson, hearing.LegalRepresentative: LegalGuardian,
}

// ForSeat says which role of an account a seat asks for; ok is false for a seat that no person is invited to.
func ForSeat(seat hearing.Role) (role Role, ok bool) {
	role, ok = seats[seat]
	return role, ok
}

// Appointed says whether a seat is one of those that an administrator may fill: the bench and its clerk, who then invite everybody else.
func Appointed(seat hearing.Role) bool { return seat.Bench() || seat == hearing.CourtClerk }

// MayInvite says whether somebody with these roles may fill a seat of this role, or take it back.
func MayInvite(roles []Role, seat hearing.Role) bool {
	return Has(roles, SeatInvite) || Has(roles, SeatAppoint) && Appointed(seat)
}

// MayFill says whether somebody with these roles may fill a seat of this role, or take it back, as the hearing stands. begun says that the hearing was opened once; taken, that
// whoever was invited sits there. Once a hearing has begun the administrator, who also makes the accounts, puts nobody into it, and a seat of the bench is taken from a judge
// by a judge alone: a coerced clerk or administrator (A6) cannot put an account of their own in her place.
func MayFill(roles []Role, seat hearing.Role, begun, taken bool) bool {
	switch {
	case !MayInvite(roles, seat):
		return false
	case begun && !Has(roles, SeatInvite):
		return false
	case begun && taken && seat.Bench():
		return slices.Contains(roles, Judge)
	}
	return true
}
