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

// What two rooms of the gateway do with age, and no other: the evidence of incidents, which came to the gateway in clear, is sealed by it for its own disk; and the sheets of
// referrals, which it wrote itself, are encrypted to the key of the body that gets them. Neither room reaches the vault, so that neither can meet what is sealed there.
var apart = map[string]map[string]bool{
	"../incident/evidence/": {"Encrypt": true, "Decrypt": true, "GenerateX25519Identity": true, "ParseX25519Identity": true, "X25519Identity": true, "X25519Recipient": true, "Identity": true, "Recipient": true},
	"../incident/referral/": {"Encrypt": true, "Recipient": true, "X25519Recipient": true},
}

// The gateway's own code has no call that decrypts, encrypts or holds a private key of age: it looks at headers and public keys. A line that does, in any
// package of the gateway but the two that are named above, fails here before it can meet a key.
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
		var here map[string]bool
		for folder, calls := range apart {
			if strings.HasPrefix(filepath.ToSlash(path), folder) {
				here = calls
			}
		}
		for _, i := range file.Imports {
			if here != nil && strings.Contains(i.Path.Value, "gateway/identity") {
				t.Errorf("%s imports %s: a room that seals or opens must not reach the vault", path, i.Path.Value)
			}
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
				if looks[s.Sel.Name] {
					found[s.Sel.Name] = true
				} else if !here[s.Sel.Name] {
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
