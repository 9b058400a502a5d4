package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parda/media/publish/wire/whiptest"
)

// TestMain lets the test's own binary be the program, for the test of signals.
func TestMain(m *testing.M) {
	if os.Getenv("PARDA_COURTROOM_AS_PROGRAM") != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// output is a stream that may be read while it is written.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func certFile(t *testing.T, s *whiptest.Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gateway.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate()}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// benchArgs is a full command line; more overrides.
func benchArgs(t *testing.T, s *whiptest.Server, more ...string) []string {
	return append([]string{"-gateway", s.URL, "-gateway-cert", certFile(t, s), "-token", whiptest.Token, "-view", "bench", "-camera", "demo:bench", "-size", "320x240"}, more...)
}

func start(t *testing.T, args []string) (stop func() int, stderr *output) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	stderr = &output{}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, args, stderr) }()
	var once sync.Once
	code := -1
	stop = func() int {
		once.Do(func() {
			cancel()
			select {
			case code = <-ended:
			case <-time.After(10 * time.Second):
				t.Error("the program does not end")
			}
		})
		return code
	}
	t.Cleanup(func() { stop() })
	return stop, stderr
}

func TestCourtIsSeenAndHeardUntilTheEnd(t *testing.T) {
	server := whiptest.New(t)
	stop, stderr := start(t, benchArgs(t, server))
	whiptest.Until(t, 20*time.Second, "pictures and sound come", func() bool { return len(server.Frames()) > 10 && len(server.Audio()) > 20 })
	if code := stop(); code != 0 {
		t.Errorf("exit status %d: %s", code, stderr)
	}
	if server.Deletes.Load() != 1 {
		t.Errorf("%d DELETEs, want 1", server.Deletes.Load())
	}
	if _, path := server.Offer(); path != "/whip/demo" {
		t.Errorf("offered at %s", path)
	}
	if strings.Contains(stderr.String(), whiptest.Token) || strings.Contains(stderr.String(), "127.0.0.1") {
		t.Errorf("the log holds a token or an address: %s", stderr)
	}
}

func TestLostLinkIsTakenUpAgain(t *testing.T) {
	server := whiptest.New(t)
	start(t, benchArgs(t, server, "-microphone", ""))
	whiptest.Until(t, 20*time.Second, "pictures come", func() bool { return len(server.Frames()) > 5 })
	server.HangUp()
	whiptest.Until(t, 20*time.Second, "it publishes again", func() bool { return server.Offers.Load() == 2 })
	seen := len(server.Frames())
	whiptest.Until(t, 10*time.Second, "pictures come again", func() bool { return len(server.Frames()) > seen+5 })
}

func TestGatewayThatIsDownIsTriedAgain(t *testing.T) {
	server := whiptest.New(t)
	var mu sync.Mutex
	refusals := 0
	server.Answer = func(w http.ResponseWriter, _ *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if refusals++; refusals > 2 {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	start(t, benchArgs(t, server))
	whiptest.Until(t, 20*time.Second, "pictures come", func() bool { return len(server.Frames()) > 5 })
}

func TestWhatCannotWorkEndsWithOneAndASentence(t *testing.T) {
	server := whiptest.New(t)
	answer := func(status int, body string) func() {
		return func() {
			server.Answer = func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(status)
				io.WriteString(w, body)
				return true
			}
		}
	}
	noClip := filepath.Join(t.TempDir(), "letter.txt")
	if err := os.WriteFile(noClip, []byte("not a clip"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		args   []string
		before func()
		says   string
	}{
		{"wrong token", benchArgs(t, server, "-token", "wrong"), nil, "does not accept this token"},
		{"token of another role", benchArgs(t, server), answer(403, `{"code":"token_role","message":"This token is for another publication.","ref":"e-1"}`), "token_role: This token is for another publication."},
		{"unknown hearing", benchArgs(t, server, "-hearing", "nowhere"), answer(404, ""), "knows no such hearing"},
		{"no such camera", benchArgs(t, server, "-camera", "/dev/video97"), nil, "the camera: no such device or file"},
		{"no such microphone", benchArgs(t, server, "-microphone", "alsa:hw:97"), nil, "the microphone: no such device or file"},
		{"no clip", benchArgs(t, server, "-camera", noClip), nil, "no clip that can be played"},
		{"certificate of another", append(benchArgs(t, server)[:2], benchArgs(t, server)[4:]...), nil, "certificate"},
		{"no certificate", benchArgs(t, server, "-gateway-cert", noClip), nil, "holds no certificate"},
		{"the witness", benchArgs(t, server, "-camera", "demo:witness"), nil, "never shown from the courtroom"},
		{"unknown view", benchArgs(t, server, "-view", "witness"), nil, "-view must be one of"},
		{"no view", benchArgs(t, server, "-view", ""), nil, "-view must be one of"},
		{"no gateway", benchArgs(t, server, "-gateway", ""), nil, "-gateway is needed"},
		{"neither token nor state", benchArgs(t, server, "-token", "", "-state", ""), nil, "-state of an enrolled device is needed"},
		{"not enrolled", benchArgs(t, server, "-token", "", "-state", t.TempDir()), nil, "not enrolled"},
		{"plain http elsewhere", benchArgs(t, server, "-gateway", "http://gateway.example"), nil, "must be https"},
		{"nothing to show", benchArgs(t, server, "-camera", ""), nil, "-camera or -microphone is needed"},
		{"broken size", benchArgs(t, server, "-size", "640x480x2"), nil, "-size must be like"},
		{"odd size", benchArgs(t, server, "-size", "641x480"), nil, "must be even"},
		{"too fast", benchArgs(t, server, "-fps", "200"), nil, "must be 1 to 60"},
		{"unknown flag", benchArgs(t, server, "-mask"), nil, "not defined"},
		{"a stray word", benchArgs(t, server, "bench"), nil, "not understood"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server.Answer = nil
			if c.before != nil {
				c.before()
			}
			var stderr output
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if code := run(ctx, c.args, &stderr); code != 1 || !strings.Contains(stderr.String(), c.says) {
				t.Errorf("exit status %d, want 1 and %q: %s", code, c.says, &stderr)
			}
		})
	}
}

func TestClipThatEndsEndsTheProgramWithZero(t *testing.T) {
	server := whiptest.New(t)
	clip := filepath.Join(t.TempDir(), "clip.y4m")
	content := []byte("YUV4MPEG2 W32 H32 F25:1\n")
	for range 10 {
		content = append(append(content, "FRAME\n"...), make([]byte, 32*32*3/2)...)
	}
	if err := os.WriteFile(clip, content, 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr output
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if code := run(ctx, benchArgs(t, server, "-camera", clip, "-size", "32x32"), &stderr); code != 0 || ctx.Err() != nil {
		t.Errorf("exit status %d, %v: %s", code, ctx.Err(), &stderr)
	}
}

func TestSignalsEndTheProgramWithZero(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		server := whiptest.New(t)
		cmd := exec.Command(os.Args[0], benchArgs(t, server)...)
		cmd.Env = append(os.Environ(), "PARDA_COURTROOM_AS_PROGRAM=1")
		var stderr output
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer cmd.Process.Kill()
		whiptest.Until(t, 20*time.Second, "pictures come", func() bool { return len(server.Frames()) > 2 })
		cmd.Process.Signal(signal)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %v: %s", signal, err, &stderr)
		}
		if server.Deletes.Load() != 1 {
			t.Errorf("%v: %d DELETEs, want 1", signal, server.Deletes.Load())
		}
	}
}
