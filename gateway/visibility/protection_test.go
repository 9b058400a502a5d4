package visibility

import (
	"strings"
	"testing"

	"parda/gateway/hearing"
)

// A request for protection is the bench's and the clerk's to see, and that of a discreet incident the bench's alone; so are its alarms.
func TestRequestsForProtectionAreShownToTheBenchAndTheClerkAlone(t *testing.T) {
	p := full(t)
	x := Extras{Protection: []ProtectionView{{Incident: "i-open", Phase: "received", Alarm: "protection_due"}, {Incident: "i-discreet", Phase: "overdue", Alarm: "protection_overrun", Discreet: true}}}
	for _, seat := range hearing.DefaultSeats() {
		v, raw := p.view(seat.ID, x)
		open, discreet := seat.Role.Bench() || seat.Role == hearing.CourtClerk, seat.Role.Bench()
		for id, want := range map[string]bool{"i-open": open, "i-discreet": discreet} {
			if strings.Contains(raw, id) != want {
				t.Errorf("%s is told of %s: %v", seat.ID, id, !want)
			}
		}
		alarms := ""
		for _, a := range v.Alarms {
			alarms += a.Code + " "
		}
		if strings.Contains(alarms, "protection_due") != open || strings.Contains(alarms, "protection_overrun") != discreet {
			t.Errorf("%s has the alarms %s", seat.ID, alarms)
		}
	}
}
