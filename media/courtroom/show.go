package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"parda/media/capture"
	"parda/media/enrol"
	"parda/media/mask"
	"parda/media/publish/wire"
)

// Waiting between attempts doubles from the first to the second, with a random part so that four cameras do not come as one.
const (
	firstWait = 250 * time.Millisecond
	lastWait  = 5 * time.Second
)

// show opens the devices once and publishes them, again and again, until ctx ends, a clip ends, a device goes away, or the gateway
// refuses for a reason that time does not change.
func show(ctx context.Context, cfg *config) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	camera, err := capture.OpenCamera(ctx, cfg.camera, capture.CameraConfig{Width: cfg.width, Height: cfg.height, FPS: cfg.fps, Loop: cfg.loop})
	if err != nil {
		return fmt.Errorf("the camera: %w", err)
	}
	defer camera.Close()
	microphone, err := capture.OpenMicrophone(ctx, cfg.microphone, capture.MicrophoneConfig{Loop: cfg.loop})
	if err != nil {
		return fmt.Errorf("the microphone: %w", err)
	}
	defer microphone.Close()

	link := &link{}
	var pumps sync.WaitGroup
	pumps.Go(func() { cfg.admission.Keep(ctx, time.Minute) })
	pumps.Go(func() { cancelAfter(cancel, "the camera", pumpPictures(camera, link)) })
	pumps.Go(func() { cancelAfter(cancel, "the microphone", pumpSound(microphone, link)) })
	err = keepLinked(ctx, cfg, link)
	cancel(err) // the first cause stands
	pumps.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, io.EOF) {
		return cause
	}
	return nil
}

func cancelAfter(cancel context.CancelCauseFunc, what string, err error) {
	cancel(fmt.Errorf("%s: %w", what, err))
}

// link is where the pumps find the sender of the moment; between two of them what they bring is dropped.
type link struct {
	mu     sync.Mutex
	sender *wire.Sender
}

func (l *link) set(s *wire.Sender) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sender = s
}

func (l *link) get() *wire.Sender {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sender
}

// keepLinked publishes until ctx ends. A hearing that is not known yet or a wrong token is final; all else is tried again.
func keepLinked(ctx context.Context, cfg *config, link *link) error {
	wait := firstWait
	for ctx.Err() == nil {
		sender, err := open(ctx, cfg)
		switch {
		case err == nil:
			cfg.log.Info("published", "view", cfg.view)
			began := time.Now()
			err = serve(ctx, sender, link)
			if time.Since(began) > lastWait {
				wait = firstWait
			}
		case final(err) && !cfg.admission.Enrolled(), errors.Is(err, wire.ErrConfig), errors.Is(err, enrol.ErrRevoked), errors.Is(err, enrol.ErrExpired):
			return err
		}
		if ctx.Err() != nil {
			break
		}
		cfg.log.Warn("not linked, trying again", "view", cfg.view, "why", err, "wait", wait)
		select {
		case <-time.After(wait/2 + rand.N(wait)/2):
		case <-ctx.Done():
		}
		wait = min(2*wait, lastWait)
	}
	return nil
}

// open makes a publication with a pass. What an enrolled camera is refused by is tried again with another pass: the clerk may place it any moment.
func open(ctx context.Context, cfg *config) (*wire.Sender, error) {
	pass, err := cfg.admission.Get(ctx)
	if err != nil {
		return nil, err
	}
	sender, err := wire.Open(ctx, wire.Config{
		GatewayURL: cfg.gateway, Hearing: cfg.hearing, Token: pass.Token, RootCAs: pass.Roots, FPS: cfg.fps, VideoBitrate: bitrate(cfg), Log: cfg.log,
	})
	if err != nil && final(err) {
		cfg.admission.Lost()
	}
	return sender, err
}

// serve lets the pumps use a sender until it or ctx ends.
func serve(ctx context.Context, sender *wire.Sender, link *link) error {
	link.set(sender)
	defer func() {
		link.set(nil)
		sender.Close()
	}()
	select {
	case <-sender.Done():
		return sender.Err()
	case <-ctx.Done():
		return nil
	}
}

// final tells whether trying again cannot help.
func final(err error) bool {
	if refusal, ok := errors.AsType[*wire.Refusal](err); ok {
		return refusal.Status/100 == 4 && refusal.Status != 408 && refusal.Status != 409 && refusal.Status != 429
	}
	return errors.Is(err, wire.ErrConfig) || wire.IsCertificateError(err)
}

// bitrate grows with the picture: 500 kbit/s at 640x480 and 25 per second.
func bitrate(cfg *config) int {
	return max(100_000, wire.DefaultVideoBitrate*cfg.width*cfg.height/(640*480)*cfg.fps/25)
}

func pumpPictures(camera capture.Camera, link *link) error {
	var pic mask.RawPicture
	for {
		if err := camera.Read(&pic); err != nil {
			return err
		}
		if sender := link.get(); sender != nil {
			if err := sender.Picture(pic.Width, pic.Height, pic.Y, pic.Cb, pic.Cr, pic.StrideY, pic.StrideC); err != nil && !errors.Is(err, wire.ErrClosed) {
				return err
			}
		}
	}
}

func pumpSound(microphone capture.Microphone, link *link) error {
	var sound mask.RawSound
	var pcm [mask.BlockSamples]int16
	for {
		if err := microphone.Read(&sound); err != nil {
			return err
		}
		for i, v := range sound.Samples {
			pcm[i] = int16(max(-1, min(1, v)) * 32767)
		}
		if sender := link.get(); sender != nil {
			if err := sender.Sound(pcm[:]); err != nil && !errors.Is(err, wire.ErrClosed) {
				return err
			}
		}
	}
}
