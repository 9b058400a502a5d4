package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// confinedHelperEnv makes this program the station of TestTheRunningStation..., which tries what a broken decoder would.
const confinedHelperEnv = "PARDA_TEST_CONFINED"

// tried is what the confined program could do.
type tried struct {
	Foreign, Home, Write, Device, Listing, Shell string // "" where it could, else the error
	State, Camera                                string
	Signal                                       string
	CoreSoft, CoreHard                           uint64
	ChildCore                                    string
	Dumpable                                     int
	NoNewPrivs                                   int
	Confined                                     bool
}

// confinedHelper is the station up to the moment when it would open its devices.
func confinedHelper() {
	confineTestify(os.Args[1:])
	var in struct{ Foreign, State, Camera, Outside string }
	if err := json.Unmarshal([]byte(os.Getenv(confinedHelperEnv)), &in); err != nil {
		os.Exit(3)
	}
	if err := keepMemoryPrivate(slog.New(slog.DiscardHandler), false); err != nil {
		os.Exit(4)
	}
	says := func(err error) string {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	reads := func(path string) string { _, err := os.ReadFile(path); return says(err) }
	var out tried
	out.Confined = confined()
	out.Foreign, out.Camera = reads(in.Foreign), reads(in.Camera)
	out.Home = reads("/etc/shadow")
	out.Write = says(os.WriteFile(filepath.Join(in.Outside, "written"), nil, 0o600))
	_, err := os.Open("/dev/mem")
	out.Device = says(err)
	_, err = os.ReadDir(filepath.Dir(in.Foreign))
	out.Listing = says(err)
	out.Shell = says(exec.Command("/bin/sh", "-c", "cat "+in.Foreign).Run())
	out.State = says(writeWhole(filepath.Join(in.State, "testimony.sealed"), []byte("x")))
	out.Signal = says(syscall.Kill(os.Getppid(), 0))
	var core unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_CORE, &core) == nil {
		out.CoreSoft, out.CoreHard = core.Cur, core.Max
	}
	child, err := exec.Command("/bin/sh", "-c", "ulimit -c").Output()
	out.ChildCore = strings.TrimSpace(string(child)) + says(err)
	out.Dumpable, _ = unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	out.NoNewPrivs, _ = unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	_ = json.NewEncoder(os.Stdout).Encode(out)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// landlock is the version of the kernel's.
func landlock(t *testing.T) int {
	t.Helper()
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 || int(abi) < enoughABI {
		t.Skipf("this kernel has no Landlock that is enough (version %d): the confinement of the running station is not tested here", abi)
	}
	return int(abi)
}

func TestTheRunningStationReachesItsStateAndItsSourcesAndNothingElse(t *testing.T) {
	abi := landlock(t)
	dir := t.TempDir()
	foreign, camera, state := filepath.Join(dir, "another", "secret"), filepath.Join(dir, "clips", "camera.y4m"), filepath.Join(dir, "state")
	for _, path := range []string{foreign, camera} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in, err := json.Marshal(map[string]string{"Foreign": foreign, "State": state, "Camera": camera, "Outside": dir})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "testify", "-gateway", "https://127.0.0.1:1", "-camera", camera, "-state", state)
	cmd.Env = append(os.Environ(), confinedHelperEnv+"="+string(in))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var got tried
	err = json.NewDecoder(stdout).Decode(&got)
	limits, limitsErr := os.ReadFile(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "limits"))
	status, statusErr := os.ReadFile(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "status"))
	stdin.Close()
	if waited := cmd.Wait(); errors.Join(err, waited, limitsErr, statusErr) != nil {
		t.Fatal(errors.Join(err, waited, limitsErr, statusErr), stderr.String())
	}
	for what, refused := range map[string]string{"a file of somebody else's": got.Foreign, "the list of the folder beside": got.Listing, "the system's passwords": got.Home,
		"writing outside of its state": got.Write, "the machine's memory": got.Device, "a shell that reads for it": got.Shell} {
		if refused == "" {
			t.Errorf("the running station reaches %s", what)
		}
	}
	if abi >= 6 && got.Signal == "" {
		t.Error("the running station may send signals to other programs")
	}
	if got.State != "" || got.Camera != "" || !got.Confined {
		t.Errorf("what it needs: state %q, camera %q, confined %v", got.State, got.Camera, got.Confined)
	}
	if got.NoNewPrivs != 1 || got.Dumpable != 0 || got.CoreSoft != 0 || got.CoreHard != 0 || got.ChildCore != "0" {
		t.Errorf("%+v", got)
	}
	toldByTheKernel(t, string(limits), string(status))
}

// toldByTheKernel holds what /proc says of the running station.
func toldByTheKernel(t *testing.T, limits, status string) {
	t.Helper()
	core := ""
	for line := range strings.Lines(limits) {
		if rest, ok := strings.CutPrefix(line, "Max core file size"); ok {
			core = strings.Join(strings.Fields(rest), " ")
		}
	}
	if core != "0 0 bytes" || !strings.Contains(status, "NoNewPrivs:\t1") {
		t.Errorf("/proc says: core %q\n%s", core, status)
	}
}

func TestWhereTheKernelCannotConfineTheStationItSaysSoOrDoesNotStart(t *testing.T) {
	if confined() {
		t.Skip("these tests run confined themselves: what an unconfined program is told is not tested here")
	}
	var told bytes.Buffer
	log := slog.New(slog.NewTextHandler(&told, nil))
	if err := checkConfined(log, false); err != nil || !strings.Contains(told.String(), "not confined") {
		t.Errorf("%v %s", err, &told)
	}
	if err := checkConfined(log, true); !errors.Is(err, errNotConfined) {
		t.Error(err)
	}
}

func TestWhereMemoryCannotBeLockedARoomThatAskedForItDoesNotStart(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur == unix.RLIM_INFINITY {
		t.Skip("memory can be locked here: what a room without that right is told is not tested here")
	}
	if err := keepMemoryPrivate(slog.New(slog.DiscardHandler), true); !errors.Is(err, errNotLocked) {
		t.Errorf("it starts, and what it holds may reach the swap: %v", err)
	}
	if err := keepMemoryPrivate(slog.New(slog.DiscardHandler), false); err != nil {
		t.Errorf("where it was not asked for: %v", err)
	}
}

func TestTheStationsNeedsHoldNoHomeAndNoOtherServicesKeys(t *testing.T) {
	c := testifyConfig{camera: "demo:witness", microphone: "alsa:hw:0", state: filepath.Join(t.TempDir(), "state")}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "/root"
	}
	for path, r := range c.needs() {
		if path == "/" || path == "/etc" || path == "/proc" || path == "/dev" || path == "/home" || path == home || path == "/run" || path == "/var" || path == "/tmp" || strings.HasPrefix(path, "/etc/parda") {
			t.Errorf("it may reach %s", path)
		}
		if r&unix.LANDLOCK_ACCESS_FS_WRITE_FILE != 0 && !strings.HasPrefix(path, "/dev/") && path != c.state && filepath.Base(path) != "pulse" {
			t.Errorf("it may write %s", path)
		}
	}
}
