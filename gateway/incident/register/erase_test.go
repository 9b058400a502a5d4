package register

import (
	"slices"
	"testing"
	"time"

	"parda/gateway/access/rights"
	"parda/gateway/hearing"
)

// Words go with age alone where nothing is waited for any more.
func TestWordsAreErasedOfNothingThatStillWaits(t *testing.T) {
	const year = 365 * 24 * time.Hour
	sealed := map[string]bool{"over": true}
	c := newCourt(t, func(cfg *Config) {
		cfg.Keep, cfg.Sealed = year, func(hearing string) bool { return sealed[hearing] }
	})
	about := func(id string) About { return About{Incident: id, By: Who{Role: "judge"}} }
	enter := func(p ...Payload) { t.Helper(); _, err := c.Enter(t.Context(), "baku", p...); c.must(err) }
	filed := func(more ...Payload) string {
		t.Helper()
		id := c.files(as("baku", rights.VictimsLawyer), filing(c))
		for _, p := range more {
			p.about().Incident, p.about().By = id, Who{Role: "judge"}
			enter(p)
		}
		return id
	}
	flagged := func(in string) string {
		t.Helper()
		note, err := c.Keep(t.Context(), "baku", "of a flag")
		c.must(err)
		c.flag(in, "f1", "defence", hearing.DefenceCounsel, nil)
		c.mirrors("baku", in)
		id := IncidentOf(in, "f1")
		enter(&IncidentNotedPayload{about(id), note[0]}, &IncidentRuledPayload{about(id), "dismiss", note[0]})
		return id
	}
	made := func(then ...Payload) []Payload {
		return append([]Payload{&ReferralMadePayload{Referral: "f-1", To: "body", Lang: "az", Way: "mail"}}, then...)
	}
	sent, queued := &ReferralSentPayload{Referral: "f-1", State: "sent"}, &ReferralSentPayload{Referral: "f-1", State: "queued"}
	for _, tc := range []struct {
		name string
		id   string
		gone bool
	}{
		{"one that nobody ruled on", filed(), false},
		{"one that was dismissed", filed(&IncidentRuledPayload{Ruling: "dismiss"}), true},
		{"one that was opened again", filed(&IncidentRuledPayload{Ruling: "dismiss"}, &IncidentRuledPayload{Ruling: "reopen"}), false},
		{"a referral that was sent and never acknowledged", filed(made(sent)...), false},
		{"a referral that could not be sent", filed(made(queued, &ReferralFailedPayload{Referral: "f-1", Why: "refused", Final: true})...), false},
		{"a referral that was acknowledged", filed(made(&ReferralSentPayload{Referral: "f-1", State: "sent"}, &ReferralAcknowledgedPayload{Referral: "f-1", Acknowledged: c.clock()})...), true},
		{"one of a hearing that goes on", flagged("running"), false},
		{"one of a hearing that is sealed", flagged("over"), true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			began := c.clock()
			defer c.at(began)
			c.goes(began.Add(year + time.Hour))
			if i := c.get("baku", tc.id); i.Erased.IsZero() == tc.gone {
				t.Errorf("its words are erased: %v", !i.Erased.IsZero())
			}
		})
	}
	sealed["running"] = true
	c.goes(c.clock().Add(year + 2*time.Hour))
	if c.get("baku", IncidentOf("running", "f1")).Erased.IsZero() {
		t.Error("the words of a hearing that was sealed later stay for ever")
	}
}

// Whoever named a source, and however often: its words go with the last incident that needs them, and not before.
func TestNoNamingOfASourceOutlivesTheIncidentsThatUseIt(t *testing.T) {
	const year = 365 * 24 * time.Hour
	c := newCourt(t, func(cfg *Config) { cfg.Keep = year })
	label := func(id, words string) Said {
		t.Helper()
		said, err := c.Keep(t.Context(), "baku", words)
		c.must(err)
		_, err = c.Enter(t.Context(), "baku", &IncidentSourcePayload{About{Incident: id, By: Who{Role: "judge"}}, "s-1", said[0]})
		c.must(err)
		return said[0]
	}
	ends := func(id string) {
		t.Helper()
		c.must(c.RuleOn(t.Context(), as("baku", rights.Judge), "baku", id, "dismiss", "nothing shown"))
	}
	stands := func(all ...Said) (there []bool) {
		for _, words := range c.Texts("baku", all) {
			there = append(there, words != "")
		}
		return there
	}
	one, two := c.files(as("baku", rights.VictimsLawyer), filing(c)), c.files(as("baku", rights.VictimsLawyer), filing(c))
	first, again, other := label(one, "the man in the car"), label(one, "the man in the car"), label(two, "the man in the car")
	last := label(one, "the man in the grey car")
	ends(one)
	c.goes(c.clock().Add(year + time.Hour))
	if got := stands(first, again, other, last); !slices.Equal(got, []bool{false, false, true, true}) {
		t.Errorf("while another incident uses the source, these of its words stand: %v", got)
	}
	ends(two)
	c.goes(c.clock().Add(year + time.Hour))
	if got := stands(first, again, other, last); slices.Contains(got, true) {
		t.Errorf("no incident uses the source any more, and these of its words stand: %v", got)
	}
	texts, err := c.store.IncidentTexts(t.Context(), "baku")
	c.must(err)
	for _, row := range texts {
		if slices.Contains([]Said{first, again, other, last}, Said(row.ID)) {
			t.Error("and on the disk too")
		}
	}
}

// A judge may keep an incident, however old it is, and lets it go again; both need a reason.
func TestAHeldIncidentIsErasedWhenTheHoldIsLifted(t *testing.T) {
	const year = 365 * 24 * time.Hour
	c := newCourt(t, func(cfg *Config) { cfg.Keep = year })
	judge, lawyer := as("baku", rights.Judge), as("baku", rights.VictimsLawyer)
	id := c.files(lawyer, filing(c))
	c.must(c.RuleOn(t.Context(), judge, "baku", id, "dismiss", "nothing shown"))
	if err := c.Hold(t.Context(), judge, "baku", id, true, ""); refusal(err) != "reason_needed" {
		t.Errorf("a hold without a reason: %v", err)
	}
	if err := c.Hold(t.Context(), lawyer, "baku", id, true, "hers"); err == nil {
		t.Error("a lawyer holds an incident")
	}
	for range 2 {
		c.must(c.Hold(t.Context(), judge, "baku", id, true, "an appeal is pending"))
	}
	if v := must(c.Show(judge, "baku", id))(t); !v.Hold || c.events("baku")["hold.set"] != 1 {
		t.Errorf("shown as held: %v, entered %d times", v.Hold, c.events("baku")["hold.set"])
	}
	c.goes(c.clock().Add(10 * year))
	c.again()
	if !c.get("baku", id).Erased.IsZero() {
		t.Fatal("a held incident was erased")
	}
	c.must(c.Hold(t.Context(), judge, "baku", id, false, "the judgment is final"))
	c.goes(c.clock().Add(year + time.Hour))
	if i := c.get("baku", id); i.Erased.IsZero() || i.Held {
		t.Error("the words of an incident that nobody holds any more stay for ever")
	}
}
