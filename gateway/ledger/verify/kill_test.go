package verify_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"parda/gateway/ledger"
	"parda/gateway/ledger/verify"
	"parda/gateway/store"
)

// childDir makes this test program the child that is killed.
const childDir = "PARDA_KILL_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		fmt.Println("error", appendForEver(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// appendForEver says "ack INDEX TEXT" for each event that was acknowledged.
func appendForEver(dir string) error {
	s, err := store.Open(filepath.Join(dir, "store"))
	if err != nil {
		return err
	}
	l, err := ledger.Open(ledger.Config{Dir: filepath.Join(dir, "ledger"), Store: s, Now: func() time.Time {
		return time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	}})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for n := 0; ; n++ {
		text := fmt.Sprintf("%d.%d", os.Getpid(), n)
		e, err := l.Append(context.Background(), hearingID, ledger.Draft{Code: "entry.added", Actor: "clerk", Payload: obj{"text": text}})
		if err != nil {
			return err
		}
		fmt.Println("ack", e[0].Index, text)
	}
}

// runAndKill lets a child append for a while, kills it, and gives what it had
// acknowledged by index.
func runAndKill(t *testing.T, dir string, after time.Duration) map[uint64]string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acked := make(map[uint64]string)
	var kill *time.Timer
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		switch {
		case len(f) > 0 && f[0] == "error":
			t.Fatal(lines.Text())
		case len(f) == 1 && f[0] == "ready":
			kill = time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		case len(f) == 3 && f[0] == "ack":
			index, err := strconv.ParseUint(f[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			acked[index] = f[2]
		}
	}
	_ = cmd.Wait() // killed, as it should be
	if kill == nil {
		t.Fatal("the child did not start")
	}
	kill.Stop()
	return acked
}

func TestKilledAtRandomPointsNothingAcknowledgedIsMissing(t *testing.T) {
	dir := t.TempDir()
	acked := make(map[uint64]string)
	pending := 0
	for range 10 {
		for index, text := range runAndKill(t, dir, time.Duration(rand.IntN(300))*time.Millisecond) {
			if acked[index] != "" {
				t.Fatalf("index %d was acknowledged twice", index)
			}
			acked[index] = text
		}
		pending += behind(t, dir)
	}
	s := openScene(t, dir)
	if err := s.ledger.Healthy(); err != nil {
		t.Fatal(err)
	}
	events, err := s.ledger.Load(t.Context(), hearingID)
	if err != nil {
		t.Fatal(err)
	}
	for index, text := range acked {
		if index > uint64(len(events)) || !strings.Contains(string(events[index-1].Payload), `"`+text+`"`) {
			t.Fatalf("acknowledged entry %d (%s) is missing", index, text)
		}
	}
	r, err := verify.Verify(s.write(), "")
	if err != nil || !r.Valid {
		t.Fatalf("%v\n%s", err, r.Text("en"))
	}
	t.Logf("%d acknowledged in ten lives, %d kept, %d were not yet in the log when the process was killed", len(acked), len(events), pending)
}

// behind counts the events that a killed process left durable but not yet in
// the log: what the next start must append first.
func behind(t *testing.T, dir string) int {
	t.Helper()
	s, err := store.Open(filepath.Join(dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	count, err := s.Count(t.Context(), hearingID)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "ledger", "logs", hearingID, "checkpoint"))
	if err != nil {
		return int(count)
	}
	size, err := strconv.Atoi(strings.Split(string(b), "\n")[1])
	if err != nil {
		t.Fatal(err)
	}
	return int(count) - size
}
