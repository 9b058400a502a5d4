package relay

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// Two people who compare what they get of one witness must find nothing to compare, and nothing of hers: all that names or dates a stream is made anew for
// each subscription.
func TestTwoSubscriptionsOfOneTrackShareNothingButThePayload(t *testing.T) {
	r, seen := newRelay(t, Config{})
	p := publish(t, r, "witness", publishOptions{})
	routes := allow(allow(map[Sink]Source{}, "judge", "witness", "witness"), "counsel", "witness", "witness")
	r.Swap(NewSnapshot(routes))
	var subs []*testSubscriber
	for _, viewer := range []string{"judge", "counsel", "judge"} { // of two viewers, and of one viewer twice
		s := subscribe(t, r, viewer, pair(viewer, "witness"), nil)
		eventually(t, "it is up", func() bool { return seen.has(Subscribed, s.id) })
		subs = append(subs, s)
	}
	for _, s := range subs {
		eventually(t, "packets come", func() bool { return s.count(0) > 20 && s.count(1) > 20 })
	}
	eventually(t, "the publication is up", func() bool { return seen.has(Published, p.id) })

	for _, prefix := range []string{"a=fingerprint:", "a=ice-ufrag:", "a=ice-pwd:", "a=msid:", "a=ssrc:", "o="} {
		var all []string
		for _, s := range subs {
			all = append(all, distinct(lines(s.answer, prefix))...)
		}
		if len(all) < len(subs) {
			t.Errorf("there are only %d lines %s: nothing is compared", len(all), prefix)
		}
		all = append(all, distinct(slices.Concat(lines(p.offer, prefix), lines(p.answer, prefix)))...)
		if d := distinct(all); len(d) != len(all) {
			t.Errorf("%s: %d of %d lines are used twice: %q", prefix, len(all)-len(d), len(all), all)
		}
	}
	for slot := range 2 {
		var ssrc []uint32
		shift := map[string]bool{}
		for _, s := range subs {
			packets := s.packets(t, slot)
			first := packets[0]
			ssrc = append(ssrc, first.SSRC)
			shift[fmt.Sprint(first.SequenceNumber-0x5EC2)] = true
			shift[fmt.Sprint(first.Timestamp-0x5EC2E703)] = true
			for _, q := range packets {
				if q.SSRC != first.SSRC {
					t.Fatalf("slot %d has packets of %d and of %d", slot, q.SSRC, first.SSRC)
				}
			}
		}
		ssrc = append(ssrc, plantedSSRC, plantedAudio)
		slices.Sort(ssrc)
		if len(slices.Compact(ssrc)) != len(subs)+2 {
			t.Errorf("slot %d: an SSRC is used twice: %d", slot, ssrc)
		}
		if len(shift) != 2*len(subs) {
			t.Errorf("slot %d: numbers or times begin alike: %v", slot, shift)
		}
	}
}

func distinct(in []string) []string {
	out := slices.Clone(in)
	slices.Sort(out)
	return slices.Compact(out)
}

// listener keeps every RTCP packet that a peer connection receives, before anything else reads it.
type rtcpListener struct {
	interceptor.NoOp
	mu  sync.Mutex
	all [][]byte
}

func (l *rtcpListener) NewInterceptor(string) (interceptor.Interceptor, error) { return l, nil }

func (l *rtcpListener) BindRTCPReader(r interceptor.RTCPReader) interceptor.RTCPReader {
	return interceptor.RTCPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		n, a, err := r.Read(b, a)
		if err == nil {
			l.mu.Lock()
			l.all = append(l.all, bytes.Clone(b[:n]))
			l.mu.Unlock()
		}
		return n, a, err
	})
}

// The room must not hear from those who watch it: not who they are, not how many, not how their network is. Whatever a subscriber says in RTCP, the
// publisher gets the relay's own reports, its own wish for lost packets, and a wish for a key frame, not more often than the relay lets anybody.
func TestOfASubscribersRTCPThePublisherHearsOfAKeyFrameAlone(t *testing.T) {
	r, seen := newRelay(t, Config{})
	heard := &rtcpListener{}
	chain := &interceptor.Registry{}
	chain.Add(heard)
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	se := webrtc.SettingEngine{LoggerFactory: muteFactory{}}
	se.SetIncludeLoopbackCandidate(true)
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	p := publish(t, r, "witness", publishOptions{api: webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(se), webrtc.WithInterceptorRegistry(chain))})
	s := subscribe(t, r, "judge", pair("judge", "witness"), nil)
	eventually(t, "both are up", func() bool { return seen.has(Published, p.id) && seen.has(Subscribed, s.id) })
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "witness", "witness")))
	eventually(t, "packets come", func() bool { return s.count(0) > 5 && s.count(1) > 5 })

	const word, own = "PlantedByTheViewer", 0x7A11E271 // no loss: who tells of much is held by the relay, and then wants no key frame
	ssrc := s.packets(t, 0)[0].SSRC
	began, asked := time.Now(), p.plis.Load()
	for range 40 {
		err := s.pc.WriteRTCP([]rtcp.Packet{
			&rtcp.ReceiverReport{SSRC: own, Reports: []rtcp.ReceptionReport{{SSRC: ssrc, TotalLost: 77, Jitter: own}}, ProfileExtensions: []byte(word + "  ")},
			&rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{Source: own, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: word}}}}},
			&rtcp.SenderReport{SSRC: own, NTPTime: own << 32, RTPTime: own},
			&rtcp.ApplicationDefined{SSRC: own, Name: "PLNT", Data: []byte(word + "  ")},
			&rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: own, Bitrate: 31337, SSRCs: []uint32{ssrc}},
			&rtcp.TransportLayerNack{SenderSSRC: own, MediaSSRC: ssrc, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 0}}},
			&rtcp.SliceLossIndication{SenderSSRC: own, MediaSSRC: ssrc, SLI: []rtcp.SLIEntry{{First: 1, Number: 2, Picture: 3}}},
			&rtcp.PictureLossIndication{SenderSSRC: own, MediaSSRC: ssrc},
			&rtcp.FullIntraRequest{SenderSSRC: own, MediaSSRC: ssrc, FIR: []rtcp.FIREntry{{SSRC: ssrc, SequenceNumber: 9}}},
			&rtcp.Goodbye{Sources: []uint32{own}, Reason: word},
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	eventually(t, "the wish for a key frame comes", func() bool {
		_ = s.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{SenderSSRC: own, MediaSSRC: ssrc}})
		return p.plis.Load() > asked
	})
	if most := int64(time.Since(began)/keyFrameEvery) + 2; p.plis.Load()-asked > most {
		t.Errorf("%d key frames were asked for, %d may be", p.plis.Load()-asked, most)
	}
	heard.mu.Lock()
	defer heard.mu.Unlock()
	kinds := map[string]int{}
	for _, b := range heard.all {
		if bytes.Contains(b, []byte(word)) || bytes.Contains(b, binary.BigEndian.AppendUint32(nil, own)) || bytes.Contains(b, binary.BigEndian.AppendUint32(nil, ssrc)) {
			t.Fatalf("the publisher got %x of the subscriber", b)
		}
		packets, err := rtcp.Unmarshal(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range packets {
			kinds[strings.TrimPrefix(fmt.Sprintf("%T", k), "*rtcp.")]++
		}
	}
	for kind := range kinds {
		if !slices.Contains([]string{"PictureLossIndication", "ReceiverReport", "TransportLayerNack", "TransportLayerCC"}, kind) {
			t.Errorf("the publisher got a %s", kind)
		}
	}
	if kinds["PictureLossIndication"] == 0 {
		t.Errorf("the publisher's RTCP was not listened to: %v", kinds)
	}
}
