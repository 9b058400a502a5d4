package main

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// A stranger on the room's network sees sizes, marker bits, numbers, timestamps and moments of packets, and nothing of their payload. Of these the first four
// must be the same while she speaks, while she rests, and when she goes on; the moments are held by cadence.go and by publish/wire.
func TestAPauseIsNotToBeSeenOnTheWire(t *testing.T) {
	g, court, _, ended := startStation(t, func(c *testifyConfig) { c.camera = "demo:witness" })
	gateway := g.conn(t)
	j := newJudge(t)
	now := time.Now().UTC()
	order := j.sign(t, testOrder(t, rendered("hall", map[string]any{"picture": "puppet", "voice": "neutral", "delay_s": 0}), set("valid_from", now.Format(wireTime)), set("valid_until", now.Add(time.Hour).Format(wireTime))))
	say := func(phase string) {
		gateway.send(map[string]any{"type": "state", "rev": 1, "hearing": map[string]any{"id": "demo", "phase": "open"}, "order": order, "testimony": map[string]any{"phase": phase}})
	}
	gateway.send(map[string]any{"type": "ice", "servers": []any{}})
	count := func() [2]int { return [2]int{len(court.Video()), len(court.Audio())} }
	var at [][2]int
	for _, phase := range []string{phaseLive, phasePaused, phaseLive, phaseReady, phaseLive} {
		say(phase)
		from := count()
		waitFor(t, "pictures and sound in phase "+phase, func() bool { c := count(); return c[0] > from[0]+30 && c[1] > from[1]+30 })
		at = append(at, count())
	}
	if err := ended(); err != nil {
		t.Error(err)
	}
	video, audio := court.Video(), court.Audio()
	sameForm(t, "picture", video, 3600, 2)
	sameForm(t, "sound", audio, 960, 1)

	// The comparison is worth something only if what was sent did change: a switch between figure and card is a large picture within its filling.
	for i, phase := range at[:len(at)-1] {
		if most, least := contents(video[phase[0]:at[i+1][0]]); most < 3*least {
			t.Errorf("after switch %d the pictures hold %d to %d bytes: nothing was compared", i, least, most)
		}
	}
}

// contents are the most and the least that pictures hold beside their filling.
func contents(packets []rtp.Packet) (most, least int) {
	least = 1 << 20
	for i := 1; i < len(packets); i++ {
		if packets[i].Marker {
			n := len(bytes.TrimRight(slices.Concat(packets[i-1].Payload[1:], packets[i].Payload[1:]), "\x00"))
			most, least = max(most, n), min(least, n)
		}
	}
	return most, least
}

// sameForm holds that packets are alike but for their numbers and payload: each packets of one tick step by step, the last of them with the marker where a
// tick has several.
func sameForm(t *testing.T, what string, packets []rtp.Packet, step uint32, each int) {
	t.Helper()
	late := 0
	for i, p := range packets {
		last := each > 1 && i%each == each-1
		if len(p.Payload) != len(packets[0].Payload) || p.Marker != last || p.Padding || p.Extension != packets[0].Extension || len(p.GetExtensionIDs()) > 1 || len(p.CSRC) > 0 {
			t.Fatalf("%s packet %d: %d bytes, %+v; the first has %d bytes", what, i, len(p.Payload), p.Header, len(packets[0].Payload))
		}
		if i == 0 {
			continue
		}
		if p.SequenceNumber != packets[i-1].SequenceNumber+1 {
			t.Errorf("%s packet %d does not follow in number", what, i)
		}
		want := uint32(0)
		if i%each == 0 {
			want = step
		}
		switch got := p.Timestamp - packets[i-1].Timestamp; {
		case got == want:
		case want > 0 && got%step == 0 && got < 100*step: // this machine was late, not the witness
			late++
		default:
			t.Errorf("%s packet %d is %d after the one before, want %d", what, i, got, want)
		}
	}
	if late > len(packets)/10 {
		t.Errorf("%s: %d of %d packets came late", what, late, len(packets))
	}
}
