package main

import (
	"io"
	"math"
	"slices"
	"sync"
	"time"

	"parda/media/capture"
	"parda/media/mask"
	"parda/media/mask/face"
	"parda/media/mask/voice"
)

// injection is what goes wrong, from a moment on.
type injection struct {
	mu   sync.Mutex
	what string
	hang chan struct{}
}

func (i *injection) is(what string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.what == what
}

func (i *injection) set(what string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.what = what
}

// at does what stage is to suffer: "stage error", "stage panic", "stage hang".
func (i *injection) at(stage string) error {
	switch {
	case i.is(stage + " error"):
		return errInjected
	case i.is(stage + " panic"):
		panic("injected")
	case i.is(stage + " hang"):
		<-i.hang
	}
	return nil
}

type fakeCamera struct{ *injection }

func (c fakeCamera) Read(raw *mask.RawPicture) error {
	time.Sleep(pictureTick)
	if c.is("camera unplugged") {
		return capture.ErrUnplugged
	}
	if c.is("camera ended") {
		return io.EOF
	}
	return c.at("camera")
}

type fakeMicrophone struct {
	*injection
	n *int
}

// Read gives a buzz with a swinging loudness, which a vocoder takes for speech, if anything listens.
func (m fakeMicrophone) Read(raw *mask.RawSound) error {
	time.Sleep(soundTick)
	if m.is("microphone unplugged") {
		return capture.ErrUnplugged
	}
	if m.n != nil {
		*m.n = buzzBlock(raw, *m.n)
	}
	return m.at("microphone")
}

func buzzBlock(raw *mask.RawSound, n int) int {
	for i := range raw.Samples {
		t := float64(n) / mask.SampleRate
		v := 0.0
		for k := 1; k < 20; k++ {
			v += math.Sin(2*math.Pi*140*float64(k)*t) / float64(k)
		}
		raw.Samples[i] = float32(0.2 * v * (0.6 + 0.4*math.Sin(2*math.Pi*4*t)))
		n++
	}
	return n
}

type fakeFigure struct {
	*injection
	drawn face.Masked
}

func (f fakeFigure) Observe(*mask.RawPicture) face.Notice {
	if f.at("observe") != nil {
		return face.Fault
	}
	for _, n := range []face.Notice{face.NoFace, face.TwoFaces} {
		if f.is(string(n)) {
			return n
		}
	}
	return face.OK
}

func (f fakeFigure) Draw(float32) face.Masked {
	if f.at("draw") != nil {
		return face.Masked{}
	}
	return f.drawn
}

// fakeVoice gives one and the same voiced block, which the real mask made once: only a mask can make one. With real set it is the real one.
type fakeVoice struct {
	*injection
	real *voice.Mask
}

var voiced = sync.OnceValue(func() (out voice.Masked) {
	m, err := voice.New(voice.Config{Mode: voice.Neutral, Session: [32]byte{1}})
	if err != nil {
		panic(err)
	}
	var raw mask.RawSound
	for n, loudest := 0, float32(0); n < 50*mask.BlockSamples; {
		n = buzzBlock(&raw, n)
		var block voice.Masked
		if m.Next(&raw, &block) == nil && block.Level() > loudest {
			out, loudest = block, block.Level()
		}
	}
	return out
})

func (v fakeVoice) Next(raw *mask.RawSound, out *voice.Masked) error {
	if err := v.at("voice"); err != nil {
		return err
	}
	if v.real != nil {
		return v.real.Next(raw, out)
	}
	*out = voiced()
	return nil
}

type sent struct {
	at    time.Time
	peak  int16
	clear bool // the mask's own output: figure or voice, not card or silence
}

type fakeOutlet struct {
	*injection
	mu               sync.Mutex
	pictures, sounds []sent
}

func (o *fakeOutlet) Picture(m face.Masked) error {
	if m.Width() == figureWidth {
		if err := o.at("video encoder"); err != nil {
			return err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pictures = append(o.pictures, sent{time.Now(), 0, m.Width() != cardWidth})
	return nil
}

func (o *fakeOutlet) Sound(m *voice.Masked) error {
	loud := slices.ContainsFunc(m.PCM(), func(v int16) bool { return v != 0 })
	if loud {
		if err := o.at("audio encoder"); err != nil {
			return err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sounds = append(o.sounds, sent{time.Now(), slices.Max(m.PCM()), loud})
	return nil
}

// counts says how much was sent between two moments and how much of it was the mask's own output.
func (o *fakeOutlet) counts(from, to time.Time) (pictures, figures, blocks, voices int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	within := func(s []sent) (all, clear int) {
		for _, x := range s {
			if x.at.After(from) && !x.at.After(to) {
				all++
				if x.clear {
					clear++
				}
			}
		}
		return
	}
	pictures, figures = within(o.pictures)
	blocks, voices = within(o.sounds)
	return
}

// peak is the loudest sample that was sent between two times since the first.
func (o *fakeOutlet) peak(from, to time.Duration) (loudest int16) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.sounds {
		if d := s.at.Sub(o.sounds[0].at); d >= from && d < to {
			loudest = max(loudest, s.peak)
		}
	}
	return
}
