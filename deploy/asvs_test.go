package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// asvsItems are the items of levels 1 and 2 of ASVS 5.0.0 in the chapters that ASVS.md answers for.
const asvsItems = `3.2.1 3.2.2 3.3.1 3.3.2 3.3.3 3.3.4 3.4.1 3.4.2 3.4.3 3.4.4 3.4.5 3.4.6 3.5.1 3.5.2 3.5.3 3.5.4 3.5.5 3.7.1 3.7.2
6.1.1 6.1.2 6.1.3 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.2.9 6.2.10 6.2.11 6.2.12 6.3.1 6.3.2 6.3.3 6.3.4 6.4.1 6.4.2 6.4.3 6.4.4 6.5.1 6.5.2 6.5.3 6.5.4 6.5.5
6.6.1 6.6.2 6.6.3 6.8.1 6.8.2 6.8.3 6.8.4 7.1.1 7.1.2 7.1.3 7.2.1 7.2.2 7.2.3 7.2.4 7.3.1 7.3.2 7.4.1 7.4.2 7.4.3 7.4.4 7.4.5 7.5.1 7.5.2 7.6.1 7.6.2
8.1.1 8.1.2 8.2.1 8.2.2 8.2.3 8.3.1 8.4.1 9.1.1 9.1.2 9.1.3 9.2.1 9.2.2 9.2.3 9.2.4 10.1.1 10.1.2 10.2.1 10.2.2 10.5.1 10.5.2 10.5.3 10.5.4 10.5.5
11.1.1 11.1.2 11.2.1 11.2.2 11.2.3 11.3.1 11.3.2 11.3.3 11.4.1 11.4.2 11.4.3 11.4.4 11.5.1 11.6.1 12.1.1 12.1.2 12.1.3 12.2.1 12.2.2 12.3.1 12.3.2 12.3.3 12.3.4`

var asvsRow = regexp.MustCompile(`^\| ([0-9.]+) \| [123] \| (holds|in part|does not hold|not applicable) \| (.*) \| (.*) \|$`)

func TestEveryItemOfASVSIsAnsweredAndEveryTestThatItNamesExists(t *testing.T) {
	list, err := os.ReadFile("ASVS.md")
	if err != nil {
		t.Fatal(err)
	}
	answered := map[string]bool{}
	for line := range strings.Lines(string(list)) {
		line = strings.TrimSuffix(line, "\n")
		row := asvsRow.FindStringSubmatch(line)
		if row == nil {
			if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| item ") {
				t.Errorf("this row cannot be read: %s", line)
			}
			continue
		}
		id, verdict, how, held := row[1], row[2], row[3], strings.TrimSpace(row[4])
		if answered[id] {
			t.Errorf("%s is answered twice", id)
		}
		answered[id] = true
		if verdict != "holds" && how == "" {
			t.Errorf("%s: %s, and it is not said why", id, verdict)
		}
		if verdict == "holds" && held == "" && !strings.Contains(how, "by reading") && !strings.Contains(how, ".md") {
			t.Errorf("%s holds by nothing", id)
		}
		if held == "" {
			continue
		}
		for name := range strings.SplitSeq(held, "<br>") {
			testExists(t, id, strings.Trim(name, "`"))
		}
	}
	for _, id := range strings.Fields(asvsItems) {
		if !answered[id] {
			t.Errorf("%s is left out", id)
		}
	}
}

// testExists looks for a Go test by its function and for one of the pages' by its title.
func testExists(t *testing.T, id, name string) {
	t.Helper()
	path, test, ok := strings.Cut(name, ":")
	if !ok || !filepath.IsLocal(path) {
		t.Errorf("%s names %q, which is no file:test", id, name)
		return
	}
	b, err := os.ReadFile(filepath.Join("..", path))
	if err != nil {
		t.Errorf("%s: %v", id, err)
		return
	}
	want := "\nfunc " + test + "(t *testing.T)"
	if !strings.HasSuffix(path, "_test.go") {
		want = "test('" + test
	}
	if !strings.Contains(string(b), want) {
		t.Errorf("%s names %s, which is not in %s", id, test, path)
	}
}
