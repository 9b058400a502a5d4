package main

import (
	"os"
	"path/filepath"
	"strings"

	"parda/media/relay"
	"parda/media/tripwire/ear"
)

// openTripwire starts the audio tripwire's program. A gateway that is to have one and does not find it does not start: it would hold every masked voice. nil
// means that it is switched off.
func (a *App) openTripwire() (relay.Ear, error) {
	path := a.config.Tripwire.Audio
	if path == TripwireOff {
		a.log.Warn("the audio tripwire is switched off (tripwire.audio): nobody listens whether a masked voice is masked")
		return nil, nil
	}
	if path == "" {
		own, err := os.Executable()
		if err != nil {
			return nil, err
		}
		path = filepath.Join(filepath.Dir(own), "tripwire")
	}
	var err error
	if a.ear, err = ear.New(path, a.log); err != nil {
		return nil, err
	}
	return listener{a.ear}, nil
}

// listener is the audio tripwire as the relay sees it.
type listener struct{ ear *ear.Ear }

// Listen implements relay.Ear. The tripwire hears nothing of whose voice it is but the mode that the order names.
func (l listener) Listen(label string, say func(fine bool)) (packet func(opus []byte), end func()) {
	s := l.ear.Open(voiceOf(label), say)
	return s.Packet, s.Close
}

// voiceOf is the voice in a label such as demo/witness/puppet+neutral+strong.
func voiceOf(label string) string {
	rendering := label[strings.LastIndexByte(label, '/')+1:]
	_, voice, _ := strings.Cut(rendering, "+")
	return voice
}
