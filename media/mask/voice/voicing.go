package voice

const (
	voicedStart = 0.45 // periodicity from which a frame is less than all noise, until the speaker is known
	voicedWidth = 0.25 // of periodicity, from all noise to all voice
	voicedShare = 0.80 // of the frames of speech that are more voice than noise, for every speaker
	voicedRate  = 0.02
)

// voicing says how voiced a frame is. How much of somebody's speech is voiced tells women from men, a breathy or a creaking voice from others: so
// the bound moves until every speaker's share is the same, or rather what was drawn for the session, by the past alone.
type voicing struct {
	share float64 // of the session
	bound float64
}

func (v *voicing) reset() { v.bound = voicedStart - (v.share - voicedShare) }

// next maps a frame's periodicity to 0 (noise) to 1 (voice). Only speech moves the bound.
func (v *voicing) next(periodicity float64, speech bool) float64 {
	if speech {
		step := -v.share
		if periodicity > v.bound+voicedWidth/2 {
			step++
		}
		v.bound = min(0.75, max(0.25, v.bound+voicedRate*step))
	}
	return smoothStep((periodicity - v.bound) / voicedWidth)
}

// plain maps a frame's periodicity without knowing the speaker, for a mode that makes its own voicing of it.
func (v *voicing) plain(periodicity float64) float64 {
	return smoothStep((periodicity - voicedStart) / voicedWidth)
}
