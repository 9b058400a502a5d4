package main

import (
	"context"
	"errors"
	"strings"
	"sync"

	"parda/gateway/proceeding"
	"parda/gateway/visibility"
	"parda/media/attest"
	"parda/media/relay"
	"parda/signaling"
)

// switchboard puts all hearings of this gateway on the one relay: it writes the hearing's id before each viewer and label, joins the tables of all
// hearings into the one that the relay looks up, and takes the relay's events back to the hearing that they belong to.
type switchboard struct {
	relay *relay.Relay

	mu       sync.Mutex
	tables   map[string]map[relay.Sink]relay.Source // by hearing
	hearings map[string]*proceeding.Proceeding
}

func newSwitchboard() *switchboard {
	return &switchboard{tables: map[string]map[relay.Sink]relay.Source{}, hearings: map[string]*proceeding.Proceeding{}}
}

// connect makes p the receiver of the events of its hearing.
func (b *switchboard) connect(hearing string, p *proceeding.Proceeding) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hearings[hearing] = p
}

// swap replaces the table of one hearing. When it returns, no packet that the new table denies is written to anyone.
func (b *switchboard) swap(hearing string, table map[relay.Sink]relay.Source) {
	b.mu.Lock()
	defer b.mu.Unlock() // held across Swap: two hearings that change at once must not swap in the wrong order
	b.tables[hearing] = table
	all := map[relay.Sink]relay.Source{}
	for _, t := range b.tables {
		for sink, source := range t {
			all[sink] = source
		}
	}
	b.relay.Swap(relay.NewSnapshot(all))
}

// onEvent is called by the relay, in order, from one goroutine.
func (b *switchboard) onEvent(e relay.Event) {
	if b.onSight(e) {
		return
	}
	if e.Kind == relay.Unsubscribed {
		hearing, _, _ := strings.Cut(e.Viewer, "/")
		if p := b.of(hearing); p != nil {
			p.SubscriptionGone(e.ID)
		}
		return
	}
	if e.Kind == relay.Withheld || e.Kind == relay.Released {
		hearing, label, _ := strings.Cut(e.Label, "/")
		if p, fact := b.of(hearing), heldFacts[e.Kind][e.Why]; p != nil && fact != "" {
			p.Observe(fact, label)
		}
		return
	}
	fact, ok := map[relay.Kind]proceeding.Fact{
		relay.Published: proceeding.Arrives, relay.Unpublished: proceeding.Gone, relay.Stalled: proceeding.Stalled,
		relay.Resumed: proceeding.Resumed, relay.FaceFound: proceeding.FaceFound,
		relay.VoiceFound: proceeding.VoiceFound, relay.ModeWrong: proceeding.ModeWrong,
	}[e.Kind]
	hearing, label, found := strings.Cut(e.Label, "/")
	if p := b.of(hearing); ok && found && p != nil {
		p.Observe(fact, label)
	}
}

// heldFacts are what the relay says of masked tracks that it holds, by its reason.
var heldFacts = map[relay.Kind]map[string]proceeding.Fact{
	relay.Withheld: {relay.Unheard: proceeding.Unheard, relay.Unsigned: proceeding.Unsigned},
	relay.Released: {relay.Unheard: proceeding.Heard, relay.Unsigned: proceeding.IsSigned},
}

func (b *switchboard) of(hearing string) *proceeding.Proceeding {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.hearings[hearing]
}

// line is the switchboard as one hearing sees it; it implements proceeding.Media.
type line struct {
	board   *switchboard
	hearing string
}

func (l line) name(s string) string { return l.hearing + "/" + s }

var mediaKinds = map[visibility.Media]relay.Media{visibility.Video: relay.Video, visibility.Audio: relay.Audio}

// Route implements proceeding.Media.
func (l line) Route(routes map[visibility.Sink]visibility.Publication) {
	table := make(map[relay.Sink]relay.Source, len(routes))
	for s, p := range routes {
		sink := relay.Sink{Viewer: l.name(s.Viewer), Slot: s.Slot, Media: mediaKinds[s.Media]}
		if s.Viewer == visibility.Recorder {
			sink.Viewer, sink.Slot = relay.TapViewer, l.name(s.Slot)
		}
		table[sink] = relay.Source{Label: l.name(p.Label()), Media: mediaKinds[p.Media]}
	}
	l.board.swap(l.hearing, table)
}

// Publish implements proceeding.Media.
func (l line) Publish(ctx context.Context, label string, masked bool, offer string) (answer, id string, err error) {
	answer, id, err = l.board.relay.Publish(ctx, l.name(label), masked, offer)
	return answer, id, refused(err)
}

// Unpublish implements proceeding.Media.
func (l line) Unpublish(id string) {
	if id != "" {
		l.board.relay.Unpublish(id)
	}
}

// Attest implements proceeding.Media.
func (l line) Attest(id, label string, number uint64, tracks []attest.Track) {
	l.board.relay.Attest(id, l.name(label), number, tracks) // what follows from a wrong one is told as an event
}

// Subscribe implements proceeding.Media.
func (l line) Subscribe(ctx context.Context, viewer string, slots []visibility.Slot, offer string) (answer, id string, err error) {
	sinks := make([]relay.Sink, len(slots))
	for i, s := range slots {
		sinks[i] = relay.Sink{Viewer: l.name(viewer), Slot: s.Slot, Media: mediaKinds[s.Media]}
	}
	if l.board.relay.SubscriptionsOf(func(v string) bool { return strings.HasPrefix(v, l.hearing+"/") }) >= subscriptionsOfHearing {
		return "", "", tooMany()
	}
	answer, id, err = l.board.relay.Subscribe(ctx, l.name(viewer), sinks, offer)
	return answer, id, refused(err)
}

// Unsubscribe implements proceeding.Media.
func (l line) Unsubscribe(id string) {
	if id != "" {
		l.board.relay.Unsubscribe(id)
	}
}

// Tap implements recording.Source.
func (l line) Tap(label string, m relay.Media, t relay.Tap) (cancel func()) {
	return l.board.relay.Tap(l.name(label), m, t)
}

// RequestKeyFrame implements recording.Source.
func (l line) RequestKeyFrame(label string) { l.board.relay.RequestKeyFrame(l.name(label)) }

// refused gives the relay's errors their public form.
func refused(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, relay.ErrSDP):
		return signaling.Refuse("sdp_invalid", "The offer cannot be read.", err)
	case errors.Is(err, relay.ErrMedia):
		return signaling.Refuse("media_refused", "Only VP8 and Opus are taken.", err)
	case errors.Is(err, relay.ErrTooMany):
		return signaling.Refuse("too_many", "The gateway carries as many connections as it may.", err)
	}
	return signaling.Refuse("internal", "Something went wrong in the gateway.", err)
}
