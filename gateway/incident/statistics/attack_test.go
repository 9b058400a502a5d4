package statistics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// written is what a reader sees of a table: told values, and a dot for what is suppressed for whatever cause.
func (t *table) written() string {
	var b []byte
	for _, p := range t.places() {
		switch n := t.at(p); n.state {
		case told:
			b = append(strconv.AppendInt(b, int64(n.value), 10), ' ')
		case absent:
			b = append(b, "- "...)
		default:
			b = append(b, ". "...)
		}
	}
	return string(b)
}

func (g grid) sum(p place) (n int) {
	for i, row := range g.counts {
		for j, c := range row {
			if (p.row == margin || p.row == i) && (p.column == margin || p.column == j) {
				n += c
			}
		}
	}
	return n
}

// outcomes calls each with every table that a grid can lead to, before its audit. Noise that ends in the same told value is gone through once.
func outcomes(g grid, r rules, s shape, each func(table)) {
	var choices [][]int
	// The order in which draw asks for noise: each row's cells and its total, then the columns, then all.
	var order []place
	for i, row := range g.counts {
		for j := range row {
			order = append(order, place{i, j})
		}
		order = append(order, place{i, margin})
	}
	for j := range g.counts[0] {
		order = append(order, place{margin, j})
	}
	order = append(order, place{margin, margin})
	for _, p := range order {
		var zs []int
		for z := -r.most; z <= r.most; z++ {
			if lowest := g.sum(p)+z < r.threshold(); !lowest || z == -r.most {
				zs = append(zs, z)
			}
		}
		choices = append(choices, zs)
	}
	at := make([]int, len(choices))
	for {
		i := -1
		each(g.noisy(r, func() int { i++; return choices[i][at[i]] }, s))
		next := 0
		for ; next < len(at); next++ {
			if at[next]++; at[next] < len(choices[next]) {
				break
			}
			at[next] = 0
		}
		if next == len(at) {
			return
		}
	}
}

// grids calls each with every grid of a size with counts up to most.
func grids(rows, columns, most int, each func(grid)) {
	g := newGrid(rows, columns)
	for {
		each(g)
		i := 0
		for ; i < rows*columns; i++ {
			if g.counts[i/columns][i%columns]++; g.counts[i/columns][i%columns] <= most {
				break
			}
			g.counts[i/columns][i%columns] = 0
		}
		if i == rows*columns {
			return
		}
	}
}

// counts is a set of counts below 64.
type counts uint64

func (c counts) may(n int) bool { return c>>n&1 == 1 }

// attacked goes through every grid and every noise, and gives for each table that can be read what each of its suppressed numbers may have been: the attacker who knows the
// program and can do any sum that there is.
func attacked(rows, columns, most int, draw func(grid, func(table))) map[string][]counts {
	seen := map[string][]counts{}
	grids(rows, columns, most, func(g grid) {
		draw(g, func(t table) {
			key, places := t.written(), t.places()
			if seen[key] == nil {
				seen[key] = make([]counts, len(places))
			}
			for i, p := range places {
				if n := t.at(p); n.state == low || n.state == withheld {
					seen[key][i] |= 1 << g.sum(p)
				}
			}
		})
	})
	return seen
}

// pinned are the suppressed numbers of which some table says that they are small, or that they are small and not zero. A table that tells of a cell so large that the tried
// grids do not hold all that it could have been is passed over.
func pinned(r rules, cells, most int, seen map[string][]counts) (all []string, tried int) {
	for key, numbers := range seen {
		if tooLarge(key, cells, most-r.most) {
			continue
		}
		tried++
		for i, may := range numbers {
			small, large := may&(1<<r.k-1) != 0, may>>r.k != 0
			if small && !(may.may(0) && large) {
				all = append(all, fmt.Sprintf("number %d in [%s] is one of the bits %b", i, key, may))
			}
		}
	}
	slices.Sort(all)
	return all, tried
}

func tooLarge(key string, cells, most int) bool {
	for _, field := range strings.Fields(key)[:cells] {
		if n, err := strconv.Atoi(field); err == nil && n > most {
			return true
		}
	}
	return false
}

// audited is what the audit makes of the tables of a grid, each looked at once.
func audited(r rules, s shape) func(grid, func(table)) {
	done := map[string]table{}
	return func(g grid, each func(table)) {
		outcomes(g, r, s, func(t table) {
			key := t.written()
			after, ok := done[key]
			if !ok {
				t.audit()
				done[key], after = t, t
			}
			each(after)
		})
	}
}

func TestNoSetOfToldNumbersDeterminesASmallOneByAnySumThereIs(t *testing.T) {
	for _, tc := range []struct {
		name          string
		r             rules
		s             shape
		rows, columns int
		most          int
	}{
		{"one court, two kinds", rules{2, 1}, withAll, 1, 2, 7},
		{"two courts, one kind", rules{3, 1}, withAll, 2, 1, 8},
		{"one court, two kinds, more noise", rules{2, 2}, withAll, 1, 2, 9},
		{"one court, three kinds", rules{2, 1}, withAll, 1, 3, 5},
		{"two courts, two kinds", rules{2, 1}, shape{rows: true, columns: true}, 2, 2, 4},
		{"measures: totals of columns alone", rules{2, 1}, columnsOnly, 3, 1, 6},
	} {
		t.Run(tc.name, func(t *testing.T) {
			seen := attacked(tc.rows, tc.columns, tc.most, audited(tc.r, tc.s))
			all, tried := pinned(tc.r, tc.rows*tc.columns, tc.most, seen)
			if tried < 10 {
				t.Fatalf("only %d tables: nothing is tried", tried)
			}
			if len(all) > 0 {
				t.Errorf("%d numbers of %d tables are given away, such as %s", len(all), tried, all[0])
			}
		})
	}
}

// The control: the same attack finds numbers where the audit is left out, and where small counts are suppressed without noise.
func TestTheAttackFindsWhatItShouldWhereTheDefenceIsTakenOff(t *testing.T) {
	r := rules{2, 1}
	unaudited := attacked(1, 2, 7, func(g grid, each func(table)) { outcomes(g, r, withAll, each) })
	if all, _ := pinned(r, 2, 7, unaudited); len(all) == 0 {
		t.Error("without the audit nothing is given away: it is not needed, or not attacked")
	}
	plain := attacked(1, 2, 7, func(g grid, each func(table)) {
		t := table{rules: r, cells: [][]number{{{}, {}}}, rows: make([]number, 1), columns: make([]number, 2)}
		for _, p := range t.places() {
			if *t.at(p) = (number{state: told, value: g.sum(p)}); g.sum(p) < r.k {
				*t.at(p) = number{state: low}
			}
		}
		each(t)
	})
	if all, _ := pinned(r, 2, 7, plain); len(all) == 0 {
		t.Error("suppression without noise withstands: the attack can find nothing")
	}
}

// The audit is there for rare draws: it must not take the totals away that the statistics are for.
func TestTheAuditLeavesTheTotalsOfACourtsYearsThere(t *testing.T) {
	stream := rand.New(rand.NewPCG(13, 14))
	q := quarter(t, "2026Q1")
	withheld, rounds := 0, 300
	for i := range rounds {
		facts, counts := someFacts(stream, q, []int{60, 150, 400}[i%3])
		cells, err := Draw(facts, q, seedOf(stream))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cells { // of a count of k + 2 * 12 or more, no draw of the noise alone hides a total
			if c.Table == Incidents && c.Court == "" && c.Kind == "" && c.Suppressed && counts[Cell{Table: Incidents}] >= K+2*MostNoise {
				withheld++
			}
		}
	}
	t.Logf("the total was withheld in %d of %d quarters", withheld, rounds)
	if withheld > rounds/20 {
		t.Errorf("the total was withheld in %d of %d quarters", withheld, rounds)
	}
}

func TestNoNumberIsToldWhoseCountIsBelowK(t *testing.T) {
	stream := rand.New(rand.NewPCG(1, 2))
	told, suppressed := 0, 0
	for range 400 {
		facts, counts := someFacts(stream, quarter(t, "2026Q1"), 3+stream.IntN(400))
		cells, err := Draw(facts, quarter(t, "2026Q1"), seedOf(stream))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cells {
			n := counts[Cell{Table: c.Table, Court: c.Court, Kind: c.Kind, Measure: c.Measure}]
			if c.Suppressed != (c.N == nil) {
				t.Fatalf("%+v is half suppressed", c)
			}
			if c.Suppressed {
				suppressed++
				continue
			}
			told++
			if n < K || *c.N-n > MostNoise || n-*c.N > MostNoise {
				t.Fatalf("%+v is told of %d", c, n)
			}
		}
	}
	if told < 1000 || suppressed < 1000 {
		t.Fatalf("%d told, %d suppressed: one of the two is not tried", told, suppressed)
	}
}

// The law of the noise, by its formula, and that what is drawn follows it.
func law(most int) []float64 {
	p, sum := make([]float64, 2*most+1), 0.
	for i := range p {
		p[i] = math.Pow(2./3, math.Abs(float64(i-most)))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func TestWhatIsDrawnFollowsTheLawThatIsDocumented(t *testing.T) {
	const draws = 400_000
	stream, seen := source([32]byte{7}), make([]float64, 2*MostNoise+1)
	usual := 0
	for range draws {
		z := noise(stream, MostNoise)
		seen[z+MostNoise]++
		if z >= -UsualNoise && z <= UsualNoise {
			usual++
		}
	}
	chi := 0.
	for i, p := range law(MostNoise) {
		chi += (seen[i] - draws*p) * (seen[i] - draws*p) / (draws * p)
	}
	if chi > 51.2 { // the 99.9th percentile of chi-square with 24 degrees of freedom; the seed is fixed, so that it holds always or never
		t.Errorf("chi-square %.1f: the noise is another one", chi)
	}
	if share := float64(usual) / draws; share < 0.95 {
		t.Errorf("the noise is within %d in %.3f of the draws, not in 0.95", UsualNoise, share)
	}
}

// One fact more changes the chance of any told value, or of silence, by a factor of 3/2 at most, but for delta. Computed exactly from the law, for every count.
func TestOneFactMoreChangesTheOddsOfANumberByThreeHalvesAtMost(t *testing.T) {
	const epsilon, delta = 1.5, 0.0016
	p := law(MostNoise)
	r := rules{K, MostNoise}
	chance := func(n int) map[int]float64 { // told value -> chance; 0 is silence
		all := map[int]float64{}
		for i, one := range p {
			v := n + i - MostNoise
			if v < r.threshold() {
				v = 0
			}
			all[v] += one
		}
		return all
	}
	for n := range 80 {
		for _, pair := range [][2]map[int]float64{{chance(n), chance(n + 1)}, {chance(n + 1), chance(n)}} {
			over := 0.
			for v, c := range pair[0] {
				over += math.Max(0, c-epsilon*pair[1][v])
			}
			if over > delta {
				t.Fatalf("count %d: %.5f of the chance is beyond the factor, documented are %.4f", n, over, delta)
			}
		}
	}
}

// The attacker knows all facts but one, and this program. With the release he guesses whether the one is there; he takes the likelier case by every number that it is counted in.
func TestWhoKnowsAllIncidentsButOneGuessesItLittleBetterThanByChance(t *testing.T) {
	q := quarter(t, "2026Q1")
	stream := rand.New(rand.NewPCG(3, 4))
	secret := Fact{Court: 2, Kind: 3, Quarter: q}
	p := law(MostNoise)
	r := rules{K, MostNoise}
	of := func(c Cell) bool {
		return c.Table == Incidents && (c.Court == "" || c.Court == courts[1]) && (c.Kind == "" || c.Kind == kinds[2])
	}
	likely := func(c Cell, n int) (sum float64) {
		for i, one := range p {
			if v := n + i - MostNoise; (v < r.threshold() && c.Suppressed) || (c.N != nil && v == *c.N) {
				sum += one
			}
		}
		return sum
	}
	right, rounds := 0, 1200
	for range rounds {
		facts, counts := someFacts(stream, q, 300)
		facts = append(facts, slices.Repeat([]Fact{secret}, 14)...) // so that its cell is near the threshold, where he learns most
		for c := range counts {
			if of(c) {
				counts[c] += 14
			}
		}
		there := stream.IntN(2) == 1
		if there {
			facts = append(facts, secret)
		}
		cells, err := Draw(facts, q, seedOf(stream))
		if err != nil {
			t.Fatal(err)
		}
		with, without := 1., 1.
		for _, c := range cells {
			if of(c) {
				n := counts[Cell{Table: c.Table, Court: c.Court, Kind: c.Kind}]
				with, without = with*likely(c, n+1), without*likely(c, n)
			}
		}
		if guess := with > without || with == without && stream.IntN(2) == 1; guess == there {
			right++
		}
	}
	share := float64(right) / float64(rounds)
	// Odds of at most (3/2)^4 bound him by 0.835 in the worst case; four standard deviations of 1200 rounds are 0.043.
	bound := math.Pow(1.5, 4)/(1+math.Pow(1.5, 4)) + 0.0062
	t.Logf("right in %.3f of %d rounds; the bound is %.3f, by chance 0.5, and 1 with counts that are told as they are", share, rounds, bound)
	if share > bound {
		t.Errorf("the attacker is right in %.3f, the documented bound is %.3f", share, bound)
	}
	if share < 0.52 {
		t.Errorf("the attacker is right in %.3f: an attack that finds nothing at all is no test", share)
	}
}
