package words

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

type counts struct{ N, Errors, Reversals int }

type verdict struct {
	Voice, Strength string
	Reversals       float64
	Allowed         bool
	Kinds           map[string]counts
}

const most = 0.01 // share of reversals up to which a voice and strength may be ordered

func verdicts(t *testing.T) []verdict {
	t.Helper()
	raw, err := os.ReadFile("verdict.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Modes []verdict }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Modes) == 0 {
		t.Fatal("verdict.json holds no verdict: this test would hold nothing")
	}
	return file.Modes
}

// lower is the lower end of Wilson's interval (1927) at 95 %.
func lower(k, n int) float64 {
	const z = 1.96
	p, m := float64(k)/float64(n), float64(n)
	return (p + z*z/2/m - z*math.Sqrt(p*(1-p)/m+z*z/4/m/m)) / (1 + z*z/m)
}

// may is the rule: reversals over all, and of negation in each language, at most 1 %; of no kind surely more.
func may(v verdict) bool {
	n, r := 0, 0
	for kind, c := range v.Kinds {
		n, r = n+c.N, r+c.Reversals
		if lower(c.Reversals, c.N) > most || strings.HasSuffix(kind, "negation") && float64(c.Reversals) > most*float64(c.N) {
			return false
		}
	}
	return n > 0 && float64(r) <= most*float64(n)
}

func TestVerdictsFollowFromTheirCounts(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range verdicts(t) {
		name := v.Voice + " " + v.Strength
		if seen[name] {
			t.Errorf("%s is judged twice", name)
		}
		seen[name] = true
		n, r := 0, 0
		for kind, c := range v.Kinds {
			if c.N < 10 || c.Reversals > c.Errors || c.Errors > c.N || c.Reversals < 0 {
				t.Errorf("%s, %s: counts %+v", name, kind, c)
			}
			n, r = n+c.N, r+c.Reversals
		}
		for _, kind := range []string{"az_negation", "az_var_yox", "az_numbers", "az_persons", "az_dates", "en_negation", "en_yes_no", "en_numbers"} {
			if _, ok := v.Kinds[kind]; !ok {
				t.Errorf("%s was not measured on %s", name, kind)
			}
		}
		if n > 0 && math.Abs(v.Reversals-float64(r)/float64(n)) > 1e-4 {
			t.Errorf("%s: share of reversals %v, counted %d of %d", name, v.Reversals, r, n)
		}
		if v.Allowed != may(v) {
			t.Errorf("%s: allowed %v, but its counts say %v", name, v.Allowed, may(v))
		}
	}
}

func TestTheRule(t *testing.T) {
	for _, c := range []struct {
		name string
		v    verdict
		want bool
	}{
		{"nothing measured", verdict{}, false},
		{"no reversal", verdict{Kinds: map[string]counts{"az_negation": {300, 2, 0}}}, true},
		{"1 % of negation", verdict{Kinds: map[string]counts{"az_negation": {300, 5, 3}}}, true},
		{"more of negation", verdict{Kinds: map[string]counts{"az_negation": {300, 5, 4}, "az_dates": {1000, 0, 0}}}, false},
		{"more over all", verdict{Kinds: map[string]counts{"az_dates": {100, 2, 2}, "az_numbers": {90, 1, 0}}}, false},
		{"one of a small kind", verdict{Kinds: map[string]counts{"en_yes_no": {24, 1, 1}, "az_dates": {500, 0, 0}}}, true},
		{"many of a small kind", verdict{Kinds: map[string]counts{"en_yes_no": {24, 3, 3}, "az_dates": {5000, 0, 0}}}, false},
	} {
		if got := may(c.v); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestWhatWasMeasuredIsWhatIsWritten(t *testing.T) {
	text, err := os.ReadFile("MEASURED.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range verdicts(t) {
		line := "- " + v.Voice + " " + v.Strength + ": may be ordered"
		if !v.Allowed {
			line = "- " + v.Voice + " " + v.Strength + ": **may not be ordered**"
		}
		if !strings.Contains(string(text), line) {
			t.Errorf("MEASURED.md does not say %q", line)
		}
	}
}

func TestPairs(t *testing.T) {
	raw, err := os.ReadFile("pairs.tsv")
	if err != nil {
		t.Fatal(err)
	}
	kinds, seen := map[string]int{}, map[string]bool{}
	for i, line := range strings.Split(strings.TrimSpace(string(raw)), "\n")[1:] {
		f := strings.Split(line, "\t")
		if len(f) != 5 || strings.Count(f[2], "{}") != 1 || f[3] == f[4] || f[3] == "" || f[4] == "" || seen[line] {
			t.Errorf("line %d: %q", i+2, line)
			continue
		}
		seen[line] = true
		kinds[f[0]+" "+f[1]]++
	}
	if len(seen) < 150 || kinds["az negation"] < 40 || kinds["az var_yox"] < 10 || kinds["az numbers"] < 20 || kinds["az persons"] < 20 || kinds["az dates"] < 15 {
		t.Errorf("%d pairs, of kinds %v", len(seen), kinds)
	}
}
