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
