package wire

import (
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/gcc"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// steering is what is known of the network to the gateway: pion's estimate (draft-ietf-rmcat-gcc-02) from the gateway's reports on when each
// packet came (draft-holmer-rmcat-transport-wide-cc-extensions-01), beside what was sent. It steers nothing by itself: see rate.go.
//
// For this the packets of the picture, and no others, carry one header extension: their number on this connection, two bytes that count up from a random
// start whatever they carry. Nothing paces: when a packet leaves is decided in pace.go alone.
type steering struct {
	interceptor.NoOp
	estimate *gcc.SendSideBWE

	mu    sync.Mutex
	from  time.Time
	bytes int
	sent  int // bit/s in the last second
}

func newSteering(most int) (*steering, error) {
	quiet := &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}
	// It begins above what is ever sent, a second with a key frame included: the network is thought good until it is found not to be.
	estimate, err := gcc.NewSendSideBWE(gcc.SendSideBWEInitialBitrate(2*most), gcc.SendSideBWEMinBitrate(most/2/slowest), gcc.SendSideBWEMaxBitrate(4*most),
		gcc.SendSideBWEPacer(gcc.NewNoOpPacer()), gcc.WithLoggerFactory(quiet))
	if err != nil {
		return nil, err
	}
	return &steering{estimate: estimate}, nil
}

// register has pictures numbered, and s hear what is said of them. What is sent again is numbered anew, so it is registered before those who send again.
func (s *steering) register(media *webrtc.MediaEngine, chain *interceptor.Registry) error {
	if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.TransportCCURI}, webrtc.RTPCodecTypeVideo); err != nil {
		return err
	}
	numbers, err := twcc.NewHeaderExtensionInterceptor()
	if err != nil {
		return err
	}
	chain.Add(s)
	chain.Add(numbers)
	return nil
}

// NewInterceptor implements interceptor.Factory for the one connection.
func (s *steering) NewInterceptor(string) (interceptor.Interceptor, error) { return s, nil }

// BindLocalStream implements interceptor.Interceptor: a stream that is not numbered passes by.
func (s *steering) BindLocalStream(info *interceptor.StreamInfo, writer interceptor.RTPWriter) interceptor.RTPWriter {
	for _, e := range info.RTPHeaderExtensions {
		if e.URI == sdp.TransportCCURI {
			return s.metered(s.estimate.AddStream(info, writer))
		}
	}
	return writer
}

// BindRTCPReader implements interceptor.Interceptor. A report that the estimate cannot use is no reason to hear no key-frame request any more.
func (s *steering) BindRTCPReader(reader interceptor.RTCPReader) interceptor.RTCPReader {
	return interceptor.RTCPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		n, a, err := reader.Read(b, a)
		if err != nil {
			return n, a, err
		}
		if packets, err := rtcp.Unmarshal(b[:n]); err == nil {
			_ = s.estimate.WriteRTCP(packets, a)
		}
		return n, a, nil
	})
}

// metered counts what goes out.
func (s *steering) metered(writer interceptor.RTPWriter) interceptor.RTPWriter {
	return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		now := time.Now()
		s.mu.Lock()
		if over := now.Sub(s.from); over >= time.Second {
			s.sent = int(float64(8*s.bytes) / over.Seconds())
			s.from, s.bytes = now, 0
		}
		s.bytes += h.MarshalSize() + len(payload)
		s.mu.Unlock()
		return writer.Write(h, payload, a)
	})
}

// Close implements interceptor.Interceptor.
func (s *steering) Close() error { return s.estimate.Close() }

// network is what the network is thought to carry and what was sent in the last second, in bit/s; 0 while nothing is known.
func (s *steering) network() (carries, sent int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.estimate.GetTargetBitrate(), s.sent
}
