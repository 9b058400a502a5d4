package relay

import (
	"slices"
	"sync"
)

// Handled tells what the relay did with the packets of one track, since it started: for the leak report of a hearing. It holds counts alone, nothing of
// any packet.
type Handled struct {
	Packets     uint64 // that were RTP and went the relay's way
	Refused     uint64 // that were not, and went nowhere
	Extensions  uint64 // that brought header extensions, which were dropped
	Sources     uint64 // that named contributing sources, which were dropped
	Padded      uint64 // that had padding, which was cut off
	Descriptors uint64 // whose VP8 descriptor had more than the beginning of a frame
	Blanked     uint64 // whose payload held what no decoder reads: Opus padding, a VP8 scaling hint
	Marked      uint64 // of sound: that had the marker bit, which would mark the start of speech and was dropped
	OffGrid     uint64 // whose time was no whole number of periods (20 ms of sound, 40 ms of picture) after the first one's
	Sizes       []int  // of payloads as they went on, in bytes, ascending; sizesMost at most
	MoreSizes   bool   // there were others
}

const sizesMost = 4

// What a packet had that did not go on.
const (
	hadExtension = 1 << iota
	hadSources
	hadPadding
	hadDescriptor
	hadBlank
	hadMark
)

// handled counts for one track, over all publications of its label.
type handled struct {
	mu     sync.Mutex
	media  Media
	sum    Handled
	origin uint32 // a time on the grid
}

// note takes a packet that goes on. A nil handled counts nothing.
func (h *handled) note(p *packet) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &h.sum
	if s.Packets == 0 {
		h.origin = p.ts
	}
	s.Packets++
	if p.had != 0 {
		h.took(p.had)
	}
	period := uint32(960)
	if h.media == Video {
		period = 3600
	}
	if (p.ts-h.origin)%period != 0 {
		s.OffGrid++
		h.origin = p.ts // a publication that was made anew has another origin: it counts once
	}
	if n := len(p.payload); !slices.Contains(s.Sizes, n) {
		if len(s.Sizes) == sizesMost {
			s.MoreSizes = true
			return
		}
		s.Sizes = append(s.Sizes, n)
		slices.Sort(s.Sizes)
	}
}

func (h *handled) took(had uint8) {
	s := &h.sum
	for i, count := range [...]*uint64{&s.Extensions, &s.Sources, &s.Padded, &s.Descriptors, &s.Blanked, &s.Marked} {
		if had&(1<<i) != 0 {
			*count++
		}
	}
}

// refuse takes a packet that goes nowhere.
func (h *handled) refuse() {
	if h == nil {
		return
	}
	h.mu.Lock()
	h.sum.Refused++
	h.mu.Unlock()
}

// Handled returns the counts of every track that a publication ever brought.
func (r *Relay) Handled() map[Source]Handled {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[Source]Handled, len(r.handled))
	for src, h := range r.handled {
		h.mu.Lock()
		sum := h.sum
		sum.Sizes = slices.Clone(sum.Sizes)
		h.mu.Unlock()
		out[src] = sum
	}
	return out
}

// counts returns the counter of a track. The caller holds r.mu.
func (r *Relay) counts(label string, m Media) *handled {
	src := Source{Label: label, Media: m}
	if r.handled == nil {
		r.handled = map[Source]*handled{}
	}
	if r.handled[src] == nil {
		r.handled[src] = &handled{media: m}
	}
	return r.handled[src]
}
