package main

import (
	"context"
	"errors"
	"time"

	"parda/media/mask"
	"parda/media/mask/voice"
)

// spoken is one voice in use: its mask on a goroutine of its own, fed with a copy of each block, and what it says at this tick. So a mask that fails or
// hangs is silence for its own renderings, and the others go on.
type spoken struct {
	key   string
	step  *stage[*mask.RawSound, *voice.Masked]
	raw   mask.RawSound // the stage's while a step runs
	given bool          // a step was started at this tick
	sound *voice.Masked // masked, or silence
}

// startVoices gives each mask its goroutine. Each wipes its own copy of the session when it ends, on the goroutine that owns the mask.
func (t *testimony) startVoices(ctx context.Context) []*spoken {
	var all []*spoken
	for _, line := range t.masks.voices {
		masked := new(voice.Masked) // the stage's, read here only while no step runs
		step := newStage(ctx, func(raw *mask.RawSound) (*voice.Masked, error) { return masked, line.mask.Next(raw, masked) }, func() {
			if f, ok := line.mask.(interface{ Forget() }); ok {
				f.Forget()
			}
		})
		all = append(all, &spoken{key: line.key, step: step})
	}
	return all
}

// voicesNow feeds one block to every voice, waits for all of them together, and leaves with each the next masked block, or silence. It returns why
// one is silent, "" where none is at fault.
func (t *testimony) voicesNow(all []*spoken, raw *mask.RawSound, silence *voice.Masked, now time.Time, late time.Duration) (fault string) {
	for _, v := range all {
		if v.given = v.step.idle(); v.given { // while a step runs, its block is its own to read
			v.raw = *raw
			v.step.give(&v.raw)
		}
	}
	until := time.Now().Add(maskWithin)
	for _, v := range all {
		var sound *voice.Masked
		err := errLate
		if v.given {
			sound, err = v.step.await(time.Until(until))
		}
		why := t.voiceFault(v, err, now, late)
		if err != nil || why != "" || sound == nil {
			sound = silence
		}
		v.sound = sound
		if why != "" {
			fault = why
		}
	}
	return fault
}

// voiceFault says what is wrong with one voice at this tick. A block that came a little too late is silence and no fault: an alarm is for what lasts.
func (t *testimony) voiceFault(v *spoken, err error, now time.Time, late time.Duration) string {
	switch {
	case t.inDoubt(now) || late > lateAfter:
		return faultOverload
	case errors.Is(err, errLate) && v.step.stuck(now) <= lateAfter:
		return ""
	case err != nil:
		return faultMask
	case t.moment(now)-t.heard.Load() > int64(lateAfter):
		return t.health.deviceFault(t.hears)
	}
	return ""
}

// said picks what a rendering hears; what is no voice in use is silence.
func said(all []*spoken, key string, silence *voice.Masked) *voice.Masked {
	for _, v := range all {
		if v.key == key {
			return v.sound
		}
	}
	return silence
}

// foremost is the first voice that speaks, which the mouth follows and the witness rehearses with.
func foremost(all []*spoken, silence *voice.Masked) *voice.Masked {
	for _, v := range all {
		if v.sound != silence {
			return v.sound
		}
	}
	return silence
}
