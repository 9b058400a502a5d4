package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"parda/media/relay"
)

// server is what is measured: it answers a publisher's and a subscriber's offer.
type server interface {
	publish(offer string) (answer string, err error)
	subscribe(viewer, offer string) (answer string, err error)
}

var kinds = map[string]func() (server, error){"parda": newParda, "plain": newPlain}

// serve is the child process: an HTTP door on standard output's address, until standard input ends.
func serve(args []string) error {
	fs := flag.NewFlagSet("serve", flag.ContinueOnError)
	kind := fs.String("kind", "parda", "")
	door := fs.String("door", "", "where to listen for offers")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if kinds[*kind] == nil {
		return errors.New("unknown kind")
	}
	s, err := kinds[*kind]()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	handle := func(path string, f func(viewer, offer string) (string, error)) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			offer, err := io.ReadAll(r.Body)
			if err == nil {
				var answer string
				if answer, err = f(r.URL.Query().Get("viewer"), string(offer)); err == nil {
					_, _ = io.WriteString(w, answer)
					return
				}
			}
			http.Error(w, err.Error(), http.StatusInternalServerError)
		})
	}
	handle("/publish", func(_, offer string) (string, error) { return s.publish(offer) })
	handle("/subscribe", s.subscribe)
	mux.HandleFunc("GET /cost", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("memory") {
			runtime.GC()
			debug.FreeOSMemory()
		}
		cpu, resident, err := cost()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, cpu, resident)
	})
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); os.Exit(0) }() // the parent is gone
	return http.ListenAndServe(*door, mux)
}

// cost is the CPU time of this process so far, in microseconds, and its resident memory in KiB.
func cost() (cpu, resident int64, err error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, 0, err
	}
	cpu = u.Utime.Sec*1e6 + u.Utime.Usec + u.Stime.Sec*1e6 + u.Stime.Usec
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			resident, err = strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		}
	}
	return cpu, resident, err
}

// parda is our relay, with every viewer let to see the one publication.
type parda struct {
	relay  *relay.Relay
	mu     sync.Mutex
	routes map[relay.Sink]relay.Source
}

func newParda() (server, error) {
	r, err := relay.New(relay.Config{UDPAddr: "127.0.0.1:0", Addresses: []string{"127.0.0.1"}})
	return &parda{relay: r, routes: map[relay.Sink]relay.Source{}}, err
}

func (p *parda) publish(offer string) (string, error) {
	answer, _, err := p.relay.Publish(context.Background(), "witness", false, offer)
	return answer, err
}

func (p *parda) subscribe(viewer, offer string) (string, error) {
	sinks := []relay.Sink{{Viewer: viewer, Slot: "witness", Media: relay.Video}, {Viewer: viewer, Slot: "witness", Media: relay.Audio}}
	p.mu.Lock()
	for _, s := range sinks {
		p.routes[s] = relay.Source{Label: "witness", Media: s.Media}
	}
	p.relay.Swap(relay.NewSnapshot(p.routes))
	p.mu.Unlock()
	answer, _, err := p.relay.Subscribe(context.Background(), viewer, sinks, offer)
	return answer, err
}

// plain is a relay as pion's broadcast example makes it: default interceptors, one local track for all, on one UDP port.
type plain struct {
	api   *webrtc.API
	mu    sync.Mutex
	local []*webrtc.TrackLocalStaticRTP
	ready chan struct{}
}

func newPlain() (server, error) {
	mux, err := ice.NewMultiUDPMuxFromPort(0, ice.UDPMuxFromPortWithLoopback(), ice.UDPMuxFromPortWithNetworks(ice.NetworkTypeUDP4))
	if err != nil {
		return nil, err
	}
	se := engine()
	se.SetICEUDPMux(mux)
	se.SetLite(true)
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	return &plain{api: webrtc.NewAPI(webrtc.WithSettingEngine(se), webrtc.WithMediaEngine(m)), ready: make(chan struct{})}, nil
}

// engine is what client and plain relay have in common: loopback only, and the cipher that the load is stated for.
func engine() webrtc.SettingEngine {
	se := webrtc.SettingEngine{}
	se.SetIncludeLoopbackCandidate(true)
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.SetIPFilter(func(ip netIP) bool { return ip.IsLoopback() })
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	se.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM)
	return se
}

func (p *plain) publish(offer string) (string, error) {
	pc, err := p.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	pc.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		local, err := webrtc.NewTrackLocalStaticRTP(remote.Codec().RTPCodecCapability, remote.Kind().String(), "plain")
		if err != nil {
			return
		}
		p.mu.Lock()
		p.local = append(p.local, local)
		if len(p.local) == 2 {
			close(p.ready)
		}
		p.mu.Unlock()
		buf := make([]byte, 1500)
		for {
			n, _, err := remote.Read(buf)
			if err != nil {
				return
			}
			if _, err = local.Write(buf[:n]); err != nil && !errors.Is(err, io.ErrClosedPipe) {
				return
			}
		}
	})
	return answer(pc, offer)
}

func (p *plain) subscribe(_, offer string) (string, error) {
	<-p.ready
	pc, err := p.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	for _, l := range p.local {
		sender, err := pc.AddTrack(l)
		if err != nil {
			return "", err
		}
		go func() {
			buf := make([]byte, 1500)
			for {
				if _, _, err := sender.Read(buf); err != nil {
					return
				}
			}
		}()
	}
	return answer(pc, offer)
}

func answer(pc *webrtc.PeerConnection, offer string) (string, error) {
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", err
	}
	a, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	done := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(a); err != nil {
		return "", err
	}
	<-done
	return pc.LocalDescription().SDP, nil
}
