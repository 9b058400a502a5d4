//go:build training

package voice

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"parda/media/mask"
)

// TestDumpOfTheLikeness writes, beside each NAME.f32 of the folder LIKENESS (48 kHz, mono, float32), NAME.parts: what likeness remembers of each half second of
// speech, as float64. training/likeness.py makes the one and reads the other.
func TestDumpOfTheLikeness(t *testing.T) {
	names, _ := filepath.Glob(filepath.Join(os.Getenv("LIKENESS"), "*.f32"))
	if len(names) == 0 {
		t.Fatal("LIKENESS names no folder of .f32 files")
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var out []byte
		down, ear, l := newDecimator(), newSeatEar(), newLikeness()
		var block [mask.BlockSamples]float32
		var in [narrow]float64
		var frame heardFrame
		for len(raw) >= 4*len(block) {
			for i := range block {
				block[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			}
			raw = raw[4*len(block):]
			down.block(&block, &in)
			for at := 0; at < narrow; at += hop {
				ear.next(in[at:at+hop], &frame)
				l.on, l.parts, l.first = true, 0, sums{}
				l.hear(&frame, &ear.log, true)
				if l.parts == 1 {
					p := &l.first
					out = binary.LittleEndian.AppendUint64(out, math.Float64bits(p.frames))
					for _, v := range append(append(append([]float64{p.moves, p.pitched, p.pitch, p.pitch2}, p.cep[:]...), p.cep2[:]...), p.move2[:]...) {
						out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
					}
				}
			}
		}
		if err := os.WriteFile(name[:len(name)-4]+".parts", out, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
