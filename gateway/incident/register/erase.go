package register

import (
	"context"
	"slices"
	"time"

	"parda/gateway/ledger"
)

// Nothing of a book is ever deleted. A retention policy erases words: first an event says which, durable, then the texts go with their salts; what stays is their hashes, which
// nobody can guess any more. Evidence is erased by its own room, by the destruction of its key.

// policyAge is the one policy: the court's time after the last event of an incident that is settled.
const policyAge = "age"

// settled says whether an incident waits for nothing: no judge holds it, it was ruled on, no request is undecided, no complaint may still come, every referral was acknowledged, and the hearing
// that it is of is sealed.
func (r *Register) settled(i *Incident, now time.Time) bool {
	if i.Held || i.Phase() == PhaseOpen {
		return false
	}
	for _, q := range i.Requests {
		if q.Decided.IsZero() {
			return false
		}
		if _, next := r.cfg.Deadlines.Passed(q.clock(), now); next != nil && q.Complained.IsZero() {
			return false
		}
	}
	if slices.ContainsFunc(i.Referrals, func(f Referral) bool { return f.Acknowledged.IsZero() || f.Waits() }) {
		return false
	}
	return i.Origin == Filed || r.cfg.Sealed != nil && r.cfg.Sealed(i.Hearing)
}

// retain erases the words of incidents whose time is over; r.mu is held.
func (r *Register) retain(ctx context.Context, b *book, now time.Time) error {
	if r.cfg.Keep <= 0 {
		return nil
	}
	for _, id := range b.order {
		i := b.incidents[id]
		last := i.Timeline[len(i.Timeline)-1]
		if last.Code == ContentErased || now.Sub(last.At) < r.cfg.Keep || !r.settled(i, now) {
			continue
		}
		texts := slices.DeleteFunc(append(i.texts(), b.ownLabels(i)...), func(s Said) bool { _, there := b.texts[s]; return !there })
		if len(texts) == 0 {
			continue
		}
		p := &ContentErasedPayload{About: About{Incident: id, At: now, By: System()}, Texts: texts, Policy: policyAge}
		if _, err := r.enter(ctx, b.court, []Payload{p}); err != nil {
			return err
		}
		if err := r.erase(ctx, b, texts); err != nil {
			return err
		}
	}
	return nil
}

// ownLabels are what the incident's sources were called. Each naming kept its words anew: of a source that no other incident names whose words are still there, all of them
// go, whoever gave them; of one that is still named, those that this incident gave, but for the one by which it is known.
func (b *book) ownLabels(i *Incident) []Said {
	var own []Said
	for source, known := range b.sources {
		if !i.names(source) {
			continue
		}
		kept := false
		for _, other := range b.incidents {
			kept = kept || other.ID != i.ID && other.uses(source)
		}
		if kept {
			own = append(own, slices.DeleteFunc(i.labels(source), func(s Said) bool { return s == known })...)
			continue
		}
		for _, any := range b.incidents {
			own = append(own, any.labels(source)...)
		}
	}
	return own
}

// naming are the steps of an incident that name a source.
func (i *Incident) naming(source string) []Step {
	return slices.DeleteFunc(slices.Clone(i.Timeline), func(s Step) bool {
		p, ok := s.Event.(*IncidentSourcePayload)
		return !ok || p.Source != source
	})
}

func (i *Incident) names(source string) bool { return len(i.naming(source)) > 0 }

// uses says whether words of a source are still needed here: it was named since the words were erased, or they were not.
func (i *Incident) uses(source string) bool {
	return slices.ContainsFunc(i.naming(source), func(s Step) bool { return s.At.After(i.Erased) })
}

// labels are the words that this incident gave a source.
func (i *Incident) labels(source string) (all []Said) {
	for _, s := range i.naming(source) {
		if p := s.Event.(*IncidentSourcePayload); p.Label != "" {
			all = append(all, p.Label)
		}
	}
	return all
}

func (r *Register) erase(ctx context.Context, b *book, texts []Said) error {
	ids := make([]string, len(texts))
	for n, t := range texts {
		ids[n] = string(t)
	}
	if err := r.cfg.Store.EraseIncidentTexts(context.WithoutCancel(ctx), b.court, ids...); err != nil {
		return err
	}
	for _, t := range texts {
		delete(b.texts, t)
	}
	return nil
}

// finishErasing erases what an event says is erased and a crash left, and words that no event names: a crash came between them.
func (r *Register) finishErasing(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.books {
		var left []Said
		named := map[Said]bool{}
		for _, i := range b.incidents {
			for _, s := range i.Timeline {
				for _, t := range textsOf(s.Event) {
					named[t] = true
				}
				if p, ok := s.Event.(*ContentErasedPayload); ok {
					left = append(left, slices.DeleteFunc(slices.Clone(p.Texts), func(t Said) bool { _, there := b.texts[t]; return !there })...)
				}
			}
		}
		for t := range b.texts {
			if !named[t] {
				left = append(left, t)
			}
		}
		if len(left) > 0 {
			if err := r.erase(ctx, b, left); err != nil {
				return err
			}
		}
	}
	return nil
}

// Events gives a court's book as it stands in the ledger.
func (r *Register) Events(ctx context.Context, court string) ([]ledger.Event, error) {
	return r.cfg.Ledger.Load(ctx, Book(court))
}
