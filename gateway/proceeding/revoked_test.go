package proceeding

import (
	"errors"
	"testing"

	"parda/signaling"
)

func TestTheBenchIsToldOfARevokedRoomUntilAnotherOneIsThere(t *testing.T) {
	c := sit(t)
	told := func() (on bool) {
		c.inside(func() { _, on = c.alarms["room_revoked"] })
		return on
	}
	if told() {
		t.Fatal("an alarm without a cause")
	}
	c.RoomRevoked(true)
	if !told() {
		t.Error("the bench is not told")
	}
	c.RoomRevoked(false)
	if told() {
		t.Error("the alarm stands after another room came")
	}
}

func TestARevokedRoomsTestimonyEndsAtOnceAndDoesNotComeBackByItself(t *testing.T) {
	c := sit(t)
	c.live()
	holds := true
	check := func() error {
		if holds {
			return nil
		}
		return signaling.Refuse("token_wrong", "This device's place was taken back.", nil)
	}
	var label string
	c.inside(func() { label = c.state.Order.Order.Keys()[0] })
	if _, id, err := c.PublishWitness(t.Context(), label, "offer", Hold{Lasting: true, Check: check}); err != nil || id == "" {
		t.Fatalf("%q %v", id, err)
	}
	open := c.lines.connections()
	holds = false
	if err := c.Recheck(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := c.lines.connections(); left >= open {
		t.Errorf("%d connections before and %d after the revocation", open, left)
	}
	if _, _, err := c.PublishWitness(t.Context(), label, "offer", Hold{Lasting: true, Check: check}); err == nil {
		t.Error("it publishes anew")
	} else if refusal := new(signaling.Error); !errors.As(err, &refusal) || refusal.Code != "token_wrong" {
		t.Errorf("it is told %v", err)
	}
}
