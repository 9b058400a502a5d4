package voice

// vocoderLatency, on average and in samples at 48 kHz: half the decimator, from the middle of an analysis frame to its end, and half the interpolator.
// The masked hop that leaves with a frame ends at that frame's middle.
const vocoderLatency = (downTaps-1)/2 + ratio*(window/2) + (upTaps-1)/2 + ratio*hop*tempoMost/2

// vocoder is the whole way of a sound: 48 kHz in, frames at 16 kHz, 48 kHz out.
type vocoder struct {
	down   *decimator
	up     *interpolator
	ear    *analyser
	loud   loudness
	mind   *content // of the synthetic mode; else nil
	norm   *normaliser
	pace   tempo
	voiced voicing
	mouth  *synthesiser
	frame  frame
	in     [narrow]float64
	out    [narrow]float64
}

func newVocoder(s *session) *vocoder {
	v := &vocoder{down: newDecimator(), up: newInterpolator(), ear: newAnalyser(), norm: newNormaliser(s), mouth: newSynthesiser(s)}
	v.loud.press, v.voiced.share = s.press, voicedShare+s.hard
	v.loud.reset()
	v.voiced.reset()
	return v
}

// reset forgets all sound and all that was learnt of the speaker. The session's parameters stay.
func (v *vocoder) reset() {
	v.down.reset()
	v.up.reset()
	v.ear.reset()
	if v.mind != nil {
		v.mind.reset()
	}
	v.loud.reset()
	v.norm.reset()
	v.pace.reset()
	v.voiced.reset()
	v.mouth.reset()
}

// block masks 20 ms.
func (v *vocoder) block(in *[ratio * narrow]float32, out *[ratio * narrow]float64) {
	v.down.block(in, &v.in)
	for at := 0; at < narrow; at += hop {
		v.ear.next(v.in[at:at+hop], &v.frame)
		power, speech := v.loud.next(&v.frame)
		if v.mind != nil {
			v.frame.voiced = v.voiced.plain(v.frame.voiced)
			power = v.mind.next(&v.frame, power, speech, v.norm)
		} else {
			v.frame.voiced = v.voiced.next(v.frame.voiced, speech)
			v.norm.next(&v.frame.band, speech)
			v.pace.next(&v.frame, &power, v.mouth.drift)
		}
		v.mouth.next(&v.frame.band, power, v.frame.voiced, v.out[at:at+hop])
	}
	v.up.block(&v.out, out)
}
