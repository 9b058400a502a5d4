// Package wire carries plain media to the gateway: a VP8 encoder (libvpx), an Opus encoder (libopus) and a WHIP publication
// (RFC 9725) over one pion PeerConnection with one video and one audio track.
//
// It does not know what it carries, masked or clear, and that is why only two packages may import it: media/publish, whose
// functions take masked values only, and media/courtroom, which sends the court's own clear picture. A test in media/publish holds that.
// Capture, masking and the decision to reconnect are not here.
package wire

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"parda/media/attest"
)

// Defaults of a publication: what a puppet or a court camera needs at 640x480.
const (
	DefaultVideoBitrate = 500_000 // bit/s
	DefaultAudioBitrate = 32_000  // bit/s; 80 bytes for each 20 ms
	DefaultFPS          = 25
)

// ErrClosed is returned by a write to a publication or an encoder that has ended.
var ErrClosed = errors.New("wire: closed")

// Config says where a sender publishes and how. GatewayURL, Hearing and Token are required.
type Config struct {
	// GatewayURL is the gateway's root, https://host[:port]. Plain http is taken only for a loopback host, because the token and
	// the DTLS fingerprints travel in it.
	GatewayURL string
	// Hearing is the hearing's id, one path segment.
	Hearing string
	// Token is the bearer token; it names the one publication that it may make.
	Token string
	// Rendering, such as "puppet+neutral", is sent as a query parameter; empty for a court camera.
	Rendering string
	// RootCAs verifies the gateway's certificate; nil means the system's pool.
	RootCAs *x509.CertPool
	// VideoBitrate in bit/s is the most the video may use, FPS its rate; 0 means the defaults. The bit rate falls in a few
	// coarse steps when the network does not carry it, and comes back (rate.go).
	VideoBitrate, FPS int
	// Steady gives every picture the same packets, whatever it shows (shape.go); VideoBitrate is then what the packets come to. It is for the
	// witness: a court camera's natural picture would not fit.
	Steady bool
	// RelayOnly lets media go by one of the TURN servers and no other way.
	RelayOnly bool
	TURN      []TURNServer
	// Log may be nil. It never gets addresses, tokens or bodies.
	Log *slog.Logger
}

// Sender encodes and publishes: pictures in I420, sound in blocks of 20 ms. One goroutine may send pictures while another
// sends sound. A Sender ends once, for ever: to reconnect, make another.
type Sender struct {
	cfg  Config
	pub  *Publication
	rate *rateControl

	videoMu sync.Mutex
	video   *VP8
	steady  *steady // of video, when cfg.Steady
	ticks   int

	audioMu sync.Mutex
	audio   *Opus
}

// Open publishes at the gateway and returns once it has accepted the offer; media flows when ICE and DTLS are done, and what is sent before
// that is dropped. Errors: see Publish.
func Open(ctx context.Context, cfg Config) (*Sender, error) {
	if cfg.VideoBitrate == 0 {
		cfg.VideoBitrate = DefaultVideoBitrate
	}
	if cfg.FPS == 0 {
		cfg.FPS = DefaultFPS
	}
	audio, err := NewOpus(DefaultAudioBitrate)
	if err != nil {
		return nil, err
	}
	pub, err := Publish(ctx, cfg)
	if err != nil {
		return nil, err
	}
	rate := newRateControl(cfg.VideoBitrate)
	rate.network = pub.steer.network
	return &Sender{cfg: cfg, pub: pub, audio: audio, rate: rate}, nil
}

// Picture encodes and sends one picture: planes of width x height luma and half that (rounded up) chroma, with their strides in bytes.
// A change of size starts a new key frame. The planes may be reused when it returns.
func (s *Sender) Picture(width, height int, y, cb, cr []byte, strideY, strideC int) error {
	s.videoMu.Lock()
	defer s.videoMu.Unlock()
	if s.pub.closed() {
		return ErrClosed
	}
	if err := s.fitEncoder(width, height); err != nil {
		return err
	}
	// Before the first packet can leave, each frame would be lost and the first one seen would not be a key frame.
	if !s.pub.Connected() {
		return nil
	}
	rate, changed := s.rate.target(s.pub.worstLoss(), time.Now())
	if s.steady != nil {
		return s.pictureSteady(y, cb, cr, strideY, strideC, every(rate, s.rate.most))
	}
	if changed {
		if err := s.video.SetBitrate(rate); err != nil {
			return err
		}
	}
	packet, _, err := s.video.Encode(y, cb, cr, strideY, strideC, s.pub.TakeKeyFrameRequest())
	if err != nil {
		return err
	}
	return s.pub.WriteVideo(packet)
}

// pictureSteady sends the picture in its one form, in every n-th tick.
func (s *Sender) pictureSteady(y, cb, cr []byte, strideY, strideC, n int) error {
	if s.ticks++; s.ticks%n != 0 {
		return nil
	}
	frame, err := s.steady.encode(y, cb, cr, strideY, strideC, s.pub.TakeKeyFrameRequest())
	if err != nil {
		return err
	}
	return s.pub.WriteVideo(frame)
}

// fitEncoder makes the encoder on the first picture, and again when the size changes.
func (s *Sender) fitEncoder(width, height int) error {
	if s.video != nil && s.video.cfg.Width == width && s.video.cfg.Height == height {
		return nil
	}
	video, err := NewVP8(VP8Config{Width: width, Height: height, FPS: s.cfg.FPS, Bitrate: s.cfg.VideoBitrate})
	if err != nil {
		return err
	}
	if s.video != nil {
		s.video.Close()
	}
	s.video = video
	if s.cfg.Steady {
		s.steady = newSteady(video)
		s.pub.video.parcel.Store(int32(s.steady.shape.size))
	}
	return nil
}

// Sound encodes and sends one block of 960 samples (20 ms, mono, 48 kHz). It must be called each 20 ms, in silence too: the
// cadence is the caller's and the packet size is constant, so that neither tells speech from silence (RFC 6562).
func (s *Sender) Sound(pcm []int16) error {
	s.audioMu.Lock()
	defer s.audioMu.Unlock()
	if s.pub.closed() {
		return ErrClosed
	}
	packet, err := s.audio.Encode(pcm)
	if err != nil {
		return err
	}
	return s.pub.WriteAudio(packet)
}

// Resource is the Publication's.
func (s *Sender) Resource() string { return s.pub.Resource() }

// TakeSent is the Publication's.
func (s *Sender) TakeSent() []attest.Track { return s.pub.TakeSent() }

// Done is closed when the publication has ended: by Close, by the gateway, or because the link failed.
func (s *Sender) Done() <-chan struct{} { return s.pub.Done() }

// Err says why it ended, after Done; nil after Close.
func (s *Sender) Err() error { return s.pub.Err() }

// Connected tells whether media can flow.
func (s *Sender) Connected() bool { return s.pub.Connected() }

// Close ends the publication (DELETE on the WHIP resource, RFC 9725 section 4.2) and frees the encoders. It may be called twice.
func (s *Sender) Close() error {
	err := s.pub.Close()
	s.videoMu.Lock()
	defer s.videoMu.Unlock()
	if s.video != nil {
		s.video.Close()
		s.video = nil
	}
	if err != nil {
		return fmt.Errorf("wire: ending the publication: %w", err)
	}
	return nil
}
