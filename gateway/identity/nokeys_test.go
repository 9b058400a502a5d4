package identity_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// The gateway's own code has no call that decrypts, encrypts or holds a private key of age: it looks at headers and public keys. A line that does, in any
// package of the gateway, fails here before it can meet a key.
func TestTheGatewayHasNoCodeThatOpensOrSeals(t *testing.T) {
	looks := map[string]bool{"ExtractHeader": true, "ParseHybridRecipient": true, "ParseX25519Recipient": true}
	found := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testseat") {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		for _, i := range file.Imports {
			if strings.HasPrefix(strings.Trim(i.Path.Value, `"`), "filippo.io/") && (i.Path.Value != `"filippo.io/age"` || i.Name != nil) {
				t.Errorf("%s imports %s: the vault needs age itself, under its own name, and nothing beside it", path, i.Path.Value)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "age" && x.Obj == nil {
				found[s.Sel.Name] = true
				if !looks[s.Sel.Name] {
					t.Errorf("%s: age.%s", set.Position(s.Pos()), s.Sel.Name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || len(found) != len(looks) {
		t.Fatalf("%v: only %v was found: the source is read wrongly", err, found)
	}
}
