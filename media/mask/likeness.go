package mask

// Likeness is how a voice or a face of now compares with that of the beginning of a testimony. It is a guess of a small machine: it informs, and decides
// nothing. Nothing finer ever leaves the mask: no score, no measure, no sound and no picture.
type Likeness uint8

// What can be said.
const (
	NotKnown  Likeness = iota // not enough was heard or seen
	Same                      // as one person is like herself
	Unsure                    // the wide middle
	Different                 // as two persons differ
)

// String is the word of mask.status: "", "same", "unsure" or "different".
func (l Likeness) String() string {
	return [...]string{"", "same", "unsure", "different"}[min(l, Different)]
}

// Verdict makes one calm word of comparison after comparison: it changes when two in a row say so, and never says Different on one alone. The zero Verdict
// has said nothing.
type Verdict struct{ told, last Likeness }

// Next takes a comparison in and gives what is said now.
func (v *Verdict) Next(is Likeness) Likeness {
	switch {
	case is == v.last:
		v.told = is
	case v.told == NotKnown && is == Different:
		v.told = Unsure
	case v.told == NotKnown:
		v.told = is
	}
	v.last = is
	return v.told
}
