// Package rights is the one table of who may do what outside a hearing's own rules: which role of an account has which right.
//
// It is pure and has no exceptions: a right is a line of the table below, and a route names the right that it needs (gateway/guard.go). What a
// seat may do inside a hearing is in gateway/hearing (the table of commands) and what it may see in gateway/visibility. RIGHTS.md is written from
// this table by its test.
package rights

import "slices"

// Role is what an account is in its court. The strings are stable: they stand in the store and in the audit.
type Role string

// The roles of accounts. A person may have several, and never one that she gave to herself.
const (
	Administrator  Role = "administrator"
	Auditor        Role = "auditor"
	Judge          Role = "judge"
	CourtClerk     Role = "court_clerk"
	Prosecutor     Role = "prosecutor"
	Investigator   Role = "investigator"
	DefenceCounsel Role = "defence_counsel"
	VictimsLawyer  Role = "victims_lawyer"
	Interpreter    Role = "interpreter"
	SupportPerson  Role = "support_person"
	LegalGuardian  Role = "legal_representative"
	RoomOfficer    Role = "room_officer"
	// RegisterOfficer looks for patterns across the incidents of all courts of a gateway, and sits in no hearing.
	RegisterOfficer Role = "register_officer"
)

// Roles lists every role, in the order of pages and of RIGHTS.md. The slice is the caller's.
func Roles() []Role {
	return []Role{Administrator, Auditor, Judge, CourtClerk, Prosecutor, Investigator, DefenceCounsel, VictimsLawyer, Interpreter, SupportPerson, LegalGuardian, RoomOfficer, RegisterOfficer}
}

// Right is one thing that may be done, in one's own court.
type Right string

// The rights. Every route that asks for a person names one of them.
const (
	OwnAccount Right = "own_account" // one's own passkeys, password, sessions: every account

	PeopleSee     Right = "people.see"
	PeopleEnrol   Right = "people.enrol"   // make an account, give and take a role, close an account
	PeopleRecover Right = "people.recover" // with a second administrator

	SeatInvite  Right = "seat.invite"  // bind a seat of a hearing to a person and a time, and take it back
	SeatAppoint Right = "seat.appoint" // the same for the seats of judges and clerks alone: how the first of them comes into a hearing
	SeatTake    Right = "seat.take"    // take the seat that one was invited to

	DeviceSee    Right = "device.see"
	DeviceEnrol  Right = "device.enrol"
	DeviceRevoke Right = "device.revoke"
	DeviceAssign Right = "device.assign" // say which room testifies in which hearing
	RoomCertify  Right = "room.certify"

	PersonProtect Right = "person.protect" // make a pseudonym and seal an identity under it
	VaultKeyHold  Right = "vault.key"      // hold one of the two keys
	VaultOrder    Right = "vault.order"    // order an opening, a variation, the end of a measure
	VaultRelease  Right = "vault.release"  // give one's share for an opening that is ordered
	VaultRead     Right = "vault.read"     // take the shares that were released to oneself
	VaultStop     Right = "vault.stop"     // end an opening at once

	AuditRead Right = "audit.read"

	// Incidents: which one, and how much of it, is the table of gateway/incident/register (INCIDENTS.md).
	IncidentSee      Right = "incident.see"
	IncidentFile     Right = "incident.file"     // out of court
	IncidentRule     Right = "incident.rule"     // enter, refer, dismiss, reopen
	IncidentClock    Right = "incident.clock"    // enter that a request was received, decided, served, complained of
	IncidentAsk      Right = "incident.ask"      // file a request for protection
	IncidentAgree    Right = "incident.agree"    // enter an agreement to a referral
	IncidentRefer    Right = "incident.refer"    // refer to a body
	IncidentOverview Right = "incident.overview" // of all courts of this gateway
	StatisticsSee    Right = "statistics.see"
)

// table gives each right to the roles that have it. What is not in it is denied.
var table = map[Right][]Role{
	OwnAccount: Roles(),

	PeopleSee:     {Administrator, CourtClerk, Judge},
	PeopleEnrol:   {Administrator},
	PeopleRecover: {Administrator},

	SeatInvite:  {CourtClerk, Judge},
	SeatAppoint: {Administrator},
	SeatTake:    {Judge, CourtClerk, Prosecutor, DefenceCounsel, VictimsLawyer, Interpreter, SupportPerson, LegalGuardian},

	DeviceSee:    {Administrator, CourtClerk, Judge},
	DeviceEnrol:  {Administrator},
	DeviceRevoke: {Administrator, Judge},
	DeviceAssign: {CourtClerk, Judge},
	RoomCertify:  {RoomOfficer},

	PersonProtect: {Investigator, Prosecutor, Judge},
	VaultKeyHold:  {Judge, Prosecutor},
	VaultOrder:    {Judge},
	VaultRelease:  {Judge, Prosecutor},
	VaultRead:     {Judge, Prosecutor, Investigator},
	VaultStop:     {Judge, Prosecutor},

	AuditRead: {Auditor},

	IncidentSee:      {Judge, CourtClerk, Prosecutor, DefenceCounsel, VictimsLawyer, Interpreter, SupportPerson, LegalGuardian, RegisterOfficer},
	IncidentFile:     {Judge, CourtClerk, Prosecutor, VictimsLawyer, SupportPerson, LegalGuardian},
	IncidentRule:     {Judge},
	IncidentClock:    {Judge, CourtClerk},
	IncidentAsk:      {Judge, Prosecutor, VictimsLawyer, SupportPerson, LegalGuardian},
	IncidentAgree:    {Judge, VictimsLawyer},
	IncidentRefer:    {Judge, VictimsLawyer},
	IncidentOverview: {RegisterOfficer},
	StatisticsSee:    {Administrator, Auditor, Judge, RegisterOfficer},
}

// Says tells in a sentence what each right is, for RIGHTS.md.
func Says(r Right) string { return says[r] }

// Rights lists every right, in alphabetical order.
func Rights() []Right {
	all := make([]Right, 0, len(table))
	for r := range table {
		all = append(all, r)
	}
	slices.Sort(all)
	return all
}

// Has says whether one of the roles gives the right.
func Has(roles []Role, right Right) bool {
	for _, r := range table[right] {
		if slices.Contains(roles, r) {
			return true
		}
	}
	return false
}
