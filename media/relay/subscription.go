package relay

import (
	"context"
	"fmt"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// connectWithin is how long a connection that was answered may take to come up.
const connectWithin = 15 * time.Second

// subscription is one outgoing connection with a fixed list of slots.
type subscription struct {
	id     string
	viewer string
	pc     *webrtc.PeerConnection
	born   time.Time
	slots  []*slot
	way    *way

	pressure pressure // of the beat's goroutine

	// guarded by Relay.mu
	up       bool
	gone     bool
	restarts restarts
}

// Subscribe takes an offer of recvonly sections for a viewer and answers it. The first video section gets the first video slot and so on, the same for
// audio: an offer with one section for each slot, in the order of slots, gets just them, and a plain player with one picture and one sound gets the
// first of each. Two slots of the viewer must not be equal. A viewer may have several subscriptions. Errors: ErrSDP (also for more sections than slots),
// ErrMedia, ErrTooMany, ErrClosed.
func (r *Relay) Subscribe(ctx context.Context, viewer string, slots []Sink, offerSDP string) (answerSDP, id string, err error) {
	offer, sections, err := readOffer(offerSDP, false)
	if err != nil {
		return "", "", err
	}
	now := time.Now()
	sub := &subscription{id: randomID(), viewer: viewer, born: now, way: newWay(now)}
	if sub.slots, err = match(viewer, slots, sections); err != nil {
		return "", "", err
	}
	for _, s := range sub.slots {
		s.way = sub.way
	}
	if sub.pc, err = r.doors.subscribe.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return "", "", fmt.Errorf("relay: no connection: %w", err)
	}
	if err := r.addSubscription(sub); err != nil {
		_ = sub.pc.Close()
		return "", "", err
	}
	sub.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) { r.subscriptionState(sub, s) })
	if err := r.addSlots(sub); err != nil {
		r.Unsubscribe(sub.id)
		return "", "", err
	}
	answerSDP, err = r.answer(ctx, sub.pc, offer)
	if err != nil {
		r.Unsubscribe(sub.id)
		return "", "", err
	}
	return answerSDP, sub.id, nil
}

// Unsubscribe ends a subscription; when it returns, no packet is written to it. An id that is not there is no error.
func (r *Relay) Unsubscribe(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if sub := r.subscriptions[id]; sub != nil {
		r.removeSubscription(sub)
	}
}

// match gives each section of an offer its slot.
func match(viewer string, sinks []Sink, sections []Media) ([]*slot, error) {
	var out []*slot
	next := map[Media]int{}
	for _, m := range sections {
		i := next[m]
		for i < len(sinks) && sinks[i].Media != m {
			i++
		}
		if i == len(sinks) {
			return nil, fmt.Errorf("%w: more %s sections than slots", ErrSDP, m)
		}
		if sinks[i].Viewer != viewer {
			return nil, fmt.Errorf("relay: slot of another viewer")
		}
		next[m] = i + 1
		out = append(out, newSlot(sinks[i]))
	}
	return out, nil
}

// addSlots makes the transceivers, in the order of the offer's sections, and reads their RTCP.
func (r *Relay) addSlots(sub *subscription) error {
	for _, s := range sub.slots {
		tr, err := sub.pc.AddTransceiverFromTrack(s, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return fmt.Errorf("relay: no slot: %w", err)
		}
		r.mu.Lock()
		if r.closed || sub.gone {
			r.mu.Unlock()
			return ErrClosed
		}
		r.wg.Add(1)
		r.mu.Unlock()
		go func() {
			defer r.wg.Done()
			s.listen(tr.Sender())
		}()
	}
	return nil
}

// listen reads what the subscriber says about a slot until the connection ends. Of it all a publisher hears of a wanted key frame only; reports
// and what they say of the subscriber's network end here.
func (s *slot) listen(sender *webrtc.RTPSender) {
	buf := make([]byte, receiveMTU)
	for {
		n, _, err := sender.Read(buf)
		if err != nil {
			return
		}
		s.told(buf[:n], time.Now())
	}
}

// told takes what came in one packet of RTCP.
func (s *slot) told(b []byte, now time.Time) {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return
	}
	s.way.heard.Store(now.UnixNano())
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			if in := s.source.Load(); in != nil && !s.held.Load() {
				in.askKeyFrame(now)
			}
		case *rtcp.TransportLayerNack:
			s.again(p)
		case *rtcp.TransportLayerCC:
			s.way.feedback(p, now)
		}
	}
}

func (r *Relay) addSubscription(sub *subscription) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return ErrClosed
	case len(r.subscriptions) >= maxSubscriptions || r.ofViewer(sub.viewer) >= maxPerViewer:
		return ErrTooMany
	}
	r.subscriptions[sub.id] = sub
	return nil
}

// ofViewer counts a viewer's subscriptions. The caller holds r.mu.
func (r *Relay) ofViewer(viewer string) (n int) {
	for _, sub := range r.subscriptions {
		if sub.viewer == viewer {
			n++
		}
	}
	return n
}

func (r *Relay) subscriptionState(sub *subscription, s webrtc.PeerConnectionState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch s {
	case webrtc.PeerConnectionStateConnected:
		if sub.gone || sub.up {
			return
		}
		sub.up = true
		r.herald.say(Event{Kind: Subscribed, Viewer: sub.viewer, ID: sub.id})
		r.reroute()
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		r.removeSubscription(sub)
	}
}

// removeSubscription forgets a subscription and hangs up. The caller holds r.mu.
func (r *Relay) removeSubscription(sub *subscription) {
	if sub.gone {
		return
	}
	sub.gone = true
	delete(r.subscriptions, sub.id)
	for _, s := range sub.slots {
		s.wants = nil
		if in := s.source.Load(); in != nil {
			in.expel()
		}
	}
	r.herald.say(Event{Kind: Unsubscribed, Viewer: sub.viewer, ID: sub.id}) // one that never came up too: whoever keeps its id must forget it
	r.hangUp(sub.pc)
}
