package publish

import (
	"parda/media/mask/face"
	"parda/media/mask/voice"
	"parda/media/publish/wire"
)

// Encoder encodes masked pictures and sound as a Publisher does, and hands the packets back instead of sending them: the witness's
// rehearsal is made of it. Like the Publisher it takes masked values only. Picture and Sound may be called from two goroutines, each from one at a
// time.
type Encoder struct {
	audio  *wire.Opus
	video  *wire.VP8
	w, h   int
	planes []byte
	pcm    []int16
}

// NewEncoder makes an encoder; Close it.
func NewEncoder() (*Encoder, error) {
	audio, err := wire.NewOpus(wire.DefaultAudioBitrate)
	if err != nil {
		return nil, err
	}
	return &Encoder{audio: audio}, nil
}

// Picture encodes one masked picture as a VP8 frame, the first one and the first of each size as a key frame. The frame is the caller's.
func (e *Encoder) Picture(picture face.Masked) (frame []byte, key bool, err error) {
	w, h := picture.Width(), picture.Height()
	if w == 0 || h == 0 {
		return nil, false, ErrNotMasked
	}
	if e.video == nil || e.w != w || e.h != h {
		e.Close()
		if e.video, err = wire.NewVP8(wire.VP8Config{Width: w, Height: h}); err != nil {
			return nil, false, err
		}
		e.w, e.h = w, h
	}
	e.planes = picture.AppendI420(e.planes[:0])
	y, cb, cr, strideC := split(e.planes, w, h)
	return e.video.Encode(y, cb, cr, w, strideC, false)
}

// Sound encodes one masked block of 20 ms as an Opus packet of constant size, valid until the next call.
func (e *Encoder) Sound(sound *voice.Masked) ([]byte, error) {
	if sound == nil {
		return nil, ErrNotMasked
	}
	e.pcm = sound.AppendPCM(e.pcm[:0])
	return e.audio.Encode(e.pcm)
}

// Close frees the video encoder. It may be called twice.
func (e *Encoder) Close() {
	if e.video != nil {
		e.video.Close()
		e.video = nil
	}
}
