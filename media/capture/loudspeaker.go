package capture

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/gen2brain/malgo"
)

// The alarm's two tones, in Hz, each for half a second. Between 500 and 1000 Hz a small loudspeaker is loud and an old ear still hears (ISO 7731).
const (
	alarmRate   = 48000
	alarmLow    = 660
	alarmHigh   = 880
	alarmTurn   = alarmRate / 2
	alarmVolume = 0.7
)

// ErrNoLoudspeaker is a machine on which this program may play nothing.
var ErrNoLoudspeaker = errors.New("no loudspeaker that this program may use")

// Ring plays an alarm through the machine's default output until ctx ends. ErrNoLoudspeaker: it could not begin.
func Ring(ctx context.Context) error {
	audioSetup.Lock()
	audio, device, gone, err := openAlarm()
	audioSetup.Unlock()
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-gone:
		err = ErrNoLoudspeaker
	}
	audioSetup.Lock()
	defer audioSetup.Unlock()
	device.Uninit()
	_ = audio.Uninit()
	audio.Free()
	return err
}

func openAlarm() (*malgo.AllocatedContext, *malgo.Device, <-chan struct{}, error) {
	audio, err := malgo.InitContext([]malgo.Backend{malgo.BackendPulseaudio, malgo.BackendAlsa}, malgo.ContextConfig{}, nil)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%w (%w)", ErrNoLoudspeaker, err)
	}
	config := malgo.DefaultDeviceConfig(malgo.Playback)
	config.SampleRate = alarmRate
	config.Playback.Channels = 1
	config.Playback.Format = malgo.FormatS16
	gone, once, at := make(chan struct{}), sync.Once{}, 0
	device, err := malgo.InitDevice(audio.Context, config, malgo.DeviceCallbacks{
		Data: func(out, _ []byte, _ uint32) { at = fillAlarm(out, at) },
		Stop: func() { once.Do(func() { close(gone) }) },
	})
	if err == nil {
		if err = device.Start(); err == nil {
			return audio, device, gone, nil
		}
		device.Uninit()
	}
	_ = audio.Uninit()
	audio.Free()
	return nil, nil, nil, fmt.Errorf("%w (%w)", ErrNoLoudspeaker, err)
}

// fillAlarm writes the alarm's samples from a position on (16 bits, one channel) and gives the next position.
func fillAlarm(out []byte, at int) int {
	for ; len(out) >= 2; out = out[2:] {
		hz := float64(alarmLow)
		if at/alarmTurn%2 == 1 {
			hz = alarmHigh
		}
		v := alarmVolume * math.Sin(2*math.Pi*hz*float64(at%alarmTurn)/alarmRate)
		binary.NativeEndian.PutUint16(out, uint16(int16(v*math.MaxInt16)))
		at++
	}
	return at
}
