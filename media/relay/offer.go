package relay

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

const receiveMTU = 1600

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

// readOffer checks an offer (RFC 8866, RFC 9429) and returns it without the candidates of its sender: the relay is ICE-lite and never calls, so it
// needs no address of anybody. media are the sections' media in order. publish tells whether the offer must send (one picture and one sound at most) or receive.
func readOffer(offer string, publish bool) (clean string, media []Media, err error) {
	if len(offer) > maxOfferBytes {
		return "", nil, fmt.Errorf("%w: too large", ErrSDP)
	}
	var s sdp.SessionDescription
	if err := s.UnmarshalString(offer); err != nil {
		return "", nil, fmt.Errorf("%w: it does not parse", ErrSDP)
	}
	if n := len(s.MediaDescriptions); n == 0 || n > maxSections {
		return "", nil, fmt.Errorf("%w: %d media sections", ErrSDP, n)
	}
	if group, _ := s.Attribute("group"); len(s.MediaDescriptions) > 1 && !strings.HasPrefix(group, "BUNDLE ") {
		return "", nil, fmt.Errorf("%w: the sections are not bundled", ErrSDP)
	}
	s.Attributes = withoutCandidates(s.Attributes)
	seen := map[Media]bool{}
	for _, d := range s.MediaDescriptions {
		m, err := readSection(d, publish)
		if err != nil {
			return "", nil, err
		}
		if publish && seen[m] {
			return "", nil, fmt.Errorf("%w: more than one %s", ErrMedia, m)
		}
		seen[m] = true
		media = append(media, m)
		d.Attributes = withoutCandidates(d.Attributes)
	}
	b, err := s.Marshal()
	if err != nil {
		return "", nil, fmt.Errorf("%w: it cannot be written again", ErrSDP)
	}
	return string(b), media, nil
}

func readSection(d *sdp.MediaDescription, publish bool) (Media, error) {
	var m Media
	var codec string
	switch d.MediaName.Media {
	case "video":
		m, codec = Video, "VP8/90000"
	case "audio":
		m, codec = Audio, "opus/48000/2"
	default:
		return 0, fmt.Errorf("%w: a section that is neither video nor audio", ErrMedia)
	}
	if d.MediaName.Port.Value == 0 {
		return 0, fmt.Errorf("%w: a section is switched off", ErrSDP)
	}
	found, direction := false, "sendrecv"
	for _, a := range d.Attributes {
		switch a.Key {
		case "rtpmap":
			_, name, _ := strings.Cut(a.Value, " ")
			found = found || equalFold(strings.TrimSpace(name), codec)
		case "sendrecv", "sendonly", "recvonly", "inactive":
			direction = a.Key
		case "simulcast", "rid":
			return 0, fmt.Errorf("%w: simulcast", ErrMedia)
		}
	}
	if !found {
		return 0, fmt.Errorf("%w: no %s", ErrMedia, codec)
	}
	if publish && direction != "sendonly" && direction != "sendrecv" {
		return 0, fmt.Errorf("%w: a section does not send", ErrSDP)
	}
	if !publish && direction != "recvonly" {
		return 0, fmt.Errorf("%w: a section does more than receive", ErrSDP)
	}
	return m, nil
}

func withoutCandidates(in []sdp.Attribute) []sdp.Attribute {
	out := in[:0]
	for _, a := range in {
		if a.Key != "candidate" && a.Key != "end-of-candidates" {
			out = append(out, a)
		}
	}
	return out
}

// answer runs the offer through pion and writes our own candidates into what comes out: the configured addresses, and nothing that pion
// may have found on the machine.
func (r *Relay) answer(ctx context.Context, pc *webrtc.PeerConnection, offer string) (string, error) {
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", fmt.Errorf("%w: it was refused", ErrSDP) // the cause quotes the offer
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: no answer fits it", ErrSDP)
	}
	if err := pc.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("%w: no answer fits it", ErrSDP)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return r.doors.writeAnswer(pc.LocalDescription().SDP)
}

func (d *doors) writeAnswer(answer string) (string, error) {
	var s sdp.SessionDescription
	if err := s.UnmarshalString(answer); err != nil {
		return "", fmt.Errorf("relay: own answer does not parse: %w", err)
	}
	s.Attributes = withoutCandidates(s.Attributes)
	for i, m := range s.MediaDescriptions {
		m.Attributes = withoutCandidates(m.Attributes)
		if m.MediaName.Port.Value == 0 {
			return "", fmt.Errorf("%w: a section was refused", ErrMedia)
		}
		if i == 0 {
			m.Attributes = append(m.Attributes, d.candidates()...)
		}
	}
	b, err := s.Marshal()
	if err != nil {
		return "", fmt.Errorf("relay: own answer cannot be written: %w", err)
	}
	return string(b), nil
}

// candidates are the host candidates of RFC 8839 for every configured address: UDP first, then passive TCP (RFC 6544).
func (d *doors) candidates() []sdp.Attribute {
	var out []sdp.Attribute
	add := func(ip netip.Addr, foundation int, transport string, priority int, port int, tail string) {
		v := strconv.Itoa(foundation) + " 1 " + transport + " " + strconv.Itoa(priority) + " " + ip.String() + " " + strconv.Itoa(port) + " typ host" + tail
		out = append(out, sdp.Attribute{Key: "candidate", Value: v})
	}
	for i, ip := range d.addresses {
		if u, ok := d.udp.LocalAddr().(*net.UDPAddr); ok {
			add(ip, 2*i+1, "udp", 2130706431-i, u.Port, "")
		}
		if d.tcp == nil {
			continue
		}
		if t, ok := d.tcp.Addr().(*net.TCPAddr); ok {
			add(ip, 2*i+2, "tcp", 1671430143-i, t.Port, " tcptype passive")
		}
	}
	return append(out, sdp.Attribute{Key: "end-of-candidates"})
}
