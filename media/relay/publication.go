package relay

import (
	"context"
	"fmt"
	"time"

	"github.com/pion/webrtc/v4"

	"parda/media/attest"
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
	held    map[string]bool // why it is held, as far as the herald has said
	signed  uint64          // number of the last segment that its station signed

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
	r.crowdOut(pub.label)
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
	if pub.masked {
		r.guard(pub, in)
	}
	pub.tracks[m] = in
	in.seen = r.counts(pub.label, m)
	r.wg.Add(1)
	defer r.wg.Done()
	r.reroute()
	r.mu.Unlock()
	in.askKeyFrame(time.Now())
	in.run()
}

// guard puts everything on a masked track that watches it, before its first packet is read.
func (r *Relay) guard(pub *publication, in *ingest) {
	if in.media == Video {
		in.watch = newWatch(r.cfg.FindFaces, in, func() { r.cut(pub, FaceFound) })
		r.wg.Add(1)
		go func() { defer r.wg.Done(); in.watch.run() }()
	}
	if in.media == Audio && r.cfg.Ear != nil {
		in.hark = newHark(r.cfg.Ear, pub.label, func() { r.cut(pub, VoiceFound) })
	}
	if r.cfg.Signed {
		in.vouch = newVouch(in.media)
	}
}

// Attest takes what the station signed of the publication with that id: label is that of what it says to have sent, which must be the
// publication's. The signature has been checked. ok is false, and the publication cut, when it says that it sent something else, or when
// something else came than it sent. A publication that is not there, one that need not be signed, and a segment that came before are no error.
func (r *Relay) Attest(id, label string, number uint64, tracks []attest.Track) (ok bool) {
	r.mu.Lock()
	pub := r.publications[id]
	if pub == nil || !pub.masked || !r.cfg.Signed || number <= pub.signed {
		r.mu.Unlock()
		return true
	}
	pub.signed = number
	ok = pub.label == label
	now := time.Now()
	for _, t := range tracks {
		in := pub.tracks[map[string]Media{"video": Video, "audio": Audio}[t.Media]]
		if in == nil || in.vouch == nil {
			continue
		}
		in.mu.Lock()
		ok = in.vouch.sign(t, now) && ok
		in.mu.Unlock()
	}
	r.mu.Unlock()
	if !ok {
		r.cut(pub, ModeWrong)
	}
	return ok
}

// Reasons why a masked publication is held, as in Event.Why.
const (
	Unheard  = "unheard"  // nobody listens to its sound: the audio tripwire's program is not there
	Unsigned = "unsigned" // its station has not signed lately what it sends
)

// beatGuards looks at what only time brings about: a masked publication that is held, or not any more. What came and was never signed, and what was
// signed wrongly, shows here too. The caller holds r.mu.
func (r *Relay) beatGuards(pub *publication, now time.Time) (wrong bool) {
	if !pub.masked || !pub.up || now.Sub(pub.since) < heardWithin {
		return false // what has just come up is held, and that is no news
	}
	held := map[string]bool{}
	for _, in := range pub.tracks {
		in.mu.Lock()
		if in.hark != nil && !in.hark.fresh(now) {
			held[Unheard] = true
		}
		if in.vouch != nil {
			held[Unsigned] = !in.vouch.fresh(now) || held[Unsigned]
			wrong = wrong || in.vouch.wrong
		}
		in.mu.Unlock()
	}
	for _, why := range []string{Unheard, Unsigned} {
		if held[why] == pub.held[why] {
			continue
		}
		kind := Withheld
		if !held[why] {
			kind = Released
		}
		r.herald.say(Event{Kind: kind, Label: pub.label, ID: pub.id, Why: why})
	}
	pub.held = held
	return wrong
}

// cut ends a masked publication in which something was found that must not be: first nothing more goes out, then the event.
func (r *Relay) cut(pub *publication, why Kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if pub.gone {
		return
	}
	for _, in := range pub.tracks {
		in.kill() // its count is taken below
	}
	r.log.Error("relay: a masked publication was cut", "why", string(why))
	r.herald.say(Event{Kind: why, Label: pub.label, ID: pub.id})
	r.removePublication(pub)
}
