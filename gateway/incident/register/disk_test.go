package register

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parda/gateway/access/rights"
)

// onDisk counts how often the bytes lie in the files of the store and the ledger, free pages and the write-ahead log included.
func (c *court) onDisk(words string) (n int) {
	c.t.Helper()
	c.must(filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		n += bytes.Count(b, []byte(words))
		return err
	}))
	return n
}

// What a retention policy erased is in no file any more, while the gateway runs: not in a free page, and not in the log that the database writes ahead.
func TestErasedWordsAreOnTheDiskNoMore(t *testing.T) {
	year := 365 * 24 * time.Hour
	c := newCourt(t, func(cfg *Config) { cfg.Keep = year })
	lawyer, judge := as("baku", rights.VictimsLawyer), as("baku", rights.Judge)
	erased := []string{"Zq1 the note of an incident that is over", "Zq2 its source", "Zq3 its pseudonym", "Zq4 why it was dismissed", "Zq5 how its source was called", "Zq6 a long note " + string(bytes.Repeat([]byte("Zq7"), 2500))}
	f := filing(c)
	f.Note, f.Source, f.Pseudonym = erased[0], erased[1], erased[2]
	old := c.files(lawyer, f)
	c.must(c.RuleOn(t.Context(), judge, "baku", old, "dismiss", erased[3]))
	_, err := c.Source(t.Context(), judge, "baku", old, erased[4])
	c.must(err)
	c.must(c.AddNote(t.Context(), lawyer, "baku", old, erased[5]))
	began := c.clock()
	c.at(began.Add(year))
	kept := filing(c)
	kept.Note = "Zq8 the note of an incident that goes on"
	c.files(lawyer, kept)
	for _, words := range append(erased[:5:5], "Zq7Zq7", kept.Note) {
		if c.onDisk(words) == 0 {
			t.Fatalf("%.40s is not found before it is erased: this search finds nothing", words)
		}
	}
	c.goes(began.Add(year + time.Hour))
	if c.get("baku", old).Erased.IsZero() {
		t.Fatal("nothing was erased")
	}
	for _, words := range append(erased[:5:5], "Zq6", "Zq7") {
		if n := c.onDisk(words); n != 0 {
			t.Errorf("%.40s lies on the disk %d times after it was erased", words, n)
		}
	}
	if c.onDisk(kept.Note) == 0 {
		t.Error("what was not erased is gone")
	}
	if n := c.onDisk(string(c.get("baku", old).Note)); n == 0 {
		t.Error("the hash of what was erased is gone")
	}
}
