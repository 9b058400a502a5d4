package incident

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // the court's zone must be known on a machine that brings no zones
)

// Deadlines are the periods that the law gives a request for protection. They are data (deadlines.json, or the court's own file), because the law
// changes; confirmed_by stays empty until a lawyer has confirmed each article and how it is counted.
//
// Hours are hours that pass, whatever the clocks on the wall are turned to. Days are days of the calendar in the court's zone.
type Deadlines struct {
	Format           int      `json:"parda_deadlines"` // 1
	Zone             string   `json:"zone"`            // IANA name
	DecideHours      int      `json:"decide_hours"`    // from receipt of the request to the decision
	WarnHours        []int    `json:"warn_hours"`      // from receipt, ascending, all before the decision is due
	ComplainDays     int      `json:"complain_days"`   // from receipt of the refusal's copy
	CourtDay         int      `json:"court_day"`       // of silence since receipt of the request: on it the way to the court opens
	FirstDayCounts   bool     `json:"first_day_counts"`
	MovedFromWeekend bool     `json:"moved_from_weekend"` // a period of days that ends on a Saturday, a Sunday or a holiday ends with the next working day
	Holidays         []string `json:"holidays"`           // dates, YYYY-MM-DD
	Articles         Articles `json:"articles"`
	ConfirmedBy      string   `json:"confirmed_by"`

	zone *time.Location
}

// Articles name where each period stands in the law, as a court prints them.
type Articles struct {
	Decide   string `json:"decide"`
	Complain string `json:"complain"`
	Court    string `json:"court"`
}

//go:embed deadlines.json
var defaultDeadlines []byte

// DefaultDeadlines are those that parda brings.
func DefaultDeadlines() []byte { return bytes.Clone(defaultDeadlines) }

// ReadDeadlines reads a file of deadlines. One that says anything unknown, or nothing where something is needed, is refused whole: a misspelt period must not
// be taken for a shorter or a longer one.
func ReadDeadlines(file []byte) (Deadlines, error) {
	d := Deadlines{}
	dec := json.NewDecoder(bytes.NewReader(file))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return d, fmt.Errorf("incident: deadlines: %w", err)
	}
	if dec.More() {
		return d, fmt.Errorf("incident: deadlines: something follows the object")
	}
	zone, err := time.LoadLocation(d.Zone)
	last := 0
	for _, w := range d.WarnHours {
		if w <= last || w >= d.DecideHours {
			return d, fmt.Errorf("incident: deadlines: warn_hours must ascend and lie before decide_hours")
		}
		last = w
	}
	switch {
	case d.Format != 1:
		return d, fmt.Errorf("incident: deadlines: parda_deadlines is %d, this program knows 1", d.Format)
	case d.Zone == "" || err != nil:
		return d, fmt.Errorf("incident: deadlines: there is no zone %q", d.Zone)
	case d.DecideHours < 1 || d.ComplainDays < 1 || d.CourtDay < 1:
		return d, fmt.Errorf("incident: deadlines: decide_hours, complain_days and court_day must be 1 or more")
	case d.DecideHours > 10_000 || d.ComplainDays > 1_000 || d.CourtDay > 1_000:
		return d, fmt.Errorf("incident: deadlines: a period of over a year is taken for a slip")
	}
	for _, h := range d.Holidays {
		if _, err := time.Parse(time.DateOnly, h); err != nil {
			return d, fmt.Errorf("incident: deadlines: holidays: %w", err)
		}
	}
	d.zone = zone
	return d, nil
}

// Mark is a moment at which something about a request becomes due. The strings are stable.
type Mark string

// The marks, in the order in which they come where nobody does anything.
const (
	MarkWarn         Mark = "warn"          // the decision is due soon; once for each of WarnHours
	MarkOverrun      Mark = "overrun"       // the decision was not taken in time
	MarkCourtRoute   Mark = "court_route"   // silence: the way to the court is open
	MarkComplaintEnd Mark = "complaint_end" // the days to complain are over
)

// Due is a mark with its moment. Hours is which of the warnings it is.
type Due struct {
	Mark  Mark
	At    time.Time // UTC
	Hours int
}

// Request is what the clock needs of a request for protection.
type Request struct {
	Received   time.Time // when the body that decides received it; a court that acts on its own receives it from itself
	Decided    time.Time // zero: not yet
	Refused    bool      // what was decided
	CopyServed time.Time // when the refusal's copy was received; zero: not yet
}

// Marks are all moments of the request that its own steps have not made needless, in order of time. They depend on the request alone, so that a clock that
// was stopped names those it slept through.
func (d Deadlines) Marks(r Request) []Due {
	var all []Due
	before := func(m Mark, at time.Time, hours int, until time.Time) {
		if until.IsZero() || at.Before(until) {
			all = append(all, Due{m, at.UTC(), hours})
		}
	}
	for _, h := range d.WarnHours {
		before(MarkWarn, r.Received.Add(time.Duration(h)*time.Hour), h, r.Decided)
	}
	before(MarkOverrun, r.Received.Add(time.Duration(d.DecideHours)*time.Hour), d.DecideHours, r.Decided)
	// Silence ends when the person has the copy of a refusal in hand, or protection; a refusal that nobody was served is silence still.
	heard := r.CopyServed
	if !r.Decided.IsZero() && !r.Refused {
		heard = r.Decided
	}
	before(MarkCourtRoute, d.startOfDay(r.Received, d.CourtDay), 0, heard)
	if r.Refused && !r.CopyServed.IsZero() {
		all = append(all, Due{MarkComplaintEnd, d.endOfDay(r.CopyServed, d.ComplainDays).UTC(), 0})
	}
	slices.SortStableFunc(all, func(a, b Due) int { return a.At.Compare(b.At) })
	return all
}

// Passed are the marks that lie at or before now, and Next the first one after it.
func (d Deadlines) Passed(r Request, now time.Time) (passed []Due, next *Due) {
	for _, m := range d.Marks(r) {
		if m.At.After(now) {
			return passed, &m
		}
		passed = append(passed, m)
	}
	return passed, nil
}

// startOfDay is the first moment of the n-th day after t, by the calendar of the court's zone.
func (d Deadlines) startOfDay(t time.Time, n int) time.Time {
	y, m, day := t.In(d.zone).Date()
	return time.Date(y, m, day+d.shift(n), 0, 0, 0, 0, d.zone)
}

// endOfDay is the first moment that does not belong to the n-th day any more; where the law moves the end of a period, the n-th day is the next working day.
func (d Deadlines) endOfDay(t time.Time, n int) time.Time {
	y, m, day := t.In(d.zone).Date()
	last := time.Date(y, m, day+d.shift(n), 12, 0, 0, 0, d.zone) // noon: no zone turns its clocks then
	for d.MovedFromWeekend && d.rests(last) {
		last = last.AddDate(0, 0, 1)
	}
	y, m, day = last.Date()
	return time.Date(y, m, day+1, 0, 0, 0, 0, d.zone)
}

func (d Deadlines) shift(n int) int {
	if d.FirstDayCounts {
		return n - 1
	}
	return n
}

func (d Deadlines) rests(day time.Time) bool {
	w := day.Weekday()
	return w == time.Saturday || w == time.Sunday || slices.Contains(d.Holidays, day.Format(time.DateOnly))
}

// Month is the month of a moment by the calendar of the court's zone, YYYY-MM.
func (d Deadlines) Month(t time.Time) string { return t.In(d.zone).Format("2006-01") }
