package statistics

// network is a small flow network with bounds on its edges. Some circulation within the bounds exists where the greatest flow from an added source to an
// added sink fills every edge from the source (Ford and Fulkerson, "Flows in Networks", II.3); the greatest flow is found along shortest paths (Edmonds and Karp 1972).
type network struct {
	left           [][]int // what may still flow from one node to another
	source, sink   int
	wanted, needed []int // by node: more comes in than goes out by the least amounts, or less
}

func newNetwork(nodes int) *network {
	n := &network{left: make([][]int, nodes+2), source: nodes, sink: nodes + 1, wanted: make([]int, nodes), needed: make([]int, nodes)}
	for i := range n.left {
		n.left[i] = make([]int, nodes+2)
	}
	return n
}

// edge adds an edge with bounds; true, so that callers can join it with their own checks. There is at most one from a node to another.
func (n *network) edge(a, b int, s span) bool {
	n.left[a][b] += s.most - s.least
	n.wanted[b] += s.least
	n.needed[a] += s.least
	return true
}

func (n *network) circulates() bool {
	due := 0
	for i := range n.wanted {
		switch d := n.wanted[i] - n.needed[i]; {
		case d > 0:
			n.left[n.source][i] = d
			due += d
		case d < 0:
			n.left[i][n.sink] = -d
		}
	}
	for due > 0 {
		f := n.augment()
		if f == 0 {
			return false
		}
		due -= f
	}
	return true
}

// augment sends what fits along a shortest path from the source to the sink.
func (n *network) augment() int {
	before := make([]int, len(n.left))
	for i := range before {
		before[i] = -1
	}
	before[n.source] = n.source
	for queue := []int{n.source}; len(queue) > 0 && before[n.sink] < 0; queue = queue[1:] {
		a := queue[0]
		for b, left := range n.left[a] {
			if left > 0 && before[b] < 0 {
				before[b] = a
				queue = append(queue, b)
			}
		}
	}
	if before[n.sink] < 0 {
		return 0
	}
	f := unbounded * 2
	for b := n.sink; b != n.source; b = before[b] {
		f = min(f, n.left[before[b]][b])
	}
	for b := n.sink; b != n.source; b = before[b] {
		n.left[before[b]][b] -= f
		n.left[b][before[b]] += f
	}
	return f
}
