package visibility

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"parda/gateway/hearing"
	"parda/gateway/incident"
	"parda/gateway/minutes"
)

var update = flag.Bool("update", false, "write VISIBILITY.md and signaling/testdata/state.json anew")

// scenes are those that the page shows; what they leave out is in the exhaustive test.
func scenes() []struct {
	title string
	sc    Scene
} {
	with := func(change func(*Scene)) Scene {
		sc := liveScene()
		change(&sc)
		return sc
	}
	return []struct {
		title string
		sc    Scene
	}{
		{"Before an order is signed", with(func(sc *Scene) { sc.Ordered, sc.OrderHolds, sc.Live = false, false, false })},
		{"Order signed, hearing scheduled, suspended or closed", with(func(sc *Scene) { sc.Open, sc.Live = false, false })},
		{"Open, testimony waiting, in rehearsal, ready, paused or released", with(func(sc *Scene) { sc.Live = false })},
		{"Open and public, testimony live", liveScene()},
		{"Live, and the witness asked for the card", with(func(sc *Scene) { sc.NoPicture = true })},
		{"Live, and the witness asked for silence", with(func(sc *Scene) { sc.NoVoice = true })},
		{"Live, and the tripwire cut puppet+neutral", with(func(sc *Scene) { sc.Cut["witness/puppet+neutral"] = true })},
		{"Live by the hearing, and an emergency was raised", with(func(sc *Scene) { sc.Emergency = true })},
		{"Live, defence counsel and the dock are hidden, and the dock is muted", with(func(sc *Scene) {
			counsel := sc.Seats["defence"]
			counsel.Hidden = true
			sc.Seats["defence"] = counsel
			sc.HiddenViews, sc.MutedViews = map[string]bool{ViewCounsel: true, ViewDock: true}, map[string]bool{ViewDock: true}
		})},
		{"Live by the hearing, and nothing can be written", with(func(sc *Scene) { sc.Halted = true })},
		{"Live in a private session", with(func(sc *Scene) { sc.Kind = hearing.Private })},
		{"Live in a closed session; of those who need an undertaking only the victim's lawyer signed one", with(func(sc *Scene) {
			sc.Kind = hearing.Closed
			for id, seat := range sc.Seats {
				seat.Attends = seat.Role.BoundByOffice() || seat.Role == hearing.DefenceCounsel || seat.Role == hearing.VictimsLawyer
				sc.Seats[id] = seat
			}
		})},
		{"Live, the support person has the floor, the interpreter is muted, the prosecutor removed", with(func(sc *Scene) {
			sc.Floor = "support"
			sc.Seats["interpreter"] = SceneSeat{Role: hearing.Interpreter, Attends: true, Muted: true}
			sc.Seats["prosecutor"] = SceneSeat{Role: hearing.Prosecutor}
		})},
	}
}

func shown() (rows []Publication) {
	for _, key := range []string{"puppet+neutral", "puppet+silence", "card+neutral", "card+silence"} {
		rows = append(rows, Publication{Source: FromWitness, Name: key})
	}
	for _, view := range Views() {
		rows = append(rows, Publication{Source: FromCourt, Name: view})
	}
	for _, id := range []string{"judge", "judge2", "prosecutor", "defence", "lawyer", "interpreter", "support", "guardian"} {
		rows = append(rows, Publication{Source: FromSeat, Name: id})
	}
	return rows
}

func cell(decide func(Publication) Verdict, p Publication) string {
	p.Media = Video
	picture := decide(p).Allow
	p.Media = Audio
	sound := decide(p).Allow
	switch {
	case picture && sound:
		return "both"
	case picture:
		return "picture"
	case sound:
		return "sound"
	}
	return "-"
}

// page writes the whole table for people.
func page() string {
	var b strings.Builder
	b.WriteString("# Who sees, hears and knows what\n\n" +
		"Generated from the rules by `go test ./gateway/visibility -run TestThePageIsUpToDate -update`; the test fails when this page\n" +
		"and the rules differ. A cell says what flows from a publication to a role: `both`, `picture`, `sound` or `-`. The order of these\n" +
		"scenes gives each audience a rendering of its own, so that a wrong one would show: bench puppet+neutral, prosecution\n" +
		"puppet+silence, defence card+neutral, hall card+silence, public card and no voice. Defence counsel has the floor unless said otherwise.\n")
	roles := hearing.Roles()
	for _, scene := range scenes() {
		fmt.Fprintf(&b, "\n## %s\n\n| publication |", scene.title)
		for _, r := range roles {
			fmt.Fprintf(&b, " %s |", r)
		}
		b.WriteString(" recording |\n|---|" + strings.Repeat("---|", len(roles)+1) + "\n")
		for _, p := range shown() {
			fmt.Fprintf(&b, "| %s |", p.Label())
			for _, r := range roles {
				fmt.Fprintf(&b, " %s |", cell(func(p Publication) Verdict { return Decide(viewer(r), p, scene.sc) }, p))
			}
			fmt.Fprintf(&b, " %s |\n", cell(func(p Publication) Verdict { return DecideRecorder(p, scene.sc) }, p))
		}
	}
	pageOfFields(&b)
	pageOfFlags(&b)
	pageOfOpenings(&b)
	return b.String()
}

func pageOfFields(b *strings.Builder) {
	b.WriteString("\n## Fields of the state\n\nFor a seat that takes part. One that does not learns id, court, phase and kind of the hearing, the phase of the\n" +
		"testimony, and its own flags.\n\n| field |")
	for _, r := range hearing.Roles() {
		fmt.Fprintf(b, " %s |", r)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(hearing.Roles())) + "\n")
	for _, f := range Fields() {
		fmt.Fprintf(b, "| %s |", f)
		for _, r := range hearing.Roles() {
			fmt.Fprintf(b, " %s |", map[bool]string{true: "yes", false: "-"}[MayKnow(r, f)])
		}
		b.WriteString("\n")
	}
}

func pageOfFlags(b *strings.Builder) {
	b.WriteString("\n## Flags\n\n| flag |")
	for _, r := range hearing.Roles() {
		fmt.Fprintf(b, " %s |", r)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(hearing.Roles())) + "\n")
	for _, f := range []struct {
		title string
		flag  incident.Flag
	}{
		{"raised by defence counsel", incident.Flag{}},
		{"and ruled on", incident.Flag{Rulings: []incident.Ruling{{Ruling: "warn"}}}},
		{"and referred, no more", incident.Flag{Rulings: []incident.Ruling{{Ruling: "refer"}}}},
		{"and dismissed", incident.Flag{Rulings: []incident.Ruling{{Ruling: "dismiss"}}}},
		{"entered, and dismissed later", incident.Flag{Rulings: []incident.Ruling{{Ruling: "enter"}, {Ruling: "dismiss"}}}},
		{"put to the interpreter", incident.Flag{Puts: []incident.Put{{Seat: "interpreter", Form: "whole"}}}},
		{"discreet", incident.Flag{Discreet: true}},
		{"discreet and ruled on", incident.Flag{Discreet: true, Rulings: []incident.Ruling{{Ruling: "warn"}}}},
	} {
		f.flag.Seat, f.flag.Role = "defence", hearing.DefenceCounsel
		fmt.Fprintf(b, "| %s |", f.title)
		for _, r := range hearing.Roles() {
			fmt.Fprintf(b, " %s |", map[bool]string{true: "yes", false: "-"}[incident.MaySee(f.flag, incident.Viewer{Seat: seatOf(r), Role: r, Attends: true})])
		}
		b.WriteString("\n")
	}
}

// pageOfOpenings shows who reads in the protocol that a sealed identity is opened. The events are real ones, read as the protocol reads them.
func pageOfOpenings(b *strings.Builder) {
	b.WriteString("\n## Openings of a sealed identity\n\nEntries of the protocol, without any name, by a judge's order that an identity be opened (gateway/identity).\n\n| the order |")
	for _, r := range hearing.Roles() {
		fmt.Fprintf(b, " %s |", r)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(hearing.Roles())) + "\n")
	for _, o := range []struct {
		title string
		tell  bool
	}{{"does not say that the lawyer is told", false}, {"says that the lawyer is told", true}} {
		payload, err := json.Marshal(hearing.VaultPayload{Opening: "o-1", TellLawyer: o.tell})
		if err != nil {
			panic(err)
		}
		entry, err := new(minutes.Protocol).Apply(hearing.Event{Index: 1, Code: hearing.VaultOpeningOrdered, Actor: string(hearing.System), Payload: payload})
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(b, "| %s |", o.title)
		for _, r := range hearing.Roles() {
			fmt.Fprintf(b, " %s |", map[bool]string{true: "yes", false: "-"}[minutes.MayRead(minutes.Reader{Seat: "x", Role: r, Attends: true}, *entry)])
		}
		b.WriteString("\n")
	}
}

func TestThePageIsUpToDate(t *testing.T) {
	want := page()
	if *update {
		if err := os.WriteFile("VISIBILITY.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("VISIBILITY.md")
	if err != nil || string(got) != want {
		t.Errorf("VISIBILITY.md is not what the rules say (%v): run go test ./gateway/visibility -run TestThePageIsUpToDate -update", err)
	}
}

func TestTheTableOfFieldsAgreesWithWhoSeesWhichFlag(t *testing.T) {
	ruled := incident.Flag{Seat: "x", Rulings: []incident.Ruling{{Ruling: "enter"}}}
	for _, r := range hearing.Roles() {
		if MayKnow(r, FieldFlags) != incident.MaySee(incident.Flag{Seat: "x", Discreet: true}, incident.Viewer{Seat: seatOf(r), Role: r, Attends: true}) ||
			MayKnow(r, FieldEnteredFlags) != incident.MaySee(ruled, incident.Viewer{Seat: seatOf(r), Role: r, Attends: true}) {
			t.Errorf("%s", r)
		}
	}
}
