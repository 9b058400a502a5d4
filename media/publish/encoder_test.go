package publish

import (
	"bytes"
	"errors"
	"runtime"
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

// A picture is 460 KB: copied into fresh memory 25 times a second, it would have the garbage collector late when the mask must be in time.
func TestNoPictureAndNoSoundIsCopiedIntoFreshMemory(t *testing.T) {
	e, err := NewEncoder()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	card, err := face.NewCard(640, 480, "A-1")
	if err != nil {
		t.Fatal(err)
	}
	var silence voice.Masked
	once := func() {
		if _, _, err := e.Picture(card); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Sound(&silence); err != nil {
			t.Fatal(err)
		}
	}
	once()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const times = 20
	for range times {
		once()
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / times; each > 64<<10 {
		t.Errorf("%d bytes are allocated for each picture and block", each)
	}
}

func TestPlanesOfOddSizesAreSplitWhereTheMaskJoinedThem(t *testing.T) {
	card, err := face.NewCard(65, 67, "A-1")
	if err != nil {
		t.Fatal(err)
	}
	wantY, wantCb, wantCr, strideY, wantC := card.Planes()
	y, cb, cr, strideC := split(card.AppendI420(nil), 65, 67)
	if !bytes.Equal(y, wantY) || !bytes.Equal(cb, wantCb) || !bytes.Equal(cr, wantCr) || strideC != wantC || strideY != 65 {
		t.Error("the planes are not the card's")
	}
}
