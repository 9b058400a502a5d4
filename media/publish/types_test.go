package publish

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Clear media must not be sendable by mistake: it must not compile. Each program here is compiled against this package; the first
// ones must compile (or the test would prove nothing), the others must fail, and for the reason given.
func TestRawMediaDoesNotCompile(t *testing.T) {
	programs := []struct{ name, imports, body, fails string }{
		{"masked picture", `"parda/media/mask/face"`, `func f(p *publish.Publisher, m face.Masked) error { return p.Picture(m) }`, ""},
		{"masked sound", `"parda/media/mask/voice"`, `func f(p *publish.Publisher, m *voice.Masked) error { return p.Sound(m) }`, ""},
		{"raw picture", `"parda/media/mask"`, `func f(p *publish.Publisher, m *mask.RawPicture) error { return p.Picture(m) }`, "cannot use m"},
		{"raw picture by value", `"parda/media/mask"`, `func f(p *publish.Publisher, m mask.RawPicture) error { return p.Picture(m) }`, "cannot use m"},
		{"raw sound", `"parda/media/mask"`, `func f(p *publish.Publisher, m *mask.RawSound) error { return p.Sound(m) }`, "cannot use m"},
		{"samples", ``, `func f(p *publish.Publisher, m []int16) error { return p.Sound(m) }`, "cannot use m"},
		{"planes", ``, `func f(p *publish.Publisher, y []byte) error { return p.Picture(y) }`, "cannot use y"},
		{"raw picture converted", `"parda/media/mask"; "parda/media/mask/face"`, `func f(p *publish.Publisher, m mask.RawPicture) error { return p.Picture(face.Masked(m)) }`, "cannot convert m"},
		{"raw sound converted", `"parda/media/mask"; "parda/media/mask/voice"`, `func f(p *publish.Publisher, m *mask.RawSound) error { return p.Sound((*voice.Masked)(m)) }`, "cannot convert m"},
		{"masked picture built by hand", `"parda/media/mask/face"`, `func f(p *publish.Publisher, y []byte) error { return p.Picture(face.Masked{y}) }`, "implicit assignment to unexported"},
		{"a look-alike", ``, `type lookAlike struct{}
			func (lookAlike) Width() int { return 640 }
			func (lookAlike) Height() int { return 480 }
			func (lookAlike) Planes() (y, cb, cr []byte, strideY, strideC int) { return }
			func f(p *publish.Publisher) error { return p.Picture(lookAlike{}) }`, "cannot use lookAlike"},
		{"the sender inside", ``, `func f(p *publish.Publisher) any { return p.sender }`, "sender"},
	}
	dir := t.TempDir()
	for i, program := range programs {
		t.Run(program.name, func(t *testing.T) {
			file := filepath.Join(dir, string(rune('a'+i)), "program.go")
			source := "package program\nimport (\n\"parda/media/publish\"\n" + strings.ReplaceAll(program.imports, ";", "\n") + "\n)\n" + program.body + "\nvar _ = f\n"
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command("go", "build", "-o", os.DevNull, file).CombinedOutput()
			switch {
			case program.fails == "" && err != nil:
				t.Errorf("it must compile: %v\n%s", err, out)
			case program.fails != "" && err == nil:
				t.Error("it compiles: clear media could be sent")
			case program.fails != "" && !strings.Contains(string(out), program.fails):
				t.Errorf("it fails for another reason than %q:\n%s", program.fails, out)
			}
		})
	}
}

// publish/wire sends anything, so whoever imports it could send clear media. The witness's publisher takes masked values only and the
// court's own camera is meant to be clear; nobody else may.
func TestOnlyPublisherAndCourtroomImportWire(t *testing.T) {
	const wirePath = "parda/media/publish/wire"
	allowed := []string{"parda/media/publish", "parda/media/courtroom"}
	// What watches masked media is tested with what the station's own encoders make of clear media, too: in tests, which are in no program.
	inTests := []string{"parda/media/relay", "parda/media/tripwire", "parda/media/tripwire/likeness"}
	importers := map[string]bool{}
	eachPackage(t, func(p listed) {
		within := p.ImportPath == wirePath || strings.HasPrefix(p.ImportPath, wirePath+"/")
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if path != wirePath || within {
				continue
			}
			importers[p.ImportPath] = true
			if !slices.Contains(allowed, p.ImportPath) && !(slices.Contains(inTests, p.ImportPath) && !slices.Contains(p.Imports, wirePath)) {
				t.Errorf("%s imports %s: it could send clear media. Use media/publish, which takes masked media only.", p.ImportPath, wirePath)
			}
		}
		if p.ImportPath != wirePath+"/whiptest" && slices.Contains(p.Imports, wirePath+"/whiptest") {
			t.Errorf("%s imports the test's WHIP server outside a test", p.ImportPath)
		}
	})
	for _, path := range allowed {
		if !importers[path] {
			t.Errorf("%s is not seen to import %s: this test looks at the wrong thing", path, wirePath)
		}
	}
}

type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func eachPackage(t *testing.T, f func(listed)) {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "parda/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	decoder := json.NewDecoder(bufio.NewReader(bytes.NewReader(out)))
	for {
		var p listed
		if err := decoder.Decode(&p); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		f(p)
	}
}
