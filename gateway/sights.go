package main

import (
	"strings"

	"parda/gateway/proceeding"
	"parda/media/relay"
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
