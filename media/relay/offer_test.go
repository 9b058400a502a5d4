package relay

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

const offerHead = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n" +
	"a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"

func section(media, mid, direction, codec string, more ...string) string {
	s := "m=" + media + " 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\na=mid:" + mid +
		"\r\na=" + direction + "\r\na=rtcp-mux\r\na=rtpmap:96 " + codec + "\r\na=candidate:1 1 udp 2130706431 192.0.2.99 5000 typ host\r\n"
	for _, m := range more {
		s += "a=" + m + "\r\n"
	}
	return s
}

func TestOffersThatTheRelayDoesNotServeAreRefusedByKind(t *testing.T) {
	r, _ := newRelay(t, Config{FindFaces: func([]byte, int, int, int) int { return 0 }})
	vp8, opus := section("video", "0", "sendonly", "VP8/90000"), section("audio", "1", "sendonly", "opus/48000/2")
	for _, c := range []struct {
		name, offer string
		publish     bool
		want        error
	}{
		{"no SDP", "hello", true, ErrSDP},
		{"nothing", "", true, ErrSDP},
		{"too large", offerHead + vp8 + strings.Repeat("a=x:"+strings.Repeat("y", 1000)+"\r\n", 140), true, ErrSDP},
		{"10 MB", strings.Repeat("v=0\r\n", 2<<20), true, ErrSDP},
		{"no section", offerHead, true, ErrSDP},
		{"H.264 only", offerHead + section("video", "0", "sendonly", "H264/90000"), true, ErrMedia},
		{"PCMU only", offerHead + section("audio", "0", "sendonly", "PCMU/8000"), true, ErrMedia},
		{"a data channel", offerHead + vp8 + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n", true, ErrMedia},
		{"two pictures", offerHead + vp8 + section("video", "1", "sendonly", "VP8/90000"), true, ErrMedia},
		{"simulcast", offerHead + section("video", "0", "sendonly", "VP8/90000", "rid:h send", "simulcast:send h"), true, ErrMedia},
		{"not bundled", strings.Replace(offerHead, "a=group:BUNDLE 0 1\r\n", "", 1) + vp8 + opus, true, ErrSDP},
		{"a publisher that receives", offerHead + section("video", "0", "recvonly", "VP8/90000"), true, ErrSDP},
		{"a section that is off", offerHead + strings.Replace(vp8, "m=video 9", "m=video 0", 1), true, ErrSDP},
		{"no ICE", offerHead + strings.ReplaceAll(vp8, "a=ice-", "a=nice-"), true, ErrSDP},
		{"a subscriber that sends", offerHead + vp8, false, ErrSDP},
		{"more sections than slots", offerHead + section("video", "0", "recvonly", "VP8/90000") + section("video", "1", "recvonly", "VP8/90000"), false, ErrSDP},
		{"H.264 to receive", offerHead + section("video", "0", "recvonly", "H264/90000"), false, ErrMedia},
	} {
		t.Run(c.name, func(t *testing.T) {
			var err error
			if c.publish {
				_, _, err = r.Publish(context.Background(), "witness", true, c.offer)
			} else {
				_, _, err = r.Subscribe(context.Background(), "v", pair("v", "s"), c.offer)
			}
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if strings.Contains(err.Error(), "192.0.2.99") {
				t.Errorf("the error quotes an address of the offer: %v", err)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			if len(r.publications)+len(r.subscriptions) > 0 {
				t.Error("a refused offer left something behind")
			}
		})
	}
}

func TestAnOfferOfGoodSectionsIsAnsweredWithoutItsCandidates(t *testing.T) {
	clean, media, err := readOffer(offerHead+section("video", "0", "sendonly", "VP8/90000")+section("audio", "1", "sendonly", "opus/48000/2"), true)
	if err != nil || len(media) != 2 || media[0] != Video || media[1] != Audio {
		t.Fatalf("%v %v", media, err)
	}
	if strings.Contains(clean, "candidate") || strings.Contains(clean, "192.0.2.99") {
		t.Error("the publisher's candidates stay")
	}
}

func TestAPlainPlayerGetsTheFirstSlotOfEachKind(t *testing.T) {
	sinks := append(pair("v", "witness"), pair("v", "bench")...)
	slots, err := match("v", sinks, []Media{Audio, Video})
	if err != nil || len(slots) != 2 || slots[0].name != sinks[1] || slots[1].name != sinks[0] {
		t.Fatalf("%+v %v", slots, err)
	}
	if _, err := match("other", sinks, []Media{Audio}); err == nil {
		t.Error("slots of another viewer were taken")
	}
}

func TestAClosedRelayRefuses(t *testing.T) {
	r, _ := newRelay(t, Config{})
	r.Close()
	if _, _, err := r.Publish(context.Background(), "w", false, offerHead+section("video", "0", "sendonly", "VP8/90000")); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	pc, err := clientAPI(t, nil).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.GracefulClose(); err != nil {
		t.Fatal(err)
	}
}

func FuzzReadOffer(f *testing.F) {
	f.Add(offerHead+section("video", "0", "sendonly", "VP8/90000")+section("audio", "1", "sendonly", "opus/48000/2"), true)
	f.Add(offerHead+section("video", "0", "recvonly", "VP8/90000"), false)
	f.Add("v=0", true)
	f.Fuzz(func(t *testing.T, offer string, publish bool) {
		clean, media, err := readOffer(offer, publish)
		if err != nil {
			if !errors.Is(err, ErrSDP) && !errors.Is(err, ErrMedia) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		if len(media) == 0 || strings.Contains(clean, "\na=candidate:") {
			t.Fatal("an offer was let through with candidates or without media")
		}
	})
}

func FuzzParsePacket(f *testing.F) {
	f.Add([]byte{0x80, 0xe0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x10, 0, 0, 0}, true)
	f.Add([]byte{0xb1, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 9, 9, 0xbe, 0xde, 0, 1, 0x50, 1, 0, 0, 0x90, 0xf0, 0xde, 0xc2, 1, 2, 0, 5, 0, 2}, true)
	f.Add([]byte{0x80, 0xef, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xf8, 0xff, 0xfe}, false)
	f.Fuzz(func(t *testing.T, raw []byte, video bool) {
		m := Audio
		if video {
			m = Video
		}
		var p packet
		if !p.parse(append([]byte(nil), raw...), m) {
			return
		}
		if m == Audio && (p.marker || p.key) {
			t.Fatal("sound with a marker or key")
		}
		if m == Video && len(p.payload) > 0 && (len(p.payload) < 2 || p.payload[0]&0xc8 != 0) {
			t.Fatalf("a descriptor that is not plain: %x", p.payload)
		}
	})
}
