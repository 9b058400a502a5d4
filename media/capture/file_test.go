package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parda/media/mask"
)

func TestMain(m *testing.M) {
	// miniaudio does not let go of a PulseAudio device that was taken away; Close leaves that one thread behind, and says so.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/gen2brain/malgo._Cfunc_ma_device_uninit"))
}

// y4m makes a clip of n grey pictures, the luma of picture i being 10*i+20.
func y4m(header string, lumaSize, chromaSize, n int) []byte {
	var b bytes.Buffer
	b.WriteString(header + "\n")
	for i := range n {
		b.WriteString("FRAME\n")
		b.Write(bytes.Repeat([]byte{byte(10*i + 20)}, lumaSize))
		b.Write(bytes.Repeat([]byte{100}, chromaSize))
		b.Write(bytes.Repeat([]byte{160}, chromaSize))
	}
	return b.Bytes()
}

// wav makes PCM16 of a sine at 0.5 of full scale.
func wav(rate, channels, samples int, hz float64) []byte {
	var data bytes.Buffer
	for i := range samples {
		v := int16(16384 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
		for range channels {
			binary.Write(&data, binary.LittleEndian, v)
		}
	}
	return wavOf(1, rate, channels, 16, data.Bytes())
}

func wavOf(format, rate, channels, bits int, data []byte) []byte {
	var b bytes.Buffer
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, uint32(36+len(data)))
	b.WriteString("WAVEfmt ")
	binary.Write(&b, binary.LittleEndian, uint32(16))
	for _, v := range []any{uint16(format), uint16(channels), uint32(rate), uint32(rate * channels * bits / 8), uint16(channels * bits / 8), uint16(bits)} {
		binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, uint32(len(data)))
	b.Write(data)
	return b.Bytes()
}

func writeClip(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestY4MPlaysAtRealTimeInTheWantedSizeAndEnds(t *testing.T) {
	for _, c := range []struct {
		name, header string
		luma, chroma int
	}{
		{"420 same size", "YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg", 64 * 48, 32 * 24},
		{"no colour space", "YUV4MPEG2 W64 H48 F25:1", 64 * 48, 32 * 24},
		{"odd size", "YUV4MPEG2 W33 H21 F25:1 C420", 33 * 21, 17 * 11},
		{"422 larger", "YUV4MPEG2 W320 H200 F25:1 C422", 320 * 200, 160 * 200},
		{"444", "YUV4MPEG2 W64 H64 F25:1 C444", 64 * 64, 64 * 64},
		{"mono", "YUV4MPEG2 W64 H48 F25:1 Cmono", 64 * 48, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := writeClip(t, "clip.y4m", y4m(c.header, c.luma, c.chroma, 5))
			camera, err := OpenCamera(t.Context(), path, CameraConfig{Width: 64, Height: 48})
			if err != nil {
				t.Fatal(err)
			}
			defer camera.Close()
			began := time.Now()
			var pic mask.RawPicture
			for i := range 5 {
				if err := camera.Read(&pic); err != nil {
					t.Fatalf("picture %d: %v", i, err)
				}
				if pic.Width != 64 || pic.Height != 48 || pic.Y[0] != byte(10*i+20) || pic.Y[47*pic.StrideY+63] != byte(10*i+20) {
					t.Fatalf("picture %d: %dx%d, luma %d and %d", i, pic.Width, pic.Height, pic.Y[0], pic.Y[47*pic.StrideY+63])
				}
				if c.chroma > 0 && (pic.Cb[0] != 100 || pic.Cr[23*pic.StrideC+31] != 160) {
					t.Fatalf("picture %d: chroma %d, %d", i, pic.Cb[0], pic.Cr[23*pic.StrideC+31])
				}
			}
			if err := camera.Read(&pic); err != io.EOF {
				t.Errorf("after the last picture: %v, want io.EOF", err)
			}
			if took := time.Since(began); took < 150*time.Millisecond || took > 3*time.Second {
				t.Errorf("5 pictures at 25 per second took %v", took)
			}
		})
	}
}

func TestY4MOfAnotherRateKeepsItsSpeed(t *testing.T) {
	for _, c := range []struct {
		rate string
		want []byte
	}{
		{"50:1", []byte{20, 40, 60, 80, 100}},
		{"12:1", []byte{20, 20, 20, 30, 30, 40}},
		{"25000:1001", []byte{20, 20, 30, 40, 50}},
	} {
		path := writeClip(t, "clip.y4m", y4m("YUV4MPEG2 W16 H16 F"+c.rate, 256, 64, 10))
		camera, err := OpenCamera(t.Context(), path, CameraConfig{Width: 16, Height: 16})
		if err != nil {
			t.Fatal(err)
		}
		var pic mask.RawPicture
		var got []byte
		for range c.want {
			if err := camera.Read(&pic); err != nil {
				t.Fatal(err)
			}
			got = append(got, pic.Y[0])
		}
		camera.Close()
		if !bytes.Equal(got, c.want) {
			t.Errorf("%s pictures per second: luma %v, want %v", c.rate, got, c.want)
		}
	}
}

func TestLoopedClipsStartAnew(t *testing.T) {
	path := writeClip(t, "clip.y4m", y4m("YUV4MPEG2 W16 H16 F25:1", 256, 64, 2))
	camera, err := OpenCamera(t.Context(), path, CameraConfig{Width: 16, Height: 16, Loop: true})
	if err != nil {
		t.Fatal(err)
	}
	defer camera.Close()
	var pic mask.RawPicture
	for i := range 7 {
		if err := camera.Read(&pic); err != nil || pic.Y[0] != byte(20+10*(i%2)) {
			t.Fatalf("picture %d: luma %d, %v", i, pic.Y[0], err)
		}
	}
	sound := writeClip(t, "clip.wav", wav(16000, 1, 1600, 440)) // 100 ms
	microphone, err := OpenMicrophone(t.Context(), sound, MicrophoneConfig{Loop: true})
	if err != nil {
		t.Fatal(err)
	}
	defer microphone.Close()
	var block mask.RawSound
	for i := range 12 {
		if err := microphone.Read(&block); err != nil || rms(block.Samples[:]) < 0.3 {
			t.Fatalf("block %d: level %v, %v", i, rms(block.Samples[:]), err)
		}
	}
}

// What is not a clip is said to be none, in words, at opening, and nothing breaks.
func TestWhatIsNoClipIsRefusedAtOpening(t *testing.T) {
	for _, c := range []struct {
		name    string
		content []byte
		camera  error
		sound   error
	}{
		{"empty", nil, ErrNoClip, ErrNoClip},
		{"text", []byte("This is a letter, not a clip, however long it may be.\n"), ErrNoClip, ErrNoClip},
		{"noise", bytes.Repeat([]byte{0x9e, 0x13, 0x77, 0xc4, 0x01}, 4000), ErrNoClip, ErrNoClip},
		{"y4m cut in its header", []byte("YUV4MPEG2 W64 H4"), ErrNoClip, ErrNoClip},
		{"y4m without a size", []byte("YUV4MPEG2 F25:1\nFRAME\n"), ErrNoClip, ErrNoClip},
		{"y4m of a giant", []byte("YUV4MPEG2 W100000 H100000 F25:1\nFRAME\n"), ErrNoClip, ErrNoClip},
		{"y4m without pictures", []byte("YUV4MPEG2 W64 H48 F25:1\n"), ErrNoClip, ErrNoClip},
		{"y4m cut in its first picture", y4m("YUV4MPEG2 W64 H48 F25:1", 64*48, 32*24, 1)[:1000], ErrNoClip, ErrNoClip},
		{"wav without sound", wav(48000, 1, 0, 440), ErrNoClip, ErrNoClip},
		{"wav cut in its header", wav(48000, 1, 100, 440)[:30], ErrNoClip, ErrNoClip},
		{"wav of no channel", wavOf(1, 48000, 0, 16, make([]byte, 100)), ErrNoClip, ErrNoClip},
		{"sound only", wav(48000, 2, 4800, 440), ErrNoClip, nil},
		{"picture only", y4m("YUV4MPEG2 W64 H48 F25:1", 64*48, 32*24, 3), nil, ErrNoClip},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := writeClip(t, "clip.bin", c.content)
			camera, err := OpenCamera(t.Context(), path, CameraConfig{})
			if !errors.Is(err, c.camera) {
				t.Errorf("as a camera: %v, want %v", err, c.camera)
			}
			if err == nil {
				camera.Close()
			}
			microphone, err := OpenMicrophone(t.Context(), path, MicrophoneConfig{})
			if !errors.Is(err, c.sound) {
				t.Errorf("as a microphone: %v, want %v", err, c.sound)
			}
			if err == nil {
				microphone.Close()
			}
		})
	}
}

func TestUnknownSourcesAreRefusedAtOpening(t *testing.T) {
	for _, source := range []string{"/dev/video97", "/no/such/clip.y4m", "A camera nobody has", "demo:nobody"} {
		if camera, err := OpenCamera(t.Context(), source, CameraConfig{}); !errors.Is(err, ErrUnknownDevice) {
			t.Errorf("camera %q: %v", source, err)
			if err == nil {
				camera.Close()
			}
		}
	}
	for _, source := range []string{"alsa:hw:97,3", "/no/such/clip.wav", "demo:nobody"} {
		if microphone, err := OpenMicrophone(t.Context(), source, MicrophoneConfig{}); !errors.Is(err, ErrUnknownDevice) {
			t.Errorf("microphone %q: %v", source, err)
			if err == nil {
				microphone.Close()
			}
		}
	}
	for _, cfg := range []CameraConfig{{Width: 641, Height: 480}, {Width: 8, Height: 8}, {Width: 5000, Height: 480}, {FPS: 61}, {FPS: -1}} {
		if _, err := OpenCamera(t.Context(), "demo:witness", cfg); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
}

func TestWAVOfAnyRateComesAsTheSameToneAt48kHz(t *testing.T) {
	for _, rate := range []int{8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000} {
		for channels := 1; channels <= 2; channels++ {
			samples, err := decodeWAV(wav(rate, channels, rate/2, 1000))
			if err != nil {
				t.Fatal(err)
			}
			if want := (rate/2*48000 + rate - 1) / rate; len(samples) != want {
				t.Errorf("%d Hz: half a second became %d samples, want %d", rate, len(samples), want)
			}
			// Compare with the tone as it should be, away from the ends.
			var sum float64
			middle := samples[2400:21600]
			for i, v := range middle {
				want := 0.5 * math.Sin(2*math.Pi*1000*float64(i+2400)/48000)
				sum += (float64(v) - want) * (float64(v) - want)
			}
			if noise := 10 * math.Log10(sum/float64(len(middle))/0.125); noise > -60 {
				t.Errorf("%d Hz, %d channels: the tone is off by %.0f dB, want -60 at most", rate, channels, noise)
			}
		}
	}
	// What 48 kHz cannot hold must vanish, not fold back.
	samples, err := decodeWAV(wav(96000, 1, 48000, 30000))
	if err != nil {
		t.Fatal(err)
	}
	if level := 20 * math.Log10(rms(samples[2400:21600])/0.354); level > -60 {
		t.Errorf("a tone of 30 kHz comes back at %.0f dB", level)
	}
}

func TestWAVSampleFormats(t *testing.T) {
	le := binary.LittleEndian
	for _, c := range []struct {
		name         string
		format, bits int
		data         []byte
		want         []float32
	}{
		{"8 bits", 1, 8, []byte{0, 128, 192}, []float32{-1, 0, 0.5}},
		{"16 bits", 1, 16, []byte{0, 0x80, 0, 0, 0, 0x40}, []float32{-1, 0, 0.5}},
		{"24 bits", 1, 24, []byte{0, 0, 0x80, 0, 0, 0, 0, 0, 0x40}, []float32{-1, 0, 0.5}},
		{"32 bits", 1, 32, []byte{0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x40}, []float32{-1, 0, 0.5}},
		{"float", 3, 32, le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, math.Float32bits(0.25)), math.Float32bits(-7)), 0x7fc00000), []float32{0.25, -1, 0}},
		{"double", 3, 64, le.AppendUint64(nil, math.Float64bits(-0.75)), []float32{-0.75}},
	} {
		got, err := decodeWAV(wavOf(c.format, 48000, 1, c.bits, c.data))
		if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

func TestWAVPlaysAtRealTimeAndItsLastBlockIsFilledWithSilence(t *testing.T) {
	path := writeClip(t, "clip.wav", wav(48000, 1, 960*5+480, 440))
	microphone, err := OpenMicrophone(t.Context(), path, MicrophoneConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer microphone.Close()
	began := time.Now()
	var block mask.RawSound
	for i := range 6 {
		if err := microphone.Read(&block); err != nil {
			t.Fatalf("block %d: %v", i, err)
		}
	}
	if rms(block.Samples[:480]) < 0.3 || rms(block.Samples[480:]) != 0 {
		t.Error("the last block is not half tone, half silence")
	}
	if err := microphone.Read(&block); err != io.EOF {
		t.Errorf("after the last block: %v, want io.EOF", err)
	}
	if took := time.Since(began); took < 90*time.Millisecond || took > 3*time.Second {
		t.Errorf("six blocks took %v", took)
	}
}

func TestCloseEndsAWaitingRead(t *testing.T) {
	for _, source := range []string{"", "demo:hall"} {
		camera, err := OpenCamera(t.Context(), source, CameraConfig{Width: 64, Height: 48, FPS: 1})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() {
			var pic mask.RawPicture
			var err error
			for err == nil {
				err = camera.Read(&pic)
			}
			ended <- err
		}()
		camera.Close()
		select {
		case err := <-ended:
			if err != io.EOF {
				t.Errorf("%q: %v, want io.EOF", source, err)
			}
		case <-time.After(2 * time.Second):
			t.Fatalf("%q: Read still waits after Close", source)
		}
	}
}

func TestNoMicrophoneIsSilenceInTime(t *testing.T) {
	microphone, err := OpenMicrophone(t.Context(), "", MicrophoneConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer microphone.Close()
	block := mask.RawSound{Samples: [mask.BlockSamples]float32{1, 1, 1}}
	began := time.Now()
	for range 6 {
		if err := microphone.Read(&block); err != nil || rms(block.Samples[:]) != 0 {
			t.Fatalf("level %v, %v", rms(block.Samples[:]), err)
		}
	}
	if took := time.Since(began); took < 90*time.Millisecond {
		t.Errorf("six blocks took %v", took)
	}
}

func rms(samples []float32) float64 {
	var sum float64
	for _, v := range samples {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(max(1, len(samples))))
}
