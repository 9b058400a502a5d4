// Package capture opens cameras, microphones and what stands in for them, and gives raw pictures and raw sound.
//
// Sources: a V4L2 camera (through pion/mediadevices), an ALSA or PulseAudio microphone (through malgo), a file (Y4M and WAV in Go, anything else by
// an ffmpeg child process) played at real time, and the demo's sources, which are made on the spot. A picture comes out as I420 in
// the size that was asked for, sound as 48 kHz mono in blocks of 20 ms.
//
// What comes out here is raw and stays in the room: this package neither masks nor sends, and it writes nothing to disk.
package capture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"parda/media/mask"
)

// Kinds of errors, for errors.Is. An end that was asked for (a file that does not loop, Close, the context) is io.EOF.
var (
	ErrUnplugged     = errors.New("the device went away")
	ErrNoClip        = errors.New("this file is no clip that can be played")
	ErrUnknownDevice = errors.New("no such device or file")
	ErrMissing       = errors.New("a program that is needed is not installed")
)

// Camera gives pictures at its own rate. Read waits for the next picture and fills pic; the planes stay valid until the
// next Read and belong to the camera. Read and Close may be called from two goroutines; Read from one.
type Camera interface {
	Read(pic *mask.RawPicture) error
	Close() error
}

// Microphone gives a block of sound each 20 ms. Read waits for it. Read and Close may be called from two goroutines; Read from one.
type Microphone interface {
	Read(sound *mask.RawSound) error
	Close() error
}

// CameraConfig says what is wanted of a camera. The zero value means 640x480 at 25 pictures per second, files played once.
type CameraConfig struct {
	Width, Height int  // pixels, even, 16 to 4096
	FPS           int  // 1 to 60
	Loop          bool // a file starts anew at its end; otherwise it ends with io.EOF
}

func (c *CameraConfig) complete() error {
	if c.Width == 0 && c.Height == 0 {
		c.Width, c.Height = 640, 480
	}
	if c.FPS == 0 {
		c.FPS = mask.FrameRate
	}
	if c.Width < 16 || c.Width > 4096 || c.Height < 16 || c.Height > 4096 || c.Width%2 != 0 || c.Height%2 != 0 {
		return fmt.Errorf("capture: picture of %dx%d: each side must be even and have 16 to 4096 pixels", c.Width, c.Height)
	}
	if c.FPS < 1 || c.FPS > 60 {
		return fmt.Errorf("capture: %d pictures per second: must be 1 to 60", c.FPS)
	}
	return nil
}

// MicrophoneConfig says what is wanted of a microphone.
type MicrophoneConfig struct {
	Loop bool // as in CameraConfig
}

// OpenCamera opens a source of pictures:
//
//	""              no camera: Read waits until Close
//	"demo:NAME"     made on the spot; witness, bench, counsel, hall or dock, and timecode, which measures latency
//	"/dev/videoN"   a V4L2 device, also by its label or name in mediadevices
//	anything else   a file
//
// When ctx ends the camera ends with io.EOF. Errors: ErrUnknownDevice, ErrNoClip, ErrMissing; later, from Read, ErrUnplugged or io.EOF.
func OpenCamera(ctx context.Context, source string, cfg CameraConfig) (Camera, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	if source == "" {
		return newNoCamera(ctx), nil
	}
	if name, ok := strings.CutPrefix(source, "demo:"); ok {
		return openDemoCamera(ctx, name, cfg)
	}
	if isDevicePath(source) {
		return openDeviceCamera(ctx, source, cfg)
	}
	if isFile(source) {
		return openFileCamera(ctx, source, cfg)
	}
	return openDeviceCamera(ctx, source, cfg)
}

// OpenMicrophone opens a source of sound:
//
//	""              no microphone: silence, each 20 ms
//	"demo:NAME"     made on the spot, spoken by espeak-ng; witness, bench, counsel, hall or dock; timecode: bursts at known times
//	"pulse:NAME"    a PulseAudio source, by its name or description
//	"alsa:NAME"     an ALSA device, such as hw:0,0 or its description
//	anything else   a file, or if there is none, a device of any kind by its name
//
// "pulse:" and "alsa:" alone mean the default device there. Errors as in OpenCamera.
func OpenMicrophone(ctx context.Context, source string, cfg MicrophoneConfig) (Microphone, error) {
	if source == "" {
		return newNoMicrophone(ctx), nil
	}
	if name, ok := strings.CutPrefix(source, "demo:"); ok {
		return openDemoMicrophone(ctx, name)
	}
	if isFile(source) {
		return openFileMicrophone(ctx, source, cfg)
	}
	return openDeviceMicrophone(ctx, source)
}

func isDevicePath(source string) bool {
	info, err := os.Stat(source)
	return strings.HasPrefix(source, "/dev/") || err == nil && info.Mode()&os.ModeDevice != 0
}

func isFile(source string) bool {
	info, err := os.Stat(source)
	return err == nil && info.Mode().IsRegular()
}
