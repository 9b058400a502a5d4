// Package verify checks the bundle of a hearing offline: every byte of it is
// either bound to the court's signature or must stand as the format says, so
// that one changed byte anywhere is found.
//
// It shares no code with what writes bundles (gateway/ledger, gateway/bundle):
// it reads ZIP, canonical JSON, checkpoints and Merkle trees by itself, so that
// a mistake of the writer is not repeated here. It needs no key and no network.
// The format is in gateway/ledger/FORMAT.md.
//
// How every byte is bound: the events give the Merkle root, which the court's
// Ed25519 key signs in the checkpoint; the last event, hearing.sealed, holds
// the SHA-256 of bundle.json; bundle.json holds the SHA-256 of every other
// file; and what is left, the archive's own structure, has one canonical form.
package verify

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// Report is what was found. Valid is true only if Problems is empty.
type Report struct {
	Valid       bool        `json:"valid"`
	File        string      `json:"file"`
	Hearing     string      `json:"hearing,omitempty"`
	CaseNo      string      `json:"case_no,omitempty"`
	Court       string      `json:"court,omitempty"`
	Events      uint64      `json:"events"`
	Withheld    uint64      `json:"withheld,omitempty"` // of a register: entries of which nothing but their leaf is told
	From        *time.Time  `json:"from,omitempty"`     // of the first event
	Sealed      *time.Time  `json:"sealed,omitempty"`   // of the closing entry
	Root        string      `json:"root,omitempty"`     // hexadecimal
	Fingerprint string      `json:"fingerprint,omitempty"`
	KeyCompared bool        `json:"key_compared"` // with a key that the reader trusts
	Signatures  []Signature `json:"signatures"`
	Recordings  []Recording `json:"recordings"`
	Gaps        []Gap       `json:"gaps"` // of recordings, over two seconds: reported, no defect
	Problems    []Problem   `json:"problems"`
}

// Signature is one that was checked and is right.
type Signature struct {
	Entry uint64    `json:"entry"`
	What  string    `json:"what"` // order or protocol
	Seat  string    `json:"seat"`
	Role  string    `json:"role"`
	At    time.Time `json:"at"`
}

// Recording is a file that is there and is the one that was entered.
type Recording struct {
	Entry      uint64    `json:"entry"`
	File       string    `json:"file"`
	Label      string    `json:"label"`
	SHA256     string    `json:"sha256"`
	Start      time.Time `json:"start"`
	DurationMS int64     `json:"duration_ms"`
}

// Gap is a hole in what was recorded under a label. Entered says that the
// record itself names it; otherwise it shows between two segments.
type Gap struct {
	Label      string    `json:"label"`
	Start      time.Time `json:"start"`
	DurationMS int64     `json:"duration_ms"`
	Entered    bool      `json:"entered"`
}

// Problem is one defect. Code is stable; Where is the file or entry; Detail is
// a technical addition in English. Text says it in a language.
type Problem struct {
	Code   string `json:"code"`
	Where  string `json:"where"`
	Detail string `json:"detail,omitempty"`
}

// gapLimit is the longest silence of a recording that is not shown.
const gapLimit = 2 * time.Second

// maxBundle is what 32-bit offsets can reach: the format has no ZIP64.
const maxBundle = 1<<32 - 1

// maxSmall bounds the files that are read into memory: a bundle from a
// stranger must not exhaust it.
const maxSmall = 256 << 20

// Verify checks the bundle at path. trust is a key as ParseTrust reads it, or
// "" if none is known: then the report holds the fingerprint of the key that
// signed, not compared with anything. The error tells of what could not be
// read at all; every defect of the bundle is in the report.
func Verify(path, trust string) (Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	report, err := Reader(f, info.Size(), trust)
	report.File = filepath.Base(path)
	return report, err
}

// Reader is Verify for a bundle of size bytes that is not a file.
func Reader(r io.ReaderAt, size int64, trust string) (Report, error) {
	c := &check{r: r, size: size, parts: make(map[string]part), hashes: make(map[string]string)}
	c.Signatures, c.Recordings, c.Gaps, c.Problems = []Signature{}, []Recording{}, []Gap{}, []Problem{}
	if trust != "" {
		t, err := ParseTrust(trust)
		if err != nil {
			return c.Report, err
		}
		c.trust = &t
	}
	err := c.run()
	c.Valid = err == nil && len(c.Problems) == 0
	return c.Report, err
}

// check is one verification.
type check struct {
	Report
	r     io.ReaderAt
	size  int64
	trust *Trust

	parts  map[string]part
	hashes map[string]string // SHA-256 of each part, hexadecimal
	key    ed25519.PublicKey
	record record
}

func (c *check) problem(code, where, detail string) {
	c.Problems = append(c.Problems, Problem{code, where, detail})
}

// run goes from the outside in. A step that the next ones rest on ends the
// check when it fails; the others add to the list of problems.
func (c *check) run() error {
	if c.size > maxBundle {
		c.problem("zip_form", "", "larger than 4 GiB")
		return nil
	}
	parts, err := readZip(c.r, c.size)
	if err != nil {
		c.problem("zip_form", "", err.Error())
		return nil
	}
	for _, p := range parts {
		c.parts[p.name] = p
	}
	for _, name := range []string{"VERIFY.txt", "bundle.json", "ledger/checkpoint", "ledger/events.jsonl", "ledger/key", "protocol/protocol.json", "protocol/protocol.pdf"} {
		if _, ok := c.parts[name]; !ok {
			c.problem("file_missing", name, "")
		}
	}
	if len(c.Problems) > 0 {
		return nil
	}
	if err := c.hashParts(parts); err != nil {
		return err
	}
	listed, err := c.manifest()
	if err != nil || c.Hearing == "" {
		return err
	}
	head, err := c.signedHead()
	if err != nil {
		return err
	}
	if err := c.events(head); err != nil {
		return err
	}
	c.closing()
	c.protocol()
	c.recordings(listed)
	return nil
}

func (c *check) hashParts(parts []part) error {
	for _, p := range parts {
		h := sha256.New()
		err := p.copyTo(h, c.r)
		if errors.Is(err, errCRC) {
			c.problem("file_crc", p.name, "")
		} else if err != nil {
			return fmt.Errorf("verify: %s: %w", p.name, err)
		}
		c.hashes[p.name] = hex.EncodeToString(h.Sum(nil))
	}
	return nil
}

// read gives the content of a part that is held in memory.
func (c *check) read(name string) ([]byte, error) {
	p := c.parts[name]
	if p.size > maxSmall {
		return nil, fmt.Errorf("verify: %s is too large", name)
	}
	b := make([]byte, p.size)
	if _, err := io.ReadFull(io.NewSectionReader(c.r, p.offset, p.size), b); err != nil {
		return nil, fmt.Errorf("verify: %s: %w", name, err)
	}
	return b, nil
}

var hearingID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// manifest reads bundle.json and compares every file that it lists with what
// is there. It gives the names that are listed.
func (c *check) manifest() (listed []string, err error) {
	b, err := c.read("bundle.json")
	if err != nil {
		return nil, err
	}
	v, err := parseStrict(b)
	if err != nil {
		c.problem("bundle_form", "bundle.json", err.Error())
		return nil, nil
	}
	files, _ := v.get("files")
	format, _ := v.get("format")
	hearing, _ := v.get("hearing")
	if !v.names("files", "format", "hearing") || files.kind != kindArray || format.text != "parda-bundle/1" || !hearingID.MatchString(hearing.text) {
		c.problem("bundle_form", "bundle.json", "members")
		return nil, nil
	}
	c.Hearing = hearing.text
	for _, f := range files.items {
		path, _ := f.get("path")
		sum, _ := f.get("sha256")
		size, _ := f.get("size")
		if !f.names("path", "sha256", "size") || path.kind != kindString || sum.kind != kindString || size.kind != kindNumber {
			c.problem("bundle_form", "bundle.json", "files")
			return nil, nil
		}
		if n := len(listed); n > 0 && listed[n-1] >= path.text {
			c.problem("bundle_form", "bundle.json", "order of files")
		}
		listed = append(listed, path.text)
		p, there := c.parts[path.text]
		switch {
		case !there:
			c.problem("file_missing", path.text, "")
		case float64(p.size) != size.number || c.hashes[path.text] != sum.text:
			c.problem("file_hash", path.text, "")
		}
	}
	for name := range c.parts {
		own := name == "bundle.json" || name == "ledger/checkpoint" || name == "ledger/events.jsonl" || name == "ledger/key"
		if own == slices.Contains(listed, name) {
			c.problem("file_unlisted", name, "")
		}
	}
	return listed, nil
}

// signedHead reads the key and the checkpoint that it signed.
func (c *check) signedHead() (treeHead, error) {
	origin := "parda/" + c.Hearing
	keyText, err := c.read("ledger/key")
	if err != nil {
		return treeHead{}, err
	}
	if c.key, err = parseKey(string(keyText), origin); err != nil {
		c.problem("key_form", "ledger/key", err.Error())
		return treeHead{}, nil
	}
	c.Fingerprint = fingerprint(c.key)
	if c.trust != nil {
		c.KeyCompared = true
		if c.trust.fingerprint != c.Fingerprint {
			c.problem("key_other", "ledger/key", "")
		}
	}
	text, err := c.read("ledger/checkpoint")
	if err != nil {
		return treeHead{}, err
	}
	head, err := parseCheckpoint(string(text), origin, c.key)
	if err != nil {
		c.problem("checkpoint_form", "ledger/checkpoint", err.Error())
		return treeHead{}, nil
	}
	c.Root = hex.EncodeToString(head.root[:])
	return head, nil
}
