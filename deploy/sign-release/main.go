// Command sign-release signs the list of files of the companion's page (courtroom-ui/companion/page), so that the companion serves that page and no
// other. Whoever releases parda for a court keeps the key away from the machines that build and that serve.
//
//	sign-release -new FILE              makes a key: FILE gets the private half (0600), the public one is printed for companion/release.pub
//	sign-release -key FILE [-tree DIR]  signs the page of a checkout by that key, beside signatures that are there
//	sign-release -development           signs by the development key, whose private half is below: it vouches for nothing
package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"parda/courtroom-ui/companion/manifest"
)

// developmentKey is public on purpose: a checkout must build and run without a secret, and must say that it did.
const developmentKey = "PRIVATE+KEY+parda-development+b92c4d91+AcW6/vI1L1nJueEK5eh6aZHZ9P1iqq9b1M/qKR3Pw4T/"

func main() {
	fresh := flag.String("new", "", "make a key pair; the private half goes to `FILE`")
	keyFile := flag.String("key", "", "sign by the private key in `FILE`")
	development := flag.Bool("development", false, "sign by the development key")
	tree := flag.String("tree", ".", "the checkout's `FOLDER`")
	flag.Parse()
	if err := run(*fresh, *keyFile, *development, *tree); err != nil {
		fmt.Fprintln(os.Stderr, "sign-release:", err)
		os.Exit(1)
	}
}

func run(fresh, keyFile string, development bool, tree string) error {
	switch {
	case fresh != "":
		return newKey(fresh)
	case keyFile != "":
		b, err := os.ReadFile(keyFile)
		if err != nil {
			return err
		}
		return sign(tree, strings.TrimSpace(string(b)))
	case development:
		return sign(tree, developmentKey)
	}
	return fmt.Errorf("give -new, -key or -development")
}

func newKey(file string) error {
	private, public, err := note.GenerateKey(rand.Reader, manifest.ReleaseName)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // never over a key that is there
	if err != nil {
		return err
	}
	if _, err := f.WriteString(private + "\n"); err != nil {
		return err
	}
	fmt.Println(public)
	return f.Close()
}

func sign(tree, key string) error {
	signer, err := note.NewSigner(key)
	if err != nil {
		return err
	}
	text, err := manifest.Text(os.DirFS(filepath.Join(tree, "courtroom-ui/companion/page")))
	if err != nil {
		return err
	}
	n := &note.Note{Text: text}
	file := filepath.Join(tree, "courtroom-ui/companion/page.manifest")
	if before, err := os.ReadFile(file); err == nil {
		// Signatures by others on the same list stay, as lines that this tool need not be able to check: the companion does.
		if list, sigs, ok := strings.Cut(string(before), "\n\n"); ok && list+"\n" == text {
			for _, line := range strings.SplitAfter(sigs, "\n") {
				if name, rest, ok := strings.Cut(strings.TrimPrefix(line, "— "), " "); ok && name != signer.Name() {
					n.UnverifiedSigs = append(n.UnverifiedSigs, signature(name, strings.TrimSpace(rest)))
				}
			}
		}
	}
	out, err := note.Sign(n, signer)
	if err != nil {
		return err
	}
	return os.WriteFile(file, out, 0o644)
}

// signature is a line of a note, whose first four bytes name the key (C2SP signed-note).
func signature(name, b64 string) note.Signature {
	s := note.Signature{Name: name, Base64: b64}
	if b, err := base64.StdEncoding.DecodeString(b64); err == nil && len(b) > 4 {
		s.Hash = binary.BigEndian.Uint32(b)
	}
	return s
}
