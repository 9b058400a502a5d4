package rights

import (
	"slices"

	"parda/gateway/hearing"
)

// The separation of duties: what no account may be at once, which seats an administrator may fill, and which account may sit where. Who may do what is
// in the table of rights.go; here is what the table cannot say.

// apart are the roles that go with no other one. An administrator gives accounts their roles: with a role in hearings she would be her own judge, or see
// what she administers (A6). The auditor watches all of them. Who looks across the incidents of all courts decides on none, so that the register officer may be the auditor and
// nothing else.
var apart = []Role{Administrator, Auditor, RegisterOfficer}

// Compatible says whether one account may have these roles together.
func Compatible(roles []Role) bool {
	if len(roles) == 2 && slices.Contains(roles, RegisterOfficer) && slices.Contains(roles, Auditor) {
		return true
	}
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

// Standing is what a hearing says of a seat that somebody wants to fill.
type Standing struct {
	Begun  bool         // it was opened once
	Taken  bool         // whoever was invited to the seat sits there
	Inside hearing.Role // of the seat that the inviter has taken in this same hearing; "" for none
	// Orphaned: of those who took a seat of its bench nobody has an open account with the role of a judge any more, so that none can come back.
	Orphaned bool
}

// MayFill says whether somebody with these roles may fill a seat of this role, or take it back, as the hearing stands. A hearing that has begun is filled by its own bench and
// clerk alone, and its bench by a judge on it: neither a coerced clerk or administrator, nor accounts that an administrator made up for the purpose (A6), put anybody
// into it or take a judge out. Its clerk alone seats a new judge where every judge of it is gone for good, or nobody ever could. Before it has begun the administrator fills only what is empty, and a judge's seat that is taken is given away by a judge.
func MayFill(roles []Role, seat hearing.Role, at Standing) bool {
	switch {
	case !MayInvite(roles, seat):
		return false
	case at.Begun && seat.Bench():
		return at.Inside.Bench() || at.Orphaned && at.Inside == hearing.CourtClerk
	case at.Begun:
		return at.Inside.Bench() || at.Inside == hearing.CourtClerk
	case at.Taken && !Has(roles, SeatInvite):
		return false
	case at.Taken && seat.Bench():
		return slices.Contains(roles, Judge)
	}
	return true
}
