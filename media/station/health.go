package main

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"parda/media/mask/face"
)

// Notices of mask.status: why the card or silence goes out. Codes, never text that could hold a name.
const (
	faultMask     = "mask_fault"
	faultOverload = "overload"
	faultEncoder  = "encoder_fault"

	noticeNoFace   = "no_face"
	noticeTwoFaces = "two_faces"

	// What the bench should know although the masks do their work.
	noticeSessionFresh    = "session_fresh"    // the station was started anew without the parameters of this testimony
	noticeSessionUnsealed = "session_unsealed" // it cannot keep them over a crash
)

const (
	devCamera     = "camera"
	devMicrophone = "microphone"
	devSpeaker    = "speaker" // the sworn speaker's microphone

	deviceOK    = "ok"
	deviceLost  = "lost"
	deviceEnded = "ended"
)

const (
	neutralAfter = time.Second // a face lost for less is not told
	calmFor      = time.Second // a fault is over when there was none for so long
	noticedFor   = 3 * time.Second
)

// maskStatus is what the court is told of the masks' health (mask.status in PROTOCOL.md). It says what is wrong, not what is shown: in a pause
// the card goes out and all may be well.
type maskStatus struct {
	Picture string `json:"picture"`           // ok, neutral, card
	Voice   string `json:"voice"`             // ok, silence
	Notice  string `json:"notice,omitempty"`  // why one of them is not ok: a code
	Notices codes  `json:"notices,omitempty"` // what else is to be known

	Person personStatus `json:"person,omitzero"` // whether it is still the same person (person.go)
}

// codes is a sorted list of codes, written as JSON's list; a string, so that two can be compared.
type codes string

// MarshalJSON writes the list.
func (c codes) MarshalJSON() ([]byte, error) { return json.Marshal(strings.Fields(string(c))) }

// and adds a code to the list.
func (c codes) and(code string) codes {
	list := append(strings.Fields(string(c)), code)
	slices.Sort(list)
	return codes(strings.Join(slices.Compact(list), " "))
}

// without leaves out the codes of a list, only leaves out all others.
func (c codes) without(list []string) codes {
	return codes(strings.Join(slices.DeleteFunc(strings.Fields(string(c)), func(s string) bool { return slices.Contains(list, s) }), " "))
}

func (c codes) only(list []string) codes {
	return codes(strings.Join(slices.DeleteFunc(strings.Fields(string(c)), func(s string) bool { return !slices.Contains(list, s) }), " "))
}

// UnmarshalJSON reads it.
func (c *codes) UnmarshalJSON(b []byte) error {
	var list []string
	err := json.Unmarshal(b, &list)
	*c = codes(strings.Join(list, " "))
	return err
}

// health gathers faults from the clocks and the devices, and settles them into few changes of status. Safe for concurrent use.
type health struct {
	now     func() time.Time
	changed chan struct{} // poked when status or devices changed

	mu        sync.Mutex
	last      maskStatus
	devices   map[string]string
	faults    map[string]fault // by devCamera (picture) and devMicrophone (voice)
	encoders  map[string]time.Time
	oddNotice string
	oddSince  time.Time
	noticed   map[string]time.Time // until when a notice stands; the zero time is for ever
}

type fault struct {
	why string
	at  time.Time
}

func newHealth() *health {
	return &health{
		now: time.Now, changed: make(chan struct{}, 1),
		last:    maskStatus{Picture: "ok", Voice: "ok"},
		devices: map[string]string{devCamera: deviceOK, devMicrophone: deviceOK},
		faults:  map[string]fault{}, encoders: map[string]time.Time{}, noticed: map[string]time.Time{},
	}
}

// notice records something that the bench should know. It stands for noticedFor since it was last recorded, or for ever.
func (h *health) notice(code string, forEver bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	until := h.now().Add(noticedFor)
	if forEver {
		until = time.Time{}
	}
	h.noticed[code] = until
	h.settle(h.now())
}

// unnotice ends a notice.
func (h *health) unnotice(code string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.noticed, code)
	h.settle(h.now())
}

// standing lists the notices that stand now. Called with mu held.
func (h *health) standing(now time.Time) codes {
	if len(h.noticed) == 0 { // nearly always, at each tick
		return ""
	}
	var list []string
	for code, until := range h.noticed {
		if !until.IsZero() && now.After(until) {
			delete(h.noticed, code)
			continue
		}
		list = append(list, code)
	}
	slices.Sort(list)
	return codes(strings.Join(list, " "))
}

// status is the settled health, and each device's.
func (h *health) status() (maskStatus, map[string]string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	devices := map[string]string{}
	for which, s := range h.devices {
		devices[which] = kioskDevice(s)
	}
	return h.last, devices
}

func kioskDevice(s string) string {
	if s == deviceOK {
		return deviceOK
	}
	return deviceLost
}

// hears says which microphone is in use. How the other one is does not matter then, so nothing is said of it.
func (h *health) hears(which string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range []string{devMicrophone, devSpeaker} {
		if d != which {
			delete(h.devices, d)
		}
	}
	if h.devices[which] == "" {
		h.devices[which] = deviceOK
	}
	h.poke()
}

// device records how a device is: "" for well.
func (h *health) device(which, loss string) {
	if loss == "" {
		loss = deviceOK
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.devices[which] != loss {
		h.devices[which] = loss
		h.poke()
	}
}

// picture records a tick of the picture's clock: what was wrong ("" for nothing), and what the figure saw.
func (h *health) picture(why string, saw face.Notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	h.note(devCamera, why, now)
	odd := ""
	switch saw {
	case face.NoFace:
		odd = noticeNoFace
	case face.TwoFaces:
		odd = noticeTwoFaces
	}
	if odd != h.oddNotice {
		if h.oddNotice == "" {
			h.oddSince = now
		}
		h.oddNotice = odd
	}
	h.settle(now)
}

// voice records a tick of the sound's clock.
func (h *health) voice(why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	h.note(devMicrophone, why, now)
	h.settle(now)
}

// encoder records that an encoder failed on pictures (devCamera) or sound (devMicrophone).
func (h *health) encoder(which string, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.encoders[which] = at
	h.settle(at)
}

// failed records a fault that no clock saw.
func (h *health) failed(which, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.note(which, why, h.now())
}

func (h *health) note(which, why string, now time.Time) {
	if why != "" {
		h.faults[which] = fault{why, now}
	}
}

func (h *health) settle(now time.Time) {
	next := maskStatus{Picture: "ok", Voice: "ok", Notices: h.standing(now)}
	if h.oddNotice != "" && now.Sub(h.oddSince) >= neutralAfter {
		next.Picture, next.Notice = "neutral", h.oddNotice
	}
	if why := h.lasting(devMicrophone, now); why != "" {
		next.Voice, next.Notice = modeSilence, why
	}
	if why := h.lasting(devCamera, now); why != "" {
		next.Picture, next.Notice = modeCard, why
	}
	if next != h.last {
		h.last = next
		h.poke()
	}
}

func (h *health) lasting(which string, now time.Time) string {
	if at, ok := h.encoders[which]; ok && now.Sub(at) < calmFor {
		return faultEncoder
	}
	if f, ok := h.faults[which]; ok && now.Sub(f.at) < calmFor {
		return f.why
	}
	return ""
}

func (h *health) poke() {
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// deviceFault names why nothing new comes from a device: lost, ended (a clip), or late.
func (h *health) deviceFault(which string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.devices[which]; s != deviceOK && s != "" {
		return which + "_" + s
	}
	return which + "_late"
}

func lossOf(err error) string {
	if errors.Is(err, io.EOF) {
		return deviceEnded
	}
	return deviceLost
}
