package rights

// says is the table in words.
var says = map[Right]string{
	OwnAccount:    "see and change one's own passkeys, password and sessions",
	PeopleSee:     "see the accounts of the court",
	PeopleEnrol:   "make an account, give and take a role, close an account; never one's own",
	PeopleRecover: "start or agree to the recovery of an account, two administrators together",
	SeatInvite:    "invite an account to a seat of a hearing for a time, extend, revoke; never oneself",
	SeatAppoint:   "the same for the seats of judges and clerks alone",
	SeatTake:      "take the seat that one was invited to",
	DeviceSee:     "see the rooms' devices",
	DeviceEnrol:   "enrol a device",
	DeviceRevoke:  "revoke a device at once",
	DeviceAssign:  "say which room testifies in which hearing",
	RoomCertify:   "certify the room, who is present, and free will",
	PersonProtect: "make a pseudonym and seal an identity under it",
	VaultKeyHold:  "hold one of the two keys",
	VaultOrder:    "order an opening, a variation, the end of a measure",
	VaultRelease:  "give one's share for an opening that is ordered",
	VaultRead:     "take the shares that were released to oneself",
	VaultStop:     "end an opening at once",
	AuditRead:     "read and export the court's audit; the reading is entered too",
}
