package main

import (
	"testing"
	"time"

	"parda/gateway/visibility"
)

// What the drawn figure does is told to whom it flows, at most twice a second and the newest in the end, by the station alone.
func TestWhatTheFigureDoesReachesThoseWhoSeeItAndNobodyElse(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	figure := func(state string) map[string]string { return map[string]string{"type": "figure", "state": state} }
	is := func(state string) func(visibility.View) bool {
		return func(v visibility.View) bool { return v.Testimony.Figure == state }
	}
	c.room.send(figure("answering"))
	began := time.Now()
	c.defence.until("is told that she answers", is("answering"))

	before := c.defence.until("has a state", func(visibility.View) bool { return true }).Rev
	states := []string{"still", "answering", "hand_raised", "left_seat", "still", "hand_raised"}
	for range 10 {
		for _, s := range states {
			c.room.send(figure(s))
		}
	}
	last := c.defence.until("is told the newest", is("hand_raised"))
	if told, most := last.Rev-before, uint64(time.Since(began)/(500*time.Millisecond))+2; told > most {
		t.Errorf("%d states in %v", told, time.Since(began))
	}
	c.judge.send(figure("left_seat")) // any other seat says nothing of the figure
	c.room.send(figure("weeping"))    // and what is no such word is refused
	c.judge.must("floor.give", map[string]string{"seat": "defence"})
	if v := c.defence.until("has the floor", func(v visibility.View) bool { return v.Testimony.Floor == "defence" }); v.Testimony.Figure != "hand_raised" {
		t.Errorf("the figure is said to do %q", v.Testimony.Figure)
	}
	if v := c.gallery.until("sees her live", func(v visibility.View) bool { return v.Testimony.Phase == "live" }); v.Testimony.Figure != "" {
		t.Errorf("the public gets the card and is told %q", v.Testimony.Figure)
	}
	c.judge.must("testimony.pause", nil)
	c.defence.until("is told of no figure in a pause", is(""))
}
