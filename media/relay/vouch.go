package relay

import (
	"time"

	"parda/media/attest"
)

// staleAfter is how long what a station signed last stands for what comes meanwhile: longer, and its track is held.
const staleAfter = 3 * time.Second

// vouch compares the packets of one masked track with what its station signed. All methods but newVouch are called with the ingest's lock held.
//
// A packet is not made to wait for its signature, which comes up to a second later: it goes on while the last signature is fresh. A packet that was signed as
// something else than what came is proof of somebody between the masks and here; one that was never signed holds the track until a signature is fresh again.
type vouch struct {
	last  time.Time // when the last good segment came; zero: none yet, and nothing goes on
	seen  []vouched // by sequence number
	owed  int       // packets that came and are not signed yet
	wrong bool      // a packet was signed as another
}

// vouched is what is known of one sequence number: what came, what was signed, or both.
type vouched struct {
	seq          uint16
	came, signed bool
	hash         uint64
	at           time.Time // when it came or was signed
}

func newVouch(m Media) *vouch {
	n := 512 // over 5 s of sound
	if m == Video {
		n = 2048
	}
	return &vouch{seen: make([]vouched, n)}
}

// pass takes note of a packet and tells whether it may go on.
func (v *vouch) pass(p *packet) bool {
	if len(p.payload) == 0 {
		return !v.wrong && p.arrived.Sub(v.last) <= staleAfter // padding that probes the way carries nothing, and its sender's encoder knows nothing of it
	}
	h := attest.Hash(p.payload)
	e := &v.seen[int(p.seq)%len(v.seen)]
	if fresh := e.seq == p.seq && p.arrived.Sub(e.at) < staleAfter; fresh && (e.came || e.signed) {
		v.wrong = v.wrong || e.hash != h // sent again, it must be the same
		e.came = true
	} else {
		if e.came && !e.signed {
			v.owed--
		}
		*e = vouched{seq: p.seq, came: true, hash: h, at: p.arrived}
		v.owed++
	}
	return !v.wrong && p.arrived.Sub(v.last) <= staleAfter
}

// sign takes note of what was signed of this track, in a segment that came now. False means that something else came than was signed.
func (v *vouch) sign(t attest.Track, now time.Time) bool {
	skip := max(0, len(t.Hashes)-len(v.seen)) // after a lost link: what came so long ago is not held here any more
	for i, h := range t.Hashes[skip:] {
		seq := t.First + uint16(skip+i)
		e := &v.seen[int(seq)%len(v.seen)]
		if e.seq == seq && e.came && now.Sub(e.at) < 2*staleAfter {
			v.wrong = v.wrong || e.hash != h
			if !e.signed {
				e.signed, v.owed = true, v.owed-1
			}
			continue
		}
		if e.came && !e.signed {
			v.owed--
		}
		*e = vouched{seq: seq, signed: true, hash: h, at: now}
	}
	v.last = now
	return !v.wrong
}

// fresh tells whether the track may go on, and forgets what the signature came too late for: one packet that nobody signed in time ends the trust in the last
// signature.
func (v *vouch) fresh(now time.Time) bool {
	if v.owed > 0 {
		for i := range v.seen {
			if e := &v.seen[i]; e.came && !e.signed && now.Sub(e.at) > staleAfter {
				e.came = false
				v.owed--
				v.last = time.Time{}
			}
		}
	}
	return !v.wrong && now.Sub(v.last) <= staleAfter
}
