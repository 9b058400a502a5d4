package relay

import (
	"bytes"
	"testing"
)

// rtpPacket is a packet of plain header and that payload.
func rtpPacket(payload ...byte) []byte {
	return append([]byte{0x80, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}, payload...)
}

func TestOfAVP8DescriptorOnlyTheBeginningOfAFrameGoesOn(t *testing.T) {
	frame := []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0xC2, 0xe0, 0x41, 7}
	plain := []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01, 7}
	for name, c := range map[string]struct {
		descriptor []byte
		want       byte
		key        bool
	}{
		"plain":                                  {[]byte{0x10}, 0x10, true},
		"non-reference":                          {[]byte{0x30}, 0x10, true},
		"reserved bits":                          {[]byte{0x58}, 0x10, true},
		"all fields, picture id of 15 bits":      {[]byte{0x90, 0xF0, 0xDE, 0xC2, 0xA7, 0x2B}, 0x10, true},
		"all fields, picture id of 7 bits":       {[]byte{0xB8, 0xFF, 0x5E, 0xA7, 0x2B}, 0x10, true},
		"reserved bits of the extension":         {[]byte{0x90, 0x0F}, 0x10, true},
		"middle of a partition":                  {[]byte{0x00}, 0x00, false},
		"start of a later partition":             {[]byte{0x13}, 0x00, false},
		"middle of a later one, all else set":    {[]byte{0xE7, 0x10, 0x11}, 0x00, false},
		"layer and key indices without the rest": {[]byte{0x90, 0x30, 0xAB}, 0x10, true},
	} {
		var p packet
		if !p.parse(rtpPacket(append(bytes.Clone(c.descriptor), frame...)...), Video) {
			t.Errorf("%s: refused", name)
			continue
		}
		want := frame
		if c.key {
			want = plain
		}
		if p.payload[0] != c.want || p.key != c.key || !bytes.Equal(p.payload[1:], want) {
			t.Errorf("%s: descriptor %#x, key %v, %x", name, p.payload[0], p.key, p.payload[1:])
		}
	}
}

func TestThePaddingOfAnOpusPacketIsBlankedAndItsLengthKept(t *testing.T) {
	run := func(n int, with byte) []byte { return bytes.Repeat([]byte{with}, n) }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, c := range map[string]struct{ in, want []byte }{
		"one frame":               {[]byte{0xf8, 0xff, 0xfe}, []byte{0xf8, 0xff, 0xfe}},
		"two frames":              {[]byte{0xf9, 0xff, 0xfe}, []byte{0xf9, 0xff, 0xfe}},
		"code 3, no padding":      {[]byte{0xfb, 0x01, 5, 6, 7}, []byte{0xfb, 0x01, 5, 6, 7}},
		"code 3, padded":          {join([]byte{0xfb, 0x41, 4, 9, 9, 9}, []byte("room")), join([]byte{0xfb, 0x41, 4, 9, 9, 9}, run(4, 0))},
		"code 3, nothing beside":  {join([]byte{0xfb, 0x41, 4}, []byte("room")), join([]byte{0xfb, 0x41, 4}, run(4, 0))},
		"code 3, a long padding":  {join([]byte{0xfb, 0x41, 255, 10, 9, 9}, run(264, 'x')), join([]byte{0xfb, 0x41, 255, 10, 9, 9}, run(264, 0))},
		"code 3, VBR of frames":   {join([]byte{0xff, 0xc2, 3, 1, 9, 8, 7}, []byte("abc")), join([]byte{0xff, 0xc2, 3, 1, 9, 8, 7}, run(3, 0))},
		"padding past the end":    {[]byte{0xfb, 0x41, 200, 1, 2, 3}, nil},
		"padding without an end":  {[]byte{0xfb, 0x41, 255, 255}, nil},
		"padding without a count": {[]byte{0xfb, 0x41}, nil},
		"nothing":                 {[]byte{}, []byte{}},
	} {
		var p packet
		switch ok := p.parse(rtpPacket(c.in...), Audio); {
		case ok != (c.want != nil):
			t.Errorf("%s: taken %v", name, ok)
		case ok && !bytes.Equal(p.payload, c.want):
			t.Errorf("%s: %x, want %x", name, p.payload, c.want)
		}
	}
}
