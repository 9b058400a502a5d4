// Package softtpm runs swtpm, the TPM 2.0 of virtual machines, for tests. What it answers is what a chip would; that a key cannot be taken out of a chip by
// other means is the chip's own promise. Only tests import it.
package softtpm

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-tpm/tpm2/transport"
)

// Run starts one on a state folder, which is the chip: another folder is another machine. The test is skipped, and says so, where swtpm is not installed.
func Run(t testing.TB, state string) func() (transport.TPMCloser, error) {
	t.Helper()
	program, err := exec.LookPath("swtpm")
	if err != nil {
		t.Skip("swtpm is not installed (Debian: swtpm): the TPM's way is not tested here")
	}
	dir, err := os.MkdirTemp("", "tpm") // shorter than t.TempDir: a socket's path has 108 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "tpm")
	cmd := exec.Command(program, "socket", "--tpm2", "--tpmstate", "dir="+state, "--server", "type=unixio,path="+socket, "--flags", "not-need-init,startup-clear")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	// swtpm serves one connection and ends with it, so the test holds it open, as the resource manager of /dev/tpmrm0 does.
	var c net.Conn
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if c, err = net.Dial("unix", socket); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("swtpm does not listen: %v", err)
		}
	}
	t.Cleanup(func() { c.Close() })
	return func() (transport.TPMCloser, error) { return heldOpen{transport.FromReadWriter(c)}, nil }
}

type heldOpen struct{ transport.TPM }

func (heldOpen) Close() error { return nil }
