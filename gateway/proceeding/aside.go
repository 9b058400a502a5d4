package proceeding

import (
	"context"
	"fmt"
	"slices"

	"parda/gateway/hearing"
	"parda/gateway/ledger"
	"parda/gateway/visibility"
	"parda/signaling"
)

// What stands aside of the hearing's ledger until it closes (hearing.Draft.Aside): a sign of duress. Entries, acknowledgements and checkpoints carry the numbers of the ledger to every
// seat, so one event more would tell whoever sits beside her that something was entered, and when. The sealed book is a ledger of its own, as durable and as signed; nothing of it is counted
// for anybody, and no checkpoint of it is sent.

// SealedBook is the name of a hearing's sealed book: the place of a hearing's id in the ledger. No hearing may be called so.
func SealedBook(id string) string { return "sealed-" + id }

// loadAside folds the sealed book, which may not exist. It is folded after the ledger: the state is the same whichever comes first.
func (p *Proceeding) loadAside(ctx context.Context) error {
	events, err := p.cfg.Ledger.Load(ctx, SealedBook(p.cfg.ID))
	if err != nil {
		return fmt.Errorf("the sealed book of %s cannot be read: %w", p.cfg.ID, err)
	}
	return p.foldAside(events)
}

func (p *Proceeding) foldAside(events []ledger.Event) error {
	for _, e := range events {
		if err := p.state.Apply(asHearing(e)); err != nil {
			return fmt.Errorf("event %d of the sealed book: %w", e.Index, err)
		}
	}
	return nil
}

// appendAside makes what belongs into the sealed book durable and gives back the rest. Where nothing is left the command is answered there, so that the ledger holds not even that there
// was one. A store that fails is found by the ledger's own next entry: an alarm here would tell everybody.
func (p *Proceeding) appendAside(ctx context.Context, answer *ledger.Answer, drafts []hearing.Draft) (rest []hearing.Draft, unanswered *ledger.Answer, err error) {
	if !slices.ContainsFunc(drafts, func(d hearing.Draft) bool { return d.Aside }) {
		return drafts, answer, nil
	}
	var aside []hearing.Draft
	for _, d := range drafts {
		if d.Aside {
			aside = append(aside, d)
		} else {
			rest = append(rest, d)
		}
	}
	if len(rest) > 0 {
		unanswered, answer = answer, nil
	}
	events, err := p.appendTo(ctx, SealedBook(p.cfg.ID), answer, aside)
	if err != nil {
		return nil, nil, err
	}
	return rest, unanswered, p.foldAside(events)
}

// answeredBefore looks up the answer to a command that was sent again. One that stands in the sealed book has the number that the ledger has now, as the first answer had.
func (p *Proceeding) answeredBefore(ctx context.Context, s *signaling.Session, c signaling.Command) (ack signaling.Ack, ok bool, err error) {
	index, result, ok, err := p.cfg.Ledger.Answered(ctx, p.cfg.ID, s.Seat, c.ID)
	if err != nil {
		return signaling.Ack{}, false, err
	}
	if ok {
		ack, err = again(index, result)
		return ack, true, err
	}
	_, _, ok, err = p.cfg.Ledger.Answered(ctx, SealedBook(p.cfg.ID), s.Seat, c.ID)
	return signaling.Ack{Index: p.last}, ok, err
}

// tickAside copies the sealed book into the record of a hearing that was closed, before it is rendered and signed.
func (p *Proceeding) tickAside() { p.enter(hearing.IntoRecord(p.state)) }

// Refresh tells the seats what changed outside of the hearing, such as a request for protection. It never waits, not even for a hearing that stands still: whoever calls it tells the
// hearings of all courts, one after another. Many calls before the hearing comes to it are one.
func (p *Proceeding) Refresh() {
	select {
	case p.stale <- struct{}{}:
	default:
	}
}

// card is what extras say of emergencies and of the register.
func (p *Proceeding) outside(x *visibility.Extras) {
	x.Card, x.IncidentOf = p.cfg.Card, p.cfg.IncidentOf
	if p.cfg.Protection != nil {
		x.Protection = p.cfg.Protection()
	}
}
