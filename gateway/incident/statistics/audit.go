package statistics

// number is one number of a table as it is told.
type number struct {
	state int
	value int // with its noise; only where it is told
}

const (
	absent = iota // the table has no such total
	told
	low      // suppressed: below the threshold
	withheld // suppressed by the audit, because it gave another away
)

// table is what a release tells of a grid.
type table struct {
	rules
	cells         [][]number
	rows, columns []number
	all           number
}

// span is what a count may be, ends included.
type span struct{ least, most int }

const unbounded = 1 << 24

// of is what a number as it is told lets its count be, alone.
func (r rules) of(n number) span {
	switch n.state {
	case told:
		return span{max(n.value-r.most, r.k), n.value + r.most}
	case low:
		return span{0, r.threshold() - 1 + r.most}
	}
	return span{0, unbounded}
}

// place names a number of a table: a cell, a row's total (column -1), a column's total (row -1), or the total of all.
type place struct{ row, column int }

const margin = -1

func (p place) total() bool { return p.row == margin || p.column == margin }

func (t *table) at(p place) *number {
	switch {
	case p.row == margin && p.column == margin:
		return &t.all
	case p.row == margin:
		return &t.columns[p.column]
	case p.column == margin:
		return &t.rows[p.row]
	}
	return &t.cells[p.row][p.column]
}

func (t *table) places() []place {
	var all []place
	for i := range t.cells {
		for j := range t.cells[i] {
			all = append(all, place{i, j})
		}
	}
	for i := range t.rows {
		all = append(all, place{i, margin})
	}
	for j := range t.columns {
		all = append(all, place{margin, j})
	}
	return append(all, place{margin, margin})
}

// audit withholds every total where some suppressed number is exposed: without totals nothing ties one cell to another. To withhold them one by one would tell
// more: which one went, and which stayed.
func (t *table) audit() {
	if !t.exposes() {
		return
	}
	for _, p := range t.places() {
		if n := t.at(p); p.total() && n.state == told {
			*n = number{state: withheld}
		}
	}
}

// exposes says whether there is a suppressed number of which a reader of the table could say that it is below k, or, where it may be below k, that it is not zero.
// One that must be k or more is no small number.
func (t *table) exposes() bool {
	for _, p := range t.places() {
		if t.at(p).state != low || t.can(p, span{0, 0}) && t.can(p, span{t.k, unbounded}) {
			continue
		}
		if t.can(p, span{0, t.k - 1}) {
			return true
		}
	}
	return false
}

// can says whether some table of counts agrees with everything that is told, and has a count within s at p. That is a circulation with bounds (Hoffman 1960):
// total -> rows -> columns -> total, where a cell is the edge between its row and its column; integers suffice, since all bounds are.
func (t *table) can(p place, s span) bool {
	rows, columns := len(t.rows), len(t.columns)
	n := newNetwork(2 + rows + columns)
	from, to := 0, 1
	edge := func(q place, a, b int) bool {
		bounds := t.of(*t.at(q))
		if q == p {
			bounds = span{max(bounds.least, s.least), min(bounds.most, s.most)}
		}
		return bounds.least <= bounds.most && n.edge(a, b, bounds)
	}
	for i := range rows {
		if !edge(place{i, margin}, from, 2+i) {
			return false
		}
		for j := range columns {
			if !edge(place{i, j}, 2+i, 2+rows+j) {
				return false
			}
		}
	}
	for j := range columns {
		if !edge(place{margin, j}, 2+rows+j, to) {
			return false
		}
	}
	return edge(place{margin, margin}, to, from) && n.circulates()
}
