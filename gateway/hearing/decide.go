package hearing

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// rule is one line of PROTOCOL.md's table of commands.
type rule struct {
	name string
	who  func(Role) bool
	when func(s *State, seat *Seat, now time.Time) error // nil: accepted now, given right arguments
	do   func(*call) error
	// outside says that a seat which waits outside a closed session may give the command: what protects somebody, what
	// reports a threat, and the undertaking that lets it in.
	outside bool
	// removed says that a seat which was removed may give it: who was put out of the hearing for a flag still answers on it.
	removed bool
	// own says whether there is anything for the account in the seat, where it counts which one it is; nil: it does not.
	own func(*State, Actor) bool
}

// call is one command while it is decided.
type call struct {
	s      *State
	seat   *Seat
	person string // Actor.Person
	cmd    Command
	now    time.Time
	drafts []Draft
	result Result
}

func (c *call) emit(code Code, payload any) {
	c.drafts = append(c.drafts, Draft{Code: code, Actor: c.seat.ID, Payload: payload})
}

// args reads the arguments. Unknown fields and trailing bytes are refused: a misspelt field must not silently do less.
func (c *call) args(v any) error {
	raw := c.cmd.Args
	if len(bytes.TrimSpace(raw)) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		raw = []byte("{}")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return refuse(CodeBadArgument, "The arguments of the command cannot be read.")
	}
	if dec.More() {
		return refuse(CodeBadArgument, "The arguments of the command cannot be read.")
	}
	return nil
}

// argsLoosely reads what it can, for commands that must not fail over an argument, and says whether it could read all.
func (c *call) argsLoosely(v any) bool {
	return len(c.cmd.Args) == 0 || json.Unmarshal(c.cmd.Args, v) == nil
}

func decide(s *State, a Actor, cmd Command, now time.Time) ([]Draft, Result, error) {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.name == cmd.Name })
	if i < 0 {
		return nil, nil, refuse(CodeUnknownCommand, "There is no such command.")
	}
	r := rules[i]
	seat := s.seat(a.Seat)
	if seat == nil {
		return nil, nil, refuse(CodeSeatUnknown, "There is no such seat.")
	}
	if err := r.since(s, seat, cmd).accepts(s, seat, a.Role, now); err != nil {
		return nil, nil, err
	}
	c := &call{s: s, seat: seat, person: a.Person, cmd: cmd, now: now}
	if err := r.do(c); err != nil {
		return nil, nil, err
	}
	return s.withRoom(c.drafts), c.result, nil
}

// since is the rule for a command that was pressed at a moment: a flag that a seat raised while it sat there still, and that reaches the court after it was removed, is taken (I6).
func (r rule) since(s *State, seat *Seat, cmd Command) rule {
	if r.name == "flag.raise" && !seat.Admitted && !cmd.At.IsZero() && cmd.At.Before(seat.RemovedAt) {
		r.removed = true
	}
	return r
}

func (r rule) accepts(s *State, seat *Seat, role Role, now time.Time) error {
	switch {
	case seat.Role != role || !r.who(role):
		return refuse(CodeNotAllowed, "This seat may not do that.")
	case !seat.Admitted && !r.removed:
		return refuse(CodeRemoved, "This seat was removed from the hearing.")
	case !r.outside && !r.removed && !s.Attends(seat.ID):
		return refuse(CodeUndertakingRequired, "The session is closed: sign the undertaking first.")
	case s.Phase == Signed || s.Phase == Sealed:
		return refuse(CodeWrongPhase, "The protocol is signed: nothing can be added.")
	}
	return r.when(s, seat, now)
}

func can(s *State, a Actor, now time.Time) []string {
	names := []string{}
	seat := s.seat(a.Seat)
	if seat == nil {
		return names
	}
	for _, r := range rules {
		if r.accepts(s, seat, a.Role, now) == nil && (r.own == nil || r.own(s, a)) {
			names = append(names, r.name)
		}
	}
	return names
}

// The letters of PROTOCOL.md's table.
func isB(r Role) bool       { return r == PresidingJudge }
func isBench(r Role) bool   { return r.Bench() }
func isBC(r Role) bool      { return isB(r) || r == CourtClerk }
func isP(r Role) bool       { return r.Party() }
func isPW(r Role) bool      { return r.Party() || isW(r) }
func isPIS(r Role) bool     { return r.Party() || r == Interpreter || r.Beside() }
func isW(r Role) bool       { return r == ProtectedWitness }
func isBW(r Role) bool      { return isB(r) || isW(r) }
func isSpeaker(r Role) bool { return isAny(r) && !isW(r) } // the kiosk lists no flags: nothing of one is added or filed there
func isAny(r Role) bool     { return r.Known() && !r.Passive() }

var wrongPhase = refuse(CodeWrongPhase, "That cannot be done at this point of the hearing.")

func in[T comparable](v T, set ...T) bool { return slices.Contains(set, v) }

// during accepts in the named phases of the hearing.
func during(phases ...Phase) func(*State, *Seat, time.Time) error {
	return func(s *State, _ *Seat, _ time.Time) error {
		if !in(s.Phase, phases...) {
			return wrongPhase
		}
		return nil
	}
}

// testifying accepts in the named phases of the testimony, while the hearing has not closed.
func testifying(phases ...TestimonyPhase) func(*State, *Seat, time.Time) error {
	return func(s *State, _ *Seat, _ time.Time) error {
		if s.Phase == Concluded || !in(s.Testimony.Phase, phases...) {
			return wrongPhase
		}
		return nil
	}
}

func both(a, b func(*State, *Seat, time.Time) error) func(*State, *Seat, time.Time) error {
	return func(s *State, seat *Seat, now time.Time) error {
		if err := a(s, seat, now); err != nil {
			return err
		}
		return b(s, seat, now)
	}
}

func ordered(s *State, _ *Seat, now time.Time) error {
	if !s.OrderHolds(now) {
		return refuse(CodeOrderNotSigned, "No signed order is in force: nothing flows before one.")
	}
	return nil
}

var (
	notSigned = during(Scheduled, Open, Suspended, Concluded)
	before    = during(Scheduled, Open, Suspended)
	sitting   = during(Open, Suspended)
)

// rules is the table of commands, in PROTOCOL.md's order.
var rules = []rule{
	{name: "key.enrol", who: isBC, when: notSigned, do: (*call).keyEnrol},
	{name: "order.draft", who: isB, when: before, do: (*call).orderDraft},
	{name: "order.sign", who: isB, when: both(before, drafted), do: (*call).orderSign},
	{name: "hearing.open", who: isB, when: both(during(Scheduled), ordered), do: (*call).hearingOpen},
	{name: "hearing.suspend", who: isB, when: during(Open), do: (*call).hearingSuspend},
	{name: "hearing.resume", who: isB, when: during(Suspended), do: (*call).hearingResume},
	{name: "identity.verified", who: isB, when: before, do: (*call).identityVerified},
	{name: "testimony.rehearse", who: isBW, when: both(testifying(Waiting, Ready), ordered), do: (*call).rehearse},
	{name: "testimony.call", who: isB, when: both(testifying(Ready, Paused), callable), do: (*call).callWitness},
	{name: "testimony.pause", who: isAny, when: stoppable, do: (*call).pause, outside: true},
	{name: "officer.issue", who: isBC, when: before, do: (*call).officerIssue},
	{name: "room.certify", who: isW, when: certifiable, do: (*call).certify, outside: true},
	{name: "testimony.release", who: isB, when: testifying(Ready, Live, Paused), do: (*call).release},
	{name: "witness.consent", who: isW, when: both(testifying(Rehearsal), ordered), do: (*call).consent, outside: true},
	{name: "witness.refuse", who: isW, when: testifying(Rehearsal, Ready, Live, Paused), do: (*call).refuse, outside: true},
	{name: "witness.afraid", who: isW, when: notSigned, do: (*call).afraid, outside: true},
	{name: "witness.tighten", who: isW, when: notSigned, do: (*call).tighten, outside: true},
	{name: "mask.status", who: isW, when: notSigned, do: (*call).maskStatus, outside: true},
	{name: "floor.give", who: isB, when: sitting, do: (*call).floorGive},
	{name: "session.kind", who: isB, when: before, do: (*call).sessionKind},
	{name: "seat.mute", who: isB, when: before, do: (*call).seatMute},
	{name: "seat.remove", who: isB, when: notSigned, do: (*call).seatRemove},
	{name: "seat.show", who: isB, when: both(notSigned, hiding), do: (*call).seatShow},
	{name: "seat.take_stop", who: isB, when: before, do: (*call).seatTakeStop},
	{name: "seat.give_stop", who: isB, when: before, do: (*call).seatGiveStop},
	{name: "seat.unmute", who: isB, when: notSigned, do: (*call).seatUnmute},
	{name: "seat.admit", who: isB, when: notSigned, do: (*call).seatAdmit},
	{name: "ruling.give", who: isB, when: both(notSigned, owing), do: (*call).rulingGive},
	{name: "seat.reissue", who: isBC, when: notSigned, do: (*call).seatReissue},
	{name: "undertaking.sign", who: isPIS, when: notSigned, do: (*call).undertakingSign, outside: true},
	{name: "entry.add", who: isBC, when: sitting, do: (*call).entryAdd},
	{name: "entry.amend", who: isBC, when: both(sitting, written), do: (*call).entryAmend},
	{name: "entry.strike", who: isBC, when: both(sitting, written), do: (*call).entryStrike},
	{name: "entry.restore", who: isBC, when: both(sitting, struck), do: (*call).entryRestore},
	{name: "objection.raise", who: isP, when: sitting, do: (*call).objectionRaise},
	{name: "question.request", who: isPW, when: mayAsk, do: (*call).questionRequest},
	{name: "remark.add", who: isW, when: heard, do: (*call).remarkAdd},
	{name: "request.done", who: isB, when: both(notSigned, asked), do: (*call).requestDone},
	{name: "flag.raise", who: isAny, when: notSigned, do: (*call).flagRaise, outside: true},
	{name: "flag.detail", who: isSpeaker, when: both(notSigned, raised), do: (*call).flagDetail, outside: true, own: raisedOwn},
	{name: "flag.put", who: isB, when: both(notSigned, flagged), do: (*call).flagPut},
	{name: "flag.answer", who: isPIS, when: both(notSigned, toAnswer), do: (*call).flagAnswer, outside: true, removed: true},
	{name: "flag.heard", who: isB, when: both(notSigned, flagged), do: (*call).flagHeard},
	{name: "flag.rule", who: isB, when: both(notSigned, flagged), do: (*call).flagRule},
	{name: "flag.request", who: isSpeaker, when: both(notSigned, fileable), do: (*call).flagRequest, own: ownFileable},
	{name: "duress.raise", who: isBW, when: notSigned, do: (*call).duressRaise, outside: true},
	{name: "duress.answer", who: isB, when: both(notSigned, underDuress), do: (*call).duressAnswer},
	{name: "emergency.raise", who: isBW, when: notSigned, do: (*call).emergencyRaise, outside: true},
	{name: "emergency.end", who: isB, when: both(notSigned, inEmergency), do: (*call).emergencyEnd},
	{name: "hearing.close", who: isB, when: both(sitting, closable), do: (*call).hearingClose},
	{name: "protocol.sign", who: isBC, when: both(during(Concluded), signable), do: (*call).protocolSign},
}

// CommandNames lists every command, in PROTOCOL.md's order.
func CommandNames() []string {
	names := make([]string, 0, len(rules))
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// cut shortens a text to n runes.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
