package account

import (
	"context"
	"maps"
	"slices"
	"sync"

	"golang.org/x/time/rate"

	"parda/gateway/access/audit"
)

// What the audit is told: ids and codes, never a name, a login, a label or where a request came from.
type (
	signedIn struct {
		Session string `json:"session"`
		How     string `json:"how"`
		Passkey string `json:"passkey,omitempty"`
	}
	ofSession struct {
		Session string `json:"session"`
	}
	refused struct {
		Why    string `json:"why"`              // unknown, password, totp, passkey, clone, code, wait
		Person string `json:"person,omitempty"` // absent where nobody is known
		More   int    `json:"more,omitempty"`   // how many like it were not entered since the last one: a flood does not fill the disk
	}
	claimed struct {
		Kind  string `json:"kind"`
		How   string `json:"how"`
		Drawn string `json:"drawn"`
	}
	ofPasskey struct {
		Passkey string `json:"passkey"`
	}
	ofPerson struct {
		Person string `json:"person"`
	}
	enrolled struct {
		Person string   `json:"person"`
		Roles  []string `json:"roles"`
	}
	ofRole struct {
		Person string `json:"person"`
		Role   string `json:"role"`
	}
	ofRecovery struct {
		Recovery string `json:"recovery"`
		Person   string `json:"person"`
	}
	drawn struct {
		Kind   string `json:"kind"`
		Person string `json:"person"`
		By     string `json:"by"`
	}
	nothing struct{}
)

// system is the actor of what nobody who is signed in did.
const system = "system"

// enter makes an event of a court's audit durable; what was to be entered must not take effect where it fails.
func (a *Accounts) enter(ctx context.Context, court string, code audit.Code, actor string, payload any) error {
	if err := a.audit.Enter(context.WithoutCancel(ctx), court, code, actor, payload); err != nil {
		return notDurable(err)
	}
	return nil
}

// refusals bounds how many refusals are entered: each costs a sync of the disk, and strangers make them. What is left out is counted, and the next one that
// is entered says how many it stands for.
type refusals struct {
	mu   sync.Mutex
	of   map[string]*rate.Limiter // by court
	more map[refusalKey]int
}

type refusalKey struct{ court, why string }

// refusalsAtOnce, and then one each five seconds, in each court.
const refusalsAtOnce = 30

func newRefusals() *refusals {
	return &refusals{of: map[string]*rate.Limiter{}, more: map[refusalKey]int{}}
}

// may says whether one more is entered now, and how many were left out before it.
func (r *refusals) may(court, why string) (more int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.of[court]
	if l == nil {
		l = rate.NewLimiter(0.2, refusalsAtOnce)
		r.of[court] = l
	}
	k := refusalKey{court, why}
	if !l.Allow() {
		r.more[k]++
		return 0, false
	}
	more = r.more[k]
	delete(r.more, k)
	return more, true
}

// left empties the counts of what was not entered.
func (r *refusals) left() map[refusalKey]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := maps.Clone(r.more)
	clear(r.more)
	return all
}

// refuse enters a refusal and gives the answer to it. Where nobody is known (person "") it concerns every court of this gateway. The answer is not_durable
// where the audit cannot take it.
func (a *Accounts) refuse(ctx context.Context, why string, court, person string, answer error) error {
	courts := a.cfg.Courts
	if person != "" {
		courts = []string{court}
	}
	for _, c := range courts {
		if more, ok := a.refusals.may(c, why); ok {
			if err := a.enter(ctx, c, audit.AccountRefused, system, refused{why, person, more}); err != nil {
				return err
			}
		}
	}
	return answer
}

// enterLeft enters what was counted and not entered.
func (a *Accounts) enterLeft(ctx context.Context) {
	left := a.refusals.left()
	for _, k := range slices.SortedFunc(maps.Keys(left), func(x, y refusalKey) int { return slices.Compare([]string{x.court, x.why}, []string{y.court, y.why}) }) {
		if err := a.enter(ctx, k.court, audit.AccountRefused, system, refused{Why: k.why, More: left[k]}); err != nil {
			a.refusals.mu.Lock()
			a.refusals.more[k] += left[k] // for the next time
			a.refusals.mu.Unlock()
		}
	}
}
