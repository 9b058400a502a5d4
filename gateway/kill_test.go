package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parda/gateway/ledger/verify"
	"parda/gateway/minutes"
	"parda/gateway/visibility"
)

// TestMain lets this test's own binary be the gateway, so that a test can kill the real program.
func TestMain(m *testing.M) {
	if os.Getenv("PARDA_TEST_GATEWAY") != "" || len(os.Args) == 2 && os.Args[1] == renderCommand {
		os.Args = append([]string{"gateway"}, os.Args[1:]...)
		if !movedMain() {
			main()
		}
		return
	}
	os.Exit(m.Run())
}

// process is a gateway of its own process. links are those of its first start.
type process struct {
	cmd   *exec.Cmd
	links Links
}

func startProcess(t *testing.T, config string) process {
	t.Helper()
	cmd := exec.Command(os.Args[0], "serve", "-config", config, "-json")
	cmd.Env = append(os.Environ(), "PARDA_TEST_GATEWAY=1")
	cmd.Stderr = &testLog{t: t}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	p := process{cmd: cmd}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the gateway said nothing: %v", err)
	}
	if err := json.Unmarshal(line, &p.links); err != nil {
		t.Fatal(err)
	}
	return p
}

// testLog puts what the gateway logs into the test's log.
type testLog struct{ t *testing.T }

func (l *testLog) Write(b []byte) (int, error) {
	for line := range strings.Lines(string(b)) {
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "panic") {
			l.t.Log(strings.TrimSpace(line))
		}
	}
	return len(b), nil
}

// outside is a gateway that is reached over its ports only, as by any page.
type outside struct{ url string }

func (o outside) URL() string { return o.url }

func TestKillNineLosesNothingThatWasAcknowledged(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "gateway.toml")
	text := fmt.Sprintf("data = %q\n[http]\nlisten = \"\"\nlocal = \"127.0.0.1:%d\"\n[media]\nudp = \"127.0.0.1:0\"\ntcp = \"\"\n[turn]\nudp = \"\"\ntcp = \"\"\n[tripwire]\naudio = \"off\"\n[access]\nseats = \"link\"\n"+
		"[[hearing]]\nid = \"demo\"\ncase_no = \"1\"\ncourt = \"baku\"\npseudonym = \"Lalə\"\ntemplate = \"identity_hidden\"\nreason = \"threatened\"\nviews = [\"bench\"]\n",
		filepath.Join(dir, "data"), freePort(t))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	gateway := startProcess(t, config)
	at, token := outside{gateway.links.Gateway}, gateway.links.Tokens["demo/court/bench"] // it stays good over restarts
	judge, clerk := sitAt(t, at, gateway.links, "judge"), sitAt(t, at, gateway.links, "clerk")
	key := newSigner(t)
	judge.must("key.enrol", map[string]string{"key": key.spki()})
	draft := judge.until("has a draft", func(v visibility.View) bool { return v.Draft != nil }).Draft
	judge.must("order.sign", map[string]any{"bytes": draft.Bytes, "signature": key.sign(draft.Bytes)})
	judge.must("hearing.open", nil)

	acknowledged := map[string]bool{}
	for round := range 10 {
		publishing := publishAt(t, at, token, "")
		stop := time.After(time.Duration(100+rand.IntN(900)) * time.Millisecond)
		killed := make(chan struct{})
		go func() { <-stop; gateway.cmd.Process.Kill(); gateway.cmd.Wait(); close(killed) }()
		for n := 0; ; n++ {
			text := fmt.Sprintf("round %d entry %d", round, n)
			if !clerk.acknowledged("entry.add", map[string]string{"kind": "note", "text": text}) {
				break
			}
			acknowledged[text] = true
		}
		<-killed
		publishing.stop()
		if round == 5 {
			time.Sleep(2500 * time.Millisecond) // an outage long enough that the protocol must show it as a gap
		}
		gateway = startProcess(t, config)
		judge, clerk = openAt(t, at, "judge", judge.cookie, ""), openAt(t, at, "clerk", clerk.cookie, "")
	}
	if len(acknowledged) < 10 {
		t.Fatalf("only %d entries were acknowledged: this test holds nothing", len(acknowledged))
	}
	clerk.must("entry.add", map[string]string{"kind": "note", "text": "the last"})
	judge.untilEntry("the last", func(e minutes.Entry) bool { return e.Text == "the last" })
	judge.mu.Lock()
	for _, e := range judge.entries {
		delete(acknowledged, e.Text)
	}
	judge.mu.Unlock()
	for text := range acknowledged {
		t.Errorf("acknowledged and lost: %s", text)
	}
	report := closeAndVerify(t, at, judge, key, dir)
	if len(report.Recordings) == 0 || len(report.Gaps) == 0 {
		t.Errorf("%d recordings and %d gaps: what the kills tore must show", len(report.Recordings), len(report.Gaps))
	}
}

func closeAndVerify(t *testing.T, at gatewayAt, judge *page, key signer, dir string) verify.Report {
	t.Helper()
	judge.must("hearing.close", nil)
	for try := 0; ; try++ { // something may be entered between the reading and the signing: then there is a newer statement
		signing := judge.until("has something to sign", func(v visibility.View) bool { return v.Signing != nil }).Signing
		if _, refusal := judge.ask("protocol.sign", map[string]string{"signature": key.sign(signing.Statement)}); refusal == "" {
			break
		} else if try == 5 {
			t.Fatalf("the protocol could not be signed: %s", refusal)
		}
	}
	report, err := verify.Verify(takeBundle(t, at, judge, dir), "")
	if err != nil || !report.Valid {
		t.Fatalf("the bundle is not valid: %v %+v", err, report.Problems)
	}
	return report
}
