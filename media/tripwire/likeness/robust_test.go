package likeness

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/hraban/opus"

	"parda/media/mask"
	"parda/media/mask/voice"
	"parda/media/publish/wire"
)

// roomSounds are what a microphone may hear beside a voice. The mask makes of each what it makes of all.
var roomSounds = map[string]func(n int, r *rand.Rand) float64{
	"noise": func(n int, r *rand.Rand) float64 { return .1 * r.NormFloat64() },
	"bursts of it": func(n int, r *rand.Rand) float64 {
		return .2 * r.NormFloat64() * max(0, math.Sin(2*math.Pi*3*float64(n)/48000))
	},
	"hum": func(n int, _ *rand.Rand) float64 {
		return .2*math.Sin(2*math.Pi*50*float64(n)/48000) + .1*math.Sin(2*math.Pi*150*float64(n)/48000)
	},
	"clicks": func(n int, _ *rand.Rand) float64 { return .8 * float64(1-min(1, n%9000)) },
	"a gliding tone": func(n int, _ *rand.Rand) float64 {
		t := float64(n) / 48000
		return .2 * math.Sin(2*math.Pi*(400*t+60*math.Sin(3*t)))
	},
	"a chord": func(n int, _ *rand.Rand) float64 {
		t, v := float64(n)/48000, 0.0
		for _, f := range []float64{220, 277, 330, 440} {
			v += .06 * math.Sin(2*math.Pi*f*t) * (1 + .5*math.Sin(2*math.Pi*f*2*t))
		}
		return v
	},
	"a siren of pulses": func(n int, _ *rand.Rand) float64 {
		t := float64(n) / 48000
		return .3 * math.Pow(math.Sin(math.Pi*(250*t+30*math.Sin(2*t))), 9)
	},
}

// TestSoundsOfTheRoomBehindTheMaskAreNotCut also loses packets and silences blocks, as the network and the room's gate do.
func TestSoundsOfTheRoomBehindTheMaskAreNotCut(t *testing.T) {
	for name, sound := range roomSounds {
		if raced && name != "clicks" {
			continue
		}
		for i, m := range treatments[:2] {
			r := rand.New(rand.NewPCG(uint64(i), 3))
			k, err := voice.New(voice.Config{Mode: m.mode, Strength: m.strength, Session: [32]byte{byte(i), 9}})
			if err != nil {
				t.Fatal(err)
			}
			enc, err := wire.NewOpus(wire.DefaultAudioBitrate)
			if err != nil {
				t.Fatal(err)
			}
			dec, err := opus.NewDecoder(Rate, 1)
			if err != nil {
				t.Fatal(err)
			}
			j, err := NewJudge()
			if err != nil {
				t.Fatal(err)
			}
			var raw mask.RawSound
			var masked voice.Masked
			most := math.Inf(-1)
			for block := range 6 * 50 {
				for s := range raw.Samples {
					raw.Samples[s] = float32(sound(block*mask.BlockSamples+s, r))
				}
				_ = k.Next(&raw, &masked)
				if block%97 > 90 {
					voice.Silence(&masked)
				}
				packet, err := enc.Encode(masked.PCM())
				if err != nil {
					t.Fatal(err)
				}
				if r.Float64() < .05 {
					continue // lost
				}
				var pcm [FrameSamples]int16
				if _, err := dec.Decode(packet, pcm[:]); err != nil {
					t.Fatal(err)
				}
				if j.Hear(pcm[:]) {
					t.Errorf("%s, %s: cut after %.1f s, score %.1f", name, m, float64(block)/50, j.Score())
					break
				}
				if j.seen >= looks {
					most = max(most, j.Score())
				}
			}
			t.Logf("%s, %s: most %.1f", name, m, most)
		}
	}
}
