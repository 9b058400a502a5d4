package proceeding

import (
	"context"
	"errors"
	"slices"
	"time"

	"parda/gateway/hearing"
	"parda/gateway/incident/evidence"
	"parda/gateway/visibility"
)

// clips is what the hearing knows of the clips that its flags froze. The ring and the clips are gateway/incident/evidence's; here it learns who carries what and which flags were
// raised, and what became of them is entered.
type clips struct {
	open    bool                 // flags are new: what was folded before is history
	known   map[string]bool      // clips that are entered
	waiting map[string]time.Time // flags of which nothing is entered, by when they were raised
	last    time.Time            // of the last event
	ended   time.Time            // of the last event of the run before this one
}

// noteEvidence follows flags and clips, from new events and from old ones alike. A flag that is raised now freezes what its seat carries.
func (p *Proceeding) noteEvidence(e hearing.Event) error {
	c := &p.clips
	if c.known == nil {
		c.known, c.waiting = map[string]bool{}, map[string]time.Time{}
	}
	if e.Code == hearing.GatewayStarted {
		c.ended = c.last
	}
	c.last = e.Time
	switch e.Code {
	case hearing.FlagRaised:
		f, err := hearing.Payload[hearing.FlagRaisedPayload](e)
		if err != nil {
			return err
		}
		if c.open {
			p.cfg.Evidence.Freeze(f.ID, f.Seat, f.Discreet, f.PressedAt)
		} else {
			c.waiting[f.ID] = e.Time
		}
	case hearing.EvidenceFrozen:
		f, err := hearing.Payload[hearing.EvidenceFrozenPayload](e)
		if err != nil {
			return err
		}
		c.known[f.ID] = true
		c.answered(f.Flags)
	case hearing.EvidenceFailed:
		f, err := hearing.Payload[hearing.EvidenceFailedPayload](e)
		if err != nil {
			return err
		}
		c.answered(f.Flags)
	}
	return nil
}

func (c *clips) answered(flags []string) {
	for _, f := range flags {
		delete(c.waiting, f)
	}
}

// openEvidence enters what the last run left of its clips. Of a sealed hearing nothing is entered here any more; the register still is told.
func (p *Proceeding) openEvidence(ctx context.Context) error {
	if p.cfg.Evidence == nil {
		return nil
	}
	var waiting []evidence.Waiting
	if p.state.Phase != hearing.Sealed {
		for flag, at := range p.clips.waiting {
			waiting = append(waiting, evidence.Waiting{Flag: flag, Raised: at})
		}
		slices.SortFunc(waiting, func(a, b evidence.Waiting) int { return a.Raised.Compare(b.Raised) })
	}
	err := p.cfg.Evidence.Recover(p.clips.ended, waiting, func(o evidence.Outcome) error { return p.enterOutcome(ctx, o) })
	if err != nil {
		return err
	}
	p.clips.waiting = map[string]time.Time{}
	return nil
}

// startEvidence lets the ring turn, once there is somebody who enters what comes of it.
func (p *Proceeding) startEvidence() {
	if p.cfg.Evidence == nil {
		return
	}
	p.clips.open = true
	p.cfg.Evidence.Start(func(o evidence.Outcome) error {
		var failure error
		err := p.do(context.Background(), func() { failure = p.enterOutcome(context.Background(), o); p.changed() })
		return errors.Join(err, failure)
	})
}

// enterOutcome makes durable what became of a clip. It runs in the hearing's goroutine, or before there is one.
func (p *Proceeding) enterOutcome(ctx context.Context, o evidence.Outcome) error {
	if p.state.Phase == hearing.Sealed {
		return nil
	}
	if f := o.Frozen; f != nil && !p.clips.known[f.ID] {
		return p.append(ctx, nil, []hearing.Draft{systemDraft(hearing.EvidenceFrozen, hearing.EvidenceFrozenPayload{ID: f.ID, Flags: f.Flags, Label: f.Label,
			From: f.From, To: f.To, SHA256: f.Sealed.SHA256, SealedSHA256: f.Sealed.SealedSHA256, Bytes: f.Sealed.Bytes, DurationMS: f.Duration.Milliseconds(), Gaps: f.Gaps, Short: f.Short})})
	}
	if f := o.Failed; f != nil {
		payload := hearing.EvidenceFailedPayload{Flags: f.Flags, Label: f.Label, Why: f.Why}
		if !f.From.IsZero() {
			payload.From = &f.From
		}
		if !f.To.IsZero() {
			payload.To = &f.To
		}
		return p.append(ctx, nil, []hearing.Draft{systemDraft(hearing.EvidenceFailed, payload)})
	}
	return nil
}

// carries tells the ring what it may keep and what each seat carries, as the relay was just told: what is routed to the seat, and for the witness's what her station publishes
// of her, masked, while it flows to somebody. before is when the relay had not been told yet.
func (p *Proceeding) carries(before time.Time, routes map[visibility.Sink]visibility.Publication) {
	if p.cfg.Evidence == nil {
		return
	}
	var labels []string
	by := evidence.Carried{}
	add := func(seat string, pub visibility.Publication) {
		track := evidence.Sound
		if pub.Media == visibility.Video {
			track = evidence.Picture
		}
		if by[seat] == nil {
			by[seat] = map[string]evidence.Tracks{}
		}
		by[seat][pub.Label()] |= track
	}
	for sink, pub := range routes {
		label := pub.Label()
		if !evidence.Ringed(pub) || !p.tracks[label] {
			continue
		}
		if sink.Viewer != visibility.Recorder {
			add(sink.Viewer, pub)
			continue
		}
		if !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
		if pub.Source == visibility.FromWitness {
			for _, seat := range p.state.SeatsOf(hearing.ProtectedWitness) {
				add(seat.ID, pub)
			}
		}
	}
	slices.Sort(labels)
	p.cfg.Evidence.Carries(before, time.Now(), labels, by)
}

// stopEvidence finishes the clips that are open. It runs in the hearing's goroutine, which therefore enters what comes of them meanwhile. What does not come in time
// is found at the next start.
func (p *Proceeding) stopEvidence() {
	if p.cfg.Evidence == nil {
		return
	}
	p.endMeanwhile("the clips do not end", p.cfg.Evidence.Close)
}

// Attached enters that a file was attached to a flag of this hearing. Of a hearing that is sealed nothing is entered any more; the court's register holds it.
func (p *Proceeding) Attached(ctx context.Context, actor string, a hearing.EvidenceAttachedPayload) error {
	var failure error
	err := p.do(ctx, func() {
		if p.state.Phase == hearing.Sealed {
			return
		}
		failure = p.append(context.WithoutCancel(ctx), nil, []hearing.Draft{{Code: hearing.EvidenceAttached, Actor: actor, Payload: a}})
		p.changed()
	})
	return public(errors.Join(err, failure))
}
