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

// settled says whether an incident waits for nothing: no request is undecided, no complaint may still come, no referral waits for its acknowledgement.
func (r *Register) settled(i *Incident, now time.Time) bool {
	for _, q := range i.Requests {
		if q.Decided.IsZero() {
			return false
		}
		if _, next := r.cfg.Deadlines.Passed(q.clock(), now); next != nil && q.Complained.IsZero() {
			return false
		}
	}
	return !slices.ContainsFunc(i.Referrals, func(f Referral) bool { return f.State == "made" || f.Waits() })
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

// ownLabels are what the incident's sources were called, where no other incident whose words are still there names them.
func (b *book) ownLabels(i *Incident) []Said {
	var own []Said
	for source, label := range b.sources {
		named := func(i *Incident) bool {
			return slices.ContainsFunc(i.Timeline, func(s Step) bool {
				p, ok := s.Event.(*IncidentSourcePayload)
				return ok && p.Source == source
			})
		}
		shared := false
		for _, other := range b.incidents {
			shared = shared || other.ID != i.ID && other.Erased.IsZero() && named(other)
		}
		if named(i) && !shared {
			own = append(own, label)
		}
	}
	return own
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
