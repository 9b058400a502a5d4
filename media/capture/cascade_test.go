package capture

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// facefinderCascade is pigo's own cascade, read from its module.
func facefinderCascade(t testing.TB) []byte {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/esimov/pigo").Output()
	if err != nil {
		t.Fatalf("where pigo lies: %v", err)
	}
	cascade, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "cascade", "facefinder"))
	if err != nil {
		t.Fatal(err)
	}
	return cascade
}
