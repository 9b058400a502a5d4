package face

import "math"

// glance is one search of the tripwire: at what size, at what roll, how closely, and from which of pigo's summed scores on it is a face. A closer search hits a
// face more often, so its scores are higher. In 600 drawn pictures the most was 4.6 upright, 2.4 turned and 0 of the small ones.
type glance struct {
	turn        float64 // in turns
	fine        bool    // in the picture itself; else in the work picture, of about half its size
	least, most float64 // size of a face, in shares of the picture's shorter side
	shift, step float64
	score       float64
}

// glances find a face of a tenth of the picture's height and more upright, rolled by up to some 40 degrees where it is a little larger (pigo's cascade
// alone finds none that is rolled by more than 20), and small ones down to a twentieth.
var glances = []glance{
	{turn: 0, least: .10, most: 1, shift: .1, step: 1.1, score: 9},
	{turn: 25. / 360, least: .12, most: 1, shift: .14, step: 1.15, score: 6.5},
	{turn: 335. / 360, least: .12, most: 1, shift: .14, step: 1.15, score: 6.5},
	{fine: true, least: .042, most: .18, shift: .15, step: 1.16, score: 2.5},
}

// FindFaces says for the relay's tripwire whether a luma plane of w by h samples shows a face: 0 in every picture that this package draws, 1 in a usual picture
// of a person. It uses pigo, as the reading does. A plane that does not hold w by h samples counts as 1: what cannot be looked at is not let through.
func FindFaces(luma []byte, w, h, stride int) (n int) {
	defer func() {
		if recover() != nil {
			n = 1
		}
	}()
	if Likeness(luma, w, h, stride, true) >= 1 {
		return 1
	}
	return 0
}

// Likeness is how much a luma plane shows a face: the highest score of any glance in parts of the one that makes a face, so 1 and more is one. +Inf for a plane
// that does not hold w by h samples. soon ends at the first glance that shows a face.
func Likeness(luma []byte, w, h, stride int, soon bool) (most float64) {
	if w < 16 || h < 16 || w > 4096 || h > 4096 || !holds(luma, w, h, stride) {
		return math.Inf(1)
	}
	p, err := finder()
	if err != nil {
		return math.Inf(1)
	}
	r := reader{}
	r.shrink(gray{luma, w, h, stride})
	for _, g := range glances {
		pix, pw, ph, ps := r.cur[0].p, r.ww, r.wh, r.ww
		if g.fine {
			pix, pw, ph, ps = luma, w, h, stride
		}
		side := float64(min(pw, ph))
		for _, f := range scan(p, pix, pw, ph, ps, int(g.least*side), int(g.most*side), g.shift, g.step, g.turn) {
			most = max(most, f.score/g.score)
		}
		if soon && most >= 1 {
			break
		}
	}
	return most
}
