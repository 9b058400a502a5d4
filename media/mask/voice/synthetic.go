package voice

import (
	_ "embed"
	"math"
	"sync"
)

// The weights of the synthetic mode. training/synthetic.py makes them and says how and of what: CMU AN4 ((c) Carnegie Mellon University, BSD-style
// licence), speechocean762 (Zhang et al. 2021, CC BY 4.0), and speech synthesised by espeak-ng. The voice that they give is the average speaker's
// (target.go), so nobody's; the session's invented speaker is added after it.
//
//go:embed synthetic.bin
var syntheticFile []byte

var syntheticWeights = sync.OnceValues(func() (*weights, error) { return readWeights(syntheticFile) })

// syntheticLatency in samples at 48 kHz: the vocoder's, without the wandering tempo, and what the network hears ahead.
const syntheticLatency = (downTaps-1)/2 + ratio*(window/2) + (upTaps-1)/2 + ratio*hop*netLook

// powerStep is how finely the level of a frame passes, in dB.
const powerStep = 2.0

// content is the synthetic mode's way from what is heard to what is said: the normalised frame, a code of it, and what the code says.
type content struct {
	net  *network
	in   [netIn]float32
	out  [netOut]float32
	late [netLook]float64 // powers of the frames that the network has yet to describe
}

func newContent(s Strength) (*content, error) {
	w, err := syntheticWeights()
	if err != nil {
		return nil, err
	}
	n, err := newNetwork(w)
	if err != nil {
		return nil, err
	}
	n.coarse = s == Strong
	c := &content{net: n}
	c.reset()
	return c, nil
}

func (c *content) reset() {
	c.net.reset()
	for i := range c.late {
		c.late[i] = quietest
	}
}

// next takes a frame, its wanted power in dBFS and whether it is speech, and replaces it, late by netLook hops, by the one that the code says: the
// envelope, to which n gives the session's speaker, and the voicing. The power returned is the frame's own, in steps: a network that guessed it
// would make syllables, and Azerbaijani negation is one.
func (c *content) next(f *frame, power float64, speech bool, n *normaliser) float64 {
	n.hear(&f.band, speech)
	c.put(n, power, f.voiced)
	c.net.next(&c.in, &c.out)
	for k := range n.cep {
		n.cep[k] = neutral.size[k+1] * float64(c.out[k])
	}
	n.voice.find(&n.cep)
	n.say(&f.band)
	f.voiced = smoothStep(float64(c.out[netCep+1]))
	heard := c.late[0]
	copy(c.late[:], c.late[1:])
	c.late[netLook-1] = max(quietest, powerStep*math.Round(power/powerStep))
	return heard
}

// put writes the network's input: cepstra in spreads of the average speaker, power in steps of 10 dB about a loud frame, voicing.
func (c *content) put(n *normaliser, power, voiced float64) {
	for k, v := range n.cep {
		c.in[k] = float32(min(6, max(-6, v/neutral.size[k+1])))
	}
	c.in[netCep] = float32((power - outLevel) / 10)
	c.in[netCep+1] = float32(voiced)
}
