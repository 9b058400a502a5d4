package main

import (
	"strings"
	"time"

	"parda/gateway/leakreport"
	"parda/media/relay"
)

// leakFacts gives the relay's counts of the tracks that came from the shielded room of a hearing, since this start of the gateway.
func (a *App) leakFacts(hearing string, since time.Time) func() leakreport.Facts {
	return func() leakreport.Facts { return a.countLeaks(hearing, since) }
}

func (a *App) countLeaks(hearing string, since time.Time) leakreport.Facts {
	f := leakreport.Facts{Counted: since, TURN: a.turn != nil || len(a.config.TURN.External) > 0}
	for source, h := range a.relay.Handled() {
		rendering, ok := strings.CutPrefix(source.Label, hearing+"/witness/")
		if !ok || h.Packets == 0 && h.Refused == 0 {
			continue
		}
		codec := map[relay.Media]string{relay.Video: "VP8", relay.Audio: "Opus"}[source.Media]
		f.Tracks = append(f.Tracks, leakreport.Track{Rendering: rendering, Media: source.Media.String(), Codec: codec, Packets: h.Packets, Refused: h.Refused,
			Extensions: h.Extensions, Sources: h.Sources, Padded: h.Padded, Descriptors: h.Descriptors, Blanked: h.Blanked, Marked: h.Marked, OffGrid: h.OffGrid,
			Sizes: h.Sizes, MoreSizes: h.MoreSizes})
	}
	return f
}
