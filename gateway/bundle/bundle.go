// Package bundle writes the bundle of a hearing: one ZIP that holds the signed
// protocol, the recordings, the whole record with its proof, and a page that
// says how to check all of it without parda.
//
// The ZIP has one canonical form, so that no byte of it can change unseen:
// stored files in ascending order of name, one fixed time, no flags, no extra
// fields, no comments. The form is fixed in gateway/ledger/FORMAT.md. The
// verifier (gateway/ledger/verify) shares no code with this package.
//
// A bundle is made in two steps, because its last entry names it:
//
//	m, err := bundle.NewManifest(hearing, files)  // hashes everything
//	// append hearing.sealed{bundle_json_sha256: m.SHA256()} to the ledger,
//	// wait for a checkpoint that covers it
//	info, err := bundle.Write(dir, m, bundle.Record{...})
package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"parda/gateway/ledger"
)

// Format names the form of a bundle and stands in bundle.json.
const Format = "parda-bundle/1"

// ErrTooLarge is returned for more than the format can hold: 4 GiB less one
// byte in all, or 65,534 files. A longer hearing is recorded at a lower rate
// or in two parts.
var ErrTooLarge = errors.New("bundle: larger than 4 GiB")

// ErrChanged is returned when a file is not what it was when it was hashed.
var ErrChanged = errors.New("bundle: a file changed while the bundle was made")

// File is one file of the bundle. Name is its path inside: protocol/..., annex/...
// or recordings/NNNN.webm. Exactly one of Path and Content is set.
type File struct {
	Name    string
	Path    string // of a file on disk
	Content []byte
}

func (f File) open() (io.ReadCloser, error) {
	if f.Path == "" {
		return io.NopCloser(bytes.NewReader(f.Content)), nil
	}
	return os.Open(f.Path)
}

// entry is a file whose content is known.
type entry struct {
	File
	size   int64
	sha256 [32]byte
	crc    uint32
}

// Manifest lists the files of a bundle with their hashes.
type Manifest struct {
	hearing string
	entries []entry // VERIFY.txt and the given files, in order of name
	json    []byte
}

var fileName = regexp.MustCompile(`^(annex/leak-report(\.json|\.(az|en|ru)\.html)|protocol/protocol(\.(az|en|ru))?\.(json|pdf)|recordings/[0-9]{4,6}\.webm)$`)

// NewManifest hashes the files and writes bundle.json. VERIFY.txt is added by
// it. protocol/protocol.json and protocol/protocol.pdf must be among them.
func NewManifest(hearing string, files []File) (*Manifest, error) {
	m := &Manifest{hearing: hearing}
	for _, f := range files {
		if !fileName.MatchString(f.Name) {
			return nil, fmt.Errorf("bundle: a file cannot be named %q", f.Name)
		}
	}
	for _, name := range []string{"protocol/protocol.json", "protocol/protocol.pdf"} {
		if !slices.ContainsFunc(files, func(f File) bool { return f.Name == name }) {
			return nil, fmt.Errorf("bundle: %s is missing", name)
		}
	}
	all := append([]File{{Name: "VERIFY.txt", Content: howToVerify(hearing)}}, files...)
	slices.SortFunc(all, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	if err := fits(all); err != nil {
		return nil, err
	}
	listed := []any{}
	for i, f := range all {
		if i > 0 && all[i-1].Name == f.Name {
			return nil, fmt.Errorf("bundle: two files are named %q", f.Name)
		}
		e, err := measure(f)
		if err != nil {
			return nil, err
		}
		m.entries = append(m.entries, e)
		listed = append(listed, map[string]any{"path": e.Name, "sha256": hex.EncodeToString(e.sha256[:]), "size": e.size})
	}
	var err error
	m.json, err = ledger.Canonical(map[string]any{"format": Format, "hearing": hearing, "files": listed})
	return m, err
}

// roomForRecord is kept free for the events, whose size is not known yet. A
// bundle that turned out too large after the record was closed could not be
// made smaller.
const roomForRecord = 256 << 20

func fits(files []File) error {
	total := int64(roomForRecord)
	for _, f := range files {
		size := int64(len(f.Content))
		if f.Path != "" {
			info, err := os.Stat(f.Path)
			if err != nil {
				return fmt.Errorf("bundle: %s: %w", f.Name, err)
			}
			size = info.Size()
		}
		if total += size; total > math.MaxUint32 {
			return ErrTooLarge
		}
	}
	return nil
}

// SHA256 is the hash of bundle.json in hexadecimal, for hearing.sealed.
func (m *Manifest) SHA256() string {
	sum := sha256.Sum256(m.json)
	return hex.EncodeToString(sum[:])
}

func measure(f File) (entry, error) {
	r, err := f.open()
	if err != nil {
		return entry{}, fmt.Errorf("bundle: %s: %w", f.Name, err)
	}
	defer func() { _ = r.Close() }()
	sum := newSum()
	if _, err := io.Copy(sum, r); err != nil {
		return entry{}, fmt.Errorf("bundle: %s: %w", f.Name, err)
	}
	return sum.entry(f), nil
}

// sum counts size, SHA-256 and CRC-32 of what is written to it.
type sum struct {
	size int64
	hash hash.Hash
	crc  hash.Hash32
}

func newSum() *sum { return &sum{hash: sha256.New(), crc: crc32.NewIEEE()} }

func (s *sum) Write(b []byte) (int, error) {
	s.size += int64(len(b))
	_, _ = s.hash.Write(b) // a hash never fails
	_, _ = s.crc.Write(b)
	return len(b), nil
}

func (s *sum) entry(f File) entry {
	return entry{f, s.size, [32]byte(s.hash.Sum(nil)), s.crc.Sum32()}
}

// Record is the proof that goes into the bundle: all events up to and with
// hearing.sealed, the checkpoint that covers them, and the key that signed it.
type Record struct {
	Events      []ledger.Event
	Checkpoint  ledger.Checkpoint
	VerifierKey string // of the hearing's log
}

// Info is a bundle that was written.
type Info struct {
	Name   string // parda-{hearing}-{date}.zip, date of the first event, UTC
	Path   string
	SHA256 string
	Size   int64
}

// Write writes the bundle into dir. The file appears under its name only when
// it is whole and synced; nil means durable.
func Write(dir string, m *Manifest, record Record) (Info, error) {
	entries, err := m.withRecord(record)
	if err != nil {
		return Info{}, err
	}
	name := fmt.Sprintf("parda-%s-%s.zip", m.hearing, record.Events[0].Time.UTC().Format(time.DateOnly))
	info := Info{Name: name, Path: filepath.Join(dir, name)}
	temporary := info.Path + ".part"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return Info{}, fmt.Errorf("bundle: %w", err)
	}
	defer func() { _ = os.Remove(temporary) }() // after the rename there is nothing to remove
	total := newSum()
	err = writeZip(io.MultiWriter(f, total), entries)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return Info{}, err
	}
	if err := os.Rename(temporary, info.Path); err != nil {
		return Info{}, fmt.Errorf("bundle: %w", err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return Info{}, fmt.Errorf("bundle: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return Info{}, fmt.Errorf("bundle: %w", err)
	}
	info.Size, info.SHA256 = total.size, hex.EncodeToString(total.hash.Sum(nil))
	return info, nil
}

// withRecord adds bundle.json and the ledger's files, and puts all in order.
func (m *Manifest) withRecord(r Record) ([]entry, error) {
	if len(r.Events) == 0 || uint64(len(r.Events)) != r.Checkpoint.Size {
		return nil, fmt.Errorf("bundle: the checkpoint covers %d events, there are %d", r.Checkpoint.Size, len(r.Events))
	}
	var lines bytes.Buffer
	for _, e := range r.Events {
		line, err := ledger.Line(e)
		if err != nil {
			return nil, err
		}
		lines.Write(line)
	}
	entries := slices.Clone(m.entries)
	for _, f := range []File{
		{Name: "bundle.json", Content: m.json},
		{Name: "ledger/checkpoint", Content: r.Checkpoint.Note},
		{Name: "ledger/events.jsonl", Content: lines.Bytes()},
		{Name: "ledger/key", Content: []byte(r.VerifierKey + "\n")},
	} {
		e, err := measure(f)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.Name, b.Name) })
	return entries, nil
}
