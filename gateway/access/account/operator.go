package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/access/secret"
	"parda/gateway/store"
)

// FirstCode draws the code of a court's first administrator; ok is false where the court has one. A code of an earlier start ends.
func (a *Accounts) FirstCode(ctx context.Context, court string) (c Code, ok bool, err error) {
	a.changing.Lock()
	defer a.changing.Unlock()
	there, err := a.hasAdministrator(ctx, court)
	if err != nil || there {
		return Code{}, false, err
	}
	c, kept := a.drawCode(ForFirst, court, secret.ID("p-"), system, codeLife)
	if err := a.enter(ctx, court, audit.AccountCodeDrawn, system, drawn{ForFirst, kept.Person, system}); err != nil {
		return Code{}, false, err
	}
	return c, true, fromStore(a.store.PutCode(ctx, kept), errCodeUsed)
}

// OperatorCode draws a code on the server itself, beside a gateway that may be running, whose audit is told of it by that gateway before the code is good
// for anything. It is for what two administrators cannot do between them:
//
//   - a court without an administrator (person "") gets one;
//   - a court's only administrator (person "" or her id) gets in again; where there are more, one of them who is named;
//   - a person for whom an administrator has asked a recovery where no two are old enough (settled, Config.Settled) to do it: the operator is the second pair of eyes.
//
// The operator has the database in her hands anyway (A3); what she gets here is a way that the court can see.
func OperatorCode(ctx context.Context, s *store.Store, court, person string, settled time.Duration, now time.Time) (Code, string, error) {
	c := Code{Code: secret.Code()}
	kept := store.AccountCode{Hash: codeHash(c.Code), Court: court, Drawn: "operator"}
	heads, err := administrators(ctx, s, court)
	if err != nil {
		return c, "", err
	}
	if person == "" && len(heads) > 1 {
		var ids []string
		for _, h := range heads {
			ids = append(ids, h.ID)
		}
		return c, "", fmt.Errorf("this court has %d administrators, who recover each other; name one with -person: %s", len(heads), strings.Join(ids, " "))
	}
	switch {
	case len(heads) == 0:
		kept.Kind, kept.Person, kept.Ends = ForFirst, secret.ID("p-"), now.Add(codeLife)
	case person == "":
		kept.Kind, kept.Person, kept.Ends = ForRecovery, heads[0].ID, now.Add(recoveryLife)
	case slices.ContainsFunc(heads, func(h store.Account) bool { return h.ID == person }):
		kept.Kind, kept.Person, kept.Ends = ForRecovery, person, now.Add(recoveryLife)
	default:
		return operatorAgrees(ctx, s, c, kept, heads, person, settled, now)
	}
	c.Ends = kept.Ends
	return c, kept.Kind, s.PutCode(ctx, kept)
}

// operatorAgrees is the second part of a recovery that no second administrator can agree to.
func operatorAgrees(ctx context.Context, s *store.Store, c Code, kept store.AccountCode, heads []store.Account, person string, settled time.Duration, now time.Time) (Code, string, error) {
	old := 0
	for _, h := range heads {
		if !youngAt(h, settled, now) {
			old++
		}
	}
	if old > 1 {
		return c, "", errors.New("this court has two administrators: one asks for the recovery, and another one agrees")
	}
	waiting, err := s.RecoveriesWaiting(ctx, kept.Court)
	if err != nil {
		return c, "", err
	}
	for _, r := range waiting {
		if r.Person == person && slices.ContainsFunc(heads, func(h store.Account) bool { return h.ID == r.AskedBy }) && now.Before(r.Ends) {
			kept.Kind, kept.Person, kept.Ends = ForRecovery, person, now.Add(recoveryLife)
			c.Ends = kept.Ends
			return c, kept.Kind, s.EndRecovery(ctx, r.ID, &kept)
		}
	}
	return c, "", errors.New("the court's administrator has asked no recovery for this person")
}
