package face

import "math"

// tripScore is pigo's summed score from which the tripwire takes a place for a face. Of the pictures that this package draws, none came near it, and
// real faces are far above (media/relay/TRIPWIRE.md has both distributions).
const tripScore = 12.0

// tripTurns are the rolls at which the tripwire looks, in turns: pigo's cascade alone finds no face that is rolled by more than some 20 degrees.
var tripTurns = [...]float64{0, 25.0 / 360, 335.0 / 360}

// FindFaces counts the faces in a luma plane of w by h samples, for the relay's tripwire: 0 in every picture that this package draws, at least 1 in a
// usual picture of a person who looks at the camera, upright or rolled by up to some 40 degrees. It uses pigo, as the reading does. A plane that does
// not hold w by h samples counts as 1: what cannot be looked at is not let through.
func FindFaces(luma []byte, w, h, stride int) (n int) {
	defer func() {
		if recover() != nil {
			n = 1
		}
	}()
	if FaceScore(luma, w, h, stride) >= tripScore {
		return 1
	}
	return 0
}

// FaceScore is how much the likeliest place of a luma plane looks like a face: pigo's summed score, 0 where it finds none, +Inf for a plane that does not
// hold w by h samples.
func FaceScore(luma []byte, w, h, stride int) (most float64) {
	if w < 16 || h < 16 || w > 4096 || h > 4096 || !holds(luma, w, h, stride) {
		return math.Inf(1)
	}
	p, err := finder()
	if err != nil {
		return math.Inf(1)
	}
	r := reader{}
	r.shrink(gray{luma, w, h, stride})
	side := min(r.ww, r.wh)
	for _, turn := range tripTurns {
		for _, f := range scan(p, r.cur[0].p, r.ww, r.wh, r.ww, int(.10*float64(side)), side, .1, 1.1, turn) {
			most = max(most, f.score)
		}
		if most >= tripScore {
			break
		}
	}
	return most
}
