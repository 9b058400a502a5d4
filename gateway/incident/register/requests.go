package register

import (
	"context"
	"errors"
	"slices"
	"time"

	"parda/gateway/access/secret"
	"parda/gateway/hearing"
	"parda/gateway/incident"
	"parda/signaling"
)

// What people enter about incidents. Each of these asks whether the viewer may, makes the words durable, and enters the event; nil means durable. A moment that is given may
// lie in the past and never in the future.

// Filing is an incident as somebody files it out of court.
type Filing struct {
	Key        string // the client's: the same key by the same person makes one incident
	Kind       string
	When       time.Time
	Endangered string
	Hearing    string
	CaseNo     string
	Pseudonym  string
	Target     string
	Source     string
	Note       string
	Discreet   bool
}

// Bounds of what is filed, in characters.
const (
	shortMost = 200
	noteMost  = 8000
	keyMost   = 100
)

// waitingMost is how many requests of one incident may wait for a decision at once: they all stand on the bench's console.
const waitingMost = 20

var endangeredWho = []string{"witness", "relative", "lawyer", "other"}

func tooLong(most int, texts ...string) error {
	for _, t := range texts {
		if len([]rune(t)) > most {
			return signaling.Refuse("too_large", "This is too large.", nil)
		}
	}
	return nil
}

func (f Filing) check(now time.Time) error {
	switch {
	case f.Kind != "" && !slices.Contains(hearing.FlagKinds(), f.Kind):
		return signaling.Refuse("kind_wrong", "There is no such kind of incident.", nil)
	case f.When.IsZero() || f.When.After(now):
		return signaling.Refuse("when_wrong", "Say when it happened; it cannot lie in the future.", nil)
	case !slices.Contains(endangeredWho, f.Endangered):
		return signaling.Refuse("bad_argument", "Say who is endangered: the witness, a relative, a lawyer, or somebody else.", nil)
	case f.Note == "":
		return signaling.Refuse("note_needed", "Say what happened.", nil)
	}
	return errors.Join(tooLong(shortMost, f.CaseNo, f.Pseudonym, f.Target, f.Source), tooLong(noteMost, f.Note), tooLong(keyMost, f.Key))
}

// File enters an incident out of court and gives its id. The same key by the same person gives the same id, and enters nothing the second time.
func (r *Register) File(ctx context.Context, v Viewer, f Filing) (id string, fresh bool, err error) {
	if !MayFile(v.Roles) {
		return "", false, notAllowed()
	}
	if err := f.check(r.Now()); err != nil {
		return "", false, err
	}
	if f.Hearing != "" && !slices.ContainsFunc(slices.Concat(v.Sits, v.Out), func(s Sitting) bool { return s.Hearing == f.Hearing }) {
		return "", false, signaling.Refuse("hearing_unknown", "There is no such hearing here.", nil)
	}
	id = secret.ID("i-")
	if f.Key != "" {
		id = derived("i-", "filed", v.Court, v.Door.actor(), f.Key)
		if _, there := r.Get(v.Court, id); there {
			return id, false, nil
		}
	}
	said, err := r.Keep(ctx, v.Court, f.CaseNo, f.Pseudonym, f.Target, f.Source, f.Note)
	if err != nil {
		return "", false, err
	}
	p := &IncidentFiledPayload{About: About{Incident: id, By: v.Door}, When: stamped(f.When), Endangered: f.Endangered, Hearing: f.Hearing, CaseNo: said[0], Pseudonym: said[1],
		Discreet: f.Discreet, Detail: Detail{Kind: f.Kind, Target: said[2], Source: said[3], Note: said[4]}}
	fresh, err = r.EnterNew(ctx, v.Court, p)
	return id, fresh, err
}

func notAllowed() error {
	return signaling.Refuse("not_allowed", "You may not do that about this incident.", nil)
}

// Allowed finds an incident that the viewer may do this about. One that she may not even see is not told apart from one that is not there.
func (r *Register) Allowed(v Viewer, court, id string, a Action) (*Incident, error) {
	i, ok := r.Get(court, id)
	if !ok || DepthFor(v, i) == Nothing {
		return nil, errIncident()
	}
	if !May(v, i, a) {
		return nil, notAllowed()
	}
	return i, nil
}

// do asks whether the viewer may, keeps the words, and enters what build makes of the incident as it stands.
func (r *Register) do(ctx context.Context, v Viewer, court, id string, a Action, words []string, build func(i *Incident, said []Said, about About) ([]Payload, error)) error {
	if _, err := r.Allowed(v, court, id, a); err != nil {
		return err
	}
	said, err := r.Keep(ctx, court, words...)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.books[court].incidents[id].snapshot()
	if !May(v, i, a) {
		return notAllowed()
	}
	payloads, err := build(i, said, About{Incident: id, By: v.Door})
	if err != nil {
		return err
	}
	_, err = r.enter(ctx, court, payloads)
	return err
}

// AddNote adds a note.
func (r *Register) AddNote(ctx context.Context, v Viewer, court, id, text string) error {
	if text == "" {
		return signaling.Refuse("note_needed", "Say what happened.", nil)
	}
	if err := tooLong(noteMost, text); err != nil {
		return err
	}
	return r.do(ctx, v, court, id, Note, []string{text}, func(_ *Incident, said []Said, about About) ([]Payload, error) {
		return []Payload{&IncidentNotedPayload{about, said[0]}}, nil
	})
}

// RuleOn enters a judge's ruling out of the hearing: enter, refer, dismiss (with a reason), reopen (with a reason).
func (r *Register) RuleOn(ctx context.Context, v Viewer, court, id, ruling, reason string) error {
	if !slices.Contains([]string{"enter", "refer", "dismiss", "reopen"}, ruling) {
		return signaling.Refuse("bad_argument", "There is no such ruling.", nil)
	}
	if reason == "" && (ruling == "dismiss" || ruling == "reopen") {
		return signaling.Refuse("reason_needed", "Give a reason.", nil)
	}
	if err := tooLong(noteMost, reason); err != nil {
		return err
	}
	return r.do(ctx, v, court, id, Rule, []string{reason}, func(i *Incident, said []Said, about About) ([]Payload, error) {
		if dismissed := i.Phase() == PhaseDismissed; dismissed != (ruling == "reopen") && (dismissed || ruling == "reopen") {
			return nil, signaling.Refuse("phase_wrong", "The incident does not stand so that this could be ruled.", nil)
		}
		return []Payload{&IncidentRuledPayload{about, ruling, said[0]}}, nil
	})
}

// Hold keeps an incident from being erased, its evidence with it, or lets it go again. It needs a reason; said twice it is entered once.
func (r *Register) Hold(ctx context.Context, v Viewer, court, id string, hold bool, reason string) error {
	if reason == "" {
		return signaling.Refuse("reason_needed", "Give a reason.", nil)
	}
	if err := tooLong(noteMost, reason); err != nil {
		return err
	}
	return r.do(ctx, v, court, id, Rule, []string{reason}, func(i *Incident, said []Said, about About) ([]Payload, error) {
		switch {
		case i.Held == hold:
			return nil, nil
		case hold:
			return []Payload{&HoldSetPayload{about, said[0]}}, nil
		}
		return []Payload{&HoldLiftedPayload{about, said[0]}}, nil
	})
}

// SayAgreement enters whether the protected person or her lawyer agrees to a referral.
func (r *Register) SayAgreement(ctx context.Context, v Viewer, court, id string, agree bool, agreeing string) error {
	if agreeing != "lawyer" && agreeing != "person" {
		return signaling.Refuse("bad_argument", "Say who agrees: the protected person or her lawyer.", nil)
	}
	return r.do(ctx, v, court, id, Agree, nil, func(_ *Incident, _ []Said, about About) ([]Payload, error) {
		return []Payload{&AgreementSaidPayload{about, agree, agreeing}}, nil
	})
}

// Ask files a request for protection and gives its id. A court that acts on its own receives it from itself: the clock starts.
func (r *Register) Ask(ctx context.Context, v Viewer, court, id string, measures []string, note string, ownMotion bool) (request string, err error) {
	if len(measures) > 30 {
		return "", signaling.Refuse("too_large", "This is too large.", nil)
	}
	if err := errors.Join(tooLong(shortMost, measures...), tooLong(noteMost, note)); err != nil {
		return "", err
	}
	a := Ask
	if ownMotion {
		a = OwnMotion
	}
	request = secret.ID("r-")
	err = r.do(ctx, v, court, id, a, append([]string{note}, measures...), func(i *Incident, said []Said, about About) ([]Payload, error) {
		waiting := 0
		for _, q := range i.Requests {
			if q.Decided.IsZero() {
				waiting++
			}
		}
		if waiting >= waitingMost {
			return nil, signaling.Refuse("too_many", "Too many requests of this incident wait for a decision.", nil)
		}
		about.At = r.Now()
		all := []Payload{&RequestFiledPayload{About: about, Request: request, Measures: said[1:], Note: said[0], OwnMotion: ownMotion}}
		if ownMotion {
			all = append(all, &RequestReceivedPayload{about, request, about.At})
		}
		return all, nil
	})
	return request, err
}

// moment is a moment that somebody entered: zero is now.
func (r *Register) moment(at time.Time, notBefore time.Time) (time.Time, error) {
	now := r.Now()
	if at.IsZero() {
		at = now
	}
	if at = stamped(at); at.After(now) || at.Before(stamped(notBefore)) {
		return at, signaling.Refuse("at_wrong", "This moment cannot be: it lies in the future, or before what came before it.", nil)
	}
	return at, nil
}

// onRequest is do for a step of a request; the marks that are due at once are entered with it.
func (r *Register) onRequest(ctx context.Context, v Viewer, court, id, request string, a Action, words []string, build func(q Request, said []Said, about About) (Payload, error)) error {
	err := r.do(ctx, v, court, id, a, words, func(i *Incident, said []Said, about About) ([]Payload, error) {
		q := i.request(request)
		if q == nil {
			return nil, errRequest()
		}
		p, err := build(*q, said, about)
		return []Payload{p}, err
	})
	if err != nil {
		return err
	}
	if err := r.Tick(context.WithoutCancel(ctx)); err != nil {
		r.cfg.Log.Error("the clock of a request could not be entered; it is tried again", "err", err)
	}
	return nil
}

func phaseWrong() error {
	return signaling.Refuse("phase_wrong", "The request does not stand so that this could be entered.", nil)
}

// Received enters when a request was received: the clock starts there.
func (r *Register) Received(ctx context.Context, v Viewer, court, id, request string, at time.Time) error {
	return r.onRequest(ctx, v, court, id, request, Receive, nil, func(q Request, _ []Said, about About) (Payload, error) {
		if !q.Received.IsZero() {
			return nil, phaseWrong()
		}
		at, err := r.moment(at, q.Filed)
		return &RequestReceivedPayload{about, request, at}, err
	})
}

// Decided enters the decision on a request. A refusal needs a reason.
func (r *Register) Decided(ctx context.Context, v Viewer, court, id, request string, at time.Time, granted bool, measures []string, reason string) error {
	if !granted && reason == "" {
		return signaling.Refuse("reason_needed", "Give a reason.", nil)
	}
	if len(measures) > 30 {
		return signaling.Refuse("too_large", "This is too large.", nil)
	}
	if err := errors.Join(tooLong(shortMost, measures...), tooLong(noteMost, reason)); err != nil {
		return err
	}
	return r.onRequest(ctx, v, court, id, request, Decide, append([]string{reason}, measures...), func(q Request, said []Said, about About) (Payload, error) {
		if q.Received.IsZero() || !q.Decided.IsZero() {
			return nil, phaseWrong()
		}
		at, err := r.moment(at, q.Received)
		return &RequestDecidedPayload{about, request, at, granted, said[1:], said[0]}, err
	})
}

// Served enters when the copy of a refusal was received: the days to complain run from there.
func (r *Register) Served(ctx context.Context, v Viewer, court, id, request string, at time.Time) error {
	return r.onRequest(ctx, v, court, id, request, Serve, nil, func(q Request, _ []Said, about About) (Payload, error) {
		if q.Decided.IsZero() || q.Granted || !q.Served.IsZero() {
			return nil, phaseWrong()
		}
		at, err := r.moment(at, q.Decided)
		return &RequestServedPayload{about, request, at}, err
	})
}

// Complained enters a complaint about a refusal, or about silence.
func (r *Register) Complained(ctx context.Context, v Viewer, court, id, request string, at time.Time) error {
	return r.onRequest(ctx, v, court, id, request, Complain, nil, func(q Request, _ []Said, about About) (Payload, error) {
		refused := !q.Decided.IsZero() && !q.Granted
		silent := q.Decided.IsZero() && !q.Received.IsZero() && !r.Now().Before(q.Due(r.cfg.Deadlines))
		if !q.Complained.IsZero() || !refused && !silent {
			return nil, phaseWrong()
		}
		at, err := r.moment(at, later(q.Received, q.Decided))
		return &RequestComplainedPayload{about, request, at}, err
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Tick enters, of every request, the marks that have passed and are not entered: each once, those too that were slept through; and lets the retention policy do its work. It is
// called again and again, and after each step of a request.
func (r *Register) Tick(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.Now()
	var all []error
	for _, court := range r.cfg.Courts {
		b := r.books[court]
		var due []Payload
		for _, id := range b.order {
			i := b.incidents[id]
			for _, q := range i.Requests {
				if !q.Open() {
					continue
				}
				passed, _ := r.cfg.Deadlines.Passed(q.clock(), now)
				for _, m := range passed {
					if !q.has(m) {
						due = append(due, &RequestMarkPayload{About: About{Incident: id, At: now, By: System()}, Request: q.ID, Mark: string(m.Mark), Hours: m.Hours, Due: stamped(m.At)})
					}
				}
			}
		}
		if _, err := r.enter(ctx, court, due); err != nil {
			all = append(all, err)
			continue
		}
		all = append(all, r.retain(ctx, b, now))
	}
	return errors.Join(all...)
}

// tickEvery is how often Run looks at the clock.
const tickEvery = time.Second

// Run keeps the clock until ctx ends, and calls mirror after each Wake and each look at the clock. What fails is tried again each second and said once a minute.
func (r *Register) Run(ctx context.Context, mirror func(ctx context.Context) error) {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	var said time.Time
	tell := func(err error) {
		if err == nil || ctx.Err() != nil || time.Since(said) < time.Minute {
			return
		}
		said = time.Now()
		r.cfg.Log.Error("the register of incidents does not follow; it is tried again", "err", err)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.wakes:
			tell(mirror(ctx))
		case <-tick.C:
			tell(errors.Join(r.Tick(ctx), mirror(ctx)))
		}
	}
}

// Wake says that a hearing's ledger or a book has grown. It does not wait.
func (r *Register) Wake() {
	select {
	case r.wakes <- struct{}{}:
	default: // it is awake already, and has not looked yet
	}
}

// markOf is a mark with what pages show of it.
func markOf(m incident.Due) MarkView {
	return MarkView{Mark: string(m.Mark), Hours: m.Hours, At: Moment(m.At)}
}
