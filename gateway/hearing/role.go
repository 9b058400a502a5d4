package hearing

import "slices"

// Role is what a seat is in the hearing. The strings are stable: they stand in orders, events and on the wire.
type Role string

// The roles of PROTOCOL.md. System is the actor of what no person did; it never holds a seat.
const (
	PresidingJudge      Role = "presiding_judge"
	Judge               Role = "judge"
	ReserveJudge        Role = "reserve_judge"
	CourtClerk          Role = "court_clerk"
	Prosecutor          Role = "prosecutor"
	DefenceCounsel      Role = "defence_counsel"
	VictimsLawyer       Role = "victims_lawyer"
	Interpreter         Role = "interpreter"
	SupportPerson       Role = "support_person"
	LegalRepresentative Role = "legal_representative"
	ProtectedWitness    Role = "protected_witness"
	CourtroomScreen     Role = "courtroom_screen"
	Gallery             Role = "gallery"

	System Role = "system"
)

// Roles returns every role that can hold a seat, in the order in which pages list them. The slice is the caller's.
func Roles() []Role {
	return []Role{PresidingJudge, Judge, ReserveJudge, CourtClerk, Prosecutor, DefenceCounsel, VictimsLawyer, Interpreter,
		SupportPerson, LegalRepresentative, ProtectedWitness, CourtroomScreen, Gallery}
}

// Known says whether r can hold a seat.
func (r Role) Known() bool { return slices.Contains(Roles(), r) }

// Bench says whether r is a judge: presiding, side or reserve.
func (r Role) Bench() bool { return r == PresidingJudge || r == Judge || r == ReserveJudge }

// Party says whether r speaks for a party: prosecutor, defence counsel or victim's lawyer.
func (r Role) Party() bool { return r == Prosecutor || r == DefenceCounsel || r == VictimsLawyer }

// Beside says whether r sits with the witness, in the room or from afar, to support her.
func (r Role) Beside() bool { return r == SupportPerson || r == LegalRepresentative }

// Passive says whether r only watches: it holds no microphone and presses nothing.
func (r Role) Passive() bool { return r == CourtroomScreen || r == Gallery }

// CanPublish says whether a seat of this role may send its own microphone and camera. The witness's picture and sound
// come masked from the station, never from a seat; the clerk writes and does not speak to the hearing.
func (r Role) CanPublish() bool {
	return r.Bench() || r.Party() || r == Interpreter || r.Beside()
}

// Protects says whether a pause by this role acts at once. Everybody else who may ask for one makes a request.
func (r Role) Protects() bool {
	return r.Bench() || r == CourtClerk || r == Interpreter || r.Beside() || r == ProtectedWitness
}

// BoundByOffice says whether r attends a closed session without a non-disclosure undertaking of its own: judges and clerk
// by office, the witness because it is her testimony, the courtroom screen because the accused may not be locked out of
// his own trial (the persons in the hall are admitted by the court, not by parda).
func (r Role) BoundByOffice() bool {
	return r.Bench() || r == CourtClerk || r == ProtectedWitness || r == CourtroomScreen
}

// Audience is a group of roles to which an order gives one rendering of the testimony.
type Audience string

// The audiences of an order.
const (
	ToBench       Audience = "bench"
	ToProsecution Audience = "prosecution"
	ToDefence     Audience = "defence"
	ToHall        Audience = "hall"
	ToPublic      Audience = "public"
	ToNobody      Audience = ""
)

// Audiences returns the five audiences, in the order in which an order names them.
func Audiences() []Audience {
	return []Audience{ToBench, ToProsecution, ToDefence, ToHall, ToPublic}
}

// AudienceOf says whose rendering of the testimony a role receives. The witness belongs to none: she sees herself at the
// station only, and nothing of her own comes back to her from the court.
func AudienceOf(r Role) Audience {
	switch r {
	case PresidingJudge, Judge, ReserveJudge, CourtClerk, Interpreter:
		return ToBench
	case Prosecutor, VictimsLawyer, SupportPerson, LegalRepresentative:
		return ToProsecution
	case DefenceCounsel:
		return ToDefence
	case CourtroomScreen:
		return ToHall
	case Gallery:
		return ToPublic
	}
	return ToNobody
}

// SeatSpec names a seat of a hearing and its role.
type SeatSpec struct {
	ID   string `json:"id"`
	Role Role   `json:"role"`
}

// DefaultSeats returns the seats that PROTOCOL.md gives a hearing when nothing else is asked. The slice is the caller's.
func DefaultSeats() []SeatSpec {
	return []SeatSpec{
		{"judge", PresidingJudge}, {"judge2", Judge}, {"judge3", Judge}, {"reserve", ReserveJudge}, {"clerk", CourtClerk},
		{"prosecutor", Prosecutor}, {"defence", DefenceCounsel}, {"lawyer", VictimsLawyer}, {"interpreter", Interpreter},
		{"support", SupportPerson}, {"guardian", LegalRepresentative}, {"witness", ProtectedWitness},
		{"screen", CourtroomScreen}, {"gallery", Gallery},
	}
}

// Courts returns the ids of the five serious-crime courts. They are data: the law that names them changes.
func Courts() []string { return []string{"baku", "ganja", "lankaran", "shaki", "nakhchivan"} }

// Kind is how public a session is. The order public < private < closed is the order of strictness.
type Kind string

// The kinds of session. Private is a passage without the gallery; closed is art. 199: only persons with an undertaking.
const (
	Public  Kind = "public"
	Private Kind = "private"
	Closed  Kind = "closed"
)

// Rank gives the strictness of a kind, 0 for public; -1 for what is no kind.
func (k Kind) Rank() int { return slices.Index([]Kind{Public, Private, Closed}, k) }

// Stricter returns the stricter of two kinds.
func Stricter(a, b Kind) Kind {
	if b.Rank() > a.Rank() {
		return b
	}
	return a
}

// Phase is where the hearing stands.
type Phase string

// The phases of a hearing.
const (
	Scheduled Phase = "scheduled"
	Open      Phase = "open"
	Suspended Phase = "suspended"
	Concluded Phase = "closed"
	Signed    Phase = "signed"
	Sealed    Phase = "sealed"
)

// TestimonyPhase is where the testimony of the witness stands.
type TestimonyPhase string

// The phases of a testimony.
const (
	Waiting   TestimonyPhase = "waiting"
	Rehearsal TestimonyPhase = "rehearsal"
	Ready     TestimonyPhase = "ready"
	Live      TestimonyPhase = "live"
	Paused    TestimonyPhase = "paused"
	Released  TestimonyPhase = "released"
)
