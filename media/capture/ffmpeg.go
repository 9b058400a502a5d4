package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"parda/media/mask"
)

// A child that gives nothing for this long is taken for dead: the caller must hear of it within a second.
const (
	stallAfter = 700 * time.Millisecond
	firstAfter = 10 * time.Second // what opening a long clip or starting a camera may take
)

// child is an ffmpeg process whose output is cut into units of one size (a picture, a block). A goroutine reads ahead by two units; real
// time is the reader's business, the pipe holds ffmpeg back.
type child struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	units  chan []byte
	free   chan []byte
	done   chan struct{} // closed after err is set and the process is reaped
	err    error
	errOut tail
}

// startFFmpeg runs ffmpeg on a local file only: the protocol list keeps a playlist from reaching out of the machine.
func startFFmpeg(ctx context.Context, path string, loop bool, unit int, output ...string) (*child, error) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, fmt.Errorf("%w: this clip needs ffmpeg (Debian package ffmpeg)", ErrMissing)
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoClip, err)
	}
	args := []string{"-hide_banner", "-nostdin", "-v", "error"}
	if loop {
		args = append(args, "-stream_loop", "-1")
	}
	args = append(args, "-protocol_whitelist", "file,pipe", "-i", "file:"+path)
	args = append(append(args, output...), "pipe:1")

	ctx, cancel := context.WithCancel(ctx)
	c := &child{cancel: cancel, units: make(chan []byte, 2), free: make(chan []byte, 4), done: make(chan struct{})}
	c.cmd = exec.CommandContext(ctx, program, args...)
	c.cmd.Stderr = &c.errOut
	c.cmd.WaitDelay = time.Second
	out, err := c.cmd.StdoutPipe()
	if err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("capture: starting ffmpeg: %w", err)
	}
	for range cap(c.free) {
		c.free <- make([]byte, unit)
	}
	go c.pump(ctx, out)
	return c, nil
}

func (c *child) pump(ctx context.Context, out io.Reader) {
	defer close(c.done)
	for {
		var unit []byte
		select {
		case unit = <-c.free:
		case <-ctx.Done():
		}
		if unit == nil {
			break
		}
		n, err := io.ReadFull(out, unit)
		if n == 0 || err != nil && err != io.ErrUnexpectedEOF {
			break
		}
		clear(unit[n:]) // the last block of sound; a cut picture cannot come from ffmpeg unless it was killed
		select {
		case c.units <- unit:
		case <-ctx.Done():
		}
		if err != nil {
			break
		}
	}
	switch err := c.cmd.Wait(); {
	case ctx.Err() != nil:
		c.err = io.EOF
	case err != nil:
		c.err = fmt.Errorf("%w: ffmpeg ended early (%s)", ErrUnplugged, c.errOut.reason(err))
	default:
		c.err = io.EOF
	}
}

// next returns a unit; give it back with recycle. io.EOF at the end, ErrUnplugged when ffmpeg dies or stalls for wait.
func (c *child) next(wait time.Duration) ([]byte, error) {
	select {
	case unit := <-c.units:
		return unit, nil
	default:
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case unit := <-c.units:
		return unit, nil
	case <-c.done:
		select {
		case unit := <-c.units:
			return unit, nil
		default:
			return nil, c.err
		}
	case <-timer.C:
		return nil, fmt.Errorf("%w: ffmpeg gives nothing any more", ErrUnplugged)
	}
}

// first waits for the first unit and turns ffmpeg's refusal into ErrNoClip.
func (c *child) first(what string) ([]byte, error) {
	unit, err := c.next(firstAfter)
	if err == nil {
		return unit, nil
	}
	c.close()
	if err == io.EOF && c.errOut.String() == "" {
		return nil, fmt.Errorf("%w: it has no %s", ErrNoClip, what)
	}
	return nil, fmt.Errorf("%w: %s", ErrNoClip, c.errOut.reason(err))
}

func (c *child) recycle(unit []byte) { c.free <- unit }

func (c *child) close() {
	c.cancel()
	<-c.done
}

// tail keeps the last of what a child says on stderr.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if len(t.b) > 2048 {
		t.b = t.b[len(t.b)-2048:]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}

// reason is the last line said, without the path in front, or the exit's own words.
func (t *tail) reason(err error) string {
	lines := strings.Split(strings.TrimSpace(t.String()), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	if i := strings.LastIndex(last, ": "); i >= 0 {
		last = last[i+2:]
	}
	if last != "" {
		return last
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.Error()
	}
	return "no reason given"
}

// ffmpegCamera plays the pictures of any clip.
type ffmpegCamera struct {
	child *child
	out   *yuv
	unit  []byte // the picture that was given last
	ahead []byte // the first picture, read at opening
	pace  *pace
}

func newFFmpegCamera(ctx context.Context, path string, cfg CameraConfig) (Camera, error) {
	w, h := cfg.Width, cfg.Height
	filter := fmt.Sprintf("fps=%d,scale=%d:%d:force_original_aspect_ratio=increase,crop=%d:%d", cfg.FPS, w, h, w, h)
	child, err := startFFmpeg(ctx, path, cfg.Loop, w*h*3/2, "-map", "0:v:0", "-an", "-sn", "-dn", "-vf", filter, "-pix_fmt", "yuv420p", "-f", "rawvideo")
	if err != nil {
		return nil, err
	}
	ahead, err := child.first("picture")
	if err != nil {
		return nil, err
	}
	out := &yuv{{nil, w, w, h}, {nil, w / 2, w / 2, h / 2}, {nil, w / 2, w / 2, h / 2}}
	return &ffmpegCamera{child: child, out: out, ahead: ahead, pace: newPace(ctx, time.Second/time.Duration(cfg.FPS), pictureLag)}, nil
}

func (c *ffmpegCamera) Read(pic *mask.RawPicture) error {
	at, err := c.pace.wait()
	if err != nil {
		return err
	}
	unit := c.ahead
	c.ahead = nil
	if unit == nil {
		if unit, err = c.child.next(stallAfter); err != nil {
			return err
		}
	}
	if c.unit != nil {
		c.child.recycle(c.unit)
	}
	c.unit = unit
	luma, chroma := len(unit)*2/3, len(unit)/6
	c.out[0].pix, c.out[1].pix, c.out[2].pix = unit[:luma], unit[luma:luma+chroma], unit[luma+chroma:]
	c.out.raw(pic)
	pic.Captured = at
	return nil
}

func (c *ffmpegCamera) Close() error {
	c.pace.close()
	c.child.close()
	return nil
}

// ffmpegMicrophone plays the sound of any clip.
type ffmpegMicrophone struct {
	child *child
	ahead []byte
	pace  *pace
}

func newFFmpegMicrophone(ctx context.Context, path string, cfg MicrophoneConfig) (Microphone, error) {
	child, err := startFFmpeg(ctx, path, cfg.Loop, 2*mask.BlockSamples, "-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "1", "-ar", strconv.Itoa(mask.SampleRate), "-f", "s16le")
	if err != nil {
		return nil, err
	}
	ahead, err := child.first("sound")
	if err != nil {
		return nil, err
	}
	return &ffmpegMicrophone{child: child, ahead: ahead, pace: newPace(ctx, soundPeriod, soundLag)}, nil
}

func (m *ffmpegMicrophone) Read(sound *mask.RawSound) error {
	at, err := m.pace.wait()
	if err != nil {
		return err
	}
	unit := m.ahead
	m.ahead = nil
	if unit == nil {
		if unit, err = m.child.next(stallAfter); err != nil {
			return err
		}
	}
	for i := range sound.Samples {
		sound.Samples[i] = toSample(unit[2*i], unit[2*i+1])
	}
	m.child.recycle(unit)
	sound.Captured = at
	return nil
}

func (m *ffmpegMicrophone) Close() error {
	m.pace.close()
	m.child.close()
	return nil
}
