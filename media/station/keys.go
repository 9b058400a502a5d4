package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Physical keys of the room: a pedal, a button in a pocket, a key under the table. Each is bound by its device and its code (linux/input-event-codes.h) to one of three
// signs, and its device is taken for this program alone, so that no press reaches the kiosk's browser, a console or a lamp. Here is what a press means; how the
// kernel says it is in evdev_linux.go, and what follows from it in signs.go and emergency.go.

// Signs that a key can be bound to.
const (
	signSignal    = "signal"
	signDuress    = "duress"
	signEmergency = "emergency"
)

const (
	keyHeldFor  = time.Second            // a signal's key that is held so long asks for a break as well
	keyBounces  = 300 * time.Millisecond // a second press within it is the same press: a foot trembles, a contact bounces
	keyAgain    = time.Second            // how often a device that went away is looked for
	keyCodeMost = 0x2ff                  // KEY_MAX
)

// boundKey is one key on one device.
type boundKey struct {
	device string
	code   uint16
	sign   string
}

// parseKey reads DEVICE:CODE. Names below /dev/input/by-path hold colons, so the last one counts.
func parseKey(sign, s string) (boundKey, error) {
	at := strings.LastIndexByte(s, ':')
	if at <= 0 {
		return boundKey{}, fmt.Errorf("%w: -%s-key must be DEVICE:CODE, such as /dev/input/by-id/NAME-event-kbd:48", errUsage, sign)
	}
	code, err := strconv.ParseUint(s[at+1:], 10, 16)
	if err != nil || code == 0 || code > keyCodeMost {
		return boundKey{}, fmt.Errorf("%w: -%s-key: the code is a number from 1 to %d, as evtest shows it", errUsage, sign, keyCodeMost)
	}
	if !filepath.IsAbs(s[:at]) {
		return boundKey{}, fmt.Errorf("%w: -%s-key: the device is a whole path, such as /dev/input/by-id/NAME-event-kbd", errUsage, sign)
	}
	return boundKey{device: filepath.Clean(s[:at]), code: uint16(code), sign: sign}, nil
}

// keys reads the three settings. One key with two signs would be one press with two meanings.
func (c *testifyConfig) keys() ([]boundKey, error) {
	var bound []boundKey
	for _, k := range []struct{ sign, set string }{{signSignal, c.signalKey}, {signDuress, c.duressKey}, {signEmergency, c.emergencyKey}} {
		if k.set == "" {
			continue
		}
		b, err := parseKey(k.sign, k.set)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(bound, func(o boundKey) bool { return o.device == b.device && o.code == b.code }) {
			return nil, fmt.Errorf("%w: -%s-key: this key is bound already", errUsage, k.sign)
		}
		bound = append(bound, b)
	}
	return bound, nil
}

// inputEvent is what the kernel says of a key (struct input_event without its time: what counts is when this program reads it).
type inputEvent struct {
	Type  uint16
	Code  uint16
	Value int32
}

// Types, codes and values of linux/input-event-codes.h and input.h.
const (
	eventSync   = 0 // EV_SYN
	eventKey    = 1 // EV_KEY
	syncDropped = 3 // SYN_DROPPED: the kernel's queue ran over, and events are lost
	keyUp       = 0
	keyDown     = 1 // 2 is the repetition of a key that is held
)

// keyDevice is an open device of keys. next waits for an event; Close, from anywhere, ends the waiting.
type keyDevice interface {
	next() (inputEvent, error)
	down(code uint16) bool // the key is down at this moment
	io.Closer
}

var errNoSuchKey = errors.New("the device has no such key")

// keyWatch follows the bound keys for as long as the station runs.
type keyWatch struct {
	keys    []boundKey
	open    func(path string, codes []uint16) (keyDevice, error)
	pressed func(sign string, at time.Time)
	held    func(sign string)
	lost    func(device string, err error) // err nil: it is there (again)
}

// run follows each device until ctx ends.
func (w *keyWatch) run(ctx context.Context) {
	var devices sync.WaitGroup
	for _, path := range w.devices() {
		devices.Go(func() { w.follow(ctx, path) })
	}
	devices.Wait()
}

// devices are the bound keys' devices, each once.
func (w *keyWatch) devices() (paths []string) {
	for _, k := range w.keys {
		if !slices.Contains(paths, k.device) {
			paths = append(paths, k.device)
		}
	}
	return paths
}

// follow reads one device, and opens it again when it went away.
func (w *keyWatch) follow(ctx context.Context, path string) {
	var mine []boundKey
	var codes []uint16
	for _, k := range w.keys {
		if k.device == path {
			mine, codes = append(mine, k), append(codes, k.code)
		}
	}
	for ctx.Err() == nil {
		dev, err := w.open(path, codes)
		if err == nil {
			w.lost(path, nil)
			stop := context.AfterFunc(ctx, func() { dev.Close() })
			err = w.read(dev, mine)
			stop()
			dev.Close()
		}
		if ctx.Err() != nil {
			return
		}
		w.lost(path, err)
		select {
		case <-ctx.Done():
		case <-time.After(keyAgain):
		}
	}
}

// read follows an open device until it fails.
func (w *keyWatch) read(dev keyDevice, mine []boundKey) error {
	presses := make([]press, len(mine))
	defer func() {
		for i := range presses {
			presses[i].up()
		}
	}()
	for {
		e, err := dev.next()
		if err != nil {
			return err
		}
		for i, k := range mine {
			switch {
			case e.Type == eventKey && e.Code == k.code && e.Value == keyUp:
				presses[i].up()
			case e.Type == eventKey && e.Code == k.code && e.Value == keyDown:
				presses[i].up() // a key that goes down has been up, whether or not that was heard
				w.down(&presses[i], k.sign)
			case e.Type != eventSync || e.Code != syncDropped:
			case dev.down(k.code):
				w.down(&presses[i], k.sign)
			default:
				presses[i].up()
			}
		}
	}
}

// press is how one key stands. A goroutine owns it.
type press struct {
	is   bool
	at   time.Time
	hold *time.Timer
}

func (p *press) up() {
	p.is = false
	if p.hold != nil {
		p.hold.Stop()
	}
}

// down is a key that went down: a press, unless it is down already or has only bounced.
func (w *keyWatch) down(p *press, sign string) {
	now := time.Now()
	bounced := !p.at.IsZero() && now.Sub(p.at) < keyBounces
	if p.is {
		return
	}
	p.is = true
	if sign == signSignal {
		p.hold = time.AfterFunc(keyHeldFor, func() { w.held(sign) })
	}
	if bounced {
		return
	}
	p.at = now
	w.pressed(sign, now)
}

// keyTrouble says in a word what is wrong with a key's device, without a path.
func keyTrouble(err error) string {
	switch {
	case errors.Is(err, errNoSuchKey):
		return err.Error()
	case errors.Is(err, os.ErrNotExist):
		return "it is not there"
	case errors.Is(err, os.ErrPermission):
		return "it may not be opened by this account (deploy/udev)"
	}
	return "it does not answer, or another program holds it"
}
