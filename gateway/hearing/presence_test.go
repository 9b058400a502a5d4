package hearing

import (
	"testing"
	"time"
)

func TestAHearingNeedsItsPersonsWhileItSitsAndThoseWhoSignUntilItIsSigned(t *testing.T) {
	since := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	signs := map[Role]bool{PresidingJudge: true, Judge: true, ReserveJudge: true, CourtClerk: true}
	for _, role := range Roles() {
		for _, c := range []struct {
			phase Phase
			after time.Duration
			want  bool
		}{
			{Scheduled, 0, false}, {Open, 0, true}, {Open, 30 * time.Hour, true},
			{Suspended, BreakHolds - time.Second, true}, {Suspended, BreakHolds, false}, {Suspended, 7 * 24 * time.Hour, false},
			{Concluded, time.Minute, signs[role]}, {Concluded, 30 * time.Hour, signs[role]}, {Signed, 0, false}, {Sealed, 0, false}, {"", 0, false},
		} {
			if got := GoesOn(c.phase, since, role, since.Add(c.after)); got != c.want {
				t.Errorf("%s, %s after %s: %v, want %v", c.phase, role, c.after, got, c.want)
			}
		}
	}
}
