package main

import (
	"encoding/binary"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// wav is a file of 16-bit mono PCM.
func wav(rate uint32, pcm ...int16) []byte {
	le, b := binary.LittleEndian, []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	b = le.AppendUint32(b, rate)
	b = le.AppendUint32(b, 2*rate)
	b = append(b, "\x02\x00\x10\x00data"...)
	b = le.AppendUint32(b, uint32(2*len(pcm)))
	for _, v := range pcm {
		b = le.AppendUint16(b, uint16(v))
	}
	return b
}

func TestWAV(t *testing.T) {
	x, rate, err := readWAV(wav(22050, 0, 16384, -32768))
	if err != nil || rate != 22050 || len(x) != 3 || x[1] != 0.5 || x[2] != -1 {
		t.Errorf("%v %v %v", x, rate, err)
	}
	stereo := wav(16000, 1, 2)
	stereo[22] = 2
	for name, b := range map[string][]byte{"empty": nil, "text": []byte("şahid, məhkəmə"), "stereo": stereo, "no data": wav(16000, 1)[:36], "rate 1": wav(1, 1, 2)} {
		if _, _, err := readWAV(b); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

func TestATonesLineIsDrawnAtItsPitch(t *testing.T) {
	const rate, hz = 16000, 2000.0
	x := make([]float64, rate)
	for i := range x {
		x[i] = 0.5 * math.Sin(2*math.Pi*hz*float64(i)/rate)
	}
	path := filepath.Join(t.TempDir(), "a.png")
	if err := drawSpectrogram(path, x, rate); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	darkest, at := uint32(1<<20), 0
	for y := range pictureHeight {
		if r, _, _, _ := img.At(pictureWidth/2, y).RGBA(); r < darkest {
			darkest, at = r, y
		}
	}
	if want := pictureHeight - int(hz/topHz*pictureHeight); at < want-2 || at > want+1 {
		t.Errorf("a tone of %.0f Hz is drawn in row %d, not %d", hz, at, want)
	}
}

func TestEveryLabelIsThereInEveryLanguage(t *testing.T) {
	labels, err := readLabels("../../courtroom-ui/locales")
	if err != nil {
		t.Fatal(err)
	}
	for _, all := range []map[string]words{labels, ownWords} {
		for key, w := range all {
			for _, l := range languages {
				if w[l] == "" {
					t.Errorf("%s has no %s", key, l)
				}
			}
		}
	}
}

func FuzzWAV(f *testing.F) {
	f.Add(wav(16000, 1, 2, 3))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEdata\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, rate, err := readWAV(b)
		if err == nil && (rate < 4000 || len(x) == 0 || len(x) > len(b)) {
			t.Fatalf("%d samples at %d Hz of %d bytes", len(x), rate, len(b))
		}
	})
}
