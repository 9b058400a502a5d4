package hearing

import (
	"slices"
	"strings"
	"time"
)

// Flag is as much of a flag as the rules need; gateway/incident holds the whole.
type Flag struct {
	Seat      string
	Role      Role
	Person    string // the account that held the seat; "" by link
	PressedAt time.Time
	Discreet  bool
	Ruled     bool // at least once
	Closed    bool // dismissed, and not taken up again
	Entered   bool // it stands in the parties' protocol
	Did       []string
	Asked     []string // seats that filed it as a request for protection
	Detail    FlagDetail
	Puts      []Put // replaced as a whole, never changed in place
}

// raisedBy says whether whoever sits in a seat now raised the flag. The account counts with the seat: whoever sits there next raised nothing.
func (f Flag) raisedBy(seat, person string) bool { return f.Seat == seat && f.Person == person }

// Put is a flag that was put to the person concerned, or on which that person was heard.
type Put struct {
	Seat     string // the target
	Role     Role
	Form     string // whole, gist, orally
	Gist     string
	Put      bool // by flag.put; false: heard at once
	Answered bool
	Heard    bool
	Stale    bool // what was put, and what was said on it, is not what is flagged now, or was said by somebody else: nobody was heard by it
	Said     string
}

// put finds what was put to a target; ok is false where nothing was.
func (f Flag) put(target string) (p Put, ok bool) {
	i := slices.IndexFunc(f.Puts, func(p Put) bool { return p.Seat == target })
	if i < 0 {
		return Put{}, false
	}
	return f.Puts[i], true
}

// heard says whether the target could answer on this flag as it is flagged now: it answered, or it was heard, or did not use the occasion that it was given.
func (f Flag) heard(target string) bool {
	p, ok := f.put(target)
	return ok && !p.Stale && (p.Answered || p.Heard)
}

// answers is what those concerned have said so far.
func (f Flag) answers() string {
	var said []string
	for _, p := range f.Puts {
		if p.Said != "" {
			said = append(said, p.Said)
		}
	}
	return strings.Join(said, " / ")
}

// toldParties is as much of the flag as an entry says that the parties read: all of it, or, where the judge put it to nobody whole, its kind and the gist in the place of the note. Who
// was kept from source, target and note by the form would read them there.
func (f Flag) toldParties() FlagDetail {
	if len(f.Puts) == 0 || slices.ContainsFunc(f.Puts, func(p Put) bool { return p.Form == FormWhole }) {
		return f.Detail
	}
	var gists []string
	for _, p := range f.Puts {
		if p.Gist != "" && !slices.Contains(gists, p.Gist) {
			gists = append(gists, p.Gist)
		}
	}
	return FlagDetail{Kind: f.Detail.Kind, Note: cut(strings.Join(gists, " / "), maxReasonRunes), Concerns: f.Detail.Concerns, ConcernsRole: f.Detail.ConcernsRole}
}

// SaysOther says whether one detail accuses of something else than the other: whoever was heard on the one was not heard on the other.
func (d FlagDetail) SaysOther(e FlagDetail) bool {
	return d.Kind != e.Kind || d.Source != e.Source || d.Note != e.Note || d.Concerns != e.Concerns
}

// stale makes what was put to the targets that which names, and what they said, count for nobody being heard. The words stay.
func (f Flag) stale(which func(*Put) bool) Flag {
	f.Puts = slices.Clone(f.Puts)
	for i := range f.Puts {
		f.Puts[i].Stale = f.Puts[i].Stale || which(&f.Puts[i])
	}
	return f
}

func (f Flag) standing() Standing { return Standing{Discreet: f.Discreet, Entered: f.Entered} }

// withPut replaces what is known of a target, and leaves the slice that others hold as it is.
func (f Flag) withPut(target string, role Role, change func(*Put)) Flag {
	f.Puts = slices.Clone(f.Puts)
	i := slices.IndexFunc(f.Puts, func(p Put) bool { return p.Seat == target })
	if i < 0 {
		f.Puts = append(f.Puts, Put{Seat: target, Role: role, Form: FormOrally})
		i = len(f.Puts) - 1
	}
	change(&f.Puts[i])
	return f
}

// ViewState is what the bench took from a view of the court.
type ViewState struct {
	Muted  bool
	Hidden bool
}

// Duress is a sign that she does not act freely, and what the bench did about it.
type Duress struct {
	ID        string
	By        Role
	Means     string
	At        time.Time
	PressedAt time.Time
	Do        []DuressDo // replaced as a whole
	Closed    bool       // the bench stood down
	Recorded  bool       // it stands in the hearing's own record
}

// DuressDo is one answer to it.
type DuressDo struct {
	ID       string
	Do       string
	Reason   string
	At       time.Time
	Recorded bool
}

// Emergency is the last emergency. It is replaced, never changed in place.
type Emergency struct {
	Since time.Time
	By    string // witness, officer, bench
	Seat  string
	Ended time.Time // zero: it stands
}

// Duress returns the sign that stands; ok is false where none does.
func (s *State) Duress() (d Duress, ok bool) {
	if n := len(s.Duresses); n > 0 && !s.Duresses[n-1].Closed {
		return s.Duresses[n-1], true
	}
	return Duress{}, false
}

// InEmergency says whether an emergency stands: the witness is shown to nobody.
func (s *State) InEmergency() bool { return s.Emergency != nil && s.Emergency.Ended.IsZero() }

// The views of the court that a ruling can name in the place of a seat: who stands before such a camera has none.
const (
	ViewDock    = "dock"
	ViewHall    = "hall"
	ViewCounsel = "counsel"
)

// RoleAccused stands for the dock in what is entered. It holds no seat.
const RoleAccused Role = "accused"

// Target is whom a flag concerns or a ruling names: a seat, or a view of the court.
type Target struct {
	ID   string
	Role Role
	seat *Seat // nil: a view
}

// View says whether the target is a view of the court and no seat.
func (t Target) View() bool { return t.seat == nil }

// target finds a seat or a view by its name. A seat of that name comes first.
func (s *State) target(id string) (t Target, ok bool) {
	if seat := s.seat(id); seat != nil {
		return Target{seat.ID, seat.Role, seat}, true
	}
	role, ok := map[string]Role{ViewDock: RoleAccused, ViewHall: Gallery, ViewCounsel: DefenceCounsel}[id]
	return Target{ID: id, Role: role}, ok
}

// answerable says whether a ruling on a flag can be against the target. The one who is protected never is; nor are those who decide and who write.
func (t Target) answerable() bool {
	return !t.Role.Bench() && t.Role != CourtClerk && t.Role != ProtectedWitness
}

// writes says whether the target can read what is put to it and answer in writing: it has a page of its own.
func (t Target) writes() bool { return t.answerable() && !t.View() && !t.Role.Passive() }
