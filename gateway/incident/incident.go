// Package incident folds a hearing's events into its flags: what was pressed, when, what was said of it and how the bench
// ruled. Who may see which flag is here too, because it depends on the flag more than on the hearing. Raising and ruling are
// commands of gateway/hearing.
package incident

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"parda/gateway/hearing"
)

// Flag is one act of intimidation as it was reported.
type Flag struct {
	ID         string
	Seat       string
	Role       hearing.Role
	Person     string    // the account that held the seat then; "" where seats are held by link
	PressedAt  time.Time // by the clock of who pressed, never after ReceivedAt
	ReceivedAt time.Time // by the gateway's
	Discreet   bool      // bench and raiser only, for ever
	Detail     hearing.FlagDetail
	Detailed   int      // how often the detail was changed
	Rulings    []Ruling // oldest first; they add up
	Puts       []Put    // to whom it was put, and what they said
	Requested  bool     // it was filed as a request for protection
}

// Ruling is an answer of the bench to a flag.
type Ruling struct {
	Ruling      string
	Reason      string
	Against     string // the target of an adverse one: a seat, or a view of the court
	Provisional bool   // the person concerned was not heard on it, and the ruling that is owed was not given
	By          hearing.Role
	At          time.Time

	owed string
}

// Put is a flag that was put to the person concerned, or on which that person was heard.
type Put struct {
	Seat   string // the target
	Form   string // whole, gist, orally
	Gist   string
	At     time.Time
	Answer *Answer
	Heard  *Heard
	// Stale: since then the flag was changed, or another person took the seat. Nobody was heard by it on what is flagged now.
	Stale bool

	whole hearing.FlagDetail // as it was when it was put
	gone  bool               // whom it was put to does not sit there any more
}

// Answer is what the person wrote.
type Answer struct {
	Text string
	At   time.Time
}

// Heard says how the person was heard in the room: orally, declined or absent.
type Heard struct {
	How       string
	Positions string
	At        time.Time
}

// Latest is the newest ruling; nil where there is none.
func (f Flag) Latest() *Ruling {
	if len(f.Rulings) == 0 {
		return nil
	}
	return &f.Rulings[len(f.Rulings)-1]
}

// Closed says whether nothing is to be done about the flag in the sitting: it was dismissed last, or ruled on and nothing of that is provisional.
func (f Flag) Closed() bool {
	last := f.Latest()
	if last == nil {
		return false
	}
	return last.Ruling == hearing.RulingDismiss || !slices.ContainsFunc(f.Rulings, func(r Ruling) bool { return r.Provisional })
}

// Urgency is how soon the bench should look at a flag.
type Urgency string

// The urgencies, the most pressing first. Now: nobody has ruled, and it comes from who is protected or sits beside her, is discreet, or is of a kind that goes on while it
// is read. Soon: nobody has ruled, or a ruling is provisional.
const (
	Now  Urgency = "now"
	Soon Urgency = "soon"
	Done Urgency = "done"
)

// pressing are the kinds that do harm while nobody looks; a kind that is not known yet may be one of them.
var pressing = []string{"", "photographing", "identify", "threat_relative", "threat_lawyer", "words"}

// Urgency says how soon the bench should look at the flag. It depends on the flag alone, never on a clock: the list does not move under a judge's hand.
func (f Flag) Urgency() Urgency {
	switch {
	case f.Closed():
		return Done
	case f.Latest() != nil:
		return Soon
	case f.Discreet || f.Role == hearing.ProtectedWitness || f.Role.Beside() || slices.Contains(pressing, f.Detail.Kind):
		return Now
	}
	return Soon
}

// ByUrgency sorts flags as the bench gets them: now, soon, done, and within each the newest first. The slice is the caller's.
func ByUrgency(flags []Flag) []Flag {
	rank := map[Urgency]int{Now: 0, Soon: 1, Done: 2}
	sorted := slices.Clone(flags)
	slices.Reverse(sorted) // arrival, newest first
	slices.SortStableFunc(sorted, func(a, b Flag) int { return rank[a.Urgency()] - rank[b.Urgency()] })
	return sorted
}

// Register holds the flags of one hearing, in order of arrival. The zero value is empty and ready; one goroutine owns it.
type Register struct {
	flags []Flag
	roles map[string]hearing.Role // seat -> role
}

// Apply folds one event; events that are no business of a flag are passed over. The error is a payload that cannot be read.
func (r *Register) Apply(e hearing.Event) error {
	switch e.Code {
	case hearing.HearingCreated:
		p, err := hearing.Payload[hearing.HearingCreatedPayload](e)
		if err != nil {
			return err
		}
		r.roles = map[string]hearing.Role{}
		for _, seat := range p.Seats {
			r.roles[seat.ID] = seat.Role
		}
	case hearing.FlagRaised:
		p, err := hearing.Payload[hearing.FlagRaisedPayload](e)
		if err != nil {
			return err
		}
		r.flags = append(r.flags, Flag{ID: p.ID, Seat: p.Seat, Role: p.Role, Person: p.Person, PressedAt: p.PressedAt, ReceivedAt: e.Time,
			Discreet: p.Discreet, Detail: p.FlagDetail})
	case hearing.SeatReissued:
		p, err := hearing.Payload[hearing.SeatPayload](e)
		if err != nil {
			return err
		}
		r.outdate(func(q *Put) bool {
			q.gone = q.gone || q.Seat == p.Seat
			return q.Seat == p.Seat
		})
	case hearing.FlagDetailed, hearing.FlagRuled, hearing.FlagPut, hearing.FlagAnswered, hearing.FlagHeard, hearing.ProtectionRequested, hearing.RulingGiven:
		return r.follow(e)
	}
	return nil
}

// follow folds what is said and done about a flag that is there.
func (r *Register) follow(e hearing.Event) error {
	payload, err := read(e)
	if err != nil {
		return err
	}
	switch p := payload.(type) {
	case *hearing.FlagDetailedPayload:
		r.change(p.ID, func(f *Flag) {
			if f.Detail.SaysOther(p.FlagDetail) {
				f.Puts = outdated(f.Puts, func(*Put) bool { return true })
			}
			f.Detail, f.Discreet, f.Detailed = p.FlagDetail, f.Discreet || p.Discreet, f.Detailed+1
		})
	case *hearing.FlagRuledPayload:
		ruling := Ruling{Ruling: p.Ruling, Reason: p.Reason, Against: p.Against, Provisional: p.Provisional, By: r.roles[e.Actor], At: e.Time, owed: p.Owed}
		if ruling.Against == "" {
			ruling.Against = p.Removed // as hearings of before wrote it
		}
		r.change(p.ID, func(f *Flag) { f.Rulings = append(slices.Clone(f.Rulings), ruling) })
	case *hearing.FlagPutPayload:
		r.put(p.Flag, p.Seat, e.Time, func(q *Put) { *q = Put{Seat: p.Seat, Form: p.Form, Gist: p.Gist, At: e.Time, whole: r.detail(p.Flag)} })
	case *hearing.FlagAnsweredPayload:
		r.put(p.Flag, p.Seat, e.Time, func(q *Put) { q.Answer = &Answer{p.Text, e.Time} })
	case *hearing.FlagHeardPayload:
		r.put(p.Flag, p.Seat, e.Time, func(q *Put) { q.Heard, q.Stale = &Heard{p.Heard, p.Positions, e.Time}, false })
	case *hearing.ProtectionRequestedPayload:
		r.change(p.Flag, func(f *Flag) { f.Requested = true })
	case *hearing.RulingGivenPayload:
		r.change(p.Flag, func(f *Flag) {
			f.Rulings = slices.Clone(f.Rulings)
			for i := range f.Rulings {
				f.Rulings[i].Provisional = f.Rulings[i].Provisional && f.Rulings[i].owed != p.ID
			}
		})
	}
	return nil
}

// outdate marks what was put, in every flag, where which says so.
func (r *Register) outdate(which func(*Put) bool) {
	r.flags = slices.Clone(r.flags)
	for i := range r.flags {
		r.flags[i].Puts = outdated(r.flags[i].Puts, which)
	}
}

func outdated(puts []Put, which func(*Put) bool) []Put {
	puts = slices.Clone(puts)
	for i := range puts {
		puts[i].Stale = which(&puts[i]) || puts[i].Stale
	}
	return puts
}

func (r *Register) detail(id string) hearing.FlagDetail {
	if i := slices.IndexFunc(r.flags, func(f Flag) bool { return f.ID == id }); i >= 0 {
		return r.flags[i].Detail
	}
	return hearing.FlagDetail{}
}

// read gives the payload of an event in the type of its code.
func read(e hearing.Event) (any, error) {
	d, ok := hearing.Describe(e.Code)
	if !ok {
		return nil, fmt.Errorf("event %d has the unknown code %q", e.Index, e.Code)
	}
	payload := d.Payload()
	if err := json.Unmarshal(e.Payload, payload); err != nil {
		return nil, fmt.Errorf("payload of %s at %d: %w", e.Code, e.Index, err)
	}
	return payload, nil
}

// put changes what is known of a target on a flag.
func (r *Register) put(flag, seat string, at time.Time, do func(*Put)) {
	r.change(flag, func(f *Flag) {
		f.Puts = slices.Clone(f.Puts)
		i := slices.IndexFunc(f.Puts, func(p Put) bool { return p.Seat == seat })
		if i < 0 {
			f.Puts = append(f.Puts, Put{Seat: seat, Form: hearing.FormOrally, At: at})
			i = len(f.Puts) - 1
		}
		do(&f.Puts[i])
	})
}

func (r *Register) change(id string, do func(*Flag)) {
	if i := slices.IndexFunc(r.flags, func(f Flag) bool { return f.ID == id }); i >= 0 {
		r.flags = slices.Clone(r.flags) // a snapshot that was handed out stays as it was
		do(&r.flags[i])
	}
}

// Flags returns every flag, oldest first. It is for export; a seat gets SeenBy.
func (r *Register) Flags() []Flag { return slices.Clone(r.flags) }

// Entered says whether some ruling put the flag into the protocol that the parties read: every ruling but a dismissal and a referral, and never
// a discreet flag. What stood there once is not taken away by a later dismissal.
func (f Flag) Entered() bool {
	return !f.Discreet && slices.ContainsFunc(f.Rulings, func(r Ruling) bool { return hearing.Enters(r.Ruling) })
}

// Viewer is who asks for flags: a seat, and who holds it now.
type Viewer struct {
	Seat    string
	Role    hearing.Role
	Person  string // the account; "" where seats are held by link
	Attends bool   // takes part now
}

// raisedBy says whether this seat raised the flag, and this person in it: whoever holds the seat next raised nothing. A flag of before, which names no account, is nobody's own where
// seats are persons'.
func (f Flag) raisedBy(who Viewer) bool {
	return f.Seat == who.Seat && f.Role == who.Role && f.Person == who.Person
}

// MaySeeReferral says whether somebody who sees a flag also sees that it was referred, or filed as a request for protection: bench, clerk and who raised it. The other parties do
// not: whom it is about would be warned.
func MaySeeReferral(f Flag, who Viewer) bool {
	role := who.Role
	return f.raisedBy(who) || role.Bench() || role == hearing.CourtClerk
}

// MaySee says whether a seat may know a flag. The bench sees all; who raised one sees it, even from outside; the clerk sees what
// is not discreet; the parties see what the bench has entered. Nobody else, and nobody who does not take part. To whom a flag was put reads what was
// put (PutTo), and by that alone not the flag.
func MaySee(f Flag, who Viewer) bool {
	role := who.Role
	switch {
	case f.raisedBy(who):
		return true
	case !who.Attends:
		return false
	case role.Bench():
		return true
	case role == hearing.CourtClerk:
		return !f.Discreet
	case role.Party():
		return f.Entered()
	}
	return false
}

// SeenBy returns the flags that somebody may know, oldest first. A nil register has none.
func (r *Register) SeenBy(who Viewer) []Flag {
	if r == nil {
		return nil
	}
	var seen []Flag
	for _, f := range r.flags {
		if MaySee(f, who) {
			seen = append(seen, f)
		}
	}
	return seen
}

// MaySeeAnswers says whether somebody who sees a flag also sees to whom it was put and what they said: who raised it does not, by that alone.
func MaySeeAnswers(f Flag, role hearing.Role, attends bool) bool {
	return attends && (role.Bench() || role == hearing.CourtClerk && !f.Discreet || role.Party() && f.Entered())
}

// MaySeeWhole says whether somebody who sees a flag also sees its source, target and note: bench, clerk and who raised it; a party not while the judge put it to nobody whole, but
// in a gist or orally: it would read there what that form keeps from whom it is about.
func MaySeeWhole(f Flag, who Viewer) bool {
	if MaySeeReferral(f, who) || len(f.Puts) == 0 {
		return true
	}
	return slices.ContainsFunc(f.Puts, func(p Put) bool { return p.Form == hearing.FormWhole })
}

// Question is what the person concerned reads of a flag that was put: as much as the form says.
type Question struct {
	Flag     string
	Form     string
	Text     string // the gist
	Kind     string // of a flag that is put whole, as the two below
	Source   string
	Note     string
	At       time.Time
	Answered bool
}

// PutTo returns what was put to a seat, oldest first. It never says who raised the flag, against whom it was, nor when it was pressed.
func (r *Register) PutTo(seat string) []Question {
	if r == nil {
		return nil
	}
	var all []Question
	for _, f := range r.flags {
		for _, p := range f.Puts {
			if p.Seat != seat || p.gone || p.Heard != nil && p.Answer == nil && p.At.Equal(p.Heard.At) { // heard at once: nothing was put
				continue
			}
			q := Question{Flag: f.ID, Form: p.Form, Text: p.Gist, At: p.At, Answered: p.Answer != nil || p.Heard != nil}
			if p.Form == hearing.FormWhole && !f.Discreet && f.Role != hearing.ProtectedWitness {
				q.Kind, q.Source, q.Note = p.whole.Kind, p.whole.Source, p.whole.Note
			}
			all = append(all, q)
		}
	}
	return all
}
