package mask

import "testing"

func TestAVerdictChangesOnlyWhenTwoComparisonsAgreeAndNeverSaysDifferentOnOne(t *testing.T) {
	for _, c := range []struct{ said, want []Likeness }{
		{[]Likeness{Same, Same}, []Likeness{Same, Same}},
		{[]Likeness{Different, Different}, []Likeness{Unsure, Different}},
		{[]Likeness{Same, Different, Same, Different, Same}, []Likeness{Same, Same, Same, Same, Same}},
		{[]Likeness{Same, Unsure, Unsure, Same, Same}, []Likeness{Same, Same, Unsure, Unsure, Same}},
		{[]Likeness{Same, Different, Different, Unsure, Same, Same}, []Likeness{Same, Same, Different, Different, Different, Same}},
	} {
		var v Verdict
		for i, is := range c.said {
			if got := v.Next(is); got != c.want[i] {
				t.Errorf("%v: at %d %q, want %q", c.said, i, got, c.want[i])
			}
		}
	}
	if NotKnown.String() != "" || Different.String() != "different" || Likeness(200).String() != "different" {
		t.Error("the words of mask.status")
	}
}
