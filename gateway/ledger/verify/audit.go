package verify

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// bookPrefix gives each format of an exported book the beginning of its name: the audit, and the register of incidents.
var bookPrefix = map[string]string{"parda-audit/1": "audit-", "parda-incidents/1": "incidents-"}

// Audit checks a court's audit book as GET /api/audit/export gives it, or its register of incidents (GET /api/incidents-export): the first line says whose book it is and holds the signed checkpoint and the key, the others are the
// entries as in a bundle's events.jsonl. One changed byte is found. trust is as for Verify.
func Audit(path, trust string) (Report, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	if len(b) > maxSmall {
		return Report{}, fmt.Errorf("verify: %s is larger than %d MiB", filepath.Base(path), maxSmall>>20)
	}
	c := &check{}
	c.File = filepath.Base(path)
	c.Signatures, c.Recordings, c.Gaps, c.Problems = []Signature{}, []Recording{}, []Gap{}, []Problem{}
	if trust != "" {
		t, err := ParseTrust(trust)
		if err != nil {
			return c.Report, err
		}
		c.trust = &t
	}
	c.audit(b)
	c.Valid = len(c.Problems) == 0
	return c.Report, nil
}

func (c *check) audit(b []byte) {
	if len(b) == 0 || b[len(b)-1] != '\n' {
		c.problem("line_form", c.File, "the last line has no end")
		return
	}
	lines := bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
	head, ok := c.auditHead(lines[0])
	if !ok {
		return
	}
	var tree merkle
	for i, line := range lines[1:] {
		where := c.File + ":" + strconv.Itoa(i+2)
		if data, ok := withheld(line, uint64(i+1)); ok && strings.HasPrefix(c.Hearing, "incidents-") {
			tree.add(data)
			c.Withheld++
			c.record.count = uint64(i + 1)
			continue
		}
		e, data, err := parseLine(line)
		if err != nil {
			c.problem("line_form", where, err.Error())
			return
		}
		tree.add(data)
		c.place(e, where, uint64(i+1))
		switch e.code {
		case "step_up.proved":
			c.onTouch(e)
			c.record.vault.confirm(e)
		case "vault.key_announced", "vault.key_lost":
			c.onVaultKey(e)
		case "vault.key_proved":
			c.onKeyProof(e)
			c.record.vault.confirm(e)
			c.record.vault.begun = true
		case "vault.opening_ordered":
			c.needsProof(e, "POST /api/vault/openings")
		case "vault.share_released":
			c.needsProof(e, "POST /api/vault/openings/"+e.field("opening")+"/release")
		case "vault.person_ordered":
			c.needsProof(e, "POST /api/vault/persons/"+e.field("person")+"/orders")
		}
	}
	c.Events = c.record.count
	if head.size != c.record.count {
		c.problem("size_other", c.File, fmt.Sprintf("%d signed, %d there", head.size, c.record.count))
	} else if tree.root() != head.root {
		c.problem("root_other", c.File, "")
	}
}

// withheld reads a line of a register that tells nothing of its entry but where it stands and what the tree has of it: incidents that are the bench's alone. What stands in the
// place of such a line otherwise has another leaf, and the root is another one.
func withheld(line []byte, want uint64) (data []byte, ok bool) {
	v, err := parseStrict(line)
	if err != nil || !v.names("withheld") {
		return nil, false
	}
	w, _ := v.get("withheld")
	if !w.names("data", "index") {
		return nil, false
	}
	index, _ := w.get("index")
	text, _ := w.get("data")
	data, err = decode64(text.text)
	return data, err == nil && text.kind == kindString && len(data) == 32 && index.kind == kindNumber && index.number == float64(want)
}

func (c *check) auditHead(line []byte) (head treeHead, ok bool) {
	v, err := parseStrict(line)
	if err != nil || !v.names("book", "checkpoint", "format", "key") {
		c.problem("line_form", c.File+":1", "head")
		return head, false
	}
	book, _ := v.get("book")
	note, _ := v.get("checkpoint")
	format, _ := v.get("format")
	key, _ := v.get("key")
	court, named := strings.CutPrefix(book.text, bookPrefix[format.text])
	if bookPrefix[format.text] == "" || !named {
		c.problem("line_form", c.File+":1", "format")
		return head, false
	}
	c.Hearing, c.Court = book.text, court
	origin := "parda/" + book.text
	if c.key, err = parseKey(key.text+"\n", origin); err != nil {
		c.problem("key_form", c.File+":1", err.Error())
		return head, false
	}
	c.Fingerprint = fingerprint(c.key)
	if c.trust != nil {
		if c.KeyCompared = true; c.trust.fingerprint != c.Fingerprint {
			c.problem("key_other", c.File+":1", "")
		}
	}
	if head, err = parseCheckpoint(note.text, origin, c.key); err != nil {
		c.problem("checkpoint_form", c.File+":1", err.Error())
		return head, false
	}
	c.Root = hex.EncodeToString(head.root[:])
	return head, true
}
