package register

import (
	"slices"

	"parda/gateway/access/rights"
	"parda/gateway/hearing"
)

// Who may see which incident, and what she may do about it, is the one table of this file: role of the account (or of the seat) by the kind of the incident to her. What is not
// in it is denied. INCIDENTS.md is written from it by its test.

// Class is what an incident is to somebody in one of her roles.
type Class string

// The classes. They exclude each other; an own incident is own whatever else it is.
const (
	Own              Class = "own"                // she raised or filed it
	Entered          Class = "entered"            // of a hearing she sits in, entered there
	NotEntered       Class = "not_entered"        // of a hearing she sits in, not entered (yet)
	HereDiscreet     Class = "discreet"           // of a hearing she sits in, discreet
	FiledHere        Class = "filed"              // filed in her court for no hearing
	FiledDiscreet    Class = "filed_discreet"     // the same, discreet
	Elsewhere        Class = "elsewhere"          // of another hearing of her court
	ElseDiscreet     Class = "elsewhere_discreet" // the same, discreet
	AnotherCourt     Class = "other_court"        // of another court of this gateway
	AnotherCourtDisc Class = "other_court_discreet"
)

// Classes lists them in the order of INCIDENTS.md.
func Classes() []Class {
	return []Class{Own, Entered, NotEntered, HereDiscreet, FiledHere, FiledDiscreet, Elsewhere, ElseDiscreet, AnotherCourt, AnotherCourtDisc}
}

// Action is one thing that may be done about an incident. The strings are those of `may` in the answers.
type Action string

// The actions.
const (
	See         Action = "see"     // what is shown is told by Depth
	Note        Action = "note"    // add a note
	Rule        Action = "rule"    // enter, refer, dismiss, reopen
	NameSource  Action = "source"  // say whose threat it was
	Ask         Action = "request" // file a request for protection
	OwnMotion   Action = "own_motion"
	Receive     Action = "receive" // enter that the request was received, decided, its refusal served, complained of
	Decide      Action = "decide"
	Serve       Action = "serve"
	Complain    Action = "complain"
	Agree       Action = "agree" // say that the protected person, or her lawyer, agrees to a referral
	Attach      Action = "attach"
	Evidences   Action = "evidence" // the originals: clips and attachments; who attached one has it besides
	Refer       Action = "refer"
	Send        Action = "send"
	Acknowledge Action = "acknowledge"
	Identity    Action = "identity"
)

// Actions lists them in the order of INCIDENTS.md.
func Actions() []Action {
	return []Action{See, Note, Rule, NameSource, Ask, OwnMotion, Receive, Decide, Serve, Complain, Agree, Attach, Evidences, Refer, Send, Acknowledge, Identity}
}

// Depth is how much of an incident is shown.
type Depth int

// The depths, from nothing to everything.
const (
	Nothing   Depth = iota
	AsEntered       // what the bench has put before the parties: what was flagged and how it was ruled
	AsRaised        // and for who raised it: requests, agreements, referrals and their states
	Whole           // and evidence with its custody, sources, the whole timeline
)

// String names a depth in INCIDENTS.md.
func (d Depth) String() string { return [...]string{"", "entered", "raised", "whole"}[d] }

type cell struct {
	depth Depth
	may   []Action
}

var (
	byBench  = []Action{Note, Rule, NameSource, OwnMotion, Ask, Receive, Decide, Serve, Complain, Agree, Attach, Evidences, Refer, Send, Acknowledge, Identity}
	byClerk  = []Action{Note, NameSource, Receive, Decide, Serve, Complain, Attach, Send, Acknowledge}
	byRaiser = []Action{Note, Attach}
	byLawyer = []Action{Note, Ask, Agree, Attach, Refer, Send, Acknowledge}
	byAsker  = []Action{Note, Ask, Attach}
)

// table is the rule.
var table = map[rights.Role]map[Class]cell{
	rights.Judge: {
		Own: {Whole, byBench}, Entered: {Whole, byBench}, NotEntered: {Whole, byBench}, HereDiscreet: {Whole, byBench},
		FiledHere: {Whole, byBench}, FiledDiscreet: {Whole, byBench}, Elsewhere: {AsEntered, nil},
	},
	rights.CourtClerk: {
		Own: {Whole, byClerk}, Entered: {Whole, byClerk}, NotEntered: {Whole, byClerk}, FiledHere: {Whole, byClerk},
	},
	rights.Prosecutor:     {Own: {AsRaised, byAsker}, Entered: {AsEntered, []Action{Ask}}},
	rights.VictimsLawyer:  {Own: {AsRaised, byLawyer}, Entered: {AsRaised, byLawyer}},
	rights.DefenceCounsel: {Own: {AsRaised, byRaiser}, Entered: {AsEntered, nil}},
	rights.Interpreter:    {Own: {AsRaised, byRaiser}},
	rights.SupportPerson:  {Own: {AsRaised, byAsker}},
	rights.LegalGuardian:  {Own: {AsRaised, byAsker}},
	rights.RegisterOfficer: {
		FiledHere: {Whole, []Action{NameSource}}, Elsewhere: {Whole, []Action{NameSource}}, AnotherCourt: {Whole, []Action{NameSource}},
	},
}

// acrossCourts are the roles that look beyond their own court.
var acrossCourts = []rights.Role{rights.RegisterOfficer}

// Sitting is a seat of a hearing that somebody holds, or held and was not removed from.
type Sitting struct {
	Hearing string
	Seat    string
	Role    rights.Role // that the seat asks for
}

// Viewer is who looks: an account with its roles, or a seat that is held by link.
type Viewer struct {
	Court  string
	Person string // "" for a seat by link
	Roles  []rights.Role
	Sits   []Sitting
	Out    []Sitting // seats she holds that do not attend: removed, or bound by nothing in a closed session; there what she raised herself is left to her
	Only   string    // the one hearing that is looked at, by the door of its seats; "" for the account's own door
	Door   Who       // as what she acts
}

// class says what an incident is to the viewer in one role. An incident of another hearing than Only is nothing.
func (v Viewer) class(i *Incident, role rights.Role) (Class, bool) {
	if v.Only != "" && i.Hearing != v.Only {
		return "", false
	}
	if i.Court != v.Court {
		return pick(i.Discreet, AnotherCourtDisc, AnotherCourt), true
	}
	if v.Raised(i, role) {
		return Own, true
	}
	sits := holds(v.Sits, i.Hearing, role)
	switch {
	case i.Hearing != "" && sits && i.Discreet:
		return HereDiscreet, true
	case i.Hearing != "" && sits:
		return pick(i.Entered(), Entered, NotEntered), true
	case i.Hearing != "":
		return pick(i.Discreet, ElseDiscreet, Elsewhere), true
	}
	return pick(i.Discreet, FiledDiscreet, FiledHere), true
}

func holds(seats []Sitting, hearing string, role rights.Role) bool {
	return slices.ContainsFunc(seats, func(s Sitting) bool { return s.Hearing == hearing && s.Role == role })
}

// byOut is what somebody who was put out of the hearing still does about what she raised herself.
var byOut = []Action{Note, Attach}

// left is what stays of a cell for whoever holds no seat of the incident's hearing but ones that do not attend.
func (v Viewer) left(c cell, i *Incident, role rights.Role) cell {
	if i.Hearing == "" || !holds(v.Out, i.Hearing, role) || holds(v.Sits, i.Hearing, role) {
		return c
	}
	return cell{min(c.depth, AsRaised), slices.DeleteFunc(slices.Clone(c.may), func(a Action) bool { return !slices.Contains(byOut, a) })}
}

func pick(discreet bool, yes, no Class) Class {
	if discreet {
		return yes
	}
	return no
}

// Raised says whether the viewer raised or filed the incident, in this role. Where the account is known it alone counts: whoever sits in the seat next raised nothing. A seat
// that is held by link is its own account.
func (v Viewer) Raised(i *Incident, role rights.Role) bool {
	if roleOf(i.By) != role {
		return false
	}
	if i.By.Person != "" || v.Person != "" { // a flag of before, which says no account, is nobody's own where seats are persons'
		return i.By.Person == v.Person
	}
	own := Sitting{i.By.Hearing, i.By.Seat, role}
	return i.By.Seat != "" && v.Only == i.By.Hearing && (slices.Contains(v.Sits, own) || slices.Contains(v.Out, own))
}

// roleOf is the account's role of whoever did something, where it was done from a seat, too.
func roleOf(w Who) rights.Role {
	if role, ok := rights.ForSeat(hearing.Role(w.Role)); ok {
		return role
	}
	return rights.Role(w.Role)
}

// cells are what each of the viewer's roles gives her.
func (v Viewer) cells(i *Incident) []cell {
	var all []cell
	for _, role := range v.Roles {
		if v.Court != i.Court && !slices.Contains(acrossCourts, role) {
			continue
		}
		if class, ok := v.class(i, role); ok {
			all = append(all, v.left(table[role][class], i, role))
		}
	}
	return all
}

// DepthFor says how much of an incident the viewer may see: Nothing for whoever may not know that it is there.
func DepthFor(v Viewer, i *Incident) Depth {
	deepest := Nothing
	for _, c := range v.cells(i) {
		deepest = max(deepest, c.depth)
	}
	return deepest
}

// May says whether the viewer may do this about the incident.
func May(v Viewer, i *Incident, a Action) bool {
	return slices.ContainsFunc(v.cells(i), func(c cell) bool {
		return c.depth != Nothing && (a == See || slices.Contains(c.may, a))
	})
}

// Mays lists what the viewer may do about the incident, in the order of Actions.
func Mays(v Viewer, i *Incident) []Action {
	all := []Action{}
	for _, a := range Actions() {
		if May(v, i, a) {
			all = append(all, a)
		}
	}
	return all
}

// MayFile are the roles that file an incident out of court.
func MayFile(roles []rights.Role) bool { return rights.Has(roles, rights.IncidentFile) }

// EvidenceMay lists what the viewer may do with a piece of evidence: view and export the original, or take the re-rendered copy. Originals are the bench's and of who attached
// them; whoever else may see the incident has the copy alone, and never of one that is not entered.
func EvidenceMay(v Viewer, i *Incident, e Evidence) []string {
	all := []string{}
	if e.State != "kept" || DepthFor(v, i) == Nothing {
		return all
	}
	mine := e.What == "attachment" && (e.By.Person != "" && e.By.Person == v.Person || e.By.Person == "" && v.Person == "" && e.By.Seat != "" && v.Only == e.By.Hearing && v.Door.Seat == e.By.Seat)
	if mine || May(v, i, Evidences) {
		all = append(all, "view", "export")
	}
	if e.Copy != nil && e.Copy.SHA256 != "" {
		all = append(all, "copy")
	}
	return all
}

// Find is Get in every court that the viewer may look into; an incident that she may not see is not there.
func (r *Register) Find(v Viewer, id string) (*Incident, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.booksOf(v) {
		if i := b.incidents[id]; i != nil && DepthFor(v, i) != Nothing {
			return i.snapshot(), true
		}
	}
	return nil, false
}
