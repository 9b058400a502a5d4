package publish

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"os/exec"
	"testing"

	"github.com/hraban/opus"

	"parda/media/mask"
	"parda/media/mask/voice"
	"parda/media/publish/wire"
)

// spokenAndMasked is a few sentences, spoken by espeak-ng and masked as a witness is, in blocks of 20 ms.
func spokenAndMasked(t *testing.T) [][]int16 {
	t.Helper()
	program, err := exec.LookPath("espeak-ng")
	if err != nil {
		t.Skip("SKIPPED: espeak-ng is not installed, so nothing says what the loss of packets does to speech")
	}
	say := exec.Command(program, "-v", "en", "-s", "150", "--stdin", "--stdout")
	say.Stdin = bytes.NewReader([]byte("He told me to wait outside until seven. I saw the car twice, and I did not know the driver. She gave me the paper on Monday.\n"))
	wav, err := say.Output()
	if err != nil || len(wav) < 44 {
		t.Fatal("espeak-ng did not speak", err)
	}
	const from = 22050 // espeak-ng's rate
	rate := binary.LittleEndian.Uint32(wav[24:])
	if rate != from {
		t.Fatalf("espeak-ng speaks at %d Hz", rate)
	}
	raw := wav[44:]
	at := func(i int) float64 { return float64(int16(binary.LittleEndian.Uint16(raw[2*i:]))) / 32768 }
	m, err := voice.New(voice.Config{Mode: voice.Neutral, Strength: voice.Standard, Session: [32]byte{1, 2, 3}})
	if err != nil {
		t.Fatal(err)
	}
	var in mask.RawSound
	var out voice.Masked
	var blocks [][]int16
	n := int(float64(len(raw)/2-1) / from * mask.SampleRate)
	for start := 0; start+mask.BlockSamples <= n; start += mask.BlockSamples {
		for i := range in.Samples {
			x := float64(start+i) * from / mask.SampleRate
			k := int(x)
			in.Samples[i] = float32(at(k) + (x-float64(k))*(at(k+1)-at(k)))
		}
		if err := m.Next(&in, &out); err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, out.PCM())
	}
	return blocks
}

type hearer func(d *opus.Decoder, next []byte, pcm []int16) error

// heard decodes packets of which some are lost; conceal fills a hole, and may look at the packet after it.
func heard(t *testing.T, packets [][]byte, lost map[int]bool, conceal hearer) [][]int16 {
	t.Helper()
	d, err := opus.NewDecoder(mask.SampleRate, 1)
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]int16, len(packets))
	for i, p := range packets {
		pcm := make([]int16, mask.BlockSamples)
		if !lost[i] {
			_, err = d.Decode(p, pcm)
		} else {
			var next []byte
			if i+1 < len(packets) && !lost[i+1] {
				next = packets[i+1]
			}
			err = conceal(d, next, pcm)
		}
		if err != nil {
			t.Fatal(err)
		}
		out[i] = pcm
	}
	return out
}

// spectral is the mean distance of two sounds in dB, over the bands of speech (20 bands to 8 kHz) of the blocks named and the two after each.
func spectral(a, b [][]int16, at map[int]bool) float64 {
	var sum float64
	var n int
	for i := range a {
		if !at[i] && !at[i-1] && !at[i-2] {
			continue
		}
		x, y := bands(a[i]), bands(b[i])
		for k := range x {
			if x[k] < 20 && y[k] < 20 {
				continue // neither is to be heard
			}
			d := max(x[k], 20) - max(y[k], 20)
			sum += d * d
			n++
		}
	}
	return math.Sqrt(sum / float64(max(1, n)))
}

func bands(pcm []int16) (out [20]float64) {
	for k := range out {
		lo, hi := 100*math.Pow(80, float64(k)/20), 100*math.Pow(80, float64(k+1)/20)
		var power float64
		for f := lo; f < hi; f += 50 {
			var s complex128
			step := cmplx.Rect(1, -2*math.Pi*f/mask.SampleRate)
			turn := complex(1, 0)
			for i, v := range pcm {
				w := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(pcm)))
				s += complex(w*float64(v), 0) * turn
				turn *= step
			}
			power += real(s)*real(s) + imag(s)*imag(s)
		}
		out[k] = 10 * math.Log10(power/float64(len(pcm))+1)
	}
	return out
}

// A masked voice stays near itself when one packet in twenty is lost: what is lost is in the next packet once more, smaller (in-band FEC, RFC 6716
// section 2.1.7), and the packets are of one size all the same (RFC 6562).
func TestALostPacketOfAMaskedVoiceIsRepairedFromTheNext(t *testing.T) {
	blocks := spokenAndMasked(t)
	encoder, err := wire.NewOpus(wire.DefaultAudioBitrate)
	if err != nil {
		t.Fatal(err)
	}
	var packets [][]byte
	for _, b := range blocks {
		p, err := encoder.Encode(b)
		if err != nil {
			t.Fatal(err)
		}
		if len(p) != wire.DefaultAudioBitrate/400 {
			t.Fatalf("a packet of %d bytes", len(p))
		}
		packets = append(packets, bytes.Clone(p))
	}
	rng := rand.New(rand.NewPCG(11, 12))
	lost := map[int]bool{}
	for i := 1; i < len(packets); i++ {
		if rng.Float64() < 0.05 {
			lost[i] = true
		}
	}
	plain := func(d *opus.Decoder, _ []byte, pcm []int16) error { return d.DecodePLC(pcm) }
	repaired := func(d *opus.Decoder, next []byte, pcm []int16) error {
		if next == nil {
			return d.DecodePLC(pcm)
		}
		return d.DecodeFEC(next, pcm)
	}
	whole := heard(t, packets, nil, nil)
	guessed, fixed := spectral(whole, heard(t, packets, lost, plain), lost), spectral(whole, heard(t, packets, lost, repaired), lost)
	t.Logf("%d of %d packets lost: %.1f dB away when guessed, %.1f dB when repaired", len(lost), len(packets), guessed, fixed)
	if len(lost) < 10 || fixed > 0.75*guessed {
		t.Errorf("what repairs does not repair: %.1f dB away, %.1f dB when guessed", fixed, guessed)
	}
}
