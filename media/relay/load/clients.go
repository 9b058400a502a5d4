package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

type netIP = net.IP

// The load: 25 pictures a second of 6,000 bytes in packets of at most 1,060, and 50 packets a second of 80 bytes.
const (
	pictureBytes = 6000
	packetBytes  = 1060
	soundBytes   = 80
	keyEvery     = 50 // pictures
	settle       = 2 * time.Second
)

type result struct {
	cpu, memory, p50, p99 float64
	lost                  int
}

// child is the measured server.
type child struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	base string
}

func start(kind string) (*child, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // a free port; the child takes it a moment later
	if err != nil {
		return nil, err
	}
	door := l.Addr().String()
	l.Close()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(self, "serve", "-kind", kind, "-door", door), base: "http://" + door}
	c.cmd.Stderr = os.Stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	for range 200 {
		if _, _, err = c.cost(""); err == nil {
			return c, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	c.stop()
	return nil, fmt.Errorf("the server does not answer: %w", err)
}

func (c *child) stop() {
	_ = c.in.Close()
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

// cost asks for the server's CPU time (us) and memory (KiB); question "?memory" has it collect its garbage first.
func (c *child) cost(question string) (cpu, resident int64, err error) {
	r, err := http.Get(c.base + "/cost" + question)
	if err != nil {
		return 0, 0, err
	}
	defer r.Body.Close()
	_, err = fmt.Fscan(r.Body, &cpu, &resident)
	return cpu, resident, err
}

func (c *child) ask(path, offer string) (string, error) {
	r, err := http.Post(c.base+path, "application/sdp", strings.NewReader(offer))
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = errors.New(strings.TrimSpace(string(b)))
	}
	return string(b), err
}

// connect makes an offer, has it answered at path, and waits until the connection is up.
func (c *child) connect(pc *webrtc.PeerConnection, path string) error {
	up := make(chan struct{})
	var once sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(up) })
		}
	})
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	done := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		return err
	}
	<-done
	answer, err := c.ask(path, pc.LocalDescription().SDP)
	if err != nil {
		return err
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return err
	}
	select {
	case <-up:
		return nil
	case <-time.After(10 * time.Second):
		return errors.New("no connection within 10 s")
	}
}

func clientAPI(a *arrivals) (*webrtc.API, error) {
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	// The default interceptors, as a browser has them: receiver reports, NACK.
	se := engine()
	se.SetNet(a)
	return webrtc.NewAPI(webrtc.WithSettingEngine(se), webrtc.WithMediaEngine(m)), nil
}

// publisher sends the load until stopped. Each packet ends with the moment at which it was written.
type publisher struct {
	pc           *webrtc.PeerConnection
	video, audio *webrtc.TrackLocalStaticRTP
	stop         chan struct{}
	done         sync.WaitGroup
}

func newPublisher(api *webrtc.API, c *child) (*publisher, error) {
	p := &publisher{stop: make(chan struct{})}
	var err error
	if p.pc, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return nil, err
	}
	if p.video, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "v", "s"); err != nil {
		return nil, err
	}
	if p.audio, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus}, "a", "s"); err != nil {
		return nil, err
	}
	for _, t := range []webrtc.TrackLocal{p.video, p.audio} {
		if _, err := p.pc.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			return nil, err
		}
	}
	if err := c.connect(p.pc, "/publish"); err != nil {
		return nil, err
	}
	p.done.Go(p.pictures)
	p.done.Go(p.sounds)
	return p, nil
}

func (p *publisher) close() {
	close(p.stop)
	p.done.Wait()
	_ = p.pc.Close()
}

func (p *publisher) every(d time.Duration, f func()) {
	t := time.NewTicker(d)
	defer t.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-t.C:
			f()
		}
	}
}

func (p *publisher) pictures() {
	var h rtp.Header
	h.Version = 2
	payload := make([]byte, packetBytes)
	n := 0
	p.every(40*time.Millisecond, func() {
		for at := 0; at < pictureBytes; at += packetBytes {
			b := payload[:min(packetBytes, pictureBytes-at)]
			b[0], b[1] = 0, 1 // VP8 descriptor; P bit of the frame header: no key frame
			if at == 0 {
				b[0] = 0x10
				if n%keyEvery == 0 {
					b[1] = 0
				}
			}
			h.Marker = at+packetBytes >= pictureBytes
			binary.BigEndian.PutUint64(b[len(b)-8:], uint64(time.Now().UnixNano()))
			_ = p.video.WriteRTP(&rtp.Packet{Header: h, Payload: b})
			h.SequenceNumber++
		}
		h.Timestamp += 3600
		n++
	})
}

func (p *publisher) sounds() {
	var h rtp.Header
	h.Version = 2
	b := make([]byte, soundBytes)
	p.every(20*time.Millisecond, func() {
		binary.BigEndian.PutUint64(b[len(b)-8:], uint64(time.Now().UnixNano()))
		_ = p.audio.WriteRTP(&rtp.Packet{Header: h, Payload: b})
		h.SequenceNumber++
		h.Timestamp += 960
	})
}

// tally is what the subscribers saw while it is on.
type tally struct {
	arrivals *arrivals
	on       atomic.Bool
	packets  atomic.Int64
	lost     atomic.Int64
	mu       sync.Mutex
	latency  []time.Duration
	sampling atomic.Int64
}

// subscribe connects one subscriber and counts what it gets.
func (t *tally) subscribe(api *webrtc.API, c *child, viewer int) (*webrtc.PeerConnection, error) {
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	for _, k := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		if _, err := pc.AddTransceiverFromKind(k, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			return nil, err
		}
	}
	pc.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { t.read(remote) })
	return pc, c.connect(pc, fmt.Sprintf("/subscribe?viewer=v%d", viewer))
}

func (t *tally) read(remote *webrtc.TrackRemote) {
	buf := make([]byte, 1500)
	var next uint16
	known := false
	for {
		n, _, err := remote.Read(buf)
		if err != nil {
			return
		}
		if n < 20 {
			continue
		}
		seq := binary.BigEndian.Uint16(buf[2:])
		if t.on.Load() {
			t.packets.Add(1)
			switch ahead := int16(seq - next); {
			case !known:
			case ahead > 0:
				t.lost.Add(int64(ahead))
			case ahead < 0: // a late one: its gap had counted it as lost
				t.lost.Add(-1)
				seq = next - 1
			}
			if t.sampling.Add(1)%16 == 0 {
				t.sample(buf[:n])
			}
		}
		next, known = seq+1, true
	}
}

// sample notes how long a packet took from the publisher's write to the subscriber's socket.
func (t *tally) sample(packet []byte) {
	came, ok := t.arrivals.of(packet)
	if !ok {
		return
	}
	sent := time.Unix(0, int64(binary.BigEndian.Uint64(packet[len(packet)-8:])))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latency = append(t.latency, came.Sub(sent))
}

// measure runs one server with n subscribers.
func measure(kind string, n int, lasts time.Duration) (r result, err error) {
	c, err := start(kind)
	if err != nil {
		return r, err
	}
	defer c.stop()
	came, err := newArrivals()
	if err != nil {
		return r, err
	}
	api, err := clientAPI(came)
	if err != nil {
		return r, err
	}
	p, err := newPublisher(api, c)
	if err != nil {
		return r, err
	}
	defer p.close()
	time.Sleep(settle)
	_, empty, err := c.cost("?memory")
	if err != nil {
		return r, err
	}
	t := tally{arrivals: came}
	for i := range n {
		pc, err := t.subscribe(api, c, i)
		if pc != nil {
			defer pc.Close()
		}
		if err != nil {
			return r, err
		}
	}
	time.Sleep(settle)
	_, full, err := c.cost("?memory")
	if err != nil {
		return r, err
	}
	time.Sleep(settle / 2)
	from, _, err := c.cost("")
	if err != nil {
		return r, err
	}
	t.on.Store(true)
	time.Sleep(lasts)
	t.on.Store(false)
	to, _, err := c.cost("")
	if err != nil {
		return r, err
	}
	got := t.packets.Load()
	if got < int64(float64(n)*lasts.Seconds()*100) {
		return r, fmt.Errorf("only %d packets came", got)
	}
	if len(t.latency) < int(got)/32 {
		return r, fmt.Errorf("the kernel stamped only %d of %d samples", len(t.latency), got/16)
	}
	slices.Sort(t.latency)
	at := func(q float64) float64 { return t.latency[int(q*float64(len(t.latency)-1))].Seconds() * 1000 }
	return result{cpu: float64(to-from) / float64(got), memory: float64(full-empty) / float64(n), p50: at(.5), p99: at(.99), lost: int(t.lost.Load())}, nil
}
