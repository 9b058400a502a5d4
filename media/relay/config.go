package relay

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"parda/media/door"
)

// Config says where the relay listens and whom it tells.
type Config struct {
	// UDPAddr is the one UDP port for media, "host:port"; port 0 takes a free one. Required.
	UDPAddr string
	// TCPAddr is the one TCP port for media (ICE-TCP, RFC 6544, passive); empty means none.
	TCPAddr string
	// Addresses are the IP addresses that clients are told: the gateway's own, at least one. No other address ever appears in an answer.
	Addresses []string
	// Log gets what an operator needs: counts and kinds, never an address, a label or an id. Nil means none.
	Log *slog.Logger
	// FindFaces returns how many faces a luma plane shows (w by h pixels, rows stride bytes apart). Required to publish masked media.
	FindFaces func(luma []byte, w, h, stride int) int
	// Ear listens to the sound of masked publications. Nil means that nobody does, and masked sound is forwarded unheard.
	Ear Ear
	// Signed says that masked publications must be signed by their station (Attest): what is not, or not lately, is held.
	Signed bool
	// OnEvent is called in order from one goroutine, with no lock held. It may call any method but Close. Nil means none.
	OnEvent func(Event)
}

// Times and limits of the relay.
const (
	// StallAfter is how long a publication may send nothing before it is called stalled.
	StallAfter = 500 * time.Millisecond

	beat             = 100 * time.Millisecond
	reportEvery      = time.Second
	keyFrameEvery    = 400 * time.Millisecond // at most one PLI to a publisher in this time
	publicationLost  = 4500 * time.Millisecond
	subscriptionLost = 12 * time.Second
	keepalive        = 500 * time.Millisecond // a lite agent sends none: it is how often it looks whether the peer is gone
	arrivalsEvery    = 100 * time.Millisecond
	maxPublications  = 128
	maxSubscriptions = 1024
	maxPerViewer     = 256 // one viewer, such as a gallery that many share, must not take the places of all
	maxOfferBytes    = 128 << 10
	maxSections      = 96
	socketBuffer     = 4 << 20
	tcpBuffer        = 256 << 10 // of one viewer over TCP
)

// doors are the sockets and the two pion APIs that share them.
type doors struct {
	udp       *mouth
	tcp       net.Listener
	udpMux    *ice.UDPMuxDefault
	tcpMux    *ice.TCPMuxDefault
	addresses []netip.Addr
	publish   *webrtc.API
	subscribe *webrtc.API
}

func openDoors(cfg Config) (_ *doors, err error) {
	d := &doors{}
	for _, a := range cfg.Addresses {
		ip, err := netip.ParseAddr(a)
		if err != nil || ip.IsUnspecified() || ip.Zone() != "" {
			return nil, fmt.Errorf("relay: address %q is not an IP address that a client can reach", a)
		}
		d.addresses = append(d.addresses, ip.Unmap())
	}
	if len(d.addresses) == 0 {
		return nil, errors.New("relay: at least one address is needed")
	}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	at, err := net.ResolveUDPAddr("udp", cfg.UDPAddr)
	if err != nil {
		return nil, fmt.Errorf("relay: cannot listen for media on UDP: %w", err)
	}
	socket, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, fmt.Errorf("relay: cannot listen for media on UDP: %w", err)
	}
	// Best effort: the kernel may hold it lower, which costs packets under load and nothing else.
	_ = socket.SetReadBuffer(socketBuffer)
	_ = socket.SetWriteBuffer(socketBuffer)
	d.udp = newMouth(socket, newCarrier(socket))
	d.udpMux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: d.udp, Logger: mute{}})
	if cfg.TCPAddr != "" {
		if d.tcp, err = listenTCP(cfg.TCPAddr, tcpMost); err != nil {
			return nil, fmt.Errorf("relay: cannot listen for media on TCP: %w", err)
		}
		// The write buffer keeps a viewer who reads slowly from holding up the packet loop: what does not fit is dropped, and the picture goes on
		// with the next key frame. It holds a few key frames; more would only be older.
		d.tcpMux = ice.NewTCPMuxDefault(ice.TCPMuxParams{Listener: d.tcp, Logger: mute{}, ReadBufferSize: 64, WriteBufferSize: tcpBuffer,
			FirstStunBindTimeout: tcpFirst, AliveDurationForConnFromStun: tcpFirst})
	}
	if d.publish, err = d.api(publicationLost, true); err != nil {
		return nil, err
	}
	d.subscribe, err = d.api(subscriptionLost, false)
	return d, err
}

// close ends what openDoors opened. The muxes close their sockets.
func (d *doors) close() {
	if d.udpMux != nil {
		_ = d.udpMux.Close()
	}
	if d.udp != nil {
		_ = d.udp.Close()
	}
	if d.tcpMux != nil {
		door.HangUp(d.tcp) // pion's mux waits for the first word of whoever is half in
		_ = d.tcpMux.Close()
	}
	if d.tcp != nil {
		_ = d.tcp.Close()
	}
}

// api makes a pion API: ICE-lite (RFC 8445 section 2.5) on the shared sockets, VP8 and Opus. lost is how long a
// silent peer is taken to be there.
func (d *doors) api(lost time.Duration, publish bool) (*webrtc.API, error) {
	se := webrtc.SettingEngine{LoggerFactory: muteFactory{}}
	se.SetLite(true)
	se.SetICEUDPMux(oneAddress{d.udpMux, d.addresses})
	types := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	if d.tcpMux != nil {
		se.SetICETCPMux(d.tcpMux)
		types = append(types, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
	}
	se.SetNetworkTypes(types)
	// GCM first (RFC 7714): one pass of the processor's own AES. AES-CM is for what cannot do it.
	se.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	se.SetIncludeLoopbackCandidate(true)
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.SetICETimeouts(lost/2, lost/2, keepalive)
	media := &webrtc.MediaEngine{}
	if err := registerCodecs(media, !publish); err != nil {
		return nil, err
	}
	chain := &interceptor.Registry{}
	if publish {
		// Towards a publisher: receiver reports (RFC 3550), NACKs for what was lost (RFC 4585), and when each packet came, for the publisher's own
		// estimate of its network. Towards a subscriber the relay answers by itself.
		again, err := nack.NewGeneratorInterceptor(nack.GeneratorInterval(30*time.Millisecond), nack.WithGeneratorLoggerFactory(muteFactory{}))
		if err != nil {
			return nil, err
		}
		reports, err := report.NewReceiverInterceptor(report.WithReceiverLoggerFactory(muteFactory{}))
		if err != nil {
			return nil, err
		}
		arrivals, err := twcc.NewSenderInterceptor(twcc.SendInterval(arrivalsEvery), twcc.WithLoggerFactory(muteFactory{}))
		if err != nil {
			return nil, err
		}
		chain.Add(again)
		chain.Add(reports)
		chain.Add(arrivals)
	}
	return webrtc.NewAPI(webrtc.WithSettingEngine(se), webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(chain)), nil
}

// registerCodecs registers VP8 and Opus, and the number that each packet has on its connection (draft-holmer-rmcat-transport-wide-cc-extensions-01): it is
// made anew by each sender, says nothing of what is in the packet, and is the one header extension there is. A publisher numbers its pictures alone; towards a
// subscriber the sound is numbered too, because reports on those numbers come many times a second and those on sound else every five (RFC 3550 section 6.2): they
// are how the relay knows that somebody listens. resent tells that this is for subscribers, to whom what is sent again goes in a stream of its own (RTX, RFC 4588), so that a
// receiver's reports tell what was lost from what came late.
func registerCodecs(m *webrtc.MediaEngine, resent bool) error {
	video := webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeVP8, ClockRate: videoClock,
			RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}, {Type: webrtc.TypeRTCPFBTransportCC}},
		},
		PayloadType: 96,
	}
	audio := webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: audioClock, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"},
		PayloadType:        111,
	}
	if err := m.RegisterCodec(video, webrtc.RTPCodecTypeVideo); err != nil {
		return err
	}
	if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.TransportCCURI}, webrtc.RTPCodecTypeVideo); err != nil {
		return err
	}
	if resent {
		audio.RTCPFeedback = []webrtc.RTCPFeedback{{Type: webrtc.TypeRTCPFBTransportCC}}
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.TransportCCURI}, webrtc.RTPCodecTypeAudio); err != nil {
			return err
		}
		again := webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: videoClock, SDPFmtpLine: "apt=96"},
			PayloadType:        97,
		}
		if err := m.RegisterCodec(again, webrtc.RTPCodecTypeVideo); err != nil {
			return err
		}
	}
	return m.RegisterCodec(audio, webrtc.RTPCodecTypeAudio)
}

// oneAddress makes a mux on an unspecified address look as if it listened on the first configured address of each family, so that pion
// makes one candidate a family and never looks at the machine's interfaces. What clients are told is written by answer.go in any case.
type oneAddress struct {
	*ice.UDPMuxDefault
	addresses []netip.Addr
}

// GetListenAddresses implements ice.UDPMux.
func (o oneAddress) GetListenAddresses() []net.Addr {
	local, ok := o.LocalAddr().(*net.UDPAddr)
	if !ok || !local.IP.IsUnspecified() {
		return []net.Addr{o.LocalAddr()}
	}
	var out []net.Addr
	var four, six bool
	for _, a := range o.addresses {
		if (a.Is4() && four) || (!a.Is4() && six) {
			continue
		}
		four, six = four || a.Is4(), six || !a.Is4()
		out = append(out, &net.UDPAddr{IP: a.AsSlice(), Port: local.Port})
	}
	return out
}

// mute swallows pion's own logs: they hold addresses of peers.
type mute struct{}

func (mute) Trace(string)          {}
func (mute) Tracef(string, ...any) {}
func (mute) Debug(string)          {}
func (mute) Debugf(string, ...any) {}
func (mute) Info(string)           {}
func (mute) Infof(string, ...any)  {}
func (mute) Warn(string)           {}
func (mute) Warnf(string, ...any)  {}
func (mute) Error(string)          {}
func (mute) Errorf(string, ...any) {}

type muteFactory struct{}

// NewLogger implements logging.LoggerFactory.
func (muteFactory) NewLogger(string) logging.LeveledLogger { return mute{} }
