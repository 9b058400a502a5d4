package relay

import (
	"reflect"
	"testing"
)

func TestTheRelayCountsWhatItTookOffEachPacket(t *testing.T) {
	sound, picture := &handled{media: Audio}, &handled{media: Video}
	take := func(h *handled, b []byte) {
		var p packet
		if !p.parse(b, h.media) {
			h.refuse()
			return
		}
		h.note(&p)
	}
	at := func(ts byte, first, second byte, rest ...byte) []byte {
		return append([]byte{first, second, 0, 1, 0, 0, 3 * ts, 0xc0 * ts, 0, 0, 0, 3}, rest...) // 0x03c0 is 960
	}
	take(sound, at(0, 0x80, 111, 0xf8, 1, 2))                                                     // plain
	take(sound, at(1, 0x90, 111, 0xbe, 0xde, 0, 1, 0x50, 'r', 0, 0, 0xf8, 1, 2))                  // an extension
	take(sound, at(0, 0x81, 111|0x80, 1, 2, 3, 4, 0xf8, 1, 2))                                    // a source and the marker
	take(sound, at(0, 0xa0, 111, 0xfb, 0x41, 2, 1, 'r', 'm', 0, 0, 3))                            // padding of RTP and of Opus
	take(sound, at(0, 0x80, 111, 0xfb, 0x41, 200))                                                // broken
	take(sound, []byte{0x80, 111, 0, 1, 0, 0, 0, 7, 0, 0, 0, 3, 0xf8, 1, 2})                      // a time of its own
	take(picture, at(0, 0x80, 96, 0x10, 0x11, 1))                                                 // plain
	take(picture, at(0, 0x80, 96, 0x90, 0x80, 0x11, 0x11, 1))                                     // a picture id
	take(picture, at(0, 0x80, 96, 0x10, 0x10, 0, 0, 0x9d, 1, 0x2a, 0x80, 0xc2, 0xe0, 0x01, 7, 7)) // scaling
	for name, c := range map[string]struct{ got, want Handled }{
		"sound":   {sound.sum, Handled{Packets: 5, Refused: 1, Extensions: 1, Sources: 1, Padded: 1, Blanked: 1, Marked: 1, OffGrid: 1, Sizes: []int{3, 6}}},
		"picture": {picture.sum, Handled{Packets: 3, Descriptors: 1, Blanked: 1, Sizes: []int{3, 13}}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %+v\nwant %+v", name, c.got, c.want)
		}
	}
}
