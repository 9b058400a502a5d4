package visibility

import "slices"

// room says what the room officer certified, and who the station sees and hears there. A certificate that says no is the bench's and the clerk's to know: on the
// witness's own page it would be read by whoever stands beside her (A7).
func (b builder) room() *RoomView {
	if !b.knows(FieldOwnRoom) {
		return nil
	}
	r := b.s.Testimony.Room
	why := b.s.RoomWhy(b.x.Now)
	v := &RoomView{Certified: why == "", Officer: r.Issued}
	if until, rests := b.s.OfficerRests(b.x.Now); rests {
		v.RestsUntil = Moment(until)
	}
	if v.Certified {
		v.At, v.With = Moment(r.At), r.Last.With
	}
	if !b.knows(FieldRoom) {
		return v
	}
	v.WhyVoid, v.PassedOver = why, r.Passed
	if r.Last != nil {
		v.At, v.With, v.Note, v.Proof = Moment(r.At), r.Last.With, r.Last.Note, r.Last.Proof
	}
	m := b.s.Testimony.Mask
	if m == nil {
		return v
	}
	if m.Person != nil {
		v.Person = &PersonView{m.Person.Voice, m.Person.Face}
	}
	for _, seen := range []string{"two_faces", "far_voice"} {
		if m.Notice == seen || slices.Contains(m.Notices, seen) {
			v.Others = append(v.Others, OtherView{Seen: seen, Listed: r.Accompanied()})
		}
	}
	return v
}
