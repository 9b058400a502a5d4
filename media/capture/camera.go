package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/driver/camera"
	"github.com/pion/mediadevices/pkg/frame"
	"github.com/pion/mediadevices/pkg/io/video"
	"github.com/pion/mediadevices/pkg/prop"

	"parda/media/mask"
)

// Some cameras need seconds to their first picture; afterwards silence means that the cable is out.
const (
	cameraFirst = 5 * time.Second
	cameraStall = 700 * time.Millisecond
)

// deviceCamera reads a driver of pion/mediadevices. Its pump converts each picture as it comes and keeps the newest only: a
// reader that is late gets no old pictures.
type deviceCamera struct {
	dev    driver.Driver
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{} // pump ended
	fresh  chan struct{} // holds a token when newest has not been read

	mu     sync.Mutex
	newest *yuv
	unread bool // newest has not been shown; the token alone may be older than the last look
	at     time.Time
	err    error

	shown *yuv // belongs to the reader
	spare *yuv // belongs to the pump
	begun bool
}

func openDeviceCamera(ctx context.Context, source string, cfg CameraConfig) (Camera, error) {
	dev, err := findCamera(source)
	if err != nil {
		return nil, err
	}
	if err := dev.Open(); err != nil {
		return nil, fmt.Errorf("%w: the camera cannot be opened (%w)", ErrUnknownDevice, err)
	}
	mode, ok := bestMode(dev.Properties(), cfg)
	if !ok {
		dev.Close()
		return nil, fmt.Errorf("%w: the camera offers no picture format that can be read", ErrUnknownDevice)
	}
	reader, err := dev.(driver.VideoRecorder).VideoRecord(mode)
	if err != nil {
		return nil, fmt.Errorf("%w: the camera does not start (%w)", ErrUnknownDevice, err) // VideoRecord has closed it
	}
	ctx, cancel := context.WithCancel(ctx)
	c := &deviceCamera{
		dev: dev, ctx: ctx, cancel: cancel, done: make(chan struct{}), fresh: make(chan struct{}, 1),
		newest: newI420(cfg.Width, cfg.Height), shown: newI420(cfg.Width, cfg.Height), spare: newI420(cfg.Width, cfg.Height),
	}
	go c.pump(reader)
	return c, nil
}

// findCamera looks among the drivers that are registered, and then once more among the devices there are now (one may have
// been plugged in since the program started).
func findCamera(source string) (driver.Driver, error) {
	if dev := registeredCamera(source); dev != nil {
		return dev, nil
	}
	if real, err := filepath.EvalSymlinks(source); err == nil && strings.HasPrefix(real, "/dev/video") {
		camera.Initialize()
		if dev := registeredCamera(real); dev != nil {
			return dev, nil
		}
	}
	return nil, fmt.Errorf("%w: no camera or clip by this name", ErrUnknownDevice)
}

// registeredCamera matches a path, a part of the label ("video0;video0"), the name ("Webcam;usb-..."), or the driver's id.
func registeredCamera(source string) driver.Driver {
	short := source
	if real, err := filepath.EvalSymlinks(source); err == nil {
		short = real
	}
	short = filepath.Base(short)
	for _, dev := range driver.GetManager().Query(driver.FilterVideoRecorder()) {
		info := dev.Info()
		if dev.ID() == source || info.Label == source || info.Name == source {
			return dev
		}
		for _, part := range strings.Split(info.Label, camera.LabelSeparator) {
			if part == short {
				return dev
			}
		}
		if name, _, _ := strings.Cut(info.Name, camera.LabelSeparator); name == source {
			return dev
		}
	}
	return nil
}

// bestMode chooses the camera's mode: first what is not smaller than wanted and of the same shape, then the rate, then the
// format that is cheapest to read.
func bestMode(modes []prop.Media, cfg CameraConfig) (prop.Media, bool) {
	cost := map[frame.Format]int{frame.FormatI420: 0, frame.FormatNV12: 0, frame.FormatNV21: 0, frame.FormatYUYV: 1, frame.FormatUYVY: 1, frame.FormatMJPEG: 20}
	best, bestScore, found := prop.Media{}, 0, false
	for _, mode := range modes {
		format, readable := cost[mode.FrameFormat]
		if !readable || mode.Width < 16 || mode.Height < 16 || mode.Width > maxSide || mode.Height > maxSide {
			continue
		}
		score := format
		if area := mode.Width * mode.Height * 100 / (cfg.Width * cfg.Height); area < 100 {
			score += 1000 + (100-area)*10
		} else {
			score += (area - 100) / 2
		}
		if mode.Width*cfg.Height != mode.Height*cfg.Width {
			score += 30
		}
		if short := cfg.FPS - int(mode.FrameRate+0.5); mode.FrameRate > 0 && short > 0 {
			score += 20 * short
		} else {
			score -= max(short, -10) // a little more than wanted is a little worse
		}
		if !found || score < bestScore {
			best, bestScore, found = mode, score, true
		}
	}
	return best, found
}

func (c *deviceCamera) pump(reader video.Reader) {
	defer close(c.done)
	scale := &scaler{}
	for c.ctx.Err() == nil {
		if err := c.takeOne(reader, scale); err != nil {
			c.mu.Lock()
			c.err = err
			c.mu.Unlock()
			c.cancel()
			return
		}
	}
}

// takeOne reads and converts one picture. A driver that panics (they parse what a device sends) counts as unplugged.
func (c *deviceCamera) takeOne(reader video.Reader, scale *scaler) (err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("%w: its driver failed", ErrUnplugged)
		}
	}()
	img, release, err := reader.Read()
	if err != nil {
		return fmt.Errorf("%w: the camera gives no picture any more", ErrUnplugged)
	}
	defer release()
	at := time.Now()
	picture, err := fromImage(img)
	if err == nil {
		scale.dst = c.spare
		err = scale.scale(picture)
	}
	if err != nil {
		return fmt.Errorf("%w: the camera gives broken pictures", ErrUnplugged)
	}
	c.mu.Lock()
	c.spare, c.newest, c.at, c.unread = c.newest, c.spare, at, true
	c.mu.Unlock()
	select {
	case c.fresh <- struct{}{}:
	default:
	}
	return nil
}

func (c *deviceCamera) Read(pic *mask.RawPicture) error {
	patience := cameraStall
	if !c.begun {
		patience = cameraFirst
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-c.fresh:
		case <-c.ctx.Done():
			return c.why()
		case <-timer.C:
			return fmt.Errorf("%w: the camera gives no picture any more", ErrUnplugged)
		}
		if c.show(pic) {
			c.begun = true
			return nil
		}
	}
}

// show hands the newest picture to the reader, unless the reader has it already.
func (c *deviceCamera) show(pic *mask.RawPicture) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.unread {
		return false
	}
	c.shown, c.newest, c.unread = c.newest, c.shown, false
	pic.Captured = c.at
	c.shown.raw(pic)
	return true
}

func (c *deviceCamera) why() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(c.err, ErrUnplugged) {
		return c.err
	}
	return io.EOF
}

// Close stops the device. A driver that hangs on a dead device is left behind after a second.
func (c *deviceCamera) Close() error {
	c.cancel()
	closed := make(chan error, 1)
	go func() {
		err := c.dev.Close()
		<-c.done
		closed <- err
	}()
	select {
	case err := <-closed:
		return err
	case <-time.After(time.Second):
		return errors.New("capture: the camera's driver does not stop")
	}
}
