package parda

import (
	"encoding/json"
	"os"
	"testing"
)

// What may be ordered must be what was measured: media/mask/voice/words/verdict.json says which voices turn no meaning, and gateway/hearing/voices.json what a
// judge may choose. The gateway may not reach the masks, so the list stands twice, and this holds that both agree.
func TestWhatMayBeOrderedIsWhatWasMeasured(t *testing.T) {
	var measured struct {
		Modes []struct {
			Voice, Strength string
			Reversals       float64
			Allowed         bool
		}
	}
	var ordered []struct {
		Voice, Strength string
		Allowed         bool
	}
	for file, into := range map[string]any{"media/mask/voice/words/verdict.json": &measured, "gateway/hearing/voices.json": &ordered} {
		b, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const most = 0.01 // share of minimal pairs whose meaning turned
	verdict := map[string]bool{}
	for _, m := range measured.Modes {
		if m.Allowed && m.Reversals > most {
			t.Errorf("%s %s turned %.1f %% of the meanings and is called allowed", m.Voice, m.Strength, 100*m.Reversals)
		}
		verdict[m.Voice+" "+m.Strength] = m.Allowed
	}
	if len(ordered) == 0 || len(verdict) == 0 {
		t.Fatal("one list is empty: this check would hold nothing")
	}
	for _, o := range ordered {
		if allowed, was := verdict[o.Voice+" "+o.Strength]; o.Allowed && !allowed {
			t.Errorf("%s %s may be ordered, and was measured: %v, found sound: %v", o.Voice, o.Strength, was, allowed)
		} else if !o.Allowed && allowed {
			t.Errorf("%s %s was found sound and may not be ordered", o.Voice, o.Strength)
		}
		delete(verdict, o.Voice+" "+o.Strength)
	}
	for left := range verdict {
		t.Errorf("%s was measured and cannot be ordered or refused: gateway/hearing/voices.json lacks it", left)
	}
}
