package parda

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The gateway says codes and the pages say sentences. A code without a sentence would reach a judge as a bare word, so every code of an alarm or a refusal that
// stands in the gateway's source has words in all three languages. The codes are read from the source, so that a new one cannot be forgotten.
func TestEveryAlarmAndEveryRefusalHasWordsInAllLanguages(t *testing.T) {
	alarms, refusals := codesInSource(t, "gateway", "signaling")
	if len(alarms) < 9 || len(refusals) < 30 {
		t.Fatalf("only %d alarms and %d refusals were found: the source is read wrongly", len(alarms), len(refusals))
	}
	for _, language := range []string{"az", "en", "ru"} {
		b, err := os.ReadFile(filepath.Join("courtroom-ui", "locales", language+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var words map[string]any
		if err := json.Unmarshal(b, &words); err != nil {
			t.Fatal(err)
		}
		for prefix, codes := range map[string]map[string]string{"alarm.": alarms, "error.": refusals} {
			for code, where := range codes {
				if s, _ := words[prefix+code].(string); s == "" {
					t.Errorf("%s: %s%s has no words (%s)", language, prefix, code, where)
				}
			}
		}
	}
}

// codesInSource finds the first arguments of alarm, add (which the view's alarms are made with) and Refuse, and the codes of the rules and of the doors.
func codesInSource(t *testing.T, folders ...string) (alarms, refusals map[string]string) {
	alarms, refusals = map[string]string{}, map[string]string{}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					name, code := called(n), first(n.Args)
					isAlarm := name == "alarm" || name == "add" && strings.HasSuffix(path, "build_live.go")
					switch {
					case code == "" && isAlarm:
						t.Errorf("%s: an alarm's code is made up at run time, so nobody can see whether it has words: write it out", set.Position(n.Pos()))
					case code == "":
					case isAlarm:
						alarms[code] = set.Position(n.Pos()).String()
					case name == "Refuse", (name == "refuse" || name == "refuseBecause") && (strings.Contains(path, "hearing") || strings.Contains(path, "identity")):
						refusals[code] = set.Position(n.Pos()).String()
					}
				case *ast.ValueSpec:
					for i, id := range n.Names {
						if strings.HasPrefix(id.Name, "Code") && i < len(n.Values) && strings.HasSuffix(path, "fault.go") {
							if code := first(n.Values[i : i+1]); code != "" {
								refusals[code] = set.Position(n.Pos()).String()
							}
						}
					}
				case *ast.KeyValueExpr:
					if id, ok := n.Key.(*ast.Ident); ok && id.Name == "Code" && filepath.ToSlash(filepath.Dir(path)) == "gateway/access" {
						if code := first([]ast.Expr{n.Value}); code != "" {
							refusals[code] = set.Position(n.Pos()).String()
						}
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return alarms, refusals
}

func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func first(list []ast.Expr) string {
	if len(list) == 0 {
		return ""
	}
	lit, ok := list[0].(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, _ := strconv.Unquote(lit.Value)
	return s
}
