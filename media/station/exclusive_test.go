package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestARoomThatAsksForItStartsOnlyWhereNobodyElseMayOpenItsDevices(t *testing.T) {
	own := uint32(os.Getuid())
	for what, c := range map[string]struct {
		camera, pcm os.FileMode // 0: not there
		source      string
		own         uint32
		refused     bool
	}{
		"both are its own":                {0o600, 0o600, "alsa:hw:0,0", own, false},
		"the camera is a group's":         {0o660, 0o600, "alsa:hw:0,0", own, true},
		"the camera is everybody's":       {0o604, 0o600, "alsa:hw:0,0", own, true},
		"the microphone is a group's":     {0o600, 0o640, "alsa:hw:0,0", own, true},
		"they are another account's":      {0o600, 0o600, "alsa:hw:0,0", own + 1, true},
		"no camera":                       {0, 0o600, "alsa:hw:0,0", own, true},
		"no microphone":                   {0o600, 0, "alsa:hw:0,0", own, true},
		"a sound server's":                {0o600, 0o600, "pulse:room", own, true},
		"another card's":                  {0o600, 0o600, "alsa:hw:1,0", own, true},
		"what may be tried as a plug-in":  {0o600, 0o600, "alsa::0,0", own, true},
		"a plug-in's, which is shared":    {0o600, 0o600, "alsa:default", own, true},
		"whatever the system would take":  {0o600, 0o600, "room microphone", own, true},
		"no microphone is asked for":      {0o600, 0, "", own, false},
		"a demonstration's, not a device": {0o600, 0, "demo:witness", own, false},
	} {
		dev := t.TempDir()
		camera := filepath.Join(dev, "video0")
		pcm := filepath.Join(dev, "snd", "pcmC0D0c")
		if err := os.MkdirAll(filepath.Dir(pcm), 0o700); err != nil {
			t.Fatal(err)
		}
		for path, mode := range map[string]os.FileMode{camera: c.camera, pcm: c.pcm} {
			if mode == 0 {
				continue
			}
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
		// A link is as open as what it leads to: /dev/v4l/by-id names cameras so.
		link := filepath.Join(dev, "by-id")
		if err := os.Symlink(camera, link); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{camera, link} {
			if err := checkExclusive(name, []string{c.source}, c.own, dev); (err != nil) != c.refused || err != nil && !errors.Is(err, errShared) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
}
