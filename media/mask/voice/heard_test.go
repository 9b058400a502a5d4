//go:build training

package voice

import (
	"encoding/binary"
	"math"
	"os"
	"strings"
	"testing"
)

// TestHeardForTraining is no test, which is why it is built with the tag training alone: it is how training/synthetic.py has sounds described by this very front end: for each line (a 16 kHz WAV file of 16 bit, a tab, a
// file to write) the network's inputs, netIn little-endian float32 a frame, once from the start and once again with the speaker known.
func TestHeardForTraining(t *testing.T) {
	list := os.Getenv("PARDA_HEARD")
	if list == "" {
		t.Fatal("PARDA_HEARD names no list of sounds: training/synthetic.py does")
	}
	lines, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(lines)), "\n") {
		from, to, _ := strings.Cut(line, "\t")
		wav, err := os.ReadFile(from)
		if err != nil || len(wav) < 44 {
			t.Fatalf("%s: %v", from, err)
		}
		sound := make([]float64, (len(wav)-44)/2)
		for i := range sound {
			sound[i] = float64(int16(binary.LittleEndian.Uint16(wav[44+2*i:]))) / 32768
		}
		if err := os.WriteFile(to, heardTwice(t, sound), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func heardTwice(t *testing.T, sound []float64) (out []byte) {
	r := recipes[Standard]
	r.press, r.hard = 0, 0
	s, err := drawSession([32]byte{}, r)
	if err != nil {
		t.Fatal(err)
	}
	v, c := newVocoder(s), &content{}
	for range 2 {
		for at := 0; at+hop <= len(sound); at += hop {
			v.ear.next(sound[at:at+hop], &v.frame)
			power, speech := v.loud.next(&v.frame)
			v.norm.hear(&v.frame.band, speech)
			c.put(v.norm, power, v.voiced.plain(v.frame.voiced))
			for _, x := range c.in {
				out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
			}
		}
	}
	return out
}
