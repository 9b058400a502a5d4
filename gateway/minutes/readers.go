package minutes

import "parda/gateway/hearing"

// Reader is who would read the protocol.
type Reader struct {
	Seat        string
	Role        hearing.Role
	Person      string // the account that holds the seat; "" where seats are held by link
	Attends     bool   // takes part now: admitted, and bound where the session is closed
	Undertaking bool   // signed one
}

// MayRead says whether a reader may know an entry. Default is no: kiosk, courtroom screen and gallery read no protocol, and
// nobody does who does not take part. What was entered in a closed session stays with those who are bound, also afterwards.
func MayRead(r Reader, e Entry) bool {
	if e.Own && r.Seat == e.Seat && (e.Person == nil || r.Person == *e.Person) && r.Attends {
		return r.Role != hearing.ProtectedWitness // the kiosk shows three things, and a protocol is none of them
	}
	bound := r.Undertaking || r.Role.BoundByOffice() || r.Role == hearing.DefenceCounsel
	if !r.Attends || (e.Shut && !bound) {
		return false
	}
	clerk := r.Role == hearing.CourtClerk
	switch e.Level {
	case hearing.LevelOpen:
		return r.Role.Bench() || clerk || r.Role.Party() || r.Role == hearing.Interpreter || r.Role.Beside()
	case hearing.LevelParties:
		return r.Role.Bench() || clerk || r.Role.Party()
	case hearing.LevelBench:
		return r.Role.Bench() || clerk
	case hearing.LevelLawyer:
		return r.Role.Bench() || clerk || r.Role == hearing.VictimsLawyer
	case hearing.LevelJudges:
		return r.Role.Bench()
	}
	return false
}

// SeenBy returns the entries with an index above since that a reader may know, in order of index. since is -1 or 0 for all: the
// ledger counts from 1.
func (p *Protocol) SeenBy(r Reader, since int64) []Entry {
	var seen []Entry
	for _, e := range p.entries {
		if (since < 0 || e.Index > uint64(since)) && MayRead(r, e) {
			seen = append(seen, e)
		}
	}
	return seen
}
