package capture

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parda/media/mask"
)

// soundServer runs a PulseAudio daemon of the test's own, in a private folder, with a null sink named parda: what is played into it
// can be recorded from its monitor. The machines that build parda have no sound card.
func soundServer(t *testing.T) (run func(args ...string) string) {
	t.Helper()
	for _, program := range []string{"pulseaudio", "pactl", "paplay"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("SKIPPED, the microphone is not tested: " + program + " is not installed (Debian packages pulseaudio and pulseaudio-utils)")
		}
	}
	dir, err := os.MkdirTemp("", "pulse") // shorter than t.TempDir: a socket's path has 108 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for name, value := range map[string]string{"XDG_RUNTIME_DIR": dir, "PULSE_RUNTIME_PATH": dir, "PULSE_SERVER": "unix:" + dir + "/native", "HOME": dir, "XDG_CONFIG_HOME": dir, "PULSE_COOKIE": dir + "/cookie"} {
		t.Setenv(name, value)
	}
	daemon := exec.Command("pulseaudio", "--daemonize=no", "-n", "--exit-idle-time=-1", "--use-pid-file=no", "--disallow-exit=yes", "--log-target=stderr",
		"-L", "module-native-protocol-unix socket="+dir+"/native auth-anonymous=1",
		"-L", "module-null-sink sink_name=parda rate=48000 channels=1")
	var complaint tail
	daemon.Stderr = &complaint
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { daemon.Process.Kill(); daemon.Wait() })
	run = func(args ...string) string {
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s\nserver: %s", strings.Join(args, " "), err, out, complaint.String())
		}
		return string(out)
	}
	deadline := time.Now().Add(5 * time.Second)
	for exec.Command("pactl", "info").Run() != nil {
		if time.Now().After(deadline) {
			t.Skipf("SKIPPED, the microphone is not tested: no PulseAudio server comes up here: %s", complaint.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
	return run
}

func TestMicrophoneHearsWhatIsPlayed(t *testing.T) {
	run := soundServer(t)
	tone := filepath.Join(t.TempDir(), "tone.wav")
	if err := os.WriteFile(tone, wav(48000, 1, 48000*4, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	microphone, err := OpenMicrophone(t.Context(), "pulse:parda.monitor", MicrophoneConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer microphone.Close()
	player := exec.Command("paplay", "--device=parda", tone)
	if err := player.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { player.Process.Kill(); player.Wait() }()

	var block mask.RawSound
	heard := 0
	began := time.Now()
	for heard < 50 {
		if err := microphone.Read(&block); err != nil {
			t.Fatal(err)
		}
		if time.Since(began) > 5*time.Second {
			t.Fatalf("in 5 s %d blocks of the tone were heard", heard)
		}
		if level := rms(block.Samples[:]); level > 0.25 && math.Abs(toneHz(block.Samples[:])-1000) < 30 {
			heard++
		}
	}
	began = time.Now()
	for range 50 {
		if err := microphone.Read(&block); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took < 700*time.Millisecond || took > 3*time.Second {
		t.Errorf("50 blocks took %v, want a second", took)
	}
	// The device goes away under the recording.
	run("pactl", "unload-module", "module-null-sink")
	gone := time.Now()
	for err = nil; err == nil; err = microphone.Read(&block) {
	}
	if !errors.Is(err, ErrUnplugged) || time.Since(gone) > time.Second {
		t.Errorf("%v after %v, want ErrUnplugged within a second", err, time.Since(gone))
	}
}

func TestUnknownMicrophoneIsRefusedWhileOthersAreThere(t *testing.T) {
	soundServer(t)
	for _, source := range []string{"pulse:nothing", "A microphone nobody has"} {
		if microphone, err := OpenMicrophone(t.Context(), source, MicrophoneConfig{}); !errors.Is(err, ErrUnknownDevice) {
			t.Errorf("%q: %v", source, err)
			if err == nil {
				microphone.Close()
			}
		}
	}
}

// toneHz counts zero crossings.
func toneHz(samples []float32) float64 {
	crossings, first, last := 0, -1, 0
	for i := 1; i < len(samples); i++ {
		if samples[i-1] < 0 && samples[i] >= 0 {
			if first < 0 {
				first = i
			} else {
				crossings++
			}
			last = i
		}
	}
	if crossings == 0 {
		return 0
	}
	return float64(crossings) * mask.SampleRate / float64(last-first)
}

func TestACardThatIsNamedItselfIsOpenedForThisProgramAlone(t *testing.T) {
	for name, want := range map[string]struct {
		id    string
		alone bool
	}{"hw:1,0": {":1,0", true}, "hw:12,3": {":12,3", true}, ":1,0": {":1,0", false}, "default": {"default", false}, "hw:CARD=x": {"hw:CARD=x", false}, "dsnoop:1,0": {"dsnoop:1,0", false}, "hw:1,0;": {"hw:1,0;", false}} {
		if id, alone := asCard(name); id != want.id || alone != want.alone {
			t.Errorf("%s: %q %v", name, id, alone)
		}
	}
}
