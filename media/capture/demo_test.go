package capture

import (
	"context"
	"errors"
	"math"
	"os/exec"
	"testing"
	"time"

	pigo "github.com/esimov/pigo/core"

	"parda/media/mask"
)

// faceFinder is the tool that drives the puppet's head: the demo's witness must look enough like a person for it.
func faceFinder(t testing.TB) func(pic *yuv) []pigo.Detection {
	t.Helper()
	finder, err := pigo.NewPigo().Unpack(facefinderCascade(t))
	if err != nil {
		t.Fatal(err)
	}
	return func(pic *yuv) []pigo.Detection {
		found := finder.RunCascade(pigo.CascadeParams{
			MinSize: 60, MaxSize: 400, ShiftFactor: 0.1, ScaleFactor: 1.1,
			ImageParams: pigo.ImageParams{Pixels: pic[0].pix, Rows: pic[0].h, Cols: pic[0].w, Dim: pic[0].stride},
		}, 0)
		var sure []pigo.Detection
		for _, d := range finder.ClusterDetections(found, 0.2) {
			if d.Q > 10 {
				sure = append(sure, d)
			}
		}
		return sure
	}
}

// drawAt is the demo's picture at a moment of its clock, without waiting for it.
func drawAt(c *demoCamera, seconds float64) {
	for i := range c.out {
		copy(c.out[i].pix, c.room[i].pix)
	}
	at := demoEpoch().Add(time.Duration(seconds * float64(time.Second)))
	for i := range c.figures {
		c.figures[i].draw(c.out, poseAt(seconds+7.3*float64(i), c.mouthAt(at, seconds, i)))
	}
}

func demoOf(t testing.TB, name string) *demoCamera {
	t.Helper()
	camera, err := OpenCamera(context.Background(), "demo:"+name, CameraConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { camera.Close() })
	return camera.(*demoCamera)
}

func TestDemoWitnessIsAFaceThatMoves(t *testing.T) {
	camera, find := demoOf(t, "witness"), faceFinder(t)
	const frames = 40
	found, doubled := 0, 0
	var left, right, top, bottom = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for i := range frames {
		drawAt(camera, float64(i)*1.05)
		faces := find(camera.out)
		if len(faces) > 1 {
			doubled++
		}
		if len(faces) == 0 {
			continue
		}
		found++
		left, right = min(left, float64(faces[0].Col)), max(right, float64(faces[0].Col))
		top, bottom = min(top, float64(faces[0].Row)), max(bottom, float64(faces[0].Row))
	}
	if found < frames*95/100 || doubled > frames/50 {
		t.Errorf("a face in %d of %d pictures, more than one in %d", found, frames, doubled)
	}
	if right-left < 12 || bottom-top < 4 {
		t.Errorf("the face moves by %.0f x %.0f pixels only", right-left, bottom-top)
	}
	t.Logf("found in %d of %d, moves by %.0f x %.0f pixels", found, frames, right-left, bottom-top)
}

func needESpeak(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Skip("SKIPPED, not tested: espeak-ng is not installed (Debian package espeak-ng)")
	}
}

func TestDemoMouthFollowsTheVoice(t *testing.T) {
	needESpeak(t)
	camera := demoOf(t, "witness")
	var open, shut float64
	nOpen, nShut := 0, 0
	for i := range len(camera.speech) / 1920 {
		at := demoEpoch().Add(time.Duration(i) * 40 * time.Millisecond)
		mouth := camera.mouthAt(at, float64(i)*0.04, 0)
		start := speechPosition(at, len(camera.speech))
		if start+1920 > len(camera.speech) {
			continue
		}
		if rms(camera.speech[start:start+1920]) > 0.05 {
			open += mouth
			nOpen++
		} else if rms(camera.speech[start:start+1920]) < 0.001 {
			shut += mouth
			nShut++
		}
	}
	if nOpen < 50 || nShut < 50 || open/float64(nOpen) < 0.3 || shut/float64(nShut) > 0.02 {
		t.Errorf("mouth open %.2f in %d speaking pictures, %.2f in %d silent ones", open/float64(nOpen), nOpen, shut/float64(nShut), nShut)
	}
}

// Each of the demo's people sounds and looks different, so that a test can tell which one is received.
func TestDemoSourcesAreToldApart(t *testing.T) {
	needESpeak(t)
	type colour struct{ cb, cr int }
	walls := map[colour]string{}
	for name, person := range demoPeople {
		speech, err := speechOf(t.Context(), name, person)
		if err != nil {
			t.Fatal(err)
		}
		if seconds := len(speech) / mask.SampleRate; seconds < 5 || rms(speech) < 0.01 {
			t.Errorf("%s speaks for %d s at level %.3f", name, seconds, rms(speech))
		}
		peak := float32(0)
		for _, v := range speech {
			peak = max(peak, v, -v)
		}
		if peak > 1 {
			t.Errorf("%s is louder than full scale: %v", name, peak)
		}
		for other, p := range demoPeople {
			if other != name && p.voice == person.voice {
				t.Errorf("%s and %s have one voice", name, other)
			}
		}
		room := demoOf(t, name).room
		at := colour{int(room[1].pix[30*room[1].stride+120]) / 4, int(room[2].pix[30*room[2].stride+120]) / 4}
		if other, taken := walls[at]; taken {
			t.Errorf("%s and %s have walls of one colour", name, other)
		}
		walls[at] = name
	}
}

func TestDemoMicrophoneStartsWhereTheClockIsAndLoops(t *testing.T) {
	needESpeak(t)
	microphone, err := OpenMicrophone(t.Context(), "demo:witness", MicrophoneConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer microphone.Close()
	m := microphone.(*demoMicrophone)
	var block mask.RawSound
	if err := m.Read(&block); err != nil {
		t.Fatal(err)
	}
	if want := (speechPosition(block.Captured, len(m.speech)) + mask.BlockSamples) % len(m.speech); m.at != want {
		t.Errorf("after a block at sample %d of the speech, want %d", m.at, want)
	}
	m.at = len(m.speech) - 100
	if err := m.Read(&block); err != nil || m.at != mask.BlockSamples-100 || block.Samples[100] != m.speech[0] {
		t.Errorf("over the end: at %d, %v", m.at, err)
	}
}

func TestMissingESpeakIsSaidInWords(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	speeches.Lock()
	saved := speeches.byName
	speeches.byName = nil
	speeches.Unlock()
	defer func() {
		speeches.Lock()
		speeches.byName = saved
		speeches.Unlock()
	}()
	if _, err := OpenMicrophone(t.Context(), "demo:witness", MicrophoneConfig{}); !errors.Is(err, ErrMissing) {
		t.Errorf("%v, want ErrMissing", err)
	}
	if _, err := OpenCamera(t.Context(), "demo:hall", CameraConfig{}); err != nil {
		t.Errorf("the picture needs no voice: %v", err)
	}
}

func BenchmarkDemoCamera(b *testing.B) {
	camera := demoOf(b, "witness")
	i := 0
	for b.Loop() {
		drawAt(camera, float64(i)*0.04)
		i++
	}
}
