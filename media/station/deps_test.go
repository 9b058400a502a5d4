package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// helperEnv makes this program the station of vault_test.go in place of the tests.
const helperEnv = "PARDA_TEST_STATION"

func TestMain(m *testing.M) {
	if os.Getenv(helperEnv) != "" {
		stationHelper()
		return
	}
	if os.Getenv(confinedHelperEnv) != "" {
		confinedHelper()
		return
	}
	goleak.VerifyTestMain(m)
}

// The station does not trust the gateway and cannot send clear media: what it must not reach, and why.
var forbidden = map[string]string{
	"parda/gateway":         "the gateway is the party whose word the station checks; code shared with it would share its faults",
	"parda/media/courtroom": "the court's own cameras are sent in clear; nothing in the shielded room may be able to",
	"parda/media/relay":     "the station sends; it forwards nothing",
	"parda/media/recording": "a recording is made of what the court gets, by the gateway",
}

func TestTheStationReachesNoCodeThatItMustNot(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 50 {
		t.Fatalf("only %d packages listed: this guard would pass on nothing", len(deps))
	}
	for _, dep := range deps {
		for bad, why := range forbidden {
			if dep == bad || strings.HasPrefix(dep, bad+"/") {
				t.Errorf("the station reaches %s: %s", dep, why)
			}
		}
	}
}

func TestTheStationSendsThroughThePublisherOnly(t *testing.T) {
	for path, imports := range sourceImports(t) {
		for _, i := range imports {
			switch {
			case i == "parda/media/publish/wire":
				t.Errorf("%s imports publish/wire: it carries plain bytes; only media/publish may use it, because it takes masked values only", path)
			case strings.HasPrefix(i, "github.com/pion/"):
				t.Errorf("%s imports %s: a connection of the station's own could carry anything", path, i)
			case i == "math/rand" || i == "math/rand/v2":
				t.Errorf("%s imports %s: what the station draws comes from crypto/rand", path, i)
			}
		}
	}
}

func sourceImports(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	out := map[string][]string{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			p, _ := strconv.Unquote(i.Path.Value)
			out[path] = append(out[path], p)
		}
	}
	return out
}

func TestTheParametersOfALiveTestimonyComeFromCryptoRandAndNowhereElse(t *testing.T) {
	var c testifyConfig
	for _, name := range []string{"session", "seed", "mask-session"} {
		if testifyFlags(&c, io.Discard).Lookup(name) != nil {
			t.Errorf("testify has the flag -%s", name)
		}
	}
	if *newSession() == *newSession() || *newSession() == (session{}) {
		t.Error("two sessions are alike")
	}
	file, err := parser.ParseFile(token.NewFileSet(), "masks.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	calls := ""
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != "newSession" {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "rand" {
					calls += "rand." + s.Sel.Name
				}
			}
			return true
		})
	}
	if calls != "rand.Read" {
		t.Errorf("newSession draws by %q", calls)
	}
	for _, i := range sourceImports(t)["masks.go"] {
		if strings.HasSuffix(i, "rand") && i != "crypto/rand" {
			t.Errorf("masks.go imports %s", i)
		}
	}
}

func TestAReleasedSessionIsWiped(t *testing.T) {
	s := newSession()
	s.wipe()
	if *s != (session{}) {
		t.Error("the seed is still there")
	}
}
