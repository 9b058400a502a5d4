// Package publish sends the witness's masked picture and masked voice to the gateway.
//
// It is the one way out of the shielded room, and its types are the lock: it takes face.Masked and *voice.Masked, which only the
// mask packages can build, so a program that would send a camera's picture or a microphone's sound does not compile (the test in this
// package tries). Encoding and the connection are in publish/wire. Capture, masking, the order and the decision to reconnect are not
// here: a Publisher ends once and its owner makes another.
package publish

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"

	"parda/media/attest"
	"parda/media/mask/face"
	"parda/media/mask/voice"
	"parda/media/publish/wire"
)

// Errors of publish/wire, for errors.Is by those who may not import it.
var (
	ErrClosed   = wire.ErrClosed   // sent to a publisher that has ended
	ErrToken    = wire.ErrToken    // 401, 403: the token may not make this publication
	ErrHearing  = wire.ErrHearing  // 404
	ErrRefused  = wire.ErrRefused  // any other refusal
	ErrLinkLost = wire.ErrLinkLost // the link died under a running publication
	ErrNoTURN   = wire.ErrNoTURN   // relay only, and no TURN server is known
	ErrTooLarge = wire.ErrTooLarge // a picture that does not fit its packets
)

// ErrNotMasked is returned for the zero value of a masked type: it was built by no mask.
var ErrNotMasked = errors.New("publish: this picture or sound comes from no mask")

// TURNServer is one that the gateway named, with the credential of the moment.
type TURNServer = wire.TURNServer

// Config of a Publisher. All but RootCAs and Log are required.
type Config struct {
	// GatewayURL is https://host[:port], or http on this very machine.
	GatewayURL string
	// Hearing is the hearing's id and Token the station's bearer token.
	Hearing, Token string
	// Rendering is the one that the order names and that is sent here, such as "puppet+neutral".
	Rendering string
	// RootCAs verifies the gateway's certificate; nil means the system's pool.
	RootCAs *x509.CertPool
	// RelayOnly lets media go by one of the TURN servers and no other way; without one New gives ErrNoTURN.
	RelayOnly bool
	TURN      []TURNServer
	// Log may be nil.
	Log *slog.Logger
}

// Publisher is one rendering on its way to the gateway. Picture and Sound may be called from two goroutines, each from one at a time.
type Publisher struct {
	sender *wire.Sender
	planes []byte  // of Picture
	pcm    []int16 // of Sound
}

// New publishes at the gateway (WHIP, RFC 9725) and returns when it has accepted. ctx bounds that only, not the life of
// the publisher. Errors: ErrToken, ErrHearing, ErrRefused by errors.Is, or a sentence about what failed.
func New(ctx context.Context, cfg Config) (*Publisher, error) {
	if cfg.Rendering == "" {
		return nil, errors.New("publish: a witness's publication needs the name of its rendering")
	}
	sender, err := wire.Open(ctx, wire.Config{
		GatewayURL: cfg.GatewayURL, Hearing: cfg.Hearing, Token: cfg.Token, Rendering: cfg.Rendering,
		RootCAs: cfg.RootCAs, Steady: true, RelayOnly: cfg.RelayOnly, TURN: cfg.TURN, Log: cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	return &Publisher{sender: sender}, nil
}

// Picture sends one masked picture; call it at the mask's own clock, 25 times a second. It does not keep the picture. On the wire every picture takes the
// same packets at the same pace, whatever it shows: who sees the encrypted packets learns neither when the figure moves nor when the card is up.
// ErrTooLarge says that this picture did not fit them and nothing was sent: show a plainer one.
func (p *Publisher) Picture(picture face.Masked) error {
	width, height := picture.Width(), picture.Height()
	if width == 0 || height == 0 {
		return ErrNotMasked
	}
	p.planes = picture.AppendI420(p.planes[:0])
	y, cb, cr, strideC := split(p.planes, width, height)
	return p.sender.Picture(width, height, y, cb, cr, width, strideC)
}

// Sound sends one masked block of 20 ms; call it each 20 ms, in silence too. It does not keep the block.
func (p *Publisher) Sound(sound *voice.Masked) error {
	if sound == nil {
		return ErrNotMasked
	}
	p.pcm = sound.AppendPCM(p.pcm[:0])
	return p.sender.Sound(p.pcm)
}

// split gives the three planes of an I420 picture without padding.
func split(i420 []byte, width, height int) (y, cb, cr []byte, strideC int) {
	strideC = (width + 1) / 2
	luma, chroma := width*height, strideC*((height+1)/2)
	return i420[:luma], i420[luma : luma+chroma], i420[luma+chroma:], strideC
}

// Resource is the gateway's name for this publication, and TakeSent the hashes of the packets that were sent since the last call: what the station signs
// (media/attest).
func (p *Publisher) Resource() string { return p.sender.Resource() }

// TakeSent is told of at Resource.
func (p *Publisher) TakeSent() []attest.Track { return p.sender.TakeSent() }

// Connected tells whether media flows: accepted by the gateway, and ICE and DTLS are up.
func (p *Publisher) Connected() bool { return p.sender.Connected() }

// Done is closed when the publication has ended: by Close, by the gateway, or because the link died (within about three seconds).
func (p *Publisher) Done() <-chan struct{} { return p.sender.Done() }

// Err says why it ended, after Done: nil after Close, else ErrLinkLost by errors.Is.
func (p *Publisher) Err() error { return p.sender.Err() }

// Close ends the publication at the gateway. It may be called twice; what is sent afterwards gives ErrClosed.
func (p *Publisher) Close() error { return p.sender.Close() }
