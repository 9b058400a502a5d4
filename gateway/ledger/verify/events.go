package verify

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// record is what the events say, as far as this package must know it.
type record struct {
	count    uint64
	roots    [][32]byte // of the tree after each event
	last     time.Time
	keys     map[string]enrolled // by the key's bytes
	rendered *rendered           // the newest protocol.rendered
	signed   map[string]bool     // roles that signed the newest
	segments []Recording
	sealed   bool
	bundle   string // bundle_json_sha256 of the closing entry
	sealers  []string
	touched  touched // the newest
	vault    vaultKeys
}

type enrolled struct{ seat, role string }

type rendered struct {
	entry     uint64
	statement []byte
	pdf, json string
}

const timeFormat = "2006-01-02T15:04:05.000Z"

var (
	codeForm  = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$`)
	actorForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_:/-]{0,63}$`)
)

// event is one line of events.jsonl.
type event struct {
	index   uint64
	at      time.Time
	code    string
	actor   string
	hearing string
	payload value
}

// events reads ledger/events.jsonl line by line, checks each line's form and
// place, and compares the whole with the head that was signed.
func (c *check) events(head treeHead) error {
	b, err := c.read("ledger/events.jsonl")
	if err != nil {
		return err
	}
	c.record.keys = make(map[string]enrolled)
	c.record.signed = make(map[string]bool)
	var tree merkle
	if len(b) > 0 && b[len(b)-1] != '\n' {
		c.problem("line_form", "ledger/events.jsonl", "the last line has no end")
	}
	lines := bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
	if len(b) == 0 {
		lines = nil
	}
	for i, line := range lines {
		where := "ledger/events.jsonl:" + strconv.Itoa(i+1)
		e, data, err := parseLine(line)
		if err != nil {
			c.problem("line_form", where, err.Error())
			return nil
		}
		tree.add(data)
		c.record.roots = append(c.record.roots, tree.root())
		c.place(e, where, uint64(i+1))
		c.meaning(e)
	}
	c.Events = c.record.count
	if c.Root == "" {
		return nil // no checkpoint to compare with: said already
	}
	if head.size != c.record.count {
		c.problem("size_other", "ledger/checkpoint", fmt.Sprintf("%d signed, %d there", head.size, c.record.count))
	} else if tree.root() != head.root {
		c.problem("root_other", "ledger/events.jsonl", "")
	}
	return nil
}

// parseLine reads {"event":{...},"salt":"..."} and gives what the log holds
// for it: SHA-256(salt || canonical event).
func parseLine(line []byte) (e event, data []byte, err error) {
	v, err := parseStrict(line)
	if err != nil {
		return e, nil, err
	}
	if !v.names("event", "salt") {
		return e, nil, fmt.Errorf("members of the line")
	}
	ev, _ := v.get("event")
	saltText, _ := v.get("salt")
	salt, err := decode64(saltText.text)
	if err != nil || saltText.kind != kindString || len(salt) != 16 {
		return e, nil, fmt.Errorf("salt")
	}
	if !ev.names("actor", "at", "code", "hearing", "index", "payload") {
		return e, nil, fmt.Errorf("members of the event")
	}
	if e, err = readEvent(ev); err != nil {
		return e, nil, err
	}
	return e, digest(salt, ev.raw), nil
}

func readEvent(v value) (e event, err error) {
	actor, _ := v.get("actor")
	at, _ := v.get("at")
	code, _ := v.get("code")
	index, _ := v.get("index")
	e.payload, _ = v.get("payload")
	e.actor, e.code = actor.text, code.text
	e.at, err = time.Parse(timeFormat, at.text)
	switch {
	case err != nil || e.at.Format(timeFormat) != at.text:
		return e, fmt.Errorf("time")
	case index.kind != kindNumber || index.number < 1 || index.number != float64(uint64(index.number)):
		return e, fmt.Errorf("index")
	case !codeForm.MatchString(e.code) || !actorForm.MatchString(e.actor):
		return e, fmt.Errorf("code or actor")
	case e.payload.kind != kindObject:
		return e, fmt.Errorf("payload")
	}
	e.index = uint64(index.number)
	hearing, _ := v.get("hearing")
	e.hearing = hearing.text
	return e, nil
}

// place checks where an event stands: its hearing, index and time, and that
// nothing follows the closing entry.
func (c *check) place(e event, where string, want uint64) {
	if e.index != want {
		c.problem("index_gap", where, fmt.Sprintf("%d, it should be %d", e.index, want))
	}
	if e.hearing != c.Hearing {
		c.problem("hearing_other", where, "")
	}
	if e.at.Before(c.record.last) {
		c.problem("time_back", where, "")
	}
	if c.record.sealed {
		c.problem("after_closing", where, "")
	}
	if want == 1 {
		c.From = &e.at
	}
	c.record.last = e.at
	c.record.count = want
}

// closing checks that the record was closed and that the closing entry names
// this bundle.json.
func (c *check) closing() {
	if !c.record.sealed {
		c.problem("not_sealed", "ledger/events.jsonl", "")
		return
	}
	if c.record.bundle != c.hashes["bundle.json"] {
		c.problem("bundle_other", "bundle.json", "")
	}
	for _, role := range c.record.sealers {
		if !c.record.signed[role] {
			c.problem("not_signed", "ledger/events.jsonl", role)
		}
	}
	if !c.record.signed["presiding_judge"] {
		c.problem("not_signed", "ledger/events.jsonl", "presiding_judge")
	}
}
