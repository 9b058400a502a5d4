package verify

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// recordings compares the recordings that were entered with those that are
// there, both ways, and finds the gaps between segments of one label.
func (c *check) recordings(listed []string) {
	entered := make(map[string]bool)
	ends := make(map[string]time.Time)
	for _, s := range c.record.segments {
		where := fmt.Sprintf("entry %d", s.Entry)
		hash, there := c.hashes[s.File]
		switch {
		case entered[s.File]:
			c.problem("recording_twice", s.File, where)
		case !there || !slices.Contains(listed, s.File):
			c.problem("recording_missing", s.File, where)
		case hash != s.SHA256:
			c.problem("file_other", s.File, where)
		default:
			c.Recordings = append(c.Recordings, s)
		}
		entered[s.File] = true
	}
	for name := range c.parts {
		if strings.HasPrefix(name, "recordings/") && !entered[name] {
			c.problem("recording_unknown", name, "")
		}
	}
	slices.SortStableFunc(c.Recordings, func(a, b Recording) int { return a.Start.Compare(b.Start) })
	for _, s := range c.Recordings {
		if end, ok := ends[s.Label]; ok && s.Start.Sub(end) > gapLimit && !c.gapEntered(s.Label, end, s.Start) {
			c.Gaps = append(c.Gaps, Gap{Label: s.Label, Start: end, DurationMS: s.Start.Sub(end).Milliseconds()})
		}
		if end := s.Start.Add(time.Duration(s.DurationMS) * time.Millisecond); end.After(ends[s.Label]) {
			ends[s.Label] = end
		}
	}
	slices.SortStableFunc(c.Gaps, func(a, b Gap) int { return a.Start.Compare(b.Start) })
}

// gapEntered says whether the record itself names a gap that overlaps this one.
func (c *check) gapEntered(label string, from, to time.Time) bool {
	return slices.ContainsFunc(c.Gaps, func(g Gap) bool {
		end := g.Start.Add(time.Duration(g.DurationMS) * time.Millisecond)
		return g.Entered && g.Label == label && g.Start.Before(to) && end.After(from)
	})
}
