package hearing

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

func sequence(prefix string, n int) string { return prefix + strconv.Itoa(n) }

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// pressed is when the person did it: by the seat's clock if that is known and not ahead of the gateway's.
func (c *call) pressed() time.Time {
	if c.cmd.At.IsZero() || c.cmd.At.After(c.now) {
		return c.now
	}
	return c.cmd.At.UTC()
}

// FlagKinds returns the kinds of intimidation that a flag can name.
func FlagKinds() []string {
	return []string{"words", "gesture", "look", "photographing", "identify", "contact_outside", "threat_relative", "threat_lawyer", "other"}
}

func (c *call) nextRequest() string { return sequence("q", c.s.ReqSeq+1) }

// openRequests is how many requests and objections of one seat may wait for the bench at once. A page that asks without end must not bury the others' on the
// judge's console; flags are never refused.
const openRequests = 20

func (c *call) request(code Code) error {
	waiting := 0
	for _, r := range c.s.Requests {
		if r.Seat == c.seat.ID {
			waiting++
		}
	}
	if waiting >= openRequests {
		return refuse(CodeTooMany, "So many requests of this seat wait already. The bench answers them first.")
	}
	var a struct {
		Text string `json:"text"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	id := c.nextRequest()
	c.emit(code, RequestPayload{ID: id, Seat: c.seat.ID, Role: c.seat.Role, Text: cut(strings.TrimSpace(a.Text), maxReasonRunes)})
	c.result = Result{"request": id}
	return nil
}

func (c *call) objectionRaise() error { return c.request(ObjectionRaised) }

func asked(s *State, _ *Seat, _ time.Time) error {
	if len(s.Requests) == 0 {
		return refuse(CodeWrongPhase, "There is no request to answer.")
	}
	return nil
}

func (c *call) requestDone() error {
	var a struct {
		ID     string `json:"id"`
		Ruling string `json:"ruling"`
	}
	if err := c.args(&a); err != nil {
		return err
	}
	if !in(a.Ruling, "", "sustained", "overruled", "allowed", "refused") {
		return refuse(CodeBadArgument, "There is no such ruling on a request.")
	}
	for _, r := range c.s.Requests {
		if r.ID == a.ID {
			c.emit(RequestDone, RequestDonePayload{ID: r.ID, Seat: r.Seat, Role: r.Role, What: r.What, Ruling: a.Ruling})
			return nil
		}
	}
	return refuse(CodeBadArgument, "There is no such request.")
}

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
	c.emit(FlagRaised, FlagRaisedPayload{ID: id, Seat: c.seat.ID, Role: c.seat.Role, PressedAt: c.pressed(), Discreet: discreet, FlagDetail: tidy(d)})
	c.result = Result{"flag": id}
}

func tidy(d FlagDetail) FlagDetail {
	if d.Kind != "" && !in(d.Kind, FlagKinds()...) {
		d.Kind = "other"
	}
	d.Target, d.Source, d.Note = cut(d.Target, 200), cut(d.Source, 200), cut(d.Note, maxReasonRunes)
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

func (c *call) flagDetail() error {
	var a struct {
		Flag string `json:"flag"`
		FlagDetail
	}
	if err := c.args(&a); err != nil {
		return err
	}
	f, ok := c.s.Flags[a.Flag]
	if !ok || f.Seat != c.seat.ID {
		return refuse(CodeNotAllowed, "Only who raised a flag can add to it.")
	}
	if a.Kind != "" && !in(a.Kind, FlagKinds()...) {
		return refuse(CodeBadArgument, "There is no such kind of flag.")
	}
	c.emit(FlagDetailed, FlagDetailedPayload{ID: a.Flag, Discreet: f.Discreet, FlagDetail: tidy(a.FlagDetail)})
	return nil
}

func unruled(s *State, _ *Seat, _ time.Time) error {
	for _, f := range s.Flags {
		if !f.Ruled {
			return nil
		}
	}
	return refuse(CodeWrongPhase, "There is no flag to rule on.")
}

// flagRule enters the ruling, and does what it says in the same breath.
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
	case !ok || f.Ruled:
		return refuse(CodeBadArgument, "There is no such flag, or it is ruled on.")
	case !in(a.Ruling, "enter", "warn", "remove", "pause", "private", "refer", "dismiss"):
		return refuse(CodeBadArgument, "There is no such ruling on a flag.")
	case a.Ruling == "dismiss" && blank(a.Reason):
		return refuse(CodeReasonRequired, "To dismiss a flag needs a reason.")
	case a.Ruling == "remove" && c.s.seat(a.Seat) == nil:
		return refuse(CodeSeatUnknown, "Say which seat is removed.")
	}
	p := FlagRuledPayload{ID: a.Flag, Seat: f.Seat, Role: f.Role, PressedAt: f.PressedAt, Ruling: a.Ruling,
		Reason: cut(strings.TrimSpace(a.Reason), maxReasonRunes), Discreet: f.Discreet, FlagDetail: f.Detail}
	if a.Ruling == "remove" {
		p.Removed = a.Seat
	}
	c.emit(FlagRuled, p)
	switch {
	case a.Ruling == "remove":
		return c.remove(c.s.seat(a.Seat), p.Reason)
	case a.Ruling == "pause" && c.s.Phase != Concluded:
		c.stop("flag", "")
	case a.Ruling == "private" && c.s.Phase != Concluded:
		c.restrict(Private, "")
	}
	return nil
}
