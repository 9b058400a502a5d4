package referral

import (
	"slices"
	"strings"
	"unicode/utf8"

	"parda/signaling"
)

// Bounds of what is asked.
const (
	mostMeasures     = 20
	mostMeasureRunes = 200
	mostReasonRunes  = 4000
	mostEvidence     = 100
)

// Asked is what somebody asks for when she refers an incident.
type Asked struct {
	To           string   `json:"to"`
	Lang         string   `json:"lang"`
	Measures     []string `json:"measures"`
	DoNotWarn    bool     `json:"do_not_warn"`
	DangerToLife bool     `json:"danger_to_life"`
	Reason       string   `json:"reason"`
	Way          string   `json:"way"`
	Evidence     []string `json:"evidence"`
}

// Clean takes surrounding space off, and what is said twice.
func (a Asked) Clean() Asked {
	a.Reason = strings.TrimSpace(a.Reason)
	var measures []string
	for _, m := range a.Measures {
		if m = strings.TrimSpace(m); m != "" && !slices.Contains(measures, m) {
			measures = append(measures, m)
		}
	}
	a.Measures = measures
	a.Evidence = slices.Compact(slices.Sorted(slices.Values(a.Evidence)))
	return a
}

// Check refuses what cannot be asked of the body. mailed says whether there is a mail server. What was agreed is Permitted's question, and is asked under the register's lock.
func (a Asked) Check(bodies Bodies, mailed bool) (Body, error) {
	b, ok := bodies.Find(a.To)
	switch {
	case !ok:
		return b, signaling.Refuse("body_unknown", "There is no such body to refer to.", nil)
	case !slices.Contains(b.Ways(mailed), a.Way):
		return b, signaling.Refuse("way_unavailable", "The sheet cannot go to this body in this way.", nil)
	case !slices.Contains(Languages, a.Lang):
		return b, signaling.Refuse("bad_argument", "A sheet is in az, en or ru.", nil)
	case len(a.Measures) > mostMeasures || slices.ContainsFunc(a.Measures, func(m string) bool { return utf8.RuneCountInString(m) > mostMeasureRunes }):
		return b, signaling.Refuse("bad_argument", "These are too many measures, or one is too long.", nil)
	case utf8.RuneCountInString(a.Reason) > mostReasonRunes || len(a.Evidence) > mostEvidence:
		return b, signaling.Refuse("bad_argument", "The reason is too long, or this is too much evidence.", nil)
	case a.DangerToLife && a.Reason == "":
		return b, signaling.Refuse("reason_needed", "Say what the danger to life is.", nil)
	}
	return b, nil
}

// Permitted is the rule: nothing of a protected person leaves the court unless she or her lawyer agreed, except in danger to life, of which the reason stands in the register
// and on the sheet.
func (a Asked) Permitted(agreed bool) error {
	switch {
	case agreed:
		return nil
	case !a.DangerToLife:
		return signaling.Refuse("agreement_needed", "The protected person, or her lawyer, must agree first.", nil)
	case strings.TrimSpace(a.Reason) == "":
		return signaling.Refuse("reason_needed", "Say what the danger to life is.", nil)
	}
	return nil
}
