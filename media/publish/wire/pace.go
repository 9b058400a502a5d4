package wire

import "time"

// beat holds what a stream sends to a grid of whole periods. Drawing, masking and encoding take longer for one picture than for another, and packets
// that left as soon as they were ready would tell so to who sees them (RFC 6562 section 3 for sound; it is the same with pictures). So each waits until
// a fixed moment after the earliest that one was ever ready in its period, and only what is later than that shows.
type beat struct {
	step, margin time.Duration
	due          time.Time
}

// The margins: how much later than the earliest of its kind a picture or sound may be ready without being seen to be.
const (
	pictureMargin = 12 * time.Millisecond
	soundMargin   = 5 * time.Millisecond
	rephaseAfter  = 5 // periods without anything: the grid begins anew
)

// next gives the moment at which what was ready at that time shall leave.
func (b *beat) next(ready time.Time) time.Time {
	b.due = b.due.Add(b.step)
	if earliest := ready.Add(b.margin); b.due.After(earliest) || ready.Sub(b.due) > rephaseAfter*b.step {
		b.due = earliest
	}
	// What comes later than that leaves at once. What comes a whole period late takes the next moment, as the stream's timestamps do.
	for ready.Sub(b.due) >= b.step {
		b.due = b.due.Add(b.step)
	}
	return b.due
}

// ready is an encoded picture or block on its way out.
type ready struct {
	payload []byte
	at      time.Time
}

// queued is how much may wait: more than one only while the process itself is late.
const queued = 8

// pace sends what a stream is given at the moments of its grid until the publication ends.
func (p *Publication) pace(s *rtpStream) {
	defer p.running.Done()
	for {
		var r ready
		select {
		case <-p.done:
			return
		case r = <-s.queue:
		}
		if wait := time.Until(s.beat.next(r.at)); wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-p.done:
				timer.Stop()
				return
			case <-timer.C:
			}
		}
		if err := s.write(r.payload, time.Now()); err != nil && !p.closed() {
			s.failed.Store(&err)
		}
	}
}
