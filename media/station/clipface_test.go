package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// noiseY4M writes a clip in which nobody is to be seen: whatever the camera, its chroma, its lines or its rate.
func noiseY4M(t *testing.T, path, header string, size, frames int, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	b := []byte(header + "\n")
	for range frames {
		b = append(b, "FRAME\n"...)
		for range size {
			b = append(b, byte(r.Uint32()))
		}
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// What cannot be read gives the still figure, the same for every camera: two rooms of one size, session and count of pictures cannot be told apart
// by a single byte, whatever the chroma, the order of lines, the rotation (a picture on its side is one in which nobody is found) or the noise.
func TestWhatCannotBeReadGivesOneAndTheSameFigure(t *testing.T) {
	dir := t.TempDir()
	for _, mode := range []string{modePuppet, modeBlob, modeCard} {
		var first []byte
		for i, c := range []struct {
			header string
			size   int
		}{
			{"YUV4MPEG2 W97 H65 F25:1 Ip A1:1 C420jpeg", 97*65 + 2*49*33},
			{"YUV4MPEG2 W97 H65 F25:1 It A1:1 C420jpeg", 97*65 + 2*49*33}, // interlaced, top line first
			{"YUV4MPEG2 W97 H65 F25:1 Ib A10:11 C420paldv", 97*65 + 2*49*33},
			{"YUV4MPEG2 W97 H65 F25:1 Im C422", 97*65 + 2*49*65},
			{"YUV4MPEG2 W97 H65 F25:1 Ip C444", 3 * 97 * 65},
			{"YUV4MPEG2 W97 H65 F25:1 Ip Cmono", 97 * 65},
		} {
			in, out := filepath.Join(dir, "in.y4m"), filepath.Join(dir, "out.y4m")
			noiseY4M(t, in, c.header, c.size, 12, uint64(i))
			report := runMask(t, "-in", in, "-out", out, "-face", mode, "-session", "4")
			b := read(t, out)
			if first == nil {
				first = b
			}
			if !bytes.Equal(first, b) || report.Frames != 12 || report.Faults != 0 {
				t.Errorf("%s: %q tells itself from the first: %+v", mode, c.header, report)
			}
		}
	}
}
