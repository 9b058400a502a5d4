package wire

import (
	"errors"

	"github.com/pion/webrtc/v4"
)

// ErrNoTURN is returned where media may go by a TURN server only and none is known: it then goes no way at all.
var ErrNoTURN = errors.New("wire: media may go by a TURN server only, and the gateway has named none")

// TURNServer is one that the gateway named (RFC 8656), with the credential of the moment.
type TURNServer struct {
	URLs               []string // RFC 7065
	Username, Password string
}

// way says how media goes: straight to the gateway, which asks no server for anything (no STUN server is ever asked: the gateway sees where a check came
// from), or by TURN alone (RFC 8828 section 5.2, mode 4).
func (c Config) way() (webrtc.Configuration, error) {
	out := webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle, RTCPMuxPolicy: webrtc.RTCPMuxPolicyRequire}
	if !c.RelayOnly {
		return out, nil
	}
	for _, s := range c.TURN {
		if len(s.URLs) > 0 {
			out.ICEServers = append(out.ICEServers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Password})
		}
	}
	if len(out.ICEServers) == 0 {
		return out, ErrNoTURN
	}
	out.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	return out, nil
}
