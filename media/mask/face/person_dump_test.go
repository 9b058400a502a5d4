//go:build training

package face

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"parda/media/mask"
)

// TestDumpOfThePerson writes, beside each NAME.gray of the folder PERSON (640x480 luma planes, one after the other), NAME.hog: the histograms of each look, as float32, with the
// number of the picture before each. A name that begins with still is looked at in each picture, another once in PERSON_EVERY (25).
// training/person.py makes the one and reads the other.
func TestDumpOfThePerson(t *testing.T) {
	names, _ := filepath.Glob(filepath.Join(os.Getenv("PERSON"), "*.gray"))
	if len(names) == 0 {
		t.Fatal("PERSON names no folder of .gray files")
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := newReader()
		if err != nil {
			t.Fatal(err)
		}
		var out []byte
		p := &Sitter{}
		for n := 0; len(raw) >= 640*480; n++ {
			pic := mask.RawPicture{Width: 640, Height: 480, Y: raw[:640*480], StrideY: 640}
			raw = raw[640*480:]
			got := r.look(&pic)
			if got.faces != 1 || r.missed > 0 || r.at.size < personLeast {
				continue
			}
			p.describe(&r.cur[0], r.at, r.roll)
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(n)))
			for _, v := range p.hog {
				out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
			}
		}
		if err := os.WriteFile(name[:len(name)-5]+".hog", out, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
