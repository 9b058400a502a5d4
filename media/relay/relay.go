// Package relay is parda's SFU: it takes tracks in, decides for each packet who may have it, and forwards it and hands it to the recorder.
//
// What lives here: publications (one incoming PeerConnection each), subscriptions (one outgoing PeerConnection with a fixed list of slots),
// taps (the recorder's seam), what watches masked tracks (the tripwire that looks for faces, the way to the one that listens, the comparison with what the
// station signed), and a TURN server that reaches the relay and nothing else.
// What does not: who anybody is. Labels, viewers and slots are opaque strings; the decision comes from outside as a Snapshot.
//
// This file is the path of a packet, top to bottom: ingest -> decision -> forward and record. The rules it keeps:
//
//   - Default deny. A sink gets what the current snapshot names for it, and else nothing.
//   - Swap is a barrier. Each ingest writes under its own lock; Swap takes denied sinks off under that lock, so when it returns no packet
//     of a denied track is written to anyone, not even one asked for again.
//   - No trace of the publisher. A subscriber gets payload bytes under a header made here: own SSRC, number and time offsets, no CSRC, no publisher's
//     extension (way.go adds one), no padding, for sound a constant marker bit (RFC 8826, RFC 8827; RFC 6562 for the sound's rate, which the station keeps).
//   - Masked means watched. Of a masked publication no picture is forwarded before a key frame of it was looked at, nor while one showed a face; no
//     sound that nobody listens to; and nothing that its station has not signed lately, where it must sign.
package relay

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// outlet is where packets of an ingest go: a slot of a subscription, or a tap. All methods but sink are called with the lock of the ingest
// held that the outlet is on, or is about to be on.
type outlet interface {
	sink() Sink
	target() **ingest // where reroute notes the ingest that the outlet shall be on; guarded by Relay.mu
	attach(in *ingest)
	detach()
	hold() // packets were withheld: what comes next does not follow on what went before
	on() *ingest
	write(p *packet) bool // whether it went out
	waits() bool          // for a key frame
}

// ingest is one incoming track.
type ingest struct {
	pub    *publication
	media  Media
	remote *webrtc.TrackRemote
	ask    func() // sends a key-frame request upstream; nil for sound
	last   atomic.Int64
	mouth  *mouth // where packets wait for the rest of their picture; nil in tests without a network
	seen   *handled

	mu      sync.Mutex // held while a packet is written to everyone: the barrier of Swap
	outlets []outlet
	dead    bool
	cache   *cache
	watch   *watch // of a masked publication's video, else nil
	hark    *hark  // of a masked publication's sound, else nil
	vouch   *vouch // of a publication that its station must sign, else nil

	forwarded uint64 // packets that went out, to all outlets together; guarded by mu
	octets    uint64 // of payload that came in; guarded by mu
	pace      pace

	keyMu    sync.Mutex
	keyAsked time.Time
	keyOwed  bool
}

func newIngest(pub *publication, m Media, remote *webrtc.TrackRemote, out *mouth) *ingest {
	return &ingest{pub: pub, media: m, remote: remote, mouth: out, cache: newCache(m)}
}

// run reads the track until it ends. One buffer, no allocation for a packet.
func (in *ingest) run() {
	buf := make([]byte, receiveMTU)
	var p packet
	for {
		n, _, err := in.remote.Read(buf)
		if err != nil {
			return
		}
		if !p.parse(buf[:n], in.media) {
			in.seen.refuse()
			continue
		}
		in.seen.note(&p)
		p.arrived = time.Now()
		in.forward(&p)
	}
}

// forward is the decision and its consequence: who is in outlets was let in by the snapshot, and nobody else hears of the packet.
func (in *ingest) forward(p *packet) {
	in.last.Store(p.arrived.UnixNano())
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.dead {
		return
	}
	if !in.passes(p) {
		for _, out := range in.outlets {
			out.hold()
		}
		return
	}
	in.octets += uint64(len(p.payload))
	in.cache.keep(p)
	for _, out := range in.outlets {
		if out.write(p) {
			in.forwarded++
		}
	}
	if p.marker || in.media == Audio {
		in.mouth.flush() // the picture is whole
	}
}

// passes shows a packet of a masked track to everything that watches it, and tells whether all let it go on. Other tracks are not watched.
func (in *ingest) passes(p *packet) bool {
	ok := true
	if in.watch != nil {
		ok = in.watch.pass(p)
	}
	if in.hark != nil {
		ok = in.hark.pass(p) && ok
	}
	if in.vouch != nil {
		ok = in.vouch.pass(p) && ok
	}
	return ok
}

// Swap puts a new snapshot in force. When it returns, no packet of a track that the snapshot denies is written to anyone. Nil denies all.
func (r *Relay) Swap(s *Snapshot) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.snapshot = s
	r.reroute()
}

// reroute brings every outlet to where the snapshot wants it: first all that must leave leave, then all that may come are let in, so an
// outlet is never on two ingests. The caller holds r.mu.
func (r *Relay) reroute() {
	want := make(map[*ingest][]outlet)
	r.eachOutlet(func(o outlet, open bool) {
		*o.target() = nil
		src, ok := r.snapshot.source(o.sink())
		if !ok || !open {
			return
		}
		if pub := r.live[src.Label]; pub != nil && pub.tracks[src.Media] != nil {
			in := pub.tracks[src.Media]
			*o.target() = in
			want[in] = append(want[in], o)
		}
	})
	for _, pub := range r.publications {
		for _, in := range pub.tracks {
			in.expel()
		}
	}
	for in, outlets := range want {
		in.admit(outlets)
	}
}

// expel takes off every outlet that reroute wants elsewhere or nowhere. Once it returns, the ingest writes to none of them.
func (in *ingest) expel() {
	in.mu.Lock()
	defer in.mu.Unlock()
	stay := make([]outlet, 0, len(in.outlets))
	for _, o := range in.outlets {
		if *o.target() == in {
			stay = append(stay, o)
			continue
		}
		o.detach()
	}
	if len(stay) < len(in.outlets) {
		in.mouth.flush() // what was decided before the switch goes before it, and nothing after
	}
	in.outlets = stay
}

// admit lets outlets in that are not there yet, and asks for a key frame for them.
func (in *ingest) admit(outlets []outlet) {
	in.mu.Lock()
	fresh := false
	for _, o := range outlets {
		if o.on() == in || in.dead {
			continue
		}
		o.attach(in)
		in.outlets = append(in.outlets, o)
		fresh = true
	}
	in.mu.Unlock()
	if fresh {
		in.askKeyFrame(time.Now())
	}
}

// kill stops an ingest for good: it forwards nothing more, whatever a snapshot says. It returns how many packets went out.
func (in *ingest) kill() uint64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.dead = true
	for _, o := range in.outlets {
		o.detach()
	}
	in.outlets = nil
	in.mouth.drop() // not even what was on its way out
	if in.watch != nil {
		in.watch.stop()
	}
	if in.hark != nil {
		in.hark.end()
	}
	return in.forwarded
}

// askKeyFrame asks the publisher for a key frame, at most once in keyFrameEvery; what is asked for sooner is asked later, by the beat.
// It is all, with NACK and receiver reports of the relay's own, that a publisher hears of subscribers.
func (in *ingest) askKeyFrame(now time.Time) {
	if in.ask == nil {
		return
	}
	in.keyMu.Lock()
	in.keyOwed = now.Sub(in.keyAsked) < keyFrameEvery
	if !in.keyOwed {
		in.keyAsked = now
	}
	owed := in.keyOwed
	in.keyMu.Unlock()
	if !owed {
		in.ask()
	}
}

// beatKeyFrame asks for what is owed, for outlets that still wait, and for the tripwire.
func (in *ingest) beatKeyFrame(now time.Time) {
	if in.ask == nil {
		return
	}
	in.keyMu.Lock()
	want := in.keyOwed
	in.keyMu.Unlock()
	if !want {
		in.mu.Lock()
		for _, o := range in.outlets {
			want = want || o.waits()
		}
		if in.watch != nil {
			want = want || in.watch.due(now)
		}
		want = want && !in.dead
		in.mu.Unlock()
	}
	if want {
		in.askKeyFrame(now)
	}
}

// pictureLoss makes the request that goes upstream (RFC 4585 section 6.3.1). The sender's SSRC is the relay's own.
func pictureLoss(pc *webrtc.PeerConnection, remote *webrtc.TrackRemote) func() {
	return func() {
		// A request that is lost or comes too early is asked again by the beat.
		_ = pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: uint32(remote.SSRC())}})
	}
}
