package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAVulnerabilityFailsAndADatabaseThatIsNotReachedIsSaidToBeSkipped(t *testing.T) {
	for _, tc := range []struct{ rule, says, rc, prints, counts string }{
		{"nothing is found", "No vulnerabilities found.", "0", "ok ", "1 0 0"},
		{"one is found", "Vulnerability #1: GO-2026-0001", "3", "FAIL", "0 1 0"},
		{"the database is not reached", `govulncheck: fetching vulnerabilities: Get "https://vuln.go.dev/index/modules.json.gz": dial tcp: no such host`, "1", "SKIP  govulncheck: its database cannot be reached", "0 0 1"},
		{"the code cannot be read", "govulncheck: loading packages: there are errors", "1", "FAIL", "0 1 0"},
		{"it dies", "signal: killed", "137", "FAIL", "0 1 0"},
	} {
		dir := t.TempDir()
		stand := filepath.Join(dir, "govulncheck")
		if err := os.WriteFile(stand, []byte("#!/bin/sh\ncat <<'X'\n"+tc.says+"\nX\nexit "+tc.rc+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		counts := filepath.Join(dir, "counts")
		cmd := exec.Command("./vulncheck.sh", counts)
		cmd.Env = append(os.Environ(), "GOVULNCHECK="+stand)
		out, err := cmd.CombinedOutput()
		b, _ := os.ReadFile(counts)
		if !strings.HasPrefix(string(out), tc.prints) || strings.TrimSpace(string(b)) != tc.counts || (err != nil) != (tc.counts == "0 1 0") {
			t.Errorf("%s: %v, counted %q, printed %s", tc.rule, err, b, out)
		}
	}
}
