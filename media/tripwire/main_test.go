package main

import (
	"bytes"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"parda/media/mask"
	"parda/media/mask/voice"
	"parda/media/publish/wire"
	"parda/media/tripwire/ear"
)

// TestMain is also the confined process of TestTheProgramReachesNothing.
func TestMain(m *testing.M) {
	if os.Getenv("PARDA_TEST_CONFINED") != "" {
		reach()
		return
	}
	os.Exit(m.Run())
}

// throat is a voice that nobody has: pulses that glide between 170 and 260 Hz, through two resonances, with pauses. It is no person, but no mask's either.
func throat(seconds int) (blocks [][]float32) {
	phase, n := 0.0, 0
	type resonance struct{ a, b, y1, y2 float64 }
	rs := []*resonance{}
	for _, f := range []float64{620, 1400} {
		r := math.Exp(-math.Pi * 90 / mask.SampleRate)
		rs = append(rs, &resonance{a: 2 * r * math.Cos(2*math.Pi*f/mask.SampleRate), b: -r * r})
	}
	for range seconds * 50 {
		block := make([]float32, mask.BlockSamples)
		for i := range block {
			t := float64(n) / mask.SampleRate
			n++
			phase += (215 + 45*math.Sin(2*math.Pi*1.3*t)) / mask.SampleRate
			x := 0.0
			if phase >= 1 {
				phase--
				x = 1
			}
			if math.Mod(t, 1.2) > 1 {
				x = 0
			}
			y := 0.0
			for _, r := range rs {
				v := x + r.a*r.y1 + r.b*r.y2
				r.y2, r.y1 = r.y1, v
				y += v
			}
			block[i] = float32(.05 * y)
		}
		blocks = append(blocks, block)
	}
	return blocks
}

// packets encodes blocks as the station does; mode "" is no mask.
func packets(t *testing.T, blocks [][]float32, mode voice.Mode) (out [][]byte) {
	t.Helper()
	enc, err := wire.NewOpus(wire.DefaultAudioBitrate)
	if err != nil {
		t.Fatal(err)
	}
	var m *voice.Mask
	if mode != "" {
		if m, err = voice.New(voice.Config{Mode: mode, Session: [32]byte{7}}); err != nil {
			t.Fatal(err)
		}
	}
	var masked voice.Masked
	for _, b := range blocks {
		pcm := make([]int16, 0, mask.BlockSamples)
		if m != nil {
			raw := &mask.RawSound{}
			copy(raw.Samples[:], b)
			_ = m.Next(raw, &masked)
			pcm = masked.AppendPCM(pcm)
		} else {
			for _, v := range b {
				pcm = append(pcm, int16(v*32767))
			}
		}
		p, err := enc.Encode(pcm)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, bytes.Clone(p))
	}
	return out
}

// answers runs the program's loop over one stream and counts what it says.
func answers(t *testing.T, name string, stream [][]byte) map[ear.Kind]int {
	t.Helper()
	var in, out bytes.Buffer
	say := func(f ear.Frame) {
		if _, err := f.Write(&in, nil); err != nil {
			t.Fatal(err)
		}
	}
	say(ear.Frame{Kind: ear.Open, Stream: 9, Body: []byte(name)})
	for _, p := range stream {
		say(ear.Frame{Kind: ear.Packet, Stream: 9, Body: p})
		say(ear.Frame{Kind: ear.Packet, Stream: 10, Body: p}) // of a stream that nobody opened
	}
	if err := serve(&in, &out); err != nil {
		t.Fatal(err)
	}
	count := map[ear.Kind]int{}
	for {
		f, _, err := ear.Read(&out, nil)
		if err == io.EOF {
			return count
		}
		if err != nil || f.Stream != 9 {
			t.Fatal(f, err)
		}
		count[f.Kind]++
	}
}

func TestAVoiceInClearIsSaidAndAMaskedOneIsFine(t *testing.T) {
	said := throat(6)
	if c := answers(t, "neutral", packets(t, said, "")); c[ear.Unmasked] != 1 || c[ear.Fine] > 3*50/ear.AnswerEvery {
		t.Errorf("in clear: %v", c)
	}
	for _, mode := range []voice.Mode{voice.Neutral, voice.Synthetic} {
		if c := answers(t, string(mode), packets(t, said, mode)); c[ear.Unmasked] != 0 || c[ear.Fine] != 6*50/ear.AnswerEvery {
			t.Errorf("%s: %v", mode, c)
		}
	}
}

func TestWhoseOrderIsSilenceMayNotBeHeardAtAll(t *testing.T) {
	quiet := make([][]float32, 100)
	for i := range quiet {
		quiet[i] = make([]float32, mask.BlockSamples)
	}
	if c := answers(t, "silence", packets(t, quiet, "")); c[ear.Unmasked] != 0 || c[ear.Fine] == 0 {
		t.Errorf("silence: %v", c)
	}
	if c := answers(t, "silence", packets(t, throat(1), voice.Neutral)); c[ear.Unmasked] != 1 {
		t.Errorf("a masked voice where silence is ordered: %v", c)
	}
}

func TestWhatCannotBeDecodedIsSaid(t *testing.T) {
	noise := make([][]byte, 20)
	for i := range noise {
		noise[i] = []byte{0xff, 0xff, 0xff} // a code 3 packet of more frames than it holds
	}
	if c := answers(t, "neutral", noise); c[ear.Unreadable] != 1 || c[ear.Fine] != 0 {
		t.Errorf("got %v", c)
	}
}

func TestAPipeThatSpeaksNoFramesEndsTheProgram(t *testing.T) {
	for name, b := range map[string][]byte{
		"too long": {0xff, 0xff, 2, 0, 0, 0, 1}, "too short": {0, 2, 1, 1}, "no such kind": {0, 5, 99, 0, 0, 0, 1}, "an answer": {0, 5, byte(ear.Fine), 0, 0, 0, 1}, "cut off": {0, 9, 2, 0},
	} {
		if err := serve(bytes.NewReader(b), io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// reach tries what the program must not be able to do, after it has confined itself, and prints what it could.
func reach() {
	if err := confine(); err != nil {
		os.Stdout.WriteString("not confined: " + err.Error())
		return
	}
	could := []string{}
	if f, err := os.Open("/etc/passwd"); err == nil {
		f.Close()
		could = append(could, "read a file")
	}
	if _, err := os.Create("/tmp/parda-confined"); err == nil {
		could = append(could, "make a file")
	}
	if c, err := net.Dial("udp", "127.0.0.1:9"); err == nil {
		c.Close()
		could = append(could, "open a socket")
	}
	if exec.Command("/bin/true").Run() == nil {
		could = append(could, "start a program")
	}
	os.Stdout.WriteString("could: " + strings.Join(could, ", ") + ".")
}

func TestTheProgramReachesNothing(t *testing.T) {
	if confines != "" {
		t.Skip("SKIPPED: " + confines)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PARDA_TEST_CONFINED=1")
	out, err := cmd.CombinedOutput()
	if !strings.Contains(string(out), "could: .") {
		t.Errorf("%s %v", out, err)
	}
}
