package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"

	"parda/gateway/minutes"
	"parda/gateway/visibility"
	"parda/signaling"
)

// testConfig is a gateway on free ports of the loopback address.
func testConfig(dir string) Config {
	return Config{
		Data: dir, HTTP: HTTPConfig{Local: "127.0.0.1:0"}, Media: MediaConfig{UDP: "127.0.0.1:0", Addresses: []string{"127.0.0.1"}},
		TURN: TURNConfig{UDP: "127.0.0.1:0", Realm: "parda"},
		// The stations of most tests are doubles that neither speak nor sign; tripwire_test.go has those that do.
		Tripwire: TripwireConfig{Audio: TripwireOff, Unsigned: true},
		Access:   AccessConfig{Seats: SeatsByLink}, // most tests are of what happens at a seat; access_test.go has those of who may take it
		Hearings: []HearingConfig{{ID: "demo", CaseNo: "1(101)-1/2026", Court: "baku", Pseudonym: "Lalə", Template: "identity_hidden",
			Reason: "threatened before the hearing", Views: []string{"bench", "dock"}}},
	}
}

// running is a gateway that runs; end stops it as SIGINT would.
type running struct {
	*App
	end    func()
	logged func() string // all that it logged so far, at every level
}

func runApp(t *testing.T, c Config) running {
	t.Helper()
	return runAppAs(t, c, func(*App) {})
}

// runAppAs is runApp with a gateway that is changed before it runs.
func runAppAs(t *testing.T, c Config, change func(*App)) running {
	t.Helper()
	logged := &lockedWriter{}
	app, err := Open(c, slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	change(app)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	var once sync.Once
	r := running{app, func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("the gateway ended with %v", err)
			}
		})
	}, logged.String}
	t.Cleanup(func() {
		r.end()
		if t.Failed() {
			t.Logf("the gateway's log:\n%s", logged.String())
		}
	})
	return r
}

type lockedWriter struct {
	mu sync.Mutex
	w  bytes.Buffer
}

func (l *lockedWriter) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.String()
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// gatewayAt is a gateway that is reached over HTTP, in this process or in another.
type gatewayAt interface{ URL() string }

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// page is one seat's page: its cookie, its WebSocket, and what came over it.
type page struct {
	t      *testing.T
	seat   string
	cookie *http.Cookie
	conn   *websocket.Conn

	mu      sync.Mutex
	state   visibility.View
	raw     []byte
	all     []byte // every message, one after the other
	entries []minutes.Entry
	ice     []signaling.ICEServer // the newest; nil: none came yet
	onError func(code string)     // called with the lock held
	answers map[string]chan map[string]json.RawMessage
	closed  error
	next    atomic.Int64
}

func codeOf(t *testing.T, l Links, seat string) string {
	t.Helper()
	for _, s := range l.Seats {
		if s.Seat == seat {
			_, code, _ := strings.Cut(s.Link, "#code=")
			return code
		}
	}
	t.Fatalf("there is no link for %s", seat)
	return ""
}

// enterSeat posts the code and returns the status, the cookie and the error's code.
func enterSeat(t *testing.T, app gatewayAt, seat, code string) (int, *http.Cookie, string) {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"code": code})
	res, err := http.Post(app.URL()+"/api/demo/seats/"+seat+"/enter", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var refusal struct{ Code string }
	json.NewDecoder(res.Body).Decode(&refusal)
	for _, c := range res.Cookies() {
		return res.StatusCode, c, refusal.Code
	}
	return res.StatusCode, nil, refusal.Code
}

// sit takes the seat by its link and opens its page.
func sit(t *testing.T, app *App, seat string) *page {
	t.Helper()
	return sitAt(t, app, app.Links(), seat)
}

func sitAt(t *testing.T, at gatewayAt, links Links, seat string) *page {
	t.Helper()
	status, cookie, refusal := enterSeat(t, at, seat, codeOf(t, links, seat))
	if cookie == nil {
		t.Fatalf("seat %s: %d %s", seat, status, refusal)
	}
	return openAt(t, at, seat, cookie, "")
}

// openAt opens the WebSocket of a seat by its cookie, or of the station by its token.
func openAt(t *testing.T, app gatewayAt, seat string, cookie *http.Cookie, token string) *page {
	t.Helper()
	header := http.Header{}
	if cookie != nil {
		header.Set("Cookie", cookie.Name+"="+cookie.Value)
	}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, app.URL()+"/ws/demo?seat="+seat, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		t.Fatalf("the page of %s: %v (%v)", seat, err, res)
	}
	conn.SetReadLimit(8 << 20)
	p := &page{t: t, seat: seat, cookie: cookie, conn: conn, answers: map[string]chan map[string]json.RawMessage{}}
	t.Cleanup(func() { conn.CloseNow() })
	go p.read()
	p.send(map[string]any{"type": "hello", "lang": "az", "since": 0})
	p.until("has a state", func(v visibility.View) bool { return v.Type == "state" })
	return p
}

func (p *page) send(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.conn.Write(context.Background(), websocket.MessageText, b); err != nil {
		p.t.Errorf("%s cannot send: %v", p.seat, err)
	}
}

func (p *page) read() {
	for {
		_, b, err := p.conn.Read(context.Background())
		if err != nil {
			p.mu.Lock()
			p.closed = err
			p.mu.Unlock()
			return
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal(b, &m); err != nil {
			p.t.Errorf("%s got no JSON: %v", p.seat, err)
			return
		}
		p.take(m, b)
	}
}

func (p *page) take(m map[string]json.RawMessage, b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(append(p.all, b...), '\n')
	switch strings.Trim(string(m["type"]), `"`) {
	case "state":
		p.state, p.raw = visibility.View{}, b
		if err := json.Unmarshal(b, &p.state); err != nil {
			p.t.Errorf("%s got a state that is none: %v", p.seat, err)
		}
	case "entries":
		var e []minutes.Entry
		if err := json.Unmarshal(m["entries"], &e); err != nil {
			p.t.Errorf("%s got entries that are none: %v", p.seat, err)
		}
		p.entries = append(p.entries, e...)
	case "ice":
		p.ice = nil
		if err := json.Unmarshal(m["servers"], &p.ice); err != nil {
			p.t.Errorf("%s got ICE servers that are none: %v", p.seat, err)
		}
	case "ack", "error":
		if p.onError != nil && m["code"] != nil {
			p.onError(strings.Trim(string(m["code"]), `"`))
		}
		if c := p.answers[strings.Trim(string(m["id"]), `"`)]; c != nil {
			c <- m
		}
	case "rtc.answer", "rtc.published":
		if c := p.answers[strings.Trim(string(m["type"]), `"`)]; c != nil {
			c <- m
		}
	}
}

// until waits for a condition on the newest state, for ten seconds at most.
func (p *page) until(what string, ok func(visibility.View) bool) visibility.View {
	p.t.Helper()
	end := time.Now().Add(10 * time.Second)
	for {
		p.mu.Lock()
		v, raw := p.state, p.raw
		p.mu.Unlock()
		if v.Type != "" && ok(v) {
			return v
		}
		if time.Now().After(end) {
			p.t.Fatalf("%s never %s; its last state: %s", p.seat, what, raw)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// untilEntry waits for an entry that the condition takes.
func (p *page) untilEntry(what string, ok func(minutes.Entry) bool) minutes.Entry {
	p.t.Helper()
	var found minutes.Entry
	p.until("has the entry: "+what, func(visibility.View) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, e := range p.entries {
			if ok(e) {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

// ask sends a command and returns its acknowledgement, or the code of its refusal.
func (p *page) ask(name string, args any) (map[string]json.RawMessage, string) {
	p.t.Helper()
	id := fmt.Sprintf("%s-%d-%d", p.seat, time.Now().UnixNano(), p.next.Add(1))
	return p.askAgain(id, name, args)
}

func (p *page) askAgain(id, name string, args any) (map[string]json.RawMessage, string) {
	p.t.Helper()
	c := make(chan map[string]json.RawMessage, 1)
	p.mu.Lock()
	p.answers[id] = c
	p.mu.Unlock()
	p.send(map[string]any{"type": "command", "id": id, "name": name, "args": args, "at": time.Now().UTC()})
	select {
	case m := <-c:
		if strings.Trim(string(m["type"]), `"`) == "error" {
			return m, strings.Trim(string(m["code"]), `"`)
		}
		return m, ""
	case <-time.After(10 * time.Second):
		p.t.Fatalf("%s got no answer to %s", p.seat, name)
		return nil, ""
	}
}

// must is ask for a command that has to be acknowledged.
func (p *page) must(name string, args any) map[string]json.RawMessage {
	p.t.Helper()
	m, refusal := p.ask(name, args)
	if refusal != "" {
		p.t.Fatalf("%s: %s was refused: %s %s", p.seat, name, refusal, m["message"])
	}
	return m
}

// certified lets the officer of the room certify by the station's seat that it is she, alone and free, with a code that this seat (judge or clerk) had issued.
func (p *page) certified(room *page) {
	p.t.Helper()
	var issued struct{ Code string }
	if err := json.Unmarshal(p.must("officer.issue", nil)["result"], &issued); err != nil || issued.Code == "" {
		p.t.Fatalf("no code was issued: %v", err)
	}
	room.must("room.certify", map[string]any{"same": true, "free": true, "with": []string{}, "code": issued.Code})
}

// acknowledged sends a command and says whether it was acknowledged before the connection ended.
func (p *page) acknowledged(name string, args any) bool {
	id := fmt.Sprintf("%s-%d-%d", p.seat, time.Now().UnixNano(), p.next.Add(1))
	c := make(chan map[string]json.RawMessage, 1)
	p.mu.Lock()
	p.answers[id] = c
	p.mu.Unlock()
	b, _ := json.Marshal(map[string]any{"type": "command", "id": id, "name": name, "args": args, "at": time.Now().UTC()})
	if p.conn.Write(context.Background(), websocket.MessageText, b) != nil {
		return false
	}
	for {
		select {
		case m := <-c:
			return strings.Trim(string(m["type"]), `"`) == "ack"
		case <-time.After(20 * time.Millisecond):
			p.mu.Lock()
			ended := p.closed != nil
			p.mu.Unlock()
			if ended {
				return false
			}
		}
	}
}

// signer is a key made in a seat's browser.
type signer struct{ key *ecdsa.PrivateKey }

func newSigner(t *testing.T) signer {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{k}
}

func (s signer) spki() string {
	b, err := x509.MarshalPKIXPublicKey(s.key.Public())
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// sign signs as WebCrypto does: IEEE P1363, r and s of 32 bytes each.
func (s signer) sign(b []byte) string {
	sum := sha256.Sum256(b)
	r, v, err := ecdsa.Sign(rand.Reader, s.key, sum[:])
	if err != nil {
		panic(err)
	}
	var out [64]byte
	r.FillBytes(out[:32])
	v.FillBytes(out[32:])
	return base64.StdEncoding.EncodeToString(out[:])
}

// publisher sends a key frame 25 times a second and an Opus packet 50 times a second by WHIP.
type publisher struct {
	pc   *webrtc.PeerConnection
	end  chan struct{}
	once sync.Once
}

func (p *publisher) stop() { p.once.Do(func() { close(p.end); p.pc.Close() }) }

// whip posts an offer and returns the answer's status and code of refusal.
func whip(t *testing.T, app gatewayAt, token, query, sdp string) (int, string, string) {
	t.Helper()
	req, _ := http.NewRequest("POST", app.URL()+"/whip/demo"+query, strings.NewReader(sdp))
	req.Header.Set("Content-Type", "application/sdp")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	var refusal struct{ Code string }
	json.Unmarshal(b, &refusal)
	return res.StatusCode, string(b), refusal.Code
}

func publishAt(t *testing.T, app gatewayAt, token, query string) *publisher {
	t.Helper()
	frame, err := os.ReadFile("../media/relay/testdata/black.vp8")
	if err != nil {
		t.Fatal(err)
	}
	pc, offer := offerTracks(t, webrtc.MimeTypeVP8)
	return publishBy(t, app, token, query, pc, offer, frame)
}

func publishBy(t *testing.T, app gatewayAt, token, query string, pc *webrtc.PeerConnection, offer string, frame []byte) *publisher {
	t.Helper()
	status, answer, refusal := whip(t, app, token, query, offer)
	if status != http.StatusCreated {
		t.Fatalf("WHIP %s: %d %s", query, status, refusal)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	p := &publisher{pc: pc, end: make(chan struct{})}
	t.Cleanup(p.stop)
	go p.run(frame)
	return p
}

func (p *publisher) run(frame []byte) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-p.end:
			return
		case <-tick.C:
		}
		for _, s := range p.pc.GetSenders() {
			track, ok := s.Track().(*webrtc.TrackLocalStaticSample)
			switch {
			case !ok:
			case track.Kind() == webrtc.RTPCodecTypeAudio:
				track.WriteSample(media.Sample{Data: []byte{0xf8, 0xff, 0xfe}, Duration: 20 * time.Millisecond})
			case n%2 == 0:
				track.WriteSample(media.Sample{Data: frame, Duration: 40 * time.Millisecond})
			}
		}
	}
}

// offerTracks makes an offer that sends Opus and one video codec, and nothing else.
func offerTracks(t *testing.T, video string) (*webrtc.PeerConnection, string) {
	t.Helper()
	pc, err := loopbackAPI(t, video).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	return pc, offerBy(t, pc, video)
}

func offerBy(t *testing.T, pc *webrtc.PeerConnection, video string) string {
	t.Helper()
	for _, mime := range []string{video, webrtc.MimeTypeOpus} {
		track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: mime}, "t"+mime[:5], "s")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			t.Fatal(err)
		}
	}
	return gathered(t, pc)
}

func gathered(t *testing.T, pc *webrtc.PeerConnection) string {
	t.Helper()
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	done := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-done
	return pc.LocalDescription().SDP
}

func loopbackAPI(t *testing.T, video string) *webrtc.API {
	t.Helper()
	return tunedAPI(t, video, webrtc.SettingEngine{})
}

func tunedAPI(t *testing.T, video string, se webrtc.SettingEngine) *webrtc.API {
	t.Helper()
	se.SetIncludeLoopbackCandidate(true)
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	m := &webrtc.MediaEngine{}
	for kind, codec := range map[webrtc.RTPCodecType]webrtc.RTPCodecParameters{
		webrtc.RTPCodecTypeVideo: {RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: video, ClockRate: 90000}, PayloadType: 96},
		webrtc.RTPCodecTypeAudio: {RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, PayloadType: 111},
	} {
		if err := m.RegisterCodec(codec, kind); err != nil {
			t.Fatal(err)
		}
	}
	return webrtc.NewAPI(webrtc.WithSettingEngine(se), webrtc.WithMediaEngine(m))
}

// watch opens the seat's receiving connection and counts the packets of each slot.
func (p *page) watch() map[string]*atomic.Int64 {
	p.t.Helper()
	pc, err := loopbackAPI(p.t, webrtc.MimeTypeVP8).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		p.t.Fatal(err)
	}
	return p.watchBy(pc)
}

// watchBy is watch with a connection of the test's own. Where it finds no way out, the next one is tried.
func (p *page) watchBy(pc *webrtc.PeerConnection, next ...func() *webrtc.PeerConnection) map[string]*atomic.Int64 {
	p.t.Helper()
	p.t.Cleanup(func() { pc.Close() })
	slots := p.until("has slots", func(v visibility.View) bool { return len(v.Slots) > 0 }).Slots
	counts := map[string]*atomic.Int64{}
	byTransceiver := map[*webrtc.RTPReceiver]*atomic.Int64{}
	for _, s := range slots {
		kind := webrtc.RTPCodecTypeVideo
		if s.Media == visibility.Audio {
			kind = webrtc.RTPCodecTypeAudio
		}
		tr, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			p.t.Fatal(err)
		}
		n := &atomic.Int64{}
		counts[s.Slot+" "+string(s.Media)] = n
		byTransceiver[tr.Receiver()] = n
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		n := byTransceiver[r]
		for {
			if _, _, err := track.ReadRTP(); err != nil {
				return
			}
			n.Add(1)
		}
	})
	offer := gathered(p.t, pc)
	if len(next) > 0 && !strings.Contains(offer, "a=candidate:") {
		pc.Close()
		return p.watchBy(next[0](), next[1:]...)
	}
	answer := make(chan map[string]json.RawMessage, 1)
	p.mu.Lock()
	p.answers["rtc.answer"] = answer
	p.mu.Unlock()
	p.send(map[string]any{"type": "rtc.offer", "sdp": offer})
	select {
	case m := <-answer:
		var sdp string
		json.Unmarshal(m["sdp"], &sdp)
		if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
			p.t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		p.t.Fatalf("%s got no answer to its offer", p.seat)
	}
	return counts
}

func grows(t *testing.T, what string, n *atomic.Int64) {
	t.Helper()
	from, end := n.Load(), time.Now().Add(10*time.Second)
	for n.Load() < from+5 {
		if time.Now().After(end) {
			t.Fatalf("no packets: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// still says that no packet came for a while; it is only asked after the table was swapped, so nothing may be on its way but what the
// sockets already held.
func still(t *testing.T, what string, n *atomic.Int64) {
	t.Helper()
	time.Sleep(100 * time.Millisecond)
	from := n.Load()
	time.Sleep(500 * time.Millisecond)
	if got := n.Load() - from; got != 0 {
		t.Errorf("%d packets though nothing may flow: %s", got, what)
	}
}
