package account

import (
	"slices"

	"parda/gateway/access/rights"
)

// together names the only roles that one person may have beside each other. Every other pair is refused: who enrols people sees no hearing (A6), who reads the audit
// is not in it as anything else, one person never holds both keys of the vault (judge and prosecutor), and nobody is on two sides, or beside the witness and at
// the bench. An advocate defends in one hearing and represents a victim in another; a seat binds her to one of them in each. Auditor and register officer both look and decide nothing.
var together = [][2]rights.Role{
	{rights.DefenceCounsel, rights.VictimsLawyer},
	{rights.SupportPerson, rights.LegalGuardian},
	{rights.Auditor, rights.RegisterOfficer},
}

// rolesHold says whether the roles may be those of one person: at least one, each of them known, none twice, and no pair that must stay apart.
func rolesHold(roles []rights.Role) bool {
	for i, r := range roles {
		if !slices.Contains(rights.Roles(), r) {
			return false
		}
		for _, other := range roles[:i] {
			if !slices.Contains(together, [2]rights.Role{r, other}) && !slices.Contains(together, [2]rights.Role{other, r}) {
				return false
			}
		}
	}
	return len(roles) > 0
}
