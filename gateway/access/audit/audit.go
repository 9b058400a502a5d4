// Package audit keeps who came in, was refused, was given something or looked at something, court by court: each a durable, signed event in a
// ledger of its own (gateway/ledger, with the court's book in the place of a hearing).
//
// It names accounts, devices and hearings by their ids. No name, no network address and no address of a room is in it, and Enter refuses what
// is not in the register of codes.go. What happened inside a hearing is in that hearing's ledger.
package audit

import (
	"context"
	"fmt"

	"parda/gateway/ledger"
)

// Book writes the audit. It is safe for concurrent use.
type Book struct{ ledger *ledger.Ledger }

// New makes the audit over the gateway's ledger.
func New(l *ledger.Ledger) *Book { return &Book{ledger: l} }

// Of is the name of a court's book: the place of a hearing's id in the ledger. No hearing may be called so (hearing ids have no such prefix).
func Of(court string) string { return "audit-" + court }

// Enter makes an event durable. nil means durable; whoever is refused this must not do what was to be entered. actor is an account's id
// ("p-..."), a device's ("d-..."), or "system".
func (b *Book) Enter(ctx context.Context, court string, code Code, actor string, payload any) error {
	if _, ok := register[code]; !ok {
		return fmt.Errorf("audit: %q is not in the register", code)
	}
	_, err := b.ledger.Append(ctx, Of(court), ledger.Draft{Code: string(code), Actor: actor, Payload: payload})
	return err
}
