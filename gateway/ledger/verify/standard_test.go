package verify_test

import (
	"os/exec"
	"strings"
	"testing"

	"parda/gateway/ledger"
)

// VERIFY.txt promises that a bundle can be checked with standard tools: its
// commands are run as they stand there.
func TestVerifyTextWorksWithStandardTools(t *testing.T) {
	for _, tool := range []string{"sh", "unzip", "openssl", "xxd", "base64", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIPPED: %s is not installed", tool)
		}
	}
	s := newScene(t)
	path, dir := s.write(), t.TempDir()
	sh := func(script string) string {
		t.Helper()
		cmd := exec.Command("sh", "-ec", script)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s\n%s: %v", script, out, err)
		}
		return string(out)
	}
	sh("unzip -q '" + path + "'")
	var commands []string
	for _, line := range strings.Split(sh("cat VERIFY.txt"), "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "head ") || strings.HasPrefix(line, "tail ") || strings.HasPrefix(line, "(printf") || strings.HasPrefix(line, "openssl ") || strings.HasPrefix(line, "cut ") {
			commands = append(commands, line)
		}
	}
	if len(commands) != 5 {
		t.Fatalf("commands of VERIFY.txt: %q", commands)
	}
	out := sh(strings.Join(commands, "\n"))
	if !strings.Contains(out, "Verified Successfully") || !strings.Contains(out, ledger.Fingerprint(s.ledger.PublicKey())) {
		t.Errorf("%s", out)
	}
	sealed := strings.Fields(sh("sha256sum bundle.json"))[0]
	if last := sh("tail -n 1 ledger/events.jsonl"); !strings.Contains(last, `"bundle_json_sha256":"`+sealed+`"`) || !strings.Contains(last, "hearing.sealed") {
		t.Errorf("closing entry: %s", last)
	}
}
