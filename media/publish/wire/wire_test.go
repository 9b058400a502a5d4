package wire

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"parda/media/mask"
	"parda/media/publish/wire/whiptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func testConfig(s *whiptest.Server) Config {
	return Config{GatewayURL: s.URL, Hearing: "demo", Token: whiptest.Token, RootCAs: s.RootCAs, Rendering: "puppet+neutral"}
}

// play sends a picture each 40 ms and a block each 20 ms until stop.
func play(t *testing.T, s *Sender) (stop func()) {
	t.Helper()
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		p, pcm := newPicture(320, 240, 0), make([]int16, mask.BlockSamples)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			err := s.Sound(pcm)
			if n%2 == 0 && err == nil {
				p.fill(n)
				err = s.Picture(p.w, p.h, p.y, p.cb, p.cr, p.sy, p.sc)
			}
			if errors.Is(err, ErrClosed) {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	}()
	return func() { close(quit); <-ended }
}

func TestPublicationFlowsAndEnds(t *testing.T) {
	server := whiptest.New(t)
	sender, err := Open(t.Context(), testConfig(server))
	if err != nil {
		t.Fatal(err)
	}
	stop := play(t, sender)
	whiptest.Until(t, 10*time.Second, "25 pictures and 50 packets of sound have come", func() bool {
		return len(server.Frames()) >= 25 && len(server.Audio()) >= 50
	})
	if !sender.Connected() || sender.Err() != nil {
		t.Errorf("connected %v, error %v while it runs", sender.Connected(), sender.Err())
	}
	stop()
	if err := sender.Close(); err != nil {
		t.Error(err)
	}
	if err := sender.Close(); err != nil {
		t.Error("second Close:", err)
	}
	<-sender.Done()
	if sender.Err() != nil || server.Deletes.Load() != 1 {
		t.Errorf("after Close: error %v, %d DELETEs, want nil and 1", sender.Err(), server.Deletes.Load())
	}
	if err := sender.Sound(make([]int16, mask.BlockSamples)); !errors.Is(err, ErrClosed) {
		t.Errorf("sound after Close: %v", err)
	}
	if _, path := server.Offer(); path != "/whip/demo?rendering=puppet%2Bneutral" {
		t.Errorf("offered at %s", path)
	}
	if frames := server.Frames(); !whiptest.IsKey(frames[0]) {
		t.Error("the first picture is no key frame")
	}
	checkPackets(t, server)
}

// checkPackets holds what RTP may tell: no extension but the number of a picture's packets, one audio size, no marker on sound, and timestamps on a grid.
func checkPackets(t *testing.T, server *whiptest.Server) {
	t.Helper()
	sizes := map[int]int{}
	check := func(name string, packets []rtp.Packet, step uint32) {
		for i, p := range packets {
			ids := p.GetExtensionIDs()
			if len(p.CSRC) > 0 || p.Extension != (name == "video") || len(ids) > 1 || p.Extension && len(p.GetExtension(ids[0])) != 2 {
				t.Fatalf("%s packet %d has a CSRC, or another extension than the two bytes of a picture's number", name, i)
			}
			if (p.Timestamp-packets[0].Timestamp)%step != 0 {
				t.Errorf("%s packet %d is off the grid of %d", name, i, step)
			}
		}
	}
	check("video", server.Video(), 3600)
	audio := server.Audio()
	check("audio", audio, 960)
	for i, p := range audio {
		sizes[len(p.Payload)]++
		if p.Marker {
			t.Errorf("audio packet %d marks the start of speech", i)
		}
	}
	if len(sizes) != 1 {
		t.Errorf("audio packet sizes %v, want one", sizes)
	}
}

func TestKeyFrameComesWhenTheGatewayAsks(t *testing.T) {
	server := whiptest.New(t)
	sender, err := Open(t.Context(), testConfig(server))
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	defer play(t, sender)()
	whiptest.Until(t, 10*time.Second, "pictures come", func() bool { return len(server.Frames()) >= 5 })
	seen := len(server.Frames())
	if err := server.AskForKeyFrame(); err != nil {
		t.Fatal(err)
	}
	whiptest.Until(t, time.Second, "a key frame comes", func() bool {
		for _, frame := range server.Frames()[seen:] {
			if whiptest.IsKey(frame) {
				return true
			}
		}
		return false
	})
}

func TestLostLinkIsReportedWithinSeconds(t *testing.T) {
	for name, lose := range map[string]func(*whiptest.Server){"cable": (*whiptest.Server).PullCable, "hang up": (*whiptest.Server).HangUp} {
		t.Run(name, func(t *testing.T) {
			server := whiptest.New(t)
			sender, err := Open(t.Context(), testConfig(server))
			if err != nil {
				t.Fatal(err)
			}
			defer sender.Close()
			defer play(t, sender)()
			whiptest.Until(t, 10*time.Second, "sound comes", func() bool { return len(server.Audio()) >= 5 })
			began := time.Now()
			lose(server)
			select {
			case <-sender.Done():
				t.Logf("reported after %v", time.Since(began).Round(10*time.Millisecond))
			case <-time.After(5 * time.Second):
				t.Fatal("no word of it after 5 s")
			}
			if !errors.Is(sender.Err(), ErrLinkLost) {
				t.Errorf("why: %v", sender.Err())
			}
		})
	}
}

// The offer names no address, no machine, no extension but the number of a picture's packets, and nothing that two publications share.
func TestOfferTellsNothingOfTheRoom(t *testing.T) {
	server := whiptest.New(t)
	var offers []string
	for range 2 {
		sender, err := Open(t.Context(), testConfig(server))
		if err != nil {
			t.Fatal(err)
		}
		offer, _ := server.Offer()
		offers = append(offers, offer)
		sender.Close()
	}
	for _, prefix := range []string{"a=candidate", "a=ssrc-audio-level", "i=", "u=", "e=", "p="} {
		if found := whiptest.Lines(offers[0], prefix); len(found) > 0 {
			t.Errorf("the offer says %q", found)
		}
	}
	if found := whiptest.Lines(offers[0], "a=extmap:"); len(found) != 1 || !strings.HasSuffix(found[0], "transport-wide-cc-extensions-01") {
		t.Errorf("the offer's extensions are %q", found)
	}
	for _, line := range whiptest.Lines(offers[0], "a=rtpmap:") {
		if !strings.Contains(line, "VP8/90000") && !strings.Contains(line, "opus/48000/2") {
			t.Errorf("the offer names a codec besides VP8 and Opus: %s", line)
		}
	}
	for _, address := range regexp.MustCompile(`\b\d+\.\d+\.\d+\.\d+\b`).FindAllString(offers[0], -1) {
		if address != "0.0.0.0" {
			t.Errorf("the offer holds the address %s", address)
		}
	}
	for _, prefix := range []string{"a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=msid:", "a=ssrc:"} {
		first, second := whiptest.Lines(offers[0], prefix), strings.Join(whiptest.Lines(offers[1], prefix), "\n")
		if len(first) == 0 && prefix != "a=ssrc:" {
			t.Errorf("the offer has no %s", prefix)
		}
		for _, line := range first {
			if strings.Contains(second, line) {
				t.Errorf("two offers share %s", line)
			}
		}
	}
}

func TestRefusalsAreToldApart(t *testing.T) {
	answer := func(status int, header map[string]string, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			for k, v := range header {
				w.Header().Set(k, v)
			}
			w.WriteHeader(status)
			io.WriteString(w, body)
			return true
		}
	}
	sdp := map[string]string{"Content-Type": "application/sdp", "Location": "/whip/x"}
	cases := []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request) bool
		is     error
		says   string
	}{
		{"wrong token", answer(401, nil, `{"type":"error","code":"token_wrong","message":"No.","ref":"e-1"}`), ErrToken, "token_wrong"},
		{"token of another role", answer(403, nil, `{"code":"token_role"}`), ErrToken, "token_role"},
		{"unknown hearing", answer(404, nil, `{"code":"hearing_unknown"}`), ErrHearing, "no such hearing"},
		{"no JSON", answer(503, nil, "<html>\x1b[31m"), ErrRefused, "503"},
		{"control characters", answer(400, nil, `{"message":"a\u001b[31mb\nc"}`), ErrRefused, "a [31mb c"},
		{"redirect", answer(307, map[string]string{"Location": "https://elsewhere.example/"}, ""), ErrRefused, "307"},
		{"200 instead of 201", answer(200, sdp, "v=0"), ErrRefused, "200"},
		{"no SDP", answer(201, map[string]string{"Content-Type": "text/html", "Location": "/x"}, "v=0"), nil, "no SDP"},
		{"broken SDP", answer(201, sdp, "v=0\r\nnonsense"), nil, "cannot be used"},
		{"no location", answer(201, map[string]string{"Content-Type": "application/sdp"}, "v=0"), nil, "no resource"},
		{"location elsewhere", answer(201, map[string]string{"Content-Type": "application/sdp", "Location": "https://elsewhere.example/x"}, "v=0"), nil, "another host"},
		{"endless answer", answer(201, sdp, strings.Repeat("a=x\r\n", 1<<15)), nil, "no SDP"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			server := whiptest.New(t)
			server.Answer = c.answer
			sender, err := Open(t.Context(), testConfig(server))
			if err == nil {
				sender.Close()
				t.Fatal("it was taken for a publication")
			}
			if c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %q, want kind %v and %q", err, c.is, c.says)
			}
			if strings.ContainsAny(err.Error(), "\n\x1b") || strings.Contains(err.Error(), whiptest.Token) {
				t.Errorf("error %q is not fit for a terminal", err)
			}
		})
	}
}

func TestTokenIsNotSentInClearOrToAStranger(t *testing.T) {
	for _, url := range []string{"http://gateway.example", "http://192.0.2.1:80", "ftp://localhost", "gateway.example", "", "https://"} {
		if _, err := Open(t.Context(), Config{GatewayURL: url, Hearing: "h", Token: "t"}); !errors.Is(err, ErrConfig) {
			t.Errorf("%q: %v, want ErrConfig", url, err)
		}
	}
	server := whiptest.New(t)
	cfg := testConfig(server)
	cfg.RootCAs = x509.NewCertPool()
	if _, err := Open(t.Context(), cfg); !IsCertificateError(err) || server.Offers.Load() != 0 {
		t.Errorf("unknown certificate: %v, %d offers reached the server", err, server.Offers.Load())
	}
}

func TestErrorsAndLogHoldNoSecret(t *testing.T) {
	var log bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := Open(ctx, Config{
		GatewayURL: "https://127.0.0.1:1", Hearing: "secret-hearing", Token: "secret-token",
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err == nil {
		t.Fatal("something answers on port 1")
	}
	for _, text := range []string{err.Error(), log.String()} {
		if strings.Contains(text, "secret-") || strings.Contains(text, "127.0.0.1") {
			t.Errorf("%q holds a secret or an address", text)
		}
	}
}

func TestTimestampsKeepTheGridAndFollowTheClock(t *testing.T) {
	s, err := newRTPStream("audio/opus", "stream", 20*time.Millisecond, soundMargin)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	for i, c := range []struct {
		ms   int
		want int64
	}{{0, 0}, {20, 1}, {55, 2}, {61, 3}, {80, 4}, {81, 5}, {300, 15}, {310, 16}} {
		if got := s.nextIndex(at(c.ms)); got != c.want {
			t.Errorf("write %d at %d ms is in period %d, want %d", i, c.ms, got, c.want)
		}
	}
}

func FuzzRefusal(f *testing.F) {
	f.Add(401, []byte(`{"type":"error","code":"token_wrong","message":"No.","ref":"e-7Q2M4K"}`))
	f.Add(500, []byte("\x00\xff{"))
	f.Add(404, []byte(`{"message":"`+strings.Repeat("ə", 300)+`"}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		text := readRefusal(status, body).Error()
		if len(text) > 900 || strings.ContainsAny(text, "\n\r\x1b\x00") {
			t.Errorf("%q is not fit for a terminal", text)
		}
		if !strings.Contains(text, fmt.Sprint(status)) {
			t.Errorf("%q does not name the status", text)
		}
	})
}
