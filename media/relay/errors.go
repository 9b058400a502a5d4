package relay

import "errors"

// What Publish and Subscribe refuse, to be told apart with errors.Is. None of them quotes the offer: an offer holds addresses.
var (
	// ErrSDP: the offer is no SDP, is too large, lacks what a WebRTC offer must have (RFC 9429), or does not fit the slots.
	ErrSDP = errors.New("relay: the offer is not usable SDP")
	// ErrMedia: the offer asks for what the relay does not carry: no VP8, no Opus, a data channel, too many tracks.
	ErrMedia = errors.New("relay: the offer's media are not VP8 and Opus")
	// ErrTooMany: the relay is full.
	ErrTooMany = errors.New("relay: too many connections")
	// ErrGone: there is no such connection, or it is not up.
	ErrGone = errors.New("relay: no such connection")
	// ErrClosed: the relay is closed.
	ErrClosed = errors.New("relay: closed")
	// ErrNoTripwire: a masked publication was asked for, and there is no face finder to watch it.
	ErrNoTripwire = errors.New("relay: a masked publication needs a face finder")
)
