// Package manifest names every file of the companion's page with its SHA-256, and holds who signed that list: a signed note (C2SP signed-note, Ed25519).
//
// The companion serves what the list names and nothing else, and the hash of the list is what a seat shows and the gateway records. deploy/sign-release
// signs it. Building the page is Vite's work, not this package's.
package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const firstLine = "parda-vault-page/1"

// The names that stand in signatures.
const (
	ReleaseName     = "parda-release"
	DevelopmentName = "parda-development"
)

// DevelopmentKey signs the pages that are built from a checkout. Its private half is in the repository (deploy/sign-release), so that it vouches for nothing:
// the companion starts with it only where -development is given, and its page says so. A variable for tests alone.
var DevelopmentKey = "parda-development+b92c4d91+AZc05IsZrGrjVMIVp5s+te8qmPRKNU7kb7iWCUo0xmfC"

// Page is a checked page: its files, and whose signature it carries.
type Page struct {
	Files       map[string][]byte // by path inside the page's folder
	SHA256      string            // of the list, hex
	Development bool              // signed by the development key alone
}

// Text lists the files of a folder, sorted by path, each with its SHA-256.
func Text(page fs.FS) (string, error) {
	var b strings.Builder
	b.WriteString(firstLine + "\n")
	err := fs.WalkDir(page, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !d.Type().IsRegular() || strings.ContainsAny(path, " \n") {
			return fmt.Errorf("manifest: %s cannot be listed", path)
		}
		content, err := fs.ReadFile(page, path)
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(content), path)
		return err
	})
	return b.String(), err
}

// The reasons for which a page is not served.
var (
	ErrNotSigned   = errors.New("manifest: the page carries no signature of the release key")
	ErrOtherPage   = errors.New("manifest: the page is not the one that was signed")
	ErrDevelopment = errors.New("manifest: the page is signed by the development key, whose private half everybody has")
)

// Open checks the signed list against the page. release is the verifier key of whoever signs releases, "" where there is none yet; the development key
// counts only where development is true.
func Open(page fs.FS, signed []byte, release string, development bool) (*Page, error) {
	known, releaseHash := []note.Verifier{}, uint32(0)
	for _, key := range []string{release, DevelopmentKey} {
		if key == "" {
			continue
		}
		v, err := note.NewVerifier(key)
		if err != nil {
			return nil, fmt.Errorf("manifest: a verifier key cannot be read: %w", err)
		}
		if key == release {
			releaseHash = v.KeyHash()
		}
		known = append(known, v)
	}
	n, err := note.Open(signed, note.VerifierList(known...))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSigned, err)
	}
	p := &Page{Files: map[string][]byte{}, Development: true}
	for _, s := range n.Sigs {
		if release != "" && s.Name == ReleaseName && s.Hash == releaseHash {
			p.Development = false
		}
	}
	if p.Development && !development {
		return nil, ErrDevelopment
	}
	text, err := Text(page)
	if err != nil {
		return nil, err
	}
	if text != n.Text {
		return nil, ErrOtherPage
	}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n")[1:] {
		_, path, _ := strings.Cut(line, "  ")
		if p.Files[path], err = fs.ReadFile(page, path); err != nil {
			return nil, err
		}
	}
	sum := sha256.Sum256([]byte(text))
	p.SHA256 = hex.EncodeToString(sum[:])
	return p, nil
}
