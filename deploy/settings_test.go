// Package deploy_test holds the settings that are shipped for Debian: they are read by the programs that they are for, and say what they must. Those of coturn
// and nginx are held in gateway, by a hearing that goes through the real programs.
package deploy_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// settings are the lines of a unit that hold something, in order.
func settings(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines
}

func holds(lines []string, want string) bool {
	for _, line := range lines {
		if line == want {
			return true
		}
	}
	return false
}

func TestTheShippedUnitsKeepWhatTheirCommentsSay(t *testing.T) {
	hard := []string{"NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "MemoryDenyWriteExecute=yes",
		"LimitCORE=0", "UMask=0077", "RestrictNamespaces=yes", "SystemCallFilter=@system-service", "SystemCallFilter=~@privileged", "SystemCallArchitectures=native",
		"StandardError=journal", "LogLevelMax=info"}
	for file, want := range map[string][]string{
		"systemd/parda-gateway.service": append([]string{"StandardOutput=truncate:/run/parda-gateway.links", "PrivateDevices=yes", "LogRateLimitBurst=500"}, hard...),
		"systemd/parda-station.service": append([]string{"IPAddressDeny=any", "IPAddressAllow=localhost", "IPAddressAllow=GATEWAY_IP", "MemorySwapMax=0", "DevicePolicy=closed", "LogRateLimitBurst=200",
			"SystemCallFilter=landlock_create_ruleset landlock_add_rule landlock_restrict_self", "DeviceAllow=char-tpm rw", "DeviceAllow=char-input r", "RestartPreventExitStatus=6", "KeyringMode=shared"}, hard...),
		"systemd/parda-station-renew.service":                append([]string{"IPAddressDeny=any", "DevicePolicy=closed", "MemorySwapMax=0"}, hard...),
		"systemd/parda-station-renew.timer":                  {"OnCalendar=weekly", "Persistent=yes"},
		"systemd/parda-station.service.d/device-secret.conf": {"LoadCredentialEncrypted=device-secret:/etc/parda/device-secret.cred"},
		"systemd/coturn.service.d/parda.conf":                {"StandardOutput=null", "StandardError=null", "LimitCORE=0"},
		"systemd/nginx.service.d/parda.conf":                 {"LimitCORE=0"},
		"systemd/journald.conf.d/parda.conf":                 {"Storage=volatile", "ForwardToSyslog=no", "Audit=no", "RateLimitBurst=2000"},
		"systemd/coredump.conf.d/parda.conf":                 {"Storage=none", "ProcessSizeMax=0"},
	} {
		lines := settings(t, file)
		for _, w := range want {
			if !holds(lines, w) {
				t.Errorf("%s lacks %s", file, w)
			}
		}
	}
}

// What the program checks for itself when it starts (media/station) is asked of it by the unit, and no secret of the room stands in a file of settings.
func TestTheRoomIsStartedAsAnEnrolledDeviceThatIsLockedConfinedAndAlone(t *testing.T) {
	start := ""
	for _, line := range settings(t, "systemd/parda-station.service") {
		if rest, ok := strings.CutPrefix(line, "ExecStart="); ok {
			start = rest
		}
	}
	for _, flag := range []string{" -require-locked", " -require-confined", " -require-exclusive", " -state /var/lib/parda-station"} {
		if !strings.Contains(start, flag) {
			t.Errorf("the station is started without%s", flag)
		}
	}
	b, err := os.ReadFile("systemd/parda-station.service")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(start, "-token") || bytes.Contains(b, []byte("PARDA_TOKEN")) || bytes.Contains(b, []byte("SupplementaryGroups")) {
		t.Error("the station comes in with a token, or opens its devices by a group that others are in")
	}
	rules := strings.Join(settings(t, "udev/70-parda-station.rules"), "\n")
	for _, device := range []string{`SUBSYSTEM=="video4linux"`, `KERNEL=="pcmC*D*c"`, `SUBSYSTEM=="input", KERNEL=="event*", ATTRS{idVendor}=="VENDOR"`} {
		at := strings.Index(rules, device)
		if at < 0 || !strings.Contains(strings.SplitN(rules[at:], "\n", 2)[0], `OWNER="parda-station", GROUP="root", MODE="0600"`) {
			t.Errorf("%s is not the station's alone", device)
		}
	}
}

// standIn copies the shipped units with programs and addresses that are here, because systemd-analyze looks whether a unit's program exists.
func standIn(t *testing.T) (units []string) {
	t.Helper()
	dir := t.TempDir()
	programs := regexp.MustCompile(`/usr/lib/parda/\w+`)
	for _, name := range []string{"parda-gateway.service", "parda-station.service", "parda-station-renew.service"} {
		b, err := os.ReadFile("systemd/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !programs.Match(b) {
			t.Fatalf("%s starts no program of parda's", name)
		}
		b = bytes.ReplaceAll(programs.ReplaceAll(b, []byte("/bin/true")), []byte("GATEWAY_IP"), []byte("192.0.2.1"))
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		units = append(units, path)
	}
	return units
}

func analyze(t *testing.T, args ...string) ([]byte, error) {
	t.Helper()
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not here: it comes with Debian's systemd")
	}
	return exec.Command(program, args...).CombinedOutput()
}

func TestSystemdTakesTheShippedUnits(t *testing.T) {
	for _, unit := range standIn(t) {
		if out, err := analyze(t, "verify", unit); err != nil || len(bytes.TrimSpace(out)) > 0 {
			t.Errorf("%s: %v\n%s", filepath.Base(unit), err, out)
		}
	}
	broken := filepath.Join(t.TempDir(), "broken.service")
	if err := os.WriteFile(broken, []byte("[Service]\nExecStart=/bin/true\nProtectSystme=strict\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _ := analyze(t, "verify", broken); !bytes.Contains(out, []byte("ProtectSystme")) {
		t.Errorf("the control: a misspelt setting is not found: %s", out)
	}
}

// The exposure is systemd's own measure, 0 (none) to 10. Ours stand at 1.4 and 1.8 (systemd 252): above 2.0 a lock has been taken off.
func TestTheShippedUnitsAreClosed(t *testing.T) {
	for _, unit := range standIn(t) {
		if out, err := analyze(t, "security", "--no-pager", "--offline=true", "--threshold=20", unit); err != nil {
			t.Errorf("%s: %v\n%s", filepath.Base(unit), err, out)
		}
	}
}

const prSetMDWE, mdweRefuseExecGain = 65, 1 // linux/prctl.h, since 6.3

// TestMain lets this test's own binary become one of parda's programs after it has forbidden itself memory that is both written and run, which is
// what MemoryDenyWriteExecute= does.
func TestMain(m *testing.M) {
	if program := os.Getenv("PARDA_TEST_WITHOUT_WX"); program != "" {
		if unix.Prctl(prSetMDWE, mdweRefuseExecGain, 0, 0, 0) != nil {
			os.Exit(77)
		}
		_ = syscall.Exec(program, append([]string{program}, os.Args[1:]...), nil)
		os.Exit(78)
	}
	os.Exit(m.Run())
}

func TestTheProgramsRunWhereNoMemoryMayBeWrittenAndRun(t *testing.T) {
	dir := t.TempDir()
	// Half a second of a voice-like tone, 48 kHz, for the codecs and masks of the station.
	wav := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\xbb\x00\x00\x00\x77\x01\x00\x02\x00\x10\x00data\x00\x00\x00\x00")
	for i := range 24000 {
		wav = binary.LittleEndian.AppendUint16(wav, uint16(int16(i%400*40-8000)))
	}
	binary.LittleEndian.PutUint32(wav[4:], uint32(len(wav)-8))
	binary.LittleEndian.PutUint32(wav[40:], uint32(len(wav)-44))
	in := filepath.Join(dir, "in.wav")
	if err := os.WriteFile(in, wav, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		program string
		args    []string
		ok      func(out string, err error) bool
	}{
		{"gateway", []string{"verify", "/dev/null"}, func(out string, err error) bool { return err != nil && strings.Contains(out, "NOT VALID") }},
		{"station", []string{"mask", "-in", in, "-out", filepath.Join(dir, "out.wav")}, func(_ string, err error) bool { return err == nil }},
	} {
		program, err := filepath.Abs("../bin/" + tc.program)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(program); err != nil {
			t.Skipf("bin/%s is not built: `make build` and `make test` build it", tc.program)
		}
		cmd := exec.Command(os.Args[0], tc.args...)
		cmd.Env = append(os.Environ(), "PARDA_TEST_WITHOUT_WX="+program)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() == 77 {
			t.Skip("this kernel cannot refuse such memory by itself (PR_SET_MDWE, Linux 6.3)")
		}
		if !tc.ok(string(out), err) {
			t.Errorf("%s: %v\n%s", tc.program, err, out)
		}
	}
}
