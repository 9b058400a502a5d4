package capture

import (
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"parda/media/mask"
)

// ffmpegClip makes a clip by ffmpeg or skips, loudly.
func ffmpegClip(t *testing.T, name string, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("SKIPPED, not tested: ffmpeg is not installed (Debian package ffmpeg)")
	}
	path := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command(program, append(append([]string{"-v", "error"}, args...), path)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

func TestOtherClipsComeByFFmpeg(t *testing.T) {
	path := ffmpegClip(t, "-a clip.mkv", "-f", "lavfi", "-i", "color=c=red:s=320x180:r=10:d=0.6", "-f", "lavfi", "-i", "sine=frequency=440:duration=0.6", "-c:v", "mjpeg", "-c:a", "pcm_s16le")
	camera, err := OpenCamera(t.Context(), path, CameraConfig{Width: 64, Height: 48})
	if err != nil {
		t.Fatal(err)
	}
	defer camera.Close()
	var pic mask.RawPicture
	count := 0
	for err = camera.Read(&pic); err == nil; err = camera.Read(&pic) {
		if pic.Width != 64 || pic.Height != 48 || pic.Cr[0] < 200 {
			t.Fatalf("picture %d: %dx%d, Cr %d, want a red one of 64x48", count, pic.Width, pic.Height, pic.Cr[0])
		}
		count++
	}
	if err != io.EOF || count < 13 || count > 17 {
		t.Errorf("%d pictures in 0.6 s, then %v", count, err)
	}
	microphone, err := OpenMicrophone(t.Context(), path, MicrophoneConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer microphone.Close()
	var block mask.RawSound
	count = 0
	for err = microphone.Read(&block); err == nil; err = microphone.Read(&block) {
		count++
	}
	if err != io.EOF || count < 29 || count > 31 {
		t.Errorf("%d blocks in 0.6 s, then %v", count, err)
	}
}

func TestFFmpegGoneIsUnpluggedWithinASecond(t *testing.T) {
	path := ffmpegClip(t, "clip.mkv", "-f", "lavfi", "-i", "testsrc=s=64x48:r=25:d=1", "-c:v", "mjpeg")
	camera, err := OpenCamera(t.Context(), path, CameraConfig{Width: 64, Height: 48, Loop: true})
	if err != nil {
		t.Fatal(err)
	}
	defer camera.Close()
	var pic mask.RawPicture
	for range 30 { // past the end of the clip: it loops
		if err := camera.Read(&pic); err != nil {
			t.Fatal(err)
		}
	}
	camera.(*ffmpegCamera).child.cmd.Process.Kill()
	killed := time.Now()
	for err = nil; err == nil; err = camera.Read(&pic) {
	}
	if !errors.Is(err, ErrUnplugged) || time.Since(killed) > time.Second {
		t.Errorf("%v after %v, want ErrUnplugged within a second", err, time.Since(killed))
	}
}
