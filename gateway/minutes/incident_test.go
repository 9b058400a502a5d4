package minutes

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"parda/gateway/hearing"
)

// What is entered of flags, of duress and of emergencies: who reads it, and that the paper says it whole in each language, without a code, a brace or a gap.
func TestWhatIsEnteredOfIncidentsIsReadByThoseItIsForAndSaidInWords(t *testing.T) {
	b := newBook(t)
	entered, discreet := hearing.Standing{Entered: true}, hearing.Standing{Discreet: true}
	detail := hearing.FlagDetail{Kind: "gesture", Target: "x", Source: "y", Note: "z.", Concerns: "dock", ConcernsRole: hearing.RoleAccused}
	and := func(list []string, more ...string) []string { return append(slices.Clone(list), more...) }
	code := regexp.MustCompile(`[{}\[\]_]|–|\b[a-z]+\.[a-z]+\b`)
	for name, c := range map[string]struct {
		e    *Entry
		want []string
	}{
		"raised":                   {b.enter("support", hearing.FlagRaised, hearing.FlagRaisedPayload{ID: "f1", Seat: "support", Role: hearing.SupportPerson, PressedAt: noon, FlagDetail: detail}), and(clerk, "support")},
		"detailed":                 {b.enter("support", hearing.FlagDetailed, hearing.FlagDetailedPayload{ID: "f1", FlagDetail: detail}), and(clerk, "support")},
		"put":                      {b.enter("judge", hearing.FlagPut, hearing.FlagPutPayload{Flag: "f1", Seat: "defence", Role: hearing.DefenceCounsel, Form: "gist", Gist: "G."}), clerk},
		"put, entered":             {b.enter("judge", hearing.FlagPut, hearing.FlagPutPayload{Flag: "f1", Seat: "defence", Role: hearing.DefenceCounsel, Form: "whole", Standing: entered}), parties},
		"put, discreet":            {b.enter("judge", hearing.FlagPut, hearing.FlagPutPayload{Flag: "f1", Seat: "interpreter", Role: hearing.Interpreter, Form: "orally", Standing: discreet}), judges},
		"answered":                 {b.enter("interpreter", hearing.FlagAnswered, hearing.FlagAnsweredPayload{Flag: "f1", Seat: "interpreter", Role: hearing.Interpreter, Text: "No."}), and(clerk, "interpreter")},
		"answered, entered":        {b.enter("defence", hearing.FlagAnswered, hearing.FlagAnsweredPayload{Flag: "f1", Seat: "defence", Role: hearing.DefenceCounsel, Text: "No.", Standing: entered}), parties},
		"answered, discreet":       {b.enter("guardian", hearing.FlagAnswered, hearing.FlagAnsweredPayload{Flag: "f1", Seat: "guardian", Role: hearing.LegalRepresentative, Text: "No.", Standing: discreet}), and(judges, "guardian")},
		"heard":                    {b.enter("judge", hearing.FlagHeard, hearing.FlagHeardPayload{Flag: "f1", Seat: "dock", Role: hearing.RoleAccused, Heard: "orally", Positions: "No."}), clerk},
		"heard, entered":           {b.enter("judge", hearing.FlagHeard, hearing.FlagHeardPayload{Flag: "f1", Seat: "dock", Role: hearing.RoleAccused, Heard: "declined", Standing: entered}), parties},
		"heard, discreet":          {b.enter("judge", hearing.FlagHeard, hearing.FlagHeardPayload{Flag: "f1", Seat: "interpreter", Role: hearing.Interpreter, Heard: "absent", Standing: discreet}), judges},
		"hidden for it":            {b.enter("judge", hearing.FlagRuled, hearing.FlagRuledPayload{ID: "f1", Seat: "support", Role: hearing.SupportPerson, PressedAt: noon, Ruling: "hide", Against: "dock", To: hearing.RoleAccused, Provisional: true, Answers: "No.", FlagDetail: detail}), and(parties, "support")},
		"muted, discreet":          {b.enter("judge", hearing.FlagRuled, hearing.FlagRuledPayload{ID: "f2", Seat: "support", Role: hearing.SupportPerson, PressedAt: noon, Ruling: "mute", Against: "guardian", To: hearing.LegalRepresentative, Standing: discreet}), and(judges, "support")},
		"dismissed later":          {b.enter("judge", hearing.FlagRuled, hearing.FlagRuledPayload{ID: "f1", Seat: "support", Role: hearing.SupportPerson, PressedAt: noon, Ruling: "dismiss", Reason: "r", Standing: entered}), and(parties, "support")},
		"referred, entered":        {b.enter("judge", hearing.FlagRuled, hearing.FlagRuledPayload{ID: "f1", Seat: "support", Role: hearing.SupportPerson, PressedAt: noon, Ruling: "refer", Standing: entered}), and(clerk, "support")},
		"referred, discreet":       {b.enter("judge", hearing.FlagRuled, hearing.FlagRuledPayload{ID: "f2", Seat: "support", Role: hearing.SupportPerson, PressedAt: noon, Ruling: "refer", Standing: discreet}), and(judges, "support")},
		"filed":                    {b.enter("judge", hearing.ProtectionRequested, hearing.ProtectionRequestedPayload{Flag: "f1", Seat: "judge", Role: hearing.PresidingJudge, OwnMotion: true, Note: "n."}), clerk},
		"filed, discreet":          {b.enter("judge", hearing.ProtectionRequested, hearing.ProtectionRequestedPayload{Flag: "f2", Seat: "judge", Role: hearing.PresidingJudge, Standing: discreet}), judges},
		"filed, entered":           {b.enter("lawyer", hearing.ProtectionRequested, hearing.ProtectionRequestedPayload{Flag: "f1", Seat: "lawyer", Role: hearing.VictimsLawyer, Standing: entered}), and(clerk, "lawyer")},
		"hidden":                   {b.enter("judge", hearing.SeatHidden, hearing.SeatPayload{Seat: "dock", Role: hearing.RoleAccused, Reason: "r"}), open},
		"shown":                    {b.enter("judge", hearing.SeatShown, hearing.SeatPayload{Seat: "dock", Role: hearing.RoleAccused}), open},
		"the dock is muted":        {b.enter("judge", hearing.SeatMuted, hearing.SeatPayload{Seat: "dock", Role: hearing.RoleAccused}), open},
		"a stop is taken":          {b.enter("judge", hearing.SeatStopTaken, hearing.SeatPayload{Seat: "support", Role: hearing.SupportPerson, Reason: "r"}), clerk},
		"a stop is given back":     {b.enter("judge", hearing.SeatStopGiven, hearing.SeatPayload{Seat: "support", Role: hearing.SupportPerson}), clerk},
		"owed on a flag":           {b.enter("judge", hearing.RulingOwed, hearing.RulingOwedPayload{ID: "r1", About: "flag", Role: hearing.RoleAccused, Due: noon}), parties},
		"owed on a discreet one":   {b.enter("judge", hearing.RulingOwed, hearing.RulingOwedPayload{ID: "r2", About: "flag", Role: hearing.Interpreter, Due: noon, Flag: "f2", Discreet: true}), judges},
		"given on a discreet one":  {b.enter("judge", hearing.RulingGiven, hearing.RulingGivenPayload{ID: "r2", About: "flag", Role: hearing.Interpreter, Reason: "r", Positions: "p", Flag: "f2", Discreet: true}), judges},
		"overdue, discreet":        {b.enter("system", hearing.RulingOverdue, hearing.RulingOverduePayload{ID: "r2", About: "hide", Discreet: true}), judges},
		"a technical pause":        {b.enter("judge", hearing.TestimonyPaused, hearing.TestimonyPausedPayload{By: hearing.PresidingJudge, Why: "technical", Discreet: "clear_room"}), open},
		"the room was not cleared": {b.enter("system", hearing.RoomCertificateVoid, hearing.RoomVoidPayload{Void: "not_alone"}), clerk},
		"duress":                   {b.enter("system", hearing.DuressRaised, hearing.DuressRaisedPayload{ID: "d1", By: hearing.ProtectedWitness, Means: "key", PressedAt: noon, At: noon}), judges},
		"duress by telephone":      {b.enter("system", hearing.DuressRaised, hearing.DuressRaisedPayload{ID: "d2", By: hearing.PresidingJudge, Means: "phrase", PressedAt: noon, At: noon}), judges},
		"the room is cleared":      {b.enter("system", hearing.DuressAnswered, hearing.DuressAnsweredPayload{ID: "d3", Duress: "d1", Do: "clear_room", At: noon}), judges},
		"a neutral pause":          {b.enter("system", hearing.DuressAnswered, hearing.DuressAnsweredPayload{ID: "d4", Duress: "d1", Do: "pause", At: noon}), judges},
		"stood down":               {b.enter("system", hearing.DuressAnswered, hearing.DuressAnsweredPayload{ID: "d5", Duress: "d1", Do: "stand_down", Reason: "r", At: noon}), judges},
		"an emergency":             {b.enter("witness", hearing.EmergencyRaised, hearing.EmergencyRaisedPayload{PressedBy: "officer", PressedAt: noon}), judges},
		"the bench's":              {b.enter("judge", hearing.EmergencyRaised, hearing.EmergencyRaisedPayload{PressedBy: "bench", PressedAt: noon}), judges},
		"hers":                     {b.enter("witness", hearing.EmergencyRaised, hearing.EmergencyRaisedPayload{PressedBy: "witness", PressedAt: noon}), judges},
		"its end":                  {b.enter("judge", hearing.EmergencyEnded, hearing.EmergencyEndedPayload{Reason: "r"}), judges},
		"a clip":                   {b.enter("system", hearing.EvidenceFrozen, hearing.EvidenceFrozenPayload{ID: "x", Flags: []string{"f1"}, Label: "court/hall", DurationMS: 120000, SHA256: "ab12"}), judges},
		"no clip":                  {b.enter("system", hearing.EvidenceFailed, hearing.EvidenceFailedPayload{Flags: []string{"f1"}, Label: "court/dock", Why: "no_room"}), judges},
		"a file":                   {b.enter("lawyer", hearing.EvidenceAttached, hearing.EvidenceAttachedPayload{ID: "x", Flag: "f1", SHA256: "ab12", Role: hearing.VictimsLawyer, Seat: "lawyer"}), judges},
	} {
		want := slices.Clone(c.want)
		slices.SortFunc(want, bySeat)
		if got := readers(c.e); !slices.Equal(got, slices.Compact(want)) {
			t.Errorf("%s: read by %v, want %v", name, got, want)
		}
		for _, lang := range []string{"az", "en", "ru"} {
			said := speech{words: locale(t, lang), pseudonym: "Lalə", seats: hearing.DefaultSeats()}.system(c.e.System)
			if said == string(c.e.System.Code) || code.MatchString(strings.ReplaceAll(said, " – ", " ")) {
				t.Errorf("%s, %s: %q", name, lang, said)
			}
		}
	}
}
