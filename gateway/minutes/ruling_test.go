package minutes

import (
	"strings"
	"testing"

	"parda/gateway/hearing"
)

// TestARulingNamesTheJudgeWhoMadeIt follows each act of the bench from the event into the entry and onto the paper.
func TestARulingNamesTheJudgeWhoMadeIt(t *testing.T) {
	b := newBook(t)
	paper := &paper{speech: speech{words: locale(t, "en"), pseudonym: "Lalə", seats: hearing.DefaultSeats()}}
	for name, c := range map[string]struct {
		actor string
		code  hearing.Code
		say   any
		by    hearing.Role
		seat  string
		head  string
	}{
		"a ruling given":      {"judge", hearing.RulingGiven, hearing.RulingGivenPayload{ID: "r1", About: "kind", Reason: "x", Positions: "y"}, hearing.PresidingJudge, "judge", "presiding judge"},
		"an order":            {"judge", hearing.OrderSigned, hearing.OrderSignedPayload{Version: 1}, hearing.PresidingJudge, "judge", "presiding judge"},
		"a flag":              {"judge", hearing.FlagRuled, hearing.FlagRuledPayload{ID: "f1", Seat: "defence", Ruling: "warn"}, hearing.PresidingJudge, "judge", "presiding judge · intimidation incident"},
		"a request":           {"judge", hearing.RequestDone, hearing.RequestDonePayload{ID: "q1", What: "question", Ruling: "allowed"}, hearing.PresidingJudge, "judge", "presiding judge"},
		"the kind of session": {"judge", hearing.SessionKind, hearing.SessionKindPayload{Kind: hearing.Private}, hearing.PresidingJudge, "judge", "presiding judge"},
		"a removal":           {"judge", hearing.SeatRemoved, hearing.SeatPayload{Seat: "defence"}, hearing.PresidingJudge, "judge", "presiding judge"},
		"one of two judges":   {"judge3", hearing.TestimonyPaused, hearing.TestimonyPausedPayload{By: hearing.Judge, Why: "judge"}, hearing.Judge, "judge3", "judge 2"},
		"the reserve judge":   {"reserve", hearing.TestimonyPaused, hearing.TestimonyPausedPayload{By: hearing.ReserveJudge, Why: "judge"}, hearing.ReserveJudge, "reserve", "reserve judge"},
		"written by a clerk":  {"clerk", hearing.EntryAdded, hearing.EntryAddedPayload{Kind: "ruling", Speaker: "judge", Text: "x", By: hearing.CourtClerk}, hearing.CourtClerk, "clerk", "judge · ruling"},
		"no judge's act":      {"support", hearing.TestimonyPaused, hearing.TestimonyPausedPayload{By: hearing.SupportPerson, Why: "support"}, hearing.SupportPerson, "support", ""},
		"nobody's act":        {"system", hearing.LedgerBack, hearing.EmptyPayload{}, hearing.System, "", ""},
		"a judge came in":     {"judge", hearing.SeatEntered, hearing.SeatPayload{Seat: "judge", Role: hearing.PresidingJudge}, hearing.PresidingJudge, "judge", ""},
	} {
		e := b.enter(c.actor, c.code, c.say)
		if e.By != c.by || e.BySeat != c.seat {
			t.Errorf("%s: by %s at %q, want %s at %q", name, e.By, e.BySeat, c.by, c.seat)
		}
		if got := paper.head(Line{Entry: *e}); got != c.head {
			t.Errorf("%s: the paper says %q, want %q", name, got, c.head)
		}
	}
}

func TestHerRemarkStandsUnderThePseudonymInHerOwnName(t *testing.T) {
	b := newBook(t)
	e := b.enter("witness", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e1", Kind: hearing.KindRemark, Speaker: "witness", Text: "x", By: hearing.ProtectedWitness})
	if e.Kind != "remark" || e.By != hearing.ProtectedWitness || e.Speaker != "witness" {
		t.Errorf("%+v", e)
	}
	for _, lang := range []string{"az", "en", "ru"} {
		p := &paper{speech: speech{words: locale(t, lang), pseudonym: "Lalə"}}
		if got := p.head(Line{Entry: *e}); !strings.HasPrefix(got, "Lalə · ") || strings.HasSuffix(got, "· remark") != (lang == "en") {
			t.Errorf("%s: %q", lang, got)
		}
	}
	if got := readers(e); strings.Join(got, " ") != strings.Join(open, " ") {
		t.Errorf("read by %v", got)
	}
}
