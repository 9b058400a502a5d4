package evidence

import (
	"strings"
	"sync"
	"time"

	"parda/gateway/visibility"
	"parda/media/relay"
)

// Tracks says which media of a label.
type Tracks uint8

// The media of a label.
const (
	Picture Tracks = 1 << iota
	Sound
)

func tracksOf(m relay.Media) Tracks {
	if m == relay.Video {
		return Picture
	}
	return Sound
}

// Ringed says whether a publication may be kept in the ring at all: a view of the courtroom, or a rendering of the witness of which every part is one of the masked
// modes. What is not known is not kept; a natural picture or voice, which is for the bench alone and sealed end to end, least of all.
func Ringed(p visibility.Publication) bool {
	switch p.Source {
	case visibility.FromCourt:
		for _, v := range visibility.Views() {
			if v == p.Name {
				return true
			}
		}
	case visibility.FromWitness:
		parts := strings.Split(p.Name, "+")
		if len(parts) < 2 || len(parts) > 3 || !maskedPictures[parts[0]] || !maskedVoices[parts[1]] {
			return false
		}
		return len(parts) == 2 || strengths[parts[2]]
	}
	return false
}

var (
	maskedPictures = map[string]bool{"card": true, "blob": true, "puppet": true}
	maskedVoices   = map[string]bool{"silence": true, "respeak": true, "synthetic": true, "neutral": true}
	strengths      = map[string]bool{"strong": true, "gentle": true}
)

// Carried is what each seat carries at a moment: seat, label, media.
type Carried map[string]map[string]Tracks

// history says what each seat carried when. The hearing's goroutine writes it, the keeper's reads it.
type history struct {
	mu sync.Mutex
	of map[carrier][]turning
}

type carrier struct{ seat, label string }

// turning is a moment from which on a seat carries these tracks of a label.
type turning struct {
	at     time.Time
	tracks Tracks
}

// change takes what is carried from now on. What a seat lost it lost by `before`, when the relay was about to be told; what it gained it has from `after`, when the relay knew:
// a doubt is a loss.
func (h *history) change(before, after time.Time, now Carried) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of == nil {
		h.of = map[carrier][]turning{}
	}
	for c, list := range h.of {
		had, has := list[len(list)-1].tracks, now[c.seat][c.label]
		if had&^has != 0 {
			h.of[c] = append(h.of[c], turning{before, had & has})
		}
	}
	for seat, labels := range now {
		for label, has := range labels {
			c := carrier{seat, label}
			list := h.of[c]
			if len(list) == 0 || list[len(list)-1].tracks != has {
				h.of[c] = append(list, turning{after, has})
			}
		}
	}
}

// carried says whether a seat carried a track at a moment.
func (h *history) carried(seat, label string, m relay.Media, at time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := h.of[carrier{seat, label}]
	for i := len(list) - 1; i >= 0; i-- {
		if !list[i].at.After(at) {
			return list[i].tracks&tracksOf(m) != 0
		}
	}
	return false
}

// during says whether a seat carried anything of a label between two moments.
func (h *history) during(seat, label string, from, to time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := h.of[carrier{seat, label}]
	for i, t := range list {
		ends := i+1 < len(list) && !list[i+1].at.After(from)
		if t.tracks != 0 && !t.at.After(to) && !ends {
			return true
		}
	}
	return false
}

// forget drops what was over before a time.
func (h *history) forget(before time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c, list := range h.of {
		n := 0
		for n+1 < len(list) && list[n+1].at.Before(before) {
			n++
		}
		if list = list[n:]; len(list) == 1 && list[0].tracks == 0 && list[0].at.Before(before) {
			delete(h.of, c)
			continue
		}
		h.of[c] = list
	}
}
