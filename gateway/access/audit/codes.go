package audit

// Code names what happened. Codes are stable for ever: they stand in ledgers and in the locale files (audit.{code}).
type Code string

// Devices (gateway/access/device).
const (
	DeviceEnrolmentMade  Code = "device.enrolment_made"
	DeviceEnrolmentEnded Code = "device.enrolment_ended"
	DeviceWaiting        Code = "device.waiting"
	DeviceEnrolled       Code = "device.enrolled"
	DeviceRenewed        Code = "device.renewed"
	DeviceEntered        Code = "device.entered"
	DeviceRefused        Code = "device.refused"
	DeviceBetween        Code = "device.between"
	DeviceAssigned       Code = "device.assigned"
	DeviceUnassigned     Code = "device.unassigned"
	DeviceRevoked        Code = "device.revoked"
)

// The officer of a shielded room (gateway/room.go).
const RoomOfficerCode Code = "room.officer_code"

// The vault (gateway/identity).
const (
	VaultPersonMade        Code = "vault.person_made"
	VaultPersonUsed        Code = "vault.person_used"
	VaultPersonOrdered     Code = "vault.person_ordered"
	VaultSealed            Code = "vault.sealed"
	VaultResealed          Code = "vault.resealed"
	VaultKeyAnnounced      Code = "vault.key_announced"
	VaultKeyLost           Code = "vault.key_lost"
	VaultRecoveryEntered   Code = "vault.recovery_entered"
	VaultRecoveryConfirmed Code = "vault.recovery_confirmed"
	VaultOpeningOrdered    Code = "vault.opening_ordered"
	VaultShareTaken        Code = "vault.share_taken"
	VaultShareReleased     Code = "vault.share_released"
	VaultOpened            Code = "vault.opened"
	VaultRead              Code = "vault.read"
	VaultOpeningEnded      Code = "vault.opening_ended"
	VaultPaired            Code = "vault.paired"
	VaultCompanionRefused  Code = "vault.companion_refused"
	VaultUnpaired          Code = "vault.unpaired"
	VaultSeen              Code = "vault.seen"
	VaultKeyProved         Code = "vault.key_proved"
)

// Accounts (gateway/access/account).
const (
	AccountCodeDrawn       Code = "account.code_drawn"
	AccountClaimed         Code = "account.claimed"
	AccountSignedIn        Code = "account.signed_in"
	AccountRefused         Code = "account.refused"
	AccountSignedOut       Code = "account.signed_out"
	AccountSessionEnded    Code = "account.session_ended"
	AccountPasskeyAdded    Code = "account.passkey_added"
	AccountPasskeyDropped  Code = "account.passkey_dropped"
	AccountPasswordSet     Code = "account.password_set"
	AccountPasswordDropped Code = "account.password_dropped"
	AccountClosed          Code = "account.closed"
	AccountProviderLinked  Code = "account.provider_linked"
	AccountProviderDropped Code = "account.provider_dropped"
	PeopleEnrolled         Code = "people.enrolled"
	RoleGranted            Code = "role.granted"
	RoleRevoked            Code = "role.revoked"
	RecoveryAsked          Code = "recovery.asked"
	RecoveryAgreed         Code = "recovery.agreed"
	RecoveryRefused        Code = "recovery.refused"
)

// Rights, seats, touches, and the audit itself (the gateway).
const (
	AccessRefused   Code = "access.refused"
	AccessListSeen  Code = "access.list_seen"
	AccessTaken     Code = "access.record_taken"
	SeatInvited     Code = "seat.invited"
	SeatExtended    Code = "seat.extended"
	SeatRevoked     Code = "seat.revoked"
	SeatLinkGiven   Code = "seat.link_given"
	SeatEntered     Code = "seat.entered"
	SeatRefused     Code = "seat.refused"
	StepUpProved    Code = "step_up.proved"
	StepUpRefused   Code = "step_up.refused"
	InvitationsSeen Code = "invitations.seen"
	AuditSeen       Code = "audit.seen"
	AuditExported   Code = "audit.exported"
)

// The register of incidents (gateway/incident/register): who looked. What was done stands in its own book.
const (
	IncidentsSeen     Code = "incidents.seen"
	IncidentsExported Code = "incidents.exported"
)

// register holds every code and what it says, in English, for the auditor's documentation. A code is added here by the room that enters it.
var register = map[Code]string{
	AccountCodeDrawn:       "a one-time code for an account was drawn: at a start, by an administrator, or by the server's operator",
	AccountClaimed:         "an account was claimed with its one-time code; after a recovery the old passkeys, password and sessions ended with it",
	AccountSignedIn:        "a person signed in",
	AccountRefused:         "a sign-in or a one-time code was refused; without a person where nobody is known; more: how many like it were only counted",
	AccountSignedOut:       "a person signed out",
	AccountSessionEnded:    "a person ended another one of her own sessions",
	AccountPasskeyAdded:    "a person added a passkey",
	AccountPasskeyDropped:  "a person ended a passkey of hers",
	AccountPasswordSet:     "a person set a password with its time-based code",
	AccountPasswordDropped: "a person ended her password",
	AccountClosed:          "an administrator closed an account",
	AccountProviderLinked:  "a person was linked with somebody whom the identity provider knows",
	AccountProviderDropped: "a person ended her link with the identity provider",
	PeopleEnrolled:         "an administrator made an account",
	RoleGranted:            "an administrator gave a role",
	RoleRevoked:            "an administrator took a role",
	RecoveryAsked:          "an administrator asked a recovery for a person",
	RecoveryAgreed:         "another administrator agreed to a recovery",
	RecoveryRefused:        "an administrator refused a recovery",

	AccessRefused:   "a person asked for what none of her roles may; at most once a minute for each session and right",
	AccessListSeen:  "somebody looked at the list of people, of recoveries or of rooms",
	AccessTaken:     "somebody took a hearing's protocol or sealed record",
	SeatInvited:     "an account was invited to a seat of a hearing for a time",
	SeatExtended:    "the end of an invitation was moved",
	SeatRevoked:     "an invitation or a seat's link was taken back",
	SeatLinkGiven:   "a link was made for the courtroom screen or the gallery",
	SeatEntered:     "a person took the seat that she was invited to",
	SeatRefused:     "a person was refused at a seat",
	StepUpProved:    "a person confirmed an act by a fresh touch of her passkey; the proof is whole",
	StepUpRefused:   "a touch did not hold for the act that it came with",
	InvitationsSeen: "somebody looked at who is invited to a hearing",
	AuditSeen:       "an auditor looked at this audit",
	AuditExported:   "an auditor took this audit away as a file",

	IncidentsSeen:     "somebody looked at the register of incidents, or at one incident of it; at most once a minute for each session or seat",
	IncidentsExported: "somebody took the court's register of incidents away as a file; no text is in it",

	DeviceEnrolmentMade:  "a one-time code for a device was made",
	DeviceEnrolmentEnded: "an enrolment was ended, by a person or by a wrong short code",
	DeviceWaiting:        "a device came with a code and shows a short code",
	DeviceEnrolled:       "a device was certified after its short code was compared",
	DeviceRenewed:        "a device got its next certificate",
	DeviceEntered:        "a device took its place in a hearing",
	DeviceRefused:        "an enrolled device was refused",
	DeviceBetween:        "a device saw another certificate than the gateway shows: somebody may stand between",
	DeviceAssigned:       "a device was given a place in a hearing",
	DeviceUnassigned:     "a device's place in a hearing was taken back",
	DeviceRevoked:        "a device was revoked",

	RoomOfficerCode: "a room officer drew the code of a hearing",

	VaultPersonMade:        "a protected person was made under a pseudonym",
	VaultPersonUsed:        "a hearing's configuration names a protected person",
	VaultPersonOrdered:     "an order about a protected person: variation, use in another hearing, or end of the measure",
	VaultSealed:            "a version of an identity was sealed",
	VaultResealed:          "a half was sealed anew to another key",
	VaultKeyAnnounced:      "an account announced the public half of a key for the vault",
	VaultKeyLost:           "a key was reported as lost and ended",
	VaultRecoveryEntered:   "one person entered the public halves of the court's recovery pair",
	VaultRecoveryConfirmed: "a second person confirmed the recovery pair: it counts",
	VaultOpeningOrdered:    "a judge ordered an identity to be opened",
	VaultShareTaken:        "a holder took her sealed share, to release it or to seal it anew",
	VaultShareReleased:     "a holder released one half to the reader",
	VaultOpened:            "the reader took both halves: from here she can read",
	VaultRead:              "the reader said whether she could read",
	VaultOpeningEnded:      "an opening ended, and its releases were erased",
	VaultPaired:            "a companion was paired with a session; its version and hash are as it said",
	VaultCompanionRefused:  "a companion was refused: its hash is none that the court trusts",
	VaultUnpaired:          "a companion was parted from its session",
	VaultSeen:              "somebody looked at the court's persons, keys and openings",
	VaultKeyProved:         "a person confirmed an act at her companion by a signature of her vault key; the proof is whole",
}

// Register returns every code with its meaning. The map is the caller's.
func Register() map[Code]string {
	all := make(map[Code]string, len(register))
	for c, says := range register {
		all[c] = says
	}
	return all
}
