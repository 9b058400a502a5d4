package proceeding

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"parda/gateway/hearing"
	"parda/gateway/visibility"
	"parda/signaling"
)

// Receive implements signaling.Media: the seat's one connection for receiving, with the slots of its role. What flows in a slot is decided by the
// table that Route made, not here.
func (p *Proceeding) Receive(ctx context.Context, s *signaling.Session, offer string) (string, error) {
	var slots []visibility.Slot
	var old string
	var failure error
	err := p.do(ctx, func() {
		seat, ok := p.state.Seat(s.Seat)
		a := p.sessions[s]
		if !ok || a == nil {
			failure = signaling.Refuse("seat_unknown", "There is no such seat in this hearing.", nil)
			return
		}
		slots = visibility.Slots(seat.ID, seat.Role, p.state.Seats)
		old, a.subscription = a.subscription, ""
	})
	if err := errors.Join(err, failure); err != nil {
		return "", err
	}
	p.cfg.Media.Unsubscribe(old)
	answer, id, err := p.cfg.Media.Subscribe(ctx, s.Seat, slots, offer)
	if err != nil {
		return "", err
	}
	p.post(func() {
		if a := p.sessions[s]; a != nil && a.subscription == "" {
			a.subscription = id
			return
		}
		p.cfg.Media.Unsubscribe(id) // the page went away, or offered again, while this one was made
	})
	return answer, nil
}

// Watch is Receive for WHEP: a passive viewer without a session. The hold is asked again once the connection is there, so that a seat that was taken back
// meanwhile does not keep it.
func (p *Proceeding) Watch(ctx context.Context, seat, offer string, hold Hold) (answer, id string, err error) {
	var slots []visibility.Slot
	var failure error
	err = p.do(ctx, func() {
		s, ok := p.state.Seat(seat)
		if !ok || !s.Role.Passive() {
			failure = signaling.Refuse("not_allowed", "Only passive viewers receive by WHEP.", nil)
			return
		}
		slots = visibility.Slots(s.ID, s.Role, p.state.Seats)
	})
	if err := errors.Join(err, failure); err != nil {
		return "", "", err
	}
	if answer, id, err = p.cfg.Media.Subscribe(ctx, seat, slots, offer); err != nil {
		return "", "", err
	}
	err = p.do(context.WithoutCancel(ctx), func() {
		if failure = hold.Check(); failure == nil {
			p.watching[id] = watcher{seat, hold}
		}
	})
	if err := errors.Join(err, failure); err != nil {
		p.cfg.Media.Unsubscribe(id)
		return "", "", public(err)
	}
	return answer, id, nil
}

// Unwatch ends what Watch began for that seat.
func (p *Proceeding) Unwatch(seat, id string) {
	p.post(func() {
		if p.watching[id].seat == seat {
			p.unwatch(id)
		}
	})
}

// Send implements signaling.Media: a seat's own microphone and camera.
func (p *Proceeding) Send(ctx context.Context, s *signaling.Session, offer string) (string, error) {
	var failure error
	err := p.do(ctx, func() {
		seat, ok := p.state.Seat(s.Seat)
		if !ok || !seat.Role.CanPublish() || p.sessions[s] == nil {
			failure = signaling.Refuse("not_allowed", "This seat has no microphone or camera of its own.", nil)
		}
	})
	if err := errors.Join(err, failure); err != nil {
		return "", err
	}
	p.StopSending(s)
	answer, id, err := p.cfg.Media.Publish(ctx, "seat/"+s.Seat, false, offer)
	if err != nil {
		return "", err
	}
	p.post(func() {
		if a := p.sessions[s]; a != nil {
			p.cfg.Media.Unpublish(a.publication) // of an offer that was made at the same time
			a.publication = id
			p.offered["seat/"+s.Seat] = mediaIn(offer)
			return
		}
		p.cfg.Media.Unpublish(id)
	})
	return answer, nil
}

// mediaIn says what an offer that the relay took brings: it has at most one section of each kind.
func mediaIn(offer string) map[visibility.Media]bool {
	return map[visibility.Media]bool{
		visibility.Video: strings.Contains(offer, "\nm=video "), visibility.Audio: strings.Contains(offer, "\nm=audio "),
	}
}

// StopSending implements signaling.Media.
func (p *Proceeding) StopSending(s *signaling.Session) {
	p.post(func() {
		if a := p.sessions[s]; a != nil && a.publication != "" {
			p.cfg.Media.Unpublish(a.publication)
			a.publication = ""
		}
	})
}

// PublishWitness takes one rendering of the testimony from the station. Only what the order in force names is taken.
func (p *Proceeding) PublishWitness(ctx context.Context, rendering, offer string, hold Hold) (answer, id string, err error) {
	var failure error
	err = p.do(ctx, func() {
		switch {
		case !p.state.OrderHolds(p.cfg.Now()):
			failure = signaling.Refuse("order_not_signed", "No signed order is in force.", nil)
		case !slices.Contains(p.state.Order.Order.Keys(), rendering):
			failure = signaling.Refuse("rendering_not_ordered", "The order does not name this rendering.", nil)
		}
	})
	if err := errors.Join(err, failure); err != nil {
		return "", "", err
	}
	return p.publish(ctx, "witness/"+rendering, true, offer, hold)
}

func (p *Proceeding) publish(ctx context.Context, label string, masked bool, offer string, hold Hold) (answer, id string, err error) {
	if answer, id, err = p.cfg.Media.Publish(ctx, label, masked, offer); err != nil {
		return "", "", err
	}
	if err := p.took(ctx, label, id, hold); err != nil {
		return "", "", err
	}
	return answer, id, nil
}

// PublishCourt takes the picture and sound of a courtroom camera, in clear.
func (p *Proceeding) PublishCourt(ctx context.Context, view, offer string, hold Hold) (answer, id string, err error) {
	if !slices.Contains(visibility.Views(), view) {
		return "", "", signaling.Refuse("token_role", "This token names no view of the courtroom.", nil)
	}
	var failure error
	err = p.do(ctx, func() {
		if p.state.Phase == hearing.Signed || p.state.Phase == hearing.Sealed {
			failure = signaling.Refuse("wrong_phase", "The hearing is over.", nil)
		}
	})
	if err := errors.Join(err, failure); err != nil {
		return "", "", err
	}
	return p.publish(ctx, "court/"+view, false, offer, hold)
}

// Unpublish ends a station's or a courtroom camera's publication.
func (p *Proceeding) Unpublish(id string) {
	p.cfg.Media.Unpublish(id)
	p.post(func() { maps.DeleteFunc(p.given, func(_ string, g given) bool { return g.id == id }) })
}
