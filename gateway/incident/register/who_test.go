package register

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"parda/gateway/access/rights"
	"parda/gateway/hearing"
)

var update = flag.Bool("update", false, "write INCIDENTS.md anew")

// The whole table once more, by hand: depth by role and class. What is not here is nothing.
var wantDepth = map[rights.Role]map[Class]Depth{
	rights.Judge:           {Own: Whole, Entered: Whole, NotEntered: Whole, HereDiscreet: Whole, FiledHere: Whole, FiledDiscreet: Whole, Elsewhere: AsEntered},
	rights.CourtClerk:      {Own: Whole, Entered: Whole, NotEntered: Whole, FiledHere: Whole},
	rights.Prosecutor:      {Own: AsRaised, Entered: AsEntered},
	rights.VictimsLawyer:   {Own: AsRaised, Entered: AsRaised},
	rights.DefenceCounsel:  {Own: AsRaised, Entered: AsEntered},
	rights.Interpreter:     {Own: AsRaised},
	rights.SupportPerson:   {Own: AsRaised},
	rights.LegalGuardian:   {Own: AsRaised},
	rights.RegisterOfficer: {FiledHere: Whole, Elsewhere: Whole, AnotherCourt: Whole},
}

// And who may do what, by role, class and action: a letter for each action of Actions(), a dot for none.
//
//	s see, n note, r rule, S source, q request, o own motion, R receive, D decide, V serve, C complain, a agree, t attach, e evidence, f refer, d send, k acknowledge, i identity
var wantMay = map[rights.Role]map[Class]string{
	rights.Judge: {Own: "snrSqoRDVCatefdki", Entered: "snrSqoRDVCatefdki", NotEntered: "snrSqoRDVCatefdki", HereDiscreet: "snrSqoRDVCatefdki", FiledHere: "snrSqoRDVCatefdki",
		FiledDiscreet: "snrSqoRDVCatefdki", Elsewhere: "s................"},
	rights.CourtClerk:     {Own: "sn.S..RDVC.t..dk.", Entered: "sn.S..RDVC.t..dk.", NotEntered: "sn.S..RDVC.t..dk.", FiledHere: "sn.S..RDVC.t..dk."},
	rights.Prosecutor:     {Own: "sn..q......t.....", Entered: "s...q............"},
	rights.VictimsLawyer:  {Own: "sn..q.....at.fdk.", Entered: "sn..q.....at.fdk."},
	rights.DefenceCounsel: {Own: "sn.........t.....", Entered: "s................"},
	rights.Interpreter:    {Own: "sn.........t....."},
	rights.SupportPerson:  {Own: "sn..q......t....."},
	rights.LegalGuardian:  {Own: "sn..q......t....."},
	rights.RegisterOfficer: {
		FiledHere: "s..S.............", Elsewhere: "s..S.............", AnotherCourt: "s..S.............",
	},
}

// ofClass makes an incident and a viewer in one role to whom it is of this class.
func ofClass(role rights.Role, class Class) (Viewer, *Incident) {
	v := Viewer{Court: "baku", Person: "p-me", Roles: []rights.Role{role}, Door: Who{Role: string(role), Person: "p-me"}, Sits: []Sitting{{"h1", "seat", role}}}
	i := &Incident{ID: "i-1", Court: "baku", Origin: FromHearing, Hearing: "h1", By: Who{Role: "defence_counsel", Hearing: "h1", Seat: "other"}}
	entered := []Ruling{{Ruling: "enter"}}
	switch class {
	case Own:
		i.By = Who{Role: string(role), Person: "p-me"}
	case Entered:
		i.Rulings = entered
	case HereDiscreet:
		i.Discreet, i.Rulings = true, entered
	case FiledHere, FiledDiscreet:
		i.Origin, i.Hearing = Filed, ""
	case Elsewhere, ElseDiscreet:
		i.Hearing, i.Rulings = "h2", entered
	case AnotherCourt, AnotherCourtDisc:
		i.Court, i.Rulings = "ganja", entered
	}
	i.Discreet = i.Discreet || class == FiledDiscreet || class == ElseDiscreet || class == AnotherCourtDisc
	return v, i
}

func TestWhoMaySeeWhichIncidentAndDoWhatAboutIt(t *testing.T) {
	letters := "snrSqoRDVCatefdki"
	if len(letters) != len(Actions()) {
		t.Fatalf("%d letters for %d actions", len(letters), len(Actions()))
	}
	for _, role := range append(rights.Roles(), "", "root", "protected_witness", "gallery") {
		for _, class := range Classes() {
			v, i := ofClass(role, class)
			if got, ok := v.class(i, role); !ok || got != class {
				t.Errorf("%s: an incident that is %s is taken for %s", role, class, got)
			}
			if got := DepthFor(v, i); got != wantDepth[role][class] {
				t.Errorf("%s sees what is %s %q, want %q", role, class, got, wantDepth[role][class])
			}
			may := wantMay[role][class]
			for n, a := range Actions() {
				want := may != "" && may[n] == letters[n]
				if May(v, i, a) != want {
					t.Errorf("%s may %s what is %s: %v", role, a, class, !want)
				}
			}
		}
	}
}

// A discreet incident, by whatever door and in whatever role, is known to the bench of its hearing (without one: to the court's judges) and to who raised it.
func TestADiscreetIncidentIsToldToNobodyButTheBenchAndItsRaiser(t *testing.T) {
	for _, role := range rights.Roles() {
		for _, class := range []Class{HereDiscreet, FiledDiscreet, ElseDiscreet, AnotherCourtDisc} {
			v, i := ofClass(role, class)
			want := role == rights.Judge && (class == HereDiscreet || class == FiledDiscreet)
			if (DepthFor(v, i) != Nothing) != want {
				t.Errorf("%s, %s: %v", role, class, DepthFor(v, i))
			}
			for _, r := range []string{"enter", "warn", "refer", "private"} { // no ruling makes it another's
				i.Rulings = append(i.Rulings, Ruling{Ruling: r})
				if i.Entered() || (DepthFor(v, i) != Nothing) != want {
					t.Errorf("%s, %s, ruled %s: it is told", role, class, r)
				}
			}
		}
	}
}

// Nobody but the register officer sees anything of another court, not even who filed there once.
func TestNothingOfAnotherCourtIsSeen(t *testing.T) {
	for _, role := range rights.Roles() {
		v, i := ofClass(role, AnotherCourt)
		i.By, i.Hearing = Who{Role: string(role), Person: "p-me"}, "h1"
		if (DepthFor(v, i) != Nothing) != (role == rights.RegisterOfficer) {
			t.Errorf("%s sees an incident of another court %v", role, DepthFor(v, i))
		}
	}
}

// The door of a hearing's seats opens to that hearing's incidents alone.
func TestTheDoorOfASeatOpensToItsHearingAlone(t *testing.T) {
	for _, seat := range hearing.DefaultSeats() {
		role, ok := rights.ForSeat(seat.Role)
		if !ok {
			role = rights.Role(seat.Role)
		}
		v := Viewer{Court: "baku", Roles: []rights.Role{role}, Sits: []Sitting{{"h1", seat.ID, role}}, Only: "h1", Door: Who{Role: string(seat.Role), Hearing: "h1", Seat: seat.ID}}
		for _, class := range []Class{FiledHere, Elsewhere, AnotherCourt} {
			if _, i := ofClass(role, class); i.Hearing != "h1" && DepthFor(v, i) != Nothing {
				t.Errorf("%s sees what is %s", seat.ID, class)
			}
		}
		own := &Incident{Court: "baku", Hearing: "h1", By: Who{Role: string(seat.Role), Hearing: "h1", Seat: seat.ID}}
		if (DepthFor(v, own) != Nothing) != ok {
			t.Errorf("%s sees its own flag %v", seat.ID, DepthFor(v, own))
		}
	}
}

// Where the flag's hearing would not yet let the parties read of it, the register does not either: a dismissal, a reopening and a referral alone enter nothing, and what was read once is not taken away.
func TestWhatIsEntered(t *testing.T) {
	for rulings, want := range map[string]bool{"": false, "dismiss": false, "enter": true, "warn": true, "refer": false, "enter refer": true, "enter dismiss": true, "dismiss enter": true, "enter reopen": true, "refer warn": true} {
		i := &Incident{}
		for _, r := range strings.Fields(rulings) {
			i.Rulings = append(i.Rulings, Ruling{Ruling: r})
		}
		if i.Entered() != want {
			t.Errorf("%q: %v", rulings, i.Entered())
		}
		i.Discreet = true
		if i.Entered() {
			t.Errorf("%q: a discreet one is entered", rulings)
		}
	}
}

// The rights of routes and the table agree: who may do something about some incident has the right that its route asks for, and the other way round.
func TestTheRightsAndTheTableAgree(t *testing.T) {
	needs := map[Action]rights.Right{See: rights.IncidentSee, Note: rights.IncidentSee, NameSource: rights.IncidentSee, Rule: rights.IncidentRule, Ask: rights.IncidentAsk, OwnMotion: rights.IncidentAsk,
		Receive: rights.IncidentClock, Decide: rights.IncidentClock, Serve: rights.IncidentClock, Complain: rights.IncidentClock, Agree: rights.IncidentAgree, Refer: rights.IncidentRefer}
	for _, role := range rights.Roles() {
		for a, right := range needs {
			may := slices.ContainsFunc(Classes(), func(class Class) bool {
				v, i := ofClass(role, class)
				return May(v, i, a)
			})
			if has := rights.Has([]rights.Role{role}, right); may && !has {
				t.Errorf("%s may %s and has no %s", role, a, right)
			} else if has && !may && a != Note && a != NameSource && a != OwnMotion {
				t.Errorf("%s has %s and may %s nothing", role, right, a)
			}
		}
		if MayFile([]rights.Role{role}) != rights.Has([]rights.Role{role}, rights.IncidentFile) {
			t.Errorf("%s: filing", role)
		}
	}
}

func TestOriginalsAreTheBenchsAndWhoAttachedThem(t *testing.T) {
	copied := &EvidenceCopiedPayload{SHA256: "x"}
	for _, role := range rights.Roles() {
		for _, class := range Classes() {
			v, i := ofClass(role, class)
			for name, e := range map[string]Evidence{"a clip": {What: "clip", State: "kept"}, "another's file": {What: "attachment", State: "kept", Copy: copied, By: Who{Person: "p-other"}},
				"her own file": {What: "attachment", State: "kept", Copy: copied, By: Who{Person: "p-me"}}, "an erased file": {What: "attachment", State: "erased", Copy: copied, By: Who{Person: "p-me"}}} {
				got := EvidenceMay(v, i, e)
				sees := DepthFor(v, i) != Nothing
				original := sees && e.State == "kept" && (name == "her own file" || role == rights.Judge && class != Elsewhere)
				if slices.Contains(got, "view") != original || slices.Contains(got, "export") != original {
					t.Errorf("%s, %s, %s: %v", role, class, name, got)
				}
				if slices.Contains(got, "copy") != (sees && e.State == "kept" && e.Copy != nil) {
					t.Errorf("%s, %s, %s: %v", role, class, name, got)
				}
			}
		}
	}
}

var classSays = map[Class]string{Own: "raised or filed by herself", Entered: "of a hearing she sits in, entered", NotEntered: "of a hearing she sits in, not entered", HereDiscreet: "of a hearing she sits in, discreet",
	FiledHere: "filed in her court, of no hearing", FiledDiscreet: "filed in her court, of no hearing, discreet", Elsewhere: "of another hearing of her court", ElseDiscreet: "of another hearing, discreet",
	AnotherCourt: "of another court", AnotherCourtDisc: "of another court, discreet"}

func TestTheDocumentIsTheTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Who may see which incident\n\nWritten by `go test ./gateway/incident/register -update` from the table in who.go. What is not here is denied; an incident that somebody may not see is not told\n" +
		"apart from one that is not there. A seat of a hearing has the role that it asks for, and by its own door that hearing's incidents alone. Who had a seat keeps it here after the\n" +
		"hearing and after judgment, unless it was taken back. Who raised a flag is the account that sat there then.\n\n" +
		"**entered**: what was flagged and how it was ruled. **raised**: also requests, agreements, referrals and how they stand. **whole**: also evidence with its custody, sources, and the whole\n" +
		"timeline. Originals of evidence are for the bench and for who attached them; a re-rendered copy is for whoever sees the incident.\n\n| role |")
	for _, c := range Classes() {
		fmt.Fprintf(&b, " %s |", classSays[c])
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(Classes())) + "\n")
	for _, role := range rights.Roles() {
		fmt.Fprintf(&b, "| %s |", role)
		for _, c := range Classes() {
			fmt.Fprintf(&b, " %s |", DepthFor(ofClass(role, c)))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n## What she may do about it\n\n| role | incident |")
	for _, a := range Actions() {
		fmt.Fprintf(&b, " %s |", a)
	}
	b.WriteString("\n|---|---|" + strings.Repeat(":-:|", len(Actions())) + "\n")
	for _, role := range rights.Roles() {
		for _, c := range Classes() {
			v, i := ofClass(role, c)
			if DepthFor(v, i) == Nothing {
				continue
			}
			fmt.Fprintf(&b, "| %s | %s |", role, classSays[c])
			for _, a := range Actions() {
				b.WriteString(map[bool]string{true: " ✓ |", false: " |"}[May(v, i, a)])
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\nFiling an incident out of court: ")
	var file []string
	for _, role := range rights.Roles() {
		if MayFile([]rights.Role{role}) {
			file = append(file, string(role))
		}
	}
	b.WriteString(strings.Join(file, ", ") + ".\n")
	if *update {
		if err := os.WriteFile("../INCIDENTS.md", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("../INCIDENTS.md")
	if err != nil || string(got) != b.String() {
		t.Errorf("INCIDENTS.md is not the table (%v): run go test ./gateway/incident/register -update", err)
	}
}
