package publish

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"parda/media/mask/face"
	"parda/media/mask/voice"
	"parda/media/publish/wire"
	"parda/media/publish/wire/whiptest"
)

// shown are what a witness's publication can show, as functions of the tick.
func shown(t testing.TB, width, height int) map[string]func(n int) face.Masked {
	t.Helper()
	card, err := face.NewCard(width, height, "A-1")
	if err != nil {
		t.Fatal(err)
	}
	figure, err := face.New(face.Config{Mode: face.Puppet, Width: width, Height: height, Pseudonym: "A-1"})
	if err != nil {
		t.Fatal(err)
	}
	still := figure.Draw(0).AppendI420(nil) // what Draw gave is drawn over later
	quiet, err := face.New(face.Config{Mode: face.Puppet, Width: width, Height: height, Pseudonym: "A-1"})
	if err != nil {
		t.Fatal(err)
	}
	first := quiet.Draw(0)
	if slices.Equal(first.AppendI420(nil), card.AppendI420(nil)) || len(still) == 0 {
		t.Fatal("the figure is the card: nothing would be compared")
	}
	moving := func(n int) face.Masked {
		figure.Hand(n/12%2 == 0)
		return figure.Draw(float32(math.Abs(math.Sin(float64(n) / 2))))
	}
	return map[string]func(int) face.Masked{
		"a figure that sits still": func(int) face.Masked { return first },
		"a figure that moves":      moving,
		"the card":                 func(int) face.Masked { return card },
		"figure and card in turn": func(n int) face.Masked {
			if n/7%2 == 0 {
				return card
			}
			return moving(n)
		},
	}
}

// form is the sequence of what a stranger can see of a stream but for the moments: of each picture its packets' sizes and marker bits, and how far its
// timestamp is from the first's, in ticks.
func form(packets []rtp.Packet, ticks int) (out []string) {
	for _, p := range packets {
		at := (p.Timestamp - packets[0].Timestamp) / 3600
		if int(at) >= ticks {
			break
		}
		out = append(out, fmt.Sprint(len(p.Payload), p.Marker, p.Extension, p.Padding, len(p.CSRC)))
	}
	return out
}

func TestWhatThePictureShowsIsNotToBeSeenInItsPackets(t *testing.T) {
	const ticks = 50
	seen := map[string][]string{}
	for name, show := range shown(t, 320, 240) {
		server := whiptest.New(t)
		p, err := New(t.Context(), Config{GatewayURL: server.URL, Hearing: "demo", Token: whiptest.Token, Rendering: "puppet+neutral", RootCAs: server.RootCAs})
		if err != nil {
			t.Fatal(err)
		}
		var silence voice.Masked
		whiptest.Until(t, 10*time.Second, "the link is up", p.Connected)
		for n := 0; len(server.Frames()) < ticks+5; n++ {
			if n == 1000 {
				t.Fatalf("%s: after 1000 ticks %d pictures have come", name, len(server.Frames()))
			}
			if n == 20 {
				if err := server.AskForKeyFrame(); err != nil { // must not show either
					t.Fatal(err)
				}
			}
			if err := p.Picture(show(n)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := p.Sound(&silence); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond) // faster than life; the moments of packets are held in publish/wire
		}
		p.Close()
		seen[name] = form(server.Video(), ticks)
		keys := 0
		for _, frame := range server.Frames() {
			if whiptest.IsKey(frame) {
				keys++
			}
		}
		if keys < 2 || keys > ticks/2 {
			t.Errorf("%s: %d key frames; some and not all must be, or nothing is held", name, keys)
		}
	}
	var want []string
	for name, got := range seen {
		if want == nil {
			want = got
		}
		if !slices.Equal(got[:min(len(got), len(want))], want[:min(len(got), len(want))]) {
			t.Errorf("%s: its packets are told from the others': %v and %v", name, got[:4], want[:4])
		}
		kinds := slices.Compact(slices.Sorted(slices.Values(got)))
		if len(got) < ticks || len(kinds) != 2 {
			t.Errorf("%s: %d packets of the kinds %v; want one size, with the marker and without", name, len(got), kinds)
		}
	}
}

// BenchmarkSteady tells what steadiness costs: kbit/s of packets, headers of RTP, SRTP, UDP and IPv4 and all, beside those of a stream that is encoded at 500
// kbit/s without it, as it was before.
func BenchmarkSteady(b *testing.B) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}} {
		for name, show := range shown(b, size[0], size[1]) {
			b.Run(fmt.Sprintf("%dx%d/%s", size[0], size[1], name), func(b *testing.B) {
				const ticks, header = 250, 1 + 12 + 16 + 8 + 20
				for b.Loop() {
					plain, err := NewEncoder()
					if err != nil {
						b.Fatal(err)
					}
					bytes := 0
					for n := range ticks {
						frame, _, err := plain.Picture(show(n))
						if err != nil {
							b.Fatal(err)
						}
						bytes += len(frame) + (len(frame)+1186)/1187*header
					}
					plain.Close()
					parcels, each := wire.SteadyForm(size[0], size[1])
					before, after := float64(bytes*8*25/ticks)/1000, float64(parcels*(each+header)*8*25)/1000
					b.ReportMetric(before, "kbit/s-before")
					b.ReportMetric(after, "kbit/s-steady")
					b.ReportMetric(100*(after/before-1), "%more")
				}
			})
		}
	}
}
