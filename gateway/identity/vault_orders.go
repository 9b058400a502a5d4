package identity

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"parda/gateway/access/audit"
	"parda/gateway/hearing"
	"parda/gateway/store"
)

// Kinds of an order about a person.
const (
	Variation = "variation" // other holders, or another pseudonym
	Reuse     = "reuse"     // in another hearing
	EndOf     = "end"       // of the measure
)

// PersonOrder is a judge's order about a protected person.
type PersonOrder struct {
	Kind      string         `json:"kind"`
	Why       string         `json:"why"` // stays in the store, as an opening's does
	Ground    string         `json:"ground"`
	Hearing   string         `json:"hearing"`
	Holders   map[int]string `json:"holders"`
	Pseudonym bool           `json:"pseudonym"` // draw a new one
}

func (o PersonOrder) check() error {
	switch {
	case strings.TrimSpace(o.Why) == "":
		return errReason
	case utf8.RuneCountInString(o.Why) > maxWhyRunes:
		return refuse("bad_argument", "The reason is too long.")
	case !groundExists(o.Ground):
		return refuse("ground_unknown", "There is no such legal ground.")
	case o.Kind == Variation && len(o.Holders) == 0 && !o.Pseudonym, o.Kind == Reuse && o.Hearing == "",
		o.Kind != Variation && (len(o.Holders) > 0 || o.Pseudonym), o.Kind != Reuse && o.Hearing != "", o.Kind != Variation && o.Kind != Reuse && o.Kind != EndOf:
		return refuse("bad_argument", "The order does not say what is to be.")
	}
	return nil
}

// OrderPerson carries out a variation, a use in another hearing, or the end of the measure.
func (v *Vault) OrderPerson(ctx context.Context, who Visitor, person string, o PersonOrder) (order string, pseudonym string, err error) {
	if err := o.check(); err != nil {
		return "", "", err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	p, err := v.person(ctx, who.Court, person)
	if err != nil {
		return "", "", err
	}
	if p.State != Protected {
		return "", "", errMeasureEnded
	}
	var name *store.VaultPseudonym
	if err := v.apply(ctx, &p, o, &name); err != nil {
		return "", "", err
	}
	order = newID("r-")
	entry := personEntry{Person: p.ID, Order: order, Kind: o.Kind, Ground: o.Ground, Hearing: o.Hearing, Holders: o.Holders}
	if err := v.enter(ctx, who.Court, audit.VaultPersonOrdered, who.Account, entry); err != nil {
		return "", "", err
	}
	for _, h := range p.Hearings { // the one that is added too
		if _, runs := v.cfg.Hearings.Court(h); runs {
			if err := v.cfg.Hearings.VaultEvent(ctx, h, hearing.VaultPersonOrdered, hearing.VaultOrderPayload{Order: order, Measure: o.Kind, Ground: o.Ground}); err != nil {
				return "", "", err
			}
		}
	}
	record := body(struct {
		PersonOrder
		Order string    `json:"order"`
		By    string    `json:"by"`
		At    time.Time `json:"at"`
	}{o, order, who.Account, v.now()})
	if err := v.cfg.Store.OrderVaultPerson(ctx, store.VaultRecord{ID: p.ID, Court: p.Court, Body: body(p)}, store.VaultRecord{ID: order, Court: p.Court, Body: record}, name); err != nil {
		return "", "", kept(err)
	}
	if name != nil {
		pseudonym = name.Pseudonym
	}
	switch {
	case o.Kind == EndOf:
		err = v.endAll(ctx, p.Court, who.Account, "measure_ended", func(one Opening) bool { return one.Person == p.ID })
	case len(o.Holders) > 0:
		err = v.endAll(ctx, p.Court, who.Account, "holder_changed", func(one Opening) bool { return one.Person == p.ID && one.State == Ordered })
	}
	return order, pseudonym, err
}

func (v *Vault) apply(ctx context.Context, p *Person, o PersonOrder, name **store.VaultPseudonym) error {
	switch o.Kind {
	case EndOf:
		p.State = Ended
	case Reuse:
		if court, known := v.cfg.Hearings.Court(o.Hearing); !known || court != p.Court {
			return refuse("hearing_unknown", "There is no such hearing in this court.")
		}
		if !slices.Contains(p.Hearings, o.Hearing) {
			p.Hearings = append(slices.Clone(p.Hearings), o.Hearing)
		}
	case Variation:
		if len(o.Holders) > 0 {
			holders, err := v.chooseHolders(ctx, p.Court, o.Holders)
			if err != nil {
				return err
			}
			p.Holders = holders
		}
		if o.Pseudonym {
			drawn, err := v.draw(ctx, p.Court)
			if err != nil {
				return err
			}
			p.Former, p.Pseudonym = append(slices.Clone(p.Former), p.Pseudonym), drawn.Pseudonym
			*name = &drawn
		}
	}
	return nil
}

// Pseudonym is the name that a person has in a hearing's order. The hearing must be one in which she testifies: by its configuration or by an order.
func (v *Vault) Pseudonym(ctx context.Context, court, at, person string) (string, error) {
	p, err := v.person(ctx, court, person)
	switch {
	case err != nil:
		return "", err
	case p.State != Protected:
		return "", errMeasureEnded
	case !slices.Contains(p.Hearings, at):
		return "", errPersonUnknown
	}
	return p.Pseudonym, nil
}

// Use says, when a hearing is made with a person in its configuration, that she testifies in it.
func (v *Vault) Use(ctx context.Context, court, at, person string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	p, err := v.person(ctx, court, person)
	switch {
	case err != nil:
		return err
	case p.State != Protected:
		return errMeasureEnded
	case slices.Contains(p.Hearings, at):
		return nil
	}
	p.Hearings = append(slices.Clone(p.Hearings), at)
	if err := v.enter(ctx, court, audit.VaultPersonUsed, "system", personEntry{Person: p.ID, Hearing: at}); err != nil {
		return err
	}
	return kept(v.cfg.Store.OrderVaultPerson(ctx, store.VaultRecord{ID: p.ID, Court: p.Court, Body: body(p)}, store.VaultRecord{}, nil))
}
