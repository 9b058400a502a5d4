package hearing

import (
	"slices"
	"strings"
	"time"
)

// The rulings on a flag. Those that are adverse name a target, and act provisionally while that person was not heard on the flag.
const (
	RulingEnter   = "enter"
	RulingWarn    = "warn"
	RulingMute    = "mute"
	RulingHide    = "hide"
	RulingRemove  = "remove"
	RulingPause   = "pause"
	RulingPrivate = "private"
	RulingRefer   = "refer"
	RulingDismiss = "dismiss"
)

// FlagRulings returns the rulings on a flag.
func FlagRulings() []string {
	return []string{RulingEnter, RulingWarn, RulingMute, RulingHide, RulingRemove, RulingPause, RulingPrivate, RulingRefer, RulingDismiss}
}

// Enters says whether a ruling puts a flag that is not discreet into the protocol that the parties read. A dismissal does not; nor does a referral: it would warn whom it is about.
func Enters(ruling string) bool { return ruling != RulingDismiss && ruling != RulingRefer }

// FlagKinds returns the kinds of intimidation that a flag can name.
func FlagKinds() []string {
	return []string{"words", "gesture", "look", "photographing", "identify", "contact_outside", "threat_relative", "threat_lawyer", "other"}
}

// The forms in which a flag is put to the person concerned. Whole: kind, source and note; gist: what the judge writes; orally: nothing to read.
const (
	FormWhole  = "whole"
	FormGist   = "gist"
	FormOrally = "orally"
)

// maxAnswerRunes bounds what somebody answers on a flag, and the gist that is put; longer is refused, never cut.
const maxAnswerRunes = 2000

// flagRaise never fails over an argument: an incident is not lost because its kind was misspelt (I6).
func (c *call) flagRaise() error {
	var a struct {
		FlagDetail
		Discreet bool `json:"discreet"`
	}
	if !c.argsLoosely(&a) {
		a.Discreet = true // what could not be read may have asked for discretion
	}
	c.raise(a.FlagDetail, a.Discreet)
	return nil
}

func (c *call) raise(d FlagDetail, discreet bool) {
	id := sequence("f", c.s.FlagSeq+1)
	c.emit(FlagRaised, FlagRaisedPayload{ID: id, Seat: c.seat.ID, Role: c.seat.Role, PressedAt: c.pressed(), Person: c.person, Discreet: discreet, FlagDetail: c.s.tidy(d)})
	c.result = Result{"flag": id}
}

// tidy bounds a detail and drops what names nothing. Whom it concerns is never the one who is protected, nor who decides or writes.
func (s *State) tidy(d FlagDetail) FlagDetail {
	if d.Kind != "" && !in(d.Kind, FlagKinds()...) {
		d.Kind = "other"
	}
	d.Target, d.Source, d.Note = cut(d.Target, 200), cut(d.Source, 200), cut(d.Note, maxReasonRunes)
	t, ok := s.target(d.Concerns)
	if !ok || !t.answerable() {
		t = Target{}
	}
	d.Concerns, d.ConcernsRole = t.ID, t.Role
	return d
}

func raised(s *State, seat *Seat, _ time.Time) error {
	for _, f := range s.Flags {
		if f.Seat == seat.ID {
			return nil
		}
	}
	return refuse(CodeWrongPhase, "This seat has raised no flag.")
}

func raisedOwn(s *State, a Actor) bool {
	for _, f := range s.Flags {
		if f.raisedBy(a.Seat, a.Person) {
			return true
		}
	}
	return false
}

// flagDetail says more of a flag, at any time. It may make it discreet; it never makes a discreet one open.
func (c *call) flagDetail() error {
	var a struct {
		Flag string `json:"flag"`
		FlagDetail
		Discreet bool `json:"discreet"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	f, ok := c.s.Flags[a.Flag]
	switch {
	case !ok || !f.raisedBy(c.seat.ID, c.person):
		return refuse(CodeNotAllowed, "Only who raised a flag can add to it.")
	case a.Kind != "" && !in(a.Kind, FlagKinds()...):
		return refuse(CodeBadArgument, "There is no such kind of flag.")
	case a.Discreet && !f.Discreet && f.Entered:
		return refuse(CodeWrongPhase, "The flag stands in the protocol of the parties already.")
	}
	d := FlagDetailedPayload{ID: a.Flag, Discreet: f.Discreet || a.Discreet, FlagDetail: c.s.tidy(a.FlagDetail)}
	if d.FlagDetail != f.Detail || d.Discreet != f.Discreet {
		c.emit(FlagDetailed, d)
	}
	return nil
}

func flagged(s *State, _ *Seat, _ time.Time) error {
	if len(s.Flags) == 0 {
		return refuse(CodeWrongPhase, "There is no flag.")
	}
	return nil
}

// flagRule enters the ruling, and does what it says in the same breath. Rulings on one flag add up.
func (c *call) flagRule() error {
	var a struct {
		Flag   string `json:"flag"`
		Ruling string `json:"ruling"`
		Reason string `json:"reason"`
		Seat   string `json:"seat"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	f, ok := c.s.Flags[a.Flag]
	switch {
	case !ok:
		return refuse(CodeBadArgument, "There is no such flag.")
	case !in(a.Ruling, FlagRulings()...):
		return refuse(CodeBadArgument, "There is no such ruling on a flag.")
	case f.Closed && a.Ruling == RulingDismiss, !f.Closed && in(a.Ruling, RulingEnter, RulingRefer) && in(a.Ruling, f.Did...):
		return refuse(CodeBadArgument, "That is ruled already.")
	case (f.Closed || a.Ruling == RulingDismiss) && blank(a.Reason):
		return refuse(CodeReasonRequired, "To dismiss a flag, or to take a dismissed one up again, needs a reason.")
	}
	to, err := c.against(f, a.Ruling, a.Seat)
	if err != nil {
		return err
	}
	p := FlagRuledPayload{ID: a.Flag, Seat: f.Seat, Role: f.Role, PressedAt: f.PressedAt, Ruling: a.Ruling,
		Reason: cut(strings.TrimSpace(a.Reason), maxReasonRunes), Against: to.ID, To: to.Role, Standing: f.standing(), FlagDetail: f.Detail}
	if !f.Discreet && a.Ruling != RulingRefer && (f.Entered || Enters(a.Ruling)) { // the parties read this entry
		p.FlagDetail = f.toldParties()
	}
	if a.Ruling == RulingRemove {
		p.Removed = to.ID
	}
	if !f.Entered && !f.Discreet {
		p.Answers = f.answers()
	}
	if p.Provisional = to.ID != "" && !f.heard(to.ID); p.Provisional {
		p.Owed = c.nextOwed()
	}
	c.emit(FlagRuled, p)
	if p.Provisional {
		c.owe(RulingOwedPayload{About: "flag", Flag: a.Flag, Ruling: a.Ruling, Seat: to.ID, Role: to.Role, Discreet: f.Discreet})
	}
	return c.effect(p, to)
}

// against finds whom an adverse ruling names: who is said, or whom the flag concerns. A warning may name nobody: then it is to all.
func (c *call) against(f Flag, ruling, name string) (Target, error) {
	if !in(ruling, RulingWarn, RulingMute, RulingHide, RulingRemove) {
		return Target{}, nil
	}
	if name == "" {
		name = f.Detail.Concerns
	}
	if name == "" && ruling == RulingWarn {
		return Target{}, nil
	}
	to, ok := c.s.target(name)
	switch {
	case !ok:
		return Target{}, refuse(CodeSeatUnknown, "Say whom the ruling is against.")
	case !to.answerable():
		return Target{}, refuse(CodeNotAllowed, "No ruling on a flag is against this seat.")
	case ruling == RulingRemove && to.View():
		return Target{}, refuse(CodeNotAllowed, "A view of the court cannot be removed: hide it, or mute it.")
	case ruling == RulingMute && !to.mutable():
		return Target{}, refuse(CodeNotAllowed, "This seat cannot be muted.")
	}
	return to, nil
}

// effect does what the ruling says. Where the ruling is provisional its own debt covers the restriction; where the person was heard, a reason pays it. What everybody reads of the effect
// tells nothing of a discreet flag: neither that there is one, nor the reason of the ruling.
func (c *call) effect(p FlagRuledPayload, to Target) error {
	left, why := owesNothing, "flag"
	switch {
	case p.Provisional || p.Reason != "":
	case p.Discreet:
		left = owesTheBench
	default:
		left = owes
	}
	if p.Discreet {
		p.Reason, why = "", "judge"
	}
	switch p.Ruling {
	case RulingMute:
		return c.mute(to, p.Reason, left)
	case RulingHide:
		c.hide(to, p.Reason, left)
	case RulingRemove:
		return c.remove(to.seat, p.Reason, left)
	case RulingPause:
		if c.s.Phase != Concluded {
			c.stop(why, "")
		}
	case RulingPrivate:
		if c.s.Phase != Concluded {
			c.restrict(Private, "")
		}
	}
	return nil
}

// flagPut puts the flag to the person concerned. Who pressed, against whom and where is never put; of a discreet flag, and of one that she raised
// herself, nothing but what the judge writes or says.
func (c *call) flagPut() error {
	var a struct {
		Flag string `json:"flag"`
		Seat string `json:"seat"`
		Form string `json:"form"`
		Gist string `json:"gist"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	f, to, err := c.flagAnd(a.Flag, a.Seat)
	if err != nil {
		return err
	}
	a.Gist = strings.TrimSpace(a.Gist)
	before, _ := f.put(to.ID)
	switch {
	case !in(a.Form, FormWhole, FormGist, FormOrally):
		return refuse(CodeBadArgument, "There is no such form in which a flag is put.")
	case a.Form != FormOrally && !to.writes():
		return refuse(CodeNotAllowed, "Nobody reads and writes there: hear the person orally.")
	case a.Form == FormWhole && (f.Discreet || f.Role == ProtectedWitness):
		return refuse(CodeNotAllowed, "This flag is not put whole: write its gist, or hear the person orally.")
	case a.Form == FormGist && (a.Gist == "" || len([]rune(a.Gist)) > maxAnswerRunes), a.Form != FormGist && a.Gist != "":
		return refuse(CodeBadArgument, "A gist is a text of at most 2000 letters, and stands in that form alone.")
	case before.Answered && !before.Stale:
		return refuse(CodeWrongPhase, "This person has answered already.")
	}
	c.emit(FlagPut, FlagPutPayload{Flag: a.Flag, Seat: to.ID, Role: to.Role, Form: a.Form, Gist: a.Gist, Standing: f.standing()})
	return nil
}

// flagAnd finds a flag and a target that a ruling on it could name.
func (c *call) flagAnd(flag, name string) (Flag, Target, error) {
	f, ok := c.s.Flags[flag]
	if !ok {
		return f, Target{}, refuse(CodeBadArgument, "There is no such flag.")
	}
	to, ok := c.s.target(name)
	if !ok {
		return f, to, refuse(CodeSeatUnknown, "There is no such seat.")
	}
	if !to.answerable() {
		return f, to, refuse(CodeNotAllowed, "No flag is put to this seat.")
	}
	return f, to, nil
}

// toAnswer: something was put to this seat that it answers in writing.
func toAnswer(s *State, seat *Seat, _ time.Time) error {
	for _, f := range s.Flags {
		if p, ok := f.put(seat.ID); ok && p.Put && p.Form != FormOrally && !p.Answered {
			return nil
		}
	}
	return refuse(CodeWrongPhase, "Nothing was put to this seat that it could answer here.")
}

func (c *call) flagAnswer() error {
	var a struct {
		Flag string `json:"flag"`
		Text string `json:"text"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	f := c.s.Flags[a.Flag]
	p, ok := f.put(c.seat.ID)
	a.Text = strings.TrimSpace(a.Text)
	switch {
	case !ok || !p.Put || p.Form == FormOrally || p.Answered: // as of a flag that does not exist: nobody learns here which do
		return refuse(CodeNotAllowed, "Nothing of that was put to this seat, or it is answered.")
	case a.Text == "" || len([]rune(a.Text)) > maxAnswerRunes:
		return refuse(CodeBadArgument, "Write an answer, and not more than 2000 letters.")
	}
	c.emit(FlagAnswered, FlagAnsweredPayload{Flag: a.Flag, Seat: c.seat.ID, Role: c.seat.Role, Text: a.Text, Standing: f.standing()})
	return nil
}

// flagHeard enters that the person was heard in the room. That somebody declined or was away counts for being heard only where the flag was put before.
func (c *call) flagHeard() error {
	var a struct {
		Flag      string `json:"flag"`
		Seat      string `json:"seat"`
		How       string `json:"how"`
		Positions string `json:"positions"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	f, to, err := c.flagAnd(a.Flag, a.Seat)
	if err != nil {
		return err
	}
	p, _ := f.put(to.ID)
	switch {
	case !in(a.How, "orally", "declined", "absent"):
		return refuse(CodeBadArgument, "Say how the person was heard.")
	case a.How != "orally" && (!p.Put || p.Stale):
		return refuse(CodeWrongPhase, "Put the flag to the person first.")
	}
	c.emit(FlagHeard, FlagHeardPayload{Flag: a.Flag, Seat: to.ID, Role: to.Role, Heard: a.How,
		Positions: cut(strings.TrimSpace(a.Positions), maxAnswerRunes), Standing: f.standing()})
	return nil
}

// mayFile: the bench files any flag as a request for protection; who raised one files it, and the victim's lawyer and the prosecutor what they may see; never a discreet one.
func (f Flag) mayFile(seat *Seat, person string) bool {
	switch {
	case isB(seat.Role):
		return true
	case f.Discreet:
		return false
	case f.raisedBy(seat.ID, person):
		return true
	}
	return f.Entered && in(seat.Role, VictimsLawyer, Prosecutor)
}

func fileable(s *State, seat *Seat, _ time.Time) error {
	for _, f := range s.Flags {
		if f.mayFile(seat, f.Person) { // which account sits there: ownFileable
			return nil
		}
	}
	return refuse(CodeWrongPhase, "There is no flag that this seat could file as a request for protection.")
}

func ownFileable(s *State, a Actor) bool {
	for _, f := range s.Flags {
		if f.mayFile(s.seat(a.Seat), a.Person) {
			return true
		}
	}
	return false
}

const (
	maxMeasures     = 20
	maxMeasureRunes = 100
)

func (c *call) flagRequest() error {
	var a struct {
		Flag     string   `json:"flag"`
		Measures []string `json:"measures"`
		Note     string   `json:"note"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	f, ok := c.s.Flags[a.Flag]
	tooLong := func(m string) bool { return blank(m) || len([]rune(m)) > maxMeasureRunes }
	switch {
	case !ok || !f.mayFile(c.seat, c.person):
		return refuse(CodeNotAllowed, "This seat cannot file that flag as a request for protection.")
	case len(a.Measures) > maxMeasures || slices.ContainsFunc(a.Measures, tooLong):
		return refuse(CodeBadArgument, "At most 20 measures are asked for, each in at most 100 letters.")
	case in(c.seat.ID, f.Asked...):
		return nil
	}
	c.emit(ProtectionRequested, ProtectionRequestedPayload{Flag: a.Flag, Seat: c.seat.ID, Role: c.seat.Role, Measures: a.Measures,
		Note: cut(strings.TrimSpace(a.Note), maxReasonRunes), OwnMotion: isB(c.seat.Role), Standing: f.standing()})
	return nil
}
