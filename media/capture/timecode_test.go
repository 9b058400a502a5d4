package capture

import (
	"testing"
	"time"

	"parda/media/mask"
)

// readTimecode is the reader's side: the middle of each cell, and the check.
func readTimecode(pic *mask.RawPicture) (ms uint32, ok bool) {
	var bits uint64
	for cell := range timecodeColumns * timecodeRows {
		x := (2*(cell%timecodeColumns) + 1) * pic.Width / (2 * timecodeColumns)
		y := (2*(cell/timecodeColumns) + 1) * pic.Height / (2 * timecodeRows)
		bits <<= 1
		if pic.Y[y*pic.StrideY+x] > 125 {
			bits |= 1
		}
	}
	ms = uint32(bits >> 8)
	return ms, timecodeBits(time.UnixMilli(int64(ms))) == bits
}

func TestTimecodeTellsWhenThePictureWasTaken(t *testing.T) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}, {322, 182}} {
		camera, err := OpenCamera(t.Context(), "demo:timecode", CameraConfig{Width: size[0], Height: size[1], FPS: 50})
		if err != nil {
			t.Fatal(err)
		}
		var pic mask.RawPicture
		for range 5 {
			before := uint32(time.Now().UnixMilli())
			if err := camera.Read(&pic); err != nil {
				t.Fatal(err)
			}
			ms, ok := readTimecode(&pic)
			if !ok || ms-before > uint32(time.Now().UnixMilli())-before || ms != uint32(pic.Captured.UnixMilli()) {
				t.Errorf("%v: read %d (%t), taken at %d", size, ms, ok, pic.Captured.UnixMilli())
			}
		}
		camera.Close()
	}
}

func TestMisreadCellIsNoTime(t *testing.T) {
	bits := timecodeBits(time.UnixMilli(1_795_363_200_123))
	if bits>>8 != 1_795_363_200_123%(1<<32) || byte(bits) != 0x3a {
		t.Errorf("cells %010x", bits)
	}
	for cell := range 40 {
		wrong := bits ^ 1<<cell
		if timecodeBits(time.UnixMilli(int64(wrong>>8))) == wrong {
			t.Errorf("cell %d may be misread", cell)
		}
	}
}

func TestBurstsComeWhenTheWallClockSays(t *testing.T) {
	microphone, err := OpenMicrophone(t.Context(), "demo:timecode", MicrophoneConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer microphone.Close()
	m := microphone.(*timecodeMicrophone)
	const windows = 50
	from := burstStart(900_000_000).Add(-7 * time.Millisecond)
	samples := make([]float32, windows*int(burstEvery.Seconds()*mask.SampleRate))
	for i := 0; i < len(samples); i += mask.BlockSamples { // in the blocks of a live microphone
		m.fill(samples[i:i+mask.BlockSamples], from.Add(time.Duration(i)*time.Second/mask.SampleRate))
	}
	phases := map[int64]bool{}
	n, quiet := int64(900_000_000), mask.SampleRate
	for i, v := range samples {
		if v == 0 {
			quiet++
			continue
		}
		if quiet > mask.SampleRate {
			at := from.Add(time.Duration(i) * time.Second / mask.SampleRate)
			if off := at.Sub(burstStart(n)); off < 0 || off > 50*time.Microsecond {
				t.Fatalf("burst %d begins %v from its time", n, off)
			}
			phases[burstStart(n).UnixMilli()%40] = true
			n++
		}
		quiet = 0
	}
	if n < 900_000_000+windows-1 || len(phases) < 30 {
		t.Errorf("%d bursts at %d phases of 40 ms", n-900_000_000, len(phases))
	}
	var block mask.RawSound
	if err := m.Read(&block); err != nil || time.Since(block.Captured) > time.Second {
		t.Errorf("live: %v, captured %v", err, block.Captured)
	}
}
