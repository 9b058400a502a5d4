package visibility

import (
	"encoding/json"
	"strings"
	"testing"

	"parda/gateway/hearing"
)

func (p *play) room(t *testing.T, seat string) (*RoomView, []AlarmView, string) {
	t.Helper()
	v, raw := p.view(seat, Extras{})
	return v.Testimony.Room, v.Alarms, raw
}

// TestWhoStandsBesideHerReadsNothingOfACertificateThatSaysNo: the kiosk's page is the same as before any certificate (A7).
func TestWhoStandsBesideHerReadsNothingOfACertificateThatSaysNo(t *testing.T) {
	p := full(t)
	before, _, _ := p.room(t, "witness")
	p.do("witness", "room.certify", m{"same": true, "free": false, "with": []string{"legal_representative"}, "note": "THE-NOTE"})
	after, _, raw := p.room(t, "witness")
	a, _ := json.Marshal(before)
	b, _ := json.Marshal(after)
	if string(a) != string(b) || strings.Contains(raw, "not_free") || strings.Contains(raw, "THE-NOTE") {
		t.Errorf("her page tells:\n%s\n%s", a, b)
	}
	for _, seat := range []string{"judge", "clerk"} {
		r, alarms, raw := p.room(t, seat)
		if r.Certified || r.WhyVoid != "not_free" || len(r.With) != 1 || !strings.Contains(raw, "room_not_free") || len(alarms) == 0 {
			t.Errorf("%s is told %+v %v", seat, r, alarms)
		}
	}
	for _, seat := range []string{"prosecutor", "defence", "lawyer", "interpreter", "support", "guardian", "screen", "gallery"} {
		if r, _, raw := p.room(t, seat); r != nil || strings.Contains(raw, "THE-NOTE") {
			t.Errorf("%s knows of the room: %+v", seat, r)
		}
	}
}

func TestTheBenchIsToldWhetherTheOtherPersonIsListed(t *testing.T) {
	for _, with := range [][]string{{}, {"support_person"}} {
		p := full(t)
		p.do("witness", "room.certify", m{"same": true, "free": true, "with": with})
		p.do("witness", "mask.status", m{"picture": "neutral", "voice": "ok", "notice": "two_faces", "notices": []string{"far_voice", "person_unsure"}, "person": m{"voice": "unsure", "face": "same"}})
		r, _, _ := p.room(t, "judge")
		if len(r.Others) != 2 || r.Others[0].Listed != (len(with) > 0) || r.Others[1].Seen != "far_voice" || r.Person == nil || r.Person.Voice != "unsure" {
			t.Errorf("%+v", r)
		}
		if own, _, _ := p.room(t, "witness"); own.Person != nil || own.Others != nil || strings.Contains(raw(p, "witness"), "person_unsure") || !strings.Contains(raw(p, "judge"), "person_unsure") || !own.Certified || len(own.With) != len(with) {
			t.Errorf("she is told %+v", own)
		}
	}
}

func TestACertificateThatEndsWhileLiveRaisesAnAlarmAndStopsNothing(t *testing.T) {
	p := full(t)
	p.do("witness", "room.certify", m{"same": true, "free": true, "with": []string{}})
	p.do("judge", "testimony.call", nil)
	p.do("witness", "mask.status", m{"picture": "ok", "voice": "ok", "notices": []string{"person_changed"}})
	p.now = p.now.Add(hearing.PersonsHeld)
	p.enter(hearing.PersonsChanged(p.s, p.now))
	r, alarms, raw := p.room(t, "judge")
	if p.s.Testimony.Phase != hearing.Live || r.Certified || r.WhyVoid != "person_changed" || !strings.Contains(raw, "room_changed") {
		t.Errorf("%s %+v %v", p.s.Testimony.Phase, r, alarms)
	}
}

func raw(p *play, seat string) string {
	_, raw := p.view(seat, Extras{})
	return raw
}
