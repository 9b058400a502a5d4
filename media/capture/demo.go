package capture

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"parda/media/mask"
)

// demoEpoch is when the demo began in this process: picture and sound of one person are read off the same clock, so that
// lips and voice agree.
var demoEpoch = sync.OnceValue(time.Now)

// demoPerson is one of the demo's people. No real person is drawn or heard.
type demoPerson struct {
	voice     string // espeak-ng voice and variant
	pitch     int    // 0..99
	speed     int    // words per minute
	gain      float32
	pause     time.Duration // between sentences
	sentences []string
	scene     func(*canvas) []figure
}

func findDemo(name string) (*demoPerson, error) {
	person, ok := demoPeople[name]
	if !ok {
		return nil, fmt.Errorf("%w: the demo has witness, bench, counsel, hall and dock", ErrUnknownDevice)
	}
	return person, nil
}

// demoMicrophone plays a spoken text in a loop.
type demoMicrophone struct {
	speech []float32
	at     int
	pace   *pace
}

func openDemoMicrophone(ctx context.Context, name string) (Microphone, error) {
	if name == "timecode" {
		return openTimecodeMicrophone(ctx), nil
	}
	person, err := findDemo(name)
	if err != nil {
		return nil, err
	}
	speech, err := speechOf(ctx, name, person)
	if err != nil {
		return nil, err
	}
	return &demoMicrophone{speech: speech, at: -1, pace: newPace(ctx, soundPeriod, soundLag)}, nil
}

func (m *demoMicrophone) Read(sound *mask.RawSound) error {
	at, err := m.pace.wait()
	if err != nil {
		return err
	}
	if m.at < 0 {
		m.at = speechPosition(at, len(m.speech))
	}
	for i := range sound.Samples {
		sound.Samples[i] = m.speech[m.at]
		if m.at++; m.at == len(m.speech) {
			m.at = 0
		}
	}
	sound.Captured = at
	return nil
}

func (m *demoMicrophone) Close() error {
	m.pace.close()
	return nil
}

// speechPosition is the sample that is spoken at a moment.
func speechPosition(at time.Time, length int) int {
	samples := int64(at.Sub(demoEpoch()).Seconds() * mask.SampleRate)
	return int(((samples % int64(length)) + int64(length)) % int64(length))
}

// demoCamera draws a person in a room: the room is drawn once, the head and its features are drawn once and moved.
type demoCamera struct {
	room    *yuv
	out     *yuv
	figures []figure
	speech  []float32 // nil without espeak-ng: then the mouth follows a made-up rhythm
	pace    *pace
}

func openDemoCamera(ctx context.Context, name string, cfg CameraConfig) (Camera, error) {
	if name == "timecode" {
		return openTimecodeCamera(ctx, cfg), nil
	}
	person, err := findDemo(name)
	if err != nil {
		return nil, err
	}
	c := &demoCamera{out: newI420(cfg.Width, cfg.Height), pace: newPace(ctx, time.Second/time.Duration(cfg.FPS), pictureLag)}
	room := newCanvas(cfg.Width, cfg.Height)
	c.figures = person.scene(room)
	c.room = room.yuv()
	if speech, err := speechOf(ctx, name, person); err == nil {
		c.speech = speech
	}
	return c, nil
}

func (c *demoCamera) Read(pic *mask.RawPicture) error {
	at, err := c.pace.wait()
	if err != nil {
		return err
	}
	for i := range c.out {
		copy(c.out[i].pix, c.room[i].pix)
	}
	seconds := at.Sub(demoEpoch()).Seconds()
	for i := range c.figures {
		c.figures[i].draw(c.out, poseAt(seconds+7.3*float64(i), c.mouthAt(at, seconds, i)))
	}
	c.out.raw(pic)
	pic.Captured = at
	return nil
}

// mouthAt is how far the mouth of figure i stands open, 0..1: only the first one speaks.
func (c *demoCamera) mouthAt(at time.Time, seconds float64, i int) float64 {
	if i > 0 {
		return 0
	}
	if c.speech == nil {
		return math.Max(0, math.Sin(seconds*11)*math.Sin(seconds*2.3))
	}
	start := speechPosition(at, len(c.speech))
	var sum float64
	for k := range mask.BlockSamples * 2 {
		v := float64(c.speech[(start+k)%len(c.speech)])
		sum += v * v
	}
	return math.Min(1, 5*math.Sqrt(sum/(2*mask.BlockSamples)))
}

func (c *demoCamera) Close() error {
	c.pace.close()
	return nil
}

// pose is where a head is: offsets in head widths, turn and nod -1..1, eyes and mouth 0 (shut) to 1 (open).
type pose struct{ x, y, turn, nod, eyes, mouth float64 }

// poseAt makes a calm, never quite repeating movement: some sway, a turn of the head now and then, nods, and a blink every few seconds.
func poseAt(t, mouth float64) pose {
	bump := func(period, width, phase float64) float64 { // 0..1, once a period
		u := math.Mod(t+phase, period) / width
		if u < 0 || u > 1 {
			return 0
		}
		return 0.5 - 0.5*math.Cos(2*math.Pi*u)
	}
	p := pose{
		x:     0.05*math.Sin(t*0.43) + 0.02*math.Sin(t*1.1),
		y:     0.02*math.Sin(t*0.71) + 0.01*mouth*math.Sin(t*5),
		turn:  0.25*math.Sin(t*0.37) + 0.6*bump(9, 2.4, 2) - 0.5*bump(13, 2.8, 6),
		nod:   0.1*math.Sin(t*0.9) + 0.7*bump(7, 0.8, 0)*math.Cos(t) + 0.5*bump(11, 1.4, 3),
		mouth: mouth,
	}
	p.eyes = 1 - bump(3.7, 0.24, 1)
	return p
}
