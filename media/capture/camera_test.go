package capture

import (
	"errors"
	"image"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/frame"
	"github.com/pion/mediadevices/pkg/io/video"
	"github.com/pion/mediadevices/pkg/prop"

	"parda/media/mask"
)

// fakeCamera is a V4L2 driver of our own, registered where pion/mediadevices registers the real ones. The machines that build parda have no
// camera, so what these tests hold is everything above the kernel's interface: choice of device and mode, conversion, freshness and loss.
// Nothing here has met a real camera.
type fakeCamera struct {
	modes  []prop.Media
	chosen prop.Media
	ratio  image.YCbCrSubsampleRatio
	state  atomic.Int32 // 0 works, 1 fails, 2 hangs, 3 panics, 4 gives nonsense
	closed chan struct{}
	count  atomic.Int32
}

func (f *fakeCamera) Open() error              { f.closed = make(chan struct{}); return nil }
func (f *fakeCamera) Close() error             { close(f.closed); return nil }
func (f *fakeCamera) Properties() []prop.Media { return f.modes }

func (f *fakeCamera) VideoRecord(mode prop.Media) (video.Reader, error) {
	f.chosen = mode
	tick := time.NewTicker(33 * time.Millisecond)
	return video.ReaderFunc(func() (image.Image, func(), error) {
		select {
		case <-tick.C:
		case <-f.closed:
			tick.Stop()
			return nil, func() {}, io.EOF
		}
		switch f.state.Load() {
		case 1:
			return nil, func() {}, errors.New("no such device")
		case 2:
			<-f.closed
			return nil, func() {}, io.EOF
		case 3:
			panic("index out of range")
		case 4:
			return &image.YCbCr{Rect: image.Rect(0, 0, 640, 480), YStride: 640, CStride: 320, Y: make([]byte, 10)}, func() {}, nil
		}
		n := f.count.Add(1)
		img := image.NewYCbCr(image.Rect(0, 0, mode.Width, mode.Height), f.ratio)
		for i := range img.Y {
			img.Y[i] = byte(n)
		}
		return img, func() {}, nil
	}), nil
}

func (f *fakeCamera) register(t *testing.T, label, name string) {
	t.Helper()
	if len(f.modes) == 0 {
		f.modes = []prop.Media{mode(640, 480, 30, frame.FormatYUYV)}
	}
	before := map[string]bool{}
	for _, d := range driver.GetManager().Query(driver.FilterVideoRecorder()) {
		before[d.ID()] = true
	}
	if err := driver.GetManager().Register(f, driver.Info{Label: label, Name: name, DeviceType: driver.Camera}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, d := range driver.GetManager().Query(driver.FilterVideoRecorder()) {
			if !before[d.ID()] {
				driver.GetManager().Delete(d.ID())
			}
		}
	})
}

func mode(w, h int, fps float32, format frame.Format) prop.Media {
	return prop.Media{Video: prop.Video{Width: w, Height: h, FrameRate: fps, FrameFormat: format}}
}

func TestDeviceCameraIsFoundByPathLabelAndName(t *testing.T) {
	fake := &fakeCamera{ratio: image.YCbCrSubsampleRatio422}
	fake.register(t, "pci-0000:00:14.0-usb-0:3:1.0-video-index0;video42", "Webcam C270;usb-0000:00:14.0-3")
	for _, source := range []string{"/dev/video42", "video42", "pci-0000:00:14.0-usb-0:3:1.0-video-index0;video42", "Webcam C270", "Webcam C270;usb-0000:00:14.0-3"} {
		camera, err := OpenCamera(t.Context(), source, CameraConfig{})
		if err != nil {
			t.Fatalf("%q: %v", source, err)
		}
		var pic mask.RawPicture
		if err := camera.Read(&pic); err != nil || pic.Width != 640 || pic.Height != 480 || len(pic.Cb) != 320*240 {
			t.Errorf("%q: %dx%d with %d bytes of chroma, %v", source, pic.Width, pic.Height, len(pic.Cb), err)
		}
		if err := camera.Close(); err != nil {
			t.Errorf("%q: closing: %v", source, err)
		}
	}
	for _, source := range []string{"/dev/video4", "video4", "Webcam"} {
		if _, err := OpenCamera(t.Context(), source, CameraConfig{}); !errors.Is(err, ErrUnknownDevice) {
			t.Errorf("%q: %v, want ErrUnknownDevice", source, err)
		}
	}
}

func TestDeviceCameraModeFitsWhatIsWanted(t *testing.T) {
	for _, c := range []struct {
		name          string
		offered       []prop.Media
		width, height int
		want          int // index in offered, -1 for none
	}{
		{"exact size", []prop.Media{mode(320, 240, 30, frame.FormatYUYV), mode(640, 480, 30, frame.FormatYUYV), mode(1280, 720, 30, frame.FormatYUYV)}, 640, 480, 1},
		{"plain before compressed", []prop.Media{mode(640, 480, 30, frame.FormatMJPEG), mode(640, 480, 30, frame.FormatYUYV)}, 640, 480, 1},
		{"full rate before plain", []prop.Media{mode(1280, 720, 10, frame.FormatYUYV), mode(1280, 720, 30, frame.FormatMJPEG)}, 1280, 720, 1},
		{"larger before smaller", []prop.Media{mode(320, 240, 30, frame.FormatYUYV), mode(800, 600, 30, frame.FormatYUYV)}, 640, 480, 1},
		{"nearest rate", []prop.Media{mode(640, 480, 60, frame.FormatYUYV), mode(640, 480, 30, frame.FormatYUYV)}, 640, 480, 1},
		{"depth camera", []prop.Media{mode(640, 480, 30, frame.FormatZ16)}, 640, 480, -1},
		{"nothing", nil, 640, 480, -1},
	} {
		got, ok := bestMode(c.offered, CameraConfig{Width: c.width, Height: c.height, FPS: 25})
		if ok != (c.want >= 0) || ok && got.Video != c.offered[c.want].Video {
			t.Errorf("%s: %+v, %v", c.name, got.Video, ok)
		}
	}
}

func TestDeviceCameraGivesTheNewestPictureToASlowReader(t *testing.T) {
	fake := &fakeCamera{}
	fake.register(t, "video42;video42", "Webcam")
	camera, err := OpenCamera(t.Context(), "/dev/video42", CameraConfig{Width: 64, Height: 48})
	if err != nil {
		t.Fatal(err)
	}
	defer camera.Close()
	var pic mask.RawPicture
	if err := camera.Read(&pic); err != nil {
		t.Fatal(err)
	}
	first := pic.Y[0]
	for deadline := time.Now().Add(10 * time.Second); fake.count.Load() < int32(first)+12; { // the reader is slow: a dozen pictures pass
		if time.Now().After(deadline) {
			t.Fatal("the camera does not go on")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err := camera.Read(&pic); err != nil || pic.Y[0] < first+10 {
		t.Errorf("after a pause picture %d follows %d, %v", pic.Y[0], first, err)
	}
	for range 10 {
		last := pic.Y[0]
		if err := camera.Read(&pic); err != nil || pic.Y[0] <= last {
			t.Errorf("picture %d follows %d, %v", pic.Y[0], last, err)
		}
	}
}

func TestDeviceCameraUnpluggedIsToldWithinASecond(t *testing.T) {
	for name, state := range map[string]int32{"error": 1, "silence": 2, "driver panics": 3, "broken pictures": 4} {
		t.Run(name, func(t *testing.T) {
			fake := &fakeCamera{}
			fake.register(t, "video42;video42", "Webcam")
			camera, err := OpenCamera(t.Context(), "/dev/video42", CameraConfig{})
			if err != nil {
				t.Fatal(err)
			}
			defer camera.Close()
			var pic mask.RawPicture
			for range 3 {
				if err := camera.Read(&pic); err != nil {
					t.Fatal(err)
				}
			}
			fake.state.Store(state)
			pulled := time.Now()
			for err = nil; err == nil; err = camera.Read(&pic) {
			}
			if !errors.Is(err, ErrUnplugged) || time.Since(pulled) > time.Second {
				t.Errorf("%v after %v, want ErrUnplugged within a second", err, time.Since(pulled))
			}
			if err := camera.Read(&pic); !errors.Is(err, ErrUnplugged) {
				t.Errorf("and then %v", err)
			}
		})
	}
}

func TestDeviceCameraWithoutAUsableModeIsRefused(t *testing.T) {
	fake := &fakeCamera{modes: []prop.Media{mode(640, 480, 30, frame.FormatZ16)}}
	fake.register(t, "video42;video42", "Depth")
	if _, err := OpenCamera(t.Context(), "/dev/video42", CameraConfig{}); !errors.Is(err, ErrUnknownDevice) {
		t.Errorf("%v, want ErrUnknownDevice", err)
	}
}

func TestScalerCutsTheMiddleAndStretchesNobody(t *testing.T) {
	// A white square in the middle of a black picture twice as wide as wanted stays a square.
	src := &yuv{newPlane(1280, 480), newPlane(640, 240), newPlane(640, 240)}
	for y := 140; y < 340; y++ {
		for x := 540; x < 740; x++ {
			src[0].pix[y*1280+x] = 255
		}
	}
	dst := newI420(320, 240)
	if err := newScaler(dst).scale(src); err != nil {
		t.Fatal(err)
	}
	wide, high := 0, 0
	for x := range 320 {
		if dst[0].pix[120*320+x] > 127 {
			wide++
		}
	}
	for y := range 240 {
		if dst[0].pix[y*320+160] > 127 {
			high++
		}
	}
	if wide < 98 || wide > 102 || high < 98 || high > 102 || dst[0].pix[120*320+160] != 255 {
		t.Errorf("a square of 200 became %dx%d, want 100x100", wide, high)
	}
}
