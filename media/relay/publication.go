package relay

import (
	"context"
	"fmt"
	"time"

	"github.com/pion/webrtc/v4"
)

// publication is one incoming connection, with one picture and one sound at most.
type publication struct {
	id     string
	label  string
	masked bool
	pc     *webrtc.PeerConnection
	born   time.Time

	// guarded by Relay.mu
	tracks  map[Media]*ingest
	up      bool
	since   time.Time
	stalled bool
	gone    bool

	restarts restarts
}

// lastPacket is when the latest packet of any track came, or when the connection came up. The caller holds Relay.mu.
func (p *publication) lastPacket() time.Time {
	last := p.since
	for _, in := range p.tracks {
		if t := time.Unix(0, in.last.Load()); t.After(last) {
			last = t
		}
	}
	return last
}

// Publish takes an offer for one publication under a label and answers it. masked tells that its picture must be watched by the tripwire.
// A newer publication of the same label replaces an older one once its connection is up. ctx bounds the answering only. Errors: ErrSDP, ErrMedia,
// ErrTooMany, ErrNoTripwire, ErrClosed.
func (r *Relay) Publish(ctx context.Context, label string, masked bool, offerSDP string) (answerSDP, id string, err error) {
	if masked && r.cfg.FindFaces == nil {
		return "", "", ErrNoTripwire
	}
	offer, _, err := readOffer(offerSDP, true)
	if err != nil {
		return "", "", err
	}
	pc, err := r.doors.publish.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", "", fmt.Errorf("relay: no connection: %w", err)
	}
	pub := &publication{id: randomID(), label: label, masked: masked, pc: pc, born: time.Now(), tracks: map[Media]*ingest{}}
	if err := r.addPublication(pub); err != nil {
		_ = pc.Close()
		return "", "", err
	}
	pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { r.ingest(pub, t) })
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) { r.publicationState(pub, s) })
	answerSDP, err = r.answer(ctx, pc, offer)
	if err != nil {
		r.Unpublish(pub.id)
		return "", "", err
	}
	return answerSDP, pub.id, nil
}

// Unpublish ends a publication. An id that is not (or no more) there is no error.
func (r *Relay) Unpublish(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if pub := r.publications[id]; pub != nil {
		r.removePublication(pub)
	}
}

func (r *Relay) addPublication(pub *publication) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return ErrClosed
	case len(r.publications) >= maxPublications:
		return ErrTooMany
	}
	r.publications[pub.id] = pub
	return nil
}

// publicationState follows the connection.
func (r *Relay) publicationState(pub *publication, s webrtc.PeerConnectionState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch s {
	case webrtc.PeerConnectionStateConnected:
		if pub.gone || pub.up {
			return
		}
		if old := r.live[pub.label]; old != nil {
			r.removePublication(old)
		}
		pub.up, pub.since = true, time.Now()
		r.live[pub.label] = pub
		r.herald.say(Event{Kind: Published, Label: pub.label, ID: pub.id})
		r.reroute()
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		r.removePublication(pub)
	}
}

// removePublication forgets a publication and hangs up. Once it returns nothing of it is forwarded. The caller holds r.mu.
func (r *Relay) removePublication(pub *publication) {
	if pub.gone {
		return
	}
	pub.gone = true
	delete(r.publications, pub.id)
	for _, in := range pub.tracks {
		r.forwarded += in.kill()
	}
	if r.live[pub.label] == pub {
		delete(r.live, pub.label)
	}
	if pub.up {
		r.herald.say(Event{Kind: Unpublished, Label: pub.label, ID: pub.id})
	}
	r.hangUp(pub.pc)
}

// ingest starts the packet loop of a track. pion calls it in a goroutine of the track's own. A second track of one medium is not read.
func (r *Relay) ingest(pub *publication, remote *webrtc.TrackRemote) {
	m := Audio
	if remote.Kind() == webrtc.RTPCodecTypeVideo {
		m = Video
	}
	in := newIngest(pub, m, remote, r.doors.udp)
	if m == Video {
		in.ask = pictureLoss(pub.pc, remote)
	}
	r.mu.Lock()
	if pub.gone || r.closed || pub.tracks[m] != nil {
		r.mu.Unlock()
		return
	}
	if m == Video && pub.masked {
		in.watch = newWatch(r.cfg.FindFaces, in, func() { r.cut(pub) })
		r.wg.Add(1)
		go func() { defer r.wg.Done(); in.watch.run() }()
	}
	pub.tracks[m] = in
	r.wg.Add(1)
	defer r.wg.Done()
	r.reroute()
	r.mu.Unlock()
	in.askKeyFrame(time.Now())
	in.run()
}

// cut ends a masked publication in which the tripwire saw what it must not: first nothing more goes out, then the event.
func (r *Relay) cut(pub *publication) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if pub.gone {
		return
	}
	for _, in := range pub.tracks {
		in.kill() // its count is taken below
	}
	r.log.Error("relay: the tripwire cut a masked publication")
	r.herald.say(Event{Kind: FaceFound, Label: pub.label, ID: pub.id})
	r.removePublication(pub)
}
