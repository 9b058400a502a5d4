package audit

// Code names what happened. Codes are stable for ever: they stand in ledgers and in the locale files (audit.{code}).
type Code string

// register holds every code and what it says, in English, for the auditor's documentation. A code is added here by the room that enters it.
var register = map[Code]string{}

// Register returns every code with its meaning. The map is the caller's.
func Register() map[Code]string {
	all := make(map[Code]string, len(register))
	for c, says := range register {
		all[c] = says
	}
	return all
}
