package bundle_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parda/gateway/bundle"
	"parda/gateway/ledger"
)

// What comes out is checked by the verifier's tests (gateway/ledger/verify).

func files(more ...bundle.File) []bundle.File {
	return append([]bundle.File{{Name: "protocol/protocol.json", Content: []byte("{}")}, {Name: "protocol/protocol.pdf", Content: []byte("%PDF")}}, more...)
}

func record() bundle.Record {
	return bundle.Record{
		Events:      []ledger.Event{{Hearing: "h1", Index: 1, Time: time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC), Code: "hearing.sealed", Actor: "system", Payload: []byte("{}"), Salt: make([]byte, 16)}},
		Checkpoint:  ledger.Checkpoint{Size: 1, Note: []byte("note")},
		VerifierKey: "parda/h1+0+0",
	}
}

func TestOnlyNamesOfTheFormatAreTaken(t *testing.T) {
	for name, f := range map[string][]bundle.File{
		"no protocol":   {{Name: "protocol/protocol.json"}},
		"a path":        files(bundle.File{Name: "../x"}),
		"a ledger file": files(bundle.File{Name: "ledger/key"}),
		"the manifest":  files(bundle.File{Name: "bundle.json"}),
		"other case":    files(bundle.File{Name: "recordings/0001.WEBM"}),
		"twice":         files(bundle.File{Name: "recordings/0001.webm"}, bundle.File{Name: "recordings/0001.webm"}),
		"not there":     files(bundle.File{Name: "recordings/0001.webm", Path: "/nonexistent"}),
	} {
		if _, err := bundle.NewManifest("h1", f); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestSameHearingGivesTheSameBytes(t *testing.T) {
	var sums []string
	for range 2 {
		m, err := bundle.NewManifest("h1", files(bundle.File{Name: "recordings/0001.webm", Content: []byte("x")}))
		if err != nil {
			t.Fatal(err)
		}
		info, err := bundle.Write(t.TempDir(), m, record())
		if err != nil {
			t.Fatal(err)
		}
		if info.Name != "parda-h1-2026-11-22.zip" {
			t.Errorf("name %s", info.Name)
		}
		sums = append(sums, info.SHA256+m.SHA256())
	}
	if sums[0] != sums[1] {
		t.Error("two bundles of one hearing differ")
	}
}

func TestFileThatChangedMeanwhileIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.webm")
	for name, change := range map[string]string{"changed": "othr", "longer": "more bytes", "shorter": "x"} {
		if err := os.WriteFile(path, []byte("once"), 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := bundle.NewManifest("h1", files(bundle.File{Name: "recordings/0001.webm", Path: path}))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(change), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := bundle.Write(dir, m, record()); !errors.Is(err, bundle.ErrChanged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "parda-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestCheckpointMustCoverAllEvents(t *testing.T) {
	m, err := bundle.NewManifest("h1", files())
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []uint64{0, 2} {
		r := record()
		r.Checkpoint.Size = size
		if _, err := bundle.Write(t.TempDir(), m, r); err == nil {
			t.Errorf("a checkpoint of size %d covers one event", size)
		}
	}
}

func TestMoreThanTheFormatHoldsIsRefusedBeforeTheRecordIsClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "big")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<31); err != nil { // a hole, no bytes on disk
		t.Skip("SKIPPED: this file system has no sparse files:", err)
	}
	two := files(bundle.File{Name: "recordings/0001.webm", Path: path}, bundle.File{Name: "recordings/0002.webm", Path: path})
	if _, err := bundle.NewManifest("h1", two); !errors.Is(err, bundle.ErrTooLarge) {
		t.Errorf("%v", err)
	}
}
