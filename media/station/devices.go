package main

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"parda/media/capture"
	"parda/media/mask"
)

// reopenEvery is how often a device that went away is looked for again.
const reopenEvery = time.Second

// closingCamera and closingMicrophone are what media/capture opens.
type closingCamera interface {
	camera
	io.Closer
}
type closingMicrophone interface {
	microphone
	io.Closer
}

// missingMicrophone stands where no microphone was given: it is lost, and says so at each try.
type missingMicrophone struct{}

func (missingMicrophone) Read(*mask.RawSound) error { return capture.ErrUnplugged }

// steadyCamera is a camera that is opened again after it was unplugged. Read gives the error once each time a device fails; an end of
// clip (io.EOF) is for good.
type steadyCamera struct{ steady[closingCamera] }

func (c *steadyCamera) Read(raw *mask.RawPicture) error {
	c.reading.Lock() // the reader of an older hot path may still be in its last Read
	defer c.reading.Unlock()
	dev, err := c.device()
	if err != nil {
		return err
	}
	return c.judge(dev.Read(raw))
}

type steadyMicrophone struct{ steady[closingMicrophone] }

func (m *steadyMicrophone) Read(raw *mask.RawSound) error {
	m.reading.Lock()
	defer m.reading.Unlock()
	dev, err := m.device()
	if err != nil {
		return err
	}
	return m.judge(dev.Read(raw))
}

// steady holds a device and how to open it. device and judge belong to one goroutine; Close may come from another.
type steady[D io.Closer] struct {
	open    func() (D, error)
	reading sync.Mutex

	mu     sync.Mutex
	dev    D
	have   bool
	closed bool
	tried  time.Time
}

// start opens the device for the first time, so that a room without a camera is told at the start.
func (s *steady[D]) start() error {
	dev, err := s.open()
	if err != nil {
		return err
	}
	s.dev, s.have = dev, true
	return nil
}

func (s *steady[D]) device() (D, error) {
	var none D
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return none, io.EOF
	case s.have:
		return s.dev, nil
	case time.Since(s.tried) < reopenEvery:
		return none, capture.ErrUnplugged
	}
	s.tried = time.Now()
	dev, err := s.open()
	if err != nil {
		return none, capture.ErrUnplugged
	}
	s.dev, s.have = dev, true
	return dev, nil
}

func (s *steady[D]) judge(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.have {
		s.dev.Close()
		s.have, s.tried = false, time.Now()
	}
	return err
}

// rest closes the device until the next Read opens it again. What waits in a Read comes back with an error.
func (s *steady[D]) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.have {
		s.have, s.tried = false, time.Time{}
		s.dev.Close()
	}
}

// Close ends a waiting Read.
func (s *steady[D]) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.have {
		s.have = false
		return s.dev.Close()
	}
	return nil
}

func newCamera(ctx context.Context, source string, loop bool, width, height int) *steadyCamera {
	c := &steadyCamera{}
	c.open = func() (closingCamera, error) {
		return capture.OpenCamera(ctx, source, capture.CameraConfig{Width: width, Height: height, FPS: mask.FrameRate, Loop: loop})
	}
	return c
}

func newMicrophone(ctx context.Context, source string, loop bool) *steadyMicrophone {
	m := &steadyMicrophone{}
	m.open = func() (closingMicrophone, error) {
		return capture.OpenMicrophone(ctx, source, capture.MicrophoneConfig{Loop: loop})
	}
	return m
}
