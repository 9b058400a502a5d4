package capture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"parda/media/mask"
)

// openFileCamera plays a clip: Y4M here, what that reader does not know by ffmpeg. Errors say what is wrong, without the path.
func openFileCamera(ctx context.Context, path string, cfg CameraConfig) (Camera, error) {
	file, magic, err := openClip(path)
	if err != nil {
		return nil, err
	}
	if magic != y4mMagic[:4] {
		file.Close()
		return newFFmpegCamera(ctx, path, cfg)
	}
	c := &y4mCamera{file: file, cfg: cfg, out: newI420(cfg.Width, cfg.Height)}
	c.scaler = newScaler(c.out)
	if err = c.rewind(); err == nil {
		err = c.advance()
	}
	if err == io.EOF {
		err = fmt.Errorf("%w: Y4M without a picture", ErrNoClip)
	}
	if err != nil {
		file.Close()
		if errors.Is(err, errForeign) {
			return newFFmpegCamera(ctx, path, cfg)
		}
		return nil, err
	}
	c.pace = newPace(ctx, time.Second/time.Duration(cfg.FPS), pictureLag)
	return c, nil
}

// openClip opens a file and looks at its first four bytes.
func openClip(path string) (*os.File, string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, "", fmt.Errorf("%w: it cannot be opened", ErrUnknownDevice)
	}
	var magic [4]byte
	if _, err := io.ReadFull(file, magic[:]); err != nil {
		file.Close()
		return nil, "", fmt.Errorf("%w: it is empty", ErrNoClip)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		file.Close()
		return nil, "", fmt.Errorf("%w: it cannot be read from its start", ErrNoClip)
	}
	return file, string(magic[:]), nil
}

// y4mCamera plays a Y4M file; its rate becomes the wanted one by repeating or leaving out pictures.
type y4mCamera struct {
	file   *os.File
	cfg    CameraConfig
	clip   *y4mClip
	out    *yuv
	scaler *scaler
	pace   *pace
	beat   int64 // pictures given since the last rewind
	read   int64 // pictures read since then
	fresh  bool  // the first picture was read at opening
}

func (c *y4mCamera) rewind() error {
	if _, err := c.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("%w: it cannot be read from its start", ErrNoClip)
	}
	clip, err := newY4M(bufio.NewReaderSize(c.file, 1<<18))
	if err != nil {
		return err
	}
	c.clip, c.beat, c.read = clip, 0, 0
	return nil
}

// advance reads on until the picture that is due at this beat, and scales it.
func (c *y4mCamera) advance() error {
	due := int64(float64(c.beat)*c.clip.rate/float64(c.cfg.FPS)) + 1
	var picture *yuv
	for c.read < due {
		next, err := c.clip.next()
		if err != nil {
			return err
		}
		picture = next
		c.read++
	}
	if picture != nil {
		if err := c.scaler.scale(picture); err != nil {
			return err
		}
	}
	c.beat++
	return nil
}

func (c *y4mCamera) Read(pic *mask.RawPicture) error {
	at, err := c.pace.wait()
	if err != nil {
		return err
	}
	if c.fresh {
		err = c.advance()
		if err == io.EOF && c.cfg.Loop {
			if err = c.rewind(); err == nil {
				err = c.advance()
			}
		}
		if err != nil {
			return err
		}
	}
	c.fresh = true
	c.out.raw(pic)
	pic.Captured = at
	return nil
}

func (c *y4mCamera) Close() error {
	c.pace.close()
	return c.file.Close()
}

// openFileMicrophone plays a clip's sound: WAV here, anything else by ffmpeg.
func openFileMicrophone(ctx context.Context, path string, cfg MicrophoneConfig) (Microphone, error) {
	file, magic, err := openClip(path)
	if err != nil {
		return nil, err
	}
	if magic != "RIFF" {
		file.Close()
		return newFFmpegMicrophone(ctx, path, cfg)
	}
	m := &wavMicrophone{file: file, loop: cfg.Loop, buf: make([]float32, mask.BlockSamples)}
	err = m.rewind()
	if err == nil {
		m.resampler = newResampler(m.clip.rate)
		if err = m.fill(); err == nil && len(m.pending) == 0 {
			err = fmt.Errorf("%w: WAV without sound", ErrNoClip)
		}
	}
	if err != nil {
		file.Close()
		if errors.Is(err, errForeign) {
			return newFFmpegMicrophone(ctx, path, cfg)
		}
		return nil, err
	}
	m.pace = newPace(ctx, soundPeriod, soundLag)
	return m, nil
}

// wavMicrophone plays a WAV file. The last block is filled up with silence.
type wavMicrophone struct {
	file      *os.File
	loop      bool
	clip      *wavClip
	resampler *resampler
	buf       []float32
	pending   []float32 // at 48 kHz, not yet given
	ended     bool
	pace      *pace
}

func (m *wavMicrophone) rewind() error {
	if _, err := m.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("%w: it cannot be read from its start", ErrNoClip)
	}
	clip, err := newWAV(bufio.NewReaderSize(m.file, 1<<16))
	m.clip = clip
	return err
}

// fill reads until a block is pending or the sound has ended.
func (m *wavMicrophone) fill() error {
	for len(m.pending) < mask.BlockSamples && !m.ended {
		n, err := m.clip.read(m.buf)
		m.pending = m.resampler.write(m.pending, m.buf[:n])
		if err == nil {
			continue
		}
		if !m.loop || n == 0 && len(m.pending) == 0 {
			m.ended = true
			m.pending = m.resampler.flush(m.pending)
		} else if err := m.rewind(); err != nil {
			return err
		}
	}
	return nil
}

func (m *wavMicrophone) Read(sound *mask.RawSound) error {
	at, err := m.pace.wait()
	if err != nil {
		return err
	}
	if err := m.fill(); err != nil {
		return err
	}
	if len(m.pending) == 0 {
		return io.EOF
	}
	n := copy(sound.Samples[:], m.pending)
	clear(sound.Samples[n:])
	m.pending = m.pending[:copy(m.pending, m.pending[n:])]
	sound.Captured = at
	return nil
}

func (m *wavMicrophone) Close() error {
	m.pace.close()
	return m.file.Close()
}

// toSample makes a sample of two bytes, little endian.
func toSample(lo, hi byte) float32 { return float32(int16(uint16(lo)|uint16(hi)<<8)) / -math.MinInt16 }
