package relay

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pion/webrtc/v4"
)

// A client whose address changed goes on with the connection it has: new ICE credentials on both sides (an ICE restart, RFC 8445 section 2.4, by
// RFC 9725 section 4.3.2), the same DTLS, the same SRTP keys and numbers, the same slots. Who may have what does not change by it.

// Restart takes new ICE credentials of the client of a publication or a subscription, in a fragment of SDP (RFC 8840), and gives the relay's own new ones in
// another, with its candidates. Credentials are characters of RFC 8839 section 5.4: a ufrag of 4 to 256, a password of 22 to 256; all else in the fragment
// is not looked at. Errors: ErrGone (no such connection, or not up yet), ErrSDP, ErrTooMany, ErrClosed.
func (r *Relay) Restart(ctx context.Context, id, fragment string) (answer string, err error) {
	ufrag, password := attribute(fragment, "ice-ufrag"), attribute(fragment, "ice-pwd")
	if !iceChars(ufrag, 4) || !iceChars(password, 22) {
		return "", fmt.Errorf("%w: these are no ICE credentials", ErrSDP)
	}
	pc, lock, err := r.restartable(id)
	if err != nil {
		return "", err
	}
	lock <- struct{}{} // one at a time
	defer func() { <-lock }()
	remote := pc.RemoteDescription()
	if remote == nil {
		return "", ErrGone
	}
	whole, err := r.answer(ctx, pc, withCredentials(remote.SDP, ufrag, password))
	if err != nil {
		return "", err
	}
	var out strings.Builder
	out.WriteString("a=ice-lite\r\n")
	mid := false
	for line := range strings.Lines(whole) {
		switch {
		case strings.HasPrefix(line, "m=") && mid:
			return out.String(), nil // one section stands for all: they are bundled
		case strings.HasPrefix(line, "m="), strings.HasPrefix(line, "a=mid:"), strings.HasPrefix(line, "a=ice-ufrag:"), strings.HasPrefix(line, "a=ice-pwd:"),
			strings.HasPrefix(line, "a=candidate:"), strings.HasPrefix(line, "a=end-of-candidates"), strings.HasPrefix(line, "a=group:BUNDLE"):
			mid = mid || strings.HasPrefix(line, "m=")
			out.WriteString(line)
		}
	}
	return out.String(), nil
}

// restartable finds a connection that is up, and takes a turn from its budget: each restart makes pion gather anew.
func (r *Relay) restartable(id string) (*webrtc.PeerConnection, chan struct{}, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, nil, ErrClosed
	}
	var pc *webrtc.PeerConnection
	var b *restarts
	if pub := r.publications[id]; pub != nil && pub.up {
		pc, b = pub.pc, &pub.restarts
	} else if sub := r.subscriptions[id]; sub != nil && sub.up {
		pc, b = sub.pc, &sub.restarts
	} else {
		return nil, nil, ErrGone
	}
	if !b.take(time.Now()) {
		return nil, nil, ErrTooMany
	}
	return pc, b.turn, nil
}

// restarts bounds how often a connection may restart: restartsMost at once, one a second after.
type restarts struct {
	left int
	at   time.Time
	turn chan struct{}
}

const restartsMost = 5

func (b *restarts) take(now time.Time) bool {
	if b.turn == nil {
		b.left, b.at, b.turn = restartsMost, now, make(chan struct{}, 1)
	}
	gained := int(now.Sub(b.at) / time.Second)
	b.left, b.at = min(restartsMost, b.left+gained), b.at.Add(time.Duration(gained)*time.Second)
	if b.left == 0 {
		return false
	}
	b.left--
	return true
}

// iceChars tells whether s has least to 256 characters, all of RFC 8839's ice-char.
func iceChars(s string, least int) bool {
	if len(s) < least || len(s) > 256 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '+' && c != '/' {
			return false
		}
	}
	return true
}

// withCredentials is an offer with other ICE credentials, and without what told of the network that is left.
func withCredentials(sdp, ufrag, password string) string {
	var out strings.Builder
	for line := range strings.Lines(sdp) {
		switch {
		case strings.HasPrefix(line, "a=ice-ufrag:"):
			line = "a=ice-ufrag:" + ufrag + "\r\n"
		case strings.HasPrefix(line, "a=ice-pwd:"):
			line = "a=ice-pwd:" + password + "\r\n"
		case strings.HasPrefix(line, "a=candidate:"):
			continue
		}
		out.WriteString(line)
	}
	return out.String()
}

// attribute is the value of the first line of that name.
func attribute(sdp, name string) string {
	for line := range strings.Lines(sdp) {
		if v, ok := strings.CutPrefix(line, "a="+name+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
