// Package whiptest is a WHIP server in the test's own process, made of pion's parts and none of parda's: it takes one publication at a time, ICE-lite
// on a loopback port as the gateway is, counts what it receives, and can ask for key frames, refuse, fall silent and hang up.
// Only tests import it.
package whiptest

import (
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
)

// Token is the bearer token that a Server accepts.
const Token = "token-for-tests"

// Server is the gateway's stand-in.
type Server struct {
	URL     string
	RootCAs *x509.CertPool

	// Answer, if set, answers the POST instead of the server; it returns false to let the server do it after all.
	Answer func(w http.ResponseWriter, r *http.Request) bool

	t        testing.TB
	http     *httptest.Server
	conn     *gate
	mux      ice.UDPMux
	Deletes  atomic.Int32
	Restarts atomic.Int32
	LoseTry  atomic.Int32 // how many answers to a restart are lost on the way from now on
	Offers   atomic.Int32

	mu     sync.Mutex
	pc     *webrtc.PeerConnection
	ssrc   webrtc.SSRC
	offer  string
	path   string
	video  []rtp.Packet
	audio  []rtp.Packet
	frames [][]byte // VP8 frames, put together
	all    []*webrtc.PeerConnection
}

// gate is a packet connection that can fall silent without closing, like a cable pulled out, and can be narrow.
type gate struct {
	net.PacketConn
	shut atomic.Bool
	bits atomic.Int64 // a second, towards the server; 0: as many as come

	moved atomic.Bool // the client is seen at another address, and at its old one there is nobody
}

var movedTo = net.IPv4(127, 0, 0, 99)

func (g *gate) WriteTo(p []byte, addr net.Addr) (int, error) {
	if g.shut.Load() {
		return len(p), nil
	}
	if u, ok := addr.(*net.UDPAddr); ok && g.moved.Load() {
		if !u.IP.Equal(movedTo) {
			return len(p), nil
		}
		addr = &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: u.Port}
	}
	return g.PacketConn.WriteTo(p, addr)
}

func (g *gate) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, addr, err := g.PacketConn.ReadFrom(p)
		if bits := g.bits.Load(); bits > 0 && err == nil {
			time.Sleep(time.Duration(8*n) * time.Second / time.Duration(bits)) // what comes meanwhile queues in the socket
		}
		if u, ok := addr.(*net.UDPAddr); ok && g.moved.Load() {
			addr = &net.UDPAddr{IP: movedTo, Port: u.Port}
		}
		if err != nil || !g.shut.Load() {
			return n, addr, err
		}
	}
}

// New starts a server; it ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, conn: &gate{PacketConn: conn}}
	s.mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: s.conn})
	s.http = httptest.NewTLSServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL
	s.RootCAs = x509.NewCertPool()
	s.RootCAs.AddCert(s.http.Certificate())
	t.Cleanup(func() {
		s.http.Close()
		s.mu.Lock()
		all := s.all
		s.mu.Unlock()
		for _, pc := range all {
			pc.Close()
		}
		s.mux.Close()
		s.conn.Close()
	})
	return s
}

// MediaAddress is where media goes, "127.0.0.1:port".
func (s *Server) MediaAddress() string { return s.conn.LocalAddr().String() }

// Certificate is the server's certificate in DER.
func (s *Server) Certificate() []byte { return s.http.Certificate().Raw }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost && s.Answer != nil && s.Answer(w, r):
	case r.Header.Get("Authorization") != "Bearer "+Token:
		http.Error(w, `{"type":"error","code":"token_wrong","message":"This token is not known.","ref":"e-TEST"}`, http.StatusUnauthorized)
	case r.Method == http.MethodDelete:
		s.Deletes.Add(1)
	case r.Method == http.MethodPost:
		s.publish(w, r)
	case r.Method == http.MethodPatch:
		s.restart(w, r)
	default:
		http.Error(w, "", http.StatusMethodNotAllowed)
	}
}

func (s *Server) publish(w http.ResponseWriter, r *http.Request) {
	s.Offers.Add(1)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	answer, err := s.accept(string(body), r.URL.RequestURI())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/sdp")
	w.Header().Set("Location", "/whip/resource")
	w.WriteHeader(http.StatusCreated)
	io.WriteString(w, answer)
}

// restart gives the connection new ICE credentials.
func (s *Server) restart(w http.ResponseWriter, r *http.Request) {
	fragment, err := io.ReadAll(r.Body)
	s.mu.Lock()
	pc := s.pc
	s.mu.Unlock()
	if err != nil || pc == nil || r.Header.Get("If-Match") != "*" {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	offer := pc.RemoteDescription().SDP
	for _, name := range []string{"a=ice-ufrag:", "a=ice-pwd:"} {
		offer = strings.ReplaceAll(offer, Lines(offer, name)[0], Lines(string(fragment), name)[0])
	}
	answer, err := s.answer(pc, offer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.Restarts.Add(1)
	if s.LoseTry.Add(-1) >= 0 {
		panic(http.ErrAbortHandler) // done, and nobody is told
	}
	w.Header().Set("Content-Type", "application/trickle-ice-sdpfrag")
	io.WriteString(w, answer)
}

func (s *Server) accept(offer, path string) (string, error) {
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return "", err
	}
	settings := webrtc.SettingEngine{}
	settings.SetLite(true)
	settings.SetICEUDPMux(s.mux)
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	s.pc, s.offer, s.path = pc, offer, path
	s.all = append(s.all, pc)
	s.mu.Unlock()
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { s.receive(track) })
	return s.answer(pc, offer)
}

func (s *Server) answer(pc *webrtc.PeerConnection, offer string) (string, error) {
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", err
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return "", err
	}
	<-gathered
	return pc.LocalDescription().SDP, nil
}

func (s *Server) receive(track *webrtc.TrackRemote) {
	var frame []byte
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		s.mu.Lock()
		if track.Kind() == webrtc.RTPCodecTypeAudio {
			s.audio = append(s.audio, *packet.Clone())
			s.mu.Unlock()
			continue
		}
		s.ssrc = track.SSRC()
		s.video = append(s.video, *packet.Clone())
		var vp8 codecs.VP8Packet
		if payload, err := vp8.Unmarshal(packet.Payload); err == nil {
			frame = append(frame, payload...)
		}
		if packet.Marker {
			s.frames = append(s.frames, frame)
			frame = nil
		}
		s.mu.Unlock()
	}
}

// Offer is the last offer's SDP, Path its path and query.
func (s *Server) Offer() (sdp, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offer, s.path
}

// Video, Audio and Frames are copies of what has come so far: packets and whole VP8 frames.
func (s *Server) Video() []rtp.Packet { return locked(s, func() []rtp.Packet { return s.video }) }

// Audio is like Video.
func (s *Server) Audio() []rtp.Packet { return locked(s, func() []rtp.Packet { return s.audio }) }

// Frames is like Video.
func (s *Server) Frames() [][]byte { return locked(s, func() [][]byte { return s.frames }) }

func locked[T any](s *Server, get func() []T) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]T(nil), get()...)
}

// IsKey tells whether a VP8 frame is a key frame (RFC 6386 section 9.1).
func IsKey(frame []byte) bool { return len(frame) > 0 && frame[0]&1 == 0 }

// AskForKeyFrame sends a PLI.
func (s *Server) AskForKeyFrame() error {
	s.mu.Lock()
	pc, ssrc := s.pc, s.ssrc
	s.mu.Unlock()
	if pc == nil {
		return errors.New("whiptest: nobody publishes")
	}
	return pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(ssrc)}})
}

// PullCable makes the media port fall silent, both ways, without a word.
func (s *Server) PullCable() { s.conn.shut.Store(true) }

// Move makes the client come from another address from now on; what is sent to its old one is lost.
func (s *Server) Move() { s.conn.moved.Store(true) }

// Narrow lets so many bits a second through to the server; 0: as many as come.
func (s *Server) Narrow(bits int) { s.conn.bits.Store(int64(bits)) }

// HangUp closes the connection from the server's side.
func (s *Server) HangUp() {
	s.mu.Lock()
	pc := s.pc
	s.mu.Unlock()
	if pc != nil {
		pc.Close()
	}
}

// Until waits for a condition and fails the test when it does not come about in time.
func Until(t testing.TB, within time.Duration, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("after %v still waiting until %s", within, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Lines gives the lines of an SDP that start with a prefix.
func Lines(sdp, prefix string) []string {
	var out []string
	for line := range strings.Lines(sdp) {
		if strings.HasPrefix(line, prefix) {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}
