package minutes

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"parda/gateway/hearing"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// book is a protocol with a way to enter events.
type book struct {
	t *testing.T
	Protocol
	index uint64
}

func newBook(t *testing.T) *book {
	b := &book{t: t}
	b.enter("system", hearing.HearingCreated, hearing.HearingCreatedPayload{Hearing: "h1", CaseNo: "1/2026", Court: "baku", Seats: hearing.DefaultSeats()})
	return b
}

func (b *book) enter(actor string, code hearing.Code, payload any) *Entry {
	b.t.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		b.t.Fatal(err)
	}
	b.index++
	e, err := b.Apply(hearing.Event{Index: b.index, Time: noon.Add(time.Duration(b.index) * time.Second), Code: code, Actor: actor, Payload: raw})
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

// readers says which default seats may read an entry, all of them taking part and none bound by an undertaking of its own.
func readers(e *Entry) (ids []string) {
	for _, s := range hearing.DefaultSeats() {
		if MayRead(Reader{Seat: s.ID, Role: s.Role, Attends: true}, *e) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

var (
	judges  = []string{"judge", "judge2", "judge3", "reserve"}
	clerk   = append(slices.Clone(judges), "clerk")
	parties = append(slices.Clone(clerk), "prosecutor", "defence", "lawyer")
	open    = append(slices.Clone(parties), "interpreter", "support", "guardian")
)

func TestEachEntryIsReadByThoseItIsFor(t *testing.T) {
	b := newBook(t)
	flag := hearing.FlagRaisedPayload{ID: "f1", Seat: "support", Role: hearing.SupportPerson, PressedAt: noon}
	secret := flag
	secret.Discreet = true
	for name, c := range map[string]struct {
		e    *Entry
		want []string
	}{
		"an answer":            {b.enter("clerk", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e1", Kind: "answer", Text: "x", By: hearing.CourtClerk}), open},
		"sealed to parties":    {b.enter("clerk", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e2", Kind: "note", Text: "x", Sealed: "parties", By: hearing.CourtClerk}), parties},
		"sealed to bench":      {b.enter("judge", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e3", Kind: "note", Text: "x", Sealed: "bench", By: hearing.PresidingJudge}), clerk},
		"sealed by what?":      {b.enter("judge", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e4", Kind: "note", Text: "x", Sealed: "archive", By: hearing.PresidingJudge}), clerk},
		"an objection":         {b.enter("defence", hearing.ObjectionRaised, hearing.RequestPayload{ID: "q1", Seat: "defence", Role: hearing.DefenceCounsel}), open},
		"a pause":              {b.enter("witness", hearing.TestimonyPaused, hearing.TestimonyPausedPayload{By: hearing.ProtectedWitness, Why: "break", Discreet: "afraid"}), open},
		"an order":             {b.enter("judge", hearing.OrderSigned, hearing.OrderSignedPayload{Version: 1}), parties},
		"consent":              {b.enter("witness", hearing.ConsentGiven, hearing.ConsentPayload{Language: "az"}), clerk},
		"a flag":               {b.enter("support", hearing.FlagRaised, flag), append(slices.Clone(clerk), "support")},
		"a discreet flag":      {b.enter("support", hearing.FlagRaised, secret), append(slices.Clone(judges), "support")},
		"a flag is ruled on":   {b.enter("judge", hearing.FlagRuled, hearing.FlagRuledPayload{ID: "f1", Seat: "support", Ruling: "warn"}), append(slices.Clone(parties), "support")},
		"a flag is dismissed":  {b.enter("judge", hearing.FlagRuled, hearing.FlagRuledPayload{ID: "f1", Seat: "support", Ruling: "dismiss"}), append(slices.Clone(clerk), "support")},
		"a discreet is ruled":  {b.enter("judge", hearing.FlagRuled, hearing.FlagRuledPayload{ID: "f1", Seat: "support", Ruling: "warn", Standing: hearing.Standing{Discreet: true}}), append(slices.Clone(judges), "support")},
		"she says more of it":  {b.enter("witness", hearing.FlagDetailed, hearing.FlagDetailedPayload{ID: "f2", Discreet: true}), judges},
		"a face in the mask":   {b.enter("system", hearing.FaceFound, hearing.FaceFoundPayload{Label: "witness/x"}), clerk},
		"an opening":           {b.enter("system", hearing.VaultOpened, hearing.VaultPayload{Opening: "o-1"}), clerk},
		"one that he is told":  {b.enter("system", hearing.VaultOpened, hearing.VaultPayload{Opening: "o-1", TellLawyer: true}), append(slices.Clone(clerk), "lawyer")},
		"the measure's end":    {b.enter("system", hearing.VaultPersonOrdered, hearing.VaultOrderPayload{Order: "r-1", Measure: "end"}), append(slices.Clone(clerk), "lawyer")},
		"its end":              {b.enter("system", hearing.VaultOpeningEnded, hearing.VaultPayload{Opening: "o-1", Why: "stopped"}), clerk},
		"a recording's length": {b.enter("system", hearing.RecordingSegment, hearing.RecordingSegmentPayload{Label: "court/bench"}), parties},
	} {
		got := readers(c.e)
		want := slices.Clone(c.want)
		slices.SortFunc(want, bySeat)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		if strings.Contains(string(mustJSON(t, c.e)), "afraid") {
			t.Errorf("%s tells of her fear", name)
		}
	}
}

func bySeat(a, b string) int {
	place := func(id string) int {
		return slices.IndexFunc(hearing.DefaultSeats(), func(s hearing.SeatSpec) bool { return s.ID == id })
	}
	return place(a) - place(b)
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPassiveSeatsAndTheKioskReadNoProtocolAndNobodyFromOutside(t *testing.T) {
	b := newBook(t)
	for _, code := range hearing.Codes() {
		d, _ := hearing.Describe(code)
		if code == hearing.HearingCreated {
			continue
		}
		e := b.enter("judge", code, d.Payload())
		if (e == nil) != (d.Level == hearing.LevelNone) {
			t.Errorf("%s: entry %v", code, e)
			continue
		}
		if e == nil {
			continue
		}
		for _, s := range hearing.DefaultSeats() {
			passive := s.Role.Passive() || s.Role == hearing.ProtectedWitness
			if passive && MayRead(Reader{Seat: s.ID, Role: s.Role, Attends: true, Undertaking: true}, *e) {
				t.Errorf("%s reads %s", s.ID, code)
			}
			if MayRead(Reader{Seat: s.ID, Role: s.Role, Undertaking: true}, *e) {
				t.Errorf("%s reads %s from outside", s.ID, code)
			}
		}
	}
}

func TestAClosedPassageStaysWithThoseWhoAreBound(t *testing.T) {
	b := newBook(t)
	b.enter("judge", hearing.SessionKind, hearing.SessionKindPayload{Kind: hearing.Closed, From: hearing.Public})
	shut := b.enter("clerk", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e1", Kind: "answer", Text: "x"})
	b.enter("judge", hearing.SessionKind, hearing.SessionKindPayload{Kind: hearing.Public, From: hearing.Closed})
	after := b.enter("clerk", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e2", Kind: "answer", Text: "y"})
	support := Reader{Seat: "support", Role: hearing.SupportPerson, Attends: true}
	if MayRead(support, *shut) || !MayRead(support, *after) {
		t.Error("who was not bound reads the closed passage afterwards, or nothing at all")
	}
	support.Undertaking = true
	if !MayRead(support, *shut) || !MayRead(Reader{Seat: "defence", Role: hearing.DefenceCounsel, Attends: true}, *shut) {
		t.Error("who is bound, or defends, is locked out")
	}
}

func TestAnAmendmentStandsBesideWhatItAmends(t *testing.T) {
	b := newBook(t)
	first := b.enter("clerk", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e1", Kind: "answer", Speaker: "witness", Text: "Yes.", Sealed: "parties", By: hearing.CourtClerk})
	second := b.enter("judge", hearing.EntryAmended, hearing.EntryAmendedPayload{ID: "e2", Entry: first.Index, Text: "No.", Reason: "misheard", Sealed: "parties", By: hearing.PresidingJudge})
	third := b.enter("judge", hearing.EntryAmended, hearing.EntryAmendedPayload{ID: "e3", Entry: second.Index, Text: "Perhaps.", Sealed: "parties", By: hearing.PresidingJudge})
	all := b.Entries()
	if len(all) != 4 || all[1].Text != "Yes." || *second.Amends != first.Index || *third.Amends != second.Index {
		t.Fatalf("%+v", all)
	}
	if third.Kind != "answer" || third.Speaker != "witness" || third.Sealed != "parties" || third.By != hearing.PresidingJudge {
		t.Errorf("%+v", third)
	}
	if string(second.System.Params["reason"]) != `"misheard"` {
		t.Errorf("%+v", second.System)
	}
}

func TestAStrikeIsReadByThoseWhoReadTheEntryAndByNobodyElse(t *testing.T) {
	for sealed, want := range map[string][]string{"": open, "parties": parties, "bench": clerk} {
		b := newBook(t)
		e := b.enter("clerk", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e1", Kind: "answer", Text: "Yes.", Sealed: sealed, By: hearing.CourtClerk})
		struck := b.enter("clerk", hearing.EntryStruck, hearing.EntryMarkedPayload{Entry: e.Index, Reason: "misheard", Sealed: sealed, By: hearing.CourtClerk})
		restored := b.enter("judge", hearing.EntryRestored, hearing.EntryMarkedPayload{Entry: e.Index, Reason: "it was said", Sealed: sealed, By: hearing.PresidingJudge})
		if *struck.Strikes != e.Index || struck.Restores != nil || *restored.Restores != e.Index || restored.Strikes != nil || struck.Text != "" || struck.By != hearing.CourtClerk {
			t.Errorf("%+v %+v", struck, restored)
		}
		for _, m := range []*Entry{struck, restored} {
			if got := readers(m); !slices.Equal(got, want) {
				t.Errorf("sealed %q: %v read it, want %v", sealed, got, want)
			}
		}
		if all := b.Entries(); all[1].Text != "Yes." {
			t.Error("the entry itself was changed")
		}
	}
}

func TestWhatWasSaidInAClosedSessionIsNotToldByItsAmendmentOrStrikeAfterwards(t *testing.T) {
	b := newBook(t)
	b.enter("judge", hearing.SessionKind, hearing.SessionKindPayload{Kind: hearing.Closed, From: hearing.Public})
	shut := b.enter("clerk", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e1", Kind: "answer", Text: "x", Lang: "ru", By: hearing.CourtClerk})
	b.enter("judge", hearing.SessionKind, hearing.SessionKindPayload{Kind: hearing.Public, From: hearing.Closed})
	amended := b.enter("clerk", hearing.EntryAmended, hearing.EntryAmendedPayload{ID: "e2", Entry: shut.Index, Text: "x and y", By: hearing.CourtClerk})
	again := b.enter("clerk", hearing.EntryAmended, hearing.EntryAmendedPayload{ID: "e3", Entry: amended.Index, Text: "x, y and z", By: hearing.CourtClerk})
	struck := b.enter("clerk", hearing.EntryStruck, hearing.EntryMarkedPayload{Entry: again.Index, Reason: "x was not said", By: hearing.CourtClerk})
	support := Reader{Seat: "support", Role: hearing.SupportPerson, Attends: true}
	for _, e := range []*Entry{shut, amended, again, struck} {
		if MayRead(support, *e) {
			t.Errorf("who is not bound reads %+v", e)
		}
	}
	if again.Lang != "ru" {
		t.Errorf("the amendment lost the language that was spoken: %+v", again)
	}
}

func TestAnEntryKeepsWhenItWasPressedAndWhenItWasWritten(t *testing.T) {
	b := newBook(t)
	pressed := noon.Add(-time.Minute)
	e := b.enter("defence", hearing.FlagRaised, hearing.FlagRaisedPayload{ID: "f1", Seat: "defence", PressedAt: pressed})
	if e.At != "2026-11-22T11:59:00.000Z" || e.WrittenAt != "2026-11-22T12:00:02.000Z" {
		t.Errorf("%s, %s", e.At, e.WrittenAt)
	}
	e = b.enter("clerk", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e1", Kind: "note", Text: "x"})
	if e.At != "2026-11-22T12:00:03.000Z" || e.WrittenAt != "" {
		t.Errorf("%s, %s", e.At, e.WrittenAt)
	}
}

func TestAnAmendmentAndAStrikeKeepWhenTheyWerePressed(t *testing.T) {
	b := newBook(t)
	pressed := noon.Add(-time.Minute)
	line := b.enter("clerk", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e1", Kind: "note", Text: "x", At: &pressed})
	for name, e := range map[string]*Entry{
		"entry":     line,
		"amendment": b.enter("clerk", hearing.EntryAmended, hearing.EntryAmendedPayload{ID: "e2", Entry: line.Index, Text: "y", At: &pressed}),
		"strike":    b.enter("clerk", hearing.EntryStruck, hearing.EntryMarkedPayload{Entry: line.Index, Reason: "r", At: &pressed}),
	} {
		if e.At != "2026-11-22T11:59:00.000Z" || e.WrittenAt == "" {
			t.Errorf("%s: at %s, written at %s", name, e.At, e.WrittenAt)
		}
	}
}

func TestASystemEntryShowsOnlyWhatTheRegisterNames(t *testing.T) {
	b := newBook(t)
	e := b.enter("judge", hearing.KeyEnrolled, hearing.KeyEnrolledPayload{Seat: "judge", Role: hearing.PresidingJudge, Key: []byte("k"), KeyCode: "1234 5678"})
	if len(e.System.Params) != 2 || string(e.System.Params["key_code"]) != `"1234 5678"` || e.Text != "" || e.By != hearing.PresidingJudge {
		t.Errorf("%s", mustJSON(t, e))
	}
}

func TestEntriesAreReadFromAnIndexOn(t *testing.T) {
	b := newBook(t)
	b.enter("judge", hearing.HearingOpened, hearing.PlainPayload{})
	b.enter("judge", hearing.KeyEnrolled, hearing.KeyEnrolledPayload{})
	b.enter("judge", hearing.HearingClosed, hearing.PlainPayload{})
	r := Reader{Seat: "interpreter", Role: hearing.Interpreter, Attends: true}
	for since, want := range map[int64]int{-1: 3, 0: 3, 1: 2, 2: 1, 3: 1, 4: 0} {
		if got := b.SeenBy(r, since); len(got) != want {
			t.Errorf("since %d: %d entries, want %d", since, len(got), want)
		}
	}
}

func TestAnEventThatCannotBeReadIsAnErrorAndNoEntry(t *testing.T) {
	b := newBook(t)
	for _, e := range []hearing.Event{
		{Code: "hearing.exploded", Payload: []byte(`{}`)},
		{Code: hearing.EntryAdded, Payload: []byte(`{"text":7}`)},
		{Code: hearing.FlagRaised, Payload: []byte(`[]`)},
		{Code: hearing.SessionKind, Payload: []byte(`{`)},
		{Code: hearing.HearingOpened, Payload: nil},
	} {
		if _, err := b.Apply(e); err == nil {
			t.Errorf("%s was taken", e.Code)
		}
	}
	if len(b.Entries()) != 1 {
		t.Error("something was entered")
	}
}
