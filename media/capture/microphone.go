package capture

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/gen2brain/malgo"

	"parda/media/mask"
)

const (
	microphoneFirst = 3 * time.Second
	microphoneStall = 700 * time.Millisecond
	// microphoneBlocks bounds what may wait for a slow reader: 160 ms, then the oldest goes.
	microphoneBlocks = 8
)

// audioSetup guards malgo's start and end: its context functions are not made for two callers.
var audioSetup sync.Mutex

// deviceMicrophone records by malgo (miniaudio). mediadevices' own microphone driver is built on the same library but opens the sound
// server when the program starts, hands out memory that the next callback overwrites, and cannot say that the device went away.
type deviceMicrophone struct {
	ctx    context.Context
	cancel context.CancelFunc
	audio  *malgo.AllocatedContext
	device *malgo.Device
	blocks chan *mask.RawSound
	gone   chan struct{}
	once   sync.Once
	begun  bool

	closing  sync.Once
	closeErr error

	// filled by the callback only
	filling *mask.RawSound
	n       int
}

func openDeviceMicrophone(ctx context.Context, source string) (Microphone, error) {
	backends := []malgo.Backend{malgo.BackendPulseaudio, malgo.BackendAlsa}
	name := source
	if rest, ok := strings.CutPrefix(source, "pulse:"); ok {
		backends, name = backends[:1], rest
	} else if rest, ok := strings.CutPrefix(source, "alsa:"); ok {
		backends, name = backends[1:], rest
	}
	audioSetup.Lock()
	defer audioSetup.Unlock()
	for _, backend := range backends {
		audio, err := malgo.InitContext([]malgo.Backend{backend}, malgo.ContextConfig{}, nil)
		if err != nil {
			continue
		}
		m, err := startMicrophone(ctx, audio, name)
		if err == nil {
			return m, nil
		}
		audio.Uninit()
		audio.Free()
		if !errors.Is(err, errNoSuchMicrophone) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrUnknownDevice, errNoSuchMicrophone)
}

var errNoSuchMicrophone = errors.New("no microphone or clip by this name")

func startMicrophone(ctx context.Context, audio *malgo.AllocatedContext, name string) (*deviceMicrophone, error) {
	config := malgo.DefaultDeviceConfig(malgo.Capture)
	config.SampleRate = mask.SampleRate
	config.PeriodSizeInMilliseconds = 10
	config.Capture.Channels = 1
	config.Capture.Format = malgo.FormatF32
	config.Resampling.Linear.LpfOrder = 8 // the highest: a 44.1 kHz device must not fold
	if name != "" {
		as, alone := asCard(name)
		if alone {
			config.Capture.ShareMode = malgo.Exclusive
		}
		id, err := findMicrophone(audio, as)
		if err != nil {
			return nil, err
		}
		config.Capture.DeviceID = id.Pointer() // 256 bytes of C memory, once per opening
	}
	m := &deviceMicrophone{audio: audio, blocks: make(chan *mask.RawSound, microphoneBlocks), gone: make(chan struct{}), filling: new(mask.RawSound)}
	device, err := malgo.InitDevice(audio.Context, config, malgo.DeviceCallbacks{
		Data: func(_, in []byte, _ uint32) { m.take(in) },
		Stop: func() { m.once.Do(func() { close(m.gone) }) },
	})
	if err != nil {
		return nil, fmt.Errorf("%w: the microphone cannot be opened (%w)", ErrUnknownDevice, err)
	}
	if err := device.Start(); err != nil {
		device.Uninit()
		return nil, fmt.Errorf("%w: the microphone does not start (%w)", ErrUnknownDevice, err)
	}
	m.device = device
	m.ctx, m.cancel = context.WithCancel(ctx)
	return m, nil
}

// hwName is a card and its device as ALSA numbers them.
var hwName = regexp.MustCompile(`^hw:[0-9]+,[0-9]+$`)

// asCard makes "hw:1,0" the id by which miniaudio lists that device (":1,0"). alone says that it is to be opened itself, for this program alone: by the bare id
// miniaudio would first try ALSA's dsnoop, by which any number of programs hear one microphone.
func asCard(name string) (id string, alone bool) {
	if hwName.MatchString(name) {
		return strings.TrimPrefix(name, "hw"), true
	}
	return name, false
}

// findMicrophone matches a device's id as the sound system writes it, or its description.
func findMicrophone(audio *malgo.AllocatedContext, name string) (malgo.DeviceID, error) {
	devices, err := audio.Devices(malgo.Capture)
	if err != nil {
		return malgo.DeviceID{}, errNoSuchMicrophone
	}
	for _, device := range devices {
		id, _, _ := bytes.Cut(device.ID[:], []byte{0})
		if string(id) == name || device.Name() == name {
			return device.ID, nil
		}
	}
	return malgo.DeviceID{}, errNoSuchMicrophone
}

// take runs on the sound system's thread: it must never wait.
func (m *deviceMicrophone) take(in []byte) {
	for ; len(in) >= 4; in = in[4:] {
		m.filling.Samples[m.n] = math.Float32frombits(binary.NativeEndian.Uint32(in))
		if m.n++; m.n < mask.BlockSamples {
			continue
		}
		m.filling.Captured = time.Now()
		for sent := false; !sent; {
			select {
			case m.blocks <- m.filling:
				sent = true
			default:
				select {
				case <-m.blocks:
				default:
				}
			}
		}
		m.filling, m.n = new(mask.RawSound), 0
	}
}

func (m *deviceMicrophone) Read(sound *mask.RawSound) error {
	patience := microphoneStall
	if !m.begun {
		patience = microphoneFirst
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	if m.ctx.Err() != nil {
		return io.EOF
	}
	select {
	case block := <-m.blocks:
		*sound = *block
		m.begun = true
		return nil
	case <-m.ctx.Done():
		return io.EOF
	case <-m.gone:
		return fmt.Errorf("%w: the microphone was stopped", ErrUnplugged)
	case <-timer.C:
		return fmt.Errorf("%w: the microphone gives no sound any more", ErrUnplugged)
	}
}

// Close stops the recording. When the device is gone, miniaudio may wait for it without end: after a second its thread is left behind,
// so that a station can go on to another microphone.
func (m *deviceMicrophone) Close() error {
	m.closing.Do(func() {
		m.cancel()
		closed := make(chan error, 1)
		go func() {
			m.device.Uninit()
			err := m.audio.Uninit()
			m.audio.Free()
			closed <- err
		}()
		select {
		case m.closeErr = <-closed:
		case <-time.After(time.Second):
			m.closeErr = errors.New("capture: the microphone's sound system does not stop")
		}
	})
	return m.closeErr
}
