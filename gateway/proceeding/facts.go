package proceeding

import (
	"context"
	"time"

	"parda/gateway/hearing"
	"parda/gateway/visibility"
)

// Fact is what the relay saw of one label of this hearing.
type Fact string

// The facts.
const (
	Arrives   Fact = "arrives"    // a publication's tracks come
	Gone      Fact = "gone"       // they do not come any more
	Stalled   Fact = "stalled"    // no packet for a while
	Resumed   Fact = "resumed"    // packets again
	FaceFound Fact = "face_found" // the tripwire cut a masked publication

	VoiceFound Fact = "voice_found" // so did the audio tripwire
	ModeWrong  Fact = "mode_wrong"  // its station signed another mode than the order's, or other packets than came
	Unheard    Fact = "unheard"     // its sound is held: nobody listens to it
	Heard      Fact = "heard"       // not any more
	Unsigned   Fact = "unsigned"    // it is held: its station has not signed it lately
	IsSigned   Fact = "signed"      // not any more
)

// Observe takes a fact from the relay. It does not wait.
func (p *Proceeding) Observe(f Fact, label string) {
	p.post(func() {
		switch f {
		case Arrives:
			p.tracks[label] = true
			delete(p.stalled, label)
		case Gone:
			delete(p.tracks, label)
			delete(p.stalled, label)
			delete(p.unheard, label)
			delete(p.unsigned, label)
			p.witnessLostIfOrdered(label)
		case Stalled:
			p.stalled[label] = true
		case Resumed:
			delete(p.stalled, label)
		case FaceFound, VoiceFound, ModeWrong:
			p.enter(hearing.CutOff(p.state, cutCodes[f], label, p.cfg.Now()))
		case Unheard:
			p.unheard[label] = true
		case Heard:
			delete(p.unheard, label)
		case Unsigned:
			p.unsigned[label] = true
		case IsSigned:
			delete(p.unsigned, label)
		}
		p.changed()
	})
}

var cutCodes = map[Fact]hearing.Code{FaceFound: hearing.FaceFound, VoiceFound: hearing.VoiceFound, ModeWrong: hearing.ModeWrong}

// SubscriptionGone tells the page that its receiving connection ended, so that it offers anew.
func (p *Proceeding) SubscriptionGone(id string) {
	p.post(func() {
		p.pathEnded(id)
		delete(p.watching, id) // its TURN credential may be used for the next one
		for s, a := range p.sessions {
			if a.subscription == id {
				a.subscription = ""
				s.SendMediaClosed("subscription")
			}
		}
	})
}

// witnessLostIfOrdered: a rendering that the order names and that does not come any more ends live testimony.
func (p *Proceeding) witnessLostIfOrdered(label string) {
	pub, ok := visibility.PublicationOf(label, visibility.Video)
	if !ok || pub.Source != visibility.FromWitness || p.state.Order == nil {
		return
	}
	for _, key := range p.state.Order.Order.Keys() {
		if key == pub.Name {
			p.stationLost()
			return
		}
	}
}

// stationUp says whether the shielded room is connected and publishes every rendering that the order names.
func (p *Proceeding) stationUp() bool {
	if p.state.Order == nil {
		return false
	}
	for _, seat := range p.state.SeatsOf(hearing.ProtectedWitness) {
		if p.presenceOf(seat.ID).sessions == 0 {
			return false
		}
	}
	for _, key := range p.state.Order.Order.Keys() {
		if !p.tracks["witness/"+key] {
			return false
		}
	}
	return true
}

func (p *Proceeding) stationLost() {
	p.state.Facts.StationUp = false
	p.enter(hearing.Interrupted(p.state, "station_lost", p.cfg.Now()))
}

// tick looks at what only time brings about.
func (p *Proceeding) tick(ctx context.Context) {
	now := p.cfg.Now()
	p.retryLedger(ctx, now)
	if unproven := p.failed.IsZero() && p.cfg.Ledger.HealthyHearing(p.cfg.ID) != nil; unproven != p.unproven {
		p.unproven = unproven
		if !unproven { // what was live while the log did not follow does not come back by itself
			p.enter(hearing.Interrupted(p.state, "ledger", now))
		}
		p.changed()
	}
	if p.figureDue {
		p.tellFigure(now)
	}
	p.tendICE(now)
	if !p.failed.IsZero() {
		return
	}
	p.enter(hearing.Overdue(p.state, now))
	for id, here := range p.present {
		if here.sessions > 0 || here.lostAt.IsZero() || now.Sub(here.lostAt) < linkGrace {
			continue
		}
		if seat, ok := p.state.Seat(id); ok && seat.Entered && !seat.LinkLost && !seat.Role.Passive() {
			p.enter(hearing.LinkLost(p.state, id, here.lostAt))
		}
	}
	p.enter(hearing.DefenceLost(p.state, p.outages(), now))
	p.tickRoom(now)
	p.tickSights(now)
	p.tickClosing(ctx)
	p.refreshAlarms(now)
}

// outages says since when each seat that receives nothing has had nothing: it has no page, or the relay reaches none of its pages.
func (p *Proceeding) outages() map[string]time.Time {
	lost := p.cutOff()
	for id, here := range p.present {
		if here.sessions == 0 && !here.lostAt.IsZero() {
			lost[id] = here.lostAt
		}
	}
	return lost
}

// refreshAlarms keeps the alarms that the fold does not know. An alarm is state: it stands until its cause is gone.
func (p *Proceeding) refreshAlarms(now time.Time) {
	before := len(p.alarms)
	lost := p.state.OrderHolds(now) && p.state.Phase == hearing.Open && p.state.Testimony.Phase != hearing.Released && !p.stationUp()
	changed := p.alarm("station_lost", lost, now)
	changed = p.alarm("voice_unheard", len(p.unheard) > 0, now) || changed
	changed = p.alarm("mode_unsigned", len(p.unsigned) > 0, now) || changed
	changed = p.alarm("room_revoked", p.revoked, now) || changed
	changed = p.alarm("gateway_fault", p.panicked, now) || changed
	changed = p.alarm("recorder_stopped", p.record.failed(), now) || changed
	if changed || before != len(p.alarms) {
		p.tell()
	}
}

func (p *Proceeding) alarm(code string, on bool, now time.Time) (changed bool) {
	_, was := p.alarms[code]
	switch {
	case on && !was:
		p.alarms[code] = visibility.AlarmView{Code: code, Since: visibility.Moment(now)}
	case !on && was:
		delete(p.alarms, code)
	}
	return on != was
}
