package main

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"parda/media/mask"
	"parda/media/mask/face"
	"parda/media/mask/voice"
)

// The witness path: capture -> mask -> encode -> publish, top to bottom in this file.
//
// Pictures and sound go by two clocks of the station's own, 25 fps and 20 ms, whatever the camera and the microphone do. At each tick a clock
// asks the mask for what it shows now, waits a part of a tick for it, and sends exactly one picture or block to every outlet. Whatever is
// wrong, what goes out is the card (picture) or silence (sound): that is the value a clock starts each tick with, and only a masked value that
// came in time, from a device that is alive, under an order in force, takes its place. Raw values never reach the clocks' outlets:
// an outlet takes masked types only.

const (
	pictureTick = time.Second / mask.FrameRate
	soundTick   = time.Second * mask.BlockSamples / mask.SampleRate
	lateAfter   = 100 * time.Millisecond // a raw picture or block older than this, or a step that runs longer, is a fault
	doubtFor    = 300 * time.Millisecond // both card and silence so long after the process itself was late
	drawWithin  = 25 * time.Millisecond
	maskWithin  = 15 * time.Millisecond
	sendWithin  = 30 * time.Millisecond
)

type camera interface{ Read(*mask.RawPicture) error }
type microphone interface{ Read(*mask.RawSound) error }

// outlet is one publication: masked values only. It must be done with a value when it returns.
type outlet interface {
	Picture(face.Masked) error
	Sound(*voice.Masked) error
}

// permit says what may leave the room at this moment. It is immutable, swapped as a whole, and read at each tick. The zero permit lets nothing through.
type permit struct {
	live      bool // the court hears her: phase live, order in force, link up, no break
	self      bool // she sees and hears her own masked self: rehearsal, or live
	card      bool // the picture is tightened to the card
	silence   bool // the voice is tightened to silence
	notBefore time.Time
	notAfter  time.Time // the order's validity, looked at by the clocks themselves
}

func (p *permit) flows(now time.Time) bool {
	return p.live && !now.Before(p.notBefore) && now.Before(p.notAfter)
}

// testimony is one running witness path. Its fields are set before run.
type testimony struct {
	camera     camera
	microphone microphone
	masks      *masks
	far        *voice.Gate
	health     *health
	self       func(face.Masked)   // the witness's own picture, at each tick
	selfSound  func(*voice.Masked) // her own masked sound, for the rehearsal; never played live

	permit  atomic.Pointer[permit]
	outlets atomic.Pointer[[]*lane]

	began       time.Time    // what the moments below count from, by the monotonic clock: a clock that is set back must not hide a dead camera
	seen        atomic.Int64 // moment at which the last raw picture was read by the figure
	saw         atomic.Value // face.Notice: what the figure saw in it
	heard       atomic.Int64
	mouth       atomic.Uint32 // level of the last masked block, in 1/65535
	pictureBeat atomic.Int64  // moment at which each clock last finished a tick
	soundBeat   atomic.Int64
	doubtUntil  atomic.Int64
	blocks      blockRing
	workers     sync.WaitGroup
}

// run works until ctx ends. The devices are closed by their owner, which ends the goroutines that read them.
func (t *testimony) run(ctx context.Context) {
	if t.permit.Load() == nil {
		t.permit.Store(&permit{})
	}
	t.began = time.Now()
	now := t.moment(t.began)
	for _, at := range []*atomic.Int64{&t.pictureBeat, &t.soundBeat, &t.seen, &t.heard} {
		at.Store(now) // each device has lateAfter to give its first
	}
	for _, work := range []func(context.Context){t.watchCamera, t.listen, t.pictureClock, t.soundClock, t.watchdog} {
		t.workers.Go(func() { work(ctx) })
	}
	t.workers.Wait()
}

// 1. Capture. The camera is read at its own pace; the figure takes from it how a head moves and keeps no pixel.

func (t *testimony) watchCamera(ctx context.Context) {
	observe := newStage(ctx, func(raw *mask.RawPicture) (face.Notice, error) { return t.masks.figure.Observe(raw), nil })
	var raw mask.RawPicture
	for ctx.Err() == nil {
		if err := t.camera.Read(&raw); err != nil {
			t.health.device(devCamera, lossOf(err))
			if !pauseAfter(ctx, err) {
				return
			}
			continue
		}
		t.health.device(devCamera, "")
		saw, err := observe.ask(&raw, time.Second)
		for errors.Is(err, errLate) && ctx.Err() == nil { // a hung figure: the clock has put up the card long since
			time.Sleep(pictureTick)
			saw, err = observe.ask(&raw, time.Second)
		}
		if err != nil {
			saw = face.Fault
		}
		t.saw.Store(saw)
		t.seen.Store(t.moment(time.Now()))
	}
}

func (t *testimony) listen(ctx context.Context) {
	var raw mask.RawSound
	for ctx.Err() == nil {
		if err := t.microphone.Read(&raw); err != nil {
			t.health.device(devMicrophone, lossOf(err))
			if !pauseAfter(ctx, err) {
				return
			}
			continue
		}
		t.health.device(devMicrophone, "")
		t.far.Apply(&raw) // silence while the court's voice comes from the room's loudspeaker
		t.blocks.put(&raw)
		t.heard.Store(t.moment(time.Now()))
	}
}

// 2. The picture's clock: mask, then encode and publish.

func (t *testimony) pictureClock(ctx context.Context) {
	draw := newStage(ctx, func(mouth float32) (face.Masked, error) { return t.masks.figure.Draw(mouth), nil })
	tick := newCadence(pictureTick)
	for tick.next(ctx) {
		now := time.Now()
		picture, fault := t.figureNow(draw, now, tick.late())
		t.health.picture(fault, t.notice())
		p := t.permit.Load()
		if p.card {
			picture = t.masks.card
		}
		if p.self {
			t.self(picture)
		} else {
			t.self(t.masks.card)
		}
		if !p.flows(now) {
			picture = t.masks.card
		}
		for _, o := range *t.lanes() {
			o.picture(picture, t.masks.card, t.health)
		}
		t.pictureBeat.Store(t.moment(time.Now()))
	}
}

// figureNow is the figure as drawn now, or the card and why.
func (t *testimony) figureNow(draw *stage[float32, face.Masked], now time.Time, late time.Duration) (face.Masked, string) {
	drawn, err := draw.ask(float32(t.mouth.Load())/65535, drawWithin)
	switch {
	case t.inDoubt(now) || late > lateAfter:
		return t.masks.card, faultOverload
	case errors.Is(err, errLate) && draw.stuck(now) <= lateAfter:
		return t.masks.card, "" // this one picture came too late; an alarm is for what lasts
	case err != nil || drawn.Width() == 0:
		return t.masks.card, faultMask
	case t.notice() == face.Fault:
		return t.masks.card, faultMask
	case t.moment(now)-t.seen.Load() > int64(lateAfter):
		return t.masks.card, t.health.cameraFault()
	}
	return drawn, ""
}

// 3. The sound's clock: mask, then encode and publish. The voice goes on when the picture is at fault, and the other way round.

func (t *testimony) soundClock(ctx context.Context) {
	masked := new(voice.Masked) // the stage's, read here only while no step runs
	step := newStage(ctx, func(raw *mask.RawSound) (*voice.Masked, error) { return masked, t.masks.voice.Next(raw, masked) }, t.forget)
	silence := new(voice.Masked)
	raw := new(mask.RawSound)
	tick := newCadence(soundTick)
	for tick.next(ctx) {
		now := time.Now()
		voice.Silence(silence)
		sound, fault := t.voiceNow(step, raw, silence, now, tick.late())
		t.health.voice(fault)
		p := t.permit.Load()
		if p.silence {
			sound = silence
		}
		if p.self {
			t.selfSound(sound)
			t.mouth.Store(uint32(sound.Level() * 65535))
		} else {
			t.mouth.Store(0)
		}
		if !p.flows(now) {
			sound = silence
		}
		for _, o := range *t.lanes() {
			o.sound(sound, silence, t.health)
		}
		t.soundBeat.Store(t.moment(time.Now()))
	}
}

// voiceNow is the next masked block, or silence and why.
func (t *testimony) voiceNow(step *stage[*mask.RawSound, *voice.Masked], raw *mask.RawSound, silence *voice.Masked, now time.Time, late time.Duration) (*voice.Masked, string) {
	if step.idle() { // while a step runs, raw is its to read
		t.blocks.take(raw)
	}
	sound, err := step.ask(raw, maskWithin)
	switch {
	case t.inDoubt(now) || late > lateAfter:
		return silence, faultOverload
	case errors.Is(err, errLate) && step.stuck(now) <= lateAfter:
		return silence, ""
	case err != nil || sound == nil:
		return silence, faultMask
	case t.moment(now)-t.heard.Load() > int64(lateAfter):
		return silence, t.health.microphoneFault()
	}
	return sound, ""
}

// forget wipes the voice mask's own copy of the session, on the goroutine that owns the mask.
func (t *testimony) forget() {
	if f, ok := t.masks.voice.(interface{ Forget() }); ok {
		f.Forget()
	}
}

// 4. The watchdog. A clock that has not ticked for 100 ms, or a watchdog that was itself not run, means that the process cannot be
// relied on: card and silence for a while. What hangs inside one encoder is the lane's to end; the page covers a picture that gets no
// packet by itself.

func (t *testimony) watchdog(ctx context.Context) {
	tick := newCadence(soundTick)
	for tick.next(ctx) {
		now := time.Now()
		worst := max(t.moment(now)-t.pictureBeat.Load()-int64(pictureTick), t.moment(now)-t.soundBeat.Load()-int64(soundTick), int64(tick.late()))
		if worst > int64(lateAfter) {
			t.doubtUntil.Store(t.moment(now.Add(doubtFor)))
		}
	}
}

func (t *testimony) notice() face.Notice {
	n, _ := t.saw.Load().(face.Notice)
	return n
}

func (t *testimony) inDoubt(now time.Time) bool { return t.moment(now) < t.doubtUntil.Load() }

// moment is a time in nanoseconds since the path began, 1 at the least.
func (t *testimony) moment(at time.Time) int64 { return max(1, 1+int64(at.Sub(t.began))) }

func (t *testimony) lanes() *[]*lane {
	if l := t.outlets.Load(); l != nil {
		return l
	}
	return &[]*lane{}
}

// pauseAfter waits a little after a device's error, so that a dead device does not spin; false when the source has ended for good.
func pauseAfter(ctx context.Context, err error) bool {
	if errors.Is(err, io.EOF) {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(5 * pictureTick):
		return true
	}
}
