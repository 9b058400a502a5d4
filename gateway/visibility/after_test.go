package visibility

import (
	"strings"
	"testing"

	"parda/gateway/hearing"
)

// released is the play of view_test.go after her testimony, with a question and a remark of hers.
func released(t *testing.T) *play {
	t.Helper()
	p := full(t)
	p.do("judge", "testimony.release", nil)
	p.do("witness", "question.request", map[string]any{"text": "SHE-ASKS"})
	p.do("witness", "remark.add", map[string]any{"text": "SHE-REMARKS"})
	p.do("witness", "witness.afraid", nil)
	p.do("judge", "floor.give", map[string]any{"seat": "defence"})
	return p
}

func TestNothingOfHersFlowsAfterReleaseWhateverArrives(t *testing.T) {
	p := released(t)
	p.s.Facts.StationUp = true
	for _, kind := range []hearing.Kind{hearing.Public, hearing.Private, hearing.Closed} {
		p.s.Kind = kind
		sc := SceneOf(p.s, p.now) // Published is nil: every rendering is taken as arriving
		for sink, pub := range Route(sc, p.s.Seats) {
			if pub.Source == FromWitness {
				t.Errorf("%s: %v flows to %v", kind, pub, sink)
			}
		}
		for _, viewer := range append(p.s.Seats, hearing.Seat{ID: Recorder}) {
			for _, pub := range publications() {
				if pub.Source == FromWitness && (Decide(Viewer{viewer.ID, viewer.Role}, pub, sc).Allow || DecideRecorder(pub, sc).Allow) {
					t.Errorf("%s: %s may have %v", kind, viewer.ID, pub)
				}
			}
		}
	}
}

func TestSheHearsBenchAndFloorAfterReleaseAndNothingElse(t *testing.T) {
	p := released(t)
	for name, c := range map[string]struct {
		change func()
		flows  bool
	}{
		"public":     {func() {}, true},
		"private":    {func() { p.s.Kind = hearing.Private }, true},
		"closed":     {func() { p.s.Kind = hearing.Closed }, true},
		"order over": {func() { p.s.Order.Expired = true }, true},
		"suspended":  {func() { p.s.Phase = hearing.Suspended }, false},
		"concluded":  {func() { p.s.Phase = hearing.Concluded }, false},
	} {
		before := p.s
		p.s = before.Clone()
		c.change()
		got := map[string]string{}
		for sink, pub := range Route(SceneOf(p.s, p.now), p.s.Seats) {
			if sink.Viewer == "witness" {
				got[sink.Slot+" "+string(sink.Media)] = pub.Label()
			}
		}
		p.s = before
		want := map[string]string{}
		if c.flows {
			want = map[string]string{"bench video": "court/bench", "bench audio": "court/bench", "floor video": "seat/defence", "floor audio": "seat/defence"}
		}
		if len(got) != len(want) {
			t.Errorf("%s: she gets %v, want %v", name, got, want)
		}
		for slot, label := range want {
			if got[slot] != label {
				t.Errorf("%s: %s is %q, want %q", name, slot, got[slot], label)
			}
		}
	}
}

func TestHerQuestionIsKnownToBenchAndClerkAndHerself(t *testing.T) {
	p := released(t)
	for _, spec := range hearing.DefaultSeats() {
		_, raw := p.view(spec.ID, Extras{})
		knows := spec.Role.Bench() || spec.Role == hearing.CourtClerk || spec.Role == hearing.ProtectedWitness
		if strings.Contains(raw, "SHE-ASKS") != knows {
			t.Errorf("%s: knows her question: %v", spec.ID, !knows)
		}
		if strings.Contains(raw, "SHE-REMARKS") {
			t.Errorf("%s: her remark is in the state; it belongs in the protocol alone", spec.ID)
		}
	}
}
