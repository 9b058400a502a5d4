package proceeding

import (
	"context"
	"encoding/json"

	"parda/gateway/hearing"
	"parda/signaling"
)

// Pseudonyms is the vault as a hearing asks it for names.
type Pseudonyms interface {
	// Of is the pseudonym of a protected person who testifies in this hearing; a refusal where she does not.
	Of(ctx context.Context, hearing, person string) (string, error)
	// Given marks a pseudonym that somebody typed as given in the court, so that the vault never draws it for another person.
	Given(ctx context.Context, hearing, pseudonym string) error
}

// underPseudonym puts the pseudonym in the place of the person whom an order's draft names. The rules, the ledger and the order know the pseudonym
// alone: the id of the person stays between the seat and the vault.
func (p *Proceeding) underPseudonym(c signaling.Command) (signaling.Command, error) {
	if c.Name != "order.draft" || p.cfg.Pseudonyms == nil {
		return c, nil
	}
	var args map[string]json.RawMessage
	var named struct {
		Person    string `json:"person"`
		Pseudonym string `json:"pseudonym"`
	}
	if json.Unmarshal(c.Args, &args) != nil || json.Unmarshal(c.Args, &named) != nil {
		return c, nil // the rules refuse it in their own words
	}
	ctx := context.Background()
	if named.Person == "" {
		if named.Pseudonym == "" || p.state.Order != nil && p.state.Order.Order.Pseudonym == named.Pseudonym {
			return c, nil
		}
		return c, p.cfg.Pseudonyms.Given(ctx, p.cfg.ID, named.Pseudonym)
	}
	pseudonym, err := p.cfg.Pseudonyms.Of(ctx, p.cfg.ID, named.Person)
	if err != nil {
		return c, err
	}
	delete(args, "person")
	if args["pseudonym"], err = json.Marshal(pseudonym); err != nil {
		return c, err
	}
	c.Args, err = json.Marshal(args)
	return c, err
}

// VaultEvent enters a step of an opening of the protected person's identity. nil means durable. A sealed hearing tells of no new one: an opening after
// it is an affair of the court's audit alone. That one ends in the meantime, or that something is ordered about the person, is no error: the record of the
// hearing was closed before. payload is a hearing.VaultPayload or a hearing.VaultOrderPayload.
func (p *Proceeding) VaultEvent(ctx context.Context, code hearing.Code, payload any) error {
	var failure error
	err := p.do(ctx, func() {
		drafts := hearing.Vault(p.state, code, payload)
		if len(drafts) == 0 {
			if code != hearing.VaultOpeningEnded && code != hearing.VaultPersonOrdered {
				failure = errSealed
			}
			return
		}
		if failure = p.append(context.WithoutCancel(ctx), nil, drafts); failure == nil {
			p.changed()
		}
	})
	if err != nil {
		return public(err)
	}
	if failure != nil {
		return public(failure)
	}
	return nil
}
