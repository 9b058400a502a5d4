package hearing

import (
	_ "embed"
	"encoding/json"
	"slices"
)

// VoiceChoice is one masked voice that an order could name, and whether it may be chosen. One that turned the meaning of more than 1 % of the
// minimal pairs in the measurement (gəldi, gəlmədi; var, yox; numbers, persons, dates) may not, nor one that nobody has measured.
type VoiceChoice struct {
	Voice    string `json:"voice"`
	Strength string `json:"strength"`
	Allowed  bool   `json:"allowed"`
}

// The list repeats what media/mask/voice/words measured; a test at the root of the module holds that both agree, because this package
// may reach no mask.
//
//go:embed voices.json
var voiceData []byte

var voiceChoices = func() []VoiceChoice {
	var all []VoiceChoice
	if err := json.Unmarshal(voiceData, &all); err != nil {
		panic("hearing: voices.json: " + err.Error()) // embedded: a test would have found it
	}
	return all
}()

// VoiceChoices returns the list. The slice is the caller's.
func VoiceChoices() []VoiceChoice { return slices.Clone(voiceChoices) }

// CheckVoices refuses with voice_unproven an order whose masked voices may not be chosen. A sworn speaker's voice goes through the mask neutral of the
// rendering's strength, so that one is looked up. It is asked where an order is drafted and signed, never where a signed one is read.
func CheckVoices(o Order) error {
	for _, a := range Audiences() {
		if r := o.Renderings.To(a); r.Heard() && !mayChoose(*r) {
			return refuse(CodeVoiceUnproven, "This voice and strength turned the meaning of too many words in the measurement, or was not measured: it cannot be ordered.")
		}
	}
	return nil
}

func mayChoose(r Rendering) bool {
	want := VoiceChoice{Voice: r.Voice, Strength: r.Strength, Allowed: true}
	if want.Voice == VoiceRespeak {
		want.Voice = VoiceNeutral
	}
	if want.Strength == "" {
		want.Strength = StrengthStandard
	}
	return slices.Contains(voiceChoices, want)
}
