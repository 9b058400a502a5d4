package wire

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"parda/media/attest"
)

// Link timing: a way that is silent begins anew (restart.go), and a dead link is reported disconnectAfter + failAfter later.
const (
	disconnectAfter = 1000 * time.Millisecond
	failAfter       = 3000 * time.Millisecond // a restart must be answered before (restart.go)
	keepalive       = 500 * time.Millisecond
	connectWithin   = 10 * time.Second
)

// ErrLinkLost is why a publication ended that neither side closed.
var ErrLinkLost = errors.New("the link to the gateway was lost")

// Publication is one PeerConnection that sends one VP8 and one Opus track to a WHIP endpoint. It carries encoded frames.
type Publication struct {
	pc   *webrtc.PeerConnection
	whip *whip
	log  *slog.Logger

	video, audio *rtpStream
	steer        *steering
	heard        atomic.Int64 // when RTCP last came (UnixNano); 0: never
	mute         atomic.Bool  // ICE hears nothing

	connected atomic.Bool
	keyWanted atomic.Bool
	loss      atomic.Uint64 // float64 bits of the last reported fraction lost
	done      chan struct{}
	endOnce   sync.Once
	closeOnce sync.Once
	closeErr  error
	err       error          // written once before done is closed
	running   sync.WaitGroup // readers of RTCP and the two paces
}

// Publish makes the connection and offers it. It returns when the gateway has answered. Errors: *Refusal (errors.Is ErrToken,
// ErrHearing, ErrRefused), or a sentence about what failed; none holds an address, a token or the hearing's id.
func Publish(ctx context.Context, cfg Config) (*Publication, error) {
	door, err := newWHIP(cfg)
	if err != nil {
		return nil, err
	}
	way, err := cfg.way()
	if err != nil {
		return nil, err
	}
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if cfg.FPS == 0 {
		cfg.FPS = DefaultFPS
	}
	p := &Publication{whip: door, log: log, done: make(chan struct{})}
	p.loss.Store(math.Float64bits(-1))
	if cfg.VideoBitrate == 0 {
		cfg.VideoBitrate = DefaultVideoBitrate
	}
	if p.steer, err = newSteering(cfg.VideoBitrate); err != nil {
		return nil, fmt.Errorf("wire: making the connection: %w", err)
	}
	if p.pc, err = newPeerConnection(p.steer, way); err != nil {
		return nil, fmt.Errorf("wire: making the connection: %w", err)
	}
	if err := p.negotiate(ctx, cfg.FPS); err != nil {
		p.end(err)
		p.running.Wait()
		return nil, err
	}
	if cfg.Rendering != "" { // of a witness: her station signs what is sent
		p.video.sent, p.audio.sent = attest.NewCollector("video"), attest.NewCollector("audio")
	}
	p.running.Add(3)
	go p.watchWay()
	go p.pace(p.video)
	go p.pace(p.audio)
	go p.watchConnect()
	return p, nil
}

// newPeerConnection sets up pion with as little to tell as possible: VP8 and Opus only, no RTP header extension but the pictures' numbers (network.go; RFC 6464
// audio level would speak of what is said), no mDNS name, and short timeouts.
func newPeerConnection(steer *steering, way webrtc.Configuration) (*webrtc.PeerConnection, error) {
	media := &webrtc.MediaEngine{}
	feedback := []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}, {Type: webrtc.TypeRTCPFBTransportCC}}
	err := errors.Join(
		media.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: feedback},
			PayloadType:        96,
		}, webrtc.RTPCodecTypeVideo),
		media.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"},
			PayloadType:        111,
		}, webrtc.RTPCodecTypeAudio))
	if err != nil {
		return nil, err
	}
	interceptors := &interceptor.Registry{}
	if err := steer.register(media, interceptors); err != nil {
		return nil, err
	}
	responder, err := nack.NewResponderInterceptor()
	if err != nil {
		return nil, err
	}
	reports, err := report.NewSenderInterceptor()
	if err != nil {
		return nil, err
	}
	interceptors.Add(responder)
	interceptors.Add(reports)

	settings := webrtc.SettingEngine{LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}} // pion's own logs hold addresses
	settings.SetICETimeouts(disconnectAfter, failAfter, keepalive)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetIncludeLoopbackCandidate(true) // station and gateway may share a machine
	settings.SetHostAcceptanceMinWait(0)
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(interceptors),
		webrtc.WithSettingEngine(settings)).NewPeerConnection(way)
}

// negotiate adds the tracks, offers, and takes the answer (JSEP, RFC 9429).
func (p *Publication) negotiate(ctx context.Context, fps int) error {
	p.pc.OnConnectionStateChange(p.onState)
	streamID := randomID() // one for both tracks: the gateway plays them in sync
	var err error
	if p.video, err = newRTPStream(webrtc.MimeTypeVP8, streamID, time.Second/time.Duration(fps), pictureMargin); err != nil {
		return err
	}
	if p.audio, err = newRTPStream(webrtc.MimeTypeOpus, streamID, 20*time.Millisecond, soundMargin); err != nil {
		return err
	}
	for _, s := range []*rtpStream{p.video, p.audio} {
		transceiver, err := p.pc.AddTransceiverFromTrack(s.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return fmt.Errorf("wire: adding a track: %w", err)
		}
		p.running.Add(1)
		go p.readRTCP(transceiver.Sender(), s == p.video)
	}
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("wire: making the offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(offer); err != nil {
		return fmt.Errorf("wire: making the offer: %w", err)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return ctx.Err()
	}
	answer, err := p.whip.offer(ctx, withoutCandidates(p.pc.LocalDescription().SDP))
	if err != nil {
		return err
	}
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return fmt.Errorf("the gateway's answer cannot be used: %w", err)
	}
	return nil
}

// withoutCandidates takes this machine's addresses out of the offer. The gateway is ICE-lite with a known address (RFC 8445 section 2.5): it
// never calls, it is called, and learns the one address in use from the checks. The other addresses of the room's network are
// nobody's business (RFC 8828).
func withoutCandidates(sdp string) string {
	var out strings.Builder
	for line := range strings.Lines(sdp) {
		if !strings.HasPrefix(line, "a=candidate:") {
			out.WriteString(line)
		}
	}
	return out.String()
}

func randomID() string {
	var b [16]byte
	rand.Read(b[:]) // crypto/rand never fails
	return hex.EncodeToString(b[:])
}

func randomUint32() uint32 {
	var b [4]byte
	rand.Read(b[:])
	return binary.LittleEndian.Uint32(b[:])
}

func (p *Publication) onState(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		p.keyWanted.Store(true)
		p.connected.Store(true)
		p.mute.Store(false)
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		p.end(ErrLinkLost)
	case webrtc.PeerConnectionStateDisconnected:
		p.mute.Store(true)
		p.log.Warn("no word from the gateway's media port")
	}
}

// watchConnect ends a publication that was accepted but whose media port never answered.
func (p *Publication) watchConnect() {
	timer := time.NewTimer(connectWithin)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		if !p.connected.Load() {
			p.end(fmt.Errorf("%w: its media port does not answer", ErrLinkLost))
		}
	}
}

// readRTCP takes key frame requests (PLI, RFC 4585; FIR, RFC 5104) and loss reports until the connection ends.
func (p *Publication) readRTCP(sender *webrtc.RTPSender, video bool) {
	defer p.running.Done()
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		p.heard.Store(time.Now().UnixNano())
		for _, packet := range packets {
			switch packet := packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				p.keyWanted.Store(true)
			case *rtcp.ReceiverReport:
				if video && len(packet.Reports) > 0 {
					p.loss.Store(math.Float64bits(float64(packet.Reports[0].FractionLost) / 256))
				}
			}
		}
	}
}

// TakeKeyFrameRequest tells whether a key frame was asked for since the last call (or the connection has just come up).
func (p *Publication) TakeKeyFrameRequest() bool { return p.keyWanted.Swap(false) }

// worstLoss is the video's last reported fraction lost, 0..1, or negative.
func (p *Publication) worstLoss() float64 { return math.Float64frombits(p.loss.Load()) }

// WriteVideo sends one VP8 frame at its moment of the grid (pace.go) and keeps it until then; it is dropped while the link is not up yet.
func (p *Publication) WriteVideo(frame []byte) error { return p.write(p.video, frame) }

// WriteAudio sends one Opus packet of 20 ms like WriteVideo, and keeps no part of it.
func (p *Publication) WriteAudio(packet []byte) error { return p.write(p.audio, bytes.Clone(packet)) }

func (p *Publication) write(s *rtpStream, payload []byte) error {
	if p.closed() {
		return ErrClosed
	}
	if !p.connected.Load() {
		return nil
	}
	if err := s.failed.Swap(nil); err != nil {
		return fmt.Errorf("wire: sending: %w", *err)
	}
	select {
	case s.queue <- ready{payload, time.Now()}:
		return nil
	case <-p.done:
		return ErrClosed
	default:
		return errors.New("wire: sending: more waits than can be sent")
	}
}

// Connected tells whether media can flow.
func (p *Publication) Connected() bool { return p.connected.Load() && !p.closed() }

// Resource is the last part of the WHIP resource that the gateway gave this publication.
func (p *Publication) Resource() string { return path.Base(p.whip.resource.Path) }

// TakeSent gives the hashes of the packets that were sent since the last call; none for a publication without a rendering.
func (p *Publication) TakeSent() []attest.Track {
	if p.video.sent == nil {
		return nil
	}
	return []attest.Track{p.video.take(), p.audio.take()}
}

// Done is closed when the publication has ended.
func (p *Publication) Done() <-chan struct{} { return p.done }

// Err says why the publication ended: nil while it runs and after Close, else wrapping ErrLinkLost.
func (p *Publication) Err() error {
	if p.closed() {
		return p.err
	}
	return nil
}

func (p *Publication) closed() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Close ends the publication at the gateway and then the connection. A second call does nothing and returns the same.
func (p *Publication) Close() error {
	p.closeOnce.Do(func() {
		p.end(nil)
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		p.closeErr = p.whip.end(ctx)
		p.pc.Close()
		p.running.Wait()
	})
	return p.closeErr
}

// end marks the end; the first reason stands. Closing the connection waits for pion's goroutines, and pion itself may be the caller, so it is done aside.
func (p *Publication) end(why error) {
	p.endOnce.Do(func() {
		p.err = why
		close(p.done)
		go p.pc.Close()
	})
}
