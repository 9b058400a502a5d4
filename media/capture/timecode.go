package capture

import (
	"context"
	"math"
	"time"

	"parda/media/mask"
)

// demo:timecode is for measurement only: a picture that tells when it was drawn and a sound that comes at known times, so that a browser on the
// same machine can say how old what it shows and plays is. `make bench` reads them (courtroom-ui/e2e/latency.mjs).
//
// The picture is a grid of 8 by 5 black and white cells, row by row, most significant bit first: the wall clock in Unix milliseconds modulo
// 2^32, then the CRC-8 (polynomial 0x07) of those four bytes, so that a cell that was misread does not pass for a time.
//
// The sound is silence with a burst of a vowel at 140 Hz in each window of 2 s of the wall clock, see burstStart.
const (
	timecodeColumns = 8
	timecodeRows    = 5
	timecodeWhite   = 235
	timecodeBlack   = 16

	burstEvery  = 2 * time.Second
	burstLength = 150 * time.Millisecond
	burstPitch  = 140.0 // Hz
)

// burstStart is when window n (Unix time / 2 s) has its burst. The start moves by 13 ms from window to window, modulo 40 ms: otherwise each burst
// would meet the clocks of 20 and 40 ms on its way at the same phase, and the median would be a matter of luck.
func burstStart(n int64) time.Time {
	return time.UnixMilli(n*burstEvery.Milliseconds() + n*13%40)
}

// timecodeBits is what the 40 cells of a moment hold.
func timecodeBits(at time.Time) uint64 {
	ms := uint32(at.UnixMilli())
	crc := byte(0)
	for shift := 24; shift >= 0; shift -= 8 {
		crc ^= byte(ms >> shift)
		for range 8 {
			if crc&0x80 != 0 {
				crc = crc<<1 ^ 0x07
			} else {
				crc <<= 1
			}
		}
	}
	return uint64(ms)<<8 | uint64(crc)
}

type timecodeCamera struct {
	out  *yuv
	pace *pace
}

func openTimecodeCamera(ctx context.Context, cfg CameraConfig) Camera {
	c := &timecodeCamera{out: newI420(cfg.Width, cfg.Height), pace: newPace(ctx, time.Second/time.Duration(cfg.FPS), pictureLag)}
	for _, p := range c.out[1:] {
		for i := range p.pix {
			p.pix[i] = 128
		}
	}
	return c
}

func (c *timecodeCamera) Read(pic *mask.RawPicture) error {
	if _, err := c.pace.wait(); err != nil {
		return err
	}
	at := time.Now() // not when it was due: the picture tells when it was taken
	c.draw(at)
	c.out.raw(pic)
	pic.Captured = at
	return nil
}

func (c *timecodeCamera) draw(at time.Time) {
	bits, luma := timecodeBits(at), c.out[0]
	const cells = timecodeColumns * timecodeRows
	for row := range timecodeRows {
		top, end := row*luma.h/timecodeRows, (row+1)*luma.h/timecodeRows
		first := luma.pix[top*luma.stride:][:luma.w]
		for x := range first {
			cell := row*timecodeColumns + x*timecodeColumns/luma.w
			first[x] = timecodeBlack
			if bits>>(cells-1-cell)&1 == 1 {
				first[x] = timecodeWhite
			}
		}
		for y := top + 1; y < end; y++ {
			copy(luma.pix[y*luma.stride:][:luma.w], first)
		}
	}
}

func (c *timecodeCamera) Close() error {
	c.pace.close()
	return nil
}

type timecodeMicrophone struct {
	burst []float32
	pace  *pace
}

func openTimecodeMicrophone(ctx context.Context) Microphone {
	return &timecodeMicrophone{burst: vowelBurst(), pace: newPace(ctx, soundPeriod, soundLag)}
}

// Read gives the 20 ms that have just passed, as a microphone does.
func (m *timecodeMicrophone) Read(sound *mask.RawSound) error {
	at, err := m.pace.wait()
	if err != nil {
		return err
	}
	m.fill(sound.Samples[:], at.Add(-soundPeriod))
	sound.Captured = at
	return nil
}

// fill writes the sound of the wall clock from a moment on.
func (m *timecodeMicrophone) fill(samples []float32, from time.Time) {
	clear(samples)
	window := from.UnixMilli() / burstEvery.Milliseconds()
	for n := window; n <= window+1; n++ {
		into := int(math.Round(from.Sub(burstStart(n)).Seconds() * mask.SampleRate)) // samples[0] in the burst's own count
		for i := range samples {
			if k := into + i; k >= 0 && k < len(m.burst) {
				samples[i] = m.burst[k]
			}
		}
	}
}

func (m *timecodeMicrophone) Close() error {
	m.pace.close()
	return nil
}

// vowelBurst is a pulse train through the resonances of an "a", at once loud, so that its onset is a matter of one sample.
func vowelBurst() []float32 {
	out := make([]float32, int(burstLength.Seconds()*mask.SampleRate))
	for i := range out {
		if math.Mod(float64(i)*burstPitch/mask.SampleRate, 1) < burstPitch/mask.SampleRate {
			out[i] = 1
		}
	}
	for _, formant := range [][2]float64{{700, 90}, {1220, 110}, {2600, 160}} { // frequency and bandwidth in Hz
		r := math.Exp(-math.Pi * formant[1] / mask.SampleRate)
		a, b := 2*r*math.Cos(2*math.Pi*formant[0]/mask.SampleRate), -r*r
		var y1, y2 float64
		for i, x := range out {
			y := float64(x) + a*y1 + b*y2
			y1, y2, out[i] = y, y1, float32(y)
		}
	}
	peak := float32(0)
	for _, v := range out {
		peak = max(peak, v, -v)
	}
	for i := range out {
		out[i] *= 0.5 / peak
	}
	return out
}
