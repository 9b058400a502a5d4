package main

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"parda/gateway/hearing"
	"parda/gateway/leakreport"
	"parda/gateway/visibility"
)

// What a hostile or careless publisher can set, each with a word or a number of its own, so that a hit says which field leaked. The number of a kind that
// takes 32 bits stands for itself on the wire.
var (
	plantedWords = map[string]string{
		"SDP o= user": "Zq9OriginUser", "SDP s=": "Zq9SessionName", "SDP i=": "Zq9SessionInfo", "SDP u=": "zq9-room-uri.example", "SDP e=": "zq9-mail@room.example",
		"SDP p=": "+994 12 555 9071", "SDP address": "10.77.66.55", "SDP a= of the session": "Zq9SessionTool", "SDP a= of a section": "Zq9UnknownLine",
		"SDP i= of a section": "Zq9SectionTitle", "SDP mid": "Zq9MidName", "SDP fmtp": "Zq9FormatParam", "SDP rtcp-fb": "zq9-feedback", "SDP extmap": "urn:zq9:extension",
		"SDP ice-options": "zq9-ice-option", "msid stream and CNAME": "Zq9StreamOfTheRoom", "msid track": "Zq9TrackOfTheRoom", "ICE ufrag": "Zq9UfragRoom",
		"ICE password": "Zq9PasswordOfTheShieldedRoom", "DTLS certificate": "Zq9 Certificate Subject", "User-Agent": "Zq9Browser/12.4 (Room PC 4711)",
		"HTTP header": "Zq9ForwardedHeader", "HTTP language": "zq-RM", "query": "Zq9QueryValue", "RTP extension 5": "Zq9ExtSendTime", "RTP extension 6": "Zq9ExtRidAndMid",
		"Opus padding": "Zq9OpusPaddingBytes", "SDES CNAME": "Zq9SdesCname@room", "SDES NAME": "Zq9SdesName", "SDES EMAIL": "Zq9SdesEmail", "SDES PHONE": "Zq9SdesPhone",
		"SDES LOC": "Zq9SdesLocation", "SDES TOOL": "Zq9SdesTool", "SDES NOTE": "Zq9SdesNote", "SDES PRIV": "Zq9SdesPrivate", "RTCP APP name": "Zq9A",
		"RTCP APP data": "Zq9AppDataOfTheRoom", "BYE reason": "Zq9GoodbyeReason", "hello's language": "Zq9HelloLang", "hello's device": "Zq9 Camera C920 serial 8F2A",
		"WebSocket header": "Zq9SocketAgent", "mask.status notice": "Zq9 Microphone USB 3", "figure": "Zq9FigureState", "id of a command": "Zq9-id-of-a-command-in-the-room",
	}
	plantedNumbers = map[string]uint32{
		"SSRC of the picture": 0x5EC2E701, "SSRC of the sound": 0x5EC2E702, "CSRC": 0x5EC2E711, "VP8 picture id and layers": 0xDEC2A72B,
		"NTP seconds of a report": 0x5EC2E731, "NTP fraction of a report": 0x5EC2E732, "RTP time of a report": 0x5EC2E733, "counts of a report": 0x5EC2E734,
	}
	plantedSession = uint64(6845021398765432109) // of o=
)

// What must pass, and is therefore to be found by the same search: bytes of the picture, and words that somebody wrote.
const (
	passesInThePicture = "Zq9PassesInsideTheMaskedPicture"
	passesAsText       = "Zq9PassesAsAnEntryOfTheClerk"
	passesInTheLog     = "Zq9PassesInTheLog"
)

func TestNothingThatAPublisherCanSetReachesAnybodyOrAnyStore(t *testing.T) {
	dir := t.TempDir()
	c := assemble(t, dir)
	sinks := &haystack{all: map[string][]byte{}}
	c.plantInTheConversation(t)
	c.plantInThePublications(t)
	for _, p := range []*page{c.judge, c.clerk, c.defence, c.prosecutor, c.gallery, c.room} {
		p.watchRaw(t, sinks)
	}
	whepRaw(t, c, sinks)
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	c.clerk.must("entry.add", map[string]string{"kind": "note", "text": passesAsText})
	c.app.log.Info(passesInTheLog)
	for _, seat := range []string{"judge", "clerk", "defence", "prosecutor", "gallery"} {
		sinks.grows(t, seat+" RTP")
		sinks.grows(t, seat+" RTCP")
	}
	sinks.until(t, "the picture's own bytes at the judge", "judge RTP", passesInThePicture)
	time.Sleep(2500 * time.Millisecond) // a recording of a moment holds no picture
	c.room.must("testimony.pause", map[string]string{"why": "break"})
	c.judge.must("testimony.release", nil)
	c.collectOverHTTP(t, dir, sinks)
	c.app.end()
	sinks.add("log", []byte(c.app.logged()))
	for _, p := range []*page{c.judge, c.clerk, c.defence, c.prosecutor, c.gallery} { // the room is answered with its own words
		p.mu.Lock()
		sinks.add(p.seat+" WebSocket", p.all)
		p.mu.Unlock()
	}
	sinks.addFolder(t, dir)

	// The search finds what must pass in each kind of place, so that it would find what must not.
	for _, control := range []struct{ word, in string }{
		{passesInThePicture, "judge RTP"}, {passesInThePicture, "gallery RTP"}, {passesInThePicture, "WHEP RTP"}, {passesInThePicture, "recording"}, {passesInThePicture, "bundle"},
		{passesAsText, "judge WebSocket"}, {passesAsText, "bundle"}, {passesAsText, "file"}, {passesInTheLog, "log"},
		{"parda_publications", "GET /metrics"}, {"a=msid:", "judge SDP"}, {"a=msid:", "WHEP SDP"}, {passesAsText, "GET /api/demo/protocol.pdf"},
		{`"extensions_dropped": `, "file /hearings/demo/protocol/leak-report.json"}, {`<html lang="ru">`, "bundle"},
	} {
		if !sinks.hold(control.in, control.word) {
			t.Errorf("%q is not found in %s: the search proves nothing there", control.word, control.in)
		}
	}
	sinks.mustNotHold(t)
	c.keysOfSeatsAreNowhere(t, sinks)
	c.leakReportTellsOfThePlants(t, dir)
}

// keysOfSeatsAreNowhere: what opens a seat or makes a publication is told to its holder once, and stands in no message, answer, log, metric, file or bundle.
func (c *cast) keysOfSeatsAreNowhere(t *testing.T, sinks *haystack) {
	t.Helper()
	keys := map[string]string{"the station's token": c.app.Token("demo", "witness"), "a camera's token": c.app.Token("demo", "court/bench")}
	for _, link := range c.app.Links().Seats {
		if _, code, ok := strings.Cut(link.Link, "#code="); ok {
			keys["the code of "+link.Seat] = code
		}
	}
	for _, p := range []*page{c.judge, c.clerk, c.defence, c.prosecutor, c.gallery} {
		keys["the cookie of "+p.seat] = p.cookie.Value
	}
	if len(keys) < 10 {
		t.Fatalf("only %d keys are searched for", len(keys))
	}
	for name, key := range keys {
		if len(key) < 16 {
			t.Fatalf("%s is %q", name, key)
		}
		for where := range sinks.all {
			if sinks.hold(where, key) {
				t.Errorf("%s holds %s", where, name)
			}
		}
	}
}

// leakReportTellsOfThePlants: the annex counts what was taken off, and no more.
func (c *cast) leakReportTellsOfThePlants(t *testing.T, dir string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "hearings/demo/protocol/leak-report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report leakreport.Report
	if err := json.Unmarshal(b, &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Live) != 1 || report.Live[0].Ended != string(hearing.TestimonyPaused) || !report.TURN || len(report.Renderings) == 0 {
		t.Errorf("the report knows of %d live stretches and %d renderings: %+v", len(report.Live), len(report.Renderings), report.Live)
	}
	for _, track := range report.Tracks {
		// The first publication of each rendering was plain; all that came after it had everything.
		if track.Packets < 20 || track.Extensions < 20 || track.Sources != track.Extensions || track.Padded != track.Extensions || track.Refused > 0 {
			t.Errorf("%s %s: %+v", track.Rendering, track.Media, track)
		}
		if (track.Media == "video") != (track.Descriptors > 0) || (track.Media == "audio") != (track.Blanked > 0 && track.Marked > 0) {
			t.Errorf("%s %s: %+v", track.Rendering, track.Media, track)
		}
	}
	if len(report.Tracks) < 4 {
		t.Errorf("the report has %d tracks", len(report.Tracks))
	}
}

// plantInTheConversation speaks as the station's WebSocket with more fields than it has.
func (c *cast) plantInTheConversation(t *testing.T) {
	t.Helper()
	header := http.Header{"Authorization": {"Bearer " + c.app.Token("demo", "witness")}, "User-Agent": {plantedWords["WebSocket header"]}, "X-Room": {plantedWords["HTTP header"]}}
	conn, _, err := websocket.Dial(context.Background(), c.app.URL()+"/ws/demo?seat=witness&room="+plantedWords["query"], &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(8 << 20)
	p := &page{t: t, seat: "witness", conn: conn, answers: map[string]chan map[string]json.RawMessage{}}
	t.Cleanup(func() { conn.CloseNow() })
	go p.read()
	p.send(map[string]any{"type": "hello", "lang": plantedWords["hello's language"], "since": 0, "device": plantedWords["hello's device"], "user_agent": plantedWords["User-Agent"]})
	p.until("has a state", func(v visibility.View) bool { return v.Type == "state" })
	c.room = p
	p.send(map[string]any{"type": "figure", "state": plantedWords["figure"], "device": plantedWords["hello's device"]})
	for i, status := range []map[string]any{
		{"picture": "ok", "voice": "ok", "notice": plantedWords["mask.status notice"]},
		{"picture": "ok", "voice": "ok", "notices": []string{plantedWords["mask.status notice"]}},
		{"picture": "ok", "voice": "ok", "device": plantedWords["hello's device"]},
		{"picture": "neutral", "voice": "ok", "notice": "no_face"},
	} {
		p.askAgain(fmt.Sprint(plantedWords["id of a command"], i), "mask.status", status) // refused or not
	}
}

// plantInThePublications publishes every rendering anew with a plant in each field.
func (c *cast) plantInThePublications(t *testing.T) {
	t.Helper()
	v := c.judge.until("has an order", func(v visibility.View) bool { return v.Order != nil })
	order, err := hearing.ParseOrder(v.Order.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range order.Keys() {
		publishPlanted(t, c, key)
	}
	time.Sleep(time.Second) // each replaces the one before, which takes the testimony back for a moment
	c.judge.until("is ready again", func(v visibility.View) bool {
		return v.Testimony.Station == "up" && v.Testimony.Phase == hearing.Ready && c.app.relay.Stats().Publications == len(order.Keys())
	})
}

// publishPlanted is one publication by WHIP. What it sends of picture and sound is what a masked publication would, with more around it.
func publishPlanted(t *testing.T, c *cast, key string) {
	t.Helper()
	frame, err := os.ReadFile("../media/relay/testdata/black.vp8")
	if err != nil {
		t.Fatal(err)
	}
	frame = append(frame, passesInThePicture...)
	pc, video, audio := plantedConnection(t)
	offer := plantInSDP(gathered(t, pc))
	req, _ := http.NewRequest("POST", c.app.URL()+"/whip/demo?rendering="+strings.ReplaceAll(key, "+", "%2B")+"&room="+plantedWords["query"], strings.NewReader(offer))
	req.Header = http.Header{"Content-Type": {"application/sdp"}, "Authorization": {"Bearer " + c.app.Token("demo", "witness")}, "User-Agent": {plantedWords["User-Agent"]},
		"X-Forwarded-For": {plantedWords["SDP address"]}, "Forwarded": {"for=" + plantedWords["HTTP header"]}, "Referer": {"https://" + plantedWords["HTTP header"] + ".example/"},
		"Accept-Language": {plantedWords["HTTP language"]}, "Cookie": {"room=" + plantedWords["HTTP header"]}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("the planted offer was refused, so nothing would be proved: %d %s", res.StatusCode, answer)
	}
	up := make(chan struct{})
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			close(up)
		}
	})
	back := strings.NewReplacer(plantedWords["SDP mid"]+"0", "0", plantedWords["SDP mid"]+"1", "1").Replace(string(answer))
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: back}); err != nil {
		t.Fatal(err)
	}
	end := make(chan struct{})
	var once sync.Once
	t.Cleanup(func() { once.Do(func() { close(end); pc.Close() }) })
	go sendPlanted(pc, video, audio, frame, end)
	select {
	case <-up:
	case <-time.After(20 * time.Second):
		t.Fatal("the planted publication never came up")
	}
}

func plantedConnection(t *testing.T) (pc *webrtc.PeerConnection, video, audio *webrtc.TrackLocalStaticRTP) {
	t.Helper()
	se := webrtc.SettingEngine{}
	se.SetICECredentials(plantedWords["ICE ufrag"], plantedWords["ICE password"])
	pc, err := tunedAPI(t, webrtc.MimeTypeVP8, se).NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{plantedCertificate(t)}})
	if err != nil {
		t.Fatal(err)
	}
	add := func(mime string, clock uint32, ssrc uint32) *webrtc.TrackLocalStaticRTP {
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime, ClockRate: clock}, plantedWords["msid track"], plantedWords["msid stream and CNAME"])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly,
			SendEncodings: []webrtc.RTPEncodingParameters{{RTPCodingParameters: webrtc.RTPCodingParameters{SSRC: webrtc.SSRC(ssrc)}}}}); err != nil {
			t.Fatal(err)
		}
		return track
	}
	return pc, add(webrtc.MimeTypeVP8, 90000, plantedNumbers["SSRC of the picture"]), add(webrtc.MimeTypeOpus, 48000, plantedNumbers["SSRC of the sound"])
}

func plantedCertificate(t *testing.T) webrtc.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := webrtc.NewCertificate(key, x509.Certificate{Subject: pkix.Name{CommonName: plantedWords["DTLS certificate"]}, SerialNumber: big.NewInt(int64(plantedSession)),
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return *cert
}

// plantInSDP rewrites an offer of pion's.
func plantInSDP(sdp string) string {
	w := plantedWords
	var out strings.Builder
	for line := range strings.Lines(sdp) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "o="):
			line = fmt.Sprintf("o=%s %d 2 IN IP4 %s", w["SDP o= user"], plantedSession, w["SDP address"])
		case strings.HasPrefix(line, "s="):
			line = "s=" + w["SDP s="] + "\r\ni=" + w["SDP i="] + "\r\nu=https://" + w["SDP u="] + "/\r\ne=" + w["SDP e="] + "\r\np=" + w["SDP p="]
		case strings.HasPrefix(line, "a=group:BUNDLE"):
			line = "a=group:BUNDLE " + w["SDP mid"] + "0 " + w["SDP mid"] + "1\r\na=tool:" + w["SDP a= of the session"]
		case strings.HasPrefix(line, "a=mid:"):
			line = "a=mid:" + w["SDP mid"] + strings.TrimPrefix(line, "a=mid:") + "\r\na=x-room:" + w["SDP a= of a section"] + "\r\na=extmap:5 " + w["SDP extmap"] +
				"\r\na=candidate:7 1 udp 2130706431 " + w["SDP address"] + " 50471 typ host\r\na=ice-options:" + w["SDP ice-options"]
		case strings.HasPrefix(line, "c="):
			line = "i=" + w["SDP i= of a section"] + "\r\nc=IN IP4 " + w["SDP address"]
		case strings.HasPrefix(line, "a=rtcp:"):
			line = "a=rtcp:9 IN IP4 " + w["SDP address"]
		case strings.HasPrefix(line, "a=rtpmap:111"):
			line += "\r\na=fmtp:111 minptime=10;useinbandfec=1;x-room=" + w["SDP fmtp"]
		case strings.HasPrefix(line, "a=rtpmap:96"):
			line += "\r\na=rtcp-fb:96 " + w["SDP rtcp-fb"]
		}
		out.WriteString(line + "\r\n")
	}
	return out.String()
}

func sendPlanted(pc *webrtc.PeerConnection, video, audio *webrtc.TrackLocalStaticRTP, frame []byte, end chan struct{}) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	payload := append([]byte{0x90, 0xF0, 0xDE, 0xC2, 0xA7, 0x2B}, frame...)
	sound := append([]byte{0xfb, 0x41, byte(len(plantedWords["Opus padding"])), 0xff, 0xfe}, plantedWords["Opus padding"]...)
	around := func(p *rtp.Packet) *rtp.Packet {
		p.Version, p.CSRC = 2, []uint32{plantedNumbers["CSRC"]}
		_ = p.SetExtension(5, []byte(plantedWords["RTP extension 5"]))
		_ = p.SetExtension(6, []byte(plantedWords["RTP extension 6"]))
		p.Padding, p.PaddingSize = true, 17
		return p
	}
	for n := uint16(0); ; n++ {
		select {
		case <-end:
			return
		case <-tick.C:
		}
		_ = audio.WriteRTP(around(&rtp.Packet{Header: rtp.Header{SequenceNumber: n, Timestamp: uint32(n) * 960, Marker: n%5 == 0}, Payload: sound}))
		if n%2 == 0 {
			_ = video.WriteRTP(around(&rtp.Packet{Header: rtp.Header{SequenceNumber: n / 2, Timestamp: uint32(n) * 1800, Marker: true}, Payload: payload}))
		}
		if n%25 == 0 {
			_ = pc.WriteRTCP(plantedReports())
		}
	}
}

func plantedReports() []rtcp.Packet {
	w, n := plantedWords, plantedNumbers
	item := func(kind rtcp.SDESType, word string) rtcp.SourceDescriptionItem {
		return rtcp.SourceDescriptionItem{Type: kind, Text: w[word]}
	}
	ssrc := n["SSRC of the picture"]
	return []rtcp.Packet{
		&rtcp.SenderReport{SSRC: ssrc, NTPTime: uint64(n["NTP seconds of a report"])<<32 | uint64(n["NTP fraction of a report"]), RTPTime: n["RTP time of a report"],
			PacketCount: n["counts of a report"], OctetCount: n["counts of a report"]},
		&rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{Source: ssrc, Items: []rtcp.SourceDescriptionItem{
			item(rtcp.SDESCNAME, "SDES CNAME"), item(rtcp.SDESName, "SDES NAME"), item(rtcp.SDESEmail, "SDES EMAIL"), item(rtcp.SDESPhone, "SDES PHONE"),
			item(rtcp.SDESLocation, "SDES LOC"), item(rtcp.SDESTool, "SDES TOOL"), item(rtcp.SDESNote, "SDES NOTE"), item(rtcp.SDESPrivate, "SDES PRIV")}}}},
		&rtcp.ApplicationDefined{SSRC: ssrc, Name: w["RTCP APP name"], Data: []byte(w["RTCP APP data"] + strings.Repeat(" ", (4-len(w["RTCP APP data"])%4)%4))},
		&rtcp.Goodbye{Sources: []uint32{ssrc}, Reason: w["BYE reason"]},
	}
}

// watchRaw opens the seat's receiving connection and keeps every byte of RTP and RTCP, and the answer.
func (p *page) watchRaw(t *testing.T, sinks *haystack) {
	t.Helper()
	pc := rawReceiver(t, sinks, p.seat)
	for _, s := range p.until("has slots", func(v visibility.View) bool { return len(v.Slots) > 0 }).Slots {
		recvonly(t, pc, s.Media == visibility.Audio)
	}
	answer := make(chan map[string]json.RawMessage, 1)
	p.mu.Lock()
	p.answers["rtc.answer"] = answer
	p.mu.Unlock()
	p.send(map[string]any{"type": "rtc.offer", "sdp": gathered(t, pc)})
	select {
	case m := <-answer:
		var sdp string
		json.Unmarshal(m["sdp"], &sdp)
		sinks.add(p.seat+" SDP", []byte(sdp))
		if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("%s got no answer to its offer", p.seat)
	}
}

// whepRaw is a passive viewer of the gallery without a page.
func whepRaw(t *testing.T, c *cast, sinks *haystack) {
	t.Helper()
	pc := rawReceiver(t, sinks, "WHEP")
	recvonly(t, pc, false)
	recvonly(t, pc, true)
	req, _ := http.NewRequest("POST", c.app.URL()+"/whep/demo?seat=gallery", strings.NewReader(gathered(t, pc)))
	req.Header.Set("Content-Type", "application/sdp")
	req.AddCookie(c.gallery.cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("WHEP: %d %s", res.StatusCode, answer)
	}
	var headers bytes.Buffer
	res.Header.Write(&headers)
	sinks.add("WHEP SDP", append(headers.Bytes(), answer...))
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(answer)}); err != nil {
		t.Fatal(err)
	}
}

func recvonly(t *testing.T, pc *webrtc.PeerConnection, audio bool) {
	t.Helper()
	kind := webrtc.RTPCodecTypeVideo
	if audio {
		kind = webrtc.RTPCodecTypeAudio
	}
	if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
}

func rawReceiver(t *testing.T, sinks *haystack, name string) *webrtc.PeerConnection {
	t.Helper()
	pc, err := loopbackAPI(t, webrtc.MimeTypeVP8).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	pc.OnTrack(func(track *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		go sinks.pump(name+" RTCP", func(b []byte) (int, error) { n, _, err := r.Read(b); return n, err })
		sinks.pump(name+" RTP", func(b []byte) (int, error) { n, _, err := track.Read(b); return n, err })
	})
	return pc
}

// collectOverHTTP closes the hearing and takes all that the gateway serves.
func (c *cast) collectOverHTTP(t *testing.T, dir string, sinks *haystack) {
	t.Helper()
	bundle, err := os.ReadFile(c.closeAndTake(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	sinks.add("bundle", bundle)
	sinks.add("bundle, its PDF unpacked", inflated(bundle))
	for _, get := range []struct {
		path string
		as   *page
	}{
		{"/metrics", nil}, {"/healthz", nil}, {"/schema/order.json", nil}, {"/h/demo/judge", nil}, {"/api/demo/protocol.pdf?seat=judge", c.judge},
		{"/api/demo/protocol.pdf?seat=defence", c.defence}, {"/api/demo/bundle?seat=gallery", c.gallery}, {"/whip/demo", nil}, {"/nothing", nil},
	} {
		req, _ := http.NewRequest("GET", c.app.URL()+get.path, nil)
		if get.as != nil {
			req.AddCookie(get.as.cookie)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		var headers bytes.Buffer
		res.Header.Write(&headers)
		sinks.add("GET "+get.path, append(append(headers.Bytes(), body...), inflated(body)...))
	}
}

// inflated is what stands compressed in a PDF's streams.
func inflated(b []byte) (out []byte) {
	for {
		i := bytes.Index(b, []byte("stream\n"))
		if i < 0 {
			return out
		}
		b = b[i+len("stream\n"):]
		if r, err := zlib.NewReader(bytes.NewReader(b)); err == nil {
			text, _ := io.ReadAll(r) // as far as it is one
			out = append(out, text...)
		}
	}
}

// addFolder adds every file below dir: store, ledger, recordings. A file that a program which runs still renames into its place meanwhile is found there.
func (h *haystack) addFolder(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		name := "file "
		if strings.HasSuffix(path, ".webm") {
			name = "recording "
		}
		h.add(name+strings.TrimPrefix(path, dir), b)
		h.add(name+strings.TrimPrefix(path, dir)+" (name)", []byte(path))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
