package visibility

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"math/big"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"parda/gateway/hearing"
	"parda/gateway/incident"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

type m map[string]any

// play is a hearing with its flags, moved by commands as the gateway moves it.
type play struct {
	t     *testing.T
	s     *hearing.State
	flags *incident.Register
	now   time.Time
	key   *ecdsa.PrivateKey
	index uint64
}

func newPlay(t *testing.T) *play {
	// One key for all, and signatures without chance: the vectors are the same each time.
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	p := &play{t: t, s: hearing.New(), flags: &incident.Register{}, now: noon, key: key}
	p.enter(hearing.Create("h1", "1(101)-1/2026", "baku", hearing.DefaultSeats()))
	return p
}

func (p *play) enter(drafts []hearing.Draft) {
	p.t.Helper()
	for _, d := range drafts {
		raw, err := json.Marshal(d.Payload)
		if err != nil {
			p.t.Fatal(err)
		}
		p.index++
		e := hearing.Event{Index: p.index, Time: p.now, Code: d.Code, Actor: d.Actor, Payload: raw}
		if err := p.s.Apply(e); err != nil {
			p.t.Fatal(err)
		}
		if err := p.flags.Apply(e); err != nil {
			p.t.Fatal(err)
		}
	}
	p.now = p.now.Add(time.Second)
}

func (p *play) do(seat, name string, args m) {
	p.t.Helper()
	raw, _ := json.Marshal(args)
	own, _ := p.s.Seat(seat)
	drafts, _, err := hearing.Decide(p.s, hearing.Actor{Seat: seat, Role: own.Role}, hearing.Command{Name: name, Args: raw, Officer: "code"}, p.now)
	if err != nil {
		p.t.Fatalf("%s by %s: %v", name, seat, err)
	}
	p.enter(drafts)
}

func (p *play) sign(b []byte) []byte {
	sum := sha256.Sum256(b)
	der, err := p.key.Sign(nil, sum[:], crypto.SHA256) // RFC 6979
	if err != nil {
		p.t.Fatal(err)
	}
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		p.t.Fatal(err)
	}
	out := make([]byte, 64)
	sig.R.FillBytes(out[:32])
	sig.S.FillBytes(out[32:])
	return out
}

// full is a hearing in which every field has something to say.
func full(t *testing.T) *play {
	p := newPlay(t)
	spki, err := x509.MarshalPKIXPublicKey(&p.key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	p.do("judge", "key.enrol", m{"key": spki})
	p.do("judge", "order.draft", m{"template": "no_confrontation", "reason": "THE-REASON"})
	p.do("judge", "order.sign", m{"bytes": p.s.Draft, "signature": p.sign(p.s.Draft)})
	p.do("judge", "hearing.open", nil)
	p.do("judge", "identity.verified", m{"how": "passport"})
	p.do("witness", "testimony.rehearse", nil)
	p.do("witness", "witness.consent", m{"language": "az", "interpreter": true})
	p.do("witness", "mask.status", m{"picture": "ok", "voice": "ok"})
	p.s.Facts.StationUp = true
	p.do("witness", "room.certify", m{"same": true, "free": true, "with": []string{"interpreter"}})
	p.do("judge", "testimony.call", nil)
	p.do("judge", "floor.give", m{"seat": "defence"})
	p.do("judge", "order.draft", m{"template": "identity_hidden", "reason": "THE-DRAFT"})
	p.do("judge", "seat.mute", m{"seat": "lawyer"})
	p.do("defence", "question.request", m{"text": "DEFENCE-ASKS"})
	p.do("prosecutor", "question.request", m{"text": "PROSECUTION-ASKS"})
	p.do("prosecutor", "flag.raise", m{"kind": "look", "note": "OPEN-FLAG"})
	p.do("support", "flag.raise", m{"kind": "words", "note": "DISCREET-FLAG", "discreet": true})
	p.do("defence", "flag.raise", m{"kind": "gesture", "note": "RULED-FLAG"})
	p.do("judge", "flag.rule", m{"flag": "f3", "ruling": "warn"})
	p.do("witness", "witness.afraid", nil)
	return p
}

func (p *play) view(seat string, x Extras) (View, string) {
	p.t.Helper()
	x.Now = p.now
	v := BuildView(p.s, p.flags, seat, x)
	b, err := json.Marshal(v)
	if err != nil {
		p.t.Fatal(err)
	}
	return v, string(b)
}

func TestEachFieldIsKnownToThoseItIsFor(t *testing.T) {
	p := full(t)
	x := Extras{Alarms: []AlarmView{{Code: "voice_fault", Since: Moment(noon)}}, Checkpoint: &CheckpointView{1, Moment(noon)}}
	bench := []string{"judge", "judge2", "judge3", "reserve"}
	clerk := append(slices.Clone(bench), "clerk")
	parties := append(slices.Clone(clerk), "prosecutor", "defence", "lawyer")
	activeToo := append(slices.Clone(parties), "interpreter", "support", "guardian")
	for name, c := range map[string]struct {
		present func(v View, raw string) bool
		who     []string
	}{
		"draft":              {func(v View, _ string) bool { return v.Draft != nil }, bench},
		"the draft's words":  {func(_ View, raw string) bool { return strings.Contains(raw, "THE-DRAFT") }, bench},
		"order":              {func(v View, _ string) bool { return v.Order != nil && v.Testimony.Pseudonym != "" }, append(slices.Clone(activeToo), "witness", "screen", "gallery")},
		"order's reason":     {func(_ View, raw string) bool { return strings.Contains(raw, "THE-REASON") }, append(slices.Clone(clerk), "witness")},
		"order's bytes":      {func(v View, _ string) bool { return len(v.Order.Bytes) > 0 && len(v.Order.Key) > 0 }, append(slices.Clone(clerk), "witness")},
		"renderings":         {func(v View, _ string) bool { return v.Order.Renderings != nil }, append(slices.Clone(activeToo), "witness")},
		"pause":              {func(v View, _ string) bool { return v.Testimony.PausedBy != "" }, append(slices.Clone(parties), "witness")},
		"that she is afraid": {func(_ View, raw string) bool { return strings.Contains(raw, `"afraid"`) }, append(slices.Clone(bench), "witness")},
		"consent":            {func(v View, _ string) bool { return v.Testimony.Consent != nil }, append(slices.Clone(clerk), "lawyer", "witness")},
		"identity":           {func(v View, _ string) bool { return v.Testimony.IdentityVerified != nil }, clerk},
		"mask":               {func(v View, _ string) bool { return v.Testimony.Mask != nil || v.Testimony.Tightened != nil }, append(slices.Clone(clerk), "witness")},
		"watching":           {func(v View, _ string) bool { return v.Watching != nil }, clerk},
		"pending":            {func(v View, _ string) bool { return v.Pending != nil }, parties},
		"requests of P":      {func(_ View, raw string) bool { return strings.Contains(raw, "PROSECUTION-ASKS") }, append(slices.Clone(clerk), "prosecutor")},
		"requests of D":      {func(_ View, raw string) bool { return strings.Contains(raw, "DEFENCE-ASKS") }, append(slices.Clone(clerk), "defence")},
		"an open flag":       {func(_ View, raw string) bool { return strings.Contains(raw, "OPEN-FLAG") }, append(slices.Clone(clerk), "prosecutor")},
		"a discreet flag":    {func(_ View, raw string) bool { return strings.Contains(raw, "DISCREET-FLAG") }, append(slices.Clone(bench), "support")},
		"a ruled flag":       {func(_ View, raw string) bool { return strings.Contains(raw, "RULED-FLAG") }, parties},
		"health":             {func(v View, _ string) bool { return v.Health != nil }, activeToo},
		"the checkpoint":     {func(v View, _ string) bool { return v.Health != nil && v.Health.Checkpoint != nil }, bench},
		"alarms":             {func(v View, _ string) bool { return v.Alarms != nil }, clerk},
		"who is present": {func(v View, _ string) bool {
			return slices.ContainsFunc(v.Seats, func(s SeatView) bool { return s.Present != nil })
		}, activeToo},
		"that the lawyer sits": {func(v View, _ string) bool {
			return slices.ContainsFunc(v.Seats, func(s SeatView) bool { return s.ID == "lawyer" })
		}, activeToo},
		"who has the floor": {func(v View, _ string) bool {
			return v.Testimony.Floor == "defence" && slices.ContainsFunc(v.Seats, func(s SeatView) bool { return s.ID == "defence" })
		}, append(slices.Clone(activeToo), "witness", "screen", "gallery")},
	} {
		for _, seat := range p.s.Seats {
			v, raw := p.view(seat.ID, x)
			if got, want := c.present(v, raw), slices.Contains(c.who, seat.ID); got != want {
				t.Errorf("%s at %s: %v, want %v", name, seat.ID, got, want)
			}
		}
	}
}

func TestTheKioskIsNotToldWhySomebodyElsePaused(t *testing.T) {
	p := full(t)
	p.do("judge", "testimony.pause", nil)
	if v, _ := p.view("witness", Extras{}); v.Testimony.PauseCode != "" || v.Testimony.PausedBy != "" {
		t.Errorf("%+v", v.Testimony)
	}
}

func TestWhoIsOutsideLearnsWhereTheHearingStandsAndNoMore(t *testing.T) {
	p := full(t)
	p.do("lawyer", "undertaking.sign", m{"agree": true})
	p.do("judge", "session.kind", m{"kind": "closed"})
	p.do("judge", "seat.remove", m{"seat": "defence"})
	for _, seat := range []string{"prosecutor", "interpreter", "support", "guardian", "gallery", "defence"} {
		v, raw := p.view(seat, Extras{Alarms: []AlarmView{{Code: "station_lost"}}})
		if v.Order != nil || v.Pending != nil || v.Requests != nil || v.Health != nil || v.Alarms != nil || len(v.Seats) > 0 ||
			v.Testimony.Pseudonym != "" || strings.Contains(raw, "Şahid") {
			t.Errorf("%s: %s", seat, raw)
		}
		if v.Hearing.Kind != hearing.Closed || len(v.Slots) == 0 || slices.ContainsFunc(v.Slots, func(s SlotView) bool { return s.On }) {
			t.Errorf("%s: %+v", seat, v)
		}
	}
	if v, _ := p.view("lawyer", Extras{}); v.Order == nil || !slices.ContainsFunc(v.Slots, func(s SlotView) bool { return s.On }) {
		t.Error("who is bound is outside")
	}
	if v, _ := p.view("nobody", Extras{}); v.Hearing.ID != "" || len(v.You.Can) > 0 {
		t.Errorf("a seat that does not exist: %+v", v)
	}
}

func TestWatchingSaysWhatEachAudienceGetsNow(t *testing.T) {
	now := func(p *play, x Extras) map[hearing.Audience]string {
		v, _ := p.view("judge", x)
		got := map[hearing.Audience]string{}
		for _, w := range v.Watching {
			got[w.Audience] = w.Now
		}
		return got
	}
	p := full(t)
	if got := now(p, Extras{}); got["bench"] != "nothing" {
		t.Errorf("paused: %v", got)
	}
	p.do("judge", "seat.unmute", m{"seat": "lawyer"})
	p.do("witness", "room.certify", m{"same": true, "free": true, "with": []string{"interpreter"}})
	p.do("judge", "testimony.call", nil)
	if got := now(p, Extras{}); got["bench"] != "live" || got["defence"] != "live" || got["public"] != "card" {
		t.Errorf("live: %v", got)
	}
	if got := now(p, Extras{Published: map[string]bool{}}); got["bench"] != "card" {
		t.Errorf("the station sends nothing: %v", got)
	}
	if got := now(p, Extras{Halted: true}); got["bench"] != "nothing" {
		t.Errorf("halted: %v", got)
	}
	p.do("witness", "witness.tighten", m{"picture": "card"})
	if got := now(p, Extras{}); got["bench"] != "card" || got["hall"] != "card" {
		t.Errorf("tightened: %v", got)
	}
	p.do("judge", "session.kind", m{"kind": "private"})
	if got := now(p, Extras{}); got["public"] != "nothing" || got["hall"] != "card" {
		t.Errorf("private: %v", got)
	}
}

func TestAlarmsStandWhileTheFaultDoes(t *testing.T) {
	p := full(t)
	codes := func() (list []string) {
		v, _ := p.view("clerk", Extras{})
		for _, a := range v.Alarms {
			list = append(list, a.Code)
		}
		return list
	}
	if got := codes(); len(got) != 0 {
		t.Errorf("no fault: %v", got)
	}
	p.s.Facts.StationUp = false
	p.enter(hearing.SeatTaken(p.s, "defence", p.now))
	p.enter(hearing.LinkLost(p.s, "defence", p.now))
	if got := codes(); !slices.Equal(got, []string{"station_lost", "defence_lost"}) {
		t.Error(got)
	}
	p.s.Facts.StationUp = true
	p.enter(hearing.LinkBack(p.s, "defence", p.now))
	p.do("witness", "room.certify", m{"same": true, "free": true, "with": []string{"interpreter"}})
	p.do("judge", "testimony.call", nil)
	p.do("witness", "mask.status", m{"picture": "card", "voice": "silence", "notice": "overload"})
	if got := codes(); !slices.Equal(got, []string{"picture_fault", "voice_fault"}) {
		t.Error(got)
	}
	p.do("witness", "witness.tighten", m{"picture": "card", "voice": "silence"})
	if got := codes(); len(got) != 0 {
		t.Errorf("her own wish is no fault: %v", got)
	}
	p.enter(hearing.Tripwire(p.s, "witness/puppet+neutral", p.now))
	if got := codes(); !slices.Equal(got, []string{"face_found"}) {
		t.Error(got)
	}
}

func TestHealthSaysFailedWhenNothingCanBeWritten(t *testing.T) {
	p := full(t)
	if v, _ := p.view("defence", Extras{Recording: "on"}); v.Health.Ledger != "ok" || v.Health.Recording != "on" {
		t.Errorf("%+v", v.Health)
	}
	if v, _ := p.view("defence", Extras{Halted: true}); v.Health.Ledger != "failed" || v.Health.Recording != "off" {
		t.Errorf("%+v", v.Health)
	}
}

// TestTheStateHasTheFieldsOfTheWire reads PROTOCOL.md: every key that a View can have stands in the document of the state.
func TestTheStateHasTheFieldsOfTheWire(t *testing.T) {
	page, err := os.ReadFile("../../signaling/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, doc, _ := strings.Cut(string(page), "### state")
	doc, _, ok := strings.Cut(doc, "`key_code` is")
	if !ok {
		t.Fatal("PROTOCOL.md has no document of the state")
	}
	words := regexp.MustCompile(`[a-z_0-9]+`).FindAllString(doc, -1)
	p := full(t)
	_, raw := p.view("judge", Extras{Checkpoint: &CheckpointView{1, Moment(noon)}, Alarms: []AlarmView{{"x", "y", "z"}}})
	var keys func(v any)
	keys = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, inner := range v {
				if !slices.Contains(words, k) {
					t.Errorf("%q is sent and not written in PROTOCOL.md", k)
				}
				keys(inner)
			}
		case []any:
			for _, inner := range v {
				keys(inner)
			}
		}
	}
	var v map[string]any
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatal(err)
	}
	delete(v, "type")
	delete(v["draft"].(map[string]any), "order") // as in the schema
	keys(v)
}
