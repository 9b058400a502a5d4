package main

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"parda/media/mask/face"
	"parda/media/mask/voice"
	"parda/media/publish"
)

// lane is one rendering's way out: an outlet, with the modes that the order gives it. Pictures and sounds have a stage each, so that an encoder
// that hangs, fails or panics costs its own lane at most, and a tick not more than sendWithin.
type lane struct {
	key          string
	wantsPicture string // puppet, blob, card, none
	wantsVoice   string // a voiceLine's key, silence, none
	out          outlet
	pictures     *stage[face.Masked, struct{}]
	sounds       *stage[*voice.Masked, struct{}]
	cardUntil    time.Time // of the picture's clock
	silenceUntil time.Time // of the sound's clock
	ended        atomic.Bool
	over         chan struct{} // closed when the lane cannot send any more and must be made anew
	once         sync.Once
	block        voice.Masked // what the sound's stage reads
}

const (
	heldFor   = time.Second     // a lane whose encoder failed or was late stays on card or silence so long
	hungAfter = 2 * time.Second // an encoder that has not returned for so long is given up; on a starved machine it is late well before
)

func newLane(ctx context.Context, key string, out outlet) *lane {
	picture, sound, _ := strings.Cut(key, "+")
	l := &lane{key: key, wantsPicture: picture, wantsVoice: sound, out: out, over: make(chan struct{})}
	l.pictures = newStage(ctx, func(m face.Masked) (struct{}, error) { return struct{}{}, out.Picture(m) })
	l.sounds = newStage(ctx, func(m *voice.Masked) (struct{}, error) { return struct{}{}, out.Sound(m) })
	return l
}

// picture sends m, which was picked for this rendering, or the card where its encoder's state asks for it.
func (l *lane) picture(m, card face.Masked, h *health) {
	if l.wantsPicture == modeNone || l.ended.Load() {
		return
	}
	now := time.Now()
	if now.Before(l.cardUntil) {
		m = card
	}
	_, err := l.pictures.ask(m, sendWithin)
	if l.settled(err, l.pictures.stuck(now)) {
		return
	}
	h.encoder(devCamera, now)
	l.cardUntil = now.Add(heldFor)
	_, err = l.pictures.ask(card, sendWithin)
	l.giveUp(err, l.pictures.stuck(now))
}

// sound sends m, which was picked for this rendering, or silence where its encoder's state asks for it.
func (l *lane) sound(m, silence *voice.Masked, h *health) {
	if l.wantsVoice == modeNone || l.ended.Load() {
		return
	}
	now := time.Now()
	if now.Before(l.silenceUntil) {
		m = silence
	}
	_, err := l.soundOnce(m)
	if l.settled(err, l.sounds.stuck(now)) {
		return
	}
	h.encoder(devMicrophone, now)
	l.silenceUntil = now.Add(heldFor)
	_, err = l.soundOnce(silence)
	l.giveUp(err, l.sounds.stuck(now))
}

// soundOnce sends a copy, because an encoder that is late may still read its block when the clock fills the next.
func (l *lane) soundOnce(m *voice.Masked) (struct{}, error) {
	if l.sounds.idle() {
		l.block = *m
	}
	return l.sounds.ask(&l.block, maskWithin)
}

// giveUp ends the lane when not even the card or silence goes out. An encoder that is only late sends nothing meanwhile, and the viewers' pages cover
// the last picture; to publish anew would cost a starved machine more.
func (l *lane) giveUp(err error, stuck time.Duration) {
	if err != nil && (!errors.Is(err, errLate) || stuck > hungAfter) {
		l.end()
	}
}

// settled says that nothing more is to be done in this tick: it was sent, it is only a little late, or the publication has ended by itself.
func (l *lane) settled(err error, stuck time.Duration) bool {
	switch {
	case err == nil:
		return true
	case errors.Is(err, publish.ErrClosed):
		l.end()
		return true
	case errors.Is(err, errLate):
		return stuck <= lateAfter
	}
	return false
}

func (l *lane) end() {
	l.ended.Store(true)
	l.once.Do(func() { close(l.over) })
}
