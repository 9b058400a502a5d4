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

func TestASeatThatIsGivenToSomebodyElseLosesKeyAndUndertaking(t *testing.T) {
	s := New()
	s.Seats = []Seat{{ID: "judge", Role: PresidingJudge, Admitted: true, Entered: true, Key: []byte{1}, KeyCode: "k"}, {ID: "clerk", Role: CourtClerk, Admitted: true}}
	drafts := SeatGiven(s, "judge")
	if len(drafts) != 1 || drafts[0].Code != SeatReissued || drafts[0].Actor != string(System) {
		t.Fatalf("drafts: %v", drafts)
	}
	s.seatEvent(Event{Code: SeatReissued}, &SeatPayload{Seat: "judge"})
	if judge, _ := s.Seat("judge"); judge.Key != nil || judge.Entered {
		t.Errorf("the seat keeps what was the old one's: %+v", judge)
	}
	if d := SeatGiven(s, "clerk"); d != nil {
		t.Errorf("a seat that nobody took: %v", d)
	}
}
