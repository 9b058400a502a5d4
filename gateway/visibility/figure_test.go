package visibility

import (
	"testing"

	"parda/gateway/hearing"
)

// signed is a hearing that is live under an order with these renderings.
func signed(t *testing.T, renderings m, respeaker any) *play {
	p := full(t)
	args := m{"template": "no_confrontation", "reason": "r", "renderings": renderings, "session": "public"}
	if respeaker != nil {
		args["respeaker"] = respeaker
	}
	p.do("judge", "order.draft", args)
	p.do("judge", "order.sign", m{"bytes": p.s.Draft, "signature": p.sign(p.s.Draft), "reason": "r", "confirm": true})
	if p.s.Testimony.Phase == hearing.Waiting {
		p.do("witness", "testimony.rehearse", nil)
		p.do("witness", "witness.consent", m{"language": "az", "interpreter": true})
	}
	p.do("judge", "seat.unmute", m{"seat": "lawyer"})
	p.do("witness", "room.certify", m{"same": true, "free": true, "with": []string{"interpreter"}})
	p.do("judge", "testimony.call", nil)
	return p
}

// What the figure does is told to whom the picture shows it, and to nobody else: a field must not say what the policy denies as a picture.
func TestWhatTheFigureDoesIsToldOnlyToWhomItIsShown(t *testing.T) {
	p := signed(t, m{"bench": rendering("puppet", "neutral"), "prosecution": rendering("blob", "neutral"), "defence": rendering("card", "neutral"),
		"hall": rendering("none", "neutral"), "public": nil}, nil)
	figures := func(state string) map[string]string {
		got := map[string]string{}
		for _, seat := range []string{"judge", "prosecutor", "defence", "screen", "gallery", "witness"} {
			v, _ := p.view(seat, Extras{Figure: state})
			got[seat] = v.Testimony.Figure
		}
		return got
	}
	check := func(what, state, judge, prosecutor string) {
		t.Helper()
		want := map[string]string{"judge": judge, "prosecutor": prosecutor, "defence": "", "screen": "", "gallery": "", "witness": ""}
		got := figures(state)
		for seat, w := range want {
			if got[seat] != w {
				t.Errorf("%s, %s: %s is told %q, want %q", what, state, seat, got[seat], w)
			}
		}
	}
	check("live", "answering", "answering", "answering")
	check("live", "hand_raised", "hand_raised", "still") // a plain figure makes no gesture, and none is told of it
	check("live", "left_seat", "left_seat", "left_seat")
	check("live", "", "", "")
	check("live", "weeping", "", "")
	p.do("witness", "witness.tighten", m{"picture": "blob"})
	check("plain", "hand_raised", "still", "still")
	if v, _ := p.view("judge", Extras{}); v.Watching[0].Picture != hearing.PictureBlob || v.Watching[0].Now != "live" {
		t.Errorf("the bench is not told that it gets the plain figure: %+v", v.Watching[0])
	}
	p.do("witness", "witness.tighten", m{"picture": "card"})
	check("card", "answering", "", "")
	p.do("witness", "witness.tighten", m{"picture": ""})
	p.do("witness", "mask.status", m{"picture": "card", "voice": "ok", "notice": "camera_lost"})
	check("fault", "answering", "", "")
	p.do("witness", "mask.status", m{"picture": "ok", "voice": "ok"})
	p.do("witness", "testimony.pause", nil)
	check("paused", "answering", "", "")
}

// Who speaks for the witness sits beside her: an open device of that seat would carry her in clear.
func TestTheSwornSpeakersOwnDevicesSendNothing(t *testing.T) {
	all := m{"bench": rendering("puppet", "respeak"), "prosecution": rendering("puppet", "respeak"), "defence": rendering("puppet", "respeak"),
		"hall": rendering("puppet", "respeak"), "public": rendering("card", "respeak")}
	for who, seat := range map[string]string{"interpreter": "interpreter", "support_person": "support"} {
		p := signed(t, all, m{"who": who, "reason": "r"})
		p.do("judge", "floor.give", m{"seat": seat})
		sc := SceneOf(p.s, p.now)
		sc.Published = nil
		for _, role := range hearing.Roles() {
			for _, media := range []Media{Audio, Video} {
				for id, s := range sc.Seats {
					if s.Role == role && id != seat && Decide(Viewer{id, role}, Publication{FromSeat, seat, media}, sc).Allow {
						t.Errorf("%s gets the %s of %s, who sits beside the witness", id, media, seat)
					}
				}
			}
		}
		for _, reader := range []string{"judge", "witness", "screen", "gallery"} {
			if v, _ := p.view(reader, Extras{}); v.Order == nil || v.Order.Respeaker != who {
				t.Errorf("%s is not told whose voice it is", reader)
			}
		}
	}
}
