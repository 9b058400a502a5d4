//go:build seatdump

package voice

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parda/media/mask"
)

// TestDumpOfTheEar writes what the seat's ear hears of each scene of the folder SEAT_SCENES, for words/seat/fit.py: a row of float32 for each 10 ms.
// It is a tool, not a test: build tag seatdump.
func TestDumpOfTheEar(t *testing.T) {
	names, _ := filepath.Glob(os.Getenv("SEAT_SCENES") + "/*.f32")
	if len(names) == 0 {
		t.Fatal("no scenes in SEAT_SCENES")
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(strings.TrimSuffix(name, ".f32") + ".ear")
		if err != nil {
			t.Fatal(err)
		}
		w := bufio.NewWriter(f)
		e := newSeatEar()
		var in [hop]float64
		var h heardFrame
		for at := 0; at+4*hop <= len(raw); at += 4 * hop {
			for i := range in {
				in[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[at+4*i:])))
			}
			e.next(in[:], &h)
			active := 0.0
			if h.active {
				active = 1
			}
			row := append([]float64{h.power, h.floor, active, h.pitch, h.voiced, h.tonal, float64(h.line), h.fall}, h.cep[:]...)
			for _, v := range row {
				binary.Write(w, binary.LittleEndian, float32(v))
			}
		}
		w.Flush()
		f.Close()
	}
}

// turn is one line of a scene's table; in samples at 16 kHz.
type turn struct {
	label    string
	db       float64
	from, to int
}

func readTurns(t *testing.T, name string) (out []turn) {
	raw, err := os.ReadFile(strings.TrimSuffix(name, ".f32") + ".tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		var x turn
		if _, err := fmt.Sscanf(line, "%s %g %d %d", &x.label, &x.db, &x.from, &x.to); err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	return out
}

// seated runs a scene (16 kHz) through the seat at 48 kHz, as the station does, and returns the sound that went in and came out, aligned, and the
// notice of each block.
func seated(x []float64, rehearsed int) (in, out []float64, why []SeatNotice) {
	g := NewGate()
	s := NewSeat(g)
	up := newInterpolator()
	var low [narrow]float64
	var wide [mask.BlockSamples]float64
	var raw mask.RawSound
	for at := 0; at+narrow <= len(x); at += narrow {
		copy(low[:], x[at:])
		up.block(&low, &wide)
		for i, v := range wide {
			raw.Samples[i] = float32(v)
		}
		in = append(in, wide[:]...)
		raw.Captured = noon.Add(time.Duration(at) * time.Second / rate)
		s.Rehearse(at < rehearsed)
		why = append(why, s.Apply(&raw))
		for _, v := range raw.Samples {
			out = append(out, float64(v))
		}
	}
	late := g.LatencySamples()
	return in[:len(in)-late], out[late:], why[gateLatency:]
}

// TestScenes measures the seat on the scenes of SEAT_SCENES (those that the weights were not fitted on: SEAT_GLOB). A tool as well.
func TestScenes(t *testing.T) {
	names, _ := filepath.Glob(os.Getenv("SEAT_SCENES") + "/" + os.Getenv("SEAT_GLOB"))
	if len(names) == 0 {
		t.Fatal("no scenes in SEAT_SCENES that SEAT_GLOB names")
	}
	got := map[string]*sceneSum{}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float64, len(raw)/4)
		for i := range x {
			x[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
		}
		turns, end, spoken := readTurns(t, name), 0, 6
		if n := os.Getenv("SEAT_SPOKEN"); n != "" { // utterances of the rehearsal, fewer than the six there are
			fmt.Sscan(n, &spoken)
		}
		for _, u := range turns {
			if u.label == "noise" || u.label == "rehearsal" && spoken > 0 {
				end = u.to
				if u.label == "rehearsal" {
					spoken--
				}
			}
		}
		in, out, why := seated(x, end)
		for _, u := range turns {
			key := u.label
			if u.label == "beside" || u.label == "whisper" || u.label == "her_soft" {
				key = fmt.Sprintf("%s %g", u.label, u.db)
			}
			if got[key] == nil {
				got[key] = &sceneSum{}
			}
			got[key].add(in, out, why, u)
		}
	}
	keys := make([]string, 0, len(got))
	for k := range got {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	fmt.Println("| what | turns | blocks with sound | of them silenced % | whole % | first 200 ms silenced % | first half second silenced % | energy dB | decided, median ms | never % | far_voice : not_speech |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|")
	for _, k := range keys {
		fmt.Println(got[k].row(k))
	}
}

// sceneSum adds up turns of one kind.
type sceneSum struct {
	turns, blocks, shut, early, earlyShut, onset, onsetShut, whole, never, far, other int
	before, after                                                                     float64
	decided                                                                           []float64
}

func (s *sceneSum) add(in, out []float64, why []SeatNotice, u turn) {
	from, to := 3*u.from/mask.BlockSamples, min(3*u.to/mask.BlockSamples, len(in)/mask.BlockSamples, len(why))
	loud := -200.0
	level := func(x []float64, b int) float64 { return decibels(x[b*mask.BlockSamples : (b+1)*mask.BlockSamples]) }
	for b := from; b < to; b++ {
		loud = max(loud, level(in, b))
	}
	blocks, shut, first, start := 0, 0, -1.0, -1
	for b := from; b < to; b++ {
		s.before += math.Pow(10, level(in, b)/10)
		s.after += math.Pow(10, level(out, b)/10)
		if level(in, b) < loud-30 {
			continue
		}
		if start < 0 {
			start = b
		}
		blocks++
		is := 0
		if why[b] != SeatClear {
			is = 1
			if first < 0 {
				first = float64(20 * (b - start))
			}
			if why[b] == SeatFarVoice {
				s.far++
			} else {
				s.other++
			}
		}
		shut += is
		if b-start < 10 {
			s.onset++
			s.onsetShut += is
		}
		if b-start < 25 {
			s.early++
			s.earlyShut += is
		}
	}
	s.turns++
	s.blocks += blocks
	s.shut += shut
	if shut == blocks {
		s.whole++
	}
	if first >= 0 {
		s.decided = append(s.decided, first)
	} else {
		s.never++
	}
}

func (s *sceneSum) row(name string) string {
	part := func(a, b int) float64 { return 100 * float64(a) / max(1, float64(b)) }
	decided := "-"
	if len(s.decided) > 0 {
		slices.Sort(s.decided)
		decided = fmt.Sprintf("%.0f", s.decided[len(s.decided)/2])
	}
	return fmt.Sprintf("| %s | %d | %d | %.1f | %.0f | %.1f | %.1f | %.1f | %s | %.0f | %d : %d |", name, s.turns, s.blocks, part(s.shut, s.blocks), part(s.whole, s.turns),
		part(s.onsetShut, s.onset), part(s.earlyShut, s.early), 10*math.Log10(s.after/s.before+1e-12), decided, part(s.never, s.turns), s.far, s.other)
}
