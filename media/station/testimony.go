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
	live      bool   // the court hears her: phase live, order in force, link up, no break
	self      bool   // she sees and hears her own masked self: rehearsal, or live
	picture   string // what the picture is tightened to: "", blob, card
	silence   bool   // the voice is tightened to silence
	notBefore time.Time
	notAfter  time.Time // the order's validity, looked at by the clocks themselves
}

func (p *permit) flows(now time.Time) bool {
	return p.live && !now.Before(p.notBefore) && now.Before(p.notAfter)
}

// testimony is one running witness path. Its fields are set before run.
type testimony struct {
	camera     camera
	microphone microphone // the witness's, or the sworn speaker's; there is never a second one
	hears      string     // which of the two: devMicrophone or devSpeaker
	masks      *masks
	cut        *atomic.Bool    // an emergency of the room: card and silence, whatever the permit says; nil: never
	far        *voice.Gate     // told of the court's sound; the seat works behind it
	seat       *voice.Seat     // silence for who is clearly not in the seat
	before     <-chan struct{} // the path before this one has left the seat; nil: there was none
	left       chan struct{}   // closed when this one has
	over       atomic.Bool     // the testimony is over: what was learnt of her voice is wiped
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
	if t.before == nil {
		free := make(chan struct{})
		close(free)
		t.before = free
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
	defer close(t.left)
	select { // one path at a time owns the seat, which outlives a varied order
	case <-t.before:
	case <-ctx.Done():
		return
	}
	defer func() {
		if t.over.Load() {
			t.seat.Forget()
		}
	}()
	var raw mask.RawSound
	for ctx.Err() == nil {
		err := t.microphone.Read(&raw)
		if ctx.Err() != nil {
			return // another microphone may be in use by now: nothing more is said of this one
		}
		if err != nil {
			t.health.device(t.hears, lossOf(err))
			if !pauseAfter(ctx, err) {
				return
			}
			continue
		}
		t.health.device(t.hears, "")
		t.seated(&raw)
		t.blocks.put(&raw)
		t.heard.Store(t.moment(time.Now()))
	}
}

// seated makes silence of a block while the court's voice comes from the room's loudspeaker, and of what is clearly not the voice or no speech
// of the person in the seat; of that the bench is told.
func (t *testimony) seated(raw *mask.RawSound) {
	defer func() {
		if recover() != nil {
			*raw = mask.RawSound{}
			t.health.failed(devMicrophone, faultMask)
		}
	}()
	if why := t.seat.Apply(raw); why != voice.SeatClear {
		t.health.notice(why.String(), false)
	}
}

// 2. The picture's clock: mask, then encode and publish.

func (t *testimony) pictureClock(ctx context.Context) {
	draw := newStage(ctx, func(w drawWish) (drawing, error) { d, ok := t.masks.draw(w); return drawing{d, ok}, nil })
	card := drawn{t.masks.card, t.masks.card, t.masks.card}
	tick := newCadence(pictureTick)
	for tick.next(ctx) {
		now := time.Now()
		p := t.permit.Load()
		shown, fault := t.figureNow(draw, p, now, tick.late())
		t.health.picture(fault, t.notice())
		if t.masks.does() == figureLeft {
			t.health.notice(figureLeft, false)
		}
		shown = shown.tightened(p.picture)
		if p.self && !t.isCut() {
			t.self(shown.of(string(t.masks.shows)))
		} else {
			t.self(t.masks.card)
		}
		if !p.flows(now) || t.isCut() {
			shown = card
		}
		for _, o := range *t.lanes() {
			o.picture(shown.of(o.wantsPicture), t.masks.card, t.health)
		}
		t.pictureBeat.Store(t.moment(time.Now()))
	}
}

// drawing is a tick's figure and whether it could be drawn.
type drawing struct {
	drawn
	ok bool
}

// figureNow is the figure as drawn now, or the card and why.
func (t *testimony) figureNow(draw *stage[drawWish, drawing], p *permit, now time.Time, late time.Duration) (drawn, string) {
	card := drawn{t.masks.card, t.masks.card, t.masks.card}
	d, err := draw.ask(drawWish{mouth: float32(t.mouth.Load()) / 65535, plain: t.masks.plain || p.picture == modeBlob}, drawWithin)
	switch {
	case t.inDoubt(now) || late > lateAfter:
		return card, faultOverload
	case errors.Is(err, errLate) && draw.stuck(now) <= lateAfter:
		return card, "" // this one picture came too late; an alarm is for what lasts
	case err != nil || !d.ok:
		return card, faultMask
	case t.notice() == face.Fault:
		return card, faultMask
	case t.moment(now)-t.seen.Load() > int64(lateAfter):
		return card, t.health.deviceFault(devCamera)
	}
	return d.drawn, ""
}

// 3. The sound's clock: mask, then encode and publish. One capture feeds every voice that the order names, and each rendering picks its own (voices.go).
// The voice goes on when the picture is at fault, and the other way round.

func (t *testimony) soundClock(ctx context.Context) {
	voices := t.startVoices(ctx)
	silence := new(voice.Masked)
	raw := new(mask.RawSound)
	tick := newCadence(soundTick)
	for tick.next(ctx) {
		now := time.Now()
		voice.Silence(silence)
		t.blocks.take(raw)
		t.health.voice(t.voicesNow(voices, raw, silence, now, tick.late()))
		p := t.permit.Load()
		if p.silence {
			hush(voices, silence)
		}
		if sound := foremost(voices, silence); p.self && !t.isCut() {
			t.selfSound(sound)
			t.mouth.Store(uint32(sound.Level() * 65535))
		} else {
			t.mouth.Store(0)
		}
		if !p.flows(now) || t.isCut() {
			hush(voices, silence)
		}
		for _, o := range *t.lanes() {
			o.sound(said(voices, o.wantsVoice, silence), silence, t.health)
		}
		t.soundBeat.Store(t.moment(time.Now()))
	}
}

// hush makes every voice silent for this tick.
func hush(voices []*spoken, silence *voice.Masked) {
	for _, v := range voices {
		v.sound = silence
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

func (t *testimony) isCut() bool { return t.cut != nil && t.cut.Load() }

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
