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

// register holds every code and what it says, in English, for the auditor's documentation. A code is added here by the room that enters it.
var register = map[Code]string{
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
}

// Register returns every code with its meaning. The map is the caller's.
func Register() map[Code]string {
	all := make(map[Code]string, len(register))
	for c, says := range register {
		all[c] = says
	}
	return all
}
