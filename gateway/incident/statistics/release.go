package statistics

import (
	"errors"
	"slices"
)

// Tables of a release.
const (
	Incidents = "incidents" // court x kind, with totals of each court, of each kind, and of all
	Used      = "measures"  // court x measure, with the total of each measure. A hearing uses several: a sum over measures would count it several times
)

// Cell is one number of a release. A court, kind or measure that is not there is a total over all of them, with noise of its own: cells do not add up to it.
type Cell struct {
	Table      string `json:"table"`
	Court      string `json:"court,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Measure    string `json:"measure,omitempty"`
	Quarter    string `json:"quarter"`
	N          *int   `json:"n"` // null where it is suppressed
	Suppressed bool   `json:"suppressed"`
}

// ErrFact is returned for a fact that is none, or is of another quarter: a release is drawn whole or not at all.
var ErrFact = errors.New("statistics: not a fact of this quarter")

// Draw makes the release of a quarter. The same facts, in any order, with the same seed give the same release. The seed must be drawn anew for each
// release by crypto/rand and then forgotten: with it the noise could be taken off.
func Draw(facts []Fact, q Quarter, seed [32]byte) ([]Cell, error) {
	incidents, used := newGrid(len(courts), len(kinds)), newGrid(len(courts), len(measures))
	for _, f := range facts {
		switch {
		case !f.Valid() || f.Quarter != q:
			return nil, ErrFact
		case f.Kind != 0:
			incidents.count(int(f.Court)-1, int(f.Kind)-1)
		default:
			used.count(int(f.Court)-1, int(f.Measure)-1)
		}
	}
	r := rules{K, MostNoise}
	stream := source(seed)
	draw := func() int { return noise(stream, r.most) }
	told := cellsOf(incidents.draw(r, draw, withAll), Incidents, q)
	return append(told, cellsOf(used.draw(r, draw, columnsOnly), Used, q)...), nil
}

// cellsOf writes a table in the order: cells by court, totals of courts, totals of columns, total of all.
func cellsOf(t table, name string, q Quarter) []Cell {
	var all []Cell
	add := func(court, column string, n number) {
		if n.state == absent {
			return
		}
		c := Cell{Table: name, Court: court, Quarter: q.String(), Suppressed: n.state != told}
		if name == Incidents {
			c.Kind = column
		} else {
			c.Measure = column
		}
		if n.state == told {
			v := n.value
			c.N = &v
		}
		all = append(all, c)
	}
	columns := kinds
	if name == Used {
		columns = measures
	}
	for i, court := range courts {
		for j, column := range columns {
			add(court, column, t.cells[i][j])
		}
	}
	for i, court := range courts {
		add(court, "", t.rows[i])
	}
	for j, column := range columns {
		add("", column, t.columns[j])
	}
	add("", "", t.all)
	return all
}

// Select chooses of a release what a query asks for: the cells of one court, or of all with the totals. It computes nothing.
func Select(release []Cell, court string) []Cell {
	return slices.DeleteFunc(slices.Clone(release), func(c Cell) bool { return court != "" && c.Court != court })
}

// grid holds true counts. It never leaves this package.
type grid struct{ counts [][]int }

func newGrid(rows, columns int) grid {
	g := grid{make([][]int, rows)}
	for i := range g.counts {
		g.counts[i] = make([]int, columns)
	}
	return g
}

func (g grid) count(row, column int) { g.counts[row][column]++ }

// shape says which totals a table has.
type shape struct{ rows, columns, all bool }

var withAll, columnsOnly = shape{true, true, true}, shape{columns: true}

// draw is what is told of a grid.
func (g grid) draw(r rules, noise func() int, s shape) table {
	t := g.noisy(r, noise, s)
	t.audit()
	return t
}

// noisy adds noise to every number and suppresses those below the threshold. Noise is drawn for every number, told or not, in one order.
func (g grid) noisy(r rules, noise func() int, s shape) table {
	t := table{rules: r, rows: make([]number, len(g.counts)), columns: make([]number, len(g.counts[0]))}
	sums := make([]int, len(g.counts[0]))
	total := 0
	for i, row := range g.counts {
		t.cells = append(t.cells, make([]number, len(row)))
		sum := 0
		for j, n := range row {
			t.cells[i][j] = r.tell(n+noise(), true)
			sum, sums[j] = sum+n, sums[j]+n
		}
		t.rows[i] = r.tell(sum+noise(), s.rows)
		total += sum
	}
	for j, n := range sums {
		t.columns[j] = r.tell(n+noise(), s.columns)
	}
	t.all = r.tell(total+noise(), s.all)
	return t
}

func (r rules) tell(noisy int, has bool) number {
	switch {
	case !has:
		return number{state: absent}
	case noisy < r.threshold():
		return number{state: low}
	}
	return number{state: told, value: noisy}
}
