package hearing

// The picture and voice modes that an order may name, from what shows least to what shows most. Natural is in the format and is refused with
// natural_unavailable until the rendering that is sealed for the bench exists.
const (
	PictureNone   = "none"
	PictureCard   = "card"
	PictureBlob   = "blob"   // the drawn figure without expression
	PicturePuppet = "puppet" // the drawn figure

	VoiceNone      = "none"
	VoiceSilence   = "silence"
	VoiceRespeak   = "respeak"   // a sworn speaker repeats the answers; the witness's own microphone goes nowhere
	VoiceSynthetic = "synthetic" // what is said, in one public synthetic voice
	VoiceNeutral   = "neutral"   // her words, resynthesised in a neutral voice

	natural = "natural"
)

// The strengths of a masked voice. Standard is the absence of the field, so that the orders signed before there were strengths keep their bytes.
const (
	StrengthStrong   = "strong"
	StrengthStandard = "standard"
	StrengthGentle   = "gentle"
)

// Rendering is what one audience receives of the testimony.
type Rendering struct {
	Picture  string `json:"picture"`
	Voice    string `json:"voice"`
	DelayS   int    `json:"delay_s"`                  // seconds; above 0 is refused with delay_unavailable until delays exist
	Strength string `json:"voice_strength,omitempty"` // gentle, strong; "" and standard are the same, and "" is how it is written
}

// Heard says whether the rendering carries words.
func (r *Rendering) Heard() bool {
	return r != nil && in(r.Voice, VoiceNeutral, VoiceSynthetic, VoiceRespeak)
}

// Key names the rendering that the station makes, "picture+voice" such as "puppet+neutral", with the strength as a third part where it is not
// standard ("puppet+neutral+strong"), or "" when nothing is sent. A part that is none is made as its strictest form (card, silence): the station
// makes whole renderings, and visibility drops the part that is none.
func (r *Rendering) Key() string {
	if r == nil || (r.Picture == PictureNone && r.Voice == VoiceNone) {
		return ""
	}
	picture, voice := r.Picture, r.Voice
	if picture == PictureNone {
		picture = PictureCard
	}
	if voice == VoiceNone {
		voice = VoiceSilence
	}
	key := picture + "+" + voice
	if s := r.spelt().Strength; s != "" {
		key += "+" + s
	}
	return key
}

// spelt is the rendering in its one spelling.
func (r *Rendering) spelt() *Rendering {
	if r == nil || r.Strength != StrengthStandard {
		return r
	}
	c := *r
	c.Strength = ""
	return &c
}

// Renderings names what each audience receives; nil is nothing at all.
type Renderings struct {
	Bench       *Rendering `json:"bench"`
	Prosecution *Rendering `json:"prosecution"`
	Defence     *Rendering `json:"defence"`
	Hall        *Rendering `json:"hall"`
	Public      *Rendering `json:"public"`
}

// To returns the rendering of an audience, nil for none.
func (r Renderings) To(a Audience) *Rendering {
	switch a {
	case ToBench:
		return r.Bench
	case ToProsecution:
		return r.Prosecution
	case ToDefence:
		return r.Defence
	case ToHall:
		return r.Hall
	case ToPublic:
		return r.Public
	}
	return nil
}

func (r Renderings) spelt() Renderings {
	return Renderings{Bench: r.Bench.spelt(), Prosecution: r.Prosecution.spelt(), Defence: r.Defence.spelt(), Hall: r.Hall.spelt(), Public: r.Public.spelt()}
}

// Respeaks says whether a sworn speaker speaks for the witness.
func (o Order) Respeaks() bool {
	for _, a := range Audiences() {
		if r := o.Renderings.To(a); r != nil && r.Voice == VoiceRespeak {
			return true
		}
	}
	return false
}

// Who may speak for the witness. A support person is there for her and swears nothing, so the court must say why it is that one; a guardian
// cannot be named at all.
const (
	RespeakerInterpreter = "interpreter"    // the sworn interpreter who sits beside her
	RespeakerNamed       = "named"          // a person whom the court names and swears in
	RespeakerSupport     = "support_person" // by exception, with its reason
)

// Respeaker is the sworn speaker of an order. It never holds a name: who it is stands in the protocol, where the court swears the person in.
type Respeaker struct {
	Who    string `json:"who"`
	Reason string `json:"reason,omitempty"` // required for any but the interpreter
}

// checkVoices holds what the voices of one order must be together.
func checkVoices(o Order) error {
	for _, a := range Audiences() {
		r := o.Renderings.To(a)
		switch {
		case r == nil:
		case r.Strength != "" && !r.Heard():
			return refuse(CodeOrderInvalid, "A strength belongs to a voice that is heard.")
		case o.Respeaks() && r.Heard() && r.Voice != VoiceRespeak:
			return refuse(CodeOrderInvalid, "Where a sworn speaker speaks for the witness, every audience that hears must hear that speaker: her own voice may go to nobody.")
		}
	}
	switch p := o.Respeaker; {
	case o.Respeaks() && p == nil:
		return refuse(CodeRespeakerMissing, "Say who speaks for the witness.")
	case !o.Respeaks() && p != nil:
		return refuse(CodeOrderInvalid, "A sworn speaker is named, and no rendering uses one.")
	case p != nil && p.Who != RespeakerInterpreter && blank(p.Reason):
		return refuse(CodeRespeakerMissing, "To let another than the sworn interpreter speak for the witness needs a reason.")
	}
	return nil
}

func looser(old, new *Rendering) bool {
	if new == nil {
		return false
	}
	if old == nil {
		return new.Key() != ""
	}
	return pictureExposure(new.Picture) > pictureExposure(old.Picture) || voiceLooser(*old, *new) || new.DelayS < old.DelayS
}

// pictureExposure orders the modes by how much they show; what is unknown shows all.
func pictureExposure(mode string) int {
	return exposure(mode, PictureNone, PictureCard, PictureBlob, PicturePuppet)
}

// voiceLooser says whether the new voice tells more of her than the old one. Mode and strength count apart, because nobody has measured that a
// gentle synthetic voice hides more than a strong neutral one, and a doubt is a yes; the strength of a voice that is not hers tells nothing of her.
func voiceLooser(old, new Rendering) bool {
	rank := func(r Rendering) int {
		return exposure(r.Voice, VoiceNone, VoiceSilence, VoiceRespeak, VoiceSynthetic, VoiceNeutral)
	}
	if rank(new) > rank(old) {
		return true
	}
	hers := func(r Rendering) bool { return r.Heard() && (r.Voice != VoiceRespeak || old.Voice == new.Voice) }
	return hers(old) && hers(new) && strengthExposure(new.Strength) > strengthExposure(old.Strength)
}

func strengthExposure(s string) int {
	if s == "" {
		s = StrengthStandard
	}
	return exposure(s, StrengthStrong, StrengthStandard, StrengthGentle)
}

func exposure(mode string, tightestFirst ...string) int {
	for i, m := range tightestFirst {
		if m == mode {
			return i
		}
	}
	return len(tightestFirst)
}
