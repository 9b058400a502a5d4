package evidence

import (
	"slices"
	"time"

	"parda/media/relay"
)

// line is one label: its ring and its two strands.
type line struct {
	ring        *ring
	open, apart *strand
	left        time.Time // since when it may not be kept any more; zero while it may
}

func newLine(label string) *line {
	r := newRing(label)
	return &line{ring: r, open: &strand{ring: r}, apart: &strand{ring: r, apart: true}}
}

func (l *line) strands() [2]*strand { return [2]*strand{l.open, l.apart} }

// of is the strand that a flag is of.
func (l *line) of(f *flagged) *strand {
	if f.apart {
		return l.apart
	}
	return l.open
}

// strand is what flags want of a label, and the clip that is being made of it. Flags that are discreet have a strand of their own: a clip that is longer, or ends later, than the
// flags that somebody knows of would tell her that there is another.
type strand struct {
	ring  *ring
	apart bool
	spans []span
	clip  *clip
}

// span is what a seat's flags want.
type span struct {
	seat     string
	from, to time.Time
}

// want joins a wish to those of the same seat that it touches.
func (s *strand) want(seat string, from, to time.Time) {
	n := span{seat, from, to}
	s.spans = slices.DeleteFunc(s.spans, func(w span) bool {
		if w.seat != seat || w.to.Before(n.from) || n.to.Before(w.from) {
			return false
		}
		if w.from.Before(n.from) {
			n.from = w.from
		}
		if w.to.After(n.to) {
			n.to = w.to
		}
		return true
	})
	s.spans = append(s.spans, n)
}

// covers says whether all of a stretch is wanted for a seat already, and so was taken.
func (s *strand) covers(seat string, from, to time.Time) bool {
	return slices.ContainsFunc(s.spans, func(w span) bool { return w.seat == seat && !w.from.After(from) && !w.to.Before(to) })
}

// ends is when nothing is wanted any more.
func (s *strand) ends() (t time.Time) {
	for _, w := range s.spans {
		if w.to.After(t) {
			t = w.to
		}
	}
	return t
}

// clip is one that is being made. The keeper's goroutine owns it until it hands it to the disk for good; what the disk's goroutine owns is marked.
type clip struct {
	label   string
	flags   []string
	first   time.Time // arrival of what it holds
	last    time.Time
	wants   time.Time // until when more is wanted
	bytes   int64
	why     string // it holds less than was asked for
	pending []byte
	handed  time.Time

	paper paper // the disk's
}

// short notes why a clip holds less than was asked for. The first reason stands.
func (c *clip) short(why string) {
	if c.why == "" {
		c.why = why
	}
}

// take puts a packet into the strand's clip, and begins one where there is none.
func (k *Keeper) take(s *strand, m relay.Media, p relay.Packet) {
	c := s.clip
	if c == nil {
		c = &clip{label: s.ring.label, first: p.Arrived, last: p.Arrived, handed: k.cfg.Now()}
		s.clip = c
	}
	if p.Arrived.Before(c.first) {
		c.first = p.Arrived
	}
	if p.Arrived.After(c.last) {
		c.last = p.Arrived
	}
	had := len(c.pending)
	c.pending = appendPacket(c.pending, m, &p)
	c.bytes += int64(len(c.pending) - had)
}

// name says whose clip it is: every flag whose seat carried something of the label while the clip and the flag's time overlap.
func (k *Keeper) name(s *strand) {
	c := s.clip
	if c == nil {
		return
	}
	known := map[string]bool{}
	for _, f := range c.flags {
		known[f] = true
	}
	for _, f := range k.flags {
		from, to := later(f.from.Add(-margin), c.first), earlier(f.to, c.last)
		if known[f.id] || f.apart != s.apart || to.Before(from) || !k.history.during(f.seat, c.label, from, to) {
			continue
		}
		c.flags = append(c.flags, f.id)
		if f.asked.Sub(f.from) > Before+margin {
			c.short(OlderThanRing)
		}
	}
	c.wants = s.ends()
	if len(c.flags) != len(known) {
		m := c.meta()
		k.disk.add(func(d *disk) { d.describe(c, m) })
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// How much a clip waits for the disk: a second, or what fills a record; and how much of it may wait.
const (
	handEvery   = time.Second
	handBytes   = 256 << 10
	mostWaiting = 32 << 20
)

// hand gives the disk what is pending, at the latest a second after it came; a zero time means now.
func (c *clip) hand(now time.Time, d *disk) {
	if len(c.pending) == 0 || !now.IsZero() && now.Sub(c.handed) < handEvery && len(c.pending) < handBytes {
		return
	}
	batch := c.pending
	c.pending, c.handed = nil, now
	if d.waiting.Add(int64(len(batch))) > mostWaiting {
		d.waiting.Add(-int64(len(batch)))
		clear(batch)
		c.short(TooSlow)
		return
	}
	m := c.meta()
	d.add(func(d *disk) {
		defer func() { d.waiting.Add(-int64(len(batch))); clear(batch) }()
		d.append(c, m, batch)
	})
}
