package statistics

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"parda/gateway/hearing"
)

func quarter(t testing.TB, text string) Quarter {
	t.Helper()
	q, err := ParseQuarter(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func seedOf(r *rand.Rand) (seed [32]byte) {
	for i := range seed {
		seed[i] = byte(r.Uint32())
	}
	return seed
}

// someFacts makes facts, unevenly spread as they are in life, and the true counts of every number of a release.
func someFacts(r *rand.Rand, q Quarter, n int) ([]Fact, map[Cell]int) {
	counts := map[Cell]int{}
	var facts []Fact
	for range n {
		f := Fact{Court: Court(1 + min(r.IntN(5), r.IntN(5))), Quarter: q}
		c := Cell{Court: courts[f.Court-1]}
		if r.IntN(3) > 0 {
			f.Kind = Kind(1 + min(r.IntN(len(kinds)), r.IntN(len(kinds)), r.IntN(len(kinds))))
			c.Table, c.Kind = Incidents, kinds[f.Kind-1]
			counts[Cell{Table: Incidents}]++
			counts[Cell{Table: Incidents, Court: c.Court}]++
			counts[Cell{Table: Incidents, Kind: c.Kind}]++
		} else {
			f.Measure = Measure(1 + min(r.IntN(len(measures)), r.IntN(len(measures))))
			c.Table, c.Measure = Used, measures[f.Measure-1]
			counts[Cell{Table: Used, Measure: c.Measure}]++
		}
		counts[c]++
		facts = append(facts, f)
	}
	return facts, counts
}

func TestTheListsAreTheOnesOfTheCourts(t *testing.T) {
	if !slices.Equal(courts, hearing.Courts()) {
		t.Errorf("courts %v, those of hearings %v: add new ones at the end", courts, hearing.Courts())
	}
	if !slices.Equal(kinds[:len(kinds)-1], hearing.FlagKinds()) {
		t.Errorf("kinds %v, those of flags %v: add new ones before unknown", kinds, hearing.FlagKinds())
	}
	for _, template := range hearing.Templates() {
		if _, ok := MeasureOf(template.Name); !ok {
			t.Errorf("the template %s is no measure", template.Name)
		}
	}
}

func TestAskingTwiceGivesTheSameNumbersInAnyOrderOfFacts(t *testing.T) {
	stream := rand.New(rand.NewPCG(5, 6))
	q := quarter(t, "2026Q3")
	facts, _ := someFacts(stream, q, 500)
	seed := seedOf(stream)
	first, err := Draw(facts, q, seed)
	if err != nil {
		t.Fatal(err)
	}
	stream.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
	second, _ := Draw(facts, q, seed)
	if !reflect.DeepEqual(first, second) {
		t.Error("the same facts and seed gave two releases")
	}
	other, _ := Draw(facts, q, seedOf(stream))
	if reflect.DeepEqual(first, other) {
		t.Error("another seed changes nothing: there is no noise")
	}
}

func TestAnEmptyQuarterLooksAsASmallOneDoes(t *testing.T) {
	q := quarter(t, "2026Q2")
	stream := rand.New(rand.NewPCG(7, 8))
	empty, err := Draw(nil, q, seedOf(stream))
	if err != nil {
		t.Fatal(err)
	}
	var few []Fact
	for i := range K - 1 {
		few = append(few, Fact{Court: 1, Kind: Kind(1 + i%2), Quarter: q})
	}
	small, _ := Draw(few, q, seedOf(stream))
	if !reflect.DeepEqual(empty, small) {
		t.Error("a quarter of four incidents is told from one of none")
	}
	want := len(courts)*len(kinds) + len(courts) + len(kinds) + 1 + len(courts)*len(measures) + len(measures)
	if len(empty) != want {
		t.Errorf("%d cells, every list gives %d: what is missing tells", len(empty), want)
	}
}

// Every query chooses among told numbers: what two of them tell together is no more than what one of all tells.
func TestAQueryComputesNothing(t *testing.T) {
	q := quarter(t, "2026Q1")
	stream := rand.New(rand.NewPCG(9, 10))
	facts, _ := someFacts(stream, q, 600)
	release, err := Draw(facts, q, seedOf(stream))
	if err != nil {
		t.Fatal(err)
	}
	for _, court := range append(Courts(), "", "nowhere") {
		for _, c := range Select(release, court) {
			if !slices.ContainsFunc(release, func(r Cell) bool { return reflect.DeepEqual(r, c) }) || court != "" && c.Court != court {
				t.Errorf("%q: %+v", court, c)
			}
		}
	}
	if n := len(Select(release, "nowhere")); n != 0 {
		t.Errorf("%d cells of no court", n)
	}
}

func TestWhatIsNoFactOfTheQuarterIsRefused(t *testing.T) {
	q := quarter(t, "2026Q1")
	for name, f := range map[string]Fact{
		"nothing": {}, "no court": {Kind: 1, Quarter: q}, "neither": {Court: 1, Quarter: q}, "both": {Court: 1, Kind: 1, Measure: 1, Quarter: q},
		"no such court": {Court: 99, Kind: 1, Quarter: q}, "no such kind": {Court: 1, Kind: 99, Quarter: q}, "another quarter": {Court: 1, Kind: 1, Quarter: q + 1},
	} {
		if _, err := Draw([]Fact{f}, q, [32]byte{}); !errors.Is(err, ErrFact) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestQuartersAreTheCourtsCalendar(t *testing.T) {
	for at, want := range map[string]string{"2026-03-31T19:59:59.999Z": "2026Q1", "2026-03-31T20:00:00Z": "2026Q2", "2026-12-31T20:00:00Z": "2027Q1", "1970-01-01T00:00:00Z": "2000Q1", "2028-02-29T12:00:00+04:00": "2028Q1"} {
		moment, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			t.Fatal(err)
		}
		q := QuarterOf(moment)
		if q.String() != want {
			t.Errorf("%s is in %s, want %s", at, q, want)
		}
		if moment.Year() > 2000 && (!moment.Before(q.End()) || moment.Before((q - 1).End())) {
			t.Errorf("%s does not lie in %s", at, q)
		}
	}
	for _, bad := range []string{"", "2026", "2026Q0", "2026Q5", "26Q1", "2026q1", "2026Q1 ", " 2026Q1", "2026Q12", "1999Q4", "99999Q1", "2026-Q1", "+026Q1"} {
		if q, err := ParseQuarter(bad); err == nil {
			t.Errorf("%q is read as %s", bad, q)
		}
	}
}

// Whatever stands in a text, a kind made of it is one of the list, and the text is gone.
func TestNoTextPassesThroughAFact(t *testing.T) {
	const plant = "Lalə Əliyeva, 192.0.2.7"
	if k := KindOf(plant); kinds[k-1] != "unknown" {
		t.Errorf("the kind is %s", kinds[k-1])
	}
	if _, ok := CourtOf(plant); ok {
		t.Error("a text is a court")
	}
	if _, ok := MeasureOf(plant); ok {
		t.Error("a text is a measure")
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Fact]()) {
		if k := field.Type.Kind(); k != reflect.Uint8 && k != reflect.Uint16 {
			t.Errorf("%s of a fact is a %s: texts could pass", field.Name, k)
		}
	}
}

func TestTheTableIsWrittenAsCSVThatNoSpreadsheetRuns(t *testing.T) {
	q := quarter(t, "2026Q1")
	stream := rand.New(rand.NewPCG(11, 12))
	facts, _ := someFacts(stream, q, 900)
	release, err := Draw(facts, q, seedOf(stream))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := CSV(&out, release); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\r\n"), "\r\n")
	if len(lines) != len(release)+1 || lines[0] != "table,court,kind,measure,quarter,n,suppressed" {
		t.Fatalf("%d lines, the first %q", len(lines), lines[0])
	}
	for i, line := range lines[1:] {
		fields := strings.Split(line, ",")
		if len(fields) != 7 || strings.ContainsAny(line, `"=+@'`) || (fields[5] == "") != (fields[6] == "true") {
			t.Errorf("line %d: %q", i+2, line)
		}
	}
	var back []Cell
	raw, _ := json.Marshal(release)
	if err := json.Unmarshal(raw, &back); err != nil || !reflect.DeepEqual(back, release) {
		t.Errorf("a release that is kept is read back otherwise: %v", err)
	}
}
