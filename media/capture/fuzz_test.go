package capture

import (
	"bufio"
	"bytes"
	"testing"
)

func FuzzY4M(f *testing.F) {
	f.Add(y4m("YUV4MPEG2 W16 H16 F25:1 C420", 256, 64, 2))
	f.Add(y4m("YUV4MPEG2 W3 H5 F30000:1001 C422 Ip XCOLORRANGE=FULL", 15, 10, 2))
	f.Add([]byte("YUV4MPEG2 W1 H1 Cmono\nFRAME Ip\n\x10FRAME\n"))
	f.Add([]byte("YUV4MPEG2 W-1 H99999999999999999999 F0:0\nFRAME\n"))
	f.Fuzz(func(t *testing.T, clip []byte) {
		c, err := newY4M(bufio.NewReader(bytes.NewReader(clip)))
		if err != nil {
			return
		}
		out := newI420(32, 24)
		s := newScaler(out)
		for range 4 {
			picture, err := c.next()
			if err != nil {
				return
			}
			if err := s.scale(picture); err != nil {
				t.Errorf("a picture that was read cannot be scaled: %v", err)
			}
		}
	})
}

func FuzzWAV(f *testing.F) {
	f.Add(wav(8000, 2, 50, 440))
	f.Add(wavOf(3, 44100, 1, 32, bytes.Repeat([]byte{0, 0, 0xc0, 0x7f}, 8)))
	f.Add(wavOf(0xFFFE, 48000, 8, 24, make([]byte, 100)))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEdata\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, clip []byte) {
		if len(clip) > 1<<16 {
			return
		}
		samples, err := decodeWAV(clip)
		if err != nil {
			return
		}
		for i, v := range samples {
			if v != v || v > 4 || v < -4 {
				t.Fatalf("sample %d is %v", i, v)
			}
		}
	})
}
