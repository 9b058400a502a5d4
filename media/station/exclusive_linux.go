package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// A camera streams to one program at a time, and so does a sound card's own device (hw:): the kernel refuses the second. But who comes first is chance, and a
// sound server hands one microphone to as many as ask. So a room that asks for it (-require-exclusive) starts only where no other account of this machine may
// open the camera and the microphones at all (deploy/udev gives them to the station's own), and with no sound server in between. What root may do is not held
// by this.

// hwSource is a sound card's own device, which media/capture opens for this program alone.
var hwSource = regexp.MustCompile(`^alsa:hw:([0-9]+),([0-9]+)$`)

var errShared = errors.New("-require-exclusive is set")

// checkExclusive refuses a source that others on this machine could open, too. own is the account of this program; dev is /dev, but for tests.
func checkExclusive(camera string, microphones []string, own uint32, dev string) error {
	var nodes []string
	if strings.HasPrefix(camera, dev+"/") {
		nodes = append(nodes, camera)
	}
	for _, m := range microphones {
		switch {
		case m == "" || strings.HasPrefix(m, "demo:") || fileSource(m):
		case hwSource.MatchString(m):
			n := hwSource.FindStringSubmatch(m)
			nodes = append(nodes, filepath.Join(dev, "snd", "pcmC"+n[1]+"D"+n[2]+"c"))
		default:
			return fmt.Errorf("a microphone that a sound server or a plug-in hands out is shared, and %w: name the card itself (alsa:hw:CARD,DEVICE)", errShared)
		}
	}
	for _, node := range nodes {
		info, err := os.Stat(node) // of what a link leads to
		if err != nil {
			return fmt.Errorf("%s is not there, and %w", filepath.Base(node), errShared)
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok || st.Uid != own || info.Mode().Perm()&0o077 != 0 {
			return fmt.Errorf("%s may be opened by other accounts of this machine, and %w: give it to this one alone (deploy/udev)", filepath.Base(node), errShared)
		}
	}
	return nil
}

// checkKeysExclusive refuses keys that others on this machine could read or press, as far as they are there. Who reads a duress key knows of it, and who writes to
// one can press it.
func (c *testifyConfig) checkKeysExclusive() error {
	bound, err := c.keys()
	if err != nil {
		return err
	}
	for _, k := range bound {
		if err := keyAlone(k.device, uint32(os.Getuid())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("-%s-key: %w", k.sign, err)
		}
	}
	return nil
}

// keyAlone says what is wrong with a key's device where it is to be this account's alone.
func keyAlone(path string, own uint32) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.Mode()&os.ModeCharDevice == 0 || st.Uid != own || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("the key's device may be opened by other accounts of this machine, or is none, and %w: give it to this one alone (deploy/udev)", errShared)
	}
	return nil
}

// fileSource says whether a source is a file and no device.
func fileSource(source string) bool {
	info, err := os.Stat(source)
	return err == nil && info.Mode().IsRegular()
}
