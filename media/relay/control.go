package relay

import (
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// Relay is the SFU. Its methods may be called from any goroutine.
type Relay struct {
	cfg    Config
	log    *slog.Logger
	doors  *doors
	herald *herald
	stop   chan struct{}
	wg     sync.WaitGroup // goroutines of the relay's own: the beat, readers, closers

	mu            sync.Mutex // the control plane; the packet loop never takes it
	snapshot      *Snapshot
	publications  map[string]*publication // by id
	live          map[string]*publication // by label: those whose connection is up
	subscriptions map[string]*subscription
	taps          map[*tapSink]struct{}
	handled       map[Source]*handled
	closed        bool
	forwarded     uint64 // by ingests that are gone
}

// New opens the ports and starts the relay. Nothing flows before the first Swap.
func New(cfg Config) (*Relay, error) {
	d, err := openDoors(cfg)
	if err != nil {
		return nil, err
	}
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	r := &Relay{
		cfg: cfg, log: log, doors: d, herald: newHerald(cfg.OnEvent), stop: make(chan struct{}),
		publications: map[string]*publication{}, live: map[string]*publication{},
		subscriptions: map[string]*subscription{}, taps: map[*tapSink]struct{}{},
	}
	r.wg.Add(1)
	go r.run()
	return r, nil
}

// Close ends all connections and the relay, and returns when its goroutines have ended. Events still due are given before.
func (r *Relay) Close() {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return
	}
	r.closed = true
	r.snapshot = nil
	r.reroute()
	for _, p := range r.publications {
		r.removePublication(p)
	}
	for _, s := range r.subscriptions {
		r.removeSubscription(s)
	}
	r.mu.Unlock()
	close(r.stop)
	r.wg.Wait()
	r.doors.close()
	r.herald.close()
}

// Addresses of the media ports as they are, for a caller that asked for port 0. tcp is "" when there is none.
func (r *Relay) Addresses() (udp, tcp string) {
	if r.doors.tcp != nil {
		tcp = r.doors.tcp.Addr().String()
	}
	return r.doors.udp.LocalAddr().String(), tcp
}

// Stats counts what the relay holds and has done, for metrics.
type Stats struct {
	Publications  int    // connected
	Subscriptions int    // connected
	Forwarded     uint64 // packets written to subscribers and taps since New
}

// Stats returns the counts of this moment.
func (r *Relay) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Stats{Publications: len(r.live), Forwarded: r.forwarded}
	for _, sub := range r.subscriptions {
		if sub.up {
			s.Subscriptions++
		}
	}
	for _, pub := range r.publications {
		for _, in := range pub.tracks {
			in.mu.Lock()
			s.Forwarded += in.forwarded
			in.mu.Unlock()
		}
	}
	return s
}

// eachOutlet calls f for every outlet there is; open tells whether its connection is up. The caller holds r.mu.
func (r *Relay) eachOutlet(f func(o outlet, open bool)) {
	for _, sub := range r.subscriptions {
		for _, s := range sub.slots {
			f(s, sub.up)
		}
	}
	for t := range r.taps {
		f(t, true)
	}
}

// run is the beat: stalls, key frames owed, sender reports, connections that never came up.
func (r *Relay) run() {
	defer r.wg.Done()
	tick := time.NewTicker(beat)
	defer tick.Stop()
	reported := time.Now()
	for {
		select {
		case <-r.stop:
			return
		case now := <-tick.C:
			r.endHalfOpen(now)
			r.beatIngests(now)
			r.beatSubscriptions(now)
			if now.Sub(reported) >= reportEvery {
				reported = now
				r.sendReports(now)
			}
		}
	}
}

// endHalfOpen ends what never came up.
func (r *Relay) endHalfOpen(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, pub := range r.publications {
		if !pub.up && now.Sub(pub.born) > connectWithin {
			r.removePublication(pub)
		}
	}
	for _, sub := range r.subscriptions {
		if !sub.up && now.Sub(sub.born) > connectWithin {
			r.removeSubscription(sub)
		}
	}
}

func (r *Relay) beatIngests(now time.Time) {
	r.mu.Lock()
	var ingests []*ingest
	var wrong []*publication
	for _, pub := range r.publications {
		if !pub.up {
			continue
		}
		for _, in := range pub.tracks {
			ingests = append(ingests, in)
		}
		if quiet := now.Sub(pub.lastPacket()) > StallAfter; quiet != pub.stalled {
			pub.stalled = quiet
			kind := Resumed
			if quiet {
				kind = Stalled
			}
			r.herald.say(Event{Kind: kind, Label: pub.label, ID: pub.id})
		}
		if r.beatGuards(pub, now) {
			wrong = append(wrong, pub)
		}
	}
	r.mu.Unlock()
	for _, pub := range wrong {
		r.cut(pub, ModeWrong)
	}
	for _, in := range ingests {
		in.beatKeyFrame(now)
		in.beatPace(now)
	}
}

func (r *Relay) sendReports(now time.Time) {
	r.mu.Lock()
	subs := make([]*subscription, 0, len(r.subscriptions))
	for _, sub := range r.subscriptions {
		if sub.up {
			subs = append(subs, sub)
		}
	}
	r.mu.Unlock()
	for _, sub := range subs {
		for _, s := range sub.slots {
			if sr := s.report(now); sr != nil {
				_ = sub.pc.WriteRTCP([]rtcp.Packet{sr}) // a second later there is another
			}
		}
	}
}

// hangUp closes a connection beside the caller, who may hold locks or be a callback of that very connection.
func (r *Relay) hangUp(pc *webrtc.PeerConnection) {
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		if err := pc.GracefulClose(); err != nil {
			r.log.Warn("relay: a connection did not close cleanly")
		}
	}()
}
