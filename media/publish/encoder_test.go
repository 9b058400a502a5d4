package publish

import (
	"errors"
	"testing"

	"parda/media/mask/face"
	"parda/media/mask/voice"
)

func TestTheEncoderGivesWhatThePublisherWouldSend(t *testing.T) {
	e, err := NewEncoder()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	small, err := face.NewCard(160, 120, "A-1")
	if err != nil {
		t.Fatal(err)
	}
	large, err := face.NewCard(320, 240, "A-1")
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		picture face.Masked
		key     bool
	}{{small, true}, {small, false}, {large, true}, {large, false}} {
		frame, key, err := e.Picture(c.picture)
		if err != nil || len(frame) == 0 || key != c.key {
			t.Errorf("picture %d: %d bytes, key %v, %v", i, len(frame), key, err)
		}
	}
	var silence voice.Masked
	for range 3 {
		if packet, err := e.Sound(&silence); err != nil || len(packet) != 80 {
			t.Errorf("a packet of %d bytes, %v", len(packet), err)
		}
	}
	if _, _, err := e.Picture(face.Masked{}); !errors.Is(err, ErrNotMasked) {
		t.Errorf("a picture of no mask: %v", err)
	}
	if _, err := e.Sound(nil); !errors.Is(err, ErrNotMasked) {
		t.Errorf("a sound of no mask: %v", err)
	}
}
