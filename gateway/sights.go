package main

import (
	"context"
	"errors"
	"strings"

	"parda/gateway/proceeding"
	"parda/media/relay"
	"parda/signaling"
)

// sightKinds are what the relay finds of a subscriber's network.
var sightKinds = map[relay.Kind]proceeding.Sight{
	relay.Deaf: proceeding.Deaf, relay.Hears: proceeding.Hears, relay.PictureHeld: proceeding.PictureHeld, relay.PictureBack: proceeding.PictureBack,
}

// onSight takes such a finding to the hearing that it belongs to; false: it is none.
func (b *switchboard) onSight(e relay.Event) bool {
	found, ok := sightKinds[e.Kind]
	if !ok {
		return false
	}
	hearing, _, _ := strings.Cut(e.Viewer, "/")
	if p := b.of(hearing); p != nil {
		p.Saw(found, e.ID, e.Slot, e.Since)
	}
	return true
}

// restart restarts the ICE of a connection. The id is 128 random bits that only who made the connection was told.
func (b *switchboard) restart(ctx context.Context, id, fragment string) (string, error) {
	answer, err := b.relay.Restart(ctx, id, fragment)
	if errors.Is(err, relay.ErrGone) {
		return "", signaling.ErrNoConnection
	}
	return answer, refused(err)
}
