package manifest

import (
	"crypto/rand"
	"errors"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"
)

func signed(t *testing.T, page fstest.MapFS, name string) (list []byte, verifier string) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := Text(page)
	if err != nil {
		t.Fatal(err)
	}
	list, err = note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		t.Fatal(err)
	}
	return list, public
}

func page() fstest.MapFS {
	return fstest.MapFS{"companion.html": {Data: []byte("<!doctype html>")}, "assets/a.js": {Data: []byte("1")}}
}

func TestOnlyTheSignedPageIsServed(t *testing.T) {
	list, release := signed(t, page(), ReleaseName)
	_, other := signed(t, page(), ReleaseName)
	p, err := Open(page(), list, release, false)
	if err != nil || p.Development || len(p.Files) != 2 || string(p.Files["assets/a.js"]) != "1" || len(p.SHA256) != 64 {
		t.Fatalf("the signed page is refused: %v %+v", err, p)
	}
	changed := append([]byte(nil), list...)
	changed[len(firstLine)+2] ^= 1
	for name, tc := range map[string]struct {
		page    func(fstest.MapFS)
		list    []byte
		release string
		want    error
	}{
		"a changed file":         {page: func(m fstest.MapFS) { m["assets/a.js"].Data = []byte("2") }, list: list, release: release, want: ErrOtherPage},
		"a file more":            {page: func(m fstest.MapFS) { m["assets/b.js"] = &fstest.MapFile{Data: []byte("3")} }, list: list, release: release, want: ErrOtherPage},
		"a file less":            {page: func(m fstest.MapFS) { delete(m, "assets/a.js") }, list: list, release: release, want: ErrOtherPage},
		"a file of another name": {page: func(m fstest.MapFS) { m["x.js"] = m["assets/a.js"]; delete(m, "assets/a.js") }, list: list, release: release, want: ErrOtherPage},
		"another's signature":    {list: list, release: other, want: ErrNotSigned},
		"no release key at all":  {list: list, want: ErrNotSigned},
		"a changed list":         {list: changed, release: release, want: ErrNotSigned},
		"no list":                {list: nil, release: release, want: ErrNotSigned},
	} {
		m := page()
		if tc.page != nil {
			tc.page(m)
		}
		if _, err := Open(m, tc.list, tc.release, true); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

// The development key is in the repository: a page that only it has signed is nobody's word, and must be asked for by name.
func TestTheDevelopmentKeyCountsOnlyWhereItIsAskedFor(t *testing.T) {
	list, verifier := signed(t, page(), DevelopmentName)
	old := DevelopmentKey
	DevelopmentKey = verifier
	defer func() { DevelopmentKey = old }()
	if _, err := Open(page(), list, "", false); !errors.Is(err, ErrDevelopment) {
		t.Errorf("without asking: %v", err)
	}
	if p, err := Open(page(), list, "", true); err != nil || !p.Development {
		t.Errorf("when asked: %v %+v", err, p)
	}
	// Under the name of a release, but by another key than the one that this program knows.
	impostor, _ := signed(t, page(), ReleaseName)
	if _, err := Open(page(), impostor, verifier, true); err == nil {
		t.Error("a signature counts by its name")
	}
}
