package statistics

import (
	"fmt"
	"slices"
	"time"
)

// Court, Kind and Measure are places in closed lists, from 1; zero is none of them. They are numbers so that no text can stand where they stand.
type (
	Court   uint8
	Kind    uint8
	Measure uint8
)

// The lists. Places are stable for ever: releases that are kept were drawn in their order. Additions go to the end.
var (
	courts   = []string{"baku", "ganja", "lankaran", "shaki", "nakhchivan"}
	kinds    = []string{"words", "gesture", "look", "photographing", "identify", "contact_outside", "threat_relative", "threat_lawyer", "other", "unknown"}
	measures = []string{"no_confrontation", "identity_hidden", "anonymous_to_defence", "session_private", "session_closed", "picture_masked", "voice_masked", "respeaker",
		"protection_requested", "protection_granted", "protection_refused"}
)

// Courts, Kinds and Measures are the lists, in their order. The slices are the caller's.
func Courts() []string   { return slices.Clone(courts) }
func Kinds() []string    { return slices.Clone(kinds) }
func Measures() []string { return slices.Clone(measures) }

// CourtOf finds a court by its code.
func CourtOf(code string) (Court, bool) {
	i := slices.Index(courts, code)
	return Court(i + 1), i >= 0
}

// KindOf finds a kind of incident by its code; one that is not in the list, or was not said, is unknown. What the text was is lost here.
func KindOf(code string) Kind {
	if i := slices.Index(kinds, code); i >= 0 {
		return Kind(i + 1)
	}
	return Kind(len(kinds))
}

// MeasureOf finds a measure by its code.
func MeasureOf(code string) (Measure, bool) {
	i := slices.Index(measures, code)
	return Measure(i + 1), i >= 0
}

// Quarter of a year by the courts' calendar: year times four, and 0 to 3.
type Quarter uint16

// courtZone is the courts' time: UTC+4 all year round in Azerbaijan.
var courtZone = time.FixedZone("UTC+4", 4*60*60)

// QuarterOf is the quarter that a moment lies in. Moments before the year 2000 and after 9999 are in the first and the last that there is.
func QuarterOf(at time.Time) Quarter {
	at = at.In(courtZone)
	year := min(max(at.Year(), firstYear), lastYear)
	return Quarter(year*4 + (int(at.Month())-1)/3)
}

const firstYear, lastYear = 2000, 9999

// ParseQuarter reads 2026Q1.
func ParseQuarter(text string) (Quarter, error) {
	var year, n int
	if _, err := fmt.Sscanf(text, "%04dQ%1d", &year, &n); err != nil || year < firstYear || year > lastYear || n < 1 || n > 4 || Quarter(year*4+n-1).String() != text {
		return 0, fmt.Errorf("statistics: %q is no quarter", text)
	}
	return Quarter(year*4 + n - 1), nil
}

// String is 2026Q1.
func (q Quarter) String() string { return fmt.Sprintf("%04dQ%d", q/4, q%4+1) }

// End is the first moment that does not belong to the quarter any more.
func (q Quarter) End() time.Time {
	return time.Date(int(q/4), time.Month(q%4*3+4), 1, 0, 0, 0, 0, courtZone)
}

// Fact is one incident, or one use of a measure: one of Kind and Measure is there. The zero value is no fact.
type Fact struct {
	Court   Court
	Kind    Kind
	Quarter Quarter
	Measure Measure
}

// Valid says whether a fact stands in the lists and is one of the two.
func (f Fact) Valid() bool {
	return f.Court >= 1 && int(f.Court) <= len(courts) && int(f.Kind) <= len(kinds) && int(f.Measure) <= len(measures) && (f.Kind == 0) != (f.Measure == 0)
}
