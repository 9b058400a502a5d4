package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"parda/media/mask/face"
	"parda/media/mask/voice"
)

// The rig runs the real hot path on fakes of everything around it, in a bubble with its own time.

const figureWidth, cardWidth = 96, 64 // the figure and the card differ in size, so that a test can tell them apart

var errInjected = errors.New("injected")

type rig struct {
	*testimony
	inject *injection
	out    *fakeOutlet
	end    func()
}

// newRig starts the hot path, live. It must be called within a bubble.
func newRig(t *testing.T, key string, edit ...func(*rig)) *rig {
	t.Helper()
	figure, err := face.NewCard(figureWidth, figureWidth, "")
	if err != nil {
		t.Fatal(err)
	}
	card, err := face.NewCard(cardWidth, cardWidth, "")
	if err != nil {
		t.Fatal(err)
	}
	voiced() // outside the bubble's time
	inject := &injection{hang: make(chan struct{})}
	c := newChair()
	r := &rig{inject: inject, out: &fakeOutlet{injection: inject}}
	r.testimony = &testimony{camera: fakeCamera{inject}, microphone: fakeMicrophone{inject, nil}, hears: devMicrophone,
		masks: &masks{figure: fakeFigure{inject, figure}, shows: face.Puppet, voices: []voiceLine{{modeNeutral, fakeVoice{inject, nil}}}, card: card},
		far:   c.gate, seat: c.seat, left: make(chan struct{}), health: newHealth(), self: func(face.Masked) {}, selfSound: func(*voice.Masked) {}}
	for _, e := range edit {
		e(r)
	}
	ctx, stop := context.WithCancel(context.Background())
	r.live()
	r.outlets.Store(&[]*lane{newLane(ctx, key, r.out)})
	done := make(chan struct{})
	go func() { defer close(done); r.run(ctx) }()
	r.end = func() {
		stop()
		close(inject.hang)
		<-done
	}
	return r
}

func (r *rig) live() {
	r.permit.Store(&permit{live: true, self: true, notBefore: time.Now().Add(-time.Hour), notAfter: time.Now().Add(time.Hour)})
}

const (
	pictureOnly = "picture"
	voiceOnly   = "voice"
	both        = "both"
)

func TestAFaultGivesCardOrSilenceWithin100msAndNothingElse(t *testing.T) {
	for what, c := range map[string]struct{ stops, picture, voice, notice string }{
		"camera unplugged":     {pictureOnly, "card", "ok", "camera_lost"},
		"camera ended":         {pictureOnly, "card", "ok", "camera_ended"},
		"camera error":         {pictureOnly, "card", "ok", "camera_lost"},
		"camera hang":          {pictureOnly, "card", "ok", "camera_late"},
		"observe error":        {pictureOnly, "card", "ok", "mask_fault"},
		"observe panic":        {pictureOnly, "card", "ok", "mask_fault"},
		"observe hang":         {pictureOnly, "card", "ok", "camera_late"},
		"draw error":           {pictureOnly, "card", "ok", "mask_fault"},
		"draw panic":           {pictureOnly, "card", "ok", "mask_fault"},
		"draw hang":            {pictureOnly, "card", "ok", "mask_fault"},
		"video encoder error":  {pictureOnly, "card", "ok", "encoder_fault"},
		"video encoder panic":  {pictureOnly, "card", "ok", "encoder_fault"},
		"microphone unplugged": {voiceOnly, "ok", "silence", "microphone_lost"},
		"microphone error":     {voiceOnly, "ok", "silence", "microphone_lost"},
		"microphone hang":      {voiceOnly, "ok", "silence", "microphone_late"},
		"voice error":          {voiceOnly, "ok", "silence", "mask_fault"},
		"voice panic":          {voiceOnly, "ok", "silence", "mask_fault"},
		"voice hang":           {voiceOnly, "ok", "silence", "mask_fault"},
		"audio encoder error":  {voiceOnly, "ok", "silence", "encoder_fault"},
		"audio encoder panic":  {voiceOnly, "ok", "silence", "encoder_fault"},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "puppet+neutral")
				defer r.end()
				time.Sleep(time.Second)
				began := time.Now()
				if _, figures, _, voices := r.out.counts(began.Add(-500*time.Millisecond), began); figures < 11 || voices < 24 {
					t.Fatalf("before the fault: %d figures, %d voiced blocks", figures, voices)
				}
				r.inject.set(what)
				// A device's fault is known when its next picture or block was due.
				due := began.Add(pictureTick)
				time.Sleep(pictureTick + lateAfter + time.Second)
				pictures, figures, blocks, voices := r.out.counts(due.Add(lateAfter), time.Now())
				if c.stops == pictureOnly && (figures > 0 || pictures < 20 || voices < 45) {
					t.Errorf("picture fault: %d of %d pictures were the figure, %d of %d blocks voiced", figures, pictures, voices, blocks)
				}
				if c.stops == voiceOnly && (voices > 0 || blocks < 40 || figures < 20) {
					t.Errorf("voice fault: %d of %d blocks were voiced, %d of %d pictures the figure", voices, blocks, figures, pictures)
				}
				if status, _ := r.health.status(); status != (maskStatus{Picture: c.picture, Voice: c.voice, Notice: c.notice}) {
					t.Errorf("status %+v", status)
				}
			})
		})
	}
}

func TestAHungEncoderCostsItsOwnLaneOnly(t *testing.T) {
	for what, stops := range map[string]string{"video encoder hang": pictureOnly, "audio encoder hang": voiceOnly} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "puppet+neutral")
				defer r.end()
				other := &fakeOutlet{injection: &injection{}}
				ctx, stop := context.WithCancel(context.Background())
				defer stop()
				hung := (*r.outlets.Load())[0]
				r.outlets.Store(&[]*lane{hung, newLane(ctx, "puppet+neutral", other)})
				time.Sleep(time.Second)
				r.inject.set(what)
				time.Sleep(lateAfter + 2*pictureTick)
				if hung.ended.Load() {
					t.Error("the lane was given up for being late")
				}
				time.Sleep(hungAfter)
				select {
				case <-hung.over:
				default:
					t.Error("the lane with the hung encoder was not given up")
				}
				from := time.Now()
				time.Sleep(time.Second)
				if _, figures, _, voices := other.counts(from, time.Now()); figures < 20 && stops == pictureOnly || voices < 40 {
					t.Errorf("the other lane got %d figures and %d voiced blocks", figures, voices)
				}
				if pictures, _, blocks, _ := r.out.counts(from, time.Now()); pictures+blocks > 0 {
					t.Errorf("the lane that was given up sent %d pictures and %d blocks", pictures, blocks)
				}
			})
		})
	}
}

func TestNoFaceOrTwoTurnTheFigureNeutralAndTheVoiceGoesOn(t *testing.T) {
	for _, notice := range []face.Notice{face.NoFace, face.TwoFaces} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, "puppet+neutral")
			defer r.end()
			time.Sleep(time.Second)
			r.inject.set(string(notice))
			from := time.Now()
			time.Sleep(2 * time.Second)
			if pictures, figures, blocks, voices := r.out.counts(from, time.Now()); figures != pictures || voices < blocks-2 {
				t.Errorf("%d of %d pictures, %d of %d blocks", figures, pictures, voices, blocks)
			}
			if status, _ := r.health.status(); status != (maskStatus{Picture: "neutral", Voice: "ok", Notice: string(notice)}) {
				t.Errorf("status %+v", status)
			}
		})
	}
}

func TestWhatThePermitForbidsIsNeverSentAndTheCadenceStays(t *testing.T) {
	for name, c := range map[string]struct {
		key, stops string
		permit     permit
	}{
		"not live":                   {"puppet+neutral", both, permit{self: true}},
		"order expired":              {"puppet+neutral", both, permit{live: true, self: true, notAfter: time.Unix(1, 0)}},
		"order not yet valid":        {"puppet+neutral", both, permit{live: true, self: true, notBefore: time.Unix(1<<40, 0), notAfter: time.Unix(1<<41, 0)}},
		"picture tightened":          {"puppet+neutral", pictureOnly, permit{live: true, picture: modeCard, notAfter: time.Unix(1<<41, 0)}},
		"voice tightened":            {"puppet+neutral", voiceOnly, permit{live: true, silence: true, notAfter: time.Unix(1<<41, 0)}},
		"rendering of card":          {"card+neutral", pictureOnly, permit{live: true, notAfter: time.Unix(1<<41, 0)}},
		"rendering of silence":       {"puppet+silence", voiceOnly, permit{live: true, notAfter: time.Unix(1<<41, 0)}},
		"rendering of card, silence": {"card+silence", both, permit{live: true, notAfter: time.Unix(1<<41, 0)}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, c.key)
				defer r.end()
				time.Sleep(time.Second)
				r.permit.Store(&c.permit)
				time.Sleep(pictureTick) // the tick that was running
				from := time.Now()
				time.Sleep(2 * time.Second)
				pictures, figures, blocks, voices := r.out.counts(from, time.Now())
				if pictures < 49 || pictures > 51 || blocks < 99 || blocks > 101 {
					t.Errorf("%d pictures and %d blocks in two seconds", pictures, blocks)
				}
				if c.stops != voiceOnly && figures > 0 || c.stops == voiceOnly && figures < 45 {
					t.Errorf("%d figures", figures)
				}
				if c.stops != pictureOnly && voices > 0 || c.stops == pictureOnly && voices < 90 {
					t.Errorf("%d voiced blocks", voices)
				}
			})
		})
	}
}

func TestAProcessInDoubtSendsCardAndSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "puppet+neutral")
		defer r.end()
		time.Sleep(time.Second + soundTick/2)                       // between the ticks
		r.pictureBeat.Store(r.moment(time.Now().Add(-time.Second))) // as if the clock had not run
		from := time.Now().Add(soundTick)                           // the watchdog's next look
		time.Sleep(doubtFor)
		if _, figures, _, voices := r.out.counts(from, time.Now()); figures+voices > 0 {
			t.Errorf("%d figures and %d voiced blocks in doubt", figures, voices)
		}
		from = time.Now().Add(3 * soundTick)
		time.Sleep(time.Second)
		if _, figures, _, voices := r.out.counts(from, time.Now()); figures < 20 || voices < 40 {
			t.Errorf("%d figures and %d voiced blocks after it", figures, voices)
		}
	})
}

func TestADeviceThatComesBackIsUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "puppet+neutral")
		defer r.end()
		r.inject.set("camera unplugged")
		time.Sleep(2 * time.Second)
		r.inject.set("")
		time.Sleep(2 * time.Second)
		if _, figures, _, _ := r.out.counts(time.Now().Add(-time.Second), time.Now()); figures < 24 {
			t.Errorf("%d figures in the second after it came back", figures)
		}
		if status, devices := r.health.status(); status.Picture != "ok" || devices[devCamera] != deviceOK {
			t.Errorf("status %+v, devices %v", status, devices)
		}
	})
}

func TestTheGateClosesTheMicrophoneWhileTheCourtSpeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		real, err := voice.New(voice.Config{Mode: voice.Neutral, Session: [32]byte{1}})
		if err != nil {
			t.Fatal(err)
		}
		r := newRig(t, "puppet+neutral", func(r *rig) {
			r.microphone, r.masks.voices[0].mask = fakeMicrophone{r.inject, new(int)}, fakeVoice{r.inject, real}
		})
		defer r.end()
		time.Sleep(time.Second)
		for range 50 {
			r.far.Far(-10, time.Now())
			time.Sleep(2 * soundTick)
		}
		open, shut := r.out.peak(500*time.Millisecond, time.Second), r.out.peak(1500*time.Millisecond, 3*time.Second)
		// The mask's own comfort noise goes on; it holds nothing of the microphone.
		if open < 5000 || shut > 150 {
			t.Errorf("peak %d with the gate open, %d while the court spoke", open, shut)
		}
	})
}
